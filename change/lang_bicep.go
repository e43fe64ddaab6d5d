package change

import (
	"bytes"
	"strings"
)

// parseBicep reads a .bicep or .bicepparam file into a map:
//
//	param.NAME, var.NAME       the value or default; a param without one is null
//	resource.NAME, module.NAME the body; "@type" holds the type or the path
//
// What is not a literal is kept as source text, tagged hclExpr, or hclTemplate
// for a string with ${…} in it. Decorators, outputs and functions are skipped.
// Source: Bicep documentation, File structure and syntax.
func parseBicep(data []byte) (*Node, error) {
	r := &bicepReader{src: trimBOM(data), line: 1}
	root := &Node{Kind: MapNode, Line: 1}
	for {
		r.space(true)
		if r.pos >= len(r.src) {
			return root, nil
		}
		line := r.line
		switch word := r.word(); word {
		case "param", "var":
			if err := r.assignment(root, word, line); err != nil {
				return nil, err
			}
		case "resource", "module":
			if err := r.resource(root, word, line); err != nil {
				return nil, err
			}
		default:
			if _, err := r.raw(true); err != nil { // decorator, output, using, targetScope
				return nil, err
			}
			if r.pos < len(r.src) {
				r.pos++ // the newline, or a stray bracket
				r.line++
			}
		}
		if r.nodes++; r.nodes > maxNodes {
			return nil, syntaxErrorf(r.line, "more than %d values", maxNodes)
		}
	}
}

// envDefault reads a reference to the environment that may hold a default, as
// azd (${X=d}), shells and Compose (${X:-d}, ${X-d}, ${X:=d}), Spring (${X:d})
// and Prompty (${env:X:d}) write it. ok is false when s as a whole is none.
func envDefault(s string) (name, value string, ok bool) {
	s = strings.TrimSpace(s)
	if !strings.HasPrefix(s, "${") || !strings.HasSuffix(s, "}") || strings.HasPrefix(s, "${{") {
		return "", "", false
	}
	inner := s[2 : len(s)-1]
	if len(inner) > 4 && strings.EqualFold(inner[:4], "env:") {
		inner = inner[4:]
	}
	end := 0
	for end < len(inner) && (isIdent(inner[end]) || inner[end] == '.' || inner[end] == '-' && end+1 < len(inner) && isIdent(inner[end+1]) && strings.Contains(inner[:end], ".")) {
		end++
	}
	if end == 0 {
		return "", "", false
	}
	name, value = inner[:end], inner[end:]
	for _, mark := range []string{":-", ":=", ":?", "=", ":", "-", "?"} {
		if rest, found := strings.CutPrefix(value, mark); found {
			if strings.HasSuffix(mark, "?") { // an error text, not a value
				rest = ""
			}
			return name, rest, true
		}
	}
	return name, "", value == ""
}

type bicepReader struct {
	src              []byte
	pos, line, nodes int
}

func (r *bicepReader) peek() byte {
	if r.pos < len(r.src) {
		return r.src[r.pos]
	}
	return 0
}

func (r *bicepReader) word() string {
	start := r.pos
	for r.pos < len(r.src) && isIdent(r.src[r.pos]) {
		r.pos++
	}
	return string(r.src[start:r.pos])
}

// assignment reads NAME [TYPE] [= VALUE].
func (r *bicepReader) assignment(root *Node, what string, line int) error {
	r.space(false)
	name := r.word()
	for r.pos < len(r.src) && r.src[r.pos] != '=' && r.src[r.pos] != '\n' { // the type
		if r.peek() == '{' || r.peek() == '[' || r.peek() == '(' {
			if err := r.balanced(); err != nil {
				return err
			}
			continue
		}
		if r.peek() == '\'' {
			if _, _, err := r.string(); err != nil {
				return err
			}
			continue
		}
		if r.peek() == '/' {
			before := r.pos
			if r.space(false); r.pos > before {
				continue
			}
		}
		r.pos++
	}
	value := &Node{Kind: NullNode, Line: line}
	if r.peek() == '=' {
		r.pos++
		v, err := r.expression(0)
		if err != nil {
			return err
		}
		value = v
	}
	root.nest([]string{what, name}, value)
	return nil
}

