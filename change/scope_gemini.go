package change

import (
	"cmp"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Gemini CLI. Source: google-gemini/gemini-cli, docs/get-started/configuration.md,
// docs/tools/shell.md, docs/core/policy-engine.md; the flat keys are those of
// configuration-v1.md, of the same meaning.

func isGeminiSettings(d *document) bool {
	p := d.entry.Path
	return path.Base(p) == "settings.json" && hasFolder(p, ".gemini", ".qwen") || path.Base(p) == "gemini-extension.json" || path.Base(p) == "qwen-extension.json"
}

func readGeminiSettings(b *scopeBuilder) {
	b.here()
	b.geminiSettings(b.d.root())
}

var geminiTable = []setting{
	{at: "tools.sandbox", dimension: "sandbox", surface: "sandbox", values: "true= docker= podman= sandbox-exec= runsc= lxc= false=a", absent: "false"},
	{at: "sandbox", dimension: "sandbox", surface: "sandbox", values: "true= docker= podman= sandbox-exec= runsc= lxc= false=a", absent: "false"},
	{at: "tools.autoAccept", dimension: "approval", surface: "autoAccept", values: flag, absent: "false"},
	{at: "autoAccept", dimension: "approval", surface: "autoAccept", values: flag, absent: "false"},
	{at: "general.defaultApprovalMode", dimension: "approval", values: "plan= default=a auto_edit=ab yolo=abc", absent: "default"},
	{at: "security.disableYoloMode", dimension: "approval", values: guard, absent: "false"},
	{at: "security.disableAlwaysAllow", dimension: "approval", values: guard, absent: "false"},
	{at: "security.enablePermanentToolApproval", dimension: "approval", values: flag, absent: "false"},
	{at: "security.folderTrust.enabled", dimension: "approval", surface: "folderTrust", values: guard, absent: "true"},
	{at: "folderTrust", dimension: "approval", surface: "folderTrust", values: guard, absent: "true"},
	{at: "security.blockGitExtensions", dimension: "plugin", values: guard, absent: "false"},
	{at: "security.allowedExtensions", dimension: "plugin", kind: allows, unset: allow},
	{at: "security.environmentVariableRedaction.enabled", dimension: "credential", values: guard, absent: "false"},
	{at: "security.environmentVariableRedaction.allowed", dimension: "credential", kind: allows},
	{at: "context.includeDirectories", dimension: "filesystem", surface: "directories", kind: allows, match: files},
	{at: "includeDirectories", dimension: "filesystem", surface: "directories", kind: allows, match: files},
	{at: "tools.discoveryCommand", dimension: "tool", surface: "discovery", kind: prose},
	{at: "toolDiscoveryCommand", dimension: "tool", surface: "discovery", kind: prose},
	{at: "tools.callCommand", dimension: "tool", surface: "call", kind: prose},
	{at: "toolCallCommand", dimension: "tool", surface: "call", kind: prose},
	{at: "mcp.serverCommand", dimension: "server", surface: "server command", kind: prose},
	{at: "mcpServerCommand", dimension: "server", surface: "server command", kind: prose},
	{at: "mcp.allowed", dimension: "server", surface: "mcp names", kind: allows, unset: allow},
	{at: "allowMCPServers", dimension: "server", surface: "mcp names", kind: allows, unset: allow},
	{at: "mcp.excluded", dimension: "server", surface: "mcp excluded", kind: denies, def: allow, unset: allow},
	{at: "excludeMCPServers", dimension: "server", surface: "mcp excluded", kind: denies, def: allow, unset: allow},
	{at: "hooksConfig.enabled", dimension: "hook", kind: prose},
	{at: "policyPaths", dimension: "approval", kind: prose},
	{at: "adminPolicyPaths", dimension: "approval", kind: prose},
}

// geminiKnown are the settings that something reads, or that decide nothing about
// what an agent may do. Source: Gemini CLI documentation, Configuration; the
// schema schemas/settings.schema.json.
var geminiKnown = newKnownSettings(geminiTable, "tools.core coreTools tools.exclude excludeTools tools.allowed allowedTools mcpServers hooks $schema $version "+
	"model.name model.maxSessionTurns model.compressionThreshold model.chatCompression model.skipNextSpeakerCheck model.disableLoopDetection model.summarizeToolOutput modelConfigs "+
	"agents.overrides.*.modelConfig.model experimental.codebaseInvestigatorSettings.model context.fileName contextFileName "+
	"ui output privacy general.vimMode general.preferredEditor general.disableAutoUpdate general.disableUpdateNag general.enableAutoUpdate general.enableAutoUpdateNotification general.checkpointing "+
	"general.enablePromptCompletion general.sessionRetention general.retryFetchErrors general.debugKeystrokeLogging general.enableNotifications general.devtools ide.hasSeenNudge "+
	"tools.useRipgrep tools.shell.showColor tools.shell.pager tools.shell.inactivityTimeout tools.enableToolOutputTruncation tools.truncateToolOutputThreshold tools.truncateToolOutputLines "+
	"telemetry.enabled telemetry.target telemetry.useCollector telemetry.outfile context.discoveryMaxDirs context.importFormat advanced.dnsResolutionOrder advanced.autoConfigureMemory "+
	"theme vimMode hideTips hideBanner hideFooter hideWindowTitle usageStatisticsEnabled preferredEditor maxSessionTurns checkpointing disableAutoUpdate disableUpdateNag accessibility "+
	"name version description")

func (b *scopeBuilder) geminiSettings(root *Node) {
	lists := []struct {
		at        []string
		dimension string
		surface   string
		effect    effect
		def, none effect
	}{
		{[]string{"tools", "core"}, "tool", "core", allow, deny, allow},
		{[]string{"coreTools"}, "tool", "core", allow, deny, allow},
		{[]string{"tools", "exclude"}, "deny", "exclude", deny, allow, allow},
		{[]string{"excludeTools"}, "deny", "exclude", deny, allow, allow},
		{[]string{"tools", "allowed"}, "approval", "allowed", allow, ask, ask},
		{[]string{"allowedTools"}, "approval", "allowed", allow, ask, ask},
	}
	for _, l := range lists {
		if n := root.Get(l.at...); n != nil && n.Kind == ListNode {
			sc := scope{slot: strings.Join(l.at, "."), dimension: l.dimension, surface: l.surface, def: l.def, absent: l.none}
			for _, it := range scalars(n) {
				sc.rules = append(sc.rules, geminiTool(it.String(), l.effect, it.Line))
			}
			b.add(sc)
		}
	}
	b.settings(root, geminiTable)
	b.mcpServers(root.Get("mcpServers"), "mcpServers")
	b.claudeHooks(root.Get("hooks"))
	b.unknown(root, geminiKnown)
}

// geminiTool reads a tool, or run_shell_command(git), which is a prefix. The
// class names of tools are their older spelling.
func geminiTool(text string, e effect, line int) rule {
	name, spec := cutSpec(text)
	if long, ok := geminiNames[name]; ok {
		name = long
	}
	r := rule{effect: e, subject: name, raw: text, line: line}
	if name == "run_shell_command" {
		r.match = words
		if spec != "" {
			r.pattern = strings.TrimSuffix(strings.TrimSuffix(spec, "*"), " ") + " *"
		}
	}
	return r
}

var geminiNames = map[string]string{
	"ShellTool": "run_shell_command", "LSTool": "list_directory", "ReadFileTool": "read_file", "WriteFileTool": "write_file",
	"EditTool": "replace", "GrepTool": "search_file_content", "grep_search": "search_file_content", "GlobTool": "glob", "ReadManyFilesTool": "read_many_files",
	"WebFetchTool": "web_fetch", "WebSearchTool": "google_web_search", "MemoryTool": "save_memory",
}

func isGeminiPolicy(d *document) bool {
	return strings.HasSuffix(d.entry.Path, ".toml") && hasFolder(d.entry.Path, "policies") && d.root().Get("rule") != nil
}

// readGeminiPolicy reads rules with a priority: the rule of the highest priority
// that matches decides. Only rules of equal priority are read as a set.
func readGeminiPolicy(b *scopeBuilder) {
	b.here()
	sc := scope{slot: "rule", dimension: "approval", surface: "policy", def: ask, absent: ask, ordered: true}
	type ranked struct {
		rule
		priority float64
	}
	var rules []ranked
	for _, n := range b.d.root().Get("rule").items() {
		e, ok := map[string]effect{"allow": allow, "deny": deny, "ask_user": ask}[n.Get("decision").String()]
		if !ok {
			continue
		}
		priority, _ := strconv.ParseFloat(n.Get("priority").String(), 64)
		for _, tool := range orEmpty(n.Get("toolName").Strings()) {
			for _, prefix := range orEmpty(n.Get("commandPrefix").Strings()) {
				r := rule{effect: e, subject: tool, raw: oneLine(n), line: n.Line}
				if server := n.Get("mcpName").String(); server != "" {
					r.subject = "mcp:" + server + "__" + tool
				}
				if tool == "" || tool == "*" {
					r.subject = "*"
				}
				if tool == "run_shell_command" {
					r.match = words
					if prefix != "" {
						r.pattern = prefix + " *"
					}
					if re := n.Get("commandRegex").String(); re != "" {
						r.match, r.pattern = exactly, "regex "+re
					}
				}
				if args := n.Get("argsPattern").String(); args != "" {
					r.match, r.pattern = exactly, "args "+args
				}
				rules = append(rules, ranked{r, priority})
			}
		}
	}
	slices.SortStableFunc(rules, func(x, y ranked) int { return cmp.Compare(x.priority, y.priority) })
	for _, r := range rules {
		sc.rules = append(sc.rules, r.rule)
	}
	b.add(sc)
}

func orEmpty(list []string) []string {
	if len(list) == 0 {
		return []string{""}
	}
	return list
}
