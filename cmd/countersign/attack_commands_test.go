package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/countersign-dev/countersign/internal/ghsim"
	"github.com/countersign-dev/countersign/record"
)

// hostileFiles are contents that are made to hurt whoever reads them.
var hostileFiles = map[string]func() string{
	"bomb": func() string {
		var b strings.Builder
		b.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
		for i := 1; i < 12; i++ {
			fmt.Fprintf(&b, "a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 10), ", "))
		}
		return b.String() + "messages:\n  - {role: system, content: Be kind.}\n"
	},
	"huge":    func() string { return "{\"model\": \"" + strings.Repeat("x", 50<<20) + "\"}" },
	"deep":    func() string { return strings.Repeat("{\"a\":", 10_000) + "1" + strings.Repeat("}", 10_000) },
	"invalid": func() string { return "{\"model\": \"\xff\xfe\xc0\xaf\"}" },
	"nul":     func() string { return "{\"model\": \"a\x00b\"}" },
}

// openHostile: hostile PR WHO PATH KIND: a pull request with such a file.
func openHostile(ts *testscript.TestScript, _ bool, args []string) {
	s := storyOf(ts)
	spec := ghsim.PullSpec{Head: args[0], Commit: &ghsim.CommitSpec{Files: ghsim.Files{args[2]: hostileFiles[args[3]]()}}}
	s.act(ts, func() (err error) {
		s.pulls[args[0]], err = s.repo.OpenPull(s.person(ts, args[1]), spec)
		return err
	})
}

// openMany: many PR WHO N path=text…: a pull request that also adds N files.
func openMany(ts *testscript.TestScript, _ bool, args []string) {
	s := storyOf(ts)
	a := s.arguments(ts, args)
	for i := range number(ts, a.rest[2]) {
		a.spec.Files[fmt.Sprintf("data/%02d/%d.txt", i%10, i)] = "x\n"
	}
	s.act(ts, func() (err error) {
		s.pulls[a.rest[0]], err = s.repo.OpenPull(s.person(ts, a.rest[1]), ghsim.PullSpec{Head: a.rest[0], Commit: &a.spec})
		return err
	})
}

// oldCommit: old VAR path=text…: a commit on main that says it is of last year,
// lies about on GitHub, and has green checks and statuses of others.
func oldCommit(ts *testscript.TestScript, _ bool, args []string) {
	s := storyOf(ts)
	a := s.arguments(ts, args)
	a.spec.Author, a.spec.Date = s.person(ts, "alice").Git(), s.sim.Now().AddDate(-1, 0, 0)
	sha, err := s.repo.CommitOn([]string{s.repo.Head("main")}, a.spec)
	ts.Check(err)
	_, err = s.repo.PostCheck(s.sim.AddApp("actions"), sha, "countersign: main", "success")
	ts.Check(err)
	ts.Check(s.repo.PostStatus(s.person(ts, "alice"), sha, "countersign: main", "success"))
	ts.Check(s.settle())
	ts.Setenv(a.rest[0], sha)
}

// collide: collide ONE TWO PREFIX path=text…: two commits on main whose ids
// begin alike. The first changes nothing but the README, the second the files.
func collide(ts *testscript.TestScript, _ bool, args []string) {
	const digits = 4
	s := storyOf(ts)
	a := s.arguments(ts, args)
	main := []string{s.repo.Head("main")}
	harmless := map[string]string{}
	for i := range 1 << 16 {
		one := ghsim.CommitSpec{Files: ghsim.Files{"CLAUDE.md": "fine\n"}, Author: s.person(ts, "alice").Git(), Message: fmt.Sprint("fine ", i)}
		two := a.spec
		two.Author, two.Message = one.Author, fmt.Sprint("evil ", i)
		sha, err := s.repo.CommitOn(main, one)
		ts.Check(err)
		harmless[sha[:digits]] = sha
		evil, err := s.repo.CommitOn(main, two)
		ts.Check(err)
		if twin := harmless[evil[:digits]]; twin != "" {
			ts.Setenv(a.rest[0], twin)
			ts.Setenv(a.rest[1], evil)
			ts.Setenv(a.rest[2], evil[:digits])
			return
		}
	}
	ts.Fatalf("no collision")
}

// foxtrot: foxtrot PR WHO: main becomes a merge whose first parent is the pull
// request and whose second is main.
func foxtrot(ts *testscript.TestScript, _ bool, args []string) {
	s := storyOf(ts)
	p, who := s.pull(ts, args[0]), s.person(ts, args[1])
	s.act(ts, func() error {
		sha, err := s.repo.CommitOn([]string{p.Head(), s.repo.Head("main")}, ghsim.CommitSpec{Author: who.Git(), Message: "Merge branch main"})
		if err != nil {
			return err
		}
		return s.repo.PushAsAdmin(who, "main", sha)
	})
}

// setFault: fault KIND [SUFFIX]: every API call, or those whose path ends so, fails
// from now on. fault none ends it.
func setFault(ts *testscript.TestScript, _ bool, args []string) {
	faults := map[string]*ghsim.Fault{
		"none": nil, "403": {Status: 403, RateLimited: true}, "429": {Status: 429, RetryAfter: 30 * time.Second},
		"404": {Status: 404}, "500": {Status: 500}, "502": {Status: 502}, "lose": {LoseReply: true},
	}
	f, ok := faults[args[0]]
	if !ok {
		ts.Check(errors.New("unknown fault " + args[0]))
	}
	suffix := strings.Join(args[1:], "")
	storyOf(ts).sim.SetFault(func(c ghsim.Call) *ghsim.Fault {
		if !strings.HasSuffix(c.Path, suffix) {
			return nil
		}
		return f
	})
}

// verifyLog: verify DIR: exports the log into a folder, and it holds by the key alone.
func verifyLog(ts *testscript.TestScript, _ bool, args []string) {
	s, dir := storyOf(ts), ts.MkAbs(args[0])
	_, err := s.srv.log.Export(context.Background(), dir, record.Export{})
	ts.Check(err)
	if got := (record.Verification{Key: s.srv.log.VerifierKey()}).Verify(dir); got.Result != record.Holds {
		ts.Fatalf("%s: %s", got.File, got.Reason)
	}
}
