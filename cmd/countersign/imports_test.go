package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const module = "github.com/countersign-dev/countersign/"

// imports is the map of docs/design.md: which package may import which of ours.
// A new arrow is a decision.
var imports = map[string][]string{
	"change":                   {},
	"review":                   {"change"},
	"webhook":                  {"review"},
	"policies":                 {"change", "review"},
	"record":                   {"change", "review"},
	"internal/git":             {"change"},
	"internal/github":          {"change", "review"},
	"internal/ghsim":           {},
	"internal/ghsim/contract":  {},
	"internal/store":           {"record", "review", "webhook"},
	"internal/store/storetest": {"record", "review", "webhook"},
	"cmd/countersign": {"change", "internal/ghsim", "internal/git", "internal/github", "internal/store", "policies", "record",
		"review", "webhook"},
}

// loggers may import logrus.
var loggers = []string{"cmd/countersign", "webhook"}

func TestImports(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	real := map[string]map[string]bool{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && path != root) {
			return filepath.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		rel, _ := filepath.Rel(root, filepath.Dir(path))
		pkg := filepath.ToSlash(rel)
		if real[pkg] == nil {
			real[pkg] = map[string]bool{}
		}
		for _, i := range f.Imports {
			name, _ := strconv.Unquote(i.Path.Value)
			if ours, ok := strings.CutPrefix(name, module); ok {
				real[pkg][ours] = true
			}
			if name == "github.com/sirupsen/logrus" && !slices.Contains(loggers, pkg) {
				t.Errorf("%s logs", pkg)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for pkg, got := range real {
		allowed, ok := imports[pkg]
		if !ok {
			t.Errorf("%s is not in the map", pkg)
			continue
		}
		for name := range got {
			if !slices.Contains(allowed, name) {
				t.Errorf("%s imports %s, which the map does not allow", pkg, name)
			}
		}
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(imports)), slices.Sorted(maps.Keys(real))); diff != "" {
		t.Errorf("packages, map against tree:\n%s", diff)
	}
}
