package change

import (
	"regexp"
	"strings"
)

// Flows drawn in an editor. Ids and positions change at every save, so tools are
// known by the name of their node.

// Flowise. Source: docs.flowiseai.com, Agents and Agentflow V2; exports of the
// marketplace.
func isFlowise(d *document) bool {
	root := d.root()
	nodes := root.Get("nodes")
	return nodes != nil && nodes.Kind == ListNode && len(nodes.Items) > 0 && root.Has("edges") && nodes.Items[0].Get("data", "name") != nil
}

var nodeReference = regexp.MustCompile(`\{\{([\w-]+)\.data\.instance\}\}`)

func readFlowise(b *scopeBuilder) {
	b.born = true
	b.here()
	byID := map[string]*Node{}
	nodes := b.d.root().Get("nodes").items()
	for _, n := range nodes {
		byID[n.Get("id").String()] = n.Get("data")
	}
	sc := scope{slot: "inputs.tools", dimension: "tool", surface: "tools"}
	for _, n := range nodes {
		inputs := n.Get("data", "inputs")
		list := inputs.Get("tools")
		for _, it := range scalars(list) {
			for _, m := range nodeReference.FindAllStringSubmatch(it.String(), 100) {
				name := flowiseTool(byID[m[1]], m[1])
				sc.rules = append(sc.rules, rule{effect: allow, subject: name, raw: name, line: it.Line})
			}
		}
		for _, key := range []string{"agentTools", "llmTools", "toolAgentflowSelectedTool"} {
			for _, t := range inputs.Get(key).items() {
				name := t.Get("agentSelectedTool").String()
				if name == "" {
					continue
				}
				sc.rules = append(sc.rules, rule{effect: allow, subject: name, raw: name, line: t.Line})
				if v := t.Get("agentSelectedToolRequiresHumanInput"); v != nil && v.String() != "" {
					b.level("inputs.agentTools."+entryText(name)+".humanInput", "approval", "human "+name, guard, "false", v.String(), v.Line)
				}
			}
		}
		for _, key := range []string{"agentKnowledgeDocumentStores", "agentKnowledgeVSEmbeddings"} {
			for _, it := range inputs.Get(key).items() {
				b.add(scope{slot: "inputs." + key, dimension: "data_source", surface: key, rules: []rule{{effect: allow, subject: key, pattern: oneLine(it), raw: oneLine(it), line: it.Line}}})
			}
		}
	}
	b.add(sc)
}

// flowiseTool names a tool by its node, and by the name its author gave it
// where one node stands for many tools.
func flowiseTool(data *Node, id string) string {
	name := data.Get("name").String()
	if name == "" {
		return strings.TrimRight(id, "_0123456789")
	}
	for _, key := range []string{"name", "toolName", "customToolName", "selectedTool"} {
		if v := data.Get("inputs", key).String(); v != "" && (strings.HasSuffix(name, "Tool") || strings.HasSuffix(name, "Chain")) {
			return name + " " + v
		}
	}
	return name
}

// n8n. Source: docs.n8n.io, "Tools AI Agent" and the export format.
func isN8N(d *document) bool {
	root := d.root()
	nodes := root.Get("nodes")
	return nodes != nil && nodes.Kind == ListNode && root.Get("connections") != nil && root.Get("connections").Kind == MapNode && len(nodes.Items) > 0 && nodes.Items[0].Has("type")
}

func readN8N(b *scopeBuilder) {
	b.born = true
	root := b.d.root()
	connections := root.Get("connections")
	tools := map[string]bool{}
	for i, name := range connections.Keys {
		if connections.Items[i].Get("ai_tool") != nil {
			tools[name] = true
		}
	}
	b.here()
	sc := scope{slot: "connections.ai_tool", dimension: "tool", surface: "tools"}
	for _, n := range root.Get("nodes").items() {
		kind := n.Get("type").String()
		name := n.Get("name").String()
		if strings.HasSuffix(kind, "chatTrigger") && n.Get("parameters", "public").IsTrue() {
			b.add(scope{slot: "nodes.chatTrigger.public", dimension: "audience", surface: "public chat", rules: []rule{{effect: allow, subject: "public chat", raw: "public: true", line: n.Line}}})
		}
		if !tools[name] || n.Get("disabled").IsTrue() {
			continue
		}
		p := n.Get("parameters")
		what := strings.TrimSpace(p.Get("resource").String() + " " + p.Get("operation").String() + " " + p.Get("method").String() + " " + p.Get("url").String())
		if p.Has("workflowId") {
			what += " " + p.Get("workflowId", "value").String() + p.Get("workflowId").String()
		}
		if p.Has("endpointUrl") || p.Has("sseEndpoint") {
			what += " " + p.Get("endpointUrl").String() + p.Get("sseEndpoint").String()
		}
		short := kind[strings.LastIndexByte(kind, '.')+1:]
		sc.rules = append(sc.rules, rule{effect: allow, subject: kind, pattern: "tool " + what, raw: strings.TrimSpace(name + " (" + short + " " + what + ")"), line: n.Line})
		credentials := n.Get("credentials")
		for i, c := range credentials.items() {
			if credentials.Kind == MapNode {
				text := credentials.Keys[i] + " " + c.Get("name").String()
				b.add(scope{slot: "nodes.credentials", dimension: "credential", surface: "credentials", vague: true, rules: []rule{{effect: allow, subject: kind, pattern: text, raw: text, line: c.Line}}})
			}
		}
	}
	b.add(sc)
}

// Dify. Source: docs.dify.ai, Agent; the DSL that it exports.
func isDify(d *document) bool {
	root := d.root()
	return root.Get("kind").String() == "app" && root.Has("app") && (root.Has("workflow") || root.Has("model_config"))
}

func readDify(b *scopeBuilder) {
	b.born = true
	b.here()
	root := b.d.root()
	sc := scope{slot: "agent_mode.tools", dimension: "tool", surface: "tools"}
	tool := func(t *Node) {
		if t.Get("enabled").IsFalse() {
			return
		}
		name := strings.TrimSpace(t.Get("provider_name").String() + " " + t.Get("tool_name").String())
		sc.rules = append(sc.rules, rule{effect: allow, subject: "tool " + name, raw: name, line: t.Line})
	}
	for _, t := range root.Get("model_config", "agent_mode", "tools").items() {
		tool(t)
	}
	for _, n := range root.Get("workflow", "graph", "nodes").items() {
		if n.Get("data", "type").String() == "agent" {
			for _, t := range n.Get("data", "agent_parameters", "tools", "value").items() {
				tool(t)
			}
		}
	}
	b.add(sc)
}
