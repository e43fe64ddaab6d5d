package github

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	api "github.com/google/go-github/v60/github"

	"github.com/countersign-dev/countersign/internal/ghsim"
	"github.com/countersign-dev/countersign/review"
)

func ids(commits []review.Commit) (out []string) {
	for _, c := range commits {
		out = append(out, c.ID)
	}
	return out
}

func TestHistoryOfFirstParents(t *testing.T) {
	w := newWorld(t)
	before := w.bot.Head("main")
	p := w.open("refund-v2", ghsim.CommitSpec{})
	if _, err := p.Commit(w.alice, ghsim.CommitSpec{Files: ghsim.Files{prompt: "v3\n"}}); err != nil {
		t.Fatal(err)
	}
	direct, err := w.bot.Commit(w.bob, "main", ghsim.CommitSpec{Files: ghsim.Files{"README.md": "# new\n"}})
	if err != nil {
		t.Fatal(err)
	}
	merge, err := p.Merge(w.alice, ghsim.Merge)
	if err != nil {
		t.Fatal(err)
	}
	w.calls()
	got, forced, err := w.client.History(t.Context(), w.repo, before, merge)
	if err != nil || forced {
		t.Fatalf("forced %v, %v", forced, err)
	}
	if !slices.Equal(ids(got), []string{direct, merge}) || !slices.Equal(got[1].Parents, []string{direct, p.Head()}) || len(got[0].Tree) != 40 {
		t.Errorf("history: %+v", got)
	}
	w.wantCalls(compareCall)
	if got, forced, err = w.client.History(t.Context(), w.repo, merge, merge); len(got) != 0 || forced || err != nil {
		t.Errorf("no move: %v, %v, %v", got, forced, err)
	}
}

func TestHistoryOfAForcedMove(t *testing.T) {
	w := newWorld(t)
	root := w.bot.Head("main")
	before, err := w.bot.Commit(w.alice, "main", ghsim.CommitSpec{Files: ghsim.Files{prompt: "v2\n"}})
	if err != nil {
		t.Fatal(err)
	}
	after, err := w.bot.CommitOn([]string{root}, ghsim.CommitSpec{Files: ghsim.Files{prompt: "v3\n"}})
	if err != nil {
		t.Fatal(err)
	}
	lone, err := w.bot.CommitOn(nil, ghsim.CommitSpec{Files: ghsim.Files{prompt: "v4\n"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, before, after string
		want                []string
	}{
		{"to a sibling", before, after, []string{after}},
		{"back", before, root, nil},
		{"to an unrelated history", before, lone, []string{lone}},
		{"from a commit that is gone", strings.Repeat("0", 39) + "1", after, []string{after}},
	} {
		got, forced, err := w.client.History(t.Context(), w.repo, test.before, test.after)
		if err != nil || !forced || !slices.Equal(ids(got), test.want) {
			t.Errorf("%s: %v, forced %v, %v", test.name, ids(got), forced, err)
		}
	}
	if _, _, err := w.client.History(t.Context(), w.repo, before, strings.Repeat("0", 39)+"1"); !errors.Is(err, review.ErrGone) {
		t.Errorf("to a commit that is gone: %v", err)
	}
}

func TestMergedPull(t *testing.T) {
	for _, method := range []ghsim.MergeMethod{ghsim.Merge, ghsim.Squash, ghsim.Rebase} {
		t.Run(string(method), func(t *testing.T) {
			w := newWorld(t)
			p := w.open("refund-v2", ghsim.CommitSpec{})
			p.SetBody(w.alice, "because")
			tip, err := p.Merge(w.bob, method)
			if err != nil {
				t.Fatal(err)
			}
			w.calls()
			got, err := w.client.MergedPull(t.Context(), w.repo, tip, "main", review.User{})
			if err != nil {
				t.Fatal(err)
			}
			want := review.Merge{Number: 1, Head: p.Head(), BaseRef: "main", Commit: tip, By: userIn(w.bob), At: w.sim.Now(),
				Title: "Refund prompt", Body: "because", Author: userIn(w.alice), Complete: true}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("merge (-want +got):\n%s", diff)
			}
			w.wantCalls(pullsCall, syncCall)
			got, err = w.client.MergedPull(t.Context(), w.repo, tip, "main", userIn(w.bob))
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("by whoever pushed: %v (-want +got):\n%s", err, diff)
			}
			w.wantCalls(pullsCall)
			if _, err := w.client.MergedPull(t.Context(), w.repo, tip, "release", userIn(w.bob)); !errors.Is(err, review.ErrGone) {
				t.Errorf("into another branch: %v", err)
			}
		})
	}
}

