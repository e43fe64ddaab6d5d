package store

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/countersign-dev/countersign/record"
)

// Disclosures implements record.Shelf.
func (d *DB) Disclosures(ctx context.Context, from, to int64) ([]record.Disclosure, error) {
	return list(ctx, d.r, func(row scanner) (o record.Disclosure, err error) {
		var value []byte
		if err := row.Scan(&o.Index, &o.Commitment, &o.Label, &o.Salt, &o.Attachment, &value); err != nil {
			return o, err
		}
		if o.Attachment != "" {
			o.Body = value
		} else {
			o.Value = string(value)
		}
		return o, nil
	}, "SELECT * FROM disclosure WHERE idx >= $1 AND idx < $2 ORDER BY idx, commitment", from, to)
}

// Touches implements record.Shelf.
func (d *DB) Touches(ctx context.Context, from, to int64) (map[int64][]record.Touch, error) {
	all := map[int64][]record.Touch{}
	_, err := list(ctx, d.r, func(row scanner) (_ struct{}, err error) {
		var index int64
		var t record.Touch
		if err := row.Scan(&index, &t.By, &t.Value); err != nil {
			return struct{}{}, err
		}
		all[index] = append(all[index], t)
		return struct{}{}, nil
	}, `SELECT touch.idx, touch.dimension, touch.value FROM touch JOIN leaf ON leaf.idx = touch.idx
		WHERE touch.idx >= $1 AND touch.idx < $2 AND touch.landed_at = leaf.landed_at`, from, to)
	return all, err
}

// Strays implements record.Shelf.
func (d *DB) Strays(ctx context.Context) (n int64, err error) {
	return n, d.r.QueryRowContext(ctx, `SELECT
		(SELECT count(*) FROM touch WHERE NOT EXISTS (SELECT 1 FROM leaf WHERE leaf.idx = touch.idx AND leaf.landed_at = touch.landed_at)) +
		(SELECT count(*) FROM disclosure WHERE NOT EXISTS (SELECT 1 FROM leaf WHERE leaf.idx = disclosure.idx)) +
		(SELECT count(*) FROM checkpoint WHERE NOT EXISTS (SELECT 1 FROM leaf WHERE leaf.idx + 1 = checkpoint.size))`).Scan(&n)
}

// Tiles implements record.Shelf.
func (d *DB) Tiles(ctx context.Context) ([]record.Tile, error) {
	return list(ctx, d.r, func(row scanner) (t record.Tile, err error) {
		var root []byte
		if err := row.Scan(&t.Level, &t.N, &t.Data, &root); err != nil {
			return t, err
		}
		t.Root, err = hashOf(root)
		return t, err
	}, "SELECT level, n, data, root FROM tile ORDER BY level, n")
}

// First implements record.Shelf.
func (d *DB) First(ctx context.Context, from time.Time) (index int64, ok bool, err error) {
	var lowest sql.NullInt64
	err = d.r.QueryRowContext(ctx, "SELECT min(idx) FROM leaf WHERE landed_at >= $1", micros(from)).Scan(&lowest)
	return lowest.Int64, lowest.Valid, err
}

// Find implements record.Store. The first touch leads the search, and the
// others are looked up for each leaf that it finds.
func (d *DB) Find(ctx context.Context, s record.Search) ([]int64, error) {
	from, to := int64(math.MinInt64), int64(math.MaxInt64)
	if !s.From.IsZero() {
		from = micros(s.From)
	}
	if !s.To.IsZero() {
		to = micros(s.To)
	}
	args := []any{from, to}
	arg := func(v any) string {
		args = append(args, v)
		return fmt.Sprintf("$%d", len(args))
	}
	table := "leaf"
	if len(s.Touches) > 0 {
		table = "touch"
	}
	var q strings.Builder // arguments in the order of their numbers
	q.WriteString("SELECT t.idx FROM " + table + " t WHERE t.landed_at >= $1 AND t.landed_at < $2")
	if len(s.Touches) > 0 {
		fmt.Fprintf(&q, " AND t.dimension = %s AND t.value = %s", arg(s.Touches[0].By), arg(s.Touches[0].Value))
		for _, o := range s.Touches[1:] {
			fmt.Fprintf(&q, " AND EXISTS (SELECT 1 FROM touch o WHERE o.dimension = %s AND o.value = %s AND o.landed_at = t.landed_at AND o.idx = t.idx)",
				arg(o.By), arg(o.Value))
		}
	}
	if s.After != nil {
		fmt.Fprintf(&q, " AND (t.landed_at, t.idx) < (%s, %s)", arg(micros(s.After.LandedAt)), arg(s.After.Index))
	}
	fmt.Fprintf(&q, " ORDER BY t.landed_at DESC, t.idx DESC LIMIT %s", arg(s.Limit))
	return list(ctx, d.r, scanInt, q.String(), args...)
}
