package change

import (
	"path"
	"regexp"
	"strings"
)

// Cursor. Source: cursor.com/docs, CLI permissions and "permissions.json".

func isCursorPermissions(d *document) bool {
	base := path.Base(d.entry.Path)
	return hasFolder(d.entry.Path, ".cursor") && (base == "permissions.json" || base == "cli.json" || base == "cli-config.json" || base == "sandbox.json" || base == "hooks.json" || base == "environment.json")
}

func readCursorPermissions(b *scopeBuilder) {
	root := b.d.root()
	b.here()
	for _, list := range []struct {
		key       string
		effect    effect
		dimension string
	}{{"allow", allow, "tool"}, {"deny", deny, "deny"}} {
		if n := root.Get("permissions", list.key); n != nil {
			sc := scope{slot: "permissions." + list.key, dimension: list.dimension, surface: "permissions", def: ask, absent: ask}
			for _, it := range scalars(n) {
				sc.rules = append(sc.rules, cursorRule(it.String(), list.effect, it.Line))
			}
			b.add(sc)
		}
	}
	for _, it := range scalars(root.Get("terminalAllowlist")) {
		b.add(scope{slot: "terminalAllowlist", dimension: "approval", surface: "permissions", def: ask, absent: ask, rules: []rule{{effect: allow, subject: "Shell", match: words, pattern: commandPattern(it.String() + " *"), raw: it.String(), line: it.Line}}})
	}
	for _, it := range scalars(root.Get("mcpAllowlist")) {
		r := cursorRule("Mcp("+it.String()+")", allow, it.Line)
		r.raw = it.String()
		b.add(scope{slot: "mcpAllowlist", dimension: "approval", surface: "permissions", def: ask, absent: ask, rules: []rule{r}})
	}
	b.settings(root, []setting{
		{at: "autoRun", dimension: "approval", kind: prose},
		{at: "approvalMode", dimension: "approval", values: "allowlist= unrestricted=a", absent: "allowlist"},
		{at: "sandbox.mode", dimension: "sandbox", values: "enabled= disabled=a", absent: "enabled"},
		{at: "networkPolicy.default", dimension: "network", values: "deny= allow=a", absent: "deny"},
		{at: "networkPolicy.allow", dimension: "network", kind: allows, match: hosts},
		{at: "networkPolicy.deny", dimension: "network", kind: denies, def: ask, unset: ask, match: hosts},
		{at: "additionalReadwritePaths", dimension: "filesystem", kind: allows, match: files},
		{at: "additionalReadonlyPaths", dimension: "filesystem", kind: allows, match: files},
		{at: "type", dimension: "sandbox", kind: prose},
		{at: "hooks.*", dimension: "hook", kind: prose},
		// Cursor documentation, Background agents: what prepares their machine
		{at: "install", dimension: "hook", kind: prose},
		{at: "start", dimension: "hook", kind: prose},
		{at: "terminals", dimension: "hook", kind: prose},
		{at: "build", dimension: "sandbox", kind: prose},
		{at: "snapshot", dimension: "sandbox", kind: prose},
		{at: "update", dimension: "hook", kind: prose},
	})
}

// cursorRule reads Shell(base), Read(glob), Write(glob), WebFetch(domain) and
// Mcp(server:tool). Shell(git) is git with any arguments; Shell(git:status*)
// bounds them.
func cursorRule(text string, e effect, line int) rule {
	name, spec := cutSpec(text)
	r := rule{effect: e, subject: name, raw: text, line: line}
	switch name {
	case "Shell":
		r.match = words
		if command, args, ok := strings.Cut(spec, ":"); ok && args != "*" && args != "" {
			r.pattern = command + " " + args
		} else if command != "*" && command != "" {
			r.pattern = strings.TrimSuffix(command, " *") + " *"
		}
	case "Read", "Write":
		r.match, r.pattern = files, filePattern(spec)
	case "WebFetch":
		r.match, r.pattern = hosts, strings.TrimPrefix(strings.ToLower(spec), "domain:")
	case "Mcp":
		server, tool, _ := strings.Cut(spec, ":")
		r.subject, r.match, r.pattern = "mcp:"+server, globs, tool
		if server == "*" || server == "" {
			r.subject = "mcp:"
		}
	}
	if r.pattern == "*" {
		r.pattern = ""
	}
	return r
}

