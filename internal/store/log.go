package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/countersign-dev/countersign/record"
)

var _ record.Store = (*DB)(nil)

const leafColumns = `leaf.idx, leaf.dedupe_key, leaf.hash, leaf.body, leaf.landed_at, leaf.recorded_at, checkpoint.note
	FROM leaf JOIN checkpoint ON checkpoint.size = leaf.idx + 1`

// Append implements record.Store.
func (d *DB) Append(ctx context.Context, a record.Append) (stored record.Stored, added bool, err error) {
	err = d.write(ctx, func(tx *sql.Tx) error {
		size, first := int64(0), int64(-1)
		if err := tx.StmtContext(ctx, d.append[findLeaf]).QueryRowContext(ctx, a.Key).Scan(&size, &first); err != nil {
			return err
		}
		if first >= 0 {
			stored, _, err = one(ctx, tx, scanLeaf, "SELECT "+leafColumns+" WHERE leaf.idx = $1", first)
			return err
		}
		if size != a.Index {
			return record.ErrMoved
		}
		stored, added = a.Stored, true
		return d.appendLeaf(ctx, tx, a)
	})
	if err != nil {
		return record.Stored{}, false, err
	}
	if a.Erase != nil && added {
		return stored, added, d.flush(ctx)
	}
	return stored, added, nil
}

// The statements of an append are parsed once, because SQLite would otherwise
// take longer to parse them, triggers and all, than to run them.
const (
	findLeaf = `SELECT coalesce(max(idx) + 1, 0), coalesce((SELECT idx FROM leaf WHERE dedupe_key = $1), -1) FROM leaf`

	insertLeaf       = "INSERT INTO leaf VALUES ($1, $2, $3, $4, $5, $6)"
	insertCheckpoint = "INSERT INTO checkpoint VALUES ($1, $2)"
	insertTouch      = "INSERT INTO touch VALUES ($1, $2, $3, $4)"
	insertDisclosed  = "INSERT INTO disclosed VALUES ($1, $2)"
)

// prepareAppend parses the statements of an append.
func (d *DB) prepareAppend(ctx context.Context) error {
	d.append = map[string]*sql.Stmt{}
	for _, query := range []string{findLeaf, insertLeaf, insertCheckpoint, insertTouch, insertDisclosed} {
		stmt, err := d.w.PrepareContext(ctx, query)
		if err != nil {
			return err
		}
		d.append[query] = stmt
	}
	return nil
}

func (d *DB) appendLeaf(ctx context.Context, tx *sql.Tx, a record.Append) error {
	insert := func(query string, args ...any) error {
		_, err := tx.StmtContext(ctx, d.append[query]).ExecContext(ctx, args...)
		return err
	}
	if err := insert(insertLeaf, a.Index, a.Key, a.Hash[:], a.Leaf, micros(a.LandedAt), micros(a.RecordedAt)); err != nil {
		return err
	}
	if err := insert(insertCheckpoint, a.Index+1, a.Checkpoint); err != nil {
		return err
	}
	for _, t := range a.Tiles {
		if err := run(ctx, tx, "INSERT INTO tile VALUES ($1, $2, $3, $4)", t.Level, t.N, t.Data, t.Root[:]); err != nil {
			return err
		}
	}
	for _, t := range a.Touches {
		if err := insert(insertTouch, t.By, t.Value, micros(a.LandedAt), a.Index); err != nil {
			return err
		}
	}
	if len(a.Disclosures) > 0 {
		if err := insert(insertDisclosed, a.Index, encodeDisclosed(a.Index, a.Disclosures)); err != nil {
			return err
		}
	}
	if a.Erase == nil {
		return nil
	}
	return d.erase(ctx, tx, *a.Erase)
}

// run runs a statement that gives no rows.
func run(ctx context.Context, tx *sql.Tx, query string, args ...any) error {
	_, err := tx.ExecContext(ctx, query, args...)
	return err
}

// erase removes disclosures and index rows of a leaf.
func (d *DB) erase(ctx context.Context, tx *sql.Tx, e record.Erase) error {
	left, err := disclosures(ctx, tx, e.Index, e.Index+1)
	if err != nil {
		return err
	}
	left = slices.DeleteFunc(left, func(o record.Disclosure) bool { return slices.Contains(e.Commitments, o.Commitment) })
	if err := run(ctx, tx, "DELETE FROM disclosed WHERE idx = $1", e.Index); err != nil {
		return err
	}
	if len(left) > 0 {
		if err := run(ctx, tx, insertDisclosed, e.Index, encodeDisclosed(e.Index, left)); err != nil {
			return err
		}
	}
	for _, t := range e.Touches {
		if err := run(ctx, tx, `DELETE FROM touch WHERE dimension = $1 AND value = $2
			AND landed_at = (SELECT landed_at FROM leaf WHERE idx = $3) AND idx = $3`, t.By, t.Value, e.Index); err != nil {
			return err
		}
	}
	return nil
}

