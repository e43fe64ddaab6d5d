package change

import (
	"bytes"
	"fmt"
)

// Bounds on what a parser takes. They keep the cost of a hostile file linear
// in its size; a file beyond them is reported, never passed over.
const (
	maxFile  = 5 << 20 // bytes of one file
	maxNodes = 100_000 // values of one file, aliases expanded; see maxYAMLValues for YAML
	maxDepth = 200     // nesting of values
)

// A syntaxError says where a file stops making sense.
type syntaxError struct {
	line int // from 1; 0 when unknown
	text string
}

func (e *syntaxError) Error() string {
	if e.line == 0 {
		return e.text
	}
	return fmt.Sprintf("line %d: %s", e.line, e.text)
}

func syntaxErrorf(line int, format string, args ...any) error {
	return &syntaxError{line, fmt.Sprintf(format, args...)}
}

var utf8BOM = []byte("\xef\xbb\xbf")

// trimBOM drops a byte order mark, which editors on Windows write.
func trimBOM(data []byte) []byte { return bytes.TrimPrefix(data, utf8BOM) }

// put adds a key to a map node.
func (n *Node) put(key string, value *Node) {
	n.Keys = append(n.Keys, key)
	n.Items = append(n.Items, value)
}
