package review

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// roleEmergency names who may declare an emergency.
const roleEmergency = "emergency"

// emergencyFor is how long an emergency covers anything.
const emergencyFor = time.Hour

// emergency returns the declaration that covers req, or nil.
//
// It binds like a sign-off, covers for an hour, and never what is about rules.
// Its writer holds the role emergency and had no hand in the pull request.
// Denials and rejections are not asked here: only what waits can be covered.
func emergency(c Case, req Requirement) *Signoff {
	if aboutRules(c, req) {
		return nil
	}
	var out *Signoff
	for _, s := range inOrder(c.Statements) {
		if s.Requirement != req.ID || s.Refused != "" {
			continue
		}
		if s.Verb == Withdraw && out != nil && out.User.ID == s.User.ID {
			out = nil
		}
		_, named := c.Responders.People[s.User.ID]
		age := c.At.Sub(s.CreatedAt)
		if s.Verb == Declare && s.Voided == nil && named && !isContributor(c.Contributors, s.User) && binds(c, req, s) && age >= 0 && age <= emergencyFor {
			out = &s
		}
	}
	return out
}

// aboutRules reports whether a requirement stands for a change of Countersign's
// own rules, or is one that an emergency must not open.
func aboutRules(c Case, req Requirement) bool {
	if req.Role == rolePolicy || req.Role == roleAdmin {
		return true
	}
	for _, ch := range c.Set.Changes {
		if ch.Kind == "policy" && slices.Contains(req.Changes, ch.ID) {
			return true
		}
	}
	return false
}

// responders resolves the role emergency where somebody declared one, and the
// role policy where somebody overrode a rejection.
func (r *Reviewer) responders(ctx context.Context, c *Case, s Settings, fresh bool) (err error) {
	said := func(verb Verb) bool {
		return slices.ContainsFunc(slices.Concat(c.Elsewhere, c.Statements), func(s Signoff) bool { return s.Verb == verb && s.Refused == "" })
	}
	if said(Declare) {
		if c.Responders, err = r.roleRoster(ctx, c.Pull, s, roleEmergency, fresh); err != nil {
			return err
		}
	}
	if said(Override) {
		c.Owners, err = r.roleRoster(ctx, c.Pull, s, rolePolicy, fresh)
	}
	return err
}

// roleRoster is who holds a role of the settings, whatever a requirement asks of it.
func (r *Reviewer) roleRoster(ctx context.Context, p Pull, s Settings, role string, fresh bool) (Roster, error) {
	return r.roster(ctx, p, s, &Requirement{ID: role, Role: role}, nil, fresh)
}

// holder reads anew who holds a role, and refuses a saying by anybody else.
func (r *Reviewer) holder(ctx context.Context, s saying, role, may string) (Roster, Member, *refusal, error) {
	rules, err := r.rules(ctx, s.c.Pull)
	if err != nil {
		return Roster{}, Member{}, nil, err
	}
	var all Roster
	if rules != nil {
		if all, err = r.roleRoster(ctx, s.c.Pull, rules.settings, role, true); err != nil {
			return Roster{}, Member{}, nil, err
		}
	}
	m, ok := all.People[s.who.User.ID]
	if !ok {
		return all, m, refuse(RefusedNotNamed, "Only a holder of the role %s may %s.", code(role), may), nil
	}
	return all, m, nil, nil
}