// resource reads NAME 'TYPE' [existing] = [if (…)] { … }.
func (r *bicepReader) resource(root *Node, what string, line int) error {
	r.space(false)
	name := r.word()
	r.space(false)
	kind := ""
	if r.peek() == '\'' {
		text, _, err := r.string()
		if err != nil {
			return err
		}
		kind = text
	}
	for r.pos < len(r.src) && r.src[r.pos] != '{' && r.src[r.pos] != '\n' {
		r.space(false)
		if r.peek() == '(' || r.peek() == '[' {
			if r.peek() == '[' { // [for x in y: { … }]
				r.pos++
				continue
			}
			if err := r.balanced(); err != nil {
				return err
			}
			continue
		}
		if r.peek() != '{' && r.peek() != '\n' && r.pos < len(r.src) {
			r.pos++
		}
	}
	body := &Node{Kind: MapNode, Line: line}
	if r.peek() == '{' {
		v, err := r.object(0)
		if err != nil {
			return err
		}
		body = v
	}
	body.put("@type", &Node{Kind: StringNode, Text: kind, Line: line})
	root.nest([]string{what, name}, body)
	return nil
}

// expression reads a literal, or the text up to the end of the line.
func (r *bicepReader) expression(depth int) (*Node, error) {
	if depth > hclDepth {
		return nil, syntaxErrorf(r.line, "nested more than %d levels deep", hclDepth)
	}
	if r.nodes++; r.nodes > maxNodes {
		return nil, syntaxErrorf(r.line, "more than %d values", maxNodes)
	}
	r.space(false)
	pos, line := r.pos, r.line
	var n *Node
	var err error
	switch r.peek() {
	case '\'':
		var text, tag string
		text, tag, err = r.string()
		n = &Node{Kind: StringNode, Text: text, Tag: tag}
	case '{':
		n, err = r.object(depth + 1)
	case '[':
		n, err = r.array(depth + 1)
	}
	if err != nil {
		return nil, err
	}
	r.space(false)
	if c := r.peek(); n != nil && (c == 0 || c == '\n' || c == ',' || c == '}' || c == ']') {
		n.Line = line
		return n, nil
	}
	r.pos, r.line = pos, line
	text, err := r.raw(false)
	if err != nil {
		return nil, err
	}
	switch text {
	case "true", "false":
		return &Node{Kind: BoolNode, Text: text, Line: line}, nil
	case "null":
		return &Node{Kind: NullNode, Line: line}, nil
	}
	if allDigits(text) {
		return &Node{Kind: NumberNode, Text: text, Line: line}, nil
	}
	return &Node{Kind: StringNode, Text: text, Tag: hclExpr, Line: line}, nil
}

func (r *bicepReader) object(depth int) (*Node, error) {
	n := &Node{Kind: MapNode, Line: r.line}
	r.pos++
	for {
		r.space(true)
		switch c := r.peek(); {
		case r.pos >= len(r.src):
			return nil, syntaxErrorf(n.Line, "an object does not end")
		case c == '}':
			r.pos++
			return n, nil
		case c == ',':
			r.pos++
			continue
		}
		key := ""
		if r.peek() == '\'' {
			text, _, err := r.string()
			if err != nil {
				return nil, err
			}
			key = text
		} else {
			key = r.word()
		}
		r.space(false)
		if r.peek() != ':' { // a nested resource, a loop, a spread: passed over
			if _, err := r.raw(false); err != nil {
				return nil, err
			}
			if c := r.peek(); c == ']' || c == ')' {
				r.pos++
			}
			continue
		}
		r.pos++
		v, err := r.expression(depth)
		if err != nil {
			return nil, err
		}
		n.put(key, v)
	}
}

func (r *bicepReader) array(depth int) (*Node, error) {
	n := &Node{Kind: ListNode, Line: r.line}
	r.pos++
	for {
		r.space(true)
		switch c := r.peek(); {
		case r.pos >= len(r.src):
			return nil, syntaxErrorf(n.Line, "an array does not end")
		case c == ']':
			r.pos++
			return n, nil
		case c == ',':
			r.pos++
			continue
		}
		before := r.pos
		v, err := r.expression(depth)
		if err != nil {
			return nil, err
		}
		if r.pos == before {
			r.pos++
			continue
		}
		n.Items = append(n.Items, v)
	}
}

// balanced skips one bracketed group.
func (r *bicepReader) balanced() error {
	r.pos++
	if _, err := r.raw(true); err != nil {
		return err
	}
	for r.pos < len(r.src) && r.src[r.pos] != ')' && r.src[r.pos] != ']' && r.src[r.pos] != '}' {
		if r.src[r.pos] == '\n' {
			r.line++
		}
		r.pos++
		if _, err := r.raw(true); err != nil {
			return err
		}
	}
	r.pos = min(r.pos+1, len(r.src))
	return nil
}

