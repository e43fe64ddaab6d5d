package change

import (
	"strings"
)

// GitHub Agentic Workflows: front matter of Markdown. The compiled .lock.yml
// repeats it; settleCompiled tells whether it says more. Source: githubnext.github.io/gh-aw, reference
// (permissions, tools, safe outputs, network, triggers, engines).

func isAgenticWorkflow(d *document) bool {
	front := d.root()
	if !strings.HasSuffix(d.entry.Path, ".md") || front == nil || !hasFolder(d.entry.Path, "workflows") {
		return false
	}
	return front.Has("on") || front.Has("true") || front.Has("safe-outputs") || front.Has("engine") || front.Has("tools") || front.Has("mcp-servers") || front.Has("network")
}

var agenticTable = []setting{
	{at: "sandbox.agent", dimension: "sandbox", values: "awf= srt= true= default= false=a", absent: "default"},
	{at: "sandbox.agent.id", dimension: "sandbox", surface: "sandbox.agent", values: "awf= srt= true= default= false=a", absent: "default"},
	{at: "sandbox.mcp", dimension: "sandbox", kind: prose},
	{at: "sandbox", dimension: "sandbox", surface: "sandbox.agent", values: "awf= srt= true= default= false=a", absent: "default"},
	{at: "plugins", dimension: "plugin", kind: allows},
	{at: "plugins.repos", dimension: "plugin", surface: "plugins", kind: allows},
	{at: "jobs", dimension: "hook", kind: prose},
	{at: "services", dimension: "sandbox", kind: prose},
	{at: "strict", dimension: "sandbox", values: guard, absent: "true"},
	{at: "features.dangerously-disable-sandbox-agent", dimension: "sandbox", kind: prose},
	{at: "engine.env", dimension: "credential", kind: prose},
	{at: "engine.command", dimension: "hook", kind: prose},
	{at: "engine.args", dimension: "tool", kind: prose},
	{at: "on.manual-approval", dimension: "approval", kind: prose},
}

func readAgenticWorkflow(b *scopeBuilder) {
	front := b.d.root()
	b.born = true
	b.here()
	b.agenticPermissions(front.Get("permissions"))
	b.agenticAudience(front)
	b.agenticTools(front.Get("tools"))
	b.agenticNetwork(front.Get("network"))
	b.agenticOutputs(front.Get("safe-outputs"))
	b.agenticOutputs(front.Get("output")) // its name until 2025
	b.mcpServers(front.Get("mcp-servers"), "mcp-servers")
	b.credentials(front.Get("env"), "env")
	b.credentials(front.Get("secrets"), "secrets")
	for _, it := range scalars(front.Get("imports")) {
		b.add(scope{slot: "imports", dimension: "tool", surface: "imports", rules: []rule{{effect: allow, subject: it.String(), raw: it.String(), line: it.Line, opaque: true}}})
	}
	b.guard(front.Get("if"), "if")
	values := newWorkflowContexts(front).of(front)
	b.runner(front, values)
	for _, key := range []string{"pre-steps", "steps", "pre-agent-steps", "post-steps"} {
		b.agenticSteps(front.Get(key), key)
		b.preparations(front.Get(key).items(), values)
	}
	b.settings(front, agenticTable)
}

// agenticPermissions reads what the agent's job may do. Without the key it may
// read contents.
func (b *scopeBuilder) agenticPermissions(n *Node) {
	if n == nil {
		return
	}
	sc := scope{slot: "permissions", dimension: "token_permission", surface: "token", rules: tokenRules(n)}
	sc.floor = []rule{{effect: allow, subject: "token:contents", match: levels, pattern: "r"}}
	b.add(sc)
}

// agenticAudience reads who may start the workflow: events, roles and bots.
// Roles stand under on or, in older versions, at the root.
func (b *scopeBuilder) agenticAudience(front *Node) {
	b.triggers(front)
	on := front.Get("on")
	roles := on.Get("roles")
	if roles == nil {
		roles = front.Get("roles")
	}
	if roles != nil {
		sc := scope{slot: "on.roles", dimension: "audience", surface: "roles"}
		for _, role := range []string{"admin", "maintainer", "write"} {
			sc.floor = append(sc.floor, rule{effect: allow, subject: "role " + role})
		}
		for _, it := range scalars(roles) {
			r := rule{effect: allow, subject: "role " + it.String(), raw: it.String(), line: it.Line}
			if it.String() == "maintain" {
				r.subject = "role maintainer"
			}
			if it.String() == "all" {
				r.subject, r.raw = "*", "roles: all"
			}
			sc.rules = append(sc.rules, r)
		}
		b.add(sc)
	}
	for _, key := range []string{"bots", "forks"} {
		n := on.Get(key)
		if n == nil {
			n = front.Get(key)
		}
		if n == nil {
			n = on.Get("pull_request", key)
		}
		if n == nil {
			continue
		}
		sc := scope{slot: "on." + key, dimension: "audience", surface: key}
		for _, it := range scalars(n) {
			r := rule{effect: allow, subject: key, match: globs, pattern: it.String(), raw: key + ": " + it.String(), line: it.Line}
			if it.String() == "*" || it.String() == "all" {
				r.pattern = ""
			}
			sc.rules = append(sc.rules, r)
		}
		b.add(sc)
	}
	for _, key := range []string{"skip-bots", "skip-roles"} {
		if n := on.Get(key); n != nil {
			sc := scope{slot: "on." + key, dimension: "audience", surface: key, def: allow, absent: allow}
			for _, it := range scalars(n) {
				sc.rules = append(sc.rules, item(it, deny))
			}
			b.add(sc)
		}
	}
}

