package main

import (
	"context"
	"fmt"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/countersign-dev/countersign/internal/ghsim"
)

func init() {
	storyCommands["flood"] = flood
	storyCommands["edits"] = edits
	storyCommands["renamerepo"] = renameRepo
	storyCommands["reponame"] = repoName
	storyCommands["redelivernamed"] = redeliverNamed
}

// flood PR WHO [-fork] N NAME: N directories, each with a file NAME of its own content
func flood(ts *testscript.TestScript, _ bool, args []string) {
	s := storyOf(ts)
	name, who, rest := args[0], s.person(ts, args[1]), args[2:]
	fork := rest[0] == "-fork"
	if fork {
		rest = rest[1:]
	}
	spec := ghsim.CommitSpec{Files: ghsim.Files{}}
	for i := range number(ts, rest[0]) {
		spec.Files[fmt.Sprintf("d%05d/%s", i, rest[1])] = fmt.Sprintf("%s %d\n", name, i)
	}
	s.act(ts, func() (err error) {
		p := ghsim.PullSpec{Head: name, Commit: &spec}
		if fork {
			if p.HeadRepo, err = s.repo.Fork(who); err != nil {
				return err
			}
		}
		s.pulls[name], err = s.repo.OpenPull(who, p)
		return err
	})
}

// edits PR WHO N SECONDS: N edits of the title, which all together may take so long
func edits(ts *testscript.TestScript, _ bool, args []string) {
	s := storyOf(ts)
	begun := time.Now()
	for i := range number(ts, args[2]) {
		s.act(ts, func() error { s.pull(ts, args[0]).SetTitle(s.person(ts, args[1]), fmt.Sprint("title ", i)); return nil })
	}
	if took := time.Since(begun); took > time.Duration(number(ts, args[3]))*time.Second {
		ts.Fatalf("they took %v", took)
	}
}

// renamerepo WHO NAME
func renameRepo(ts *testscript.TestScript, _ bool, args []string) {
	s := storyOf(ts)
	s.act(ts, func() error { s.repo.Rename(s.person(ts, args[0]), args[1]); return nil })
}

// reponame NAME: what the server knows the repository as
func repoName(ts *testscript.TestScript, _ bool, args []string) {
	s := storyOf(ts)
	r, _, err := s.srv.store.Repo(context.Background(), s.repo.ID())
	ts.Check(err)
	if r.Name != args[0] {
		ts.Fatalf("it is called %s", r.Name)
	}
}

// redelivernamed EVENT.ACTION: the newest delivery of that name comes, or comes again
func redeliverNamed(ts *testscript.TestScript, _ bool, args []string) {
	s := storyOf(ts)
	all := s.sim.Deliveries()
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].Event+"."+all[i].Action == args[0] {
			s.act(ts, func() error { return s.sim.Redeliver(all[i].GUID) })
			return
		}
	}
	ts.Fatalf("there was no %s", args[0])
}
