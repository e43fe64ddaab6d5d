package store

import (
	"context"
	"time"
)

// Pending reports whether a delivery is due at now, or being handled.
func (d *DB) Pending(ctx context.Context, now time.Time) (bool, error) {
	n, _, err := one(ctx, d.r, scanInt, `
		SELECT count(*) FROM delivery WHERE state = 'pending' AND (due_at <= $1 OR lease_until > $1)`, micros(now))
	return n > 0, err
}

// Ping reports whether the database answers.
func (d *DB) Ping(ctx context.Context) error { return d.r.PingContext(ctx) }
