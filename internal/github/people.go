package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	api "github.com/google/go-github/v60/github"

	"github.com/countersign-dev/countersign/review"
)

// User resolves a login to the account that has it now, or ErrGone.
func (g *Client) User(ctx context.Context, repo review.Repo, login string) (review.User, error) {
	c, err := g.in(repo)
	if err != nil {
		return review.User{}, err
	}
	if !loginForm.MatchString(login) {
		return review.User{}, fmt.Errorf("%q can be no login: %w", login, review.ErrGone)
	}
	found, _, err := c.Users.Get(ctx, login)
	if err != nil {
		return review.User{}, tidy(err)
	}
	if found.GetID() == 0 {
		return review.User{}, fmt.Errorf("user %s: the answer has no id", login)
	}
	return userOf(found), nil
}

// rosterAge is how long the members of a team are kept.
const rosterAge = 5 * time.Minute

var slugForm = regexp.MustCompile(`^([A-Za-z0-9][A-Za-z0-9-]{0,99})/([A-Za-z0-9_.-]{1,255})$`)

// Members lists a team, org/slug, child teams included, or ErrGone, also when
// the app may not see it. Answers are kept for five minutes; fresh asks anew.
func (g *Client) Members(ctx context.Context, repo review.Repo, team string, fresh bool) ([]review.User, error) {
	c, err := g.in(repo)
	if err != nil {
		return nil, err
	}
	m := slugForm.FindStringSubmatch(team)
	if m == nil || !isName(m[2]) {
		return nil, fmt.Errorf("%q can be no team, which is ORG/SLUG: %w", team, review.ErrGone)
	}
	i := g.installation(repo.Installation)
	if kept, ok := i.roster(team); ok && !fresh {
		return kept, nil
	}
	asked := g.now()
	var out []review.User
	err = everyPage(func(o api.ListOptions) (*api.Response, error) {
		found, resp, err := c.Teams.ListTeamMembersBySlug(ctx, m[1], m[2], &api.TeamListTeamMembersOptions{ListOptions: o})
		for _, u := range found {
			out = append(out, userOf(u))
		}
		return resp, err
	})
	if statusOf(err) == http.StatusForbidden {
		return nil, fmt.Errorf("%w: %w", err, review.ErrGone)
	} else if err != nil {
		return nil, err
	}
	i.keepRoster(team, roster{asked, slices.Clone(out)})
	return out, nil
}

// A roster is who was in a team when it was asked for.
type roster struct {
	at      time.Time
	members []review.User
}

func (i *installation) roster(team string) ([]review.User, bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	r, ok := i.rosters[strings.ToLower(team)]
	age := i.g.now().Sub(r.at)
	return slices.Clone(r.members), ok && age >= 0 && age < rosterAge
}

func (i *installation) keepRoster(team string, r roster) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.rosters[strings.ToLower(team)] = r
}

// Admin reports whether a person administers the repository.
func (g *Client) Admin(ctx context.Context, repo review.Repo, u review.User) (bool, error) {
	p, err := g.permission(ctx, repo, u)
	return p == "admin", err
}

// Writer reports whether a person may push to the repository.
func (g *Client) Writer(ctx context.Context, repo review.Repo, u review.User) (bool, error) {
	p, err := g.permission(ctx, repo, u)
	return p == "admin" || p == "write", err
}

// permission returns what an account may do: admin, write (maintain is that as
// well), read or none; custom roles count as what they are built on. The
// address takes a login, which may have another owner by now, so the answer
// counts only if it is about the same account.
func (g *Client) permission(ctx context.Context, repo review.Repo, u review.User) (string, error) {
	c, err := g.in(repo)
	if err != nil || u.ID == 0 {
		return "none", err
	}
	login := u.Login
	for range 2 {
		if !loginForm.MatchString(login) {
			return "none", nil
		}
		var found struct {
			Permission string
			User       *api.User
		}
		_, err := get(ctx, c, "repos/"+repo.Owner+"/"+repo.Name+"/collaborators/"+login+"/permission", &found)
		err = tidy(err)
		if err != nil && !errors.Is(err, review.ErrGone) {
			return "none", err
		}
		if err == nil && found.User.GetID() == u.ID {
			return found.Permission, nil
		}
		var now api.User
		_, err = get(ctx, c, "user/"+strconv.FormatInt(u.ID, 10), &now)
		if err = tidy(err); errors.Is(err, review.ErrGone) {
			return "none", nil
		} else if err != nil {
			return "none", err
		}
		if now.GetID() != u.ID || strings.EqualFold(now.GetLogin(), login) {
			return "none", nil
		}
		login = now.GetLogin()
	}
	return "none", nil
}
