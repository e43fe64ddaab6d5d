package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/countersign-dev/countersign/review"
)

// AddObligation implements review.Store.
func (d *DB) AddObligation(ctx context.Context, o review.Obligation) error {
	signers, err := json.Marshal(o.Signers)
	if err != nil {
		return err
	}
	_, err = d.exec(ctx, `INSERT INTO obligation (repo_id, pull, requirement, digest, need, signers, landed_at, due_at, state)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING`,
		o.RepoID, o.Pull, o.Requirement, o.Digest, o.Need, string(signers), micros(o.LandedAt), micros(o.Due), o.State)
	if err != nil {
		return fmt.Errorf("add obligation %s of %d#%d: %w", o.Requirement, o.RepoID, o.Pull, err)
	}
	return nil
}

const selectObligation = `SELECT repo_id, pull, requirement, digest, need, signers, landed_at, due_at, state FROM obligation `

func scanObligation(row scanner) (o review.Obligation, err error) {
	var signers string
	var landed, due int64
	if err := row.Scan(&o.RepoID, &o.Pull, &o.Requirement, &o.Digest, &o.Need, &signers, &landed, &due, &o.State); err != nil {
		return o, err
	}
	o.LandedAt, o.Due = instant(landed), instant(due)
	return o, json.Unmarshal([]byte(signers), &o.Signers)
}

// Obligations implements review.Store.
func (d *DB) Obligations(ctx context.Context, repoID int64, number int) ([]review.Obligation, error) {
	return list(ctx, d.r, scanObligation, selectObligation+`WHERE repo_id = $1 AND pull = $2 ORDER BY requirement`, repoID, number)
}

// OpenObligations implements review.Store.
func (d *DB) OpenObligations(ctx context.Context, repoID int64) ([]review.Obligation, error) {
	return list(ctx, d.r, scanObligation, selectObligation+`WHERE repo_id = $1 AND state = 'open' ORDER BY due_at, pull, requirement`, repoID)
}

// SetObligation implements review.Store. What was reviewed stays so.
func (d *DB) SetObligation(ctx context.Context, repoID int64, number int, requirement, state string) error {
	_, err := d.exec(ctx, `UPDATE obligation SET state = $4 WHERE repo_id = $1 AND pull = $2 AND requirement = $3 AND state <> 'reviewed'`,
		repoID, number, requirement, state)
	if err != nil {
		return fmt.Errorf("set obligation %s of %d#%d: %w", requirement, repoID, number, err)
	}
	return nil
}
