package git

import (
	"bytes"
	"context"
	"errors"
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
	return t.repo.blob(e.ID) // whoever reads says which path
}

// blob returns the bytes of an object, see batch.blob. What is known to be
// missing is not asked for again, since git may end over it.
func (r *Repo) blob(id string) ([]byte, error) {
	for range 3 * ahead { // each process is asked something, and answers at least that
		if r.isMissing(id) {
			return nil, fmt.Errorf("object %s %w", id, ErrMissing)
		}
		cat, err := r.objects()
		if err != nil {
			return nil, err
		}
		data, err := cat.blob(id)
		switch {
		case errors.Is(err, ErrMissing):
			r.mu.Lock()
			r.missing[id] = true
			r.mu.Unlock()
		case errors.Is(err, errEnded):
			continue
		}
		return data, err
	}
	return nil, fmt.Errorf("object %s: %w", id, errEnded)
}

func (r *Repo) isMissing(id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.missing[id]
}

// prefetch asks for an object that will be read soon.
func (r *Repo) prefetch(id string) {
	if r.isMissing(id) {
		return
	}
	if cat, err := r.objects(); err == nil {
		cat.want(id)
	}
}

// objects returns the process that reads objects, and starts it, again when it
// ended.
func (r *Repo) objects() (*batch, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.cat != nil && r.cat.dead.Load() {
		_ = r.cat.close() // why it ended was told to whoever asked
		r.cat = nil
	}
	if r.cat == nil {
		cat, err := startBatch(r.command(context.Background(), "cat-file", "--batch"))
		if err != nil {
			return nil, err
		}
		r.cat = cat
	}
	return r.cat, nil
}
