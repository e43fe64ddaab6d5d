package webhook_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
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

// reviews answers comments with comment; everything else succeeds.
type reviews struct {
	webhook.Reviews
	comment func(ctx context.Context, e review.CommentEvent) error
	swept   func(r review.Repo)
}

func (r reviews) Comment(ctx context.Context, e review.CommentEvent) error { return r.comment(ctx, e) }
func (r reviews) Installed(context.Context, review.InstallEvent) error     { return nil }
func (r reviews) Sweep(_ context.Context, repo review.Repo, _ bool) error {
	r.swept(repo)
	return nil
}

func keep(t *testing.T, d *store.DB, guid string, pull int, at time.Time) {
	t.Helper()
	added, err := d.Add(t.Context(), webhook.Delivery{GUID: guid, Event: "issue_comment", Action: "created", Installation: 42, RepoID: 700, Pull: pull,
		Lane: fmt.Sprintf("42/700/%d", pull), Digest: "sha256:x", Body: comment(pull, 1), ReceivedAt: at})
	if err != nil || !added {
		t.Fatalf("Add = %v, %v", added, err)
	}
}

func newWorker(d *store.DB, log io.Writer, comment func(ctx context.Context, e review.CommentEvent) error) *webhook.Worker {
	return &webhook.Worker{Inbox: d, Repos: d, Reviews: reviews{comment: comment}, App: 12345, Hands: 2,
		Wake: make(chan struct{}, 1), Now: time.Now, Log: quiet(log)}
}

// run runs w until stop is called, which waits for it to end.
func run(t *testing.T, w *webhook.Worker) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		w.Run(ctx)
		close(done)
	}()
	return func() {
		cancel()
		<-done
	}
}

func TestWorkerHandlesInOrderAndLogsOneLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := openStore(t)
		var log bytes.Buffer
		var got []string
		w := newWorker(d, &log, func(_ context.Context, e review.CommentEvent) error {
			got = append(got, e.Delivery.GUID)
			return nil
		})
		w.Hands = 1
		stop := run(t, w)
		for i, guid := range []string{"a", "b", "c"} {
			keep(t, d, guid, 1+i%2, time.Now())
			w.Wake <- struct{}{}
			synctest.Wait()
		}
		stop()
		if !slices.Equal(got, []string{"a", "b", "c"}) {
			t.Errorf("handled %v; want a, b, c", got)
		}
		lines := strings.Split(strings.TrimSpace(log.String()), "\n")
		if len(lines) != 3 {
			t.Fatalf("logged %d lines; want 3:\n%s", len(lines), log.String())
		}
		var line map[string]any
		if err := json.Unmarshal([]byte(lines[0]), &line); err != nil {
			t.Fatal(err)
		}
		for field, want := range map[string]any{"delivery": "a", "event": "issue_comment", "action": "created", "installation": 42.0, "repo_id": 700.0,
			"pull": 1.0, "attempts": 1.0, "outcome": "done", "msg": "delivery handled", "level": "info"} {
			if line[field] != want {
				t.Errorf("field %s = %v; want %v", field, line[field], want)
			}
		}
	})
}

// limited is GitHub asking for patience.
type limited struct{ time.Duration }

func (limited) Error() string               { return "rate limit" }
func (l limited) RetryAfter() time.Duration { return l.Duration }

func TestWorkerBacksOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := openStore(t)
		begin, attempts := time.Now(), []time.Duration{}
		w := newWorker(d, io.Discard, func(context.Context, review.CommentEvent) error {
			attempts = append(attempts, time.Since(begin))
			switch len(attempts) {
			case 4:
				return fmt.Errorf("write check: %w", limited{10 * time.Minute})
			case 7:
				return nil
			}
			return errors.New("status 502")
		})
		keep(t, d, "a", 1, begin)
		stop := run(t, w)
		time.Sleep(15 * time.Minute)
		stop()
		if len(attempts) != 7 {
			t.Fatalf("%d attempts; want 7", len(attempts))
		}
		want := time.Second
		for i := 1; i < len(attempts); i++ {
			wait := attempts[i] - attempts[i-1]
			low, high := want/2, want
			if i == 4 {
				low, high = 10*time.Minute, 10*time.Minute
			}
			if wait < low || wait > high+time.Second { // the worker looks once a second
				t.Errorf("attempt %d came after %v; want %v to %v", i+1, wait, low, high)
			}
			want *= 2
		}
		if n, err := d.Backlog(context.Background()); n != 0 || err != nil {
			t.Errorf("backlog = %d, %v; want 0", n, err)
		}
	})
}

func TestWorkerGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := openStore(t)
		keep(t, d, "a", 1, time.Now())
		for range 99 {
			_, l, ok, err := d.Claim(t.Context(), time.Now(), time.Minute)
			if err != nil || !ok {
				t.Fatalf("Claim = %v, %v", ok, err)
			}
			if err := d.Retry(t.Context(), l, time.Now(), "status 502"); err != nil {
				t.Fatal(err)
			}
		}
		attempts := 0
		var log bytes.Buffer
		stop := run(t, newWorker(d, &log, func(context.Context, review.CommentEvent) error {
			attempts++
			return errors.New("status 503")
		}))
		time.Sleep(time.Minute)
		stop()
		dead, err := d.Failures(context.Background(), 10)
		if err != nil || len(dead) != 1 || dead[0].GUID != "a" || dead[0].Reason != "status 503" || dead[0].Attempts != 100 || attempts != 1 {
			t.Errorf("after %d attempts more: %+v, %v; want a given up at the 100th", attempts, dead, err)
		}
		if !strings.Contains(log.String(), `"level":"error"`) || !strings.Contains(log.String(), `"outcome":"dead"`) {
			t.Error("that it was given up is not logged as an error")
		}
	})
}

func TestWorkerForeignIsDeadAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := openStore(t)
		if err := d.AddRepo(t.Context(), review.Repo{Installation: 1, ID: 700, Owner: "globex", Name: "bot"}); err != nil {
			t.Fatal(err)
		}
		w := newWorker(d, io.Discard, func(context.Context, review.CommentEvent) error {
			t.Error("the review was called")
			return nil
		})
		keep(t, d, "a", 1, time.Now())
		stop := run(t, w)
		time.Sleep(2 * time.Second)
		stop()
		dead, err := d.Failures(context.Background(), 10)
		if err != nil || len(dead) != 1 || !strings.Contains(dead[0].Reason, "belongs to another installation") || dead[0].Attempts != 1 {
			t.Errorf("given up: %+v, %v; want a, at the first attempt", dead, err)
		}
	})
}

func TestWorkerSurvivesPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := openStore(t)
		var log bytes.Buffer
		attempts := 0
		w := newWorker(d, &log, func(context.Context, review.CommentEvent) error {
			if attempts++; attempts == 1 {
				panic("index out of range")
			}
			return nil
		})
		keep(t, d, "a", 1, time.Now())
		stop := run(t, w)
		time.Sleep(5 * time.Second)
		stop()
		if attempts != 2 {
			t.Errorf("%d attempts; want 2", attempts)
		}
		for _, want := range []string{`"error":"panic: index out of range"`, `"outcome":"retry"`, "worker_test.go", `"outcome":"done"`} {
			if !strings.Contains(log.String(), want) {
				t.Errorf("the log lacks %s:\n%s", want, log.String())
			}
		}
	})
}

// A long attempt keeps its lease: nobody else gets the delivery.
func TestWorkerKeepsLease(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := openStore(t)
		attempts := 0
		w := newWorker(d, io.Discard, func(ctx context.Context, _ review.CommentEvent) error {
			attempts++
			time.Sleep(5 * time.Minute)
			return ctx.Err()
		})
		w.Hands = 3
		keep(t, d, "a", 1, time.Now())
		stop := run(t, w)
		time.Sleep(6 * time.Minute)
		stop()
		if n, err := d.Backlog(context.Background()); attempts != 1 || n != 0 || err != nil {
			t.Errorf("%d attempts, backlog %d, %v; want 1 and 0", attempts, n, err)
		}
	})
}

// An attempt that never ends is cut off and made again.
func TestWorkerLimitsAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := openStore(t)
		attempts := 0
		w := newWorker(d, io.Discard, func(ctx context.Context, _ review.CommentEvent) error {
			if attempts++; attempts == 1 {
				<-ctx.Done()
				return ctx.Err()
			}
			return nil
		})
		w.Hands = 1
		keep(t, d, "a", 1, time.Now())
		stop := run(t, w)
		time.Sleep(31 * time.Minute)
		stop()
		if n, err := d.Backlog(context.Background()); attempts != 2 || n != 0 || err != nil {
			t.Errorf("%d attempts, backlog %d, %v; want 2 and 0", attempts, n, err)
		}
	})
}

