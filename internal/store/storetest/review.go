package storetest

import (
	"strconv"
	"testing"
	"time"

	"github.com/countersign-dev/countersign/review"
)

func testPull(t *testing.T, s Store) {
	ctx := t.Context()
	p := review.PullState{RepoID: 7, Number: 3, Title: "Ünïcode\x00' \"", Author: alice, Open: true, Head: "aa", HeadRef: "f", BaseRef: "main",
		Draft: true, Fork: true, Labels: []string{"a,b", ""}, UpdatedAt: at(10)}
	must(t, s.SavePull(ctx, p))
	must(t, s.SavePull(ctx, p))
	check := review.CheckState{ID: 5, Branch: "main", Head: "aa", State: review.Waiting, Title: "t", Digest: "d"}
	must(t, s.SaveCheck(ctx, 7, 3, check))
	must(t, s.SaveComment(ctx, 7, 3, review.CommentState{ID: 6, Digest: "e"}))
	must(t, s.SaveIdle(ctx, 7, 3, "aa main 1"))
	p.Check, p.Comment, p.Idle, p.BasedAt = check, review.CommentState{ID: 6, Digest: "e"}, "aa main 1", at(10).Add(-time.Microsecond)
	got, ok, err := s.Pull(ctx, 7, 3)
	if must(t, err); !ok {
		t.Fatal("not found")
	}
	same(t, "as saved", got, p)

	older := p
	older.Head, older.UpdatedAt = "old", at(9)
	must(t, s.SavePull(ctx, older))
	got, _, err = s.Pull(ctx, 7, 3)
	must(t, err)
	same(t, "an older standing is ignored", got, p)

	newer := p
	newer.Head, newer.Open, newer.Draft, newer.Labels, newer.UpdatedAt = "bb", true, false, nil, at(11)
	newer.Check, newer.Comment = review.CheckState{}, review.CommentState{}
	must(t, s.SavePull(ctx, newer))
	newer.Check, newer.Comment = p.Check, p.Comment
	got, _, err = s.Pull(ctx, 7, 3)
	must(t, err)
	same(t, "a newer one replaces it and leaves what was published", got, newer)

	other := review.PullState{RepoID: 7, Number: 4, Author: bob, Open: true, Head: "bb", BaseRef: "dev", UpdatedAt: at(1)}
	must(t, s.SavePull(ctx, other))
	other.BaseRef, other.UpdatedAt = "release/1", at(2)
	must(t, s.SavePull(ctx, other))
	other.BasedAt = at(2)
	elsewhere := other
	elsewhere.RepoID = 8
	shut := other
	shut.Number, shut.Open = 5, false
	for _, q := range []review.PullState{other, elsewhere, shut} {
		must(t, s.SavePull(ctx, q))
	}
	same(t, "at a head", get(s.PullsAt(ctx, 7, "bb"))(t), []review.PullState{newer, other})
	same(t, "into a branch", get(s.OpenPulls(ctx, 7, "main"))(t), []review.PullState{newer})
	same(t, "into any", get(s.OpenPulls(ctx, 7, ""))(t), []review.PullState{newer, other})
}

func testPullUnknown(t *testing.T, s Store) {
	if _, ok, err := s.Pull(t.Context(), 1, 1); ok || err != nil {
		t.Errorf("Pull = %v, %v; want not found", ok, err)
	}
	if err := s.SaveCheck(t.Context(), 1, 1, review.CheckState{ID: 1}); err == nil {
		t.Error("a check of an unknown pull request was silently lost")
	}
	if err := s.SaveComment(t.Context(), 1, 1, review.CommentState{ID: 1}); err == nil {
		t.Error("a comment of an unknown pull request was silently lost")
	}
}

