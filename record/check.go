package record

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// A Fault is something in the database that is not what it was written as.
type Fault struct {
	Index  int64 // the leaf it is about, -1 when it is about none
	Reason string
}

func (f Fault) String() string {
	if f.Index < 0 {
		return f.Reason
	}
	return fmt.Sprintf("record %d: %s", f.Index, f.Reason)
}

// Check reads the whole log and compares every row with what the leaves say and
// the checkpoints sign. Receipts' times are compared with each other only:
// nothing signs them. An error means that the check could not be made.
func (l *Log) Check(ctx context.Context) ([]Fault, error) {
	c := &checker{log: l, ctx: ctx, erased: map[int64]map[Commitment]bool{}, open: map[int64][]Commitment{}}
	head, err := l.store.Head(ctx)
	if err != nil {
		if head.Size == 0 {
			return nil, err
		}
		c.fault(-1, "%v", err)
	}
	for from := int64(0); from < head.Size && len(c.faults) < maxFaults; from += batch {
		if err := c.batch(from, min(from+batch, head.Size)); err != nil {
			return nil, err
		}
	}
	for index, commitments := range c.open {
		for _, m := range commitments {
			if !c.erased[index][m] {
				c.fault(index, "commitment %.12s is not disclosed, and no order erased it", m)
			}
		}
	}
	if err := c.compareTiles(); err != nil {
		return nil, err
	}
	strays, err := l.store.Strays(ctx, c.touches)
	if err != nil {
		return nil, err
	}
	if strays > 0 {
		c.fault(-1, "%d rows of the index, disclosures or checkpoints belong to no record", strays)
	}
	slices.SortStableFunc(c.faults, func(a, b Fault) int { return int(a.Index - b.Index) })
	return c.faults, nil
}

// A checker walks the leaves in order.
type checker struct {
	log    *Log
	ctx    context.Context
	tree   tree
	tiles  []Tile
	last   Stored
	ahead  []Stored                      // read and not yet checked
	open   map[int64][]Commitment        // without a disclosure
	erased map[int64]map[Commitment]bool // on an order
	faults []Fault
	// touches is how many index rows the leaves have.
	touches int64
}

func (c *checker) fault(index int64, format string, args ...any) {
	c.faults = append(c.faults, Fault{index, fmt.Sprintf(format, args...)})
}

// maxFaults is where a check gives up.
const maxFaults = 10_000

// batch checks the leaves [from, to).
func (c *checker) batch(from, to int64) error {
	if err := c.ctx.Err(); err != nil {
		return err
	}
	disclosed, err := c.log.disclosed(c.ctx, from, to)
	if err != nil {
		return err
	}
	for i := from; i < to; i++ {
		n := 0
		for n < len(disclosed) && disclosed[n].Index == i {
			n++
		}
		if s, ok := c.read(i, to); ok {
			c.leaf(s)
			if err := c.beside(s, disclosed[:n]); err != nil {
				return err
			}
		}
		disclosed = disclosed[n:]
	}
	return nil
}

// read returns leaf i. The rest of the batch is read with it, unless one of
// them cannot be read: then they come one by one, and that one is named.
func (c *checker) read(i, to int64) (Stored, bool) {
	if len(c.ahead) == 0 {
		var err error
		if c.ahead, err = c.log.store.Leaves(c.ctx, i, to); err != nil {
			c.ahead, err = c.log.store.Leaves(c.ctx, i, i+1)
		}
		if err != nil {
			c.ahead = nil
			c.fault(i, "cannot be read: %v", err)
			c.tree, _ = c.tree.add(tlog.Hash{})
			return Stored{}, false
		}
	}
	s := c.ahead[0]
	c.ahead = c.ahead[1:]
	return s, true
}

// leaf checks what is signed of a leaf.
func (c *checker) leaf(s Stored) {
	hash := tlog.RecordHash(s.Leaf)
	if s.Hash != hash {
		c.fault(s.Index, "its hash is not that of its bytes")
	}
	var full []Tile
	c.tree, full = c.tree.add(hash)
	c.tiles = append(c.tiles, full...)
	c.checkpoint(s)
	if s.RecordedAt.Before(c.last.RecordedAt) {
		c.fault(s.Index, "was recorded before the one before it")
	}
	c.last = s
}

// checkpoint checks the checkpoint right after a leaf.
func (c *checker) checkpoint(s Stored) {
	k, err := readCheckpoint(s.Checkpoint)
	if err == nil && c.log.key.Signer != nil {
		k, err = OpenCheckpoint(s.Checkpoint, c.log.key.vkey)
	}
	switch {
	case err != nil:
		c.fault(s.Index, "its checkpoint: %v", err)
	case k.Size != s.Index+1:
		c.fault(s.Index, "its checkpoint is that of %d leaves", k.Size)
	case k.Root != c.tree.root():
		c.fault(s.Index, "its checkpoint signs another root than that of the leaves up to it")
	}
}

// beside checks what stands beside a leaf.
func (c *checker) beside(s Stored, disclosed []Disclosure) error {
	e, err := s.entry(disclosed)
	if err != nil {
		c.fault(s.Index, "%v", err)
		return nil
	}
	for _, ref := range e.references() {
		if _, ok := e.Disclosed[ref.Commitment]; !ok {
			c.open[s.Index] = append(c.open[s.Index], ref.Commitment)
		}
	}
	if e.Erasure != nil {
		if c.erased[e.Erasure.Index] == nil {
			c.erased[e.Erasure.Index] = map[Commitment]bool{}
		}
		for _, m := range e.Erasure.Commitments {
			c.erased[e.Erasure.Index][Commitment(m)] = true
		}
	}
	if !s.LandedAt.Equal(e.landedAt()) {
		c.fault(s.Index, "is filed under another time than its landing's")
	}
	if key := e.key(); s.Key != key && !strings.Contains(key, notDisclosed) {
		c.fault(s.Index, "is filed under another key than its own")
	}
	want := e.touches()
	have, err := c.log.store.Touched(c.ctx, s, want)
	if have < len(want) {
		c.fault(s.Index, "the index does not find it by what it says")
	}
	c.touches += int64(len(want))
	return err
}

func (c *checker) compareTiles() error {
	have, err := c.log.store.Tiles(c.ctx)
	if err != nil {
		return err
	}
	at := func(tiles []Tile, level int, n int64) *Tile {
		i := slices.IndexFunc(tiles, func(t Tile) bool { return t.Level == level && t.N == n })
		if i < 0 {
			return nil
		}
		return &tiles[i]
	}
	for _, want := range c.tiles {
		got := at(have, want.Level, want.N)
		first := want.N << (tileHeight * (want.Level + 1))
		if got == nil || !bytes.Equal(got.Data, want.Data) || got.Root != want.Root {
			c.fault(first, "tile %d of level %d, which begins here, is not that of the leaves", want.N, want.Level)
		}
	}
	for _, t := range have {
		if at(c.tiles, t.Level, t.N) == nil {
			c.fault(-1, "tile %d of level %d belongs to no leaves", t.N, t.Level)
		}
	}
	return nil
}
