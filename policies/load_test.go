package policies

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/open-policy-agent/opa/v1/ast"

	"github.com/countersign-dev/countersign/review"
)

func library(t *testing.T) []file {
	t.Helper()
	lib, err := readFS(embedded, "lib")
	if err != nil {
		t.Fatal(err)
	}
	return counted(lib)
}

// loadOwn loads one file as a repository's rules.
func loadOwn(t *testing.T, text string) error {
	t.Helper()
	_, err := load(Repository, library(t), []file{{".github/countersign/own.rego", []byte(text)}})
	return err
}

// A51: every built-in that is not on the list is refused when rules load, with
// file and line.
func TestImpureBuiltinsAreRefused(t *testing.T) {
	t.Parallel()
	refusedOnes := 0
	for _, b := range ast.CapabilitiesForThisVersion().Builtins {
		if slices.Contains(builtins, b.Name) {
			if b.IsNondeterministic() {
				t.Errorf("%s is on the list and not pure", b.Name)
			}
			continue
		}
		if strings.HasPrefix(b.Name, "internal.") {
			continue // has no spelling of its own
		}
		refusedOnes++
		var args []string
		for range b.Decl.FuncArgs().Args {
			args = append(args, "input.at")
		}
		text := "package countersign.own\n" + meta("own.rule") + "warn contains result if {\n\tresult := " + b.Name + "(" + strings.Join(args, ", ") + ")\n}\n"
		got := broken(t, loadOwn(t, text))
		if got.Path != ".github/countersign/own.rego" || got.Line != 10 || !strings.Contains(got.Reason, b.Name) {
			t.Errorf("%s: got %+v", b.Name, got)
		}
	}
	for _, name := range []string{"http.send", "time.now_ns", "rand.intn", "uuid.rfc4122", "opa.runtime", "net.lookup_ip_addr"} {
		if slices.Contains(builtins, name) || refused(name) == "" {
			t.Errorf("%s is not refused with a reason", name)
		}
	}
	if refusedOnes < 50 {
		t.Errorf("only %d built-ins were tried", refusedOnes)
	}
	for _, name := range builtins {
		if ast.BuiltinMap[name] == nil {
			t.Errorf("%s is on the list and OPA does not know it", name)
		}
	}
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	ok := `{"rule": "own.rule", "reason": "a"}`
	head := "package countersign.own\n" + meta("own.rule") // 8 lines
	for _, tt := range []struct {
		name, text string
		line       int
		want       string
	}{
		{"no Rego", "package countersign.own\nfoo bar", 2, ""},
		{"empty file", "", 0, "empty"},
		{"invalid UTF-8", "package countersign.own\n# \xff\n", 0, "UTF-8"},
		{"Rego of version 0", "package countersign.own\ndeny[x] { x := 1 }\n", 2, ""},
		{"no topic", "package countersign\n", 1, "countersign.TOPIC"},
		{"foreign package", "package system\n", 1, "countersign.TOPIC"},
		{"the library", "package countersign.lib\nx := 1\n", 1, "cannot be added to"},
		{"below the library", "package countersign.lib.more\nx := 1\n", 1, "cannot be added to"},
		{"topic that is quoted", "package countersign[\"Own Rules\"]\n", 1, "lower-case"},
		{"topic that is a set", "package countersign.own.deny\n", 1, "is collected"},
		{"pass", head + "pass contains " + ok + "\n", 9, "never loosen"},
		{"complete rule", head + "deny := [" + ok + "]\n", 9, "contains result if"},
		{"object", head + "deny[input.pull.title] := 1\n", 9, "contains result if"},
		{"function", head + "deny(x) := x\n", 9, "contains result if"},
		{"default", head + "default deny := 1\n", 9, "contains result if"},
		{"no metadata", "package countersign.own\ndeny contains " + ok + "\n", 2, "no METADATA"},
		{"metadata of the package only", "# METADATA\n# title: a\n# custom:\n#   id: own.rule\npackage countersign.own\ndeny contains " + ok + "\n", 6, "no METADATA"},
		{"no title", strings.Replace(head, "title: Title of own.rule", "organizations: [a]", 1) + "deny contains " + ok + "\n", 9, "no title"},
		{"no description", strings.Replace(head, "# description: Why.\n", "", 1) + "deny contains " + ok + "\n", 8, "no description"},
		{"no id", strings.Replace(head, "#   id: own.rule\n", "", 1) + "deny contains " + ok + "\n", 8, "custom.id"},
		{"id in capitals", strings.Replace(head, "own.rule\n#   controls", "Own.Rule\n#   controls", 1) + "deny contains " + ok + "\n", 9, "custom.id"},
		{"no controls", strings.Replace(head, "[CC1.1]", "[]", 1) + "deny contains " + ok + "\n", 9, "custom.controls"},
		{"controls as text", strings.Replace(head, "[CC1.1]", "CC1.1", 1) + "deny contains " + ok + "\n", 9, "custom.controls"},
		{"odd severity", strings.Replace(head, "low", "severe", 1) + "deny contains " + ok + "\n", 9, "custom.severity"},
		{"two rules of one id", head + "deny contains " + ok + "\n\n" + meta("own.rule") + "warn contains " + ok + "\n", 18, "is taken by the rule at .github/countersign/own.rego:9"},
		{"misspelt set", head + "denny contains " + ok + "\n", 9, "not collected"},
		{"rule that nobody uses", "package countersign.own\nallow if count(input.changes) == 0\n", 2, "nothing uses allow"},
		{"misspelt field", head + "deny contains " + ok + " if input.pul.number == 1\n", 9, "there is no such field; there are at, changes, contributors"},
		{"misspelt field of a change", head + "deny contains " + ok + " if {\n\tsome change in input.changes\n\tchange.knd == \"prompt\"\n}\n", 11, "there is no such field; there are added"},
		{"misspelt field of a contributor", head + "deny contains " + ok + " if {\n\tsome c in input.contributors\n\tc.role == \"author\"\n}\n", 11, "there is no such field"},
		{"misspelt field of lines", head + "deny contains " + ok + " if {\n\tsome c in input.changes\n\tc.lines.add > 1\n}\n", 11, "there is no such field"},
		{"undefined variable", head + "deny contains " + ok + " if not allowed\n", 9, "allowed"},
		{"undefined rule", head + "deny contains " + ok + " if not data.countersign.own.allowed\n", 9, "data.countersign.own.allowed"},
		{"undefined rule of another package", head + "deny contains " + ok + " if data.countersign.theirs.allowed\n", 9, "not defined in this layer"},
		{"a rule of another layer", head + "deny contains " + ok + " if count(data.countersign.prompt.require) > 0\n", 9, "not defined in this layer"},
		{"undefined data", head + "deny contains " + ok + " if input.pull.number > data.limits.max\n", 9, "data.limits.max is not defined"},
		{"all data", head + "deny contains " + ok + " if count(data) > 0\n", 9, "recursive"},
		{"undefined function of the library", head + "import data.countersign.lib\ndeny contains " + ok + " if lib.nothing(1)\n", 0, ""},
		{"undefined function", head + "deny contains " + ok + " if fetch(1)\n", 9, "there is no function fetch"},
		{"unused import", "package countersign.own\nimport data.countersign.lib\n" + meta("own.rule") + "deny contains " + ok + "\n", 2, "unused"},
		{"unused variable", head + "deny contains " + ok + " if {\n\tx := 1\n}\n", 10, "unused"},
		{"recursion", head + "deny contains " + ok + " if a\na if b\nb if a\n", 10, "recursive"},
		{"schema in metadata", "package countersign.own\n" + strings.Replace(meta("own.rule"), "# custom", "# schemas:\n# - input: {\"$ref\": \"http://127.0.0.1:1/x\"}\n# custom", 1) + "deny contains " + ok + "\n", 2, "schemas in METADATA"},
		{"schema with a remote part", head + "deny contains " + ok + " if json.match_schema({}, {\"$ref\": \"http://127.0.0.1:1/x\"})[0]\n", 9, "schema can refer to a remote one"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := broken(t, loadOwn(t, tt.text))
			if got.Path != ".github/countersign/own.rego" || tt.line > 0 && got.Line != tt.line || !strings.Contains(got.Reason, tt.want) {
				t.Errorf("got %+v, want %q in line %d", got, tt.want, tt.line)
			}
		})
	}
}

