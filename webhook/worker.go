package webhook

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"sync"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/countersign-dev/countersign/review"
)

const (
	ttl       = 2 * time.Minute  // of a lease; longer than any single call to GitHub
	limit     = 30 * time.Minute // of one attempt
	grace     = 20 * time.Second // for attempts under way when the server stops
	pollEvery = time.Second      // for what fell due without a wake, or came through another server
	firstWait = time.Second
	maxWait   = 15 * time.Minute
	// maxAttempts is reached after about a day. An attempt that GitHub's limits
	// ended counts too, but waits for as long as GitHub asks.
	maxAttempts = 100
)

// A Worker handles deliveries. All fields but Forget are required.
type Worker struct {
	Inbox   Inbox
	Repos   Repos
	Reviews Reviews
	App     int64                    // id of the app, to know its own checks
	Forget  func(installation int64) // drops tokens and caches of one that is gone
	Hands   int                      // how many deliveries are handled at once
	Wake    chan struct{}            // as in Handler; a buffer of 1 is enough
	Now     func() time.Time
	Log     logrus.FieldLogger
}

// Run handles deliveries until ctx ends. Attempts that are under way then have
// 20 seconds to end by themselves; what is cut off is attempted again later.
func (w *Worker) Run(ctx context.Context) {
	work, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(grace, cut) })()
	var hands sync.WaitGroup
	for range w.Hands {
		hands.Go(func() {
			for ctx.Err() == nil {
				if !w.next(ctx, work) {
					w.wait(ctx)
				}
			}
		})
	}
	hands.Wait()
}

// wait returns when there may be something to claim.
func (w *Worker) wait(ctx context.Context) {
	t := time.NewTimer(pollEvery)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-w.Wake:
	case <-t.C:
	}
}

// next claims one delivery and handles it, or returns false.
func (w *Worker) next(ctx, work context.Context) bool {
	d, l, ok, err := w.Inbox.Claim(ctx, w.Now(), ttl)
	if err != nil {
		if ctx.Err() == nil {
			w.Log.WithError(err).Error("inbox cannot be read")
		}
		return false
	}
	if !ok {
		return false
	}
	wake(w.Wake) // where there was one, there may be more for another hand
	w.handle(work, d, l)
	return true
}

// handle makes one attempt and settles what becomes of the delivery.
func (w *Worker) handle(ctx context.Context, d Delivery, l Lease) {
	begun := w.Now()
	err := w.attempt(ctx, d, l)
	outcome, serr := w.settle(context.WithoutCancel(ctx), d, l, err)
	log := w.Log.WithFields(logrus.Fields{"delivery": d.GUID, "event": d.Event, "action": d.Action, "installation": d.Installation,
		"repo_id": d.RepoID, "pull": d.Pull, "attempts": d.Attempts, "duration": w.Now().Sub(begun).String(), "outcome": outcome})
	if p := (*panicked)(nil); errors.As(err, &p) {
		log = log.WithField("stack", string(p.stack))
	}
	switch {
	case serr != nil:
		log.WithError(errors.Join(err, serr)).Error("delivery handled")
	case outcome == "dead":
		log.WithError(err).Error("delivery handled")
	case err != nil:
		log.WithError(err).Warn("delivery handled")
	default:
		log.Info("delivery handled")
	}
}

// settle does with the lease what the attempt's error calls for.
func (w *Worker) settle(ctx context.Context, d Delivery, l Lease, err error) (outcome string, _ error) {
	var final permanentError
	switch {
	case err == nil:
		return "done", w.Inbox.Done(ctx, l, w.Now())
	case errors.Is(err, ErrLeaseLost):
		return "lost", nil
	case errors.As(err, &final), d.Attempts >= maxAttempts:
		return "dead", w.Inbox.Dead(ctx, l, w.Now(), clip(err.Error()))
	}
	return "retry", w.Inbox.Retry(ctx, l, w.Now().Add(backoff(d.Attempts, err)), clip(err.Error()))
}

// clip bounds a reason that is kept.
func clip(s string) string { return s[:min(len(s), 2000)] }

// backoff is how long to wait after a number of attempts: doubled each time,
// with half of it left to chance so that many do not come back at once, and no
// less than the error asks for.
func backoff(attempts int, err error) time.Duration {
	wait := maxWait
	if doublings := attempts - 1; doublings < 16 {
		wait = min(maxWait, firstWait<<max(0, doublings))
	}
	wait = wait/2 + rand.N(wait/2+1)
	var asks interface{ RetryAfter() time.Duration }
	if errors.As(err, &asks) {
		wait = max(wait, min(asks.RetryAfter(), 2*time.Hour))
	}
	return wait
}

// panicked is a panic of one attempt.
type panicked struct {
	value any
	stack []byte
}

func (p *panicked) Error() string { return fmt.Sprintf("panic: %v", p.value) }

// attempt dispatches d while it keeps the lease alive. When the lease is lost,
// what is under way is cancelled, and the fence in its context lets nothing
// more be published.
func (w *Worker) attempt(ctx context.Context, d Delivery, l Lease) (err error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	ctx, lose := context.WithCancelCause(ctx)
	defer lose(nil)
	var beating sync.WaitGroup
	beating.Go(func() { w.beat(ctx, l, lose) })
	defer beating.Wait()
	defer lose(nil)
	defer func() {
		if v := recover(); v != nil {
			err = &panicked{v, debug.Stack()}
		}
		if errors.Is(context.Cause(ctx), ErrLeaseLost) && err != nil {
			err = errors.Join(ErrLeaseLost, err)
		}
	}()
	fence := func(ctx context.Context) error { return w.Inbox.Extend(ctx, l, w.Now(), ttl) }
	work := review.WithFence(ctx, fence) // ctx itself is read by the heartbeat
	if d.Attempts > 1 {
		work = review.WithAgain(work)
	}
	if err := dispatch(work, w.Repos, w.Reviews, w.App, d); err != nil {
		return err
	}
	if uninstalls(d.Event, d.Action) && w.Forget != nil {
		w.Forget(d.Installation)
	}
	return nil
}

// beat extends the lease until ctx ends or the lease is lost. A database that
// cannot be reached is tried again: the lease may outlast that.
func (w *Worker) beat(ctx context.Context, l Lease, lose context.CancelCauseFunc) {
	tick := time.NewTicker(ttl / 4)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			if err := w.Inbox.Extend(ctx, l, w.Now(), ttl); errors.Is(err, ErrLeaseLost) {
				lose(ErrLeaseLost)
				return
			}
		}
	}
}
