package record

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/countersign-dev/countersign/review"
)

// Settings say how a log is opened. Origin and KeyFile are required.
type Settings struct {
	Origin   string // host/deployment, for the life of the log
	KeyFile  string // the Ed25519 key; made with an empty log, never after
	Recorder Recorder
	// Seen returns checkpoints of this log that were seen outside its database:
	// published, witnessed, or kept by an auditor. A log that does not begin
	// with each of them is refused, so that a restored backup cannot fork it.
	// Nil means that nothing is known.
	Seen   func(ctx context.Context) ([]string, error)
	Now    func() time.Time // nil means time.Now
	Random io.Reader        // nil means crypto/rand
}

// A Log is the transparency log of one deployment. It is safe for concurrent
// use by one process; a second process is noticed and waited for.
type Log struct {
	store Store
	cfg   Settings
	key   signer

	mu   sync.Mutex // held while a leaf is appended
	tree *tree      // nil: read it again before the next append
	last Checkpoint // the newest that this process returned
	at   time.Time  // recorded_at of the newest leaf
}

var _ review.Recorder = (*Log)(nil)

// Open opens the log that s keeps.
//
// The tree is rebuilt from what is stored and must have the root that the
// newest checkpoint signs, and begin with every checkpoint that cfg.Seen knows.
// The key is made when the log is empty; a log with leaves and no key is
// refused.
func Open(ctx context.Context, s Store, cfg Settings) (*Log, error) {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Random == nil {
		cfg.Random = rand.Reader
	}
	l := &Log{store: s, cfg: cfg}
	head, err := s.Head(ctx)
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	if l.key, err = openKey(cfg.KeyFile, cfg.Origin, head.Size == 0, cfg.Random); err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	if err := l.reload(ctx); err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	if err := l.compareSeen(ctx); err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	return l, nil
}

// VerifierKey returns the public key, as verify takes it.
func (l *Log) VerifierKey() string { return l.key.vkey }

// Checkpoint returns the newest signed checkpoint, "" of an empty log.
func (l *Log) Checkpoint(ctx context.Context) (string, error) {
	head, err := l.store.Head(ctx)
	return head.Checkpoint, err
}

// reload reads the tree and compares it with the newest checkpoint.
func (l *Log) reload(ctx context.Context) error {
	head, err := l.store.Head(ctx)
	if err != nil {
		return err
	}
	t, err := loadTree(ctx, l.store, head.Size)
	if err != nil {
		return err
	}
	if head.Size > 0 {
		c, err := OpenCheckpoint(head.Checkpoint, l.key.vkey)
		if err != nil {
			return fmt.Errorf("newest checkpoint: %w", err)
		}
		if c.Size != head.Size || c.Root != t.root() {
			return fmt.Errorf("the %d leaves do not have the root that the checkpoint of %d leaves signs: the database was altered; restore it, or ask for the check of the log", head.Size, c.Size)
		}
	}
	if head.Size < l.last.Size {
		return fmt.Errorf("the log has %d leaves and had %d: the database was put back", head.Size, l.last.Size)
	}
	l.tree, l.at = &t, head.RecordedAt
	return nil
}

// compareSeen refuses a log that is behind a checkpoint that left, or that does
// not begin with it.
func (l *Log) compareSeen(ctx context.Context) error {
	if l.cfg.Seen == nil {
		return nil
	}
	all, err := l.cfg.Seen(ctx)
	if err != nil {
		return fmt.Errorf("read the checkpoints that were seen: %w", err)
	}
	for _, signed := range all {
		c, err := OpenCheckpoint(signed, l.key.vkey)
		if err != nil {
			return fmt.Errorf("checkpoint that was seen: %w", err)
		}
		if c.Size > l.tree.size {
			return fmt.Errorf("the log has %d leaves, and its checkpoint of %d leaves was seen outside: the database is an old one, and going on with it would fork the log; put the newer one back", l.tree.size, c.Size)
		}
		e, err := edgeAt(ctx, l.store, c.Size)
		if err != nil {
			return err
		}
		if e.root() != c.Root {
			return fmt.Errorf("the log does not begin with its checkpoint of %d leaves that was seen outside: it is another history", c.Size)
		}
	}
	return nil
}

