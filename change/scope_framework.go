package change

import (
	"path"
	"strings"
)

// kagent. Source: kagent.dev, API reference of agents.kagent.dev, v1alpha2.
func isKagent(d *document) bool {
	for _, n := range d.roots {
		if strings.HasPrefix(n.Get("apiVersion").String(), "kagent.dev/") {
			return true
		}
	}
	return false
}

func readKagent(b *scopeBuilder) {
	for _, n := range b.d.roots {
		if !strings.HasPrefix(n.Get("apiVersion").String(), "kagent.dev/") {
			continue
		}
		name, kind := n.Get("metadata", "name").String(), n.Get("kind").String()
		b.in("kagent|"+b.d.entry.Path+"#"+kind+"#"+name, name, true, func(b *scopeBuilder) {
			b.here()
			b.prefix = kind + "." + entryText(name) + "."
			switch spec := n.Get("spec"); kind {
			case "Agent", "SandboxAgent":
				b.kagentAgent(spec)
			case "MCPServer", "RemoteMCPServer", "ToolServer":
				b.kagentServer(spec)
			}
		})
	}
}

func (b *scopeBuilder) kagentServer(spec *Node) {
	text := spec.Get("url").String()
	if text == "" {
		text = oneLine(spec.Get("deployment"))
	}
	if c := spec.Get("config"); c != nil {
		text = oneLine(c)
	}
	b.add(scope{slot: "spec", dimension: "server", surface: "server", vague: true, rules: []rule{{effect: allow, subject: "server", pattern: text, raw: text, line: spec.Line}}})
	for _, h := range spec.Get("headersFrom").items() {
		b.add(scope{slot: "spec.headersFrom", dimension: "credential", surface: "headers", vague: true, rules: []rule{{effect: allow, subject: h.Get("name").String(), pattern: oneLine(h), raw: oneLine(h), line: h.Line}}})
	}
}

// kagentAgent reads a declarative agent. toolNames absent or empty is every tool
// of the server.
func (b *scopeBuilder) kagentAgent(spec *Node) {
	declarative := spec.Get("declarative")
	tools := declarative.Get("tools")
	if tools == nil {
		tools = spec.Get("tools") // v1alpha1
	}
	confirm := scope{slot: "tools.requireApproval", dimension: "approval", surface: "approval", def: allow, absent: allow}
	for _, t := range tools.items() {
		server := t.Get("mcpServer")
		if server == nil {
			server = t.Get("mcpServer", "toolServer")
		}
		switch {
		case server != nil:
			name := server.Get("name").String() + server.Get("toolServer").String()
			s := &Node{Kind: MapNode, Keys: []string{"toolNames"}, Items: []*Node{nonEmpty(server.Get("toolNames"))}}
			b.add(scope{slot: "tools." + entryText(name), dimension: "tool", surface: "tools", rules: toolFilter(s, "server "+name, name, t.Line)})
			for _, it := range scalars(server.Get("requireApproval")) {
				confirm.rules = append(confirm.rules, rule{effect: ask, subject: "server " + name, match: globs, pattern: it.String(), raw: it.String(), line: it.Line})
			}
			for _, it := range scalars(server.Get("allowedHeaders")) {
				b.add(scope{slot: "tools." + entryText(name) + ".allowedHeaders", dimension: "credential", surface: "headers " + name, rules: []rule{item(it, allow)}})
			}
		case t.Get("agent") != nil:
			name := t.Get("agent", "name").String() + t.Get("agent", "ref").String()
			b.add(scope{slot: "tools.agent", dimension: "subagent", surface: "agents", rules: []rule{{effect: allow, subject: "agent " + name, raw: name, line: t.Line}}})
		case t.Get("builtin") != nil:
			name := t.Get("builtin", "name").String()
			b.add(scope{slot: "tools.builtin", dimension: "tool", surface: "tools", rules: []rule{{effect: allow, subject: "builtin " + name, raw: name, line: t.Line}}})
		}
		for _, h := range t.Get("headersFrom").items() {
			b.add(scope{slot: "tools.headersFrom", dimension: "credential", surface: "headersFrom", vague: true, rules: []rule{{effect: allow, subject: h.Get("name").String(), pattern: oneLine(h), raw: oneLine(h), line: h.Line}}})
		}
	}
	if len(confirm.rules) > 0 {
		b.add(confirm)
	}
	b.settings(spec, []setting{
		{at: "sandbox.network.allowedDomains", dimension: "network", kind: allows, match: hosts},
		{at: "declarative.deployment.serviceAccountName", dimension: "iam", kind: grant},
		{at: "byo.deployment.serviceAccountName", dimension: "iam", kind: grant},
		{at: "declarative.executeCodeBlocks", dimension: "tool", values: flag, absent: "false"},
		{at: "declarative.a2aConfig", dimension: "audience", kind: prose},
		{at: "skills.refs", dimension: "tool", kind: allows},
		{at: "skills.gitRefs", dimension: "tool", kind: prose},
		{at: "shareTools", dimension: "tool", values: flag, absent: "false"},
		{at: "declarative.shareTools", dimension: "tool", values: flag, absent: "false"},
		{at: "allowedNamespaces", dimension: "audience", kind: prose},
	})
	b.podEnv(declarative.Get("deployment", "env"))
	b.podEnv(spec.Get("byo", "deployment", "env"))
}

