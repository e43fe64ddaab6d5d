package ghsim_test

import (
	"strings"
	"testing"

	"github.com/google/go-github/v60/github"

	"github.com/countersign-dev/countersign/internal/ghsim"
)

// queued makes main land through a queue that waits for the check.
func (w *world) queued(q ghsim.QueueRule) {
	w.repo.AddRuleset(w.carol, ghsim.Ruleset{Checks: []ghsim.Check{{Context: check, AppID: w.sim.App().ID()}}, Queue: &q})
}

// enqueue opens a pull request, makes its check green and queues it.
func (w *world) enqueue(branch string, files ghsim.Files) *ghsim.Pull {
	w.t.Helper()
	p := w.open(branch, files)
	w.post(p.Head(), "success")
	w.must(p.Enqueue(w.bob))
	return p
}

// docs: merging a pull request with a merge queue.
func TestQueue(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.queued(ghsim.QueueRule{})
	p := w.open("one", ghsim.Files{"a": "1\n"})
	w.refused(p.Enqueue(w.bob), 422, "is expected")
	w.post(p.Head(), "success")
	_, err := p.Merge(w.bob, ghsim.Squash)
	w.refused(err, 405, "merge queue")
	w.events()

	main := w.repo.Head("main")
	w.must(p.Enqueue(w.bob))
	w.wantEvents("pull_request.enqueued push merge_group.checks_requested")
	if got := w.repo.Head("gh-readonly-queue/main/pr-1-" + main); got == "" || got != p.Group() {
		t.Errorf("the group's branch is at %q, the group at %q", got, p.Group())
	}
	q := w.enqueue("two", ghsim.Files{"b": "1\n"})
	w.events()
	w.post(q.Group(), "success")
	if q.Merged() {
		t.Fatal("it landed before the one ahead")
	}
	_, err = w.repo.PostCheck(w.sim.AddApp("github-actions"), p.Group(), check, "success")
	w.must(err)
	if p.Merged() {
		t.Fatal("the check of another app counted")
	}
	w.events()
	w.post(p.Group(), "success")
	if !p.Merged() || !q.Merged() || w.repo.Head("main") != q.Group() || p.MergeCommit() != p.Group() || q.MergedFrom() != p.Group() {
		t.Errorf("merged %v %v; main is at %s", p.Merged(), q.Merged(), w.repo.Head("main"))
	}
	w.wantEvents("push pull_request.closed pull_request.dequeued merge_group.destroyed push pull_request.closed pull_request.dequeued merge_group.destroyed push")
}

func TestQueueLosesAnEntry(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]func(*world, *ghsim.Pull) error{
		"its check fails": func(w *world, p *ghsim.Pull) error { w.post(p.Group(), "failure"); return nil },
		"it is dequeued":  func(w *world, p *ghsim.Pull) error { return p.Dequeue(w.alice) },
		"it is closed":    func(w *world, p *ghsim.Pull) error { return p.Close(w.alice) },
		"it is pushed to": func(w *world, p *ghsim.Pull) error {
			_, err := p.Commit(w.alice, ghsim.CommitSpec{Files: ghsim.Files{"a": "2\n"}})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.queued(ghsim.QueueRule{})
			p, q := w.enqueue("one", ghsim.Files{"a": "1\n"}), w.enqueue("two", ghsim.Files{"b": "1\n"})
			was := q.Group()
			w.events()
			w.must(leave(w, p))
			if p.Queued() || !q.Queued() || q.Group() == was {
				t.Errorf("queued: %v and %v, built anew: %v", p.Queued(), q.Queued(), q.Group() != was)
			}
			if got := w.events(); !strings.HasSuffix(got, "pull_request.dequeued merge_group.destroyed push merge_group.destroyed push push merge_group.checks_requested") && name != "it is closed" && name != "it is pushed to" {
				t.Errorf("deliveries: %s", got)
			}
			w.post(q.Group(), "success")
			if p.Merged() || !q.Merged() {
				t.Errorf("merged: %v and %v", p.Merged(), q.Merged())
			}
		})
	}
}

// docs: managing a merge queue, "Only merge non-failing pull requests".
func TestQueueHeadGreen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.queued(ghsim.QueueRule{HeadGreen: true, Method: ghsim.Merge})
	p, q := w.enqueue("one", ghsim.Files{"a": "1\n"}), w.enqueue("two", ghsim.Files{"b": "1\n"})
	w.post(p.Group(), "failure")
	w.post(q.Group(), "success")
	if !p.Merged() || !q.Merged() {
		t.Errorf("merged: %v and %v", p.Merged(), q.Merged())
	}
}

