package review

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"slices"
)

// signButton signs off what the check run speaks of. GitHub binds the press of
// it to the commit of the run; it cannot be quoted, edited or deleted.
var signButton = Action{Identifier: "signoff", Label: "Sign off", Description: "Sign off all that names you here"}

// signable reports whether anybody's sign-off is awaited.
func signable(v Verdict) bool {
	return len(v.Denials) == 0 && slices.ContainsFunc(v.Standings, func(st Standing) bool { return st.State == Waiting })
}

// Button takes a press of Sign off as a sign-off over the head of the check run
// by whoever pressed it, under the same rules as a comment that names that
// commit.
//
// A run can be of several pull requests, since it belongs to a commit, and shows
// what one of them changes. Then the press signs none, and says so on each. The delivery carries no time of the
// press, so the sign-off bears the newest time of GitHub's in it, which is no
// later than the press, and it is taken only while the pull request is open.
func (r *Reviewer) Button(ctx context.Context, e ButtonEvent) error {
	if e.Button != signButton.Identifier {
		return nil
	}
	known, err := r.Store.PullsAt(ctx, e.Repo.ID, e.Head)
	if err != nil {
		return err
	}
	var behind []int
	for _, k := range known {
		if k.Check.ID == 0 || k.Check.ID == e.Run { // else it is into another branch, which has a check of its own
			behind = append(behind, k.Number)
		}
	}
	for _, number := range behind {
		if err := r.press(ctx, e, number, len(behind) > 1); err != nil {
			return err
		}
	}
	return nil
}

// press weighs a press of the button on one pull request.
func (r *Reviewer) press(ctx context.Context, e ButtonEvent, number int, shared bool) error {
	who := Signoff{RepoID: e.Repo.ID, Pull: number, User: e.Sender, Verb: Approve, Via: "button", SourceID: pressID(e, number),
		Head: e.Head, CreatedAt: e.At, Delivery: e.Delivery.GUID, Payload: e.Delivery.Digest}
	if !e.Sender.IsPerson() {
		who.Refused = RefusedNotPerson
		_, err := r.Store.AddSignoff(ctx, who)
		return err
	}
	p, err := r.Forge.Pull(ctx, PullRef{e.Repo, number})
	if err != nil {
		return fmt.Errorf("read %v#%d: %w", e.Repo, number, err)
	}
	if p.State != "open" {
		return nil
	}
	who.BaseRef = p.BaseRef
	if shared {
		return r.answer(ctx, e.Event, p, who, refuse(RefusedUnseen, "Several pull requests share this check, so it cannot be told what you read. On the one that you mean, paste: `/countersign approve %s`", e.Head))
	}
	c, err := r.assess(ctx, p, e.Event, User{}, false)
	if err != nil || c == nil {
		return err
	}
	if r.outlived(c, who) {
		return r.renew(ctx, e, c, who)
	}
	heads, err := r.Store.Heads(ctx, e.Repo.ID, number)
	if err != nil {
		return err
	}
	reports, err := r.Store.Reports(ctx, e.Repo.ID, number)
	if err != nil {
		return err
	}
	return r.carryOut(ctx, e.Event, saying{Command{Verb: string(Approve), Commit: e.Head}, who, c, heads, reports})
}

// outlived reports whether a press would have ended already, by the time that it
// bears, for something that waits for its writer.
func (r *Reviewer) outlived(c *Case, who Signoff) bool {
	for _, req := range c.Demand.Requirements {
		_, named := c.Rosters[req.ID].People[who.User.ID]
		if named && req.ValidFor > 0 && r.Now().Sub(who.CreatedAt) > req.ValidFor {
			return true
		}
	}
	return false
}

// renew writes the check anew, so that a press of its button bears a time of now,
// and asks for another one.
func (r *Reviewer) renew(ctx context.Context, e ButtonEvent, c *Case, who Signoff) error {
	known, ok, err := r.Store.Pull(ctx, e.Repo.ID, c.Pull.Number)
	if err != nil {
		return err
	}
	if ok {
		known.Check.Digest = "" // what was published no longer stands as it was
		if err := r.Store.SaveCheck(ctx, e.Repo.ID, c.Pull.Number, known.Check); err != nil {
			return err
		}
	}
	if err := r.settle(ctx, *c, e.Event); err != nil {
		return err
	}
	return r.answer(ctx, e.Event, c.Pull, who, refuse(RefusedExpired, "The check was written longer ago than a sign-off is valid here, and a press bears its time. It is written anew: look again and press once more."))
}

// pressID stands in for the id that a press does not have: one for each state of a
// run, head, pull request and person, so that a delivery that comes twice, or a
// second press, signs once. It has 53 bits, so that every reader of JSON sees it.
func pressID(e ButtonEvent, number int) int64 {
	sum := sha256.Sum256(fmt.Appendf(nil, "countersign press\n%d\n%d\n%s\n%d\n%d", e.Run, e.At.Unix(), e.Head, number, e.Sender.ID))
	return int64(binary.BigEndian.Uint64(sum[:8]) >> 11)
}
