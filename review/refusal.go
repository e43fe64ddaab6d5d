package review

import (
	"fmt"
	"strings"
)

// Codes of refusals, as they are kept and exported.
const (
	RefusedNotPerson   = "not-a-person" // a bot, an app, or a comment made through one
	RefusedContributor = "contributor"  // had a hand in the pull request
	RefusedNotNamed    = "not-named"    // no requirement names the writer
	RefusedUnknownName = "unknown-requirement"
	RefusedUnknownHead = "unknown-head" // the commit was never a head of this pull request
	RefusedStale       = "stale"        // signed content that is not the present one
	RefusedJustChanged = "just-changed" // the content changed within ten minutes before
	RefusedUnseen      = "unseen"       // no report could have been read before
	RefusedClosed      = "closed"       // the pull request is closed
	RefusedMeans       = "means"        // the settings want another way of signing
	RefusedExpired     = "expired"      // the press bears a time that is too long ago
	RefusedMistake     = "mistake"      // the command is malformed
	RefusedNothing     = "nothing-to-withdraw"
	RefusedNoDecision  = "no-decision" // the rules cannot be evaluated now
)

// A refusal is why a command did nothing, for the machine and for its writer.
type refusal struct {
	code string
	text string // one line of Markdown that says what to do
}

func refuse(code, format string, args ...any) *refusal {
	return &refusal{code, fmt.Sprintf(format, args...)}
}

// whyContributor says in words what hand somebody had.
func whyContributor(c Contributor, p Pull) string {
	if c.User.ID == p.Author.ID {
		return "you opened this pull request"
	}
	var commit string
	if len(c.Commits) > 0 {
		commit = " in `" + short(c.Commits[0]) + "`"
	}
	for _, r := range c.Roles {
		switch r {
		case RoleAuthor:
			return "you wrote part of it" + commit
		case RoleCoAuthor:
			return "you are a co-author" + commit
		case RoleCommitter:
			return "you committed part of it" + commit
		case RolePusher:
			return "you pushed a change of governed content"
		case RoleMover:
			return "you went back to earlier governed content"
		case RolePrompter:
			return "you told the agent to write it"
		case RolePresumed:
			return "an agent wrote it and it is assigned to you"
		}
	}
	return "you had a hand in it"
}

// others names who could sign instead.
func others(st Standing, but User) string {
	var names []string
	for _, u := range st.Entitled {
		if u.ID != but.ID {
			names = append(names, mention(u.Login))
		}
	}
	if st.Anyone != "" {
		names = append(names, st.Anyone)
	}
	if len(names) == 0 {
		return "Nobody else is named by it: see the report above for what to mend."
	}
	return "Who can sign: " + strings.Join(firstFew(names, 6), ", ") + "."
}

// firstFew keeps the first n and says how many more there are.
func firstFew(names []string, n int) []string {
	if len(names) <= n {
		return names
	}
	return append(append([]string{}, names[:n]...), fmt.Sprintf("and %d more", len(names)-n))
}

// short is a commit id as people read it. It is never compared.
func short(commit string) string {
	if len(commit) > 10 {
		return commit[:10]
	}
	return commit
}
