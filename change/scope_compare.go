package change

import (
	"cmp"
	"slices"
)

// maxSteps bounds the work of one comparison, in comparisons of rules.
const maxSteps = 10_000_000

// compareScopes says what two sides differ in, given all scopes of each. A
// change is reported for each slot in which some rule comes, goes or changes
// so that a call gets another effect. Renamed are the files that are read as
// before under another path, from the old to the new one.
func compareScopes(before, after []scope, renamed map[string]string) []Change {
	budget := maxSteps
	return compareScopesWithin(before, after, renamed, &budget)
}

// compareScopesWithin takes its steps from a budget. Where that is used up the
// direction is unknown.
func compareScopesWithin(before, after []scope, renamed map[string]string, budget *int) []Change {
	b, a := policiesOf(before), policiesOf(after)
	pairGroups(b, a, renamed)
	pairSurfaces(b, a)
	var out []Change
	for _, key := range policyKeys(b, a) {
		c := policyComparison{before: b.policy(key, a), after: a.policy(key, b), budget: budget}
		c.run()
		out = append(out, c.changes()...)
	}
	return mergeChanges(out)
}

type policyKey struct{ group, surface string }

// A policy is what all scopes of one group and surface say together.
type policy struct {
	scopes  []*scope
	rules   []rule
	from    []*scope // of each rule; nil for a default
	def     effect
	ordered bool
	born    bool // the other side has no such group at all, and this one begins or ends with it
}

// policies are the policies of one side.
type policies struct {
	groups map[string][]policyKey // what each group has
	scopes map[policyKey][]*scope
}

func policiesOf(scopes []scope) *policies {
	p := &policies{groups: map[string][]policyKey{}, scopes: map[policyKey][]*scope{}}
	scopes = slices.Clone(scopes) // pairing renames
	for i := range scopes {
		s := &scopes[i]
		k := policyKey{s.group, s.surface}
		if p.scopes[k] == nil {
			p.groups[s.group] = append(p.groups[s.group], k)
		}
		p.scopes[k] = append(p.scopes[k], s)
	}
	return p
}

func policyKeys(b, a *policies) []policyKey {
	var keys []policyKey
	for k := range b.scopes {
		keys = append(keys, k)
	}
	for k := range a.scopes {
		if b.scopes[k] == nil {
			keys = append(keys, k)
		}
	}
	keys = slices.DeleteFunc(keys, func(k policyKey) bool { return k.surface == presence })
	slices.SortFunc(keys, func(x, y policyKey) int {
		return cmp.Or(cmp.Compare(x.group, y.group), cmp.Compare(x.surface, y.surface))
	})
	return keys
}

// policy builds the policy of this side, from what the other says about
// defaults where this one says nothing.
func (p *policies) policy(k policyKey, other *policies) *policy {
	scopes := p.scopes[k]
	if len(scopes) == 0 {
		s := other.scopes[k][0]
		if s.born && p.groups[k.group] == nil && !restricts(other.scopes[k]) {
			return &policy{def: deny, born: true, ordered: s.ordered}
		}
		return &policy{def: s.absent, rules: s.floor, from: make([]*scope, len(s.floor)), ordered: s.ordered}
	}
	out := &policy{scopes: scopes}
	for _, s := range scopes {
		out.def = max(out.def, s.def)
		out.ordered = out.ordered || s.ordered
		out.rules = append(out.rules, s.rules...)
		for range s.rules {
			out.from = append(out.from, s)
		}
	}
	return out
}

// restricts reports whether scopes only take away from what holds without them.
// In the file of a new agent too that takes away, and grants nothing.
func restricts(scopes []*scope) bool {
	for _, s := range scopes {
		if s.def == deny || s.def != s.absent {
			return false
		}
		for i := range s.rules {
			if s.rules[i].effect >= s.def && s.def != allow {
				return false
			}
		}
	}
	return true
}

// A policyComparison finds the slots in which two versions of a policy differ.
type policyComparison struct {
	before, after *policy
	budget        *int
	slots         []*slotChange
	bySlot        map[slotKey]*slotChange
	old, new      map[slotKey][]*scope // the scopes of each side by slot
}

type slotKey struct{ agent, path, slot, dimension string }

// A slotChange is what moved in one slot.
type slotChange struct {
	key         slotKey
	up, down    bool
	unknown     bool
	touched     bool
	added, gone []string
	findings    []Finding
}

