package github

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/countersign-dev/countersign/internal/ghsim"
	"github.com/countersign-dev/countersign/review"
)

func TestQueue(t *testing.T) {
	w := newWorld(t)
	if _, err := w.client.Queue(t.Context(), w.repo, "main"); !errors.Is(err, review.ErrGone) {
		t.Errorf("a branch without a queue: %v", err)
	}
	w.bot.AddRuleset(w.alice, ghsim.Ruleset{Checks: []ghsim.Check{{Context: "ci"}}, Queue: &ghsim.QueueRule{}})
	ci := w.sim.AddApp("ci")
	var pulls []*ghsim.Pull
	for _, branch := range []string{"one", "two"} {
		p := w.open(branch, ghsim.CommitSpec{Files: ghsim.Files{branch: "1\n"}})
		if _, err := w.bot.PostCheck(ci, p.Head(), "ci", "success"); err != nil {
			t.Fatal(err)
		}
		if err := p.Enqueue(w.alice); err != nil {
			t.Fatal(err)
		}
		pulls = append(pulls, p)
	}
	w.calls()
	q, err := w.client.Queue(t.Context(), w.repo, "main")
	if err != nil {
		t.Fatal(err)
	}
	w.wantCalls("POST /graphql Queue")
	tip := w.bot.Head("main")
	want := []review.QueueEntry{
		{Number: 1, Pull: pulls[0].Head(), Base: tip, Head: pulls[0].Group()},
		{Number: 2, Pull: pulls[1].Head(), Base: pulls[0].Group(), Head: pulls[1].Group()},
	}
	if q.Tip != tip || len(q.Entries) != 2 || q.Entries[0] != want[0] || q.Entries[1] != want[1] {
		t.Errorf("queue %+v, want %+v on %s", q, want, tip)
	}

	elsewhere := w.repo
	elsewhere.ID++
	if _, err := w.client.Queue(t.Context(), elsewhere, "main"); err == nil || errors.Is(err, review.ErrGone) {
		t.Errorf("another repository of that name: %v", err)
	}
	w.inst.SetPermission("merge_queues", "")
	if _, err := w.client.Queue(t.Context(), w.repo, "main"); !errors.Is(err, review.ErrGone) {
		t.Errorf("without permission: %v", err)
	}
}

func TestStacked(t *testing.T) {
	w := newWorld(t)
	low := w.open("one", ghsim.CommitSpec{Files: ghsim.Files{"one": "1\n"}})
	if err := w.bot.Push(w.alice, "two", low.Head()); err != nil {
		t.Fatal(err)
	}
	high, err := w.bot.OpenPull(w.alice, ghsim.PullSpec{Head: "two", Base: "one", Commit: &ghsim.CommitSpec{Files: ghsim.Files{"two": "1\n"}, Author: w.bob.Git()}})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.bot.StackPulls(w.alice, low, high); err != nil {
		t.Fatal(err)
	}
	main := w.bot.Head("main")
	delivered := w.delivered(high)
	delivered.BaseRef, delivered.Onto = "main", "one"
	compared, err := w.client.Compare(t.Context(), delivered)
	if err != nil {
		t.Fatal(err)
	}
	read, err := w.client.Pull(t.Context(), w.ref(high))
	if err != nil {
		t.Fatal(err)
	}
	for name, p := range map[string]review.Pull{"delivered": compared, "read": read} {
		if p.BaseRef != "main" || p.Onto != "one" || p.BaseTip != main || p.MergeBase != low.Head() {
			t.Errorf("%s: on %s at %s, from %s, onto %s", name, p.BaseRef, p.BaseTip, p.MergeBase, p.Onto)
		}
		for _, c := range p.Contributors {
			if len(c.Commits) > 0 && c.User.ID != w.bob.ID() {
				t.Errorf("%s: %s had a hand in what is below", name, c.User.Login)
			}
		}
	}

	lowest, err := w.client.Pull(t.Context(), w.ref(low))
	if err != nil || lowest.BaseRef != "main" || lowest.Onto != "" {
		t.Errorf("the lowest: %+v, %v", lowest, err)
	}
}

// older answers as a GitHub that knows neither stacks nor merge queues.
type older struct{}

func (older) RoundTrip(r *http.Request) (*http.Response, error) {
	if !strings.HasSuffix(r.URL.Path, "/graphql") {
		return http.DefaultTransport.RoundTrip(r)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	if bytes.Contains(body, []byte("stack {")) || bytes.Contains(body, []byte("mergeQueue(")) {
		answer := `{"errors":[{"path":["query"],"extensions":{"code":"undefinedField"},"message":"Field doesn't exist on type"}]}`
		return &http.Response{StatusCode: 200, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(answer)), Request: r}, nil
	}
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(bytes.NewReader(body))
	return http.DefaultTransport.RoundTrip(r)
}

func TestOlderGitHub(t *testing.T) {
	w := newWorld(t)
	p := w.open("refund-v2", ghsim.CommitSpec{})
	g := w.newClient(Config{Transport: older{}})
	for range 2 {
		if got, err := g.Pull(t.Context(), w.ref(p)); err != nil || got.BaseRef != "main" || got.Head != p.Head() {
			t.Errorf("pull request: %+v, %v", got, err)
		}
	}
	if _, err := g.Queue(t.Context(), w.repo, "main"); !errors.Is(err, review.ErrGone) {
		t.Errorf("queue: %v", err)
	}
}
