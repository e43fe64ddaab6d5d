package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite generated documentation")

// unbuilt are attacks of the gallery without a test, and why.
var unbuilt = map[int]string{
	60: "pages: not built yet; the server shows nothing but its health",
}

// elsewhere are attacks whose test bears another name.
var elsewhere = map[int]string{
	58: "`TestTamper…` in `record`, and verification of altered exports there",
}

var (
	attackStory = regexp.MustCompile(`^a(\d\d)_.*\.txt$`)
	attackTest  = regexp.MustCompile(`(?m)((?:^// .*\n)*)^func (TestA(\d\d)\w*)\(`)
)

// TestSecurityPage keeps the table of attacks in docs/security.md true: every
// attack of the gallery has its test there, or the reason why it has none.
func TestSecurityPage(t *testing.T) {
	t.Parallel()
	tests := map[int][]string{} // the last two cells of each row
	scripts := filepath.Join("..", "..", "testdata", "script")
	entries, err := os.ReadDir(scripts)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		m := attackStory.FindStringSubmatch(e.Name())
		if m == nil {
			continue
		}
		data, err := os.ReadFile(filepath.Join(scripts, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		first, _, _ := strings.Cut(string(data), "\n")
		n := numberOf(m[1])
		tests[n] = append(tests[n], row(strings.TrimSuffix(e.Name(), ".txt"), strings.TrimPrefix(first, "# ")))
	}
	files, _ := filepath.Glob("*_test.go")
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range attackTest.FindAllStringSubmatch(string(data), -1) {
			n := numberOf(m[3])
			tests[n] = append(tests[n], row(m[2], sentence(m[1], n)))
		}
	}
	var b strings.Builder
	b.WriteString("| attack | test | what it plays |\n|---|---|---|\n")
	for n := 1; n <= 87; n++ {
		slices.Sort(tests[n])
		switch {
		case len(tests[n]) == 0 && elsewhere[n] != "":
			tests[n] = []string{elsewhere[n] + " | "}
		case len(tests[n]) == 0 && unbuilt[n] != "":
			tests[n] = []string{"none | " + unbuilt[n]}
		case len(tests[n]) == 0:
			t.Errorf("A%02d has neither a test nor a reason", n)
		case unbuilt[n] != "":
			t.Errorf("A%02d has a test (%s) and a reason why it has none", n, tests[n])
		}
		for _, cells := range tests[n] {
			fmt.Fprintf(&b, "| A%02d | %s |\n", n, cells)
		}
	}
	page := filepath.Join("..", "..", "docs", "security.md")
	old, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	const begin, end = "<!-- attacks -->\n", "<!-- /attacks -->\n"
	head, rest, ok := strings.Cut(string(old), begin)
	_, tail, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatal("docs/security.md has no place for the table")
	}
	want := head + begin + b.String() + end + tail
	if *update {
		if err := os.WriteFile(page, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if want != string(old) {
		t.Error("docs/security.md is out of date: go test ./cmd/countersign -run TestSecurityPage -update")
	}
}

func row(test, plays string) string {
	return "`" + test + "` | " + strings.ReplaceAll(plays, "|", `\|`)
}

// sentence is the first sentence of a doc comment, without the attack's number.
func sentence(comment string, n int) string {
	text := strings.Join(strings.Fields(strings.ReplaceAll(comment, "// ", " ")), " ")
	text, _, _ = strings.Cut(text, ". ")
	return strings.TrimSuffix(strings.TrimPrefix(text, fmt.Sprintf("A%02d: ", n)), ".")
}

func numberOf(s string) int { return int(s[0]-'0')*10 + int(s[1]-'0') }