func testHead(t *testing.T, s Store) {
	ctx := t.Context()
	first := review.Head{RepoID: 7, Number: 3, Commit: "aa", Pusher: alice, Delivery: "g1", Digests: map[string]string{"r": "d1"},
		Contributors: []review.Contributor{{User: alice, Kind: "human", Commits: []string{"c1"}, Roles: []review.Role{review.RoleAuthor}, Verified: true},
			{Email: "x@example.com", Kind: "unknown", Commits: []string{"c1"}}}}
	must(t, s.AddHead(ctx, first))
	must(t, s.AddHead(ctx, review.Head{RepoID: 7, Number: 3, Commit: "bb"}))
	must(t, s.AddHead(ctx, first))
	heads := get(s.Heads(ctx, 7, 3))(t)
	same(t, "two heads in order of arrival", heads, []review.Head{first, {RepoID: 7, Number: 3, Commit: "bb"}})

	must(t, s.AddHead(ctx, review.Head{RepoID: 7, Number: 3, Commit: "aa", Pusher: robot, Delivery: "g2",
		Digests: map[string]string{"r": "other", "s": "d2"},
		Contributors: []review.Contributor{
			{User: alice, Kind: "human", Commits: []string{"c1", "c2"}, Roles: []review.Role{review.RoleCommitter}, Verified: false},
			{User: bob, Kind: "human", Commits: []string{"c2"}},
			{Email: "y@example.com", Kind: "unknown"}}}))
	want := first
	want.Digests = map[string]string{"r": "d1", "s": "d2"}
	want.Contributors = []review.Contributor{
		{User: alice, Kind: "human", Commits: []string{"c1", "c2"}, Roles: []review.Role{review.RoleAuthor, review.RoleCommitter}, Verified: false},
		{Email: "x@example.com", Kind: "unknown", Commits: []string{"c1"}},
		{User: bob, Kind: "human", Commits: []string{"c2"}},
		{Email: "y@example.com", Kind: "unknown"},
		{User: robot, Kind: "bot", Roles: []review.Role{review.RolePusher}, Verified: true}}
	same(t, "the first account stands, with what was added", get(s.Heads(ctx, 7, 3))(t)[0], want)

	must(t, s.AddHead(ctx, review.Head{RepoID: 7, Number: 3, Commit: "bb", Pusher: bob, Delivery: "g3"}))
	same(t, "a pusher who was not known is filled in", get(s.Heads(ctx, 7, 3))(t)[1],
		review.Head{RepoID: 7, Number: 3, Commit: "bb", Pusher: bob, Delivery: "g3"})
	same(t, "of another pull request", get(s.Heads(ctx, 7, 4))(t), []review.Head{})
}

func testPushers(t *testing.T, s Store) {
	ctx := t.Context()
	for _, h := range []review.Head{
		{RepoID: 7, Number: 3, Commit: "aa", Pusher: alice},
		{RepoID: 7, Number: 4, Commit: "aa", Pusher: bob},
		{RepoID: 7, Number: 5, Commit: "aa"},
		{RepoID: 7, Number: 4, Commit: "bb", Pusher: bob},
		{RepoID: 8, Number: 4, Commit: "aa", Pusher: robot},
	} {
		must(t, s.AddHead(ctx, h))
	}
	many := []string{"aa", "cc"}
	for i := range 1200 {
		many = append(many, strconv.Itoa(i))
	}
	same(t, "of other pull requests of the repository", get(s.Pushers(ctx, 7, 3, many))(t), map[string][]review.User{"aa": {bob}})
	same(t, "of all", get(s.Pushers(ctx, 7, 0, append(many, "bb")))(t), map[string][]review.User{"aa": {alice, bob}, "bb": {bob}})
	same(t, "of none", get(s.Pushers(ctx, 7, 0, nil))(t), map[string][]review.User{})
}

func testReport(t *testing.T, s Store) {
	ctx := t.Context()
	late := review.Report{RepoID: 7, Number: 3, Head: "bb", BaseRef: "main", Digests: map[string]string{"r": "d2"},
		Named: map[string][]int64{"r": {1, 2}}, UpdatedAt: at(20)}
	early := review.Report{RepoID: 7, Number: 3, Head: "aa", BaseRef: "main", Digests: map[string]string{"r": "d1"}, UpdatedAt: at(10)}
	twin := early
	twin.Digests = map[string]string{"r": "d1b"}
	for _, r := range []review.Report{late, early, twin, late, early} {
		must(t, s.AddReport(ctx, r))
	}
	same(t, "oldest first, each once", get(s.Reports(ctx, 7, 3))(t), []review.Report{early, twin, late})
}

func statement(source int64, requirement string, verb review.Verb) review.Signoff {
	return review.Signoff{RepoID: 7, Pull: 3, BaseRef: "main", Requirement: requirement, Digest: "d", Head: "aa", Verb: verb, User: alice,
		Through: "people", Via: "comment", SourceID: source, URL: "https://example.com/1", Statement: "fine", Body: "/countersign approve",
		CreatedAt: at(5), Delivery: "g", Payload: "sha256:1"}
}

