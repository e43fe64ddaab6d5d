package change

import "strings"

// Tags of nodes that HCL has and other languages do not.
const (
	hclExpr     = "!expr"     // Text is an expression: var.model
	hclTemplate = "!template" // Text is a string with ${…} in it, verbatim
)

// parseHCL reads Terraform and other native HCL.
//
// A block becomes a map under its type and labels, as in HCL's JSON syntax:
// root.Get("resource", "aws_bedrockagent_agent", "refunds"). Blocks that repeat
// (statement { … } statement { … }) stand side by side under equal keys. What
// is not a literal is kept as source text, tagged hclExpr or hclTemplate, with
// comments and spacing normalised; encoders around a literal (jsonencode) are
// looked through. Source: HCL Native Syntax Specification.
//
// The library hcl/v2 holds every token of a file at once, about a hundred bytes
// for each byte of a hostile file, and recurses without bound; hence this reader.
func parseHCL(data []byte) (*Node, error) {
	r := &hclReader{src: trimBOM(data), line: 1}
	root := &Node{Kind: MapNode, Line: 1}
	if err := r.body(root, 0, false); err != nil {
		return nil, err
	}
	return root, nil
}

// hclValue resolves var.NAME (to its default) and local.NAME, also inside a
// template, against the files of one module. What cannot be resolved comes
// back as it is.
func hclValue(module []*Node, n *Node) *Node {
	for range 8 { // a chain of locals; longer ones are not worth following
		if n == nil || n.Tag != hclExpr && n.Tag != hclTemplate {
			return n
		}
		ref := n.Text
		if inner, ok := strings.CutPrefix(ref, "${"); ok && strings.IndexByte(inner, '}') == len(inner)-1 {
			ref = strings.TrimSpace(inner[:len(inner)-1])
		}
		next := hclLookup(module, ref)
		if next == nil {
			return n
		}
		n = next
	}
	return n
}

func hclLookup(module []*Node, ref string) *Node {
	root, name, ok := strings.Cut(ref, ".")
	if !ok || (root != "var" && root != "local") {
		return nil
	}
	for _, file := range module {
		if root == "var" {
			if v := file.Get("variable", name, "default"); v != nil {
				return v
			}
			continue
		}
		for i := 0; file != nil && i < len(file.Keys); i++ {
			if file.Keys[i] == "locals" {
				if v := file.Items[i].Get(strings.Split(name, ".")...); v != nil {
					return v
				}
			}
		}
	}
	return nil
}

type hclReader struct {
	src       []byte
	pos, line int
	nodes     int
}

const hclDepth = 64

// body reads attributes and blocks up to the closing brace or the end.
func (r *hclReader) body(into *Node, depth int, closed bool) error {
	if depth > hclDepth {
		return syntaxErrorf(r.line, "nested more than %d levels deep", hclDepth)
	}
	for {
		r.space(true)
		switch {
		case r.pos >= len(r.src):
			if closed {
				return syntaxErrorf(r.line, "a block does not end")
			}
			return nil
		case r.src[r.pos] == '}' && closed:
			r.pos++
			return nil
		case r.src[r.pos] == ',': // tfvars and one-line blocks of old versions
			r.pos++
			continue
		}
		if r.nodes++; r.nodes > maxNodes {
			return syntaxErrorf(r.line, "more than %d values", maxNodes)
		}
		if err := r.item(into, depth); err != nil {
			return err
		}
	}
}

// item reads one attribute or block.
func (r *hclReader) item(into *Node, depth int) error {
	line := r.line
	name := r.label()
	if name == "" {
		return syntaxErrorf(r.line, "a name is expected")
	}
	r.space(false)
	if r.peek() == '=' && r.peekAt(1) != '=' {
		r.pos++
		v, err := r.expression(depth+1, true)
		if err != nil {
			return err
		}
		into.put(name, v)
		return nil
	}
	path := []string{name}
	for r.pos < len(r.src) && r.src[r.pos] != '{' {
		l := r.label()
		if l == "" || len(path) > 4 {
			return syntaxErrorf(r.line, "= or { is expected after %s", clip(name, 40))
		}
		path = append(path, l)
		r.space(false)
	}
	if r.pos >= len(r.src) {
		return syntaxErrorf(r.line, "= or { is expected after %s", clip(name, 40))
	}
	r.pos++
	block := &Node{Kind: MapNode, Line: line}
	if err := r.body(block, depth+1, true); err != nil {
		return err
	}
	into.nest(path, block)
	return nil
}

// nest puts a block under its type and labels. Blocks of one type with
// different labels share the maps above them.
func (n *Node) nest(path []string, block *Node) {
	for _, key := range path[:len(path)-1] {
		next := n.Get(key)
		if next == nil || next.Kind != MapNode {
			next = &Node{Kind: MapNode, Line: block.Line}
			n.put(key, next)
		}
		n = next
	}
	n.put(path[len(path)-1], block)
}

// label reads an identifier or a quoted name.
func (r *hclReader) label() string {
	if r.peek() == '"' {
		text, _, ok := r.quoted()
		if !ok {
			return ""
		}
		return text
	}
	start := r.pos
	for r.pos < len(r.src) && isHCLName(r.src[r.pos]) {
		r.pos++
	}
	return string(r.src[start:r.pos])
}

func isHCLName(c byte) bool { return isIdent(c) || c == '-' || c == '.' }