// space skips blanks and comments, and newlines too when lines is set.
func (r *bicepReader) space(lines bool) {
	for r.pos < len(r.src) {
		rest := r.src[r.pos:]
		switch c := r.src[r.pos]; {
		case c == '\n' && !lines:
			return
		case c == '\n':
			r.line++
			r.pos++
		case c <= ' ':
			r.pos++
		case bytes.HasPrefix(rest, []byte("//")):
			r.pos += lineLength(rest)
		case bytes.HasPrefix(rest, []byte("/*")):
			end := bytes.Index(rest[2:], []byte("*/"))
			stop := len(r.src)
			if end >= 0 {
				stop = r.pos + 2 + end + 2
			}
			r.line += bytes.Count(r.src[r.pos:stop], []byte("\n"))
			r.pos = stop
		default:
			return
		}
	}
}

// string reads 'text' or ”'text over lines”'.
func (r *bicepReader) string() (text, tag string, err error) {
	rest := r.src[r.pos:]
	if bytes.HasPrefix(rest, []byte("'''")) {
		end := bytes.Index(rest[3:], []byte("'''"))
		if end < 0 {
			return "", "", syntaxErrorf(r.line, "a string does not end")
		}
		text = string(rest[3 : 3+end])
		r.line += strings.Count(text, "\n")
		r.pos += 6 + end
		return strings.TrimPrefix(text, "\n"), "", nil
	}
	for i := r.pos + 1; i < len(r.src); i++ {
		switch c := r.src[i]; {
		case c == '\\':
			i++
		case c == '\n':
			return "", "", syntaxErrorf(r.line, "a string does not end")
		case c == '$' && i+1 < len(r.src) && r.src[i+1] == '{':
			tag = hclTemplate
			depth := 1
			for i += 2; i < len(r.src) && depth > 0 && r.src[i] != '\n'; i++ {
				if r.src[i] == '{' {
					depth++
				} else if r.src[i] == '}' {
					depth--
				}
			}
			i--
		case c == '\'':
			text = string(r.src[r.pos+1 : i])
			r.pos = i + 1
			if tag == "" {
				text = unescapeHCL(text)
			}
			return text, tag, nil
		}
	}
	return "", "", syntaxErrorf(r.line, "a string does not end")
}

// raw reads an expression as text to the end of its line; brackets hold it
// open. all says to go past commas.
func (r *bicepReader) raw(all bool) (string, error) {
	var b strings.Builder
	depth, line := 0, r.line
	for r.pos < len(r.src) {
		before := r.pos
		r.space(depth > 0)
		if r.pos > before && b.Len() > 0 {
			b.WriteByte(' ')
		}
		start := r.pos
		switch c := r.peek(); {
		case r.pos >= len(r.src), depth == 0 && (c == '\n' || c == ',' && !all):
			return strings.TrimSpace(b.String()), nil
		case c == '(' || c == '[' || c == '{':
			depth++
		case c == ')' || c == ']' || c == '}':
			if depth == 0 {
				return strings.TrimSpace(b.String()), nil
			}
			depth--
		case c == '\'':
			if _, _, err := r.string(); err != nil {
				return "", err
			}
			b.Write(r.src[start:r.pos])
			continue
		}
		r.pos++
		b.WriteByte(r.src[start])
	}
	if depth > 0 {
		return "", syntaxErrorf(line, "a bracket is not closed")
	}
	return strings.TrimSpace(b.String()), nil
}

// expressionDefault finds the string that an expression falls back to: the
// last literal of a ternary, of ??, of coalesce(…) and of
// readEnvironmentVariable('X', 'd'). ok is false when there is none.
func expressionDefault(expr string) (string, bool) {
	if !strings.ContainsAny(expr, "?") && !strings.HasPrefix(expr, "coalesce(") && !strings.HasPrefix(expr, "readEnvironmentVariable(") &&
		!strings.HasPrefix(expr, "try(") && !strings.HasPrefix(expr, "lookup(") {
		return "", false
	}
	expr = strings.TrimRight(expr, ") ")
	if expr == "" || expr[len(expr)-1] != '\'' && expr[len(expr)-1] != '"' {
		return "", false
	}
	quote := expr[len(expr)-1]
	i := strings.LastIndexByte(expr[:len(expr)-1], quote)
	if i < 0 || i+1 >= len(expr)-1 {
		return "", false
	}
	if strings.HasPrefix(expr, "readEnvironmentVariable(") && !strings.Contains(expr, ",") {
		return "", false
	}
	return expr[i+1 : len(expr)-1], true
}
