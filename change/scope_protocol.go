package change

import (
	"path"
	"regexp"
	"strings"
)

// OpenAPI actions and plugins. Source: OpenAPI Specification 3.1; OpenAI, "GPT
// Actions" (x-openai-isConsequential); ai-plugin.json of ChatGPT plugins.

func isPluginManifest(d *document) bool {
	return path.Base(d.entry.Path) == "ai-plugin.json" || d.root().Has("schema_version") && d.root().Has("api") && d.root().Has("name_for_model")
}

func readPluginManifest(b *scopeBuilder) {
	b.here()
	b.settings(b.d.root(), []setting{
		{at: "auth.type", dimension: "credential", values: "oauth= service_http=a user_http=a none=ab", absent: "none"},
		{at: "auth.scope", dimension: "oauth_scope", kind: grant},
		{at: "auth.authorization_url", dimension: "credential", kind: prose},
		{at: "api.url", dimension: "server", kind: prose},
	})
}

// isAction recognises an API description that is offered to a model. Most have
// nothing to do with agents, so one must say so or lie beside a plugin manifest.
func isAction(d *document) bool {
	root := d.root()
	if root.Get("paths") == nil || root.Get("paths").Kind != MapNode || !root.Has("openapi") && !root.Has("swagger") {
		return false
	}
	for _, item := range root.Get("paths").Items {
		for _, op := range item.items() {
			if op.Has("x-openai-isConsequential") {
				return true
			}
		}
	}
	if d.other == nil {
		return false
	}
	folder := path.Dir(d.entry.Path)
	for _, p := range []string{".well-known/ai-plugin.json", "ai-plugin.json", "../.well-known/ai-plugin.json", "declarativeAgent.json", "../declarativeAgent.json"} {
		if d.other(path.Join(folder, p)) != nil {
			return true
		}
	}
	return false
}

func readAction(b *scopeBuilder) {
	root := b.d.root()
	b.here()
	for _, s := range root.Get("servers").items() {
		b.add(scope{slot: "servers", dimension: "server", surface: "servers", vague: true, rules: []rule{{effect: allow, subject: "server", pattern: s.Get("url").String(), raw: s.Get("url").String(), line: s.Line}}})
	}
	paths := root.Get("paths")
	for i, p := range paths.Keys {
		for j, method := range paths.Items[i].Keys {
			op := paths.Items[i].Items[j]
			switch method {
			case "get", "put", "post", "delete", "patch", "head", "options":
				b.operation(root, method, p, op)
			}
		}
	}
}

func (b *scopeBuilder) operation(root *Node, method, p string, op *Node) {
	name := strings.ToUpper(method) + " " + p
	slot := "paths." + entryText(p) + "." + method
	b.add(scope{slot: slot, dimension: "action", surface: "operations", rules: []rule{{effect: allow, subject: name, raw: name, line: op.Line}}})
	consequential, line := "true", op.Line
	if method == "get" {
		consequential = "false"
	}
	absent := consequential
	if v := op.Get("x-openai-isConsequential"); v != nil {
		consequential, line = v.String(), v.Line
	}
	b.level(slot+".x-openai-isConsequential", "approval", "confirm "+name, guard, absent, consequential, line)
	security := op.Get("security")
	if security == nil {
		security = root.Get("security")
	}
	sc := scope{slot: slot + ".security", dimension: "oauth_scope", surface: "security " + name, absent: allow}
	for _, s := range security.items() {
		sc.rules = append(sc.rules, rule{effect: allow, subject: oneLine(s), raw: oneLine(s), line: s.Line})
	}
	if len(sc.rules) > 0 {
		b.add(sc)
	}
}

// A2A agent cards. A card describes; only who may ask is scope. Source: A2A
// specification, AgentCard.
func isAgentCard(d *document) bool {
	root := d.root()
	base := path.Base(d.entry.Path)
	return (base == "agent-card.json" || base == "agent.json") && root.Has("skills") && (root.Has("url") || root.Has("capabilities"))
}

