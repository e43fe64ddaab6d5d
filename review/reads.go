package review

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"
)

// ErrTooMuch says that more would have to be read than WithReads allows.
var ErrTooMuch = errors.New("too much to be read at once")

// How many calls for trees and files one pull request may cost each time it is
// judged, beside those that are kept. Whoever opens one from a fork needs no
// right in the repository, and all of an installation share 5,000 calls an hour.
const (
	readsOfFork = 250
	readsOfOwn  = 1500
)

func readsFor(p Pull) int {
	if p.Fork {
		return readsOfFork
	}
	return readsOfOwn
}

// floodFor is how long a head that changes too much is not read again.
const floodFor = 24 * time.Hour

type readsKey struct{}

// WithReads returns a context within which a Forge makes at most n calls for
// trees and files. What it has kept costs none.
func WithReads(ctx context.Context, n int) context.Context {
	left := new(atomic.Int64)
	left.Store(int64(n))
	return context.WithValue(ctx, readsKey{}, left)
}

// SpendRead counts one such call before it is made, and returns ErrTooMuch when
// there is none left. Where nothing was said, any number may be made.
func SpendRead(ctx context.Context) error {
	if left, ok := ctx.Value(readsKey{}).(*atomic.Int64); ok && left.Add(-1) < 0 {
		return ErrTooMuch
	}
	return nil
}

// assess gathers everything that a decision on p rests on and remembers its
// head. It returns nil when the base branch is not governed. With fresh set,
// teams are read anew. Where p changes more than is read, nothing but a denial
// is decided, and its head costs nothing for a day.
func (r *Reviewer) assess(ctx context.Context, p Pull, e Event, pusher User, fresh bool) (*Case, error) {
	if !r.flooded(p) {
		c, err := r.examine(ctx, p, e, pusher, fresh)
		if !errors.Is(err, ErrTooMuch) {
			return c, err
		}
		r.flood(p)
	}
	return r.tooMuch(ctx, p, e, pusher)
}

func floodKey(p Pull) string { return fmt.Sprintf("%d %t %s", p.Repo.ID, p.Fork, p.Head) }

// flooded reports whether the head of p changed too much within a day.
func (r *Reviewer) flooded(p Pull) bool {
	_, ok := r.floods.get(floodKey(p), r.Now())
	return ok
}

func (r *Reviewer) flood(p Pull) { r.floods.put(floodKey(p), true, r.Now().Add(floodFor)) }

// tooMuch is the case of a pull request that is not read to its end. Its head
// counts as changing everything.
func (r *Reviewer) tooMuch(ctx context.Context, p Pull, e Event, pusher User) (*Case, error) {
	rules, err := r.rules(ctx, p)
	if err != nil || rules == nil {
		return nil, err
	}
	reason := fmt.Sprintf("it changes more files and directories than are read for one pull request, which is %d. Split it", readsFor(p))
	if p.Fork {
		reason += ", or open it from a branch of this repository"
	}
	c := &Case{Pull: p, Branch: rules.branch, At: e.At, Means: rules.settings.means, Settings: rules.settings.blob,
		Rosters: map[string]Roster{},
		Demand: Demand{Denials: []Ruling{{Rule: "countersign.too-much", Layer: "default", Title: "Too much changes at once",
			Reason: reason, Changes: []string{}}}}}
	if c.Observed, err = r.observed(ctx, p.Repo); err != nil {
		return nil, err
	}
	if err := r.Store.SavePull(ctx, stateOf(p)); err != nil {
		return nil, err
	}
	if err := r.learn(ctx, p, pusher, e.Delivery.GUID); err != nil {
		return nil, err
	}
	return c, r.testimony(ctx, c)
}