// Record implements review.Recorder. The first landing of a key wins, whatever
// the second says of it.
func (l *Log) Record(ctx context.Context, landing review.Landing) (review.Receipt, error) {
	s, err := seal(landing, l.cfg.Recorder, l.cfg.Random)
	if err != nil {
		return review.Receipt{}, fmt.Errorf("seal %s: %w", landing.Ref, err)
	}
	stored, added, err := l.append(ctx, Append{
		Stored:      Stored{Key: s.key, Leaf: s.leaf, LandedAt: s.landed},
		Touches:     touches(s.record, s.disclosures),
		Disclosures: s.disclosures,
	})
	if err != nil {
		return review.Receipt{}, err
	}
	return review.Receipt{ID: stored.ID(), Index: stored.Index, RecordedAt: stored.RecordedAt, Duplicate: !added, Checkpoint: stored.Checkpoint}, nil
}

// append adds a leaf, in this order: number and hash it on the tree as it
// stands, sign the new root, write everything in one transaction, and only
// then go on from the new tree. Cancelling ctx does not stop it midway.
//
// After an error nothing is assumed: the tree is read again before the next
// append. Nothing signed leaves before its transaction is durable.
func (l *Log) append(ctx context.Context, a Append) (Stored, bool, error) {
	if l.key.Signer == nil {
		return Stored{}, false, errReadOnly
	}
	if err := ctx.Err(); err != nil {
		return Stored{}, false, err
	}
	ctx = context.WithoutCancel(ctx)
	l.mu.Lock()
	defer l.mu.Unlock()
	a.Hash = tlog.RecordHash(a.Leaf)
	for attempt := 0; ; attempt++ {
		if l.tree == nil {
			if err := l.reload(ctx); err != nil {
				return Stored{}, false, fmt.Errorf("reopen log: %w", err)
			}
		}
		next, full := l.tree.add(a.Hash)
		a.Index, a.Tiles = l.tree.size, full
		a.RecordedAt = l.recordedAt()
		var err error
		if a.Checkpoint, err = l.key.checkpoint(next.edge); err != nil {
			return Stored{}, false, err
		}
		if a.LandedAt.IsZero() {
			a.LandedAt = a.RecordedAt.Truncate(time.Second)
		}
		stored, added, err := l.store.Append(ctx, a)
		if errors.Is(err, ErrMoved) && attempt < 10 {
			l.tree = nil
			continue
		}
		if err != nil {
			l.tree = nil
			return Stored{}, false, fmt.Errorf("append to log: %w", err)
		}
		if added {
			l.tree, l.at = &next, a.RecordedAt
			l.last = Checkpoint{l.cfg.Origin, next.size, next.root()}
		}
		return stored, added, nil
	}
}

// recordedAt reads our clock, and never runs backwards.
func (l *Log) recordedAt() time.Time {
	now := l.cfg.Now().UTC().Truncate(time.Microsecond)
	if now.Before(l.at) {
		return l.at
	}
	return now
}

// ID is the number of a record as people write it: the year of the landing and
// the leaf's place in the log, counted from 1.
func (s Stored) ID() string { return formatID(s.Key, s.LandedAt, s.Index) }

func formatID(key string, landed time.Time, index int64) string {
	prefix := "CHG"
	if strings.HasPrefix(key, "erasure/") {
		prefix = "ERA"
	}
	if strings.HasPrefix(key, "addendum/") {
		prefix = "ADD"
	}
	return fmt.Sprintf("%s-%04d-%06d", prefix, landed.UTC().Year(), index+1)
}
