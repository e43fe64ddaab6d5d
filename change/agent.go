package change

import (
	"path"
	"slices"
	"strings"
)

// An agentGlob is one pattern by which the settings name an agent.
type agentGlob struct {
	agent   string
	pattern string
}

// settingsAgent names the agent that the settings give a file, or "". Of two
// patterns that match, the longer one wins, then the agent that sorts first.
func (c *comparison) settingsAgent(p string) string {
	if len(c.settings.Agents) == 0 {
		return ""
	}
	if c.agents == nil {
		for name, patterns := range c.settings.Agents {
			for _, pattern := range patterns {
				c.agents = append(c.agents, agentGlob{name, pattern})
			}
		}
		slices.SortFunc(c.agents, func(a, b agentGlob) int {
			if d := len(b.pattern) - len(a.pattern); d != 0 {
				return d
			}
			return strings.Compare(a.agent, b.agent)
		})
	}
	for _, g := range c.agents {
		if matchAny([]string{g.pattern}, p) {
			return g.agent
		}
	}
	return ""
}

// nameAgent sets the agent that a document belongs to: by the settings, by what
// the document says of itself, by the format, by the file's name, or by its
// folder when the name says nothing.
func (c *comparison) nameAgent(p *pair, d *document, formats ...*format) {
	d.agent = c.settingsAgent(d.entry.Path)
	if d.agent == "" {
		d.agent = p.agent
	}
	for _, f := range formats {
		if d.agent != "" {
			return
		}
		if f != nil && f.id == d.format {
			d.agent = f.agentIn(d)
		}
	}
	if d.agent == "" {
		d.agent = agentByPath(d.entry.Path)
	}
}

func (f *format) agentIn(d *document) string {
	for i := range f.agent {
		name := ""
		for _, root := range d.roots {
			f.agent[i].find(root, f.identity, f.repeats(), func(h hit) {
				if name == "" {
					name = strings.TrimSpace(h.node.String())
				}
			})
		}
		if name != "" && len(name) <= 120 && !strings.ContainsAny(name, "\n\r") {
			return name
		}
	}
	return f.agentName
}

// sayNothing are file names that do not tell one agent from another.
var sayNothing = map[string]bool{
	"agent": true, "agents": true, "config": true, "configuration": true, "settings": true, "prompt": true, "prompts": true, "index": true,
	"main": true, "values": true, "system": true, "system_prompt": true, "system-prompt": true, "instructions": true, "instruction": true,
	"application": true, "appsettings": true, "compose": true, "docker-compose": true, "template": true, "skprompt": true, "skill": true,
	"recipe": true, "flow": true, "llm": true, "model": true, "models": true, "tasks": true, "modelfile": true, "dockerfile": true, "root_agent": true,
	"clients": true, "variables": true, "constants": true, "__init__": true, "app": true, "endpoints": true, "langgraph": true, "tools": true,
	"env": true, "gitlab-ci": true, "oai_config_list": true, "roomodes": true, "litellm_config": true, "promptfooconfig": true, "ai": true,
	"declarativeagent": true, "librechat": true, "run": true, "agent-card": true, "azure-pipelines": true, "server": true, "root": true,
}

// sayNothingFolders are folders that hold the files of many agents.
var sayNothingFolders = map[string]bool{
	"agents": true, "agent": true, "prompts": true, "prompt": true, "config": true, "configs": true, "src": true, "app": true, "lib": true,
	".github": true, ".claude": true, "workflows": true, "infra": true, "baml_src": true, "conf": true, "settings": true, "deploy": true,
	"terraform": true, "templates": true, "internal": true, "pkg": true, "cmd": true, "resources": true, "main": true, "services": true,
}

// agentByPath names an agent after its file, or after the nearest folder that
// has a name of its own.
func agentByPath(p string) string {
	name := path.Base(p)
	if i := strings.IndexByte(strings.TrimLeft(name, "."), '.'); i > 0 {
		name = name[:i+len(name)-len(strings.TrimLeft(name, "."))]
	}
	name = strings.TrimLeft(name, ".")
	if name != "" && !sayNothing[strings.ToLower(name)] {
		return name
	}
	for dir := path.Dir(p); dir != "." && dir != "/"; dir = path.Dir(dir) {
		if base := path.Base(dir); !sayNothingFolders[strings.ToLower(base)] {
			return base
		}
	}
	return "repository"
}