// stolen is an inbox in which every lease is lost after a while.
type stolen struct {
	*store.DB
	at time.Time
}

func (s stolen) Extend(ctx context.Context, l webhook.Lease, now time.Time, ttl time.Duration) error {
	if now.After(s.at) {
		return fmt.Errorf("delivery %s: %w", l.GUID, webhook.ErrLeaseLost)
	}
	return s.DB.Extend(ctx, l, now, ttl)
}

// closedPull is a GitHub on which every pull request is closed, so that a
// command is answered and nothing else.
type closedPull struct {
	review.Forge
	wait    time.Duration
	replies []string
}

func (f *closedPull) Pull(_ context.Context, ref review.PullRef) (review.Pull, error) {
	time.Sleep(f.wait)
	return review.Pull{Repo: ref.Repo, Number: ref.Number, State: "closed", BaseRef: "main"}, nil
}

func (f *closedPull) React(context.Context, review.Repo, int64, string) error { return nil }

func (f *closedPull) Reply(_ context.Context, _ review.PullRef, body string) error {
	f.replies = append(f.replies, body)
	return nil
}

// A worker that was away for so long that it lost its lease publishes nothing
// any more, even if it does not look at its context.
func TestWorkerLosesLease(t *testing.T) {
	for name, c := range map[string]struct {
		lost    bool
		outcome string
		replies int
		backlog int
	}{
		"kept": {false, "done", 1, 0},
		"lost": {true, "lost", 0, 1}, // it is for whoever has the lease now
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := openStore(t)
				var log bytes.Buffer
				w := newWorker(d, &log, nil)
				forge := &closedPull{wait: 90 * time.Second}
				w.Reviews = &review.Reviewer{Forge: forge, Store: d, Now: time.Now}
				if c.lost {
					w.Inbox = stolen{d, time.Now().Add(time.Minute)}
				}
				body := bytes.Replace(comment(1, 1), []byte(`"body":"hello"`), []byte(`"author_association":"MEMBER","body":"/countersign approve"`), 1)
				if _, err := d.Add(t.Context(), webhook.Delivery{GUID: "a", Event: "issue_comment", Action: "created", Installation: 42, RepoID: 700, Pull: 1,
					Lane: "42/700/1", Body: body, ReceivedAt: time.Now()}); err != nil {
					t.Fatal(err)
				}
				stop := run(t, w)
				time.Sleep(100 * time.Second)
				stop()
				if len(forge.replies) != c.replies {
					t.Errorf("published %q; want %d", forge.replies, c.replies)
				}
				if !strings.Contains(log.String(), `"outcome":"`+c.outcome+`"`) {
					t.Errorf("the outcome %s is not logged:\n%s", c.outcome, log.String())
				}
				if n, err := d.Backlog(context.Background()); n != c.backlog || err != nil {
					t.Errorf("backlog = %d, %v; want %d", n, err, c.backlog)
				}
			})
		})
	}
}

// What is under way is cancelled as soon as the heart-beat notices the loss.
func TestWorkerCancelsWhenLeaseIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := openStore(t)
		var cause error
		var after time.Duration
		begin := time.Now()
		w := newWorker(d, io.Discard, func(ctx context.Context, _ review.CommentEvent) error {
			<-ctx.Done()
			if cause == nil {
				cause, after = context.Cause(ctx), time.Since(begin)
			}
			return ctx.Err()
		})
		w.Inbox = stolen{d, begin.Add(time.Minute)}
		keep(t, d, "a", 1, begin)
		stop := run(t, w)
		time.Sleep(5 * time.Minute)
		stop()
		if !errors.Is(cause, webhook.ErrLeaseLost) || after < time.Minute || after > 2*time.Minute {
			t.Errorf("cancelled after %v because of %v; want lease lost before its two minutes are over", after, cause)
		}
	})
}