func readAgentCard(b *scopeBuilder) {
	root := b.d.root()
	b.here()
	security := root.Get("security")
	if security == nil {
		security = root.Get("securityRequirements")
	}
	sc := scope{slot: "security", dimension: "audience", surface: "security", absent: allow, vague: true}
	for _, s := range security.items() {
		sc.rules = append(sc.rules, rule{effect: allow, subject: "scheme", pattern: oneLine(s), raw: oneLine(s), line: s.Line})
	}
	if len(sc.rules) > 0 {
		b.add(sc)
	}
	for _, s := range root.Get("skills").items() {
		name := s.Get("id").String()
		b.add(scope{slot: "skills", dimension: "action", surface: "skills", rules: []rule{{effect: allow, subject: name, raw: name, line: s.Line, opaque: true}}})
	}
	if url := root.Get("url"); url.String() != "" {
		b.add(scope{slot: "url", dimension: "server", surface: "url", single: true, rules: []rule{{effect: allow, subject: "url", pattern: url.Text, raw: url.Text, line: url.Line, opaque: true}}})
	}
}

// SPIFFE. Source: spire-controller-manager, ClusterSPIFFEID.
func isSPIFFE(d *document) bool {
	for _, n := range d.roots {
		if n.Get("kind").String() == "ClusterSPIFFEID" {
			return true
		}
	}
	return false
}

func readSPIFFE(b *scopeBuilder) {
	for _, n := range b.d.roots {
		if n.Get("kind").String() != "ClusterSPIFFEID" {
			continue
		}
		name := n.Get("metadata", "name").String()
		b.in("spiffe|"+b.d.entry.Path+"#"+name, b.agent, true, func(b *scopeBuilder) {
			b.prefix = entryText(name) + "."
			b.here()
			spec := n.Get("spec")
			b.settings(spec, []setting{
				{at: "spiffeIDTemplate", dimension: "iam", kind: prose},
				{at: "federatesWith", dimension: "iam", kind: allows},
				{at: "admin", dimension: "iam", values: flag, absent: "false"},
			})
			for _, key := range []string{"podSelector", "namespaceSelector", "workloadSelectorTemplates"} {
				// A selector narrows which pods get the identity; without one all do.
				sc := scope{slot: key, dimension: "iam", surface: key, absent: allow, vague: true}
				text := oneLine(spec.Get(key))
				if text == "null" || text == "{}" {
					continue
				}
				sc.rules = []rule{{effect: allow, subject: key, pattern: text, raw: text, line: spec.Line}}
				b.add(sc)
			}
		})
	}
}

// OPA. Only literal sets can be compared; the rest of a policy has no direction.
// Source: OPA, "Policy Language". Countersign's own rules speak of agents and
// rule none: they are changes of kind policy.
func isAgentRego(d *document) bool {
	return path.Ext(d.entry.Path) == ".rego" && !isPolicyPath(d.entry.Path) && !strings.HasSuffix(d.entry.Path, "_test.rego") && regoTools.MatchString(d.text())
}

var (
	regoTools   = regexp.MustCompile(`(?m)\b(allowed_tools|tool_name|mcp|agent)\b`)
	regoDefault = regexp.MustCompile(`(?m)^\s*default\s+(\w+)\s*:?=\s*(\w+)`)
	regoSet     = regexp.MustCompile(`(?m)^\s*((?:allowed|denied|blocked|permitted)\w*)\s*:=\s*[\[{]([^\]}]*)[\]}]`)
	regoComment = regexp.MustCompile(`(?m)#.*$`)
)

func readAgentRego(b *scopeBuilder) {
	b.here()
	text := regoComment.ReplaceAllString(b.d.text(), "")
	for _, m := range regoDefault.FindAllStringSubmatch(text, 100) {
		if m[1] == "allow" || m[1] == "allowed" {
			b.level("default "+m[1], "tool", "default "+m[1], flag, "false", m[2], 0)
		}
	}
	rest := regoDefault.ReplaceAllString(text, "")
	for _, m := range regoSet.FindAllStringSubmatch(text, 100) {
		e := allow
		sc := scope{slot: entryText(m[1]), dimension: "tool", surface: m[1]}
		if !strings.HasPrefix(m[1], "allowed") && !strings.HasPrefix(m[1], "permitted") {
			e, sc.def, sc.absent, sc.dimension = deny, allow, allow, "deny"
		}
		for _, w := range strings.Split(m[2], ",") {
			if w = strings.Trim(strings.TrimSpace(w), `"`+"`"); w != "" {
				sc.rules = append(sc.rules, rule{effect: e, subject: w, raw: w})
			}
		}
		b.add(sc)
	}
	rest = strings.Join(strings.Fields(regoSet.ReplaceAllString(rest, "")), " ")
	b.add(scope{slot: "rules", dimension: "tool", surface: "rules", rules: []rule{{effect: allow, subject: "rules", pattern: rest, raw: "", opaque: true}}})
}
