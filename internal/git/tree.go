package git

import (
	"bytes"
	"context"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/countersign-dev/countersign/change"
)

// A Tree is the files of one commit. It reads blobs when asked.
type Tree struct {
	repo    *Repo
	entries map[string]change.Entry
	sorted  []string // paths in order; nil until asked for
}

var _ change.Tree = (*Tree)(nil)

// Tree returns the files of a commit or tree.
func (r *Repo) Tree(ctx context.Context, id string) (*Tree, error) {
	out, err := r.run(ctx, "ls-tree", "-r", "-z", "--full-tree", id)
	if err != nil {
		return nil, err
	}
	t := &Tree{repo: r, entries: map[string]change.Entry{}}
	for line := range bytes.SplitSeq(out, []byte{0}) {
		if len(line) == 0 {
			continue
		}
		meta, path, ok := strings.Cut(string(line), "\t") // mode type id, path
		words := strings.Fields(meta)
		if !ok || len(words) != 3 {
			return nil, fmt.Errorf("git ls-tree: cannot read %q", line)
		}
		t.entries[path] = change.Entry{Path: path, Mode: words[0], ID: words[2], Size: -1}
	}
	return t, nil
}

// Lookup finds one path.
func (t *Tree) Lookup(path string) (change.Entry, bool) {
	e, ok := t.entries[path]
	return e, ok
}

// Entries yields every file, sorted by path.
func (t *Tree) Entries() iter.Seq[change.Entry] {
	if t.sorted == nil {
		t.sorted = slices.Sorted(maps.Keys(t.entries))
	}
	return func(yield func(change.Entry) bool) {
		for _, path := range t.sorted {
			if !yield(t.entries[path]) {
				return
			}
		}
	}
}

// Read returns the bytes of an entry.
func (t *Tree) Read(e change.Entry) ([]byte, error) {
	if e.Mode == change.ModeSubmodule {
		return nil, fmt.Errorf("%s is a submodule", e.Path)
	}
	cat, err := t.repo.objects()
	if err != nil {
		return nil, err
	}
	data, err := cat.blob(e.ID)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", e.Path, err)
	}
	return data, nil
}

// objects returns the process that reads objects, and starts it.
func (r *Repo) objects() (*batch, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.cat == nil {
		cat, err := startBatch(r.command(context.Background(), "cat-file", "--batch"))
		if err != nil {
			return nil, err
		}
		r.cat = cat
	}
	return r.cat, nil
}
