package change

import (
	"strings"
	"testing"
)

// Keys of agentic workflows. Source: GitHub Agentic Workflows documentation,
// Frontmatter; Engines; Sandbox; Triggers; Templating.
func TestAgenticWorkflowKeys(t *testing.T) {
	const before = "---\non:\n  issues:\n    types: [opened]\nengine: claude\nsafe-outputs:\n  add-comment:\n---\nSort kindly.\n"
	for _, tt := range []struct{ name, old, new, want string }{
		{"a step's text", "engine: claude\n", "engine: claude\nsteps:\n  - run: gh issue list --repo x\n", "unknown"},
		{"the engine in a map", "engine: claude", "engine: {id: claude}", ""},
		{"another event", "[opened]", "[opened, edited]", "widens"},
		{"steps", "engine: claude\n", "engine: claude\nsteps:\n  - run: ./x\n", "unknown"},
		{"steps after the agent", "engine: claude\n", "engine: claude\npost-steps:\n  - run: ./x\n", "unknown"},
		{"jobs", "engine: claude\n", "engine: claude\njobs: {x: {steps: [{run: ./x}]}}\n", "unknown"},
		{"a container", "engine: claude\n", "engine: claude\ncontainer: other/x\n", "unknown"},
		{"a runner of the company", "engine: claude\n", "engine: claude\nruns-on: self-hosted\n", "widens"},
		{"a runner of GitHub", "engine: claude\n", "engine: claude\nruns-on: ubuntu-latest\n", ""},
		{"a plugin", "engine: claude\n", "engine: claude\nplugins: [other/x]\n", "widens"},
		{"no sandbox", "engine: claude\n", "engine: claude\nsandbox: false\n", "widens"},
		{"a description", "engine: claude\n", "engine: claude\ndescription: d\n", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			after := strings.Replace(before, tt.old, tt.new, 1)
			if got, set := scopeWays(t, MapTree{".github/workflows/t.md": before}, MapTree{".github/workflows/t.md": after}); got != tt.want {
				t.Errorf("got %q, want %q:\n%s", got, tt.want, describe(set))
			}
		})
	}
	step := strings.Replace(before, "engine: claude\n", "engine: claude\nsteps:\n  - run: gh issue list --repo ${{ github.repository }}\n", 1)
	if got, set := scopeWays(t, MapTree{".github/workflows/t.md": step}, MapTree{".github/workflows/t.md": strings.Replace(step, "--repo ${{ github.repository }}", `--repo "$REPO"`, 1)}); got != "" {
		t.Errorf("a step that does the same: %q:\n%s", got, describe(set))
	}
	engine := lines(t, MapTree{".github/workflows/t.md": before}, MapTree{".github/workflows/t.md": strings.Replace(before, "engine: claude", "engine: {id: codex}", 1)}, Settings{})
	if !strings.Contains(engine, "engine of t: claude → codex") {
		t.Errorf("another engine: %q", engine)
	}
	flow := before + "{{#runtime-import notes.md}}\n"
	for _, p := range []string{"notes.md", ".github/notes.md"} {
		if got := lines(t, MapTree{".github/workflows/t.md": flow, p: "Be kind."}, MapTree{".github/workflows/t.md": flow, p: "Be cruel."}, Settings{}); !strings.Contains(got, "prompt modified") {
			t.Errorf("%s: got %q, want a prompt", p, got)
		}
	}
}
