package record_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/countersign-dev/countersign/record"
)

func export(t *testing.T, l *record.Log, o record.Export) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "export")
	if _, err := l.Export(t.Context(), dir, o); err != nil {
		t.Fatal(err)
	}
	return dir
}

func printed(r record.Report) string {
	var b strings.Builder
	r.Print(&b)
	return b.String()
}

func TestExportVerifies(t *testing.T) {
	l, _, _ := openLog(t, 9)
	dir := export(t, l, record.Export{})
	r := record.Verification{Key: l.VerifierKey()}.Verify(dir)
	t.Log(printed(r))
	if r.Result != record.Holds {
		t.Fatal(r.Result)
	}
	csv, _ := os.ReadFile(filepath.Join(dir, "changes.csv"))
	t.Log(string(csv))
	m, _ := os.ReadFile(filepath.Join(dir, "manifest.json"))
	t.Log(string(m))
	e, _ := l.Get(t.Context(), "#43")
	var b strings.Builder
	record.Render(&b, e)
	t.Log(b.String())
	e, _ = l.Get(t.Context(), "4")
	b.Reset()
	record.Render(&b, e)
	t.Log(b.String())
}
