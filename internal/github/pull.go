package github

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	api "github.com/google/go-github/v60/github"

	"github.com/countersign-dev/countersign/review"
)

// Pull reads a pull request in one call, and in a second one compares its head
// with the tip of its base unless that pair was compared before. The tip under a
// stack takes one more. Of one that is not open, merge base and contributors are
// not read, and Complete is false.
func (g *Client) Pull(ctx context.Context, ref review.PullRef) (review.Pull, error) {
	s, err := g.sync(ctx, ref)
	if err != nil {
		return review.Pull{}, err
	}
	p := s.pull(ref.Repo)
	if p.State != "open" {
		return p, nil
	}
	from := s.baseTip()
	if p.Onto != "" {
		if p.BaseTip, err = g.Tip(ctx, p.Repo, p.BaseRef); err != nil && !errors.Is(err, review.ErrGone) {
			return review.Pull{}, err
		}
		if from == "" { // the branch below is gone: all of it counts
			p.Onto, from = "", p.BaseTip
		}
	}
	if p.BaseTip == "" {
		return review.Pull{}, fmt.Errorf("%v#%d: its base branch %q does not exist: %w", ref.Repo, ref.Number, p.BaseRef, review.ErrGone)
	}
	found, err := g.spanOf(ctx, p, from, func() (*api.CommitsComparison, error) {
		return g.compare(ctx, p.Repo, from, p.Head)
	}, func() (*graphPull, error) { return s, nil })
	if err != nil {
		return review.Pull{}, err
	}
	return found.complete(p, s), nil
}

// Compare completes a pull request of a delivery in one call. It takes another
// for the tip under a stack, more where there are more than 250 commits, and one
// more where a commit names a co-author whose address says no account, or where
// an agent opened it and the people who told it to are to be found.
func (g *Client) Compare(ctx context.Context, p review.Pull) (review.Pull, error) {
	if !idForm.MatchString(p.Head) || !isBranch(p.BaseRef) {
		return review.Pull{}, fmt.Errorf("%v#%d: no head or no base", p.Repo, p.Number)
	}
	var s *graphPull
	ask := func() (*graphPull, error) {
		var err error
		if s == nil {
			s, err = g.sync(ctx, p.Ref())
		}
		return s, err
	}
	now, err := g.compareTip(ctx, p, cmp.Or(p.Onto, p.BaseRef))
	if errors.Is(err, review.ErrGone) && p.Onto != "" { // the branch below is gone: all of it counts
		p.Onto = ""
		now, err = g.compareTip(ctx, p, p.BaseRef)
	}
	if err != nil {
		return review.Pull{}, err
	}
	from := now.GetBaseCommit().GetSHA()
	p.BaseTip = from
	if p.Onto != "" {
		if p.BaseTip, err = g.Tip(ctx, p.Repo, p.BaseRef); err != nil {
			return review.Pull{}, err
		}
	}
	found, err := g.spanOf(ctx, p, from, func() (*api.CommitsComparison, error) { return now, nil }, ask)
	if err != nil {
		return review.Pull{}, err
	}
	if kindOf(p.Author, "") == kindAgent {
		if _, err := ask(); err != nil {
			return review.Pull{}, err
		}
	}
	return found.complete(p, s), nil
}

// compareTip compares the head with the tip of a branch. The branch is
// named in full: a tag may have the same short name, and anybody who can push
// can make one. Where the full name is not understood, the tip is read first.
func (g *Client) compareTip(ctx context.Context, p review.Pull, branch string) (*api.CommitsComparison, error) {
	found, err := g.compare(ctx, p.Repo, "refs/heads/"+branch, p.Head)
	if !errors.Is(err, review.ErrGone) {
		return found, err
	}
	tip, err := g.Tip(ctx, p.Repo, branch)
	if err != nil {
		return nil, err
	}
	return g.compare(ctx, p.Repo, tip, p.Head)
}

// A span is what lies between the tip of a base and a head.
type span struct {
	mergeBase    string
	contributors []review.Contributor
	whole        bool // every commit was seen
}

