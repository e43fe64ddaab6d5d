package change

import "strings"

// What an agent in Agent Script may do: the actions that it defines and what they
// run, which of them the model may choose, other agents that it hands over to, and
// the user that it runs as. Source: Agentforce developer guide, Agent Script
// Reference, Actions; Tools; Agent Script Blocks, Config.

func isAgentScript(d *document) bool { return d.format == "agent-script" && d.root() != nil }

func readAgentScript(b *scopeBuilder) {
	root := b.d.root()
	b.born = true
	b.here()
	for i, key := range root.Keys {
		block := root.Items[i]
		name := strings.TrimSpace(strings.TrimPrefix(key, "subagent"))
		actions := block.Get("actions")
		for j := range actions.items() {
			b.scriptAction(name+"."+actions.Keys[j], actions.Items[j])
		}
		b.scriptTools(name, block.Get("reasoning", "actions"))
	}
	b.settings(root.Get("config"), []setting{
		{at: "default_agent_user", dimension: "credential", kind: grant},
		{at: "agent_type", dimension: "audience", kind: prose},
	})
	for _, key := range []string{"connections", "connection", "knowledge"} {
		if n := root.Get(key); n != nil {
			b.add(scope{slot: key, dimension: "data_source", surface: key, vague: true, rules: []rule{{effect: allow, subject: key, pattern: oneLine(n), raw: oneLine(n), line: n.Line}}})
		}
	}
}

// scriptAction reads the definition of an action.
func (b *scopeBuilder) scriptAction(name string, a *Node) {
	target := a.Get("target")
	if target == nil {
		return
	}
	b.add(scope{slot: "actions." + entryText(name), dimension: "action", surface: "actions", vague: true,
		rules: []rule{{effect: allow, subject: "target " + target.String(), raw: name + " (" + target.String() + ")", line: target.Line}}})
	if v := a.Get("require_user_confirmation"); v != nil {
		b.level("actions."+entryText(name)+".require_user_confirmation", "approval", "confirmation "+name, "True= False=a", "False", v.String(), v.Line)
	}
}

// scriptTools reads the actions that the model may choose in a block.
func (b *scopeBuilder) scriptTools(name string, tools *Node) {
	for i := range tools.items() {
		t := tools.Items[i]
		to := t.String()
		if t.Kind == MapNode {
			to = t.Get("to").String()
		}
		if to == "" {
			to = tools.Keys[i]
		}
		to = strings.ReplaceAll(to, "@topic.", "@subagent.")
		b.add(scope{slot: entryText(name) + ".reasoning.actions", dimension: "tool", surface: "tools " + name,
			rules: []rule{{effect: allow, subject: to, raw: to, line: t.Line}}})
	}
}
