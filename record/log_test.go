package record_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/countersign-dev/countersign/internal/store"
	"github.com/countersign-dev/countersign/record"
	"github.com/countersign-dev/countersign/review"
)

func TestSecondRecordingReturnsTheFirstReceipt(t *testing.T) {
	l, _, _ := openLog(t, 3)
	first, err := l.Record(t.Context(), landing(3))
	if err != nil || first.Duplicate || first.ID != "CHG-2026-000004" || first.Index != 3 {
		t.Fatalf("receipt = %+v, %v", first, err)
	}
	other := landing(3) // the same landing, seen otherwise
	other.Outcome, other.Statements = review.Unsigned, nil
	again, err := l.Record(t.Context(), other)
	if err != nil {
		t.Fatal(err)
	}
	first.Duplicate = true
	if again != first {
		t.Errorf("second receipt = %+v; want %+v", again, first)
	}
	for name, change := range map[string]func(*review.Landing){
		"another occurrence": func(l *review.Landing) { l.Occurrence = 1 },
		"another ref":        func(l *review.Landing) { l.Ref = "refs/heads/release" },
		"no pull request":    func(l *review.Landing) { l.Pull = nil },
		"another repository": func(l *review.Landing) { l.Repo.ID++ },
	} {
		other := landing(3)
		change(&other)
		if r, err := l.Record(t.Context(), other); err != nil || r.Duplicate {
			t.Errorf("%s: receipt = %+v, %v; want a record of its own", name, r, err)
		}
	}
}

// TestReloadAfterEveryLeaf opens the log anew after each leaf, over the first
// full tile.
func TestReloadAfterEveryLeaf(t *testing.T) {
	dir := t.TempDir()
	db := openDB(t, filepath.Join(dir, "c.db"))
	cfg := settings(dir)
	for n := range 259 {
		l, err := record.Open(t.Context(), db, cfg)
		if err != nil {
			t.Fatalf("open with %d leaves: %v", n, err)
		}
		r, err := l.Record(t.Context(), landing(n))
		if err != nil || r.Index != int64(n) {
			t.Fatalf("record %d: %+v, %v", n, r, err)
		}
		c, err := record.OpenCheckpoint(r.Checkpoint, l.VerifierKey())
		if err != nil || c.Size != int64(n+1) {
			t.Fatalf("checkpoint %d: %+v, %v", n, c, err)
		}
	}
	l, err := record.Open(t.Context(), db, cfg)
	if err != nil {
		t.Fatal(err)
	}
	clean(t, l)
}

func clean(t *testing.T, l *record.Log) {
	t.Helper()
	faults, err := l.Check(context.Background())
	if err != nil || len(faults) > 0 {
		t.Errorf("check: %v, %v", faults, err)
	}
}

