package github

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/countersign-dev/countersign/internal/ghsim"
	"github.com/countersign-dev/countersign/review"
)

func TestPullReadsWhatStands(t *testing.T) {
	w := newWorld(t)
	p := w.open("refund-v2", ghsim.CommitSpec{Verified: true})
	p.Label(w.alice, "urgent")
	base := w.bot.Head("main")
	w.calls()
	got, err := w.client.Pull(t.Context(), w.ref(p))
	if err != nil {
		t.Fatal(err)
	}
	want := review.Pull{Repo: w.repo, Number: 1, Title: "Refund prompt", URL: "https://github.test/acme/bot/pull/1", Author: userIn(w.alice), Labels: []string{"urgent"}, State: "open",
		HeadRef: "refund-v2", Head: p.Head(), BaseRef: "main", BaseTip: base, MergeBase: base, Complete: true, UpdatedAt: w.sim.Now(),
		Contributors: []review.Contributor{{User: userIn(w.alice), Commits: []string{p.Head()}, Kind: "human",
			Roles: []review.Role{review.RoleAuthor, review.RoleCommitter}, Verified: true}}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("pull (-want +got):\n%s", diff)
	}
	w.wantCalls(syncCall, compareCall)

	if _, err := w.client.Pull(t.Context(), w.ref(p)); err != nil {
		t.Fatal(err)
	}
	w.wantCalls(syncCall)
}

func TestPullThatIsNotOpen(t *testing.T) {
	w := newWorld(t)
	p := w.open("refund-v2", ghsim.CommitSpec{})
	if _, err := p.Merge(w.alice, ghsim.Squash); err != nil {
		t.Fatal(err)
	}
	got, err := w.client.Pull(t.Context(), w.ref(p))
	if err != nil || got.State != "closed" || !got.Merged || got.Complete {
		t.Errorf("merged pull: %+v, %v", got, err)
	}
	w.wantCalls(syncCall)
	_, err = w.client.Pull(t.Context(), review.PullRef{Repo: w.repo, Number: 99})
	if !errors.Is(err, review.ErrGone) {
		t.Errorf("no such pull: %v", err)
	}
}

func TestPullOfAnotherRepositoryOfTheName(t *testing.T) {
	w := newWorld(t)
	w.open("refund-v2", ghsim.CommitSpec{})
	stale := w.repo
	stale.ID++
	_, err := w.client.Pull(t.Context(), review.PullRef{Repo: stale, Number: 1})
	if err == nil || errors.Is(err, review.ErrGone) || !strings.Contains(err.Error(), "another repository") {
		t.Errorf("err = %v", err)
	}
	if _, err := w.client.OpenPulls(t.Context(), stale); err == nil {
		t.Error("its pull requests were listed")
	}
}

func TestCompareTakesTheTipAsItIs(t *testing.T) {
	w := newWorld(t)
	p := w.open("refund-v2", ghsim.CommitSpec{})
	old := w.bot.Head("main")
	tip, err := w.bot.Commit(w.bob, "main", ghsim.CommitSpec{Files: ghsim.Files{"README.md": "# new\n"}})
	if err != nil {
		t.Fatal(err)
	}
	w.calls()
	got, err := w.client.Compare(t.Context(), w.delivered(p))
	if err != nil {
		t.Fatal(err)
	}
	if got.BaseTip != tip || got.MergeBase != old || !got.Complete {
		t.Errorf("tip %s, merge base %s, complete %v", got.BaseTip, got.MergeBase, got.Complete)
	}
	w.wantCalls(compareCall)
	if uri := compareURI(w, t, p); !strings.Contains(uri, "refs%2Fheads%2Fmain...") {
		t.Errorf("a tag could be taken for the branch: %s", uri)
	}
	if _, err := w.client.Pull(t.Context(), w.ref(p)); err != nil {
		t.Fatal(err)
	}
	w.wantCalls(syncCall) // the pair is known from Compare
}

func compareURI(w *world, t *testing.T, p *ghsim.Pull) string {
	t.Helper()
	if _, err := w.client.Compare(t.Context(), w.delivered(p)); err != nil {
		t.Fatal(err)
	}
	uri := w.sim.Calls()[0].URI
	w.calls()
	return uri
}

func TestCompareWhereFullNamesAreNotUnderstood(t *testing.T) {
	w := newWorld(t)
	p := w.open("refund-v2", ghsim.CommitSpec{})
	w.calls()
	w.fail(1, "GET", "/compare/{basehead}", ghsim.Fault{Status: http.StatusNotFound})
	got, err := w.client.Compare(t.Context(), w.delivered(p))
	if err != nil || got.BaseTip != w.bot.Head("main") {
		t.Errorf("tip %s, %v", got.BaseTip, err)
	}
	w.wantCalls(compareCall, refCall, compareCall)
}