func testSignoff(t *testing.T, s Store) {
	ctx := t.Context()
	add := func(x review.Signoff, want bool) {
		t.Helper()
		if added := get(s.AddSignoff(ctx, x))(t); added != want {
			t.Errorf("AddSignoff(%d %s %s) = %v; want %v", x.SourceID, x.Requirement, x.Verb, added, want)
		}
	}
	a, b, refused := statement(1, "r", review.Approve), statement(1, "s", review.Approve), statement(2, "", review.Approve)
	refused.Refused = review.RefusedContributor
	other := statement(1, "r", review.Approve)
	other.Via = "review"
	add(a, true)
	add(b, true)
	changed := a
	changed.Body, changed.Refused = "another text", "late"
	add(changed, false)
	add(refused, true)
	add(other, true)
	add(statement(1, "r", review.Reject), true)
	elsewhere := statement(9, "r", review.Approve)
	elsewhere.Pull = 4
	add(elsewhere, true)

	got := get(s.Signoffs(ctx, 7, 3))(t)
	var last int64
	for i := range got {
		if got[i].ID <= last {
			t.Errorf("statement %d has id %d after %d; want order of arrival", i, got[i].ID, last)
		}
		last, got[i].ID = got[i].ID, 0
	}
	same(t, "all statements of the pull request", got, []review.Signoff{a, b, refused, other, statement(1, "r", review.Reject)})
}

func testGone(t *testing.T, s Store) {
	ctx := t.Context()
	why := review.Voiding{Reason: "dismissed", By: bob, At: at(5), Delivery: "g5"}
	must(t, s.SaveGone(ctx, 7, "review", 31, why))
	must(t, s.SaveGone(ctx, 7, "review", 31, review.Voiding{Reason: "edited", At: at(6)}))
	for i, via := range []string{"review", "comment"} {
		_, err := s.AddSignoff(ctx, review.Signoff{RepoID: 7, Pull: 3, Requirement: "r", Digest: "d", Verb: review.Approve, User: alice, Via: via, SourceID: 31, CreatedAt: at(4)})
		must(t, err)
		all := get(s.Signoffs(ctx, 7, 3))(t)
		want := []*review.Voiding{&why, nil}[i]
		same(t, "a statement that comes after what became of its "+via, all[i].Voided, want)
	}
}

func testVoid(t *testing.T, s Store) {
	ctx := t.Context()
	for _, x := range []review.Signoff{statement(1, "r", review.Approve), statement(1, "s", review.Approve), statement(2, "r", review.Approve)} {
		get(s.AddSignoff(ctx, x))(t)
	}
	edited := review.Voiding{Reason: "edited", By: bob, At: at(6), Delivery: "g6"}
	deleted := review.Voiding{Reason: "deleted", By: robot, At: at(7), Delivery: "g7"}
	void := func(v review.Voiding, want int) {
		t.Helper()
		if n := get(s.Void(ctx, 7, "comment", 1, v))(t); n != want {
			t.Errorf("Void(%s) = %d; want %d", v.Reason, n, want)
		}
	}
	void(edited, 2)
	void(edited, 2) // a second try after a crash learns the same
	void(deleted, 0)
	if n := get(s.Void(ctx, 7, "review", 2, deleted))(t); n != 0 {
		t.Errorf("Void of a review with a comment's id = %d; want 0", n)
	}
	if _, err := s.Void(ctx, 7, "comment", 2, review.Voiding{}); err == nil {
		t.Error("voided without a reason")
	}
	for i, x := range get(s.Signoffs(ctx, 7, 3))(t) {
		want := &edited
		if i == 2 {
			want = nil
		}
		same(t, "the first reason stands", x.Voided, want)
		if x.Counts() != (want == nil) {
			t.Errorf("statement %d counts: %v", i, x.Counts())
		}
	}
}

func testRejection(t *testing.T, s Store) {
	ctx := t.Context()
	elsewhere := statement(2, "r", review.Reject)
	elsewhere.Pull = 9
	otherDigest, otherRepo, refused := statement(3, "r", review.Reject), statement(4, "r", review.Reject), statement(5, "r", review.Reject)
	otherDigest.Digest, otherRepo.RepoID, refused.Refused = "e", 8, review.RefusedNotNamed
	for _, x := range []review.Signoff{elsewhere, statement(1, "r", review.Approve), otherDigest, otherRepo, refused,
		statement(6, "r", review.Withdraw), statement(7, "s", review.Reject), statement(8, "r", review.Override)} {
		get(s.AddSignoff(ctx, x))(t)
	}
	get(s.Void(ctx, 7, "comment", 2, review.Voiding{Reason: "deleted", At: at(9)}))(t)
	var sources []int64
	for _, x := range get(s.RejectionsOf(ctx, 7, "r", "d"))(t) {
		sources = append(sources, x.SourceID)
	}
	same(t, "over one digest, on any pull request, also when deleted", sources, []int64{2, 6, 8})
}

