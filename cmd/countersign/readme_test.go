package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// block finds the outputs in README.md: ```text demo and ```text scan.
var block = regexp.MustCompile("(?s)```text (demo|scan)\n(.*?)```")

// TestReadme holds the outputs in README.md to what the commands print: every
// line stands there, in order.
func TestReadme(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile(filepath.Join("..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	var demoOut, scanOut bytes.Buffer
	d := &demo{w: &demoOut, dir: t.TempDir()}
	defer d.close()
	if err := d.play(context.Background()); err != nil {
		t.Fatal(err)
	}
	root := newRoot()
	root.SetArgs([]string{"scan", d.repo.Dir()})
	root.SetOut(&scanOut)
	if err := root.Execute(); err != nil {
		t.Fatal(err)
	}
	real := map[string]string{"demo": demoOut.String(), "scan": scanOut.String()}
	blocks := block.FindAllStringSubmatch(string(readme), -1)
	if len(blocks) != 3 {
		t.Fatalf("README.md has %d outputs, want 3", len(blocks))
	}
	for _, b := range blocks {
		rest := real[b[1]]
		for line := range strings.Lines(b[2]) {
			_, after, ok := strings.Cut(rest, line)
			if !ok {
				t.Fatalf("%s does not print %q after the lines before it:\n%s", b[1], line, real[b[1]])
			}
			rest = after
		}
	}
}
