package ghsim

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// A Stack is a row of pull requests, each into the branch of the one below, the
// lowest into the stack's base (docs: about stacked pull requests, in preview).
type Stack struct {
	id, number int64
	base       string
	pulls      []*Pull // lowest first
}

// StackPulls makes a stack of open pull requests, the lowest first.
// Event for each: pull_request.stacked.
func (r *Repo) StackPulls(by *User, pulls ...*Pull) error {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	if err := r.allow(by, "write"); err != nil {
		return err
	}
	for i, p := range pulls {
		below := i > 0 && (p.base != pulls[i-1].headRef || pulls[i-1].headRepo != r)
		if p.repo != r || p.closed || p.stack != nil || below {
			return refuse(http.StatusUnprocessableEntity, "Validation Failed: #%d cannot be stacked", p.number)
		}
	}
	s := &Stack{id: r.s.id("stack"), number: r.s.id("stack number"), base: pulls[0].base, pulls: pulls}
	for _, p := range pulls {
		p.stack = s
	}
	for _, p := range pulls {
		p.emit("stacked", by, object{"stack": p.stackJSON()})
	}
	return nil
}

// target is the branch whose rules apply and that it lands on: the base of its
// stack, or its own.
func (p *Pull) target() string {
	if p.stack != nil {
		return p.stack.base
	}
	return p.base
}

func (p *Pull) stackJSON() any {
	if p.stack == nil {
		return nil
	}
	return object{
		"id": p.stack.id, "number": p.stack.number, "size": len(p.stack.pulls), "position": slices.Index(p.stack.pulls, p) + 1,
		"base": object{"ref": p.stack.base, "sha": p.repo.heads[p.stack.base]},
	}
}

// graphStack is the field of the object PullRequest, which says of the base
// only its name.
func (p *Pull) graphStack() any {
	if p.stack == nil {
		return nil
	}
	return object{"number": p.stack.number, "size": len(p.stack.pulls), "baseRefName": p.stack.base}
}

// MergeStack lands a pull request of a stack and all below it, in one push.
// What the stack's base requires must be met by each of them, and the history
// be linear (docs: merging stacked pull requests). The next pull request is
// rebased onto the stack's base and pointed at it. Events: push,
// pull_request.closed for each, push and pull_request.synchronize and edited
// for the next.
func (p *Pull) MergeStack(by *User, m MergeMethod) error {
	r := p.repo
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	if err := r.allow(by, "write"); err != nil {
		return err
	}
	if p.stack == nil || p.closed {
		return refuse(http.StatusMethodNotAllowed, "Pull Request is not mergeable")
	}
	s := p.stack
	var landing []*Pull
	var missing []string
	below := r.heads[s.base]
	for _, q := range s.pulls[:slices.Index(s.pulls, p)+1] {
		if q.merged {
			continue
		}
		missing = append(missing, q.missing(false)...)
		if q.closed || q.draft || !r.store.contains(q.head, below) {
			missing = append(missing, fmt.Sprintf("#%d is not mergeable: the stack must be linear.", q.number))
		}
		below = q.head
		landing = append(landing, q)
	}
	if len(missing) > 0 {
		return refuse(http.StatusMethodNotAllowed, "%s", strings.Join(missing, "\n"))
	}
	if err := r.landStack(by, m, s.base, landing); err != nil {
		return err
	}
	return s.lower(by)
}

func (r *Repo) landStack(by *User, m MergeMethod, base string, landing []*Pull) error {
	tip := r.heads[base]
	for _, q := range landing {
		next, err := q.build(by, m, tip)
		if err != nil {
			return err
		}
		q.markLanded(by, tip, next)
		tip = next
	}
	return r.moveBranch(by, base, tip, func() {
		for _, q := range landing {
			q.emit("closed", by, object{})
		}
	})
}

// lower points the lowest open pull request of a stack at the stack's base.
func (s *Stack) lower(by *User) error {
	for _, q := range s.pulls {
		if q.closed {
			continue
		}
		id, err := q.repo.replay(q.repo.heads[s.base], q.head, by.git())
		if err != nil {
			return err
		}
		q.retarget(by, s.base)
		return q.headRepo.moveBranch(by, q.headRef, id, nil)
	}
	return nil
}

func index[T comparable](list []T, one T) int {
	for i, t := range list {
		if t == one {
			return i
		}
	}
	return -1
}
