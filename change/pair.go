package change

import (
	"bytes"
	"hash/maphash"
	"path"
	"slices"
)

// maxRenames bounds how many files are compared with each other in the search
// for renames. Beyond it only equal content is recognised.
const maxRenames = 200

// pairRenames joins a removed and an added file whose content is equal, or at
// least half equal, to one renamed file. A pair that is wrong costs nobody
// anything: facts are compared by what they say.
func pairRenames(c *comparison, all []pair) []pair {
	var out, removed, added []pair
	for _, p := range all {
		switch {
		case p.after == "":
			removed = append(removed, p)
		case p.before == "":
			added = append(added, p)
		default:
			out = append(out, p)
		}
	}
	taken := map[string]bool{}
	join := func(a pair, r pair) {
		taken["-"+r.before], taken["+"+a.after] = true, true
		out = append(out, pair{before: r.before, after: a.after})
	}
	byID := map[string][]pair{}
	for _, r := range removed {
		if e, ok := c.base.tree.Lookup(r.before); ok && e.ID != "" {
			byID[e.ID] = append(byID[e.ID], r)
		}
	}
	for _, a := range added {
		e, _ := c.head.tree.Lookup(a.after)
		if r, ok := bestName(byID[e.ID], a.after, taken); ok {
			join(a, r)
		}
	}
	c.pairSimilar(removed, added, taken, join)
	for _, r := range removed {
		if !taken["-"+r.before] {
			out = append(out, r)
		}
	}
	for _, a := range added {
		if !taken["+"+a.after] {
			out = append(out, a)
		}
	}
	return out
}

// bestName chooses the pair whose old file name is that of p, else the first.
func bestName(from []pair, p string, taken map[string]bool) (best pair, ok bool) {
	for _, r := range from {
		if taken["-"+r.before] {
			continue
		}
		if path.Base(r.before) == path.Base(p) {
			return r, true
		}
		if !ok {
			best, ok = r, true
		}
	}
	return best, ok
}

func (c *comparison) pairSimilar(removed, added []pair, taken map[string]bool, join func(a, r pair)) {
	if len(removed) == 0 || len(added) == 0 || len(removed) > maxRenames || len(added) > maxRenames {
		return
	}
	prints := map[string]map[uint64]int{}
	for _, r := range removed {
		if !taken["-"+r.before] {
			prints[r.before] = fingerprint(c.base.load(r.before))
		}
	}
	for _, a := range added {
		if taken["+"+a.after] {
			continue
		}
		now := fingerprint(c.head.load(a.after))
		best, bestScore := pair{}, 0.5
		for _, r := range removed {
			if taken["-"+r.before] || path.Ext(r.before) != path.Ext(a.after) {
				continue
			}
			if score := similarity(prints[r.before], now); score > bestScore {
				best, bestScore = r, score
			}
		}
		if best.before != "" {
			join(a, best)
		}
	}
}

var lineSeed = maphash.MakeSeed()

// fingerprint counts the lines of a file, each weighted by its length. The
// empty fingerprint is similar to nothing.
func fingerprint(f *file) map[uint64]int {
	if f == nil || f.blocked != nil {
		return nil
	}
	out := map[uint64]int{}
	for line := range bytes.Lines(f.data) {
		if line = bytes.TrimSpace(line); len(line) > 0 {
			out[maphash.Bytes(lineSeed, line)] += len(line)
		}
	}
	return out
}

// similarity is the share of the larger text that both have.
func similarity(a, b map[uint64]int) float64 {
	var common, sizeA, sizeB int
	for h, n := range a {
		sizeA += n
		common += min(n, b[h])
	}
	for _, n := range b {
		sizeB += n
	}
	if size := max(sizeA, sizeB); size > 0 {
		return float64(common) / float64(size)
	}
	return 0
}

// pathsOf lists the files of a pair and those that refer to it, sorted.
func pathsOf(p *pair) []string {
	out := slices.Clone(p.from)
	for _, at := range []string{p.before, p.after} {
		if at != "" {
			out = append(out, at)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
