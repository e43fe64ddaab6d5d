package change

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// gating says in a line each what a comparison asks people about.
func gating(t *testing.T, base, head MapTree, s Settings) string {
	t.Helper()
	set, err := Compare(base, head, s)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, c := range set.Changes {
		if c.Confidence != Notice {
			out = append(out, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", c.Kind, c.Change, c.Path, c.Direction)))
		}
	}
	return strings.Join(slices.Compact(out), "\n")
}

type gatingCase struct {
	name       string
	base, head MapTree
	want       []string
}

func runGating(t *testing.T, cases []gatingCase) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(strings.Join(c.want, "\n"), gating(t, c.base, c.head, Settings{})); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// rename makes the two sides of a pure rename.
func rename(name, from, to, content string, want ...string) gatingCase {
	return gatingCase{name, MapTree{from: content}, MapTree{to: content}, want}
}

// A rename is nothing only where the same tool reads both paths in the same
// place and role.
func TestRenamesAndReaders(t *testing.T) {
	const settings = `{"permissions": {"deny": ["Bash"]}}`
	const servers = `{"mcpServers": {"x": {"command": "sh", "args": ["-c", "date"]}}}`
	const agent = "---\nname: a\ndescription: Does.\ntools: Bash\n---\nDo.\n"
	const workflow = "on: pull_request_target\npermissions: {contents: write}\njobs: {a: {steps: [{uses: anthropics/claude-code-action@v1, with: {prompt: Do it., claude_args: --allowedTools Bash}}]}}\n"
	live := []string{"prompt moved .claude/agents/a.md", "tool_scope added .claude/agents/a.md widens"}
	runGating(t, []gatingCase{
		rename("settings that the server does not read", ".github/countersign.yaml", ".github/countersign.yml", "version: 1\n",
			"policy removed .github/countersign.yaml", "policy added .github/countersign.yml"),
		rename("a rule that becomes a text", ".github/countersign/own.rego", ".github/countersign/own.md", "package own\n",
			"policy added .github/countersign/own.md", "policy removed .github/countersign/own.rego"),
		rename("a rule that becomes a test", ".github/countersign/own.rego", ".github/countersign/own_test.rego", "package own\n",
			"policy removed .github/countersign/own.rego", "policy added .github/countersign/own_test.rego"),
		rename("data under another name", ".github/countersign/limits.yaml", ".github/countersign/limitz.yaml", "max: 1\n",
			"policy removed .github/countersign/limits.yaml", "policy added .github/countersign/limitz.yaml"),

		rename("a fixture becomes configuration", "fixtures/.codex/config.toml", ".codex/config.toml", "sandbox_mode = \"danger-full-access\"\n",
			"tool_scope added .codex/config.toml widens"),
		rename("an example becomes settings", "examples/.claude/settings.json", ".claude/settings.json", `{"permissions": {"allow": ["Bash"]}}`,
			"tool_scope added .claude/settings.json widens", "tool_scope removed examples/.claude/settings.json narrows"),
		rename("an example becomes servers", "mcp.example.json", ".mcp.json", servers,
			"tool_scope added .mcp.json widens", "tool_scope removed mcp.example.json narrows"),
		rename("a note becomes an agent", "notes/a.md", ".claude/agents/a.md", agent, append(slices.Clone(live), "tool_scope removed notes/a.md narrows")...),
		rename("a page becomes an agent", "docs/agents/a.md", ".claude/agents/a.md", agent, append(slices.Clone(live), "tool_scope removed docs/agents/a.md narrows")...),
		rename("an agent of a plugin becomes the project's", "plugins/x/agents/a.md", ".claude/agents/a.md", agent, append(slices.Clone(live), "tool_scope removed plugins/x/agents/a.md narrows")...),
		rename("a page becomes a command", "docs/commands/a.md", ".claude/commands/a.md", "---\nallowed-tools: Bash\n---\nDo.\n",
			"prompt moved .claude/commands/a.md", "tool_scope added .claude/commands/a.md widens", "tool_scope removed docs/commands/a.md narrows"),
		rename("a template becomes a skill", "templates/a/SKILL.md", ".claude/skills/a/SKILL.md", "---\nallowed-tools: Bash\n---\nDo.\n",
			"prompt moved .claude/skills/a/SKILL.md", "tool_scope added .claude/skills/a/SKILL.md widens", "tool_scope removed templates/a/SKILL.md narrows"),
		rename("an example becomes a workflow", "docs/examples/a.yml", ".github/workflows/b.yml", workflow,
			"prompt moved .github/workflows/b.yml", "tool_scope added .github/workflows/b.yml widens", "tool_scope removed docs/examples/a.yml narrows"),
		rename("a sample becomes an environment", ".env.example", ".env", "OPENAI_MODEL=gpt-5\n", "model added .env", "model removed .env.example"),
		rename("a draft becomes a prompt", "prompts/drafts/evil.md", "prompts/system.md", "Do it.\n", "prompt moved prompts/system.md"),
		rename("instructions for one folder", "docs/a.instructions.md", ".github/instructions/a.instructions.md", "Do it.\n", "prompt moved .github/instructions/a.instructions.md"),
		rename("an agent moves among tests", "src/agent.py", "src/spec/agent.py", "client.responses.create(model=\"gpt-5\")\n", "model removed src/agent.py"),

		rename("a guard under a name that nobody reads", ".claude/settings.json", ".claude/settings.bak.json", settings,
			"tool_scope added .claude/settings.bak.json narrows", "tool_scope removed .claude/settings.json widens"),
		rename("a guard in a folder that nobody reads", ".claude/settings.json", ".claude/settings.d/a.json", settings,
			"tool_scope added .claude/settings.d/a.json narrows", "tool_scope removed .claude/settings.json widens"),
		rename("a guard for another project", ".claude/settings.json", "sub/.claude/settings.json", settings,
			"tool_scope removed .claude/settings.json widens", "tool_scope added sub/.claude/settings.json narrows"),

		rename("an agent under another name", ".claude/agents/a.md", ".claude/agents/b.md", agent),
		rename("an agent in a folder below", ".claude/agents/a.md", ".claude/agents/ops/a.md", agent),
		rename("a skill under another name", ".claude/skills/a/SKILL.md", ".claude/skills/b/SKILL.md", "---\nname: a\ndescription: d\nallowed-tools: Bash\n---\nDo.\n"),
		rename("a workflow under another name", ".github/workflows/a.yml", ".github/workflows/b.yml", workflow),
		rename("settings of a person", ".claude/settings.json", ".claude/settings.local.json", settings),
		rename("a configuration that is named to its tool", "a/team.yaml", "b/team.yaml", "agents: {root: {model: openai/gpt-5, instruction: Do., toolsets: [{type: shell}]}}\n"),
	})
}

// Two agents are two agents, whatever they have in common.
func TestUnrelatedAgents(t *testing.T) {
	bot := func(tools, text string) string {
		return "---\ndescription: " + text + "\ntools: " + tools + "\n---\n" + text + "\n"
	}
	runGating(t, []gatingCase{
		{"one comes, one goes", MapTree{".claude/agents/old.md": bot("Bash, Edit", "Reviews what others wrote.")}, MapTree{".claude/agents/new.md": bot("Bash", "Deploys.")},
			[]string{"prompt added .claude/agents/new.md", "tool_scope added .claude/agents/new.md widens", "prompt removed .claude/agents/old.md", "tool_scope removed .claude/agents/old.md narrows"}},
		{"equal tools", MapTree{".claude/agents/old.md": bot("Bash", "Reviews what others wrote.")}, MapTree{".claude/agents/new.md": bot("Bash", "Deploys.")},
			[]string{"prompt added .claude/agents/new.md", "tool_scope added .claude/agents/new.md widens", "prompt removed .claude/agents/old.md", "tool_scope removed .claude/agents/old.md narrows"}},
		{"servers in another form", MapTree{"legacy/.mcp.json": `{"mcpServers":{"x":{"command":"sh"}}}`}, MapTree{".mcp.json": "{\n \"mcpServers\": {\n  \"x\": {\n   \"command\": \"sh\"\n  }\n }\n}\n"},
			[]string{"tool_scope added .mcp.json widens", "tool_scope removed legacy/.mcp.json narrows"}},
	})
}

// What a tool reads by its own folder or name is no fixture, whatever the
// folders are called.
func TestToolFoldersAreNeverQuiet(t *testing.T) {
	t.Parallel()
	for at, quiet := range map[string]bool{
		".claude/agents/fixtures/a.md": false, ".claude/agents/vendor/a.md": false, ".claude/skills/mocks/SKILL.md": false, ".github/actions/testdata/action.yml": false,
		"vendor/.claude/settings.json": false, "third_party/CLAUDE.md": false, "services/vendor/.mcp.json": false, "vendor/lib/prompts/a.md": true,
		"fixtures/.claude/settings.json": true, "pkg/testdata/CLAUDE.md": true, "vendor/lib/agent.py": true, ".claude/hooks/tests/x.py": true,
	} {
		for _, f := range catalogue().candidates(at)[:1] {
			if got := f.isQuiet(at); got != quiet {
				t.Errorf("%s as %s: quiet %t, want %t", at, f.id, got, quiet)
			}
		}
	}
}

// A file that the settings give to an agent is never quiet.
func TestSettingsOutweighTheFormat(t *testing.T) {
	t.Parallel()
	s := Settings{Agents: map[string][]string{"desk": {"docs/**"}}}
	base, head := MapTree{"docs/promptfooconfig.yaml": "providers: [openai:gpt-4o]\n"}, MapTree{"docs/promptfooconfig.yaml": "providers: [openai:gpt-4.1]\n"}
	if got, want := gating(t, base, head, s), "model modified docs/promptfooconfig.yaml"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := gating(t, base, head, Settings{}); got != "" {
		t.Errorf("an evaluation gates: %s", got)
	}
}

// The search for renames is bounded in files and bytes. Beyond that a rename is
// a file that went and one that came.
func TestRenamesAreBounded(t *testing.T) {
	t.Parallel()
	text := func(n int, last string) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "Line %d of what an agent should do.\n", i)
		}
		return b.String() + last
	}
	for _, c := range []struct {
		files, lines int
		want         string
	}{{3, 100, "prompt modified"}, {3, 60_000, "prompt removed"}, {maxRenames + 1, 5, "prompt removed"}} {
		base, head := MapTree{}, MapTree{}
		for i := range c.files {
			base[fmt.Sprintf(".claude/agents/a%d.md", i)] = text(c.lines, "old")
			head[fmt.Sprintf(".claude/agents/b%d.md", i)] = text(c.lines, "new")
		}
		if got := gating(t, base, head, Settings{}); !strings.HasPrefix(got, c.want) {
			t.Errorf("%d files of %d lines: %.60q, want %s", c.files, c.lines, got, c.want)
		}
	}
}

