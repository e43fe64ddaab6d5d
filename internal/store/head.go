package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/countersign-dev/countersign/review"
)

// AddHead implements review.Store.
func (d *DB) AddHead(ctx context.Context, h review.Head) error {
	err := d.write(ctx, func(tx *sql.Tx) error {
		have, ok, err := one(ctx, tx, scanHead, selectHead+`WHERE repo_id = $1 AND number = $2 AND commit_id = $3`, h.RepoID, h.Number, h.Commit)
		if err != nil {
			return err
		}
		if ok {
			h = review.Unite(have, h)
		}
		contributors, err := json.Marshal(h.Contributors)
		if err != nil {
			return err
		}
		digests, err := json.Marshal(h.Digests)
		if err != nil {
			return err
		}
		_, err = tx.Exec(`
			INSERT INTO head (repo_id, number, commit_id, pusher_id, pusher_login, pusher_type, contributors, digests, delivery)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
			ON CONFLICT (repo_id, number, commit_id) DO UPDATE SET
				pusher_id = excluded.pusher_id, pusher_login = excluded.pusher_login, pusher_type = excluded.pusher_type,
				contributors = excluded.contributors, digests = excluded.digests, delivery = excluded.delivery`,
			h.RepoID, h.Number, h.Commit, h.Pusher.ID, h.Pusher.Login, h.Pusher.Type, string(contributors), string(digests), h.Delivery)
		return err
	})
	if err != nil {
		return fmt.Errorf("add head %s of %d#%d: %w", h.Commit, h.RepoID, h.Number, err)
	}
	return nil
}

// PullsOver implements review.Store.
func (d *DB) PullsOver(ctx context.Context, repoID int64, requirement, digest string) ([]int, error) {
	found, err := list(ctx, d.r, scanInt, `SELECT DISTINCT p.number FROM pull p
		JOIN head h ON h.repo_id = p.repo_id AND h.number = p.number AND h.commit_id = p.head
		JOIN json_each(h.digests) j ON j.key = $2 AND j.value = $3
		WHERE p.open AND p.repo_id = $1 ORDER BY p.number`, repoID, requirement, digest)
	out := make([]int, len(found))
	for i, n := range found {
		out[i] = int(n)
	}
	return out, err
}

const selectHead = `SELECT repo_id, number, commit_id, pusher_id, pusher_login, pusher_type, contributors, digests, delivery FROM head `

func scanHead(row scanner) (h review.Head, err error) {
	var contributors, digests string
	if err := row.Scan(&h.RepoID, &h.Number, &h.Commit, &h.Pusher.ID, &h.Pusher.Login, &h.Pusher.Type, &contributors, &digests, &h.Delivery); err != nil {
		return h, err
	}
	if err := json.Unmarshal([]byte(contributors), &h.Contributors); err != nil {
		return h, err
	}
	return h, json.Unmarshal([]byte(digests), &h.Digests)
}

// Heads implements review.Store.
func (d *DB) Heads(ctx context.Context, repoID int64, number int) ([]review.Head, error) {
	return list(ctx, d.r, scanHead, selectHead+`WHERE repo_id = $1 AND number = $2 ORDER BY seq`, repoID, number)
}

// pushersAtOnce is how many commits one query asks about.
const pushersAtOnce = 500

// Pushers implements review.Store.
func (d *DB) Pushers(ctx context.Context, repoID int64, number int, commits []string) (map[string][]review.User, error) {
	type push struct {
		commit string
		by     review.User
	}
	out := map[string][]review.User{}
	for some := range slices.Chunk(commits, pushersAtOnce) {
		args, marks := []any{repoID, number}, make([]string, len(some))
		for i, commit := range some {
			args, marks[i] = append(args, commit), fmt.Sprintf("$%d", i+3)
		}
		found, err := list(ctx, d.r, func(row scanner) (p push, err error) {
			return p, row.Scan(&p.commit, &p.by.ID, &p.by.Login, &p.by.Type)
		}, `SELECT commit_id, pusher_id, pusher_login, pusher_type FROM head
			WHERE repo_id = $1 AND number <> $2 AND pusher_id <> 0 AND commit_id IN (`+strings.Join(marks, ", ")+`) ORDER BY seq`, args...)
		if err != nil {
			return nil, fmt.Errorf("pushers of %d: %w", repoID, err)
		}
		for _, p := range found {
			out[p.commit] = append(out[p.commit], p.by)
		}
	}
	return out, nil
}
