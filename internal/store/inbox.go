package store

import (
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"time"

	"github.com/countersign-dev/countersign/webhook"
)

var (
	_ webhook.Inbox = (*DB)(nil)
	_ webhook.Repos = (*DB)(nil)
)

// Add implements webhook.Inbox.
func (d *DB) Add(ctx context.Context, v webhook.Delivery) (added bool, err error) {
	n, err := d.exec(ctx, `
		INSERT INTO delivery (guid, event, action, installation, repo_id, pull, lane, wide, digest, body, received_at, due_at)
		SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11
		WHERE ($2 <> $12 OR NOT EXISTS (SELECT 1 FROM delivery e WHERE e.installation = $4 AND e.repo_id = $5 AND e.lane = $7
			AND e.event = $2 AND e.action IN ($3, $13) AND e.state = 'pending' AND e.attempts = 0))
		AND NOT ($14 AND EXISTS (SELECT 1 FROM delivery e WHERE e.digest = $9 AND e.guid <> $1))
		ON CONFLICT (guid) DO UPDATE SET state = 'pending', attempts = 0, due_at = excluded.due_at, error = '', ended_at = 0
		WHERE delivery.state = 'dead' AND delivery.digest = excluded.digest`,
		v.GUID, v.Event, v.Action, v.Installation, v.RepoID, v.Pull, v.Lane, v.Wide, v.Digest, v.Body, micros(v.ReceivedAt),
		webhook.SweepEvent, webhook.SweepAll, v.Once)
	if err != nil {
		return false, fmt.Errorf("add delivery %s: %w", v.GUID, err)
	}
	return n > 0, nil
}

// A delivery d may be handled when it is due, nobody holds it, and there is
// none beside which, or before which, it may not be handled: of one lane, or of
// one repository when one of the two is wide. $1 is now, $2 webhook.Patience.
const (
	inTheWay = ` AND e.state = 'pending' AND e.seq <> d.seq AND (e.lease_until > $1 OR e.seq < d.seq AND e.attempts < $2)) `
	inRepo   = `EXISTS (SELECT 1 FROM delivery e WHERE e.installation = d.installation AND e.repo_id = d.repo_id `
	free     = ` d.state = 'pending' AND d.due_at <= $1 AND d.lease_until <= $1
		AND NOT ` + inRepo + `AND e.lane = d.lane` + inTheWay + `
		AND NOT ` + inRepo + `AND e.wide` + inTheWay + `
		AND NOT (d.wide AND ` + inRepo + inTheWay + `) `
)

// Claim implements webhook.Inbox. A reader looks, so that idle workers do not
// disturb writers, and the writer makes sure of what was found.
func (d *DB) Claim(ctx context.Context, now time.Time, ttl time.Duration) (v webhook.Delivery, l webhook.Lease, ok bool, err error) {
	holder := rand.Text()
	for {
		seq, found, err := one(ctx, d.r, scanInt, `SELECT d.seq FROM delivery d WHERE`+free+`ORDER BY d.seq LIMIT 1`, micros(now), webhook.Patience)
		if err != nil || !found {
			return v, l, false, wrapClaim(err)
		}
		err = d.write(ctx, func(tx *sql.Tx) error {
			v, ok, err = one(ctx, tx, scanDelivery, `
				UPDATE delivery AS d SET lease = $3, lease_until = $4, attempts = attempts + 1 WHERE d.seq = $5 AND`+free+`
				RETURNING guid, event, action, installation, repo_id, pull, lane, wide, digest, body, received_at, attempts`,
				micros(now), webhook.Patience, holder, micros(now.Add(ttl)), seq)
			return err
		})
		if err != nil {
			return v, l, false, wrapClaim(err)
		}
		if ok {
			return v, webhook.Lease{GUID: v.GUID, Holder: holder}, true, nil
		}
	}
}

func wrapClaim(err error) error {
	if err != nil {
		return fmt.Errorf("claim a delivery: %w", err)
	}
	return nil
}

func scanDelivery(row scanner) (v webhook.Delivery, err error) {
	var received int64
	err = row.Scan(&v.GUID, &v.Event, &v.Action, &v.Installation, &v.RepoID, &v.Pull, &v.Lane, &v.Wide, &v.Digest, &v.Body, &received, &v.Attempts)
	v.ReceivedAt = instant(received)
	return v, err
}

