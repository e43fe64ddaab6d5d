package main

import (
	"context"
	"errors"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/countersign-dev/countersign/internal/ghsim"
	"github.com/countersign-dev/countersign/record"
)

func init() {
	storyCommands["queue"] = mergeQueue
	storyCommands["enqueue"] = enqueue
	storyCommands["dequeue"] = func(ts *testscript.TestScript, _ bool, args []string) {
		s := storyOf(ts)
		s.act(ts, func() error { return s.pull(ts, args[0]).Dequeue(s.person(ts, args[1])) })
	}
	storyCommands["queued"] = func(ts *testscript.TestScript, neg bool, args []string) {
		if storyOf(ts).pull(ts, args[0]).Queued() == neg {
			ts.Fatalf("%s is in the queue: %v", args[0], neg)
		}
	}
	storyCommands["group"] = groupSeen
	storyCommands["groupcheck"] = groupCheck
	storyCommands["rerungroup"] = rerunGroup
	storyCommands["takegroup"] = takeGroup
	storyCommands["records"] = recordsSeen
	storyCommands["runs"] = runsSeen
	storyCommands["stack"] = stackPulls
	storyCommands["mergestack"] = mergeStack
}

// queue BRANCH [headgreen]: the branch lands through a merge queue from now on
func mergeQueue(ts *testscript.TestScript, _ bool, args []string) {
	s := storyOf(ts)
	s.act(ts, func() error {
		s.repo.AddRuleset(s.person(ts, "admin"), ghsim.Ruleset{Name: "queue", Include: []string{"refs/heads/" + args[0]},
			Queue: &ghsim.QueueRule{HeadGreen: len(args) > 1}})
		return nil
	})
}

// enqueue PR WHO: ! enqueue is a refusal by GitHub
func enqueue(ts *testscript.TestScript, neg bool, args []string) {
	s := storyOf(ts)
	s.act(ts, func() error { return refusedIf(neg, s.pull(ts, args[0]).Enqueue(s.person(ts, args[1]))) })
}

// refusedIf turns GitHub's refusal into success where it is wanted.
func refusedIf(wanted bool, err error) error {
	var no *ghsim.Refusal
	switch {
	case wanted && errors.As(err, &no):
		return nil
	case wanted && err == nil:
		return errors.New("GitHub did it")
	}
	return err
}

// group PR CONCLUSION|in_progress|none [TITLE-REGEXP] [-name NAME]: the check on
// its newest merge group, also after that is gone
func groupSeen(ts *testscript.TestScript, neg bool, args []string) {
	s := storyOf(ts)
	name := "countersign: main"
	if n := len(args); n > 2 && args[n-2] == "-name" {
		name, args = args[n-1], args[:n-2]
	}
	head := s.pull(ts, args[0]).Group()
	if head == "" {
		ts.Fatalf("%s was never queued", args[0])
	}
	got, text := "none", ""
	for _, run := range s.repo.CheckRuns(head) { // newest first
		if run.AppID == s.sim.App().ID() && run.Name == name {
			got, text = or(run.Conclusion, run.Status), run.Title+"\n"+run.Summary
			break
		}
	}
	if (got == args[1]) == neg {
		ts.Fatalf("the group's check is %s: %s", got, text)
	}
	if len(args) > 2 {
		match(ts, neg, args[2], text)
	}
}

// groupcheck PR NAME CONCLUSION: another app posts a check on the merge group
func groupCheck(ts *testscript.TestScript, _ bool, args []string) {
	s := storyOf(ts)
	s.act(ts, func() error {
		_, err := s.repo.PostCheck(s.otherApp("actions"), s.pull(ts, args[0]).Group(), args[1], args[2])
		return err
	})
}

// rerungroup PR WHO: asks for the check of its merge group again
func rerunGroup(ts *testscript.TestScript, _ bool, args []string) {
	s := storyOf(ts)
	for _, run := range s.repo.CheckRuns(s.pull(ts, args[0]).Group()) {
		if run.AppID == s.sim.App().ID() {
			s.act(ts, func() error { return s.repo.Rerequest(s.person(ts, args[1]), run.ID) })
			return
		}
	}
	ts.Fatalf("the group of %s has no check", args[0])
}

// takegroup PR WHO OTHER: somebody opens the pull request OTHER whose head is
// the commit of a merge group
func takeGroup(ts *testscript.TestScript, _ bool, args []string) {
	s := storyOf(ts)
	who := s.person(ts, args[1])
	s.act(ts, func() (err error) {
		if err := s.repo.Push(who, args[2], s.pull(ts, args[0]).Group()); err != nil {
			return err
		}
		s.pulls[args[2]], err = s.repo.OpenPull(who, ghsim.PullSpec{Head: args[2]})
		return err
	})
}

// records PR|BRANCH N: how many records there are, of a pull request or of pushes
// to branches whose names begin so
func recordsSeen(ts *testscript.TestScript, _ bool, args []string) {
	s := storyOf(ts)
	entries, err := s.srv.log.List(context.Background(), record.Query{Limit: 1000})
	ts.Check(err)
	n := 0
	for _, e := range entries {
		var b strings.Builder
		ts.Check(record.Render(&b, e))
		if p := s.pulls[args[0]]; p != nil && pullNumber(e) == p.Number() || p == nil && pullNumber(e) == 0 && strings.Contains(b.String(), "refs/heads/"+args[0]) {
			n++
		}
	}
	if n != number(ts, args[1]) {
		ts.Fatalf("there are %d records of %s", n, args[0])
	}
}

// runs PR N: how many check runs of ours are on its head
func runsSeen(ts *testscript.TestScript, _ bool, args []string) {
	s := storyOf(ts)
	n := 0
	for _, run := range s.repo.CheckRuns(s.pull(ts, args[0]).Head()) {
		if run.AppID == s.sim.App().ID() {
			n++
		}
	}
	if n != number(ts, args[1]) {
		ts.Fatalf("there are %d check runs on %s", n, args[0])
	}
}

// stack WHO PR…: the lowest first
func stackPulls(ts *testscript.TestScript, _ bool, args []string) {
	s := storyOf(ts)
	var pulls []*ghsim.Pull
	for _, name := range args[1:] {
		pulls = append(pulls, s.pull(ts, name))
	}
	s.act(ts, func() error { return s.repo.StackPulls(s.person(ts, args[0]), pulls...) })
}

// mergestack PR WHO [squash|merge|rebase]: lands it and all below it
func mergeStack(ts *testscript.TestScript, neg bool, args []string) {
	s := storyOf(ts)
	s.act(ts, func() error {
		return refusedIf(neg, s.pull(ts, args[0]).MergeStack(s.person(ts, args[1]), methodOf(args)))
	})
}
