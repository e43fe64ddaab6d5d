package change

import "strings"

// Settings of tools of which some decide nothing. What a setting gives an agent
// that nobody has read about cannot be told, so its coming, going or changing has
// no direction; it is never silent. Only what is known to be about the terminal,
// the transcript or the account, or is read as a model, a parameter or a prompt,
// is passed over.

// knownSettings are the places of one format that something reads, or that are
// known to decide nothing.
type knownSettings struct {
	byFirst map[string][]knownPlace // by the first key; "*" for any
}

// A knownPlace is keys from the root; * is any key.
type knownPlace struct {
	steps []string
	deep  bool // what stands below it is read with it
}

// newKnownSettings knows the places of a table, and others that are read apart
// from it or decide nothing, separated by blanks.
func newKnownSettings(table []setting, others string) *knownSettings {
	k := &knownSettings{byFirst: map[string][]knownPlace{}}
	add := func(at string, deep bool) {
		steps := strings.Split(at, ".")
		k.byFirst[steps[0]] = append(k.byFirst[steps[0]], knownPlace{steps, deep})
	}
	for i := range table {
		add(table[i].at, table[i].kind != level)
	}
	for at := range strings.FieldsSeq(others) {
		add(at, true)
	}
	return k
}

// at says whether something reads the place, and whether anything reads a place
// below it.
func (k *knownSettings) at(keys []string) (here, deep, below bool) {
	for _, first := range []string{keys[0], "*"} {
		for _, p := range k.byFirst[first] {
			n := min(len(p.steps), len(keys))
			match := true
			for i := 0; i < n && match; i++ {
				match = p.steps[i] == "*" || p.steps[i] == keys[i]
			}
			switch {
			case match && len(p.steps) == len(keys):
				here, deep = true, deep || p.deep
			case match && len(p.steps) > len(keys):
				below = true
			}
		}
	}
	return here, deep, below
}

// unknown adds every setting below n that nothing reads.
func (b *scopeBuilder) unknown(n *Node, k *knownSettings, keys ...string) {
	if n == nil || n.Kind != MapNode || len(keys) > maxDepth {
		return
	}
	for i, key := range n.Keys {
		v, at := n.Items[i], append(keys[:len(keys):len(keys)], key)
		here, deep, below := k.at(at)
		switch {
		case v.Kind == NullNode || deep || here && v.Kind != MapNode:
		case below && (v.Kind == MapNode || v.Kind == ListNode && len(v.Items) == 0):
			b.unknown(v, k, at...)
		default:
			b.opaque(entryText(strings.Join(at, ".")), "setting", v)
		}
	}
}
