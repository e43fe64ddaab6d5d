package change

import "fmt"

// ownFormats reads the repository's own formats. They have the built-in ones'
// syntax, add to them and never stand in their way.
func (c *comparison) ownFormats() error {
	for _, o := range c.settings.Formats {
		f := &format{id: o.Name, title: o.Name, paths: o.Paths, identity: defaultIdentity, own: true, rules: o.Tools}
		var err error
		for _, list := range []struct {
			slots []string
			into  *[]place
		}{{o.Model, &f.model}, {o.Prompt, &f.prompt}, {o.Params, &f.params}} {
			for _, text := range list.slots {
				p := place{}
				if p.slot, err = parseSlot(text); err != nil {
					return fmt.Errorf("format %s: %w", o.Name, err)
				}
				*list.into = append(*list.into, p)
			}
		}
		if len(o.Tools) > 0 {
			f.tools = "rules named by the settings"
		}
		c.own = append(c.own, f)
	}
	return nil
}
