package github

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/countersign-dev/countersign/internal/ghsim"
	"github.com/countersign-dev/countersign/review"
)

func TestRepositories(t *testing.T) {
	w := newWorld(t)
	other, third := w.sim.AddOrg("other"), w.sim.AddOrg("third")
	var want []review.Repo
	want = append(want, w.repo)
	for i := range 101 {
		r, err := w.acme.AddRepo(fmt.Sprintf("r%03d", i), ghsim.RepoOptions{Public: true, DefaultBranch: "trunk"})
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, review.Repo{Installation: w.inst.ID(), ID: r.ID(), Owner: "acme", Name: r.Name(), DefaultBranch: "trunk"})
	}
	for _, o := range []*ghsim.Org{other, third} {
		if _, err := o.AddRepo("x", ghsim.RepoOptions{}); err != nil {
			t.Fatal(err)
		}
	}
	w.sim.Install(other.User).Suspend()
	broken := w.sim.Install(third.User)
	got, err := w.client.Repositories(t.Context())
	if err != nil || len(got) != len(want)+1 {
		t.Fatalf("%d repositories, %v", len(got), err)
	}
	if diff := cmp.Diff(want, got[:len(want)]); diff != "" {
		t.Errorf("repositories (-want +got):\n%s", diff)
	}
	// One that cannot be read hides no other.
	w.sim.SetFault(func(c ghsim.Call) *ghsim.Fault {
		if strings.Contains(c.URI, fmt.Sprintf("/app/installations/%d/", broken.ID())) {
			return &ghsim.Fault{Status: 500}
		}
		return nil
	})
	got, err = w.newClient(Config{}).Repositories(t.Context())
	if len(got) != len(want) || err == nil || !strings.Contains(err.Error(), fmt.Sprint("installation ", broken.ID())) {
		t.Errorf("%d repositories, %v", len(got), err)
	}
}

func TestFailedDeliveries(t *testing.T) {
	w := newWorld(t)
	var answer atomic.Int64
	answer.Store(http.StatusOK)
	receiver := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) { rw.WriteHeader(int(answer.Load())) }))
	t.Cleanup(receiver.Close)
	flush := func() {
		t.Helper()
		if err := w.sim.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	flush()
	w.sim.SetWebhook(receiver.URL, "sesame")
	w.sim.Advance(time.Hour)
	since := w.sim.Now()
	p := w.open("refund-v2", ghsim.CommitSpec{})
	flush()
	if got, err := w.client.Failed(t.Context(), since); err != nil || len(got) != 0 {
		t.Errorf("all is well: %v, %v", got, err)
	}

	var want []string
	for i, status := range []int64{500, 302, 503} { // 302 is in none of GitHub's filters
		answer.Store(status)
		p.Comment(w.bob, fmt.Sprint("word ", i))
		flush()
		want = append(want, fmt.Sprint("issue_comment.created ", status))
	}
	answer.Store(http.StatusOK)
	for i := range 120 { // more than a page of successes after them
		p.Comment(w.alice, fmt.Sprint("more ", i))
	}
	flush()
	failed := func(since time.Time) []int64 {
		t.Helper()
		ids, err := w.client.Failed(t.Context(), since)
		if err != nil {
			t.Fatal(err)
		}
		return ids
	}
	ids := failed(since)
	if got := names(w.sim, ids); !slices.Equal(got, want) {
		t.Errorf("failed %q, want %q", got, want)
	}
	if got := failed(w.sim.Now().Add(time.Second)); len(got) != 0 {
		t.Errorf("since later: %v", got)
	}

	// A redelivery that fails leaves one entry, the newest attempt; one that
	// succeeds leaves none.
	answer.Store(http.StatusBadGateway)
	if err := w.client.Redeliver(t.Context(), ids[0]); err != nil {
		t.Fatal(err)
	}
	flush()
	answer.Store(http.StatusAccepted)
	if err := w.client.Redeliver(t.Context(), ids[1]); err != nil {
		t.Fatal(err)
	}
	flush()
	got := failed(since)
	if want := []string{"issue_comment.created 503", "issue_comment.created 502"}; !slices.Equal(names(w.sim, got), want) {
		t.Errorf("failed %q, want %q", names(w.sim, got), want)
	}
	if err := w.client.Redeliver(t.Context(), 1); !errors.Is(err, review.ErrGone) {
		t.Errorf("no such delivery: %v", err)
	}
}

func names(sim *ghsim.Server, ids []int64) (out []string) {
	for _, id := range ids {
		for _, d := range sim.Deliveries() {
			if d.ID == id {
				out = append(out, fmt.Sprintf("%s.%s %d", d.Event, d.Action, d.StatusCode))
			}
		}
	}
	return out
}