func TestBudgetOfOpenedAndCommand(t *testing.T) {
	w := newWorld(t)
	p := w.open("refund-v2", ghsim.CommitSpec{})
	ctx := t.Context()
	w.calls()
	judge := func(p review.Pull, err error) review.Pull {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		for _, commit := range []string{p.MergeBase, p.BaseTip, p.Head} {
			if _, err := w.client.Tree(ctx, w.repo, commit); err != nil {
				t.Fatal(err)
			}
		}
		return p
	}
	publish := func(run, sticky int64) (int64, int64) {
		t.Helper()
		run, err := w.client.PutCheck(ctx, w.repo, review.Check{ID: run, Name: "countersign: main", Head: p.Head(),
			Conclusion: "action_required", Title: "Waiting", Summary: "for bob"})
		if err != nil {
			t.Fatal(err)
		}
		c, err := w.client.PutComment(ctx, w.ref(p), sticky, stickyMark+"\nWaiting for bob")
		if err != nil {
			t.Fatal(err)
		}
		return run, c.ID
	}

	judge(w.client.Compare(ctx, w.delivered(p)))
	run, sticky := publish(0, 0)
	w.wantCalls(compareCall, treeCall, treeCall, newCheck, newComment) // cold, tip and merge base being one

	if _, err := p.Commit(w.alice, ghsim.CommitSpec{Files: ghsim.Files{prompt: "v3\n"}}); err != nil {
		t.Fatal(err)
	}
	w.calls()
	judge(w.client.Compare(ctx, w.delivered(p)))
	run, _ = publish(0, sticky)
	w.wantCalls(compareCall, treeCall, newCheck, editComment) // warm

	c := p.Comment(w.bob, "/countersign approve")
	w.calls()
	judge(w.client.Pull(ctx, w.ref(p)))
	said, err := w.client.Said(ctx, w.ref(p), []int64{c.ID()}, nil)
	if err != nil || said.Comments[c.ID()].Body != "/countersign approve" {
		t.Fatalf("comments: %v, %v", said, err)
	}
	publish(run, sticky)
	if err := w.client.React(ctx, w.repo, c.ID(), "+1"); err != nil {
		t.Fatal(err)
	}
	w.wantCalls(syncCall, editCheck, editComment, newReaction)
}

// many puts n commits on a branch, the first of them by bob.
func (w *world) many(branch string, n int) []string {
	w.t.Helper()
	var ids []string
	parent := w.bot.Head("main")
	for i := range n {
		c := ghsim.CommitSpec{Author: w.alice.Git(), Message: fmt.Sprint("step ", i), Files: ghsim.Files{"steps.txt": fmt.Sprintln(i)}}
		if i == 0 {
			c.Author = w.bob.Git()
		}
		id, err := w.bot.CommitOn([]string{parent}, c)
		if err != nil {
			w.t.Fatal(err)
		}
		ids, parent = append(ids, id), id
	}
	if err := w.bot.Push(w.alice, branch, parent); err != nil {
		w.t.Fatal(err)
	}
	return ids
}

func TestMoreCommitsThanOneAnswerHolds(t *testing.T) {
	w := newWorld(t)
	want := w.many("long", 260)
	p, err := w.bot.OpenPull(w.alice, ghsim.PullSpec{Head: "long"})
	if err != nil {
		t.Fatal(err)
	}
	w.calls()
	got, err := w.client.Compare(t.Context(), w.delivered(p))
	if err != nil {
		t.Fatal(err)
	}
	w.wantCalls(compareCall, compareCall, compareCall, compareCall)
	seen := map[string]bool{}
	for _, c := range got.Contributors {
		for _, id := range c.Commits {
			seen[id] = true
		}
	}
	if !got.Complete || len(seen) != len(want) {
		t.Errorf("complete %v with %d of %d commits", got.Complete, len(seen), len(want))
	}

	history, forced, err := w.client.History(t.Context(), w.repo, got.BaseTip, got.Head)
	if err != nil || forced || !slices.Equal(ids(history), want) {
		t.Errorf("history: %d of %d commits, forced %v, %v", len(history), len(want), forced, err)
	}

	// Pages that bring nothing new leave the pull request incomplete, and there
	// is no history.
	lazy := w.newClient(Config{Transport: paged{}})
	cut, err := lazy.Compare(t.Context(), w.delivered(p))
	if err != nil || cut.Complete {
		t.Errorf("complete %v, %v", cut.Complete, err)
	}
	if history, _, err := lazy.History(t.Context(), w.repo, got.BaseTip, got.Head); err == nil {
		t.Errorf("%d of %d commits were taken for all", len(history), len(want))
	}
}