func TestMergedPullOfACommitThatLandedTwice(t *testing.T) {
	w := newWorld(t)
	if err := w.bot.Push(w.alice, "release", w.bot.Head("main")); err != nil {
		t.Fatal(err)
	}
	first := w.open("refund-v2", ghsim.CommitSpec{})
	second, err := w.bot.OpenPull(w.alice, ghsim.PullSpec{Head: "refund-v2", Base: "release"})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []*ghsim.Pull{first, second} {
		if _, err := p.Merge(w.bob, ghsim.Merge); err != nil {
			t.Fatal(err)
		}
	}
	for branch, p := range map[string]*ghsim.Pull{"main": first, "release": second} {
		if got, err := w.client.MergedPull(t.Context(), w.repo, p.Head(), branch, userIn(w.bob)); err != nil || got.Number != p.Number() {
			t.Errorf("into %s: #%d, %v", branch, got.Number, err)
		}
	}
}

func TestFirstParentsOfALoop(t *testing.T) {
	t.Parallel()
	a, b := api.String("a"), api.String("b")
	got := firstParents([]*api.RepositoryCommit{{SHA: a, Parents: []*api.Commit{{SHA: b}}}, {SHA: b, Parents: []*api.Commit{{SHA: a}}}}, "a")
	if !slices.Equal(ids(got), []string{"b", "a"}) {
		t.Errorf("history: %q", ids(got))
	}
}

