package store

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/countersign-dev/countersign/review"
)

// Tips implements review.Store.
func (d *DB) Tips(ctx context.Context, repoID int64) (map[string]string, error) {
	type tip struct{ ref, commit string }
	all, err := list(ctx, d.r, func(row scanner) (t tip, err error) {
		return t, row.Scan(&t.ref, &t.commit)
	}, `SELECT ref, commit_id FROM tip WHERE repo_id = $1`, repoID)
	if err != nil {
		return nil, err
	}
	tips := map[string]string{}
	for _, t := range all {
		tips[t.ref] = t.commit
	}
	return tips, nil
}

// AddMove implements review.Store.
//
// A force push starts the numbering of what may be "the same move" anew: a
// commit that was forced out and pushed back lands a second time, and is never
// taken for what a sweep saw before.
func (d *DB) AddMove(ctx context.Context, m review.Move) (occurrence int, covered bool, err error) {
	err = d.write(ctx, func(tx *sql.Tx) error {
		switch {
		case m.Before == m.After:
			_, err = tx.Exec(`INSERT INTO tip (repo_id, ref, commit_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`, m.RepoID, m.Ref, m.After)
		case m.Delivery == "":
			occurrence, err = addSwept(ctx, tx, m)
		default:
			occurrence, covered, err = addDelivered(ctx, tx, m)
		}
		return err
	})
	if err != nil {
		return 0, false, fmt.Errorf("add move of %s from %s to %s: %w", m.Ref, m.Before, m.After, err)
	}
	return occurrence, covered, nil
}

// sinceForce restricts moves to those after the last force push that is not
// this very move ($1 repository, $2 ref, $3 before, $4 after).
const sinceForce = ` AND seq > COALESCE((SELECT max(f.seq) FROM move f
	WHERE f.repo_id = $1 AND f.ref = $2 AND f.forced AND NOT (f.before_id = $3 AND f.after_id = $4)), 0) `

func scanInt(row scanner) (n int64, err error) { return n, row.Scan(&n) }

