package webhook

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/countersign-dev/countersign/review"
)

const (
	// keptFor is how long GitHub keeps deliveries that can be delivered again.
	keptFor = 72 * time.Hour
	// bodiesFor is how long this server keeps what deliveries said.
	bodiesFor = 90 * 24 * time.Hour
)

// A Redeliverer asks GitHub for deliveries that this server never answered.
type Redeliverer interface {
	// Failed lists the deliveries since then of whose GUID no attempt was
	// answered with 2xx, the newest attempt of each.
	Failed(ctx context.Context, since time.Time) ([]int64, error)
	// Redeliver asks for one of them, or returns review.ErrGone when GitHub has
	// it no more. Asking twice is harmless.
	Redeliver(ctx context.Context, id int64) error
}

// A Lister lists every repository that the app has now, over all installations
// that are not suspended.
type Lister interface {
	Repositories(ctx context.Context) ([]review.Repo, error)
}

// A Sweeper makes good what no delivery told: on start and then regularly it
// asks for failed deliveries again, brings the repositories up to date, and
// gives each repository's sweep to the Worker. All fields are required but
// Redeliver, Lister and Due.
type Sweeper struct {
	Inbox     Inbox
	Repos     Repos
	Redeliver Redeliverer // nil when GitHub is not asked
	Lister    Lister      // nil when GitHub is not asked
	Every     time.Duration
	Due       func(context.Context) error // called every minute; nil when nothing falls due
	Wake      chan<- struct{}             // as in Handler
	Now       func() time.Time
	Log       logrus.FieldLogger
	Swept     func() // called after each sweep of Run; nil when nobody waits for it

	mu         sync.Mutex // one sweep at a time
	since      time.Time  // failures before it have been asked for
	spreadOnce bool       // every pull request was judged since the start
}

// Run sweeps until ctx ends.
func (s *Sweeper) Run(ctx context.Context) {
	tick, minute := time.NewTicker(s.Every), time.NewTicker(time.Minute)
	defer tick.Stop()
	defer minute.Stop()
	next := s.Once
	for ctx.Err() == nil {
		if err := next(ctx); err != nil && ctx.Err() == nil {
			s.Log.WithError(err).Error("sweep incomplete")
		}
		if s.Swept != nil {
			s.Swept()
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
			next = s.Once
		case <-minute.C:
			next = s.due
		}
	}
}

// due asks for what fell due.
func (s *Sweeper) due(ctx context.Context) error {
	if s.Due == nil {
		return nil
	}
	return s.Due(ctx)
}

// Once does all parts of one sweep, whichever of them fail.
func (s *Sweeper) Once(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return errors.Join(s.redeliver(ctx), s.list(ctx), s.spread(ctx), s.trim(ctx))
}

// trim drops what old deliveries said.
func (s *Sweeper) trim(ctx context.Context) error {
	n, err := s.Inbox.Trim(ctx, s.Now().Add(-bodiesFor))
	if n > 0 {
		s.Log.WithField("deliveries", n).Info("bodies of old deliveries dropped")
	}
	return err
}

// redeliver asks for what failed since the last time, with an hour's overlap,
// and on start for all that GitHub still has.
func (s *Sweeper) redeliver(ctx context.Context) error {
	if s.Redeliver == nil {
		return nil
	}
	now, since := s.Now(), s.since
	if since.IsZero() {
		since = now.Add(-keptFor)
	}
	ids, err := s.Redeliver.Failed(ctx, since)
	if err != nil {
		return fmt.Errorf("list failed deliveries: %w", err)
	}
	var errs []error
	for _, id := range ids {
		if err := s.Redeliver.Redeliver(ctx, id); err != nil && !errors.Is(err, review.ErrGone) {
			errs = append(errs, fmt.Errorf("ask for delivery %d again: %w", id, err))
		}
	}
	if len(errs) > 0 {
		return errors.Join(errs...) // since stays: they are asked for again
	}
	if len(ids) > 0 {
		s.Log.WithField("deliveries", len(ids)).Info("failed deliveries asked for again")
	}
	s.since = now.Add(-time.Hour)
	return nil
}

// list learns repositories of which no delivery told, or that an installation
// took over. Those that are gone are left to their deliveries: a listing that
// is cut short must not remove any.
func (s *Sweeper) list(ctx context.Context) error {
	if s.Lister == nil {
		return nil
	}
	all, err := s.Lister.Repositories(ctx)
	if err != nil {
		return fmt.Errorf("list repositories: %w", err)
	}
	for _, r := range all {
		if err := s.Repos.AddRepo(ctx, r); err != nil {
			return err
		}
	}
	return nil
}

// spread schedules a sweep of each repository. The first one, on start, judges
// all pull requests: this may be a newer server, or its rules may have changed.
func (s *Sweeper) spread(ctx context.Context) error {
	repos, err := s.Repos.Repos(ctx)
	if err != nil {
		return fmt.Errorf("list known repositories: %w", err)
	}
	all := !s.spreadOnce
	for _, r := range repos {
		if err := (Scheduler{Inbox: s.Inbox, Wake: s.Wake, Now: s.Now}).Schedule(ctx, r, "", all); err != nil {
			return err
		}
	}
	s.spreadOnce = true
	return nil
}

// A Scheduler gives sweeps of single repositories and pull requests to the Worker. All fields but
// Wake are required.
type Scheduler struct {
	Inbox Inbox
	Wake  chan<- struct{} // as in Handler
	Now   func() time.Time
}

var _ review.Scheduler = Scheduler{}

// Schedule implements review.Scheduler. A sweep that nobody has begun yet
// serves every cause that comes before it begins; once a sweep was done, the
// same cause may bring another, which finds nothing new.
func (s Scheduler) Schedule(ctx context.Context, r review.Repo, cause string, all bool) error {
	action := ""
	if all {
		action = SweepAll
	}
	return s.add(ctx, r, 0, action, cause)
}

// SchedulePull implements review.Scheduler.
func (s Scheduler) SchedulePull(ctx context.Context, ref review.PullRef, cause string) error {
	return s.add(ctx, ref.Repo, ref.Number, sweepPull, cause)
}

func (s Scheduler) add(ctx context.Context, r review.Repo, number int, action, cause string) error {
	p := payload{Action: action, Installation: idOnly{r.Installation}, Repository: repository{ID: r.ID}, Number: number}
	body := fmt.Appendf(nil, `{"action":%q,"installation":{"id":%d},"repository":{"id":%d},"number":%d}`, action, r.Installation, r.ID, number)
	d := newDelivery(find(SweepEvent, action), p, fmt.Sprintf("sweep-%d-%d-%d-%s-%s", r.Installation, r.ID, number, action, cause), body)
	d.Pull, d.ReceivedAt = 0, s.Now() // no record rests on a sweep
	added, err := s.Inbox.Add(ctx, d)
	if err != nil {
		return fmt.Errorf("schedule sweep of %v: %w", r, err)
	}
	if added {
		wake(s.Wake)
	}
	return nil
}
