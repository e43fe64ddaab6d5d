package review

import (
	"context"
	"fmt"
	"strings"
)

// IsQueueBranch reports whether a branch is one of those that GitHub makes for
// the groups of a merge queue. They are governed by what they are to land on,
// and by no entry of branches, however wide.
func IsQueueBranch(name string) bool { return strings.HasPrefix(name, "gh-readonly-queue/") }

// Group answers the events of a merge group: it has the queue decided anew. What
// an event says of a group is a hint; which pull request its commit lands, and
// on what, is asked.
func (r *Reviewer) Group(ctx context.Context, e GroupEvent) error {
	if err := r.Store.AddRepo(ctx, e.Repo); err != nil {
		return err
	}
	if e.Action == "destroyed" {
		if err := r.endGroup(ctx, e); err != nil {
			return err
		}
		return r.requeue(ctx, e.Event, e.BaseRef)
	}
	listed, err := r.queue(ctx, e.Event, e.BaseRef, map[string]string{e.Head: e.Base})
	if err != nil || listed[e.Head] {
		return err
	}
	if g, ok, err := r.Store.Group(ctx, e.Repo.ID, e.Head); err != nil || ok && g.Ended {
		return err // the event is late
	}
	return fmt.Errorf("merge group %s of %v: the queue of %s does not list it", short(e.Head), e.Repo, e.BaseRef)
}

// endGroup notes that a group is gone. One that was never seen is kept too, so
// that a late event does not wait for it.
func (r *Reviewer) endGroup(ctx context.Context, e GroupEvent) error {
	g, ok, err := r.Store.Group(ctx, e.Repo.ID, e.Head)
	if err != nil {
		return err
	}
	if !ok {
		g = GroupState{RepoID: e.Repo.ID, BaseRef: e.BaseRef, Base: e.Base, Head: e.Head, Ended: true}
		return r.Store.SaveGroup(ctx, g)
	}
	return r.leaves(ctx, e.Repo, g, e.Reason == "merged")
}

// Dequeued ends the groups of a pull request that left its queue. landed says
// that it left it by landing.
func (r *Reviewer) Dequeued(ctx context.Context, e PullEvent, landed bool) error {
	live, err := r.Store.Groups(ctx, e.Repo.ID, e.Pull.BaseRef)
	if err != nil {
		return err
	}
	for _, g := range live {
		if g.Pull == e.Pull.Number {
			if err := r.leaves(ctx, e.Repo, g, landed); err != nil {
				return err
			}
		}
	}
	return nil
}

// leaves ends a group. Unless it landed, its check passes nothing any more: the
// commit is still there for whoever wants to push it.
func (r *Reviewer) leaves(ctx context.Context, repo Repo, g GroupState, landed bool) error {
	defer r.heads.lock(g.Head)()
	if now, ok, err := r.Store.Group(ctx, repo.ID, g.Head); err != nil || !ok || now.Ended {
		return err
	} else {
		g = now
	}
	g.Ended = true
	twins, err := r.twins(ctx, Pull{Repo: repo, Head: g.Head}, g.Check.Branch)
	if err != nil {
		return err
	}
	if landed || g.Check.State != Met || len(twins) > 0 { // the check of a pull request with that head is its own
		return r.Store.SaveGroup(ctx, g)
	}
	return r.putGroup(ctx, repo, g, Denied, Check{Conclusion: "failure", Title: fmt.Sprintf("Withdrawn: #%d left the queue with this group", g.Pull),
		Summary: "A group that is built anew is judged anew."})
}

// publishGroup writes the check of a group. A pull request with the same head
// shares it, and the worse of the two verdicts shows.
func (r *Reviewer) publishGroup(ctx context.Context, repo Repo, g GroupState, f finding) error {
	defer r.heads.lock(g.Head)()
	twins, err := r.twins(ctx, Pull{Repo: repo, Head: g.Head}, f.named)
	if err != nil {
		return err
	}
	c := Check{Title: f.title, Summary: f.text}
	switch f.state {
	case Met:
		c.Conclusion = "success"
	case Waiting: // a queue drops what fails
		c.Conclusion = InProgress
	default:
		c.Conclusion = "failure"
	}
	for _, t := range twins {
		if g.Check.ID == 0 {
			g.Check.ID = t.Check.ID
		}
		if f.state == Met && t.Check.State != Met && t.Check.State != Covered {
			c.Conclusion, c.Title, f.state = "failure", fmt.Sprintf("#%d has the same head and says: %s", t.Number, t.Check.Title), Denied
		}
	}
	g.Check.Branch, g.Check.Head = f.named, g.Head
	return r.putGroup(ctx, repo, g, f.state, c)
}

// putGroup writes the check of a group unless it stands as it is. The group is
// kept before, so that a worker that dies finds it again.
func (r *Reviewer) putGroup(ctx context.Context, repo Repo, g GroupState, state State, c Check) error {
	c.ID, c.Name, c.Head = g.Check.ID, checkName(g.Check.Branch), g.Head
	if digest := digestJSON(c); g.Check.ID != 0 && g.Check.Digest == digest {
		return r.Store.SaveGroup(ctx, g)
	}
	if err := r.Store.SaveGroup(ctx, g); err != nil {
		return err
	}
	if err := fenced(ctx); err != nil {
		return err
	}
	id, err := r.Forge.PutCheck(ctx, repo, c)
	if err != nil {
		return fmt.Errorf("write check of merge group %s: %w", short(g.Head), err)
	}
	c.ID = id
	g.Check = CheckState{ID: id, Branch: g.Check.Branch, Head: g.Head, State: state, Title: c.Title, Digest: digestJSON(c)}
	return r.Store.SaveGroup(ctx, g)
}
