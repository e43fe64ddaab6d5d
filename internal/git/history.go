package git

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/countersign-dev/countersign/change"
)

// A Landing is one first-parent commit of a branch.
type Landing struct {
	Commit    string
	Parents   []string
	Author    string // name, as the commit has it: a claim, not an identity
	Committer string
	At        time.Time // the committer's clock
	Subject   string
	// Before and After are the trees around the commit. They share state and
	// are valid until the next landing.
	Before, After change.Tree
}

// Walk yields the first-parent history that leads to rev, oldest first. With
// since set, older commits by the committer's clock are left out. Memory does
// not grow with the length of the history.
func (r *Repo) Walk(ctx context.Context, rev string, since time.Time) iter.Seq2[Landing, error] {
	return func(yield func(Landing, error) bool) {
		args := []string{"log", "--first-parent", "--diff-merges=first-parent", "--root", "--reverse", "--raw", "-z", "--no-abbrev",
			"--no-renames", "--no-textconv", "--no-ext-diff", "--ignore-submodules=none",
			"--format=%x02%H%x1f%P%x1f%ct%x1f%an%x1f%cn%x1f%s"}
		if !since.IsZero() {
			args = append(args, "--since-as-filter="+since.UTC().Format(time.RFC3339))
		}
		cmd := r.command(ctx, append(args, rev, "--")...)
		var complaint bytes.Buffer
		cmd.Stderr = &complaint
		out, err := cmd.StdoutPipe()
		if err == nil {
			err = cmd.Start()
		}
		if err != nil {
			yield(Landing{}, fmt.Errorf("git log: %w", err))
			return
		}
		w := &walker{repo: r, ctx: ctx, in: bufio.NewReaderSize(out, 1<<16), stop: make(chan struct{}), found: make(chan raw, ahead/2)}
		var reading sync.WaitGroup
		reading.Go(w.readAhead)
		stopped := w.run(yield)
		close(w.stop)
		if stopped {
			_ = cmd.Process.Kill()
		}
		reading.Wait()
		if err := cmd.Wait(); err != nil && !stopped {
			yield(Landing{}, fmt.Errorf("git log: %s", strings.TrimSpace(complaint.String())))
		}
	}
}

// A walker turns the output of git log --raw -z into landings. It reads ahead,
// and asks for the blobs that will be looked at before they are.
type walker struct {
	repo  *Repo
	ctx   context.Context
	in    *bufio.Reader
	found chan raw
	stop  chan struct{} // closed when nobody takes from found any more
	files *moving
	last  string // the commit that files stands at
}

// A raw is one commit as git log prints it, or why there is none.
type raw struct {
	landing Landing
	steps   []step
	err     error
}

// readAhead parses commits until the output ends, and closes found.
func (w *walker) readAhead() {
	defer close(w.found)
	head, err := w.token()
	for err == nil {
		var c raw
		if c.landing, c.err = parseHeader(head); c.err == nil {
			c.steps, head, err = w.steps()
			if err != nil && err != io.EOF {
				c.err = err
			}
			w.prefetch(c.steps)
		}
		select {
		case w.found <- c:
		case <-w.stop:
			return
		}
		if c.err != nil {
			return
		}
	}
	if err != io.EOF {
		select {
		case w.found <- raw{err: err}:
		case <-w.stop:
		}
	}
}

// prefetch asks for the new versions of files that some format may recognise.
func (w *walker) prefetch(steps []step) {
	if len(steps) > ahead/8 { // a commit of many files would push out its own blobs
		return
	}
	for _, s := range steps {
		if s.now.Path == "" || s.now.Mode == change.ModeSubmodule || !change.MayMatter(s.path) {
			continue
		}
		w.repo.prefetch(s.now.ID)
	}
}

// run yields landings until there are no more. It reports whether it was told
// to stop, or failed and said so.
func (w *walker) run(yield func(Landing, error) bool) (stopped bool) {
	for c := range w.found {
		if c.err == nil {
			c.err = w.moveTo(&c.landing, c.steps)
		}
		if c.err != nil {
			yield(Landing{}, c.err)
			return true
		}
		if !yield(c.landing, nil) {
			return true
		}
	}
	return false
}

// token reads up to the next NUL.
func (w *walker) token() (string, error) {
	s, err := w.in.ReadString(0)
	if err == io.EOF && strings.Trim(s, "\n") != "" {
		return strings.TrimSuffix(s, "\x00"), nil
	}
	return strings.TrimSuffix(s, "\x00"), err
}

func parseHeader(s string) (Landing, error) {
	s = strings.TrimPrefix(strings.TrimLeft(s, "\n"), "\x02")
	f := strings.SplitN(s, "\x1f", 6)
	if len(f) != 6 {
		return Landing{}, fmt.Errorf("git log: cannot read %q", s)
	}
	at, err := strconv.ParseInt(f[2], 10, 64)
	if err != nil {
		return Landing{}, fmt.Errorf("git log: %q is not a time", f[2])
	}
	return Landing{Commit: f[0], Parents: strings.Fields(f[1]), At: time.Unix(at, 0).UTC(), Author: f[3], Committer: f[4], Subject: f[5]}, nil
}

