package change

import (
	"path"
	"slices"
	"strings"
)

// Where Claude Code keeps what an agent may do. Sources: code.claude.com/docs,
// settings, permissions, sub-agents, slash-commands, skills, hooks, plugins.

func isClaudeSettings(d *document) bool {
	p := d.entry.Path
	return (path.Base(path.Dir(p)) == ".claude" || strings.HasPrefix(p, ".claude/")) &&
		(path.Base(p) == "settings.json" || path.Base(p) == "settings.local.json") || d.format == "claude-settings" || d.format == "claude-settings-anywhere"
}

// claudeSettings are the settings that decide about scope in a way that has an
// order. Of others, claudeKnown knows which decide nothing.
var claudeSettings = []setting{
	{at: "permissions.defaultMode", dimension: "approval", values: "plan=a dontAsk=b default=abc acceptEdits=abcd auto=abcde bypassPermissions=abcdef", absent: "default"},
	{at: "permissions.additionalDirectories", dimension: "filesystem", kind: allows, match: files},
	{at: "permissions.disableBypassPermissionsMode", dimension: "approval", values: "disable= enable=a", absent: "enable"},
	{at: "enabledMcpjsonServers", dimension: "server", surface: "mcp approval", kind: allows, def: ask, unset: ask},
	{at: "disabledMcpjsonServers", dimension: "server", surface: "mcp approval", kind: denies, def: ask, unset: ask},
	{at: "enabledPlugins", dimension: "plugin", kind: switches},
	{at: "extraKnownMarketplaces.*", dimension: "plugin", kind: grant},
	{at: "sandbox.enabled", dimension: "sandbox", values: guard, absent: "false"},
	{at: "sandbox.autoAllowBashIfSandboxed", dimension: "sandbox", values: flag, absent: "true"},
	{at: "sandbox.allowUnsandboxedCommands", dimension: "sandbox", values: flag, absent: "true"},
	{at: "sandbox.enableWeakerNestedSandbox", dimension: "sandbox", values: flag, absent: "false"},
	{at: "sandbox.enableWeakerNetworkIsolation", dimension: "sandbox", values: flag, absent: "false"},
	{at: "sandbox.failIfUnavailable", dimension: "sandbox", values: guard, absent: "false"},
	{at: "sandbox.excludedCommands", dimension: "sandbox", kind: allows, match: words},
	{at: "sandbox.network.allowedDomains", dimension: "network", kind: allows, match: hosts},
	{at: "sandbox.network.deniedDomains", dimension: "network", kind: denies, def: ask, unset: ask, match: hosts},
	{at: "sandbox.network.allowUnixSockets", dimension: "network", kind: allows, match: files},
	{at: "sandbox.network.allowAllUnixSockets", dimension: "network", values: flag, absent: "false"},
	{at: "sandbox.network.allowLocalBinding", dimension: "network", values: flag, absent: "false"},
	{at: "sandbox.network.httpProxyPort", dimension: "network", kind: prose},
	{at: "sandbox.network.socksProxyPort", dimension: "network", kind: prose},
	{at: "sandbox.filesystem.allowWrite", dimension: "filesystem", kind: allows, match: files},
	{at: "sandbox.filesystem.denyWrite", dimension: "filesystem", kind: denies, def: ask, unset: ask, match: files},
	{at: "sandbox.filesystem.denyRead", dimension: "filesystem", kind: denies, def: ask, unset: ask, match: files},
	{at: "skipDangerousModePermissionPrompt", dimension: "approval", values: flag, absent: "false"},
	{at: "skipAutoPermissionPrompt", dimension: "approval", values: flag, absent: "false"},
	{at: "autoMode.allow", dimension: "approval", kind: prose},
	{at: "autoMode.soft_deny", dimension: "approval", kind: prose},
	{at: "autoMode.environment", dimension: "approval", kind: prose},
	{at: "disableAllHooks", dimension: "hook", kind: prose},
	{at: "apiKeyHelper", dimension: "credential", kind: prose},
	{at: "awsAuthRefresh", dimension: "credential", kind: prose},
	{at: "awsCredentialExport", dimension: "credential", kind: prose},
	{at: "otelHeadersHelper", dimension: "credential", kind: prose},
	{at: "statusLine.command", dimension: "hook", kind: prose},
	{at: "fileSuggestion.command", dimension: "hook", kind: prose},
}

