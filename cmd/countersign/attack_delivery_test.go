package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/countersign-dev/countersign/internal/ghsim"
	"github.com/countersign-dev/countersign/record"
)

// A step of a history names who does what to which pull request.
type step struct{ pull, who, what, text string }

// history is acted phase by phase; within a phase the order of deliveries is
// GitHub's to choose.
var history = [][]step{
	{{"signed", "alice", "open", "v2"}, {"split", "alice", "open", "v3"}, {"void", "alice", "open", "v4"}, {"refused", "bob", "open", "v5"}},
	{{"signed", "bob", "approve", ""}, {"split", "carol", "reject", ""}, {"void", "bob", "approve", ""}, {"refused", "bob", "approve", ""}},
	{{"split", "carol", "withdraw", ""}, {"void", "alice", "push", "v6"}, {"signed", "carol", "approve", ""}, {"refused", "carol", "approve", ""}},
	{{"split", "carol", "approve", ""}, {"signed", "dana", "say", "nice"}},
	{{"signed", "admin", "merge", ""}},
	{{"void", "admin", "merge", ""}},
	{{"refused", "admin", "merge", ""}},
}

func (s *story) take(t *testing.T, st step) {
	t.Helper()
	s.sim.Advance(time.Minute)
	who, p := s.people[st.who], s.pulls[st.pull]
	var err error
	switch st.what {
	case "open":
		path := "agents/" + st.pull + "/CLAUDE.md" // so that no landing touches another's files
		s.pulls[st.pull], err = s.repo.OpenPull(who, ghsim.PullSpec{Head: st.pull, Commit: &ghsim.CommitSpec{Files: ghsim.Files{path: st.text + "\n"}}})
	case "push":
		_, err = p.Commit(who, ghsim.CommitSpec{Files: ghsim.Files{"agents/" + st.pull + "/CLAUDE.md": st.text + "\n"}})
	case "approve":
		p.Comment(who, "/countersign approve "+p.Head())
	case "reject":
		p.Comment(who, "/countersign reject -- no")
	case "withdraw":
		p.Comment(who, "/countersign withdraw")
	case "say":
		p.Comment(who, st.text)
	case "merge":
		_, err = p.MergeAsAdmin(who, ghsim.Squash)
	}
	if err != nil {
		t.Fatalf("%v: %v", st, err)
	}
}

// outcomes says of each pull request how it stands, who counts, and what its
// records are.
func (s *story) outcomes(t *testing.T) map[string]string {
	t.Helper()
	entries, err := s.srv.log.List(t.Context(), record.Query{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{"records": fmt.Sprint(len(entries))}
	for name, p := range s.pulls {
		var lines []string
		for _, e := range entries {
			if pullNumber(e) == p.Number() {
				lines = append(lines, "landed "+outcomeOf(e))
			}
		}
		said, err := s.srv.store.Signoffs(t.Context(), s.repo.ID(), p.Number())
		if err != nil {
			t.Fatal(err)
		}
		for _, st := range said {
			lines = append(lines, fmt.Sprintf("%s %s %s at %s: %q", st.User.Login, st.Verb, st.Requirement, st.CreatedAt.Format(time.TimeOnly), st.Refused))
		}
		slices.Sort(lines)
		run, _ := p.Check("countersign: main")
		out[name] = run.Conclusion + "\n" + strings.Join(slices.Compact(lines), "\n")
	}
	return out
}

// A46: deliveries are shuffled, doubled and a fifth of them lost; after a sweep
// everything is as in the calm run.
func TestA46Disturbed(t *testing.T) {
	t.Parallel()
	calm := play(t, 0)
	if !strings.Contains(calm["signed"], "landed countersigned") || !strings.Contains(calm["void"], "landed diverged") {
		t.Fatalf("the calm run is odd: %v", calm)
	}
	for seed := uint64(1); seed <= 3; seed++ {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(calm, play(t, seed)); diff != "" {
				t.Errorf("outcomes differ (-calm +disturbed):\n%s", diff)
			}
		})
	}
}

// play acts the history, disturbed unless seed is 0, and returns the outcomes.
func play(t *testing.T, seed uint64) map[string]string {
	t.Helper()
	s := newWorld(t)
	for i, phase := range history {
		if seed > 0 {
			s.sim.Pause()
			s.sim.Disturb(ghsim.Disturbance{Seed: seed*100 + uint64(i), Drop: 0.2, Duplicate: 0.3, Swap: 0.3})
		}
		for _, st := range phase {
			s.take(t, st)
		}
		if seed > 0 {
			s.sim.Shuffle(seed)
			s.sim.Resume()
		}
		if err := s.settle(); err != nil {
			t.Fatal(err)
		}
		if seed > 0 {
			s.sim.Disturb(ghsim.Disturbance{})
			for range 2 { // the first asks GitHub again, the second looks at what came of it
				s.does(t, func() error { return s.srv.Sweep(context.Background()) })
			}
		} else {
			s.sim.Advance(2 * time.Minute)
		}
	}
	out := s.outcomes(t)
	if len(slices.Collect(maps.Keys(out))) != 5 {
		t.Fatalf("outcomes of %d pull requests", len(out)-1)
	}
	return out
}
