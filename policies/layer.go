package policies

import (
	"context"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/open-policy-agent/opa/v1/ast"
	"github.com/open-policy-agent/opa/v1/rego"
	"github.com/open-policy-agent/opa/v1/storage/inmem"
	"github.com/open-policy-agent/opa/v1/topdown"

	"github.com/countersign-dev/countersign/review"
)

// maxSources bounds the rules and data of one layer, in bytes.
const maxSources = 1 << 20

// A layer is one set of rules, compiled alone.
type layer struct {
	name    string
	files   []file
	rules   []Rule
	outputs []output // in the order of the query's variables
	query   rego.PreparedEvalQuery
}

// An output is one collected set of a package.
type output struct {
	pkg  string // countersign.prompt
	kind Kind
}

// load parses, checks and compiles a layer. Every error that the rules cause is
// a *review.RulesError with file and line.
func load(name string, lib, files []file) (*layer, error) {
	files = counted(files)
	l := &layer{name: name, files: files}
	modules, data, err := parse(name, files)
	if err != nil {
		return nil, err
	}
	l.rules, l.outputs, err = check(name, modules)
	if err != nil {
		return nil, err
	}
	library, err := parseLibrary(lib)
	if err != nil {
		return nil, err
	}
	compiler, err := compile(name, modules, library)
	if err != nil {
		return nil, err
	}
	if err := checkCompiled(name, compiler, data); err != nil {
		return nil, err
	}
	return l, l.prepare(compiler, data)
}

// parse takes the files of a layer apart into modules by path and data.
func parse(name string, files []file) (map[string]*ast.Module, map[string]any, error) {
	modules, data := map[string]*ast.Module{}, map[string]any{}
	total := 0
	for _, f := range files {
		if total += len(f.Data); total > maxSources {
			return nil, nil, &review.RulesError{Layer: name, Path: f.Path, Reason: fmt.Sprintf("rules and data come to more than %d bytes", maxSources)}
		}
		var err error
		switch path.Ext(f.Path) {
		case ".rego":
			modules[f.Path], err = parseModule(name, f)
		case ".json", ".yaml", ".yml":
			err = addData(data, name, f)
		default:
			err = &review.RulesError{Layer: name, Path: f.Path, Reason: "is neither rules (.rego) nor data (.json, .yaml); texts end in .md or .txt"}
		}
		if err != nil {
			return nil, nil, err
		}
	}
	return modules, data, nil
}

func parseModule(name string, f file) (*ast.Module, error) {
	if !utf8.Valid(f.Data) {
		return nil, &review.RulesError{Layer: name, Path: f.Path, Reason: "is not valid UTF-8"}
	}
	m, err := ast.ParseModuleWithOpts(f.Path, string(f.Data), parserOptions())
	if err != nil {
		return nil, rulesError(name, err)
	}
	if m == nil {
		return nil, &review.RulesError{Layer: name, Path: f.Path, Line: 1, Reason: "is empty"}
	}
	return m, nil
}

func parserOptions() ast.ParserOptions {
	return ast.ParserOptions{ProcessAnnotation: true, RegoVersion: ast.RegoV1, Capabilities: capabilities()}
}

// parseLibrary parses the package countersign.lib, which every layer may call
// and none may change.
func parseLibrary(lib []file) (map[string]*ast.Module, error) {
	modules := map[string]*ast.Module{}
	for _, f := range lib {
		m, err := parseModule(Default, f)
		if err != nil {
			return nil, err
		}
		modules[libraryKey+f.Path] = m
	}
	return modules, nil
}

// libraryKey sets the library's modules apart from a layer's own, whatever
// their paths.
const libraryKey = "library:"

func compile(name string, modules, library map[string]*ast.Module) (*ast.Compiler, error) {
	all := map[string]*ast.Module{}
	for p, m := range library {
		all[p] = m
	}
	for p, m := range modules {
		all[p] = m
	}
	c := newCompiler()
	if c.Compile(all); c.Failed() {
		return nil, rulesError(name, c.Errors)
	}
	return c, nil
}

