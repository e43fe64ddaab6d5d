package github

import (
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/countersign-dev/countersign/review"
)

// A pullKey names a pull request, whatever its repository is called.
type pullKey struct {
	installation, repo int64
	number             int
}

func keyOf(ref review.PullRef) pullKey {
	return pullKey{ref.Repo.Installation, ref.Repo.ID, ref.Number}
}

// noteAge is how long the comments of a query stand for those of now.
const noteAge = 10 * time.Second

// notes hold the comments and reviews that the last query of each pull request saw. They
// spare the call that looks at them once more before a check turns green: a
// note serves once and for seconds, so that it is part of the same work.
type notes struct {
	now func() time.Time

	mu   sync.Mutex
	seen map[pullKey]note
}

type note struct {
	at       time.Time
	comments map[int64]review.Comment
	reviews  map[int64]review.ReviewNow
}

func newNotes(now func() time.Time) *notes {
	return &notes{now: now, seen: map[pullKey]note{}}
}

func (n *notes) add(ref review.PullRef, p *graphPull) {
	one := note{at: n.now(), comments: map[int64]review.Comment{}, reviews: map[int64]review.ReviewNow{}}
	for _, v := range p.Reviews.Nodes {
		one.reviews[int64(v.FullDatabaseID)] = review.ReviewNow{State: strings.ToLower(v.State), Body: v.Body}
	}
	for _, c := range p.Comments.Nodes {
		one.comments[c.id()] = review.Comment{ID: c.id(), Author: c.Author.user(), Body: c.Body,
			CreatedAt: c.CreatedAt, UpdatedAt: c.UpdatedAt, URL: c.URL}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	maps.DeleteFunc(n.seen, func(_ pullKey, old note) bool { return one.at.Sub(old.at) > noteAge })
	n.seen[keyOf(ref)] = one
}

// take removes the note on a pull request, and returns it if it is young enough.
func (n *notes) take(ref review.PullRef) (note, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	one, ok := n.seen[keyOf(ref)]
	delete(n.seen, keyOf(ref))
	age := n.now().Sub(one.at)
	return one, ok && age >= 0 && age <= noteAge
}

func (n *notes) forget(installation int64) {
	n.mu.Lock()
	defer n.mu.Unlock()
	maps.DeleteFunc(n.seen, func(k pullKey, _ note) bool { return k.installation == installation })
}

// attempts remember what was being created when no answer came, which may or
// may not exist now. Whoever tries again looks first. What a process that died
// was creating is not known: then a check run or a comment may come twice, of
// which GitHub and people follow the newer one.
type attempts struct {
	mu    sync.Mutex
	begun map[attempt]time.Time
}

type attempt struct {
	pullKey        // number is 0 for a check run
	what    string // kind and name, commit or text
}

func newAttempts() *attempts { return &attempts{begun: map[attempt]time.Time{}} }

// begin notes that a is being created at now. again reports that this was
// tried before, first then, and that its outcome is unknown.
func (a *attempts) begin(key attempt, now time.Time) (first time.Time, again bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if first, again = a.begun[key]; !again {
		a.begun[key], first = now, now
	}
	return first, again
}

// end forgets an attempt unless err leaves open what it did.
func (a *attempts) end(key attempt, err error) {
	if err != nil && !harmless(err) {
		return
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.begun, key)
}

func (a *attempts) forget(installation int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	maps.DeleteFunc(a.begun, func(k attempt, _ time.Time) bool { return k.installation == installation })
}
