package change

import (
	"path"
	"slices"
	"strings"
)

// opencode. Source: opencode.ai/docs, permissions, config, agents, mcp-servers.

func isOpencodeConfig(d *document) bool {
	base := path.Base(d.entry.Path)
	return base == "opencode.json" || base == "opencode.jsonc"
}

func isOpencodeAgent(d *document) bool {
	front := d.root()
	if !strings.HasSuffix(d.entry.Path, ".md") || !hasFolder(d.entry.Path, "agent", "agents") {
		return false
	}
	return hasFolder(d.entry.Path, ".opencode") || front.Has("permission") || front.Get("tools") != nil && front.Get("tools").Kind == MapNode || front.Has("mode")
}

var opencodeTable = []setting{
	{at: "share", dimension: "output", values: "disabled= manual=a auto=ab", absent: "manual"},
	{at: "provider.*.options.baseURL", dimension: "network", kind: prose},
	{at: "provider.*.options.apiKey", dimension: "credential", kind: prose},
	{at: "provider.*.options.headers", dimension: "credential", kind: prose},
	{at: "provider.*.npm", dimension: "plugin", kind: prose},
	{at: "experimental.hook", dimension: "hook", kind: prose},
	{at: "formatter.*.command", dimension: "hook", kind: prose},
	{at: "lsp.*.command", dimension: "hook", kind: prose},
}

// opencodeKnown are the settings that something reads, or that decide nothing
// about what an agent may do. Source: opencode.ai/docs/config; the schema at
// opencode.ai/config.json.
var opencodeKnown = newKnownSettings(opencodeTable, "permission tools mcp plugin $schema model small_model instructions command theme keybinds tui username autoupdate snapshot layout logLevel compaction watcher "+
	"agent.*.permission agent.*.tools agent.*.model agent.*.prompt agent.*.description agent.*.temperature agent.*.top_p agent.*.reasoningEffort agent.*.maxSteps agent.*.steps agent.*.mode agent.*.color "+
	"agent.*.disable agent.*.hidden agent.*.options agent.*.variant agent.*.textVerbosity "+
	"mode.*.permission mode.*.tools mode.*.model mode.*.prompt mode.*.description mode.*.temperature mode.*.disable "+
	"provider.*.models provider.*.name provider.*.options.timeout provider.*.options.setCacheKey formatter.*.extensions formatter.*.disabled lsp.*.extensions lsp.*.disabled "+
	"disabled_providers enabled_providers")

func readOpencodeConfig(b *scopeBuilder) {
	root := b.d.root()
	b.here()
	b.opencodePermission(root, "", nil)
	b.mcpServers(root.Get("mcp"), "mcp")
	for _, it := range scalars(root.Get("plugin")) {
		b.add(scope{slot: "plugin", dimension: "plugin", surface: "plugins", rules: []rule{{effect: allow, subject: it.String(), raw: it.String(), line: it.Line}}})
	}
	b.settings(root, opencodeTable)
	b.unknown(root, opencodeKnown)
	inherited := opencodeOwn(root)
	for i := range inherited {
		inherited[i].raw, inherited[i].quiet = "", true // it stands, and is told, above
	}
	for _, key := range []string{"agent", "mode"} {
		agents := root.Get(key)
		if agents == nil || agents.Kind != MapNode {
			continue
		}
		for i, name := range agents.Keys {
			if agents.Items[i].Get("disable").IsTrue() {
				continue
			}
			b.in(b.group+"#"+name, name, true, func(b *scopeBuilder) {
				b.here()
				b.opencodePermission(agents.Items[i], key+"."+entryText(name)+".", inherited)
			})
		}
	}
}

func readOpencodeAgent(b *scopeBuilder) {
	b.born = true
	b.here()
	b.opencodePermission(b.d.root(), "", nil)
}

// opencodePermission reads permission and the older tools map. The last rule
// that matches wins, so an agent's own rules stand after those that it inherits.
// What no rule matches is allowed, but for folders outside the project and
// repeated calls, which ask, and .env files.
func (b *scopeBuilder) opencodePermission(n *Node, slot string, inherited []rule) {
	own := opencodeOwn(n)
	if n.Get("tools") == nil && n.Get("permission") == nil {
		return
	}
	floor := append([]rule{
		opencodeRule("external_directory", "*", ask, "", 0),
		opencodeRule("doom_loop", "*", ask, "", 0),
		opencodeRule("read", "*.env", deny, "", 0),
	}, inherited...)
	sc := scope{slot: slot + "permission", dimension: "approval", surface: "permission", def: allow, absent: allow, ordered: true, floor: floor}
	if n.Get("permission") == nil {
		sc.slot = slot + "tools"
	}
	sc.rules = append(slices.Clone(floor), own...)
	b.add(sc)
}

// opencodeOwn lists what a map says itself.
func opencodeOwn(n *Node) []rule {
	var out []rule
	tools, p := n.Get("tools"), n.Get("permission")
	if tools != nil && tools.Kind == MapNode {
		for i, name := range tools.Keys {
			e := allow
			if tools.Items[i].IsFalse() {
				e = deny
			}
			out = append(out, opencodeRule(name, "*", e, name+": "+tools.Items[i].String(), tools.Items[i].Line))
		}
	}
	switch {
	case p == nil:
	case p.Kind == MapNode:
		for i, tool := range p.Keys {
			out = append(out, opencodeRules(tool, p.Items[i])...)
		}
	default:
		if e, ok := effectNamed(p.String()); ok {
			out = append(out, opencodeRule("*", "*", e, p.String(), p.Line))
		}
	}
	return out
}

func opencodeRules(tool string, n *Node) []rule {
	if n.Kind != MapNode {
		e, ok := effectNamed(n.String())
		if !ok {
			return nil
		}
		return []rule{opencodeRule(tool, "*", e, tool+": "+n.String(), n.Line)}
	}
	var out []rule
	for i, pattern := range n.Keys {
		if e, ok := effectNamed(n.Items[i].String()); ok {
			out = append(out, opencodeRule(tool, pattern, e, pattern+": "+n.Items[i].String(), n.Items[i].Line))
		}
	}
	return out
}

func opencodeRule(tool, pattern string, e effect, raw string, line int) rule {
	if tool == "write" || tool == "patch" || tool == "multiedit" {
		tool = "edit"
	}
	// A tool may be a pattern too, so both are compared as one text.
	r := rule{effect: e, subject: "call", match: words, pattern: tool + "\x1f" + pattern, raw: raw, line: line}
	if tool == "*" && pattern == "*" {
		r.pattern = ""
	}
	return r
}

func effectNamed(s string) (effect, bool) {
	switch s {
	case "allow":
		return allow, true
	case "ask", "prompt":
		return ask, true
	case "deny", "forbidden":
		return deny, true
	}
	return deny, false
}