// flush empties the write-ahead log, in which what was erased still stands. The
// transaction is durable when it fails.
func (d *DB) flush(ctx context.Context) error {
	var busy, pages, moved int
	if err := d.w.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &pages, &moved); err != nil {
		return fmt.Errorf("erased, but the write-ahead log still holds it: %w", err)
	}
	if busy != 0 {
		return errors.New("erased, but the write-ahead log still holds it while somebody reads: restart to empty it")
	}
	return nil
}

func scanLeaf(row scanner) (s record.Stored, err error) {
	var hash []byte
	var landed, recorded int64
	if err := row.Scan(&s.Index, &s.Key, &hash, &s.Leaf, &landed, &recorded, &s.Checkpoint); err != nil {
		return s, err
	}
	s.LandedAt, s.RecordedAt = instant(landed), instant(recorded)
	s.Hash, err = hashOf(hash)
	return s, err
}

func hashOf(b []byte) (tlog.Hash, error) {
	if len(b) != tlog.HashSize {
		return tlog.Hash{}, fmt.Errorf("a hash of %d bytes", len(b))
	}
	return tlog.Hash(b), nil
}

// Head implements record.Store.
func (d *DB) Head(ctx context.Context) (h record.Head, err error) {
	var recorded, size int64
	err = d.r.QueryRowContext(ctx, `SELECT coalesce(max(idx) + 1, 0),
		coalesce((SELECT recorded_at FROM leaf ORDER BY idx DESC LIMIT 1), 0),
		coalesce((SELECT max(size) FROM checkpoint), 0),
		coalesce((SELECT note FROM checkpoint ORDER BY size DESC LIMIT 1), '') FROM leaf`).Scan(&h.Size, &recorded, &size, &h.Checkpoint)
	if err == nil && size != h.Size {
		err = fmt.Errorf("the log has %d leaves and its newest checkpoint %d: rows were removed", h.Size, size)
	}
	h.RecordedAt = instant(recorded)
	return h, err
}

// Hashes implements record.Store.
func (d *DB) Hashes(ctx context.Context, level int, from, to int64) ([]tlog.Hash, error) {
	if to-from > 1 && from>>8 == (to-1)>>8 {
		var data []byte
		err := d.r.QueryRowContext(ctx, "SELECT data FROM tile WHERE level = $1 AND n = $2", level, from>>8).Scan(&data)
		if err == nil && len(data) == 256*tlog.HashSize {
			return split(data[(from&255)*tlog.HashSize : (from&255+to-from)*tlog.HashSize]), nil
		} else if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return nil, err
		}
	}
	query, args := "SELECT hash FROM leaf WHERE idx >= $1 AND idx < $2 ORDER BY idx", []any{from, to}
	if level > 0 {
		query, args = "SELECT root FROM tile WHERE n >= $1 AND n < $2 AND level = $3 ORDER BY n", append(args, level-1)
	}
	out, err := list(ctx, d.r, func(row scanner) (tlog.Hash, error) {
		var b []byte
		if err := row.Scan(&b); err != nil {
			return tlog.Hash{}, err
		}
		return hashOf(b)
	}, query, args...)
	if err == nil && int64(len(out)) != to-from {
		err = fmt.Errorf("%d hashes of level %d between %d and %d: some are missing", len(out), level, from, to)
	}
	return out, err
}

func split(data []byte) []tlog.Hash {
	out := make([]tlog.Hash, 0, len(data)/tlog.HashSize)
	for ; len(data) > 0; data = data[tlog.HashSize:] {
		out = append(out, tlog.Hash(data[:tlog.HashSize]))
	}
	return out
}

// Leaves implements record.Store.
func (d *DB) Leaves(ctx context.Context, from, to int64) ([]record.Stored, error) {
	out, err := list(ctx, d.r, scanLeaf, "SELECT "+leafColumns+" WHERE leaf.idx >= $1 AND leaf.idx < $2 ORDER BY leaf.idx", from, to)
	if err == nil && int64(len(out)) != to-from {
		err = fmt.Errorf("%d leaves between %d and %d: some are missing", len(out), from, to)
	}
	return out, err
}
