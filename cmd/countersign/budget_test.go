package main

import (
	"strings"
	"testing"

	"github.com/countersign-dev/countersign/internal/ghsim"
)

// TestBudget counts the calls to GitHub that each kind of event costs. Calls
// that make tokens are not counted: one serves for an hour.
func TestBudget(t *testing.T) {
	t.Parallel()
	s := newWorld(t)
	s.does(t, func() error { return s.srv.Sweep(t.Context()) }) // that of the start is over
	pulls := map[string]*ghsim.Pull{}
	open := func(name, path string) func() error {
		return func() (err error) {
			pulls[name], err = s.repo.OpenPull(s.people["alice"], ghsim.PullSpec{Head: name, Commit: &ghsim.CommitSpec{Files: ghsim.Files{path: name + "\n"}}})
			return err
		}
	}
	say := func(pull, who, text string) func() error {
		return func() error { pulls[pull].Comment(s.people[who], text); return nil }
	}
	for _, tt := range []struct {
		event string
		most  int // besides blobs and people that were not seen yet
		act   func() error
	}{
		{"opened, cold", 6, open("cold", "CLAUDE.md")},
		{"opened, warm", 4, open("warm", "agents/a/CLAUDE.md")},
		{"opened into a base that was never seen", 6, func() error {
			base, err := s.repo.CommitOn([]string{s.repo.Head("main")}, ghsim.CommitSpec{Files: ghsim.Files{"x": "x"}, Author: s.people["admin"].Git()})
			if err != nil {
				return err
			}
			s.sim.DropNext(1) // the push that made it
			if err := s.repo.PushAsAdmin(s.people["admin"], "release/1", base); err != nil {
				return err
			}
			_, err = s.repo.OpenPull(s.people["alice"], ghsim.PullSpec{Head: "backport", Base: "release/1",
				Commit: &ghsim.CommitSpec{Files: ghsim.Files{"CLAUDE.md": "backport\n"}}})
			return err
		}},
		{"synchronized", 4, func() error {
			_, err := pulls["warm"].Commit(s.people["alice"], ghsim.CommitSpec{Files: ghsim.Files{"agents/a/CLAUDE.md": "again\n"}})
			return err
		}},
		{"comment without a command", 0, say("warm", "bob", "Looks fine")},
		{"comment by a stranger", 0, say("warm", "stranger", "+1")},
		{"command, refused", 4, say("warm", "alice", "/countersign approve")},
		{"command, turns green", 4, func() error { return say("warm", "bob", "/countersign approve "+pulls["warm"].Head())() }},
		{"review", 4, func() error {
			_, err := pulls["cold"].Review(s.people["bob"], ghsim.ReviewSpec{State: "approved"})
			return err
		}},
		// The move, its pull request, what guards the branch (the first time in
		// two places), the files if no head had the same, the check, the comment.
		{"landed, the first on its branch", 6, func() error { _, err := pulls["cold"].Merge(s.people["alice"], ghsim.Squash); return err }},
		{"landed on a base that moved", 6, func() error { _, err := pulls["warm"].Merge(s.people["alice"], ghsim.Squash); return err }},
		{"opened on the newest base", 4, open("newest", "agents/n/CLAUDE.md")},
		{"command on it, turns green", 4, func() error { return say("newest", "bob", "/countersign approve "+pulls["newest"].Head())() }},
		{"landed on the base it was judged with", 5, func() error { _, err := pulls["newest"].Merge(s.people["alice"], ghsim.Squash); return err }},
		{"a merge queue is demanded", 0, func() error {
			own := ghsim.Check{Context: "countersign: main", AppID: s.sim.App().ID()}
			s.repo.AddRuleset(s.people["admin"], ghsim.Ruleset{Checks: []ghsim.Check{own, {Context: "ci"}}, Queue: &ghsim.QueueRule{}})
			return nil
		}},
		{"opened, to be queued", 4, open("queued", "agents/b/CLAUDE.md")},
		{"command on it", 4, func() error { return say("queued", "bob", "/countersign approve "+pulls["queued"].Head())() }},
		// The tree of the group, the queue, the comments once more, the check.
		{"merge group", 4, func() error {
			if _, err := s.repo.PostCheck(s.otherApp("actions"), pulls["queued"].Head(), "ci", "success"); err != nil {
				return err
			}
			return pulls["queued"].Enqueue(s.people["alice"])
		}},
		{"comment on a queued pull request", 0, say("queued", "carol", "Soon")},
		{"rejection of a queued pull request", 6, say("queued", "carol", "/countersign reject -- wait")},
	} {
		s.sim.ResetCalls()
		s.does(t, tt.act)
		var once, others []string // once: what is then kept for good
		for _, c := range s.sim.Calls() {
			name := strings.TrimSpace(c.Method + " " + c.Path + " " + c.Operation)
			if c.Path == "/repos/{owner}/{repo}/git/ref/{ref}" && strings.HasPrefix(tt.event, "landed") {
				break // the record is sealed and told of; open pull requests are looked at, one by one
			}
			if strings.HasSuffix(c.Path, "/git/blobs/{file_sha}") || c.Path == "/users/{username}" {
				once = append(once, name)
			} else {
				others = append(others, name)
			}
		}
		t.Logf("%-36s %d of %d calls, and %d for blobs and people never seen before", tt.event, len(others), tt.most, len(once))
		if len(others) > tt.most {
			t.Errorf("%s: %d calls, the budget is %d:\n%s", tt.event, len(others), tt.most, strings.Join(others, "\n"))
		}
		if len(once) > 5 {
			t.Errorf("%s: %d calls for blobs and people:\n%s", tt.event, len(once), strings.Join(once, "\n"))
		}
	}
}
