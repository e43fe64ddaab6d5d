package record

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// rows reads the files that have a row for each leaf or disclosure, together.
type rows struct {
	b                              *bundle
	records, disclosures, receipts *bufio.Reader
	closers                        []io.Closer
	next                           *Disclosure // read and not yet used
	attachments                    map[string]bool
	last                           time.Time
}

func (b *bundle) openRows() (*rows, error) {
	r := &rows{b: b, attachments: map[string]bool{}}
	for _, f := range []struct {
		name string
		to   **bufio.Reader
	}{{fileRecords, &r.records}, {fileDisclosures, &r.disclosures}, {fileReceipts, &r.receipts}} {
		b.report.File = f.name
		in, err := os.Open(filepath.Join(b.dir, f.name))
		if err != nil {
			r.close()
			return nil, unchecked{err}
		}
		r.closers = append(r.closers, in)
		*f.to = bufio.NewReaderSize(in, 1<<16)
	}
	return r, nil
}

func (r *rows) close() {
	for _, c := range r.closers {
		c.Close()
	}
}

// line returns the next line without its end, nil at the end of the file.
func line(in *bufio.Reader) ([]byte, error) {
	data, err := in.ReadBytes('\n')
	if errors.Is(err, io.EOF) {
		if len(data) > 0 {
			return nil, errors.New("the last line has no end")
		}
		return nil, nil
	} else if err != nil {
		return nil, unchecked{err}
	}
	return data[:len(data)-1], nil
}

// amendments reads the addenda of the export, by the record that they are about.
func (b *bundle) amendments() (map[int64][]*Entry, error) {
	b.report.File = fileRecords
	f, err := os.Open(filepath.Join(b.dir, fileRecords))
	if err != nil {
		return nil, unchecked{err}
	}
	defer f.Close()
	out := map[int64][]*Entry{}
	in := bufio.NewReaderSize(f, 1<<16)
	for i := b.report.From; i < b.c.Size; i++ {
		leaf, err := line(in)
		if err != nil {
			return nil, err
		}
		if err := amend(out, i, leaf); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// entry reads all that belongs to one leaf.
func (r *rows) entry(index int64) (*Entry, error) {
	r.b.report.File = fileRecords
	leaf, err := line(r.records)
	if err != nil {
		return nil, err
	}
	disclosed, err := r.disclosed(index)
	if err != nil {
		return nil, fmt.Errorf("record %d: %w", index, err)
	}
	r.b.report.File = fileReceipts
	said, at, err := r.receipt(index)
	if err != nil {
		return nil, fmt.Errorf("record %d: %w", index, err)
	}
	e, err := newEntry(index, leaf, nil)
	r.b.report.File = fileRecords
	if err == nil {
		r.b.report.File = fileDisclosures
		e, err = newEntry(index, leaf, disclosed)
	}
	if err != nil {
		return nil, fmt.Errorf("record %d: %w", index, err)
	}
	e.RecordedAt = at
	e.ID = formatID(e.key(), e.landedAt(), index)
	if e.ID != said.ID {
		r.b.report.File = fileReceipts
		return nil, fmt.Errorf("record %d is %s; the receipt says %.40q", index, e.ID, said.ID)
	}
	return e, nil
}

func (r *rows) receipt(index int64) (out receipt, at time.Time, err error) {
	data, err := line(r.receipts)
	if err != nil {
		return out, at, err
	}
	if err := strict(data, &out); err != nil {
		return out, at, err
	}
	if at, err = out.time(); err != nil {
		return out, at, err
	}
	if out.Index != index || at.Before(r.last) {
		return out, at, fmt.Errorf("the receipt is out of order")
	}
	r.last = at
	return out, at, nil
}

// disclosed reads the disclosures of one leaf with their attachments.
func (r *rows) disclosed(index int64) ([]Disclosure, error) {
	var out []Disclosure
	for {
		if r.next == nil {
			r.b.report.File = fileDisclosures
			data, err := line(r.disclosures)
			if err != nil || data == nil {
				return out, err
			}
			d, err := parseDisclosure(data)
			if err != nil {
				return nil, err
			}
			r.next = &d
		}
		if n := len(out); n > 0 && r.next.Index == index && r.next.Commitment <= out[n-1].Commitment {
			r.b.report.File = fileDisclosures
			return nil, errors.New("its disclosures are out of order")
		}
		if r.next.Index != index {
			if r.next.Index < index {
				r.b.report.File = fileDisclosures
				return nil, fmt.Errorf("a disclosure of record %d is out of order", r.next.Index)
			}
			return out, nil
		}
		d := *r.next
		r.next = nil
		if d.Attachment != "" {
			var err error
			if d.Body, err = r.attachment(d.Attachment); err != nil {
				return nil, err
			}
		}
		out = append(out, d)
	}
}

func (r *rows) attachment(name string) ([]byte, error) {
	hexed := strings.TrimPrefix(name, "sha256:")
	if !commitmentPattern.MatchString(hexed) || len(name) == len(hexed) {
		return nil, fmt.Errorf("%.80q names no attachment", name)
	}
	r.b.report.File = dirAttachments + "/" + hexed
	data, err := os.ReadFile(filepath.Join(r.b.dir, dirAttachments, hexed))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errors.New("the attachment is missing")
	} else if err != nil {
		return nil, unchecked{err}
	}
	if digest(data) != name {
		return nil, errors.New("the attachment was changed: it has another digest than its name")
	}
	r.attachments[hexed] = true
	return data, nil
}

// end refuses what is left over.
func (r *rows) end() error {
	for _, f := range []struct {
		name string
		in   *bufio.Reader
	}{{fileRecords, r.records}, {fileDisclosures, r.disclosures}, {fileReceipts, r.receipts}} {
		r.b.report.File = f.name
		if _, err := f.in.Peek(1); !errors.Is(err, io.EOF) || f.in == r.disclosures && r.next != nil {
			return errors.New("has rows that belong to no record")
		}
	}
	r.b.report.File = dirAttachments
	found, err := os.ReadDir(filepath.Join(r.b.dir, dirAttachments))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	} else if err != nil {
		return unchecked{err}
	}
	for _, f := range found {
		r.b.report.File = dirAttachments + "/" + f.Name()
		if !r.attachments[f.Name()] || !f.Type().IsRegular() {
			return errors.New("belongs to no record")
		}
	}
	return nil
}
