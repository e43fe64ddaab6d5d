package review

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/countersign-dev/countersign/change"
)

// A Case is all that a decision rests on. Nothing else may sway it: equal cases
// give equal verdicts, whenever and wherever they are decided.
type Case struct {
	Pull     Pull
	Branch   string // the entry of branches that matched
	Set      change.Set
	Demand   Demand
	Rosters  map[string]Roster // by requirement id
	Means    func(via string) bool
	At       time.Time // GitHub's time of the event
	Observed bool
	Settings string
	Outdated []string
	Flips    *FlipList // of a change of rules; shown, and weighed nowhere
	BasedAt  time.Time // as in PullState; only who signs now is asked about it

	// Responders may declare an emergency, Owners override a rejection.
	Responders Roster
	Owners     Roster

	// Contributors are all who had a hand in governed content of the pull
	// request, over every head that was seen.
	Contributors []Contributor
	// Statements are those on the pull request, in whatever order they came.
	Statements []Signoff
	// Elsewhere are rejections, withdrawals and overrides on other pull
	// requests over a scope digest of this one.
	Elsewhere []Signoff
}

// A Roster is who may sign for a requirement.
type Roster struct {
	People map[int64]Member // by user id
	// Anyone describes people who may sign beside these and are not listed,
	// because GitHub only tells of each whether they may: administrators.
	Anyone  string
	Problem string // why it is empty or incomplete, for people
	// Ends is when the first delegation ends by which somebody is in it, the
	// zero time for never.
	Ends time.Time
}

// A Member is one entitled person and what entitles them.
type Member struct {
	User    User
	Through string // org/slug, people, administrator, delegate of …
	For     int64  // whose place they sign in, 0 for their own
}

// voice is whose sign-off it is that m gives.
func (m Member) voice() int64 {
	if m.For != 0 {
		return m.For
	}
	return m.User.ID
}

// independent reports whether neither m nor whoever m stands for had a hand in it.
func (m Member) independent(c Case) bool {
	return !isContributor(c.Contributors, m.User) && !isContributor(c.Contributors, User{ID: m.For})
}

// Decide weighs the statements of c against its requirements.
//
// A sign-off counts only if it binds the requirement's present scope digest on
// this pull request and base, comes from a person whom the requirement names
// now, and never from a contributor. What cannot be decided is denied.
func Decide(c Case) Verdict {
	v := Verdict{
		Pull: c.Pull, Branch: c.Branch, Set: c.Set, At: c.At,
		Denials: slices.Clone(c.Demand.Denials), Warnings: c.Demand.Warnings, Passes: c.Demand.Passes,
		Contributors: c.Contributors, RulesDigest: c.Demand.RulesDigest, Input: c.Demand.Input,
		InputDigest: digestOf(c.Demand.Input), Settings: c.Settings, Observed: c.Observed, Outdated: c.Outdated, Flips: c.Flips,
	}
	if !c.Pull.Complete {
		v.Denials = append(v.Denials, Ruling{Rule: "countersign.incomplete", Layer: "default", Changes: []string{},
			Reason: "the list of commits could not be read to its end, so contributors are not known; split the pull request"})
	}
	for _, req := range c.Demand.Requirements {
		v.Standings = append(v.Standings, stand(c, req))
	}
	keepApart(c, v.Standings)
	cover(c, v.Standings)
	v.State = Met
	for _, st := range v.Standings {
		v.State = worse(v.State, st.State)
	}
	if len(c.Outdated) > 0 {
		v.State = worse(v.State, Waiting)
	}
	if len(v.Denials) > 0 {
		v.State = Denied
	}
	return v
}

// keepApart keeps the signers of distinct requirements apart. Where that cannot
// be had, what an emergency covers anyway gives its signers up for the others.
func keepApart(c Case, standings []Standing) {
	spared := slices.Clone(standings)
	if separate(standings) {
		return
	}
	for i, st := range spared {
		if st.State == Met && emergency(c, st.Requirement) != nil {
			spared[i].State = Waiting
		}
	}
	if separate(spared) {
		copy(standings, spared)
	}
}

// cover lets emergencies stand for what waits. What then waits for people of its
// own while nobody is left cannot be met.
func cover(c Case, standings []Standing) {
	for i := range standings {
		st := &standings[i]
		if st.State != Waiting {
			continue
		}
		if st.Emergency = emergency(c, st.Requirement); st.Emergency != nil {
			st.State = Covered
		} else if len(st.Entitled) == 0 && st.Anyone == "" {
			st.State = Denied
		}
	}
}

