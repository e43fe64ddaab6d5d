package webhook

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/countersign-dev/countersign/review"
)

// errNotJSON is a body that cannot be what GitHub sent.
var errNotJSON = errors.New("the body is not JSON")

// ErrForeign is a delivery of one installation about a repository that belongs
// to another.
var ErrForeign = errors.New("repository belongs to another installation")

// A permanentError is one that no further attempt can mend.
type permanentError struct{ error }

func permanent(err error) error { return permanentError{err} }

// Unwrap implements errors.Unwrap.
func (e permanentError) Unwrap() error { return e.error }

// route makes a delivery of an authenticated body, and says whether there is
// anything to do about it. A body with parts of an unexpected type is kept, so
// that a newer server can read it.
func route(event, guid string, body []byte, app int64) (d Delivery, keep bool, err error) {
	if !json.Valid(body) {
		return d, false, errNotJSON
	}
	p, perr := parse(body)
	r := find(event, p.Action)
	if r == nil || event == SweepEvent || perr == nil && r.only != nil && !r.only(p, app) {
		return d, false, nil
	}
	if err := subjects[event].check(event, body); err != nil {
		return d, false, err
	}
	return newDelivery(r, p, guid, body), true, nil
}

func newDelivery(r *row, p payload, guid string, body []byte) Delivery {
	l := r.lane(p)
	sum := sha256.Sum256(body)
	return Delivery{GUID: guid, Event: r.event, Action: p.Action, Installation: p.Installation.ID, RepoID: p.Repository.ID, Pull: l.pull,
		Lane: fmt.Sprintf("%d/%d/%s", p.Installation.ID, p.Repository.ID, l.name), Wide: l.wide,
		Once: !subjects[r.event].bare, Digest: "sha256:" + hex.EncodeToString(sum[:]), Body: body}
}

// dispatch hands a delivery to the method of Reviews that the event table names.
func dispatch(ctx context.Context, repos Repos, reviews Reviews, app int64, d Delivery) error {
	r := find(d.Event, d.Action)
	if r == nil {
		return nil // kept by a newer server that knew the event
	}
	p, err := parse(d.Body)
	if err != nil {
		return permanent(err)
	}
	if r.only != nil && !r.only(p, app) {
		return nil
	}
	if p.Installation.ID == 0 {
		return errLacks("installation")
	}
	e := review.Event{Delivery: d.Ref(), Repo: p.Repository.repo(p.Installation.ID), Sender: p.Sender.user(), At: p.at()}
	switch {
	case d.Event == SweepEvent:
		e.Delivery = review.DeliveryRef{}
		have, ok, err := repos.Repo(ctx, p.Repository.ID)
		if err != nil || !ok || have.Installation != p.Installation.ID {
			return err // gone since
		}
		e.Repo = have
	case moves(d.Event, d.Action) && (d.Event != "repository" || p.Repository.ID != 0):
		err = narrow(ctx, repos, d, &p)
	default:
		e.Repo, err = own(ctx, repos, r, e.Repo)
	}
	if err != nil {
		return err
	}
	return r.do(ctx, reviews, e, p)
}

// own checks that the repository of a delivery belongs to its installation, and
// returns it as it is known.
//
// A repository that is not known belongs to whichever installation's signed
// delivery names it first; from then on only an installation event, or its
// transfer, moves it to another. So a delivery of one tenant cannot act on the
// repository of another. Nor does any but a repository event, or a listing,
// say what it is called: others may come late, from before it was renamed, when
// the old name may be another repository's.
func own(ctx context.Context, repos Repos, r *row, repo review.Repo) (review.Repo, error) {
	if repo.ID == 0 {
		if r.lane(payload{}).name == "installation" {
			return repo, nil // about people, not about a repository
		}
		return repo, errLacks("repository")
	}
	have, ok, err := repos.Repo(ctx, repo.ID)
	if err != nil {
		return repo, err
	}
	if ok && have.Installation != repo.Installation {
		return repo, permanent(fmt.Errorf("%w: %v (%d) is known with installation %d, and this comes from %d; if the app was installed anew, let GitHub deliver the newest installation event again",
			ErrForeign, repo, repo.ID, have.Installation, repo.Installation))
	}
	if ok && r.event != "repository" && have.Owner != "" && have.Name != "" {
		have.DefaultBranch = cmp.Or(have.DefaultBranch, repo.DefaultBranch)
		repo = have
	}
	repo.DefaultBranch = cmp.Or(repo.DefaultBranch, have.DefaultBranch)
	if ok && have == repo || r.event == "repository" && r.action == "deleted" {
		return repo, nil
	}
	return repo, repos.AddRepo(ctx, repo)
}

// narrow leaves in the lists of an installation event only what the
// installation may take away: repositories that are its own. When the app was
// uninstalled or suspended, these are all that it has.
func narrow(ctx context.Context, repos Repos, d Delivery, p *payload) error {
	all, err := repos.Repos(ctx)
	if err != nil {
		return err
	}
	gone := uninstalls(d.Event, d.Action)
	listed := map[int64]bool{}
	for _, r := range p.Removed {
		listed[r.ID] = true
	}
	p.Removed = nil
	for _, r := range all {
		if r.Installation == p.Installation.ID && (gone || listed[r.ID]) {
			p.Removed = append(p.Removed, repository{ID: r.ID, Name: r.Name, Owner: account{Login: r.Owner}, Private: r.Private, DefaultBranch: r.DefaultBranch})
		}
	}
	return nil
}
