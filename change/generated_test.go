package change

import (
	"strings"
	"testing"
)

// TestCompiledWorkflow says when a change of a compiled workflow gates: only
// when its source does not explain it.
func TestCompiledWorkflow(t *testing.T) {
	const source = "---\non: issues\npermissions:\n  contents: read\ntools:\n  edit:\n---\nSort the issue.\n"
	lock := func(version, rest string) string {
		return "# gh-aw-metadata: {\"schema_version\":\"v4\",\"compiler_version\":\"" + version + "\"}\non: issues\njobs:\n  agent:\n    runs-on: ubuntu-latest\n" + rest
	}
	agent := func(level, tools string) string {
		return "    permissions:\n      contents: " + level + "\n    steps:\n      - run: copilot --allow-tool " + tools + " -p x\n"
	}
	old := lock("v0.79.8", agent("read", "write"))
	md, yml := ".github/workflows/sort.md", ".github/workflows/sort.lock.yml"
	for _, tt := range []struct {
		name       string
		base, head MapTree
		gates      []string // slots of gating changes of the compiled file
	}{
		{"a tool added by hand", MapTree{md: source, yml: old}, MapTree{md: source, yml: lock("v0.79.8", agent("read", "'shell(rm)'"))}, []string{"jobs.agent.steps.copilot.copilot --allow-tool"}},
		{"rights added by hand", MapTree{md: source, yml: old}, MapTree{md: source, yml: lock("v0.79.8", agent("write", "write"))}, []string{"jobs.agent.permissions"}},
		{"rights added by hand, and another compiler claimed", MapTree{md: source, yml: old}, MapTree{md: source, yml: lock("v0.80.0", agent("write", "write"))}, []string{"jobs.agent.permissions"}},
		{"another compiler", MapTree{md: source, yml: old}, MapTree{md: source, yml: lock("v0.80.0", agent("read", "'shell(ls)'"))}, nil},
		{"the source has it too", MapTree{md: source, yml: old}, MapTree{md: strings.Replace(source, "edit:", "edit:\n  bash: [rm]", 1), yml: lock("v0.79.8", agent("read", "'shell(rm)'"))}, nil},
		{"another word in the source explains no tool", MapTree{md: source, yml: old}, MapTree{md: source + "Be brief.\n", yml: lock("v0.79.8", agent("read", "'shell(rm)'"))}, []string{"jobs.agent.steps.copilot.copilot --allow-tool"}},
		{"compiled for the first time", MapTree{md: source}, MapTree{md: source, yml: old}, nil},
		{"no source", MapTree{yml: old}, MapTree{yml: lock("v0.79.8", agent("write", "write"))}, []string{"jobs.agent.permissions"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			set, err := Compare(tt.base, tt.head, Settings{})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, c := range set.Changes {
				if c.Path == yml && c.Confidence != Notice {
					got = append(got, c.Slot)
				}
			}
			if strings.Join(got, " ") != strings.Join(tt.gates, " ") {
				t.Errorf("gating: %q, want %q, of\n%s", got, tt.gates, describe(set))
			}
		})
	}
}
