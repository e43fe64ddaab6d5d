package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/countersign-dev/countersign/record"
)

// The verifier in Python, written to the specification alone, accepts exports
// of the whole log and of its end, and refuses altered ones.
func TestIndependentVerifier(t *testing.T) {
	t.Parallel()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not installed: docs/verify.py is not tried")
	}
	d := &demo{w: &bytes.Buffer{}, dir: t.TempDir()}
	defer d.close()
	ctx := context.Background()
	if err := d.play(ctx); err != nil {
		t.Fatal(err)
	}
	key := d.srv.log.VerifierKey()
	verify := func(dir string) (string, error) {
		out, err := exec.Command(python, filepath.Join("..", "..", "docs", "verify.py"), key, dir).CombinedOutput()
		return string(out), err
	}
	late := filepath.Join(t.TempDir(), "late")
	q := record.Query{From: time.Date(2026, 3, 2, 11, 30, 0, 0, time.UTC)}
	if _, err := d.srv.log.Export(ctx, late, record.Export{Query: q}); err != nil {
		t.Fatal(err)
	}
	for dir, want := range map[string]string{filepath.Join(d.dir, "export"): "HOLDS: 4 records of 4", late: "HOLDS: 2 records of 4"} {
		if out, err := verify(dir); err != nil || !strings.HasPrefix(out, want) {
			t.Errorf("%v: %s", err, out)
		}
	}
	for _, name := range []string{"records.jsonl", "disclosures.jsonl", "checkpoint", "range"} {
		path := filepath.Join(late, name)
		whole, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		altered := bytes.Clone(whole)
		altered[len(altered)/2] ^= 1
		if err := os.WriteFile(path, altered, 0o600); err != nil {
			t.Fatal(err)
		}
		if out, err := verify(late); err == nil {
			t.Errorf("%s was altered: %s", name, out)
		}
		if err := os.WriteFile(path, whole, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