// VS Code. Source: code.visualstudio.com/docs/copilot, "Manage approvals",
// settings reference.

var vscodeTable = []setting{
	{at: "chat.tools.terminal.enableAutoApprove", dimension: "approval", values: flag, absent: "true"},
	{at: "chat.tools.terminal.ignoreDefaultAutoApproveRules", dimension: "approval", values: guard, absent: "false"},
	{at: "chat.tools.terminal.autoApproveWorkspaceNpmScripts", dimension: "approval", values: flag, absent: "true"},
	{at: "chat.tools.terminal.blockDetectedFileWrites", dimension: "approval", values: "all= outsideWorkspace=a never=ab", absent: "outsideWorkspace"},
	{at: "chat.tools.terminal.sandbox.enabled", dimension: "sandbox", values: guard, absent: "false"},
	{at: "chat.tools.global.autoApprove", dimension: "approval", surface: "global approve", values: flag, absent: "false"},
	{at: "chat.tools.autoApprove", dimension: "approval", surface: "global approve", values: flag, absent: "false"},
	{at: "chat.permissions.default", dimension: "approval", values: "default= autoApprove=a autopilot=ab", absent: "default"},
	{at: "chat.agent.enabled", dimension: "tool", values: flag, absent: "true"},
	{at: "chat.agent.sandbox.enabled", dimension: "sandbox", values: guard, absent: "false"},
	{at: "chat.agent.sandbox", dimension: "sandbox", values: guard, absent: "false"},
	{at: "chat.agent.networkFilter", dimension: "network", values: guard, absent: "false"},
	{at: "chat.agent.allowedNetworkDomains", dimension: "network", kind: allows, match: hosts},
	{at: "chat.agent.deniedNetworkDomains", dimension: "network", kind: denies, def: ask, unset: ask, match: hosts},
	{at: "chat.mcp.access", dimension: "server", values: "none= registry=a all=ab", absent: "all"},
	{at: "chat.mcp.enabled", dimension: "server", values: flag, absent: "true"},
	{at: "chat.mcp.autostart", dimension: "server", values: "never= onlyNew=a newAndOutdated=ab", absent: "newAndOutdated"},
	{at: "chat.mcp.discovery.enabled", dimension: "server", kind: prose},
	{at: "chat.mcp.serverSampling", dimension: "server", kind: prose},
	{at: "chat.plugins.marketplaces", dimension: "plugin", kind: allows},
	{at: "chat.plugins.enabled", dimension: "plugin", values: flag, absent: "false"},
	{at: "chat.hookFilesLocations", dimension: "hook", kind: prose},
	{at: "chat.useHooks", dimension: "hook", kind: prose},
	{at: "github.copilot.chat.agent.terminal.allowList", dimension: "approval", kind: prose},
	{at: "github.copilot.chat.agent.terminal.denyList", dimension: "approval", kind: prose},
	{at: "github.copilot.chat.claudeAgent.allowDangerouslySkipPermissions", dimension: "approval", values: flag, absent: "false"},
	{at: "chat.sandbox.enabled", dimension: "sandbox", values: guard, absent: "false"},
	{at: "claudeCode.allowDangerouslySkipPermissions", dimension: "approval", values: flag, absent: "false"},
	{at: "claudeCode.initialPermissionMode", dimension: "approval", values: "plan=a default=abc acceptEdits=abcd bypassPermissions=abcdef", absent: "default"},
}

// vscodeQuiet are settings of chats that decide nothing about what an agent may
// do or read: how it looks, and models, which are read as such. Source: VS Code
// documentation, GitHub Copilot settings reference.
var vscodeQuiet = regexp.MustCompile(`(?i)^(chat|github\.copilot)\.(.*\.)?(editor|editing|font|fontSize|fontFamily|fontWeight|wordWrap|commandCenter|checkpoints|notify\w*|setupFromDialog|sendElementsToChat|viewSessions|` +
	`implicitContext|undoRequests|renderRelatedFiles|localeOverride|enable|selectedCompletionModel|defaultModel|model|maxRequests|math|unifiedAgentsBar|showAgentSessionsViewDescription|agentSessionsViewLocation|` +
	`nextEditSuggestions|editor\.enable\w*|todos\w*|emptyState|titleBar|restoreLastPanelSession|detectParticipant|followUps|scopeSelection|thinking|requestQueuing|promptFilesRecommendations)(\.|$)`)

