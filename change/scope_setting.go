package change

import (
	"strconv"
	"strings"
)

// A setting says what one place of a format means for the scope of an agent. The
// readers' tables of settings are the formats' documentation in short.
type setting struct {
	at        string // keys from the root, joined by dots; * is any key or item
	dimension string
	kind      settingKind
	// values orders what a setting of levels may say: "read-only= workspace-write=a
	// full=ab". More letters are wider; of two values neither of which has all
	// letters of the other, none is wider.
	values string
	absent string // the value that holds where the setting is absent
	// surface unites settings into one policy; "" is a policy of its own.
	surface string
	def     effect // of a call that no entry covers, in a list
	unset   effect // of every call when no entry of the surface stands anywhere
	match   matcher
}

type settingKind uint8

const (
	level    settingKind = iota // one of values
	allows                      // a list of what is allowed
	asks                        // a list of what a person is asked about
	denies                      // a list of what is refused
	grant                       // whatever stands here is given to the agent: an identity, a host, a plugin
	switches                    // a map of names to true and false
	prose                       // text or code whose effect cannot be told
)

// flag is the values of a boolean whose true is wider, and guard those of one
// whose false is wider.
const (
	flag  = "false= true=a"
	guard = "true= false=a"
)

// settings reads every place of a table from root.
func (b *scopeBuilder) settings(root *Node, table []setting) {
	for i := range table {
		s := &table[i]
		walkSetting(root, strings.Split(s.at, "."), s.at, func(slot string, n *Node) { b.setting(s, slot, n) })
	}
}

// walkSetting finds the nodes at a path. A key that holds dots itself, as in
// settings of VS Code, is found as well.
func walkSetting(n *Node, steps []string, slot string, yield func(slot string, n *Node)) {
	if n == nil {
		return
	}
	if len(steps) == 0 {
		yield(slot, n)
		return
	}
	if steps[0] != "*" {
		if flat := strings.Join(steps, "."); len(steps) > 1 && n.Has(flat) {
			walkSetting(n.Get(flat), nil, slot, yield)
		}
		walkSetting(n.Get(steps[0]), steps[1:], slot, yield)
		return
	}
	for i, it := range n.Items {
		name := "*"
		if n.Kind == MapNode {
			name = n.Keys[i]
		} else if id := it.Get("name").String(); id != "" {
			name = id
		}
		walkSetting(it, steps[1:], strings.Replace(slot, "*", entryText(name), 1), yield)
	}
}

func (b *scopeBuilder) setting(s *setting, slot string, n *Node) {
	if n.Kind == NullNode {
		return
	}
	sc := scope{slot: slot, dimension: s.dimension, surface: s.surface, def: s.def, absent: s.unset}
	if sc.surface == "" {
		sc.surface = slot
	}
	switch s.kind {
	case level:
		if n.Kind == MapNode {
			return // its keys are settings of their own
		}
		b.add(levelScope(sc, s, slot, n.String(), n.Line))
		return
	case allows, asks, denies:
		e := [...]effect{allows: allow, asks: ask, denies: deny}[s.kind]
		for _, it := range scalars(n) {
			sc.rules = append(sc.rules, s.entry(it, e))
		}
	case switches:
		for i, key := range n.Keys {
			e := deny
			if n.Items[i].IsTrue() || n.Items[i].Kind == MapNode || n.Items[i].Kind == ListNode {
				e = allow
			}
			sc.rules = append(sc.rules, rule{effect: e, subject: key, raw: key + ": " + oneLine(n.Items[i]), line: n.Items[i].Line})
		}
	case grant:
		text := oneLine(n)
		sc.single = true
		sc.rules = []rule{{effect: allow, subject: slot, pattern: text, raw: text, line: n.Line}}
	case prose:
		text := oneLine(n)
		sc.rules = []rule{{effect: allow, subject: slot, pattern: text, raw: text, line: n.Line, opaque: true}}
	}
	b.add(sc)
}

func (s *setting) entry(n *Node, e effect) rule {
	r := rule{effect: e, subject: n.String(), raw: n.String(), line: n.Line}
	if s.match != exactly {
		r.match, r.subject, r.pattern = s.match, s.at, n.String()
		if r.pattern == "*" {
			r.pattern = ""
		}
		if r.match == files {
			r.pattern = filePattern(n.String())
		}
		if s.surface != "" {
			r.subject = s.surface
		}
	}
	return r
}

// scalars are the scalar nodes of a list, or a scalar alone.
func scalars(n *Node) []*Node {
	switch {
	case n == nil || n.Kind == NullNode || n.Kind == MapNode:
		return nil
	case n.Kind != ListNode:
		return []*Node{n}
	}
	var out []*Node
	for _, it := range n.Items {
		if it != nil && it.Kind != ListNode && it.Kind != MapNode && it.Kind != NullNode {
			out = append(out, it)
		}
	}
	return out
}

// levelScope is the scope of a setting with ordered values.
func levelScope(sc scope, s *setting, subject, value string, line int) scope {
	sc.single, sc.vague = true, true
	r := levelRule(s.values, subject, value)
	r.raw, r.line = lastKey(subject)+": "+value, line
	sc.rules = []rule{r}
	if s.absent != "" {
		sc.floor = []rule{levelRule(s.values, subject, s.absent)}
	}
	return sc
}

func lastKey(slot string) string { return slot[strings.LastIndexByte(slot, '.')+1:] }

// levelRule turns a value into the powers it has. A value that the table does
// not know is opaque.
func levelRule(values, subject, value string) rule {
	for _, v := range strings.Fields(values) {
		name, letters, _ := strings.Cut(v, "=")
		if strings.EqualFold(name, value) {
			return rule{effect: allow, subject: subject, match: levels, pattern: letters}
		}
	}
	return rule{effect: allow, subject: subject, pattern: value, opaque: true}
}

// oneLine writes a value as compact text: a scalar as it is, maps and lists as
// in JSON without quotes, keys in their order. Long values are cut for good,
// since they are compared as well as shown: what is cut is told by its length
// and a checksum.
func oneLine(n *Node) string {
	var b strings.Builder
	writeLine(&b, n, 0)
	return b.String()
}

func writeLine(b *strings.Builder, n *Node, depth int) {
	switch {
	case n == nil || n.Kind == NullNode:
		b.WriteString("null")
	case depth > maxDepth:
		b.WriteString("…")
	case n.Kind == ListNode:
		b.WriteByte('[')
		for i, it := range n.Items {
			if i > 0 {
				b.WriteString(", ")
			}
			writeLine(b, it, depth+1)
		}
		b.WriteByte(']')
	case n.Kind == MapNode:
		b.WriteByte('{')
		for i, it := range n.Items {
			if i > 0 {
				b.WriteString(", ")
			}
			b.WriteString(n.Keys[i] + ": ")
			writeLine(b, it, depth+1)
		}
		b.WriteByte('}')
	default:
		b.WriteString(n.Text)
	}
}

// numberRule is a bound. Zero and below stand for no bound at all in formats
// whose readers say so; what is no number is opaque.
func numberRule(subject, text string) rule {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || v != v {
		return rule{effect: allow, subject: subject, pattern: text, opaque: true}
	}
	return rule{effect: allow, subject: subject, match: upTo, number: v}
}
