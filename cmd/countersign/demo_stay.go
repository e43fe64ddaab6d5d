package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"

	"github.com/countersign-dev/countersign/internal/ghsim"
)

// freshFolder makes the demo's folder: a temporary one when none is named. The
// demo begins with nothing, so one that holds anything is refused.
func freshFolder(dir string) (string, error) {
	if dir == "" {
		return os.MkdirTemp("", "countersign-demo-")
	}
	found, err := os.ReadDir(dir)
	switch {
	case err == nil && len(found) > 0:
		return "", exit{exitUnknown, fmt.Sprintf("--dir %s holds something already, and the demo begins with nothing: name a new folder, or remove that one", dir)}
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return "", fmt.Errorf("--dir: %w", err)
	}
	return filepath.Abs(dir)
}

// stay opens one more pull request, lets people be played by curl, and says how
// to look around, until ctx ends.
func (d *demo) stay(ctx context.Context) error {
	d.chapter(6, "Your turn")
	p, err := d.open(ctx, "alice", "cap", "Refunds up to 95 EUR", ghsim.Files{refundAgent: strings.Replace(demoFiles[refundAgent], "50 EUR without", "95 EUR without", 1)})
	if err != nil {
		return err
	}
	if err := d.check(p); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	people := &http.Server{Handler: d.asPeople(p), ReadHeaderTimeout: 10 * time.Second}
	var running sync.WaitGroup
	running.Go(func() { _ = people.Serve(listener) }) // ends when it is closed
	defer running.Wait()
	defer people.Close()
	d.invite(p, "http://"+listener.Addr().String())
	<-ctx.Done()
	return nil
}

// asPeople takes POST /WHO/comments/N with a comment's text, posts it on the
// pull request as that person, and answers with what Countersign makes of it.
func (d *demo) asPeople(p *ghsim.Pull) http.Handler {
	var one sync.Mutex // one at a time, as the story is told
	mux := http.NewServeMux()
	mux.HandleFunc("POST /{who}/comments/{number}", func(w http.ResponseWriter, r *http.Request) {
		who := d.people[r.PathValue("who")]
		text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<16))
		switch {
		case err != nil:
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		case who == nil:
			http.Error(w, "nobody here is called that; there are "+strings.Join(slices.Sorted(maps.Keys(d.people)), ", "), http.StatusNotFound)
			return
		case r.PathValue("number") != strconv.Itoa(p.Number()):
			http.Error(w, fmt.Sprintf("only #%d is open", p.Number()), http.StatusNotFound)
			return
		}
		one.Lock()
		defer one.Unlock()
		d.sim.Advance(11 * time.Minute)
		before := len(p.Comments())
		p.Comment(who, string(text))
		if err := d.settle(r.Context()); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		told := &demo{w: w, sim: d.sim}
		if len(p.Comments()) > before+1 {
			told.reply(p)
		}
		if err := told.check(p); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	return mux
}

// invite says how to look around while the servers run. Every line can be pasted
// into another terminal.
func (d *demo) invite(p *ghsim.Pull, people string) {
	data, mine := filepath.Join(d.dir, "countersign"), filepath.Join(d.dir, "mine")
	q := func(path string) string { // as a shell reads it
		if strings.ContainsFunc(path, func(r rune) bool {
			return !strings.ContainsRune("/._-+@%:=,", r) && !unicode.IsLetter(r) && !unicode.IsDigit(r)
		}) {
			return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
		}
		return path
	}
	fmt.Fprintf(d.w, `
The servers stay up until you press Ctrl-C: Countersign on %s, the simulated
GitHub on %s. In another terminal:

Sign #%d as carol, the owner of prompts (alice and bob are told why they cannot):
  curl -s -d '/countersign approve' %s/carol/comments/%d

Is the server well? What is on record, and what does one record hold?
  curl -s %s/healthz
  %[7]s records --data %[8]s
  %[7]s records --data %[8]s '#2'

Export the records and verify them by the public key alone:
  %[7]s export --data %[8]s %[9]s
  %[7]s verify --key %[11]s %[9]s

What changed agents in the history of the demo's repository?
  %[7]s scan %[10]s
`, d.srv.URL(), d.sim.URL(), p.Number(), people, p.Number(), d.srv.URL(), q(d.self), q(data), q(mine), q(d.repo.Dir()), q(filepath.Join(data, "log.pub")))
}

// self is how this program is called from another terminal: by its name where
// that finds it, else by its path.
func self() string {
	path, err := os.Executable()
	if err != nil {
		return "countersign"
	}
	if found, err := exec.LookPath("countersign"); err == nil {
		a, errA := os.Stat(found)
		b, errB := os.Stat(path)
		if errA == nil && errB == nil && os.SameFile(a, b) {
			return "countersign"
		}
	}
	return path
}
