package record

import (
	"context"
	"errors"
	"time"

	"golang.org/x/mod/sumdb/tlog"
)

// ErrMoved says that another process appended meanwhile; nothing was written.
var ErrMoved = errors.New("the log has grown meanwhile")

// A Store keeps the log. What is sealed is only ever added; disclosures can be
// erased.
type Store interface {
	// Append adds one leaf with all that belongs to it in one transaction. When
	// the key is there already it writes nothing and returns the leaf that has
	// it, and added false. It returns ErrMoved unless a.Index is the number of
	// leaves. After any other error it is open whether the leaf is there.
	Append(ctx context.Context, a Append) (s Stored, added bool, err error)
	// Head returns the newest checkpoint, and the zero Head of an empty log.
	Head(ctx context.Context) (Head, error)
	// Hashes returns the hashes [from, to) of a tile level: of leaves at level
	// 0, of full tiles of the level below at the others. It is an error when
	// one is missing.
	Hashes(ctx context.Context, level int, from, to int64) ([]tlog.Hash, error)
	// Leaves returns the leaves [from, to), in order. It is an error when one
	// is missing.
	Leaves(ctx context.Context, from, to int64) ([]Stored, error)
	// Find lists the indexes of leaves that a search finds, newest landing first.
	Find(ctx context.Context, s Search) ([]int64, error)

	Shelf
}

// A Shelf keeps what stands beside the leaves.
type Shelf interface {
	// Disclosures returns those of the leaves [from, to), in the order of
	// leaves and commitments, with the bytes of attachments. Of a leaf whose
	// disclosures cannot be read it returns one that opens nothing.
	Disclosures(ctx context.Context, from, to int64) ([]Disclosure, error)
	// Touched counts those of the given index rows of a leaf that are there.
	Touched(ctx context.Context, s Stored, want []Touch) (int, error)
	// Strays counts rows that belong to no leaf, when the leaves have so many
	// index rows together.
	Strays(ctx context.Context, touches int64) (int64, error)
	// Tiles returns all full tiles.
	Tiles(ctx context.Context) ([]Tile, error)
	// First returns the lowest index of a leaf that landed at or after a time,
	// or ok false.
	First(ctx context.Context, from time.Time) (index int64, ok bool, err error)
}

// A Head is the state of the log after its newest leaf.
type Head struct {
	Size       int64
	Checkpoint string
	RecordedAt time.Time
}

// A Stored is a leaf as it is kept, with the checkpoint right after it.
type Stored struct {
	Index      int64
	Key        string
	Hash       tlog.Hash
	Leaf       []byte
	LandedAt   time.Time
	RecordedAt time.Time // our clock, never before that of the leaf before
	Checkpoint string
}

// An Append is a leaf and all that is written with it.
type Append struct {
	Stored
	Tiles       []Tile
	Touches     []Touch
	Disclosures []Disclosure // attachments with their bytes
	Erase       *Erase       // for an erasure leaf
}

// An Erase removes disclosures and index rows of one leaf.
type Erase struct {
	Index       int64
	Commitments []Commitment
	Touches     []Touch
}

// The dimensions by which records are found.
const (
	ByAgent    = "agent"
	ByResource = "resource" // a path or a model
	ByPerson   = "person"   // a login in lower case, or id: and the account's id
	ByOutcome  = "outcome"
	ByKind     = "kind" // of change
	ByCommit   = "commit"
	ByPull     = "pull"       // repository id # number
	ByRepo     = "repository" // id, or owner/name in lower case
)

// A Touch is one index row of a record.
type Touch struct {
	By    string
	Value string
}

// A Search is what a Query comes to: leaves that have all touches, whose
// landing lies in [From, To), and that come after one that was seen.
type Search struct {
	From, To time.Time // zero: no bound
	Touches  []Touch
	After    *Position // nil: from the newest on
	Limit    int
}

// A Position is a place in the order of a search.
type Position struct {
	LandedAt time.Time
	Index    int64
}
