package record

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"
)

var errReadOnly = errors.New("the log was opened for reading")

// OpenReader opens the log that s keeps without its key. The tree must have the
// root that the newest checkpoint names, but no signature is checked, and
// nothing can be recorded.
func OpenReader(ctx context.Context, s Store) (*Log, error) {
	l := &Log{store: s, cfg: Settings{Now: time.Now, Random: rand.Reader}}
	head, err := s.Head(ctx)
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	t, err := loadTree(ctx, s, head.Size)
	if err != nil {
		return nil, fmt.Errorf("open log: %w", err)
	}
	l.tree = &t
	return l, nil
}
