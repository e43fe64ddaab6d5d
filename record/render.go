package record

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/countersign-dev/countersign/change"
	"github.com/countersign-dev/countersign/review"
)

// width is how long a text may get in a rendered record.
const width = 96

// Render writes a record as people read it, on about one screen.
func Render(w io.Writer, e *Entry) error {
	b := bufio.NewWriter(w)
	p := &page{w: b, e: e}
	if e.Erasure != nil {
		p.erasure(*e.Erasure)
		return b.Flush()
	}
	if e.Addendum != nil {
		p.addendum(*e.Addendum)
		return b.Flush()
	}
	r := *e.Landing
	p.head(r)
	p.changes(r)
	p.people(r)
	p.decision(r)
	p.signoffs(r)
	p.later()
	p.verdicts(r)
	p.seal()
	return b.Flush()
}

// A page writes the parts of one record.
type page struct {
	w *bufio.Writer
	e *Entry
}

// line writes one labelled line; the text is made harmless and cut.
func (p *page) line(label, format string, args ...any) {
	fmt.Fprintf(p.w, "  %-12s %s\n", label, clip(plain(fmt.Sprintf(format, args...)), width))
}

func (p *page) head(r Record) {
	id := r.Identity
	fmt.Fprintf(p.w, "%s  %s\n", p.e.ID, strings.ToUpper(plain(p.e.Word(r.Outcome.Outcome))))
	if len(r.Outcome.Missing) > 0 {
		var missing []string
		for _, m := range r.Outcome.Missing {
			missing = append(missing, p.e.Word(m))
		}
		p.line("missing", "%s", strings.Join(missing, ", "))
	}
	p.line("repository", "%s/%s on %s", p.e.Text(id.Owner), p.e.Text(id.Name), p.e.Word(id.Host))
	if r.Pull != nil {
		p.line("pull", "#%d %s", r.Pull.Number, p.e.Text(r.Pull.Title))
	}
	p.line("landed", "%s on %s by %s (%s)", id.LandedAt, p.e.Word(id.Ref), p.e.Who(id.LandedBy), p.e.Word(id.Method))
	p.line("commit", "%s", p.e.Word(id.After))
	p.line("guarded", "%s", guard(r.Enforcement))
	if r.Why.Justification != "" {
		p.line("why", "%s", p.e.Text(r.Why.Justification))
	}
}

// guard says what kept the branch when it moved.
func guard(e Enforcement) string {
	switch {
	case !e.Required:
		return "the check was not required"
	case !e.Pinned:
		return "the check was required, but of any app: somebody else could have posted it"
	}
	return "the check was required, and only of this app"
}

func (p *page) changes(r Record) {
	fmt.Fprintf(p.w, "\n  What changed\n")
	set, ok := p.e.Set()
	switch {
	case !ok:
		p.line("", "%s of %s; not disclosed", plural(int64(r.What.Changes), "change", "changes"), plural(int64(r.What.Agents), "agent", "agents"))
		return
	case len(set.Changes) == 0:
		p.line("", "nothing governed")
		return
	}
	for i, ch := range set.Changes {
		if i == 8 {
			p.line("", "and %d more", len(set.Changes)-i)
			break
		}
		p.line(string(ch.Kind), "%s: %s (%s)", ch.Agent, describeChange(ch), ch.Path)
	}
}

// describeChange says in a line what one change does.
func describeChange(ch change.Change) string {
	text := ch.Change
	if from := review.MovedFrom(ch); len(from) > 0 {
		text += " from " + strings.Join(from, " or ")
	}
	if ch.Direction != "" {
		text += ", " + string(ch.Direction)
	}
	if ch.Step != "" {
		text += ", another " + string(ch.Step)
	}
	if ch.Kind != change.Prompt && (ch.Before != nil || ch.After != nil) {
		text += " " + orNull(ch.Before) + " → " + orNull(ch.After)
	}
	if ch.Lines != nil {
		text += fmt.Sprintf(", %s added, %d removed", plural(int64(ch.Lines.Added), "line", "lines"), ch.Lines.Removed)
	}
	for _, rule := range ch.Added {
		text += " +" + rule
	}
	for _, rule := range ch.Removed {
		text += " −" + rule
	}
	if ch.Confidence == change.Notice {
		text += " [notice]"
	}
	return text
}

