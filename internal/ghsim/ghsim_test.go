package ghsim_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bradleyfalzon/ghinstallation/v2"
	"github.com/google/go-github/v60/github"

	"github.com/countersign-dev/countersign/internal/ghsim"
	"github.com/countersign-dev/countersign/internal/ghsim/contract"
)

var _ ghsim.Contract = (*contract.Contract)(nil)

const secret = "sesame"

// A world is an organisation with one repository, a few people, the app
// installed, and a receiver that keeps what it is sent.
type world struct {
	t                 *testing.T
	sim               *ghsim.Server
	acme              *ghsim.Org
	repo              *ghsim.Repo
	inst              *ghsim.Installation
	alice, bob, carol *ghsim.User
	client            *github.Client // as the installation
	app               *github.Client // as the app
	mu                sync.Mutex
	got               []received
	answer            int
	badRequests       bool // are sent on purpose; set before the first
}

type received struct {
	event, action, guid string
	body                []byte
}

func (r received) name() string {
	if r.action == "" {
		return r.event
	}
	return r.event + "." + r.action
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, answer: http.StatusAccepted}
	checks, err := contract.FromEnv(func(err error) {
		if !w.badRequests || !strings.HasPrefix(err.Error(), "request ") {
			t.Errorf("contract: %v", err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	o := ghsim.Options{Dir: t.TempDir()}
	if checks != nil {
		o.Contract = checks
	}
	sim, err := ghsim.New(o)
	if err != nil {
		t.Fatal(err)
	}
	w.sim = sim
	receiver := httptest.NewServer(http.HandlerFunc(w.receive))
	t.Cleanup(func() {
		sim.Resume()
		w.flush() // the contract sees every delivery
		if err := sim.Close(); err != nil {
			t.Error(err)
		}
		receiver.Close()
	})
	sim.SetWebhook(receiver.URL, secret)
	w.acme = sim.AddOrg("acme")
	w.alice, w.bob, w.carol = sim.AddUser("alice"), sim.AddUser("bob"), sim.AddUser("carol")
	w.repo, err = w.acme.AddRepo("bot", ghsim.RepoOptions{Files: ghsim.Files{"prompts/refund.md": "one\n", "src/main.go": "package main\n"}})
	if err != nil {
		t.Fatal(err)
	}
	w.repo.SetRole(w.alice, "write")
	w.repo.SetRole(w.bob, "write")
	w.acme.SetMember(w.carol, "admin")
	w.inst = sim.Install(w.acme.User)
	w.client, w.app = w.clients()
	w.flush()
	w.forget()
	return w
}

func (w *world) clients() (installation, app *github.Client) {
	apps, err := ghinstallation.NewAppsTransport(http.DefaultTransport, w.sim.App().ID(), w.sim.App().PrivateKeyPEM())
	if err != nil {
		w.t.Fatal(err)
	}
	apps.BaseURL = w.sim.URL() + "/api/v3"
	tr := ghinstallation.NewFromAppsTransport(apps, w.inst.ID())
	tr.BaseURL = apps.BaseURL
	tr.InstallationTokenOptions = &github.InstallationTokenOptions{} // without, it posts null
	enterprise := func(rt http.RoundTripper) *github.Client {
		c, err := github.NewClient(&http.Client{Transport: rt}).WithEnterpriseURLs(w.sim.URL(), w.sim.URL())
		if err != nil {
			w.t.Fatal(err)
		}
		return c
	}
	return enterprise(tr), enterprise(apps)
}

func (w *world) receive(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.t.Error(err)
	}
	m := hmac.New(sha256.New, []byte(secret))
	m.Write(body)
	if want := "sha256=" + hex.EncodeToString(m.Sum(nil)); r.Header.Get("X-Hub-Signature-256") != want {
		w.t.Errorf("signature %q, want %q", r.Header.Get("X-Hub-Signature-256"), want)
	}
	var head struct{ Action string }
	if err := json.Unmarshal(body, &head); err != nil {
		w.t.Error(err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.got = append(w.got, received{r.Header.Get("X-GitHub-Event"), head.Action, r.Header.Get("X-GitHub-Delivery"), body})
	rw.WriteHeader(w.answer)
}

func (w *world) flush() {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := w.sim.Flush(ctx); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.got = nil
}

// events flushes and names what came since it was last called, without the
// check suites and check runs that come with every push and run.
func (w *world) events() string {
	w.t.Helper()
	w.flush()
	w.mu.Lock()
	defer w.mu.Unlock()
	var names []string
	for _, r := range w.got {
		if r.name() != "check_suite.requested" && r.name() != "check_run.created" && r.name() != "check_run.completed" {
			names = append(names, r.name())
		}
	}
	w.got = nil
	return strings.Join(names, " ")
}

func (w *world) wantEvents(want string) {
	w.t.Helper()
	if got := w.events(); got != want {
		w.t.Errorf("events\n got %s\nwant %s", got, want)
	}
}

// last is the newest payload of an event.
func (w *world) last(name string, v any) {
	w.t.Helper()
	w.flush()
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := len(w.got) - 1; i >= 0; i-- {
		if w.got[i].name() == name {
			if err := json.Unmarshal(w.got[i].body, v); err != nil {
				w.t.Fatal(err)
			}
			return
		}
	}
	w.t.Fatalf("no %s was delivered", name)
}

func (w *world) open(branch string, files ghsim.Files) *ghsim.Pull {
	w.t.Helper()
	p, err := w.repo.OpenPull(w.alice, ghsim.PullSpec{Head: branch, Commit: &ghsim.CommitSpec{Files: files}})
	w.must(err)
	return p
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// refused checks that err is a refusal with a status and some words.
func (w *world) refused(err error, status int, words string) {
	w.t.Helper()
	refusal, ok := err.(*ghsim.Refusal)
	if !ok || refusal.Status != status || !strings.Contains(refusal.Message, words) {
		w.t.Errorf("error %v, want a refusal %d with %q", err, status, words)
	}
}
