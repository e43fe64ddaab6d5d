package store

import (
	"context"
	"fmt"

	"github.com/countersign-dev/countersign/review"
)

// SaveGroup implements review.Store.
func (d *DB) SaveGroup(ctx context.Context, g review.GroupState) error {
	_, err := d.exec(ctx, `
		INSERT INTO merge_group (repo_id, head, base_ref, base, pull, ended, check_id, check_branch, check_state, check_title, check_digest)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
		ON CONFLICT (repo_id, head) DO UPDATE SET
			base_ref = excluded.base_ref, base = excluded.base, pull = excluded.pull, ended = excluded.ended,
			check_id = excluded.check_id, check_branch = excluded.check_branch, check_state = excluded.check_state,
			check_title = excluded.check_title, check_digest = excluded.check_digest`,
		g.RepoID, g.Head, g.BaseRef, g.Base, g.Pull, g.Ended, g.Check.ID, g.Check.Branch, string(g.Check.State), g.Check.Title, g.Check.Digest)
	if err != nil {
		return fmt.Errorf("save merge group %s: %w", g.Head, err)
	}
	return nil
}

const selectGroup = `SELECT repo_id, head, base_ref, base, pull, ended, check_id, check_branch, check_state, check_title, check_digest FROM merge_group `

func scanGroup(row scanner) (g review.GroupState, err error) {
	err = row.Scan(&g.RepoID, &g.Head, &g.BaseRef, &g.Base, &g.Pull, &g.Ended, &g.Check.ID, &g.Check.Branch, &g.Check.State,
		&g.Check.Title, &g.Check.Digest)
	g.Check.Head = g.Head
	return g, err
}

// Group implements review.Store.
func (d *DB) Group(ctx context.Context, repoID int64, head string) (review.GroupState, bool, error) {
	return one(ctx, d.r, scanGroup, selectGroup+`WHERE repo_id = $1 AND head = $2`, repoID, head)
}

// Groups implements review.Store.
func (d *DB) Groups(ctx context.Context, repoID int64, branch string) ([]review.GroupState, error) {
	return list(ctx, d.r, scanGroup, selectGroup+`WHERE NOT ended AND repo_id = $1 AND base_ref = $2 ORDER BY head`, repoID, branch)
}
