package ghsim

import (
	"fmt"
	"net/http"
)

// Commit commits on a branch, which is created from the default branch if it
// does not exist, and pushes it. It returns the commit id. Events: push,
// check_suite.requested, and pull_request.synchronize for each open pull
// request of that head. The protection of the branch is enforced.
func (r *Repo) Commit(by *User, branch string, c CommitSpec) (string, error) {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	return r.commitAndPush(by, branch, c)
}

func (r *Repo) commitAndPush(by *User, branch string, c CommitSpec) (string, error) {
	tip := r.heads[branch]
	if tip == "" {
		tip = r.heads[r.main]
	}
	id, err := r.commitOn([]string{tip}, by.git(), c)
	if err != nil {
		return "", err
	}
	return id, r.push(by, branch, id, false)
}

// Push moves a branch to a commit by fast-forward, or creates it.
func (r *Repo) Push(by *User, branch, sha string) error {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	return r.push(by, branch, sha, false)
}

// ForcePush moves a branch anywhere.
func (r *Repo) ForcePush(by *User, branch, sha string) error {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	return r.push(by, branch, sha, true)
}

// PushAsAdmin moves a branch anywhere, past its protection, as an
// administrator on the bypass list can.
func (r *Repo) PushAsAdmin(by *User, branch, sha string) error {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	if err := r.allow(by, "admin"); err != nil {
		return err
	}
	if r.store.commit(sha) == nil {
		return fmt.Errorf("push %q: no such commit", sha)
	}
	return r.moveBranch(by, branch, sha, nil)
}

// push checks who and what, as the receiving end of git push does, and moves
// the branch.
func (r *Repo) push(by *User, branch, sha string, force bool) error {
	if err := r.allow(by, "write"); err != nil {
		return err
	}
	if r.store.commit(sha) == nil {
		return fmt.Errorf("push %q: no such commit", sha)
	}
	before := r.heads[branch]
	forced := before != "" && !r.store.contains(sha, before)
	if forced && !force {
		return refuse(http.StatusUnprocessableEntity, "Update is not a fast forward")
	}
	if err := r.mayPush(branch, sha, forced); err != nil {
		return err
	}
	return r.moveBranch(by, branch, sha, nil)
}

// moveBranch sets a branch, tells the app, and lets follow what GitHub lets
// follow: pull requests of that head are synchronised, pull requests whose
// commits arrived on their base count as merged, auto-merges fire. cause, if
// any, is called after the push is told and before what follows.
func (r *Repo) moveBranch(by *User, branch, after string, cause func()) error {
	before := r.heads[branch]
	if before == after {
		return nil
	}
	if before == "" {
		if err := r.mayCreate(branch); err != nil {
			return err
		}
	}
	r.heads[branch] = after
	r.pushed = r.s.now()
	if err := r.emitPush(by, branch, before, after); err != nil {
		return err
	}
	r.emitSuite(by, branch, before, after)
	if cause != nil {
		cause()
	}
	for _, target := range r.network() {
		for _, p := range target.pulls {
			if p.headRepo == r && p.headRef == branch && !p.closed {
				p.synchronize(by, after)
			}
		}
	}
	r.landedByPush(by, branch, after)
	return r.s.settle(r)
}

// landedByPush closes the pull requests whose head is now part of their base
// (docs: about pull request merges, indirect merges).
func (r *Repo) landedByPush(by *User, base, tip string) {
	for _, p := range r.pulls {
		if !p.closed && p.target() == base && r.store.contains(tip, p.head) {
			p.land(by, tip)
		}
	}
}

// emitPush sends the push event. commits holds what the branch gained, 2,048
// at most, oldest first (docs: webhook events, push).
func (r *Repo) emitPush(by *User, branch, before, after string) error {
	payload := object{
		"ref": "refs/heads/" + branch, "before": before, "after": after, "created": before == "", "deleted": after == "",
		"forced": false, "base_ref": nil, "compare": r.web() + "/compare/" + branch, "commits": []any{}, "head_commit": nil,
		"pusher": object{"name": by.login, "email": by.git().Email},
	}
	if before == "" {
		payload["before"] = zeroID
	}
	if after == "" {
		payload["after"] = zeroID
		r.s.emit(r, "push", "", by, payload)
		return nil
	}
	known := before
	if before == "" { // what the default branch has is not new
		known = r.heads[r.main]
	} else {
		payload["forced"] = !r.store.contains(after, before)
		payload["compare"] = fmt.Sprintf("%s/compare/%.12s...%.12s", r.web(), before, after)
	}
	list := []object{}
	for _, c := range r.store.between(known, after) {
		o, err := r.hookCommitJSON(c)
		if err != nil {
			return err
		}
		list = append(list, o)
	}
	head, err := r.hookCommitJSON(r.store.commit(after))
	if err != nil {
		return err
	}
	payload["commits"] = list[max(0, len(list)-2048):]
	payload["head_commit"] = head
	r.s.emit(r, "push", "", by, payload)
	return nil
}

// DeleteBranch removes a branch. Open pull requests from it are closed; those
// into it are closed too, or retargeted if the branch had been merged by a
// pull request (docs: changing the base branch of a pull request). Events:
// push with deleted, pull_request.closed or edited.
func (r *Repo) DeleteBranch(by *User, branch string) error {
	s := r.s
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := r.allow(by, "write"); err != nil {
		return err
	}
	before := r.heads[branch]
	switch {
	case before == "":
		return refuse(http.StatusUnprocessableEntity, "Reference does not exist")
	case r.protected(branch):
		return refuse(http.StatusUnprocessableEntity, "Cannot delete this branch")
	}
	delete(r.heads, branch)
	if err := r.emitPush(by, branch, before, ""); err != nil {
		return err
	}
	for _, target := range r.network() {
		for _, p := range target.pulls {
			if p.closed {
				continue
			}
			if p.headRepo == r && p.headRef == branch {
				p.shut(by)
			}
			if target == r && p.base == branch {
				if onto := r.mergedInto(branch); onto != "" {
					p.retarget(by, onto)
				} else {
					p.shut(by)
				}
			}
		}
	}
	return nil
}

// mergedInto is the base of the newest merged pull request from a branch; "" if there is none.
func (r *Repo) mergedInto(branch string) string {
	for i := len(r.pulls) - 1; i >= 0; i-- {
		if p := r.pulls[i]; p.merged && p.headRepo == r && p.headRef == branch {
			return p.base
		}
	}
	return ""
}

// Head is the tip of a branch; "" if there is none.
func (r *Repo) Head(branch string) string {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	return r.heads[branch]
}
