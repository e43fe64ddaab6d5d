package review

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// An AddendumKind says what became known after a landing.
type AddendumKind string

const (
	// AddendumEdited and its like: the source of a statement was edited or
	// deleted, or its review dismissed, after the record.
	AddendumEdited    AddendumKind = "edited"
	AddendumDeleted   AddendumKind = "deleted"
	AddendumDismissed AddendumKind = "dismissed"
)

// An Addendum is what became known of a landing after it was recorded.
type Addendum struct {
	RepoID      int64
	Pull        int
	Kind        AddendumKind
	Requirement string // "" when it is about all
	Due         time.Time
	At          time.Time // GitHub's clock
	By          User
	Via         string // of a statement: comment, review
	SourceID    int64
	Statement   string
	Delivery    DeliveryRef
}

// voidedLater adds to the record of a merged pull request that a statement was
// edited, deleted or dismissed afterwards. Without a record there is nothing to
// add to: the voiding will stand in it.
func (r *Reviewer) voidedLater(ctx context.Context, e Event, number int, via string, source int64, reason string) error {
	_, err := r.Recorder.Amend(ctx, Addendum{RepoID: e.Repo.ID, Pull: number, Kind: AddendumKind(reason), At: e.At, By: e.Sender,
		Via: via, SourceID: source, Delivery: e.Delivery})
	if err != nil && !errors.Is(err, ErrGone) {
		return fmt.Errorf("add to the record of %v#%d: %w", e.Repo, number, err)
	}
	return nil
}

// voidedMeanwhile adds what was voided while a landing was being recorded,
// which neither the record nor Tamper could know of.
func (r *Reviewer) voidedMeanwhile(ctx context.Context, l Landing) error {
	if l.Pull == nil {
		return nil
	}
	now, err := r.Store.Signoffs(ctx, l.Repo.ID, l.Pull.Number)
	if err != nil {
		return err
	}
	known := map[int64]bool{}
	for _, s := range l.Statements {
		known[s.ID] = s.Voided != nil
	}
	for _, s := range now {
		if was, recorded := known[s.ID]; s.Voided == nil || was || !recorded {
			continue
		}
		e := Event{Repo: l.Repo, Sender: s.Voided.By, At: s.Voided.At, Delivery: DeliveryRef{GUID: s.Voided.Delivery, Event: "issue_comment"}}
		if err := r.voidedLater(ctx, e, l.Pull.Number, s.Via, s.SourceID, s.Voided.Reason); err != nil {
			return err
		}
	}
	return nil
}
