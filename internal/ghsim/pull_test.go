package ghsim_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-github/v60/github"

	"github.com/countersign-dev/countersign/internal/ghsim"
)

func TestPullLifecycle(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.open("refund-v2", ghsim.Files{"prompts/refund.md": "two\n"})
	w.wantEvents("push pull_request.opened")

	before := p.Head()
	after, err := p.Commit(w.bob, ghsim.CommitSpec{Files: ghsim.Files{"README.md": "hello\n"}})
	w.must(err)
	var sync github.PullRequestEvent
	w.last("pull_request.synchronize", &sync)
	if sync.GetBefore() != before || sync.GetAfter() != after || sync.GetSender().GetLogin() != "bob" || sync.GetInstallation().GetID() != w.inst.ID() {
		t.Errorf("synchronize: before %s, after %s, sender %s, installation %d", sync.GetBefore(), sync.GetAfter(), sync.GetSender().GetLogin(), sync.GetInstallation().GetID())
	}
	w.wantEvents("push pull_request.synchronize")

	w.must(p.SetDraft(w.alice, true))
	w.must(p.SetDraft(w.alice, false))
	p.SetTitle(w.alice, "Refund, version 2")
	p.Label(w.alice, "prompt")
	p.Unlabel(w.alice, "prompt")
	w.must(p.Close(w.alice))
	w.must(p.Reopen(w.alice))
	w.wantEvents("pull_request.converted_to_draft pull_request.ready_for_review pull_request.edited pull_request.labeled " +
		"pull_request.unlabeled pull_request.closed pull_request.reopened")

	w.sim.Advance(time.Minute)
	landed, err := p.Merge(w.bob, ghsim.Merge)
	w.must(err)
	var closed github.PullRequestEvent
	w.last("pull_request.closed", &closed)
	if pr := closed.GetPullRequest(); !pr.GetMerged() || pr.GetMergedBy().GetLogin() != "bob" || pr.GetMergeCommitSHA() != landed || !pr.GetMergedAt().Time.Equal(w.sim.Now()) {
		t.Errorf("closed: merged %v by %s at %v as %s", pr.GetMerged(), pr.GetMergedBy().GetLogin(), pr.GetMergedAt(), pr.GetMergeCommitSHA())
	}
	var push github.PushEvent
	w.last("push", &push)
	if push.GetBefore() != p.MergedFrom() || push.GetAfter() != landed || push.GetRef() != "refs/heads/main" || len(push.Commits) != 3 {
		t.Errorf("push: %s..%s of %s with %d commits", push.GetBefore(), push.GetAfter(), push.GetRef(), len(push.Commits))
	}
	w.wantEvents("push pull_request.closed")
	if text, _ := w.repo.ReadFile("main", "prompts/refund.md"); text != "two\n" {
		t.Errorf("main holds %q", text)
	}
}

func TestMergeMethods(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := context.Background()
	for _, m := range []ghsim.MergeMethod{ghsim.Merge, ghsim.Squash, ghsim.Rebase} {
		p := w.open("by-"+string(m), ghsim.Files{"prompts/" + string(m) + ".md": "one\n"})
		_, err := p.Commit(w.alice, ghsim.CommitSpec{Files: ghsim.Files{"prompts/" + string(m) + ".md": "two\n"}, CoAuthors: []ghsim.Identity{w.bob.Git()}})
		w.must(err)
		// The base moves on, so that no method is a fast-forward.
		_, err = w.repo.Commit(w.carol, "main", ghsim.CommitSpec{Files: ghsim.Files{"docs/" + string(m) + ".md": "aside\n"}})
		w.must(err)
		head := p.Head()
		landed, err := p.Merge(w.bob, m)
		w.must(err)
		c, _, err := w.client.Repositories.GetCommit(ctx, "acme", "bot", landed, nil)
		w.must(err)
		var want struct {
			parents                   int
			author, committer, commit string
		}
		switch m {
		case ghsim.Merge:
			want.parents, want.author, want.committer = 2, "bob", "web-flow"
		case ghsim.Squash:
			want.parents, want.author, want.committer = 1, "alice", "web-flow"
		case ghsim.Rebase:
			want.parents, want.author, want.committer = 1, "alice", "bob"
		}
		if len(c.Parents) != want.parents || c.GetAuthor().GetLogin() != want.author || c.GetCommitter().GetLogin() != want.committer {
			t.Errorf("%s: %d parents, author %s, committer %s", m, len(c.Parents), c.GetAuthor().GetLogin(), c.GetCommitter().GetLogin())
		}
		if signed := c.GetCommit().GetVerification().GetVerified(); signed != (m != ghsim.Rebase) {
			t.Errorf("%s: verified %v", m, signed)
		}
		if m == ghsim.Rebase && p.MergeCommit() == head {
			t.Errorf("rebase kept the head's id")
		}
		list, _, err := w.client.PullRequests.ListPullRequestsWithCommit(ctx, "acme", "bot", landed, nil)
		w.must(err)
		if len(list) != 1 || list[0].GetNumber() != p.Number() {
			t.Errorf("%s: %d pull requests of the landed commit", m, len(list))
		}
	}
	gitAgrees(t, w.repo)
}

