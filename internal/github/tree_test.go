package github

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/countersign-dev/countersign/change"
	"github.com/countersign-dev/countersign/internal/ghsim"
	"github.com/countersign-dev/countersign/review"
)

func paths(t change.Tree) []string {
	var out []string
	for e := range t.Entries() {
		out = append(out, e.Mode+" "+e.Path)
	}
	return out
}

// forest has every kind of entry, and a name that git sorts otherwise than letters do.
var forest = ghsim.CommitSpec{
	Files: ghsim.Files{"a/b.md": "b\n", "a/c/d.md": "d\n", "a.md": "a\n", "run.sh": "#!/bin/sh\n", "link": "a.md", "empty": "",
		"sub": strings.Repeat("0123", 10), "umlaut-ä/x": "x\n"},
	Modes: map[string]string{"run.sh": change.ModeExecutable, "link": change.ModeSymlink, "sub": change.ModeSubmodule},
}

var forestPaths = []string{"100644 README.md", "100644 a.md", "100644 a/b.md", "100644 a/c/d.md", "100644 empty", "120000 link",
	"100644 prompts/refund.md", "100755 run.sh", "160000 sub", "100644 umlaut-ä/x"}

func TestTree(t *testing.T) {
	w := newWorld(t)
	head, err := w.bot.Commit(w.alice, "main", forest)
	if err != nil {
		t.Fatal(err)
	}
	w.calls()
	tree, err := w.client.Tree(t.Context(), w.repo, head)
	if err != nil {
		t.Fatal(err)
	}
	if got := paths(tree); !slices.Equal(got, forestPaths) {
		t.Errorf("entries: %q", got)
	}
	w.wantCalls(treeCall)
	for path, want := range map[string]string{"a/c/d.md": "d\n", "link": "a.md", "empty": "", "run.sh": "#!/bin/sh\n"} {
		e, ok := tree.Lookup(path)
		data, err := tree.Read(e)
		if !ok || err != nil || string(data) != want || e.Size != int64(len(want)) {
			t.Errorf("%s: found %v, %q of %d bytes, %v", path, ok, data, e.Size, err)
		}
		clear(data) // the bytes are the reader's
		if data, _ := tree.Read(e); string(data) != want {
			t.Errorf("%s: what a reader did to the bytes stays", path)
		}
	}
	w.wantCalls(blobCall, blobCall, blobCall, blobCall)
	sub, _ := tree.Lookup("sub")
	if _, err := tree.Read(sub); err == nil {
		t.Error("a submodule has bytes")
	}
	if _, ok := tree.Lookup("a"); ok {
		t.Error("a directory is a file")
	}
	if _, err := w.client.Tree(t.Context(), w.repo, strings.Repeat("0", 40)); !errors.Is(err, review.ErrGone) {
		t.Errorf("no such commit: %v", err)
	}
}

// What a pull request may cost is counted over its trees and files. What is kept
// costs nothing, and whoever has calls left does not fail with those who have none.
func TestReadsAreCounted(t *testing.T) {
	w := newWorld(t)
	head, err := w.bot.Commit(w.alice, "main", forest)
	if err != nil {
		t.Fatal(err)
	}
	ctx := review.WithReads(t.Context(), 2)
	tree, err := w.client.Tree(ctx, w.repo, head)
	if err != nil {
		t.Fatal(err)
	}
	read := func(tree change.Tree, path string) error {
		e, _ := tree.Lookup(path)
		_, err := tree.Read(e)
		return err
	}
	if err := errors.Join(read(tree, "a.md"), read(tree, "a.md")); err != nil {
		t.Errorf("the second call, and what it brought: %v", err)
	}
	w.calls()
	if err := read(tree, "a/b.md"); !errors.Is(err, review.ErrTooMuch) {
		t.Errorf("the third call: %v; want %v", err, review.ErrTooMuch)
	}
	w.wantCalls()
	none := review.WithReads(t.Context(), 0)
	if _, err := w.client.Tree(none, w.repo, head); err != nil {
		t.Errorf("a tree that is kept: %v", err)
	}
	free, err := w.client.Tree(t.Context(), w.repo, head)
	if err != nil || read(free, "a/b.md") != nil {
		t.Errorf("without a bound: %v", err)
	}

	// Many want one file at once, and only some may ask for it.
	bounds := []context.Context{none, t.Context()}
	errs := make([]error, 20)
	var all sync.WaitGroup
	for i := range errs {
		all.Go(func() {
			tree, err := w.client.Tree(bounds[i%2], w.repo, head)
			if err == nil {
				err = read(tree, "run.sh")
			}
			errs[i] = err
		})
	}
	all.Wait()
	for i := 1; i < len(errs); i += 2 {
		if errs[i] != nil {
			t.Errorf("one that may ask fails with another: %v", errs[i])
		}
	}
}

