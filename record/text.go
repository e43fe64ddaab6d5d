package record

import (
	"regexp"
	"strings"
	"unicode"
)

var (
	escapeSequence = regexp.MustCompile(`\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])`)
	blanks         = regexp.MustCompile(`\s+`)
)

// plain makes a text fit to print on one line of a terminal or in a cell:
// without escape sequences, controls, and characters that are not seen.
func plain(s string) string {
	s = escapeSequence.ReplaceAllString(s, "")
	s = blanks.ReplaceAllString(s, " ")
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Zl, r) || unicode.Is(unicode.Zp, r) {
			return -1
		}
		return r
	}, s))
}

// clip cuts s to at most n runes and says so.
func clip(s string, n int) string {
	runes := []rune(s)
	if len(runes) <= n {
		return s
	}
	return string(runes[:n-1]) + "…"
}

// cell makes a text fit for a spreadsheet: one that begins like a formula is
// quoted.
func cell(s string) string {
	s = plain(s)
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}
