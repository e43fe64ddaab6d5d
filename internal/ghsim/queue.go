package ghsim

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

// A merge queue as GitHub documents it (docs: managing a merge queue; merging a
// pull request with a merge queue; webhook events, merge_group). What the
// documentation leaves open is decided so: the group of each entry is built at
// once, on the entry ahead; the account that lands it is github-merge-queue[bot].

// A QueueRule is the rule merge_queue of a ruleset. Every branch that the
// ruleset covers then lands through a queue.
type QueueRule struct {
	Method    MergeMethod // Squash if empty
	Group     int         // entries that land together at most; 5 if 0
	HeadGreen bool        // the checks of the last entry that lands together do for all of them
}

func (q QueueRule) method() MergeMethod {
	if q.Method == "" {
		return Squash
	}
	return q.Method
}

func (q QueueRule) group() int {
	if q.Group == 0 {
		return 5
	}
	return q.Group
}

func (q QueueRule) json() object {
	strategy := "ALLGREEN"
	if q.HeadGreen {
		strategy = "HEADGREEN"
	}
	return object{"type": "merge_queue", "parameters": object{
		"check_response_timeout_minutes": 60, "grouping_strategy": strategy, "max_entries_to_build": 100, "max_entries_to_merge": q.group(),
		"merge_method": strings.ToUpper(string(q.method())), "min_entries_to_merge": 1, "min_entries_to_merge_wait_minutes": 5,
	}}
}

// Why a pull request leaves a queue, as pull_request.dequeued tells. GitHub does
// not say which reason a push to its branch has.
const (
	mergedRemoval   = "MERGE"
	manualRemoval   = "MANUAL"
	conflictRemoval = "MERGE_CONFLICT"
	failedRemoval   = "CI_FAILURE"
	unknownRemoval  = "UNKNOWN_REMOVAL_REASON"
)

// An entry is a pull request in a queue. Its group is the commit that lands it
// on the entry ahead.
type entry struct {
	pull       *Pull
	by         *User // who queued it
	base, head string
}

func (r *Repo) queueRule(branch string) *QueueRule {
	for _, rs := range r.rulesFor(branch) {
		if rs.Queue != nil {
			return rs.Queue
		}
	}
	return nil
}

// queueBot is the account that builds and lands groups.
func (s *Server) queueBot() *User {
	const login = "github-merge-queue[bot]"
	if u := s.logins[login]; u != nil {
		return u
	}
	return s.addUser(login, "Bot", s.id("user"), "118344674+github-merge-queue@users.noreply.github.com")
}

// Enqueue adds the pull request to the merge queue of its base. GitHub takes it
// only when everything that its base requires is met. Events:
// pull_request.enqueued, push of the group's branch, merge_group.checks_requested.
func (p *Pull) Enqueue(by *User) error {
	p.repo.s.mu.Lock()
	defer p.repo.s.mu.Unlock()
	return p.enqueue(by)
}

func (p *Pull) enqueue(by *User) error {
	if err := p.repo.allow(by, "write"); err != nil {
		return err
	}
	base := p.target()
	switch {
	case p.repo.queueRule(base) == nil:
		return refuse(http.StatusUnprocessableEntity, "Pull request's base branch does not have a merge queue")
	case p.closed, p.draft, p.queued:
		return refuse(http.StatusUnprocessableEntity, "Pull request is not mergeable")
	}
	if missing := p.missing(false); len(missing) > 0 {
		return refuse(http.StatusUnprocessableEntity, "%s", strings.Join(missing, "\n"))
	}
	p.queued, p.auto = true, nil
	p.repo.queues[base] = append(p.repo.queues[base], &entry{pull: p, by: by})
	p.emit("enqueued", by, object{})
	return p.repo.s.settle(p.repo)
}

// Dequeue takes it out again. Events: pull_request.dequeued,
// merge_group.destroyed; the groups behind it are built anew.
func (p *Pull) Dequeue(by *User) error {
	p.repo.s.mu.Lock()
	defer p.repo.s.mu.Unlock()
	if err := p.repo.allow(by, "write"); err != nil {
		return err
	}
	p.leaveQueue(by, manualRemoval)
	return p.repo.s.settle(p.repo)
}

// Queued reports whether it is in a merge queue.
func (p *Pull) Queued() bool { return locked(p, func() bool { return p.queued }) }

// Group is the head of its newest merge group, also after that is gone; "" when
// it was never queued.
func (p *Pull) Group() string { return locked(p, func() string { return p.group }) }

// leaveQueue removes a pull request from the queue that it is in. Whoever calls
// it settles, which builds the groups behind it anew.
func (p *Pull) leaveQueue(by *User, reason string) {
	for base, list := range p.repo.queues {
		for _, e := range list {
			if e.pull != p {
				continue
			}
			p.repo.queues[base] = without(list, e)
			p.queued = false
			p.emit("dequeued", by, object{"reason": reason})
			destroyed := "dequeued"
			if reason == mergedRemoval {
				destroyed = "merged"
			}
			e.destroy(base, destroyed)
			return
		}
	}
}

// settleQueues moves the queues of a repository on until nothing more happens.
func (r *Repo) settleQueues() error {
	for _, base := range slices.Sorted(maps.Keys(r.queues)) {
		for {
			again, err := r.stepQueue(base)
			if err != nil {
				return err
			}
			if !again {
				break
			}
		}
	}
	return nil
}