func readClaudeSettings(b *scopeBuilder) {
	if p := b.d.entry.Path; path.Base(path.Dir(p)) == ".claude" && (path.Base(p) == "settings.json" || path.Base(p) == "settings.local.json") {
		b.group = "claude|" + folderOf(p, ".claude") // other names are read alone, by whoever is told of them
	} else {
		b.group = "claude|" + p
	}
	root := b.d.root()
	b.claudeSettings(root)
	if b.d.format == "claude-settings" || root.Has("$schema") {
		b.unknown(root, claudeKnown)
		b.skippedSettings(root)
	}
}

// claudeSettings reads settings of Claude Code, wherever they stand.
func (b *scopeBuilder) claudeSettings(root *Node) {
	b.here()
	permissions := root.Get("permissions")
	for _, list := range []struct {
		key       string
		effect    effect
		dimension string
	}{{"allow", allow, "tool"}, {"ask", ask, "approval"}, {"deny", deny, "deny"}} {
		if n := permissions.Get(list.key); n != nil {
			sc := scope{slot: "permissions." + list.key, dimension: list.dimension, surface: "permissions", def: ask, absent: ask}
			for _, it := range scalars(n) {
				sc.rules = append(sc.rules, claudeRule(it.String(), list.effect, it.Line))
			}
			b.add(sc)
		}
	}
	if n := root.Get("enableAllProjectMcpServers"); n.IsTrue() {
		b.add(scope{slot: "enableAllProjectMcpServers", dimension: "server", surface: "mcp approval", def: ask, absent: ask,
			rules: []rule{{effect: allow, subject: "*", raw: "enableAllProjectMcpServers: true", line: n.Line}}})
	}
	b.settings(root, claudeSettings)
	b.claudeHooks(root.Get("hooks"))
	b.env(root.Get("env"), "env")
	if servers := root.Get("mcpServers"); servers != nil {
		b.mcpServers(servers, "mcpServers")
	}
}

// claudeHooks reads hooks: commands that run at events, with the user's rights.
// Whether one guards or only prints is in its code, so no change of it has a
// direction.
func (b *scopeBuilder) claudeHooks(events *Node) {
	if events == nil || events.Kind != MapNode {
		return
	}
	for i, event := range events.Keys {
		sc := scope{slot: "hooks." + entryText(event), dimension: "hook", surface: "hooks"}
		for _, m := range events.Items[i].items() {
			on := m.Get("matcher").String()
			hooks := m.Get("hooks").items()
			if m.Get("hooks") == nil {
				hooks = []*Node{m}
			}
			for _, h := range hooks {
				text := hookText(h)
				if m != h {
					text += hookOptions(m)
				}
				sc.rules = append(sc.rules, rule{effect: allow, subject: "hook " + event + " " + on, pattern: text, raw: strings.TrimSpace(event + " " + on + ": " + text), line: h.Line, opaque: true})
			}
		}
		b.add(sc)
	}
}

// hookText writes what a hook runs, and after it every option: each can keep it
// from running, from refusing, or make it run something else.
func hookText(h *Node) string {
	if h.Kind == StringNode {
		return h.Text
	}
	text := h.Get("command").String()
	for _, key := range hookTexts {
		if v := h.Get(key); v != nil {
			text += " " + oneLine(v)
		}
	}
	return strings.TrimSpace(text) + hookOptions(h)
}

var hookTexts = []string{"prompt", "url", "bash", "powershell", "args"}

// quietHookKeys decide nothing: what a hook runs is read apart from them, and
// the rest is shown to people. Source: Claude Code documentation, Hooks reference.
var quietHookKeys = set("command", "prompt", "url", "bash", "powershell", "args", "matcher", "hooks", "statusMessage", "description", "name")

