package policies

import (
	"context"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/open-policy-agent/opa/v1/cover"

	"github.com/countersign-dev/countersign/change"
	"github.com/countersign-dev/countersign/review"
)

var (
	human    = review.PolicyContributor{ID: 2, Login: "alice", Kind: "human", Roles: []review.Role{review.RoleAuthor}, Known: true}
	agent    = review.PolicyContributor{ID: 3, Login: "coder[bot]", Kind: "agent", Roles: []review.Role{review.RoleCommitter}, Known: true}
	bot      = review.PolicyContributor{ID: 4, Login: "updates[bot]", Kind: "bot", Roles: []review.Role{review.RoleAuthor}, Known: true}
	prompter = review.PolicyContributor{ID: 5, Login: "bob", Kind: "human", Roles: []review.Role{review.RolePrompter}, Known: true}
	stranger = review.PolicyContributor{Kind: "unknown", Roles: []review.Role{review.RoleAuthor}}
)

// everyChange yields each kind with each way it can change, direction, step
// and a few findings.
func everyChange(yield func(change.Change) bool) {
	for _, kind := range []change.Kind{change.Model, change.ModelParams, change.Prompt, change.ToolScope, change.Policy} {
		directions, steps := []change.Direction{""}, []change.Step{""}
		if kind == change.ToolScope {
			directions = []change.Direction{"", change.Widens, change.Narrows, change.Both, change.Unknown, "sideways"}
		}
		if kind == change.Model {
			steps = []change.Step{"", change.StepVersion, change.StepFamily, change.StepProvider, change.StepPinned, change.StepFloating, change.StepOutside}
		}
		for _, how := range []string{"added", "modified", "removed", "moved"} {
			for _, d := range directions {
				for _, s := range steps {
					for _, code := range []string{"", "hidden-unicode", "does-not-parse", "everything"} {
						c := change.Change{Kind: kind, Agent: "refund-bot", Path: "a.md", Change: how, Direction: d, Step: s, Confidence: change.InSlot}
						if code != "" {
							c.Findings = []change.Finding{{Code: code, Path: "a.md", Text: "look"}}
						}
						if !yield(c) {
							return
						}
					}
				}
			}
		}
	}
}

// Whatever changes, the default set asks its role, and lets nothing through
// that gives an agent more.
func TestDefaultSetClaimsEverything(t *testing.T) {
	t.Parallel()
	roles := map[change.Kind]string{change.Model: "model", change.ModelParams: "model", change.Prompt: "prompt", change.ToolScope: "tools", change.Policy: "policy"}
	e := newTestEngine(t, Options{})
	n := 0
	for c := range everyChange {
		n++
		d := require(t, e, input(c), nil)
		passes := c.Kind == change.ToolScope && c.Direction == change.Narrows && len(c.Findings) == 0
		switch {
		case len(d.Denials) > 0:
			t.Errorf("%+v is denied: %+v", c, d.Denials)
		case passes && (len(d.Passes) != 1 || len(d.Requirements) != 0):
			t.Errorf("%+v: only narrows, but %+v", c, d)
		case !passes && (len(d.Passes) != 0 || len(d.Requirements) != 1):
			t.Errorf("%+v: passes %+v, requirements %+v", c, d.Passes, d.Requirements)
		case !passes && (d.Requirements[0].Role != roles[c.Kind] || d.Requirements[0].ID != roles[c.Kind] || d.Requirements[0].Need < 1):
			t.Errorf("%+v asks %+v", c, d.Requirements[0])
		}
	}
	if n < 250 {
		t.Errorf("only %d changes were tried", n)
	}
}

func TestDefaultNeeds(t *testing.T) {
	t.Parallel()
	e := newTestEngine(t, Options{})
	widens := change.Change{Kind: change.ToolScope, Agent: "refund-bot", Direction: change.Widens}
	hidden := prompt()
	hidden.Findings = []change.Finding{{Code: "hidden-unicode"}}
	roles := map[string]review.RoleView{"tools": {Need: 2}, "prompt": {Need: 1}}
	for _, tt := range []struct {
		name   string
		change change.Change
		hands  []review.PolicyContributor
		roles  map[string]review.RoleView
		want   int
	}{
		{"a person's prompt", prompt(), []review.PolicyContributor{human}, nil, 1},
		{"a stranger's prompt", prompt(), []review.PolicyContributor{human, stranger}, nil, 2},
		{"a bot's prompt", prompt(), []review.PolicyContributor{bot}, nil, 2},
		{"an agent's prompt, prompted by a known person", prompt(), []review.PolicyContributor{agent, prompter}, nil, 1},
		{"hidden text", hidden, []review.PolicyContributor{human}, nil, 2},
		{"hidden text by a stranger", hidden, []review.PolicyContributor{stranger}, roles, 2},
		{"a person widens", widens, []review.PolicyContributor{human}, nil, 1},
		{"an agent widens, prompted by a known person", widens, []review.PolicyContributor{agent, prompter}, nil, 2},
		{"a bot widens", widens, []review.PolicyContributor{bot}, nil, 2},
		{"a bot widens where two are needed anyway", widens, []review.PolicyContributor{bot}, roles, 3},
		{"a stranger widens where two are needed anyway", widens, []review.PolicyContributor{stranger}, roles, 3},
	} {
		in := input(tt.change)
		in.Contributors, in.Settings.Roles = tt.hands, tt.roles
		d := require(t, e, in, nil)
		if len(d.Requirements) != 1 || d.Requirements[0].Need != tt.want {
			t.Errorf("%s: got %+v, want %d people", tt.name, d.Requirements, tt.want)
		}
	}
}

