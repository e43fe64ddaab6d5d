package record_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/countersign-dev/countersign/internal/store"
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

func verifies(t *testing.T, dir string, v record.Verification, result int, says string) {
	t.Helper()
	if r := v.Verify(dir); r.Result != result || !strings.Contains(printed(r), says) {
		t.Errorf("result %d; want %d and %q:\n%s", r.Result, result, says, printed(r))
	}
}

func checkpointAt(t *testing.T, db *store.DB, size int64) string {
	t.Helper()
	s, err := db.Leaves(t.Context(), size-1, size)
	if err != nil {
		t.Fatal(err)
	}
	return s[0].Checkpoint
}

func TestExportHolds(t *testing.T) {
	l, db, _ := openLog(t, 12)
	key := l.VerifierKey()
	later := record.Query{From: noon.Add(5 * time.Hour)} // leaves 5 to 11
	pin := func(n int64) string { return checkpointAt(t, db, n) }
	for _, tt := range []struct {
		name   string
		order  record.Export
		pin    string
		result int
		says   string
	}{
		{"everything", record.Export{}, "", record.Holds, "records 0 to 11 are the log's"},
		{"everything, with a pin", record.Export{}, pin(7), record.Holds, "goes on from the pinned checkpoint of 7"},
		{"a window", record.Export{Query: later}, "", record.Holds, "records 5 to 11 are the log's"},
		{"a window, pinned within", record.Export{Query: later}, pin(8), record.Holds, "goes on from the pinned checkpoint of 8"},
		{"a window, pinned at its start", record.Export{Query: later}, pin(5), record.Holds, "goes on from the pinned checkpoint of 5"},
		{"a window, pinned before it with a proof", record.Export{Query: later, Pin: pin(3)}, pin(3), record.Holds, "goes on from the pinned checkpoint of 3"},
		{"a window, pinned before it without a proof", record.Export{Query: later}, pin(3), record.Unchecked, "ask for one with --pin"},
		{"a window, with a proof for another pin", record.Export{Query: later, Pin: pin(2)}, pin(3), record.Unchecked, "ask for an export with this --pin"},
		{"a proof and no pin", record.Export{Pin: pin(3)}, "", record.Holds, "without --pin it was not checked"},
		{"an older state", record.Export{Size: 6}, pin(6), record.Holds, "records 0 to 5 are the log's"},
		{"an older state than the pin", record.Export{Size: 6}, pin(7), record.Broken, "older than the pin"},
		{"nothing landed since", record.Export{Query: record.Query{From: noon.Add(999 * time.Hour)}}, "", record.Holds, "no record is in the window: the log's 12 records lie before it"},
		{"one record", record.Export{Query: record.Query{From: noon.Add(11 * time.Hour)}}, "", record.Holds, "record 11 is the log's"},
		{"one landing", record.Export{Query: record.Query{From: noon.Add(11 * time.Hour)}}, "", record.Holds, "changes.csv is what 1 landing gives"},
		{"a filter", record.Export{Query: record.Query{Agent: "faq-bot", To: noon.Add(9 * time.Hour)}}, "", record.Holds, "what 3 landings give"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			verifies(t, export(t, l, tt.order), record.Verification{Key: key, Pin: tt.pin}, tt.result, tt.says)
		})
	}
}

func TestExportRepeats(t *testing.T) {
	l, db, _ := openLog(t, 7)
	order := record.Export{Query: record.Query{From: noon.Add(2 * time.Hour)}, Pin: checkpointAt(t, db, 1)}
	a := contents(t, export(t, l, order))
	if _, err := l.Record(t.Context(), landing(7)); err != nil {
		t.Fatal(err)
	}
	order.Size = 7
	b := contents(t, export(t, l, order))
	if len(a) != len(b) {
		t.Errorf("%d files, then %d", len(a), len(b))
	}
	for name, data := range a {
		if !bytes.Equal(data, b[name]) {
			t.Errorf("%s differs", name)
		}
	}
}

func contents(t *testing.T, dir string) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		out[name], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestExportRefusesAFullFolder(t *testing.T) {
	l, _, _ := openLog(t, 1)
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "notes"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := l.Export(t.Context(), dir, record.Export{})
	mustContain(t, err, "the folder is not empty")
}

