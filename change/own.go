package change

import (
	"fmt"
	"path"
)

// ownFormats reads the repository's own formats. They have the built-in ones'
// syntax, add to them and never stand in their way.
func (c *comparison) ownFormats() error {
	for _, o := range c.settings.Formats {
		f := &format{id: o.Name, title: o.Name, paths: o.Paths, identity: defaultIdentity, own: true}
		for _, list := range []struct {
			slots []string
			into  *[]place
		}{{o.Model, &f.model}, {o.Prompt, &f.prompt}, {o.Params, &f.params}} {
			for _, text := range list.slots {
				s, err := parseSlot(text)
				if err != nil {
					return fmt.Errorf("format %s: %w", o.Name, err)
				}
				*list.into = append(*list.into, place{slot: s})
			}
		}
		for _, r := range o.Tools {
			if err := f.addRule(r); err != nil {
				return fmt.Errorf("format %s: %w", o.Name, err)
			}
		}
		c.own = append(c.own, f)
	}
	return nil
}

// An ownRule is a slot of tool rules, as the settings name it.
type ownRule struct {
	slot   slot
	effect effect
}

func (f *format) addRule(r FormatRule) error {
	text, e := r.Allow, allow
	if r.Ask != "" {
		text, e = r.Ask, ask
	}
	if r.Deny != "" {
		text, e = r.Deny, deny
	}
	s, err := parseSlot(text)
	if err != nil || text == "" {
		return fmt.Errorf("tool rule %q: %v", text, err)
	}
	f.rules = append(f.rules, ownRule{s, e})
	f.tools = "rules that the settings name"
	return nil
}

// ownScopes reads the tool rules of a repository's own format. What no rule
// names is refused, unless the format has only rules that refuse or ask.
func (f *format) ownScopes(d *document) []scope {
	if len(f.rules) == 0 {
		return nil
	}
	s := scope{agent: d.agent, path: d.entry.Path, format: f.id, slot: "tools", dimension: "tool", group: f.id + "|" + d.entry.Path, surface: "tools", def: allow, absent: deny}
	for i := range f.rules {
		r := &f.rules[i]
		if r.effect == allow {
			s.def = deny
		}
		for _, root := range d.roots {
			r.slot.find(root, f.identity, f.repeats(), func(h hit) {
				for _, v := range h.node.Strings() {
					s.rules = append(s.rules, item(&Node{Kind: StringNode, Text: v, Line: h.node.Line}, r.effect))
				}
			})
		}
	}
	for i := range s.rules {
		s.rules[i].raw = entryText(s.rules[i].raw)
	}
	return []scope{s}
}

// parserByName chooses a parser for the file of a format that does not say.
func parserByName(p string) string {
	switch path.Ext(p) {
	case ".yaml", ".yml":
		return "yaml"
	case ".json", ".jsonc":
		return "json"
	case ".toml":
		return "toml"
	case ".md", ".mdc", ".prompt", ".prompty":
		return "front"
	case ".xml":
		return "xml"
	case ".tf", ".tfvars", ".hcl":
		return "hcl"
	case ".env", ".properties":
		return "env"
	}
	return "text"
}
