package record

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/countersign-dev/countersign/change"
)

// ErrNone says that no record is what was asked for.
var ErrNone = errors.New("no such record")

// An Entry is a record with all that is kept of it. Exactly one of Landing,
// Erasure and Addendum is set.
type Entry struct {
	ID         string // CHG-2026-000041
	Index      int64
	Leaf       []byte // the sealed bytes
	Hash       tlog.Hash
	RecordedAt time.Time // our clock; said by the operator, not sealed
	Checkpoint string    // the one right after it

	Landing *Record // whole, as far as what was cut off is disclosed
	Erasure *Erasure

	Addendum *Addendum
	// Later are the addenda to a landing, oldest first, where a log was asked.
	Later []*Entry
	// Disclosed is what opens the commitments; those that were erased or
	// withheld are missing.
	Disclosed map[Commitment]Disclosure

	sealed *Record // Landing as it stands in the leaf
}

// newEntry reads a leaf and what is disclosed of it, and checks that each
// disclosure opens a commitment of this leaf under its label.
func newEntry(index int64, leaf []byte, disclosed []Disclosure) (*Entry, error) {
	parsed, err := Parse(leaf)
	if err != nil {
		return nil, err
	}
	e := &Entry{Index: index, Leaf: leaf, Hash: tlog.RecordHash(leaf), Landing: parsed.Landing, Erasure: parsed.Erasure, Addendum: parsed.Addendum,
		Disclosed: map[Commitment]Disclosure{}}
	for _, d := range disclosed {
		if _, twice := e.Disclosed[d.Commitment]; twice {
			return nil, fmt.Errorf("%s is disclosed twice", d.Label)
		}
		e.Disclosed[d.Commitment] = d
	}
	var known map[reference]bool
	if e.Landing != nil {
		whole, err := complete(*e.Landing, func(c Commitment) []byte { return e.Disclosed[c].Body })
		if err != nil {
			return nil, err
		}
		known = set(references(*e.Landing), references(whole))
		e.sealed, e.Landing = e.Landing, &whole
	} else {
		known = set(parsed.references())
	}
	for _, d := range disclosed {
		if !known[reference{d.Label, d.Commitment}] {
			return nil, fmt.Errorf("a disclosed %s belongs to no place of the record", d.Label)
		}
		if err := d.Check(); err != nil {
			return nil, err
		}
	}
	e.ID = formatID(e.key(), e.landedAt(), index)
	return e, nil
}

func set(lists ...[]reference) map[reference]bool {
	out := map[reference]bool{}
	for _, list := range lists {
		for _, r := range list {
			out[r] = true
		}
	}
	return out
}

// references lists the commitments of the leaf alone.
func (l Leaf) references() []reference {
	switch {
	case l.Landing != nil:
		return references(*l.Landing)
	case l.Erasure != nil:
		return references(*l.Erasure)
	}
	return references(*l.Addendum)
}

// references lists the commitments of the leaf with their labels, those in
// lists that were cut off included when these are disclosed.
func (e *Entry) references() []reference {
	if e.Landing == nil {
		return Leaf{Erasure: e.Erasure, Addendum: e.Addendum}.references()
	}
	out := references(*e.sealed)
	if len(e.sealed.More) == 0 {
		return out
	}
	seen := set(out)
	for _, r := range references(*e.Landing) {
		if !seen[r] {
			out = append(out, r)
		}
	}
	return out
}

// Text returns a disclosed name or text, and "[not disclosed]" where there is
// one that is not. It may hold anything: whoever shows it must escape it.
func (e *Entry) Text(c Commitment) string {
	if c == "" {
		return ""
	}
	d, ok := e.Disclosed[c]
	if !ok || d.Attachment != "" && d.Body == nil {
		return notDisclosed
	}
	return string(d.Bytes())
}

const notDisclosed = "[not disclosed]"

// Word returns a code, or what it stands for.
func (e *Entry) Word(c Code) string {
	if rest, ok := strings.CutPrefix(string(c), "~"); ok {
		return e.Text(Commitment(rest))
	}
	return string(c)
}

// Who names a person by login, and by id when the login is not disclosed.
func (e *Entry) Who(p Person) string {
	if d, ok := e.Disclosed[p.Login]; ok {
		return d.Value
	}
	if p.ID == 0 {
		return ""
	}
	return fmt.Sprintf("id:%d", p.ID)
}

// Set returns the change set, ok false when it is not disclosed.
func (e *Entry) Set() (set change.Set, ok bool) {
	if e.Landing == nil || e.Landing.What.Set == "" {
		return set, e.Landing != nil
	}
	data := e.Disclosed[e.Landing.What.Set].Body
	set, err := changeSet(data)
	return set, err == nil && data != nil
}

// key is the key that the entry was appended under.
func (e *Entry) key() string {
	if e.Erasure != nil {
		return erasureKey(e.Erasure.Index, e.Erasure.Commitments)
	}
	if e.Addendum != nil {
		return addendumKey(*e.Addendum)
	}
	id, number := e.Landing.Identity, 0
	if e.Landing.Pull != nil {
		number = e.Landing.Pull.Number
	}
	return fmt.Sprintf("landing/%d/%d/%s/%s/%d/%s", id.Repository, number, e.Word(id.Before), e.Word(id.After), id.Occurrence, e.Word(id.Ref))
}

// landedAt is when the landing was, by GitHub's clock; for an erasure it is
// when it was recorded.
func (e *Entry) landedAt() time.Time {
	if e.Landing != nil && e.Landing.Identity.LandedAt != "" {
		return e.Landing.Identity.LandedAt.Instant()
	}
	return e.RecordedAt.Truncate(time.Second)
}

// entries loads the leaves with the given indexes, in their order.
func (l *Log) entries(ctx context.Context, indexes ...int64) ([]*Entry, error) {
	var out []*Entry
	for _, i := range indexes {
		stored, err := l.store.Leaves(ctx, i, i+1)
		if err != nil {
			return nil, fmt.Errorf("read record %d: %w", i, err)
		}
		disclosed, err := l.disclosed(ctx, i, i+1)
		if err != nil {
			return nil, err
		}
		e, err := stored[0].entry(disclosed)
		if err != nil {
			return nil, err
		}
		out = append(out, e)
	}
	return out, nil
}

func (s Stored) entry(disclosed []Disclosure) (*Entry, error) {
	e, err := newEntry(s.Index, s.Leaf, disclosed)
	if err != nil {
		return nil, fmt.Errorf("record %d: %w", s.Index, err)
	}
	e.RecordedAt, e.Checkpoint = s.RecordedAt, s.Checkpoint
	e.ID = formatID(e.key(), e.landedAt(), e.Index)
	return e, nil
}

// disclosed loads disclosures with their attachments.
func (l *Log) disclosed(ctx context.Context, from, to int64) ([]Disclosure, error) {
	all, err := l.store.Disclosures(ctx, from, to)
	if err != nil {
		return nil, fmt.Errorf("read disclosures of records %d to %d: %w", from, to-1, err)
	}
	return all, nil
}
