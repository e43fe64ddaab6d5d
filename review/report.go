package review

import (
	"fmt"
	"slices"
	"strings"

	"github.com/countersign-dev/countersign/change"
)

// stickyMark marks the one comment that is kept up to date.
const stickyMark = "<!-- countersign:sticky -->"

// maxRows bounds each table of a report.
const maxRows = 40

// headline is the check's one line, and the heading of the comment.
func headline(v Verdict) string {
	gate, _ := gating(v.Set)
	switch v.State {
	case Met:
		if len(gate) == 0 {
			return "Nothing governed changes"
		}
		if len(v.Standings) == 0 {
			return "No sign-off needed"
		}
		return "Signed off: " + strings.Join(ids(v.Standings, Met), ", ")
	case Covered:
		for _, st := range v.Standings {
			if st.Emergency != nil {
				return "Emergency declared by " + st.Emergency.User.Login + ": " + strings.Join(ids(v.Standings, Covered), ", ")
			}
		}
	case Rejected:
		st := v.Standings[slices.IndexFunc(v.Standings, func(s Standing) bool { return s.State == Rejected })]
		return "Rejected by " + st.Rejections[0].User.Login + ": " + strings.Join(ids(v.Standings, Rejected), ", ")
	case Denied:
		if len(v.Denials) > 0 {
			return "Denied: " + printable(firstSentence(v.Denials[0]), 120)
		}
		return "Nobody can sign: " + strings.Join(ids(v.Standings, Denied), ", ")
	}
	if len(ids(v.Standings, Waiting)) == 0 {
		return "Update the branch: " + printable(strings.Join(firstFew(v.Outdated, 3), ", "), 120)
	}
	if q := quorum(v.Standings); len(q) > 0 && len(q) <= 4 {
		return "Waiting for " + waitingFor(q, func(login string) string { return login })
	}
	n := 0
	for _, st := range v.Standings {
		if st.State == Waiting {
			n += st.Missing()
		}
	}
	return "Waiting for " + plural(n, "sign-off", "sign-offs") + ": " + strings.Join(ids(v.Standings, Waiting), ", ")
}

func firstSentence(r Ruling) string {
	if r.Title != "" {
		return r.Title
	}
	return r.Reason
}

// ids returns the requirements in a state.
func ids(all []Standing, s State) (out []string) {
	for _, st := range all {
		if st.State == s {
			out = append(out, st.Requirement.ID)
		}
	}
	return out
}

var badge = map[State]string{Met: "✅", Covered: "🚨", Waiting: "⏳", Rejected: "⛔", Denied: "⛔"}

// comment is the sticky comment: verdict and who is awaited, the line to paste,
// what changes in authority, the requirements and why, what stands in the way.
func comment(v Verdict) string {
	return "### " + badge[v.State] + " Countersign: " + prose(headline(v)) + "\n\n" + summary(v)
}

// summary is what the check run shows below its title.
func summary(v Verdict) string {
	var b strings.Builder
	if v.Observed && v.State != Met {
		b.WriteString("> Countersign only observes this repository: the check passes whatever is missing.\n\n")
	}
	writeDenials(&b, v)
	writeAwaited(&b, v)
	writeChanges(&b, v)
	writeFlips(&b, v.Flips)
	writeRequirements(&b, v)
	writeRemarks(&b, v)
	writeFoot(&b, v)
	return b.String()
}

func writeDenials(b *strings.Builder, v Verdict) {
	for _, d := range v.Denials {
		fmt.Fprintf(b, "- **%s** %s (rule %s)\n", prose(titleOr(d, "Denied.")), prose(d.Reason), code(d.Rule))
	}
	if len(v.Denials) > 0 {
		b.WriteString("\n")
	}
}

func titleOr(d Ruling, or string) string {
	if d.Title == "" {
		return or
	}
	return d.Title + "."
}

