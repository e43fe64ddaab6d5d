package record

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/countersign-dev/countersign/change"
	"github.com/countersign-dev/countersign/review"
)

// fullList is how long a list of a leaf may get before it is cut.
const fullList = 64

// sealed is a landing made ready to be appended.
type sealed struct {
	record      Record // whole: with what was cut off
	leaf        []byte
	disclosures []Disclosure
	landed      time.Time
	key         string
}

// seal writes the leaf of a landing and what opens its commitments. Lists are
// cut until the leaf is short enough.
func seal(l review.Landing, by Recorder, random io.Reader) (sealed, error) {
	c := newCloset(random)
	whole := describe(c, l, by)
	s := sealed{record: whole, key: keyOf(l)}
	if at := whole.Identity.LandedAt; at != "" {
		s.landed = at.Instant()
	}
	for limit := fullList; ; limit /= 2 {
		short := cut(c, whole, limit)
		s.leaf = encode(statement[Record]{statementType, []subject{subjectOf(short.Identity)}, LandingType, short})
		if c.err != nil {
			return s, c.err
		}
		if len(s.leaf) <= maxLeaf {
			s.disclosures = c.open(short, whole)
			return s, nil
		}
		if limit == 0 {
			return s, fmt.Errorf("leaf of %s %s has %d bytes; at most %d are allowed", l.Ref, l.After, len(s.leaf), maxLeaf)
		}
	}
}

// open lists the disclosures of the given records in the order of their fields.
func (c *closet) open(records ...any) []Disclosure {
	var out []Disclosure
	seen := map[Commitment]bool{}
	for _, r := range records {
		for _, ref := range references(r) {
			if d, ok := c.known[ref.Commitment]; ok && !seen[ref.Commitment] {
				seen[ref.Commitment] = true
				out = append(out, d)
			}
		}
	}
	return out
}

// keyOf is the key under which a landing is recorded at most once.
func keyOf(l review.Landing) string {
	number := 0
	if l.Pull != nil {
		number = l.Pull.Number
	}
	return fmt.Sprintf("landing/%d/%d/%s/%s/%d/%s", l.Repo.ID, number, word(l.Before), word(l.After), l.Occurrence, word(l.Ref))
}

func subjectOf(id Identity) subject {
	return subject{fmt.Sprintf("%s/%d", id.Host, id.Repository), map[string]string{"gitCommit": string(id.After)}}
}

// describe maps a landing to its record, with all lists whole.
func describe(c *closet, l review.Landing, by Recorder) Record {
	r := Record{
		Identity: Identity{Host: c.must(l.Host), Repository: l.Repo.ID, Private: l.Repo.Private,
			Owner: c.text("owner", l.Repo.Owner), Name: c.text("repository", l.Repo.Name),
			Ref: c.must(l.Ref), Before: c.must(l.Before), After: c.must(l.After), Occurrence: l.Occurrence,
			Commits: c.codes(l.Commits), Parents: c.codes(l.Parents), Tree: c.code(l.Tree), Method: c.must(l.Method),
			LandedAt: timeOf(l.LandedAt), LandedBy: c.person(l.MergedBy)},
		Why:    Why{Issues: []int{}},
		People: []Hand{}, Tests: []Test{}, Signoffs: c.signoffs(l),
		Enforcement: Enforcement{l.Enforcement.Required, l.Enforcement.Pinned, c.code(l.Enforcement.Source), c.code(hyphened(l.Enforcement.Bypass))},
		Outcome:     Outcome{c.must(string(l.Outcome)), c.codes(l.Missing)},
		Recorder:    by, More: []More{},
	}
	r.Recorder.Version, r.Recorder.Commit = c.code(string(by.Version)), c.code(string(by.Commit))
	r.Recorder.Installation = l.Repo.Installation
	r.Recorder.Deliveries = []Delivery{}
	for _, d := range l.Deliveries {
		r.Recorder.Deliveries = append(r.Recorder.Deliveries, Delivery{c.must(d.GUID), c.must(d.Event), c.code(d.Digest)})
	}
	if p := l.Pull; p != nil {
		r.Pull = c.pull(*p, l.TitleBody)
		why, issues := justification(l.TitleBody)
		r.Why = Why{c.text("justification", why), issues}
	}
	for _, t := range l.Checks {
		r.Tests = append(r.Tests, Test{c.text("check", t.Name), t.App, c.code(t.Conclusion), timeOf(t.CompletedAt)})
	}
	r.What = What{Files: len(l.Files), Kinds: []Kind{}, Delta: c.json("files", l.Files)}
	if v := l.Verdict; v != nil {
		r.People = c.people(v.Contributors)
		r.Policy = c.policy(*v)
		c.what(&r.What, v.Set)
	}
	return r
}

