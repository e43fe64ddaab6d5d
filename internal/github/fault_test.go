package github

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/countersign-dev/countersign/internal/ghsim"
	"github.com/countersign-dev/countersign/review"
)

// every is each method that calls GitHub as an installation.
func (w *world) every(g *Client, p *ghsim.Pull) map[string]func(ctx context.Context) error {
	head := p.Head()
	return map[string]func(ctx context.Context) error{
		"Pull":    func(ctx context.Context) error { _, err := g.Pull(ctx, w.ref(p)); return err },
		"Compare": func(ctx context.Context) error { _, err := g.Compare(ctx, w.delivered(p)); return err },
		"Tip":     func(ctx context.Context) error { _, err := g.Tip(ctx, w.repo, "main"); return err },
		"Tree":    func(ctx context.Context) error { _, err := g.Tree(ctx, w.repo, head); return err },
		"History": func(ctx context.Context) error { _, _, err := g.History(ctx, w.repo, head, head); return err },
		"MergedPull": func(ctx context.Context) error {
			_, err := g.MergedPull(ctx, w.repo, head, "main", review.User{})
			return err
		},
		"Enforcement": func(ctx context.Context) error { _, err := g.Enforcement(ctx, w.repo, "main", checkName); return err },
		"Queue":       func(ctx context.Context) error { _, err := g.Queue(ctx, w.repo, "main"); return err },
		"OpenPulls":   func(ctx context.Context) error { _, err := g.OpenPulls(ctx, w.repo); return err },
		"Said":        func(ctx context.Context) error { _, err := g.Said(ctx, w.ref(p), []int64{1}, nil); return err },
		"User":        func(ctx context.Context) error { _, err := g.User(ctx, w.repo, "bob"); return err },
		"Members":     func(ctx context.Context) error { _, err := g.Members(ctx, w.repo, "acme/ml", true); return err },
		"Admin":       func(ctx context.Context) error { _, err := g.Admin(ctx, w.repo, userIn(w.bob)); return err },
		"Writer":      func(ctx context.Context) error { _, err := g.Writer(ctx, w.repo, userIn(w.bob)); return err },
		"PutCheck":    func(ctx context.Context) error { _, err := g.PutCheck(ctx, w.repo, checkOn(p, 0)); return err },
		"PutComment":  func(ctx context.Context) error { _, err := g.PutComment(ctx, w.ref(p), 0, "waiting"); return err },
		"Reply":       func(ctx context.Context) error { return g.Reply(ctx, w.ref(p), "no") },
		"React":       func(ctx context.Context) error { return g.React(ctx, w.repo, p.Comments()[0].ID(), "+1") },
	}
}

