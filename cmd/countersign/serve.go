package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/sirupsen/logrus"
	"github.com/spf13/cobra"

	"github.com/countersign-dev/countersign/internal/github"
	"github.com/countersign-dev/countersign/internal/store"
	"github.com/countersign-dev/countersign/policies"
	"github.com/countersign-dev/countersign/record"
	"github.com/countersign-dev/countersign/review"
	"github.com/countersign-dev/countersign/webhook"
)

func newServe() *cobra.Command {
	return &cobra.Command{
		Use:   "serve",
		Short: "Run the GitHub App",
		Long:  "Run the GitHub App. It is set up by environment variables:\n\n" + settingsHelp,
		Example: "  export COUNTERSIGN_APP_ID=12345 COUNTERSIGN_PRIVATE_KEY_FILE=app.pem COUNTERSIGN_WEBHOOK_SECRET_FILE=webhook\n" +
			"  countersign serve",
		Args: arguments(0),
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := readConfig(os.Getenv)
			if err = errors.Join(err, unknownVariables(os.Environ())); err != nil {
				return exit{exitUnknown, "the server is not set up:\n" + err.Error()}
			}
			s, err := startServer(c.Context(), cfg, time.Now)
			if err != nil {
				return err
			}
			<-c.Context().Done()
			return s.Close()
		},
	}
}

// A server is a running Countersign.
type server struct {
	store    *store.DB
	rules    *policies.Engine
	log      *record.Log
	sweeper  *webhook.Sweeper
	inbox    *watched
	now      func() time.Time
	listener net.Listener
	http     *http.Server
	stop     context.CancelFunc
	swept    chan struct{} // closed after the sweep on start
	running  sync.WaitGroup
}

// startServer wires everything and starts it. It serves until Close.
func startServer(ctx context.Context, cfg config, now func() time.Time) (_ *server, err error) {
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	s := &server{now: now, stop: stop, swept: make(chan struct{})}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	logger, err := newLogger(cfg)
	if err != nil {
		return nil, err
	}
	operator, err := operatorAt(cfg.Operator)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	if s.store, err = store.Open(ctx, cfg.database()); err != nil {
		return nil, err
	}
	if s.log, err = record.Open(ctx, s.store, cfg.logSettings(now)); err != nil {
		return nil, err
	}
	if err := os.WriteFile(cfg.logPublic(), []byte(s.log.VerifierKey()+"\n"), 0o644); err != nil {
		return nil, fmt.Errorf("write the log's public key: %w", err)
	}
	if s.rules, err = engineWith(cfg.Operator); err != nil {
		return nil, err
	}
	forge, err := github.New(github.Config{AppID: cfg.AppID, Key: cfg.Key, BaseURL: cfg.GitHub.String(), UserAgent: "countersign/" + version, Now: now})
	if err != nil {
		return nil, err
	}
	wake := make(chan struct{}, 1)
	s.inbox = newWatched(s.store)
	reviewer := &review.Reviewer{Forge: forge, Policy: s.rules, Store: s.store, Recorder: s.log, Past: s.log,
		Scheduler: webhook.Scheduler{Inbox: s.inbox, Wake: wake, Now: now},
		Host:      cfg.webHost(), Operator: operator, Alias: cfg.Alias, Now: now}
	handler := &webhook.Handler{Secrets: cfg.Secrets, App: cfg.AppID, Inbox: s.inbox, Wake: wake, Now: now, Log: logger}
	worker := &webhook.Worker{Inbox: s.inbox, Repos: s.store, Reviews: reviewer, Forget: forge.Forget, App: cfg.AppID, Hands: cfg.Workers, Wake: wake, Now: now, Log: logger}
	s.sweeper = &webhook.Sweeper{Due: reviewer.Due, Inbox: s.inbox, Repos: s.store, Redeliver: forge, Lister: forge, Every: cfg.SweepEvery, Wake: wake, Now: now, Log: logger}

	if s.listener, err = net.Listen("tcp", cfg.Listen); err != nil {
		return nil, err
	}
	s.http = &http.Server{Handler: routes(handler, s.store), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: time.Minute, WriteTimeout: time.Minute}
	s.running.Go(func() {
		if err := s.http.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
			logger.WithError(err).Error("server stopped")
		}
	})
	s.running.Go(func() { worker.Run(ctx) })
	s.sweeper.Swept = sync.OnceFunc(func() { close(s.swept) })
	s.running.Go(func() { s.sweeper.Run(ctx) })
	logger.WithFields(logrus.Fields{"address": s.listener.Addr().String(), "github": cfg.GitHub.String(), "data": cfg.Data,
		"log_key": s.log.VerifierKey(), "version": buildVersion()}).Info("serving")
	return s, nil
}

