package record_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	_ "modernc.org/sqlite"

	"github.com/countersign-dev/countersign/record"
)

// columns are all columns of the log, by what a change of one bit does to a
// row, and the leaf that the row belongs to. recorded_at is missing: nothing
// signs it, and docs/record.md says so.
var tampered = []struct{ table, column, index, change string }{
	{"leaf", "body", "idx", blob("body")},
	{"leaf", "hash", "idx", blob("hash")},
	{"leaf", "dedupe_key", "idx", text("dedupe_key")},
	{"leaf", "landed_at", "idx", "landed_at + 7000"},
	{"leaf", "idx", "idx", "idx + 700"},
	{"checkpoint", "note", "size - 1", text("note")},
	{"checkpoint", "size", "size - 1", "size + 700"},
	{"tile", "data", "n * 256", blob("data")},
	{"tile", "root", "n * 256", blob("root")},
	{"tile", "n", "n * 256", "n + 8"},
	{"tile", "level", "n * 256", "level + 8"},
	{"touch", "dimension", "idx", text("dimension")},
	{"touch", "value", "idx", text("value")},
	{"touch", "landed_at", "idx", "landed_at + 1"},
	{"touch", "idx", "idx", "idx + 700"},
	{"disclosed", "list", "idx", text("list")},
	{"disclosed", "list", "idx", member("label")},
	{"disclosed", "list", "idx", member("commitment")},
	{"disclosed", "list", "idx", member("salt")},
	{"disclosed", "list", "idx", member("value")},
	{"disclosed", "list", "idx", member("attachment")},
	{"disclosed", "list", "idx", member("body")},
	{"disclosed", "list", "idx", "json_remove(list, '$[0]')"},
	{"disclosed", "idx", "idx", "idx + 700"},
}

func blob(column string) string {
	return fmt.Sprintf("CAST(substr(%[1]s, 1, 9) || CASE substr(%[1]s, 10, 1) WHEN x'7e' THEN x'7f' ELSE x'7e' END || substr(%[1]s, 11) AS BLOB)", column)
}

func text(column string) string {
	return fmt.Sprintf("substr(%[1]s, 1, length(%[1]s) / 2) || '~' || substr(%[1]s, length(%[1]s) / 2 + 2)", column)
}

// member changes one field of the first disclosure that has it.
func member(name string) string {
	return fmt.Sprintf(`substr(list, 1, instr(list, '"%[1]s":"') + length('%[1]s') + 8) || '~' || substr(list, instr(list, '"%[1]s":"') + length('%[1]s') + 10)`, name)
}

// TestTamperingIsReported changes every column of a log of 260 leaves behind
// its back: in one row, whose leaf must be named, and in every row.
func TestTamperingIsReported(t *testing.T) {
	t.Parallel()
	l, _, dir := openLog(t, 260)
	clean(t, l)
	raw := rawDB(t, filepath.Join(dir, "c.db"))
	for _, tt := range tampered {
		t.Run(tt.table+"."+tt.column, func(t *testing.T) {
			var row, index int64
			pick := fmt.Sprintf("SELECT rowid, %s FROM %s LIMIT 1 OFFSET (SELECT count(*) / 2 FROM %[2]s)", tt.index, tt.table)
			if tt.table == "touch" {
				pick = strings.Replace(pick, "rowid", "0", 1)
			}
			if err := raw.QueryRow(pick).Scan(&row, &index); err != nil {
				t.Fatal(err)
			}
			one := fmt.Sprintf(" AND rowid = %d", row)
			if tt.table == "touch" {
				one = fmt.Sprintf(" AND idx = %d AND dimension = 'outcome'", index)
			}
			faults := tamper(t, l, raw, fmt.Sprintf("UPDATE %s SET %s = %s WHERE true%s", tt.table, tt.column, tt.change, one))
			if len(faults) == 0 || !slices.ContainsFunc(faults, func(f record.Fault) bool { return f.Index == index }) {
				t.Errorf("one row, of leaf %d: %v", index, faults)
			}
			if !slices.Contains([]string{"leaf.body", "leaf.hash", "touch.value", "disclosed.list", "checkpoint.note"}, tt.table+"."+tt.column) {
				return
			}
			faults = tamper(t, l, raw, fmt.Sprintf("UPDATE %s SET %s = %s", tt.table, tt.column, tt.change))
			named := map[int64]bool{}
			for _, f := range faults {
				named[f.Index] = true
			}
			for i := range int64(260) {
				if !named[i] {
					t.Errorf("all rows: leaf %d is not reported", i)
				}
			}
		})
	}
	clean(t, l)
}

