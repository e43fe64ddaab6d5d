package record_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/countersign-dev/countersign/record"
)

// TestProofsExhaustively compares all proofs of small trees, and some around
// the edges of tiles, with a second implementation.
func TestProofsExhaustively(t *testing.T) {
	const most = 270
	_, db, _ := openLog(t, most)
	r := record.HashReader(t.Context(), db)
	stored, err := db.Leaves(t.Context(), 0, most)
	if err != nil {
		t.Fatal(err)
	}
	check := func(n int64) {
		root, err := record.RootAt(t.Context(), db, n)
		if err != nil {
			t.Fatal(err)
		}
		for i := range n {
			if n > 70 && i%37 != 0 && i < n-3 {
				continue
			}
			path, err := tlog.ProveRecord(n, i, r)
			if err != nil {
				t.Fatal(err)
			}
			leaf := rfc6962.DefaultHasher.HashLeaf(stored[i].Leaf)
			if err := proof.VerifyInclusion(rfc6962.DefaultHasher, uint64(i), uint64(n), leaf, bytesOf(path), root[:]); err != nil {
				t.Fatalf("leaf %d of %d: %v", i, n, err)
			}
			old, err := record.RootAt(t.Context(), db, i+1)
			if err != nil {
				t.Fatal(err)
			}
			path2, err := tlog.ProveTree(n, i+1, r)
			if err != nil {
				t.Fatal(err)
			}
			if err := proof.VerifyConsistency(rfc6962.DefaultHasher, uint64(i+1), uint64(n), bytesOf(path2), old[:], root[:]); err != nil {
				t.Fatalf("%d in %d: %v", i+1, n, err)
			}
		}
	}
	for n := int64(1); n <= 70; n++ {
		check(n)
	}
	for _, n := range []int64{255, 256, 257, most} {
		check(n)
	}
}

func bytesOf(hashes []tlog.Hash) [][]byte {
	var out [][]byte
	for _, h := range hashes {
		out = append(out, h[:])
	}
	return out
}

// TestWindowsExhaustively checks all windows [lo, n) of small logs, with every
// pin, and that no other range file fits.
func TestWindowsExhaustively(t *testing.T) {
	const most = 14
	_, db, _ := openLog(t, most)
	stored, err := db.Leaves(t.Context(), 0, most)
	if err != nil {
		t.Fatal(err)
	}
	roots := make([]record.Checkpoint, most+1)
	for n := range roots {
		roots[n].Size = int64(n)
		if roots[n].Root, err = record.RootAt(t.Context(), db, int64(n)); err != nil {
			t.Fatal(err)
		}
	}
	left := func(n int) (out []tlog.Hash) { // by the definition, not by the code under test
		at := 0
		for bit := 16; bit > 0; bit /= 2 {
			if n&bit == 0 {
				continue
			}
			h, err := tlog.TreeHash(int64(bit), offset{record.HashReader(t.Context(), db), int64(at)})
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, h)
			at += bit
		}
		return out
	}
	for n := 1; n <= most; n++ {
		for lo := 0; lo <= n; lo++ {
			var leaves bytes.Buffer
			for _, s := range stored[lo:n] {
				leaves.Write(append(s.Leaf, '\n'))
			}
			for pin := 0; pin <= n; pin++ {
				if err := record.CheckLeaves(bytes.NewReader(leaves.Bytes()), int64(lo), left(lo), roots[n], roots[pin]); err != nil {
					t.Fatalf("[%d, %d) with pin %d: %v", lo, n, pin, err)
				}
				wrong := roots[pin]
				wrong.Root[3] ^= 1
				if err := record.CheckLeaves(bytes.NewReader(leaves.Bytes()), int64(lo), left(lo), roots[n], wrong); err == nil && pin > 0 && pin >= lo {
					t.Fatalf("[%d, %d) accepts a wrong pin of %d", lo, n, pin)
				}
			}
			for i, h := range left(lo) {
				forged := left(lo)
				h[0] ^= 1
				forged[i] = h
				if record.CheckLeaves(bytes.NewReader(leaves.Bytes()), int64(lo), forged, roots[n], record.Checkpoint{}) == nil {
					t.Fatalf("[%d, %d) accepts a forged hash", lo, n)
				}
			}
			if lo < n && record.CheckLeaves(bytes.NewReader(leaves.Bytes()), int64(lo+1), left(lo+1), roots[n], record.Checkpoint{}) == nil {
				t.Fatalf("[%d, %d) passes as [%d, %d)", lo, n, lo+1, n)
			}
		}
	}
}

// offset reads the hashes of a subtree as if it began at 0.
type offset struct {
	tlog.HashReader
	at int64
}

func (o offset) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	moved := make([]int64, len(indexes))
	for i, x := range indexes {
		level, n := tlog.SplitStoredHashIndex(x)
		moved[i] = tlog.StoredHashIndex(level, n+o.at>>level)
	}
	return o.HashReader.ReadHashes(moved)
}

// TestProofMutations changes a proof in every place and in many ways. None may
// be accepted, but for signatures by keys that nobody asked about.
func TestProofMutations(t *testing.T) {
	l, _, _ := openLog(t, 11)
	e, err := l.Get(t.Context(), "6")
	if err != nil {
		t.Fatal(err)
	}
	good, err := l.Proof(t.Context(), 6)
	if err != nil {
		t.Fatal(err)
	}
	key := l.VerifierKey()
	accepted := func(leaf []byte, proof string) bool {
		i, _, err := record.VerifyProof(leaf, []byte(proof), key)
		return err == nil && i == 6
	}
	if !accepted(e.Leaf, good) {
		t.Fatal("the proof itself is refused")
	}
	tried := 0
	refuse := func(leaf []byte, proof string, what string, at int) {
		tried++
		if proof != good && accepted(leaf, proof) {
			t.Errorf("%s at %d is accepted:\n%s", what, at, proof)
		}
	}
	for i := range len(good) {
		for bit := range 8 {
			b := []byte(good)
			b[i] ^= 1 << bit
			refuse(e.Leaf, string(b), "a flipped bit", i)
		}
		refuse(e.Leaf, good[:i]+good[i+1:], "a byte less", i)
		for _, c := range []string{"\n", " ", "A", "=", "0"} {
			refuse(e.Leaf, good[:i]+c+good[i:], fmt.Sprintf("%q more", c), i)
		}
		refuse(e.Leaf, good[:i], "the beginning", i)
	}
	lines := strings.SplitAfter(good, "\n")
	for i := range lines {
		for j := range lines {
			swapped := append([]string{}, lines...)
			swapped[i], swapped[j] = swapped[j], swapped[i]
			refuse(e.Leaf, strings.Join(swapped, ""), "two lines swapped", i)
			doubled := append(append(append([]string{}, lines[:j]...), lines[i]), lines[j:]...)
			if lines[i] != "" && !strings.HasPrefix(lines[i], "— ") { // a note may carry a signature twice
				refuse(e.Leaf, strings.Join(doubled, ""), "a line doubled", i)
			}
		}
	}
	for i := range e.Leaf {
		b := bytes.Clone(e.Leaf)
		b[i] ^= 1
		tried++
		if accepted(b, good) {
			t.Errorf("another leaf is accepted: byte %d", i)
		}
	}
	t.Logf("%d mutations", tried)
}
