package review

import (
	"context"
	"slices"
)

const (
	// outsidersKept is how many statements of outsiders are kept on one pull
	// request. Of the others only the deliveries are.
	outsidersKept = 100
	// outsiderBody is how much of each is kept, in bytes. The digest of its
	// delivery proves the rest.
	outsiderBody = 1 << 10
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