func TestQueueConflict(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.queued(ghsim.QueueRule{})
	p, q := w.enqueue("one", ghsim.Files{"prompts/refund.md": "mine\n"}), w.enqueue("two", ghsim.Files{"prompts/refund.md": "other\n"})
	if !p.Queued() || q.Queued() {
		t.Errorf("queued: %v and %v", p.Queued(), q.Queued())
	}
}

// A push past the rules has every group built anew.
func TestQueueBaseMoves(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.queued(ghsim.QueueRule{})
	p := w.enqueue("one", ghsim.Files{"a": "1\n"})
	was := p.Group()
	sha, err := w.repo.CommitOn([]string{w.repo.Head("main")}, ghsim.CommitSpec{Files: ghsim.Files{"c": "1\n"}})
	w.must(err)
	w.must(w.repo.PushAsAdmin(w.carol, "main", sha))
	if p.Group() == was || !p.Queued() {
		t.Errorf("built anew: %v, queued: %v", p.Group() != was, p.Queued())
	}
}

func TestQueueQuery(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.queued(ghsim.QueueRule{})
	p := w.enqueue("one", ghsim.Files{"a": "1\n"})
	vars := map[string]any{"owner": "acme", "name": "bot", "branch": "main", "ref": "refs/heads/main"}
	r := w.query("Queue", vars).Data.Repository
	nodes := r.MergeQueue.Entries.Nodes
	if len(nodes) != 1 || nodes[0].HeadCommit.Oid != p.Group() || nodes[0].BaseCommit.Oid != r.Ref.Target.Oid || nodes[0].PullRequest.Number != 1 {
		t.Errorf("entries: %+v", nodes)
	}
	w.inst.SetPermission("merge_queues", "")
	if a := w.query("Queue", vars); len(a.Errors) != 1 || a.Errors[0].Type != "FORBIDDEN" {
		t.Errorf("without permission: %+v", a)
	}
}

// docs: merging stacked pull requests.
func TestStack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.repo.Protect(w.carol, "main", ghsim.Protection{Checks: []ghsim.Check{{Context: check, AppID: w.sim.App().ID()}}})
	p := w.open("one", ghsim.Files{"a": "1\n"})
	on := func(branch, base string, files ghsim.Files) *ghsim.Pull {
		w.must(w.repo.Push(w.alice, branch, w.repo.Head(base)))
		q, err := w.repo.OpenPull(w.alice, ghsim.PullSpec{Head: branch, Base: base, Commit: &ghsim.CommitSpec{Files: files}})
		w.must(err)
		return q
	}
	q := on("two", "one", ghsim.Files{"b": "1\n"})
	r := on("three", "two", ghsim.Files{"c": "1\n"})
	w.events()
	w.must(w.repo.StackPulls(w.alice, p, q, r))
	w.wantEvents("pull_request.stacked pull_request.stacked pull_request.stacked")
	full, _, err := w.client.PullRequests.Get(t.Context(), "acme", "bot", q.Number())
	w.must(err)
	if full.GetBase().GetRef() != "one" {
		t.Errorf("its own base is %s", full.GetBase().GetRef())
	}
	if s := w.query("Sync", map[string]any{"owner": "acme", "name": "bot", "number": q.Number()}).Data.Repository.PullRequest.Stack; s == nil || s.BaseRefName != "main" {
		t.Errorf("stack: %+v", s)
	}
	_, err = q.Merge(w.bob, ghsim.Squash)
	w.refused(err, 405, "")
	w.post(q.Head(), "success")
	w.refused(q.MergeStack(w.bob, ghsim.Squash), 405, "is expected") // the one below
	w.post(p.Head(), "success")
	w.events()
	main := w.repo.Head("main")
	w.must(q.MergeStack(w.bob, ghsim.Squash))
	if !p.Merged() || !q.Merged() || r.Merged() || p.MergedFrom() != main || q.MergedFrom() != p.MergeCommit() || w.repo.Head("main") != q.MergeCommit() {
		t.Errorf("merged: %v %v %v", p.Merged(), q.Merged(), r.Merged())
	}
	if r.Base() != "main" || r.Head() != w.repo.Head("three") {
		t.Errorf("the next is into %s", r.Base())
	}
	w.wantEvents("push pull_request.closed pull_request.closed pull_request.edited push pull_request.synchronize")
	files, _, err := w.client.PullRequests.ListFiles(t.Context(), "acme", "bot", r.Number(), &github.ListOptions{})
	w.must(err)
	if len(files) != 1 {
		t.Errorf("the next changes %d files", len(files))
	}
}