func TestLoadAccepts(t *testing.T) {
	t.Parallel()
	ok := `{"rule": "own.rule", "reason": "a"}`
	head := "package countersign.own\n" + meta("own.rule")
	for name, text := range map[string]string{
		"nothing but a package": "package countersign.own\n",
		"deep topic":            "package countersign.own.eu\n" + meta("own.rule") + "deny contains " + ok + "\n",
		"helpers and library":   "package countersign.own\nimport data.countersign.lib\n" + meta("own.rule") + "deny contains " + ok + " if big(lib.hour(input.at))\nbig(x) if x > limit\nlimit := 20\n",
		"before and after":      head + "deny contains " + ok + " if {\n\tsome c in input.changes\n\tc.before == null\n\tc.after != null\n\tis_null(c.lines)\n\tc.lines.added > 1\n}\n",
		"roles by name":         head + "deny contains " + ok + " if count(input.settings.roles.model.people) == 1\n",
		"properties by name":    head + "deny contains " + ok + " if input.repository.properties.tier == \"1\"\n",
	} {
		if err := loadOwn(t, text); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDataOfALayer(t *testing.T) {
	t.Parallel()
	rules := "package countersign.own\n" + meta("own.rule") + "deny contains {\"rule\": \"own.rule\", \"reason\": data.eu.limits.why} if data.words.list[0] == 1\n"
	files := []file{
		{".github/countersign/own.rego", []byte(rules)},
		{".github/countersign/eu/limits.yaml", []byte("why: because\n")},
		{".github/countersign/words.json", []byte(`{"list": [1, 2.5, true, null, "x"]}`)},
	}
	if _, err := load(Repository, library(t), files); err != nil {
		t.Error(err)
	}
}

func TestDataRefused(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		path, text string
		line       int
		want       string
	}{
		{"countersign.yaml", "a: 1", 0, "holds the rules"},
		{"countersign/lib.yaml", "a: 1", 0, "holds the rules"},
		{"My-Limits.yaml", "a: 1", 0, "lower-case"},
		{"a.toml", "a = 1", 0, "neither rules"},
		{"a.yaml", "", 0, "empty"},
		{"a.yaml", "a: [", 0, "not valid YAML"},
		{"a.yaml", "a: 1\nb: &x 2\nc: *x\n", 2, "anchors and aliases"},
		{"a.yaml", "a: 1\n---\nb: 2\n", 0, "more than one"},
		{"a.yaml", "a: 1\nb: 2\na: 3\n", 3, "repeated"},
		{"a.yaml", "1: 2\n", 1, "not a string"},
		{"a.yaml", "a: 2025-06-01\n", 1, "in quotes"},
		{"a.yaml", "a: .inf\n", 1, "count with"},
		{"a.yaml", strings.Repeat("[", 100) + strings.Repeat("]", 100), 1, "deeply"},
		{"a.json", `{"a": 1, "a": 2}`, 1, "repeated"},
		{"a.json", `{"a": 1} {}`, 0, "not valid JSON"},
		{"a.json", `{a: 1}`, 0, "not valid JSON"},
		{"a.yaml", "x: " + strings.Repeat("x", maxSources), 0, "more than"},
	} {
		_, err := load(Repository, nil, []file{{".github/countersign/" + tt.path, []byte(tt.text)}})
		got := broken(t, err)
		if got.Path != ".github/countersign/"+tt.path || tt.line > 0 && got.Line != tt.line || !strings.Contains(got.Reason, tt.want) {
			t.Errorf("%s with %.30q: got %+v, want %q in line %d", tt.path, tt.text, got, tt.want, tt.line)
		}
	}
	twice := []file{{"a.json", []byte("{}")}, {"a.yaml", []byte("{}")}}
	if _, err := load(Operator, nil, twice); err == nil || !strings.Contains(err.Error(), "two files") {
		t.Errorf("got %v", err)
	}
	nested := []file{{"a.yaml", []byte("1")}, {"a/b.yaml", []byte("{}")}}
	if _, err := load(Operator, nil, nested); err == nil || !strings.Contains(err.Error(), "data.a is a file") {
		t.Errorf("got %v", err)
	}
}

func TestSeveralMistakesAreCounted(t *testing.T) {
	t.Parallel()
	text := "package countersign.own\n" + meta("own.rule") + "deny contains {\"rule\": \"own.rule\", \"reason\": \"a\"} if {\n\tinput.one == 1\n\tinput.two == 2\n}\n"
	got := broken(t, loadOwn(t, text))
	if got.Line != 10 || !strings.HasSuffix(got.Reason, "(and 1 more)") {
		t.Errorf("got %+v", got)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte(rule(Deny, `{"rule": "own.rule", "reason": "a"}`)), []byte("a: [1, {b: c}]"))
	lib, err := readFS(embedded, "lib")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, rules, data []byte) {
		_, err := load(Repository, counted(lib), []file{{"a.rego", rules}, {"b.yaml", data}})
		if e, ok := err.(*review.RulesError); err != nil && (!ok || e.Reason == "") {
			t.Errorf("not a reason for people: %v", fmt.Errorf("%w", err))
		}
	})
}
