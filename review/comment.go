package review

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// window is how long before a bare approve its content must have stood.
const window = 10 * time.Minute

// A saying is a command with everything that is needed to weigh it.
type saying struct {
	Command
	who   Signoff // who said it, where and when; one statement is made from it for each requirement
	c     *Case
	heads []Head
	seen  []Report
}

// Comment carries out the command of a new comment, if it holds one.
func (r *Reviewer) Comment(ctx context.Context, e CommentEvent) error {
	if err := r.called(ctx, e); err != nil {
		return err
	}
	cmd, ok := ParseCommand(e.Comment.Body, r.Alias)
	if !ok || e.Issue {
		return nil
	}
	who := Signoff{RepoID: e.Repo.ID, Pull: e.Number, User: e.Comment.Author, Verb: Verb(cmd.Verb), Via: "comment",
		SourceID: e.Comment.ID, URL: e.Comment.URL, Statement: cmd.Statement, Body: e.Comment.Body,
		CreatedAt: e.Comment.CreatedAt, Delivery: e.Delivery.GUID, Payload: e.Delivery.Digest}
	if !slices.Contains(verbs, cmd.Verb) {
		who.Verb = "unknown"
	}
	if e.ByApp || !e.Comment.Author.IsPerson() {
		who.Refused = RefusedNotPerson // and no answer, so that no two bots ever talk
		return r.keep(ctx, e, who)
	}
	reports, err := r.Store.Reports(ctx, e.Repo.ID, e.Number)
	if err != nil {
		return err
	}
	if outsider(e.Association) && !everNamed(reports, who.User) {
		if in, err := r.insider(ctx, PullRef{e.Repo, e.Number}, who.User); err != nil {
			return err
		} else if !in {
			return r.turnAway(ctx, e, who)
		}
	}
	p, err := r.Forge.Pull(ctx, PullRef{e.Repo, e.Number})
	if errors.Is(err, ErrGone) {
		return nil
	} else if err != nil {
		return fmt.Errorf("read %v#%d: %w", e.Repo, e.Number, err)
	}
	who.BaseRef, who.Head = p.BaseRef, p.Head
	if p.Merged && who.Verb == Approve {
		return r.retrospect(ctx, e.Event, p, cmd, who)
	}
	if p.State != "open" {
		return r.answer(ctx, e.Event, p, who, refuse(RefusedClosed, "This pull request is closed, so nothing was signed. What landed is in the record."))
	}
	c, err := r.assess(ctx, p, e.Event, User{}, false)
	if err != nil || c == nil {
		return err
	}
	heads, err := r.Store.Heads(ctx, e.Repo.ID, e.Number)
	if err != nil {
		return err
	}
	return r.carryOut(ctx, e.Event, saying{cmd, who, c, heads, reports})
}

// everNamed reports whether any report of the pull request named u.
func everNamed(reports []Report, u User) bool {
	for _, rep := range reports {
		for _, ids := range rep.Named {
			if slices.Contains(ids, u.ID) {
				return true
			}
		}
	}
	return false
}

// carryOut does what was said, or answers why not.
func (r *Reviewer) carryOut(ctx context.Context, e Event, s saying) error {
	switch s.Verb {
	case "help":
		if err := r.Forge.React(ctx, e.Repo, s.who.SourceID, "+1"); err != nil {
			return err
		}
		return r.Forge.Reply(ctx, s.c.Pull.Ref(), helpText)
	case "status":
		if err := r.settle(ctx, *s.c, e); err != nil {
			return err
		}
		return r.Forge.React(ctx, e.Repo, s.who.SourceID, "+1")
	}
	made, no, err := r.weigh(ctx, s)
	if err == nil && no == nil {
		no, err = r.refusedBefore(ctx, s.who)
	}
	if err != nil {
		return err
	}
	if no != nil {
		return r.answer(ctx, e, s.c.Pull, s.who, no)
	}
	for _, m := range made {
		if _, err := r.Store.AddSignoff(ctx, m); err != nil {
			return err
		}
		if roster := s.c.Rosters[m.Requirement]; roster.Anyone != "" && m.Verb == Approve {
			roster.People[m.User.ID] = Member{User: m.User, Through: m.Through} // just found to be one of those
		}
	}
	for _, m := range made {
		if err := r.spread(ctx, e, m); err != nil {
			return err
		}
	}
	if err := r.testimony(ctx, s.c); err != nil {
		return err
	}
	if err := r.settle(ctx, *s.c, e); err != nil {
		return err
	}
	if s.who.Via != "comment" {
		return nil
	}
	return r.Forge.React(ctx, e.Repo, s.who.SourceID, "+1")
}

// refusedBefore returns the refusal of a statement that was refused in an earlier
// attempt to handle it. It stays refused, whatever has become of its writer since.
func (r *Reviewer) refusedBefore(ctx context.Context, who Signoff) (*refusal, error) {
	said, err := r.Store.Signoffs(ctx, who.RepoID, who.Pull)
	if err != nil {
		return nil, err
	}
	for _, s := range said {
		if s.Via == who.Via && s.SourceID == who.SourceID && s.Refused != "" {
			return refuse(s.Refused, "This was refused when it came. If it should count now, say it anew."), nil
		}
	}
	return nil, nil
}

// answer keeps a refused command and tells its writer once, in one line.
func (r *Reviewer) answer(ctx context.Context, e Event, p Pull, who Signoff, no *refusal) error {
	who.Refused = no.code
	added, err := r.Store.AddSignoff(ctx, who)
	if err != nil {
		return err
	}
	if !added && who.Via == "button" {
		return nil // pressed again: it was answered
	}
	if err := fenced(ctx); err != nil {
		return err
	}
	if who.Via == "comment" {
		if err := r.Forge.React(ctx, e.Repo, who.SourceID, "confused"); err != nil {
			return err
		}
	}
	return r.Forge.Reply(ctx, p.Ref(), mention(who.User.Login)+" "+no.text)
}

