package change

import (
	"bytes"
	cmdline "flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = cmdline.Bool("update", false, "rewrite golden files")

// samples are the hand-written files of every format, before and after a
// change, with what the change is.
const samples = "../testdata/formats"

func TestFormats(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(samples, "*.txtar"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no samples (%v)", err)
	}
	for _, file := range files {
		id := strings.TrimSuffix(filepath.Base(file), ".txtar")
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			ar, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			base, head := trees(ar)
			set, err := Compare(base, head, Settings{})
			if err != nil {
				t.Fatal(err)
			}
			got, found := describe(set), false
			for _, c := range set.Changes {
				found = found || c.Format == id
			}
			if f := catalogue().byID[id]; f == nil {
				t.Errorf("no format %s in the catalogue", id)
			} else if !found && (len(f.model)+len(f.prompt)+len(f.read) > 0) {
				t.Errorf("nothing was seen as %s:\n%s", id, got)
			}
			if again, _ := Compare(base, base, Settings{}); len(again.Changes) > 0 {
				t.Errorf("a tree differs from itself:\n%s", describe(again))
			}
			emptied := MapTree{}
			for p := range head {
				emptied[p] = "\n"
			}
			for _, pair := range [][2]MapTree{{head, emptied}, {emptied, head}, {emptied, emptied}} { // nothing panics
				if _, err := Compare(pair[0], pair[1], Settings{}); err != nil {
					t.Error(err)
				}
			}
			checkGolden(t, file, ar, "want", got)
		})
	}
	for _, f := range catalogue().formats {
		if _, err := os.Stat(filepath.Join(samples, f.id+".txtar")); err != nil {
			t.Errorf("format %s has no sample: %v", f.id, err)
		}
	}
}

// formatsPage is docs/formats.md, which says of every format what it yields.
const formatsPage = "../docs/formats.md"

func TestFormatsPage(t *testing.T) {
	var b strings.Builder
	b.WriteString(`# Formats

What Countersign reads, in the order in which formats are tried: a file is of the
first format whose path matches and whose signature its content has. This page
is generated from the catalogue, change/catalogue.yaml, by
` + "`go test ./change -run TestFormatsPage -update`" + `; ` + "`countersign formats`" + ` prints the same.

A repository adds formats of its own in ` + "`.github/countersign.yaml`" + `; they add to
these and never replace one.

`)
	for _, f := range Formats() {
		fmt.Fprintf(&b, "## %s\n\n%s.\n\n", f.ID, f.Title)
		row := func(name string, values ...string) {
			if len(values) > 0 && values[0] != "" {
				fmt.Fprintf(&b, "* **%s**: %s\n", name, strings.Join(values, ", "))
			}
		}
		row("Paths", quoted(f.Paths)...)
		row("Content", strings.Join(quoted(f.When), " or "))
		row("Model", quoted(f.Model)...)
		row("Prompt", quoted(f.Prompt)...)
		row("Parameters", quoted(f.Params)...)
		row("Read by code", f.Code...)
		row("Tool scope", f.Tools)
		row("Where absent", f.Absent)
		if f.Notice {
			row("Weight", "notices only")
		} else if f.Quiet {
			row("Weight", "notices in tests and documentation")
		}
		row("Source", f.Source)
		b.WriteByte('\n')
	}
	if *update {
		if err := os.WriteFile(formatsPage, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(mustRead(t, formatsPage)), b.String()); diff != "" {
		t.Errorf("%s is out of date; -update rewrites it (-have +want):\n%s", formatsPage, diff)
	}
}

func quoted(values []string) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = "`" + v + "`"
	}
	return out
}

// trees makes the two sides of an archive, from its folders before and after.
func trees(ar *txtar.Archive) (base, head MapTree) {
	base, head = MapTree{}, MapTree{}
	for _, f := range ar.Files {
		if p, ok := strings.CutPrefix(f.Name, "before/"); ok {
			base[p] = string(f.Data)
		}
		if p, ok := strings.CutPrefix(f.Name, "after/"); ok {
			head[p] = string(f.Data)
		}
	}
	return base, head
}

// describe writes a set in lines that a person can judge.
func describe(s Set) string {
	var b strings.Builder
	for _, c := range s.Changes {
		fmt.Fprintf(&b, "%s %s %s [%s] %s of %s", c.Kind, c.Change, strings.Join(c.Paths, " "), c.Format, or(c.Slot, "file"), c.Agent)
		switch {
		case c.Kind == Prompt && c.Lines != nil:
			fmt.Fprintf(&b, ": +%d -%d", c.Lines.Added, c.Lines.Removed)
		case c.Kind == ToolScope:
			fmt.Fprintf(&b, ": %s %s +%q -%q", c.Direction, c.Dimension, c.Added, c.Removed)
		case c.Before != nil || c.After != nil:
			fmt.Fprintf(&b, ": %s → %s", or(optional(c.Before), "none"), or(optional(c.After), "none"))
		}
		if c.Step != "" {
			fmt.Fprintf(&b, " (%s)", c.Step)
		}
		if c.Confidence == Notice {
			b.WriteString(" notice")
		}
		b.WriteByte('\n')
		for _, f := range c.Findings {
			fmt.Fprintf(&b, "\t%s %s:%d %s\n", f.Code, f.Path, f.Line, f.Text)
		}
	}
	return b.String()
}

func optional(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// checkGolden compares got with a file of an archive, or rewrites it.
func checkGolden(t *testing.T, path string, ar *txtar.Archive, name, got string) {
	t.Helper()
	for i, f := range ar.Files {
		if f.Name != name {
			continue
		}
		if *update {
			ar.Files[i].Data = []byte(got)
			if data := txtar.Format(ar); !bytes.Equal(data, mustRead(t, path)) {
				if err := os.WriteFile(path, data, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			return
		}
		if diff := cmp.Diff(string(f.Data), got); diff != "" {
			t.Errorf("%s differs (-want +got); -update rewrites it:\n%s", path, diff)
		}
		return
	}
	t.Errorf("%s has no part %s", path, name)
}

func mustRead(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}
