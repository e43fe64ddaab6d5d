package change

import (
	"strings"
)

// docker cagent, also called docker agent. Source: docker/cagent, docs/USAGE.md
// (toolsets, permissions) and cagent-schema.json.

func isCagent(d *document) bool {
	agents := d.root().Get("agents")
	if agents == nil || agents.Kind != MapNode || len(agents.Items) == 0 {
		return false
	}
	for _, a := range agents.Items {
		if a.Has("toolsets") || a.Has("sub_agents") || a.Has("instruction") && a.Has("model") || a.Has("handoffs") {
			return true
		}
	}
	return false
}

func readCagent(b *scopeBuilder) {
	root := b.d.root()
	b.here()
	b.cagentPermissions(root.Get("permissions"))
	agents := root.Get("agents")
	for i, name := range agents.Keys {
		b.in("cagent-agent|"+b.d.entry.Path+"#"+name, name, true, func(b *scopeBuilder) {
			b.prefix = "agents." + entryText(name) + "."
			b.here()
			b.cagentAgent(agents.Items[i])
		})
	}
	if mcps := root.Get("mcps"); mcps != nil && mcps.Kind == MapNode {
		for i, name := range mcps.Keys {
			b.cagentToolset(mcps.Items[i], "mcp", "mcps."+entryText(name))
		}
	}
}

// cagentPermissions reads which calls run, ask or are refused: deny, then allow,
// else ask. A pattern is a tool, or tool:argument=glob.
func (b *scopeBuilder) cagentPermissions(n *Node) {
	for _, list := range []struct {
		key       string
		effect    effect
		dimension string
	}{{"allow", allow, "approval"}, {"ask", ask, "approval"}, {"deny", deny, "deny"}} {
		if v := n.Get(list.key); v != nil {
			sc := scope{slot: "permissions." + list.key, dimension: list.dimension, surface: "permissions", def: ask, absent: ask}
			for _, it := range scalars(v) {
				sc.rules = append(sc.rules, cagentRule(it.String(), list.effect, it.Line))
			}
			b.add(sc)
		}
	}
}

func cagentRule(text string, e effect, line int) rule {
	tool, args, _ := strings.Cut(text, ":")
	r := rule{effect: e, subject: tool, match: globs, pattern: args, raw: text, line: line}
	if tool == "*" {
		r.subject = "*"
	} else if strings.Contains(tool, "*") {
		r.subject, r.pattern = "tool", text
	}
	if args == "cmd=*" || args == "*" {
		r.pattern = ""
	}
	return r
}

func (b *scopeBuilder) cagentAgent(a *Node) {
	for _, t := range a.Get("toolsets").items() {
		kind := t.Get("type").String()
		if t.Kind == StringNode {
			kind = t.Text
		}
		b.cagentToolset(t, kind, "toolsets")
	}
	for _, old := range []string{"think", "todo", "memory"} { // their spelling until the first release
		if v := a.Get(old); v != nil && !v.IsFalse() && v.Kind != NullNode {
			b.cagentToolset(&Node{Kind: MapNode, Line: v.Line}, old, "toolsets")
		}
	}
	for _, key := range []string{"sub_agents", "handoffs"} {
		for _, it := range scalars(a.Get(key)) {
			b.add(scope{slot: key, dimension: "subagent", surface: key, rules: []rule{item(it, allow)}})
		}
	}
	b.cagentPermissions(a.Get("permissions"))
	b.settings(a, []setting{
		{at: "code_mode_tools", dimension: "tool", values: flag, absent: "false"},
		{at: "hooks", dimension: "hook", kind: prose},
		{at: "rag", dimension: "data_source", kind: allows},
		{at: "use_rag", dimension: "data_source", kind: allows},
	})
	if n := a.Get("skills"); n != nil && !n.IsFalse() && n.Kind != NullNode {
		text := oneLine(n)
		b.add(scope{slot: "skills", dimension: "tool", surface: "skills", rules: []rule{{effect: allow, subject: "skills", pattern: text, raw: "skills: " + text, line: n.Line}}})
	}
}

// cagentToolset reads one toolset. tools keeps only the named ones; without it
// the agent gets all.
func (b *scopeBuilder) cagentToolset(t *Node, kind, slot string) {
	l := launchOf(t)
	name := kind
	if ref := t.Get("ref").String(); ref != "" {
		l = launch{identity: strings.TrimSuffix(ref, ":latest"), raw: ref}
	}
	if l.identity != "" {
		name = l.raw
	}
	identity := strings.TrimSpace(kind + " " + l.identity)
	slot += "." + entryText(identity)
	subject := "toolset " + identity
	if kind == "a2a" || kind == "openapi" || kind == "rag" || kind == "model_picker" {
		subject += " " + t.Get("url").String()
	}
	sc := scope{slot: slot, dimension: "tool", surface: "toolsets", rules: toolFilter(t, subject, name, t.Line)}
	if kind == "mcp" {
		sc.dimension = "server"
	}
	b.add(sc)
	if l.identity != "" {
		b.add(scope{slot: slot, dimension: sc.dimension, surface: "toolset args", vague: true, rules: []rule{{effect: allow, subject: subject, pattern: "args " + l.args, raw: l.raw, line: t.Line}}})
	}
	if l.pinnable {
		b.add(scope{slot: slot, dimension: sc.dimension, surface: "toolset version", vague: true, rules: []rule{{effect: allow, subject: subject, pattern: l.version, raw: l.raw, line: t.Line}}})
	}
	b.serverEnv(t.Get("env"), subject, slot+".env")
	b.serverEnv(t.Get("remote", "headers"), subject, slot+".remote.headers")
	b.serverEnv(t.Get("headers"), subject, slot+".headers")
	for _, dir := range scalars(t.Get("allowed_directories")) {
		b.add(scope{slot: slot + ".allowed_directories", dimension: "filesystem", surface: "directories", rules: []rule{{effect: allow, subject: subject, match: files, pattern: filePattern(dir.String()), raw: dir.String(), line: dir.Line}}})
	}
	if box := t.Get("sandbox"); box != nil && box.Kind != NullNode {
		sc := scope{slot: slot + ".sandbox", dimension: "sandbox", surface: "sandbox " + subject, absent: allow}
		for _, p := range scalars(box.Get("paths")) {
			sc.rules = append(sc.rules, rule{effect: allow, subject: "path", match: files, pattern: filePattern(p.String()), raw: p.String(), line: p.Line})
		}
		sc.rules = append(sc.rules, rule{effect: allow, subject: "image", pattern: box.Get("image").String(), raw: "sandbox " + box.Get("image").String(), line: box.Line})
		b.add(sc)
	}
	for _, key := range []string{"post_edit", "shell", "api_config", "instruction_file", "url"} {
		if v := t.Get(key); v != nil && v.Kind != NullNode && (key != "url" || l.identity == "") {
			b.add(scope{slot: slot + "." + key, dimension: "hook", surface: key + " " + subject, vague: true, rules: []rule{{effect: allow, subject: key, pattern: oneLine(v), raw: oneLine(v), line: v.Line}}})
		}
	}
}
