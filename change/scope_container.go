package change

import (
	"path"
	"strings"
)

// Containers that serve tools to agents: services of Compose and containers of
// Kubernetes whose image or name says MCP. The image is the code that runs, its
// tag the version, and its arguments say which servers and tools it offers.
// Sources: Compose file reference, services; Kubernetes API reference, Container;
// Docker MCP Gateway, Command line reference (--servers, --tools).

func isToolContainer(d *document) bool {
	return (d.format == "compose" || d.format == "kserve" || d.format == "kagent") && strings.Contains(d.text(), "mcp")
}

func readToolContainers(b *scopeBuilder) {
	for _, root := range b.d.roots {
		services := root.Get("services")
		for i, s := range services.items() {
			if services.Kind == MapNode {
				b.toolContainer(services.Keys[i], s, "services."+services.Keys[i], "command")
			}
		}
		walkMaps(root, "", func(at, key string, v *Node) {
			if key != "containers" || v.Kind != ListNode {
				return
			}
			for _, c := range v.Items {
				b.toolContainer(c.Get("name").String(), c, rootName(root, 0)+"."+key+"."+c.Get("name").String(), "args")
			}
		})
	}
}

func (b *scopeBuilder) toolContainer(name string, c *Node, slot, args string) {
	image := c.Get("image").String()
	if image == "" || !saysMCP(name) && !saysMCP(path.Base(image)) && !saysMCP(path.Base(path.Dir(image))) {
		return
	}
	slot = entryText(slot)
	b.in("container|"+b.d.entry.Path+"#"+slot, b.agent, true, func(b *scopeBuilder) {
		b.here()
		b.containerScopes(name, image, slot, args, c)
	})
}

func (b *scopeBuilder) containerScopes(name, image, slot, args string, c *Node) {
	pkg, version := splitVersion(image, "docker")
	subject, label := "server image "+pkg, name+" ("+image+")"
	line := c.Get("image").Line
	b.add(scope{slot: slot, dimension: "server", surface: "mcp", rules: []rule{{effect: allow, subject: subject, raw: label, line: line}}})
	b.add(scope{slot: slot, dimension: "server", surface: "mcp version", vague: true, rules: []rule{{effect: allow, subject: subject, pattern: version, raw: label, line: line}}})
	words := c.Get(args).Strings()
	if n := c.Get(args); n != nil && n.Kind == StringNode {
		words = shellWords(n.Text)
	}
	b.gatewayFlags(subject, slot+"."+args, words, c.Get(args))
}

// gatewayFlags reads what a server is started with. Named servers and tools are
// lists; another flag in the place of one has no direction.
func (b *scopeBuilder) gatewayFlags(subject, slot string, words []string, n *Node) {
	if n == nil {
		return
	}
	rest := scope{slot: slot, dimension: "server", surface: "mcp args", vague: true}
	for _, f := range flagsOf(words) {
		switch f.name {
		case "--servers", "--tools":
			sc := scope{slot: slot + " " + f.name, dimension: "server", surface: f.name + " of " + subject, absent: allow}
			if f.name == "--tools" {
				sc.dimension = "tool"
			}
			for _, v := range strings.Split(strings.Join(f.values, ","), ",") {
				if v = strings.TrimSpace(v); v != "" {
					sc.rules = append(sc.rules, rule{effect: allow, subject: v, raw: v, line: n.Line})
				}
			}
			b.add(sc)
		default:
			text := strings.TrimSpace(f.name + " " + strings.Join(f.values, " "))
			if text != "" && !quietFlags[f.name] {
				rest.rules = append(rest.rules, rule{effect: allow, subject: subject, pattern: "args " + text, raw: text, line: n.Line})
			}
		}
	}
	if len(rest.rules) > 0 {
		b.add(rest)
	}
}

// quietFlags say how a server is reached and what it logs.
var quietFlags = set("--port", "--host", "--transport", "--log-level", "--verbose", "--debug")

// saysMCP reports whether one word of a name is mcp.
func saysMCP(name string) bool {
	for w := range strings.FieldsFuncSeq(strings.ToLower(name), func(r rune) bool { return strings.ContainsRune("-._:/ ", r) }) {
		if w == "mcp" {
			return true
		}
	}
	return false
}
