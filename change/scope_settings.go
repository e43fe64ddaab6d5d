package change

import "strings"

// Agents in settings whose format nobody describes: a map that holds text for a
// model beside tools. Frameworks of one house write them so. A list of tools names
// all that the agent has. Source: formats of frameworks with their own YAML or
// JSON, which share the keys of the agent SDKs.

func isSettingsTree(d *document) bool {
	switch d.format {
	case "app-config-yaml", "app-config-json", "app-config-toml", "prompt-yaml", "prompt-json":
		return !isMachineMade(d.entry.Path) && strings.Contains(strings.ToLower(d.text()), "tools")
	}
	return false
}

func readSettingsScopes(b *scopeBuilder) {
	b.here()
	for _, root := range b.d.roots {
		if strings.Contains(root.Get("$schema").String(), "json-schema.org") {
			continue
		}
		b.agentMap(root, "")
		walkMaps(root, "", func(at, _ string, v *Node) { b.agentMap(v, at) })
		walkItems(root, "", 0, b.agentMap)
	}
}

// walkItems yields the maps that are items of lists.
func walkItems(n *Node, at string, depth int, yield func(n *Node, at string)) {
	if n == nil || depth > maxDepth {
		return
	}
	w := slotWalk{identity: defaultIdentity}
	for i, it := range n.Items {
		slot := ""
		if n.Kind == MapNode {
			slot = join(at, n.Keys[i])
		} else if slot = at + "[" + w.itemName(it, i) + "]"; it != nil && it.Kind == MapNode {
			yield(it, slot)
		}
		walkItems(it, slot, depth+1, yield)
	}
}

// agentMap reads the tools of one map, if it is an agent's.
func (b *scopeBuilder) agentMap(n *Node, at string) {
	if !isAgentMap(n) {
		return
	}
	for i, key := range n.Keys {
		v, slot := n.Items[i], entryText(join(at, key))
		s, known := codeLists[plainKey(key)]
		switch {
		case v == nil:
		case known && (v.Kind == ListNode || v.Kind == MapNode):
			e := [...]effect{allows: allow, asks: ask, denies: deny}[s.kind]
			sc := scope{slot: slot, dimension: s.dimension, surface: slot, def: s.def, absent: s.unset}
			for j, it := range v.Items {
				name := it.String()
				if v.Kind == MapNode {
					name = v.Keys[j]
				} else if it.Kind == MapNode {
					name = strings.TrimSpace(or(it.Get("name").String(), it.Get("function", "name").String()) + " " + it.Get("type").String())
				}
				if name != "" {
					sc.rules = append(sc.rules, rule{effect: e, subject: name, raw: name, line: it.Line})
				}
			}
			b.add(sc)
		case v.Kind == BoolNode && strings.HasSuffix(plainKey(key), "tools"):
			b.level(slot, "tool", slot, flag, "false", v.Text, v.Line)
		}
	}
}

// agentTexts are keys of text that a model reads, in a map that also holds its
// model or its tools.
var agentTexts = set("instructions", "instruction", "prompt", "system", "persona", "backstory")

// isAgentMap reports whether a map holds text for a model and tools.
func isAgentMap(n *Node) bool {
	if n == nil || n.Kind != MapNode {
		return false
	}
	text, tools := false, false
	for i, k := range n.Keys {
		key := plainKey(k)
		text = text || (agentTexts[key] || promptKeys[key]) && isProse(n.Items[i].String())
		_, list := codeLists[key]
		tools = tools || list || strings.HasSuffix(key, "tools")
	}
	return text && tools
}