// weigh turns a saying into statements, one for each requirement, or refuses it
// as a whole.
func (r *Reviewer) weigh(ctx context.Context, s saying) ([]Signoff, *refusal, error) {
	if !slices.Contains(verbs, s.Verb) {
		return nil, refuse(RefusedMistake, "There is no command %s. Did you mean `/countersign %s`?", code(s.Verb), nearestVerb(s.Verb)), nil
	}
	if s.Mistake != "" {
		return nil, refuse(RefusedMistake, "Nothing was done: %s.", s.Mistake), nil
	}
	for _, name := range s.Requirements {
		if _, ok := s.requirement(name); !ok {
			return nil, s.unknown(name), nil
		}
	}
	switch Verb(s.Verb) {
	case Approve:
		return r.approve(ctx, s)
	case Reject:
		return r.reject(ctx, s)
	case Withdraw:
		return s.withdraw()
	case Declare:
		return r.declare(ctx, s)
	}
	return r.override(ctx, s)
}

func (s saying) requirement(id string) (Requirement, bool) {
	for _, req := range s.c.Demand.Requirements {
		if req.ID == id {
			return req, true
		}
	}
	return Requirement{}, false
}

func (s saying) unknown(name string) *refusal {
	var have []string
	for _, req := range s.c.Demand.Requirements {
		have = append(have, code(req.ID))
	}
	if len(have) == 0 {
		return refuse(RefusedUnknownName, "Nothing here is called %s: this pull request needs no sign-off.", code(name))
	}
	return refuse(RefusedUnknownName, "Nothing here is called %s, so nothing was done. It needs: %s.", code(name), strings.Join(have, ", "))
}

// about returns the requirements that a command names, or else all.
func (s saying) about() []Requirement {
	if len(s.Requirements) == 0 {
		return s.c.Demand.Requirements
	}
	var out []Requirement
	for _, name := range s.Requirements {
		req, _ := s.requirement(name)
		out = append(out, req)
	}
	return out
}

// line is the line to paste to sign the present head.
func (s saying) line() string {
	text := "/countersign approve " + s.c.Pull.Head
	if len(s.Requirements) > 0 {
		text += " " + strings.Join(s.Requirements, " ")
	}
	return "`" + text + "`"
}

func (s saying) standing(req Requirement) Standing { return stand(*s.c, req) }

// independent refuses contributors kindly, and says who else could sign.
func (s saying) independent(reqs []Requirement) *refusal {
	c, had := contributor(s.c.Contributors, s.who.User)
	if !had {
		return nil
	}
	var who []string
	for _, req := range reqs {
		who = append(who, code(req.ID)+": "+others(s.standing(req), s.who.User))
	}
	return refuse(RefusedContributor, "You cannot sign this off, because %s, and nobody signs off their own work. %s", whyContributor(c, s.c.Pull), strings.Join(who, " "))
}

func (s saying) statement(t target, v Verb, head, digest string) Signoff {
	out := s.who
	out.Requirement, out.Through, out.Verb, out.Head, out.Digest = t.req.ID, t.through, v, head, digest
	return out
}

func (r *Reviewer) reject(ctx context.Context, s saying) ([]Signoff, *refusal, error) {
	targets, no, err := r.targets(ctx, s)
	if err != nil || no != nil {
		return nil, no, err
	}
	var out []Signoff
	for _, t := range targets {
		out = append(out, s.statement(t, Reject, s.c.Pull.Head, t.req.Digest))
	}
	return out, nil, nil
}

// withdraw takes back the writer's own sign-offs and rejections, also when no
// requirement names them any more.
func (s saying) withdraw() ([]Signoff, *refusal, error) {
	var out []Signoff
	for _, said := range slices.Concat(s.c.Elsewhere, s.c.Statements) {
		own := said.User.ID == s.who.User.ID && said.Refused == "" && (said.Verb == Approve || said.Verb == Reject || said.Verb == Declare)
		listed := len(s.Requirements) == 0 || slices.Contains(s.Requirements, said.Requirement)
		have := slices.ContainsFunc(out, func(o Signoff) bool { return o.Requirement == said.Requirement })
		if own && listed && !have {
			digest := said.Digest
			if req, ok := s.requirement(said.Requirement); ok {
				digest = req.Digest
			}
			out = append(out, s.statement(target{Requirement{ID: said.Requirement}, said.Through}, Withdraw, s.c.Pull.Head, digest))
		}
	}
	if len(out) == 0 {
		return nil, refuse(RefusedNothing, "You have signed or rejected nothing here that could be withdrawn."), nil
	}
	return out, nil, nil
}

// override lifts a rejection. It takes a holder of the role policy who had no
// hand in the pull request.
func (r *Reviewer) override(ctx context.Context, s saying) ([]Signoff, *refusal, error) {
	req, _ := s.requirement(s.Requirements[0])
	if len(standing(*s.c, req)) == 0 {
		return nil, refuse(RefusedNothing, "%s is not rejected.", code(req.ID)), nil
	}
	roster, m, no, err := r.holder(ctx, s, rolePolicy, "override a rejection")
	if err != nil || no != nil {
		return nil, no, err
	}
	if no := s.independent([]Requirement{req}); no != nil {
		return nil, no, nil
	}
	s.c.Owners = roster
	return []Signoff{s.statement(target{req, m.Through}, Override, s.c.Pull.Head, req.Digest)}, nil, nil
}