// paged answers every page of a comparison with the first.
type paged struct{}

func (paged) RoundTrip(r *http.Request) (*http.Response, error) {
	if q := r.URL.Query(); strings.Contains(r.URL.Path, "/compare/") && q.Has("page") {
		r = r.Clone(r.Context())
		q.Set("page", "1")
		r.URL.RawQuery = q.Encode()
	}
	return http.DefaultTransport.RoundTrip(r)
}

func TestOpenPulls(t *testing.T) {
	w := newWorld(t)
	for i := range 103 {
		w.open(fmt.Sprint("topic-", i), ghsim.CommitSpec{})
	}
	if err := w.bot.Pull(2).Close(w.alice); err != nil {
		t.Fatal(err)
	}
	w.calls()
	got, err := w.client.OpenPulls(t.Context(), w.repo)
	if err != nil || len(got) != 102 {
		t.Fatalf("%d pulls, %v", len(got), err)
	}
	w.wantCalls("GET /pulls", "GET /pulls")
	p := w.bot.Pull(3)
	i := slices.IndexFunc(got, func(p review.Pull) bool { return p.Number == 3 })
	want := review.Pull{Repo: w.repo, Number: 3, Title: "Refund prompt", URL: "https://github.test/acme/bot/pull/3", Author: userIn(w.alice),
		State: "open", HeadRef: "topic-2", Head: p.Head(), BaseRef: "main", UpdatedAt: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
	if diff := cmp.Diff(want, got[i]); diff != "" {
		t.Errorf("pull (-want +got):\n%s", diff)
	}
}

func TestForksAreSeenAsSuch(t *testing.T) {
	w := newWorld(t)
	w.bot.SetRole(w.bob, "read")
	fork, err := w.bot.Fork(w.bob)
	if err != nil {
		t.Fatal(err)
	}
	p, err := w.bot.OpenPull(w.bob, ghsim.PullSpec{Head: "mine", HeadRepo: fork, Commit: &ghsim.CommitSpec{Files: ghsim.Files{prompt: "x\n"}}})
	if err != nil {
		t.Fatal(err)
	}
	one, err := w.client.Pull(t.Context(), w.ref(p))
	if err != nil || !one.Fork {
		t.Errorf("Pull: fork %v, %v", one.Fork, err)
	}
	all, err := w.client.OpenPulls(t.Context(), w.repo)
	if err != nil || len(all) != 1 || !all[0].Fork {
		t.Errorf("OpenPulls: %+v, %v", all, err)
	}
}

func TestTip(t *testing.T) {
	w := newWorld(t)
	if _, err := w.bot.Commit(w.alice, "release/1.0", ghsim.CommitSpec{Files: ghsim.Files{"a": "b"}}); err != nil {
		t.Fatal(err)
	}
	for branch, want := range map[string]string{"main": w.bot.Head("main"), "release/1.0": w.bot.Head("release/1.0")} {
		if got, err := w.client.Tip(t.Context(), w.repo, branch); err != nil || got != want {
			t.Errorf("tip of %s: %s, %v", branch, got, err)
		}
	}
	for _, branch := range []string{"no-such", "release", "../../../user", ""} {
		if _, err := w.client.Tip(t.Context(), w.repo, branch); !errors.Is(err, review.ErrGone) {
			t.Errorf("tip of %q: %v", branch, err)
		}
	}
}

func TestRenamedRepository(t *testing.T) {
	for _, root := range []string{"", "/api/v3/"} {
		t.Run(root, func(t *testing.T) {
			w := newWorld(t)
			p := w.open("refund-v2", ghsim.CommitSpec{})
			w.bot.Rename(w.alice, "assistant")
			g := w.newClient(Config{BaseURL: w.sim.URL() + root})
			ctx := t.Context()
			if _, err := g.Pull(ctx, w.ref(p)); err != nil {
				t.Fatal(err)
			}
			id, err := g.PutCheck(ctx, w.repo, review.Check{Name: "countersign: main", Head: p.Head(), Conclusion: "failure", Title: "Denied"})
			if err != nil {
				t.Fatal(err)
			}
			if run, ok := p.Check("countersign: main"); !ok || run.ID != id || run.Conclusion != "failure" {
				t.Errorf("check run %+v", run)
			}
		})
	}
}
