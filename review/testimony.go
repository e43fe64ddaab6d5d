package review

import (
	"context"
	"fmt"
)

// testimony reads what people said, here and on other pull requests over the
// same content.
func (r *Reviewer) testimony(ctx context.Context, c *Case) error {
	var err error
	if c.Statements, err = r.Store.Signoffs(ctx, c.Pull.Repo.ID, c.Pull.Number); err != nil {
		return err
	}
	return r.elsewhere(ctx, c)
}

// elsewhere reads the rejections of the same content, and what lifts them.
func (r *Reviewer) elsewhere(ctx context.Context, c *Case) error {
	c.Elsewhere = nil
	for _, req := range c.Demand.Requirements {
		said, err := r.Store.RejectionsOf(ctx, c.Pull.Repo.ID, req.ID, req.Digest)
		if err != nil {
			return err
		}
		c.Elsewhere = append(c.Elsewhere, said...)
	}
	return nil
}

// spread has the other open pull requests judged anew over whose content somebody
// said what holds there too: a rejection, or what lifts one.
func (r *Reviewer) spread(ctx context.Context, e Event, said Signoff) error {
	if said.Verb != Reject && said.Verb != Withdraw && said.Verb != Override {
		return nil
	}
	others, err := r.Store.PullsOver(ctx, said.RepoID, said.Requirement, said.Digest)
	if err != nil {
		return err
	}
	for _, n := range others {
		if n == said.Pull {
			continue
		}
		if err := r.Scheduler.SchedulePull(ctx, PullRef{e.Repo, n}, cause(e, fmt.Sprint(said.SourceID))); err != nil {
			return err
		}
	}
	return nil
}