// writeAwaited says who is awaited, and gives them the line to paste.
func writeAwaited(b *strings.Builder, v Verdict) {
	waiting := false
	if q := quorum(v.Standings); len(q) > 0 && len(v.Denials) == 0 {
		fmt.Fprintf(b, "**Fewest people who can unblock this:** %s.\n\n", waitingFor(q, mention))
	}
	for _, st := range v.Standings {
		name := code(st.Requirement.ID)
		switch st.State {
		case Waiting:
			waiting = true
			fmt.Fprintf(b, "- %s waits for %s\n", name, awaited(st))
		case Covered:
			fmt.Fprintf(b, "- %s is covered by an emergency that %s declared: %s It ends an hour after it was declared, or when the content changes, and its sign-off is owed afterwards.\n",
				name, mention(st.Emergency.User.Login), prose(sentence(st.Emergency.Statement)))
		case Rejected:
			for _, s := range st.Rejections {
				fmt.Fprintf(b, "- %s was rejected by %s: %s It stands until they withdraw it or sign, or a holder of the role `policy` overrides it.\n",
					name, mention(s.User.Login), prose(sentence(s.Statement)))
			}
		case Denied:
			fmt.Fprintf(b, "- %s cannot be met: %s.\n", name, prose(strings.TrimSuffix(st.Problem, ".")))
		}
	}
	if waiting && len(v.Denials) == 0 {
		fmt.Fprintf(b, "\nTo sign off everything here that names you, as it stands in this head, comment:\n\n```text\n/countersign approve %s\n```\n", v.Pull.Head)
	}
	if len(v.Standings) > 0 {
		b.WriteString("\n")
	}
}

func sentence(s string) string {
	s = strings.TrimSpace(s)
	if s != "" && !strings.HasSuffix(s, ".") {
		s += "."
	}
	return s
}

// awaited says who could sign for a requirement.
func awaited(st Standing) string {
	switch {
	case len(st.Entitled) == 0:
		return st.Anyone
	case len(st.Entitled) == st.Missing():
		return people(st.Entitled, st.Missing())
	}
	switch who := people(st.Entitled, 1); {
	case st.Missing() == 1 && len(st.Entitled) == 2:
		return who
	case st.Missing() == 1:
		return "one of " + who
	}
	return fmt.Sprintf("any %d of %s", st.Missing(), people(st.Entitled, st.Missing()))
}

// people names those who may sign.
func people(all []User, need int) string {
	var names []string
	for _, u := range all {
		names = append(names, mention(u.Login))
	}
	names = firstFew(names, 8)
	join := ", "
	if len(names) == 2 && need < 2 {
		join = " or "
	} else if len(names) == 2 {
		join = " and "
	}
	return strings.Join(names, join)
}

// writeChanges shows what changes in authority, a row for each change.
func writeChanges(b *strings.Builder, v Verdict) {
	gate, notices := gating(v.Set)
	if len(gate) > 0 {
		b.WriteString("#### What changes\n\n| Agent | What | Where |\n|---|---|---|\n")
		writeRows(b, gate)
	}
	if len(notices) > 0 {
		fmt.Fprintf(b, "<details><summary>%s that need no sign-off</summary>\n\n| Agent | What | Where |\n|---|---|---|\n", plural(len(notices), "notice", "notices"))
		writeRows(b, notices)
		b.WriteString("</details>\n\n")
	}
}

func writeRows(b *strings.Builder, all []change.Change) {
	for i, ch := range all {
		if i == maxRows {
			fmt.Fprintf(b, "| | and %d more | |\n", len(all)-i)
			break
		}
		fmt.Fprintf(b, "| %s | %s | %s |\n", agentName(ch), strings.Join(describe(ch), "<br>"), code(ch.Path)+slotOf(ch))
	}
	b.WriteString("\n")
}

func agentName(ch change.Change) string {
	if ch.Agent == "" {
		return "—"
	}
	return code(ch.Agent)
}

func slotOf(ch change.Change) string {
	if ch.Slot == "" || ch.Slot == "." {
		return ""
	}
	return "<br>" + code(ch.Slot)
}

