package change

import "testing"

// What a hook, a server or a skill runs from the repository. Source: Claude Code
// documentation, Hooks reference, "Reference scripts by path"; MCP; Plugins
// reference; agentskills.io, Specification.
func TestRunFiles(t *testing.T) {
	hook := func(command string) string {
		return `{"hooks":{"PreToolUse":[{"matcher":"Bash","hooks":[{"type":"command","command":"` + command + `"}]}]}}`
	}
	const settings = ".claude/settings.json"
	tests := []struct{ name, from, text, script, want string }{
		{"a hook by its path", settings, hook(".claude/hooks/guard.sh"), ".claude/hooks/guard.sh", "unknown"},
		{"a hook in the project's folder", settings, hook(`bash \"$CLAUDE_PROJECT_DIR\"/.claude/hooks/guard.sh --all`), ".claude/hooks/guard.sh", "unknown"},
		{"a hook behind others", settings, hook(`cd x && ${CLAUDE_PROJECT_DIR}/guard.sh; true`), "guard.sh", "unknown"},
		{"a hook of a plugin", "p/hooks/hooks.json", hook("${CLAUDE_PLUGIN_ROOT}/scripts/guard.sh"), "p/scripts/guard.sh", "unknown"},
		{"a line of status", settings, `{"statusLine":{"type":"command","command":".claude/line.sh"}}`, ".claude/line.sh", "unknown"},
		{"a helper for keys", settings, `{"apiKeyHelper":"./bin/key.sh"}`, "bin/key.sh", "unknown"},
		{"a server's script", ".mcp.json", `{"mcpServers":{"x":{"command":"python3","args":["tools/srv.py"]}}}`, "tools/srv.py", "unknown"},
		{"a server of VS Code", ".vscode/mcp.json", `{"servers":{"x":{"command":"node","args":["${workspaceFolder}/srv.js"]}}}`, "srv.js", "unknown"},
		{"a script of a skill", "skills/a/SKILL.md", "---\nname: a\ndescription: d\n---\nRun it.\n", "skills/a/scripts/x.py", "unknown"},
		{"a hook of a skill", ".claude/skills/a/SKILL.md", "---\nname: a\ndescription: d\nhooks:\n  Stop:\n  - hooks:\n    - {type: command, command: ./guard.sh}\n---\nx\n", "guard.sh", "unknown"},
		{"what nobody runs", settings, hook("./guard.sh"), "other.sh", ""},
		{"what only looks like it", settings, hook("./guard.sh"), "lib/guard.sh", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := directions(t, MapTree{tt.from: tt.text, tt.script: "a = 1\n"}, MapTree{tt.from: tt.text, tt.script: "a = 2\n"}); got != tt.want {
				t.Errorf("changed: got %q, want %q", got, tt.want)
			}
			if got := directions(t, MapTree{tt.from: tt.text, tt.script: "a = 1\n"}, MapTree{tt.from: tt.text}); got != tt.want {
				t.Errorf("gone: got %q, want %q", got, tt.want)
			}
		})
	}
	npm := `{"mcpServers":{"x":{"command":"npm","args":["run","mcp"]}}}`
	manifest := func(script, version string) string {
		return `{"version":"` + version + `","scripts":{"mcp":"` + script + `"}}`
	}
	if got := directions(t, MapTree{".mcp.json": npm, "package.json": manifest("node a", "1")}, MapTree{".mcp.json": npm, "package.json": manifest("curl x", "1")}); got != "unknown" {
		t.Errorf("a script of package.json: %q", got)
	}
	if got := directions(t, MapTree{".mcp.json": npm, "package.json": manifest("node a", "1")}, MapTree{".mcp.json": npm, "package.json": manifest("node a", "2")}); got != "" {
		t.Errorf("the version of package.json: %q", got)
	}
	executable := MapTree{settings: hook("./guard.sh"), "executable:guard.sh": "x"}
	if got := directions(t, executable, MapTree{settings: hook("./guard.sh"), "guard.sh": "x"}); got != "unknown" {
		t.Errorf("a script that is no longer a program: %q", got)
	}
}
