package record

// What an outsider needs to check a log: the tree, its signature and its
// proofs. docs/record.md says the same in words, docs/verify.py in Python.

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// A Checkpoint is the signed state of a log.
type Checkpoint struct {
	Origin string
	Size   int64
	Root   tlog.Hash
}

// String is the body of the signed note.
func (c Checkpoint) String() string {
	return fmt.Sprintf("%s\n%d\n%s\n", c.Origin, c.Size, base64.StdEncoding.EncodeToString(c.Root[:]))
}

// OpenCheckpoint checks the signature of a checkpoint by the public key vkey
// and reads it. Signatures by other keys are passed over.
func OpenCheckpoint(signed string, vkey string) (Checkpoint, error) {
	key, err := note.NewVerifier(strings.TrimSpace(vkey))
	if err != nil {
		return Checkpoint{}, fmt.Errorf("public key: %w", err)
	}
	n, err := note.Open([]byte(signed), note.VerifierList(key))
	if err != nil {
		return Checkpoint{}, fmt.Errorf("signature of %s: %w", key.Name(), err)
	}
	for _, s := range n.Sigs { // package note takes several spellings of one signature
		if _, err := base64.StdEncoding.Strict().DecodeString(s.Base64); err != nil {
			return Checkpoint{}, fmt.Errorf("signature of %s: %w", key.Name(), err)
		}
	}
	c, err := parseCheckpoint(n.Text)
	if err == nil && c.Origin != key.Name() {
		err = fmt.Errorf("origin is %q; the key is that of %q", c.Origin, key.Name())
	}
	return c, err
}

// parseCheckpoint reads the body of a checkpoint, which has three lines.
func parseCheckpoint(text string) (c Checkpoint, err error) {
	lines := strings.SplitAfter(text, "\n")
	if len(lines) != 4 || lines[3] != "" {
		return c, errors.New("a checkpoint has three lines: origin, size and root")
	}
	c.Origin = strings.TrimSuffix(lines[0], "\n")
	if c.Size, err = parseSize(strings.TrimSuffix(lines[1], "\n")); err != nil {
		return c, err
	}
	c.Root, err = parseHash(strings.TrimSuffix(lines[2], "\n"))
	return c, err
}

// parseSize reads a number without sign, blanks or leading zeros.
func parseSize(s string) (int64, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n < 0 || strconv.FormatInt(n, 10) != s {
		return 0, fmt.Errorf("%.30q is no number of leaves", s)
	}
	return n, nil
}

// parseHash reads the one base64 spelling of a hash.
func parseHash(s string) (h tlog.Hash, err error) {
	b, err := base64.StdEncoding.Strict().DecodeString(s)
	if err != nil || len(b) != tlog.HashSize || base64.StdEncoding.EncodeToString(b) != s {
		return h, fmt.Errorf("%.60q is no hash", s)
	}
	return tlog.Hash(b), nil
}

const proofHeader = "c2sp.org/tlog-proof@v1\n"

// VerifyProof checks that leaf is in the log, by a proof in C2SP tlog-proof
// format and the public key vkey. It returns the leaf's index and the
// checkpoint that it was proved against.
func VerifyProof(leaf, proof []byte, vkey string) (index int64, c Checkpoint, err error) {
	head, signed, ok := strings.Cut(string(proof), "\n\n")
	body, header := strings.CutPrefix(head+"\n", proofHeader)
	if !ok || !header {
		return 0, c, errors.New("not a proof in the format c2sp.org/tlog-proof@v1")
	}
	lines := strings.Split(strings.TrimSuffix(body, "\n"), "\n")
	if index, err = parseSize(strings.TrimPrefix(lines[0], "index ")); err != nil || !strings.HasPrefix(lines[0], "index ") {
		return 0, c, errors.New("the second line is not index and a number")
	}
	path, err := parseHashes(lines[1:])
	if err != nil {
		return 0, c, err
	}
	if c, err = OpenCheckpoint(signed, vkey); err != nil {
		return 0, c, err
	}
	if index >= c.Size {
		return 0, c, fmt.Errorf("index %d lies beyond the checkpoint's %d leaves", index, c.Size)
	}
	if err := tlog.CheckRecord(path, c.Size, c.Root, index, tlog.RecordHash(leaf)); err != nil {
		return 0, c, fmt.Errorf("leaf %d is not in the tree: %w", index, err)
	}
	return index, c, nil
}

func parseHashes(lines []string) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, 0, min(len(lines), 64))
	for _, line := range lines {
		h, err := parseHash(line)
		if err != nil {
			return nil, err
		}
		out = append(out, h)
	}
	return out, nil
}

// CheckLeaves reads leaves from r, one a line, that follow on the first
// `from` leaves of a log, whose right edge is given, and checks that they lead
// to the checkpoint. pin, when it has leaves and no fewer than from, must lie
// on the way.
func CheckLeaves(r io.Reader, from int64, left []tlog.Hash, c Checkpoint, pin Checkpoint) error {
	e, err := newEdge(from, left)
	if err != nil {
		return err
	}
	in := bufio.NewReaderSize(r, 1<<17)
	for {
		if pin.Size > 0 && e.size == pin.Size && e.root() != pin.Root {
			return fmt.Errorf("the first %d leaves are not those of the pinned checkpoint: history was rewritten", pin.Size)
		}
		line, err := in.ReadSlice('\n')
		if errors.Is(err, io.EOF) && len(line) == 0 {
			break
		} else if err != nil {
			return fmt.Errorf("leaf %d: no end of line within %d bytes", e.size, len(line))
		}
		if len(line) > maxLeaf+1 {
			return fmt.Errorf("leaf %d has more than %d bytes", e.size, maxLeaf)
		}
		e = e.push(tlog.RecordHash(bytes.TrimSuffix(line, []byte("\n"))))
	}
	if e.size != c.Size {
		return fmt.Errorf("the leaves end before %d; the checkpoint has %d", e.size, c.Size)
	}
	if e.root() != c.Root {
		return fmt.Errorf("the leaves %d to %d do not lead to the checkpoint's root: one was changed, added, removed or moved", from, c.Size-1)
	}
	return nil
}

// newEdge takes a right edge from outside.
func newEdge(size int64, subs []tlog.Hash) (edge, error) {
	ones := 0
	for n := size; n > 0; n >>= 1 {
		ones += int(n & 1)
	}
	if size < 0 || ones != len(subs) {
		return edge{}, fmt.Errorf("%d hashes for the first %d leaves; want %d", len(subs), size, ones)
	}
	return edge{size, append([]tlog.Hash(nil), subs...)}, nil
}

// CheckConsistency checks by a proof that the tree of c begins with that of old.
func CheckConsistency(proof tlog.TreeProof, c, old Checkpoint) error {
	switch {
	case old.Size > c.Size:
		return fmt.Errorf("the log has %d leaves; the earlier checkpoint has %d", c.Size, old.Size)
	case old.Size == 0:
		return nil
	}
	if err := tlog.CheckTree(proof, c.Size, c.Root, old.Size, old.Root); err != nil {
		return fmt.Errorf("the first %d leaves are not those of the pinned checkpoint: history was rewritten: %w", old.Size, err)
	}
	return nil
}
