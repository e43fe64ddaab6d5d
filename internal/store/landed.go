package store

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/countersign-dev/countersign/review"
)

// AddLanded implements review.Store.
func (d *DB) AddLanded(ctx context.Context, repoID int64, branch, record string, files []review.File) error {
	err := d.write(ctx, func(tx *sql.Tx) error {
		for _, f := range files {
			if _, err := tx.Exec(`INSERT INTO landed_file (repo_id, branch, path, mode, digest, record) VALUES ($1, $2, $3, $4, $5, $6)
				ON CONFLICT DO NOTHING`, repoID, branch, f.Path, f.AfterMode, f.After, record); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("keep what %s landed: %w", record, err)
	}
	return nil
}

// LandedWith implements review.Store.
func (d *DB) LandedWith(ctx context.Context, repoID int64, branch string, files []review.File) (string, error) {
	have := map[string]int{}
	newest := ""
	for i, f := range files {
		records, err := list(ctx, d.r, func(s scanner) (record string, err error) { return record, s.Scan(&record) },
			`SELECT record FROM landed_file WHERE repo_id = $1 AND branch = $2 AND path = $3 AND mode = $4 AND digest = $5 ORDER BY seq`,
			repoID, branch, f.Path, f.AfterMode, f.After)
		if err != nil {
			return "", fmt.Errorf("look for an earlier landing of %s: %w", f.Path, err)
		}
		newest = ""
		for _, r := range records {
			if have[r] == i {
				have[r], newest = i+1, r
			}
		}
		if newest == "" {
			return "", nil
		}
	}
	return newest, nil
}
