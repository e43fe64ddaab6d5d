package ghsim

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"
)

// Options says what server to make. Only Dir is required.
type Options struct {
	// Dir holds the bare repositories. It is the caller's to remove.
	Dir string

	// Clock is read, cut to whole seconds, for every time that GitHub would
	// tell. Nil stands still at 2026-03-02 09:00:00 UTC. Advance adds to it.
	Clock func() time.Time

	// WebhookURL and WebhookSecret are the app's webhook settings, see SetWebhook.
	WebhookURL    string
	WebhookSecret string

	// Latency is added to every API call.
	Latency time.Duration

	// Contract checks what goes over the wire, see package contract. May be nil.
	Contract Contract
}

// A Contract checks requests, answers and webhook payloads against GitHub's
// published API description. It reports violations by itself.
type Contract interface {
	// Wrap returns a handler that checks what passes to and from h.
	Wrap(h http.Handler) http.Handler
	// Payload checks the body of a delivery. action is empty for events without one.
	Payload(event, action string, body []byte)
}

// A Refusal is GitHub's answer to what it will not do.
type Refusal struct {
	Status  int    // HTTP status
	Message string // as GitHub words it
}

func (r *Refusal) Error() string { return r.Message }

func refuse(status int, format string, args ...any) error {
	return &Refusal{status, fmt.Sprintf(format, args...)}
}

var errNotFound = &Refusal{http.StatusNotFound, "Not Found"}

// Server is the simulated GitHub.
type Server struct {
	opts     Options
	listener net.Listener
	http     *http.Server
	routes   []route
	courier  *courier
	closing  chan struct{} // closed by Close: what hangs ends

	clock  sync.Mutex // covers offset; taken after every other lock
	offset time.Duration

	mu                sync.Mutex // covers everything below and all that it reaches; taken before the courier's
	latency           time.Duration
	fault             func(Call) *Fault
	calls, tokenCalls []*Call
	ids               map[string]int64
	users             map[int64]*User
	logins            map[string]*User // by folded login
	webFlow           *User
	orgs              map[int64]*Org
	teams             map[int64]*Team
	repos             map[int64]*Repo
	names             map[string]*Repo // by folded OWNER/NAME
	moved             map[string]*Repo // the same for earlier names
	apps              map[int64]*App
	suites            map[string]int64 // check suites by repository, app and commit
	app               *App
	installs          map[int64]*Installation
	tokens            map[string]*token
	spent             map[int64]int // API calls by installation since the hour began
	hour              time.Time     // when it began
}

var epoch = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

// New starts a server on a free port of 127.0.0.1. It needs git on the path.
func New(o Options) (*Server, error) {
	if o.Dir == "" {
		return nil, errors.New("simulated GitHub: Dir is not set")
	}
	if _, err := exec.LookPath("git"); err != nil {
		return nil, fmt.Errorf("simulated GitHub: %w", err)
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	o.Dir = dir
	if o.Clock == nil {
		o.Clock = func() time.Time { return epoch }
	}
	s := &Server{
		opts: o, latency: o.Latency, closing: make(chan struct{}),
		ids: map[string]int64{}, users: map[int64]*User{}, logins: map[string]*User{},
		orgs: map[int64]*Org{}, teams: map[int64]*Team{},
		repos: map[int64]*Repo{}, names: map[string]*Repo{}, moved: map[string]*Repo{},
		suites: map[string]int64{}, apps: map[int64]*App{}, installs: map[int64]*Installation{},
		tokens: map[string]*token{}, spent: map[int64]int{},
	}
	if s.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		return nil, err
	}
	s.webFlow = s.addUser("web-flow", "User", 19864447, "noreply@github.com") // who commits for the web pages
	s.webFlow.name = "GitHub"
	s.app = s.addApp("countersign")
	s.routes = routes()
	s.courier = newCourier(s, o.WebhookURL, o.WebhookSecret)
	s.http = &http.Server{Handler: s.front(), ReadHeaderTimeout: 10 * time.Second}
	go s.http.Serve(s.listener)
	return s, nil
}

// Close ends the HTTP server, the courier and whatever hangs.
func (s *Server) Close() error {
	select {
	case <-s.closing:
		return nil
	default:
	}
	close(s.closing)
	s.courier.close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := s.http.Shutdown(ctx); err != nil {
		return s.http.Close()
	}
	return nil
}

// URL is the root, without a trailing slash: REST is served under it and under
// URL()+"/api/v3", GraphQL at /graphql and /api/graphql. Bodies link to
// github.test instead, so that they are the same in every run.
func (s *Server) URL() string { return "http://" + s.listener.Addr().String() }

// Links in bodies. The names are reserved and never resolve (RFC 2606).
const (
	webURL = "https://github.test"
	apiURL = "https://api.github.test"
)

// Now is the time that GitHub tells, in UTC and whole seconds.
func (s *Server) Now() time.Time { return s.now() }

func (s *Server) now() time.Time {
	s.clock.Lock()
	defer s.clock.Unlock()
	return s.opts.Clock().Add(s.offset).UTC().Truncate(time.Second)
}

// Advance moves the clock. Check runs left open for 14 days become stale.
func (s *Server) Advance(d time.Duration) {
	s.clock.Lock()
	s.offset += d
	s.clock.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stale()
}

// id numbers things of a kind from a start. Comments and the like start past
// 2^32, as on github.com, so that nobody keeps them in 32 bits.
func (s *Server) id(kind string) int64 {
	if s.ids[kind] == 0 {
		s.ids[kind] = map[string]int64{
			"user": 1000, "org": 8000, "team": 70_000, "repo": 500_000, "app": 900_000, "install": 40_000_000,
			"ruleset": 60_000, "pull": 2_400_000_000, "comment": 4_500_000_000, "review": 5_600_000_000,
			"run": 36_000_000_000, "suite": 32_000_000_000, "delivery": 10_000_000_000, "status": 37_000_000_000,
			"label": 8_800_000_000, "reaction": 310_000_000, "rule": 20_000,
		}[kind]
	}
	s.ids[kind]++
	return s.ids[kind]
}

// An object is a JSON object.
type object = map[string]any

func stamp(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format("2006-01-02T15:04:05Z")
}

// orNull makes JSON null of an empty string.
func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}
