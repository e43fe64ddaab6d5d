package review

import (
	"cmp"
	"context"
	"strings"
)

// Tampering is kept as a statement of whoever edited or deleted the bot's own
// report. It counts nowhere.
const (
	tampering       Verb = "tamper"
	refusedTampered      = "tampered"
)

// Tamper answers the edit or deletion of a comment. Only a new comment ever
// signs: an edit or a deletion voids what the comment signed, and both facts
// stay in the evidence.
func (r *Reviewer) Tamper(ctx context.Context, e CommentEvent) error {
	known, ok, err := r.Store.Pull(ctx, e.Repo.ID, e.Number)
	if err != nil {
		return err
	}
	if ok && known.Comment.ID == e.Comment.ID {
		return r.restore(ctx, e, known)
	}
	if e.Action == "edited" {
		if err := r.called(ctx, e); err != nil {
			return err
		}
	}
	why := Voiding{Reason: e.Action, By: e.Sender, At: e.At, Delivery: e.Delivery.GUID}
	if _, command := ParseCommand(cmp.Or(e.Before, e.Comment.Body), r.Alias); command {
		if err := r.Store.SaveGone(ctx, e.Repo.ID, "comment", e.Comment.ID, why); err != nil {
			return err
		}
	}
	n, err := r.Store.Void(ctx, e.Repo.ID, "comment", e.Comment.ID, why)
	if err != nil || n == 0 {
		return err
	}
	if err := r.voidedLater(ctx, e.Event, e.Number, "comment", e.Comment.ID, e.Action); err != nil {
		return err
	}
	return r.again(ctx, e.Event, e.Number)
}

// restore writes the sticky comment anew when somebody else changed it. The
// bot's own edits come back as deliveries too.
func (r *Reviewer) restore(ctx context.Context, e CommentEvent, known PullState) error {
	if e.Sender.ID == e.Comment.Author.ID || digestOf([]byte(e.Comment.Body)) == known.Comment.Digest && e.Action == "edited" {
		return nil
	}
	if _, err := r.Store.AddSignoff(ctx, Signoff{RepoID: e.Repo.ID, Pull: e.Number, BaseRef: known.BaseRef, Head: known.Head,
		Verb: tampering, User: e.Sender, Via: "comment", SourceID: e.Comment.ID, URL: e.Comment.URL, Body: e.Comment.Body,
		Statement: e.Action, CreatedAt: e.At, Delivery: e.Delivery.GUID, Payload: e.Delivery.Digest, Refused: refusedTampered}); err != nil {
		return err
	}
	if err := r.Store.SaveComment(ctx, e.Repo.ID, e.Number, CommentState{ID: known.Comment.ID}); err != nil {
		return err
	}
	return r.again(ctx, e.Event, e.Number)
}

// Review takes an approving review as a sign-off over the commit that was
// reviewed, and a request for changes as a rejection. A review that is edited
// or dismissed later is void as an approval; a rejection stands.
func (r *Reviewer) Review(ctx context.Context, e ReviewEvent) error {
	if e.Action == "edited" || e.Action == "dismissed" {
		why := Voiding{Reason: e.Action, By: e.Sender, At: e.At, Delivery: e.Delivery.GUID}
		if err := r.Store.SaveGone(ctx, e.Repo.ID, "review", e.ReviewID, why); err != nil {
			return err
		}
		n, err := r.Store.Void(ctx, e.Repo.ID, "review", e.ReviewID, why)
		if err != nil || n == 0 {
			return err
		}
		if err := r.voidedLater(ctx, e.Event, e.Number, "review", e.ReviewID, e.Action); err != nil {
			return err
		}
		return r.again(ctx, e.Event, e.Number)
	}
	cmd := Command{Commit: e.Commit, Statement: clip(strings.TrimSpace(e.Body), maxStatement)}
	switch e.State {
	case "approved":
		cmd.Verb = string(Approve)
	case "changes_requested":
		cmd.Verb, cmd.Commit = string(Reject), ""
	default:
		return nil
	}
	reports, err := r.Store.Reports(ctx, e.Repo.ID, e.Number)
	if err != nil {
		return err
	}
	if !e.Author.IsPerson() || cmd.Verb == string(Approve) && !everNamed(reports, e.Author) {
		return nil // an ordinary review by somebody whom no rule names; a request for changes is looked at more closely
	}
	p, err := r.Forge.Pull(ctx, PullRef{e.Repo, e.Number})
	if err != nil {
		return err
	}
	if p.State != "open" {
		return nil
	}
	c, err := r.assess(ctx, p, e.Event, User{}, false)
	if err != nil || c == nil {
		return err
	}
	named := false
	for _, req := range c.Demand.Requirements {
		_, ok, err := r.names(ctx, p, req, c.Rosters[req.ID], e.Author)
		if err != nil {
			return err
		}
		named = named || ok
	}
	if !named {
		return nil
	}
	heads, err := r.Store.Heads(ctx, e.Repo.ID, e.Number)
	if err != nil {
		return err
	}
	who := Signoff{RepoID: e.Repo.ID, Pull: e.Number, BaseRef: p.BaseRef, Head: e.Commit, User: e.Author, Verb: Verb(cmd.Verb),
		Via: "review", SourceID: e.ReviewID, URL: e.URL, Statement: cmd.Statement, Body: e.Body,
		CreatedAt: e.SubmittedAt, Delivery: e.Delivery.GUID, Payload: e.Delivery.Digest}
	return r.carryOut(ctx, e.Event, saying{cmd, who, c, heads, reports})
}

// Closed takes back what rested on a pull request that was closed, and keeps
// what GitHub says of a merge for the landing that it is part of.
func (r *Reviewer) Closed(ctx context.Context, e PullEvent) error {
	if err := r.note(ctx, e); err != nil {
		return err
	}
	if e.Merge != nil {
		return r.Store.SaveMerge(ctx, e.Repo.ID, *e.Merge)
	}
	known, ok, err := r.Store.Pull(ctx, e.Repo.ID, e.Pull.Number)
	if err != nil || !ok || known.Open { // open: it was reopened since
		return err
	}
	return r.retire(ctx, e.Pull, known)
}
