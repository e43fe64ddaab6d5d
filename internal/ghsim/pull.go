package ghsim

import (
	"net/http"
	"strings"
	"time"
)

// A Pull is a pull request.
type Pull struct {
	repo      *Repo
	id        int64
	number    int
	author    *User
	title     string
	body      string
	draft     bool
	head      string // commit id
	headRef   string
	headRepo  *Repo
	base      string // branch
	baseSHA   string // tip of the base when the pull request last changed, as GitHub's base.sha
	labels    []string
	assignees []*User
	created   time.Time
	updated   time.Time
	closed    bool
	closedAt  time.Time
	merged    bool
	mergedAt  time.Time
	mergedBy  *User
	landed    string // the base's tip after the merge
	from      string // the base's tip before it
	auto      *autoMerge
	queued    bool
	group     string // head of its newest merge group
	stack     *Stack
	comments  []*Comment
	reviews   []*Review
	timeline  []object // GraphQL nodes
}

type autoMerge struct {
	by     *User
	method MergeMethod
}

// PullSpec says what pull request to open.
type PullSpec struct {
	Head      string // branch
	HeadRepo  *Repo  // a fork; nil: the same repository
	Base      string // default branch if empty
	Title     string // the first line of the head's message if empty
	Body      string
	Draft     bool
	Labels    []string
	Assignees []*User
	Commit    *CommitSpec // committed on Head and pushed first, by the opener
}

// OpenPull opens a pull request. Events: pull_request.opened, then labeled and
// assigned one by one.
func (r *Repo) OpenPull(by *User, spec PullSpec) (*Pull, error) {
	s := r.s
	s.mu.Lock()
	defer s.mu.Unlock()
	if spec.HeadRepo == nil {
		spec.HeadRepo = r
	}
	if spec.Base == "" {
		spec.Base = r.main
	}
	if spec.Commit != nil {
		if _, err := spec.HeadRepo.commitAndPush(by, spec.Head, *spec.Commit); err != nil {
			return nil, err
		}
	}
	p := &Pull{
		repo: r, author: by, title: spec.Title, body: spec.Body, draft: spec.Draft, headRef: spec.Head, headRepo: spec.HeadRepo,
		base: spec.Base, head: spec.HeadRepo.heads[spec.Head], baseSHA: r.heads[spec.Base], created: s.now(), updated: s.now(),
	}
	if err := p.mayOpen(); err != nil {
		return nil, err
	}
	if p.title == "" {
		p.title, _, _ = strings.Cut(r.store.commit(p.head).message, "\n")
	}
	p.id, p.number = s.id("pull"), len(r.pulls)+1
	r.pulls = append(r.pulls, p)
	p.emit("opened", by, object{})
	for _, name := range spec.Labels {
		p.label(by, name)
	}
	for _, u := range spec.Assignees {
		p.assign(by, u)
	}
	return p, nil
}

// mayOpen refuses what GitHub refuses with 422.
func (p *Pull) mayOpen() error {
	switch {
	case p.repo.store != p.headRepo.store:
		return refuse(http.StatusUnprocessableEntity, "Validation Failed: head is of another fork network")
	case p.head == "":
		return refuse(http.StatusUnprocessableEntity, "Validation Failed: head %q does not exist", p.headRef)
	case p.baseSHA == "":
		return refuse(http.StatusUnprocessableEntity, "Validation Failed: base %q does not exist", p.base)
	case p.repo.store.contains(p.baseSHA, p.head):
		return refuse(http.StatusUnprocessableEntity, "No commits between %s and %s", p.base, p.headRef)
	}
	for _, other := range p.repo.pulls {
		if other != p && !other.closed && other.headRepo == p.headRepo && other.headRef == p.headRef && other.base == p.base {
			return refuse(http.StatusUnprocessableEntity, "A pull request already exists for %s:%s.", p.headRepo.owner.login, p.headRef)
		}
	}
	return nil
}

// Pull finds one by number, nil if there is none.
func (r *Repo) Pull(number int) *Pull {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	return r.pull(int64(number))
}

func (r *Repo) pull(number int64) *Pull {
	if number < 1 || number > int64(len(r.pulls)) {
		return nil
	}
	return r.pulls[number-1]
}

// ID is the pull request's number among all of the site.
func (p *Pull) ID() int64 { return p.id }

// Number is its number in the repository.
func (p *Pull) Number() int { return p.number }

