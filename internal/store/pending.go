package store

import (
	"context"
	"time"

	"github.com/countersign-dev/countersign/webhook"
)

// Pending reports whether a delivery is being handled, or could be claimed at now.
func (d *DB) Pending(ctx context.Context, now time.Time) (bool, error) {
	n, _, err := one(ctx, d.r, scanInt, `
		SELECT count(*) FROM delivery d
		WHERE d.state = 'pending' AND d.lease_until > $1 OR`+free, micros(now), webhook.Patience)
	return n > 0, err
}

// Ping reports whether the database answers.
func (d *DB) Ping(ctx context.Context) error { return d.r.PingContext(ctx) }
