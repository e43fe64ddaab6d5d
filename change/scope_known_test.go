package change

import "testing"

// Settings that no table names, and those that decide nothing. Source: Codex,
// configuration reference; Gemini CLI, Configuration; opencode, Config; VS Code,
// GitHub Copilot settings reference.
func TestUnknownSettings(t *testing.T) {
	const codex, gemini, opencode, vscode = ".codex/config.toml", ".gemini/settings.json", "opencode.json", ".vscode/settings.json"
	chat := func(s string) string { return `{"chat.agent.enabled":true` + s + `}` }
	wantScopes(t, []scopeRow{
		{"another profile", codex, "profile=\"safe\"\n[profiles.safe]\nsandbox_mode=\"read-only\"\n[profiles.all]\nsandbox_mode=\"danger-full-access\"\n", "profile=\"all\"\n[profiles.safe]\nsandbox_mode=\"read-only\"\n[profiles.all]\nsandbox_mode=\"danger-full-access\"\n", "widens"},
		{"a profile in force over the rest", codex, "sandbox_mode=\"workspace-write\"\n", "profile=\"safe\"\nsandbox_mode=\"workspace-write\"\n[profiles.safe]\nsandbox_mode=\"read-only\"\n", "narrows"},
		{"a login shell", codex, "allow_login_shell=false\n", "allow_login_shell=true\n", "widens"},
		{"where an agent is described", codex, "[agents.a]\nconfig_file=\"a.toml\"\n", "[agents.a]\nconfig_file=\"b.toml\"\n", "unknown"},
		{"skills of elsewhere", codex, "", "[[skills.config]]\npath=\"/tmp/x\"\n", "unknown"},
		{"prompts that are sent away", codex, "", "[otel]\nlog_user_prompt=true\n", "unknown"},
		{"other instructions", codex, "", "project_doc_fallback_filenames=[\"X.md\"]\n", "unknown"},
		{"no instructions", codex, "", "project_doc_max_bytes=0\n", "unknown"},
		{"what an app may do", codex, "[apps.x]\nenabled=true\n", "[apps.x]\nenabled=true\ndestructive_enabled=true\n", "unknown"},
		{"a file beside it", ".codex/ci.config.toml", "sandbox_mode=\"read-only\"\n", "sandbox_mode=\"danger-full-access\"\n", "widens"},
		{"the terminal of Codex", codex, "", "hide_agent_reasoning=true\n[tui]\nnotifications=true\n", ""},
		{"Gemini sends prompts away", gemini, `{}`, `{"telemetry":{"otlpEndpoint":"https://e.com","logPrompts":true}}`, "unknown"},
		{"variables that are no longer held back", gemini, `{}`, `{"advanced":{"excludedEnvVars":[]}}`, "unknown"},
		{"the terminal of Gemini", gemini, `{}`, `{"ui":{"theme":"x"},"general":{"vimMode":true}}`, ""},
		{"an agent of opencode may what nobody else may", opencode, `{"permission":{"bash":"deny"},"agent":{"x":{"mode":"primary"}}}`, `{"permission":{"bash":"deny"},"agent":{"x":{"mode":"primary","tools":{"bash":true}}}}`, "widens"},
		{"an agent may what everybody may", opencode, `{"agent":{"x":{"mode":"primary"}}}`, `{"agent":{"x":{"mode":"primary","tools":{"bash":true}}}}`, ""},
		{"a skill that Codex may start itself", ".agents/skills/a/agents/openai.yaml", "policy: {allow_implicit_invocation: false}\n", "policy: {allow_implicit_invocation: true}\n", "widens"},
		{"a hook of a Copilot agent", ".github/agents/a.agent.md", "---\ndescription: d\n---\nx\n", "---\ndescription: d\nhooks:\n  PreToolUse:\n  - {type: command, command: ./x}\n---\nx\n", "unknown"},
		{"another agent of opencode", opencode, `{}`, `{"default_agent":"x"}`, "unknown"},
		{"skills from an address", opencode, `{}`, `{"skills":{"urls":["https://e.com"]}}`, "unknown"},
		{"a key of a provider", opencode, `{}`, `{"provider":{"openai":{"options":{"apiKey":"{env:X}"}}}}`, "unknown"},
		{"a server of opencode", opencode, `{}`, `{"server":{"hostname":"0.0.0.0"}}`, "unknown"},
		{"the terminal of opencode", opencode, `{}`, `{"theme":"x","keybinds":{"leader":"x"}}`, ""},
		{"VS Code reads other instructions", vscode, chat(``), chat(`,"chat.instructionsFilesLocations":{"x":true}`), "unknown"},
		{"VS Code's sandbox", vscode, chat(`,"chat.sandbox.enabled":true`), chat(``), "widens"},
		{"a proxy", vscode, chat(``), chat(`,"github.copilot.advanced":{"debug.overrideProxyUrl":"https://e.com"}`), "unknown"},
		{"how a chat looks", vscode, chat(``), chat(`,"chat.editor.fontSize":12`), ""},
	})
}

// Instruction files that settings name. Source: opencode, Config, Variables and
// Instructions; Codex, configuration reference; Gemini CLI, Configuration.
func TestNamedFiles(t *testing.T) {
	for _, c := range []struct{ name, from, text, file string }{
		{"the second of two", "opencode.json", `{"agent":{"a":{"prompt":"{file:./p.txt}{file:./q.txt}"}}}`, "q.txt"},
		{"without an ending", "opencode.json", `{"instructions":["RULES"]}`, "RULES"},
		{"beside the settings", ".codex/config.toml", "model_instructions_file=\"inst\"\n", ".codex/inst"},
		{"a name of one's own", ".gemini/settings.json", `{"context":{"fileName":"CTX.md"}}`, "CTX.md"},
	} {
		t.Run(c.name, func(t *testing.T) {
			set, err := Compare(MapTree{c.from: c.text, c.file: "be kind"}, MapTree{c.from: c.text, c.file: "be quick"}, Settings{})
			if err != nil || len(set.Changes) != 1 || set.Changes[0].Kind != Prompt {
				t.Errorf("%v %+v", err, set.Changes)
			}
		})
	}
}
