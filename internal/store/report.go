package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/countersign-dev/countersign/review"
)

// AddReport implements review.Store.
func (d *DB) AddReport(ctx context.Context, r review.Report) error {
	digests, err := json.Marshal(r.Digests)
	if err != nil {
		return err
	}
	named, err := json.Marshal(r.Named)
	if err != nil {
		return err
	}
	_, err = d.exec(ctx, `
		INSERT INTO report (repo_id, number, head, base_ref, digests, named, updated_at) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT DO NOTHING`,
		r.RepoID, r.Number, r.Head, r.BaseRef, string(digests), string(named), micros(r.UpdatedAt))
	if err != nil {
		return fmt.Errorf("add report on %d#%d: %w", r.RepoID, r.Number, err)
	}
	return nil
}

func scanReport(row scanner) (r review.Report, err error) {
	var digests, named string
	var updated int64
	if err := row.Scan(&r.RepoID, &r.Number, &r.Head, &r.BaseRef, &digests, &named, &updated); err != nil {
		return r, err
	}
	r.UpdatedAt = instant(updated)
	if err := json.Unmarshal([]byte(digests), &r.Digests); err != nil {
		return r, err
	}
	return r, json.Unmarshal([]byte(named), &r.Named)
}

// Reports implements review.Store. Reports of one second stand in the order in
// which they were added.
func (d *DB) Reports(ctx context.Context, repoID int64, number int) ([]review.Report, error) {
	return list(ctx, d.r, scanReport, `SELECT repo_id, number, head, base_ref, digests, named, updated_at FROM report
		WHERE repo_id = $1 AND number = $2 ORDER BY updated_at, seq`, repoID, number)
}
