package store

import (
	"context"
	"fmt"

	"github.com/countersign-dev/countersign/review"
)

// SaveMerge implements review.Store. GitHub's own account of a merge, once
// kept, is not replaced.
func (d *DB) SaveMerge(ctx context.Context, repoID int64, m review.Merge) error {
	_, err := d.exec(ctx, `
		INSERT INTO merged (repo_id, commit_id, number, head, base_ref, by_id, by_login, by_type, merged_at, title, body,
			author_id, author_login, author_type, complete)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
		ON CONFLICT (repo_id, commit_id, number) DO UPDATE SET
			head = excluded.head, base_ref = excluded.base_ref, by_id = excluded.by_id, by_login = excluded.by_login,
			by_type = excluded.by_type, merged_at = excluded.merged_at, title = excluded.title, body = excluded.body,
			author_id = excluded.author_id, author_login = excluded.author_login, author_type = excluded.author_type,
			complete = excluded.complete
		WHERE NOT merged.complete`,
		repoID, m.Commit, m.Number, m.Head, m.BaseRef, m.By.ID, m.By.Login, m.By.Type, micros(m.At), m.Title, m.Body,
		m.Author.ID, m.Author.Login, m.Author.Type, m.Complete)
	if err != nil {
		return fmt.Errorf("save merge of %d#%d: %w", repoID, m.Number, err)
	}
	return nil
}

func scanMerge(row scanner) (m review.Merge, err error) {
	var at int64
	err = row.Scan(&m.Commit, &m.Number, &m.Head, &m.BaseRef, &m.By.ID, &m.By.Login, &m.By.Type, &at, &m.Title, &m.Body,
		&m.Author.ID, &m.Author.Login, &m.Author.Type, &m.Complete)
	m.At = instant(at)
	return m, err
}

// MergeOf implements review.Store. Of several pull requests that one commit
// merged into the branch, it returns the one of which most is known, then the
// first.
func (d *DB) MergeOf(ctx context.Context, repoID int64, commit, branch string) (review.Merge, bool, error) {
	if commit == "" {
		return review.Merge{}, false, nil
	}
	return one(ctx, d.r, scanMerge, `SELECT commit_id, number, head, base_ref, by_id, by_login, by_type, merged_at, title, body,
		author_id, author_login, author_type, complete FROM merged
		WHERE repo_id = $1 AND commit_id = $2 AND base_ref = $3 ORDER BY complete DESC, number LIMIT 1`, repoID, commit, branch)
}
