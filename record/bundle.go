package record

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Verification says by what an export is verified. Key is required, and never
// taken from the export.
type Verification struct {
	Key string // the log's public key: origin+hash+base64
	Pin string // an earlier signed checkpoint that the reader kept, "" for none
}

// Verify checks an export with nothing but the public key, and stops at the
// first thing that fails.
func (v Verification) Verify(dir string) Report {
	b := &bundle{dir: dir, v: v}
	for _, step := range []func() error{b.openKey, b.readManifest, b.checkFiles, b.openCheckpoint, b.checkTree, b.checkRecords} {
		if err := step(); err != nil {
			var u unchecked
			b.report.Result, b.report.Reason = Broken, err.Error()
			if errors.As(err, &u) {
				b.report.Result = Unchecked
			}
			return b.report
		}
		b.report.File = ""
	}
	return b.report
}

// unchecked is an error that says nothing about the export's truth.
type unchecked struct{ error }

func (u unchecked) Unwrap() error { return u.error }

// A bundle is an export that is being verified.
type bundle struct {
	dir    string
	v      Verification
	key    note.Verifier
	c, pin Checkpoint
	report Report
}

func (b *bundle) holds(format string, args ...any) {
	b.report.Checks = append(b.report.Checks, fmt.Sprintf(format, args...))
}

// read returns a small file and names it as the one at fault from here on.
func (b *bundle) read(name string) (string, error) {
	b.report.File = name
	f, err := os.Open(filepath.Join(b.dir, name))
	if err != nil {
		return "", unchecked{err}
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, 1<<22))
	if err != nil {
		return "", unchecked{err}
	}
	return string(data), nil
}

func (b *bundle) openKey() (err error) {
	if b.v.Key == "" {
		return unchecked{errors.New("no public key was given: get it from whoever you trust for it, not from the export")}
	}
	if b.key, err = note.NewVerifier(strings.TrimSpace(b.v.Key)); err != nil {
		return unchecked{fmt.Errorf("public key: %w: give the one line of log.pub whole, from its name to its end", err)}
	}
	if b.v.Pin != "" {
		if b.pin, err = OpenCheckpoint(b.v.Pin, b.v.Key); err != nil {
			return unchecked{fmt.Errorf("pinned checkpoint: %w", err)}
		}
	}
	return nil
}

func (b *bundle) readManifest() error {
	data, err := b.read(fileManifest)
	if err != nil {
		return err
	}
	m, err := parseManifest([]byte(data))
	b.report.Manifest = m
	return err
}

// checkFiles compares every file with the manifest, and refuses others.
func (b *bundle) checkFiles() error {
	want := map[string]bool{fileRecords: true, fileDisclosures: true, fileReceipts: true, fileChanges: true, fileCheckpoint: true, fileRange: true}
	known := map[string]bool{fileManifest: true, dirAttachments: true}
	for _, c := range b.report.Files {
		b.report.File = fileManifest
		if known[c.Name] || !want[c.Name] && c.Name != fileConsistency {
			return fmt.Errorf("lists %.60q", c.Name)
		}
		known[c.Name] = true
		delete(want, c.Name)
		b.report.File = c.Name
		if err := b.checkFile(c); err != nil {
			return err
		}
	}
	for name := range want {
		b.report.File = fileManifest
		return fmt.Errorf("does not list %s", name)
	}
	found, err := os.ReadDir(b.dir)
	if err != nil {
		return unchecked{err}
	}
	for _, f := range found {
		b.report.File = f.Name()
		if !known[f.Name()] {
			return errors.New("is not in the manifest")
		}
		if f.Name() != dirAttachments && !f.Type().IsRegular() {
			return errors.New("is not a plain file")
		}
	}
	b.holds("%s the digests and row counts of the manifest", plural(int64(len(b.report.Files)), "file has", "files have"))
	return nil
}

func (b *bundle) checkFile(c Content) error {
	f, err := os.Open(filepath.Join(b.dir, c.Name))
	if errors.Is(err, fs.ErrNotExist) {
		return errors.New("is in the manifest and not in the export")
	} else if err != nil {
		return unchecked{err}
	}
	defer f.Close()
	sum, lines := sha256.New(), &lineCounter{}
	if _, err := io.Copy(io.MultiWriter(sum, lines), f); err != nil {
		return unchecked{err}
	}
	if c.Name == fileChanges {
		lines.n--
	}
	if hex.EncodeToString(sum.Sum(nil)) != c.SHA256 {
		return errors.New("was changed: its digest is not the one in the manifest")
	}
	if lines.n != c.Rows {
		return fmt.Errorf("has %d rows; the manifest says %d", lines.n, c.Rows)
	}
	return nil
}