func TestMergeConflict(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.open("theirs", ghsim.Files{"prompts/refund.md": "theirs\n"})
	_, err := w.repo.Commit(w.carol, "main", ghsim.CommitSpec{Files: ghsim.Files{"prompts/refund.md": "ours\n"}})
	w.must(err)
	_, err = p.Merge(w.bob, ghsim.Merge)
	w.refused(err, 405, "not mergeable")
	got, _, err := w.client.PullRequests.Get(context.Background(), "acme", "bot", p.Number())
	w.must(err)
	if got.GetMergeable() || got.GetMergeableState() != "dirty" {
		t.Errorf("mergeable %v, state %s", got.GetMergeable(), got.GetMergeableState())
	}
}

// A merge of one file changed on both sides in different places, and a rename
// on one side with an edit on the other, are git's to decide.
func TestMergeByGit(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	long := "one\ntwo\nthree\nfour\nfive\nsix\nseven\n"
	_, err := w.repo.Commit(w.carol, "main", ghsim.CommitSpec{Files: ghsim.Files{"a.md": long, "b.md": long + "eight\n"}})
	w.must(err)
	p := w.open("both", ghsim.Files{"a.md": "ONE\ntwo\nthree\nfour\nfive\nsix\nseven\n", "b.md": long + "EIGHT\n"})
	_, err = w.repo.Commit(w.carol, "main", ghsim.CommitSpec{
		Files: ghsim.Files{"a.md": "one\ntwo\nthree\nfour\nfive\nsix\nSEVEN\n"}, Rename: map[string]string{"b.md": "c.md"},
	})
	w.must(err)
	_, err = p.Merge(w.bob, ghsim.Squash)
	w.must(err)
	for path, want := range map[string]string{"a.md": "ONE\ntwo\nthree\nfour\nfive\nsix\nSEVEN\n", "c.md": long + "EIGHT\n"} {
		if got, _ := w.repo.ReadFile("main", path); got != want {
			t.Errorf("%s holds %q, want %q", path, got, want)
		}
	}
	gitAgrees(t, w.repo)
}

func TestRetarget(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.must(w.repo.Push(w.bob, "release/1", w.repo.Head("main")))
	p := w.open("fix", ghsim.Files{"prompts/refund.md": "fixed\n"})
	w.forget()
	w.must(p.Retarget(w.alice, "release/1"))
	var edited github.PullRequestEvent
	w.last("pull_request.edited", &edited)
	if from := edited.GetChanges().GetBase().Ref.GetFrom(); from != "main" || edited.GetPullRequest().GetBase().GetRef() != "release/1" {
		t.Errorf("edited from %s to %s", from, edited.GetPullRequest().GetBase().GetRef())
	}
	w.refused(p.Retarget(w.alice, "nowhere"), 422, "does not exist")
}

