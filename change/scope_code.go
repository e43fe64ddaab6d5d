package change

import (
	"path"
	"strings"
)

// Tools that source code gives to agents: lists after names that the agent
// frameworks share. Sources: the API references of CrewAI, LangChain and
// LangGraph, Google ADK, OpenAI Agents SDK, Claude Agent SDK, Pydantic AI,
// AutoGen and Agent Framework, Strands, Agno, smolagents, Vercel AI SDK, Mastra.

// agentLibraries are names one of which a file must hold before its lists count.
var agentLibraries = []string{
	"crewai", "langchain", "langgraph", "google.adk", "google/adk", "autogen", "agent_framework", "semantic_kernel", "SemanticKernel", "Microsoft.Agents", "Microsoft.Extensions.AI",
	"from agents import", "openai-agents", "@openai/agents", "claude_agent_sdk", "claude-agent-sdk", "claude_code_sdk", "claude-code", "pydantic_ai", "smolagents", "strands", "agno", "llama_index", "llamaindex",
	"from \"ai\"", "from 'ai'", "@ai-sdk", "@mastra", "haystack", "genkit", "dspy", "openai", "anthropic", "letta", "camel.agents", "browser_use", "livekit.agents", "langchain4j", "mcpServers",
}

// codeLists are names of lists that grant or refuse, in lower case without
// underscores.
var codeLists = map[string]setting{
	"tools":           {dimension: "tool", kind: allows},
	"toolsets":        {dimension: "tool", kind: allows},
	"allowedtools":    {dimension: "tool", kind: allows},
	"disallowedtools": {dimension: "deny", kind: denies, def: ask, unset: ask},
	"toolfilter":      {dimension: "tool", kind: allows, unset: allow},
	"mcpservers":      {dimension: "server", kind: allows},
	"handoffs":        {dimension: "subagent", kind: allows},
	"subagents":       {dimension: "subagent", kind: allows},
	"managedagents":   {dimension: "subagent", kind: allows},
	"interruptbefore": {dimension: "approval", kind: asks, def: allow, unset: allow},
	"interrupton":     {dimension: "approval", kind: asks, def: allow, unset: allow},
	"adddirs":         {dimension: "filesystem", kind: allows},
	// OpenAI Agents SDK, Guardrails: what refuses an input or an output
	"inputguardrails":  {dimension: "approval", kind: denies, def: allow, unset: allow},
	"outputguardrails": {dimension: "approval", kind: denies, def: allow, unset: allow},
}

// codeSettings are settings of one value.
var codeSettings = map[string]setting{
	"allowdelegation":                 {dimension: "subagent", values: flag, absent: "false"},
	"allowcodeexecution":              {dimension: "tool", values: flag, absent: "false"},
	"codeexecutionmode":               {dimension: "sandbox", values: "safe= unsafe=a", absent: "safe"},
	"humaninput":                      {dimension: "approval", values: guard, absent: "false"},
	"humaninputmode":                  {dimension: "approval", values: "ALWAYS= TERMINATE=a NEVER=ab", absent: "TERMINATE"},
	"needsapproval":                   {dimension: "approval", values: guard, absent: "false"},
	"requireconfirmation":             {dimension: "approval", values: guard, absent: "false"},
	"requiresapproval":                {dimension: "approval", values: guard, absent: "false"},
	"requireapproval":                 {dimension: "approval", values: "always= true= never=a false=a", absent: "always"},
	"permissionmode":                  {dimension: "approval", values: "plan=a dontAsk=b default=abc acceptEdits=abcd auto=abcde bypassPermissions=abcdef", absent: "default"},
	"approvalpolicy":                  {dimension: "approval", values: codexApproval, absent: "on-request"},
	"sandboxmode":                     {dimension: "sandbox", values: codexSandbox, absent: "read-only"},
	"dangerouslyskippermissions":      {dimension: "approval", values: flag, absent: "false"},
	"allowdangerouslyskippermissions": {dimension: "approval", values: flag, absent: "false"},
	"bypasstoolconsent":               {dimension: "approval", values: flag, absent: "false"},
	"allowdangerouscode":              {dimension: "sandbox", values: flag, absent: "false"},
	"allowdangerousrequests":          {dimension: "network", values: flag, absent: "false"},
	"allowdangerousdeserialization":   {dimension: "sandbox", values: flag, absent: "false"},
	"usedocker":                       {dimension: "sandbox", values: guard, absent: "true"},
}