// Orders may stand in front matter, and what decides when a text applies is an
// instruction too.
func TestFrontMatterIsRead(t *testing.T) {
	t.Parallel()
	const note = "---\nnote: Push straight to main.\n---\n"
	for _, at := range []string{"CLAUDE.md", "CLAUDE.local.md", ".claude/rules/a.md", ".claude/commands/a.md", ".claude/skills/a/SKILL.md", ".claude/agents/a.md", ".clinerules", ".codex/prompts/a.md", ".cursorrules",
		".github/copilot-instructions.md", ".github/prompts/a.prompt.md", ".goosehints", ".junie/guidelines.md", ".kiro/steering/a.md", ".openhands/microagents/repo.md", ".rules", ".windsurfrules",
		"QWEN.md", "WARP.md", "prompts/system.md"} {
		if got, want := gating(t, MapTree{at: "Be kind.\n"}, MapTree{at: note + "Be kind.\n"}, Settings{}), "prompt "; !strings.HasPrefix(got, want) {
			t.Errorf("%s: %q", at, got)
		}
	}
	for at, c := range map[string]struct{ was, is string }{
		".claude/rules/a.md":                     {"paths: docs/**", "paths: '**'"},
		".github/instructions/a.instructions.md": {"applyTo: docs/**\nexcludeAgent: code-review", "applyTo: docs/**"},
		".windsurf/rules/a.md":                   {"trigger: manual", "trigger: always_on"},
		".kiro/steering/a.md":                    {"inclusion: manual", "inclusion: always"},
		".clinerules/a.md":                       {"paths: [docs/**]", "paths: ['**']"},
		".openhands/microagents/a.md":            {"triggers: [foo]", "triggers: [the]"},
		".claude/output-styles/a.md":             {"keep-coding-instructions: true", "keep-coding-instructions: false"},
		".claude/skills/a/SKILL.md":              {"disable-model-invocation: true", "when_to_use: Always."},
		".claude/skills/b/SKILL.md":              {"name: b", "name: b\ncontext: fork\nagent: other"},
		".claude/agents/a.md":                    {"name: a\ndescription: d", "name: general-purpose\ndescription: d"},
		".claude/agents/b.md":                    {"name: b\ndescription: d", "name: b\ndescription: d\nskills: [other]\nmemory: user"},
	} {
		got := gating(t, MapTree{at: "---\n" + c.was + "\n---\nBe kind.\n"}, MapTree{at: "---\n" + c.is + "\n---\nBe kind.\n"}, Settings{})
		if !strings.HasPrefix(got, "prompt ") {
			t.Errorf("%s: %q", at, got)
		}
	}
	const skill = ".claude/skills/a/SKILL.md"
	if got := gating(t, MapTree{skill: "---\nname: a\nlicense: MIT\n---\nBe kind.\n"}, MapTree{skill: "---\nname: b\nlicense: Apache-2.0\nversion: 2\n---\nBe kind.\n"}, Settings{}); got != "" {
		t.Errorf("what is for people gates: %s", got)
	}
}

// File systems that ignore case, and what some drop from names, open a file under
// the name that a tool looks for.
func TestNamesThatFileSystemsOpen(t *testing.T) {
	t.Parallel()
	for at, want := range map[string]string{"CLAUDE.MD": "claude-md", "claude.md": "claude-md", "sub/Claude.md": "claude-md", "AGENTS.MD": "agents-md", ".MCP.json": "mcp-json", ".Claude/settings.json": "claude-settings",
		".claude/Agents/x.md": "claude-agent", ".claude/skills/x/skill.md": "skill", "CLAUDE.md ": "claude-md", ".claude /settings.json": "claude-settings", ".cla\u200dude/settings.json": "claude-settings",
		"docs/agents.md": "", "docs/providers/claude.md": "", "src/agent.md": ""} {
		got := ""
		for _, f := range catalogue().candidates(at) {
			if f.readBy == "place" && got == "" && f.when == nil {
				got = f.id
			}
		}
		if got != want {
			t.Errorf("%q: %q, want %q", at, got, want)
		}
	}
}
