package git_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/countersign-dev/countersign/change"
	"github.com/countersign-dev/countersign/internal/git"
)

// A fixture is a repository that tests write with git itself.
type fixture struct {
	t   *testing.T
	dir string
	now time.Time
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{t, t.TempDir(), time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	f.git("init", "-q", "-b", "main")
	return f
}

func (f *fixture) git(args ...string) string {
	f.t.Helper()
	cmd := exec.Command("git", args...)
	cmd.Dir = f.dir
	stamp := f.now.Format(time.RFC3339)
	cmd.Env = append(os.Environ(), "GIT_AUTHOR_NAME=Ann", "GIT_AUTHOR_EMAIL=ann@example.com", "GIT_COMMITTER_NAME=Cy",
		"GIT_COMMITTER_EMAIL=cy@example.com", "GIT_AUTHOR_DATE="+stamp, "GIT_COMMITTER_DATE="+stamp, "GIT_CONFIG_GLOBAL=/dev/null")
	out, err := cmd.CombinedOutput()
	if err != nil {
		f.t.Fatalf("git %v: %v\n%s", args, err, out)
	}
	return strings.TrimSpace(string(out))
}

func (f *fixture) write(path, text string) {
	f.t.Helper()
	full := filepath.Join(f.dir, path)
	if err := os.MkdirAll(filepath.Dir(full), 0o755); err != nil {
		f.t.Fatal(err)
	}
	if err := os.WriteFile(full, []byte(text), 0o644); err != nil {
		f.t.Fatal(err)
	}
}

func (f *fixture) commit(message string) string {
	f.t.Helper()
	f.now = f.now.Add(time.Hour)
	f.git("add", "-A")
	f.git("commit", "-q", "--allow-empty", "-m", message)
	return f.git("rev-parse", "HEAD")
}

// history makes a first-parent history with a merge, a rename, a deletion, a
// symlink, odd names and an empty commit.
func (f *fixture) history() {
	f.write("CLAUDE.md", "one\n")
	f.write("a b/ü \"quoted\".txt", "x\n")
	f.commit("first")
	f.git("checkout", "-q", "-b", "work")
	f.write("side.txt", "side\n")
	f.commit("on the side")
	f.git("checkout", "-q", "main")
	f.write("CLAUDE.md", "two\n")
	f.commit("second (#7)")
	f.now = f.now.Add(time.Hour)
	f.git("merge", "-q", "--no-ff", "-m", "Merge pull request #8 from acme/work", "work")
	f.git("mv", "side.txt", "moved.txt")
	f.commit("rename")
	if err := os.Symlink("CLAUDE.md", filepath.Join(f.dir, "AGENTS.md")); err != nil {
		f.t.Fatal(err)
	}
	f.commit("link")
	f.commit("empty")
	f.git("rm", "-q", "moved.txt")
	f.commit("delete\n\nwith \x1f odd bytes")
}

func paths(t change.Tree) map[string]string {
	out := map[string]string{}
	for e := range t.Entries() {
		out[e.Path] = e.Mode + " " + e.ID
	}
	return out
}

// The trees of a walk are those that git itself lists for the commit and its
// first parent.
func TestWalk(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.history()
	repo, err := git.Open(f.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer repo.Close()
	ctx := context.Background()
	var subjects []string
	for l, err := range repo.Walk(ctx, "HEAD", time.Time{}) {
		if err != nil {
			t.Fatal(err)
		}
		subjects = append(subjects, l.Subject)
		real, err := repo.Tree(ctx, l.Commit)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(paths(real), paths(l.After)); diff != "" {
			t.Errorf("after %s:\n%s", l.Subject, diff)
		}
		before := map[string]string{}
		if len(l.Parents) > 0 {
			parent, err := repo.Tree(ctx, l.Parents[0])
			if err != nil {
				t.Fatal(err)
			}
			before = paths(parent)
		}
		if diff := cmp.Diff(before, paths(l.Before)); diff != "" {
			t.Errorf("before %s:\n%s", l.Subject, diff)
		}
		if e, ok := l.After.Lookup("CLAUDE.md"); !ok {
			t.Errorf("%s: CLAUDE.md is missing", l.Subject)
		} else if data, err := l.After.Read(e); err != nil || len(data) != 4 {
			t.Errorf("%s: CLAUDE.md reads %q, %v", l.Subject, data, err)
		}
		if l.Author != "Ann" || l.Committer != "Cy" {
			t.Errorf("%s: by %s, %s", l.Subject, l.Author, l.Committer)
		}
	}
	want := []string{"first", "second (#7)", "Merge pull request #8 from acme/work", "rename", "link", "empty", "delete"}
	if !slices.Equal(subjects, want) {
		t.Errorf("walked %q, want %q", subjects, want)
	}
}

// A walk that begins late starts from the right tree.
func TestWalkSince(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.history()
	repo, err := git.Open(f.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer repo.Close()
	n := 0
	for l, err := range repo.Walk(context.Background(), "HEAD", f.now.Add(-90*time.Minute)) {
		if err != nil {
			t.Fatal(err)
		}
		n++
		if _, ok := l.Before.Lookup("CLAUDE.md"); !ok {
			t.Errorf("%s: the tree before it is empty", l.Subject)
		}
	}
	if n != 2 {
		t.Errorf("%d landings, want 2", n)
	}
}

func TestStopEarly(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.history()
	repo, err := git.Open(f.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer repo.Close()
	for _, err := range repo.Walk(context.Background(), "HEAD", time.Time{}) {
		if err != nil {
			t.Fatal(err)
		}
		break
	}
}

// Nothing that a repository configures is run.
func TestHostileConfig(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.write("CLAUDE.md", "one\n")
	f.write(".gitattributes", "*.md diff=evil\n")
	f.commit("first")
	f.write("CLAUDE.md", "two\n")
	f.commit("second")
	mark := filepath.Join(f.dir, "ran")
	for _, key := range []string{"core.fsmonitor", "diff.external", "diff.evil.textconv", "diff.evil.command", "core.pager", "gpg.program", "core.sshCommand"} {
		f.git("config", key, "touch "+mark+" #")
	}
	f.git("config", "log.showSignature", "true")
	repo, err := git.Open(f.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer repo.Close()
	for l, err := range repo.Walk(context.Background(), "HEAD", time.Time{}) {
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := l.After.Lookup("CLAUDE.md"); ok {
			if _, err := l.After.Read(e); err != nil {
				t.Fatal(err)
			}
		}
	}
	if _, err := os.Stat(mark); err == nil {
		t.Error("a command of the repository's configuration was run")
	}
}

func TestClearErrors(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	f.commit("first")
	if _, err := git.Open(filepath.Join(f.dir, "nowhere")); err == nil {
		t.Error("a folder that is not there was opened")
	}
	if _, err := git.Open(t.TempDir()); err == nil || !strings.Contains(err.Error(), "not a git repository") {
		t.Errorf("no repository: %v", err)
	}
	repo, err := git.Open(f.dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, rev := range []string{"nowhere", "--upload-pack=x", ""} {
		if id, err := repo.Resolve(context.Background(), rev); err == nil {
			t.Errorf("%q resolves to %s", rev, id)
		}
	}
}
