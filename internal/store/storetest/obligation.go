package storetest

import (
	"testing"

	"github.com/countersign-dev/countersign/review"
)

func testObligation(t *testing.T, s Store) {
	ctx := t.Context()
	o := review.Obligation{RepoID: 7, Pull: 3, Requirement: "prompt", Digest: "d1", Need: 1, Signers: map[int64]int64{2: 2, 3: 2},
		LandedAt: at(10), Due: at(20), State: review.ObligationOpen}
	must(t, s.AddObligation(ctx, o))
	changed := o
	changed.Need, changed.Due = 5, at(30)
	must(t, s.AddObligation(ctx, changed))
	got, err := s.Obligations(ctx, 7, 3)
	must(t, err)
	same(t, "the first account stands", got, []review.Obligation{o})
	got, err = s.OpenObligations(ctx, 7)
	must(t, err)
	same(t, "it is open", got, []review.Obligation{o})

	must(t, s.SetObligation(ctx, 7, 3, "prompt", review.ObligationMissed))
	got, err = s.OpenObligations(ctx, 7)
	must(t, err)
	same(t, "missed is not open", len(got), 0)
	must(t, s.SetObligation(ctx, 7, 3, "prompt", review.ObligationReviewed))
	must(t, s.SetObligation(ctx, 7, 3, "prompt", review.ObligationMissed))
	o.State = review.ObligationReviewed
	got, err = s.Obligations(ctx, 7, 3)
	must(t, err)
	same(t, "what was reviewed stays so", got, []review.Obligation{o})
}