// nonEmpty turns an empty list into the absent value.
func nonEmpty(n *Node) *Node {
	if n != nil && n.Kind == ListNode && len(n.Items) == 0 {
		return nil
	}
	return n
}

// podEnv reads secrets among the variables of a pod.
func (b *scopeBuilder) podEnv(env *Node) {
	for _, v := range env.items() {
		if ref := v.Get("valueFrom"); ref.Get("secretKeyRef") != nil {
			b.add(scope{slot: "env", dimension: "credential", surface: "env", vague: true, rules: []rule{{effect: allow, subject: v.Get("name").String(), pattern: oneLine(ref), raw: v.Get("name").String() + " " + oneLine(ref.Get("secretKeyRef")), line: v.Line}}})
		}
	}
}

// ADK agents in YAML. Source: google.github.io/adk-docs, "Agent Config".
func isADK(d *document) bool {
	root := d.root()
	return path.Ext(d.entry.Path) == ".yaml" && (root.Has("agent_class") || root.Has("instruction")) && root.Has("name") && (root.Has("tools") || root.Has("sub_agents") || root.Has("agent_class"))
}

func readADK(b *scopeBuilder) {
	root := b.d.root()
	b.born = true
	if name := root.Get("name").String(); name != "" {
		b.agent = name
	}
	b.here()
	for _, t := range root.Get("tools").items() {
		name := t.Get("name").String()
		args := t.Get("args")
		if name == "" {
			name = t.String()
		}
		slot := "tools." + entryText(name)
		filter := args.Get("tool_filter")
		s := &Node{Kind: MapNode, Keys: []string{"tool_filter"}, Items: []*Node{filter}}
		b.add(scope{slot: slot, dimension: "tool", surface: "tools", rules: toolFilter(s, "tool "+name, name, t.Line)})
		if rest := (&Node{Kind: MapNode, Keys: withoutKey(args, "tool_filter"), Items: withoutItem(args, "tool_filter")}); len(rest.Keys) > 0 {
			b.add(scope{slot: slot + ".args", dimension: "tool", surface: "args " + name, vague: true, rules: []rule{{effect: allow, subject: "args", pattern: oneLine(rest), raw: oneLine(rest), line: t.Line}}})
		}
	}
	for _, s := range root.Get("sub_agents").items() {
		name := s.Get("config_path").String() + s.Get("code").String()
		b.add(scope{slot: "sub_agents", dimension: "subagent", surface: "sub_agents", rules: []rule{{effect: allow, subject: name, raw: name, line: s.Line}}})
	}
	b.settings(root, []setting{
		{at: "disallow_transfer_to_parent", dimension: "subagent", values: guard, absent: "false"},
		{at: "disallow_transfer_to_peers", dimension: "subagent", values: guard, absent: "false"},
		{at: "before_tool_callbacks", dimension: "hook", kind: prose},
		{at: "after_tool_callbacks", dimension: "hook", kind: prose},
		{at: "code_executor", dimension: "tool", kind: grant},
	})
}

// Agent Framework and Foundry. Source: learn.microsoft.com, Agent Framework,
// declarative agents; microsoft/AgentSchema.
func isFoundry(d *document) bool {
	kind := d.root().Get("kind").String()
	return (kind == "Prompt" || kind == "prompt" || kind == "hosted") && (d.root().Has("tools") || d.root().Has("instructions"))
}

func readFoundry(b *scopeBuilder) {
	root := b.d.root()
	b.born = true
	b.here()
	tools := root.Get("tools")
	for i, t := range tools.items() {
		kind, name := t.Get("kind").String(), t.Get("name").String()
		if kind == "" {
			kind = t.Get("type").String()
		}
		if tools.Kind == MapNode && name == "" {
			name = tools.Keys[i]
		}
		id := strings.TrimSpace(kind + " " + name + " " + t.Get("serverName").String())
		slot := "tools." + entryText(id)
		b.add(scope{slot: slot, dimension: "tool", surface: "tools", rules: toolFilter(t, "tool "+id, id, t.Line)})
		for _, key := range []string{"url", "serverUrl", "connection", "specification", "vectorStoreIds"} {
			if v := t.Get(key); v != nil {
				b.add(scope{slot: slot + "." + key, dimension: "server", surface: key + " " + id, vague: true, rules: []rule{{effect: allow, subject: key, pattern: oneLine(v), raw: oneLine(v), line: v.Line}}})
			}
		}
		for _, key := range []string{"requireApproval", "approvalMode"} {
			if v := t.Get(key); v != nil {
				value := v.String()
				if v.Kind == MapNode {
					value = v.Get("kind").String()
				}
				b.level(slot+"."+key, "approval", "approval "+id, "always= onRequest=a specify=a never=ab", "always", value, v.Line)
			}
		}
	}
}

