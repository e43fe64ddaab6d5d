package change

import (
	"regexp"
	"strings"
)

// Kubernetes. RBAC counts where it belongs to an agent: its ServiceAccount is an
// agent's, or names say so. Source: Kubernetes, "Using RBAC Authorization".
func isRBAC(d *document) bool {
	for _, n := range d.roots {
		switch n.Get("kind").String() {
		case "Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding", "ServiceAccount":
			if agentNamed(n, d) || siblingAgent(d) {
				return true
			}
		}
	}
	return false
}

// agentNamed reports whether an object's name says that it belongs to an agent.
// Agents that only watch machines are called so too, so the plain word counts
// only where the file also speaks of models.
func agentNamed(n *Node, d *document) bool {
	for _, w := range strings.FieldsFunc(strings.ToLower(n.Get("metadata", "name").String()), func(r rune) bool { return strings.ContainsRune("-._ :", r) }) {
		switch w {
		case "kagent", "mcp", "llm", "copilot", "claude", "adk", "langgraph", "crewai", "openhands", "chatbot":
			return true
		case "agent", "agents", "assistant":
			if aboutModels.Match(d.data) {
				return true
			}
		}
	}
	return false
}

var aboutModels = regexp.MustCompile(`(?i)\b(llm|openai|anthropic|gemini|claude|gpt|langchain|langgraph|crewai|adk|mcp|kagent|vertexai|bedrock|genai|ai-agents?|agentic)\b`)

// siblingAgent reports whether the file itself holds an agent.
func siblingAgent(d *document) bool { return isKagent(d) }

func readRBAC(b *scopeBuilder) {
	whole := siblingAgent(b.d)
	for _, n := range b.d.roots {
		if !whole && !agentNamed(n, b.d) {
			continue
		}
		kind, name := n.Get("kind").String(), n.Get("metadata", "name").String()
		b.in("rbac|"+b.d.entry.Path+"#"+name, b.agent, true, func(b *scopeBuilder) {
			b.prefix = kind + "." + entryText(name) + "."
			b.here()
			switch kind {
			case "Role", "ClusterRole":
				b.rbacRules(n.Get("rules"), kind)
			case "RoleBinding", "ClusterRoleBinding":
				for _, s := range n.Get("subjects").items() {
					text := oneLine(s)
					b.add(scope{slot: "subjects", dimension: "rbac", surface: "binding " + oneLine(n.Get("roleRef")), rules: []rule{{effect: allow, subject: text, raw: text, line: s.Line}}})
				}
			case "ServiceAccount":
				if v := n.Get("automountServiceAccountToken"); v != nil {
					b.level("automountServiceAccountToken", "rbac", "automount", flag, "true", v.String(), v.Line)
				}
				if v := n.Get("metadata", "annotations"); v != nil {
					for i, key := range v.Keys {
						if strings.Contains(key, "role") || strings.Contains(key, "iam") || strings.Contains(key, "identity") {
							b.add(scope{slot: "annotations", dimension: "iam", surface: key, vague: true, rules: []rule{{effect: allow, subject: key, pattern: v.Items[i].String(), raw: key + ": " + v.Items[i].String(), line: v.Items[i].Line}}})
						}
					}
				}
			}
		})
	}
}

// rbacRules reads rules as a product of groups, resources, names and verbs. A
// cluster role covers what a role of the same name did.
func (b *scopeBuilder) rbacRules(rules *Node, kind string) {
	sc := scope{slot: "rules", dimension: "rbac", surface: "rules"}
	for _, r := range rules.items() {
		groups, resources, verbs, names := orEmpty(r.Get("apiGroups").Strings()), orEmpty(r.Get("resources").Strings()), r.Get("verbs").Strings(), orEmpty(r.Get("resourceNames").Strings())
		if urls := r.Get("nonResourceURLs").Strings(); len(urls) > 0 {
			groups, resources = []string{"url"}, urls
		}
		if !b.product(len(groups), len(resources), len(verbs), len(names)) {
			sc.rules = append(sc.rules, rule{effect: allow, subject: "rule", pattern: oneLine(r), raw: oneLine(r), line: r.Line, opaque: true})
			continue
		}
		for _, g := range groups {
			for _, res := range resources {
				for _, v := range verbs {
					for _, name := range names {
						full := name
						if full == "" {
							full = "*"
						}
						where := "ns"
						if kind == "ClusterRole" {
							where = "*"
						}
						sc.rules = append(sc.rules, rule{effect: allow, subject: "rbac", match: globs, pattern: strings.Join([]string{where, g, res, v, full}, "\x1f"), raw: strings.TrimSpace(strings.Trim(g+"/"+res, "/") + " " + v + " " + name), line: r.Line})
					}
				}
			}
		}
	}
	b.add(sc)
}