func TestTruncatedTreeIsCompleted(t *testing.T) {
	w := newWorld(t)
	head, err := w.bot.Commit(w.alice, "main", forest)
	if err != nil {
		t.Fatal(err)
	}
	w.bot.TruncateTrees(2)
	w.calls()
	tree, err := w.client.Tree(t.Context(), w.repo, head)
	if err != nil {
		t.Fatal(err)
	}
	if got := paths(tree); !slices.Equal(got, forestPaths) {
		t.Errorf("entries: %q", got)
	}
	cold := len(w.calls())

	// The next commit costs only the directories that changed.
	if head, err = w.bot.Commit(w.alice, "main", ghsim.CommitSpec{Files: ghsim.Files{prompt: "v2\n"}}); err != nil {
		t.Fatal(err)
	}
	if tree, err = w.client.Tree(t.Context(), w.repo, head); err != nil {
		t.Fatal(err)
	}
	e, _ := tree.Lookup(prompt)
	if data, err := tree.Read(e); string(data) != "v2\n" {
		t.Errorf("changed file: %q, %v", data, err)
	}
	if warm := len(w.calls()) - 1; warm != 3 || cold <= warm { // the commit cut and whole, and one directory
		t.Errorf("%d calls for the first commit, %d for the next", cold, warm)
	}
}

func TestFlatDirectoryThatIsCut(t *testing.T) {
	w := newWorld(t)
	g := w.newClient(Config{Transport: rewrite{"/git/trees/", `"truncated":false`, `"truncated":true`}})
	if _, err := g.Tree(t.Context(), w.repo, w.bot.Head("main")); err == nil || !strings.Contains(err.Error(), "more entries than GitHub lists") {
		t.Errorf("err = %v", err)
	}
}

// A rewrite replaces text in the answers of one path.
type rewrite struct{ path, old, new string }

func (r rewrite) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil || !strings.Contains(req.URL.Path, r.path) {
		return resp, err
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	resp.Body = io.NopCloser(strings.NewReader(strings.ReplaceAll(string(body), r.old, r.new)))
	return resp, err
}

func TestAnswersThatAreNoTree(t *testing.T) {
	w := newWorld(t)
	for name, r := range map[string]rewrite{
		"unknown mode": {"/git/trees/", `"mode":"100644"`, `"mode":"100000"`},
		"bad id":       {"/git/trees/", `"sha":"`, `"sha":"../`},
		"path twice":   {"/git/trees/", `README.md`, prompt},
		"empty path":   {"/git/trees/", `"path":"README.md"`, `"path":""`},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := w.newClient(Config{Transport: r}).Tree(t.Context(), w.repo, w.bot.Head("main")); err == nil {
				t.Error("it was taken for one")
			}
		})
	}
}

func TestBlobsAreWhatTheirIDsSay(t *testing.T) {
	w := newWorld(t)
	for name, r := range map[string]rewrite{
		"other bytes":       {"/git/blobs/", base64.StdEncoding.EncodeToString([]byte("v1\n")), base64.StdEncoding.EncodeToString([]byte("v2\n"))},
		"no base64":         {"/git/blobs/", `"content":"`, `"content":"!`},
		"unknown encoding":  {"/git/blobs/", `"base64"`, `"rot13"`},
		"cut":               {"/git/blobs/", base64.StdEncoding.EncodeToString([]byte("v1\n")), ""},
		"said to be large":  {"/git/blobs/", `"size":3`, `"size":99999999`},
		"large in the tree": {"/git/trees/", `"size":3`, `"size":99999999`},
	} {
		t.Run(name, func(t *testing.T) {
			tree, err := w.newClient(Config{Transport: r}).Tree(t.Context(), w.repo, w.bot.Head("main"))
			if err != nil {
				t.Fatal(err)
			}
			e, _ := tree.Lookup(prompt)
			if data, err := tree.Read(e); err == nil {
				t.Errorf("read %q", data)
			} else if !strings.Contains(err.Error(), prompt) {
				t.Errorf("err = %v", err)
			}
		})
	}
}

