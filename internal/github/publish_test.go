package github

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/countersign-dev/countersign/internal/ghsim"
	"github.com/countersign-dev/countersign/review"
)

const checkName = "countersign: main"

func checkOn(p *ghsim.Pull, id int64) review.Check {
	return review.Check{ID: id, Name: checkName, Head: p.Head(), Conclusion: "action_required", Title: "Waiting for bob", Summary: "One sign-off."}
}

func TestPutCheck(t *testing.T) {
	w := newWorld(t)
	p := w.open("refund-v2", ghsim.CommitSpec{})
	c := checkOn(p, 0)
	c.Text, c.DetailsURL = "details", "https://countersign.example/1"
	id, err := w.client.PutCheck(t.Context(), w.repo, c)
	if err != nil {
		t.Fatal(err)
	}
	got, _ := p.Check(checkName)
	if got.ID != id || got.Status != "completed" || got.Conclusion != "action_required" || got.Title != c.Title || got.Summary != c.Summary ||
		got.Text != "details" || got.DetailsURL != c.DetailsURL {
		t.Errorf("new run: %+v", got)
	}
	c.ID, c.Conclusion, c.Title = id, "success", "Countersigned"
	for range 2 {
		if again, err := w.client.PutCheck(t.Context(), w.repo, c); again != id || err != nil {
			t.Errorf("update: %d, %v", again, err)
		}
	}
	if got, _ = p.Check(checkName); got.Conclusion != "success" || got.Title != "Countersigned" || len(w.bot.CheckRuns(p.Head())) != 1 {
		t.Errorf("updated run: %+v", got)
	}
	c.Conclusion, c.Title = review.InProgress, "Waits"
	if _, err := w.client.PutCheck(t.Context(), w.repo, c); err != nil {
		t.Error(err)
	}
	if got, _ = p.Check(checkName); got.Status != "in_progress" || got.Conclusion != "" {
		t.Errorf("run in progress: %+v", got)
	}
	w.wantCalls(newCheck, editCheck, editCheck, editCheck)

	c.ID = 1 // a run that GitHub dropped
	if again, err := w.client.PutCheck(t.Context(), w.repo, c); again == id || again == 0 || err != nil {
		t.Errorf("run that is gone: %d, %v", again, err)
	}
	for _, conclusion := range []string{"neutral", "skipped", "", "cancelled"} {
		if c.Conclusion = conclusion; conclusion == "success" {
			continue
		}
		if _, err := w.client.PutCheck(t.Context(), w.repo, c); err == nil {
			t.Errorf("the conclusion %q went out", conclusion)
		}
	}
}

func TestPutCheckOfAnotherApp(t *testing.T) {
	w := newWorld(t)
	p := w.open("refund-v2", ghsim.CommitSpec{})
	theirs, err := w.bot.PostCheck(w.sim.AddApp("github-actions"), p.Head(), checkName, "success")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.client.PutCheck(t.Context(), w.repo, checkOn(p, theirs.ID)); err == nil {
		t.Error("another app's run was taken over")
	}
	// Nor is it found as ours after a try without an answer, whatever the list
	// that was asked for holds.
	g := w.newClient(Config{Transport: unfiltered{}})
	w.fail(1, "POST", "/check-runs", ghsim.Fault{Status: 502})
	if _, err := g.PutCheck(t.Context(), w.repo, checkOn(p, 0)); err == nil {
		t.Fatal("no error")
	}
	id, err := g.PutCheck(t.Context(), w.repo, checkOn(p, 0))
	if err != nil || id == theirs.ID {
		t.Errorf("run %d, %v; theirs is %d", id, err, theirs.ID)
	}
}

// unfiltered asks for everything that a list has.
type unfiltered struct{}

func (unfiltered) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodGet {
		r = r.Clone(r.Context())
		r.URL.RawQuery = ""
	}
	return http.DefaultTransport.RoundTrip(r)
}

