package ghsim_test

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-github/v60/github"

	"github.com/countersign-dev/countersign/internal/ghsim"
)

// bodies lists the texts of the comments that were delivered, in order, and forgets them.
func (w *world) bodies() string {
	w.t.Helper()
	w.flush()
	w.mu.Lock()
	defer w.mu.Unlock()
	var texts []string
	for _, r := range w.got {
		if r.event != "issue_comment" {
			continue
		}
		parsed, err := github.ParseWebHook(r.event, r.body)
		w.must(err)
		texts = append(texts, parsed.(*github.IssueCommentEvent).GetComment().GetBody())
	}
	w.got = nil
	return strings.Join(texts, " ")
}

func TestHoldAndShuffle(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.open("work", ghsim.Files{"a": "1\n"})
	w.events()
	w.sim.Pause()
	for _, text := range strings.Fields("a b c d e f") {
		p.Comment(w.bob, text)
	}
	p.Label(w.bob, "x")
	if held := strings.Join(w.sim.Held(), " "); held != strings.Repeat("issue_comment.created ", 6)+"pull_request.labeled" {
		t.Errorf("held %s", held)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	w.must(w.sim.Release(ctx, "pull_request.labeled"))
	w.wantEvents("pull_request.labeled")
	w.sim.Shuffle(3)
	w.sim.Resume()
	got := strings.Fields(w.bodies())
	if slices.IsSorted(got) {
		t.Errorf("order %v", got)
	}
	slices.Sort(got)
	if strings.Join(got, "") != "abcdef" {
		t.Errorf("delivered %v", got)
	}
}

func TestDisturb(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.open("work", ghsim.Files{"a": "1\n"})
	w.events()
	before := len(w.sim.Deliveries())
	w.sim.Pause()
	w.sim.Disturb(ghsim.Disturbance{Seed: 5, Drop: 0.2, Lose: 0.2, Duplicate: 0.3, Swap: 0.3})
	for i := range 40 {
		p.Comment(w.bob, strconv.Itoa(i))
	}
	w.sim.Resume()
	got := strings.Fields(w.bodies())
	log := w.sim.Deliveries()[before:]
	dropped, guids, sent := 0, map[string]bool{}, map[string]bool{}
	for _, d := range log {
		guids[d.GUID] = true
		if d.Dropped {
			dropped++
		} else {
			sent[d.GUID] = true
		}
	}
	distinct := slices.Compact(slices.Sorted(slices.Values(got)))
	if dropped == 0 || len(got) == len(distinct) || len(guids) == 40 || len(sent) != len(distinct) {
		t.Errorf("%d dropped, %d delivered, %d of them distinct, %d known to the log", dropped, len(got), len(distinct), len(guids))
	}
	inOrder := slices.IsSortedFunc(got, func(a, b string) int {
		x, _ := strconv.Atoi(a)
		y, _ := strconv.Atoi(b)
		return x - y
	})
	if inOrder {
		t.Error("nothing was swapped")
	}
	w.sim.Disturb(ghsim.Disturbance{})
	w.sim.DropNext(1)
	p.Comment(w.bob, "lost")
	p.Comment(w.bob, "kept")
	if got := w.bodies(); got != "kept" {
		t.Errorf("delivered %s", got)
	}
}

// docs: redelivering webhooks: same GUID, new attempt; deliveries are told of
// for three days.
func TestRedelivery(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := context.Background()
	p := w.open("work", ghsim.Files{"a": "1\n"})
	w.events()
	w.mu.Lock()
	w.answer = http.StatusServiceUnavailable
	w.mu.Unlock()
	p.Comment(w.bob, "hello")
	w.flush()
	w.mu.Lock()
	w.answer = http.StatusAccepted
	w.mu.Unlock()
	list, _, err := w.app.Apps.ListHookDeliveries(ctx, nil)
	w.must(err)
	failed := list[0]
	if failed.GetStatusCode() != 503 || failed.GetEvent() != "issue_comment" || failed.GetInstallationID() != w.inst.ID() || failed.GetRepositoryID() != w.repo.ID() {
		t.Errorf("newest delivery: %v", failed)
	}
	if _, _, err := w.app.Apps.RedeliverHookDelivery(ctx, failed.GetID()); err != nil {
		if _, accepted := err.(*github.AcceptedError); !accepted {
			t.Error(err)
		}
	}
	w.flush()
	log := w.sim.Deliveries()
	last := log[len(log)-1]
	if last.GUID != failed.GetGUID() || !last.Redelivery || last.StatusCode != 202 || last.ID == failed.GetID() {
		t.Errorf("redelivery %+v", last)
	}
	whole, _, err := w.app.Apps.GetHookDelivery(ctx, last.ID)
	w.must(err)
	if whole.Request.Headers["X-GitHub-Event"] == "" && whole.Request.Headers["X-Github-Event"] == "" {
		t.Errorf("headers %v", whole.Request.Headers)
	}
	var seen int
	o := &github.ListCursorOptions{PerPage: 2}
	for {
		part, resp, err := w.app.Apps.ListHookDeliveries(ctx, o)
		w.must(err)
		seen += len(part)
		if resp.Cursor == "" {
			break
		}
		o.Cursor = resp.Cursor
	}
	if seen != len(log) {
		t.Errorf("the cursor led through %d of %d deliveries", seen, len(log))
	}
	w.must(w.sim.RedeliverLast())
	w.must(w.sim.Redeliver(last.GUID))
	w.sim.Advance(73 * time.Hour)
	w.flush()
	if list, _, err = w.app.Apps.ListHookDeliveries(ctx, nil); err != nil || len(list) > 2 {
		t.Errorf("after three days: %d deliveries, %v", len(list), err)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.open("work", ghsim.Files{"a": "1\n"})
	path := "repos/acme/bot/pulls/1"
	fault := func(f ghsim.Fault) {
		w.sim.SetFault(func(c ghsim.Call) *ghsim.Fault {
			if c.Path == "/repos/{owner}/{repo}/pulls/{pull_number}" || c.Method == "POST" && strings.HasSuffix(c.Path, "/comments") {
				return &f
			}
			return nil
		})
	}
	w.get(path, nil)
	w.sim.ResetCalls()
	for _, status := range []int{401, 403, 404, 429, 500, 502} {
		fault(ghsim.Fault{Status: status, RetryAfter: 3 * time.Second})
		req, err := http.NewRequest("GET", w.sim.URL()+"/"+path, nil)
		w.must(err)
		resp, err := http.DefaultClient.Do(req)
		w.must(err)
		resp.Body.Close()
		if resp.StatusCode != status || resp.Header.Get("Retry-After") != "3" {
			t.Errorf("fault %d: %d, retry after %s", status, resp.StatusCode, resp.Header.Get("Retry-After"))
		}
	}
	fault(ghsim.Fault{LoseReply: true})
	_, _, err := w.client.Issues.CreateComment(context.Background(), "acme", "bot", 1, &github.IssueComment{Body: github.String("lost reply")})
	if err == nil || len(p.Comments()) != 1 {
		t.Errorf("lost reply: %v, %d comments", err, len(p.Comments()))
	}
	fault(ghsim.Fault{Hang: true})
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if _, _, err := w.client.PullRequests.Get(ctx, "acme", "bot", 1); err == nil {
		t.Error("a call that hangs answered")
	}
	w.sim.SetFault(nil)
	if _, _, err := w.client.PullRequests.Get(context.Background(), "acme", "bot", 1); err != nil {
		t.Error(err)
	}
	calls := w.sim.Calls()
	if n := len(calls); n != 9 || calls[0].Status != 401 || calls[6].Status != 0 || calls[8].Status != 200 || calls[8].Path != "/repos/{owner}/{repo}/pulls/{pull_number}" {
		t.Errorf("calls %+v", calls)
	}
	if n := len(w.sim.TokenCalls()); n != 0 {
		t.Errorf("%d tokens since the reset", n)
	}
}