// codeTypes stand after a name in a declaration, where a value would stand.
var codeTypes = map[string]bool{"list": true, "List": true, "Sequence": true, "Iterable": true, "Optional": true, "Any": true, "dict": true, "Dict": true, "tuple": true, "set": true, "None": true, "null": true, "undefined": true, "Array": true, "Record": true, "bool": true, "str": true, "string": true, "boolean": true, "Callable": true, "Union": true, "Literal": true}

func isAgentCode(d *document) bool {
	if codeLangs[path.Ext(d.entry.Path)] == nil {
		return false
	}
	return d.codeHints()&hintLibrary != 0 || d.peer != nil && d.peer.codeHints()&hintLibrary != 0
}

func readAgentCode(b *scopeBuilder) {
	text := b.d.text()
	toks, ok := lexCode(codeLangs[path.Ext(b.d.entry.Path)], text)
	if !ok {
		return
	}
	b.born = true
	b.here()
	c := codeScopes{b: b, src: text, toks: toks, seen: map[string]int{}}
	c.read()
}

type codeScopes struct {
	b     *scopeBuilder
	src   string
	toks  []codeToken
	fns   []codeOwner // the functions and classes around, innermost last
	owner string      // what the statement assigns to
	seen  map[string]int
	spent int // tokens of lists

	literals map[string]int // the tokens that open lists under a name, -1 for what is assigned otherwise
}

// maxNestedLists bounds how often all lists together may take each token of a
// file: an agent among the tools of another has tools of its own.
const maxNestedLists = 16

// A codeOwner is a function or class by its indentation.
type codeOwner struct {
	name   string
	indent uint16
}

func (c *codeScopes) word(i int) string {
	if i < 0 || i >= len(c.toks) {
		return ""
	}
	return c.src[c.toks[i].start:c.toks[i].end]
}

var declares = map[string]bool{"def": true, "func": true, "function": true, "class": true}

func (c *codeScopes) read() {
	depth := 0 // of parentheses: inside a call name = value is an argument
	for i := range c.toks {
		t := &c.toks[i]
		switch w := c.word(i); {
		case t.kind != punctToken:
		case w == "(":
			depth++
		case w == ")":
			depth = max(0, depth-1)
		}
		if t.kind != wordToken && t.kind != stringToken {
			continue
		}
		w := c.word(i)
		if t.flags&firstOnLine != 0 && depth == 0 {
			c.owner = ""
			for len(c.fns) > 0 && c.fns[len(c.fns)-1].indent >= t.indent {
				c.fns = c.fns[:len(c.fns)-1]
			}
			if next := c.word(i + 1); next == "=" || next == ":=" || next == ":" && c.word(i+3) == "=" {
				c.owner = w
			}
		}
		if declares[w] && i+1 < len(c.toks) && c.toks[i+1].kind == wordToken {
			c.fns, c.owner, depth = append(c.fns, codeOwner{c.word(i + 1), t.indent}), "", 0
			continue
		}
		if w == "const" || w == "let" || w == "var" {
			c.owner = c.word(i + 1)
			continue
		}
		if len(w) > 40 {
			continue
		}
		name := strings.ToLower(strings.ReplaceAll(w, "_", ""))
		if s, ok := codeLists[name]; ok {
			c.list(i, w, &s)
		} else if s, ok := codeSettings[name]; ok {
			c.setting(i, w, &s)
		} else if codeEndpoints[name] {
			c.endpoint(i, w)
		} else if w == "bind_tools" || w == "bindTools" || w == "with_tools" {
			if c.word(i+1) == "(" && c.word(i+2) == "[" {
				s := codeLists["tools"]
				c.elements(i+2, "bind_tools", &s)
			}
		}
	}
}

// value returns the position after name = or name:, or -1.
func (c *codeScopes) value(i int) int {
	switch c.word(i + 1) {
	case "=", ":", ":=":
		return i + 2
	case "\"", "'":
		return -1
	}
	return -1
}

