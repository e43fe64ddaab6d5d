package ghsim_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-github/v60/github"

	"github.com/countersign-dev/countersign/internal/ghsim"
)

// People and clients act at the same time; nothing is lost. The race detector
// makes this test worth its while.
func TestAtTheSameTime(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := context.Background()
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			p, err := w.repo.OpenPull(w.alice, ghsim.PullSpec{Head: fmt.Sprint("work-", i), Commit: &ghsim.CommitSpec{Files: ghsim.Files{fmt.Sprint("f", i): "1\n"}}})
			if err != nil {
				t.Error(err)
				return
			}
			c := p.Comment(w.bob, "hello")
			if _, _, err := w.client.Repositories.CompareCommits(ctx, "acme", "bot", "main", p.Head(), nil); err != nil {
				t.Error(err)
			}
			if _, _, err := w.client.Reactions.CreateIssueCommentReaction(ctx, "acme", "bot", c.ID(), "+1"); err != nil {
				t.Error(err)
			}
			if _, _, err := w.client.Issues.CreateComment(ctx, "acme", "bot", p.Number(), &github.IssueComment{Body: github.String("report")}); err != nil {
				t.Error(err)
			}
			w.sim.Advance(1)
			if _, err := p.Merge(w.bob, ghsim.Merge); err != nil {
				t.Error(err)
			}
			w.repo.Dir()
			w.sim.Deliveries()
			w.sim.Calls()
		})
	}
	group.Wait()
	w.flush()
	w.mu.Lock()
	defer w.mu.Unlock()
	count := map[string]int{}
	for _, r := range w.got {
		count[r.name()]++
	}
	for name, want := range map[string]int{"pull_request.opened": 8, "pull_request.closed": 8, "issue_comment.created": 16, "push": 16} {
		if count[name] != want {
			t.Errorf("%d deliveries of %s, want %d", count[name], name, want)
		}
	}
}