func (c *policyComparison) run() {
	old, new := keysOf(c.before), keysOf(c.after)
	reordered := (c.before.ordered || c.after.ordered) && !sameOrder(c.before, c.after)
	if c.before.def == c.after.def && !reordered && sameKeys(old, new) {
		return
	}
	c.bySlot = map[slotKey]*slotChange{}
	c.old, c.new = slotsOf(c.before), slotsOf(c.after)
	bx := newRuleIndex(c.before.def, c.before.ordered, c.before.rules, c.budget)
	ax := newRuleIndex(c.after.def, c.after.ordered, c.after.rules, c.budget)
	whole := rule{effect: max(c.before.def, c.after.def), subject: "*"}
	if c.before.def != c.after.def {
		c.move(nil, sign(bx.effectOf(&whole), ax.effectOf(&whole)), c.owners(nil))
	}
	c.side(c.before, c.after, new, bx, ax, reordered, true)
	c.side(c.after, c.before, old, bx, ax, reordered, false)
	if *c.budget < 0 {
		c.giveUp()
	}
}

func keysOf(p *policy) map[ruleKey]bool {
	out := make(map[ruleKey]bool, len(p.rules))
	for i := range p.rules {
		out[p.rules[i].key()] = true
	}
	return out
}

func sameKeys(a, b map[ruleKey]bool) bool {
	if len(a) != len(b) {
		return false
	}
	for k := range a {
		if !b[k] {
			return false
		}
	}
	return true
}

func slotsOf(p *policy) map[slotKey][]*scope {
	out := map[slotKey][]*scope{}
	for _, s := range p.scopes {
		out[s.key()] = append(out[s.key()], s)
	}
	return out
}

func (s *scope) key() slotKey { return slotKey{s.agent, s.path, s.slot, s.dimension} }

func sameOrder(b, a *policy) bool {
	return slices.EqualFunc(b.rules, a.rules, func(x, y rule) bool { return x.key() == y.key() })
}

func sign(before, after effect) int { return cmp.Compare(after, before) }

// side looks at the rules of one side that the other does not have, or at all
// of them when order has a meaning and changed.
func (c *policyComparison) side(p, q *policy, other map[ruleKey]bool, bx, ax *ruleIndex, reordered, gone bool) {
	for i := range p.rules {
		r, from := &p.rules[i], p.from[i]
		same := other[r.key()]
		if from != nil && (!same || len(q.scopes) == 0) { // a default is stated nowhere
			c.entry(from, r, gone)
		}
		if same && !reordered || r.tacit && len(q.scopes) == 0 || r.match == levels && r.pattern == "" && !r.opaque {
			continue // the least level is a power that nothing lacks
		}
		switch {
		case r.opaque:
			c.opaque(r, from, gone)
		case r.effect == allow || p.ordered && r.effect == ask:
			c.move(r, sign(bx.effectOf(r), ax.effectOf(r)), c.owners(from))
		default:
			c.move(r, sign(bx.highest(r), ax.highest(r)), c.owners(from))
		}
	}
}

// owners are the scopes to which a move is put down: the rule's own, or, for
// what only a default implies, those that state something else.
func (c *policyComparison) owners(from *scope) []*scope {
	if from != nil {
		return []*scope{from}
	}
	return append(slices.Clone(c.before.scopes), c.after.scopes...)
}

func (c *policyComparison) slot(s *scope) *slotChange {
	k := s.key()
	sc := c.bySlot[k]
	if sc == nil {
		sc = &slotChange{key: k}
		c.bySlot[k] = sc
		c.slots = append(c.slots, sc)
	}
	return sc
}

func (c *policyComparison) entry(from *scope, r *rule, gone bool) {
	sc := c.slot(from)
	if r.raw == "" {
		return
	}
	if gone {
		sc.gone = append(sc.gone, r.raw)
	} else {
		sc.added = append(sc.added, r.raw)
	}
}

func (c *policyComparison) move(r *rule, way int, owners []*scope) {
	if way == 0 {
		return
	}
	for _, s := range owners {
		sc := c.slot(s)
		sc.touched = sc.touched || r == nil || !r.quiet
		sc.up = sc.up || way > 0
		sc.down = sc.down || way < 0
		if way > 0 && r != nil && len(sc.findings) < maxEntries {
			if f := remarkOn(s.path, r); f != nil {
				sc.findings = append(sc.findings, *f)
			}
		}
	}
}

// opaque puts down a rule whose direction cannot be told, unless the agent
// comes or goes with it.
func (c *policyComparison) opaque(r *rule, from *scope, gone bool) {
	switch {
	case c.before.born:
		c.move(r, +1, c.owners(from))
	case c.after.born:
		c.move(r, -1, c.owners(from))
	default:
		for _, s := range c.owners(from) {
			sc := c.slot(s)
			sc.touched, sc.unknown = true, true
		}
	}
}

// giveUp makes every slot of a comparison that was cut short unknown.
func (c *policyComparison) giveUp() {
	for _, s := range append(slices.Clone(c.before.scopes), c.after.scopes...) {
		sc := c.slot(s)
		sc.touched, sc.unknown = true, true
		sc.findings = append(sc.findings, Finding{Code: "too-many-rules", Path: s.path, Text: "too many rules to compare: the direction cannot be told"})
	}
}