type lineCounter struct{ n int64 }

func (l *lineCounter) Write(p []byte) (int, error) {
	l.n += int64(bytes.Count(p, []byte("\n")))
	return len(p), nil
}

func keyName(name string, hash uint32) string { return fmt.Sprintf("%s+%08x", name, hash) }

// keyNames names the keys that signed something, as far as the signatures tell.
func keyNames(sigs []note.Signature) string {
	var names []string
	for _, s := range sigs {
		names = append(names, keyName(s.Name, s.Hash))
	}
	if len(names) == 0 {
		return "none that can be read"
	}
	return strings.Join(names, " and ")
}

// plural counts things in words: 1 record, 2 records.
func plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func (b *bundle) openCheckpoint() error {
	signed, err := b.read(fileCheckpoint)
	if err != nil {
		return err
	}
	b.c, err = OpenCheckpoint(signed, b.v.Key)
	var other *note.UnverifiedNoteError
	if errors.As(err, &other) {
		return fmt.Errorf("is not signed by the key that was given, %s, but by %s. Either that is the key of another log: ask whoever runs this one for its log.pub, by another way than the export. Or somebody else made this export",
			keyName(b.key.Name(), b.key.KeyHash()), keyNames(other.Note.UnverifiedSigs))
	} else if err != nil {
		return err
	}
	m := b.report.Manifest
	if m.Origin != b.c.Origin || m.Size != b.c.Size || m.Root != strings.TrimSpace(hashLines([]tlog.Hash{b.c.Root})) {
		return errors.New("the manifest names another checkpoint")
	}
	b.holds("the checkpoint of %s is signed by %s", plural(b.c.Size, "record", "records"), b.c.Origin)
	return nil
}

// checkTree checks that the leaves lead to the checkpoint, and that the
// checkpoint goes on from the pinned one.
func (b *bundle) checkTree() error {
	text, err := b.read(fileRange)
	if err != nil {
		return err
	}
	from, to, lines, err := parseNumbered(text, rangeHeader, "from", "to")
	if err != nil {
		return err
	}
	if from != b.report.From || to != b.c.Size {
		return fmt.Errorf("is of leaves %d to %d; the manifest and the checkpoint say %d to %d", from, to, b.report.From, b.c.Size)
	}
	left, err := parseHashes(lines)
	if err != nil {
		return err
	}
	if err := b.checkPin(from); err != nil {
		return err
	}
	b.report.File = fileRecords
	f, err := os.Open(filepath.Join(b.dir, fileRecords))
	if err != nil {
		return unchecked{err}
	}
	defer f.Close()
	if err := CheckLeaves(f, from, left, b.c, b.pin); err != nil {
		return err
	}
	switch from {
	case to:
		b.holds("no record is in the window: the log's %s lie before it", plural(to, "record", "records"))
	case to - 1:
		b.holds("record %d is the log's", from)
	default:
		b.holds("records %d to %d are the log's, in order and without a gap", from, to-1)
	}
	if b.pin.Size > 0 {
		b.holds("the log goes on from the pinned checkpoint of %d records", b.pin.Size)
	} else {
		b.report.Notes = append(b.report.Notes, "No earlier checkpoint was pinned: this does not show whether the holder of the key rewrote history. Keep the checkpoint for next time.")
	}
	return nil
}

// checkPin checks the pin by proof when it ends before the window, and the
// consistency file whenever there is one. A pin within the window is checked
// with the leaves.
func (b *bundle) checkPin(from int64) error {
	if b.pin.Size > b.c.Size {
		b.report.File = fileCheckpoint
		return fmt.Errorf("the checkpoint has %d leaves, and the pinned one %d: the export is older than the pin, or the log was put back", b.c.Size, b.pin.Size)
	}
	text, err := b.read(fileConsistency)
	if errors.Is(err, fs.ErrNotExist) {
		if b.pin.Size > 0 && b.pin.Size < from {
			return unchecked{fmt.Errorf("the export begins at %d, after the pin of %d leaves, and brings no proof for it: ask for one with --pin", from, b.pin.Size)}
		}
		return nil
	} else if err != nil {
		return err
	}
	old, size, lines, err := parseNumbered(text, consistencyHeader, "old", "new")
	if err != nil {
		return err
	}
	proof, err := parseHashes(lines)
	if err != nil {
		return err
	}
	switch {
	case size != b.c.Size || old < 1 || old > size:
		return fmt.Errorf("is of %d and %d leaves; the checkpoint has %d", old, size, b.c.Size)
	case b.pin.Size == old:
		return CheckConsistency(proof, b.c, b.pin)
	case b.pin.Size > 0 && b.pin.Size < from:
		return unchecked{fmt.Errorf("is for an earlier checkpoint of %d leaves, and the pin has %d: ask for an export with this --pin", old, b.pin.Size)}
	case b.pin.Size == 0:
		b.report.Notes = append(b.report.Notes, fmt.Sprintf("The export brings a proof for an earlier checkpoint of %d records; without --pin it was not checked.", old))
	}
	return nil
}