// Extend implements webhook.Inbox.
func (d *DB) Extend(ctx context.Context, l webhook.Lease, now time.Time, ttl time.Duration) error {
	n, err := d.exec(ctx, `UPDATE delivery SET lease_until = $4 WHERE guid = $1 AND lease = $2 AND lease_until > $3 AND state = 'pending'`,
		l.GUID, l.Holder, micros(now), micros(now.Add(ttl)))
	return held(n, err, l)
}

// Done implements webhook.Inbox.
func (d *DB) Done(ctx context.Context, l webhook.Lease, now time.Time) error {
	err := d.write(ctx, func(tx *sql.Tx) error {
		res, err := tx.Exec(`UPDATE delivery SET state = 'done', ended_at = $3, error = '', lease = '', lease_until = 0
			WHERE guid = $1 AND lease = $2 AND state = 'pending'`, l.GUID, l.Holder, micros(now))
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return cmp.Or(err, webhook.ErrLeaseLost)
		}
		_, err = tx.Exec(`DELETE FROM delivery WHERE guid = $1 AND event = $2`, l.GUID, webhook.SweepEvent)
		return err
	})
	return held(1, err, l)
}

// Retry implements webhook.Inbox.
func (d *DB) Retry(ctx context.Context, l webhook.Lease, due time.Time, reason string) error {
	return d.end(ctx, l, `UPDATE delivery SET due_at = $3, error = $4, lease = '', lease_until = 0
		WHERE guid = $1 AND lease = $2 AND state = 'pending'`, micros(due), reason)
}

// Dead implements webhook.Inbox.
func (d *DB) Dead(ctx context.Context, l webhook.Lease, now time.Time, reason string) error {
	return d.end(ctx, l, `UPDATE delivery SET state = 'dead', ended_at = $3, error = $4, lease = '', lease_until = 0
		WHERE guid = $1 AND lease = $2 AND state = 'pending'`, micros(now), reason)
}

// Trim implements webhook.Inbox.
func (d *DB) Trim(ctx context.Context, before time.Time) (int64, error) {
	n, err := d.exec(ctx, `UPDATE delivery SET body = x'' WHERE state = 'done' AND body <> x'' AND ended_at < $1`, micros(before))
	if err != nil {
		return 0, fmt.Errorf("trim deliveries: %w", err)
	}
	return n, nil
}

// end ends a lease.
func (d *DB) end(ctx context.Context, l webhook.Lease, query string, args ...any) error {
	n, err := d.exec(ctx, query, append([]any{l.GUID, l.Holder}, args...)...)
	return held(n, err, l)
}

func held(n int64, err error, l webhook.Lease) error {
	if err != nil {
		return fmt.Errorf("delivery %s: %w", l.GUID, err)
	}
	if n == 0 {
		return fmt.Errorf("delivery %s: %w", l.GUID, webhook.ErrLeaseLost)
	}
	return nil
}

// A Failure is a delivery that was given up.
type Failure struct {
	webhook.Delivery
	At     time.Time
	Reason string
}

// Failures lists the deliveries that were given up, the newest first, at most
// limit. One that GitHub delivers again is attempted again.
func (d *DB) Failures(ctx context.Context, limit int) ([]Failure, error) {
	return list(ctx, d.r, func(row scanner) (f Failure, err error) {
		var at int64
		err = row.Scan(&f.GUID, &f.Event, &f.Action, &f.Installation, &f.RepoID, &f.Pull, &f.Digest, &f.Attempts, &at, &f.Reason)
		f.At = instant(at)
		return f, err
	}, `SELECT guid, event, action, installation, repo_id, pull, digest, attempts, ended_at, error FROM delivery
		WHERE state = 'dead' ORDER BY seq DESC LIMIT $1`, limit)
}

// Backlog returns how many deliveries wait to be handled.
func (d *DB) Backlog(ctx context.Context) (int, error) {
	n, _, err := one(ctx, d.r, scanInt, `SELECT count(*) FROM delivery WHERE state = 'pending'`)
	return int(n), err
}
