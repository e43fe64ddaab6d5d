package record

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// An Export is an order for a folder that an outsider can verify.
type Export struct {
	// Query limits the table. The leaves are all those from the first that
	// landed at or after Query.From to the end of the log, whatever else it
	// says, so that the reader can filter for himself.
	Query
	Size int64  // as of so many leaves; 0 means all that there are
	Pin  string // an earlier checkpoint that the reader kept, "" for none
}

// batch is how many leaves are read at once.
const batch = 256

// Export writes an export into dir, which must be empty or not exist. The same
// log and the same order give the same bytes. An export that was not finished
// has no manifest.
func (l *Log) Export(ctx context.Context, dir string, o Export) (Manifest, error) {
	m, err := l.export(ctx, dir, o)
	if err != nil {
		return m, fmt.Errorf("export to %s: %w", dir, err)
	}
	return m, nil
}

func (l *Log) export(ctx context.Context, dir string, o Export) (m Manifest, err error) {
	if err := emptyFolder(dir); err != nil {
		return m, err
	}
	head, err := l.headAt(ctx, o.Size)
	if err != nil {
		return m, err
	}
	c, err := readCheckpoint(head.Checkpoint)
	if err != nil {
		return m, err
	}
	m = Manifest{Origin: c.Origin, Size: c.Size, Root: base64.StdEncoding.EncodeToString(c.Root[:]), Query: o.Query.filter(), Files: []Content{}}
	if m.From, err = l.firstOf(ctx, o.Query, c.Size); err != nil {
		return m, err
	}
	left, err := edgeAt(ctx, l.store, m.From)
	if err != nil {
		return m, err
	}
	w := &folder{dir: dir, m: &m, seen: map[string]bool{}}
	defer w.close()
	w.text(fileCheckpoint, head.Checkpoint)
	w.text(fileRange, numbered(rangeHeader, "from", m.From, "to", m.Size, hashLines(left.subs)))
	if err := l.exportConsistency(ctx, w, c, o.Pin); err != nil {
		return m, err
	}
	if err := l.exportLeaves(ctx, w, o.Query); err != nil {
		return m, err
	}
	return m, w.finish()
}

// emptyFolder makes a folder, and refuses one that holds something.
func emptyFolder(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	found, err := os.ReadDir(dir)
	if err == nil && len(found) > 0 {
		err = errors.New("the folder is not empty")
	}
	return err
}

// headAt returns the checkpoint of the first size leaves, 0 for all.
func (l *Log) headAt(ctx context.Context, size int64) (Head, error) {
	head, err := l.store.Head(ctx)
	if err != nil {
		return head, err
	}
	if head.Size == 0 {
		return head, errors.New("the log is empty")
	}
	if size < 0 || size > head.Size {
		return head, fmt.Errorf("the log has %d leaves, not %d", head.Size, size)
	}
	if size == 0 || size == head.Size {
		return head, nil
	}
	last, err := l.store.Leaves(ctx, size-1, size)
	if err != nil {
		return head, err
	}
	return Head{size, last[0].Checkpoint, last[0].RecordedAt}, nil
}

// firstOf returns where the window of a query begins: size when it is empty.
func (l *Log) firstOf(ctx context.Context, q Query, size int64) (int64, error) {
	if q.From.IsZero() {
		return 0, nil
	}
	first, ok, err := l.store.First(ctx, q.From)
	if err != nil {
		return 0, err
	}
	if !ok || first > size {
		return size, nil
	}
	return first, nil
}

// readCheckpoint reads a signed checkpoint whose signature somebody else checks.
func readCheckpoint(signed string) (Checkpoint, error) {
	body, _, ok := strings.Cut(signed, "\n\n")
	if !ok {
		return Checkpoint{}, errors.New("not a signed checkpoint")
	}
	return parseCheckpoint(body + "\n")
}

func (l *Log) exportConsistency(ctx context.Context, w *folder, c Checkpoint, pin string) error {
	if pin == "" {
		return nil
	}
	old, err := readCheckpoint(pin)
	if err != nil {
		return fmt.Errorf("pin: %w", err)
	}
	if old.Origin != c.Origin || old.Size < 1 || old.Size > c.Size {
		return fmt.Errorf("pin: %d leaves of %s, and the log has %d of %s", old.Size, old.Origin, c.Size, c.Origin)
	}
	proof, err := l.Consistency(ctx, old.Size, c.Size)
	if err != nil {
		return err
	}
	w.text(fileConsistency, numbered(consistencyHeader, "old", old.Size, "new", c.Size, hashLines(proof)))
	return nil
}

