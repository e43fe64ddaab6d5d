package review

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"

	"github.com/countersign-dev/countersign/change"
)

// outdated lists the governed files of which a merge would land other content
// than the head shows: those of the requirements' scopes that the base branch
// changed since the merge base, and those that what landed there meanwhile made
// governed, such as a file that a prompt refers to by now.
func outdated(c *Case, base, head, tip change.Tree, s change.Settings) ([]string, error) {
	if c.Pull.MergeBase == c.Pull.BaseTip {
		return nil, nil
	}
	seen, out := map[string]bool{}, map[string]bool{}
	gate, _ := gating(c.Set)
	for _, ch := range gate {
		for _, path := range ch.Paths {
			seen[path] = true
		}
	}
	for _, req := range c.Demand.Requirements {
		for _, path := range req.Paths {
			was, _ := base.Lookup(path)
			now, _ := tip.Lookup(path)
			ours, _ := head.Lookup(path)
			if !same(was, now) && !same(ours, now) {
				out[path] = true
			}
		}
	}
	set, err := change.Compare(tip, merged(base, head, tip), s)
	if err != nil {
		return nil, fmt.Errorf("compare %s with what would land on it: %w", short(c.Pull.BaseTip), err)
	}
	gate, _ = gating(set)
	for _, ch := range gate {
		for _, path := range ch.Paths {
			was, _ := base.Lookup(path)
			now, _ := tip.Lookup(path)
			ours, _ := head.Lookup(path)
			if !seen[path] && !(same(was, now) && same(was, ours)) {
				out[path] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(out)), nil
}

func same(a, b change.Entry) bool { return a.ID == b.ID && a.Mode == b.Mode }

// merged is about what a merge of head would leave on tip: the files that the
// pull request changes as it has them, at the place where the base branch has
// them by now, and all others as the tip has them. Files that both changed have
// no known content; they are as the head has them.
func merged(base, head, tip change.Tree) change.Tree {
	ours := map[string]change.Entry{} // what the pull request makes of a path; no ID: removed
	for e := range head.Entries() {
		if was, ok := base.Lookup(e.Path); !ok || !same(was, e) {
			ours[e.Path] = e
		}
	}
	for e := range base.Entries() {
		if _, ok := head.Lookup(e.Path); !ok {
			ours[e.Path] = change.Entry{}
		}
	}
	moved := movedTo(base, tip, ours)
	m := overlay{tip: tip, head: head, own: map[string]bool{}}
	for path, e := range ours {
		if e.ID == "" {
			continue
		}
		e.Path = cmp.Or(moved[path], path)
		m.own[e.Path] = true
		m.entries = append(m.entries, e)
	}
	for e := range tip.Entries() {
		if _, ok := ours[e.Path]; !ok && !m.own[e.Path] {
			m.entries = append(m.entries, e)
		}
	}
	slices.SortFunc(m.entries, func(a, b change.Entry) int { return cmp.Compare(a.Path, b.Path) })
	return m
}

// movedTo says where the base branch has the files by now that the pull request
// changes and that are gone from their place: git carries an edit along.
func movedTo(base, tip change.Tree, ours map[string]change.Entry) map[string]string {
	gone := map[string]string{} // blob → path in base
	for path := range ours {
		was, had := base.Lookup(path)
		if _, has := tip.Lookup(path); had && !has {
			gone[was.ID] = path
		}
	}
	out := map[string]string{}
	if len(gone) == 0 {
		return out
	}
	for e := range tip.Entries() {
		if _, had := base.Lookup(e.Path); !had && gone[e.ID] != "" {
			out[gone[e.ID]] = e.Path
		}
	}
	return out
}

// An overlay is a tree of which some files are those of another.
type overlay struct {
	tip, head change.Tree
	entries   []change.Entry  // sorted by path
	own       map[string]bool // paths that are the head's
}

// Lookup implements change.Tree.
func (o overlay) Lookup(path string) (change.Entry, bool) {
	i, ok := slices.BinarySearchFunc(o.entries, path, func(e change.Entry, p string) int { return cmp.Compare(e.Path, p) })
	if !ok {
		return change.Entry{}, false
	}
	return o.entries[i], true
}

// Entries implements change.Tree.
func (o overlay) Entries() iter.Seq[change.Entry] { return slices.Values(o.entries) }

// Read implements change.Tree.
func (o overlay) Read(e change.Entry) ([]byte, error) {
	if !o.own[e.Path] {
		return o.tip.Read(e)
	}
	if _, ok := o.head.Lookup(e.Path); ok {
		return o.head.Read(e)
	}
	return o.tip.Read(e)
}
