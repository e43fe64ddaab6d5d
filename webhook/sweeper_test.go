package webhook_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/countersign-dev/countersign/internal/store"
	"github.com/countersign-dev/countersign/review"
	"github.com/countersign-dev/countersign/webhook"
)

// hub is GitHub's list of deliveries and repositories.
type hub struct {
	mu     sync.Mutex // covers all; time alone orders nothing
	failed map[int64]time.Time
	gone   map[int64]bool
	repos  []review.Repo
	err    error

	since []time.Time
	asked []int64
}

func (h *hub) Failed(_ context.Context, since time.Time) (ids []int64, _ error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.since = append(h.since, since)
	for id, at := range h.failed {
		if !at.Before(since) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids, h.err
}

func (h *hub) Redeliver(_ context.Context, id int64) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.gone[id] {
		return fmt.Errorf("delivery %d: %w", id, review.ErrGone)
	}
	if h.err != nil {
		return h.err
	}
	h.asked = append(h.asked, id)
	return nil
}

func (h *hub) Repositories(context.Context) ([]review.Repo, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.repos, h.err
}

// change sets h up for what comes next.
func (h *hub) change(do func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	do()
}

// requests returns what was asked for so far.
func (h *hub) requests() (since []time.Time, asked []int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.since), slices.Clone(h.asked)
}

func newSweeper(d *store.DB, h *hub, log io.Writer) *webhook.Sweeper {
	return &webhook.Sweeper{Inbox: d, Repos: d, Redeliver: h, Lister: h, Every: time.Hour, Now: time.Now, Log: quiet(log)}
}

func TestSweeperAsksForFailedDeliveries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		h := &hub{failed: map[int64]time.Time{1: start.Add(-80 * time.Hour), 2: start.Add(-70 * time.Hour), 3: start.Add(-time.Minute)}, gone: map[int64]bool{2: true}}
		s := newSweeper(openStore(t), h, io.Discard)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() {
			s.Run(ctx)
			close(done)
		}()
		synctest.Wait()
		if _, asked := h.requests(); !slices.Equal(asked, []int64{3}) {
			t.Errorf("on start, asked for %v; want 3: 1 is too old and 2 is gone", asked)
		}
		h.change(func() {
			h.err = errors.New("status 502")
			h.failed[4] = start.Add(30 * time.Minute)
		})
		time.Sleep(time.Hour)
		synctest.Wait()
		h.change(func() { h.err = nil })
		time.Sleep(time.Hour)
		synctest.Wait()
		since, asked := h.requests()
		if want := []int64{3, 3, 4}; !slices.Equal(asked, want) {
			t.Errorf("after an hour without GitHub, asked for %v; want %v", asked, want)
		}
		var ago []time.Duration
		for _, at := range since {
			ago = append(ago, at.Sub(start))
		}
		if want := []time.Duration{-72 * time.Hour, -time.Hour, -time.Hour}; !slices.Equal(ago, want) {
			t.Errorf("asked since %v; want %v", ago, want)
		}
		cancel()
		<-done
	})
}

// A part that fails does not keep the others from being done.
func TestSweeperFailsInPart(t *testing.T) {
	d := openStore(t)
	repo := review.Repo{Installation: 42, ID: 700, Owner: "acme", Name: "bot"}
	if err := d.AddRepo(t.Context(), repo); err != nil {
		t.Fatal(err)
	}
	err := newSweeper(d, &hub{err: errors.New("status 401")}, io.Discard).Once(t.Context())
	if err == nil || strings.Count(err.Error(), "status 401") != 2 {
		t.Errorf("error = %v; want both failures", err)
	}
	if n, err := d.Backlog(t.Context()); n != 1 || err != nil {
		t.Errorf("backlog = %d, %v; want the sweep of the repository", n, err)
	}
}

func TestSweeperDropsOldBodies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := openStore(t)
		if _, err := d.Add(t.Context(), webhook.Delivery{GUID: "g", Event: "push", Digest: "sha256:g", Body: []byte("{}"), ReceivedAt: time.Now()}); err != nil {
			t.Fatal(err)
		}
		_, l, _, err := d.Claim(t.Context(), time.Now(), time.Minute)
		if err := errors.Join(err, d.Done(t.Context(), l, time.Now())); err != nil {
			t.Fatal(err)
		}
		var log bytes.Buffer
		s := newSweeper(d, &hub{}, &log)
		for _, later := range []time.Duration{90*24*time.Hour - time.Minute, 2 * time.Minute} {
			if strings.Contains(log.String(), "dropped") {
				t.Errorf("dropped before 90 days were over: %s", &log)
			}
			time.Sleep(later)
			if err := s.Once(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if !strings.Contains(log.String(), `"deliveries":1`) {
			t.Errorf("nothing was dropped after 90 days: %s", &log)
		}
	})
}

func TestSweepsReachTheReview(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := openStore(t)
		a := review.Repo{Installation: 42, ID: 700, Owner: "acme", Name: "bot", DefaultBranch: "main"}
		b := review.Repo{Installation: 43, ID: 701, Owner: "globex", Name: "bot", DefaultBranch: "main"}
		was := a
		was.Installation = 41 // the app was installed anew, and nobody told
		if err := d.AddRepo(t.Context(), was); err != nil {
			t.Fatal(err)
		}
		var mu sync.Mutex
		swept := map[review.Repo]int{}
		var log bytes.Buffer
		w := newWorker(d, &log, nil)
		w.Reviews = reviews{swept: func(r review.Repo) {
			mu.Lock()
			defer mu.Unlock()
			swept[r]++
		}}
		s := newSweeper(d, &hub{repos: []review.Repo{a, b}}, io.Discard)
		s.Wake = w.Wake
		for range 2 { // on two servers, or twice in a row
			if err := s.Once(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		stop := run(t, w)
		time.Sleep(10 * time.Second)
		if err := s.Once(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(10 * time.Second)
		stop()
		if len(swept) != 2 || swept[a] != 2 || swept[b] != 2 {
			t.Errorf("swept %v; want each as it is now, twice\n%s", swept, log.String())
		}
	})
}