func TestFaults(t *testing.T) {
	type expect struct {
		temporary bool
		retry     time.Duration
		text      string
	}
	for _, test := range []struct {
		name  string
		fault ghsim.Fault
		want  expect
	}{
		{"401", ghsim.Fault{Status: 401}, expect{text: "token is not valid any more"}},
		{"403", ghsim.Fault{Status: 403}, expect{text: "Resource not accessible"}},
		{"403 with Retry-After", ghsim.Fault{Status: 403, RetryAfter: 17 * time.Second}, expect{true, 17 * time.Second, "again in 17s"}},
		{"403 with nothing remaining", ghsim.Fault{Status: 403, RateLimited: true}, expect{true, time.Hour + time.Second, "again in 1h0m1s"}},
		{"403 with words", ghsim.Fault{Status: 403, Message: "You have exceeded a secondary rate limit."}, expect{true, time.Minute, "secondary"}},
		{"429 with Retry-After", ghsim.Fault{Status: 429, RetryAfter: 5 * time.Second}, expect{true, 5 * time.Second, "status 429"}},
		{"429 with nothing remaining", ghsim.Fault{Status: 429, RateLimited: true}, expect{true, time.Hour + time.Second, "status 429"}},
		{"429 that says nothing", ghsim.Fault{Status: 429}, expect{true, time.Minute, "status 429"}},
		{"404", ghsim.Fault{Status: 404}, expect{text: "status 404"}},
		{"410", ghsim.Fault{Status: 410}, expect{text: "status 410"}},
		{"422", ghsim.Fault{Status: 422, Message: "Validation\nFailed"}, expect{text: "Validation Failed"}},
		{"304", ghsim.Fault{Status: 304}, expect{text: "not modified"}},
		{"500", ghsim.Fault{Status: 500}, expect{temporary: true, text: "status 500"}},
		{"502", ghsim.Fault{Status: 502}, expect{temporary: true, text: "status 502"}},
		{"504", ghsim.Fault{Status: 504}, expect{temporary: true, text: "status 504"}},
		{"hang", ghsim.Fault{Hang: true}, expect{temporary: true, text: "no answer within"}},
		{"lost reply", ghsim.Fault{LoseReply: true}, expect{temporary: true, text: "EOF"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			p := w.open("refund-v2", ghsim.CommitSpec{})
			p.Comment(w.bob, "hello")
			w.acme.AddTeam("ml", nil).Add(w.bob)
			gone := test.name == "404" || test.name == "410"
			g := w.newClient(Config{})
			if _, err := g.Tip(t.Context(), w.repo, "main"); err != nil { // a token, before GitHub breaks
				t.Fatal(err)
			}
			w.sim.SetFault(func(c ghsim.Call) *ghsim.Fault {
				if strings.HasSuffix(c.Path, "/access_tokens") {
					return nil
				}
				return &test.fault
			})
			if test.fault.Hang {
				g.edge.timeout = 20 * time.Millisecond
			}
			for name, call := range w.every(g, p) {
				err := call(t.Context())
				if gone && (name == "Admin" || name == "Writer" || name == "Enforcement") || test.name == "403" && name == "Enforcement" {
					continue // an answer of its own: nobody, unknown
				}
				if name == "Members" && test.name == "403" {
					if !errors.Is(err, review.ErrGone) {
						t.Errorf("Members: %v", err)
					}
					continue
				}
				if err == nil {
					t.Errorf("%s: no error", name)
					continue
				}
				if errors.Is(err, review.ErrGone) != gone {
					t.Errorf("%s: gone %v", name, !gone)
				}
				var temporary interface{ Temporary() bool }
				if got := errors.As(err, &temporary) && temporary.Temporary(); got != test.want.temporary {
					t.Errorf("%s: temporary %v: %v", name, got, err)
				}
				var limit interface{ RetryAfter() time.Duration }
				if errors.As(err, &limit) != (test.want.retry > 0) {
					t.Errorf("%s: is %T", name, err)
				} else if limit != nil && limit.RetryAfter() != test.want.retry {
					t.Errorf("%s: again in %v", name, limit.RetryAfter())
				}
				if !strings.Contains(err.Error(), test.want.text) {
					t.Errorf("%s: %v", name, err)
				}
				checkSilence(t, w, g, err)
			}
			if test.want.retry > 0 {
				w.calls()
				if _, err := g.Tip(t.Context(), w.repo, "main"); err == nil {
					t.Error("the limit was not heeded")
				}
				w.wantCalls()
				w.sim.SetFault(nil)
				w.sim.Advance(test.want.retry)
				if _, err := g.Tip(t.Context(), w.repo, "main"); err != nil {
					t.Errorf("after the limit: %v", err)
				}
			}
		})
	}
}

// checkSilence fails if an error tells a token, a JWT or the key.
func checkSilence(t *testing.T, w *world, g *Client, err error) {
	t.Helper()
	text := fmt.Sprintf("%v %+v %#v", err, err, err)
	for _, secret := range []string{"ghs_", "Bearer", "eyJ", strings.Split(string(w.sim.App().PrivateKeyPEM()), "\n")[1]} {
		if strings.Contains(text, secret) {
			t.Errorf("the error tells %s…: %s", secret[:4], text)
		}
	}
}

func TestLimitOfOneInstallationOnly(t *testing.T) {
	w := newWorld(t)
	other := w.sim.AddOrg("other")
	twin, err := other.AddRepo("bot", ghsim.RepoOptions{})
	if err != nil {
		t.Fatal(err)
	}
	second := review.Repo{Installation: w.sim.Install(other.User).ID(), ID: twin.ID(), Owner: "other", Name: "bot"}
	w.fail(1, "GET", "/git/ref/{ref}", ghsim.Fault{Status: 403, RetryAfter: time.Minute})
	if _, err := w.client.Tip(t.Context(), w.repo, "main"); err == nil {
		t.Fatal("no error")
	}
	if _, err := w.client.Tip(t.Context(), second, "main"); err != nil {
		t.Errorf("the other installation: %v", err)
	}
	if _, err := w.client.Tree(t.Context(), w.repo, w.bot.Head("main")); err == nil {
		t.Error("the limited installation went on")
	}
}

