package record

import (
	"slices"

	"github.com/countersign-dev/countersign/review"
)

// rank orders statements by what they matter, so that what is cut off a long
// list is what matters least.
var rank = map[Code]int{Counted: 0, Blocks: 1, Covers: 1, Voided: 2, Other: 3, Late: 4, Kept: 5, Refused: 6}

// signoffs lists all statements of a landing with what became of each.
func (c *closet) signoffs(l review.Landing) []Signoff {
	out := make([]Signoff, 0, len(l.Statements))
	for _, s := range l.Statements {
		standing := standingOf(l.Verdict, s.Requirement)
		named := standing != nil && slices.Contains(standing.Named, s.User.ID)
		out = append(out, Signoff{Status: status(l, standing, s), Verb: c.must(string(s.Verb)), Requirement: c.code(s.Requirement),
			Digest: c.code(s.Digest), Head: c.code(s.Head), By: c.person(s.User), Named: named, Through: c.text("team", s.Through),
			Via: c.must(s.Via), Source: s.SourceID, URL: c.text("url", s.URL), Statement: c.text("statement", s.Statement),
			Body: c.text("body", s.Body), CreatedAt: timeOf(s.CreatedAt), Delivery: c.code(s.Delivery), Payload: c.code(s.Payload),
			Refused: c.code(s.Refused), Void: c.void(s.Voided)})
	}
	slices.SortStableFunc(out, func(a, b Signoff) int { return rank[a.Status] - rank[b.Status] })
	return out
}

func standingOf(v *review.Verdict, requirement string) *review.Standing {
	if v == nil {
		return nil
	}
	for i := range v.Standings {
		if v.Standings[i].Requirement.ID == requirement {
			return &v.Standings[i]
		}
	}
	return nil
}

func status(l review.Landing, standing *review.Standing, s review.Signoff) Code {
	same := func(o review.Signoff) bool {
		return o.Via == s.Via && o.SourceID == s.SourceID && o.Requirement == s.Requirement && o.Verb == s.Verb
	}
	switch {
	case s.Refused != "":
		return Refused
	case standing != nil && slices.ContainsFunc(standing.Signed, same):
		return Counted
	case standing != nil && slices.ContainsFunc(standing.Rejections, same):
		return Blocks
	case standing != nil && standing.Emergency != nil && same(*standing.Emergency):
		return Covers
	case s.Voided != nil:
		return Voided
	case s.CreatedAt.After(l.LandedAt):
		return Late
	case s.Verb == review.Approve && standing != nil && s.Digest != standing.Requirement.Digest:
		return Other
	}
	return Kept
}

func (c *closet) void(v *review.Voiding) *Void {
	if v == nil {
		return nil
	}
	return &Void{c.must(v.Reason), c.person(v.By), timeOf(v.At), c.code(v.Delivery)}
}
