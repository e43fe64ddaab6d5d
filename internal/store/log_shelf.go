package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/countersign-dev/countersign/record"
)

// An opened is a disclosure as it is kept: as it is exported, with the bytes of
// an attachment, which are UTF-8, beside it.
type opened struct {
	record.Disclosure
	Body string `json:"body,omitempty"`
}

// encodeDisclosed writes the disclosures of one leaf, sorted by commitment.
func encodeDisclosed(index int64, all []record.Disclosure) string {
	list := make([]opened, len(all))
	for i, d := range all {
		d.Index = index
		list[i] = opened{d, string(d.Body)}
	}
	slices.SortFunc(list, func(a, b opened) int { return strings.Compare(string(a.Commitment), string(b.Commitment)) })
	data, err := json.Marshal(list)
	if err != nil {
		panic(err) // strings and numbers
	}
	return string(data)
}

// Disclosures implements record.Shelf.
func (d *DB) Disclosures(ctx context.Context, from, to int64) ([]record.Disclosure, error) {
	return disclosures(ctx, d.r, from, to)
}

// disclosures reads those of the leaves [from, to).
func disclosures(ctx context.Context, q querier, from, to int64) ([]record.Disclosure, error) {
	rows, err := list(ctx, q, func(row scanner) (out []record.Disclosure, err error) {
		var index int64
		var data []byte
		if err := row.Scan(&index, &data); err != nil {
			return nil, err
		}
		var all []opened
		if json.Unmarshal(data, &all) != nil {
			return []record.Disclosure{{Index: index}}, nil
		}
		for _, o := range all {
			if o.Index != index {
				return []record.Disclosure{{Index: index}}, nil
			}
			if o.Attachment != "" {
				o.Disclosure.Body = []byte(o.Body)
			}
			out = append(out, o.Disclosure)
		}
		return out, nil
	}, "SELECT idx, list FROM disclosed WHERE idx >= $1 AND idx < $2 ORDER BY idx", from, to)
	return slices.Concat(rows...), err
}

// Touched implements record.Shelf.
func (d *DB) Touched(ctx context.Context, s record.Stored, want []record.Touch) (n int, err error) {
	rows := make([][2]string, len(want))
	for i, t := range want {
		rows[i] = [2]string{t.By, t.Value}
	}
	data, err := json.Marshal(rows)
	if err != nil {
		return 0, err
	}
	return n, d.r.QueryRowContext(ctx, `SELECT count(*) FROM json_each($1) want CROSS JOIN touch
		WHERE dimension = want.value ->> 0 AND touch.value = want.value ->> 1 AND landed_at = $2 AND idx = $3`,
		string(data), micros(s.LandedAt), s.Index).Scan(&n)
}

// Strays implements record.Shelf.
func (d *DB) Strays(ctx context.Context, touches int64) (n int64, err error) {
	return n, d.r.QueryRowContext(ctx, `SELECT (SELECT max(count(*) - $1, 0) FROM touch) +
		(SELECT count(*) FROM disclosed WHERE NOT EXISTS (SELECT 1 FROM leaf WHERE leaf.idx = disclosed.idx)) +
		(SELECT count(*) FROM checkpoint WHERE NOT EXISTS (SELECT 1 FROM leaf WHERE leaf.idx + 1 = checkpoint.size))`, touches).Scan(&n)
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
