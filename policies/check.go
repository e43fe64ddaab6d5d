package policies

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/countersign-dev/countersign/review"
)

// A Kind is the set that a rule adds to, and so what it says.
type Kind string

const (
	Require Kind = "require" // asks for a sign-off
	Deny    Kind = "deny"    // refuses
	Warn    Kind = "warn"    // remarks, and claims nothing
	Pass    Kind = "pass"    // claims that a change needs nobody
)

var kinds = []Kind{Require, Deny, Warn, Pass}

// A Rule is one rule as its METADATA tells of it.
type Rule struct {
	ID          string   `json:"id"`
	Kind        Kind     `json:"kind"`
	Title       string   `json:"title"`
	Description string   `json:"description"`
	Controls    []string `json:"controls"` // such as CC8.1 of SOC 2
	Severity    string   `json:"severity"` // low, medium, high, critical
	Layer       string   `json:"layer"`
	Package     string   `json:"package"`
	Path        string   `json:"path"`
	Line        int      `json:"line"`
}

var severities = []string{"low", "medium", "high", "critical"}

// idText is what people type on a command line.
var idText = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`)

// check looks at parsed modules before they meet the compiler: packages, the
// shape of the collected rules, and their metadata.
func check(layer string, modules map[string]*ast.Module) ([]Rule, []output, error) {
	var rules []Rule
	seen := map[output]bool{}
	for _, p := range slices.Sorted(maps.Keys(modules)) {
		m := modules[p]
		if err := checkPackage(layer, m); err != nil {
			return nil, nil, err
		}
		for _, r := range m.Rules {
			rule, ok, err := checkRule(layer, m, r)
			if err != nil {
				return nil, nil, err
			}
			if ok {
				rules = append(rules, rule)
				seen[output{rule.Package, rule.Kind}] = true
			}
		}
	}
	outputs := slices.SortedFunc(maps.Keys(seen), func(a, b output) int {
		return strings.Compare(a.pkg+" "+string(a.kind), b.pkg+" "+string(b.kind))
	})
	return rules, outputs, checkIDs(layer, rules)
}

func checkPackage(layer string, m *ast.Module) error {
	bad := func(format string, args ...any) error {
		return wrong(layer, m.Package.Location, format, args...)
	}
	name := packageName(m)
	parts := strings.Split(name, ".")
	switch {
	case len(parts) < 2 || parts[0] != "countersign":
		return bad("package %s: rules live in packages countersign.TOPIC", name)
	case parts[1] == "lib":
		return bad("package %s: the library countersign.lib is the same for all and cannot be added to", name)
	}
	for _, part := range parts[1:] {
		if !dataName.MatchString(part) {
			return bad("package %s: topics are written in lower-case letters, digits and underscores", name)
		}
		if slices.Contains(kinds, Kind(part)) {
			return bad("package %s: %s is the name of a set that is collected, not of a topic", name, part)
		}
	}
	for _, a := range m.Annotations {
		if len(a.Schemas) > 0 {
			return wrong(layer, a.Location, "schemas in METADATA are not allowed: the input is typed for every rule already")
		}
	}
	return nil
}

// packageName returns the dotted name of a module's package, without data.
func packageName(m *ast.Module) string {
	var parts []string
	for _, t := range m.Package.Path[1:] {
		s, _ := t.Value.(ast.String)
		parts = append(parts, string(s))
	}
	return strings.Join(parts, ".")
}

// checkRule reads a rule that is collected, and is not ok for a helper.
func checkRule(layer string, m *ast.Module, r *ast.Rule) (rule Rule, ok bool, err error) {
	name := Kind(r.Head.Ref()[0].Value.String())
	meta := metadata(r)
	if !slices.Contains(kinds, name) {
		if meta != nil && meta.Custom["id"] != nil {
			return Rule{}, false, wrong(layer, r.Location, "%s has an id but is not collected: only require, deny, warn and pass are", name)
		}
		return Rule{}, false, nil
	}
	if len(r.Head.Ref()) != 1 || r.Head.RuleKind() != ast.MultiValue || r.Default || len(r.Head.Args) > 0 {
		return Rule{}, false, wrong(layer, r.Location, "write it as `%s contains result if { … }`", name)
	}
	if name == Pass && layer != Default && layer != Operator {
		return Rule{}, false, wrong(layer, r.Location, "pass is for the operator: a repository's rules tighten and never loosen")
	}
	rule = Rule{Kind: name, Layer: layer, Package: packageName(m), Path: r.Location.File, Line: r.Location.Row}
	if meta == nil {
		return rule, false, wrong(layer, r.Location, "%s has no METADATA: write title, description and custom.id, custom.controls, custom.severity above it", name)
	}
	return rule, true, rule.read(layer, r, meta)
}

// metadata returns the annotations of the rule itself.
func metadata(r *ast.Rule) *ast.Annotations {
	for _, a := range r.Annotations {
		if a.Scope == "rule" || a.Scope == "document" {
			return a
		}
	}
	return nil
}

// read takes a rule's texts from its metadata.
func (r *Rule) read(layer string, node *ast.Rule, meta *ast.Annotations) error {
	r.Title, r.Description = strings.TrimSpace(meta.Title), strings.TrimSpace(meta.Description)
	r.ID, _ = meta.Custom["id"].(string)
	r.Severity, _ = meta.Custom["severity"].(string)
	controls, _ := meta.Custom["controls"].([]any)
	for _, c := range controls {
		s, _ := c.(string)
		if s == "" {
			controls = nil
			break
		}
		r.Controls = append(r.Controls, s)
	}
	bad := func(format string, args ...any) error { return wrong(layer, node.Location, format, args...) }
	switch {
	case r.Title == "":
		return bad("METADATA has no title")
	case r.Description == "":
		return bad("METADATA has no description")
	case !idText.MatchString(r.ID):
		return bad("METADATA needs custom.id of lower-case letters, digits, dot, dash and underscore, such as tools.widened")
	case len(controls) == 0:
		return bad("METADATA needs custom.controls, a list such as [CC8.1]")
	case !slices.Contains(severities, r.Severity):
		return bad("METADATA needs custom.severity, one of %s", strings.Join(severities, ", "))
	}
	return nil
}

// checkIDs refuses two rules of a layer with one id: a record names rules by it.
func checkIDs(layer string, rules []Rule) error {
	first := map[string]Rule{}
	for _, r := range rules {
		if f, twice := first[r.ID]; twice {
			return &review.RulesError{Layer: layer, Path: r.Path, Line: r.Line,
				Reason: fmt.Sprintf("the id %s is taken by the rule at %s:%d", r.ID, f.Path, f.Line)}
		}
		first[r.ID] = r
	}
	return nil
}

func wrong(layer string, loc *ast.Location, format string, args ...any) error {
	e := &review.RulesError{Layer: layer, Reason: fmt.Sprintf(format, args...)}
	at(e, loc)
	return e
}

// checkCompiled looks for what a compiler lets pass because it might be
// defined elsewhere, or be asked for elsewhere. In a layer, nothing is: a name
// that means nothing would make a rule silently undefined, and a rule that
// nobody asks for is a misspelt one.
func checkCompiled(layer string, c *ast.Compiler, data map[string]any) error {
	for _, key := range slices.Sorted(maps.Keys(c.Modules)) {
		if strings.HasPrefix(key, libraryKey) {
			continue
		}
		m := c.Modules[key]
		var err error
		ast.WalkRefs(m, func(ref ast.Ref) bool {
			if err == nil && ref.HasPrefix(ast.DefaultRootRef) && !exists(c, data, ref.GroundPrefix()) {
				err = wrong(layer, refLocation(ref, m), "%s is not defined in this layer, neither as a rule nor as data", ref.GroundPrefix())
			}
			return err != nil
		})
		if err != nil {
			return err
		}
		for _, r := range m.Rules {
			name := r.Head.Ref()[0].Value.String()
			if !slices.Contains(kinds, Kind(name)) && len(c.Graph.Dependents(r)) == 0 {
				return wrong(layer, r.Location, "nothing uses %s; the sets that are collected are require, deny, warn and pass", name)
			}
		}
	}
	return nil
}

func refLocation(ref ast.Ref, m *ast.Module) *ast.Location {
	if loc := ref[0].Location; loc != nil && loc.File != "" {
		return loc
	}
	return m.Package.Location
}

// exists reports whether a ground reference leads to a rule, a package or data.
func exists(c *ast.Compiler, data map[string]any, ref ast.Ref) bool {
	if node := c.RuleTree; node != nil {
		for i, t := range ref {
			if i == 0 {
				node = node.Child(ast.DefaultRootDocument.Value)
			} else {
				node = node.Child(t.Value)
			}
			if node == nil {
				break
			}
			if len(node.Values) > 0 || i == len(ref)-1 {
				return len(ref) > 1
			}
		}
	}
	var v any = data
	for _, t := range ref[1:] {
		m, isMap := v.(map[string]any)
		name, isString := t.Value.(ast.String)
		if !isMap || !isString {
			return !isMap && v != nil
		}
		if v, isMap = m[string(name)]; !isMap {
			return false
		}
	}
	return len(ref) > 1
}
