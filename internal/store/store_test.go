package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"modernc.org/sqlite"

	"github.com/countersign-dev/countersign/internal/store/storetest"
	"github.com/countersign-dev/countersign/review"
)

func openTemp(t *testing.T) (*DB, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a b?c%.db") // a name that a URL must escape
	d, err := Open(context.Background(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d, path
}

func TestOpenTwiceKeepsWhatIsThere(t *testing.T) {
	d, path := openTemp(t)
	if _, err := d.exec(t.Context(), "INSERT INTO tip VALUES ($1, $2, $3)", 1, "refs/heads/main", "abc"); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	d, err := Open(t.Context(), "sqlite:"+path)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var n int
	if err := d.r.QueryRow("SELECT count(*) FROM tip").Scan(&n); err != nil || n != 1 {
		t.Errorf("rows after reopening = %d, %v; want 1", n, err)
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		info, err := e.Info()
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(e.Name(), filepath.Base(path)) {
			t.Errorf("stray file %s", e.Name())
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v; want 0600", e.Name(), info.Mode())
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	t.Run("a newer version", func(t *testing.T) {
		d, path := openTemp(t)
		if _, err := d.exec(t.Context(), "INSERT INTO goose_db_version (version_id, is_applied) VALUES (9001, 1)"); err != nil {
			t.Fatal(err)
		}
		d.Close()
		if _, err := Open(t.Context(), path); err == nil || !strings.Contains(err.Error(), "version 9001") {
			t.Errorf("error = %v; want one that names version 9001", err)
		}
	})
	t.Run("a file that is no database", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "x.db")
		if err := os.WriteFile(path, []byte(strings.Repeat("not a database\n", 100)), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(t.Context(), path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("error = %v; want one that names the file", err)
		}
	})
	for _, dsn := range []string{"", ":memory:", "sqlite:", "postgres://db/x", "sqlite::memory:"} {
		if d, err := Open(t.Context(), dsn); err == nil {
			d.Close()
			t.Errorf("Open(%q) succeeded", dsn)
		}
	}
}

// Every connection is checked, not only the first.
func TestConnectionsAreChecked(t *testing.T) {
	base, err := sqlite.NewConnector(filepath.Join(t.TempDir(), "x.db"))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range settings {
		db := sql.OpenDB(checked{base, []setting{{s.name, s.set, "not " + s.want}}})
		if err := db.Ping(); err == nil || !strings.Contains(err.Error(), s.name) {
			t.Errorf("%s: error = %v; want a refusal that names it", s.name, err)
		}
		db.Close()
	}
}

func TestReadersCannotWrite(t *testing.T) {
	d, _ := openTemp(t)
	if _, err := d.r.Exec("INSERT INTO tip VALUES (1, 'a', 'b')"); err == nil {
		t.Error("a reader wrote")
	}
}

func TestSuite(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Store {
		d, _ := openTemp(t)
		return d
	})
}

// The database itself refuses to change or remove what people said, also by
// REPLACE.
func TestStatementsStand(t *testing.T) {
	d, _ := openTemp(t)
	s := review.Signoff{RepoID: 7, Pull: 3, Requirement: "r", Digest: "d", Verb: review.Approve, Via: "comment", SourceID: 1}
	if _, err := d.AddSignoff(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Void(t.Context(), 7, "comment", 1, review.Voiding{Reason: "edited"}); err != nil {
		t.Fatal(err)
	}
	for _, attack := range []string{
		`DELETE FROM signoff`,
		`UPDATE signoff SET digest = 'other'`,
		`UPDATE signoff SET void_reason = ''`,
		`REPLACE INTO signoff SELECT id, repo_id, pull, base_ref, requirement, 'other', head, verb, user_id, user_login, user_type, through, via,
			source_id, url, statement, body, created_at, delivery, payload, refused, '', 0, '', '', 0, '' FROM signoff`,
	} {
		if _, err := d.exec(t.Context(), attack); err == nil {
			t.Errorf("went through: %s", attack)
		}
	}
	got, err := d.Signoffs(t.Context(), 7, 3)
	if err != nil || len(got) != 1 || got[0].Digest != "d" || got[0].Voided == nil {
		t.Errorf("after the attacks: %+v, %v", got, err)
	}
}

// A writer that fails leaves nothing, and the connection is fit for the next.
func TestWriteRollsBack(t *testing.T) {
	d, _ := openTemp(t)
	boom := errors.New("boom")
	err := d.write(t.Context(), func(tx *sql.Tx) error {
		if _, err := tx.Exec("INSERT INTO tip VALUES (1, 'a', 'b')"); err != nil {
			return err
		}
		return boom
	})
	if !errors.Is(err, boom) {
		t.Errorf("error = %v; want boom", err)
	}
	tips, err := d.Tips(t.Context(), 1)
	if err != nil || len(tips) != 0 {
		t.Errorf("tips = %v, %v; want none", tips, err)
	}
	if _, err := d.exec(t.Context(), "INSERT INTO tip VALUES (1, 'a', 'b')"); err != nil {
		t.Errorf("the next write: %v", err)
	}
}

func TestWriteWaitsNoLongerThanItsContext(t *testing.T) {
	d, _ := openTemp(t)
	ctx, cancel := context.WithCancel(t.Context())
	err := d.write(t.Context(), func(*sql.Tx) error {
		cancel()
		_, err := d.exec(ctx, "INSERT INTO tip VALUES (1, 'a', 'b')")
		return err
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error = %v; want canceled", err)
	}
}

// BenchmarkClaim claims and ends one delivery of 10,000 that wait behind one
// another on 100 pull requests, of which all but the last are in other hands.
func BenchmarkClaim(b *testing.B) {
	d, err := Open(context.Background(), filepath.Join(b.TempDir(), "x.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	ctx, now := context.Background(), time.Now()
	if err := d.write(ctx, func(tx *sql.Tx) error {
		for i := range 10_000 {
			if _, err := tx.Exec(`INSERT INTO delivery (guid, event, action, installation, repo_id, pull, lane, wide, digest, body, received_at, due_at)
				VALUES ($1, 'issue_comment', 'created', 1, 7, 1, $2, 0, '', x'7b7d', 0, 0)`, fmt.Sprint(i), fmt.Sprintf("1/7/%d", i/100)); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		b.Fatal(err)
	}
	for range 99 {
		if _, _, ok, err := d.Claim(ctx, now, time.Hour); err != nil || !ok {
			b.Fatalf("Claim = %v, %v", ok, err)
		}
	}
	for b.Loop() {
		_, l, ok, err := d.Claim(ctx, now, time.Minute)
		if err != nil || !ok {
			b.Fatalf("Claim = %v, %v", ok, err)
		}
		if err := d.Retry(ctx, l, now, ""); err != nil {
			b.Fatal(err)
		}
	}
}