func TestGoGitHubRefusesNothingByItself(t *testing.T) {
	w := newWorld(t)
	calls := 0
	g := serve(t, w, func(rw http.ResponseWriter, _ *http.Request) {
		calls++
		rw.Header().Set("X-RateLimit-Remaining", "0")
		rw.Header().Set("X-RateLimit-Reset", fmt.Sprint(time.Now().Add(time.Hour).Unix()))
		fmt.Fprint(rw, "[]")
	})
	for range 2 {
		if _, err := g.OpenPulls(t.Context(), w.repo); err != nil {
			t.Error(err)
		}
	}
	if calls != 2 {
		t.Errorf("%d calls went out, want 2", calls)
	}
}

func TestWrongKey(t *testing.T) {
	w := newWorld(t)
	g, err := New(Config{AppID: w.sim.App().ID() + 1, Key: w.sim.App().PrivateKeyPEM(), BaseURL: w.sim.URL()})
	if err != nil {
		t.Fatal(err)
	}
	_, tip := g.Tip(t.Context(), w.repo, "main")
	_, repos := g.Repositories(t.Context())
	_, failed := g.Failed(t.Context(), time.Time{})
	for name, err := range map[string]error{"Tip": tip, "Repositories": repos, "Failed": failed, "Redeliver": g.Redeliver(t.Context(), 1)} {
		if err == nil || !strings.Contains(err.Error(), "app id and the private key") {
			t.Errorf("%s: %v", name, err)
		} else {
			checkSilence(t, w, g, err)
		}
	}
}

func TestTokensAreRenewed(t *testing.T) {
	w := newWorld(t)
	p := w.open("refund-v2", ghsim.CommitSpec{})
	for range 2 {
		if err := w.client.Reply(t.Context(), w.ref(p), "hello"); err != nil { // a body that must be sent twice
			t.Fatal(err)
		}
		w.sim.ExpireTokens()
	}
	if n := len(p.Comments()); n != 2 {
		t.Errorf("%d comments", n)
	}
	w.inst.Suspend()
	if _, err := w.client.Tip(t.Context(), w.repo, "main"); err == nil || !strings.Contains(err.Error(), "suspended") {
		t.Errorf("suspended: %v", err)
	}
	w.inst.Uninstall()
	if _, err := w.client.Tip(t.Context(), w.repo, "main"); !errors.Is(err, review.ErrGone) {
		t.Errorf("uninstalled: %v", err)
	}
}

func TestTokenRequestThatFails(t *testing.T) {
	w := newWorld(t)
	for _, f := range []ghsim.Fault{{Status: 502}, {Hang: true}, {LoseReply: true}, {Status: 403, RetryAfter: time.Minute}} {
		g := w.newClient(Config{Timeout: 40 * time.Millisecond})
		w.fail(1, "POST", "/access_tokens", f)
		_, err := g.Tip(t.Context(), w.repo, "main")
		var temporary interface{ Temporary() bool }
		if !errors.As(err, &temporary) || !temporary.Temporary() {
			t.Errorf("%+v: %v", f, err)
		}
		checkSilence(t, w, g, err)
	}
}

func TestManyWaitForOneTokenOfAGitHubThatHangs(t *testing.T) {
	w := newWorld(t)
	const timeout = 200 * time.Millisecond
	g := w.newClient(Config{Timeout: timeout})
	w.sim.SetFault(func(ghsim.Call) *ghsim.Fault { return &ghsim.Fault{Hang: true} })
	start := time.Now()
	var all sync.WaitGroup
	for range 30 {
		all.Go(func() {
			if _, err := g.Tip(t.Context(), w.repo, "main"); err == nil || !strings.Contains(err.Error(), "no answer within") {
				t.Errorf("err = %v", err)
			}
		})
	}
	all.Wait()
	if took := time.Since(start); took > 15*timeout {
		t.Errorf("it took %v", took)
	}
}

func TestWhoGivesUpHearsIt(t *testing.T) {
	w := newWorld(t)
	p := w.open("refund-v2", ghsim.CommitSpec{})
	p.Comment(w.bob, "hello")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, call := range w.every(w.client, p) {
		if err := call(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// serve returns a client of a server whose installation answers are f's.
func serve(t *testing.T, w *world, f http.HandlerFunc) *Client {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/access_tokens") {
			if body, _ := io.ReadAll(r.Body); strings.TrimSpace(string(body)) != "{}" {
				t.Errorf("the body of a token request is %q", body)
			}
			rw.WriteHeader(http.StatusCreated)
			json.NewEncoder(rw).Encode(map[string]any{"token": "ghs_secret.a.b", "expires_at": time.Now().Add(time.Hour)})
			return
		}
		f(rw, r)
	}))
	t.Cleanup(server.Close)
	return w.newClient(Config{BaseURL: server.URL})
}