// checkRecords reads every leaf and checks what is said beside it: that each
// disclosure opens its commitment, each attachment has its digest, the receipts
// are in order, the counts are right, and the table is what the records give.
func (b *bundle) checkRecords() error {
	later, err := b.amendments()
	if err != nil {
		return err
	}
	r, err := b.openRows()
	if err != nil {
		return err
	}
	defer r.close()
	counted := Manifest{}
	sum := sha256.New()
	t := newTable(&file{Writer: bufio.NewWriter(sum)})
	q := b.report.Query.query()
	erased := map[string]string{}
	var withheld []string
	for i := b.report.From; i < b.c.Size; i++ {
		e, err := r.entry(i)
		if err != nil {
			return err
		}
		counted.count(e)
		if q.finds(e) {
			e.Later = later[i]
			t.add(e)
		}
		withheld = unopened(withheld, erased, e)
	}
	if err := r.end(); err != nil {
		return err
	}
	counted.Attachments, counted.Rows = int64(len(r.attachments)), t.out.rows
	b.report.File = fileManifest
	m := b.report.Manifest
	if got, want := [7]int64{counted.Landings, counted.Erasures, counted.Addenda, counted.Commitments, counted.Disclosed, counted.Attachments, counted.Rows},
		[7]int64{m.Landings, m.Erasures, m.Addenda, m.Commitments, m.Disclosed, m.Attachments, m.Rows}; got != want {
		return fmt.Errorf("counts landings, erasures, commitments, disclosures, attachments and rows as %v; they are %v", want, got)
	}
	b.report.File = fileChanges
	if err := errors.Join(t.flush(), t.out.Flush()); err != nil {
		return err
	}
	if hex.EncodeToString(sum.Sum(nil)) != b.digestOf(fileChanges) {
		return errors.New("is not the table that the records give")
	}
	b.conclude(counted, erased, withheld)
	return nil
}

func (b *bundle) digestOf(name string) string {
	for _, c := range b.report.Files {
		if c.Name == name {
			return c.SHA256
		}
	}
	return ""
}

// unopened collects the commitments that nothing opens, and those that erasures name.
func unopened(withheld []string, erased map[string]string, e *Entry) []string {
	if e.Erasure != nil {
		for _, c := range e.Erasure.Commitments {
			erased[fmt.Sprintf("%d/%s", e.Erasure.Index, c)] = e.ID
		}
	}
	for _, ref := range e.references() {
		if _, ok := e.Disclosed[ref.Commitment]; !ok {
			withheld = append(withheld, fmt.Sprintf("%d/%s", e.Index, ref.Commitment))
		}
	}
	return withheld
}

func (b *bundle) conclude(counted Manifest, erased map[string]string, withheld []string) {
	b.holds("%d of %d names and texts are disclosed, each the one that was sealed", counted.Disclosed, counted.Commitments)
	b.holds("%s named by", plural(counted.Attachments, "attachment has the digest it is", "attachments have the digests they are"))
	b.holds("changes.csv is what %s", plural(counted.Rows, "landing gives", "landings give"))
	ordered := 0
	for _, w := range withheld {
		if erased[w] != "" {
			ordered++
		}
	}
	if ordered > 0 {
		b.report.Notes = append(b.report.Notes, plural(int64(ordered), "name or text was", "names or texts were")+" erased on an order that is in the log.")
	}
	if n := len(withheld) - ordered; n > 0 {
		b.report.Notes = append(b.report.Notes, plural(int64(n), "name or text is", "names or texts are")+" withheld, and no order in this export says why.")
	}
	b.report.Notes = append(b.report.Notes, "recorded_at in receipts.jsonl is the operator's word; it is not sealed.")
}
