package review

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

const (
	// outsidersKept is how many statements of outsiders are kept on one pull
	// request. Of the others only the deliveries are.
	outsidersKept = 100
	// outsiderBody is how much of each is kept, in bytes. The digest of its
	// delivery proves the rest.
	outsiderBody = 1 << 10
	// askedFor is how long it is kept whether somebody is an outsider.
	askedFor = 10 * time.Minute
)

// throughOutside is how outsiders come to say something.
const throughOutside = "outsider"

// outsider reports whether an author_association is that of somebody outside
// the repository. GitHub signs it with the delivery, and calls so whoever keeps
// their membership of the organisation private.
func outsider(association string) bool {
	switch association {
	case "OWNER", "MEMBER", "COLLABORATOR":
		return false
	}
	return true
}

// insider reports whether somebody whom GitHub calls an outsider may push to the
// repository, or holds a role on the base branch of a pull request. It costs one
// call for each person and repository in ten minutes, and beside it what reading
// the roles of the branch does.
func (r *Reviewer) insider(ctx context.Context, ref PullRef, u User) (bool, error) {
	key := fmt.Sprintf("%d %d", ref.Repo.ID, u.ID)
	writes, kept := r.writers.get(key, r.Now())
	if !kept {
		var err error
		if writes, err = r.Forge.Writer(ctx, ref.Repo, u); err != nil {
			return false, fmt.Errorf("permission of %s: %w", u.Login, err)
		}
		r.writers.put(key, writes, r.Now().Add(askedFor))
	}
	if writes {
		return true, nil
	}
	known, ok, err := r.Store.Pull(ctx, ref.Repo.ID, ref.Number)
	if err != nil || !ok {
		return false, err
	}
	holders, err := r.holders(ctx, ref.Repo, known.BaseRef)
	return slices.Contains(holders, u.ID), err
}

// holders are all who hold some role on a branch, as of ten minutes ago or
// later: whom they may sign for is looked at elsewhere.
func (r *Reviewer) holders(ctx context.Context, repo Repo, branch string) ([]int64, error) {
	key := fmt.Sprintf("%d %s", repo.ID, branch)
	if kept, ok := r.held.get(key, r.Now()); ok {
		return kept, nil
	}
	s, err := r.settingsOn(ctx, repo, branch)
	if err != nil {
		return nil, err
	}
	roles := map[string]bool{}
	for role := range s.Approvers {
		roles[role] = true
	}
	for role := range r.Operator.Approvers {
		roles[role] = true
	}
	out := map[int64]bool{}
	for role := range roles {
		roster, err := r.roster(ctx, Pull{Repo: repo, BaseRef: branch}, s, &Requirement{ID: role, Role: role}, nil, false)
		if err != nil {
			return nil, err
		}
		for id := range roster.People {
			out[id] = true
		}
	}
	all := slices.Collect(maps.Keys(out))
	r.held.put(key, all, r.Now().Add(askedFor))
	return all, nil
}

// settingsOn reads the settings at the tip of a branch. They are empty where it
// has none, or none that load.
func (r *Reviewer) settingsOn(ctx context.Context, repo Repo, branch string) (Settings, error) {
	tip, err := r.Forge.Tip(ctx, repo, branch)
	if errors.Is(err, ErrGone) {
		return Settings{}, nil
	} else if err != nil {
		return Settings{}, fmt.Errorf("tip of %v %s: %w", repo, branch, err)
	}
	tree, err := r.Forge.Tree(ctx, repo, tip)
	if err != nil {
		return Settings{}, fmt.Errorf("read %s: %w", short(tip), err)
	}
	s, _, err := ReadSettings(tree)
	if errors.As(err, new(*RulesError)) {
		return Settings{}, nil
	}
	return s, err
}

// keepOutside keeps what an outsider said beside what was said before: in part,
// and nothing beyond the hundredth but each person's first call of an agent,
// which keeps them from signing what it wrote.
func (r *Reviewer) keepOutside(ctx context.Context, said []Signoff, s Signoff) error {
	n, called := 0, false
	for _, o := range said {
		if o.Through == throughOutside {
			n++
		}
		called = called || o.Verb == Prompted && o.User.ID == s.User.ID
	}
	if n >= outsidersKept && (s.Verb != Prompted || called) {
		return nil
	}
	s.Through, s.Body = throughOutside, clip(s.Body, outsiderBody)
	_, err := r.Store.AddSignoff(ctx, s)
	return err
}

// keep keeps a statement that has no effect, as what its writer is.
func (r *Reviewer) keep(ctx context.Context, e CommentEvent, s Signoff) error {
	if !outsider(e.Association) {
		_, err := r.Store.AddSignoff(ctx, s)
		return err
	}
	said, err := r.Store.Signoffs(ctx, e.Repo.ID, e.Number)
	if err != nil {
		return err
	}
	return r.keepOutside(ctx, said, s)
}

// turnAway keeps the command of an outsider as refused and spends at most one
// reaction on each pull request, so that strangers cannot run up the bill.
func (r *Reviewer) turnAway(ctx context.Context, e CommentEvent, who Signoff) error {
	said, err := r.Store.Signoffs(ctx, e.Repo.ID, e.Number)
	if err != nil {
		return err
	}
	first := !slices.ContainsFunc(said, func(s Signoff) bool {
		return s.Through == throughOutside && s.Refused == RefusedNotNamed && s.SourceID != who.SourceID
	})
	who.Refused = RefusedNotNamed
	if err := r.keepOutside(ctx, said, who); err != nil || !first {
		return err
	}
	return r.Forge.React(ctx, e.Repo, who.SourceID, "confused")
}
