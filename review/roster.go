package review

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Roles that every installation has without settings.
const (
	rolePolicy = "policy" // whoever signs for rules, approvers and governed paths
	roleAdmin  = "administrator"
)

// roster resolves who may sign for req. What does not exist or is empty
// becomes a problem that people can mend; what cannot be read is an error.
func (r *Reviewer) roster(ctx context.Context, p Pull, s Settings, req *Requirement, statements []Signoff, fresh bool) (Roster, error) {
	if req.Role == roleAdmin {
		return r.administrators(ctx, p, *req, statements)
	}
	who := Approvers{People: req.People, Teams: req.Teams}
	if req.Role != "" {
		var ok bool
		if who, ok = r.Operator.approvers(s, req.Role); !ok {
			return Roster{Problem: fmt.Sprintf("the role %s has no approvers: add `approvers.%s` to `%s` on %s",
				req.Role, req.Role, SettingsPath, code(p.BaseRef))}, nil
		}
		req.Need = max(req.Need, who.Need)
	}
	out := Roster{People: map[int64]Member{}}
	var problems []string
	for _, login := range who.People {
		u, err := r.person(ctx, p.Repo, login)
		if errors.Is(err, ErrGone) {
			problems = append(problems, "there is no account "+code(login))
			continue
		} else if err != nil {
			return Roster{}, fmt.Errorf("resolve %s: %w", login, err)
		}
		if !u.IsPerson() {
			problems = append(problems, code(login)+" is not a person's account")
			continue
		}
		out.People[u.ID] = Member{User: u, Through: "people"}
	}
	for _, team := range who.Teams {
		members, err := r.Forge.Members(ctx, p.Repo, team, fresh)
		switch {
		case errors.Is(err, ErrGone):
			problems = append(problems, "the team "+code(team)+" does not exist, or the app may not see it")
		case err != nil:
			return Roster{}, fmt.Errorf("read team %s: %w", team, err)
		case len(members) == 0:
			problems = append(problems, "the team "+code(team)+" has no members")
		}
		for _, u := range members {
			if _, have := out.People[u.ID]; !have && u.IsPerson() {
				out.People[u.ID] = Member{User: u, Through: team}
			}
		}
	}
	out.Problem = strings.Join(problems, "; ")
	return out, nil
}

// person resolves a login of the settings. The account that it meant when the
// repository first named it stays meant, so that whoever takes over the name
// of a renamed account gains nothing.
func (r *Reviewer) person(ctx context.Context, repo Repo, login string) (User, error) {
	key := strings.ToLower(login)
	if u, ok, err := r.Store.PinnedLogin(ctx, repo.ID, key); err != nil || ok {
		return u, err
	}
	u, err := r.Forge.User(ctx, repo, login)
	if err != nil {
		return User{}, err
	}
	return r.Store.PinLogin(ctx, repo.ID, key, u)
}

// administrators returns those of the signers of req who administer the
// repository now. The others are not listed: it would take a call for each
// person who might be one.
func (r *Reviewer) administrators(ctx context.Context, p Pull, req Requirement, statements []Signoff) (Roster, error) {
	out := Roster{People: map[int64]Member{}, Anyone: "an administrator of the repository who had no hand in it"}
	for _, s := range statements {
		if s.Requirement != req.ID || s.Verb != Approve || s.Refused != "" {
			continue
		}
		if _, have := out.People[s.User.ID]; have {
			continue
		}
		ok, err := r.Forge.Admin(ctx, p.Repo, s.User)
		if err != nil {
			return Roster{}, fmt.Errorf("permission of %s: %w", s.User.Login, err)
		}
		if ok {
			out.People[s.User.ID] = Member{User: s.User, Through: roleAdmin}
		}
	}
	return out, nil
}

// names reports whether a requirement names u, and through what.
func (r *Reviewer) names(ctx context.Context, p Pull, req Requirement, roster Roster, u User) (through string, ok bool, err error) {
	if m, have := roster.People[u.ID]; have {
		return m.Through, true, nil
	}
	if req.Role != roleAdmin {
		return "", false, nil
	}
	ok, err = r.Forge.Admin(ctx, p.Repo, u)
	return roleAdmin, ok, err
}
