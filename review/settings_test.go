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
		{"too large", "version: 1\n#" + strings.Repeat("x", maxSettings), "at most"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := ParseSettings([]byte(c.yaml))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want something with %q", err, c.want)
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
