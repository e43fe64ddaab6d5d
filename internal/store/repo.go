package store

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/countersign-dev/countersign/review"
)

// AddRepo implements review.Store. What r leaves empty stays as it was.
func (d *DB) AddRepo(ctx context.Context, r review.Repo) error {
	err := d.write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.Exec(`
			INSERT INTO repo (repo_id, installation, owner, name, private, default_branch) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (repo_id) DO UPDATE SET
				installation = excluded.installation,
				owner = CASE WHEN excluded.owner <> '' THEN excluded.owner ELSE repo.owner END,
				name = CASE WHEN excluded.name <> '' THEN excluded.name ELSE repo.name END,
				private = excluded.private,
				default_branch = CASE WHEN excluded.default_branch <> '' THEN excluded.default_branch ELSE repo.default_branch END`,
			r.ID, r.Installation, r.Owner, r.Name, r.Private, r.DefaultBranch); err != nil {
			return err
		}
		if r.Owner == "" || r.Name == "" {
			return nil
		}
		_, err := tx.Exec(`INSERT INTO first_name (repo_id, name) VALUES ($1, $2) ON CONFLICT DO NOTHING`, r.ID, r.String())
		return err
	})
	if err != nil {
		return fmt.Errorf("add repository %v: %w", r, err)
	}
	return nil
}

// FirstName implements review.Store.
func (d *DB) FirstName(ctx context.Context, repoID int64) (string, error) {
	name, _, err := one(ctx, d.r, func(row scanner) (s string, err error) { return s, row.Scan(&s) },
		`SELECT name FROM first_name WHERE repo_id = $1`, repoID)
	return name, err
}

// RemoveRepo implements review.Store. What is known of its pull requests stays.
func (d *DB) RemoveRepo(ctx context.Context, repoID int64) error {
	if _, err := d.exec(ctx, `DELETE FROM repo WHERE repo_id = $1`, repoID); err != nil {
		return fmt.Errorf("remove repository %d: %w", repoID, err)
	}
	return nil
}

const selectRepo = `SELECT installation, repo_id, owner, name, private, default_branch FROM repo `

func scanRepo(row scanner) (r review.Repo, err error) {
	return r, row.Scan(&r.Installation, &r.ID, &r.Owner, &r.Name, &r.Private, &r.DefaultBranch)
}

// Repos implements review.Store.
func (d *DB) Repos(ctx context.Context) ([]review.Repo, error) {
	return list(ctx, d.r, scanRepo, selectRepo+`ORDER BY repo_id`)
}

// Repo returns a repository, or ok false when the app does not have it.
func (d *DB) Repo(ctx context.Context, repoID int64) (r review.Repo, ok bool, err error) {
	return one(ctx, d.r, scanRepo, selectRepo+`WHERE repo_id = $1`, repoID)
}
