package storetest

import (
	"testing"

	"github.com/countersign-dev/countersign/review"
)

func testGroup(t *testing.T, s Store) {
	ctx := t.Context()
	g := review.GroupState{RepoID: 7, BaseRef: "main", Base: "b0", Head: "h1", Pull: 3,
		Check: review.CheckState{ID: 9, Head: "h1", Branch: "main", State: review.Met, Title: "Signed off", Digest: "d"}}
	other := review.GroupState{RepoID: 7, BaseRef: "release/1", Base: "b0", Head: "h2", Pull: 4, Check: review.CheckState{Head: "h2"}}
	must(t, s.SaveGroup(ctx, g))
	must(t, s.SaveGroup(ctx, other))
	same(t, "of a branch", get(s.Groups(ctx, 7, "main"))(t), []review.GroupState{g})
	same(t, "of another repository", get(s.Groups(ctx, 8, "main"))(t), []review.GroupState{})

	g.Ended = true
	must(t, s.SaveGroup(ctx, g))
	same(t, "once ended", get(s.Groups(ctx, 7, "main"))(t), []review.GroupState{})
	got, ok, err := s.Group(ctx, 7, "h1")
	must(t, err)
	same(t, "it is kept", got, g)
	same(t, "and known", ok, true)
	_, ok, err = s.Group(ctx, 8, "h1")
	must(t, err)
	same(t, "elsewhere it is not", ok, false)

	g.Ended = false
	must(t, s.SaveGroup(ctx, g))
	same(t, "it may come back", get(s.Groups(ctx, 7, "main"))(t), []review.GroupState{g})
}