// exportLeaves writes all that is of single leaves.
func (l *Log) exportLeaves(ctx context.Context, w *folder, q Query) error {
	records, disclosures, receipts := w.create(fileRecords), w.create(fileDisclosures), w.create(fileReceipts)
	t := newTable(w.create(fileChanges))
	later, err := l.amendments(ctx, w.m.From, w.m.Size)
	if err != nil {
		return err
	}
	for from := w.m.From; from < w.m.Size; from += batch {
		to := min(from+batch, w.m.Size)
		leaves, err := l.store.Leaves(ctx, from, to)
		if err != nil {
			return err
		}
		disclosed, err := l.disclosed(ctx, from, to)
		if err != nil {
			return err
		}
		for _, s := range leaves {
			n := 0
			for n < len(disclosed) && disclosed[n].Index == s.Index {
				n++
			}
			e, err := s.entry(disclosed[:n])
			if err != nil {
				return err
			}
			records.line(s.Leaf)
			receipts.line(encode(receiptOf(e)))
			for _, d := range disclosed[:n] {
				disclosures.line(encode(d))
				w.attachment(d)
			}
			disclosed = disclosed[n:]
			w.m.count(e)
			if q.finds(e) {
				e.Later = later[e.Index]
				t.add(e)
			}
		}
		if w.err != nil {
			return w.err
		}
	}
	return t.flush()
}

// amendments returns the addenda among the leaves [from, to), by the record that
// they are about: what the table says of a record rests on them too.
func (l *Log) amendments(ctx context.Context, from, to int64) (map[int64][]*Entry, error) {
	out := map[int64][]*Entry{}
	for ; from < to; from += batch {
		leaves, err := l.store.Leaves(ctx, from, min(from+batch, to))
		if err != nil {
			return nil, err
		}
		for _, s := range leaves {
			if err := amend(out, s.Index, s.Leaf); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// amend adds a leaf to the addenda by record, if it is one.
func amend(later map[int64][]*Entry, index int64, leaf []byte) error {
	if !isAddendum(leaf) {
		return nil
	}
	e, err := newEntry(index, leaf, nil)
	if err != nil {
		return fmt.Errorf("record %d: %w", index, err)
	}
	later[e.Addendum.Index] = append(later[e.Addendum.Index], e)
	return nil
}

// count adds an entry to the totals.
func (m *Manifest) count(e *Entry) {
	switch {
	case e.Landing != nil:
		m.Landings++
	case e.Erasure != nil:
		m.Erasures++
	default:
		m.Addenda++
	}
	m.Commitments += int64(len(e.references()))
	m.Disclosed += int64(len(e.Disclosed))
}

// A table is changes.csv.
type table struct {
	out *file
	csv *csv.Writer
}

func newTable(f *file) *table {
	t := &table{f, csv.NewWriter(f)}
	t.csv.UseCRLF = true
	t.csv.Write(header()) // errors stay in the writer and are found by flush
	return t
}

func (t *table) add(e *Entry) {
	t.csv.Write(cells(e))
	t.out.rows++
}

func (t *table) flush() error {
	t.csv.Flush()
	return t.csv.Error()
}

// A folder is an export that is being written. The first error stands.
type folder struct {
	dir   string
	m     *Manifest
	files []*file
	seen  map[string]bool // attachments
	err   error
}

// A file is hashed and counted while it is written.
type file struct {
	*bufio.Writer
	name string
	f    *os.File
	sum  hash.Hash
	rows int64
}

func (w *folder) create(name string) *file {
	f, err := os.OpenFile(filepath.Join(w.dir, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	w.err = errors.Join(w.err, err)
	out := &file{name: name, f: f, sum: sha256.New()}
	out.Writer = bufio.NewWriterSize(io.MultiWriter(f, out.sum), 1<<16)
	w.files = append(w.files, out)
	return out
}

// line writes one row. Errors stay in the writer and are found by finish.
func (f *file) line(data []byte) {
	f.Write(data)
	f.WriteByte('\n')
	f.rows++
}

// text writes a small file of its own.
func (w *folder) text(name, text string) {
	f := w.create(name)
	f.WriteString(text)
	f.rows = int64(strings.Count(text, "\n"))
}

// attachment writes the attachment of a disclosure once.
func (w *folder) attachment(d Disclosure) {
	if d.Attachment == "" || w.seen[d.Attachment] || w.err != nil {
		return
	}
	w.seen[d.Attachment] = true
	w.m.Attachments++
	dir := filepath.Join(w.dir, dirAttachments)
	w.err = os.MkdirAll(dir, 0o700)
	if w.err == nil {
		w.err = os.WriteFile(filepath.Join(dir, strings.TrimPrefix(d.Attachment, "sha256:")), d.Body, 0o600)
	}
}

// finish flushes all files and writes the manifest, last.
func (w *folder) finish() error {
	for _, f := range w.files {
		if w.err == nil {
			w.err = errors.Join(f.Flush(), f.f.Sync())
		}
		content := Content{f.name, f.rows, hex.EncodeToString(f.sum.Sum(nil))}
		w.m.Files = append(w.m.Files, content)
		if f.name == fileChanges {
			w.m.Rows = f.rows
		}
	}
	if w.err != nil {
		return w.err
	}
	return os.WriteFile(filepath.Join(w.dir, fileManifest), w.m.encode(), 0o600)
}

func (w *folder) close() {
	for _, f := range w.files {
		f.f.Close()
	}
}