// agenticTools reads the tools of the agent. What is not named it does not have,
// but for the GitHub tools that read.
func (b *scopeBuilder) agenticTools(tools *Node) {
	if tools == nil || tools.Kind != MapNode {
		return
	}
	for i, name := range tools.Keys {
		n := tools.Items[i]
		slot := "tools." + entryText(name)
		switch name {
		case "bash":
			b.agenticBash(n, slot)
		case "github":
			b.agenticGitHub(n, slot)
		case "claude":
			b.agenticClaude(n.Get("allowed"), slot+".allowed")
		case "timeout", "startup-timeout":
		default:
			if n.IsFalse() {
				continue
			}
			if n.Has("command") || n.Has("url") || n.Has("container") || n.Has("mcp") {
				b.agenticServer(n, name, slot)
				continue
			}
			b.add(scope{slot: slot, dimension: "tool", surface: "tools", rules: []rule{{effect: allow, subject: name, raw: name, line: n.Line}}})
			for _, key := range []string{"allowed_domains", "allowed-domains"} {
				if list := n.Get(key); list != nil {
					b.add(hostScope(slot+"."+key, name+" domains", list, allow))
				}
			}
		}
	}
}

func (b *scopeBuilder) agenticServer(n *Node, name, slot string) {
	if inner := n.Get("mcp"); inner != nil && inner.Kind == MapNode {
		b.mcpServer(inner, name, slot)
		return
	}
	b.mcpServer(n, name, slot)
}

// bashDefault is what bash without a value may run.
var bashDefault = []string{"echo", "ls", "pwd", "cat", "head", "tail", "grep", "wc", "sort", "uniq", "date", "yq"}

// agenticBash reads tools.bash: nothing written is a default set, true or a star
// is every command, a list is these.
func (b *scopeBuilder) agenticBash(n *Node, slot string) {
	sc := scope{slot: slot, dimension: "tool", surface: "bash"}
	command := func(text, raw string, line int) {
		r := rule{effect: allow, subject: "bash", match: words, pattern: commandPattern(text), raw: raw, line: line}
		sc.rules = append(sc.rules, r)
	}
	switch {
	case n.Kind == NullNode:
		for _, name := range bashDefault {
			command(name+" *", "", n.Line)
		}
		sc.rules[0].raw = "bash"
	case n.IsTrue():
		command("*", "bash: true", n.Line)
	default:
		for _, it := range scalars(n) {
			if !it.IsFalse() {
				command(it.String(), it.String(), it.Line)
			}
		}
	}
	b.add(sc)
}

// agenticClaude reads tools.claude.allowed, of the first versions.
func (b *scopeBuilder) agenticClaude(n *Node, slot string) {
	if n == nil {
		return
	}
	sc := scope{slot: slot, dimension: "tool", surface: "claude tools"}
	if n.Kind != MapNode {
		sc.rules = toolList(n, allow, claudeTool)
	} else {
		for i, name := range n.Keys {
			if name == "Bash" && n.Items[i].Kind == ListNode {
				for _, it := range scalars(n.Items[i]) {
					sc.rules = append(sc.rules, claudeTool("Bash("+it.String()+")", allow, it.Line))
				}
				continue
			}
			sc.rules = append(sc.rules, claudeTool(name, allow, n.Items[i].Line))
		}
	}
	b.add(sc)
}

var githubToolsets = []string{"context", "repos", "issues", "pull_requests", "users"}