// complete adds a span to the pull request that it is of. s is the query's
// answer when there is one.
func (v span) complete(p review.Pull, s *graphPull) review.Pull {
	p.MergeBase, p.Complete = v.mergeBase, v.whole
	p.Contributors = nil
	author := hand{user: p.Author, kind: kindOf(p.Author, ""), role: review.RoleAuthor, verified: true}
	all := enlist(nil, author)
	for _, c := range v.contributors {
		c.Commits, c.Roles = append([]string(nil), c.Commits...), append([]review.Role(nil), c.Roles...)
		all = merge(all, c)
	}
	if s != nil && author.kind == kindAgent {
		for _, a := range s.Assignees.Nodes {
			if u := a.user(); u.IsPerson() {
				all = enlist(all, hand{user: u, kind: kindHuman, role: review.RolePresumed, verified: true})
			}
		}
	}
	p.Contributors = all
	return p
}

// spanOf returns the span between a tip and the head of p, which never changes.
func (g *Client) spanOf(ctx context.Context, p review.Pull, tip string, read func() (*api.CommitsComparison, error),
	ask func() (*graphPull, error)) (span, error) {
	key := cacheKey{p.Repo.Installation, "span", strconv.FormatInt(p.Repo.ID, 10) + " " + tip + " " + p.Head}
	return load(ctx, g.kept, key, func() (span, int64, error) {
		found, err := read()
		if err != nil {
			return span{}, 0, err
		}
		commits, whole, err := g.commits(ctx, p.Repo, found, p.Head)
		if err != nil {
			return span{}, 0, err
		}
		g.rooted(p.Repo, commits)
		v := span{mergeBase: found.GetMergeBaseCommit().GetSHA(), whole: whole}
		if v.contributors, err = contributors(commits, g.noReply, ask); err != nil {
			return span{}, 0, err
		}
		return v, int64(1024 + 512*len(commits)), nil
	})
}

// compare asks what lies between two commits or branches.
func (g *Client) compare(ctx context.Context, repo review.Repo, base, head string) (*api.CommitsComparison, error) {
	c, err := g.in(repo)
	if err != nil {
		return nil, err
	}
	found, _, err := c.Repositories.CompareCommits(ctx, repo.Owner, repo.Name, base, head, nil)
	if err != nil {
		return nil, tidy(err)
	}
	if !idForm.MatchString(found.GetBaseCommit().GetSHA()) || !idForm.MatchString(found.GetMergeBaseCommit().GetSHA()) {
		return nil, fmt.Errorf("compare %s with %s: the answer has no base or no merge base", base, head)
	}
	return found, nil
}

// commitLimit bounds the pages that one pull request or push can cost.
const commitLimit = 5000

// commits returns all commits of a comparison, which itself has 250 at most.
// whole is false when there are more than commitLimit, or some did not come.
func (g *Client) commits(ctx context.Context, repo review.Repo, found *api.CommitsComparison, head string) ([]*api.RepositoryCommit, bool, error) {
	total := found.GetTotalCommits()
	if total <= len(found.Commits) {
		return found.Commits, total == len(found.Commits), nil
	}
	c, err := g.in(repo)
	if err != nil {
		return nil, false, err
	}
	all, seen := found.Commits, map[string]bool{}
	for _, one := range all {
		seen[one.GetSHA()] = true
	}
	base := found.GetBaseCommit().GetSHA()
	for page := 1; len(seen) < total && page <= commitLimit/100; page++ {
		more, _, err := c.Repositories.CompareCommits(ctx, repo.Owner, repo.Name, base, head, &api.ListOptions{Page: page, PerPage: 100})
		if err != nil {
			return nil, false, tidy(err)
		}
		if len(more.Commits) == 0 {
			break
		}
		for _, one := range more.Commits {
			if !seen[one.GetSHA()] {
				seen[one.GetSHA()] = true
				all = append(all, one)
			}
		}
	}
	return all, len(seen) == total, nil
}

