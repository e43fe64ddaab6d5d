package change

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"
)

func drawScope(t *rapid.T) scope {
	return scope{agent: "a", path: "f", slot: "s", dimension: "tool", group: "g", surface: "p", def: ask, absent: ask,
		rules: rapid.SliceOfN(rapid.Custom(drawRule), 0, 6).Draw(t, "rules")}
}

func TestCompareOfEqualsIsEmpty(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := drawScope(t)
		shuffled := s
		shuffled.rules = rapid.Permutation(s.rules).Draw(t, "order")
		if got := compareScopes([]scope{s}, []scope{shuffled}, nil); len(got) != 0 {
			t.Fatalf("%+v", got)
		}
	})
}

func TestCompareFlips(t *testing.T) {
	flipped := map[Direction]Direction{Widens: Narrows, Narrows: Widens, Both: Both, Unknown: Unknown}
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawScope(t), drawScope(t)
		there, back := compareScopes([]scope{a}, []scope{b}, nil), compareScopes([]scope{b}, []scope{a}, nil)
		if len(there) != len(back) {
			t.Fatalf("%+v\n%+v", there, back)
		}
		for i := range there {
			if flipped[there[i].Direction] != back[i].Direction {
				t.Fatalf("%v and %v", there[i].Direction, back[i].Direction)
			}
		}
	})
}

func TestAddingAnAllowNeverNarrows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := drawScope(t)
		b := a
		extra := drawRule(t)
		extra.effect = allow
		b.rules = append(append([]rule{}, a.rules...), extra)
		for _, c := range compareScopes([]scope{a}, []scope{b}, nil) {
			if c.Direction != Widens {
				t.Fatalf("adding %+v to %+v: %v", extra, a.rules, c.Direction)
			}
		}
	})
}

func TestAddingADenyNeverWidens(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := drawScope(t)
		b := a
		extra := drawRule(t)
		extra.effect = deny
		b.rules = append(append([]rule{}, a.rules...), extra)
		for _, c := range compareScopes([]scope{a}, []scope{b}, nil) {
			if c.Direction != Narrows {
				t.Fatalf("adding %+v to %+v: %v", extra, a.rules, c.Direction)
			}
		}
	})
}

// A call whose effect rises is never reported as a narrowing, or not at all.
func TestNoCallRisesUnseen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(name string) scope {
			s := scope{path: "f", slot: "s", group: "g", surface: "p", def: ask, absent: ask}
			for range rapid.IntRange(0, 5).Draw(t, name) {
				r := drawRule(t)
				r.subject, r.match = "Bash", words
				r.pattern = commandPattern(rapid.StringMatching(`[a*]{1,2}( [ab*]){0,2}( \*)?`).Draw(t, "pattern"))
				s.rules = append(s.rules, r)
			}
			return s
		}
		a, b := draw("before"), draw("after")
		call := rule{subject: "Bash", match: words, pattern: rapid.StringMatching(`[ab]{1,2}( [ab]){0,2}`).Draw(t, "call")}
		budget := maxSteps
		was := newRuleIndex(ask, false, a.rules, &budget).effectOf(&call)
		is := newRuleIndex(ask, false, b.rules, &budget).effectOf(&call)
		if is <= was {
			return
		}
		for _, c := range compareScopes([]scope{a}, []scope{b}, nil) {
			if c.Direction != Narrows {
				return
			}
		}
		t.Fatalf("%q goes from %v to %v unseen", call.pattern, was, is)
	})
}

func TestMoveBetweenFilesIsSilent(t *testing.T) {
	a := scope{path: "one", slot: "x", group: "g", surface: "p", rules: []rule{{effect: allow, subject: "t", raw: "t"}}}
	b := a
	b.path, b.slot = "two", "y"
	if got := compareScopes([]scope{a}, []scope{b}, nil); len(got) != 0 {
		t.Errorf("%+v", got)
	}
}

// Rules of which none are alike on two sides must take steps in proportion to
// their number, or run into the bound and be unknown. Steps are counted rather
// than seconds, so that a busy machine changes nothing.
func TestManyRulesTakeLinearTime(t *testing.T) {
	shapes := map[string]func(i int, side string) string{
		"literal":       func(i int, side string) string { return fmt.Sprintf("Bash(run %d %s)", i, side) },
		"prefix":        func(i int, side string) string { return fmt.Sprintf("Bash(run%d%s:*)", i, side) },
		"star in front": func(i int, side string) string { return fmt.Sprintf("Bash(* run%d%s)", i, side) },
		"paths":         func(i int, side string) string { return fmt.Sprintf("Read(%d/%s/**)", i, side) },
		"tools":         func(i int, side string) string { return fmt.Sprintf("mcp__s%d__%s", i, side) },
	}
	for name, shape := range shapes {
		t.Run(name, func(t *testing.T) {
			steps := func(n int) int {
				side := func(which string, e effect) []scope {
					s := scope{path: "f", slot: which, group: "g", surface: "p", def: ask, absent: ask}
					for i := range n {
						s.rules = append(s.rules, claudeRule(shape(i, which), e, i))
					}
					return []scope{s}
				}
				budget := maxSteps
				got := compareScopesWithin(side("a", allow), side("b", deny), nil, &budget)
				if len(got) == 0 {
					t.Error("nothing changed")
				}
				if budget < 0 && got[0].Direction != Unknown {
					t.Errorf("the budget is used up, but the direction is %s", got[0].Direction)
				}
				return min(maxSteps-budget, maxSteps)
			}
			if few, many := steps(4_000), steps(8_000); many > 3*few {
				t.Errorf("%d steps for 4,000 rules, %d for twice as many", few, many)
			}
		})
	}
}