func TestOneLoadForAll(t *testing.T) {
	w := newWorld(t)
	head := w.bot.Head("main")
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if _, err := w.client.Tree(t.Context(), w.repo, head); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	w.wantCalls(treeCall)
}

func TestCacheKeepsWithinItsBytes(t *testing.T) {
	t.Parallel()
	c := newCache(100)
	loads := 0
	get := func(id string, size int64) {
		t.Helper()
		got, err := load(t.Context(), c, cacheKey{1, "blob", id}, func() (string, int64, error) { loads++; return id, size, nil })
		if err != nil || got != id {
			t.Errorf("%s: %q, %v", id, got, err)
		}
	}
	for _, step := range []struct {
		id    string
		size  int64
		loads int
	}{
		{"a", 40, 1}, {"b", 40, 2}, {"a", 40, 2}, {"c", 40, 3}, // drops b, the oldest
		{"a", 40, 3}, {"b", 40, 4}, {"a", 40, 4}, {"c", 40, 5},
		{"huge", 101, 6}, {"huge", 101, 7}, {"c", 40, 7}, // what does not fit drops nothing
	} {
		if get(step.id, step.size); loads != step.loads {
			t.Errorf("%s: %d loads, want %d", step.id, loads, step.loads)
		}
	}
	c.forget(2)
	if get("c", 40); loads != 7 {
		t.Error("another installation's entries were forgotten")
	}
	c.forget(1)
	if len(c.entries) != 0 || c.size != 0 || c.recent.Len() != 0 {
		t.Errorf("left: %d entries of %d bytes", len(c.entries), c.size)
	}
}

func TestCacheKeepsNoErrors(t *testing.T) {
	t.Parallel()
	c := newCache(100)
	key := cacheKey{1, "blob", "a"}
	broken := errors.New("broken")
	if _, err := load(t.Context(), c, key, func() (int, int64, error) { return 0, 1, broken }); err != broken {
		t.Fatal(err)
	}
	if got, err := load(t.Context(), c, key, func() (int, int64, error) { return 7, 1, nil }); got != 7 || err != nil {
		t.Errorf("%d, %v", got, err)
	}
}

func TestCacheOutlivesWhoGivesUp(t *testing.T) {
	t.Parallel()
	c := newCache(100)
	key := cacheKey{1, "blob", "a"}
	ctx, cancel := context.WithCancel(t.Context())
	loading, waiting := make(chan struct{}), make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		_, err := load(ctx, c, key, func() (int, int64, error) {
			close(loading)
			<-ctx.Done()
			return 0, 0, fmt.Errorf("read: %w", ctx.Err())
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("who gave up: %v", err)
		}
	})
	<-loading
	all.Go(func() {
		close(waiting)
		got, err := load(t.Context(), c, key, func() (int, int64, error) { return 7, 1, nil })
		if got != 7 || err != nil {
			t.Errorf("who waited: %d, %v", got, err)
		}
	})
	<-waiting
	impatient, stop := context.WithCancel(t.Context())
	stop()
	if _, err := load(impatient, c, key, func() (int, int64, error) { return 8, 1, nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("who does not wait: %v", err)
	}
	cancel()
	all.Wait()
}

func TestCacheForgetsWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	c := newCache(100)
	key := cacheKey{1, "blob", "a"}
	if _, err := load(t.Context(), c, key, func() (int, int64, error) { c.forget(1); return 7, 1, nil }); err != nil {
		t.Fatal(err)
	}
	if len(c.entries) != 0 || len(c.flights) != 0 {
		t.Error("what was loaded for a forgotten installation is kept")
	}
}
