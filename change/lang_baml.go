package change

import (
	"bytes"
	"strings"
)

// parseBAML reads a file of BAML into a map:
//
//	client.NAME.provider, client.NAME.options.model, client.NAME.options.strategy
//	function.NAME.client   as written: a client's name or an inline "openai/gpt-4o"
//	function.NAME.prompt   the text
//	template_string.NAME   the text
//	class.NAME.MEMBER      what @description says of the member, "" for the class itself
//	enum.NAME.MEMBER       likewise
//
// Generators and tests are skipped. Comments are // and /* */.
// Raw strings are #"…"# with any number of #. Source: BAML reference.
func parseBAML(data []byte) (*Node, error) {
	r := &bamlReader{src: trimBOM(data), line: 1}
	root := &Node{Kind: MapNode, Line: 1}
	for {
		word, kind := r.token()
		if kind == bamlEnd {
			return root, nil
		}
		switch {
		case kind != bamlWord:
		case word == "client":
			if err := r.declaration(root, word); err != nil {
				return nil, err
			}
		case word == "function":
			if err := r.declaration(root, word); err != nil {
				return nil, err
			}
		case word == "template_string":
			r.templateString(root)
		case word == "class" || word == "enum":
			r.descriptions(root, word)
		default:
			r.skipDeclaration()
		}
		if r.err != nil {
			return nil, r.err
		}
		if r.nodes++; r.nodes > maxNodes {
			return nil, syntaxErrorf(r.line, "more than %d values", maxNodes)
		}
	}
}

// bamlModels says which models a function's client stands for. A client may
// be an inline provider/model, or a name in clients, which are the roots of all
// files of the folder; fallback and round-robin clients stand for several.
func bamlModels(clients []*Node, name string) []string {
	steps := maxBAMLSteps
	return bamlModelsWithin(clients, name, 0, &steps)
}

// maxBAMLSteps bounds how many names are looked up for one client: clients may
// name each other many times over.
const maxBAMLSteps = 256

func bamlModelsWithin(clients []*Node, name string, depth int, steps *int) []string {
	if name == "" || depth > 4 {
		return nil
	}
	if strings.Contains(name, "/") {
		return []string{name}
	}
	for _, file := range clients {
		c := file.Get("client", name)
		if c == nil {
			continue
		}
		if model := c.Get("options", "model").String(); model != "" {
			return []string{model}
		}
		var out []string
		for _, part := range c.Get("options", "strategy").Strings() {
			if *steps--; *steps < 0 || len(out) >= 64 {
				break
			}
			out = append(out, bamlModelsWithin(clients, part, depth+1, steps)...)
		}
		return out
	}
	return nil
}

type bamlKind uint8

const (
	bamlEnd bamlKind = iota
	bamlWord
	bamlString
	bamlPunct
)

type bamlReader struct {
	src              []byte
	pos, line, nodes int
	err              error
}

// declaration reads NAME … { … } after client or function.
func (r *bamlReader) declaration(root *Node, what string) error {
	name, line := "", r.line
	for {
		text, kind := r.token()
		if kind == bamlEnd {
			return syntaxErrorf(line, "%s has no body", what)
		}
		switch {
		case kind == bamlPunct && text == "<": // client<llm>
			r.token()
			r.token()
		case kind == bamlPunct && text == "(":
			r.skip('(', ')')
		case kind == bamlPunct && text == "{":
			body := &Node{Kind: MapNode, Line: line}
			if err := r.body(body, 0); err != nil {
				return err
			}
			root.nest([]string{what, name}, body)
			return nil
		case kind == bamlWord && name == "":
			name = text
		}
	}
}

// body reads key value pairs up to the closing brace.
func (r *bamlReader) body(into *Node, depth int) error {
	if depth > hclDepth {
		return syntaxErrorf(r.line, "nested more than %d levels deep", hclDepth)
	}
	for {
		key, kind := r.token()
		switch {
		case kind == bamlEnd:
			return syntaxErrorf(r.line, "a block does not end")
		case kind == bamlPunct && key == "}":
			return nil
		case kind == bamlPunct && key == "(":
			r.skip('(', ')')
			continue
		case kind == bamlPunct:
			continue
		}
		if r.nodes++; r.nodes > maxNodes {
			return syntaxErrorf(r.line, "more than %d values", maxNodes)
		}
		v, err := r.value(depth)
		if err != nil {
			return err
		}
		if v != nil {
			into.put(key, v)
		}
	}
}

func (r *bamlReader) value(depth int) (*Node, error) {
	save := *r
	text, kind := r.token()
	line := r.line
	switch {
	case kind == bamlString || kind == bamlWord:
		return &Node{Kind: StringNode, Text: text, Line: line}, nil
	case kind == bamlPunct && text == "{":
		n := &Node{Kind: MapNode, Line: line}
		return n, r.body(n, depth+1)
	case kind == bamlPunct && text == "[":
		n := &Node{Kind: ListNode, Line: line}
		for {
			text, kind := r.token()
			switch {
			case kind == bamlEnd:
				return nil, syntaxErrorf(line, "a list does not end")
			case kind == bamlPunct && text == "]":
				return n, nil
			case kind == bamlPunct && text == "{":
				r.skip('{', '}')
			case kind != bamlPunct:
				n.Items = append(n.Items, &Node{Kind: StringNode, Text: text, Line: r.line})
			}
		}
	}
	*r = save // a bare key before a brace
	return nil, nil
}