func TestVerifyNeedsTheKey(t *testing.T) {
	l, _, _ := openLog(t, 2)
	other, _, _ := openLog(t, 1)
	dir := export(t, l, record.Export{})
	verifies(t, dir, record.Verification{}, record.Unchecked, "no public key was given")
	verifies(t, dir, record.Verification{Key: "nonsense"}, record.Unchecked, "public key")
	verifies(t, dir, record.Verification{Key: other.VerifierKey()}, record.Broken, "checkpoint: is not signed by the key that was given")
	verifies(t, dir, record.Verification{Key: l.VerifierKey(), Pin: "x"}, record.Unchecked, "pinned checkpoint")
	verifies(t, t.TempDir(), record.Verification{Key: l.VerifierKey()}, record.Unchecked, "manifest.json")
}

// TestForkIsSeenOnlyWithAPin is the promise of docs/record.md: the holder of
// the key can write another history, and only somebody who kept a checkpoint
// sees it.
func TestForkIsSeenOnlyWithAPin(t *testing.T) {
	l, _, dir := openLog(t, 6)
	pin, err := l.Checkpoint(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	forgedDB := openDB(t, filepath.Join(t.TempDir(), "forged.db"))
	forged, err := record.Open(t.Context(), forgedDB, settings(dir))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 8 {
		if _, err := forged.Record(t.Context(), landing(i)); err != nil {
			t.Fatal(err)
		}
	}
	out := export(t, forged, record.Export{})
	verifies(t, out, record.Verification{Key: l.VerifierKey()}, record.Holds, "No earlier checkpoint was pinned")
	verifies(t, out, record.Verification{Key: l.VerifierKey(), Pin: pin}, record.Broken, "history was rewritten")
	out = export(t, forged, record.Export{Query: record.Query{From: noon.Add(7 * time.Hour)}, Pin: checkpointAt(t, forgedDB, 6)})
	verifies(t, out, record.Verification{Key: l.VerifierKey(), Pin: pin}, record.Broken, "history was rewritten")
}

// TestEveryChangeIsFound changes every file in many places: by somebody who
// forgot the manifest, and by somebody who mended it, digests and counts.
func TestEveryChangeIsFound(t *testing.T) {
	t.Parallel()
	l, db, _ := openLog(t, 4)
	dir := export(t, l, record.Export{Query: record.Query{From: noon.Add(3 * time.Hour)}, Pin: checkpointAt(t, db, 2)})
	v := record.Verification{Key: l.VerifierKey(), Pin: checkpointAt(t, db, 2)}
	verifies(t, dir, v, record.Holds, "HOLDS")
	for name, data := range contents(t, dir) {
		mend := name != "manifest.json" && !strings.HasPrefix(name, "attachments/")
		step := max(1, len(data)/13)
		for at := 0; at < len(data); at += step {
			for what, changed := range map[string][]byte{
				"flipped": flipped(data, at), "shorter": data[:at], "without": without(data, at), "doubled": doubled(data, at),
			} {
				write(t, dir, name, changed)
				if r := v.Verify(dir); r.Result != record.Broken || r.File != name && name != "manifest.json" {
					t.Errorf("%s, byte %d %s: result %d in %q: %s", name, at, what, r.Result, r.File, r.Reason)
				}
				if mend && !harmless(name, data, changed) {
					was := mendManifest(t, dir, name, changed)
					if r := v.Verify(dir); r.Result != record.Broken {
						t.Errorf("%s, byte %d %s, with the manifest mended: %s", name, at, what, printed(r))
					}
					write(t, dir, "manifest.json", was)
				}
			}
		}
		write(t, dir, name, data)
	}
	write(t, dir, "extra", nil)
	verifies(t, dir, v, record.Broken, "extra: is not in the manifest")
	os.Remove(filepath.Join(dir, "extra"))
	write(t, dir, "attachments/extra", nil)
	verifies(t, dir, v, record.Broken, "attachments/extra: belongs to no record")
}

// harmless tells the one thing that nothing signs: the operator's clock.
func harmless(name string, was, is []byte) bool {
	if name != "receipts.jsonl" || len(was) != len(is) {
		return false
	}
	for i := range was {
		if was[i] != is[i] {
			return i > bytes.LastIndex(was[:i], []byte(`"recorded_at":`)) && bytes.Count(was[:i], []byte(`"recorded_at":`)) == bytes.Count(was[:i], []byte("\n"))+1
		}
	}
	return false
}

func flipped(data []byte, at int) []byte {
	out := bytes.Clone(data)
	out[at] ^= 1
	return out
}

func without(data []byte, at int) []byte { return append(bytes.Clone(data[:at]), data[at+1:]...) }

func doubled(data []byte, at int) []byte {
	return append(append(bytes.Clone(data[:at]), data[at]), data[at:]...)
}

func write(t *testing.T, dir, name string, data []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// mendManifest gives a file's new digest and rows to the manifest, and returns
// the old manifest.
func mendManifest(t *testing.T, dir, name string, data []byte) []byte {
	t.Helper()
	was, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	var m record.Manifest
	if err := json.Unmarshal(was, &m); err != nil {
		t.Fatal(err)
	}
	for i, c := range m.Files {
		if c.Name == name {
			sum := sha256.Sum256(data)
			m.Files[i].SHA256, m.Files[i].Rows = hex.EncodeToString(sum[:]), int64(bytes.Count(data, []byte("\n")))
			if name == "changes.csv" {
				m.Files[i].Rows--
				m.Rows = m.Files[i].Rows
			}
		}
	}
	now, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "manifest.json", append(now, '\n'))
	return was
}

// TestWithheldDisclosuresAreSaid leaves one disclosure out, with the manifest
// mended: what is left still holds, and the report says that one is missing.
func TestWithheldDisclosuresAreSaid(t *testing.T) {
	l, _, _ := openLog(t, 2)
	dir := export(t, l, record.Export{})
	all, err := os.ReadFile(filepath.Join(dir, "disclosures.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	var kept []byte
	for _, line := range bytes.SplitAfter(all, []byte("\n")) {
		if !bytes.Contains(line, []byte(`"label":"statement"`)) {
			kept = append(kept, line...)
		}
	}
	write(t, dir, "disclosures.jsonl", kept)
	mendManifest(t, dir, "disclosures.jsonl", kept)
	verifies(t, dir, record.Verification{Key: l.VerifierKey()}, record.Broken, "manifest.json: counts")
	data, err := os.ReadFile(filepath.Join(dir, "manifest.json"))
	if err != nil {
		t.Fatal(err)
	}
	var m record.Manifest
	if err := json.Unmarshal(data, &m); err != nil {
		t.Fatal(err)
	}
	m.Disclosed -= 2
	now, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	write(t, dir, "manifest.json", append(now, '\n'))
	verifies(t, dir, record.Verification{Key: l.VerifierKey()}, record.Holds, "2 names or texts are withheld, and no order in this export says why")
}

// TestTableIsSafeToOpen lands a pull request whose texts attack spreadsheets
// and terminals.
func TestTableIsSafeToOpen(t *testing.T) {
	l, _, _ := openLog(t, 0)
	hostile := landing(0)
	hostile.Pull.Title = "=HYPERLINK(\"http://evil.example\")\x1b[2J\r\n,\"quoted\"\u202e"
	hostile.MergedBy.Login = "@sum"
	if _, err := l.Record(t.Context(), hostile); err != nil {
		t.Fatal(err)
	}
	dir := export(t, l, record.Export{})
	data, err := os.ReadFile(filepath.Join(dir, "changes.csv"))
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil || len(rows) != 2 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	cells := map[string]string{}
	for i, name := range rows[0] {
		cells[name] = rows[1][i]
	}
	if want := `'=HYPERLINK("http://evil.example") ,"quoted"`; cells["title"] != want {
		t.Errorf("title = %q; want %q", cells["title"], want)
	}
	if cells["landed_by"] != "'@sum" {
		t.Errorf("landed_by = %q", cells["landed_by"])
	}
	if !bytes.HasSuffix(data, []byte("\r\n")) || bytes.ContainsAny(data, "\x1b\u202e") {
		t.Error("the table has other ends of lines than RFC 4180's, or escapes")
	}
	verifies(t, dir, record.Verification{Key: l.VerifierKey()}, record.Holds, "HOLDS")
	e, err := l.Get(t.Context(), "0")
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := record.Render(&b, e); err != nil || strings.ContainsAny(b.String(), "\x1b\u202e\r") {
		t.Errorf("rendered text is not harmless: %v", err)
	}
}
