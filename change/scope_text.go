package change

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

// isShown reports whether a rune prints and cannot hide or reorder text.
func isShown(r rune) bool {
	return unicode.IsPrint(r) && !unicode.Is(unicode.Cf, r) && r != unicode.ReplacementChar
}

func escapeRune(r rune) string { return fmt.Sprintf("\\u{%x}", r) }

// secretShapes are the literal secrets that leak most, by the documented form
// of their issuers.
var secretShapes = regexp.MustCompile(strings.Join([]string{
	`gh[pousr]_[A-Za-z0-9]{20,}`, `github_pat_[A-Za-z0-9_]{20,}`, // GitHub
	`sk-[A-Za-z0-9_-]{16,}`,          // OpenAI, Anthropic, OpenRouter
	`xox[abeoprs]-[A-Za-z0-9-]{10,}`, // Slack
	`AIza[A-Za-z0-9_-]{30,}`,         // Google
	`ya29\.[A-Za-z0-9_-]{20,}`,       // Google OAuth
	`A(?:KIA|SIA)[A-Z0-9]{16}`,       // AWS
	`glpat-[A-Za-z0-9_-]{16,}`,       // GitLab
	`npm_[A-Za-z0-9]{30,}`, `hf_[A-Za-z0-9]{20,}`, `pplx-[A-Za-z0-9]{20,}`,
	`ntn_[A-Za-z0-9]{20,}`, `secret_[A-Za-z0-9]{20,}`, `lin_api_[A-Za-z0-9]{20,}`, `tvly-[A-Za-z0-9-]{16,}`,
	`eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*`, // JSON Web Token
	`-----BEGIN[A-Z ]*PRIVATE KEY-----`,
	`[a-z][a-z0-9+.-]{1,20}://[^/\s:@]{1,100}:[^/\s@$]{1,200}@`, // a password in a URL
	`(?i:bearer|basic|token) [A-Za-z0-9._~+/=-]{16,}`,
	`(?i:(?:api[-_]?key|token|secret|password|passwd|access[-_]?key)["']?\s?[=:]\s?["']?)[A-Za-z0-9._~+/=-]{8,}`,
	`(?i:--?[a-z-]*(?:token|api-?key|secret|passw(?:or)?d|access-?key)[a-z-]* )["']?[A-Za-z0-9._~+/=!@%^&-]{8,}`, // a flag and its value
}, "|"))

// hidden stands where a secret stood.
const hidden = "‹secret›"

// redact cuts literal secrets out of a text. A longer text than an entry may
// hold is cut first, at a place that leaves no secret behind unseen.
func redact(s string) string {
	if len(s) > 8*maxEntry {
		s = s[:8*maxEntry]
	}
	if !maySecret(s) {
		return s
	}
	return secretShapes.ReplaceAllString(s, hidden)
}

// maySecret is a quick test that every text passes that holds a secret: a run of
// letters with a digit or a capital among them, an address or a key.
func maySecret(s string) bool {
	run, mixed := 0, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= '0' && c <= '9' || c >= 'A' && c <= 'Z':
			run++
			mixed = true
		case c >= 'a' && c <= 'z' || c == '_' || c == '-' || c == '.' || c == '+' || c == '/' || c == '=' || c == '~':
			run++
		default:
			run, mixed = 0, false
		}
		if run >= 12 && mixed {
			return true
		}
	}
	l := strings.ToLower(s)
	return strings.Contains(s, "://") || strings.Contains(s, "BEGIN") || strings.Contains(l, "pass") || strings.Contains(l, "secret") || strings.Contains(l, "token") || strings.Contains(l, "key") || strings.Contains(l, "bearer") || strings.Contains(l, "basic")
}

// secretName reports whether a variable, header or argument of this name holds
// a credential.
func secretName(name string) bool {
	n := strings.ToUpper(strings.NewReplacer("-", "_", ".", "_").Replace(name))
	for _, word := range []string{"TOKEN", "SECRET", "PASSWORD", "PASSWD", "API_KEY", "APIKEY", "PRIVATE_KEY", "ACCESS_KEY", "CREDENTIAL", "AUTHORIZATION", "COOKIE", "CONNECTION_STRING", "DSN", "SESSION_KEY"} {
		if strings.Contains(n, word) {
			return true
		}
	}
	for _, end := range []string{"_KEY", "_PAT", "_AUTH", "_PWD", "_PASS", "_CREDS"} {
		if strings.HasSuffix(n, end) {
			return true
		}
	}
	return n == "PAT" || n == "AUTH" || n == "KEY"
}

// isReference reports whether a value names a secret kept elsewhere, and does
// not hold it: ${X}, ${{ secrets.X }}, ${input:x}, {env:X}, $X, <your key>.
func isReference(v string) bool {
	v = strings.TrimSpace(v)
	for _, word := range []string{"Bearer ", "bearer ", "token ", "Token ", "Basic "} {
		v = strings.TrimPrefix(v, word)
	}
	switch {
	case v == "" || strings.HasPrefix(v, "$") || strings.HasPrefix(v, "{env:") || strings.HasPrefix(v, "{{") || strings.HasPrefix(v, "{file:") || strings.HasPrefix(v, "op://"):
		return true
	case strings.HasPrefix(v, "<") || strings.HasPrefix(v, "[") && strings.HasSuffix(v, "]") || strings.HasPrefix(v, "%"):
		return true
	}
	l := strings.ToLower(v)
	for _, word := range []string{"your", "replace", "changeme", "xxx", "example", "placeholder", "todo", "insert", "..."} {
		if strings.Contains(l, word) {
			return true
		}
	}
	return l == "true" || l == "false" || len(v) < 6
}
