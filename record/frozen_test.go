package record_test

import (
	"bytes"
	"flag"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/countersign-dev/countersign/record"
	"github.com/countersign-dev/countersign/review"
)

var update = flag.Bool("update", false, "write testdata/records anew")

// sampleKey signs the samples and nothing else.
const sampleKey = "PRIVATE+KEY+samples.example/v0+c4844cdc+AWNvdW50ZXJzaWduIHNhbXBsZSByZWNvcmRzIHYwIGtl\n"

const samples = "testdata/records/v0"

// sample makes the log that the samples were exported from: landings of each
// kind, an erasure, an addendum, and the same salts each time.
func sample(t *testing.T) *record.Log {
	t.Helper()
	dir := t.TempDir()
	cfg := settings(dir)
	cfg.Origin, cfg.Random = "samples.example/v0", &drip{}
	write(t, dir, "log.key", []byte(sampleKey))
	l, err := record.Open(t.Context(), openDB(t, filepath.Join(dir, "c.db")), cfg)
	if err != nil {
		t.Fatal(err)
	}
	for n := range 5 {
		in := landing(n)
		if n == 3 { // more statements than a leaf lists
			for i := range 70 {
				s := in.Statements[1]
				s.SourceID = int64(900 + i)
				in.Statements = append(in.Statements, s)
			}
		}
		if _, err := l.Record(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	}
	e, err := l.Get(t.Context(), "1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Erase(t.Context(), record.Order{Index: 1, Commitments: []record.Commitment{e.Landing.Pull.Title}, By: "data protection officer", Reason: "request 7"}); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Amend(t.Context(), review.Addendum{RepoID: 7001, Pull: 43, Kind: review.AddendumEdited, At: noon.Add(9 * time.Hour), By: dana,
		Via: "comment", SourceID: 31, Delivery: review.DeliveryRef{GUID: "late-1", Event: "issue_comment", Digest: dig(5)}}); err != nil {
		t.Fatal(err)
	}
	return l
}

// TestFrozenSamples holds the format still: today's code writes the samples
// byte for byte, and verifies them, and so does docs/verify.py. Samples are
// added to and not edited once v0 is frozen; until then -update rewrites them.
func TestFrozenSamples(t *testing.T) {
	l := sample(t)
	pin, err := l.Get(t.Context(), "1")
	if err != nil {
		t.Fatal(err)
	}
	dir := export(t, l, record.Export{Query: record.Query{From: noon.Add(3 * time.Hour)}, Pin: pin.Checkpoint})
	proof, err := l.Proof(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	now := map[string][]byte{"key": []byte(l.VerifierKey() + "\n"), "pin": []byte(pin.Checkpoint),
		"CHG-2026-000002.json": pin.Leaf, "CHG-2026-000002.tlog-proof": []byte(proof)}
	for name, data := range contents(t, dir) {
		now["export/"+name] = data
	}
	if *update {
		if err := os.RemoveAll(samples); err != nil {
			t.Fatal(err)
		}
		for name, data := range now {
			if err := os.MkdirAll(filepath.Dir(filepath.Join(samples, name)), 0o755); err != nil {
				t.Fatal(err)
			}
			write(t, samples, name, data)
		}
	}
	frozen := contents(t, samples)
	if a, b := slices.Sorted(maps.Keys(now)), slices.Sorted(maps.Keys(frozen)); !slices.Equal(a, b) {
		t.Fatalf("files %v; want %v", a, b)
	}
	for name, data := range frozen {
		if !bytes.Equal(now[name], data) {
			t.Errorf("%s is not written as it was", name)
		}
	}
	key := strings.TrimSpace(string(frozen["key"]))
	out := filepath.Join(samples, "export")
	verifies(t, out, record.Verification{Key: key, Pin: string(frozen["pin"])}, record.Holds, "goes on from the pinned checkpoint of 2")
	if i, _, err := record.VerifyProof(frozen["CHG-2026-000002.json"], frozen["CHG-2026-000002.tlog-proof"], key); err != nil || i != 1 {
		t.Errorf("proof: %d, %v", i, err)
	}
}

// TestPythonVerifier runs the independent verifier over the samples, whole and
// altered.
func TestPythonVerifier(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not installed: docs/verify.py is not tried")
	}
	frozen := contents(t, samples)
	run := func(args ...string) (string, error) {
		out, err := exec.CommandContext(t.Context(), python, append([]string{"../docs/verify.py"}, args...)...).CombinedOutput()
		return string(out), err
	}
	key, pin, out := filepath.Join(samples, "key"), filepath.Join(samples, "pin"), filepath.Join(samples, "export")
	for _, args := range [][]string{{key, out}, {key, out, pin}} {
		if text, err := run(args...); err != nil || !strings.HasPrefix(text, "HOLDS: 4 records of 7") {
			t.Errorf("%v: %v: %s", args, err, text)
		}
	}
	attachment := false
	for name, data := range frozen {
		inside, ok := strings.CutPrefix(name, "export/")
		if !ok || inside == "manifest.json" || inside == "receipts.jsonl" || inside == "changes.csv" {
			continue // these say nothing that is sealed
		}
		if strings.HasPrefix(inside, "attachments/") {
			if attachment {
				continue // one is enough
			}
			attachment = true
		}
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(out)); err != nil {
			t.Fatal(err)
		}
		write(t, dir, inside, flipped(data, len(data)/2))
		if text, err := run(key, dir, pin); err == nil {
			t.Errorf("%s was altered: %s", inside, text)
		}
	}
}