func (c *codeScopes) list(i int, name string, s *setting) {
	at := c.value(i)
	if at < 0 {
		return
	}
	if c.word(at) == "[" && c.word(at+1) == "]" { // Go: []Tool{…}; else an empty list
		for j := at + 2; j < at+10 && j < len(c.toks); j++ {
			if c.word(j) == "{" {
				at = j
				break
			}
			if c.toks[j].kind != wordToken && c.word(j) != "." && c.word(j) != "*" {
				break
			}
		}
	}
	if w := c.word(at); w == "{" && c.attribute(i) {
		return
	} else if w == "[" || w == "{" {
		c.elements(at, name, s)
	} else if at < len(c.toks) && c.toks[at].kind == wordToken && w != name && !codeTypes[w] {
		c.variable(at, name, s)
	}
}

// attribute reports whether name={ begins an attribute of JSX, which hands a value
// to a part of a page.
func (c *codeScopes) attribute(i int) bool {
	ext := path.Ext(c.b.d.entry.Path)
	return (ext == ".tsx" || ext == ".jsx") && c.word(i+1) == "=" && c.toks[i].end == c.toks[i+1].start && c.toks[i+1].end == c.toks[i+2].start
}

// schemaWords are keys of which two tell that a table describes a value of a
// setting and holds none. Source: JSON Schema, Validation.
var schemaWords = set("type", "properties", "additionalProperties", "description", "label", "category", "default", "title", "required", "items", "mergeStrategy")

func describesValue(rules []rule) bool {
	n := 0
	for _, r := range rules {
		if schemaWords[r.subject] {
			n++
		}
	}
	return n > 1
}

// variable reads a list that is a variable alone. Another one in its place may
// hold anything; that there is one says nothing.
func (c *codeScopes) variable(at int, name string, s *setting) {
	if next := c.word(at + 1); next != "," && next != ")" && next != "}" && next != ";" {
		return
	}
	if open := c.literal(c.word(at)); open >= 0 {
		c.elements(open, name, s)
		return
	}
	key, w := c.surface(name), c.word(at)
	c.b.add(scope{slot: entryText(key), dimension: s.dimension, surface: key, def: s.def, absent: s.unset,
		rules: []rule{variableRule(w, int(c.toks[at].line))}})
}

// literal finds the list that stands in the code under a name, if that is
// assigned once: T = [a, b]. It returns the token that opens it, or -1.
func (c *codeScopes) literal(name string) int {
	if c.literals == nil {
		c.literals = map[string]int{}
		for i := range c.toks {
			if next := c.word(i + 1); c.toks[i].kind != wordToken || next != "=" && next != "+=" && next != "." {
				continue
			}
			switch w := c.word(i); {
			case c.word(i+1) == ".":
				if m := c.word(i + 2); m == "append" || m == "extend" || m == "push" {
					c.literals[w] = -1
				}
			case c.word(i-1) == "." || c.literals[w] != 0 || c.word(i+1) == "+=" || c.word(i+2) != "[":
				c.literals[w] = -1
			default:
				c.literals[w] = i + 2
			}
		}
	}
	if at := c.literals[name]; at > 0 {
		return at
	}
	return -1
}

// notATool are keys below tools in settings of clients, whose own keys name the
// tools. Source: Gemini CLI documentation, Configuration, tools.
var notATool = set("core", "exclude", "allowed", "discoveryCommand", "callCommand", "listChanged")

func variableRule(text string, line int) rule {
	return rule{effect: allow, subject: "variable", pattern: text, raw: text, line: line, opaque: true, tacit: true}
}

// codeEndpoints are arguments of the SDKs' clients that say where a model is
// asked. Sources: OpenAI, Anthropic and Mistral SDKs, AI SDK, LiteLLM, LangChain.
var codeEndpoints = set("baseurl", "apibase", "openaiapibase", "azureendpoint")

// endpoint reads an address that stands in the code itself.
func (c *codeScopes) endpoint(i int, name string) {
	at := c.value(i)
	if at < 0 || at >= len(c.toks) || c.toks[at].kind != stringToken {
		return
	}
	text := tokenText(c.src, c.toks[at])
	if !strings.Contains(text, "://") {
		return
	}
	key := c.surface(name)
	c.b.add(scope{slot: entryText(key), dimension: "network", surface: "endpoint " + key, single: true,
		rules: []rule{{effect: allow, subject: key, pattern: text, raw: text, line: int(c.toks[at].line), opaque: true}}})
}