// TestExactlyOnce delivers each landing one to five times, to two processes
// with four workers each.
func TestExactlyOnce(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "c.db")
	var logs []*record.Log
	for range 2 {
		l, err := record.Open(t.Context(), openDB(t, path), settings(dir))
		if err != nil {
			t.Fatal(err)
		}
		logs = append(logs, l)
	}
	const landings = 120
	var deliveries []int
	for n := range landings {
		for range 1 + n%5 {
			deliveries = append(deliveries, n)
		}
	}
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(deliveries), func(i, j int) { deliveries[i], deliveries[j] = deliveries[j], deliveries[i] })
	var mu sync.Mutex
	fresh, ids := map[int]int{}, map[int]string{}
	var wg sync.WaitGroup
	for w := range 8 {
		wg.Go(func() {
			for i := w; i < len(deliveries); i += 8 {
				n := deliveries[i]
				r, err := logs[w%2].Record(t.Context(), landing(n))
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				if !r.Duplicate {
					fresh[n]++
				}
				if ids[n] != "" && ids[n] != r.ID {
					t.Errorf("landing %d has two records, %s and %s", n, ids[n], r.ID)
				}
				ids[n] = r.ID
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	for n := range landings {
		if fresh[n] != 1 {
			t.Errorf("landing %d was recorded %d times", n, fresh[n])
		}
	}
	clean(t, logs[0])
}

// flaky fails appends before their effect, or after it with the reply lost.
type flaky struct {
	*store.DB
	fail func() (before, after bool)
}

func (f flaky) Append(ctx context.Context, a record.Append) (record.Stored, bool, error) {
	before, after := f.fail()
	if before {
		return record.Stored{}, false, errors.New("disk on fire")
	}
	s, added, err := f.DB.Append(ctx, a)
	if after && err == nil {
		return record.Stored{}, false, store.ErrOutcomeUnknown
	}
	return s, added, err
}

func TestFailedAppendsForkNothing(t *testing.T) {
	dir := t.TempDir()
	random := rand.New(rand.NewPCG(3, 4))
	db := flaky{openDB(t, filepath.Join(dir, "c.db")), func() (bool, bool) { return random.IntN(3) == 0, random.IntN(3) == 0 }}
	l, err := record.Open(t.Context(), db, settings(dir))
	if err != nil {
		t.Fatal(err)
	}
	lost := 0
	for n := range 60 {
		var r review.Receipt
		for {
			if r, err = l.Record(t.Context(), landing(n)); err == nil {
				break
			}
			lost++
		}
		if r.Index != int64(n) {
			t.Fatalf("landing %d has index %d", n, r.Index)
		}
	}
	if lost < 20 {
		t.Fatalf("only %d appends failed", lost)
	}
	clean(t, l)
}

func TestOpenRefuses(t *testing.T) {
	key := func(dir string) string { return filepath.Join(dir, "log.key") }
	for _, tt := range []struct {
		name   string
		spoil  func(t *testing.T, dir string, cfg *record.Settings)
		reason string
	}{
		{"a missing key", func(t *testing.T, dir string, _ *record.Settings) { os.Remove(key(dir)) }, "is missing and the log is not empty"},
		{"a key that others can read", func(t *testing.T, dir string, _ *record.Settings) { os.Chmod(key(dir), 0o644) }, "can be read by others"},
		{"another origin", func(t *testing.T, dir string, cfg *record.Settings) { cfg.Origin = "other.example/x" }, "is that of countersign.example/acme"},
		{"another key", func(t *testing.T, dir string, cfg *record.Settings) {
			other := t.TempDir()
			if _, err := record.Open(t.Context(), openDB(t, filepath.Join(other, "o.db")), settings(other)); err != nil {
				t.Fatal(err)
			}
			cfg.KeyFile = key(other)
		}, "newest checkpoint: signature"},
		{"a checkpoint that was seen and is ahead", func(t *testing.T, dir string, cfg *record.Settings) {
			seen := seenAt(t, dir, 9)
			cfg.Seen = func(context.Context) ([]string, error) { return []string{seen}, nil }
		}, "the log has 5 leaves, and its checkpoint of 9 leaves was seen outside"},
		{"a checkpoint of another history", func(t *testing.T, dir string, cfg *record.Settings) {
			seen := seenAt(t, dir, 4)
			cfg.Seen = func(context.Context) ([]string, error) { return []string{seen}, nil }
		}, "it is another history"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, db, dir := openLog(t, 5)
			cfg := settings(dir)
			tt.spoil(t, dir, &cfg)
			_, err := record.Open(t.Context(), db, cfg)
			mustContain(t, err, tt.reason)
		})
	}
}

// seenAt returns a checkpoint of n leaves, signed by the key in dir, of a
// history that differs in its salts.
func seenAt(t *testing.T, dir string, n int) string {
	t.Helper()
	l, err := record.Open(t.Context(), openDB(t, filepath.Join(t.TempDir(), "fork.db")), settings(dir))
	if err != nil {
		t.Fatal(err)
	}
	var r review.Receipt
	for i := range n {
		if r, err = l.Record(t.Context(), landing(i)); err != nil {
			t.Fatal(err)
		}
	}
	return r.Checkpoint
}

func TestOpenAcceptsWhatWasSeen(t *testing.T) {
	l, db, dir := openLog(t, 5)
	seen, err := l.Checkpoint(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.Record(t.Context(), landing(5)); err != nil {
		t.Fatal(err)
	}
	cfg := settings(dir)
	cfg.Seen = func(context.Context) ([]string, error) { return []string{seen}, nil }
	if _, err := record.Open(t.Context(), db, cfg); err != nil {
		t.Error(err)
	}
}

// TestPutBackWhileOpen restores an old copy of the database under a running log.
func TestPutBackWhileOpen(t *testing.T) {
	l, db, dir := openLog(t, 3)
	swap := &swapped{DB: db}
	l2, err := record.Open(t.Context(), swap, settings(dir))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l2.Record(t.Context(), landing(3)); err != nil {
		t.Fatal(err)
	}
	old := t.TempDir()
	swap.DB = openDB(t, filepath.Join(old, "old.db")) // empty, as restored
	_, err = l2.Record(t.Context(), landing(4))
	mustContain(t, err, "the database was put back")
	_ = l
}

type swapped struct{ *store.DB }

func TestClockNeverRunsBackwards(t *testing.T) {
	dir := t.TempDir()
	cfg := settings(dir)
	times := []time.Duration{0, -time.Hour, 10 * 365 * 24 * time.Hour, 0, time.Microsecond}
	n := 0
	cfg.Now = func() time.Time { n++; return noon.Add(times[n-1]) }
	l, err := record.Open(t.Context(), openDB(t, filepath.Join(dir, "c.db")), cfg)
	if err != nil {
		t.Fatal(err)
	}
	var last time.Time
	for i := range times {
		r, err := l.Record(t.Context(), landing(i))
		if err != nil {
			t.Fatal(err)
		}
		if r.RecordedAt.Before(last) {
			t.Errorf("record %d at %v, after one at %v", i, r.RecordedAt, last)
		}
		last = r.RecordedAt
	}
}

func TestReaderRecordsNothing(t *testing.T) {
	_, db, _ := openLog(t, 2)
	l, err := record.OpenReader(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	_, err = l.Record(t.Context(), landing(5))
	mustContain(t, err, "opened for reading")
	if e, err := l.Get(t.Context(), "CHG-2026-000002"); err != nil || e.Index != 1 {
		t.Errorf("Get = %v, %v", e, err)
	}
}

func TestErasure(t *testing.T) {
	l, _, dir := openLog(t, 1)
	secret := "quagga"
	for n := 1; n < 4; n++ {
		next := landing(n)
		if n == 1 {
			next.Pull.Title = strings.Repeat(secret, 30) // of which no border between pages hides all
		}
		if _, err := l.Record(t.Context(), next); err != nil {
			t.Fatal(err)
		}
	}
	pin, err := l.Checkpoint(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	e, err := l.Get(t.Context(), "1")
	if err != nil {
		t.Fatal(err)
	}
	if !inFiles(t, dir, secret) {
		t.Fatal("the title is nowhere before it is erased: this test finds nothing")
	}
	order := record.Order{Index: 1, Commitments: []record.Commitment{e.Landing.Pull.Title, e.Landing.What.Set}, By: "data protection officer", Reason: "request 7"}
	r, err := l.Erase(t.Context(), order)
	if err != nil || r.ID != "ERA-2026-000005" {
		t.Fatalf("Erase = %+v, %v", r, err)
	}
	if again, err := l.Erase(t.Context(), order); err != nil || !again.Duplicate || again.ID != r.ID {
		t.Errorf("the same order again = %+v, %v", again, err)
	}
	if inFiles(t, dir, secret) {
		t.Error("the title is still in the database's files")
	}
	if e, err = l.Get(t.Context(), "1"); err != nil || e.Text(e.Landing.Pull.Title) != "[not disclosed]" {
		t.Fatalf("Get after erasure = %v, %v", e, err)
	}
	if found, err := l.List(t.Context(), record.Query{Agent: "triage-bot"}); err != nil || len(found) != 0 {
		t.Errorf("the index still finds it: %v, %v", found, err)
	}
	proof, err := l.Proof(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := record.VerifyProof(e.Leaf, []byte(proof), l.VerifierKey()); err != nil {
		t.Error(err)
	}
	clean(t, l)
	out := export(t, l, record.Export{})
	report := record.Verification{Key: l.VerifierKey(), Pin: pin}.Verify(out)
	if report.Result != record.Holds || !strings.Contains(printed(report), "2 names or texts were erased on an order") {
		t.Error(printed(report))
	}
	if inFiles(t, out, secret) {
		t.Error("the title is in the export")
	}
	_, err = l.Erase(t.Context(), record.Order{Index: 1, Commitments: []record.Commitment{record.Commitment(strings.Repeat("0", 64))}, By: "x", Reason: "y"})
	mustContain(t, err, "has no commitment")
}

func inFiles(t *testing.T, dir, text string) bool {
	t.Helper()
	found := false
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		found = found || strings.Contains(string(data), text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