// A step is what one commit does to one path.
type step struct {
	path     string
	old, now change.Entry
}

// steps reads the raw entries of a commit, and the header of the next one.
func (w *walker) steps() (out []step, next string, err error) {
	for {
		s, err := w.token()
		if err != nil {
			return out, "", err
		}
		s = strings.TrimLeft(s, "\n")
		if !strings.HasPrefix(s, ":") {
			if s == "" {
				continue
			}
			return out, s, nil
		}
		f := strings.Fields(s[1:]) // old mode, new mode, old id, new id, status
		path, err := w.token()
		if err != nil || len(f) != 5 {
			return out, "", fmt.Errorf("git log: cannot read %q", s)
		}
		st := step{path: path}
		if f[0] != "000000" {
			st.old = change.Entry{Path: path, Mode: f[0], ID: f[2], Size: -1}
		}
		if f[1] != "000000" {
			st.now = change.Entry{Path: path, Mode: f[1], ID: f[3], Size: -1}
		}
		out = append(out, st)
	}
}

// moveTo brings the shared state to the commit of l and sets its trees.
func (w *walker) moveTo(l *Landing, steps []step) error {
	parent := ""
	if len(l.Parents) > 0 {
		parent = l.Parents[0]
	}
	if w.files == nil || w.last != parent {
		w.files = &moving{Tree: Tree{repo: w.repo, entries: map[string]change.Entry{}}, refer: map[string]bool{}}
		if parent != "" {
			t, err := w.repo.Tree(w.ctx, parent)
			if err != nil {
				return err
			}
			w.files.entries = t.entries
			for path, e := range t.entries {
				w.files.noteReferrer(path, e)
			}
		}
	}
	before := &past{now: w.files, old: map[string]change.Entry{}}
	for _, s := range steps {
		before.old[s.path] = s.old
		before.note(s)
		w.files.apply(s)
	}
	w.files.sorted = nil
	w.last = l.Commit
	l.Before, l.After = before, w.files
	return nil
}

// moving is the tree at the present commit of a walk.
type moving struct {
	Tree
	refer map[string]bool // paths that may refer to other files
}

var _ change.Referrer = (*moving)(nil)

func (t *moving) apply(s step) {
	if s.now.Path == "" {
		delete(t.entries, s.path)
		delete(t.refer, s.path)
		return
	}
	t.entries[s.path] = s.now
	t.noteReferrer(s.path, s.now)
}

func (t *moving) noteReferrer(path string, e change.Entry) {
	if e.Mode == change.ModeSymlink || change.MayRefer(path) {
		t.refer[path] = true
	} else {
		delete(t.refer, path)
	}
}

// Referrers yields the files that may pull in others.
func (t *moving) Referrers() iter.Seq[change.Entry] {
	return func(yield func(change.Entry) bool) {
		for _, path := range slices.Sorted(maps.Keys(t.refer)) {
			if !yield(t.entries[path]) {
				return
			}
		}
	}
}

// past is the tree just before the present commit of a walk: the present one
// with the old entries of what the commit changed.
type past struct {
	now  *moving
	old  map[string]change.Entry // Path "" where there was none
	diff change.Diff
}

var (
	_ change.Differ   = (*past)(nil)
	_ change.Referrer = (*past)(nil)
)

func (t *past) note(s step) {
	switch {
	case s.old.Path == "":
		t.diff.Added = append(t.diff.Added, s.path)
	case s.now.Path == "":
		t.diff.Removed = append(t.diff.Removed, s.path)
	default:
		t.diff.Modified = append(t.diff.Modified, s.path)
	}
}

// Diff tells what the present commit changed.
func (t *past) Diff(head change.Tree) (change.Diff, bool) {
	if now, ok := head.(*moving); !ok || now != t.now {
		return change.Diff{}, false
	}
	return t.diff, true
}

// Lookup finds one path.
func (t *past) Lookup(path string) (change.Entry, bool) {
	if e, ok := t.old[path]; ok {
		return e, e.Path != ""
	}
	return t.now.Lookup(path)
}

// Entries yields every file, sorted by path.
func (t *past) Entries() iter.Seq[change.Entry] { return t.merged(t.now.Entries()) }

// Referrers yields the files that may pull in others.
func (t *past) Referrers() iter.Seq[change.Entry] { return t.merged(t.now.Referrers()) }

// merged puts the old entries in the place of the new ones.
func (t *past) merged(now iter.Seq[change.Entry]) iter.Seq[change.Entry] {
	return func(yield func(change.Entry) bool) {
		var all []change.Entry
		for e := range now {
			if _, changed := t.old[e.Path]; !changed {
				all = append(all, e)
			}
		}
		for _, e := range t.old {
			if e.Path != "" {
				all = append(all, e)
			}
		}
		slices.SortFunc(all, func(a, b change.Entry) int { return strings.Compare(a.Path, b.Path) })
		for _, e := range all {
			if !yield(e) {
				return
			}
		}
	}
}

// Read returns the bytes of an entry.
func (t *past) Read(e change.Entry) ([]byte, error) { return t.now.Read(e) }
