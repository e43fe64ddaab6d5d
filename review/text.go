package review

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"unicode"
)

// digestOf names bytes by SHA-256, as sha256: and 64 hex digits.
func digestOf(b []byte) string {
	sum := sha256.Sum256(b)
	return "sha256:" + hex.EncodeToString(sum[:])
}

func cmpLogin(a, b string) int {
	return cmp.Compare(strings.ToLower(a), strings.ToLower(b))
}

func plural(n int, one, many string) string {
	if n == 1 {
		return fmt.Sprintf("%d %s", n, one)
	}
	return fmt.Sprintf("%d %s", n, many)
}

// mention names an account so that GitHub tells it. Logins come from GitHub or
// from settings that were checked; anything else is shown as code.
func mention(login string) string {
	if loginName.MatchString(login) || teamName.MatchString(login) {
		return "@" + login
	}
	return code(login)
}

// code renders text from strangers as inert Markdown code on one line. Runes
// that do not print are escaped; the fence is longer than any run of backticks
// inside; a pipe is escaped, since tables split cells before code is seen.
func code(s string) string {
	s = printable(s, 200)
	longest, run := 0, 0
	for _, r := range s {
		if r == '`' {
			run++
			longest = max(longest, run)
		} else {
			run = 0
		}
	}
	fence := strings.Repeat("`", longest+1)
	pad := ""
	if s == "" || strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") || strings.TrimSpace(s) != s {
		pad = " "
	}
	return fence + pad + strings.ReplaceAll(s, "|", `\|`) + pad + fence
}

// prose renders text from strangers as inert Markdown prose on one line.
func prose(s string) string {
	var b strings.Builder
	for _, r := range printable(s, 400) {
		if strings.ContainsRune("\\`*_{}[]<>()#+-.!|~@&:$", r) {
			switch r {
			case '<':
				b.WriteString("&lt;")
			case '>':
				b.WriteString("&gt;")
			case '&':
				b.WriteString("&amp;")
			case '@', '#', ':', '.': // entities, so that nothing mentions, links or becomes a URL
				fmt.Fprintf(&b, "&#%d;", r)
			case '-', '(', ')', '!', '+':
				b.WriteRune(r)
			default:
				b.WriteByte('\\')
				b.WriteRune(r)
			}
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// printable escapes what does not print, folds white space to blanks, and cuts
// at limit runes.
func printable(s string, limit int) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n++; n > limit {
			b.WriteString("…")
			break
		}
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			b.WriteByte(' ')
		case unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, `\u{%x}`, r)
		}
	}
	return b.String()
}
