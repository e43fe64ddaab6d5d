package change

import "strings"

// A codeTool is one statement of source code about what an agent may do. It is
// for the readers of tool scopes.
type codeTool struct {
	slot     string   // stable: root_agent.tools
	key      string   // what names the statement, as written: tools, tool_filter, permission_mode
	entries  []string // tools as written: names, calls without arguments, string literals, true and false, modes
	polarity string   // allow, deny, ask (needs approval), mode (a setting: permission_mode, human_input)
	agent    string
	line     int
	open     bool // the list is built elsewhere (a variable, a call, a spread), so entries may not be all
}

// toolKeys are the arguments and properties that SDKs of agents use for tools
// and approvals. Sources: Agent Development Kit, OpenAI Agents SDK, CrewAI,
// LangChain and LangGraph, AutoGen, Claude Agent SDK, AI SDK, pydantic-ai.
var toolKeys = map[string]string{
	"tools": "allow", "tool_filter": "allow", "toolfilter": "allow", "allowed_tools": "allow", "allowedtools": "allow", "toolsets": "allow", "functions": "allow",
	"builtin_tools": "allow", "sub_agents": "allow", "subagents": "allow", "handoffs": "allow", "mcp_servers": "allow", "mcpservers": "allow", "plugins": "allow", "managed_agents": "allow",
	"additional_authorized_imports": "allow", "allowed_commands": "allow", "add_dirs": "allow",
	"disallowed_tools": "deny", "disallowedtools": "deny", "excluded_tools": "deny", "blocked_tools": "deny", "tools_to_block": "deny",
	"needs_approval": "ask", "needsapproval": "ask", "require_confirmation": "ask", "requires_approval": "ask", "require_approval": "ask", "interrupt_before": "ask", "interrupt_on": "ask", "human_input": "ask",
	"permission_mode": "mode", "permissionmode": "mode", "allow_code_execution": "mode", "code_execution_mode": "mode", "human_input_mode": "mode", "allow_delegation": "mode",
	"allow_dangerous_code": "mode", "allow_dangerous_requests": "mode", "code_execution_config": "mode", "use_docker": "mode", "allow_dangerous_deserialization": "mode", "dangerously_skip_permissions": "mode",
	"tool_choice": "mode", "toolchoice": "mode", "approval_policy": "mode", "approvalpolicy": "mode", "sandbox_mode": "mode", "sandboxmode": "mode", "sandbox": "mode",
	"bypass_tool_consent": "mode", "executor_type": "mode", "canusetool": "mode", "can_use_tool": "mode",
}

// codeTools lists what a source file gives its agents. A file that does not
// speak of agents gives nothing.
func codeTools(d *document) []codeTool {
	s := scanCode(d)
	if s == nil || !s.evidence {
		return nil
	}
	return s.tools
}

// tool reads the value of the key that was just set at token i, which is the
// sign after it.
func (s *codeScan) tool(i int, f *codeFrame) {
	polarity, ok := toolKeys[strings.ToLower(f.key)]
	if !ok || f.silent || s.quiet || !s.evidence || f.block && f.open == '{' && f.callee == "" && !s.optionsBlock() && !s.is(i, ":") {
		return
	}
	entries, open := s.elements(i + 1)
	if len(entries) == 0 && !open && polarity == "mode" {
		return
	}
	s.tools = append(s.tools, codeTool{slot: s.path(""), key: f.key, entries: entries, polarity: polarity, agent: f.name, line: int(s.toks[i].line), open: open})
}

// optionsBlock reports whether the innermost brace holds properties.
func (s *codeScan) optionsBlock() bool {
	n := len(s.frames)
	return n > 1 && (s.frames[n-2].open == '(' || s.frames[n-2].open == '[')
}

// toolCalls give tools as positional arguments.
var toolCalls = map[string]int{"bind_tools": 0, "bindTools": 0, "create_react_agent": 1, "createReactAgent": 1, "create_tool_calling_agent": 1, "ToolNode": 0, "WithTools": 0, "defaultTools": 0, "initialize_agent": 0, "AgentExecutor": 1, "AddTool": 0}

// callTools reads tools that stand as an argument without a name.
func (s *codeScan) callTools(i int, f *codeFrame) {
	want, ok := toolCalls[f.callee]
	if !ok || f.arg != want || f.key != "" || f.silent || !s.evidence || s.is(i+1, ")") || s.is(i+2, "=") || s.is(i+1, "{") {
		return
	}
	entries, open := s.elements(i + 1)
	s.tools = append(s.tools, codeTool{slot: s.path(f.callee), key: f.callee, entries: entries, polarity: "allow", line: int(s.toks[i].line), open: open})
}

const maxToolTokens = 4000 // of one list; all lists together may take each token of the file twice

// elements reads the value at token i: the items of a list, or one item.
func (s *codeScan) elements(i int) (entries []string, open bool) {
	start, end := i, min(len(s.toks), i+maxToolTokens)
	if s.spent > 2*len(s.toks) {
		return nil, true
	}
	defer func() { s.spent += i - start }()
	for s.is(i, "new") || s.is(i, "&") || s.is(i, "list") && s.is(i+1, "(") || s.is(i, "(") {
		i++
	}
	if s.lang == &goLang && s.is(i, "[") { // []tool.Tool{
		for i < end && !s.is(i, "{") {
			i++
		}
	}
	if !s.is(i, "[") && !s.is(i, "{") {
		e, next, isOpen := s.element(i, end)
		i = next
		if e == "" {
			return nil, true
		}
		return []string{e}, isOpen
	}
	for i++; i < end && !s.is(i, "]") && !s.is(i, "}"); {
		e, next, isOpen := s.element(i, end)
		if e != "" {
			entries = append(entries, e)
		}
		open = open || isOpen
		if i = next; s.is(i, ",") {
			i++
		}
	}
	return entries, open
}

// element reads one item up to a comma or the bracket that closes the list.
// open says that the item may stand for several: a variable in lower case as a
// whole is a name, a spread is open.
func (s *codeScan) element(i, end int) (text string, next int, open bool) {
	depth := 0
	var b strings.Builder
	single := true
	for ; i < end; i++ {
		t := s.at(i)
		if depth == 0 && (t == "," || t == ")" || t == "]" || t == "}" || t == ";") {
			break
		}
		if depth == 0 && b.Len() > 0 && s.toks[i].flags&firstOnLine != 0 && t != "." {
			break
		}
		switch {
		case t == "(" || t == "[" || t == "{":
			depth++
			single = single && depth == 1 && t == "("
		case t == ")" || t == "]" || t == "}":
			depth--
		case depth > 0:
		case s.toks[i].kind == stringToken:
			b.WriteString(tokenText(s.src, s.toks[i]))
		case t == "*" || t == "." && s.is(i+1, "."):
			open = true
		case t == ":": // { name: tool }
			b.Reset()
		case t == "new" || t == "await":
		case t == "+" || t == "if" || t == "or" || t == "for":
			open = true
			b.WriteString(" " + t + " ")
		default:
			b.WriteString(t)
		}
	}
	if i < end && b.Len() == 0 {
		return "", i + 1, open
	}
	return b.String(), i, open
}
