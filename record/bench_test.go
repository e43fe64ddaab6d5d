package record_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/countersign-dev/countersign/record"
	"github.com/countersign-dev/countersign/review"
	"golang.org/x/mod/sumdb/tlog"
)

// BenchmarkAppend seals and appends one landing at a time, each durable with
// its checkpoint. Its control takes turns with it, so that both meet the same
// disk: the landing's JSON appended to a file, synced each time. fsync-ratio is
// the rate of appends for each of the control's.
func BenchmarkAppend(b *testing.B) {
	l, _, dir := openLog(b, 0)
	f, err := os.Create(filepath.Join(dir, "control"))
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	var landings []review.Landing
	for i := range 1000 {
		landings = append(landings, landing(i))
	}
	data, err := json.Marshal(landings[0])
	if err != nil {
		b.Fatal(err)
	}
	var took, control time.Duration
	n := 0
	for b.Loop() {
		next := landings[n%len(landings)]
		next.Occurrence = n / len(landings)
		start := time.Now()
		if _, err := l.Record(b.Context(), next); err != nil {
			b.Fatal(err)
		}
		took += time.Since(start)
		start = time.Now()
		if _, err := f.Write(data); err != nil {
			b.Fatal(err)
		}
		if err := f.Sync(); err != nil {
			b.Fatal(err)
		}
		control += time.Since(start)
		n++
	}
	b.ReportMetric(float64(took.Microseconds())/float64(n)/1000, "ms/append")
	b.ReportMetric(float64(control.Microseconds())/float64(n)/1000, "ms/fsync")
	b.ReportMetric(float64(control)/float64(took), "fsync-ratio")
	b.ReportMetric(0, "ns/op")
}

// leaves100k writes 100,000 leaves of 4 KB and what is needed to check them.
func leaves100k(b *testing.B) (path string, c record.Checkpoint) {
	path = filepath.Join(b.TempDir(), "records.jsonl")
	var all bytes.Buffer
	var hashes []tlog.Hash
	read := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, x := range indexes {
			out[i] = hashes[x]
		}
		return out, nil
	})
	pad := bytes.Repeat([]byte("x"), 4096)
	const n = 100_000
	for i := range int64(n) {
		leaf := append(fmt.Appendf(nil, "%d", i), pad...)[:4096]
		all.Write(leaf)
		all.WriteByte('\n')
		more, err := tlog.StoredHashes(i, leaf, read)
		if err != nil {
			b.Fatal(err)
		}
		hashes = append(hashes, more...)
	}
	root, err := tlog.TreeHash(n, read)
	if err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(path, all.Bytes(), 0o600); err != nil {
		b.Fatal(err)
	}
	return path, record.Checkpoint{Size: n, Root: root}
}

// BenchmarkVerify100k hashes 100,000 records of 4 KB and compares the root,
// beside openssl over the same bytes.
func BenchmarkVerify100k(b *testing.B) {
	path, c := leaves100k(b)
	b.Run("countersign", func(b *testing.B) {
		for b.Loop() {
			f, err := os.Open(path)
			if err != nil {
				b.Fatal(err)
			}
			if err := record.CheckLeaves(f, 0, nil, c, record.Checkpoint{}); err != nil {
				b.Fatal(err)
			}
			f.Close()
		}
	})
	b.Run("openssl", func(b *testing.B) {
		if _, err := exec.LookPath("openssl"); err != nil {
			b.Skip(err)
		}
		for b.Loop() {
			if out, err := exec.CommandContext(b.Context(), "openssl", "dgst", "-sha256", path).CombinedOutput(); err != nil {
				b.Fatalf("%v: %s", err, out)
			}
		}
	})
}

// BenchmarkLog10k asks a log of 10,000 records.
func BenchmarkLog10k(b *testing.B) {
	const n = 10_000
	l, db, dir := openLog(b, n)
	i := int64(0)
	b.Run("proof", func(b *testing.B) {
		for b.Loop() {
			if _, err := l.Proof(b.Context(), i*7919%n); err != nil {
				b.Fatal(err)
			}
			i++
		}
	})
	list := func(q record.Query) func(*testing.B) {
		return func(b *testing.B) {
			for b.Loop() {
				q.From = noon.Add(time.Duration(i*7919%n) * time.Hour)
				q.To = q.From.Add(n / 20 * time.Hour)
				if _, err := l.List(b.Context(), q); err != nil {
					b.Fatal(err)
				}
				i++
			}
		}
	}
	b.Run("list/agent", list(record.Query{Agent: "refund-bot"}))
	b.Run("list/agent,resource,person", list(record.Query{Agent: "refund-bot", Resource: "claude-opus-4-2", Person: "bob-k"}))
	b.Run("list/period", list(record.Query{}))
	b.Run("open", func(b *testing.B) {
		for b.Loop() {
			if _, err := record.Open(b.Context(), db, settings(dir)); err != nil {
				b.Fatal(err)
			}
		}
	})
}
