package main

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/countersign-dev/countersign/internal/ghsim"
	"github.com/countersign-dev/countersign/record"
)

// threeLandings is a world whose server has three records and was stopped.
func threeLandings(t *testing.T) (s *story, key, checkpoint string) {
	t.Helper()
	s = newWorld(t)
	for _, name := range []string{"one", "two", "three"} {
		p := s.opens(t, name, "alice", ghsim.Files{"CLAUDE.md": name + "\n"})
		s.says(t, p, "bob", "/countersign approve "+p.Head())
		s.does(t, func() error { _, err := p.Merge(s.people["alice"], ghsim.Squash); return err })
	}
	key = s.srv.log.VerifierKey()
	checkpoint, err := s.srv.log.Checkpoint(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.srv.log.Export(t.Context(), filepath.Join(s.dir, "export"), record.Export{}); err != nil {
		t.Fatal(err)
	}
	if err := s.srv.Close(); err != nil {
		t.Fatal(err)
	}
	s.srv = nil
	return s, key, checkpoint
}

// copyDir copies a folder into a new one.
func copyDir(t *testing.T, from string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(to, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return to
}

// A87: who signed is erased on an order. Every proof holds, the record says what
// is withheld, and what rests on the number of the account stands.
func TestA87Erased(t *testing.T) {
	t.Parallel()
	s, key, checkpoint := threeLandings(t)
	srv, err := startServer(t.Context(), simConfig(s.sim, filepath.Join(s.dir, ".data"), ""), s.sim.Now)
	if err != nil {
		t.Fatal(err)
	}
	defer srv.Close()
	signed := func() (*record.Entry, string) {
		t.Helper()
		e, err := srv.log.Get(t.Context(), "1")
		if err != nil {
			t.Fatal(err)
		}
		var page strings.Builder
		if err := record.Render(&page, e); err != nil {
			t.Fatal(err)
		}
		return e, page.String()
	}
	e, before := signed()
	if !strings.Contains(before, "bob") {
		t.Fatalf("before:\n%s", before)
	}
	order := record.Order{Index: 1, By: "data protection officer", Reason: "request 7"}
	for c, d := range e.Disclosed {
		if d.Value == "bob" || d.Label == "roster" || strings.Contains(string(d.Bytes()), "bob") {
			order.Commitments = append(order.Commitments, c)
		}
	}
	if _, err := srv.log.Erase(t.Context(), order); err != nil {
		t.Fatal(err)
	}
	_, after := signed()
	if id := fmt.Sprint("id:", s.people["bob"].ID()); strings.Contains(after, "bob") || !strings.Contains(after, id) || !strings.Contains(after, "withheld     3 names or texts") {
		t.Errorf("after:\n%s", after)
	}
	dir := filepath.Join(t.TempDir(), "export")
	if _, err := srv.log.Export(t.Context(), dir, record.Export{}); err != nil {
		t.Fatal(err)
	}
	if got := (record.Verification{Key: key, Pin: checkpoint}).Verify(dir); got.Result != record.Holds {
		t.Errorf("%s: %s", got.File, got.Reason)
	}
}

// A58: somebody with access to the disk alters the log. Either the server
// refuses to start on it, or the export does not hold; each says what is wrong.
func TestA58AlteredDatabase(t *testing.T) {
	t.Parallel()
	s, key, checkpoint := threeLandings(t)
	for _, tt := range []struct{ name, sql string }{
		{"leaf", `UPDATE leaf SET body = CAST(replace(CAST(body AS TEXT), '"countersigned"', '"countersigneD"') AS BLOB) WHERE idx = 1`},
		{"hash", `UPDATE leaf SET hash = CAST(x'01' || substr(hash, 2) AS BLOB) WHERE idx = 1`},
		{"leaf and hash of another", `UPDATE leaf SET body = (SELECT body FROM leaf WHERE idx = 0), hash = (SELECT hash FROM leaf WHERE idx = 0) WHERE idx = 1`},
		{"checkpoint", `UPDATE checkpoint SET note = replace(note, char(10) || '3' || char(10), char(10) || '2' || char(10)) WHERE size = 3`},
		{"name", `UPDATE disclosed SET list = replace(list, 'bob', 'eve')`},
		{"record removed", `DELETE FROM leaf WHERE idx = 1`},
		{"log cut", `DELETE FROM leaf WHERE idx = 2; DELETE FROM checkpoint WHERE size = 3`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			data := copyDir(t, filepath.Join(s.dir, ".data"))
			alter(t, data, tt.sql)
			srv, err := startServer(context.Background(), simConfig(s.sim, data, ""), s.sim.Now)
			if err != nil {
				if !strings.Contains(err.Error(), "log") {
					t.Errorf("the refusal does not say what is wrong: %v", err)
				}
				return
			}
			defer srv.Close()
			dir := filepath.Join(data, "export")
			if _, err := srv.log.Export(t.Context(), dir, record.Export{Pin: checkpoint}); err != nil {
				return // it names what it cannot export
			}
			got := (record.Verification{Key: key, Pin: checkpoint}).Verify(dir)
			if got.Result == record.Holds || got.Reason == "" {
				t.Errorf("nobody noticed: %+v", got)
			}
		})
	}
}

// alter runs SQL past the triggers, as somebody with the file can.
func alter(t *testing.T, data, statements string) {
	t.Helper()
	db, err := sql.Open("sqlite", filepath.Join(data, "countersign.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query(`SELECT name FROM sqlite_master WHERE type = 'trigger'`)
	if err != nil {
		t.Fatal(err)
	}
	var triggers []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		triggers = append(triggers, name)
	}
	if err := rows.Close(); err != nil {
		t.Fatal(err)
	}
	for _, name := range triggers {
		if _, err := db.Exec("DROP TRIGGER " + name); err != nil {
			t.Fatal(err)
		}
	}
	res, err := db.Exec(statements)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := res.RowsAffected(); err != nil || n == 0 {
		t.Fatalf("nothing was altered: %v", err)
	}
}

// A58: an old copy of the whole database is restored. It is sound in itself;
// whoever kept a checkpoint sees that records are missing.
func TestA58OldCopy(t *testing.T) {
	t.Parallel()
	s, key, _ := threeLandings(t)
	old := copyDir(t, filepath.Join(s.dir, ".data"))
	if err := s.start(""); err != nil {
		t.Fatal(err)
	}
	p := s.opens(t, "four", "alice", ghsim.Files{"CLAUDE.md": "four\n"})
	s.says(t, p, "bob", "/countersign approve "+p.Head())
	s.does(t, func() error { _, err := p.Merge(s.people["alice"], ghsim.Squash); return err })
	kept, err := s.srv.log.Checkpoint(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.srv.Close()
	s.srv = nil
	srv, err := startServer(context.Background(), simConfig(s.sim, old, ""), s.sim.Now)
	if err != nil {
		return // seen outside: refused
	}
	defer srv.Close()
	dir := filepath.Join(old, "export")
	if _, err := srv.log.Export(t.Context(), dir, record.Export{}); err != nil {
		t.Fatal(err)
	}
	got := (record.Verification{Key: key, Pin: kept}).Verify(dir)
	if got.Result == record.Holds || got.Reason == "" {
		t.Errorf("with the kept checkpoint: %+v", got)
	}
}

// A58: one bit of one file of an export is altered.
func TestA58AlteredExport(t *testing.T) {
	t.Parallel()
	s, key, _ := threeLandings(t)
	from := filepath.Join(s.dir, "export")
	if got := (record.Verification{Key: key}).Verify(from); got.Result != record.Holds {
		t.Fatalf("before: %s: %s", got.File, got.Reason)
	}
	var files []string
	err := filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			rel, _ := filepath.Rel(from, path)
			files = append(files, rel)
		}
		return err
	})
	if err != nil || len(files) < 4 {
		t.Fatalf("export of %v: %v", files, err)
	}
	for _, name := range files {
		t.Run(name, func(t *testing.T) {
			dir := copyDir(t, from)
			path := filepath.Join(dir, name)
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			data[len(data)/2] ^= 1
			if err := os.WriteFile(path, data, 0o600); err != nil {
				t.Fatal(err)
			}
			got := (record.Verification{Key: key}).Verify(dir)
			if got.Result == record.Holds || got.Reason == "" {
				t.Errorf("nobody noticed: %+v", got)
			}
		})
	}
}
