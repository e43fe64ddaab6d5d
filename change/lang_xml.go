package change

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strings"
)

// parseXML reads one XML document. The root element is the only key of the
// root map. An element with children or attributes becomes a map, with
// attributes under "@name" and its own text under "#text"; one without becomes
// a string. Equal names stand side by side. Entities of XML are replaced; a
// document type is skipped and declares nothing, so no entity can expand or
// reach outside. Namespace prefixes are dropped.
func parseXML(data []byte) (*Node, error) {
	d := xml.NewDecoder(bytes.NewReader(trimBOM(data)))
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	root := &Node{Kind: MapNode, Line: 1}
	open := []*xmlElement{{node: root}}
	lines := lineCounter{src: data}
	for nodes := 0; ; nodes++ {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			break
		}
		line := lines.at(int(d.InputOffset()))
		if err != nil {
			return nil, syntaxErrorf(line, "not valid XML: %s", clip(err.Error(), 200))
		}
		if nodes > maxNodes || len(open) > maxDepth {
			return nil, syntaxErrorf(line, "too many or too deeply nested elements")
		}
		top := open[len(open)-1]
		switch t := token.(type) {
		case xml.StartElement:
			e := &xmlElement{name: t.Name.Local, node: &Node{Kind: MapNode, Line: line}}
			nodes += len(t.Attr)
			for _, a := range t.Attr {
				if a.Name.Space != "xmlns" && a.Name.Local != "xmlns" {
					e.node.put("@"+a.Name.Local, &Node{Kind: StringNode, Text: a.Value, Line: line})
				}
			}
			open = append(open, e)
		case xml.CharData:
			top.text.Write(t)
		case xml.EndElement:
			if len(open) == 1 || top.name != t.Name.Local {
				return nil, syntaxErrorf(line, "not valid XML: </%s> does not match", clip(t.Name.Local, 60))
			}
			open = open[:len(open)-1]
			open[len(open)-1].node.put(top.name, top.close())
		}
	}
	if len(open) > 1 {
		return nil, syntaxErrorf(open[len(open)-1].node.Line, "not valid XML: <%s> does not end", clip(open[len(open)-1].name, 60))
	}
	if len(root.Keys) == 0 {
		return nil, syntaxErrorf(1, "not valid XML: no element")
	}
	return root, nil
}

type xmlElement struct {
	name string
	node *Node
	text strings.Builder
}

// close turns an element without children into a string.
func (e *xmlElement) close() *Node {
	text := e.text.String()
	if len(e.node.Keys) == 0 {
		return &Node{Kind: StringNode, Text: text, Line: e.node.Line}
	}
	if strings.TrimSpace(text) != "" {
		e.node.put("#text", &Node{Kind: StringNode, Text: text, Line: e.node.Line})
	}
	return e.node
}

// A lineCounter turns growing offsets into line numbers.
type lineCounter struct {
	src       []byte
	pos, line int
}

// at returns the line of an offset that is not below the last one.
func (c *lineCounter) at(offset int) int {
	if offset = min(offset, len(c.src)); offset > c.pos {
		c.line += bytes.Count(c.src[c.pos:offset], []byte("\n"))
		c.pos = offset
	}
	return c.line + 1
}