// pull is the answer in the words of a review.
func (s *graphPull) pull(repo review.Repo) review.Pull {
	p := review.Pull{Repo: repo, Number: s.Number, Title: s.Title, URL: s.URL, Author: s.Author.user(), Draft: s.IsDraft,
		Fork: s.IsCrossRepository, State: "closed", Merged: s.Merged, HeadRef: s.HeadRefName, Head: s.HeadRefOID,
		UpdatedAt: s.UpdatedAt}
	if s.State == "OPEN" {
		p.State = "open"
	}
	p.BaseTip = s.baseTip()
	p.Issues = review.LinkedIssues(s.Body)
	for _, a := range s.Assignees.Nodes {
		p.Assignees = append(p.Assignees, a.user())
	}
	for _, l := range s.Labels.Nodes {
		p.Labels = append(p.Labels, l.Name)
	}
	if p.BaseRef = s.base(); p.BaseRef != s.BaseRefName {
		p.Onto, p.BaseTip = s.BaseRefName, "" // the tip under the stack is not in the answer
	}
	return p
}

// base is the branch whose rules apply: the one under the whole stack, if it is
// in one.
func (s *graphPull) base() string {
	if s.Stack != nil && s.Stack.BaseRefName != "" {
		return s.Stack.BaseRefName
	}
	return s.BaseRefName
}

// baseTip is the commit at the tip of its own base; "" once that is deleted.
func (s *graphPull) baseTip() string {
	if s.BaseRef == nil {
		return ""
	}
	return s.BaseRef.Target.OID
}

// OpenPulls lists the open pull requests, oldest first, as a list has them:
// without tip, merge base and contributors.
func (g *Client) OpenPulls(ctx context.Context, repo review.Repo) ([]review.Pull, error) {
	c, err := g.in(repo)
	if err != nil {
		return nil, err
	}
	var out []review.Pull
	seen := map[int]bool{}
	err = everyPage(func(o api.ListOptions) (*api.Response, error) {
		found, resp, err := c.PullRequests.List(ctx, repo.Owner, repo.Name,
			&api.PullRequestListOptions{State: "open", Sort: "created", Direction: "asc", ListOptions: o})
		for _, p := range found {
			if id := p.GetBase().GetRepo().GetID(); id != repo.ID {
				return resp, fmt.Errorf("%v is another repository now: its id is %d, not %d", repo, id, repo.ID)
			}
			if !seen[p.GetNumber()] {
				seen[p.GetNumber()] = true
				out = append(out, listed(repo, p))
			}
		}
		return resp, err
	})
	return out, err
}

func listed(repo review.Repo, p *api.PullRequest) review.Pull {
	out := review.Pull{Repo: repo, Number: p.GetNumber(), Title: p.GetTitle(), URL: p.GetHTMLURL(), Author: userOf(p.User),
		Draft: p.GetDraft(), Fork: p.GetHead().GetRepo().GetID() != repo.ID, State: p.GetState(),
		HeadRef: p.GetHead().GetRef(), Head: p.GetHead().GetSHA(), BaseRef: p.GetBase().GetRef(), UpdatedAt: p.GetUpdatedAt().Time}
	for _, l := range p.Labels {
		out.Labels = append(out.Labels, l.GetName())
	}
	return out
}

// userOf is an account as REST has it; the zero User when it was deleted.
func userOf(u *api.User) review.User {
	return review.User{ID: u.GetID(), Login: u.GetLogin(), Type: u.GetType()}
}

// Tip returns the commit at the tip of a branch, or ErrGone.
func (g *Client) Tip(ctx context.Context, repo review.Repo, branch string) (string, error) {
	c, err := g.in(repo)
	if err != nil {
		return "", err
	}
	if !isBranch(branch) {
		return "", fmt.Errorf("%q can be no branch: %w", branch, review.ErrGone)
	}
	var ref struct {
		Ref    string
		Object struct{ SHA, Type string }
	}
	_, err = get(ctx, c, "repos/"+repo.Owner+"/"+repo.Name+"/git/ref/heads/"+escape(branch), &ref)
	if err = tidy(err); err != nil {
		if statusOf(err) == http.StatusConflict { // the repository is empty
			return "", fmt.Errorf("%w: %w", err, review.ErrGone)
		}
		return "", err
	}
	if ref.Ref != "refs/heads/"+branch || ref.Object.Type != "commit" || !idForm.MatchString(ref.Object.SHA) {
		return "", fmt.Errorf("tip of %v %s: the answer is about %q", repo, branch, oneLine(ref.Ref))
	}
	return ref.Object.SHA, nil
}
