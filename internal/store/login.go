package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"

	"github.com/countersign-dev/countersign/review"
)

const selectLogin = `SELECT user_id, user_login, user_type FROM login WHERE repo_id = $1 AND login = $2`

func scanLogin(row scanner) (u review.User, err error) {
	return u, row.Scan(&u.ID, &u.Login, &u.Type)
}

// PinLogin implements review.Store. Capitals make no other login.
func (d *DB) PinLogin(ctx context.Context, repoID int64, login string, u review.User) (kept review.User, err error) {
	key := strings.ToLower(login)
	err = d.write(ctx, func(tx *sql.Tx) error {
		if _, err := tx.Exec(`INSERT INTO login (repo_id, login, user_id, user_login, user_type) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT DO NOTHING`, repoID, key, u.ID, u.Login, u.Type); err != nil {
			return err
		}
		var ok bool
		if kept, ok, err = one(ctx, tx, scanLogin, selectLogin, repoID, key); err == nil && !ok {
			err = errors.New("it is not there after being kept")
		}
		return err
	})
	if err != nil {
		return review.User{}, fmt.Errorf("pin login %s: %w", login, err)
	}
	return kept, nil
}

// PinnedLogin implements review.Store.
func (d *DB) PinnedLogin(ctx context.Context, repoID int64, login string) (review.User, bool, error) {
	return one(ctx, d.r, scanLogin, selectLogin, repoID, strings.ToLower(login))
}
