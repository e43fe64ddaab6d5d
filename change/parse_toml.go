package change

import (
	"strconv"
	"strings"
)

// parseTOML reads TOML into nodes with their lines and in their order. Numbers
// and dates keep the text that stands in the file. A key that is set twice is
// tolerated; the last one wins.
func parseTOML(data []byte) (*Node, error) {
	p := tomlParser{jsonParser: jsonParser{s: string(trimBOM(data)), line: 1}}
	root := &Node{Kind: MapNode, Line: 1}
	table := root
	for {
		p.blank()
		if p.i >= len(p.s) {
			return root, nil
		}
		var err error
		if p.s[p.i] == '[' {
			table, err = p.header(root)
		} else {
			err = p.pair(table, 0)
		}
		if err == nil {
			err = p.endOfLine()
		}
		if err != nil {
			return nil, err
		}
	}
}

// A tomlParser shares position and counters with the JSON parser.
type tomlParser struct {
	jsonParser
	index map[*Node]*tomlIndex // the tables with many keys
}

type tomlIndex struct {
	done int // keys of the table that are in the index
	keys map[string]*Node
}

// blank moves past white space, line ends and comments.
func (p *tomlParser) blank() {
	for p.i < len(p.s) {
		switch p.s[p.i] {
		case '\n':
			p.line++
			p.i++
		case ' ', '\t', '\r':
			p.i++
		case '#':
			p.toLineEnd()
		default:
			return
		}
	}
}

func (p *tomlParser) toLineEnd() {
	if end := strings.IndexByte(p.s[p.i:], '\n'); end >= 0 {
		p.i += end
	} else {
		p.i = len(p.s)
	}
}

func (p *tomlParser) inlineSpace() {
	for p.i < len(p.s) && (p.s[p.i] == ' ' || p.s[p.i] == '\t') {
		p.i++
	}
}

func (p *tomlParser) endOfLine() error {
	p.inlineSpace()
	if p.i < len(p.s) && p.s[p.i] == '#' {
		p.toLineEnd()
	}
	if p.i < len(p.s) && p.s[p.i] == '\r' {
		p.i++
	}
	if p.i < len(p.s) && p.s[p.i] != '\n' {
		return syntaxErrorf(p.line, "unexpected text after a value")
	}
	return nil
}

func (p *tomlParser) header(root *Node) (*Node, error) {
	line := p.line
	p.i++
	list := p.i < len(p.s) && p.s[p.i] == '['
	if list {
		p.i++
	}
	keys, err := p.keys()
	if err != nil {
		return nil, err
	}
	end := "]"
	if list {
		end = "]]"
	}
	if !strings.HasPrefix(p.s[p.i:], end) {
		return nil, syntaxErrorf(line, "table header without its end")
	}
	p.i += len(end)
	table, err := p.descend(root, keys[:len(keys)-1])
	if err != nil {
		return nil, err
	}
	last := keys[len(keys)-1]
	have := p.find(table, last)
	if !list {
		return p.descend(table, []string{last})
	}
	if have == nil {
		have = &Node{Kind: ListNode, Line: line}
		table.put(last, have)
	}
	if have.Kind != ListNode {
		return nil, syntaxErrorf(line, "%q is no list of tables", last)
	}
	n := &Node{Kind: MapNode, Line: line}
	have.Items = append(have.Items, n)
	return n, p.count()
}

func (p *tomlParser) count() error {
	if p.nodes++; p.nodes > maxNodes {
		return syntaxErrorf(p.line, "more than %d values", maxNodes)
	}
	return nil
}

// descend follows keys from table, making the tables that are missing. Into a
// list it follows its last item.
func (p *tomlParser) descend(table *Node, keys []string) (*Node, error) {
	for _, k := range keys {
		next := p.find(table, k)
		if next == nil {
			if err := p.count(); err != nil {
				return nil, err
			}
			next = &Node{Kind: MapNode, Line: p.line}
			table.put(k, next)
		}
		if next.Kind == ListNode && len(next.Items) > 0 {
			next = next.Items[len(next.Items)-1]
		}
		if next.Kind != MapNode {
			return nil, syntaxErrorf(p.line, "%q is no table", k)
		}
		table = next
	}
	return table, nil
}

// find returns the value of key in table, in constant time for large tables.
func (p *tomlParser) find(table *Node, key string) *Node {
	const large = 32
	if len(table.Keys) < large {
		return table.Get(key)
	}
	x := p.index[table]
	if x == nil {
		if p.index == nil {
			p.index = map[*Node]*tomlIndex{}
		}
		x = &tomlIndex{keys: make(map[string]*Node, 2*large)}
		p.index[table] = x
	}
	for ; x.done < len(table.Keys); x.done++ {
		x.keys[table.Keys[x.done]] = table.Items[x.done]
	}
	return x.keys[key]
}

