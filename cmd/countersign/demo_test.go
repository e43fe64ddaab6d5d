package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// Every line that demo --stay prints to paste does what it says, and the folder
// holds what was promised.
func TestDemoStays(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("there is no curl to paste the lines with")
	}
	out := &waited{ready: make(chan struct{}), until: " scan "}
	d := &demo{w: out, dir: filepath.Join(t.TempDir(), "it's here"), self: "countersign"}
	defer d.close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := d.play(ctx); err != nil {
		t.Fatal(err)
	}
	var stayed sync.WaitGroup
	stayed.Go(func() {
		if err := d.stay(ctx); err != nil {
			t.Error(err)
		}
	})
	select {
	case <-out.ready:
	case <-ctx.Done():
		t.Fatal("nobody was invited")
	}
	_, invitation, _ := strings.Cut(out.String(), "In another terminal:")
	wants := []string{"✓ countersign: main — Signed off: prompt", "ok", "CHG-2026-000004", "CHG-2026-000002  COUNTERSIGNED", "Exported 4 records", "HOLDS", "pull request #4"}
	for line := range strings.Lines(invitation) {
		command, ok := strings.CutPrefix(line, "  ")
		if !ok {
			continue
		}
		said, err := exec.CommandContext(ctx, "sh", "-c", command).CombinedOutput()
		if err != nil || len(wants) == 0 || !strings.Contains(string(said), wants[0]) {
			t.Fatalf("%s%v: %s\nwant %q", command, err, said, wants)
		}
		wants = wants[1:]
	}
	if len(wants) > 0 {
		t.Errorf("no line shows %q in:\n%s", wants, invitation)
	}
	cancel()
	stayed.Wait()
}

// Without --stay the repository is there too, and a folder is used once.
func TestDemoFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	root := newRoot()
	var out bytes.Buffer
	root.SetOut(&out)
	root.SetArgs([]string{"demo", "--dir", dir})
	if err := root.Execute(); err != nil {
		t.Fatal(err)
	}
	if found, _ := filepath.Glob(filepath.Join(dir, "github", "*.git", "HEAD")); len(found) != 1 {
		t.Errorf("repositories: %q", found)
	}
	if err := root.Execute(); err == nil || !strings.Contains(err.Error(), "the demo begins with nothing") {
		t.Errorf("the second run: %v", err)
	}
	if _, err := freshFolder(filepath.Join(dir, "new")); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "new")); err == nil {
		t.Error("freshFolder made a folder that is named")
	}
}

// waited keeps what is written, and says when a text was.
type waited struct {
	mu    sync.Mutex
	all   bytes.Buffer
	until string
	ready chan struct{}
	once  sync.Once
}

func (w *waited) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.all.Write(p)
	if bytes.Contains(w.all.Bytes(), []byte(w.until)) {
		w.once.Do(func() { close(w.ready) })
	}
	return len(p), nil
}

func (w *waited) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.all.String()
}
