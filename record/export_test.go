package record

import (
	"context"

	"golang.org/x/mod/sumdb/tlog"
)

// What the tests in package record_test see of the inside.

func HashReader(ctx context.Context, s Store) tlog.HashReader { return reader{ctx, s} }

func RootAt(ctx context.Context, s Store, size int64) (tlog.Hash, error) {
	e, err := edgeAt(ctx, s, size)
	return e.root(), err
}

var (
	Plain = plain
	Cell  = cell
)
