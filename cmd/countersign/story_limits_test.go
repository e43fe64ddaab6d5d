package main

import (
	"context"

	"github.com/rogpeppe/go-internal/testscript"
)

func init() {
	storyCommands["renamerepo"] = renameRepo
	storyCommands["reponame"] = repoName
	storyCommands["redelivernamed"] = redeliverNamed
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