func (p *tomlParser) keys() ([]string, error) {
	var keys []string
	for {
		p.inlineSpace()
		k, err := p.key()
		if err != nil {
			return nil, err
		}
		if keys = append(keys, k); len(keys) > maxDepth {
			return nil, syntaxErrorf(p.line, "nested more than %d levels deep", maxDepth)
		}
		p.inlineSpace()
		if p.i >= len(p.s) || p.s[p.i] != '.' {
			return keys, nil
		}
		p.i++
	}
}

func (p *tomlParser) key() (string, error) {
	if p.i < len(p.s) && p.s[p.i] == '"' {
		return p.basic()
	}
	if p.i < len(p.s) && p.s[p.i] == '\'' {
		return p.raw()
	}
	start := p.i
	for p.i < len(p.s) && isBareKey(p.s[p.i]) {
		p.i++
	}
	if p.i == start {
		return "", syntaxErrorf(p.line, "expected a key")
	}
	return p.s[start:p.i], nil
}

func isBareKey(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_'
}

func (p *tomlParser) pair(table *Node, depth int) error {
	keys, err := p.keys()
	if err != nil {
		return err
	}
	if p.i >= len(p.s) || p.s[p.i] != '=' {
		return syntaxErrorf(p.line, "expected '=' after key %q", strings.Join(keys, "."))
	}
	p.i++
	p.inlineSpace()
	v, err := p.value(depth)
	if err != nil {
		return err
	}
	table, err = p.descend(table, keys[:len(keys)-1])
	if err != nil {
		return err
	}
	table.put(keys[len(keys)-1], v)
	return nil
}

func (p *tomlParser) value(depth int) (*Node, error) {
	if depth > maxDepth {
		return nil, syntaxErrorf(p.line, "nested more than %d levels deep", maxDepth)
	}
	if err := p.count(); err != nil {
		return nil, err
	}
	if p.i >= len(p.s) {
		return nil, syntaxErrorf(p.line, "a value is missing")
	}
	n := &Node{Line: p.line, Kind: StringNode}
	var err error
	switch {
	case strings.HasPrefix(p.s[p.i:], `"""`):
		n.Text, err = p.multiline(`"""`)
	case strings.HasPrefix(p.s[p.i:], "'''"):
		n.Text, err = p.multiline("'''")
	case p.s[p.i] == '"':
		n.Text, err = p.basic()
	case p.s[p.i] == '\'':
		n.Text, err = p.raw()
	case p.s[p.i] == '[':
		n.Kind = ListNode
		err = p.list(n, depth)
	case p.s[p.i] == '{':
		n.Kind = MapNode
		err = p.inlineTable(n, depth)
	default:
		err = p.scalar(n)
	}
	return n, err
}

func (p *tomlParser) list(n *Node, depth int) error {
	p.i++
	for {
		p.blank()
		if p.i < len(p.s) && p.s[p.i] == ']' {
			p.i++
			return nil
		}
		v, err := p.value(depth + 1)
		if err != nil {
			return err
		}
		n.Items = append(n.Items, v)
		p.blank()
		if p.i < len(p.s) && p.s[p.i] == ',' {
			p.i++
		} else if p.i >= len(p.s) || p.s[p.i] != ']' {
			return syntaxErrorf(p.line, "expected ',' or ']'")
		}
	}
}

// inlineTable reads { a = 1, b = 2 }. Line ends inside are allowed, as TOML 1.1
// has it.
func (p *tomlParser) inlineTable(n *Node, depth int) error {
	p.i++
	for {
		p.blank()
		if p.i < len(p.s) && p.s[p.i] == '}' {
			p.i++
			return nil
		}
		if err := p.pair(n, depth+1); err != nil {
			return err
		}
		p.blank()
		if p.i < len(p.s) && p.s[p.i] == ',' {
			p.i++
		} else if p.i >= len(p.s) || p.s[p.i] != '}' {
			return syntaxErrorf(p.line, "expected ',' or '}'")
		}
	}
}

// scalar reads true, false, a number or a date.
func (p *tomlParser) scalar(n *Node) error {
	start := p.i
	for p.i < len(p.s) && strings.IndexByte(",]}#\r\n\t", p.s[p.i]) < 0 {
		if p.s[p.i] == ' ' && !isTOMLDate(p.s[start:p.i]) {
			break
		}
		p.i++
	}
	n.Text = strings.TrimSpace(p.s[start:p.i])
	digits := strings.ReplaceAll(n.Text, "_", "")
	_, floatErr := strconv.ParseFloat(digits, 64)
	_, intErr := strconv.ParseInt(digits, 0, 64)
	switch {
	case n.Text == "true" || n.Text == "false":
		n.Kind = BoolNode
	case floatErr == nil || intErr == nil:
		n.Kind = NumberNode
	case len(n.Text) >= 5 && n.Text[0] >= '0' && n.Text[0] <= '9' && strings.ContainsAny(n.Text, "-:"):
		n.Kind = StringNode // a date or a time
	default:
		return syntaxErrorf(p.line, "unexpected %q", clip(n.Text, 20))
	}
	return nil
}

func isTOMLDate(s string) bool {
	return len(s) == 10 && s[4] == '-' && s[7] == '-'
}
