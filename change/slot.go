package change

import (
	"fmt"
	"strconv"
	"strings"
)

// A slot is a place in a document, as the catalogue and the settings write it:
//
//	llm.model                       keys of maps
//	agents.*.model                  every key; * also stands inside a key: *_MODEL
//	agents.{agent}.model            every key, and the key names the agent
//	messages[*].content             every item of a list
//	nodes[type=lmChat*].model       the items, or the map itself, whose type matches
//	nodes[data.kind!=start].text    … whose data.kind does not match
//	config[model].model             … that have a model
//	**.model                        at any depth
//	with.settings<json>.model.name  inside a string that holds JSON (or YAML)
//	models.*<key>                   the keys themselves
//	one|other.c                     either key
//	'a.b'.c                         a key that holds a point; it may hold * too
//
// Two more name a text: "." is the whole file and "body" what follows the front
// matter.
type slot struct {
	text  string
	steps []step
	keys  bool // the keys of what is found, instead of the values
}

type stepKind uint8

const (
	stepKey stepKind = iota
	stepGlob
	stepDeep
	stepItems
	stepFilter
	stepParse
)

type step struct {
	kind   stepKind
	key    string // a key, a glob of keys, or the format to parse
	agent  bool   // the key names the agent
	path   []string
	glob   string // what the value at path must match; "" when it must exist
	negate bool
}

// A hit is one node that a slot found.
type hit struct {
	node  *Node
	name  string // the slot with names in place of wildcards: agents.root.model
	agent string
	up    *Node // the map that holds the node
}

func parseSlot(text string) (slot, error) {
	s := slot{text: text}
	rest := text
	for rest != "" {
		switch rest[0] {
		case '.':
			rest = rest[1:]
		case '[':
			inside, after, ok := strings.Cut(rest[1:], "]")
			if !ok {
				return s, fmt.Errorf("slot %q: no ] after [", text)
			}
			s.steps = append(s.steps, bracketStep(inside))
			rest = after
		case '<':
			inside, after, ok := strings.Cut(rest[1:], ">")
			switch {
			case ok && inside == "key" && after == "":
				s.keys = true
			case ok && (inside == "json" || inside == "yaml"):
				s.steps = append(s.steps, step{kind: stepParse, key: inside})
			default:
				return s, fmt.Errorf("slot %q: <%s> is unknown here", text, inside)
			}
			rest = after
		case '\'':
			key, after, ok := strings.Cut(rest[1:], "'")
			if !ok {
				return s, fmt.Errorf("slot %q: no ' after '", text)
			}
			kind := stepKey
			if strings.Contains(key, "*") {
				kind = stepGlob
			}
			s.steps = append(s.steps, step{kind: kind, key: key})
			rest = after
		default:
			end := strings.IndexAny(rest, ".[<")
			if end < 0 {
				end = len(rest)
			}
			if strings.ContainsAny(rest[:end], "= ]>") {
				return s, fmt.Errorf("slot %q: key %q must stand in quotes", text, rest[:end])
			}
			s.steps = append(s.steps, keyStep(rest[:end]))
			rest = rest[end:]
		}
	}
	return s, nil
}

func keyStep(key string) step {
	switch {
	case key == "**":
		return step{kind: stepDeep}
	case key == "{agent}":
		return step{kind: stepGlob, key: "*", agent: true}
	case strings.ContainsAny(key, "*|"):
		return step{kind: stepGlob, key: key}
	}
	return step{kind: stepKey, key: key}
}

func bracketStep(inside string) step {
	if inside == "*" {
		return step{kind: stepItems}
	}
	key, glob, _ := strings.Cut(inside, "=")
	negate := strings.HasSuffix(key, "!")
	return step{kind: stepFilter, path: strings.Split(strings.TrimSuffix(key, "!"), "."), glob: glob, negate: negate}
}

// find yields what s finds below root, in the order of the file. identity lists
// the keys that name an item of a list; the first that an item has is used.
// repeats says that keys of a map may stand for several values each, as in XML
// and HCL; elsewhere the last value of a key counts.
func (s *slot) find(root *Node, identity [][]string, repeats bool, yield func(hit)) {
	w := slotWalk{identity: identity, keys: s.keys, repeats: repeats, yield: yield}
	w.walk(s.steps, hit{node: root}, 0)
}

// findWithin is find that takes a step from the budget for every value it looks
// at, and ends when that is used up.
func (s *slot) findWithin(budget *int, root *Node, identity [][]string, repeats bool, yield func(hit)) {
	w := slotWalk{identity: identity, keys: s.keys, repeats: repeats, yield: yield, budget: budget}
	w.walk(s.steps, hit{node: root}, 0)
}

type slotWalk struct {
	budget   *int // nil for none
	identity [][]string
	keys     bool
	repeats  bool
	yield    func(hit)
}

