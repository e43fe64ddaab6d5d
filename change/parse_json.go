package change

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// parseJSON reads JSON with what editors and tools accept on top of it: a byte
// order mark, comments, trailing commas and repeated keys (the last one wins).
// Nothing but comments may follow the value.
func parseJSON(data []byte) (*Node, error) {
	p := jsonParser{s: string(trimBOM(data)), line: 1}
	n, err := p.value(0)
	if err != nil {
		return nil, err
	}
	if err := p.space(); err != nil {
		return nil, err
	}
	if p.i < len(p.s) {
		return nil, syntaxErrorf(p.line, "text after the end of the JSON value")
	}
	return n, nil
}

type jsonParser struct {
	s     string
	i     int
	line  int
	nodes int
}

// space moves past white space and comments.
func (p *jsonParser) space() error {
	for p.i < len(p.s) {
		switch c := p.s[p.i]; {
		case c == '\n':
			p.line++
			p.i++
		case c == ' ' || c == '\t' || c == '\r':
			p.i++
		case c == '/':
			if err := p.comment(); err != nil {
				return err
			}
		default:
			return nil
		}
	}
	return nil
}

func (p *jsonParser) comment() error {
	rest := p.s[p.i:]
	switch {
	case strings.HasPrefix(rest, "//"):
		if end := strings.IndexByte(rest, '\n'); end >= 0 {
			p.i += end
		} else {
			p.i = len(p.s)
		}
		return nil
	case strings.HasPrefix(rest, "/*"):
		end := strings.Index(rest[2:], "*/")
		if end < 0 {
			return syntaxErrorf(p.line, "comment without an end")
		}
		p.line += strings.Count(rest[:end+4], "\n")
		p.i += end + 4
		return nil
	}
	return syntaxErrorf(p.line, "unexpected character '/'")
}

func (p *jsonParser) value(depth int) (*Node, error) {
	if err := p.space(); err != nil {
		return nil, err
	}
	if p.i >= len(p.s) {
		return nil, syntaxErrorf(p.line, "the JSON value is missing or cut off")
	}
	if depth > maxDepth {
		return nil, syntaxErrorf(p.line, "nested more than %d levels deep", maxDepth)
	}
	if p.nodes++; p.nodes > maxNodes {
		return nil, syntaxErrorf(p.line, "more than %d values", maxNodes)
	}
	n := &Node{Line: p.line}
	switch p.s[p.i] {
	case '{':
		n.Kind = MapNode
		return n, p.object(n, depth)
	case '[':
		n.Kind = ListNode
		return n, p.array(n, depth)
	case '"':
		n.Kind = StringNode
		var err error
		n.Text, err = p.str()
		return n, err
	}
	return n, p.literal(n)
}

func (p *jsonParser) object(n *Node, depth int) error {
	p.i++
	for {
		if done, err := p.closes('}'); done || err != nil {
			return err
		}
		if p.s[p.i] != '"' {
			return syntaxErrorf(p.line, "expected a quoted key")
		}
		key, err := p.str()
		if err != nil {
			return err
		}
		if err := p.space(); err != nil {
			return err
		}
		if p.i >= len(p.s) || p.s[p.i] != ':' {
			return syntaxErrorf(p.line, "expected ':' after key %q", key)
		}
		p.i++
		v, err := p.value(depth + 1)
		if err != nil {
			return err
		}
		n.put(key, v)
		if err := p.comma('}'); err != nil {
			return err
		}
	}
}

func (p *jsonParser) array(n *Node, depth int) error {
	p.i++
	for {
		if done, err := p.closes(']'); done || err != nil {
			return err
		}
		v, err := p.value(depth + 1)
		if err != nil {
			return err
		}
		n.Items = append(n.Items, v)
		if err := p.comma(']'); err != nil {
			return err
		}
	}
}