func TestNoticesNeverGate(t *testing.T) {
	t.Parallel()
	in := input(prompt())
	in.Notices = input(change.Change{Kind: change.ToolScope, Direction: change.Widens}).Changes
	in.Notices[0].ID = "c2"
	d := require(t, newTestEngine(t, Options{}), in, nil)
	if len(d.Requirements) != 1 || len(d.Denials) != 0 {
		t.Errorf("got %+v", d)
	}
}

// The rules of the default set and their library are formatted, and their tests
// pass and reach every line and every rule.
func TestDefaultSetIsTested(t *testing.T) {
	t.Parallel()
	files, err := readFS(embedded, "default")
	if err != nil {
		t.Fatal(err)
	}
	r, err := runTests(context.Background(), Default, library(t), files)
	if err != nil {
		t.Fatal(err)
	}
	if !r.OK() || r.Coverage < 100 || len(r.Uncovered) > 0 {
		t.Errorf("coverage %.1f %%, not covered %v, not formatted %v", r.Coverage, r.Uncovered, r.Unformatted)
	}
	for _, one := range r.Tests {
		if !one.Passed {
			t.Errorf("%s: %s failed: %s", one.Place, one.Name, one.Message)
		}
	}
	text := ""
	for _, f := range files {
		if isTest(f.Path) {
			text += string(f.Data)
		}
	}
	for _, one := range r.Rules {
		if !strings.Contains(text, `"`+one.ID+`"`) && one.ID != "unproven.contributor" {
			t.Errorf("no test speaks of %s", one.ID)
		}
	}
}

func TestLibraryIsTested(t *testing.T) {
	t.Parallel()
	files, err := readFS(embedded, "lib")
	if err != nil {
		t.Fatal(err)
	}
	modules, err := parseLibrary(counted(files))
	if err != nil {
		t.Fatal(err)
	}
	only, _ := parseLibrary(counted(files))
	for _, f := range files {
		if isTest(f.Path) {
			if modules[f.Path], err = parseTest(Default, f); err != nil {
				t.Fatal(err)
			}
		}
		if line, err := misformatted(f); line != 0 || err != nil {
			t.Errorf("%s:%d is not formatted: %v", f.Path, line, err)
		}
	}
	coverage := cover.New()
	tests, err := runModules(context.Background(), Default, modules, map[string]any{}, coverage)
	if err != nil {
		t.Fatal(err)
	}
	for _, one := range tests {
		if !one.Passed {
			t.Errorf("%s: %s failed: %s", one.Place, one.Name, one.Message)
		}
	}
	var r Report
	r.cover(coverage.Report(only))
	if len(tests) < 10 || r.Coverage < 100 {
		t.Errorf("%d tests cover %.1f %%, not %v", len(tests), r.Coverage, r.Uncovered)
	}
}

// The table of the default rules in docs/policy.md is made from their METADATA.
// Set COUNTERSIGN_UPDATE=1 to write it anew.
func TestDocumentedRules(t *testing.T) {
	t.Parallel()
	rules, err := newTestEngine(t, Options{}).List(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("| rule | says | title | why | controls | severity |\n|---|---|---|---|---|---|\n")
	for _, r := range rules {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s | %s |\n", r.ID, r.Kind, r.Title, r.Description, strings.Join(r.Controls, ", "), r.Severity)
	}
	checkPart(t, "rules", b.String())

	b.Reset()
	sorted := slices.Sorted(slices.Values(builtins))
	sorted = slices.DeleteFunc(sorted, func(s string) bool { return strings.HasPrefix(s, "internal.") })
	b.WriteString("`" + strings.Join(sorted, "` `") + "`\n")
	checkPart(t, "builtins", b.String())
	checkPart(t, "input", inputTable())
}

// The example of docs/policy.md loads, is formatted, and passes its tests.
func TestDocumentedExample(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../docs/policy.md")
	if err != nil {
		t.Fatal(err)
	}
	dir := fstest.MapFS{}
	for _, m := range regexp.MustCompile("(?s)`\\.github/countersign/([a-z_.]+)`[^`]*?:\n\n   ```[a-z]+\n(.*?)\n   ```\n").FindAllStringSubmatch(string(data), -1) {
		lines := strings.Split(m[2], "\n")
		for i := range lines {
			lines[i] = strings.TrimPrefix(lines[i], "   ")
		}
		dir[m[1]] = &fstest.MapFile{Data: []byte(strings.Join(lines, "\n") + "\n")}
	}
	r, err := Test(context.Background(), dir, Repository)
	if err != nil {
		t.Fatal(err)
	}
	if len(dir) != 3 || !r.OK() || r.Coverage < 100 || len(r.Tests) != 4 {
		t.Errorf("%d files: %+v", len(dir), r)
	}
}

// checkPart compares what stands between two marks in docs/policy.md.
func checkPart(t *testing.T, name, want string) {
	t.Helper()
	const doc = "../docs/policy.md"
	data, err := os.ReadFile(doc)
	if err != nil {
		t.Fatal(err)
	}
	from, to := "<!-- generated: "+name+" -->\n", "<!-- end -->"
	before, rest, ok := strings.Cut(string(data), from)
	got, after, ok2 := strings.Cut(rest, to)
	if !ok || !ok2 {
		t.Fatalf("%s has no part %s", doc, name)
	}
	if got == want {
		return
	}
	if os.Getenv("COUNTERSIGN_UPDATE") == "" {
		t.Errorf("%s: the part %s is not what the code says; run the test with COUNTERSIGN_UPDATE=1", doc, name)
		return
	}
	if err := os.WriteFile(doc, []byte(before+from+want+to+after), 0o644); err != nil {
		t.Fatal(err)
	}
}
