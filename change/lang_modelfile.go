package change

import (
	"bytes"
	"strings"
)

// parseModelfile reads an Ollama Modelfile into a map: FROM and ADAPTER as
// strings, SYSTEM and TEMPLATE as text, PARAMETER as a map, MESSAGE as a list
// of maps with role and content. Text stands in triple quotes, in quotes or to
// the end of the line; the last FROM, SYSTEM and TEMPLATE win. Instructions are
// not case-sensitive. A file without FROM is an error: Ollama requires it.
// Source: Ollama, Modelfile Reference.
func parseModelfile(data []byte) (*Node, error) {
	root := &Node{Kind: MapNode, Line: 1}
	src := trimBOM(data)
	line := 1
	for instructions := 0; len(src) > 0; instructions++ {
		if instructions > maxNodes/4 { // a message makes four values
			return nil, syntaxErrorf(line, "more than %d instructions", maxNodes/4)
		}
		end := lineLength(src)
		text := strings.TrimSpace(string(src[:end]))
		used := end
		if text != "" && text[0] != '#' {
			word, rest, _ := cutSpace(text)
			value := ""
			value, used = modelfileText(rest, src, end)
			modelfileLine(root, strings.ToUpper(word), value, line)
		}
		used = min(used+1, len(src))
		line += bytes.Count(src[:used], []byte("\n"))
		src = src[used:]
	}
	if !root.Has("FROM") {
		return nil, syntaxErrorf(0, "no FROM")
	}
	return root, nil
}

func modelfileLine(root *Node, word, value string, line int) {
	scalar := &Node{Kind: StringNode, Text: value, Line: line}
	switch word {
	case "FROM", "ADAPTER", "SYSTEM", "TEMPLATE", "LICENSE", "REQUIRES":
		root.put(word, scalar)
	case "PARAMETER":
		params := root.Get(word)
		if params == nil {
			params = &Node{Kind: MapNode, Line: line}
			root.put(word, params)
		}
		key, v, _ := cutSpace(value)
		scalar.Text = strings.Trim(v, `"`)
		params.put(strings.ToLower(key), scalar)
	case "MESSAGE":
		messages := root.Get(word)
		if messages == nil {
			messages = &Node{Kind: ListNode, Line: line}
			root.put(word, messages)
		}
		role, v, _ := cutSpace(value)
		scalar.Text = strings.Trim(v, `"`)
		m := &Node{Kind: MapNode, Line: line}
		m.put("role", &Node{Kind: StringNode, Text: role, Line: line})
		m.put("content", scalar)
		messages.Items = append(messages.Items, m)
	}
}

// modelfileText reads the argument of an instruction. Text in (triple) quotes
// may run over lines of src; used is the offset of the newline that ends it.
func modelfileText(rest string, src []byte, end int) (text string, used int) {
	head, quote := "", `"""`
	i := strings.Index(rest, quote)
	if i < 0 {
		if quote = `"`; !strings.HasPrefix(rest, quote) {
			return rest, end
		}
		i = 0
	}
	head = rest[:i]
	if strings.TrimSpace(head) != "" && !strings.HasSuffix(head, " ") {
		return rest, end
	}
	open := bytes.Index(src, []byte(quote)) + len(quote)
	closing := bytes.Index(src[open:], []byte(quote))
	if closing < 0 {
		return strings.Trim(rest, `"`), end
	}
	stop := open + closing
	return head + string(src[open:stop]), stop + lineLength(src[stop:])
}

// cutSpace cuts at the first run of blanks.
func cutSpace(s string) (before, after string, ok bool) {
	i := strings.IndexAny(s, " \t")
	if i < 0 {
		return s, "", false
	}
	return s[:i], strings.TrimSpace(s[i:]), true
}