// unknownChatSettings adds settings of agents that no table names.
func (b *scopeBuilder) unknownChatSettings(root *Node) {
	if root == nil || root.Kind != MapNode {
		return
	}
	read := map[string]bool{}
	for i := range vscodeTable {
		read[vscodeTable[i].at] = true
	}
	for i, key := range root.Keys {
		chat := strings.HasPrefix(key, "chat.") || strings.HasPrefix(key, "github.copilot.") || strings.HasPrefix(key, "claudeCode.")
		if chat && !read[key] && !approvalMaps[key] && !vscodeQuiet.MatchString(key) && !strings.HasSuffix(strings.ToLower(key), "instructions") && root.Items[i].Kind != NullNode {
			b.opaque(entryText(key), "setting", root.Items[i])
		}
	}
}

// approvalMaps are settings that autoApprove reads.
var approvalMaps = set("chat.tools.terminal.autoApprove", "chat.tools.edits.autoApprove", "chat.tools.urls.autoApprove", "chat.tools.eligibleForAutoApproval")

// vscodeSettings finds the settings in settings.json, a workspace file or
// devcontainer.json.
func vscodeSettings(d *document) *Node {
	root := d.root()
	switch base := path.Base(d.entry.Path); {
	case strings.HasSuffix(base, ".code-workspace"):
		return root.Get("settings")
	case strings.HasPrefix(base, "devcontainer") || base == ".devcontainer.json":
		return root.Get("customizations", "vscode", "settings")
	case strings.Contains(base, "settings") && (strings.HasSuffix(base, ".json") || strings.HasSuffix(base, ".jsonc")):
		return root
	}
	return nil
}

func isVSCodeSettings(d *document) bool {
	n := vscodeSettings(d)
	if d.format == "vscode-settings" && (d.root().Get("customizations", "vscode", "mcp") != nil || d.root().Get("mcp") != nil) {
		return true // servers stand beside the settings
	}
	if n == nil || n.Kind != MapNode {
		return false
	}
	if path.Base(path.Dir(d.entry.Path)) == ".vscode" || strings.HasSuffix(d.entry.Path, ".code-workspace") {
		return true
	}
	for _, k := range n.Keys {
		if strings.HasPrefix(k, "chat.") || strings.HasPrefix(k, "github.copilot.") || strings.HasPrefix(k, "claudeCode.") {
			return true
		}
	}
	return false
}

func readVSCodeSettings(b *scopeBuilder) {
	root := vscodeSettings(b.d)
	b.here()
	for _, key := range sortedKeys(approvalMaps) {
		walkSetting(root, strings.Split(key, "."), key, func(_ string, n *Node) { b.autoApprove(key, n) })
	}
	b.settings(root, vscodeTable)
	b.unknownChatSettings(root)
	walkSetting(root, []string{"mcp", "servers"}, "mcp.servers", func(slot string, n *Node) { b.mcpServers(n, slot) })
	if servers := b.d.root().Get("mcp", "servers"); servers != nil && strings.HasSuffix(b.d.entry.Path, ".code-workspace") {
		b.mcpServers(servers, "mcp.servers")
	}
	if servers := b.d.root().Get("customizations", "vscode", "mcp", "servers"); servers != nil {
		b.mcpServers(servers, "customizations.vscode.mcp.servers")
	}
}

