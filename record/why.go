package record

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var (
	whyHeading = regexp.MustCompile(`(?i)^#{1,6}\s+(why|justification|motivation|reason|rationale)\b`)
	closes     = regexp.MustCompile(`(?i)\b(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?):?\s+#([1-9][0-9]{0,8})\b`)
)

// justification finds, in the description of a pull request, the section that
// says why, and the issues that it closes by GitHub's keywords.
func justification(body string) (why string, issues []int) {
	var section []string
	in := false
	for _, line := range strings.Split(strings.ReplaceAll(body, "\r\n", "\n"), "\n") {
		switch {
		case whyHeading.MatchString(line):
			in = true
		case strings.HasPrefix(line, "#"):
			in = false
		case in:
			section = append(section, line)
		}
	}
	issues = []int{}
	for _, m := range closes.FindAllStringSubmatch(body, -1) {
		n, _ := strconv.Atoi(m[1])
		issues = append(issues, n)
	}
	slices.Sort(issues)
	return strings.TrimSpace(strings.Join(section, "\n")), slices.Compact(issues)
}