func TestPutCheckRepeatsNoAnnotation(t *testing.T) {
	w := newWorld(t)
	p := w.open("refund-v2", ghsim.CommitSpec{})
	c := checkOn(p, 0)
	for i := range 120 {
		c.Annotations = append(c.Annotations, review.Annotation{Path: prompt, Line: i, Title: "hidden unicode", Message: fmt.Sprint("U+200B in word ", i)})
	}
	c.Annotations = append(c.Annotations, c.Annotations[0], review.Annotation{Path: prompt}, review.Annotation{Message: "without a path"})
	want := 121 // the second of the first, and the one without a path, are left out
	var err error
	if c.ID, err = w.client.PutCheck(t.Context(), w.repo, c); err != nil {
		t.Fatal(err)
	}
	w.wantCalls(newCheck, editCheck, editCheck)
	count := func(who string) {
		t.Helper()
		run, _ := p.Check(checkName)
		lines := map[string]bool{}
		for _, a := range run.Annotations {
			lines[a.Message] = true
		}
		if len(run.Annotations) != want || len(lines) != want {
			t.Errorf("%s: %d annotations, %d of them different, want %d", who, len(run.Annotations), len(lines), want)
		}
	}
	count("created")
	put := func(g *Client) {
		t.Helper()
		if _, err := g.PutCheck(t.Context(), w.repo, c); err != nil {
			t.Fatal(err)
		}
	}
	put(w.client)
	count("repeated")
	w.wantCalls(editCheck)
	put(w.newClient(Config{}))
	count("by a process that knows nothing")
	const listing = "GET /check-runs/{check_run_id}/annotations"
	w.wantCalls(listing, listing, editCheck)

	c.Annotations = append(c.Annotations, review.Annotation{Path: prompt, Line: 7, Message: "one more"})
	want++
	w.fail(1, "PATCH", "/check-runs/{check_run_id}", ghsim.Fault{LoseReply: true})
	if _, err := w.client.PutCheck(t.Context(), w.repo, c); err == nil {
		t.Error("a lost reply is no error")
	}
	put(w.client)
	count("repeated after a lost reply")
}

func TestPutCheckCutsWhatIsTooLong(t *testing.T) {
	w := newWorld(t)
	p := w.open("refund-v2", ghsim.CommitSpec{})
	c := checkOn(p, 0)
	long := strings.Repeat("ä", 40_000) // 80,000 bytes
	c.Title, c.Summary, c.Text = "a"+long, "a"+long, "a"+long
	c.Annotations = []review.Annotation{{Path: prompt, Title: long, Message: long}}
	if _, err := w.client.PutCheck(t.Context(), w.repo, c); err != nil {
		t.Fatal(err)
	}
	got, _ := p.Check(checkName)
	for name, text := range map[string]string{"summary": got.Summary, "text": got.Text} {
		if len(text) > outputLimit || !utf8.ValidString(text) || !strings.HasSuffix(text, shortened) {
			t.Errorf("%s has %d bytes and ends %q", name, len(text), text[len(text)-60:])
		}
	}
	if !strings.HasSuffix(got.Title, "…") || !utf8.ValidString(got.Annotations[0].Message) {
		t.Error("title or annotation is not cut between characters")
	}
}

