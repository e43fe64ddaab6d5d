package change

import (
	"bytes"
	"hash/maphash"
	"path"
	"slices"
)

// The search for renames compares every removed file with every added one. Where
// there are more files of either than maxRenames, or more bytes than
// maxRenameBytes, only equal content is recognised; and it ends after
// maxRenameSteps lines were compared. A rename that is not seen is a file that
// went and one that came.
const (
	maxRenames     = 200
	maxRenameBytes = 4 << 20
	maxRenameSteps = 5_000_000
)

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
	isTaken := func(p pair) bool { return taken["-"+p.before] || taken["+"+p.after] }
	removed, added = slices.DeleteFunc(slices.Clone(removed), isTaken), slices.DeleteFunc(slices.Clone(added), isTaken)
	if len(removed) == 0 || len(added) == 0 || len(removed) > maxRenames || len(added) > maxRenames ||
		c.base.sizeOf(removed)+c.head.sizeOf(added) > maxRenameBytes {
		return
	}
	prints := map[string]fingerprint{}
	for _, r := range removed {
		prints[r.before] = fingerprintOf(c.base.load(r.before))
	}
	steps := 0
	for _, a := range added {
		now := fingerprintOf(c.head.load(a.after))
		best, bestScore := pair{}, 0.5
		for _, r := range removed {
			was := prints[r.before]
			if isTaken(r) || path.Ext(r.before) != path.Ext(a.after) || 2*min(was.size, now.size) <= max(was.size, now.size) {
				continue
			}
			if steps += len(was.lines); steps > maxRenameSteps {
				return
			}
			if score := was.similarity(now); score > bestScore {
				best, bestScore = r, score
			}
		}
		if best.before != "" {
			join(a, best)
		}
	}
}

// sizeOf is how many bytes the files of this side hold.
func (s *side) sizeOf(pairs []pair) (n int64) {
	for _, p := range pairs {
		for _, at := range []string{p.before, p.after} {
			if e, ok := s.tree.Lookup(at); ok && at != "" {
				n += e.Size
			}
		}
	}
	return n
}

var lineSeed = maphash.MakeSeed()

// A fingerprint counts the lines of a file, each weighted by its length. The
// empty fingerprint is similar to nothing.
type fingerprint struct {
	lines map[uint64]int
	size  int
}

func fingerprintOf(f *file) (out fingerprint) {
	if f == nil || f.blocked != nil {
		return out
	}
	out.lines = map[uint64]int{}
	for line := range bytes.Lines(f.data) {
		if line = bytes.TrimSpace(line); len(line) > 0 {
			out.lines[maphash.Bytes(lineSeed, line)] += len(line)
			out.size += len(line)
		}
	}
	return out
}

// similarity is the share of the larger text that both have.
func (a fingerprint) similarity(b fingerprint) float64 {
	common := 0
	for h, n := range a.lines {
		common += min(n, b.lines[h])
	}
	if size := max(a.size, b.size); size > 0 {
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
