package change

import (
	"path"
	"strings"
)

// Tools that source code gives to agents. What the code says is read by
// codeTools; here is what the names mean. Sources: the API references of CrewAI,
// LangChain and LangGraph, Google ADK, OpenAI Agents SDK, Claude Agent SDK,
// Pydantic AI, AutoGen, smolagents, AI SDK.

// codeDimensions are the dimensions of lists, by name in lower case without
// underscores; other lists are of tools.
var codeDimensions = map[string]string{
	"subagents": "subagent", "handoffs": "subagent", "managedagents": "subagent", "mcpservers": "server", "plugins": "plugin",
	"adddirs": "filesystem", "additionalauthorizedimports": "sandbox",
}

// codeSettings are settings of one value.
var codeSettings = map[string]setting{
	"allowdelegation":               {dimension: "subagent", values: flag, absent: "false"},
	"allowcodeexecution":            {dimension: "tool", values: flag, absent: "false"},
	"codeexecutionmode":             {dimension: "sandbox", values: "safe= unsafe=a", absent: "safe"},
	"humaninput":                    {dimension: "approval", values: guard, absent: "false"},
	"humaninputmode":                {dimension: "approval", values: "ALWAYS= TERMINATE=a NEVER=ab", absent: "TERMINATE"},
	"needsapproval":                 {dimension: "approval", values: guard, absent: "false"},
	"requireconfirmation":           {dimension: "approval", values: guard, absent: "false"},
	"requiresapproval":              {dimension: "approval", values: guard, absent: "false"},
	"requireapproval":               {dimension: "approval", values: "always= true= never=a false=a", absent: "always"},
	"permissionmode":                {dimension: "approval", values: "plan=a dontAsk=b default=abc acceptEdits=abcd auto=abcde bypassPermissions=abcdef", absent: "default"},
	"approvalpolicy":                {dimension: "approval", values: codexApproval, absent: "on-request"},
	"sandboxmode":                   {dimension: "sandbox", values: codexSandbox, absent: "read-only"},
	"dangerouslyskippermissions":    {dimension: "approval", values: flag, absent: "false"},
	"bypasstoolconsent":             {dimension: "approval", values: flag, absent: "false"},
	"allowdangerouscode":            {dimension: "sandbox", values: flag, absent: "false"},
	"allowdangerousrequests":        {dimension: "network", values: flag, absent: "false"},
	"allowdangerousdeserialization": {dimension: "sandbox", values: flag, absent: "false"},
	"usedocker":                     {dimension: "sandbox", values: guard, absent: "true"},
}

// codeModes are names that decide something, but not what an agent may do, or
// that too much else is called.
var codeModes = map[string]bool{"toolchoice": true, "sandbox": true, "functions": true, "plugins": true}

// codeTypes stand after a name in a declaration, where a value would stand.
var codeTypes = map[string]bool{"list": true, "List": true, "Sequence": true, "Iterable": true, "Optional": true, "Any": true, "dict": true, "Dict": true, "tuple": true, "set": true, "None": true, "null": true, "undefined": true, "Array": true, "Record": true, "bool": true, "str": true, "string": true, "boolean": true, "Callable": true, "Union": true, "Literal": true}

func isAgentCode(d *document) bool { return codeLangs[path.Ext(d.entry.Path)] != nil }

func readAgentCode(b *scopeBuilder) {
	b.born = true
	b.here()
	for _, t := range codeTools(b.d) {
		name := strings.ToLower(strings.ReplaceAll(t.key, "_", ""))
		s, single := codeSettings[name]
		switch {
		case codeModes[name] || len(t.entries) == 1 && (codeTypes[t.entries[0]] || t.entries[0] == t.key):
		case single && len(t.entries) == 1 && !levelRule(s.values, "", t.entries[0]).opaque:
			b.level(entryText(t.slot), s.dimension, t.slot, s.values, s.absent, t.entries[0], t.line)
		case t.polarity == "mode":
			text := strings.Join(t.entries, ", ")
			b.add(scope{slot: entryText(t.slot), dimension: "approval", surface: t.slot, rules: []rule{{effect: allow, subject: t.slot, pattern: text, raw: t.key + ": " + text, line: t.line, opaque: true}}})
		default:
			b.add(codeList(t, name))
		}
	}
}

// codeList is the scope of one list. A list that the code builds elsewhere may
// hold more than the entries here, which is said by an opaque rule.
func codeList(t codeTool, name string) scope {
	s := scope{slot: entryText(t.slot), dimension: "tool", surface: t.slot}
	if d, ok := codeDimensions[name]; ok {
		s.dimension = d
	}
	e := allow
	switch {
	case t.polarity == "deny":
		e, s.dimension, s.def, s.absent = deny, "deny", ask, ask
	case t.polarity == "ask":
		e, s.dimension, s.def, s.absent = ask, "approval", allow, allow
	case name == "toolfilter" || name == "allowedtools":
		s.absent = allow
	}
	for _, entry := range t.entries {
		r := rule{effect: e, subject: entry, raw: entry, line: t.line}
		if name == "allowedtools" || name == "disallowedtools" {
			r = claudeRule(entry, e, t.line)
		}
		s.rules = append(s.rules, r)
	}
	if t.open {
		s.rules = append(s.rules, rule{effect: e, subject: "more", pattern: "built elsewhere", opaque: true, quiet: len(t.entries) > 0})
	}
	return s
}