func TestLostRepliesMakeNothingTwice(t *testing.T) {
	faults := map[string]ghsim.Fault{
		"reply lost after the effect": {LoseReply: true},
		"bad gateway before it":       {Status: http.StatusBadGateway},
	}
	for name, fault := range faults {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			p := w.open("refund-v2", ghsim.CommitSpec{})
			ctx := t.Context()
			// People may write what the app writes.
			p.Comment(w.bob, stickyMark+"\nall is well")
			p.Comment(w.bob, "no such requirement")

			for _, write := range []struct {
				what, method, path string
				once               func() error
			}{
				{"check", "POST", "/check-runs", func() error { _, err := w.client.PutCheck(ctx, w.repo, checkOn(p, 0)); return err }},
				{"sticky comment", "POST", "/comments", func() error { _, err := w.client.PutComment(ctx, w.ref(p), 0, stickyMark+"\nwaiting"); return err }},
				{"reply", "POST", "/comments", func() error { return w.client.Reply(ctx, w.ref(p), "no such requirement") }},
			} {
				w.fail(2, write.method, write.path, fault)
				err := write.once()
				if e, ok := err.(*Error); !ok || !e.Temporary() {
					t.Errorf("%s: %v", write.what, err)
				}
				for range 3 {
					if err = write.once(); err == nil {
						break
					}
				}
				if err != nil {
					t.Errorf("%s, repeated: %v", write.what, err)
				}
			}
			if runs := w.bot.CheckRuns(p.Head()); len(runs) != 1 {
				t.Errorf("%d check runs", len(runs))
			}
			var mine []string
			for _, c := range p.Comments() {
				if c.Author() == w.sim.App().Bot() {
					mine = append(mine, c.Body())
				}
			}
			if want := []string{stickyMark + "\nwaiting", "no such requirement"}; !slices.Equal(mine, want) {
				t.Errorf("comments of the app: %q", mine)
			}

			// Once the outcome is known, nothing is looked up any more.
			w.sim.SetFault(nil)
			w.calls()
			if err := w.client.Reply(ctx, w.ref(p), "no such requirement"); err != nil {
				t.Fatal(err)
			}
			w.wantCalls(newComment)
		})
	}
}

func TestAnEqualReplyOfBeforeIsAnotherOne(t *testing.T) {
	w := newWorld(t)
	p := w.open("refund-v2", ghsim.CommitSpec{})
	reply := func() error { return w.client.Reply(t.Context(), w.ref(p), "no such requirement") }
	if err := reply(); err != nil {
		t.Fatal(err)
	}
	w.sim.Advance(time.Hour)
	w.fail(1, "POST", "/comments", ghsim.Fault{Status: http.StatusBadGateway})
	if reply() == nil {
		t.Error("no error")
	}
	if err := reply(); err != nil || len(p.Comments()) != 2 {
		t.Errorf("%d comments, %v", len(p.Comments()), err)
	}
}

func TestRefusalsLeaveNothingOpen(t *testing.T) {
	w := newWorld(t)
	p := w.open("refund-v2", ghsim.CommitSpec{})
	for _, f := range []ghsim.Fault{{Status: 403}, {Status: 422}, {Status: 429, RetryAfter: time.Second}} {
		w.fail(1, "POST", "/comments", f)
		if err := w.client.Reply(t.Context(), w.ref(p), "hello"); err == nil {
			t.Error("no error")
		}
		w.sim.Advance(time.Minute)
	}
	w.calls()
	if err := w.client.Reply(t.Context(), w.ref(p), "hello"); err != nil {
		t.Fatal(err)
	}
	w.wantCalls(newComment)
}

func TestPutComment(t *testing.T) {
	w := newWorld(t)
	p := w.open("refund-v2", ghsim.CommitSpec{})
	ctx := t.Context()
	first, err := w.client.PutComment(ctx, w.ref(p), 0, "waiting")
	if err != nil {
		t.Fatal(err)
	}
	want := review.Comment{ID: p.Comments()[0].ID(), Author: userIn(w.sim.App().Bot()), Body: stickyMark + "\nwaiting", CreatedAt: w.sim.Now(), UpdatedAt: w.sim.Now(),
		URL: fmt.Sprintf("https://github.test/acme/bot/pull/1#issuecomment-%d", first.ID)}
	if first != want {
		t.Errorf("comment %+v, want %+v", first, want)
	}
	w.sim.Advance(time.Minute)
	second, err := w.client.PutComment(ctx, w.ref(p), first.ID, stickyMark+"\nmet")
	if err != nil || second.ID != first.ID || !second.UpdatedAt.Equal(w.sim.Now()) || !second.CreatedAt.Equal(first.CreatedAt) {
		t.Errorf("edited: %+v, %v", second, err)
	}
	p.Comments()[0].Delete(w.alice)
	third, err := w.client.PutComment(ctx, w.ref(p), first.ID, "x"+strings.Repeat("ä", 70_000))
	if err != nil || third.ID == first.ID {
		t.Errorf("deleted and written anew: %d, %v", third.ID, err)
	}
	if len(third.Body) > bodyLimit || !utf8.ValidString(third.Body) || !strings.HasSuffix(third.Body, shortened) {
		t.Errorf("it has %d bytes", len(third.Body))
	}
	w.wantCalls(newComment, editComment, editComment, newComment)
}