// surface names the place of a list so that it stays the same when other code
// moves: by the function and the variable it stands under.
func (c *codeScopes) surface(name string) string {
	var parts []string
	for _, f := range c.fns[max(0, len(c.fns)-2):] {
		parts = append(parts, f.name)
	}
	if c.owner != "" && c.owner != name {
		parts = append(parts, c.owner)
	}
	key := strings.Join(append(parts, name), ".")
	c.seen[key]++
	return key
}

// elements reads the elements of a list, or the keys of a table, that begins at
// token open. What is spread into it, and a list that a loop makes, is a variable
// by another spelling.
func (c *codeScopes) elements(open int, name string, s *setting) {
	key := c.surface(name)
	sc := scope{slot: entryText(key), dimension: s.dimension, surface: key, def: s.def, absent: s.unset}
	e := [...]effect{allows: allow, asks: ask, denies: deny}[s.kind]
	table := c.word(open) == "{"
	depth, start, loop := 0, open+1, false
	end := func(i int) {
		if start < i {
			if text := c.element(start, i, table); strings.HasPrefix(text, "..") || strings.HasPrefix(text, "*") {
				sc.rules = append(sc.rules, variableRule(text, int(c.toks[start].line)))
			} else if text != "" && !(table && notATool[text]) {
				sc.rules = append(sc.rules, rule{effect: e, subject: text, raw: text, line: int(c.toks[start].line)})
			}
		}
		start = i + 1
	}
	for i := open; i < len(c.toks); i++ {
		if c.spent++; c.spent > maxNestedLists*len(c.toks) || len(sc.rules) > maxRules {
			c.b.d.giveUp("more than %d tools in a list, or too many lists within lists", maxRules)
			return
		}
		if c.toks[i].kind == wordToken && depth == 1 && c.word(i) == "for" {
			loop = true
		}
		if c.toks[i].kind != punctToken {
			continue
		}
		switch c.word(i) {
		case "(", "[", "{":
			depth++
		case ")", "]", "}":
			if depth--; depth == 0 {
				if end(i); loop {
					sc.rules = []rule{variableRule("loop", int(c.toks[open].line))}
				}
				if !table || !describesValue(sc.rules) {
					c.b.add(sc)
				}
				return
			}
		case ",":
			if depth == 1 {
				end(i)
			}
		}
	}
}

// element names one element: a call by what is called, with the first string it
// is given; a table entry by its key; a literal by its text.
func (c *codeScopes) element(from, to int, table bool) string {
	var out strings.Builder
	depth, word := 0, false
	for i := from; i < to && out.Len() < maxEntry; i++ {
		w := c.word(i)
		switch {
		case w == "await" || w == "new" || w == "&" || w == "async":
			continue
		case table && w == ":" && depth == 0:
			return out.String()
		case w == "(" && depth == 0 && out.Len() > 0:
			if !strings.HasSuffix(out.String(), "tool") && !strings.HasSuffix(out.String(), "Toolset") && !strings.HasSuffix(out.String(), "toolset") && !strings.HasSuffix(out.String(), "as_tool") {
				return out.String()
			}
			depth++
		case w == "(" || w == "{" || w == "[":
			depth++
		case w == ")" || w == "}" || w == "]":
			depth--
		}
		if c.toks[i].kind == wordToken && word {
			out.WriteByte(' ')
		}
		word = c.toks[i].kind == wordToken
		out.WriteString(w)
	}
	return strings.TrimPrefix(out.String(), "self.")
}

func (c *codeScopes) setting(i int, name string, s *setting) {
	at := c.value(i)
	if at < 0 || at >= len(c.toks) {
		return
	}
	value := strings.Trim(c.word(at), `"'`)
	if k := c.toks[at].kind; k != wordToken && k != stringToken {
		return
	}
	if levelRule(s.values, "", value).opaque {
		return // a type, an argument or an expression
	}
	key := c.surface(name)
	c.b.level(entryText(key), s.dimension, key, s.values, s.absent, value, int(c.toks[at].line))
}
