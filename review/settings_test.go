package review

import (
	"strings"
	"testing"
)

const goodSettings = `version: 1
branches: [main, "release/*"]
approvers:
  model:  {people: [bob, erin], need: 1}
  prompt: {teams: [acme/content]}
agents:
  refund-bot: ["agents/refund/**"]
formats:
  - name: our-llm-config
    paths: ["services/*/llm.yaml"]
    model: [llm.model]
    tools: [{allow: "llm.tools[*].name"}]
`

func TestSettings(t *testing.T) {
	s, err := ParseSettings([]byte(goodSettings))
	if err != nil {
		t.Fatal(err)
	}
	for branch, want := range map[string]string{"main": "main", "release/1.0": "release/*", "release/1/2": "", "Main": "", "dev": ""} {
		if got := s.Branch(branch); got != want {
			t.Errorf("branch %s is governed by %q, want %q", branch, got, want)
		}
	}
	if f := s.Change().Formats; len(f) != 1 || f[0].Tools[0].Allow != "llm.tools[*].name" {
		t.Errorf("formats: %+v", f)
	}
}

// Every mistake says what to mend.
func TestSettingsMistakes(t *testing.T) {
	for _, c := range []struct{ name, yaml, want string }{
		{"empty", "", "the file is empty"},
		{"not YAML", "version: [1", "not valid YAML"},
		{"unknown field", "version: 1\nbranches: [main]\napprover: {}\n", "approver"},
		{"no version", "branches: [main]\n", "version must be 1"},
		{"no branches", "version: 1\n", "branches is empty"},
		{"alias", "version: 1\nbranches: &b [main]\nignore: *b\n", "anchors and aliases"},
		{"alias bomb", "a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n", "anchors and aliases"},
		{"two documents", "version: 1\nbranches: [main]\n---\nversion: 1\n", "more than one YAML document"},
		{"empty role", "version: 1\nbranches: [main]\napprovers: {model: {need: 1}}\n", "names nobody"},
		{"login with @", "version: 1\nbranches: [main]\napprovers: {model: {people: ['@bob']}}\n", "is not a login"},
		{"look-alike login", "version: 1\nbranches: [main]\napprovers: {model: {people: [bоb]}}\n", "is not a login"},
		{"team without organisation", "version: 1\nbranches: [main]\napprovers: {model: {teams: [content]}}\n", "organisation/team"},
		{"need below zero", "version: 1\nbranches: [main]\napprovers: {model: {people: [bob], need: -1}}\n", "need must lie"},
		{"bad glob", "version: 1\nbranches: ['[']\n", "not a glob"},
		{"means", "version: 1\nbranches: [main]\nmeans: [email]\n", "none of comment, review, button"},
		{"format without slot", "version: 1\nbranches: [main]\nformats: [{name: x, paths: [a]}]\n", "names no slot"},
		{"unknown field", "version: 1\nbranches: [main]\nignroe: [x]\n", `.github/countersign.yaml:3: there is no field "ignroe"; did you mean ignore? (fields here: version, branches, `},
		{"unknown field inside", "version: 1\nbranches: [main]\napprovers:\n  model:\n    peple: [bob]\n", `:5: there is no field "peple" in approvers.model; did you mean people?`},
		{"field like none", "version: 1\nbranches: [main]\nzzzzzzzz: 1\n", `"zzzzzzzz" (fields here`},
		{"twice", "version: 1\nbranches: [main]\nbranches: [dev]\n", ":3: branches is given twice, first in line 2"},
		{"role twice", "version: 1\nbranches: [main]\napprovers:\n  a: {people: [b]}\n  a: {people: [c]}\n", ":5: approvers.a is given twice, first in line 4"},
		{"merge key", "version: 1\nbranches: [main]\napprovers:\n  <<: {model: {people: [bob]}}\n", ":4: approvers: \"<<\" is not a name"},
		{"text for a list", "version: 1\nbranches: main\n", ":2: branches must be a list, such as [one, two]"},
		{"text for fields", "version: 1\nbranches: [main]\napprovers: bob\n", ":3: approvers must be fields"},
		{"text for a number", "version: one\nbranches: [main]\n", ":1: version must be a whole number"},
		{"list for text", "version: 1\nbranches: [[main]]\n", ":2: branches[0] must be text"},
		{"not fields", "- version: 1\n", "the file must be fields"},
		{"line of a role", "version: 1\nbranches: [main]\napprovers:\n  model: {people: [bob]}\n  a.b: {}\n", ":5: approvers.a.b: names nobody"},
		{"line of a format", "version: 1\nbranches: [main]\nformats:\n- {name: a, paths: [b], model: [c]}\n- {name: d, paths: [e]}\n", ":5: formats[1]: names no slot"},
		{"slot", "version: 1\nbranches: [main]\nformats:\n- {name: a, paths: [b], model: ['c[']}\n", ":4: formats[0]: "},
		{"all at once", "version: 2\nbranches: [main]\nmeans: [email]\n", `:1: version must be 1; line 3: means: "email" is none`},
		{"too large", "version: 1\n#" + strings.Repeat("x", maxSettings), "at most"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := ParseSettings([]byte(c.yaml))
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "review.") || strings.Contains(err.Error(), "rules") {
				t.Errorf("got %v, want something with %q, and nothing of Go or of rules", err, c.want)
			}
		})
	}
}

// The operator's settings are read as strictly, and may be empty.
func TestOperatorMistakes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, yaml, want string }{
		{"empty", "", ""},
		{"comment", "# nothing yet\n", ""},
		{"good", "approvers: {policy: {people: [erin]}}\nobserve: [acme/*]\n", ""},
		{"unknown field", "observes: [acme/*]\n", `operator.yaml:1: there is no field "observes"; did you mean observe?`},
		{"nobody", "observe: []\napprovers:\n  policy: {}\n", "operator.yaml:3: approvers.policy: names nobody"},
		{"glob", "observe: ['[']\n", "operator.yaml:1: observe:"},
		{"second document", "observe: []\n---\nobserve: []\n", "more than one YAML document"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := ParseOperator([]byte(c.yaml))
			if (err != nil) != (c.want != "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func FuzzParseSettings(f *testing.F) {
	f.Add([]byte(goodSettings))
	f.Fuzz(func(t *testing.T, data []byte) {
		if s, err := ParseSettings(data); err == nil && len(s.Branches) == 0 {
			t.Fatal("settings without branches were taken")
		}
	})
}