// Repo is the repository that it is to land in.
func (p *Pull) Repo() *Repo { return p.repo }

// Author opened it.
func (p *Pull) Author() *User { return p.author }

// HeadRef is the branch that it comes from.
func (p *Pull) HeadRef() string { return p.headRef }

// Head is the id of its newest commit.
func (p *Pull) Head() string { return locked(p, func() string { return p.head }) }

// Base is the branch that it is to land on.
func (p *Pull) Base() string { return locked(p, func() string { return p.base }) }

// State is "open" or "closed".
func (p *Pull) State() string { return locked(p, p.state) }

// Merged reports whether it landed.
func (p *Pull) Merged() bool { return locked(p, func() bool { return p.merged }) }

// MergeCommit is the tip of the base that its landing made; "" unless merged.
func (p *Pull) MergeCommit() string { return locked(p, func() string { return p.landed }) }

// MergedFrom is the tip of the base before its landing; "" unless merged.
func (p *Pull) MergedFrom() string { return locked(p, func() string { return p.from }) }

// MergedAt is when it landed; zero unless merged.
func (p *Pull) MergedAt() time.Time { return locked(p, func() time.Time { return p.mergedAt }) }

// MergedBy landed it; nil unless merged.
func (p *Pull) MergedBy() *User { return locked(p, func() *User { return p.mergedBy }) }

func locked[T any](p *Pull, read func() T) T {
	p.repo.s.mu.Lock()
	defer p.repo.s.mu.Unlock()
	return read()
}

func (p *Pull) state() string {
	if p.closed {
		return "closed"
	}
	return "open"
}

// Commit commits on the head branch and pushes it as by.
// Events: push, pull_request.synchronize.
func (p *Pull) Commit(by *User, c CommitSpec) (string, error) {
	p.repo.s.mu.Lock()
	defer p.repo.s.mu.Unlock()
	if p.headRepo.gone {
		return "", errNotFound
	}
	return p.headRepo.commitAndPush(by, p.headRef, c)
}

// synchronize follows the head branch. Event: pull_request.synchronize.
// Auto-merge ends when somebody without write access pushes (docs:
// automatically merging a pull request).
func (p *Pull) synchronize(by *User, after string) {
	before := p.head
	p.head, p.baseSHA, p.updated = after, p.repo.heads[p.base], p.repo.s.now()
	if !p.repo.store.contains(after, before) {
		p.timeline = append(p.timeline, object{
			"__typename": "HeadRefForcePushedEvent", "createdAt": stamp(p.updated), "actor": by.actor(),
			"beforeCommit": object{"oid": before}, "afterCommit": object{"oid": after},
		})
	}
	p.emit("synchronize", by, object{"before": before, "after": after})
	p.leaveQueue(by, unknownRemoval)
	if p.auto != nil && ranks[p.repo.role(by)] < ranks["write"] {
		p.stopAutoMerge(by)
	}
}

// Close closes it without merging. Event: pull_request.closed.
func (p *Pull) Close(by *User) error {
	p.repo.s.mu.Lock()
	defer p.repo.s.mu.Unlock()
	if p.closed {
		return refuse(http.StatusUnprocessableEntity, "Validation Failed: the pull request is closed")
	}
	p.shut(by)
	return p.repo.s.settle(p.repo)
}

func (p *Pull) shut(by *User) {
	now := p.repo.s.now()
	p.closed, p.closedAt, p.updated, p.auto = true, now, now, nil
	p.emit("closed", by, object{})
	p.leaveQueue(by, unknownRemoval)
}

// Reopen opens it again at the present tip of its branch, unless that was
// force-pushed or deleted meanwhile. Event: pull_request.reopened.
func (p *Pull) Reopen(by *User) error {
	p.repo.s.mu.Lock()
	defer p.repo.s.mu.Unlock()
	tip := ""
	if !p.headRepo.gone {
		tip = p.headRepo.heads[p.headRef]
	}
	switch {
	case p.merged || !p.closed:
		return refuse(http.StatusUnprocessableEntity, "Validation Failed: state cannot be changed")
	case tip == "" || !p.repo.store.contains(tip, p.head):
		return refuse(http.StatusUnprocessableEntity, "state cannot be changed. The %s branch was force-pushed or recreated.", p.headRef)
	case p.repo.heads[p.base] == "":
		return refuse(http.StatusUnprocessableEntity, "state cannot be changed. The %s branch has been deleted.", p.base)
	}
	p.closed, p.closedAt, p.updated = false, time.Time{}, p.repo.s.now()
	p.head, p.baseSHA = tip, p.repo.heads[p.base]
	p.emit("reopened", by, object{})
	return nil
}