func TestGraphQLErrorsComeWithStatus200(t *testing.T) {
	w := newWorld(t)
	for _, test := range []struct {
		body            string
		gone, temporary bool
		limited         bool
	}{
		{`{"data":{"repository":null},"errors":[{"type":"NOT_FOUND","message":"Could not resolve"}]}`, true, false, false},
		{`{"data":{"repository":{"databaseId":1}},"errors":[{"type":"FORBIDDEN","message":"no"}]}`, false, false, false},
		{`{"errors":[{"message":"Something went wrong while executing your query"}]}`, false, true, false},
		{`{"errors":[{"type":"RATE_LIMITED","message":"API rate limit exceeded"}]}`, false, true, true},
		{`{"data":{"repository":null}}`, true, false, false},
		{`{"data":{"repository":{"pullRequest":null}}}`, true, false, false},
		{`{}`, false, false, false},
		{`<html>`, false, true, false},
	} {
		g := serve(t, w, func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("X-RateLimit-Reset", fmt.Sprint(w.sim.Now().Add(9*time.Minute).Unix()))
			rw.Header().Set("Date", w.sim.Now().Format(http.TimeFormat))
			fmt.Fprint(rw, test.body)
		})
		_, err := g.Pull(t.Context(), review.PullRef{Repo: w.repo, Number: 1})
		var temporary interface{ Temporary() bool }
		var limit *LimitError
		if err == nil || errors.Is(err, review.ErrGone) != test.gone || (errors.As(err, &temporary) && temporary.Temporary()) != test.temporary ||
			errors.As(err, &limit) != test.limited {
			t.Errorf("%s: %v", test.body, err)
		}
		if limit != nil && limit.RetryAfter() != 9*time.Minute+time.Second {
			t.Errorf("again in %v", limit.RetryAfter())
		}
	}
}

func TestTokensGoToNoOtherHost(t *testing.T) {
	w := newWorld(t)
	thief := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		t.Errorf("called with %q", r.Header.Get("Authorization"))
	}))
	t.Cleanup(thief.Close)
	for _, status := range []int{301, 302, 307, 308} {
		g := serve(t, w, func(rw http.ResponseWriter, r *http.Request) {
			rw.Header().Set("Location", thief.URL+r.URL.Path)
			rw.WriteHeader(status)
		})
		if _, err := g.Tip(t.Context(), w.repo, "main"); err == nil || !strings.Contains(err.Error(), "not GitHub's") {
			t.Errorf("%d: %v", status, err)
		}
	}
	g := serve(t, w, func(rw http.ResponseWriter, r *http.Request) {
		http.Redirect(rw, r, r.URL.Path, http.StatusMovedPermanently)
	})
	if _, err := g.Tip(t.Context(), w.repo, "main"); err == nil || !strings.Contains(err.Error(), "moved again") {
		t.Errorf("round and round: %v", err)
	}
}

func TestAnswersThatEchoTheToken(t *testing.T) {
	w := newWorld(t)
	for _, status := range []int{401, 403, 422, 500} {
		g := serve(t, w, func(rw http.ResponseWriter, r *http.Request) {
			rw.WriteHeader(status)
			json.NewEncoder(rw).Encode(map[string]string{"message": "bad header: " + r.Header.Get("Authorization")})
		})
		_, err := g.Tip(t.Context(), w.repo, "main")
		if err == nil || !strings.Contains(err.Error(), "[secret]") {
			t.Errorf("%d: %v", status, err)
		}
		checkSilence(t, w, g, err)
	}
}

func TestAnswersOfAnyLength(t *testing.T) {
	w := newWorld(t)
	g := serve(t, w, func(rw http.ResponseWriter, r *http.Request) { fmt.Fprintf(rw, "%q", strings.Repeat("x", 1<<16)) })
	g.edge.limit = 1 << 16
	if _, err := g.Tip(t.Context(), w.repo, "main"); err == nil || !strings.Contains(err.Error(), "longer than") {
		t.Errorf("err = %v", err)
	}
}

func TestNobodyListens(t *testing.T) {
	w := newWorld(t)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	g := w.newClient(Config{BaseURL: "http://" + listener.Addr().String()})
	_, err = g.Tip(t.Context(), w.repo, "main")
	var e *Error
	if !errors.As(err, &e) || !e.Temporary() || !strings.Contains(err.Error(), "refused") {
		t.Errorf("err = %v", err)
	}
}
