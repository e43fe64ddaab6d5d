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
}

// Get follows keys through maps and returns nil where one is absent.
func (n *Node) Get(keys ...string) *Node {
	for _, k := range keys {
		if n == nil || n.Kind != MapNode {
			return nil
		}
		var next *Node
		for i, have := range n.Keys {
			if have == k {
				next = n.Items[i] // the last one wins, as parsers have it
			}
		}
		n = next
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
