package change

import (
	"bytes"
	"strings"
)

// parseFrontMatter splits a text into its front matter and its body. Front is
// nil where there is none; body then is the whole text. bodyLine is the line
// on which body begins, from 1.
//
// Front matter is very often not valid YAML (description: one: two). Then it
// is read the way the tools that consume it do, line by line, and err says
// what was wrong; front, body and bodyLine hold all the same. Two dashes lines
// with no map between them are no front matter.
func parseFrontMatter(data []byte) (front *Node, body string, bodyLine int, err error) {
	data = trimBOM(data)
	raw, rest, ok := splitFrontMatter(data)
	if !ok {
		return nil, string(data), 1, nil
	}
	bodyLine = 1 + bytes.Count(data[:len(data)-len(rest)], []byte("\n"))
	roots, err := parseYAML(raw)
	switch {
	case err == nil && len(roots) == 0:
		front = &Node{Kind: MapNode, Line: 2}
	case err == nil && roots[0].Kind == MapNode:
		front = roots[0]
		shiftLines(front, 1)
	case err == nil:
		front = &Node{Kind: MapNode, Line: 2}
		if roots[0].Kind != NullNode {
			return nil, string(data), 1, nil
		}
	default:
		front = lineFrontMatter(string(raw))
		if s, ok := err.(*syntaxError); ok && s.line > 0 {
			s.line++
		}
	}
	return front, string(rest), bodyLine, err
}

// splitFrontMatter finds the text between a first line of three dashes and the
// next such line.
func splitFrontMatter(data []byte) (raw, rest []byte, ok bool) {
	first, after, ok := bytes.Cut(data, []byte("\n"))
	if !ok || string(bytes.TrimRight(first, " \t\r")) != "---" {
		return nil, nil, false
	}
	for at := 0; at <= len(after); {
		end := bytes.IndexByte(after[at:], '\n')
		line := after[at:]
		next := len(after) + 1
		if end >= 0 {
			line, next = after[at:at+end], at+end+1
		}
		if string(bytes.TrimRight(line, " \t\r")) == "---" {
			return after[:at], after[min(next, len(after)):], true
		}
		at = next
	}
	return nil, nil, false
}

// shiftLines adds by to the line of every node below n. No parser shares a node
// between two places.
func shiftLines(n *Node, by int) {
	n.Line += by
	for _, it := range n.Items {
		shiftLines(it, by)
	}
}

// lineFrontMatter reads front matter that YAML refuses. A key at column 0
// begins a value; what is indented below it belongs to it, as a list when every
// line begins with a dash, else as text.
func lineFrontMatter(raw string) *Node {
	n := &Node{Kind: MapNode, Line: 2}
	lines := strings.Split(raw, "\n")
	for i := 0; i < len(lines); i++ {
		line := strings.TrimRight(lines[i], "\r")
		key, value, ok := strings.Cut(line, ":")
		if !ok || key == "" || strings.ContainsAny(key[:1], " \t#-") || strings.ContainsAny(key, " \"'{[") {
			continue
		}
		start := i
		var block []string
		for i+1 < len(lines) && !startsKey(lines[i+1]) {
			i++
			if t := strings.TrimSpace(lines[i]); t != "" && !strings.HasPrefix(t, "#") {
				block = append(block, t)
			}
		}
		n.put(key, frontValue(strings.TrimSpace(value), block, start+2))
	}
	return n
}

// startsKey reports whether a line of front matter begins a new top-level key.
func startsKey(line string) bool {
	key, _, ok := strings.Cut(line, ":")
	return ok && key != "" && !strings.ContainsAny(key, " \t#\"'{[<") && key[0] != '-'
}

func frontValue(value string, block []string, line int) *Node {
	list := len(block) > 0
	for _, b := range block {
		list = list && strings.HasPrefix(b, "- ")
	}
	if list && value == "" {
		n := &Node{Kind: ListNode, Line: line}
		for i, b := range block {
			n.Items = append(n.Items, frontScalar(strings.TrimSpace(b[2:]), line+1+i))
		}
		return n
	}
	if value == "|" || value == ">" || value == "|-" || value == ">-" {
		value = ""
	}
	if roots, err := parseYAML([]byte(value)); err == nil && len(roots) == 1 && len(block) == 0 && roots[0].Kind != MapNode {
		shiftLines(roots[0], line-1)
		return roots[0]
	}
	return frontScalar(strings.TrimSpace(strings.Join(append([]string{value}, block...), "\n")), line)
}

func frontScalar(text string, line int) *Node {
	if n := len(text); n > 1 && (text[0] == '"' || text[0] == '\'') && text[n-1] == text[0] {
		text = text[1 : n-1]
	}
	if text == "" {
		return &Node{Kind: NullNode, Line: line}
	}
	return &Node{Kind: StringNode, Text: text, Line: line}
}
