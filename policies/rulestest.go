package policies

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/cover"
	"github.com/open-policy-agent/opa/v1/format"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/tester"

	"github.com/countersign-dev/countersign/review"
)

// A Report is what the tests of one layer's rules gave.
type Report struct {
	Tests       []TestResult `json:"tests"`
	Rules       []Rule       `json:"rules"`
	Coverage    float64      `json:"coverage"`    // percent of the lines of rules that some test evaluated
	Uncovered   []Place      `json:"uncovered"`   // lines that none did
	Unformatted []Place      `json:"unformatted"` // the first line of each file that the formatter would change
}

// A TestResult is the outcome of one test rule.
type TestResult struct {
	Package string        `json:"package"`
	Name    string        `json:"name"`
	Place   Place         `json:"place"`
	Passed  bool          `json:"passed"`
	Skipped bool          `json:"skipped"` // its name begins with todo_
	Message string        `json:"message"` // why it failed, and what it printed
	Took    time.Duration `json:"took"`
}

// A Place is a line of a file, from 1.
type Place struct {
	Path string `json:"path"`
	Line int    `json:"line"`
}

func (p Place) String() string { return fmt.Sprintf("%s:%d", p.Path, p.Line) }

// OK reports whether there are tests, all of them passed, and all files are
// formatted.
func (r Report) OK() bool {
	for _, t := range r.Tests {
		if !t.Passed {
			return false
		}
	}
	return len(r.Tests) > 0 && len(r.Unformatted) == 0
}

// Test runs the tests of the rules in a folder, *_test.rego, as an author does
// before a pull request. layer says where the rules will stand: Operator, or
// Repository for the folder .github/countersign. Rules that would not load
// there give a *review.RulesError.
//
// The rules run in this process, so give it your own.
func Test(ctx context.Context, dir fs.FS, layer string) (Report, error) {
	files, err := readFS(dir, ".")
	if err != nil {
		return Report{}, fmt.Errorf("read rules: %w", err)
	}
	library, err := readFS(embedded, "lib")
	if err != nil {
		return Report{}, err
	}
	return runTests(ctx, layer, counted(library), files)
}

func runTests(ctx context.Context, layer string, library, files []file) (Report, error) {
	l, err := load(layer, library, files)
	if err != nil {
		return Report{}, err
	}
	r := Report{Rules: l.rules, Tests: []TestResult{}, Uncovered: []Place{}, Unformatted: []Place{}}
	modules, data, err := parse(layer, counted(files))
	if err != nil {
		return r, err
	}
	own := maps.Clone(modules)
	for _, f := range files {
		if isTest(f.Path) {
			if modules[f.Path], err = parseTest(layer, f); err != nil {
				return r, err
			}
		}
	}
	lib, err := parseLibrary(library)
	if err != nil {
		return r, err
	}
	maps.Copy(modules, lib)
	coverage := cover.New()
	if r.Tests, err = runModules(ctx, layer, modules, data, coverage); err != nil {
		return r, err
	}
	r.cover(coverage.Report(own))
	for _, f := range files {
		if line, err := misformatted(f); err != nil {
			return r, rulesError(layer, err)
		} else if line > 0 {
			r.Unformatted = append(r.Unformatted, Place{f.Path, line})
		}
	}
	return r, nil
}

func parseTest(layer string, f file) (*ast.Module, error) {
	m, err := parseModule(layer, f)
	if err != nil {
		return nil, err
	}
	return m, checkPackage(layer, m)
}

// runModules runs all test rules of modules, one after another.
func runModules(ctx context.Context, layer string, modules map[string]*ast.Module, data map[string]any, coverage *cover.Cover) ([]TestResult, error) {
	c := newCompiler().WithCapabilities(testCapabilities()).WithEnablePrintStatements(true)
	results, err := tester.NewRunner().SetCompiler(c).SetStore(inmem.NewFromObject(data)).SetModules(modules).
		SetCoverageQueryTracer(coverage).RaiseBuiltinErrors(true).CapturePrintOutput(true).SetParallel(1).RunTests(ctx, nil)
	if err != nil {
		return nil, rulesError(layer, err)
	}
	out := []TestResult{}
	for t := range results {
		if t == nil {
			continue
		}
		one := TestResult{Package: strings.TrimPrefix(t.Package, "data."), Name: t.Name, Place: Place{t.Location.File, t.Location.Row},
			Passed: t.Pass(), Skipped: t.Skip, Took: t.Duration, Message: strings.TrimSpace(string(t.Output))}
		if t.Error != nil {
			one.Message = strings.TrimSpace(t.Error.Error() + "\n" + one.Message)
		}
		out = append(out, one)
	}
	slices.SortFunc(out, func(a, b TestResult) int {
		return cmp.Or(strings.Compare(a.Place.Path, b.Place.Path), a.Place.Line-b.Place.Line, strings.Compare(a.Name, b.Name))
	})
	return out, ctx.Err()
}

// testCapabilities are those of rules, and what tests need beside.
var testCapabilities = sync.OnceValue(func() *ast.Capabilities {
	c := *capabilities()
	c.Builtins = slices.Clone(c.Builtins)
	for _, name := range []string{"print", "internal.print", "internal.test_case"} {
		c.Builtins = append(c.Builtins, ast.BuiltinMap[name])
	}
	return &c
})

// cover counts lines. What only the evaluator's short cuts left out counts as
// covered.
func (r *Report) cover(report cover.Report) {
	covered, missed := 0, 0
	for _, p := range slices.Sorted(maps.Keys(report.Files)) {
		if isTest(p) {
			continue
		}
		covered += report.Files[p].CoveredLines
		for _, gap := range report.Files[p].NotCovered {
			if len(gap.Kinds) == 0 {
				missed += gap.End.Row - gap.Start.Row + 1
				r.Uncovered = append(r.Uncovered, Place{p, gap.Start.Row})
			}
		}
	}
	if covered+missed > 0 {
		r.Coverage = 100 * float64(covered) / float64(covered+missed)
	}
}

// misformatted returns the first line of a file of rules that the formatter
// would change, and 0 when there is none.
func misformatted(f file) (int, error) {
	if !strings.HasSuffix(f.Path, ".rego") {
		return 0, nil
	}
	want, err := format.SourceWithOpts(f.Path, f.Data, format.Opts{RegoVersion: ast.RegoV1})
	if err != nil {
		return 0, err
	}
	is, should := bytes.Split(f.Data, []byte("\n")), bytes.Split(want, []byte("\n"))
	for i := range is {
		if i >= len(should) || !bytes.Equal(is[i], should[i]) {
			return i + 1, nil
		}
	}
	if len(should) > len(is) {
		return len(is), nil
	}
	return 0, nil
}

// List returns the rules of all layers with their texts, in the order of the
// layers. repo is a repository's own; a *review.RulesError says why they do
// not load.
func (e *Engine) List(ctx context.Context, repo []review.PolicySource) ([]Rule, error) {
	var out []Rule
	for _, l := range e.layers {
		out = append(out, l.rules...)
	}
	files := ownFiles(repo)
	if len(files) == 0 {
		return out, nil
	}
	rules, err := e.workers.list(ctx, files)
	var broken *review.RulesError
	if errors.As(err, &broken) {
		return out, broken
	}
	return append(out, rules...), err
}

// Load implements review.Policy.
func (e *Engine) Load(ctx context.Context, repo []review.PolicySource) error {
	_, err := e.List(ctx, repo)
	return err
}
