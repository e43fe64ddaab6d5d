// Package git reads local repositories through the git command: trees, blobs
// and the first-parent history of a branch.
//
// The repository may be anybody's. Git is run without its network, hooks,
// external diffs and pagers, and without writing.
package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

// A Repo is a local repository, bare or not.
type Repo struct {
	dir string

	mu      sync.Mutex // covers what follows
	cat     *batch
	missing map[string]bool // objects that are not there
}

// Open finds the repository that dir lies in.
func Open(dir string) (*Repo, error) {
	if st, err := os.Stat(dir); err != nil {
		return nil, err
	} else if !st.IsDir() {
		return nil, fmt.Errorf("%s is not a folder", dir)
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	r := &Repo{dir: abs, missing: map[string]bool{}}
	if _, err := r.run(context.Background(), "rev-parse", "--git-dir"); err != nil {
		return nil, fmt.Errorf("%s is not a git repository (or git is not installed): %w", dir, err)
	}
	return r, nil
}

// Close ends the process that reads objects.
func (r *Repo) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.cat == nil {
		return nil
	}
	err := r.cat.close()
	if r.cat.dead.Load() {
		err = nil // that it ended was told to whoever asked
	}
	r.cat = nil
	return err
}

// command prepares a git command that runs nothing else and asks no network.
func (r *Repo) command(ctx context.Context, args ...string) *exec.Cmd {
	safe := []string{"--no-pager", "--no-optional-locks", "--no-replace-objects", "-c", "core.fsmonitor=false",
		"-c", "core.hooksPath=/dev/null", "-c", "protocol.allow=never", "-c", "log.showSignature=false",
		"-c", "diff.renames=false", "-c", "core.quotePath=false", "-c", "gc.auto=0"}
	cmd := exec.CommandContext(ctx, "git", append(safe, args...)...)
	cmd.Dir = r.dir
	cmd.Env = append(os.Environ(), "GIT_TERMINAL_PROMPT=0", "GIT_NO_LAZY_FETCH=1", "LC_ALL=C", "GIT_CONFIG_GLOBAL="+os.DevNull)
	return cmd
}

// run returns what a git command prints. Its complaint is in the error.
func (r *Repo) run(ctx context.Context, args ...string) ([]byte, error) {
	cmd := r.command(ctx, args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		var exit *exec.ExitError
		if text := strings.TrimSpace(stderr.String()); errors.As(err, &exit) && text != "" {
			first, _, _ := strings.Cut(text, "\n")
			return nil, fmt.Errorf("git %s: %s", args[0], strings.TrimPrefix(first, "fatal: "))
		}
		return nil, fmt.Errorf("git %s: %w", args[0], err)
	}
	return stdout.Bytes(), nil
}

// Resolve turns a revision as people write it into a commit id.
func (r *Repo) Resolve(ctx context.Context, rev string) (string, error) {
	if strings.HasPrefix(rev, "-") {
		return "", fmt.Errorf("%q is not a revision", rev)
	}
	out, err := r.run(ctx, "rev-parse", "--verify", "--quiet", "--end-of-options", rev+"^{commit}")
	if err != nil {
		return "", fmt.Errorf("there is no commit %q in %s", rev, r.dir)
	}
	return strings.TrimSpace(string(out)), nil
}

// MergeBase returns the commit where two lines of history parted.
func (r *Repo) MergeBase(ctx context.Context, a, b string) (string, error) {
	out, err := r.run(ctx, "merge-base", a, b)
	if err != nil {
		return "", fmt.Errorf("%s and %s have no common history", a, b)
	}
	return strings.TrimSpace(string(out)), nil
}

// Branch returns the name of the branch that is checked out, "" when none is.
func (r *Repo) Branch(ctx context.Context) string {
	out, err := r.run(ctx, "symbolic-ref", "--quiet", "--short", "HEAD")
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(out))
}

// Dirty says that the work tree holds something that is not committed. A bare
// repository has none.
func (r *Repo) Dirty(ctx context.Context) bool {
	out, err := r.run(ctx, "status", "--porcelain", "--untracked-files=normal", "--ignore-submodules=all")
	return err == nil && len(out) > 0
}

// Names lists branches and tags as people write them, for completion.
func (r *Repo) Names(ctx context.Context) ([]string, error) {
	out, err := r.run(ctx, "for-each-ref", "--format=%(refname:short)", "refs/heads", "refs/remotes", "refs/tags")
	return strings.Fields(string(out)), err
}

// DefaultBase guesses what a branch is to be merged into: the remote's default
// branch, else main or master.
func (r *Repo) DefaultBase(ctx context.Context) (string, error) {
	if out, err := r.run(ctx, "symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD"); err == nil {
		return strings.TrimSpace(string(out)), nil
	}
	for _, name := range []string{"origin/main", "origin/master", "main", "master"} {
		if _, err := r.Resolve(ctx, name); err == nil {
			return name, nil
		}
	}
	return "", errors.New("cannot tell what this branch is to be merged into: name it with --base")
}