// closes reports whether the next character is end, and moves past it.
func (p *jsonParser) closes(end byte) (bool, error) {
	if err := p.space(); err != nil {
		return false, err
	}
	if p.i >= len(p.s) {
		return false, syntaxErrorf(p.line, "the file ends before '%c'", end)
	}
	if p.s[p.i] == end {
		p.i++
		return true, nil
	}
	return false, nil
}

// comma moves past a comma, or stops before end.
func (p *jsonParser) comma(end byte) error {
	if err := p.space(); err != nil {
		return err
	}
	if p.i < len(p.s) && p.s[p.i] == ',' {
		p.i++
		return nil
	}
	if p.i < len(p.s) && p.s[p.i] == end {
		return nil
	}
	return syntaxErrorf(p.line, "expected ',' or '%c'", end)
}

func (p *jsonParser) literal(n *Node) error {
	start := p.i
	for p.i < len(p.s) && strings.IndexByte(" \t\r\n,:]}[{\"/", p.s[p.i]) < 0 {
		p.i++
	}
	n.Text = p.s[start:p.i]
	switch n.Text {
	case "true", "false":
		n.Kind = BoolNode
		return nil
	case "null":
		n.Kind, n.Text = NullNode, ""
		return nil
	}
	if c := n.Text; c != "" && (c[0] == '-' || c[0] >= '0' && c[0] <= '9') {
		if _, err := strconv.ParseFloat(c, 64); err == nil || strings.Contains(err.Error(), "range") {
			n.Kind = NumberNode
			return nil
		}
	}
	return syntaxErrorf(p.line, "unexpected %q", clip(n.Text, 20))
}

// str reads a quoted string. Text between escapes is not copied where there
// are none.
func (p *jsonParser) str() (string, error) {
	p.i++
	start := p.i
	for p.i < len(p.s) {
		switch c := p.s[p.i]; {
		case c == '"':
			p.i++
			return p.s[start : p.i-1], nil
		case c == '\\':
			return p.escaped(start)
		case c < ' ':
			return "", syntaxErrorf(p.line, "control character in a string")
		default:
			p.i++
		}
	}
	return "", syntaxErrorf(p.line, "the file ends inside a string")
}

func (p *jsonParser) escaped(start int) (string, error) {
	b := append(make([]byte, 0, 2*(p.i-start)+16), p.s[start:p.i]...)
	for p.i < len(p.s) {
		c := p.s[p.i]
		switch {
		case c == '"':
			p.i++
			return string(b), nil
		case c < ' ':
			return "", syntaxErrorf(p.line, "control character in a string")
		case c != '\\':
			b = append(b, c)
			p.i++
			continue
		}
		if p.i+1 >= len(p.s) {
			break
		}
		esc := p.s[p.i+1]
		p.i += 2
		if at := strings.IndexByte(`"\/bfnrt`, esc); at >= 0 {
			b = append(b, "\"\\/\b\f\n\r\t"[at])
			continue
		}
		r, ok := rune(0), false
		if esc == 'u' {
			r, ok = p.hex4()
		}
		if !ok {
			return "", syntaxErrorf(p.line, "unknown escape in a string")
		}
		if utf16.IsSurrogate(r) && strings.HasPrefix(p.s[p.i:], `\u`) {
			at := p.i
			p.i += 2
			low, ok := p.hex4()
			if whole := utf16.DecodeRune(r, low); ok && whole != utf8.RuneError {
				r = whole
			} else {
				p.i = at
			}
		}
		b = utf8.AppendRune(b, r)
	}
	return "", syntaxErrorf(p.line, "the file ends inside a string")
}

func (p *jsonParser) hex4() (rune, bool) {
	if p.i+4 > len(p.s) {
		return 0, false
	}
	v, err := strconv.ParseUint(p.s[p.i:p.i+4], 16, 32)
	if err != nil {
		return 0, false
	}
	p.i += 4
	return rune(v), true
}

// clip cuts s to at most n bytes, on a character boundary.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n] + "…"
}
