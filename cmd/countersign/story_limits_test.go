package main

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/countersign-dev/countersign/internal/ghsim"
	"github.com/countersign-dev/countersign/review"
)

func init() {
	storyCommands["flood"] = flood
	storyCommands["edits"] = edits
	storyCommands["private"] = private
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

// private WHO: keeps their membership of the organisation private
func private(ts *testscript.TestScript, _ bool, args []string) {
	s := storyOf(ts)
	s.org.Hide(s.person(ts, args[0]))
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

// What outsiders write is not loaded whole each time a pull request is judged,
// nor without end: a thousand comments take two hours to write. What proves
// that an account called an agent is kept all the same.
func TestOutsidersAreKeptShort(t *testing.T) {
	t.Parallel()
	s := newWorld(t)
	pull := s.opens(t, "pr", "alice", ghsim.Files{"CLAUDE.md": "v2\n"})
	stranger := s.people["stranger"]
	s.does(t, func() error {
		for i := range 110 {
			pull.Comment(stranger, fmt.Sprintf("/countersign approve -- %d\n%s", i, strings.Repeat("x", 60_000)))
		}
		return nil
	})
	s.org.Hide(s.people["bob"])
	for range 2 {
		s.says(t, pull, "bob", "@claude mend this\n"+strings.Repeat("x", 60_000))
	}
	said, err := s.srv.store.Signoffs(t.Context(), s.repo.ID(), pull.Number())
	if err != nil {
		t.Fatal(err)
	}
	size, calls := 0, 0
	for _, st := range said {
		size += len(st.Body) + len(st.Statement)
		if st.Verb == review.Prompted && st.User.ID == s.people["bob"].ID() {
			calls++
		}
		if st.Payload == "" || st.Delivery == "" {
			t.Errorf("%d has no proof", st.SourceID)
		}
	}
	if len(said) != 101 || size > 120<<10 || calls != 1 {
		t.Errorf("%d statements of %d bytes, %d of them bob's call; want 101 of 1 kB at most, 1 of them", len(said), size, calls)
	}
}