// Stopping lets an attempt end, and cuts it off when it does not.
func TestWorkerStops(t *testing.T) {
	for name, c := range map[string]struct {
		takes   time.Duration
		stopped time.Duration
		backlog int
	}{
		"soon":  {5 * time.Second, 4 * time.Second, 0},
		"never": {time.Hour, 20 * time.Second, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := openStore(t)
				w := newWorker(d, io.Discard, func(ctx context.Context, _ review.CommentEvent) error {
					select {
					case <-time.After(c.takes):
						return nil
					case <-ctx.Done():
						return ctx.Err()
					}
				})
				keep(t, d, "a", 1, time.Now())
				stop := run(t, w)
				time.Sleep(time.Second)
				begin := time.Now()
				stop()
				if took := time.Since(begin); took != c.stopped {
					t.Errorf("stopped after %v; want %v", took, c.stopped)
				}
				if n, err := d.Backlog(context.Background()); n != c.backlog || err != nil {
					t.Errorf("backlog = %d, %v; want %d", n, err, c.backlog)
				}
			})
		})
	}
}

// faulty is an inbox whose Done fails: before the effect, or after it with the
// reply lost.
type faulty struct {
	*store.DB
	after bool
	mu    *sync.Mutex
	left  *int
}

func (f faulty) Done(ctx context.Context, l webhook.Lease, now time.Time) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if *f.left--; *f.left < 0 {
		return f.DB.Done(ctx, l, now)
	}
	if f.after {
		if err := f.DB.Done(ctx, l, now); err != nil {
			return err
		}
	}
	return errors.New("disk full")
}

func TestWorkerDoneFails(t *testing.T) {
	for after, want := range map[bool]int{false: 2, true: 1} {
		synctest.Test(t, func(t *testing.T) {
			d := openStore(t)
			attempts, left := 0, 1
			w := newWorker(d, io.Discard, func(context.Context, review.CommentEvent) error {
				attempts++
				return nil
			})
			w.Inbox = faulty{d, after, new(sync.Mutex), &left}
			keep(t, d, "a", 1, time.Now())
			stop := run(t, w)
			time.Sleep(130 * time.Second)
			stop()
			if n, err := d.Backlog(context.Background()); attempts != want || n != 0 || err != nil {
				t.Errorf("reply lost %v: %d attempts, backlog %d, %v; want %d and 0", after, attempts, n, err, want)
			}
		})
	}
}

// The process dies between claim and done: after a restart the delivery is
// attempted again, once its lease is over.
func TestWorkerAfterCrash(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "countersign.db")
		d, err := store.Open(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		for i := range 10 {
			keep(t, d, fmt.Sprint(i), i+1, time.Now())
		}
		for range 4 {
			if _, _, ok, err := d.Claim(t.Context(), time.Now(), 2*time.Minute); err != nil || !ok {
				t.Fatalf("Claim = %v, %v", ok, err)
			}
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		if d, err = store.Open(t.Context(), path); err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		var mu sync.Mutex
		got := map[string]int{}
		stop := run(t, newWorker(d, io.Discard, func(_ context.Context, e review.CommentEvent) error {
			mu.Lock()
			defer mu.Unlock()
			got[e.Delivery.GUID]++
			return nil
		}))
		time.Sleep(time.Minute)
		mu.Lock()
		if len(got) != 6 {
			t.Errorf("%d handled while four are leased; want 6", len(got))
		}
		mu.Unlock()
		time.Sleep(2 * time.Minute)
		stop()
		for i := range 10 {
			if got[fmt.Sprint(i)] != 1 {
				t.Errorf("delivery %d was handled %d times after the restart; want once", i, got[fmt.Sprint(i)])
			}
		}
	})
}

func TestWorkerForgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := openStore(t)
		w := newWorker(d, io.Discard, nil)
		var forgotten []int64
		w.Forget = func(id int64) { forgotten = append(forgotten, id) }
		for _, action := range []string{"created", "deleted"} {
			body := fmt.Appendf(nil, `{"action":%q,"installation":{"id":42},"repositories":[]}`, action)
			if _, err := d.Add(t.Context(), webhook.Delivery{GUID: action, Event: "installation", Action: action, Installation: 42, Lane: "42/0/installation", Body: body, ReceivedAt: time.Now()}); err != nil {
				t.Fatal(err)
			}
		}
		stop := run(t, w)
		time.Sleep(2 * time.Second)
		stop()
		if !slices.Equal(forgotten, []int64{42}) {
			t.Errorf("forgot %v; want 42, once", forgotten)
		}
	})
}
