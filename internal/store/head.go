package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/countersign-dev/countersign/review"
)

// AddHead implements review.Store. A second pusher of the same head is added to
// its contributors, since a head has room for one.
func (d *DB) AddHead(ctx context.Context, h review.Head) error {
	err := d.write(ctx, func(tx *sql.Tx) error {
		have, ok, err := one(ctx, tx, scanHead, selectHead+`WHERE repo_id = $1 AND number = $2 AND commit_id = $3`, h.RepoID, h.Number, h.Commit)
		if err != nil {
			return err
		}
		if ok {
			h = united(have, h)
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

// united is have with what now adds to it.
func united(have, now review.Head) review.Head {
	if have.Pusher.ID == 0 {
		have.Pusher = now.Pusher
	} else if now.Pusher.ID != 0 && now.Pusher.ID != have.Pusher.ID {
		now.Contributors = append(slices.Clone(now.Contributors), pusher(now.Pusher))
	}
	if have.Delivery == "" {
		have.Delivery = now.Delivery
	}
	if have.Digests == nil {
		have.Digests = map[string]string{}
	}
	for id, digest := range now.Digests {
		if _, ok := have.Digests[id]; !ok {
			have.Digests[id] = digest
		}
	}
	for _, c := range now.Contributors {
		have.Contributors = enlist(have.Contributors, c)
	}
	return have
}

func pusher(u review.User) review.Contributor {
	kind := "unknown"
	switch u.Type {
	case "User":
		kind = "human"
	case "Bot":
		kind = "bot"
	}
	return review.Contributor{User: u, Kind: kind, Roles: []review.Role{review.RolePusher}, Verified: true}
}

// enlist adds c to all, or what is new about it to the contributor that it is.
func enlist(all []review.Contributor, c review.Contributor) []review.Contributor {
	i := slices.IndexFunc(all, func(have review.Contributor) bool {
		return have.User.ID == c.User.ID && (c.Known() || have.Email == c.Email)
	})
	if i < 0 {
		return append(all, c)
	}
	have := &all[i]
	have.Commits = union(have.Commits, c.Commits)
	have.Merges = union(have.Merges, c.Merges)
	have.Roles = union(have.Roles, c.Roles)
	have.Verified = have.Verified && c.Verified
	if c.Kind == "agent" {
		have.Kind = c.Kind
	}
	return all
}

func union[T comparable](have, more []T) []T {
	for _, t := range more {
		if !slices.Contains(have, t) {
			have = append(have, t)
		}
	}
	return have
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
