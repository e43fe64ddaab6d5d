package change

import (
	"strings"
)

// An agentCall is one call of an agent's command-line tool in a script.
type agentCall struct {
	name  string
	words []string // after the name
	line  int
}

// agentCommands are the tools whose calls count, and the subcommands that run an
// agent; "" is a call without one.
var agentCommands = map[string][]string{
	"claude": {""}, "codex": {"exec", "e", "review"}, "gemini": {""}, "qwen": {""}, "opencode": {"run"}, "copilot": {""},
	"q": {"chat"}, "kiro-cli": {"chat"}, "cursor-agent": {""}, "goose": {"run"}, "cagent": {"run", "exec"}, "docker-agent": {"run", "exec"}, "amp": {""}, "auggie": {""}, "droid": {"exec"}, "crush": {"run"}, "aider": {""}, "acli": {"rovodev"}, "vibe": {""},
}

// agentCalls finds calls of agent tools in a script whose first line is line of
// its file. vars are variables that are set outside of it.
func agentCalls(script string, line int, vars map[string]string) []agentCall {
	named := false
	for name := range agentCommands {
		named = named || strings.Contains(script, name)
	}
	if !named {
		return nil
	}
	var out []agentCall
	commands, _ := expandedCommands(script, vars)
	for _, c := range commands {
		name, words := commandName(c.words)
		subs, ok := agentCommands[name]
		if !ok || len(words) == 0 {
			continue
		}
		for _, sub := range subs {
			if sub == "" && !managing[words[0]] || sub != "" && words[0] == sub {
				out = append(out, agentCall{name, words, line + c.line - 1})
				break
			}
		}
	}
	return out
}

// managing are first words of calls that only look after the tool.
var managing = map[string]bool{"--version": true, "-v": true, "--help": true, "-h": true, "update": true, "install": true, "mcp": true, "config": true, "plugin": true, "extensions": true, "login": true, "auth": true, "doctor": true, "completion": true}

// flagsOf collects flags with the words that follow each. Words before the first
// flag are under "".
func flagsOf(words []string) []cliFlag {
	out := []cliFlag{{}}
	for _, w := range words {
		if strings.HasPrefix(w, "-") && w != "-" {
			name, value, ok := strings.Cut(w, "=")
			f := cliFlag{name: name}
			if ok {
				f.values = []string{value}
			}
			out = append(out, f)
			continue
		}
		last := &out[len(out)-1]
		last.values = append(last.values, w)
	}
	return out
}

type cliFlag struct {
	name   string
	values []string
}

// first is the flag's value, when it takes one.
func (f *cliFlag) first() string {
	if len(f.values) == 0 {
		return ""
	}
	return f.values[0]
}

func (b *scopeBuilder) agentCall(c agentCall) {
	flags := flagsOf(c.words)
	switch c.name {
	case "claude":
		b.claudeFlags(flags, "claude", c.line)
	case "codex":
		b.codexFlags(flags, "codex", c.line)
	case "copilot":
		b.copilotFlags(flags, c.line)
	default:
		b.tableFlags(c.name, flags, c.line)
	}
}

// claudeFlags reads flags of Claude Code. Source: CLI reference.
func (b *scopeBuilder) claudeFlags(flags []cliFlag, slot string, line int) {
	for _, f := range flags {
		at := slot + " " + f.name
		list := func(dimension, surface string, e effect, def, absent effect, read func(string, effect, int) rule) {
			sc := scope{slot: at, dimension: dimension, surface: surface, def: def, absent: absent}
			for _, entry := range splitTools(strings.Join(f.values, " ")) {
				sc.rules = append(sc.rules, read(entry, e, line))
			}
			b.add(sc)
		}
		switch f.name {
		case "--allowedTools", "--allowed-tools":
			list("tool", "tools", allow, ask, ask, claudeRule)
		case "--disallowedTools", "--disallowed-tools":
			list("deny", "tools", deny, ask, ask, claudeRule)
		case "--tools":
			list("tool", "available", allow, deny, allow, claudeTool)
		case "--permission-mode":
			b.level(at, "approval", "permissions.defaultMode", "plan=a dontAsk=b default=abc acceptEdits=abcd auto=abcde bypassPermissions=abcdef", "default", f.first(), line)
		case "--dangerously-skip-permissions":
			b.level(at, "approval", "skip permissions", flag, "false", "true", line)
		case "--mcp-config":
			b.inlineServers(&Node{Kind: StringNode, Text: f.first(), Line: line}, "--mcp-config")
		case "--settings":
			b.inlineSettings(&Node{Kind: StringNode, Text: f.first(), Line: line}, "--settings")
		case "--strict-mcp-config":
			b.level(at, "server", "strict mcp", guard, "false", "true", line)
		case "--add-dir":
			for _, dir := range f.values {
				b.add(scope{slot: at, dimension: "filesystem", surface: "directories", rules: []rule{{effect: allow, subject: "directory", match: files, pattern: filePattern(dir), raw: dir, line: line}}})
			}
		case "--plugin-dir", "--agents":
			text := strings.Join(f.values, " ")
			b.add(scope{slot: at, dimension: "plugin", surface: f.name, rules: []rule{{effect: allow, subject: f.name, pattern: text, raw: text, line: line, opaque: true}}})
		case "--allow-dangerously-skip-permissions":
			b.level(at, "approval", "skipping permissions on request", flag, "false", "true", line)
		default:
			b.otherFlag(f, at, line, quietClaudeFlags)
		}
	}
}

