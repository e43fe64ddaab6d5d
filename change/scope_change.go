package change

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

func (c *policyComparison) changes() []Change {
	var out []Change
	for _, sc := range c.slots {
		if sc.touched {
			out = append(out, sc.change(c))
		}
	}
	return out
}

func (sc *slotChange) change(c *policyComparison) Change {
	old, new := c.old[sc.key], c.new[sc.key]
	scopes := slices.Concat(new, old)
	s := scopes[0]
	out := Change{Kind: ToolScope, Agent: s.agent, Path: s.path, Format: s.format, Slot: s.slot, Change: "modified",
		Dimension: s.dimension, Direction: sc.direction(s), Confidence: InSlot, Findings: distinct(sc.findings)}
	out.Added, out.Removed = shown(without(sc.added, sc.gone)), shown(without(sc.gone, sc.added))
	for _, x := range scopes {
		out.Paths = append(append(out.Paths, x.path), x.paths...)
	}
	switch {
	case len(old) == 0:
		out.Change = "added"
	case len(new) == 0:
		out.Change = "removed"
	}
	if s.single {
		out.Before, out.After = value(old), value(new)
	}
	return out
}

func (sc *slotChange) direction(s *scope) Direction {
	switch {
	case sc.unknown, sc.up && sc.down && s.vague:
		return Unknown
	case sc.up && sc.down:
		return Both
	case sc.up:
		return Widens
	}
	return Narrows
}

// value is what a single-valued slot says, or nil.
func value(scopes []*scope) *string {
	for _, s := range scopes {
		if len(s.rules) > 0 && s.rules[0].raw != "" {
			text := entryText(s.rules[0].raw)
			return &text
		}
	}
	return nil
}

// maxEntries bounds the entries of one change that are shown.
const maxEntries = 500

// shown makes entries fit for a report. Of very many it says how many are left
// out.
func shown(list []string) []string {
	out := make([]string, 0, min(len(list), maxEntries+1))
	for i, s := range list {
		if i == maxEntries {
			return append(out, fmt.Sprintf("… and %d more", len(list)-i))
		}
		out = append(out, entryText(s))
	}
	return out
}

// without returns the distinct entries of a that are not in b, in order.
func without(a, b []string) []string {
	drop := make(map[string]bool, len(b)+len(a))
	for _, s := range b {
		drop[s] = true
	}
	out := []string{}
	for _, s := range a {
		if !drop[s] {
			drop[s] = true
			out = append(out, s)
		}
	}
	return out
}

func distinct(f []Finding) []Finding {
	seen := map[Finding]bool{}
	out := []Finding{}
	for _, x := range f {
		if !seen[x] {
			seen[x] = true
			out = append(out, x)
		}
	}
	return out
}

// mergeChanges unites changes of one slot that came from several surfaces, so
// that a server that appears with its credentials and filter is one change.
func mergeChanges(in []Change) []Change {
	at := map[slotKey]int{}
	var out []Change
	for _, c := range in {
		k := slotKey{c.Agent, c.Path, c.Slot, c.Dimension}
		i, ok := at[k]
		if !ok {
			at[k] = len(out)
			out = append(out, c)
			continue
		}
		o := &out[i]
		o.Direction = unite(o.Direction, c.Direction)
		o.Added, o.Removed = without(append(o.Added, c.Added...), nil), without(append(o.Removed, c.Removed...), nil)
		o.Findings = distinct(append(o.Findings, c.Findings...))
		o.Paths = append(o.Paths, c.Paths...)
		if o.Change != c.Change {
			o.Change = "modified"
		}
	}
	for i := range out {
		slices.Sort(out[i].Paths)
		out[i].Paths = slices.Compact(out[i].Paths)
	}
	slices.SortStableFunc(out, func(x, y Change) int {
		return cmp.Or(strings.Compare(x.Path, y.Path), strings.Compare(x.Agent, y.Agent), strings.Compare(x.Slot, y.Slot), strings.Compare(x.Dimension, y.Dimension))
	})
	return out
}

// unite is the direction of two policies of one slot together. What is known to
// go both ways, or up, is not made unknown by a part that cannot be told.
func unite(a, b Direction) Direction {
	switch {
	case a == b:
		return a
	case a == Both || b == Both || a == Widens && b == Narrows || a == Narrows && b == Widens:
		return Both
	case a == Widens || b == Widens:
		return Widens
	}
	return Unknown
}
