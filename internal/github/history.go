package github

import (
	"context"
	"errors"
	"fmt"
	"slices"

	api "github.com/google/go-github/v60/github"

	"github.com/countersign-dev/countersign/review"
)

// History lists the commits that lead from before to after by first parents,
// oldest first; it takes one call, and one more for every 100 commits when
// there are more than 250. When before is not to be had any more, or shares no
// history with after, the move was forced and after alone is listed.
func (g *Client) History(ctx context.Context, repo review.Repo, before, after string) ([]review.Commit, bool, error) {
	if !idForm.MatchString(before) || !idForm.MatchString(after) {
		return nil, false, fmt.Errorf("history of %v: %q to %q are no commit ids", repo, before, after)
	}
	found, err := g.compare(ctx, repo, before, after)
	if errors.Is(err, review.ErrGone) {
		one, err := g.commit(ctx, repo, after)
		return []review.Commit{one}, true, err
	} else if err != nil {
		return nil, false, err
	}
	all, whole, err := g.commits(ctx, repo, found, after)
	if err != nil {
		return nil, false, err
	}
	g.rooted(repo, all)
	if !whole {
		return nil, found.GetMergeBaseCommit().GetSHA() != before, fmt.Errorf("history of %v from %s to %s: %d commits: %w", repo, before, after, found.GetTotalCommits(), review.ErrTooLong)
	}
	return firstParents(all, after), found.GetMergeBaseCommit().GetSHA() != before, nil
}

// firstParents walks from a commit along first parents as long as they are
// among all, and returns what it met, oldest first.
func firstParents(all []*api.RepositoryCommit, from string) []review.Commit {
	byID := make(map[string]review.Commit, len(all))
	for _, c := range all {
		one := commitOf(c.GetSHA(), c.GetCommit().GetTree().GetSHA(), c.Parents)
		one.ByForge = webFlow(c.Committer, c.GetCommit().GetCommitter().GetEmail())
		byID[c.GetSHA()] = one
	}
	var chain []review.Commit
	for id := from; ; {
		c, ok := byID[id]
		if !ok {
			break
		}
		delete(byID, id) // no loop, whatever the answer says
		chain = append(chain, c)
		if len(c.Parents) == 0 {
			break
		}
		id = c.Parents[0]
	}
	slices.Reverse(chain)
	return chain
}

func commitOf(id, tree string, parents []*api.Commit) review.Commit {
	c := review.Commit{ID: id, Tree: tree}
	for _, p := range parents {
		c.Parents = append(c.Parents, p.GetSHA())
	}
	return c
}

func (g *Client) commit(ctx context.Context, repo review.Repo, id string) (review.Commit, error) {
	c, err := g.in(repo)
	if err != nil {
		return review.Commit{}, err
	}
	found, _, err := c.Git.GetCommit(ctx, repo.Owner, repo.Name, id)
	if err != nil {
		return review.Commit{}, tidy(err)
	}
	return commitOf(found.GetSHA(), found.GetTree().GetSHA(), found.Parents), nil
}

// MergedPull returns the merged pull request that brought commit into branch,
// or ErrGone. It takes one call when by is known, who pushed the commit and so
// merged it, and GitHub says which commit each merge made. Else GraphQL says
// both: newer versions of the REST API leave merge_commit_sha out.
func (g *Client) MergedPull(ctx context.Context, repo review.Repo, commit, branch string, by review.User) (review.Merge, error) {
	c, err := g.in(repo)
	if err != nil {
		return review.Merge{}, err
	}
	if !idForm.MatchString(commit) {
		return review.Merge{}, fmt.Errorf("pull request of %q: no commit id", commit)
	}
	found, _, err := c.PullRequests.ListPullRequestsWithCommit(ctx, repo.Owner, repo.Name, commit, &api.ListOptions{PerPage: 100})
	if err != nil {
		return review.Merge{}, tidy(err)
	}
	best := 0
	for _, p := range found {
		if p.MergedAt == nil || p.GetBase().GetRepo().GetID() != repo.ID {
			continue
		}
		// One of a stack is into the branch of the one below.
		made, into := p.GetMergeCommitSHA() == commit, p.GetBase().GetRef() == branch
		if made && into && by.ID != 0 {
			return mergeOf(p, by), nil
		}
		if made || best == 0 && into {
			best = p.GetNumber()
		}
	}
	if best == 0 {
		return review.Merge{}, fmt.Errorf("no merged pull request of %s into %s: %w", commit, branch, review.ErrGone)
	}
	s, err := g.sync(ctx, review.PullRef{Repo: repo, Number: best})
	if err != nil {
		return review.Merge{}, err
	}
	if !s.Merged || s.base() != branch {
		return review.Merge{}, fmt.Errorf("%v#%d was not merged into %s: %w", repo, best, branch, review.ErrGone)
	}
	return s.merge(), nil
}

func mergeOf(p *api.PullRequest, by review.User) review.Merge {
	return review.Merge{Number: p.GetNumber(), Head: p.GetHead().GetSHA(), BaseRef: p.GetBase().GetRef(), Commit: p.GetMergeCommitSHA(), By: by,
		At: p.GetMergedAt().Time, Title: p.GetTitle(), Body: p.GetBody(), Author: userOf(p.GetUser()), Complete: true}
}

func (s *graphPull) merge() review.Merge {
	m := review.Merge{Number: s.Number, Head: s.HeadRefOID, BaseRef: s.base(), By: s.MergedBy.user(), At: s.MergedAt,
		Title: s.Title, Body: s.Body, Author: s.Author.user()}
	if s.MergeCommit != nil {
		m.Commit = s.MergeCommit.OID
	}
	m.Complete = m.By.ID != 0 && !m.At.IsZero()
	return m
}
