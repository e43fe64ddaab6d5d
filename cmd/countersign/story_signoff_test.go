package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

func init() {
	storyCommands["press"] = press
	storyCommands["assign"] = assign
	storyCommands["minute"] = minute
	storyCommands["backtest"] = backtestSeen
	storyCommands["again"] = again
}

// press PR WHO [-head SHA]: the button on the check of a head
func press(ts *testscript.TestScript, _ bool, args []string) {
	s := storyOf(ts)
	head := s.pull(ts, args[0]).Head()
	if len(args) > 3 {
		head = os.Expand(args[3], ts.Getenv)
	}
	for _, run := range s.repo.CheckRuns(head) {
		if run.AppID == s.sim.App().ID() && len(run.Actions) > 0 {
			s.act(ts, func() error { return s.repo.ClickAction(s.person(ts, args[1]), run.ID, run.Actions[0].Identifier) })
			return
		}
	}
	ts.Fatalf("%s has no button", args[0])
}

// assign PR WHO
func assign(ts *testscript.TestScript, _ bool, args []string) {
	s := storyOf(ts)
	s.act(ts, func() error {
		s.pull(ts, args[0]).Assign(s.person(ts, "alice"), s.person(ts, args[1]))
		return nil
	})
}

// minute: what the server does every minute
func minute(ts *testscript.TestScript, _ bool, _ []string) {
	s := storyOf(ts)
	s.act(ts, func() error { return s.srv.sweeper.Due(context.Background()) })
}

// again EVENT.ACTION: GitHub delivers the newest such delivery once more
func again(ts *testscript.TestScript, _ bool, args []string) {
	s := storyOf(ts)
	for _, d := range slices.Backward(s.sim.Deliveries()) {
		if d.Event+"."+d.Action == args[0] {
			s.act(ts, func() error { return s.sim.Redeliver(d.GUID) })
			return
		}
	}
	ts.Fatalf("there was no %s", args[0])
}

// backtest BEFORE AFTER CODE REGEXP: the command on two folders
func backtestSeen(ts *testscript.TestScript, _ bool, args []string) {
	s := storyOf(ts)
	c := newBacktest()
	var out strings.Builder
	c.SetOut(&out)
	c.SilenceErrors, c.SilenceUsage = true, true
	c.SetArgs([]string{ts.MkAbs(args[0]), ts.MkAbs(args[1]), "--data", filepath.Join(s.dir, ".data")})
	code := 0
	if err := c.Execute(); err != nil {
		var e exit
		if !errors.As(err, &e) {
			ts.Fatalf("%v", err)
		}
		code = e.code
	}
	if code != number(ts, args[2]) {
		ts.Fatalf("exit code %d: %s", code, out.String())
	}
	match(ts, false, args[3], out.String())
}