// must writes a code that cannot be left out.
func (c *closet) must(s string) Code { return c.code(word(s)) }

// word is s as a record says it where something has to stand.
func word(s string) string {
	if s == "" {
		return "none"
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

func hyphened(s string) string { return strings.ReplaceAll(s, " ", "-") }

func (c *closet) person(u review.User) Person {
	return Person{u.ID, c.code(u.Type), c.text("login", u.Login)}
}

func (c *closet) pull(p review.Pull, body string) *Pull {
	out := &Pull{Number: p.Number, Title: c.text("title", p.Title), Body: c.text("body", body), Author: c.person(p.Author),
		Head: c.must(p.Head), HeadRef: c.text("branch", p.HeadRef), Draft: p.Draft, Fork: p.Fork, Labels: []Commitment{}, Complete: p.Complete}
	for _, name := range p.Labels {
		if name != "" {
			out.Labels = append(out.Labels, c.text("label", name))
		}
	}
	return out
}

func (c *closet) people(all []review.Contributor) []Hand {
	out := make([]Hand, 0, len(all))
	for _, p := range all {
		h := Hand{Person: c.person(p.User), Email: c.text("email", p.Email), Kind: c.must(p.Kind), Roles: []Code{}, Verified: p.Verified}
		for _, role := range p.Roles {
			h.Roles = append(h.Roles, c.must(string(role)))
		}
		out = append(out, h)
	}
	return out
}

func (c *closet) what(w *What, set change.Set) {
	agents := map[string]bool{}
	counts := map[Kind]int{}
	for _, ch := range set.Changes {
		w.Findings += len(ch.Findings)
		if ch.Confidence == change.Notice {
			w.Notices++
			continue
		}
		w.Changes++
		agents[ch.Agent] = true
		k := Kind{Kind: c.must(string(ch.Kind)), Change: c.must(ch.Change), Direction: c.code(string(ch.Direction)), Step: c.code(string(ch.Step))}
		if counts[k] == 0 {
			w.Kinds = append(w.Kinds, k)
		}
		counts[k]++
	}
	for i, k := range w.Kinds {
		w.Kinds[i].Count = counts[k]
	}
	w.Agents = len(agents)
	if len(set.Changes) > 0 {
		w.Set = c.text("changes", string(encode(set)))
	}
}

func (c *closet) policy(v review.Verdict) *Policy {
	p := &Policy{Decision: c.must(string(v.State)), Rules: c.code(v.RulesDigest), Input: c.text("input", string(v.Input)),
		Settings: c.code(v.Settings), Branch: c.code(v.Branch), Observed: v.Observed, Outdated: len(v.Outdated),
		Requirements: []Requirement{}, Denials: c.rulings(v.Denials), Warnings: c.rulings(v.Warnings), Passes: c.rulings(v.Passes)}
	for _, st := range v.Standings {
		q := st.Requirement
		named := slices.Sorted(slices.Values(st.Named))
		p.Requirements = append(p.Requirements, Requirement{ID: c.must(q.ID), Rule: c.must(q.Rule), Layer: c.code(q.Layer),
			Title: c.text("rule title", q.Title), Reason: c.text("reason", q.Reason), Controls: c.codes(q.Controls), Role: c.code(q.Role),
			Need: q.Need, Binds: c.code(q.Binds), ValidFor: int64(q.ValidFor / time.Second), Distinct: q.Distinct,
			Changes: len(q.Changes), Paths: len(q.Paths), Digest: c.code(q.Digest), State: c.must(string(st.State)),
			Signed: len(st.Signed), Named: len(named), Roster: c.json("roster", named)})
	}
	return p
}

func (c *closet) rulings(all []review.Ruling) []Ruling {
	out := make([]Ruling, 0, len(all))
	for _, r := range all {
		out = append(out, Ruling{c.must(r.Rule), c.code(r.Layer), c.text("reason", r.Reason), len(r.Changes)})
	}
	return out
}