// docs: changing the base branch of a pull request: when the branch of a
// merged pull request is deleted, what was based on it moves to its base.
func TestDeletedBase(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	lower := w.open("lower", ghsim.Files{"a": "1\n"})
	w.must(w.repo.Push(w.alice, "upper", lower.Head()))
	upper, err := w.repo.OpenPull(w.alice, ghsim.PullSpec{Head: "upper", Base: "lower", Commit: &ghsim.CommitSpec{Files: ghsim.Files{"b": "1\n"}}})
	w.must(err)
	_, err = lower.Merge(w.bob, ghsim.Merge)
	w.must(err)
	w.must(w.repo.DeleteBranch(w.bob, "lower"))
	if upper.Base() != "main" || upper.State() != "open" {
		t.Errorf("upper is %s, based on %s", upper.State(), upper.Base())
	}
}

func TestRebaseAndUpdate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.open("work", ghsim.Files{"a": "1\n"})
	_, err := w.repo.Commit(w.carol, "main", ghsim.CommitSpec{Files: ghsim.Files{"b": "1\n"}})
	w.must(err)
	w.forget()
	old := p.Head()
	_, err = p.Rebase(w.alice)
	w.must(err)
	var push github.PushEvent
	w.last("push", &push)
	if !push.GetForced() || p.Head() == old {
		t.Errorf("rebase: forced %v", push.GetForced())
	}
	_, err = w.repo.Commit(w.carol, "main", ghsim.CommitSpec{Files: ghsim.Files{"c": "1\n"}})
	w.must(err)
	_, err = p.UpdateBranch(w.bob)
	w.must(err)
	w.last("push", &push)
	if push.GetForced() || push.GetHeadCommit().GetCommitter().GetLogin() != "web-flow" {
		t.Errorf("update: forced %v, committer %s", push.GetForced(), push.GetHeadCommit().GetCommitter().GetLogin())
	}
	files, _, err := w.client.PullRequests.ListFiles(context.Background(), "acme", "bot", p.Number(), nil)
	w.must(err)
	if len(files) != 1 || files[0].GetFilename() != "a" {
		t.Errorf("files after the update: %v", files)
	}
}

// docs: about pull request merges, indirect merges.
func TestPushedToBase(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.open("work", ghsim.Files{"a": "1\n"})
	w.must(w.repo.Push(w.bob, "main", p.Head()))
	if !p.Merged() || p.MergedBy() != w.bob || p.MergeCommit() != p.Head() {
		t.Errorf("merged %v as %s", p.Merged(), p.MergeCommit())
	}
}

func TestFork(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := context.Background()
	dave := w.sim.AddUser("dave")
	fork, err := w.repo.Fork(dave)
	w.must(err)
	p, err := w.repo.OpenPull(dave, ghsim.PullSpec{Head: "idea", HeadRepo: fork, Commit: &ghsim.CommitSpec{Files: ghsim.Files{"a": "1\n"}}})
	w.must(err)
	w.wantEvents("pull_request.opened") // the fork's push is not the organisation's
	got, _, err := w.client.PullRequests.Get(ctx, "acme", "bot", p.Number())
	w.must(err)
	if !got.GetHead().GetRepo().GetFork() || got.GetHead().GetUser().GetLogin() != "dave" {
		t.Errorf("head of %s, fork %v", got.GetHead().GetUser().GetLogin(), got.GetHead().GetRepo().GetFork())
	}
	// The head can be compared in the base repository; the fork itself is out of sight.
	if _, _, err := w.client.Repositories.CompareCommits(ctx, "acme", "bot", "main", p.Head(), nil); err != nil {
		t.Error(err)
	}
	if _, resp, _ := w.client.Repositories.Get(ctx, "dave", "bot"); resp.StatusCode != 404 {
		t.Errorf("the fork answers %d", resp.StatusCode)
	}
	fork.Delete(dave)
	got, _, err = w.client.PullRequests.Get(ctx, "acme", "bot", p.Number())
	w.must(err)
	if got.GetHead().Repo != nil || got.GetHead().GetSHA() != p.Head() {
		t.Errorf("after the fork was deleted: %v at %s", got.GetHead().Repo, got.GetHead().GetSHA())
	}
}