// Retarget changes the base. Event: pull_request.edited with changes.base.
func (p *Pull) Retarget(by *User, base string) error {
	p.repo.s.mu.Lock()
	defer p.repo.s.mu.Unlock()
	moved := *p
	moved.base, moved.baseSHA = base, p.repo.heads[base]
	if err := moved.mayOpen(); err != nil || p.closed {
		return refuse(http.StatusUnprocessableEntity, "Validation Failed: cannot change the base to %s: %v", base, err)
	}
	p.retarget(by, base)
	return p.repo.s.settle(p.repo)
}

func (p *Pull) retarget(by *User, base string) {
	oldRef, oldSHA := p.base, p.baseSHA
	p.base, p.baseSHA, p.updated = base, p.repo.heads[base], p.repo.s.now()
	p.timeline = append(p.timeline, object{
		"__typename": "BaseRefChangedEvent", "createdAt": stamp(p.updated), "actor": by.actor(),
		"currentRefName": base, "previousRefName": oldRef,
	})
	p.emit("edited", by, object{"changes": object{"base": object{"ref": object{"from": oldRef}, "sha": object{"from": oldSHA}}}})
	if p.auto != nil && ranks[p.repo.role(by)] < ranks["write"] {
		p.stopAutoMerge(by)
	}
	p.leaveQueue(by, unknownRemoval)
}

// SetTitle changes the title. Event: pull_request.edited with changes.title.
func (p *Pull) SetTitle(by *User, title string) {
	p.rewrite(by, "title", &p.title, title)
}

// SetBody changes the description. Event: pull_request.edited with changes.body.
func (p *Pull) SetBody(by *User, body string) {
	p.rewrite(by, "body", &p.body, body)
}

func (p *Pull) rewrite(by *User, field string, value *string, to string) {
	p.repo.s.mu.Lock()
	defer p.repo.s.mu.Unlock()
	old := *value
	*value, p.updated = to, p.repo.s.now()
	p.emit("edited", by, object{"changes": object{field: object{"from": old}}})
}

// SetDraft makes it a draft or ready. Events: converted_to_draft, ready_for_review.
func (p *Pull) SetDraft(by *User, draft bool) error {
	p.repo.s.mu.Lock()
	defer p.repo.s.mu.Unlock()
	if p.draft == draft {
		return nil
	}
	p.draft, p.updated = draft, p.repo.s.now()
	action := "ready_for_review"
	if draft {
		action = "converted_to_draft"
		p.leaveQueue(by, unknownRemoval)
	}
	p.emit(action, by, object{})
	return p.repo.s.settle(p.repo)
}

// Label adds a label. Event: pull_request.labeled.
func (p *Pull) Label(by *User, name string) {
	p.repo.s.mu.Lock()
	defer p.repo.s.mu.Unlock()
	p.label(by, name)
}

func (p *Pull) label(by *User, name string) {
	if !contains(p.labels, name) {
		p.labels, p.updated = append(p.labels, name), p.repo.s.now()
		p.emit("labeled", by, object{"label": p.repo.labelJSON(name)})
	}
}

// Unlabel removes a label. Event: pull_request.unlabeled.
func (p *Pull) Unlabel(by *User, name string) {
	p.repo.s.mu.Lock()
	defer p.repo.s.mu.Unlock()
	if contains(p.labels, name) {
		p.labels, p.updated = without(p.labels, name), p.repo.s.now()
		p.emit("unlabeled", by, object{"label": p.repo.labelJSON(name)})
	}
}

// Assign makes somebody an assignee. Event: pull_request.assigned.
func (p *Pull) Assign(by, assignee *User) {
	p.repo.s.mu.Lock()
	defer p.repo.s.mu.Unlock()
	p.assign(by, assignee)
}

func (p *Pull) assign(by, assignee *User) {
	if !contains(p.assignees, assignee) {
		p.assignees, p.updated = append(p.assignees, assignee), p.repo.s.now()
		p.emit("assigned", by, object{"assignee": assignee.json()})
	}
}
