package store

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"modernc.org/sqlite"

	"github.com/countersign-dev/countersign/internal/store/storetest"
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
