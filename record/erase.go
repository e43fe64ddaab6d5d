package record

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/countersign-dev/countersign/review"
)

// An Order is somebody's order to erase disclosures of one record. By and
// Reason are required; they are disclosed beside the erasure's own leaf.
type Order struct {
	Index       int64
	Commitments []Commitment
	By          string
	Reason      string
}

// Erase appends a leaf that says what is erased, on whose order and why, and
// erases it in the same transaction. What stays are the commitments, and every
// proof. Repeating an order changes nothing.
func (l *Log) Erase(ctx context.Context, o Order) (review.Receipt, error) {
	if o.By == "" || o.Reason == "" || len(o.Commitments) == 0 {
		return review.Receipt{}, errors.New("erase: who ordered it, why, and what are required")
	}
	e, err := l.byIndex(ctx, o.Index)
	if err != nil {
		return review.Receipt{}, fmt.Errorf("erase: %w", err)
	}
	known := map[Commitment]bool{}
	for _, r := range e.references() {
		known[r.Commitment] = true
	}
	x := Erasure{Index: o.Index, Recorder: l.cfg.Recorder}
	x.Recorder.Deliveries = []Delivery{}
	for _, c := range o.Commitments {
		if !known[c] {
			return review.Receipt{}, fmt.Errorf("erase: %s has no commitment %s", e.ID, c)
		}
		x.Commitments = append(x.Commitments, Erased(c))
	}
	slices.Sort(x.Commitments)
	x.Commitments = slices.Compact(x.Commitments)
	c := newCloset(l.cfg.Random)
	x.Recorder.Version, x.Recorder.Commit = c.code(string(x.Recorder.Version)), c.code(string(x.Recorder.Commit))
	x.By, x.Reason = c.text("ordered by", o.By), c.text("reason", o.Reason)
	sum := sha256.Sum256(e.Leaf)
	leaf := encode(statement[Erasure]{statementType, []subject{{fmt.Sprintf("record/%d", o.Index),
		map[string]string{"sha256": hex.EncodeToString(sum[:])}}}, ErasureType, x})
	if c.err != nil || len(leaf) > maxLeaf {
		return review.Receipt{}, errors.Join(c.err, fmt.Errorf("erase %d disclosures of %s: leaf has %d bytes", len(x.Commitments), e.ID, len(leaf)))
	}
	stored, added, err := l.append(ctx, Append{
		Stored:      Stored{Key: erasureKey(o.Index, x.Commitments), Leaf: leaf},
		Disclosures: c.open(x),
		Erase:       e.without(x.Commitments),
	})
	if err != nil {
		return review.Receipt{}, err
	}
	return review.Receipt{ID: stored.ID(), Index: stored.Index, RecordedAt: stored.RecordedAt, Duplicate: !added, Checkpoint: stored.Checkpoint}, nil
}

func erasureKey(index int64, what []Erased) string {
	h := sha256.New()
	for _, c := range what {
		io.WriteString(h, string(c)+"\n")
	}
	return fmt.Sprintf("erasure/%d/%s", index, hex.EncodeToString(h.Sum(nil)))
}

// without says what goes when the given commitments are erased: they, and the
// index rows that nothing else gives reason for.
func (e *Entry) without(what []Erased) *Erase {
	out := &Erase{Index: e.Index}
	var left []Disclosure
	for c, d := range e.Disclosed {
		if slices.Contains(what, Erased(c)) {
			out.Commitments = append(out.Commitments, c)
		} else {
			left = append(left, d)
		}
	}
	if e.Landing == nil {
		return out
	}
	after := e.touchesWith(left)
	for _, t := range e.touches() {
		if !slices.Contains(after, t) {
			out.Touches = append(out.Touches, t)
		}
	}
	return out
}

// touches returns the index rows that the entry should have.
func (e *Entry) touches() []Touch {
	var all []Disclosure
	for _, d := range e.Disclosed {
		all = append(all, d)
	}
	return e.touchesWith(all)
}

// touchesWith returns the index rows that the entry should have when only the
// given disclosures are left. Without the rest of a list, its rows are gone.
func (e *Entry) touchesWith(left []Disclosure) []Touch {
	if e.Addendum != nil {
		return e.Addendum.touches()
	}
	if e.Landing == nil {
		return nil
	}
	bodies := map[Commitment][]byte{}
	for _, d := range left {
		bodies[d.Commitment] = d.Body
	}
	r, err := complete(*e.sealed, func(c Commitment) []byte { return bodies[c] })
	if err != nil {
		return nil
	}
	return touches(r, left)
}