func TestMergedPullWithoutMergeCommitInREST(t *testing.T) {
	w := newWorld(t)
	p := w.open("refund-v2", ghsim.CommitSpec{})
	tip, err := p.Merge(w.bob, ghsim.Squash)
	if err != nil {
		t.Fatal(err)
	}
	g := w.newClient(Config{Transport: rewrite{"/pulls", `"merge_commit_sha"`, `"removed"`}})
	if got, err := g.MergedPull(t.Context(), w.repo, tip, "main", userIn(w.bob)); err != nil || got.Commit != tip {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestNoMergedPull(t *testing.T) {
	w := newWorld(t)
	p := w.open("refund-v2", ghsim.CommitSpec{})
	direct, err := w.bot.Commit(w.bob, "main", ghsim.CommitSpec{Files: ghsim.Files{"README.md": "# new\n"}})
	if err != nil {
		t.Fatal(err)
	}
	for name, commit := range map[string]string{"pushed": direct, "open": p.Head()} {
		if _, err := w.client.MergedPull(t.Context(), w.repo, commit, "main", userIn(w.bob)); !errors.Is(err, review.ErrGone) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Rules on which go-github gives up.
var (
	mergeQueue = map[string]any{"type": "merge_queue", "parameters": map[string]any{
		"check_response_timeout_minutes": 60, "grouping_strategy": "ALLGREEN", "max_entries_to_build": 5, "max_entries_to_merge": 5,
		"merge_method": "SQUASH", "min_entries_to_merge": 1, "min_entries_to_merge_wait_minutes": 5,
	}}
	codeScanning = map[string]any{"type": "code_scanning", "parameters": map[string]any{"code_scanning_tools": []any{}}}
)

func TestEnforcement(t *testing.T) {
	const check = "countersign: main"
	none := func(w *world) {}
	ruleset := func(app func(w *world) int64, extra ...map[string]any) func(w *world) {
		return func(w *world) {
			w.bot.AddRuleset(w.alice, ghsim.Ruleset{Checks: []ghsim.Check{{Context: check, AppID: app(w)}}, Extra: extra})
		}
	}
	classic := func(app func(w *world) int64, admins bool) func(w *world) {
		return func(w *world) {
			w.bot.Protect(w.alice, "main", ghsim.Protection{Checks: []ghsim.Check{{Context: check, AppID: app(w)}}, EnforceAdmins: admins})
		}
	}
	ours := func(w *world) int64 { return w.sim.App().ID() }
	anyone := func(*world) int64 { return 0 }
	actions := func(*world) int64 { return 15368 }
	both := []string{rulesCall, branchCall}
	for _, test := range []struct {
		name  string
		setup func(w *world)
		want  review.Enforcement
		calls []string
	}{
		{"nothing", none, review.Enforcement{Source: "none", Bypass: notVisible}, both},
		{"ruleset for our app", ruleset(ours), review.Enforcement{Required: true, Pinned: true, Source: "ruleset", Bypass: notVisible}, both[:1]},
		{"beside rules that go-github does not know", ruleset(ours, mergeQueue, codeScanning), review.Enforcement{Required: true, Pinned: true, Source: "ruleset", Bypass: notVisible}, both[:1]},
		{"ruleset for any app", ruleset(anyone), review.Enforcement{Required: true, Source: "ruleset", Bypass: notVisible}, both},
		{"ruleset for another app", ruleset(actions), review.Enforcement{Source: "none", Bypass: notVisible}, both},
		{"classic for our app", classic(ours, true), review.Enforcement{Required: true, Pinned: true, Source: "classic", Bypass: notVisible}, both},
		{"classic, not for administrators", classic(ours, false), review.Enforcement{Required: true, Pinned: true, Source: "classic", Bypass: "administrators"}, both},
		{"classic for any app", classic(anyone, true), review.Enforcement{Required: true, Source: "classic", Bypass: notVisible}, both},
		{"classic for another app", classic(actions, true), review.Enforcement{Source: "none", Bypass: notVisible}, both},
		{"classic is the stricter", func(w *world) { ruleset(anyone)(w); classic(ours, true)(w) },
			review.Enforcement{Required: true, Pinned: true, Source: "classic", Bypass: notVisible}, both},
		{"hidden", func(w *world) { w.inst.SetPermission("metadata", ""); w.inst.SetPermission("contents", "") },
			review.Enforcement{Source: "unknown", Bypass: notVisible}, both},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			test.setup(w)
			got, err := w.client.Enforcement(t.Context(), w.repo, "main", check)
			if err != nil || got != test.want {
				t.Errorf("got %+v, %v, want %+v", got, err, test.want)
			}
			w.wantCalls(test.calls...)
			again := test.calls
			if test.want.Pinned { // what guarded it last time is asked first, and is enough
				again = map[string][]string{"ruleset": {rulesCall}, "classic": {branchCall}}[test.want.Source]
			}
			if got, err := w.client.Enforcement(t.Context(), w.repo, "main", check); err != nil || got != test.want {
				t.Errorf("asked again: %+v, %v, want %+v", got, err, test.want)
			}
			w.wantCalls(again...)
			if other, _ := w.client.Enforcement(t.Context(), w.repo, "main", "countersign"); other.Required {
				t.Error("another name is required")
			}
		})
	}
}

func TestEnforcementThatCannotBeReadNow(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"/rules/branches/{branch}", "/branches/{branch}"} {
		w.fail(1, "GET", path, ghsim.Fault{Status: 502})
		if got, err := w.client.Enforcement(t.Context(), w.repo, "main", "countersign: main"); err == nil {
			t.Errorf("%s failed, and it says %+v", path, got)
		}
	}
}

func TestBudgetOfALanding(t *testing.T) {
	w := newWorld(t)
	w.bot.Protect(w.alice, "main", ghsim.Protection{Checks: []ghsim.Check{{Context: "countersign: main"}}})
	before := w.bot.Head("main")
	p := w.open("refund-v2", ghsim.CommitSpec{})
	sticky, err := w.client.PutComment(t.Context(), w.ref(p), 0, "waiting")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.client.Tree(t.Context(), w.repo, before); err != nil {
		t.Fatal(err)
	}
	after, err := p.MergeAsAdmin(w.sim.User("acme"), ghsim.Squash)
	if err != nil {
		t.Fatal(err)
	}
	w.calls()
	ctx := t.Context()
	for _, step := range []func() error{
		func() error { _, err := w.client.Tree(ctx, w.repo, before); return err },
		func() error { _, _, err := w.client.History(ctx, w.repo, before, after); return err },
		func() error { _, err := w.client.Tree(ctx, w.repo, after); return err },
		func() error { _, err := w.client.Enforcement(ctx, w.repo, "main", "countersign: main"); return err },
		func() error { _, err := w.client.PutComment(ctx, w.ref(p), sticky.ID, "landed"); return err },
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	w.wantCalls(compareCall, treeCall, rulesCall, branchCall, editComment)
}
