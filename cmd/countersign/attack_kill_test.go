package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/countersign-dev/countersign/internal/ghsim"
	"github.com/countersign-dev/countersign/internal/store"
	"github.com/countersign-dev/countersign/record"
)

// childNow makes the test binary a server that is set up by its environment.
// It is the time at which its clock starts.
const childNow = "COUNTERSIGN_TEST_CHILD_NOW"

func TestMain(m *testing.M) {
	if start := os.Getenv(childNow); start != "" {
		if err := child(start); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	testscript.Main(m, map[string]func(){"countersign": main})
}

// child serves until it is killed or its input ends. It says where it serves,
// and for each line that it reads sweeps, handles all that is due and says so.
func child(start string) error {
	at, err := time.Parse(time.RFC3339, start)
	if err != nil {
		return err
	}
	begun := time.Now()
	cfg, err := readConfig(os.Getenv)
	if err != nil {
		return err
	}
	ctx := context.Background()
	s, err := startServer(ctx, cfg, func() time.Time { return at.Add(time.Since(begun)) })
	if err != nil {
		return err
	}
	fmt.Println(s.URL())
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		_ = s.Sweep(ctx) // GitHub may be down; what counts is what is handled
		if _, err := s.Drain(ctx); err != nil {
			return err
		}
		fmt.Println("idle")
	}
	return s.Close()
}

// A process is the server as a process of its own.
type process struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Scanner
	killed atomic.Bool
}

// kill is kill -9; it may be called by several at once.
func (p *process) kill() {
	p.killed.Store(true)
	p.cmd.Process.Kill()
}

// idle has the process sweep and handle all, and reports whether it lived on.
func (p *process) idle() bool {
	if _, err := fmt.Fprintln(p.in); err != nil {
		return false
	}
	return p.out.Scan() && p.out.Text() == "idle"
}

// A lived world is one whose server dies.
type lived struct {
	*story
	t      *testing.T
	secret string
	url    string     // of the present life
	log    syncBuffer // what all lives wrote to stderr
	p      *process
}

type syncBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

func newLived(t *testing.T) *lived {
	t.Helper()
	s, err := newStory(t, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	w := &lived{story: s, t: t, secret: "planted-webhook-secret-7f3a"}
	t.Cleanup(func() {
		w.end()
		s.close()
	})
	w.live()
	return w
}

func (w *lived) data() string { return filepath.Join(w.dir, ".data") }

// live starts the server an hour after it died, when all leases are over.
func (w *lived) live() {
	w.t.Helper()
	w.sim.Advance(time.Hour)
	self, err := os.Executable()
	if err != nil {
		w.t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), childNow+"="+w.sim.Now().Format(time.RFC3339),
		"COUNTERSIGN_APP_ID="+fmt.Sprint(w.sim.App().ID()), "COUNTERSIGN_PRIVATE_KEY="+string(w.sim.App().PrivateKeyPEM()),
		"COUNTERSIGN_WEBHOOK_SECRET="+w.secret, "COUNTERSIGN_GITHUB_URL="+w.sim.URL()+"/api/v3/",
		"COUNTERSIGN_DATA="+w.data(), "COUNTERSIGN_LISTEN=127.0.0.1:0", "COUNTERSIGN_SWEEP_EVERY=1h", "COUNTERSIGN_LOG_LEVEL=debug")
	cmd.Stderr = &w.log
	w.p = &process{cmd: cmd}
	if w.p.in, err = cmd.StdinPipe(); err != nil {
		w.t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		w.t.Fatal(err)
	}
	w.p.out = bufio.NewScanner(out)
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	if !w.p.out.Scan() {
		if w.p.killed.Load() { // in its first steps
			w.p.cmd.Wait()
			w.live()
			return
		}
		w.t.Fatalf("the server did not start: %s", w.log.String())
	}
	w.url = w.p.out.Text()
	w.sim.SetWebhook(w.url+"/webhook", w.secret)
}

// end lets the server end by itself.
func (w *lived) end() {
	w.p.in.Close()
	w.p.cmd.Wait()
}

// settles until nothing is left to deliver or to handle, however often the
// server dies in between.
func (w *lived) settles() {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 30*time.Second)
	defer cancel()
	for quiet := 0; quiet < 2; {
		if err := w.sim.Flush(ctx); err != nil {
			w.t.Fatal(err)
		}
		before := len(w.sim.Deliveries())
		if !w.p.idle() {
			if !w.p.killed.Load() {
				w.t.Fatalf("the server ended by itself: %s", w.log.String())
			}
			w.p.cmd.Wait()
			w.live()
			quiet = 0
			continue
		}
		if err := w.sim.Flush(ctx); err != nil {
			w.t.Fatal(err)
		}
		if quiet++; len(w.sim.Deliveries()) > before {
			quiet = 0
		}
	}
}

// doomed acts, and the server is killed at its nth call to GitHub from then on;
// odd calls still take effect.
func (w *lived) doomed(n int64, act func() error) {
	w.t.Helper()
	var calls atomic.Int64
	p := w.p
	w.sim.SetFault(func(ghsim.Call) *ghsim.Fault {
		if calls.Add(1) != n {
			return nil
		}
		p.kill()
		return &ghsim.Fault{LoseReply: n%2 == 1, Hang: n%2 == 0}
	})
	w.sim.Advance(time.Minute)
	if err := act(); err != nil {
		w.t.Fatal(err)
	}
	w.settles()
	w.sim.SetFault(nil)
}