func (w *slotWalk) walk(steps []step, at hit, depth int) {
	if w.budget != nil {
		if *w.budget -= 1 + len(at.node.items())/8; *w.budget < 0 {
			return
		}
	}
	if at.node == nil || depth > 2*maxDepth {
		return
	}
	if len(steps) == 0 {
		w.found(at)
		return
	}
	s, rest := &steps[0], steps[1:]
	switch s.kind {
	case stepKey:
		if w.repeats {
			w.eachKey(at.node, func(k string, h hit) {
				if k == s.key {
					w.walk(rest, h, depth+1)
				}
			}, at)
		} else if v := at.node.Get(s.key); v != nil {
			w.walk(rest, at.below(v, s.key), depth+1)
		}
	case stepGlob:
		w.eachKey(at.node, func(k string, h hit) {
			if wildcard(s.key, k) {
				if s.agent {
					h.agent = k
				}
				w.walk(rest, h, depth+1)
			}
		}, at)
	case stepItems:
		w.eachItem(at, func(h hit) { w.walk(rest, h, depth+1) })
	case stepFilter:
		if at.node.Kind == ListNode {
			w.eachItem(at, func(h hit) {
				if s.accepts(h.node) {
					w.walk(rest, h, depth+1)
				}
			})
		} else if s.accepts(at.node) {
			w.walk(rest, at, depth+1)
		}
	case stepDeep:
		w.deep(rest, at, depth)
	case stepParse:
		if root := parseInner(s.key, at.node); root != nil {
			at.node = root
			w.walk(rest, at, depth+1)
		}
	}
}

// deep tries the rest of a slot at every map and list from at downwards.
func (w *slotWalk) deep(rest []step, at hit, depth int) {
	if at.node == nil || depth > 2*maxDepth {
		return
	}
	w.walk(rest, at, depth+1)
	switch at.node.Kind {
	case MapNode:
		w.eachKey(at.node, func(_ string, h hit) { w.deep(rest, h, depth+1) }, at)
	case ListNode:
		w.eachItem(at, func(h hit) { w.deep(rest, h, depth+1) })
	}
}

func (w *slotWalk) found(at hit) {
	if !w.keys {
		w.yield(at)
		return
	}
	w.eachKey(at.node, func(k string, h hit) {
		h.node = &Node{Kind: StringNode, Text: k, Line: h.node.Line}
		w.yield(h)
	}, at)
}

// eachKey yields the values of a map. Of a key that stands twice it yields the
// last, or each where the format lets keys repeat.
func (w *slotWalk) eachKey(n *Node, yield func(string, hit), at hit) {
	if n.Kind != MapNode {
		return
	}
	count := map[string]int(nil)
	if len(n.Keys) > 1 {
		count = make(map[string]int, len(n.Keys))
		for _, k := range n.Keys {
			count[k]++
		}
	}
	seen := map[string]int{}
	for i, k := range n.Keys {
		switch v := n.Items[i]; {
		case v == nil:
		case count[k] <= 1:
			yield(k, at.below(v, k))
		case w.repeats:
			yield(k, at.below(v, k+"["+w.itemName(v, seen[k])+"]"))
			seen[k]++
		default:
			if seen[k]++; seen[k] == count[k] {
				yield(k, at.below(v, k))
			}
		}
	}
}

func (w *slotWalk) eachItem(at hit, yield func(hit)) {
	if at.node.Kind != ListNode {
		return
	}
	for i, it := range at.node.Items {
		if it == nil {
			continue
		}
		h := at
		h.node = it
		h.name = at.name + "[" + w.itemName(it, i) + "]"
		if it.Kind == MapNode {
			h.up = it
		}
		yield(h)
	}
}

// defaultIdentity are keys by which people name the items of a list.
var defaultIdentity = [][]string{{"name"}, {"id"}, {"key"}, {"slug"}, {"model_name"}, {"title"}, {"alias"}, {"role"}, {"label"}}

// itemName names an item of a list by what it says of itself, else by its
// place.
func (w *slotWalk) itemName(it *Node, i int) string {
	for _, path := range w.identity {
		if s := it.Get(path...).String(); s != "" && len(s) <= 80 && !strings.ContainsAny(s, "\n\r") {
			return s
		}
	}
	return strconv.Itoa(i)
}

func (h hit) below(v *Node, key string) hit {
	if h.node.Kind == MapNode {
		h.up = h.node
	}
	h.node = v
	if h.name != "" {
		h.name += "."
	}
	h.name += key
	return h
}

func (s *step) accepts(n *Node) bool {
	v := n.Get(s.path...)
	if s.glob == "" {
		return (v != nil) != s.negate
	}
	ok := false
	if v != nil && v.Kind == ListNode {
		for _, t := range v.Strings() {
			ok = ok || wildcard(s.glob, t)
		}
	} else if v != nil {
		ok = wildcard(s.glob, v.String())
	}
	return ok != s.negate
}

// parseInner reads a string that holds a document of its own.
func parseInner(kind string, n *Node) *Node {
	if n.Kind == MapNode || n.Kind == ListNode {
		return n // some tools accept both spellings
	}
	var root *Node
	if kind == "json" {
		root, _ = parseJSON([]byte(n.Text))
	}
	if root == nil {
		if roots, err := parseYAML([]byte(n.Text)); err == nil && len(roots) > 0 {
			root = roots[0]
		}
	}
	if root != nil {
		shiftLines(root, n.Line)
	}
	return root
}

// wildcard matches s against a pattern in which * stands for any text and |
// separates alternatives.
func wildcard(pattern, s string) bool {
	for {
		one, more, found := strings.Cut(pattern, "|")
		if matchStars(one, s) {
			return true
		}
		if !found {
			return false
		}
		pattern = more
	}
}

func matchStars(pattern, s string) bool {
	first, rest, found := strings.Cut(pattern, "*")
	if !found {
		return pattern == s
	}
	s, ok := strings.CutPrefix(s, first)
	if !ok {
		return false
	}
	for {
		part, more, found := strings.Cut(rest, "*")
		if !found {
			return strings.HasSuffix(s, part)
		}
		at := strings.Index(s, part)
		if at < 0 {
			return false
		}
		s, rest = s[at+len(part):], more
	}
}