// Flags that say what to answer, how to show it and which model to ask; those of
// models and prompts are facts of their own. Sources: Claude Code, CLI reference;
// Codex CLI reference; GitHub Docs, Copilot CLI command reference.
var (
	quietClaudeFlags = set("", "-p", "--print", "--model", "--fallback-model", "--effort", "--system-prompt", "--append-system-prompt", "--system-prompt-file", "--append-system-prompt-file", "--output-format", "--input-format", "--verbose",
		"--max-turns", "--max-budget-usd", "--debug", "-d", "--debug-file", "-c", "--continue", "-r", "--resume", "--session-id", "--fork-session", "--include-partial-messages", "--json-schema", "--replay-user-messages", "--no-session-persistence",
		"--name", "-n", "-v", "--version", "-h", "--help", "--betas")
	quietCodexFlags   = set("", "-m", "--model", "--json", "-o", "--output-last-message", "--output-schema", "--color", "--skip-git-repo-check", "-C", "--cd", "-i", "--image", "--ephemeral", "-h", "--help", "--base", "--commit", "--uncommitted", "--title", "--last", "--all")
	quietCopilotFlags = set("", "-p", "--prompt", "-i", "--interactive", "--model", "--log-level", "--log-dir", "--no-color", "--banner", "-s", "--silent", "--stream", "--resume", "--continue", "--screen-reader", "--share", "-h", "--help", "--no-ask-user", "--effort", "--reasoning-effort")
)

// otherFlag reads a flag that nobody described here: what it does is unknown.
func (b *scopeBuilder) otherFlag(f cliFlag, slot string, line int, quiet map[string]bool) {
	if quiet[f.name] {
		return
	}
	text := f.first()
	b.add(scope{slot: slot, dimension: "tool", surface: "flag " + f.name, rules: []rule{{effect: allow, subject: f.name, pattern: text, raw: strings.TrimSpace(f.name + " " + text), line: line, opaque: true}}})
}

// level adds a setting of one ordered value.
func (b *scopeBuilder) level(slot, dimension, surface, values, absent, value string, line int) {
	s := &setting{values: values, absent: absent}
	b.add(levelScope(scope{slot: slot, dimension: dimension, surface: surface}, s, surface, value, line))
}

// codexFlags reads flags of Codex. Source: Codex CLI reference.
func (b *scopeBuilder) codexFlags(flags []cliFlag, slot string, line int) {
	for _, f := range flags {
		at := slot + " " + f.name
		switch f.name {
		case "--sandbox", "-s":
			b.level(at, "sandbox", "sandbox_mode", codexSandbox, "read-only", f.first(), line)
		case "--full-auto":
			b.level(at, "sandbox", "sandbox_mode", codexSandbox, "read-only", "workspace-write", line)
		case "--ask-for-approval", "-a":
			b.level(at, "approval", "approval_policy", codexApproval, "on-request", f.first(), line)
		case "--dangerously-bypass-approvals-and-sandbox", "--yolo":
			b.level(at, "sandbox", "bypass", flag, "false", "true", line)
		case "--add-dir":
			b.add(scope{slot: at, dimension: "filesystem", surface: "directories", rules: []rule{{effect: allow, subject: "directory", match: files, pattern: filePattern(f.first()), raw: f.first(), line: line}}})
		case "--search":
			b.level(at, "network", "web search", flag, "false", "true", line)
		case "-c", "--config":
			b.codexOverride(f, at, line)
		default:
			b.otherFlag(f, at, line, quietCodexFlags)
		}
	}
}

// codexOverride reads -c key=value, which sets any key of config.toml.
func (b *scopeBuilder) codexOverride(f cliFlag, slot string, line int) {
	key, value, ok := strings.Cut(f.first(), "=")
	if !ok || strings.HasPrefix(key, "model") {
		return
	}
	root := &Node{Kind: MapNode}
	at := root
	keys := strings.Split(key, ".")
	for i, k := range keys {
		next := &Node{Kind: MapNode, Line: line}
		if i == len(keys)-1 {
			next = &Node{Kind: StringNode, Text: strings.Trim(value, `"'`), Line: line}
		}
		at.Keys, at.Items = append(at.Keys, k), append(at.Items, next)
		at = next
	}
	b.codexSettings(root)
}