// agenticGitHub reads tools.github. Naming toolsets replaces the default ones.
func (b *scopeBuilder) agenticGitHub(n *Node, slot string) {
	if n.IsFalse() {
		return
	}
	sets := scope{slot: slot + ".toolsets", dimension: "tool", surface: "github toolsets"}
	for _, set := range githubToolsets {
		sets.floor = append(sets.floor, rule{effect: allow, subject: "toolset " + set})
	}
	list := n.Get("toolsets")
	if list == nil {
		list = n.Get("toolset")
	}
	if list != nil {
		for _, it := range scalars(list) {
			switch it.String() {
			case "all":
				sets.rules = append(sets.rules, rule{effect: allow, subject: "*", raw: "all", line: it.Line})
			case "default":
				sets.rules = append(sets.rules, sets.floor...)
				sets.rules[len(sets.rules)-1].raw = "default"
			default:
				sets.rules = append(sets.rules, rule{effect: allow, subject: "toolset " + it.String(), raw: it.String(), line: it.Line})
			}
		}
		b.add(sets)
	}
	if allowed := n.Get("allowed"); allowed != nil {
		sc := scope{slot: slot + ".allowed", dimension: "tool", surface: "github tools", absent: allow}
		for _, it := range scalars(allowed) {
			sc.rules = append(sc.rules, item(it, allow))
		}
		b.add(sc)
	}
	b.prefix += slot + "."
	b.settings(n, agenticGitHubTable)
	b.prefix = strings.TrimSuffix(b.prefix, slot+".")
	repos := n.Get("allowed-repos")
	if repos == nil {
		repos = n.Get("repos")
	}
	if repos != nil {
		sc := scope{slot: slot + ".allowed-repos", dimension: "data_source", surface: "github repos", absent: allow}
		for _, it := range scalars(repos) {
			r := rule{effect: allow, subject: "repo", match: globs, pattern: it.String(), raw: "repos: " + it.String(), line: it.Line}
			if r.pattern == "all" || r.pattern == "*" {
				r.pattern = ""
			}
			sc.rules = append(sc.rules, r)
		}
		b.add(sc)
	}
}

var agenticGitHubTable = []setting{
	{at: "read-only", dimension: "tool", values: guard, absent: "true"},
	{at: "lockdown", dimension: "data_source", values: guard, absent: "false"},
	{at: "min-integrity", dimension: "data_source", values: "merged= approved=a unapproved=ab none=abc", absent: "approved"},
	{at: "blocked-users", dimension: "data_source", kind: denies, def: allow, unset: allow},
	{at: "trusted-users", dimension: "data_source", kind: allows},
	{at: "approval-labels", dimension: "data_source", kind: allows},
	{at: "private-to-public-flows", dimension: "data_source", kind: prose},
	{at: "github-token", dimension: "credential", kind: prose},
	{at: "app", dimension: "credential", kind: prose},
	{at: "github-app", dimension: "credential", kind: prose},
}

func hostScope(slot, surface string, list *Node, e effect) scope {
	sc := scope{slot: slot, dimension: "network", surface: surface}
	for _, it := range scalars(list) {
		r := rule{effect: e, subject: "host", match: hostTree, pattern: strings.ToLower(it.String()), raw: it.String(), line: it.Line}
		if r.pattern == "*" {
			r.pattern = ""
		}
		sc.rules = append(sc.rules, r)
	}
	return sc
}

// ecosystems are names that stand for bundles of hosts; of each some hosts that
// people also write out.
var ecosystems = map[string][]string{
	"github":     {"github.com", "githubusercontent.com", "github.githubassets.com", "ghcr.io", "githubapp.com"},
	"node":       {"registry.npmjs.org", "npmjs.com", "npmjs.org", "nodejs.org", "registry.yarnpkg.com", "yarnpkg.com", "bun.sh", "deno.land", "jsr.io"},
	"python":     {"pypi.org", "files.pythonhosted.org", "pythonhosted.org", "pip.pypa.io", "anaconda.org"},
	"go":         {"go.dev", "proxy.golang.org", "sum.golang.org", "pkg.go.dev", "golang.org"},
	"rust":       {"crates.io", "index.crates.io", "static.crates.io", "static.rust-lang.org"},
	"containers": {"docker.io", "docker.com", "ghcr.io", "quay.io", "gcr.io", "mcr.microsoft.com"},
	"dotnet":     {"nuget.org", "api.nuget.org", "dotnet.microsoft.com"},
	"java":       {"maven.org", "repo.maven.apache.org", "repo1.maven.org", "gradle.org"},
	"ruby":       {"rubygems.org", "index.rubygems.org"},
	"playwright": {"playwright.dev", "cdn.playwright.dev", "playwright.azureedge.net"},
}

// agenticNetwork reads where the agent may go. Absent is the defaults, {} is
// nowhere, and blocked wins.
func (b *scopeBuilder) agenticNetwork(n *Node) {
	if n == nil || n.Kind == NullNode {
		return
	}
	sc := scope{slot: "network.allowed", dimension: "network", surface: "network"}
	sc.floor = []rule{{effect: allow, subject: "host", match: hostTree, pattern: "defaults"}}
	list := n.Get("allowed")
	if n.Kind != MapNode {
		list = n
		sc.slot = "network"
	}
	for _, it := range scalars(list) {
		name := strings.ToLower(it.String())
		r := rule{effect: allow, subject: "host", match: hostTree, pattern: name, raw: it.String(), line: it.Line}
		if name == "*" {
			r.pattern = ""
		}
		sc.rules = append(sc.rules, r)
		for _, host := range ecosystems[name] {
			sc.rules = append(sc.rules, rule{effect: allow, subject: "host", match: hostTree, pattern: host, line: it.Line})
		}
	}
	b.add(sc)
	if blocked := n.Get("blocked"); blocked != nil {
		sc := hostScope("network.blocked", "network", blocked, deny)
		sc.floor = []rule{{effect: allow, subject: "host", match: hostTree, pattern: "defaults"}}
		b.add(sc)
	}
}