func hookOptions(h *Node) string {
	text := ""
	if h == nil || h.Kind != MapNode {
		return text
	}
	for _, key := range slices.Sorted(slices.Values(h.Keys)) {
		v := h.Get(key)
		switch {
		case quietHookKeys[key], key == "type" && v.String() == "command", v.IsFalse():
		case v.IsTrue():
			text += " (" + key + ")"
		default:
			text += " (" + key + ": " + oneLine(v) + ")"
		}
	}
	return text
}

func isAgentMarkdown(d *document) bool {
	return (hasFolder(d.entry.Path, "agents", "agent") && d.format != "skill" || d.format == "claude-agent-anywhere") && strings.HasSuffix(d.entry.Path, ".md") && !isCopilotAgent(d) && !isOpencodeAgent(d)
}

// hasFolder reports whether a folder of the path, at any depth, has one of the
// names.
func hasFolder(p string, names ...string) bool {
	for part := range strings.SplitSeq(path.Dir(p), "/") {
		if slices.Contains(names, part) {
			return true
		}
	}
	return false
}

// readClaudeAgent reads the front matter of a subagent. tools restricts: without
// it the agent inherits every tool, those of MCP servers included (sub-agents,
// "Available tools").
func readClaudeAgent(b *scopeBuilder) {
	front := b.d.root()
	if front == nil {
		return // without a name it is no agent
	}
	b.born = true
	b.here()
	if n := front.Get("tools"); n != nil && n.Kind != NullNode {
		dimension := "tool"
		b.add(scope{slot: "tools", dimension: dimension, surface: "tools", def: deny, absent: allow, rules: toolList(n, allow, claudeTool)})
	}
	if n := front.Get("disallowedTools"); n != nil && n.Kind != NullNode {
		sc := scope{slot: "disallowedTools", dimension: "deny", surface: "tools", def: deny, absent: allow, rules: toolList(n, deny, claudeTool)}
		if !front.Has("tools") {
			sc.def = allow
		}
		b.add(sc)
	}
	b.settings(front, []setting{
		{at: "permissionMode", dimension: "approval", values: "plan=a dontAsk=b default=abc acceptEdits=abcd auto=abcde bypassPermissions=abcdef", absent: "default"},
		{at: "isolation", dimension: "sandbox", values: "worktree= none=a", absent: "none"},
	})
	b.mcpServers(front.Get("mcpServers"), "mcpServers")
	b.claudeHooks(front.Get("hooks"))
}

func isClaudeCommand(d *document) bool {
	return hasFolder(d.entry.Path, "commands", "command") && strings.HasSuffix(d.entry.Path, ".md") || isSkill(d)
}

func isSkill(d *document) bool { return path.Base(d.entry.Path) == "SKILL.md" }

// readClaudeCommand reads a command or a skill. allowed-tools lets the listed
// tools run without asking while it is active; it takes none away (skills,
// "Restrict tool access" and "Pre-approve tools").
func readClaudeCommand(b *scopeBuilder) {
	front := b.d.root()
	b.here()
	for _, key := range []string{"allowed-tools", "allowedTools", "allowed_tools"} {
		if n := front.Get(key); n != nil && n.Kind != NullNode {
			b.add(scope{slot: key, dimension: "approval", surface: "approval", def: ask, absent: ask, rules: toolList(n, allow, claudeRule)})
		}
	}
	if n := front.Get("disallowed-tools"); n != nil {
		b.add(scope{slot: "disallowed-tools", dimension: "deny", surface: "approval", def: ask, absent: ask, rules: toolList(n, deny, claudeRule)})
	}
	if n := front.Get("tools"); n != nil && n.Kind != NullNode { // Copilot's commands of this shape
		b.add(scope{slot: "tools", dimension: "tool", surface: "tools", def: deny, absent: allow, rules: toolList(n, allow, copilotTool)})
	}
	b.claudeHooks(front.Get("hooks"))
}