// stepQueue does the next thing that a queue has to do, and reports whether
// there was any.
func (r *Repo) stepQueue(base string) (again bool, err error) {
	list, rule := r.queues[base], r.queueRule(base)
	if len(list) == 0 {
		return false, nil
	}
	if rule == nil {
		list[0].pull.leaveQueue(r.s.queueBot(), "QUEUE_CLEARED")
		return true, nil
	}
	ahead := r.heads[base]
	for _, e := range list {
		if e.base != ahead {
			return true, e.build(base, ahead, rule.method())
		}
		ahead = e.head
	}
	together := list[:min(len(list), rule.group())]
	n := 0
	for i, e := range together {
		last := i == len(together)-1
		switch state := r.groupState(base, e.head); {
		case state == "failing" && (!rule.HeadGreen || last):
			e.pull.leaveQueue(r.s.queueBot(), failedRemoval)
			return true, nil
		case state == "" && (rule.HeadGreen || n == i):
			n = i + 1
		}
	}
	if n == 0 {
		return false, nil
	}
	return true, r.landGroup(base, together[:n])
}

// groupState is "" when every required check of the base is met on a commit,
// "failing" when one failed, and "pending" otherwise.
func (r *Repo) groupState(base, head string) string {
	state := ""
	for _, c := range r.gate(base, false).checks {
		switch r.checkState(head, c) {
		case "failing":
			return "failing"
		case "expected", "pending":
			state = "pending"
		}
	}
	return state
}

// build makes an entry's group on what is ahead of it. A conflict removes the
// pull request.
func (e *entry) build(base, ahead string, m MergeMethod) error {
	r := e.pull.repo
	e.destroy(base, "invalidated")
	head, err := e.pull.build(e.by, m, ahead)
	var no *Refusal
	if errors.As(err, &no) {
		e.pull.leaveQueue(r.s.queueBot(), conflictRemoval)
		return nil
	} else if err != nil {
		return err
	}
	e.base, e.head, e.pull.group = ahead, head, head
	bot, branch := r.s.queueBot(), e.branch(base)
	r.heads[branch] = head
	if err := r.emitPush(bot, branch, "", head); err != nil {
		return err
	}
	r.emitSuite(bot, branch, "", head)
	e.emit(base, "checks_requested", object{})
	return nil
}

// branch is the temporary branch of a group.
func (e *entry) branch(base string) string {
	return fmt.Sprintf("gh-readonly-queue/%s/pr-%d-%s", base, e.pull.number, e.base)
}

// destroy takes a group away, if there is one.
func (e *entry) destroy(base, reason string) {
	if e.head == "" {
		return
	}
	r, branch := e.pull.repo, e.branch(base)
	e.emit(base, "destroyed", object{"reason": reason})
	delete(r.heads, branch)
	// The deletion tells of no commit, so that nothing can fail.
	_ = r.emitPush(r.s.queueBot(), branch, e.head, "")
	e.base, e.head = "", ""
}

func (e *entry) emit(base, action string, payload object) {
	r := e.pull.repo
	payload["merge_group"] = object{
		"head_sha": e.head, "head_ref": "refs/heads/" + e.branch(base), "base_sha": e.base, "base_ref": "refs/heads/" + base,
		"head_commit": r.suiteCommit(e.head),
	}
	r.s.emit(r, "merge_group", action, r.s.queueBot(), payload)
}

// landGroup moves the base to the last of the entries, which lands them all.
// Events: push, then pull_request.closed, pull_request.dequeued and
// merge_group.destroyed for each.
func (r *Repo) landGroup(base string, list []*entry) error {
	bot, tip := r.s.queueBot(), list[len(list)-1].head
	list = slices.Clone(list)
	for _, e := range list {
		e.pull.markLanded(bot, e.base, e.head)
	}
	return r.moveBranch(bot, base, tip, func() {
		for _, e := range list {
			e.pull.emit("closed", bot, object{})
			e.pull.leaveQueue(bot, mergedRemoval)
		}
	})
}

// mergeQueue answers the query for the entries of a queue.
func (req *request) mergeQueue(r *Repo, v graphVariables) (any, error) {
	if req.inst.permissions["merge_queues"] == "" {
		return object{"data": object{"repository": nil}, "errors": []object{{
			"type": "FORBIDDEN", "path": []string{"repository", "mergeQueue"}, "message": "Resource not accessible by integration",
		}}}, nil
	}
	repository := object{"databaseId": r.id, "ref": nil, "mergeQueue": nil}
	if tip := r.heads[strings.TrimPrefix(v.Ref, "refs/heads/")]; tip != "" {
		repository["ref"] = object{"target": object{"oid": tip}}
	}
	if r.queueRule(v.Branch) != nil {
		nodes := []object{}
		for i, e := range r.queues[v.Branch] {
			nodes = append(nodes, object{
				"position": i + 1, "state": "AWAITING_CHECKS", "solo": false, "jump": false, "headCommit": oid(e.head), "baseCommit": oid(e.base),
				"enqueuer": e.by.actor(), "pullRequest": object{"number": e.pull.number, "headRefOid": e.pull.head, "headRefName": e.pull.headRef},
			})
		}
		repository["mergeQueue"] = object{"entries": object{"totalCount": len(nodes), "nodes": nodes[:min(len(nodes), 100)]}}
	}
	return object{"data": object{"repository": repository}}, nil
}
