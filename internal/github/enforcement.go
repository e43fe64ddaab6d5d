package github

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	api "github.com/google/go-github/v60/github"

	"github.com/countersign-dev/countersign/review"
)

const (
	notVisible    = "not visible"
	sourceClassic = "classic"
)

// Enforcement returns what guards a branch now for the named check: rulesets
// in one call and, unless they require the check from this app, the classic
// protection in another; the other way round where that was what did so last
// time. Who may pass by them is told only to those who may change them, so
// Bypass is "not visible", but for classic protection that does not bind
// administrators.
//
// Both are read raw: go-github gives up on every rule that it does not know,
// and leaves out the protection of a branch.
func (g *Client) Enforcement(ctx context.Context, repo review.Repo, branch, check string) (review.Enforcement, error) {
	c, err := g.in(repo)
	if err != nil {
		return review.Enforcement{}, err
	}
	if !isBranch(branch) {
		return review.Enforcement{}, fmt.Errorf("%q can be no branch", branch)
	}
	read := []func(context.Context, *api.Client, review.Repo, string, string) (review.Enforcement, error){g.rulesets, g.protection}
	key := cacheKey{repo.Installation, "guard", strconv.FormatInt(repo.ID, 10) + " " + branch}
	if _, classic := g.kept.get(key); classic {
		slices.Reverse(read)
	}
	known := review.Enforcement{Source: "none", Bypass: notVisible}
	for _, one := range read {
		e, err := one(ctx, c, repo, branch, check)
		switch {
		case err != nil && !veiled(err):
			return review.Enforcement{}, err
		case err != nil && !known.Required:
			known.Source = "unknown"
		case e.Pinned:
			if e.Source == sourceClassic {
				g.kept.put(key, true, 128)
			}
			return e, nil
		case e.Required && !known.Required:
			known = e
		}
	}
	return known, nil
}

// veiled reports whether err says that the app may not see what it asked for.
func veiled(err error) bool {
	status := statusOf(err)
	return status == http.StatusNotFound || status == http.StatusForbidden
}

// A requiredCheck is one check that must pass. App is nil, or -1, for any.
type requiredCheck struct {
	Context     string `json:"context"`
	App         *int64 `json:"app_id"`
	Integration *int64 `json:"integration_id"`
}

// guard adds a required check to what is known. A check of the same name that
// another app must give is not ours.
func (g *Client) guard(e *review.Enforcement, check string, r requiredCheck) {
	app := r.App
	if app == nil {
		app = r.Integration
	}
	switch {
	case r.Context != check:
	case app == nil || *app < 0:
		e.Required = true
	case *app == g.appID:
		e.Required, e.Pinned = true, true
	}
}

func (g *Client) rulesets(ctx context.Context, c *api.Client, repo review.Repo, branch, check string) (review.Enforcement, error) {
	e := review.Enforcement{Source: "ruleset", Bypass: notVisible}
	path := "repos/" + repo.Owner + "/" + repo.Name + "/rules/branches/" + escape(branch)
	err := everyPage(func(o api.ListOptions) (*api.Response, error) {
		var rules []struct {
			Type       string
			Parameters struct {
				Checks []requiredCheck `json:"required_status_checks"`
			}
		}
		q := url.Values{"per_page": {strconv.Itoa(o.PerPage)}, "page": {strconv.Itoa(o.Page)}}
		resp, err := get(ctx, c, path+"?"+q.Encode(), &rules)
		for _, r := range rules {
			for _, required := range r.Parameters.Checks {
				if r.Type == "required_status_checks" {
					g.guard(&e, check, required)
				}
			}
		}
		return resp, err
	})
	return e, err
}

func (g *Client) protection(ctx context.Context, c *api.Client, repo review.Repo, branch, check string) (review.Enforcement, error) {
	e := review.Enforcement{Source: sourceClassic, Bypass: notVisible}
	var found struct {
		Protection struct {
			Checks struct {
				Level  string          `json:"enforcement_level"`
				Checks []requiredCheck `json:"checks"`
			} `json:"required_status_checks"`
		}
	}
	_, err := get(ctx, c, "repos/"+repo.Owner+"/"+repo.Name+"/branches/"+escape(branch), &found)
	if err != nil {
		return e, tidy(err)
	}
	for _, required := range found.Protection.Checks.Checks {
		g.guard(&e, check, required)
	}
	if found.Protection.Checks.Level == "non_admins" {
		e.Bypass = "administrators"
	}
	return e, nil
}
