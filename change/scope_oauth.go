package change

import "strings"

// oauthCovers lists, for scopes of common providers, the narrower scopes that
// each includes. Sources: GitHub, "Scopes for OAuth apps"; Google, "OAuth 2.0
// Scopes for Google APIs"; Microsoft Graph permissions reference.
var oauthCovers = map[string][]string{
	"repo":             {"repo:status", "repo_deployment", "public_repo", "repo:invite", "security_events"},
	"admin:org":        {"write:org", "read:org"},
	"admin:public_key": {"write:public_key", "read:public_key"},
	"admin:repo_hook":  {"write:repo_hook", "read:repo_hook"},
	"admin:gpg_key":    {"write:gpg_key", "read:gpg_key"},
	"admin:enterprise": {"manage_runners:enterprise", "manage_billing:enterprise", "read:enterprise"},
	"user":             {"read:user", "user:email", "user:follow"},
	"project":          {"read:project"},
	"write:packages":   {"read:packages"},
	"write:discussion": {"read:discussion"},
	"codespace":        {"codespace:secrets"},
	"audit_log":        {"read:audit_log"},
}

// oauthRules reads a scope and what its provider says that it includes.
func oauthRules(text string, line int) []rule {
	out := []rule{oauthRule(text, line)}
	for _, narrower := range oauthCovers[strings.ToLower(text)] {
		r := oauthRule(narrower, line)
		r.raw = ""
		out = append(out, r)
	}
	return out
}

// oauthRule reads one OAuth scope as the powers it holds. Most providers write
// a resource and a verb in some order; the verb then orders them.
func oauthRule(text string, line int) rule {
	resource, power := oauthParts(text)
	return rule{effect: allow, subject: "oauth " + resource, match: levels, pattern: power, raw: text, line: line}
}

// verbs are the words for what a scope lets one do, with the powers they hold:
// r to read, w to write, a to administer.
var verbs = map[string]string{
	"read": "r", "readonly": "r", "view": "r", "list": "r", "readbasic": "b", "history": "r",
	"write": "rw", "readwrite": "rw", "edit": "rw", "manage": "rwa", "admin": "rwa", "full": "rwa", "all": "rwa", "*": "rwa",
}

// oauthParts splits a scope into what it is about and the powers over it.
func oauthParts(text string) (resource, power string) {
	t := strings.ToLower(strings.TrimSpace(text))
	if rest, ok := strings.CutPrefix(t, "https://www.googleapis.com/auth/"); ok {
		for _, end := range []string{".readonly", ".metadata.readonly"} {
			if base, ok := strings.CutSuffix(rest, end); ok {
				return "google " + base, "r"
			}
		}
		return "google " + rest, "rwa"
	}
	t = strings.TrimPrefix(t, "https://graph.microsoft.com/")
	for _, sep := range []string{":", ".", "/"} {
		parts := strings.Split(t, sep)
		if len(parts) < 2 {
			continue
		}
		// GitHub and Slack: admin:org, channels:read; Graph: Mail.ReadWrite.All.
		if p, ok := verbs[parts[0]]; ok && sep == ":" {
			return strings.Join(parts[1:], ":"), p
		}
		last := len(parts) - 1
		if parts[last] == "all" && last > 1 && sep == "." {
			if p, ok := verbs[parts[last-1]]; ok {
				return strings.Join(parts[:last-1], sep), p + "A"
			}
		}
		if p, ok := verbs[parts[last]]; ok {
			return strings.Join(parts[:last], sep), p
		}
	}
	return t, "rwa" // a name without a verb is all of it
}