// copilotFlags reads flags of the Copilot CLI. Source: GitHub Docs, "Using
// GitHub Copilot CLI", allowing tools.
func (b *scopeBuilder) copilotFlags(flags []cliFlag, line int) {
	for _, f := range flags {
		at := "copilot " + f.name
		switch f.name {
		case "--allow-all-tools", "--yolo", "--allow-all":
			b.add(scope{slot: at, dimension: "approval", surface: "tools", def: ask, absent: ask, rules: []rule{{effect: allow, subject: "*", raw: f.name, line: line}}})
		case "--allow-tool", "--deny-tool":
			e, dimension := allow, "tool"
			if f.name == "--deny-tool" {
				e, dimension = deny, "deny"
			}
			sc := scope{slot: at, dimension: dimension, surface: "tools", def: ask, absent: ask}
			for _, v := range f.values {
				sc.rules = append(sc.rules, copilotCLITool(v, e, line))
			}
			b.add(sc)
		case "--allow-all-paths":
			b.level(at, "filesystem", "all paths", flag, "false", "true", line)
		case "--allow-all-urls":
			b.level(at, "network", "all urls", flag, "false", "true", line)
		case "--add-dir":
			b.add(scope{slot: at, dimension: "filesystem", surface: "directories", rules: []rule{{effect: allow, subject: "directory", match: files, pattern: filePattern(f.first()), raw: f.first(), line: line}}})
		case "--additional-mcp-config":
			b.inlineServers(&Node{Kind: StringNode, Text: f.first(), Line: line}, "--additional-mcp-config")
		default:
			b.otherFlag(f, at, line, quietCopilotFlags)
		}
	}
}

// copilotCLITool reads shell(git:*), write, Server or Server(tool).
func copilotCLITool(text string, e effect, line int) rule {
	name, spec := cutSpec(text)
	r := rule{effect: e, subject: name, raw: text, line: line}
	if name == "shell" {
		r.match, r.pattern = words, commandPattern(spec)
	} else {
		r.pattern = spec
	}
	return r
}

// cliSwitches are flags of the other tools that take a guard away.
var cliSwitches = map[string]map[string]string{
	"gemini":       {"--yolo": "approval", "-y": "approval", "--approval-mode": "approval", "--allowed-tools": "tool", "--allowed-mcp-server-names": "server", "--include-directories": "filesystem", "--extensions": "plugin", "-e": "plugin"},
	"qwen":         {"--yolo": "approval", "-y": "approval", "--approval-mode": "approval"},
	"q":            {"--trust-all-tools": "approval", "-a": "approval", "--trust-tools": "approval", "--agent": "subagent"},
	"kiro-cli":     {"--trust-all-tools": "approval", "-a": "approval", "--trust-tools": "approval", "--agent": "subagent"},
	"cursor-agent": {"--force": "approval", "-f": "approval", "--approve-mcps": "server", "--yolo": "approval"},
	"goose":        {"--with-extension": "server", "--with-builtin": "tool", "--with-remote-extension": "server", "--with-streamable-http-extension": "server"},
	"cagent":       {"--yolo": "approval"}, "docker-agent": {"--yolo": "approval"},
	"opencode": {"--agent": "subagent"}, "amp": {"--dangerously-allow-all": "approval", "--mcp-config": "server"},
	"droid": {"--auto": "approval", "--skip-permissions-unsafe": "approval"}, "crush": {"--yolo": "approval", "-y": "approval"},
	"auggie": {"--permission": "approval", "--mcp-config": "server", "--rules": "tool", "--add-workspace": "filesystem", "--remove-tool": "tool", "--tool": "tool"},
	"acli":   {"--yolo": "approval", "--config-file": "tool"},
	"vibe":   {"--auto-approve": "approval", "--enabled-tools": "tool", "--agent": "subagent"},
	"aider":  {"--yes-always": "approval", "--yes": "approval", "--auto-commits": "output"},
}

// valuedSwitches are switches of approval whose value says how far it goes.
var valuedSwitches = set("--approval-mode", "--trust-tools", "--permission")

func (b *scopeBuilder) tableFlags(name string, flags []cliFlag, line int) {
	for _, f := range flags {
		dimension, ok := cliSwitches[name][f.name]
		if !ok {
			continue
		}
		value := strings.Join(f.values, " ")
		if dimension == "approval" && strings.Count(f.name, "-") > 1 && !valuedSwitches[f.name] {
			value = ""
		}
		b.add(scope{slot: name + " " + f.name, dimension: dimension, surface: f.name, vague: true,
			rules: []rule{{effect: allow, subject: f.name, match: exactly, pattern: "value " + value, raw: strings.TrimSpace(f.name + " " + value), line: line}}})
	}
}