func isClaudePlugin(d *document) bool {
	return d.format == "claude-plugin" || path.Base(d.entry.Path) == "hooks.json" && path.Base(path.Dir(d.entry.Path)) == "hooks"
}

// pluginSource says where a plugin comes from. A folder of the repository itself
// is no other source than another folder: its content is compared for itself.
func pluginSource(n *Node) string {
	if text := n.String(); n != nil && n.Kind == StringNode && !strings.Contains(text, ":") {
		return "this repository"
	}
	return oneLine(n)
}

// quietPluginKeys of a plugin, a marketplace and a plugin in a marketplace tell
// people what it is. Source: Claude Code documentation, Plugins reference, Plugin
// manifest schema; Plugin marketplaces, Marketplace schema.
var quietPluginKeys = set("$schema", "name", "displayName", "version", "description", "author", "owner", "homepage", "repository", "license", "keywords", "category", "tags", "metadata", "interface", "logo", "icon",
	"source", "plugins") // and these are read apart

// readClaudePlugin reads plugin.json, marketplace.json, hooks/hooks.json and
// .lsp.json. Its servers are of one group with those of the plugin's .mcp.json.
func readClaudePlugin(b *scopeBuilder) {
	root, base := b.d.root(), path.Base(b.d.entry.Path)
	folder := path.Dir(path.Dir(b.d.entry.Path))
	b.group = "claude|" + folder
	b.here()
	switch base {
	case ".lsp.json":
		b.languageServers(root, "lspServers")
		return
	case "hooks.json":
		b.claudeHooks(root.Get("hooks"))
		return
	}
	b.pluginParts(root, "", folder)
	for _, p := range root.Get("plugins").items() {
		name := p.Get("name").String()
		if name == "" {
			continue
		}
		slot := "plugins." + entryText(name)
		sc := scope{slot: slot, dimension: "plugin", surface: "plugins", vague: true}
		source := p.Get("source")
		sc.rules = []rule{{effect: allow, subject: name, pattern: pluginSource(source), raw: strings.TrimSpace(name + " " + oneLine(source)), line: p.Line}}
		b.add(sc)
		b.pluginParts(p, slot+".", folder+"#"+name)
	}
}

// pluginParts reads what a plugin brings. Commands, agents, skills, hooks and
// servers may be named by path instead of standing here; then what stands there
// is not seen, and the change has no direction.
func (b *scopeBuilder) pluginParts(n *Node, at, group string) {
	if n == nil || n.Kind != MapNode {
		return
	}
	for i, key := range n.Keys {
		v := n.Items[i]
		switch {
		case quietPluginKeys[key] || v.Kind == NullNode:
		case key == "hooks" && v.Kind == MapNode:
			hooks := v
			if inner := v.Get("hooks"); inner != nil {
				hooks = inner
			}
			b.in(b.group, b.agent, false, func(b *scopeBuilder) { b.prefix += at; b.claudeHooks(hooks) })
		case key == "mcpServers" && v.Kind == MapNode:
			b.in("mcp|"+group, b.agent, false, func(b *scopeBuilder) { b.here(); b.mcpServers(v, at+"mcpServers") })
		case key == "lspServers" && v.Kind == MapNode:
			b.languageServers(v, at+"lspServers")
		default:
			b.opaque(at+entryText(key), "plugin", v)
		}
	}
}

// languageServers reads servers that explain code to the agent: each is a command
// that runs. Source: Claude Code documentation, Plugins reference, LSP servers.
func (b *scopeBuilder) languageServers(servers *Node, slot string) {
	if servers == nil || servers.Kind != MapNode {
		return
	}
	for i, name := range servers.Keys {
		text := oneLine(servers.Items[i])
		b.add(scope{slot: slot + "." + entryText(name), dimension: "server", surface: slot, vague: true,
			rules: []rule{{effect: allow, subject: "lsp " + name, pattern: text, raw: name + ": " + text, line: servers.Items[i].Line}}})
	}
}