func (r *bamlReader) templateString(root *Node) {
	name, _ := r.token()
	line := r.line
	for {
		text, kind := r.token()
		switch {
		case kind == bamlEnd:
			return
		case kind == bamlPunct && text == "(":
			r.skip('(', ')')
		case kind == bamlString:
			root.nest([]string{"template_string", name}, &Node{Kind: StringNode, Text: text, Line: line})
			return
		}
	}
}

// descriptions reads what a class or an enum says of its members to the model.
// Each member begins a line.
func (r *bamlReader) descriptions(root *Node, what string) {
	name, kind := r.token()
	if text, open := r.token(); kind != bamlWord || open != bamlPunct || text != "{" {
		return
	}
	members := &Node{Kind: MapNode, Line: r.line}
	member, line, told := "", 0, false
	for depth := 1; depth > 0; {
		text, kind := r.token()
		if r.line > line && kind == bamlWord {
			member, line = text, r.line
		}
		switch {
		case kind == bamlEnd:
			return
		case kind == bamlPunct && text == "{":
			depth++
		case kind == bamlPunct && text == "}":
			depth--
		case kind == bamlPunct && text == "@":
			told = false
			if member != "" && bytes.HasPrefix(r.src[r.pos:], []byte("@")) {
				member = ""
			}
		case kind == bamlWord && text == "description":
			told = true
		case kind == bamlString && told:
			if r.nodes++; r.nodes > maxNodes {
				return // the caller reports it
			}
			members.put(member, &Node{Kind: StringNode, Text: text, Line: r.line})
			told = false
		}
	}
	if len(members.Items) == 0 {
		return
	}
	all := root.Get(what)
	if all == nil {
		all = &Node{Kind: MapNode, Line: r.line}
		root.put(what, all)
	}
	all.put(name, members)
}

// skipDeclaration passes over test, generator and retry_policy.
func (r *bamlReader) skipDeclaration() {
	for {
		switch text, kind := r.token(); {
		case kind == bamlEnd:
			return
		case kind == bamlPunct && text == "{":
			r.skip('{', '}')
			return
		}
	}
}

func (r *bamlReader) skip(open, shut byte) {
	for depth := 1; depth > 0; {
		text, kind := r.token()
		switch {
		case kind == bamlEnd:
			return
		case kind == bamlPunct && text[0] == open:
			depth++
		case kind == bamlPunct && text[0] == shut:
			depth--
		}
	}
}

// token returns the next token. Words take dots, slashes and dashes, so that
// env.KEY, gpt-4o and openai/gpt-4o are one.
func (r *bamlReader) token() (string, bamlKind) {
	for r.pos < len(r.src) {
		c := r.src[r.pos]
		rest := r.src[r.pos:]
		switch {
		case c == '\n':
			r.line++
			r.pos++
		case c <= ' ':
			r.pos++
		case bytes.HasPrefix(rest, []byte("//")):
			r.pos += lineLength(rest)
		case bytes.HasPrefix(rest, []byte("/*")):
			r.until("*/", 2)
		case c == '#':
			return r.rawString()
		case c == '"':
			return r.string()
		case isBAMLWord(c):
			start := r.pos
			for r.pos < len(r.src) && isBAMLWord(r.src[r.pos]) && !bytes.HasPrefix(r.src[r.pos:], []byte("//")) {
				r.pos++
			}
			return string(r.src[start:r.pos]), bamlWord
		default:
			r.pos++
			return string(c), bamlPunct
		}
	}
	return "", bamlEnd
}

func isBAMLWord(c byte) bool { return isIdent(c) || c == '.' || c == '/' || c == '-' }

// until returns the text up to mark and moves behind it.
func (r *bamlReader) until(mark string, skip int) string {
	start := min(r.pos+skip, len(r.src))
	i := bytes.Index(r.src[start:], []byte(mark))
	end, next := len(r.src), len(r.src)
	if i >= 0 {
		end, next = start+i, start+i+len(mark)
	} else if r.err == nil {
		r.err = syntaxErrorf(r.line, "%s is missing", mark)
	}
	r.line += bytes.Count(r.src[r.pos:next], []byte("\n"))
	r.pos = next
	return string(r.src[start:end])
}

func (r *bamlReader) rawString() (string, bamlKind) {
	hashes := 0
	for r.pos+hashes < len(r.src) && r.src[r.pos+hashes] == '#' {
		hashes++
	}
	if r.pos+hashes >= len(r.src) || r.src[r.pos+hashes] != '"' {
		r.pos += hashes
		return "#", bamlPunct
	}
	text := r.until(`"`+strings.Repeat("#", hashes), hashes+1)
	return strings.Trim(strings.Join(dedent(strings.Split(text, "\n")), "\n"), "\n "), bamlString
}

func (r *bamlReader) string() (string, bamlKind) {
	for i := r.pos + 1; i < len(r.src); i++ {
		switch r.src[i] {
		case '\\':
			i++
		case '"':
			text := string(r.src[r.pos+1 : i])
			r.line += strings.Count(text, "\n")
			r.pos = i + 1
			return unescapeHCL(text), bamlString
		}
	}
	r.err = syntaxErrorf(r.line, "a string does not end")
	r.pos = len(r.src)
	return "", bamlEnd
}
