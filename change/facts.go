package change

import (
	"path"
	"strconv"
	"strings"
)

// factsOf takes the facts of models, prompts and parameters from a document.
func factsOf(d *document, f *format) []fact {
	c := collector{d: d, f: f, names: map[string]int{}, budget: maxLookup}
	for i, root := range d.roots {
		c.prefix = ""
		if len(d.roots) > 1 {
			c.prefix = rootName(root, i) + ":"
		}
		c.root = root
		for j := range f.model {
			c.models(&f.model[j])
		}
		for j := range f.prompt {
			c.prompts(&f.prompt[j])
		}
		for j := range f.params {
			c.params(&f.params[j])
		}
	}
	if len(d.roots) == 0 {
		for j := range f.prompt {
			c.prompts(&f.prompt[j])
		}
	}
	for i := range c.facts {
		c.facts[i].placed = true
	}
	for _, name := range f.read {
		before := len(c.facts)
		for _, x := range extractors[name](d) {
			if !c.has(x, before) {
				c.add(x)
			}
		}
	}
	return c.facts
}

// rootName names one document of a YAML stream by what it says of itself, as
// Kubernetes objects do, else by its place.
func rootName(root *Node, i int) string {
	name := root.Get("metadata", "name").String()
	if name == "" {
		name = root.Get("name").String()
	}
	if name == "" {
		name = strconv.Itoa(i)
	}
	if kind := root.Get("kind").String(); kind != "" {
		return kind + "/" + name
	}
	return name
}

type collector struct {
	d      *document
	f      *format
	root   *Node
	prefix string
	names  map[string]int
	facts  []fact
	budget int // values that may still be looked at in search of what references name
}

// maxLookup bounds the search for what the references of one file name. A file
// beyond it is reported as one that says too much.
const maxLookup = 5_000_000

// add completes a fact and gives it a slot of its own. Beyond maxFacts the file
// is given up anyway.
func (c *collector) add(x fact) {
	if len(c.facts) > maxFacts {
		return
	}
	if x.path == "" {
		x.path = c.d.entry.Path
	}
	if x.format == "" {
		x.format = c.f.id
	}
	if x.agent == "" {
		x.agent = c.d.agent
	}
	key := string(x.kind) + " " + x.slot
	if c.names[key]++; c.names[key] > 1 {
		x.slot += "#" + strconv.Itoa(c.names[key])
	}
	c.facts = append(c.facts, x)
}

// has reports whether one of the first n facts says the same of the same slot:
// two readers may look at one place.
func (c *collector) has(x fact, n int) bool {
	if c.names[string(x.kind)+" "+x.slot] == 0 {
		return false
	}
	for _, f := range c.facts[:n] {
		if f.kind == x.kind && f.slot == x.slot && f.value == x.value {
			return true
		}
	}
	return false
}

func (c *collector) find(p *place, yield func(hit)) {
	if c.root == nil {
		return
	}
	p.slot.find(c.root, c.f.identity, c.f.repeats(), func(h hit) {
		h.name = c.prefix + h.name
		if p.name != "" {
			h.name = strings.ReplaceAll(p.name, "{agent}", h.agent)
		}
		yield(h)
	})
}

func (c *collector) models(p *place) {
	c.find(p, func(h hit) {
		x := fact{kind: Model, slot: h.name, agent: h.agent, line: h.node.Line, notice: p.notice}
		var values []string
		for _, v := range p.values(h) {
			r := c.resolve(p, h, v)
			if r.value == "" || p.known && !r.outside && !isModelID(r.value) {
				continue
			}
			x.outside = x.outside || r.outside
			x.paths = append(x.paths, r.paths...)
			values = append(values, r.value)
		}
		if len(values) == 0 {
			return
		}
		x.value = strings.Join(values, ", ")
		if len(values) > 1 {
			x.list = values
		}
		c.add(x)
	})
}

// values returns the strings that stand in a model's place: one, or the items
// of a fallback list.
func (p *place) values(h hit) []string {
	var out []string
	for _, v := range append(h.node.Strings(), intrinsic(h.node)...) {
		if !p.split {
			out = append(out, strings.TrimSpace(v))
			continue
		}
		for _, part := range strings.Split(v, ",") {
			out = append(out, strings.TrimSpace(part))
		}
	}
	return out
}