// stand says how one requirement stands, before signers are kept apart and
// emergencies are seen.
func stand(c Case, req Requirement) Standing {
	roster := c.Rosters[req.ID]
	st := Standing{Requirement: req, State: Waiting, Ends: roster.Ends}
	st.Rejections = standing(c, req)
	voters := map[int64]bool{}
	for _, s := range approvals(c, req) {
		m, named := roster.People[s.User.ID]
		if named && !voters[m.voice()] && m.independent(c) {
			voters[m.voice()] = true
			s.Through = m.Through
			st.Signed = append(st.Signed, s)
		}
	}
	st.Named = slices.Sorted(maps.Keys(roster.People))
	delegated := map[int64]bool{}
	for _, m := range roster.People {
		delegated[m.For] = true
	}
	st.Voices = map[int64]int64{}
	for id, m := range roster.People {
		if voters[m.voice()] || !m.independent(c) {
			continue
		}
		st.Voices[id] = m.voice()
		if !delegated[id] { // who delegated is away, and their delegate is asked in their place
			st.Entitled = append(st.Entitled, m.User)
		}
	}
	st.Anyone = roster.Anyone
	slices.SortFunc(st.Entitled, func(a, b User) int { return cmpLogin(a.Login, b.Login) })
	switch {
	case len(st.Rejections) > 0:
		st.State = Rejected
	case req.Need < 1 || req.Digest == "":
		st.State, st.Problem = Denied, "the requirement has no scope or asks for nobody"
	case len(st.Signed) >= req.Need:
		st.State = Met
	case len(st.Signed)+len(st.Entitled) < req.Need && st.Anyone == "":
		st.State, st.Problem = Denied, shortOfPeople(c, st, roster)
	}
	return st
}

// shortOfPeople says why a requirement cannot be met by anybody.
func shortOfPeople(c Case, st Standing, roster Roster) string {
	if roster.Problem != "" {
		return roster.Problem
	}
	if len(roster.People) == 0 {
		return "it names nobody"
	}
	left := len(st.Signed) + len(st.Entitled)
	who := "all who are named had a hand in this pull request"
	if left > 0 {
		who = plural(left, "person", "people") + " of those named had no hand in this pull request"
	}
	return who + ", and " + plural(st.Requirement.Need, "sign-off is", "sign-offs are") + " needed: name more approvers"
}

// approvals returns the approvals that stand over req's present content, in
// order, before anybody asks who gave them.
func approvals(c Case, req Requirement) []Signoff {
	var out []Signoff
	for _, s := range inOrder(c.Statements) {
		if s.Requirement != req.ID || s.Refused != "" {
			continue
		}
		switch s.Verb {
		case Withdraw, Reject:
			out = slices.DeleteFunc(out, func(o Signoff) bool { return o.User.ID == s.User.ID })
		case Approve:
			if s.Voided == nil && binds(c, req, s) {
				out = append(out, s)
			}
		}
	}
	return out
}

// binds reports whether an approval is over what req asks about now.
func binds(c Case, req Requirement, s Signoff) bool {
	switch {
	case s.RepoID != c.Pull.Repo.ID || s.Pull != c.Pull.Number || s.BaseRef != c.Pull.BaseRef:
		return false
	case s.Digest == "" || s.Digest != req.Digest:
		return false
	case req.Binds == "head" && s.Head != c.Pull.Head:
		return false
	case req.ValidFor > 0 && c.At.Sub(s.CreatedAt) > req.ValidFor:
		return false
	case c.Means != nil && !c.Means(s.Via):
		return false
	}
	return s.User.IsPerson()
}

// standing returns the rejections that block req.
//
// A rejection on this pull request stands over every content. One from
// elsewhere stands over the same digest. Its writer lifts it by withdrawing, or
// by signing what is there, as long as that counts; an override by an owner
// without a hand in it lifts all before it that they were shown, as long as it
// stands. Deleting the comment of a rejection does nothing.
func standing(c Case, req Requirement) []Signoff {
	var out []Signoff
	for _, s := range inOrder(slices.Concat(elsewhere(c, req), c.Statements)) {
		if s.Requirement != req.ID || s.Refused != "" {
			continue
		}
		switch s.Verb {
		case Reject:
			out = append(out, s)
		case Withdraw:
			out = slices.DeleteFunc(out, func(o Signoff) bool { return o.User.ID == s.User.ID })
		case Approve:
			lifts := s.Voided == nil && binds(c, req, s)
			out = slices.DeleteFunc(out, func(o Signoff) bool { return lifts && o.User.ID == s.User.ID })
		case Override:
			_, owner := c.Owners.People[s.User.ID]
			if owner && s.Voided == nil && !isContributor(c.Contributors, s.User) {
				out = slices.DeleteFunc(out, func(o Signoff) bool { return shown(c, s, o) })
			}
		}
	}
	return out
}