// addSwept adds a move that a sweep found. The tip stays where it is until
// SetTip: a sweep that dies before the move is recorded must find it again.
func addSwept(ctx context.Context, tx *sql.Tx, m review.Move) (int, error) {
	have, ok, err := one(ctx, tx, scanInt, `SELECT occurrence FROM move
		WHERE repo_id = $1 AND ref = $2 AND before_id = $3 AND after_id = $4 AND NOT covered`+sinceForce+`ORDER BY seq DESC LIMIT 1`,
		m.RepoID, m.Ref, m.Before, m.After)
	if err != nil || ok {
		return int(have), err
	}
	n, seq, err := insertMove(ctx, tx, m, false)
	if err != nil {
		return 0, err
	}
	for _, c := range m.Commits {
		if _, err := tx.Exec(`INSERT INTO swept_commit (repo_id, ref, commit_id, move_seq) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
			m.RepoID, m.Ref, c, seq); err != nil {
			return 0, err
		}
	}
	return n, nil
}

// addDelivered adds a move that a delivery tells of.
func addDelivered(ctx context.Context, tx *sql.Tx, m review.Move) (occurrence int, covered bool, err error) {
	type seen struct {
		occurrence int
		covered    bool
	}
	have, ok, err := one(ctx, tx, func(row scanner) (s seen, err error) { return s, row.Scan(&s.occurrence, &s.covered) },
		`SELECT occurrence, covered FROM move WHERE repo_id = $1 AND delivery = $2`, m.RepoID, m.Delivery)
	if err != nil || ok {
		return have.occurrence, have.covered, err
	}
	found, ok, err := one(ctx, tx, scanInt, `SELECT seq FROM move
		WHERE repo_id = $1 AND ref = $2 AND before_id = $3 AND after_id = $4 AND swept AND delivery = ''`+sinceForce+`ORDER BY seq LIMIT 1`,
		m.RepoID, m.Ref, m.Before, m.After)
	if err != nil {
		return 0, false, err
	}
	if ok { // late for a move that a sweep found: the tip has been told
		if _, err := tx.Exec(`UPDATE move SET delivery = $2 WHERE seq = $1 AND delivery = ''`, found, m.Delivery); err != nil {
			return 0, false, err
		}
		err := tx.QueryRow(`SELECT occurrence FROM move WHERE seq = $1`, found).Scan(&occurrence)
		return occurrence, false, err
	}
	if covered, err = sweptAll(tx, m); err != nil {
		return 0, false, err
	}
	if !covered {
		if err := advance(ctx, tx, m); err != nil {
			return 0, false, err
		}
	}
	occurrence, _, err = insertMove(ctx, tx, m, covered)
	return occurrence, covered, err
}

// sweptAll reports whether each commit of an unforced move lies in a move that
// a sweep found.
func sweptAll(tx *sql.Tx, m review.Move) (bool, error) {
	if m.Forced || len(m.Commits) == 0 {
		return false, nil
	}
	for _, c := range m.Commits {
		var n int
		if err := tx.QueryRow(`SELECT count(*) FROM swept_commit s JOIN move ON move.seq = s.move_seq
			WHERE s.repo_id = $1 AND s.ref = $2 AND s.commit_id = $5`+sinceForce, m.RepoID, m.Ref, m.Before, m.After, c).Scan(&n); err != nil || n == 0 {
			return false, err
		}
	}
	return true, nil
}

// advance sets the tip after a delivered move, unless the delivery is late and
// the branch is known to have moved on.
func advance(ctx context.Context, tx *sql.Tx, m review.Move) error {
	tip, ok, err := one(ctx, tx, func(row scanner) (s string, err error) { return s, row.Scan(&s) },
		`SELECT commit_id FROM tip WHERE repo_id = $1 AND ref = $2`, m.RepoID, m.Ref)
	if err != nil {
		return err
	}
	if ok && tip != m.Before {
		var left int
		if err := tx.QueryRow(`SELECT count(*) FROM move WHERE repo_id = $1 AND ref = $2 AND before_id = $3`,
			m.RepoID, m.Ref, m.After).Scan(&left); err != nil || left > 0 {
			return err
		}
	}
	return setTip(tx, m)
}

// SetTip implements review.Store.
func (d *DB) SetTip(ctx context.Context, repoID int64, ref, commit string) error {
	err := d.write(ctx, func(tx *sql.Tx) error { return setTip(tx, review.Move{RepoID: repoID, Ref: ref, After: commit}) })
	if err != nil {
		return fmt.Errorf("set tip of %s: %w", ref, err)
	}
	return nil
}

func setTip(tx *sql.Tx, m review.Move) error {
	_, err := tx.Exec(`INSERT INTO tip (repo_id, ref, commit_id) VALUES ($1, $2, $3)
		ON CONFLICT (repo_id, ref) DO UPDATE SET commit_id = excluded.commit_id`, m.RepoID, m.Ref, m.After)
	return err
}

// insertMove numbers a move among its equals that were not covered.
func insertMove(ctx context.Context, tx *sql.Tx, m review.Move, covered bool) (occurrence int, seq int64, err error) {
	if err := tx.QueryRow(`SELECT count(*) FROM move
		WHERE repo_id = $1 AND ref = $2 AND before_id = $3 AND after_id = $4 AND NOT covered`,
		m.RepoID, m.Ref, m.Before, m.After).Scan(&occurrence); err != nil {
		return 0, 0, err
	}
	seq, _, err = one(ctx, tx, scanInt, `
		INSERT INTO move (repo_id, ref, before_id, after_id, occurrence, forced, swept, covered, delivery)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING seq`,
		m.RepoID, m.Ref, m.Before, m.After, occurrence, m.Forced, m.Delivery == "", covered, m.Delivery)
	return occurrence, seq, err
}
