package record

import (
	"fmt"
	"slices"
	"strings"
)

// The results of testing an attribute.
const (
	Pass          = "pass"
	Fail          = "fail"
	NotApplicable = "n/a"
	NotEvidenced  = "not evidenced"
)

// An Attribute is one of the things that a tester of change management asks of
// every change, and what the record says to it. Attributes are computed, never
// sealed.
type Attribute struct {
	ID     string // a1 to a13
	Title  string
	Result string
	Reason string
}

// attributes are the tests, in the order in which an auditor goes through them.
var attributes = []struct {
	id, title string
	test      func(Record, []Addendum) (result, reason string)
}{
	{"a1", "in the population once", func(Record, []Addendum) (string, string) {
		return NotEvidenced, "a record cannot show that nothing is missing beside it; reconciliation does"
	}},
	{"a2", "described", alone(described)},
	{"a3", "impact assessed", alone(assessed)},
	{"a4", "required checks passed before the merge", alone(tested)},
	{"a5", "signed by those named then", alone(signedByNamed)},
	{"a6", "no signer is a contributor", alone(independent)},
	{"a7", "signed on the final content", alone(onFinalContent)},
	{"a8", "signed no later than the merge", alone(inTime)},
	{"a9", "no counted sign-off taken back", standing},
	{"a10", "policy allowed it", alone(allowed)},
	{"a11", "no rule bypassed", alone(enforced)},
	{"a12", "emergency closed in its window", closed},
	{"a13", "what was signed is what was deployed", func(Record, []Addendum) (string, string) {
		return NotEvidenced, "no deployment is known"
	}},
}

// alone is a test that asks the record and nothing later.
func alone(test func(Record) (string, string)) func(Record, []Addendum) (string, string) {
	return func(r Record, _ []Addendum) (string, string) { return test(r) }
}

// Attributes tests a record together with what became known later. It reads
// nothing else.
func Attributes(r Record, later ...Addendum) []Attribute {
	out := make([]Attribute, 0, len(attributes))
	for _, a := range attributes {
		result, reason := a.test(r, later)
		if !r.governed() && result != NotEvidenced {
			result, reason = NotApplicable, "nothing governed: "+strings.Join(words(r.Outcome.Missing), ", ")
		}
		out = append(out, Attribute{a.id, a.title, result, reason})
	}
	return out
}

func words(codes []Code) []string {
	out := make([]string, len(codes))
	for i, c := range codes {
		out[i] = string(c)
	}
	return out
}

func (r Record) governed() bool { return r.Outcome.Outcome != "ungoverned" }

func (r Record) requirements() []Requirement {
	if r.Policy == nil {
		return nil
	}
	return r.Policy.Requirements
}

// counted returns the sign-offs that count.
func (r Record) counted() []Signoff {
	var out []Signoff
	for _, s := range r.Signoffs {
		if s.Status == Counted {
			out = append(out, s)
		}
	}
	return out
}

func described(r Record) (string, string) {
	switch {
	case r.Pull == nil:
		return Fail, "a direct push has no description"
	case r.Pull.Title == "" || r.Pull.Body == "":
		return Fail, "the pull request has no description beyond its title"
	}
	return Pass, "the pull request has a title and a description"
}

func assessed(r Record) (string, string) {
	if r.Policy == nil || r.Policy.Rules == "" {
		return NotEvidenced, "no rules were evaluated"
	}
	return Pass, plural(int64(r.What.Changes), "change was", "changes were") + " classed and weighed by the rules"
}

func tested(r Record) (string, string) {
	if !r.whole("tests") {
		return NotEvidenced, "the list of checks is not disclosed in full"
	}
	if len(r.Tests) == 0 {
		return NotEvidenced, "no other required check is known"
	}
	for _, t := range r.Tests {
		switch {
		case !slices.Contains([]Code{"success", "neutral", "skipped"}, t.Conclusion):
			return Fail, fmt.Sprintf("a required check of app %d concluded %s", t.App, orNone(t.Conclusion))
		case t.CompletedAt == "" || t.CompletedAt > r.Identity.LandedAt:
			return Fail, fmt.Sprintf("a required check of app %d ended after the merge", t.App)
		}
	}
	return Pass, plural(int64(len(r.Tests)), "required check", "required checks") + " passed"
}

func orNone(c Code) Code {
	if c == "" {
		return "nothing"
	}
	return c
}

func signedByNamed(r Record) (string, string) {
	reqs := r.requirements()
	if !r.whole("policy.requirements") || !r.whole("signoffs") {
		return NotEvidenced, "the lists are not disclosed in full"
	}
	if len(reqs) == 0 {
		if r.Policy == nil {
			return NotEvidenced, "no decision was made"
		}
		return NotApplicable, "no rule asked for a sign-off"
	}
	if r.Outcome.Outcome == "emergency" {
		return NotApplicable, "an emergency; a12 says whether its sign-offs followed"
	}
	for _, q := range reqs {
		people := map[int64]bool{}
		for _, s := range r.counted() {
			if s.Requirement == q.ID && s.Named {
				people[s.By.ID] = true
			}
		}
		if len(people) < q.Need || q.State != "met" {
			return Fail, fmt.Sprintf("%s needs %d and was signed by %d of those it names", q.ID, q.Need, len(people))
		}
	}
	return Pass, plural(int64(len(reqs)), "requirement was", "requirements were") + " signed by people named"
}