// routes are the server's pages: the webhook, and whether it is well.
func routes(handler http.Handler, db *store.DB) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/webhook", handler)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, r *http.Request) {
		if err := db.Ping(r.Context()); err != nil {
			http.Error(w, "the database does not answer", http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, "ok\n")
	})
	return mux
}

// URL is where the server listens.
func (s *server) URL() string { return "http://" + s.listener.Addr().String() }

// Sweep compares state with GitHub's at once.
func (s *server) Sweep(ctx context.Context) error { return s.sweeper.Once(ctx) }

// Drain waits until nothing that is due is left to handle, and reports whether
// anything was.
func (s *server) Drain(ctx context.Context) (busy bool, err error) {
	for {
		changed := s.inbox.changed()
		pending, err := s.store.Pending(ctx, s.now())
		if err != nil || !pending {
			return busy, err
		}
		busy = true
		select {
		case <-changed:
		case <-ctx.Done():
			return busy, fmt.Errorf("deliveries are still being handled: %w", ctx.Err())
		}
	}
}

// Close stops taking deliveries, lets what is under way end, and closes the
// database. What is not handled is handled after the next start.
func (s *server) Close() error {
	var errs []error
	if s.http != nil {
		ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
		defer cancel()
		errs = append(errs, s.http.Shutdown(ctx))
	} else if s.listener != nil {
		errs = append(errs, s.listener.Close())
	}
	s.stop()
	s.running.Wait()
	if s.rules != nil {
		s.rules.Close()
	}
	if s.store != nil {
		errs = append(errs, s.store.Close())
	}
	return errors.Join(errs...)
}

// newLogger logs JSON lines to stderr, with secrets cut out of every line.
func newLogger(cfg config) (*logrus.Logger, error) {
	level, err := logrus.ParseLevel(cfg.Level)
	if err != nil {
		return nil, fmt.Errorf("COUNTERSIGN_LOG_LEVEL: %w", err)
	}
	l := logrus.New()
	l.SetOutput(os.Stderr)
	l.SetLevel(level)
	l.SetFormatter(webhook.Scrubber{Formatter: &logrus.JSONFormatter{TimestampFormat: time.RFC3339Nano}, Secrets: cfg.Secrets})
	return l, nil
}

// watched is an inbox that tells when something in it changed.
type watched struct {
	webhook.Inbox
	mu   sync.Mutex
	next chan struct{}
}

func newWatched(i webhook.Inbox) *watched { return &watched{Inbox: i, next: make(chan struct{})} }

// changed returns a channel that is closed at the next change.
func (w *watched) changed() <-chan struct{} {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.next
}

func (w *watched) tell() {
	w.mu.Lock()
	defer w.mu.Unlock()
	close(w.next)
	w.next = make(chan struct{})
}

func (w *watched) Done(ctx context.Context, l webhook.Lease, now time.Time) error {
	defer w.tell()
	return w.Inbox.Done(ctx, l, now)
}

func (w *watched) Retry(ctx context.Context, l webhook.Lease, due time.Time, reason string) error {
	defer w.tell()
	return w.Inbox.Retry(ctx, l, due, reason)
}

func (w *watched) Dead(ctx context.Context, l webhook.Lease, now time.Time, reason string) error {
	defer w.tell()
	return w.Inbox.Dead(ctx, l, now, reason)
}