func orNull(s *string) string {
	if s == nil {
		return "none"
	}
	return *s
}

func (p *page) people(r Record) {
	if len(r.People) == 0 {
		return
	}
	fmt.Fprintf(p.w, "\n  Who made it\n")
	for i, h := range r.People {
		if i == 8 {
			p.line("", "and %d more", len(r.People)-i)
			break
		}
		who := p.e.Who(h.Person)
		if h.ID == 0 {
			who = p.e.Text(h.Email) + " (no account)"
		}
		verified := "signed commits"
		if !h.Verified {
			verified = "commits not signed"
		}
		p.line(p.e.Word(h.Kind), "%s: %s; %s", who, strings.Join(words(h.Roles), ", "), verified)
	}
}

func (p *page) decision(r Record) {
	if r.Policy == nil {
		return
	}
	fmt.Fprintf(p.w, "\n  Policy: %s\n", p.e.Word(r.Policy.Decision))
	for _, q := range r.Policy.Requirements {
		p.line(mark(q.State == "met"), "%s: %d of %d signed. %s", p.e.Word(q.ID), q.Signed, q.Need, p.e.Text(q.Reason))
	}
	for _, d := range r.Policy.Denials {
		p.line(mark(false), "%s: %s", p.e.Word(d.Rule), p.e.Text(d.Reason))
	}
}

func mark(ok bool) string {
	if ok {
		return "✓"
	}
	return "✗"
}

func (p *page) signoffs(r Record) {
	if len(r.Signoffs) == 0 {
		return
	}
	fmt.Fprintf(p.w, "\n  Sign-offs\n")
	for i, s := range r.Signoffs {
		if i == 10 {
			p.line("", "and %d more", len(r.Signoffs)-i)
			break
		}
		why := ""
		if s.Status == "counted" && s.Through != "" {
			why = " (named by " + p.e.Text(s.Through) + ")"
		}
		switch {
		case s.Refused != "":
			why = ": " + p.e.Word(s.Refused)
		case s.Void != nil:
			why = ": " + p.e.Word(s.Void.Reason) + " by " + p.e.Who(s.Void.By)
		}
		p.line(p.e.Word(s.Status), "%s %s %s at %s%s", p.e.Who(s.By), p.e.Word(s.Verb), p.e.Word(s.Requirement), s.CreatedAt, why)
	}
}

func (p *page) verdicts(r Record) {
	fmt.Fprintf(p.w, "\n  Tests of the control\n")
	for _, a := range Attributes(r, p.e.addenda()...) {
		fmt.Fprintf(p.w, "  %-4s %-13s %s\n", a.ID, a.Result, clip(plain(a.Title+": "+a.Reason), width))
	}
	for _, x := range Exceptions(r, p.e.addenda()...) {
		fmt.Fprintf(p.w, "  %-4s %-13s %s\n", x.Code, "exception", x.Title)
	}
}

func (p *page) seal() {
	fmt.Fprintf(p.w, "\n  Sealed\n")
	p.line("leaf", "%d, %d bytes, hash %x", p.e.Index, len(p.e.Leaf), p.e.Hash[:])
	p.line("recorded", "%s, by the operator's clock", p.e.RecordedAt.UTC().Format("2006-01-02T15:04:05Z"))
	missing := 0
	for _, ref := range p.e.references() {
		if _, ok := p.e.Disclosed[ref.Commitment]; !ok {
			missing++
		}
	}
	if missing > 0 {
		p.line("withheld", "%s not disclosed", plural(int64(missing), "name or text is", "names or texts are"))
	}
}

func (p *page) erasure(x Erasure) {
	fmt.Fprintf(p.w, "%s  ERASURE\n", p.e.ID)
	p.line("record", "%s of leaf %d %s erased", plural(int64(len(x.Commitments)), "disclosure", "disclosures"), x.Index, map[bool]string{true: "was", false: "were"}[len(x.Commitments) == 1])
	p.line("ordered by", "%s", p.e.Text(x.By))
	p.line("reason", "%s", p.e.Text(x.Reason))
	p.seal()
}
