package git_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/countersign-dev/countersign/internal/git"
)

// A partial clone lacks blobs, and git ends over each that is asked for. Those
// that are there are read all the same, in any order.
func TestPartialClone(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.git("config", "uploadpack.allowFilter", "true")
	for i := range 40 {
		f.write(fmt.Sprintf("f%02d", i), fmt.Sprintf("small %d\n", i))
		if i%3 == 0 {
			f.write(fmt.Sprintf("f%02d", i), strings.Repeat(fmt.Sprintf("large %d\n", i), 1000))
		}
	}
	id := f.commit("all")
	dir := filepath.Join(t.TempDir(), "clone")
	f.git("clone", "-q", "--bare", "--filter=blob:limit=1k", "file://"+f.dir, dir)
	repo, err := git.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	tree, err := repo.Tree(context.Background(), id)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		i := 0
		for e := range tree.Entries() {
			data, err := tree.Read(e)
			if missing := i%3 == 0; missing != errors.Is(err, git.ErrMissing) || !missing && string(data) != fmt.Sprintf("small %d\n", i) {
				t.Errorf("%s: %q, %v", e.Path, data, err)
			}
			i++
		}
	}
	if err := repo.Close(); err != nil {
		t.Error(err)
	}
}