func independent(r Record) (string, string) {
	if len(r.counted()) == 0 {
		return NotApplicable, "nobody signed"
	}
	if !r.whole("people") || !r.whole("signoffs") || r.Pull != nil && !r.Pull.Complete {
		return NotEvidenced, "not all contributors are known"
	}
	for _, s := range r.counted() {
		hands := []int64{0} // no account is nobody in particular
		if r.Pull != nil {
			hands = append(hands, r.Pull.Author.ID)
		}
		for _, h := range r.People {
			hands = append(hands, h.ID)
		}
		if slices.Contains(hands, s.By.ID) {
			return Fail, fmt.Sprintf("account %d contributed and signed %s", s.By.ID, s.Requirement)
		}
	}
	for _, h := range r.People {
		if h.ID == 0 {
			return NotEvidenced, "a contributor is tied to no account"
		}
	}
	return Pass, "none of " + plural(int64(len(r.People)), "contributor", "contributors") + " signed"
}

func onFinalContent(r Record) (string, string) {
	if len(r.requirements()) == 0 {
		return NotApplicable, "no rule asked for a sign-off"
	}
	if r.Outcome.Outcome == "diverged" {
		return Fail, "other content landed than was signed"
	}
	digests := map[Code]Code{}
	for _, q := range r.requirements() {
		digests[q.ID] = q.Digest
	}
	if len(r.counted()) == 0 {
		return NotApplicable, "nobody signed"
	}
	for _, s := range r.counted() {
		if want, ok := digests[s.Requirement]; !ok && r.whole("policy.requirements") || ok && want != s.Digest {
			return Fail, fmt.Sprintf("account %d signed other content for %s", s.By.ID, s.Requirement)
		}
	}
	return Pass, "every counted sign-off is over what landed"
}

func inTime(r Record) (string, string) {
	if len(r.counted()) == 0 {
		return NotApplicable, "nobody signed"
	}
	for _, s := range r.counted() {
		if s.CreatedAt == "" || s.CreatedAt > r.Identity.LandedAt {
			return Fail, fmt.Sprintf("account %d signed %s after the merge", s.By.ID, s.Requirement)
		}
	}
	return Pass, "every counted sign-off is older than the merge"
}

func standing(r Record, later []Addendum) (string, string) {
	if len(r.counted()) == 0 {
		return NotApplicable, "nobody signed"
	}
	for _, x := range later {
		if slices.Contains([]Code{"edited", "deleted", "dismissed"}, x.Kind) {
			return Fail, fmt.Sprintf("the source of a counted sign-off was %s after the merge", x.Kind)
		}
	}
	for _, s := range r.Signoffs {
		if s.Void != nil && s.Void.At > r.Identity.LandedAt {
			return Fail, fmt.Sprintf("a sign-off by account %d was %s after the merge", s.By.ID, s.Void.Reason)
		}
		if s.Status == Counted && s.Void != nil {
			return Fail, fmt.Sprintf("a counted sign-off by account %d was %s", s.By.ID, s.Void.Reason)
		}
	}
	return Pass, "none, as far as is known"
}

// closed tests whether an emergency got its full sign-off in time: every
// requirement that it landed without was reviewed, and none was missed.
func closed(r Record, later []Addendum) (string, string) {
	if r.Outcome.Outcome != "emergency" {
		return NotApplicable, "no emergency"
	}
	reviewed := map[Code]bool{}
	for _, x := range later {
		switch x.Kind {
		case "missed":
			return Fail, fmt.Sprintf("%s was not signed off by %s", x.Requirement, x.Due)
		case "reviewed":
			reviewed[x.Requirement] = true
		}
	}
	for _, missing := range r.Outcome.Missing {
		if !reviewed[missing] {
			return NotEvidenced, fmt.Sprintf("%s is not signed off yet", missing)
		}
	}
	return Pass, "everything it landed without was signed off in time"
}

func allowed(r Record) (string, string) {
	switch {
	case r.Policy == nil:
		return NotEvidenced, "no decision was made"
	case len(r.Policy.Denials) > 0 || !r.whole("policy.denials"):
		return Fail, "a rule denied it"
	case r.Outcome.Outcome == "emergency":
		return Pass, "the decision on what landed is an emergency, which the rules allow"
	case r.Policy.Decision != "met":
		return Fail, "the decision on what landed is " + string(r.Policy.Decision)
	}
	return Pass, "the decision on what landed is met"
}

func enforced(r Record) (string, string) {
	e := r.Enforcement
	switch {
	case r.Outcome.Outcome == "observed":
		return NotApplicable, "the repository is observed only"
	case r.Outcome.Outcome == "emergency" && e.Required && e.Pinned:
		return Pass, "the check was required, and passed by an emergency"
	case r.Outcome.Outcome != "countersigned" && e.Required:
		return Fail, "it landed past a required check"
	case r.Outcome.Outcome != "countersigned":
		return Fail, "it landed without its sign-offs, and the check was not required"
	case e.Source == "unknown" || e.Source == "":
		return NotEvidenced, "the protection of the branch is not visible"
	case !e.Required || !e.Pinned:
		return NotEvidenced, "the check was not required and bound to the app"
	}
	return Pass, "the check was required, and the landing met it"
}