// A56: the server is killed at each step between the receipt of a delivery and
// the record. Each landing has one record, and nothing is lost.
func TestA56Killed(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts processes")
	}
	w := newLived(t)
	w.settles()
	const pulls = 8
	for n := int64(1); n <= pulls; n++ {
		name := fmt.Sprint("pr", n)
		w.doomed(n, func() (err error) {
			files := ghsim.Files{fmt.Sprintf("agents/%d/CLAUDE.md", n): "v2\n"}
			w.pulls[name], err = w.repo.OpenPull(w.people["alice"], ghsim.PullSpec{Head: name, Commit: &ghsim.CommitSpec{Files: files}})
			return err
		})
		pull := w.pulls[name]
		wantCheck(t, pull, "action_required")
		w.doomed(n, func() error { pull.Comment(w.people["bob"], "/countersign approve "+pull.Head()); return nil })
		wantCheck(t, pull, "success")
		w.doomed(n, func() error { _, err := pull.Merge(w.people["alice"], ghsim.Squash); return err })
	}
	w.end()
	records := readRecords(t, w)
	if len(records) != pulls {
		t.Errorf("%d records of %d landings", len(records), pulls)
	}
	seen := map[int]bool{}
	for _, e := range records {
		if outcomeOf(e) != "countersigned" || seen[pullNumber(e)] {
			t.Errorf("#%d: %s, seen %v", pullNumber(e), outcomeOf(e), seen[pullNumber(e)])
		}
		seen[pullNumber(e)] = true
	}
	for name, p := range w.pulls {
		if runs := w.repo.CheckRuns(p.Head()); len(runs) != 1 {
			t.Errorf("%s has %d checks", name, len(runs))
		}
		stickies := 0
		for _, c := range p.Comments() {
			if strings.HasPrefix(c.Body(), "<!-- countersign:sticky -->") {
				stickies++
			}
		}
		if stickies != 1 {
			t.Errorf("%s has %d reports", name, stickies)
		}
	}
}

// readRecords opens the log of a server that ended, exports and verifies it.
func readRecords(t *testing.T, w *lived) []*record.Entry {
	t.Helper()
	db, err := store.Open(t.Context(), filepath.Join(w.data(), "countersign.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if dead, err := db.Failures(t.Context(), 10); err != nil || len(dead) > 0 {
		t.Errorf("given up: %+v, %v", dead, err)
	}
	log, err := record.Open(t.Context(), db, config{GitHub: simConfig(w.sim, "", "").GitHub, Data: w.data()}.logSettings(w.sim.Now))
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(w.dir, "export")
	if _, err := log.Export(t.Context(), dir, record.Export{}); err != nil {
		t.Fatal(err)
	}
	if got := (record.Verification{Key: log.VerifierKey()}).Verify(dir); got.Result != record.Holds {
		t.Errorf("%s: %s", got.File, got.Reason)
	}
	all, err := log.List(t.Context(), record.Query{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// A59: planted secrets are looked for in everything that the server put out,
// also when GitHub repeats them in its errors.
func TestA59Secrets(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("starts processes")
	}
	w := newLived(t)
	w.settles()
	// GitHub, or a proxy before it, repeats what it was sent.
	key := strings.Split(strings.TrimSpace(string(w.sim.App().PrivateKeyPEM())), "\n")
	message := "refused: " + w.secret + " Bearer ghs_" + strings.Repeat("A1b2", 10) + " " + strings.Join(key, `\n`)
	var fail atomic.Bool
	w.sim.SetFault(func(ghsim.Call) *ghsim.Fault {
		if !fail.Load() {
			return nil
		}
		return &ghsim.Fault{Status: 500, Message: message}
	})
	act := func(f func() error) {
		t.Helper()
		w.sim.Advance(time.Minute)
		if err := f(); err != nil {
			t.Fatal(err)
		}
		w.settles()
	}
	var pull *ghsim.Pull
	act(func() (err error) {
		pull, err = w.repo.OpenPull(w.people["alice"], ghsim.PullSpec{Head: "pr", Commit: &ghsim.CommitSpec{Files: ghsim.Files{"CLAUDE.md": "v2\n"}}})
		return err
	})
	fail.Store(true)
	act(func() error { pull.Comment(w.people["bob"], "/countersign approve"); return nil })
	post(t, w.url, "forged", []byte("{}"),
		map[string]string{"X-Hub-Signature-256": "sha256=00", "Authorization": "Bearer " + w.secret})
	fail.Store(false)
	w.p.kill()
	w.settles() // starts it anew
	wantCheck(t, pull, "success")
	act(func() error { _, err := pull.Merge(w.people["alice"], ghsim.Squash); return err })
	w.end()
	if n := len(readRecords(t, w)); n != 1 {
		t.Errorf("%d records", n)
	}
	if !strings.Contains(w.log.String(), "delivery refused") || !strings.Contains(w.log.String(), "status 500: refused: [cut]") {
		t.Fatalf("the log shows no failure, so the test shows nothing:\n%s", w.log.String())
	}
	for where, text := range w.output(t, pull) {
		for what, secret := range map[string]string{"webhook secret": w.secret, "private key": key[3], "token": "ghs_", "JWT": base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"`))} {
			if i := strings.Index(text, secret); i >= 0 {
				t.Errorf("%s: the %s is in it: %q", where, what, text[max(0, i-80):min(len(text), i+40)])
			}
		}
	}
}

// output is everything that left the server, or that it keeps.
func (w *lived) output(t *testing.T, p *ghsim.Pull) map[string]string {
	t.Helper()
	all := map[string]string{"log": w.log.String()}
	for _, c := range p.Comments() {
		all[fmt.Sprint("comment ", c.ID())] = c.Body()
	}
	for _, run := range w.repo.CheckRuns(p.Head()) {
		all["check "+run.Name] = run.Title + run.Summary
	}
	for _, root := range []string{w.data(), filepath.Join(w.dir, "export")} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			data, err := os.ReadFile(path)
			all[path] = string(data)
			return err
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
	}
	return all
}
