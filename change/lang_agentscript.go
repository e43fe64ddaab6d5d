package change

import (
	"bytes"
	"strings"
)

// parseAgentScript reads a file of Salesforce's Agent Script into a map. A line is
// "key: value" or "key:", and what is indented deeper belongs to it. Text begins
// with | and logic with ->, on the line of the key; both are kept as text without
// their comments. A value that has properties of its own is a map with the value
// under "to". topic NAME is the older word for subagent NAME. Source: Agentforce
// developer guide, Agent Script Blocks; Agent Script Reference.
func parseAgentScript(data []byte) (*Node, error) {
	if n := bytes.Count(data, []byte("\n")); n > maxNodes {
		return nil, syntaxErrorf(0, "%d lines; no more than %d are read", n, maxNodes)
	}
	r := &scriptReader{lines: strings.Split(strings.ReplaceAll(string(trimBOM(data)), "\r\n", "\n"), "\n")}
	root := &Node{Kind: MapNode, Line: 1}
	if err := r.block(root, -1, 0); err != nil {
		return nil, err
	}
	return root, nil
}

type scriptReader struct {
	lines []string
	at    int
	nodes int
}

// scriptIndent counts the blanks before a line; a tab counts as three, which is
// what the builder inserts.
func scriptIndent(line string) int {
	n := 0
	for i := 0; i < len(line); i++ {
		switch line[i] {
		case ' ':
			n++
		case '\t':
			n += 3
		default:
			return n
		}
	}
	return n
}

// block reads the lines that are indented deeper than outer into a map.
func (r *scriptReader) block(into *Node, outer, depth int) error {
	for r.at < len(r.lines) {
		line := r.lines[r.at]
		text := strings.TrimSpace(line)
		if text == "" || text[0] == '#' {
			r.at++
			continue
		}
		indent := scriptIndent(line)
		if indent <= outer {
			return nil
		}
		if r.nodes++; r.nodes > maxNodes || depth > maxDepth {
			return syntaxErrorf(r.at+1, "more than %d values, or deeper than %d", maxNodes, maxDepth)
		}
		number := r.at + 1
		r.at++
		key, value, ok := scriptKey(text)
		if !ok { // a step of logic: run, set, with, if
			continue
		}
		if mark := strings.TrimPrefix(value, "->"); value != "" && (value[0] == '|' || mark != value) {
			into.put(key, &Node{Kind: StringNode, Text: r.text(indent, value), Line: number})
			continue
		}
		child := &Node{Kind: MapNode, Line: number}
		if err := r.block(child, indent, depth+1); err != nil {
			return err
		}
		scalar := &Node{Kind: StringNode, Text: unquoted(value), Line: number}
		switch {
		case len(child.Items) == 0:
			into.put(key, scalar)
		default:
			if value != "" {
				child.put("to", scalar)
			}
			into.put(key, child)
		}
	}
	return nil
}

// scriptKey splits "key: value". A key may stand in quotes, and "topic NAME" and
// the like hold a blank.
func scriptKey(text string) (key, value string, ok bool) {
	if text[0] == '"' {
		if end := strings.Index(text[1:], `":`); end >= 0 {
			return text[1 : 1+end], strings.TrimSpace(text[end+3:]), true
		}
		return "", "", false
	}
	key, value, ok = strings.Cut(text, ":")
	if !ok || key == "" || strings.ContainsAny(key, "\"'@=({|!") {
		return "", "", false
	}
	switch word, _, _ := strings.Cut(key, " "); word {
	case "if", "else", "run", "set", "with", "transition":
		return "", "", false
	case "topic":
		key = "subagent" + strings.TrimPrefix(key, "topic")
	}
	value = strings.TrimSpace(value)
	if !strings.HasPrefix(value, `"`) {
		value, _, _ = strings.Cut(value, " #")
	}
	return key, strings.TrimSpace(value), true
}

// text reads what follows | or -> : the rest of the line and every line that is
// indented deeper than the key.
func (r *scriptReader) text(indent int, first string) string {
	lines := []string{strings.TrimSpace(strings.TrimLeft(first, "|->"))}
	for r.at < len(r.lines) {
		line := r.lines[r.at]
		text := strings.TrimSpace(line)
		if text != "" && scriptIndent(line) <= indent {
			break
		}
		if r.at++; text != "" && text[0] != '#' {
			lines = append(lines, text)
		}
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}
