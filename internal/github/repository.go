package github

import (
	"context"
	"errors"
	"fmt"

	api "github.com/google/go-github/v60/github"

	"github.com/countersign-dev/countersign/review"
)

// Repositories lists what all installations cover, archived repositories and
// suspended installations left out. An installation that cannot be read does
// not hide the others: both a list and an error come back then.
func (g *Client) Repositories(ctx context.Context) ([]review.Repo, error) {
	var ids []int64
	err := everyPage(func(o api.ListOptions) (*api.Response, error) {
		found, resp, err := g.app.Apps.ListInstallations(ctx, &o)
		for _, i := range found {
			if i.SuspendedAt == nil {
				ids = append(ids, i.GetID())
			}
		}
		return resp, err
	})
	if err != nil {
		return nil, err
	}
	var out []review.Repo
	var failed []error
	for _, id := range ids {
		repos, err := g.repositories(ctx, id)
		if err != nil {
			failed = append(failed, fmt.Errorf("repositories of installation %d: %w", id, err))
			continue
		}
		out = append(out, repos...)
	}
	return out, errors.Join(failed...)
}

func (g *Client) repositories(ctx context.Context, installation int64) ([]review.Repo, error) {
	c := g.as(installation)
	var out []review.Repo
	err := everyPage(func(o api.ListOptions) (*api.Response, error) {
		found, resp, err := c.Apps.ListRepos(ctx, &o)
		if err != nil {
			return resp, err
		}
		for _, r := range found.Repositories {
			if r.GetArchived() || r.GetDisabled() {
				continue
			}
			out = append(out, review.Repo{Installation: installation, ID: r.GetID(), Owner: r.GetOwner().GetLogin(), Name: r.GetName(),
				Private: r.GetPrivate(), DefaultBranch: r.GetDefaultBranch()})
		}
		return resp, nil
	})
	return out, err
}
