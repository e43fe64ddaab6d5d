package change

// A NodeKind is the shape of a parsed value.
type NodeKind uint8

const (
	NullNode NodeKind = iota
	BoolNode
	NumberNode
	StringNode
	ListNode
	MapNode
)

// A Node is one value of a parsed document. YAML, JSON with comments, TOML,
// HCL, XML and front matter all reduce to nodes, so one walker serves them all.
// Order is kept, because some formats give it a meaning. Every method accepts
// a nil Node, which is the absent value.
type Node struct {
	Kind  NodeKind
	Text  string   // scalars: the value as text, without quotes
	Tag   string   // a YAML tag that is not a standard one, such as !Ref
	Keys  []string // maps: the keys, parallel to Items
	Items []*Node  // lists and maps: the values
	Line  int      // from 1; 0 when unknown

	index *keyIndex // made when a map with many keys is asked
}

// A keyIndex finds the keys of a large map. Keys are only ever added to a map.
type keyIndex struct {
	done int // how many keys of the map are in the index
	last map[string]int
}

// manyKeys is how many keys a map has before an index is worth its memory.
const manyKeys = 32

// find returns the position of the last of equal keys, or -1: the last one
// wins, as parsers have it.
func (n *Node) find(key string) int {
	if len(n.Keys) < manyKeys {
		for i := len(n.Keys) - 1; i >= 0; i-- {
			if n.Keys[i] == key {
				return i
			}
		}
		return -1
	}
	if n.index == nil {
		n.index = &keyIndex{last: make(map[string]int, len(n.Keys))}
	}
	for ; n.index.done < len(n.Keys); n.index.done++ {
		n.index.last[n.Keys[n.index.done]] = n.index.done
	}
	if i, ok := n.index.last[key]; ok {
		return i
	}
	return -1
}

// Get follows keys through maps and returns nil where one is absent.
func (n *Node) Get(keys ...string) *Node {
	for _, k := range keys {
		if n == nil || n.Kind != MapNode {
			return nil
		}
		i := n.find(k)
		if i < 0 {
			return nil
		}
		n = n.Items[i]
	}
	return n
}

// Has reports whether a map holds key, even with a null value.
func (n *Node) Has(key string) bool { return n.Get(key) != nil }

// String returns a scalar's text and "" for everything else.
func (n *Node) String() string {
	if n == nil || n.Kind == ListNode || n.Kind == MapNode {
		return ""
	}
	return n.Text
}

// IsTrue reports whether n is the boolean true.
func (n *Node) IsTrue() bool { return n != nil && n.Kind == BoolNode && n.Text == "true" }

// IsFalse reports whether n is the boolean false.
func (n *Node) IsFalse() bool { return n != nil && n.Kind == BoolNode && n.Text == "false" }

// Strings returns the scalars of a list, or a scalar alone, in order.
func (n *Node) Strings() []string {
	switch {
	case n == nil || n.Kind == NullNode || n.Kind == MapNode:
		return nil
	case n.Kind != ListNode:
		return []string{n.Text}
	}
	var out []string
	for _, it := range n.Items {
		if it != nil && it.Kind != ListNode && it.Kind != MapNode && it.Kind != NullNode {
			out = append(out, it.Text)
		}
	}
	return out
}
