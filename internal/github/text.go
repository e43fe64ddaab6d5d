package github

import "unicode/utf8"

// clip cuts s to at most limit bytes, between characters, and ends it with
// mark if it was cut.
func clip(s string, limit int, mark string) string {
	if len(s) <= limit {
		return s
	}
	cut := limit - len(mark)
	for cut > 0 && !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + mark
}
