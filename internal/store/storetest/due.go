package storetest

import (
	"testing"
	"time"

	"github.com/countersign-dev/countersign/review"
)

func testDue(t *testing.T, s Store) {
	ctx := t.Context()
	repo := review.Repo{Installation: 1, ID: 7, Owner: "acme", Name: "bot", DefaultBranch: "main"}
	must(t, s.AddRepo(ctx, repo))
	for n := 1; n <= 2; n++ {
		must(t, s.SavePull(ctx, review.PullState{RepoID: 7, Number: n, Open: n == 1, UpdatedAt: at(1)}))
	}
	must(t, s.SetDue(ctx, 7, 1, at(20)))
	must(t, s.SetDue(ctx, 7, 2, at(5)))
	none := map[review.Repo]time.Time{}
	got, err := s.Due(ctx, at(19))
	must(t, err)
	same(t, "a closed pull request is never due", got, none)
	got, err = s.Due(ctx, at(20))
	must(t, err)
	same(t, "due", got, map[review.Repo]time.Time{repo: at(20)})
	must(t, s.SetDue(ctx, 7, 1, time.Time{}))
	got, err = s.Due(ctx, at(99))
	must(t, err)
	same(t, "taken back", got, none)
}
