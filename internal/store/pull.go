package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/countersign-dev/countersign/review"
)

var _ review.Store = (*DB)(nil)

// SavePull implements review.Store. What was published stays as it was. A first
// sight may be of the very second in which somebody spoke of it.
func (d *DB) SavePull(ctx context.Context, p review.PullState) error {
	labels, err := json.Marshal(p.Labels)
	if err != nil {
		return err
	}
	_, err = d.exec(ctx, `
		INSERT INTO pull (repo_id, number, title, author_id, author_login, author_type, open, head, head_ref, base_ref, onto, draft, fork, labels, updated_at, based_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $15 - 1)
		ON CONFLICT (repo_id, number) DO UPDATE SET
			title = excluded.title, author_id = excluded.author_id, author_login = excluded.author_login,
			author_type = excluded.author_type, open = excluded.open, head = excluded.head, head_ref = excluded.head_ref,
			base_ref = excluded.base_ref, onto = excluded.onto, draft = excluded.draft, fork = excluded.fork, labels = excluded.labels,
			updated_at = excluded.updated_at,
			based_at = CASE WHEN pull.base_ref = excluded.base_ref AND pull.onto = excluded.onto THEN pull.based_at ELSE excluded.updated_at END
		WHERE pull.updated_at <= excluded.updated_at`,
		p.RepoID, p.Number, p.Title, p.Author.ID, p.Author.Login, p.Author.Type, p.Open, p.Head, p.HeadRef, p.BaseRef, p.Onto,
		p.Draft, p.Fork, string(labels), micros(p.UpdatedAt))
	if err != nil {
		return fmt.Errorf("save pull %d#%d: %w", p.RepoID, p.Number, err)
	}
	return nil
}

// SaveCheck implements review.Store. The pull request must have been saved.
func (d *DB) SaveCheck(ctx context.Context, repoID int64, number int, c review.CheckState) error {
	n, err := d.exec(ctx, `
		UPDATE pull SET check_id = $3, check_branch = $4, check_head = $5, check_state = $6, check_title = $7, check_digest = $8
		WHERE repo_id = $1 AND number = $2`,
		repoID, number, c.ID, c.Branch, c.Head, string(c.State), c.Title, c.Digest)
	return known(n, err, "save check of pull", repoID, number)
}

// SaveComment implements review.Store. The pull request must have been saved.
func (d *DB) SaveComment(ctx context.Context, repoID int64, number int, c review.CommentState) error {
	n, err := d.exec(ctx, `UPDATE pull SET comment_id = $3, comment_digest = $4 WHERE repo_id = $1 AND number = $2`,
		repoID, number, c.ID, c.Digest)
	return known(n, err, "save comment of pull", repoID, number)
}

// SaveIdle implements review.Store. The pull request must have been saved.
func (d *DB) SaveIdle(ctx context.Context, repoID int64, number int, idle string) error {
	n, err := d.exec(ctx, `UPDATE pull SET idle = $3 WHERE repo_id = $1 AND number = $2`, repoID, number, idle)
	return known(n, err, "save pull", repoID, number)
}

// known turns an update that met no row into an error.
func known(n int64, err error, what string, repoID int64, number int) error {
	if err != nil {
		return fmt.Errorf("%s %d#%d: %w", what, repoID, number, err)
	}
	if n == 0 {
		return fmt.Errorf("%s %d#%d: it is not known", what, repoID, number)
	}
	return nil
}

const selectPull = `SELECT repo_id, number, title, author_id, author_login, author_type, open, head, head_ref, base_ref, onto, draft, fork, labels,
	updated_at, based_at, check_id, check_branch, check_head, check_state, check_title, check_digest, comment_id, comment_digest, idle FROM pull `

func scanPull(row scanner) (p review.PullState, err error) {
	var labels string
	var updated, based int64
	if err := row.Scan(&p.RepoID, &p.Number, &p.Title, &p.Author.ID, &p.Author.Login, &p.Author.Type, &p.Open, &p.Head, &p.HeadRef,
		&p.BaseRef, &p.Onto, &p.Draft, &p.Fork, &labels, &updated, &based, &p.Check.ID, &p.Check.Branch, &p.Check.Head, &p.Check.State,
		&p.Check.Title, &p.Check.Digest, &p.Comment.ID, &p.Comment.Digest, &p.Idle); err != nil {
		return p, err
	}
	p.UpdatedAt, p.BasedAt = instant(updated), instant(based)
	return p, json.Unmarshal([]byte(labels), &p.Labels)
}

// Pull implements review.Store.
func (d *DB) Pull(ctx context.Context, repoID int64, number int) (review.PullState, bool, error) {
	return one(ctx, d.r, scanPull, selectPull+`WHERE repo_id = $1 AND number = $2`, repoID, number)
}

// PullsAt implements review.Store.
func (d *DB) PullsAt(ctx context.Context, repoID int64, head string) ([]review.PullState, error) {
	return list(ctx, d.r, scanPull, selectPull+`WHERE open AND repo_id = $1 AND head = $2 ORDER BY number`, repoID, head)
}

// OpenPulls implements review.Store.
func (d *DB) OpenPulls(ctx context.Context, repoID int64, baseRef string) ([]review.PullState, error) {
	return list(ctx, d.r, scanPull, selectPull+`WHERE open AND repo_id = $1 AND ($2 = '' OR base_ref = $2) ORDER BY number`, repoID, baseRef)
}