type resolved struct {
	value   string
	outside bool
	paths   []string
}

// resolve follows a reference to what it stands for, and tells a value that is
// not in the repository.
func (c *collector) resolve(p *place, h hit, v string) resolved {
	if v == "" {
		return resolved{}
	}
	for _, via := range p.viaText {
		if n, up, from := c.lookup(via, v); n != nil {
			if n.Kind == MapNode {
				n, up = n.Get("model"), n
			}
			if t := n.String(); t != "" {
				r := pin(withProvider(t, or(up.Get("provider").String(), up.Get("type").String())))
				r.paths = from
				return r
			}
		}
	}
	for _, key := range p.provider {
		if provider := h.up.Get(key...).String(); provider != "" {
			v = withProvider(v, provider)
			break
		}
	}
	return pin(v)
}

// lookup finds what a reference names in any document of the file, or in the
// files that the format keeps such things in. from lists those it was read from.
func (c *collector) lookup(via, v string) (n, up *Node, from []string) {
	if strings.ContainsAny(v, "'[]<>\n") {
		return nil, nil, nil
	}
	via = strings.ReplaceAll(via, "={}", "="+v)
	s, err := parseSlot(strings.ReplaceAll(via, "{}", "'"+v+"'"))
	if err != nil {
		return nil, nil, nil
	}
	search := func(roots []*Node) bool {
		for _, root := range roots {
			s.findWithin(&c.budget, root, nil, c.f.repeats(), func(h hit) {
				if n == nil {
					n, up = h.node, h.up
				}
			})
			if c.budget < 0 {
				c.d.giveUp("too many references to follow")
				return false
			}
		}
		return n != nil
	}
	if search(c.d.roots) || c.d.other == nil {
		return n, up, nil
	}
	for _, name := range c.f.beside {
		p := path.Join(path.Dir(c.d.entry.Path), name)
		if d := c.d.other(p); p != c.d.entry.Path && d != nil && search(d.roots) {
			return n, up, []string{p}
		}
	}
	return nil, nil, nil
}

// withProvider writes provider and model as one string, once.
func withProvider(model, provider string) string {
	if provider == "" || strings.HasPrefix(model, provider+"/") || strings.Contains(provider, "/") {
		return model
	}
	return provider + "/" + model
}

func (c *collector) prompts(p *place) {
	switch p.slot.text {
	case ".":
		c.text(p, string(trimBOM(c.d.data)), 1)
		return
	case "body":
		c.text(p, c.d.body, c.d.bodyLine)
		return
	}
	c.find(p, func(h hit) {
		value := h.node.String()
		if h.node.Kind == ListNode || h.node.Kind == MapNode {
			value = promptText(h.node)
		}
		if strings.TrimSpace(value) == "" {
			return
		}
		c.add(fact{kind: Prompt, slot: h.name, value: value, agent: h.agent, line: h.node.Line, notice: p.notice})
	})
}

// text adds a text as a whole. It is there for the first document only.
func (c *collector) text(p *place, value string, line int) {
	if c.root != nil && c.root != c.d.roots[0] || strings.TrimSpace(value) == "" {
		return
	}
	name := p.name
	if name == "" {
		name = "text"
	}
	c.add(fact{kind: Prompt, slot: name, value: value, line: line, notice: p.notice || c.f.weak && speaksToPeople(value)})
}

// promptText joins the strings of a list, and writes everything else as JSON.
func promptText(n *Node) string {
	if list := n.Strings(); n.Kind == ListNode && len(list) == len(n.Items) {
		return strings.Join(list, "\n")
	}
	return canonical(n)
}

func (c *collector) params(p *place) {
	c.find(p, func(h hit) {
		if value := canonical(h.node); value != "" && value != "null" && value != "{}" && value != "[]" {
			c.add(fact{kind: ModelParams, slot: h.name, value: value, agent: h.agent, line: h.node.Line, notice: p.notice})
		}
	})
}