func TestComments(t *testing.T) {
	w := newWorld(t)
	p := w.open("refund-v2", ghsim.CommitSpec{})
	other := w.open("other", ghsim.CommitSpec{})
	ctx := t.Context()
	said := p.Comment(w.bob, "/countersign approve")
	gone := p.Comment(w.bob, "never mind")
	gone.Delete(w.bob)
	elsewhere := other.Comment(w.bob, "/countersign approve")
	ids := []int64{said.ID(), gone.ID(), elsewhere.ID()}
	read := func(want string, calls ...string) {
		t.Helper()
		w.calls()
		all, err := w.client.Said(ctx, w.ref(p), ids, nil)
		got := all.Comments
		if err != nil || len(got) != 1 || got[said.ID()].Body != want || got[said.ID()].Author != userIn(w.bob) {
			t.Errorf("comments %+v, %v", got, err)
		}
		w.wantCalls(calls...)
	}
	pull := func() {
		t.Helper()
		if _, err := w.client.Pull(ctx, w.ref(p)); err != nil {
			t.Fatal(err)
		}
	}
	one := "GET /issues/comments/{comment_id}" // what is not in the answer is asked for before it is taken for deleted
	read("/countersign approve", syncCall, one, one)
	pull()
	read("/countersign approve", one, one)  // what was read with the pull request a moment ago
	said.Edit(w.alice, "/countersign help") // the second look is a look
	read("/countersign help", syncCall, one, one)
	pull()
	said.Edit(w.alice, "/countersign status")
	w.sim.Advance(noteAge + time.Second)
	read("/countersign status", syncCall, one, one)
	pull()
	w.client.Forget(w.inst.ID())
	read("/countersign status", syncCall, one, one)

	// Older ones than a query brings are read one by one.
	for i := range 101 {
		p.Comment(w.alice, fmt.Sprint("word ", i))
	}
	read("/countersign status", syncCall, one, one, one)
}

func TestReviewsAsTheyStandNow(t *testing.T) {
	w := newWorld(t)
	p := w.open("refund-v2", ghsim.CommitSpec{})
	approved, err := p.Review(w.bob, ghsim.ReviewSpec{State: "approved", Body: "fine"})
	if err != nil {
		t.Fatal(err)
	}
	read := func(state string, calls ...string) {
		t.Helper()
		w.calls()
		got, err := w.client.Said(t.Context(), w.ref(p), nil, []int64{approved.ID(), 999})
		want := map[int64]review.ReviewNow{approved.ID(): {State: state, Body: "fine"}}
		if diff := cmp.Diff(want, got.Reviews); err != nil || diff != "" {
			t.Errorf("%v (-want +got):\n%s", err, diff)
		}
		w.wantCalls(calls...)
	}
	const all = "GET /pulls/{pull_number}/reviews"
	read("approved", syncCall, all)
	if err := approved.Dismiss(w.alice); err != nil {
		t.Fatal(err)
	}
	read("dismissed", syncCall, all)
}

func TestReact(t *testing.T) {
	w := newWorld(t)
	p := w.open("refund-v2", ghsim.CommitSpec{})
	c := p.Comment(w.bob, "/countersign approve")
	w.fail(1, "POST", "/reactions", ghsim.Fault{LoseReply: true})
	if err := w.client.React(t.Context(), w.repo, c.ID(), "+1"); err == nil {
		t.Error("a lost reply is no error")
	}
	if err := w.client.React(t.Context(), w.repo, c.ID(), "+1"); err != nil {
		t.Error(err)
	}
	if got := c.Reactions(); !slices.Equal(got, []string{"+1"}) {
		t.Errorf("reactions %q", got)
	}
}
