package change

import (
	"slices"
	"strings"
)

// A ruleIndex answers which rules of a policy cover a call, without trying all
// of them, so that a file with very many rules costs no more than its size.
type ruleIndex struct {
	def     effect
	ordered bool // the last rule that matches wins; else the strictest
	rules   []rule
	groups  map[string]*ruleGroup // by subject
	open    []string              // subjects that stand for others: "*" and those that end in a colon
	budget  *int                  // steps left; below zero answers are not to be trusted
}

// A ruleGroup holds the rules of one subject by what their patterns begin with.
type ruleGroup struct {
	byKey   map[patternKey][]int // rules with exactly this pattern
	byHead  map[string][]int     // rules with wildcards, by their literal beginning
	lengths []int                // of the keys of byHead, ascending
	heads   []string             // keys of byHead and literal patterns, sorted; for overlaps
	all     []int                // positions, ascending
	plain   map[string][]int     // literal patterns by text
}

type patternKey struct {
	match   matcher
	pattern string
	number  float64
}

func newRuleIndex(def effect, ordered bool, rules []rule, budget *int) *ruleIndex {
	x := &ruleIndex{def: def, ordered: ordered, rules: rules, groups: map[string]*ruleGroup{}, budget: budget}
	for i := range rules {
		r := &rules[i]
		if r.opaque {
			continue
		}
		g := x.groups[r.subject]
		if g == nil {
			g = &ruleGroup{byKey: map[patternKey][]int{}, byHead: map[string][]int{}, plain: map[string][]int{}}
			x.groups[r.subject] = g
			if r.subject == "*" || strings.HasSuffix(r.subject, ":") {
				x.open = append(x.open, r.subject)
			}
		}
		g.add(i, r)
	}
	for _, g := range x.groups {
		g.finish()
	}
	return x
}

func (g *ruleGroup) add(i int, r *rule) {
	g.all = append(g.all, i)
	k := patternKey{r.match, r.pattern, r.number}
	g.byKey[k] = append(g.byKey[k], i)
	h := r.head()
	if r.all() || r.match == levels || r.match == upTo || r.match == files || r.match == hostTree || strings.Contains(r.pattern, "*") {
		g.byHead[h] = append(g.byHead[h], i)
	} else {
		g.plain[h] = append(g.plain[h], i)
	}
}

func (g *ruleGroup) finish() {
	seen := map[int]bool{}
	for h := range g.byHead {
		if !seen[len(h)] {
			seen[len(h)] = true
			g.lengths = append(g.lengths, len(h))
		}
		g.heads = append(g.heads, h)
	}
	for h := range g.plain {
		g.heads = append(g.heads, h)
	}
	slices.Sort(g.lengths)
	slices.Sort(g.heads)
}

// matchCost is about how many steps of the budget a comparison of two patterns
// takes: with several stars a match may go back often.
func matchCost(a, b *rule) int {
	switch {
	case len(a.pattern) > maxPattern || len(b.pattern) > maxPattern || a.pattern == "":
		return 1
	case a.match == files:
		return 1 + len(a.pattern)*len(b.pattern)/8
	case strings.Count(a.pattern, "*") > 1:
		return 1 + len(a.pattern)*len(b.pattern)/64
	}
	return 1 + len(b.pattern)/16
}

// spend takes n steps from the budget and reports whether any are left.
func (x *ruleIndex) spend(n int) bool {
	*x.budget -= n
	return *x.budget >= 0
}

// covering yields the position of every rule that covers r.
func (x *ruleIndex) covering(r *rule, yield func(i int) bool) {
	if g := x.groups[r.subject]; g != nil && !x.coveringIn(g, r, yield) {
		return
	}
	for _, s := range x.open {
		if s != r.subject && subjectCovers(s, r.subject) && !x.coveringIn(x.groups[s], r, yield) {
			return
		}
	}
}