// declare takes an emergency over everything that waits and is not about rules.
func (r *Reviewer) declare(ctx context.Context, s saying) ([]Signoff, *refusal, error) {
	roster, m, no, err := r.holder(ctx, s, roleEmergency, "declare one")
	if err != nil || no != nil {
		return nil, no, err
	}
	if no := s.independent(s.c.Demand.Requirements); no != nil {
		return nil, no, nil
	}
	if len(s.c.Demand.Denials) > 0 {
		return nil, refuse(RefusedMeans, "A rule denies this, and an emergency never covers that: %s", prose(s.c.Demand.Denials[0].Reason)), nil
	}
	if !s.c.Means(s.who.Via) {
		return nil, refuse(RefusedMeans, "The settings of this branch do not take anything by %s.", s.who.Via), nil
	}
	head, digests, no := s.saw()
	if no != nil {
		return nil, no, nil
	}
	var out []Signoff
	for _, req := range s.c.Demand.Requirements {
		switch st := s.standing(req); {
		case st.State == Rejected:
			return nil, refuse(RefusedMeans, "%s is rejected, and an emergency never covers that.", code(req.ID)), nil
		case aboutRules(*s.c, req) && st.State != Met:
			return nil, refuse(RefusedMeans, "%s is about rules, and an emergency never covers those.", code(req.ID)), nil
		case st.State == Met || st.State == Denied:
			continue
		}
		if no := s.current(req, head, digests[req.ID]); no != nil {
			return nil, no, nil
		}
		said := s.statement(target{req, m.Through}, Declare, head, digests[req.ID])
		said.Statement = s.URL + " " + s.Statement
		out = append(out, said)
	}
	if len(out) == 0 {
		return nil, refuse(RefusedNothing, "Nothing here waits that an emergency could cover."), nil
	}
	s.c.Responders = roster
	return out, nil, nil
}

// An Obligation is a sign-off that a landing under an emergency still owes.
type Obligation struct {
	RepoID      int64
	Pull        int
	Requirement string
	Digest      string
	Need        int // how many people are still to sign
	// Signers are those whose sign-off would have counted at the landing, with
	// whose voice it is.
	Signers  map[int64]int64
	LandedAt time.Time
	Due      time.Time // by GitHub's clock
	State    string    // open, reviewed, missed
}

// States of an obligation.
const (
	ObligationOpen     = "open"
	ObligationReviewed = "reviewed"
	ObligationMissed   = "missed" // and not reviewed since
)

// Kinds of addenda about obligations.
const (
	AddendumReviewed AddendumKind = "reviewed"
	AddendumMissed   AddendumKind = "missed"
)

// oblige opens what a landing under an emergency owes.
func (r *Reviewer) oblige(ctx context.Context, l Landing, within time.Duration) error {
	if l.Outcome != Emergency {
		return nil
	}
	for _, st := range l.Verdict.Standings {
		if st.State != Covered {
			continue
		}
		o := Obligation{RepoID: l.Repo.ID, Pull: l.Pull.Number, Requirement: st.Requirement.ID, Digest: st.Requirement.Digest,
			Need: st.Missing(), Signers: st.Voices, LandedAt: l.LandedAt, Due: l.LandedAt.Add(within), State: ObligationOpen}
		if err := r.Store.AddObligation(ctx, o); err != nil {
			return err
		}
	}
	return nil
}

// retrospect takes an approve on a merged pull request as a retrospective
// sign-off for what the landing still owes.
func (r *Reviewer) retrospect(ctx context.Context, e Event, p Pull, cmd Command, who Signoff) error {
	all, err := r.Store.Obligations(ctx, e.Repo.ID, p.Number)
	if err != nil {
		return err
	}
	closed := refuse(RefusedClosed, "This pull request is closed, so nothing was signed. What landed is in the record.")
	if cmd.Mistake != "" || cmd.Commit != "" && cmd.Commit != p.Head {
		return r.answer(ctx, e, p, who, closed)
	}
	all = slices.DeleteFunc(all, func(o Obligation) bool {
		return o.State == ObligationReviewed || len(cmd.Requirements) > 0 && !slices.Contains(cmd.Requirements, o.Requirement)
	})
	if len(all) == 0 {
		return r.answer(ctx, e, p, who, closed)
	}
	if no, err := r.refusedBefore(ctx, who); err != nil {
		return err
	} else if no != nil {
		return r.answer(ctx, e, p, who, no)
	}
	signed := false
	for _, o := range all {
		if _, ok := o.Signers[who.User.ID]; !ok {
			continue
		}
		s := who
		s.Requirement, s.Digest, s.Through = o.Requirement, o.Digest, "retrospective"
		if _, err := r.Store.AddSignoff(ctx, s); err != nil {
			return err
		}
		if stands, err := r.standsBy(ctx, p.Ref(), []Signoff{s}, e.At); err != nil {
			return err
		} else if !stands {
			return nil
		}
		signed = true
		if err := r.discharge(ctx, e, o, s); err != nil {
			return err
		}
	}
	if !signed {
		return r.answer(ctx, e, p, who, refuse(RefusedNotNamed, "What this emergency still owes is signed by those whom the rules named when it landed, and who had no hand in it."))
	}
	if err := fenced(ctx); err != nil {
		return err
	}
	return r.Forge.React(ctx, e.Repo, who.SourceID, "+1")
}

