package main

import (
	"errors"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestCommands runs testdata/command/*.txt: the binary as people use it on their
// own machine, over real git repositories.
func TestCommands(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("..", "..", "testdata", "command"),
		Setup: func(env *testscript.Env) error {
			for _, v := range []string{"GIT_AUTHOR_NAME=alice", "GIT_AUTHOR_EMAIL=alice@example.com", "GIT_COMMITTER_NAME=alice",
				"GIT_COMMITTER_EMAIL=alice@example.com", "GIT_AUTHOR_DATE=2026-03-02T09:00:00Z", "GIT_COMMITTER_DATE=2026-03-02T09:00:00Z",
				"GIT_CONFIG_GLOBAL=" + filepath.Join(env.WorkDir, ".none"), "GIT_CONFIG_NOSYSTEM=1"} {
				env.Vars = append(env.Vars, v)
			}
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits":  exits,
			"commit": commitAll,
		},
		RequireUniqueNames:  true,
		RequireExplicitExec: true,
	})
}

// exits CODE ARG…: countersign ends with a code
func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	var failed *exec.ExitError
	if err := ts.Exec("countersign", args[1:]...); errors.As(err, &failed) {
		got = failed.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("countersign %q exits %d, want %d", args[1:], got, want)
	}
}

// commit SUBJECT: everything in the current folder
func commitAll(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(ts.Exec("git", "add", "--all"))
	ts.Check(ts.Exec("git", "commit", "--quiet", "--message", args[0]))
}