// writeRequirements is the table of who was asked, who signed, and why.
func writeRequirements(b *strings.Builder, v Verdict) {
	if len(v.Standings) == 0 {
		return
	}
	b.WriteString("#### Sign-offs\n\n| | Requirement | Signed | Why |\n|---|---|---|---|\n")
	for _, st := range v.Standings {
		var signed []string
		for _, s := range st.Signed {
			signed = append(signed, mention(s.User.Login))
		}
		by := fmt.Sprintf("%d of %d", min(len(signed), st.Requirement.Need), st.Requirement.Need)
		if len(signed) > 0 {
			by += ": " + strings.Join(signed, ", ")
		}
		why := prose(st.Requirement.Reason)
		if len(st.Requirement.Controls) > 0 {
			why += " (" + prose(strings.Join(st.Requirement.Controls, ", ")) + ")"
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s |\n", badge[st.State], code(st.Requirement.ID), by, why)
	}
	b.WriteString("\n")
}

// writeRemarks shows warnings, and what to do when the base moved.
func writeRemarks(b *strings.Builder, v Verdict) {
	for _, w := range v.Warnings {
		fmt.Fprintf(b, "> ⚠️ %s\n\n", prose(w.Reason))
	}
	if len(v.Outdated) > 0 {
		fmt.Fprintf(b, "> The base branch has other content in %s. Update this branch first: what lands would not be what was signed.\n\n",
			code(strings.Join(firstFew(v.Outdated, 5), ", ")))
	}
	if unknown := unknownContributors(v.Contributors); len(unknown) > 0 {
		fmt.Fprintf(b, "> These addresses belong to no account, so nobody can tell whether they are an approver's own: %s. `emails` in the settings can name whose they are.\n\n",
			strings.Join(firstFew(unknown, 5), ", "))
	}
	for _, c := range v.Contributors {
		if unseen(c) {
			fmt.Fprintf(b, "> No delivery of GitHub's says who pushed%s, so nobody can tell whether an approver did, and one more person signs. GitHub delivers no push to a closed pull request; another delivery can be sent once more.\n\n", inCommit(c))
		}
	}
}

// unseen reports whether c is whoever pushed while no delivery told.
func unseen(c Contributor) bool {
	return !c.Known() && (slices.Contains(c.Roles, RolePusher) || slices.Contains(c.Roles, RoleMover))
}

// inCommit names the newest commit that c had a hand in.
func inCommit(c Contributor) string {
	if len(c.Commits) == 0 {
		return ""
	}
	return " " + code(short(c.Commits[len(c.Commits)-1]))
}

func unknownContributors(all []Contributor) (out []string) {
	for _, c := range all {
		if c.Known() || unseen(c) {
			continue
		}
		where := ""
		if len(c.Commits) > 0 {
			where = " in " + code(short(c.Commits[0]))
		}
		out = append(out, code(c.Email)+where)
	}
	return out
}

func writeFoot(b *strings.Builder, v Verdict) {
	rules := strings.TrimPrefix(v.RulesDigest, "sha256:")
	if len(rules) > 12 {
		rules = rules[:12]
	}
	fmt.Fprintf(b, "<sub>Head %s, judged by the rules at the tip of %s", code(short(v.Pull.Head)), code(v.Pull.BaseRef))
	if rules != "" {
		fmt.Fprintf(b, " (%s)", code(rules))
	}
	b.WriteString(". A sign-off binds the content of the governed files: it survives a rebase and ends when one byte of them changes. `/countersign help` lists the commands.</sub>\n")
}

// helpText answers /countersign help.
const helpText = "Commands, each alone on the first line of a new comment:\n\n" +
	"| | |\n|---|---|\n" +
	"| `/countersign approve [COMMIT] [REQUIREMENT…] [-- statement]` | sign off what names you |\n" +
	"| `/countersign reject [REQUIREMENT…] -- reason` | block it until you withdraw or sign |\n" +
	"| `/countersign withdraw [REQUIREMENT…]` | take back your own sign-off or rejection |\n" +
	"| `/countersign override REQUIREMENT -- reason` | lift a rejection; for holders of the role `policy` |\n" +
	"| `/countersign emergency URL -- reason` | let it land now and be signed off afterwards; for holders of the role `emergency` |\n" +
	"| `/countersign status` | judge anew |\n"

func outcomeWords(l Landing) string {
	switch l.Outcome {
	case Countersigned:
		return "countersigned"
	case Ungoverned:
		return "with nothing governed in it"
	case Observed:
		return "without all sign-offs, observed"
	case Emergency:
		return "as an emergency, sign-off owed"
	case Diverged:
		return "with other content than was signed"
	}
	return "unsigned"
}

func outcomeBadge(l Landing) string {
	switch l.Outcome {
	case Countersigned, Ungoverned:
		return "✅"
	case Emergency:
		return "🚨"
	case Observed:
		return "👀"
	}
	return "⛔"
}

// landed is what the check and the comment of a pull request say once it is
// recorded: what landed, who signed, what is missing, and where the record is.
func landed(l Landing, receipt Receipt) string {
	var b strings.Builder
	b.WriteString(owed(l))
	if len(l.Missing) > 0 && l.Outcome != Ungoverned && l.Outcome != Emergency {
		fmt.Fprintf(&b, "Missing when it landed: %s. This is an exception that somebody has to answer for.\n\n", code(strings.Join(l.Missing, ", ")))
	}
	writeChanges(&b, *l.Verdict)
	writeRequirements(&b, *l.Verdict)
	fmt.Fprintf(&b, "Recorded as **%s** (leaf %d) for %s on %s. The log as it stood then:\n\n```text\n%s\n```\n",
		receipt.ID, receipt.Index, code(short(l.After)), code(l.Ref), strings.TrimSpace(receipt.Checkpoint))
	return b.String()
}