func (x *ruleIndex) coveringIn(g *ruleGroup, r *rule, yield func(i int) bool) bool {
	try := func(list []int) bool {
		for n := len(list) - 1; n >= 0; n-- {
			if !x.spend(matchCost(&x.rules[list[n]], r)) {
				return false
			}
			if x.rules[list[n]].covers(r) && !yield(list[n]) {
				return false
			}
		}
		return true
	}
	exact := g.byKey[patternKey{r.match, r.pattern, r.number}]
	if len(exact) > 0 && x.rules[exact[0]].covers(r) && (!yield(exact[len(exact)-1]) || !x.firstOfEach(exact, yield)) {
		return false
	}
	if r.match != exactly && !try(g.plain[r.pattern]) {
		return false
	}
	for _, n := range g.lengths {
		if n > len(r.pattern) && n > 0 {
			break
		}
		if !x.spend(1) {
			return false
		}
		if !try(g.byHead[r.pattern[:n]]) {
			return false
		}
	}
	return true
}

// firstOfEach yields one rule of every effect among rules that are alike.
func (x *ruleIndex) firstOfEach(list []int, yield func(i int) bool) bool {
	var seen [allow + 1]bool
	for _, i := range list {
		if e := x.rules[i].effect; !seen[e] {
			seen[e] = true
			if !yield(i) {
				return false
			}
		}
	}
	return true
}

// effectOf says what happens to the calls of r as a whole: a rule decides only
// if it covers them all.
func (x *ruleIndex) effectOf(r *rule) effect {
	at, found := -1, x.def
	x.covering(r, func(i int) bool {
		e := x.rules[i].effect
		switch {
		case x.ordered:
			if i > at {
				at, found = i, e
			}
		case at < 0 || e < found:
			at, found = i, e
		}
		return x.ordered || found != deny
	})
	return found
}

// highest says the most that happens to any call of r: rules that match a part
// of it count unless a stricter one takes all of it.
func (x *ruleIndex) highest(r *rule) effect {
	top, at := x.def, -1
	covered := false
	x.covering(r, func(i int) bool {
		e := x.rules[i].effect
		if x.ordered {
			if i > at {
				at, top = i, e
			}
			return true
		}
		if !covered || e < top {
			top, covered = e, true
		}
		return top != deny
	})
	if top == allow || covered && top == deny {
		return top
	}
	x.overlapping(r, func(i int) bool {
		e := x.rules[i].effect
		if x.ordered && i < at || !x.ordered && covered && e != deny && e >= top {
			return true // the covering rule is stricter and wins
		}
		top = max(top, e)
		return top != allow
	})
	return top
}

// overlapping yields rules that may match a call of r.
func (x *ruleIndex) overlapping(r *rule, yield func(i int) bool) {
	if subject := r.subject; subject == "*" || strings.HasSuffix(subject, ":") {
		for s, g := range x.groups {
			if subjectCovers(subject, s) && s != subject && !x.anyOf(g, yield) {
				return
			}
		}
	}
	if g := x.groups[r.subject]; g != nil && !x.overlappingIn(g, r, yield) {
		return
	}
	for _, s := range x.open {
		if s != r.subject && subjectCovers(s, r.subject) && !x.anyOf(x.groups[s], yield) {
			return
		}
	}
}

func (x *ruleIndex) anyOf(g *ruleGroup, yield func(i int) bool) bool {
	for n := len(g.all) - 1; n >= 0; n-- {
		if !x.spend(1) || !yield(g.all[n]) {
			return false
		}
	}
	return true
}

func (x *ruleIndex) overlappingIn(g *ruleGroup, r *rule, yield func(i int) bool) bool {
	try := func(h string) bool {
		for _, list := range [][]int{g.byHead[h], g.plain[h]} {
			for _, i := range list {
				if !x.spend(1) {
					return false
				}
				if x.rules[i].mayOverlap(r) && !yield(i) {
					return false
				}
			}
		}
		return true
	}
	h := r.head()
	for _, n := range g.lengths {
		if n >= len(h) {
			break
		}
		if !x.spend(1) || !try(h[:n]) {
			return false
		}
	}
	from, _ := slices.BinarySearch(g.heads, h)
	for i := from; i < len(g.heads) && strings.HasPrefix(g.heads[i], h); i++ {
		if !try(g.heads[i]) {
			return false
		}
	}
	return true
}
