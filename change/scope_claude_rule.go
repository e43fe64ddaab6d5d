package change

import "strings"

// claudeRule reads one permission rule of Claude Code: Tool or Tool(pattern).
// Source: Claude Code documentation, Configure permissions, "Permission rule
// syntax" and "Tool-specific permission rules".
func claudeRule(text string, e effect, line int) rule {
	name, spec := cutSpec(text)
	r := rule{effect: e, subject: name, raw: text, line: line}
	switch {
	case strings.Contains(text, "${{"): // known only when the workflow runs
		r.subject, r.pattern, r.opaque = "expression", text, true
	case misspelt(text, e):
		r.subject, r.pattern, r.opaque = "misspelt", text, true
	case name == "*":
		r.subject = "*"
	case strings.HasPrefix(name, "mcp__"):
		r.subject, r.match, r.pattern = mcpTool(name)
	case name == "Bash" || name == "PowerShell" || name == "Shell":
		r.match, r.pattern = words, commandPattern(spec)
	case name == "WebFetch":
		host, ok := strings.CutPrefix(spec, "domain:")
		if spec != "" && !ok {
			r.pattern = "no domain " + spec // matches nothing
			break
		}
		r.match, r.pattern = hosts, strings.ToLower(host)
		if r.pattern == "*" {
			r.pattern = ""
		}
	case name == "Read" || name == "Edit":
		r.match, r.pattern = files, claudePath(spec)
	case name == "Write" || name == "MultiEdit" || name == "NotebookEdit":
		r.subject, r.pattern = "Edit", "tool "+name // Edit covers every tool that edits
		switch {
		case spec != "" && e == allow:
			r.match, r.pattern = files, claudePath(spec)
		case spec != "": // never consulted, so it refuses nothing that Edit does not
			r.pattern += " " + spec
		}
	case name == "Grep" || name == "Glob" || name == "LS" || name == "NotebookRead":
		r.subject, r.pattern = "Read", "tool "+name+" "+spec
	case name == "Task" || name == "Agent":
		r.subject, r.pattern = "Agent", spec
	case name == "Skill" || name == "SlashCommand":
		r.match, r.pattern = words, commandPattern(spec)
	default:
		r.pattern = spec
	}
	return r
}

// misspelt says of a rule that it does not name what its author meant: blanks
// around the name or inside the parentheses belong to what is compared, so that
// the rule matches nothing. A refusal by a WebFetch without domain: matches
// nothing either, and a pattern that begins with "!" takes back what another
// refuses. Source: Claude Code documentation, Configure permissions, "Permission
// rule syntax", "WebFetch", "Read and Edit"; gitignore(5).
func misspelt(text string, e effect) bool {
	name, rest, ok := strings.Cut(text, "(")
	if name != strings.TrimSpace(name) || text != strings.TrimSpace(text) {
		return true
	}
	if !ok {
		return false
	}
	return strings.HasPrefix(rest, " ") || strings.HasPrefix(rest, "\t") || !strings.HasSuffix(rest, ")") ||
		e != allow && name == "WebFetch" && rest != ")" && !strings.HasPrefix(rest, "domain:") ||
		(name == "Read" || name == "Edit") && strings.HasPrefix(rest, "!")
}

// claudeTool reads one entry of a list of tools that an agent has: there each
// name stands for itself.
func claudeTool(text string, e effect, line int) rule {
	name, _ := cutSpec(text)
	switch name {
	case "Write", "MultiEdit", "NotebookEdit", "Grep", "Glob", "LS", "NotebookRead":
		return rule{effect: e, subject: name, raw: text, line: line}
	}
	return claudeRule(text, e, line)
}

func cutSpec(text string) (name, spec string) {
	text = strings.TrimSpace(text)
	i := strings.IndexByte(text, '(')
	if i <= 0 || !strings.HasSuffix(text, ")") {
		return text, ""
	}
	spec = strings.TrimSpace(text[i+1 : len(text)-1])
	return strings.TrimSpace(text[:i]), spec
}

// commandPattern brings the ways to write a prefix into one: git:* is git *.
func commandPattern(spec string) string {
	if head, ok := strings.CutSuffix(spec, ":*"); ok {
		spec = head + " *"
	}
	switch spec {
	case "*", ":*", " *", "**":
		return ""
	}
	return spec
}

// mcpTool splits mcp__server__tool. A server alone, and a star for the tool, is
// every tool of it.
func mcpTool(name string) (subject string, m matcher, pattern string) {
	server, tool, _ := strings.Cut(strings.TrimPrefix(name, "mcp__"), "__")
	if server == "*" {
		return "mcp:", globs, ""
	}
	if strings.Contains(server, "*") {
		return "mcp:", globs, server
	}
	if tool == "*" {
		tool = ""
	}
	return "mcp:" + server, globs, tool
}

// splitTools splits a list of tools in one string: entries are separated by
// commas or blanks, and what stands in parentheses belongs together.
func splitTools(s string) []string {
	var out []string
	depth, start := 0, -1
	end := func(i int) {
		if start >= 0 {
			out = append(out, s[start:i])
		}
		start = -1
	}
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '(':
			depth++
		case c == ')' && depth > 0:
			depth--
		case strings.HasPrefix(s[i:], "${{"):
			if start < 0 {
				start = i
			}
			if n := strings.Index(s[i:], "}}"); n > 0 {
				i += n + 1
			}
			continue
		case depth == 0 && (c == ',' || c == ' ' || c == '\n' || c == '\t' || c == '\r'):
			end(i)
			continue
		}
		if start < 0 {
			start = i
		}
	}
	end(len(s))
	return out
}

// toolList reads tools from a list, a comma string or a string with blanks.
func toolList(n *Node, e effect, read func(string, effect, int) rule) []rule {
	var out []rule
	for _, it := range scalars(n) {
		entries := []string{it.String()}
		if n.Kind != ListNode || strings.ContainsRune(it.String(), ',') {
			entries = splitTools(strings.Trim(it.String(), "[]"))
		}
		for _, entry := range entries {
			if entry = strings.Trim(strings.TrimSpace(entry), `"'`); entry != "" {
				out = append(out, read(entry, e, it.Line))
			}
		}
	}
	return out
}
