package storetest

import (
	"testing"

	"github.com/countersign-dev/countersign/review"
)

const ref = "refs/heads/main"

func move(delivery, before, after string, commits ...string) review.Move {
	return review.Move{RepoID: 7, Ref: ref, Before: before, After: after, Commits: commits, Delivery: delivery}
}

func forced(m review.Move) review.Move {
	m.Forced = true
	return m
}

func testTip(t *testing.T, s Store) {
	ctx := t.Context()
	same(t, "before anything", get(s.Tips(ctx, 7))(t), map[string]string{})
	other := move("", "x", "x")
	other.Ref = "refs/heads/release"
	for _, m := range []review.Move{move("", "a", "a"), move("", "b", "b"), other} {
		if n, covered, err := s.AddMove(ctx, m); n != 0 || covered || err != nil {
			t.Errorf("first sight of %s = %d, %v, %v", m.After, n, covered, err)
		}
	}
	same(t, "the first sight stands", get(s.Tips(ctx, 7))(t), map[string]string{ref: "a", "refs/heads/release": "x"})
	same(t, "of another repository", get(s.Tips(ctx, 8))(t), map[string]string{})
}

func testMoves(t *testing.T, s Store) {
	type step struct {
		move    review.Move
		n       int
		covered bool
		tip     string
	}
	// Each story is told to a repository of its own.
	stories := map[string][]step{
		"deliveries in order, one of them twice": {
			{move("g1", "a", "b", "b"), 0, false, "b"},
			{move("g2", "b", "c", "c"), 0, false, "c"},
			{move("g1", "a", "b", "b"), 0, false, "c"},
		},
		"deliveries in the other order": {
			{move("g2", "b", "c", "c"), 0, false, "c"},
			{move("g1", "a", "b", "b"), 0, false, "c"},
		},
		"the same move again after a force push": {
			{move("g1", "a", "b", "b"), 0, false, "b"},
			{forced(move("g2", "b", "a")), 0, false, "a"},
			{move("g3", "a", "b", "b"), 1, false, "b"},
			{move("g3", "a", "b", "b"), 1, false, "b"},
			{forced(move("g4", "b", "a")), 1, false, "a"},
			{move("g5", "a", "b", "b"), 2, false, "b"},
		},
		"a sweep, then the late delivery": {
			{move("", "a", "b", "b"), 0, false, "b"},
			{move("", "a", "b", "b"), 0, false, "b"},
			{move("g1", "a", "b", "b"), 0, false, "b"},
			{move("g1", "a", "b", "b"), 0, false, "b"},
		},
		"a delivery, then a sweep that did not know": {
			{move("g1", "a", "b", "b"), 0, false, "b"},
			{move("", "a", "b", "b"), 0, false, "b"},
		},
		"a sweep over two pushes, then both": {
			{move("", "a", "c", "b", "c"), 0, false, "c"},
			{move("g1", "a", "b", "b"), 0, true, "c"},
			{move("g2", "b", "c", "c"), 0, true, "c"},
			{move("g1", "a", "b", "b"), 0, true, "c"},
			{move("g3", "c", "d", "d"), 0, false, "d"},
		},
		"a sweep, then a push that goes further": {
			{move("", "a", "b", "b"), 0, false, "b"},
			{move("g1", "a", "c", "b", "c"), 0, false, "c"},
		},
		"a push that brings nothing is not covered": {
			{move("", "a", "b", "b"), 0, false, "b"},
			{move("g1", "b", "z"), 0, false, "z"},
		},
		"what a sweep saw is forced out and pushed back": {
			{move("", "a", "b", "b"), 0, false, "b"},
			{move("g1", "a", "b", "b"), 0, false, "b"},
			{forced(move("g2", "b", "a")), 0, false, "a"},
			{move("g3", "a", "b", "b"), 1, false, "b"},
		},
		"the same, and the first delivery never came": {
			{move("", "a", "b", "b"), 0, false, "b"},
			{forced(move("g2", "b", "a")), 0, false, "a"},
			{move("g3", "a", "b", "b"), 1, false, "b"},
		},
		"the same, found by sweeps alone": {
			{move("", "a", "b", "b"), 0, false, "b"},
			{forced(move("", "b", "a")), 0, false, "a"},
			{move("", "a", "b", "b"), 1, false, "b"},
		},
		"a forced move that a sweep found, then its delivery": {
			{forced(move("", "a", "x", "x")), 0, false, "x"},
			{forced(move("g1", "a", "x", "x")), 0, false, "x"},
		},
	}
	repo := int64(100)
	for name, steps := range stories {
		repo++
		t.Run(name, func(t *testing.T) {
			for i, st := range steps {
				st.move.RepoID = repo
				n, covered, err := s.AddMove(t.Context(), st.move)
				must(t, err)
				if n != st.n || covered != st.covered {
					t.Errorf("step %d: AddMove = %d, %v; want %d, %v", i, n, covered, st.n, st.covered)
				}
				if st.move.Delivery == "" && st.move.Before != st.move.After {
					if tip := get(s.Tips(t.Context(), repo))(t)[ref]; tip == st.move.After && i == 0 {
						t.Errorf("step %d: the tip is %s before the move is recorded", i, tip)
					}
					must(t, s.SetTip(t.Context(), repo, ref, st.move.After)) // as a sweep does once it is recorded
				}
				if tip := get(s.Tips(t.Context(), repo))(t)[ref]; tip != st.tip {
					t.Errorf("step %d: tip = %s; want %s", i, tip, st.tip)
				}
			}
		})
	}
}
