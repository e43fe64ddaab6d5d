package store

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/countersign-dev/countersign/review"
)

// AddSignoff implements review.Store. The ID of s is ignored.
func (d *DB) AddSignoff(ctx context.Context, s review.Signoff) (added bool, err error) {
	v, gone, err := one(ctx, d.r, scanVoiding, `SELECT reason, by_id, by_login, by_type, at, delivery FROM gone
		WHERE repo_id = $1 AND via = $2 AND source_id = $3`, s.RepoID, s.Via, s.SourceID)
	if err != nil {
		return false, fmt.Errorf("add %s %d of %d#%d: %w", s.Via, s.SourceID, s.RepoID, s.Pull, err)
	}
	if s.Voided != nil && !gone {
		v = *s.Voided
	}
	n, err := d.exec(ctx, `
		INSERT INTO signoff (repo_id, pull, base_ref, requirement, digest, head, verb, user_id, user_login, user_type, through, via,
			source_id, url, statement, body, created_at, delivery, payload, refused,
			void_reason, void_by_id, void_by_login, void_by_type, void_at, void_delivery)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26)
		ON CONFLICT (repo_id, via, source_id, requirement, verb) DO NOTHING`,
		s.RepoID, s.Pull, s.BaseRef, s.Requirement, s.Digest, s.Head, string(s.Verb), s.User.ID, s.User.Login, s.User.Type, s.Through, s.Via,
		s.SourceID, s.URL, s.Statement, s.Body, micros(s.CreatedAt), s.Delivery, s.Payload, s.Refused,
		v.Reason, v.By.ID, v.By.Login, v.By.Type, micros(v.At), v.Delivery)
	if err != nil {
		return false, fmt.Errorf("add %s %d of %d#%d: %w", s.Via, s.SourceID, s.RepoID, s.Pull, err)
	}
	return n > 0, nil
}

func scanVoiding(row scanner) (v review.Voiding, err error) {
	var at int64
	err = row.Scan(&v.Reason, &v.By.ID, &v.By.Login, &v.By.Type, &at, &v.Delivery)
	v.At = instant(at)
	return v, err
}

// SaveGone implements review.Store. The first account stands.
func (d *DB) SaveGone(ctx context.Context, repoID int64, via string, sourceID int64, v review.Voiding) error {
	_, err := d.exec(ctx, `INSERT INTO gone (repo_id, via, source_id, reason, by_id, by_login, by_type, at, delivery)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING`,
		repoID, via, sourceID, v.Reason, v.By.ID, v.By.Login, v.By.Type, micros(v.At), v.Delivery)
	if err != nil {
		return fmt.Errorf("keep what became of %s %d: %w", via, sourceID, err)
	}
	return nil
}

// Void implements review.Store. It returns how many statements that could
// let something land are void for this reason and delivery, so that a second try
// after a crash learns what the first one did.
func (d *DB) Void(ctx context.Context, repoID int64, via string, sourceID int64, v review.Voiding) (n int, err error) {
	if v.Reason == "" {
		return 0, fmt.Errorf("void %s %d: a reason is required", via, sourceID)
	}
	err = d.write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.Exec(`
			UPDATE signoff SET void_reason = $4, void_by_id = $5, void_by_login = $6, void_by_type = $7, void_at = $8, void_delivery = $9
			WHERE repo_id = $1 AND via = $2 AND source_id = $3 AND void_reason = ''`,
			repoID, via, sourceID, v.Reason, v.By.ID, v.By.Login, v.By.Type, micros(v.At), v.Delivery); err != nil {
			return err
		}
		return tx.QueryRow(`SELECT count(*) FROM signoff
			WHERE repo_id = $1 AND via = $2 AND source_id = $3 AND void_reason = $4 AND void_delivery = $5 AND refused = ''
				AND verb IN ('approve', 'override', 'emergency')`,
			repoID, via, sourceID, v.Reason, v.Delivery).Scan(&n)
	})
	if err != nil {
		return 0, fmt.Errorf("void %s %d: %w", via, sourceID, err)
	}
	return n, nil
}

const selectSignoff = `SELECT id, repo_id, pull, base_ref, requirement, digest, head, verb, user_id, user_login, user_type, through, via,
	source_id, url, statement, body, created_at, delivery, payload, refused,
	void_reason, void_by_id, void_by_login, void_by_type, void_at, void_delivery FROM signoff `

func scanSignoff(row scanner) (s review.Signoff, err error) {
	var v review.Voiding
	var created, voided int64
	if err := row.Scan(&s.ID, &s.RepoID, &s.Pull, &s.BaseRef, &s.Requirement, &s.Digest, &s.Head, &s.Verb, &s.User.ID, &s.User.Login,
		&s.User.Type, &s.Through, &s.Via, &s.SourceID, &s.URL, &s.Statement, &s.Body, &created, &s.Delivery, &s.Payload, &s.Refused,
		&v.Reason, &v.By.ID, &v.By.Login, &v.By.Type, &voided, &v.Delivery); err != nil {
		return s, err
	}
	s.CreatedAt, v.At = instant(created), instant(voided)
	if v.Reason != "" {
		s.Voided = &v
	}
	return s, nil
}

// Signoffs implements review.Store.
func (d *DB) Signoffs(ctx context.Context, repoID int64, number int) ([]review.Signoff, error) {
	return list(ctx, d.r, scanSignoff, selectSignoff+`WHERE repo_id = $1 AND pull = $2 ORDER BY id`, repoID, number)
}

// RejectionsOf implements review.Store. Refused ones are left out; void ones are
// not, since a rejection outlives its comment.
func (d *DB) RejectionsOf(ctx context.Context, repoID int64, requirement, digest string) ([]review.Signoff, error) {
	return list(ctx, d.r, scanSignoff, selectSignoff+`WHERE repo_id = $1 AND requirement = $2 AND digest = $3
		AND verb IN ('reject', 'override', 'withdraw') AND refused = '' ORDER BY id`, repoID, requirement, digest)
}