// newCompiler returns a compiler that knows the input's fields and no impure
// built-in.
func newCompiler() *ast.Compiler {
	schemas := ast.NewSchemaSet()
	schemas.Put(ast.SchemaRootRef, inputSchema())
	return ast.NewCompiler().WithCapabilities(capabilities()).WithStrict(true).WithSchemas(schemas).WithUseTypeCheckAnnotations(true)
}

// prepare readies the query for all collected sets at once.
func (l *layer) prepare(c *ast.Compiler, data map[string]any) error {
	if len(l.outputs) == 0 {
		return nil
	}
	var parts []string
	for i, o := range l.outputs {
		parts = append(parts, fmt.Sprintf("r%d = data.%s.%s", i, o.pkg, o.kind))
	}
	q, err := rego.New(rego.Compiler(c), rego.Store(inmem.NewFromObject(data)), rego.StrictBuiltinErrors(true),
		rego.Query(strings.Join(parts, "; "))).PrepareForEval(context.Background())
	if err != nil {
		return rulesError(l.name, err)
	}
	l.query = q
	return nil
}

// eval returns the members of each output of l, as decoded JSON. An error is a
// *review.RulesError; that the context ended shows in the context.
func (l *layer) eval(ctx context.Context, input []byte) ([][]any, error) {
	if len(l.outputs) == 0 {
		return nil, nil
	}
	v, err := ast.ValueFromReader(strings.NewReader(string(input)))
	if err != nil {
		return nil, fmt.Errorf("read policy input: %w", err)
	}
	rs, err := l.query.Eval(ctx, rego.EvalParsedInput(v))
	if err != nil {
		return nil, rulesError(l.name, err)
	}
	if len(rs) != 1 {
		return nil, &review.RulesError{Layer: l.name, Reason: fmt.Sprintf("the evaluation gave %d results instead of one", len(rs))}
	}
	out := make([][]any, len(l.outputs))
	for i, o := range l.outputs {
		set, ok := rs[0].Bindings[fmt.Sprintf("r%d", i)].([]any)
		if !ok {
			return nil, &review.RulesError{Layer: l.name, Reason: fmt.Sprintf("%s.%s is not a set", o.pkg, o.kind)}
		}
		out[i] = set
	}
	return out, nil
}

// rulesError turns what OPA says into words with file and line.
func rulesError(layer string, err error) *review.RulesError {
	out := &review.RulesError{Layer: layer}
	var one *ast.Error
	var many ast.Errors
	var running *topdown.Error
	switch {
	case errors.As(err, &many) && len(many) > 0:
		slices.SortStableFunc(many, func(a, b *ast.Error) int { return a.Location.Compare(b.Location) })
		out.Reason = explain(many[0])
		if n := len(many) - 1; n > 0 {
			out.Reason += fmt.Sprintf(" (and %d more)", n)
		}
		at(out, many[0].Location)
	case errors.As(err, &one):
		out.Reason = explain(one)
		at(out, one.Location)
	case errors.As(err, &running):
		out.Reason = running.Message
		at(out, running.Location)
	default:
		out.Reason = err.Error()
	}
	out.Reason = strings.Join(strings.Fields(out.Reason), " ")
	return out
}

func at(e *review.RulesError, loc *ast.Location) {
	if loc != nil && loc.File != "" {
		e.Path, e.Line = loc.File, loc.Row
	}
}

// explain says what an author cannot know from OPA's words alone.
func explain(e *ast.Error) string {
	msg := e.Message
	if name, ok := strings.CutPrefix(msg, "undefined function "); ok {
		if reason := refused(name); reason != "" {
			return name + " is not available to rules: " + reason
		}
		return "there is no function " + name
	}
	if d, ok := e.Details.(*ast.RefErrInvalidDetail); ok && e.Code == ast.TypeErr {
		var have []string
		for _, v := range d.OneOf {
			have = append(have, strings.Trim(v.String(), `"`))
		}
		return fmt.Sprintf("%s: there is no such field; there are %s", msg, strings.Join(have, ", "))
	}
	return msg
}