// shown reports whether the writer of an override was shown a rejection: one on
// the same pull request, or one from elsewhere that stood on this one.
func shown(c Case, override, rejection Signoff) bool {
	return rejection.Pull == override.Pull || override.Pull == c.Pull.Number && rejection.Digest == override.Digest
}

// inOrder returns statements in the order in which they were made, by GitHub's
// clock and then its numbers. The order in which deliveries came decides
// nothing: an approval that comes late must not lift a rejection that its
// writer made after it.
func inOrder(all []Signoff) []Signoff {
	out := slices.Clone(all)
	slices.SortStableFunc(out, func(a, b Signoff) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(pressed(a), pressed(b)), cmp.Compare(a.Via, b.Via), cmp.Compare(a.SourceID, b.SourceID),
			cmp.Compare(a.Verb, b.Verb))
	})
	return out
}

// pressed puts presses of the button last among statements of one second, since
// they were made no earlier than the time that they bear.
func pressed(s Signoff) int {
	if s.Via == "button" {
		return 1
	}
	return 0
}

// elsewhere returns the statements of other pull requests over req's digest.
func elsewhere(c Case, req Requirement) []Signoff {
	var out []Signoff
	for _, s := range c.Elsewhere {
		if s.Digest == req.Digest && s.Pull != c.Pull.Number {
			out = append(out, s)
		}
	}
	return out
}

// separate keeps the signers of distinct requirements apart: somebody who
// meets one of those meets no other. It takes back what cannot be had at once,
// and reports whether all could.
func separate(standings []Standing) bool {
	var distinct []int
	for i, st := range standings {
		if st.State == Met && st.Requirement.Distinct {
			distinct = append(distinct, i)
		}
	}
	budget := 100_000
	if len(distinct) == 0 || assign(standings, distinct, map[int64]bool{}, &budget) {
		return true
	}
	for _, i := range distinct {
		standings[i].State = Waiting
		standings[i].Problem = "its signers also meet other requirements, and it wants people of its own"
	}
	return false
}

// assign looks for a choice of signers for the distinct requirements that
// leaves enough for all others that are met without it. It tries all, within
// budget.
func assign(standings []Standing, distinct []int, taken map[int64]bool, budget *int) bool {
	if *budget--; *budget < 0 {
		return false
	}
	if len(distinct) == 0 {
		for _, st := range standings {
			if st.State == Met && !st.Requirement.Distinct && free(st, taken) < st.Requirement.Need {
				return false
			}
		}
		return true
	}
	st := standings[distinct[0]]
	return choose(st.Signed, st.Requirement.Need, taken, func() bool {
		return assign(standings, distinct[1:], taken, budget)
	})
}

// choose tries every way to take need of the signers that are not taken.
func choose(signed []Signoff, need int, taken map[int64]bool, then func() bool) bool {
	if need == 0 {
		return then()
	}
	for i, s := range signed {
		if taken[s.User.ID] {
			continue
		}
		taken[s.User.ID] = true
		if choose(signed[i+1:], need-1, taken, then) {
			return true
		}
		delete(taken, s.User.ID)
	}
	return false
}

func free(st Standing, taken map[int64]bool) (n int) {
	for _, s := range st.Signed {
		if !taken[s.User.ID] {
			n++
		}
	}
	return n
}

// severity orders states from best to worst.
var severity = map[State]int{Met: 0, Covered: 1, Waiting: 2, Rejected: 3, Denied: 4}

func worse(a, b State) State {
	if severity[b] > severity[a] {
		return b
	}
	return a
}

func isContributor(all []Contributor, u User) bool {
	_, ok := contributor(all, u)
	return ok
}

func contributor(all []Contributor, u User) (Contributor, bool) {
	for _, c := range all {
		if c.User.ID != 0 && c.User.ID == u.ID {
			return c, true
		}
	}
	return Contributor{}, false
}
