package change

// readFront reads the keys of front matter that nothing else reads: those that
// decide when a text applies, who may call it and what is loaded with it, and
// those that nobody documented. What is for people is left out. A name is only
// how an agent is called, unless it takes the place of one that is built in.
func readFront(d *document) []fact {
	var out []fact
	root := d.root()
	if root == nil {
		return nil
	}
	if root.Kind != MapNode {
		return []fact{{kind: Prompt, slot: "front matter", value: promptText(root), line: 2}}
	}
	for i, key := range root.Keys {
		if frontElsewhere[key] || frontForPeople[key] || key == "name" && !builtInAgents[root.Items[i].String()] {
			continue
		}
		value := root.Items[i].String()
		if k := root.Items[i].Kind; k == ListNode || k == MapNode {
			value = promptText(root.Items[i])
		}
		if value != "" {
			out = append(out, fact{kind: Prompt, slot: key, value: value, line: root.Items[i].Line})
		}
	}
	return out
}

// builtInAgents are the agents of Claude Code that one of the same name
// replaces. Source: Claude Code documentation, Sub-agents, Built-in subagents.
var builtInAgents = set("general-purpose", "Explore", "Plan", "statusline-setup", "output-style-setup", "claude-code-guide")

// frontElsewhere are keys that are read as models, parameters or tool scopes.
var frontElsewhere = set("model", "models", "effort", "temperature", "top_p", "reasoningEffort", "reasoning_effort", "maxSteps", "steps", "maxTurns",
	"tools", "allowed-tools", "allowedTools", "disallowed-tools", "disallowedTools", "permission", "permissions", "permissionMode", "mcp-servers", "mcpServers", "hooks", "handoffs", "agents")

// frontForPeople are keys that no tool reads, or only to show them. Sources:
// agentskills.io, Specification; Claude Code documentation, Sub-agents, Slash
// commands; opencode documentation, Agents.
var frontForPeople = set("license", "version", "author", "authors", "metadata", "color", "icon", "emoji", "title", "tags", "category", "categories", "keywords", "date", "created", "updated", "last_updated",
	"homepage", "repository", "url", "argument-hint", "compatibility", "id", "source", "maintainer", "status")