func testLogin(t *testing.T, s Store) {
	ctx := t.Context()
	if _, ok, err := s.PinnedLogin(ctx, 7, "alice"); ok || err != nil {
		t.Errorf("PinnedLogin = %v, %v; want none", ok, err)
	}
	same(t, "kept", get(s.PinLogin(ctx, 7, "Alice", alice))(t), alice)
	stranger := review.User{ID: 99, Login: "alice", Type: "User"}
	same(t, "a stranger who took the name", get(s.PinLogin(ctx, 7, "alice", stranger))(t), alice)
	u, ok, err := s.PinnedLogin(ctx, 7, "ALICE")
	must(t, err)
	same(t, "with other capitals", u, alice)
	if !ok {
		t.Error("not found with other capitals")
	}
	same(t, "in another repository", get(s.PinLogin(ctx, 8, "alice", stranger))(t), stranger)
}

func testMerge(t *testing.T, s Store) {
	ctx := t.Context()
	m := review.Merge{Number: 3, Head: "aa", BaseRef: "main", Commit: "cc", By: bob, At: at(30), Title: "t", Body: "b", Author: alice}
	must(t, s.SaveMerge(ctx, 7, m))
	full := m
	full.Complete, full.By = true, robot
	must(t, s.SaveMerge(ctx, 7, full))
	must(t, s.SaveMerge(ctx, 7, m))
	got, ok, err := s.MergeOf(ctx, 7, "cc", "main")
	must(t, err)
	if !ok {
		t.Fatal("not found")
	}
	same(t, "GitHub's own account is not replaced", got, full)
	other := m
	other.Number = 1
	must(t, s.SaveMerge(ctx, 7, other))
	got, _, err = s.MergeOf(ctx, 7, "cc", "main")
	must(t, err)
	same(t, "of two, the one of which most is known", got, full)
	elsewhere := full
	elsewhere.Number, elsewhere.BaseRef = 2, "release"
	must(t, s.SaveMerge(ctx, 7, elsewhere))
	got, _, err = s.MergeOf(ctx, 7, "cc", "release")
	must(t, err)
	same(t, "of one commit in two branches, that of the branch", got, elsewhere)
	must(t, s.SaveMerge(ctx, 7, review.Merge{Number: 8}))
	for _, commit := range []string{"dd", ""} {
		if _, ok, err := s.MergeOf(ctx, 7, commit, "main"); ok || err != nil {
			t.Errorf("MergeOf(%q) = %v, %v; want none", commit, ok, err)
		}
	}
}

func testRepo(t *testing.T, s Store) {
	ctx := t.Context()
	r := review.Repo{Installation: 1, ID: 7, Owner: "acme", Name: "bot", Private: true, DefaultBranch: "main"}
	must(t, s.AddRepo(ctx, review.Repo{Installation: 1, ID: 9, Owner: "acme", Name: "z"}))
	must(t, s.AddRepo(ctx, r))
	must(t, s.AddRepo(ctx, review.Repo{Installation: 1, ID: 7, Private: true}))
	got, ok, err := s.Repo(ctx, 7)
	must(t, err)
	if !ok {
		t.Fatal("not found")
	}
	same(t, "what is left empty stays", got, r)
	r.Installation, r.Name = 2, "renamed"
	must(t, s.AddRepo(ctx, r))
	same(t, "all", get(s.Repos(ctx))(t), []review.Repo{r, {Installation: 1, ID: 9, Owner: "acme", Name: "z"}})
	must(t, s.RemoveRepo(ctx, 7))
	must(t, s.RemoveRepo(ctx, 7))
	if _, ok, err := s.Repo(ctx, 7); ok || err != nil {
		t.Errorf("Repo after removal = %v, %v; want none", ok, err)
	}
	r.Name = "third"
	must(t, s.AddRepo(ctx, r))
	for id, want := range map[int64]string{7: "acme/bot", 9: "acme/z", 11: ""} {
		same(t, "first name", get(s.FirstName(ctx, id))(t), want)
	}
}