// discharge closes an obligation once enough people have signed.
func (r *Reviewer) discharge(ctx context.Context, e Event, o Obligation, last Signoff) error {
	said, err := r.Store.Signoffs(ctx, o.RepoID, o.Pull)
	if err != nil {
		return err
	}
	voices := map[int64]bool{}
	for _, s := range said {
		voice, ok := o.Signers[s.User.ID]
		if ok && s.Requirement == o.Requirement && s.Verb == Approve && s.Counts() && s.Digest == o.Digest && s.CreatedAt.After(o.LandedAt) {
			voices[voice] = true
		}
	}
	if len(voices) < o.Need {
		return nil
	}
	if last.CreatedAt.After(o.Due) {
		if err := r.miss(ctx, o); err != nil {
			return err
		}
	}
	_, err = r.Recorder.Amend(ctx, Addendum{RepoID: o.RepoID, Pull: o.Pull, Kind: AddendumReviewed, Requirement: o.Requirement, Due: o.Due,
		At: last.CreatedAt, By: last.User, Via: last.Via, SourceID: last.SourceID, Statement: last.Statement, Delivery: e.Delivery})
	if err != nil {
		return fmt.Errorf("add to the record of #%d: %w", o.Pull, err)
	}
	return r.Store.SetObligation(ctx, o.RepoID, o.Pull, o.Requirement, ObligationReviewed)
}

// miss records that a retrospective sign-off was not given in time.
func (r *Reviewer) miss(ctx context.Context, o Obligation) error {
	if o.State != ObligationOpen {
		return nil
	}
	_, err := r.Recorder.Amend(ctx, Addendum{RepoID: o.RepoID, Pull: o.Pull, Kind: AddendumMissed, Requirement: o.Requirement, Due: o.Due, At: o.Due})
	if err != nil && !errors.Is(err, ErrGone) {
		return fmt.Errorf("add to the record of #%d: %w", o.Pull, err)
	}
	return r.Store.SetObligation(ctx, o.RepoID, o.Pull, o.Requirement, ObligationMissed)
}

// sweepObligations notices retrospective sign-offs that are overdue.
func (r *Reviewer) sweepObligations(ctx context.Context, repo Repo) error {
	open, err := r.Store.OpenObligations(ctx, repo.ID)
	if err != nil {
		return err
	}
	for _, o := range open {
		if r.Now().After(o.Due) {
			if err := r.miss(ctx, o); err != nil {
				return err
			}
		}
	}
	return nil
}

// owed says on the pull request what an emergency still owes.
func owed(l Landing) string {
	if l.Outcome != Emergency {
		return ""
	}
	var b strings.Builder
	for _, st := range l.Verdict.Standings {
		if st.State == Covered {
			fmt.Fprintf(&b, "**Owed:** %s is signed off afterwards by %s. Comment `/countersign approve` here.\n\n", code(st.Requirement.ID), awaited(st))
		}
	}
	return b.String()
}
