package store

import (
	"context"
	"fmt"
	"time"

	"github.com/countersign-dev/countersign/review"
)

// SetDue implements review.Store.
func (d *DB) SetDue(ctx context.Context, repoID int64, number int, at time.Time) error {
	var err error
	if at.IsZero() {
		_, err = d.exec(ctx, `DELETE FROM due WHERE repo_id = $1 AND pull = $2`, repoID, number)
	} else {
		_, err = d.exec(ctx, `INSERT INTO due (repo_id, pull, due_at) VALUES ($1, $2, $3)
			ON CONFLICT (repo_id, pull) DO UPDATE SET due_at = excluded.due_at`, repoID, number, micros(at))
	}
	if err != nil {
		return fmt.Errorf("set when %d#%d is due: %w", repoID, number, err)
	}
	return nil
}

// Due implements review.Store.
func (d *DB) Due(ctx context.Context, at time.Time) (map[review.Repo]time.Time, error) {
	type row struct {
		id  int64
		due time.Time
	}
	found, err := list(ctx, d.r, func(s scanner) (r row, err error) {
		var due int64
		err = s.Scan(&r.id, &due)
		r.due = instant(due)
		return r, err
	}, `SELECT repo_id, min(due_at) FROM (
			SELECT due.repo_id, due_at FROM due JOIN pull ON pull.repo_id = due.repo_id AND pull.number = due.pull WHERE open AND due_at <= $1
			UNION ALL SELECT repo_id, due_at FROM obligation WHERE state = 'open' AND due_at <= $1
		) GROUP BY repo_id`, micros(at))
	if err != nil {
		return nil, fmt.Errorf("list what is due: %w", err)
	}
	out := map[review.Repo]time.Time{}
	for _, f := range found {
		repo, ok, err := d.Repo(ctx, f.id)
		if err != nil {
			return nil, err
		}
		if ok {
			out[repo] = f.due
		}
	}
	return out, nil
}
