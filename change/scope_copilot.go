package change

import (
	"path"
	"strings"
)

// Copilot's custom agents, chat modes and prompts. Source: GitHub Docs, "Custom
// agents configuration"; VS Code, "Custom agents", "Prompt files".

func isCopilotAgent(d *document) bool {
	p := d.entry.Path
	return strings.HasSuffix(p, ".agent.md") || strings.HasSuffix(p, ".chatmode.md") || strings.HasSuffix(p, ".prompt.md") ||
		strings.HasPrefix(p, ".github/agents/") && strings.HasSuffix(p, ".md")
}

// readCopilotAgent reads front matter. Without tools an agent has all of them;
// an empty list is none.
func readCopilotAgent(b *scopeBuilder) {
	front := b.d.root()
	b.born = true
	b.here()
	if n := front.Get("tools"); n != nil && n.Kind != NullNode {
		b.add(scope{slot: "tools", dimension: "tool", surface: "tools", def: deny, absent: allow, rules: toolList(n, allow, copilotTool)})
	}
	if n := front.Get("agents"); n != nil && n.Kind != NullNode {
		b.add(scope{slot: "agents", dimension: "subagent", surface: "agents", def: deny, absent: allow, rules: toolList(n, allow, copilotTool)})
	}
	b.mcpServers(front.Get("mcp-servers"), "mcp-servers")
	b.claudeHooks(front.Get("hooks"))
	for _, h := range front.Get("handoffs").items() {
		if h.Get("send").IsTrue() {
			name := h.Get("agent").String()
			b.add(scope{slot: "handoffs", dimension: "subagent", surface: "handoffs", rules: []rule{{effect: allow, subject: "handoff " + name, raw: name + " (send: true)", line: h.Line}}})
		}
	}
	// infer: false and disable-model-invocation: true are one setting.
	disabled, n := "", front.Get("disable-model-invocation")
	if n != nil {
		disabled = n.String()
	} else if n = front.Get("infer"); n != nil {
		disabled = map[string]string{"true": "false", "false": "true"}[n.String()]
	}
	if disabled == "true" || disabled == "false" {
		b.level("disable-model-invocation", "audience", "invocation", guard, "false", disabled, n.Line)
	}
}

// copilotNames are the older names of tool sets by the newer ones.
var copilotNames = map[string]string{
	"shell": "execute", "bash": "execute", "powershell": "execute", "runcommands": "execute", "runinterminal": "execute", "terminal": "execute", "runtasks": "execute",
	"notebookread": "read", "view": "read", "codebase": "search", "grep": "search", "glob": "search", "findfiles": "search", "textsearch": "search",
	"editfiles": "edit", "multiedit": "edit", "write": "edit", "notebookedit": "edit",
	"fetch": "web", "websearch": "web", "webfetch": "web", "task": "agent", "custom-agent": "agent", "runsubagent": "agent", "todowrite": "todo", "todos": "todo",
}

// copilotTool reads an entry: *, a name or alias, server/* or server/tool.
func copilotTool(text string, e effect, line int) rule {
	r := rule{effect: e, subject: text, raw: text, line: line}
	if text == "*" {
		return r
	}
	if i := strings.LastIndexByte(text, '/'); i > 0 {
		server, tool := text[:i], text[i+1:]
		r.subject, r.match, r.pattern = "server "+strings.ToLower(server), globs, tool
		if alias, ok := copilotNames[strings.ToLower(tool)]; ok && (server == "execute" || server == "read" || server == "edit" || server == "search" || server == "web") {
			r.pattern = alias
		}
		if tool == "*" {
			r.pattern = ""
		}
		return r
	}
	name := strings.ToLower(text)
	if alias, ok := copilotNames[name]; ok {
		name = alias
	}
	r.subject, r.match = "server "+name, globs
	return r
}

func isSetupSteps(d *document) bool {
	base := path.Base(d.entry.Path)
	return base == "copilot-setup-steps.yml" || base == "copilot-setup-steps.yaml"
}

// readSetupSteps reads what the Copilot coding agent gets before it starts. The
// permissions hold for the steps only. Source: GitHub Docs, "Customizing the
// development environment for Copilot coding agent".
func readSetupSteps(b *scopeBuilder) {
	job := b.d.root().Get("jobs", "copilot-setup-steps")
	if job == nil {
		return
	}
	b.prefix = "jobs.copilot-setup-steps."
	b.here()
	b.runner(job, newWorkflowContexts(b.d.root()).of(job))
	b.credentials(job.Get("env"), "env")
	for _, s := range job.Get("steps").items() {
		b.credentials(s.Get("env"), "env")
		b.credentials(s.Get("with"), "with")
	}
}

func isCopilotHooks(d *document) bool { return d.format == "copilot-hooks" }

// readCopilotHooks reads hooks of the Copilot coding agent and CLI. Source: GitHub
// documentation, Hooks configuration.
func readCopilotHooks(b *scopeBuilder) {
	b.here()
	root := b.d.root()
	b.claudeHooks(root.Get("hooks"))
	if n := root.Get("disableAllHooks"); n != nil {
		b.opaque("disableAllHooks", "hook", n)
	}
}

func isCodexSkill(d *document) bool { return d.format == "codex-skill" }

// readCodexSkill reads what Codex adds to a skill: servers that come with it, and
// whether the model may start it. Source: Codex documentation, Skills, Optional
// metadata.
func readCodexSkill(b *scopeBuilder) {
	b.here()
	root := b.d.root()
	b.settings(root, []setting{{at: "policy.allow_implicit_invocation", dimension: "audience", values: flag, absent: "true"}})
	for _, t := range root.Get("dependencies", "tools").items() {
		text := oneLine(t)
		b.add(scope{slot: "dependencies.tools", dimension: "server", surface: "dependencies", rules: []rule{{effect: allow, subject: text, raw: text, line: t.Line}}})
	}
}