// autoApprove reads a map of patterns to true, which runs without asking, or
// false, which asks even where another pattern says true. A command stands for
// all that begin with it; what stands between slashes is a regular expression.
func (b *scopeBuilder) autoApprove(key string, n *Node) {
	if n == nil || n.Kind != MapNode {
		return
	}
	sc := scope{slot: key, dimension: "approval", surface: key, def: ask, absent: ask}
	for i, pattern := range n.Keys {
		v := n.Items[i]
		e := ask
		if v.IsTrue() || v.Get("approve").IsTrue() || v.Get("approveRequest").IsTrue() || v.Get("approveResponse").IsTrue() {
			e = allow
		}
		r := rule{effect: e, subject: "call", match: globs, pattern: pattern, raw: pattern + ": " + oneLine(v), line: v.Line}
		switch {
		case strings.HasPrefix(pattern, "/") && strings.LastIndexByte(pattern, '/') > 0:
			r.match, r.pattern = exactly, pattern
			if pattern == "/.*/" || pattern == "/^.*$/" || pattern == "/^.*/" || pattern == "/.*/s" {
				r.match, r.pattern = globs, ""
			}
		case strings.Contains(key, "edits"):
			r.match, r.pattern = files, filePattern(pattern)
		case strings.Contains(key, "terminal"):
			r.pattern = pattern + "*"
		}
		if v.Kind == NullNode { // takes a default rule away, whatever it said
			r.opaque = true
		}
		sc.rules = append(sc.rules, r)
	}
	b.add(sc)
}

// Amazon Q CLI and Kiro. Source: aws/amazon-q-developer-cli, docs/agent-format.md
// and docs/built-in-tools.md.

func isQAgent(d *document) bool {
	return strings.HasSuffix(d.entry.Path, ".json") && (hasFolder(d.entry.Path, "cli-agents") || hasFolder(d.entry.Path, ".kiro") && hasFolder(d.entry.Path, "agents"))
}

var qAgentTable = []setting{
	{at: "includeMcpJson", dimension: "server", values: flag, absent: "false"},
	{at: "useLegacyMcpJson", dimension: "server", values: flag, absent: "false"},
	{at: "toolsSettings.*.allowedPaths", dimension: "filesystem", kind: allows, match: files},
	{at: "toolsSettings.*.deniedPaths", dimension: "deny", kind: denies, def: allow, unset: allow, match: files},
	{at: "toolsSettings.*.allowedCommands", dimension: "approval", kind: allows},
	{at: "toolsSettings.*.deniedCommands", dimension: "deny", kind: denies, def: ask, unset: ask},
	{at: "toolsSettings.*.allowedServices", dimension: "approval", kind: allows},
	{at: "toolsSettings.*.deniedServices", dimension: "deny", kind: denies, def: ask, unset: ask},
	{at: "toolsSettings.*.autoAllowReadonly", dimension: "approval", values: flag, absent: "false"},
	{at: "toolsSettings.*.denyByDefault", dimension: "approval", values: guard, absent: "false"},
	{at: "toolsSettings.*.trustedAgents", dimension: "subagent", kind: allows},
	{at: "toolsSettings.*.availableAgents", dimension: "subagent", kind: allows, unset: allow},
	{at: "hooks.*", dimension: "hook", kind: prose},
}

func readQAgent(b *scopeBuilder) {
	root := b.d.root()
	b.born = true
	b.here()
	tools := scope{slot: "tools", dimension: "tool", surface: "tools"}
	for _, it := range scalars(root.Get("tools")) {
		tools.rules = append(tools.rules, qTool(it.String(), it.Line))
	}
	b.add(tools)
	trusted := scope{slot: "allowedTools", dimension: "approval", surface: "approval", def: ask, absent: ask}
	for _, it := range scalars(root.Get("allowedTools")) {
		if it.String() != "*" { // not honoured alone
			trusted.rules = append(trusted.rules, qTool(it.String(), it.Line))
		}
	}
	b.add(trusted)
	b.settings(root, qAgentTable)
	b.mcpServers(root.Get("mcpServers"), "mcpServers")
}

// qTool reads *, @builtin, @server, @server/tool or a name; * and ? are wildcards.
func qTool(text string, line int) rule {
	r := rule{effect: allow, subject: "tool", match: globs, pattern: text, raw: text, line: line}
	switch old, ok := qNames[text]; {
	case text == "*":
		r.pattern = ""
	case ok:
		r.pattern = old
	case strings.HasPrefix(text, "@") && !strings.Contains(text, "/") && text != "@builtin":
		r.pattern = text + "/*"
	}
	return r
}

// qNames are Kiro's names of the tools of Amazon Q.
var qNames = map[string]string{"read": "fs_read", "write": "fs_write", "shell": "execute_bash", "aws": "use_aws", "execute_cmd": "execute_bash"}