// rawDB opens a database past all that protects it.
func rawDB(t *testing.T, path string) *sql.DB {
	t.Helper()
	raw, err := sql.Open("sqlite", "file:"+path+"?_pragma=ignore_check_constraints(ON)&_pragma=foreign_keys(OFF)")
	if err != nil {
		t.Fatal(err)
	}
	raw.SetMaxOpenConns(1)
	t.Cleanup(func() { raw.Close() })
	var triggers []string
	rows, err := raw.Query("SELECT name FROM sqlite_schema WHERE type = 'trigger'")
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		triggers = append(triggers, name)
	}
	rows.Close()
	for _, name := range triggers {
		if _, err := raw.Exec("DROP TRIGGER " + name); err != nil {
			t.Fatal(err)
		}
	}
	return raw
}

// tamper runs a statement, checks the log, and puts everything back.
func tamper(t *testing.T, l *record.Log, raw *sql.DB, statement string) []record.Fault {
	t.Helper()
	table := strings.Fields(statement)[1]
	exec := func(q string) int64 {
		r, err := raw.Exec(q)
		if err != nil {
			t.Fatalf("%s: %v", q, err)
		}
		n, _ := r.RowsAffected()
		return n
	}
	exec("CREATE TABLE kept AS SELECT * FROM " + table)
	if exec(statement) == 0 {
		t.Fatalf("%s changes nothing", statement)
	}
	faults, err := l.Check(context.Background())
	exec("DELETE FROM " + table)
	exec("INSERT INTO " + table + " SELECT * FROM kept")
	exec("DROP TABLE kept")
	if err != nil {
		return []record.Fault{{Index: -1, Reason: err.Error()}}
	}
	return faults
}

func TestRowsCannotBeChangedByAccident(t *testing.T) {
	_, _, dir := openLog(t, 260)
	raw, err := sql.Open("sqlite", "file:"+filepath.Join(dir, "c.db")+"?_pragma=recursive_triggers(ON)")
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	for _, q := range []string{
		"UPDATE leaf SET landed_at = 0 WHERE idx = 3",
		"DELETE FROM leaf WHERE idx = 259",
		"INSERT INTO leaf SELECT 999, 'x', hash, body, 0, 0 FROM leaf WHERE idx = 0",
		"INSERT INTO leaf SELECT 260, dedupe_key, hash, body, 0, 0 FROM leaf WHERE idx = 0",
		"INSERT OR REPLACE INTO leaf SELECT idx, dedupe_key, hash, body, 0, 0 FROM leaf WHERE idx = 0",
		"INSERT OR REPLACE INTO leaf SELECT 260, dedupe_key, hash, body, 0, 0 FROM leaf WHERE idx = 0",
		"INSERT INTO leaf SELECT 260, 'x', hash, x'610a62', 0, 0 FROM leaf WHERE idx = 0",
		"UPDATE tile SET root = data",
		"DELETE FROM tile",
		"INSERT OR REPLACE INTO tile SELECT * FROM tile",
		"UPDATE checkpoint SET note = '' WHERE size = 3",
		"DELETE FROM checkpoint WHERE size = 260",
		"INSERT OR REPLACE INTO checkpoint VALUES (3, '')",
		"INSERT INTO checkpoint VALUES (999, '')",
		"UPDATE disclosed SET list = '[]' WHERE idx = 3",
	} {
		if _, err := raw.Exec(q); err == nil {
			t.Errorf("%s: done", q)
		}
	}
}