// CrewAI. Source: docs.crewai.com, Agents, YAML configuration.
func isCrewAgents(d *document) bool {
	root := d.root()
	base := path.Base(d.entry.Path)
	if base != "agents.yaml" && base != "agents.yml" && base != "tasks.yaml" || root == nil || root.Kind != MapNode {
		return false
	}
	for _, a := range root.Items {
		if a.Has("role") || a.Has("expected_output") {
			return true
		}
	}
	return false
}

func readCrewAgents(b *scopeBuilder) {
	root := b.d.root()
	for i, name := range root.Keys {
		b.in("crewai|"+b.d.entry.Path+"#"+name, name, true, func(b *scopeBuilder) {
			b.prefix = entryText(name) + "."
			b.here()
			b.settings(root.Items[i], []setting{
				{at: "tools", dimension: "tool", kind: allows},
				{at: "allow_delegation", dimension: "subagent", values: flag, absent: "false"},
				{at: "allow_code_execution", dimension: "tool", values: flag, absent: "false"},
				{at: "code_execution_mode", dimension: "sandbox", values: "safe= unsafe=a", absent: "safe"},
				{at: "human_input", dimension: "approval", values: guard, absent: "false"},
				{at: "mcps", dimension: "server", kind: allows},
				{at: "apps", dimension: "server", kind: allows},
				{at: "knowledge_sources", dimension: "data_source", kind: allows},
			})
		})
	}
}

// LangGraph. Source: LangGraph platform, "Application structure", langgraph.json.
func isLangGraph(d *document) bool {
	return path.Base(d.entry.Path) == "langgraph.json" && d.root().Has("graphs")
}

func readLangGraph(b *scopeBuilder) {
	root := b.d.root()
	b.here()
	graphs := root.Get("graphs")
	for i, g := range graphs.items() {
		if graphs.Kind == MapNode {
			b.add(scope{slot: "graphs", dimension: "audience", surface: "graphs", vague: true, rules: []rule{{effect: allow, subject: "graph " + graphs.Keys[i], pattern: oneLine(g), raw: graphs.Keys[i] + " " + oneLine(g), line: g.Line}}})
		}
	}
	b.settings(root, []setting{
		{at: "auth", dimension: "audience", kind: prose},
		{at: "http.cors", dimension: "audience", kind: prose},
		{at: "http.disable_mcp", dimension: "audience", values: guard, absent: "false"},
		{at: "http.disable_a2a", dimension: "audience", values: guard, absent: "false"},
	})
}

// Goose recipes. Source: block.github.io/goose, "Recipe reference".
func isGoose(d *document) bool {
	root := d.root()
	return root.Has("extensions") && (root.Has("instructions") || root.Has("prompt")) || root.Has("sub_recipes") && root.Has("title")
}

func readGoose(b *scopeBuilder) {
	root := b.d.root()
	b.born = true
	b.here()
	extensions := root.Get("extensions")
	for _, e := range extensions.items() {
		name, kind := e.Get("name").String(), e.Get("type").String()
		if e.Get("enabled").IsFalse() {
			continue
		}
		if kind == "builtin" || kind == "platform" || kind == "inline_python" || kind == "frontend" {
			subject := "extension " + name
			b.add(scope{slot: "extensions." + entryText(name), dimension: "tool", surface: "extensions", rules: toolFilter(e, subject, name, e.Line)})
			if code := e.Get("code"); code != nil {
				b.add(scope{slot: "extensions." + entryText(name) + ".code", dimension: "tool", surface: "code " + name, rules: []rule{{effect: allow, subject: "code", pattern: oneLine(code), raw: "inline code", line: code.Line, opaque: true}}})
			}
			continue
		}
		b.mcpServer(e, name, "extensions."+entryText(name))
	}
	for _, s := range root.Get("sub_recipes").items() {
		text := s.Get("path").String()
		b.add(scope{slot: "sub_recipes", dimension: "subagent", surface: "sub_recipes", rules: []rule{{effect: allow, subject: text, raw: text, line: s.Line}}})
	}
}

// Continue. Source: docs.continue.dev, config.yaml reference.
func isContinue(d *document) bool {
	p := d.entry.Path
	ext := path.Ext(p)
	return hasFolder(p, ".continue") && (ext == ".yaml" || ext == ".yml" || ext == ".json")
}

func readContinue(b *scopeBuilder) {
	root := b.d.root()
	b.here()
	b.mcpServers(root.Get("mcpServers"), "mcpServers")
	for _, key := range []string{"mcpServers", "rules", "context", "prompts"} {
		for _, it := range root.Get(key).items() {
			if v := it.Get("uses"); v != nil && key == "mcpServers" {
				b.add(scope{slot: key + ".uses", dimension: "server", surface: "uses", rules: []rule{item(v, allow)}})
			}
			if v := it.Get("provider"); v != nil && key == "context" {
				b.add(scope{slot: "context", dimension: "data_source", surface: "context", rules: []rule{item(v, allow)}})
			}
		}
	}
}