// expression reads a value. lines says whether a newline ends it, as it does
// for attributes but not within brackets.
func (r *hclReader) expression(depth int, lines bool) (*Node, error) {
	if depth > hclDepth {
		return nil, syntaxErrorf(r.line, "nested more than %d levels deep", hclDepth)
	}
	if r.nodes++; r.nodes > maxNodes {
		return nil, syntaxErrorf(r.line, "more than %d values", maxNodes)
	}
	r.space(!lines)
	pos, line := r.pos, r.line
	n, err := r.literal(depth)
	if err != nil {
		return nil, err
	}
	if n != nil && n.Tag == "heredoc" {
		n.Tag = ""
		if strings.Contains(n.Text, "${") || strings.Contains(n.Text, "%{") {
			n.Tag = hclTemplate
		}
		return n, nil
	}
	if n != nil && r.atEnd(lines) {
		n.Line = line
		return n, nil
	}
	r.pos, r.line = pos, line
	text, err := r.raw(lines)
	if err != nil {
		return nil, err
	}
	return &Node{Kind: StringNode, Text: text, Tag: hclExpr, Line: line}, nil
}

// atEnd reports whether the expression stops here.
func (r *hclReader) atEnd(lines bool) bool {
	r.space(!lines)
	switch r.peek() {
	case 0, '\n', ',', ']', '}', ')':
		return true
	}
	return false
}

// literal reads a literal and returns nil where there is none.
func (r *hclReader) literal(depth int) (*Node, error) {
	switch c := r.peek(); {
	case c == '"':
		text, tag, ok := r.quoted()
		if !ok {
			return nil, syntaxErrorf(r.line, "a string does not end")
		}
		return &Node{Kind: StringNode, Text: text, Tag: tag}, nil
	case c == '[':
		return r.list(depth)
	case c == '{':
		return r.object(depth)
	case c == '<' && r.peekAt(1) == '<':
		return r.heredoc()
	case c >= '0' && c <= '9' || c == '-':
		start := r.pos
		for r.pos < len(r.src) && (isHCLName(r.src[r.pos]) || r.src[r.pos] == '+') {
			r.pos++
		}
		return &Node{Kind: NumberNode, Text: string(r.src[start:r.pos])}, nil
	case isIdent(c):
		return r.word(depth)
	}
	return nil, nil
}

// word reads true, false, null and the encoders that wrap a literal.
func (r *hclReader) word(depth int) (*Node, error) {
	start := r.pos
	for r.pos < len(r.src) && isIdent(r.src[r.pos]) {
		r.pos++
	}
	switch word := string(r.src[start:r.pos]); word {
	case "true", "false":
		return &Node{Kind: BoolNode, Text: word}, nil
	case "null":
		return &Node{Kind: NullNode}, nil
	case "jsonencode", "yamlencode", "tolist", "toset", "tomap", "tostring", "trimspace", "chomp", "sensitive", "nonsensitive":
		if r.peek() != '(' {
			return nil, nil
		}
		r.pos++
		n, err := r.expression(depth+1, false)
		if err != nil || r.peek() != ')' {
			return nil, err
		}
		r.pos++
		return n, nil
	}
	return nil, nil
}

func (r *hclReader) list(depth int) (*Node, error) {
	r.pos++
	n := &Node{Kind: ListNode, Line: r.line}
	for {
		r.space(true)
		switch {
		case r.pos >= len(r.src):
			return nil, syntaxErrorf(n.Line, "a list does not end")
		case r.src[r.pos] == ']':
			r.pos++
			return n, nil
		case r.src[r.pos] == ',':
			r.pos++
			continue
		case len(n.Items) == 0 && r.keyword("for"):
			return nil, nil
		}
		before := r.pos
		v, err := r.expression(depth+1, false)
		if err != nil {
			return nil, err
		}
		if r.pos == before {
			return nil, syntaxErrorf(r.line, "a value is expected")
		}
		n.Items = append(n.Items, v)
	}
}

func (r *hclReader) object(depth int) (*Node, error) {
	r.pos++
	n := &Node{Kind: MapNode, Line: r.line}
	for {
		r.space(true)
		switch {
		case r.pos >= len(r.src):
			return nil, syntaxErrorf(n.Line, "an object does not end")
		case r.src[r.pos] == '}':
			r.pos++
			return n, nil
		case r.src[r.pos] == ',':
			r.pos++
			continue
		case len(n.Items) == 0 && r.keyword("for"):
			return nil, nil
		}
		key, err := r.objectKey()
		if err != nil {
			return nil, err
		}
		v, err := r.expression(depth+1, true)
		if err != nil {
			return nil, err
		}
		n.put(key, v)
	}
}

func (r *hclReader) objectKey() (string, error) {
	var key string
	if r.peek() == '(' {
		text, err := r.raw(true, '=', ':')
		if err != nil {
			return "", err
		}
		key = text
	} else if key = r.label(); key == "" {
		return "", syntaxErrorf(r.line, "a key is expected")
	}
	r.space(true)
	if c := r.peek(); c != '=' && c != ':' {
		return "", syntaxErrorf(r.line, "= is expected after %s", clip(key, 40))
	}
	r.pos++
	return key, nil
}

func (r *hclReader) keyword(word string) bool {
	end := r.pos + len(word)
	return end < len(r.src) && string(r.src[r.pos:end]) == word && !isHCLName(r.src[end])
}

func (r *hclReader) peek() byte { return r.peekAt(0) }

func (r *hclReader) peekAt(i int) byte {
	if r.pos+i < len(r.src) {
		return r.src[r.pos+i]
	}
	return 0
}
