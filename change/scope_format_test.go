package change

import (
	"slices"
	"strings"
	"testing"
)

const absentFile = "\x00absent"

// Each row is a statement about a format, with the page of its documentation
// that makes it true. "" means silence.
var formatScopes = []struct {
	name, path    string
	before, after string
	want          string // directions of all tool_scope changes, sorted, each once
	dimension     string
	mention       string // stands in added or removed of some change
}{
	// Claude Code, Settings and Permissions
	{"an allow rule in a new file", ".claude/settings.json", absentFile, `{"permissions":{"allow":["Bash(npm test:*)"]}}`, "widens", "tool", "Bash(npm test:*)"},
	{"a deny rule in a new file", ".claude/settings.json", absentFile, `{"permissions":{"deny":["Read(.env)"]}}`, "narrows", "deny", "Read(.env)"},
	{"a deny rule goes", ".claude/settings.json", `{"permissions":{"deny":["Bash(rm:*)"]}}`, `{"permissions":{}}`, "widens", "deny", "Bash(rm:*)"},
	{"an allow rule that is covered", ".claude/settings.json", `{"permissions":{"allow":["Bash(git:*)"]}}`, `{"permissions":{"allow":["Bash(git:*)","Bash(git log:*)"]}}`, "", "", ""},
	{"an allow rule that a deny rule covers", ".claude/settings.json", `{"permissions":{"deny":["Bash(git:*)"]}}`, `{"permissions":{"deny":["Bash(git:*)"],"allow":["Bash(git log:*)"]}}`, "", "", ""},
	{"an ask rule inside an allowed prefix", ".claude/settings.json", `{"permissions":{"allow":["Bash(git:*)"]}}`, `{"permissions":{"allow":["Bash(git:*)"],"ask":["Bash(git push:*)"]}}`, "narrows", "approval", "Bash(git push:*)"},
	{"an ask rule that cuts across an allowed prefix goes", ".claude/settings.json", `{"permissions":{"allow":["Bash(git *)"],"ask":["Bash(* --force)"]}}`, `{"permissions":{"allow":["Bash(git *)"]}}`, "widens", "approval", "Bash(* --force)"},
	{"a mode", ".claude/settings.json", `{"permissions":{"defaultMode":"plan"}}`, `{"permissions":{"defaultMode":"bypassPermissions"}}`, "widens", "approval", "bypassPermissions"},
	{"a mode equal to the default", ".claude/settings.json", `{}`, `{"permissions":{"defaultMode":"default"}}`, "", "", ""},
	{"order", ".claude/settings.json", `{"permissions":{"allow":["A","B"]}}`, `{"permissions":{"allow":["B","A","A"]}}`, "", "", ""},
	{"order and comments where the tool takes them", ".gemini/settings.json", `{"tools":{"core":["A","B"]}}`, "// c\n" + `{"tools":{"core":["B","A","A",],}}`, "", "", ""},
	{"settings that are no scope", ".claude/settings.json", `{"includeCoAuthoredBy":true}`, `{"cleanupPeriodDays":3}`, "", "", ""},
	{"every project server approved", ".claude/settings.json", `{}`, `{"enableAllProjectMcpServers":true}`, "widens", "server", "enableAllProjectMcpServers: true"},
	{"the sandbox goes", ".claude/settings.json", `{"sandbox":{"enabled":true}}`, `{"sandbox":{"enabled":false}}`, "widens", "sandbox", ""},
	{"a hook", ".claude/settings.json", `{}`, `{"hooks":{"PreToolUse":[{"matcher":"Bash","hooks":[{"type":"command","command":"./guard.sh"}]}]}}`, "unknown", "hook", "guard.sh"},
	{"a hook that can no longer refuse", ".claude/settings.json", `{"hooks":{"PreToolUse":[{"hooks":[{"command":"./guard.sh"}]}]}}`, `{"hooks":{"PreToolUse":[{"hooks":[{"command":"./guard.sh","async":true}]}]}}`, "unknown", "hook", "(async)"},
	{"a plugin on", ".claude/settings.json", `{"enabledPlugins":{"a@b":false}}`, `{"enabledPlugins":{"a@b":true}}`, "widens", "plugin", "a@b"},
	{"an endpoint in the environment", ".claude/settings.json", `{}`, `{"env":{"ANTHROPIC_BASE_URL":"https://proxy.example.com"}}`, "widens", "", "proxy.example.com"},
	{"the model in the environment", ".claude/settings.json", `{}`, `{"env":{"ANTHROPIC_MODEL":"opus"}}`, "", "", ""},
	// Claude Code, Subagents, Skills, Slash commands, Plugins
	{"tools added to an agent that had all", ".claude/agents/a.md", "---\nname: a\ndescription: d\n---\nx\n", "---\nname: a\ndescription: d\ntools: Read, Grep\n---\nx\n", "narrows", "tool", "Read"},
	{"tools removed from an agent", ".claude/agents/a.md", "---\nname: a\ndescription: d\ntools: Read\n---\nx\n", "---\nname: a\ndescription: d\n---\nx\n", "widens", "tool", "Read"},
	{"three spellings of one list", ".claude/agents/a.md", "---\nname: a\ndescription: d\ntools: Read, Grep\n---\nx\n", "---\nname: a\ndescription: d\ntools:\n  - Grep\n  - \"Read\"\n---\nx\n", "", "", ""},
	{"a new agent", ".claude/agents/a.md", absentFile, "---\nname: a\ndescription: d\ntools: Read\n---\nx\n", "widens", "tool", "Read"},
	{"a new agent that is denied a tool", ".claude/agents/a.md", absentFile, "---\nname: a\ndescription: d\ndisallowedTools: Write\n---\nx\n", "narrows", "deny", "Write"},
	{"an agent goes", ".claude/agents/a.md", "---\nname: a\ndescription: d\ntools: Read\n---\nx\n", absentFile, "narrows", "tool", "Read"},
	{"a tool is taken away", ".claude/agents/a.md", "---\nname: a\ndescription: d\n---\nx\n", "---\nname: a\ndescription: d\ndisallowedTools: Write\n---\nx\n", "narrows", "deny", "Write"},
	{"a command approves in advance", ".claude/commands/c.md", "---\ndescription: d\n---\nx\n", "---\ndescription: d\nallowed-tools: Bash(git add:*), Bash(git commit:*)\n---\nx\n", "widens", "approval", "Bash(git add:*)"},
	{"a skill's list separated by blanks", "skills/s/SKILL.md", "---\nname: s\ndescription: d\nallowed-tools: Read Bash(gh issue:*)\n---\nx\n", "---\nname: s\ndescription: d\nallowed-tools: [\"Bash(gh issue:*)\", Read]\n---\nx\n", "", "", ""},
	// Claude Code, Settings: MAX_THINKING_TOKENS; Plugin marketplaces
	{"a budget for thinking is no credential", ".claude/settings.json", `{"env":{"MAX_THINKING_TOKENS":"1000"}}`, `{"env":{"MAX_THINKING_TOKENS":"2000"}}`, "", "", ""},
	{"a plugin moves inside the repository", ".claude-plugin/marketplace.json", `{"plugins":[{"name":"desk","source":"./a/desk"}]}`, `{"plugins":[{"name":"desk","source":"./b/desk"}]}`, "", "", ""},
	{"a plugin comes from elsewhere", ".claude-plugin/marketplace.json", `{"plugins":[{"name":"desk","source":"./desk"}]}`, `{"plugins":[{"name":"desk","source":{"source":"github","repo":"other/desk"}}]}`, "unknown", "plugin", "other/desk"},
	{"a new step whose settings only refuse", ".github/workflows/a.yml", "on: push\njobs: {a: {steps: [{uses: actions/checkout@v4}]}}\n", "on: push\njobs: {a: {steps: [{uses: actions/checkout@v4}, {uses: anthropics/claude-code-action@v1, with: {settings: '{\"permissions\": {\"deny\": [\"WebFetch\"]}}'}}]}}\n", "narrows widens", "deny", "WebFetch"},
	// Compose and Kubernetes: containers of MCP servers
	{"another tag of a server's image", "compose.yaml", "services:\n  mcp-orders:\n    image: shop/orders:1.2\n", "services:\n  mcp-orders:\n    image: shop/orders:1.3\n", "unknown", "server", "shop/orders:1.3"},
	{"a server behind the gateway", "compose.yaml", "services:\n  tools:\n    image: docker/mcp-gateway\n    command: [--transport=sse, --servers=search]\n", "services:\n  tools:\n    image: docker/mcp-gateway\n    command: [--transport=streaming, '--servers=search,shell']\n", "widens", "server", "shell"},
	{"a gateway with some servers comes", "compose.yaml", "services: {}\n", "services:\n  tools:\n    image: docker/mcp-gateway\n    command: [--servers=search]\n", "widens", "server", "search"},
	{"another tag of an image that serves no tools", "compose.yaml", "services:\n  db:\n    image: postgres:16\n", "services:\n  db:\n    image: postgres:17\n", "", "", ""},
	{"a server's image in Kubernetes", "deploy.yaml", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: orders}\nspec: {template: {spec: {containers: [{name: mcp, image: 'shop/orders:1'}]}}}\n", "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: orders}\nspec: {template: {spec: {containers: [{name: mcp, image: 'shop/orders:2'}]}}}\n", "unknown", "server", "shop/orders:2"},
	{"an agent's file is emptied", ".claude/agents/a.md", "---\nname: a\ndescription: d\ntools: Read\n---\nx\n", "\n", "narrows", "tool", "Read"},
	{"a client of OAuth for a server", ".mcp.json", `{"x":{"url":"https://a.com/sse"}}`, `{"x":{"url":"https://a.com/mcp","oauth":{"clientId":"1.2"}}}`, "widens", "credential", "1.2"},
	{"Terraform that does not parse", "a.tf", "0", "Bedrock", "unknown", "", ""},
	{"an agent's script is emptied", "a.agent", "config:\n   developer_name: \"A\"\nsystem:\n   instructions: \"You help.\"\nsubagent x:\n   actions:\n      find:\n         target: \"flow://F\"\n", "\n", "narrows", "action", "flow://F"},
	// Settings that nobody describes
	{"a tool of an agent in settings", "teams/desk.json", `{"agents":[{"name":"desk","system_message":"You help at the desk of a shop.","tools":["search"]}]}`, `{"agents":[{"name":"desk","system_message":"You help at the desk of a shop.","tools":["search","refund"]}]}`, "widens", "tool", "refund"},
	{"a switch of tools in settings", "teams/desk.yaml", "agents:\n- name: desk\n  instructions: You help at the desk of a shop.\n  coding_tools: true\n  model: gpt-4o\n", "agents:\n- name: desk\n  instructions: You help at the desk of a shop.\n  coding_tools: false\n  model: gpt-4o\n", "narrows", "tool", ""},
	{"tools of a workshop", "shop.yaml", "model: hammer\ntools: [hammer]\n", "model: hammer\ntools: [hammer, saw]\n", "", "", ""},
	// Code
	{"a list that a loop makes", "a.py", "import openai\nr = llm(tools=[schema(t) for t in given])\n", "import openai\nr = llm(tools=[json_schema(t) for t in given])\n", "", "", ""},
	{"a list that a loop makes comes", "a.py", "import openai\nr = llm()\n", "import openai\nr = llm(tools=[schema(t) for t in given])\n", "", "", ""},
	{"servers in code that names no maker", "a.ts", "export const c = { mcpServers: { search: { command: 'srv' } } };\n", "export const c = { mcpServers: { search: { command: 'srv' }, shell: { command: 'sh' } } };\n", "widens", "server", "shell"},
	{"a spread comes", "a.ts", "import openai from 'openai'\nconst r = run({});\n", "import openai from 'openai'\nconst r = run({ tools: { ...given } });\n", "", "", ""},
	// MCP
	{"a server", ".mcp.json", `{"mcpServers":{}}`, `{"mcpServers":{"x":{"command":"npx","args":["-y","pkg"]}}}`, "widens", "server", "npx -y pkg"},
	{"a server under another name", ".mcp.json", `{"mcpServers":{"x":{"url":"https://e.com/mcp"}}}`, `{"mcpServers":{"y":{"url":"https://e.com/mcp"}}}`, "", "", ""},
	{"newest is newest", ".mcp.json", `{"mcpServers":{"x":{"command":"npx","args":["pkg"]}}}`, `{"mcpServers":{"x":{"command":"npx","args":["-y","pkg@latest"]}}}`, "", "", ""},
	{"a package is pinned", ".mcp.json", `{"mcpServers":{"x":{"command":"npx","args":["pkg@1.2.3"]}}}`, `{"mcpServers":{"x":{"command":"npx","args":["pkg"]}}}`, "widens", "server", "npx pkg"},
	{"another version", ".mcp.json", `{"mcpServers":{"x":{"command":"npx","args":["pkg@1.2.3"]}}}`, `{"mcpServers":{"x":{"command":"npx","args":["pkg@1.2.4"]}}}`, "unknown", "server", "pkg@1.2.4"},
	{"another host", ".mcp.json", `{"mcpServers":{"x":{"url":"https://a.com/mcp"}}}`, `{"mcpServers":{"x":{"url":"https://b.com/mcp"}}}`, "both", "server", "https://b.com/mcp"},
	{"a server is disabled", ".cursor/mcp.json", `{"mcpServers":{"x":{"url":"https://a.com/mcp"}}}`, `{"mcpServers":{"x":{"url":"https://a.com/mcp","disabled":true}}}`, "narrows", "server", ""},
	{"a server of unknown shape", ".mcp.json", `{"mcpServers":{}}`, `{"mcpServers":{"x":{"registry":"r/x"}}}`, "widens", "server", "x"},
	{"the type beside a url", ".mcp.json", `{"mcpServers":{"x":{"url":"https://a.com/mcp"}}}`, `{"mcpServers":{"x":{"type":"http","url":"https://a.com/mcp","timeout":5}}}`, "", "", ""},
	{"a read-only flag is dropped", ".mcp.json", `{"mcpServers":{"x":{"command":"srv","args":["--read-only"]}}}`, `{"mcpServers":{"x":{"command":"srv","args":[]}}}`, "unknown", "server", "srv"},
	{"tools approved in advance", ".cursor/mcp.json", `{"mcpServers":{"x":{"url":"https://a.com"}}}`, `{"mcpServers":{"x":{"url":"https://a.com","alwaysAllow":["run"]}}}`, "widens", "approval", "run"},
	{"VS Code's servers", ".vscode/mcp.json", `{"servers":{}}`, `{"servers":{"x":{"type":"stdio","command":"srv"}}}`, "widens", "server", "srv"},
	{"an OAuth scope that is covered", ".mcp.json", `{"mcpServers":{"x":{"url":"https://a.com","oauth":{"scopes":["repo"]}}}}`, `{"mcpServers":{"x":{"url":"https://a.com","oauth":{"scopes":["repo","public_repo"]}}}}`, "", "", ""},
	{"an OAuth scope grows", ".mcp.json", `{"mcpServers":{"x":{"url":"https://a.com","oauth":{"scopes":["read:org"]}}}}`, `{"mcpServers":{"x":{"url":"https://a.com","oauth":{"scopes":["admin:org"]}}}}`, "widens", "oauth_scope", "admin:org"},
	// Cursor, CLI permissions
	{"Cursor's shell", ".cursor/cli.json", `{"permissions":{"allow":["Shell(git)"]}}`, `{"permissions":{"allow":["Shell(git)","Shell(curl)"]}}`, "widens", "tool", "Shell(curl)"},
	// VS Code, Manage approvals
	{"a terminal command", ".vscode/settings.json", `{"chat.tools.terminal.autoApprove":{}}`, `{"chat.tools.terminal.autoApprove":{"npm test":true}}`, "widens", "approval", "npm test: true"},
	{"a terminal command is kept back", ".vscode/settings.json", `{"chat.tools.terminal.autoApprove":{"git":true}}`, `{"chat.tools.terminal.autoApprove":{"git":true,"git push":false}}`, "narrows", "approval", "git push: false"},
	{"everything approved", ".vscode/settings.json", `{"chat.agent.enabled":true}`, `{"chat.agent.enabled":true,"chat.tools.global.autoApprove":true}`, "widens", "approval", "true"},
	{"settings of the editor", ".vscode/settings.json", `{"chat.agent.enabled":true,"editor.tabSize":2}`, `{"chat.agent.enabled":true,"editor.tabSize":4}`, "", "", ""},
	// Gemini CLI, configuration
	{"core tools appear", ".gemini/settings.json", `{"tools":{}}`, `{"tools":{"core":["read_file"]}}`, "narrows", "tool", "read_file"},
	{"flat keys become nested", ".gemini/settings.json", `{"coreTools":["ShellTool(git)"],"sandbox":true}`, `{"tools":{"core":["run_shell_command(git)"],"sandbox":true}}`, "", "", ""},
	{"the sandbox false is the default", ".gemini/settings.json", `{"sandbox":false}`, `{}`, "", "", ""},
	{"a server is trusted", ".gemini/settings.json", `{"mcpServers":{"x":{"command":"srv"}}}`, `{"mcpServers":{"x":{"command":"srv","trust":true}}}`, "widens", "approval", "trust: true"},
	// Codex, configuration reference
	{"Codex's sandbox", ".codex/config.toml", "sandbox_mode = \"read-only\"\n", "sandbox_mode = \"danger-full-access\"\n", "widens", "sandbox", "danger-full-access"},
	{"policies without order", ".codex/config.toml", "approval_policy = \"on-request\"\n", "approval_policy = \"on-failure\"\n", "unknown", "approval", "on-failure"},
	{"a server's tool filter goes", ".codex/config.toml", "[mcp_servers.x]\ncommand = \"srv\"\nenabled_tools = [\"a\"]\n", "[mcp_servers.x]\ncommand = \"srv\"\n", "widens", "server", "a"},
	{"a trusted folder", ".codex/config.toml", "model = \"m\"\n", "model = \"m\"\n[projects.\"/x\"]\ntrust_level = \"trusted\"\n", "widens", "approval", "trusted"},
	{"network access", ".codex/config.toml", "sandbox_mode = \"workspace-write\"\n", "sandbox_mode = \"workspace-write\"\n[sandbox_workspace_write]\nnetwork_access = true\n", "widens", "network", "true"},
	{"a prefix rule", ".codex/rules/default.rules", `prefix_rule(pattern=["git","push"], decision="prompt")`, `prefix_rule(pattern=["git","push"], decision="allow")`, "widens", "approval", "git"},
	// opencode, Permissions: the last match wins, and what is not listed is allowed
	{"asking where nothing was said", "opencode.json", `{"permission":{"bash":{"*":"allow"}}}`, `{"permission":{"bash":{"*":"allow","git push *":"ask"}}}`, "narrows", "approval", "git push *: ask"},
	{"order decides", "opencode.json", `{"permission":{"bash":{"*":"ask","git *":"allow"}}}`, `{"permission":{"bash":{"git *":"allow","*":"ask"}}}`, "narrows", "approval", ""},
	{"a server is commented out", "opencode.jsonc", "{\"mcp\":{\"x\":{\"type\":\"remote\",\"url\":\"https://a.com\"}}}", "{\"mcp\":{ // \"x\":{}\n}}", "narrows", "server", "https://a.com"},
	// Copilot, Custom agents configuration
	{"a Copilot agent gains a tool", ".github/agents/a.agent.md", "---\ndescription: d\ntools: [read]\n---\nx\n", "---\ndescription: d\ntools: [read, execute]\n---\nx\n", "widens", "tool", "execute"},
	{"an alias", ".github/agents/a.agent.md", "---\ndescription: d\ntools: [runCommands]\n---\nx\n", "---\ndescription: d\ntools: [execute]\n---\nx\n", "", "", ""},
	{"infer under its new name", ".github/agents/a.agent.md", "---\ndescription: d\ninfer: false\n---\nx\n", "---\ndescription: d\ndisable-model-invocation: true\n---\nx\n", "", "", ""},
	// Amazon Q and Kiro, agent format
	{"Kiro trusts a tool", ".kiro/agents/default.json", `{"name":"d","prompt":"p","tools":["read","shell"],"allowedTools":["read"]}`, `{"name":"d","prompt":"p","tools":["read","shell"],"allowedTools":["read","shell"]}`, "widens", "approval", "shell"},
	{"a lone star is not honoured", ".kiro/agents/default.json", `{"name":"d","prompt":"p","tools":["read"],"allowedTools":[]}`, `{"name":"d","prompt":"p","tools":["read"],"allowedTools":["*"]}`, "", "", ""},
	// Goose, Continue
	{"a Goose extension", "recipe.yaml", "title: t\ndescription: d\ninstructions: i\nextensions:\n- type: builtin\n  name: developer\n", "title: t\ndescription: d\ninstructions: i\nextensions:\n- type: builtin\n  name: developer\n- type: stdio\n  name: x\n  cmd: uvx\n  args: [srv]\n", "widens", "server", "uvx srv"},
	{"Continue's servers are a list", ".continue/config.yaml", "name: n\nversion: 1\nmodels: []\n", "name: n\nversion: 1\nmodels: []\nmcpServers:\n- name: x\n  command: npx\n  args: [pkg]\n", "widens", "server", "npx pkg"},
	// GitHub Actions: only jobs with an agent
	{"a right without an agent", ".github/workflows/w.yml", workflow("permissions: {contents: read}", "actions/stale@v9", ""), workflow("permissions: {contents: write}", "actions/stale@v9", ""), "", "", ""},
	{"a right with an agent", ".github/workflows/w.yml", workflow("permissions: {contents: read}", "anthropics/claude-code-action@v1", "prompt: p"), workflow("permissions: {contents: write}", "anthropics/claude-code-action@v1", "prompt: p"), "widens", "token_permission", "contents: write"},
	{"a newer action", ".github/workflows/w.yml", workflow("", "anthropics/claude-code-action@v1", "prompt: p"), workflow("", "anthropics/claude-code-action@v1.0.9", "prompt: p"), "", "", ""},
	{"beta inputs become arguments", ".github/workflows/w.yml", workflow("", "anthropics/claude-code-action@beta", "allowed_tools: \"Bash(git:*),Read\""), workflow("", "anthropics/claude-code-action@v1", "claude_args: --allowedTools Read,Bash(git:*)"), "", "", ""},
	{"everybody may start it", ".github/workflows/w.yml", workflow("", "anthropics/claude-code-action@v1", "prompt: p"), workflow("", "anthropics/claude-code-action@v1", "allowed_non_write_users: \"*\""), "widens", "audience", "allowed_non_write_users: *"},
	{"Codex loses its sandbox", ".github/workflows/w.yml", workflow("", "openai/codex-action@v1", "prompt: p"), workflow("", "openai/codex-action@v1", "sandbox: danger-full-access"), "widens", "sandbox", "danger-full-access"},
	{"Gemini's settings in the step", ".github/workflows/w.yml", workflow("", "google-github-actions/run-gemini-cli@v0", "settings: '{\"tools\":{\"core\":[\"ls\"]}}'"), workflow("", "google-github-actions/run-gemini-cli@v0", "settings: '{\"telemetry\":{\"enabled\":${{ vars.X }}},\"tools\":{\"core\":[\"ls\",\"run_shell_command\"]}}'"), "widens", "tool", "run_shell_command"},
	{"permissions appear", ".github/workflows/w.yml", workflow("", "anthropics/claude-code-action@v1", "prompt: p"), workflow("permissions: {contents: read}", "anthropics/claude-code-action@v1", "prompt: p"), "unknown", "token_permission", "contents: read"},
	{"a command that skips permissions", ".github/workflows/w.yml", runStep("claude -p 'x'"), runStep("claude -p 'x' --dangerously-skip-permissions"), "widens", "approval", "true"},
	{"the Copilot command", ".github/workflows/w.yml", runStep("copilot -p x --allow-tool 'shell(git:*)'"), runStep("copilot -p x --allow-all-tools"), "widens", "approval", "--allow-all-tools"},
	{"a trigger for strangers", ".github/workflows/w.yml", workflow("", "anthropics/claude-code-action@v1", "prompt: p"), strings.Replace(workflow("", "anthropics/claude-code-action@v1", "prompt: p"), "on: push", "on: [push, issue_comment]", 1), "widens", "audience", "issue_comment"},
	// GitHub Agentic Workflows
	{"naming one toolset", ".github/workflows/a.md", "---\non: push\ntools:\n  github:\n---\nx\n", "---\non: push\ntools:\n  github:\n    toolsets: [issues]\n---\nx\n", "narrows", "tool", "issues"},
	{"a null value is a grant", ".github/workflows/a.md", "---\non: push\ntools:\n  web-fetch:\n---\nx\n", "---\non: push\ntools:\n  web-fetch:\n  web-search:\n---\nx\n", "widens", "tool", "web-search"},
	{"every bash is every bash", ".github/workflows/a.md", "---\non: push\ntools:\n  bash: [\":*\"]\n---\nx\n", "---\non: push\ntools:\n  bash: true\n---\nx\n", "", "", ""},
	{"roles fall back to the default", ".github/workflows/a.md", "---\non:\n  issues:\n  roles: [admin, maintainer]\n---\nx\n", "---\non:\n  issues:\n---\nx\n", "widens", "audience", "admin"},
	{"roles moved", ".github/workflows/a.md", "---\non:\n  issues:\n  roles: [admin]\n---\nx\n", "---\non:\n  issues:\nroles: [admin]\n---\nx\n", "", "", ""},
	{"the network closed", ".github/workflows/a.md", "---\non: push\n---\nx\n", "---\non: push\nnetwork: {}\n---\nx\n", "narrows", "network", ""},
	{"a server in a container", ".github/workflows/a.md", "---\non: push\n---\nx\n", "---\non: push\nmcp-servers:\n  s:\n    container: mcp/s\n    allowed: [a]\n---\nx\n", "widens", "server", "mcp/s"},
	{"a host that an ecosystem holds", ".github/workflows/a.md", "---\non: push\nnetwork: {allowed: [node]}\n---\nx\n", "---\non: push\nnetwork: {allowed: [node, registry.npmjs.org]}\n---\nx\n", "", "", ""},
	{"more comments", ".github/workflows/a.md", "---\non: push\nsafe-outputs:\n  add-comment:\n---\nx\n", "---\non: push\nsafe-outputs:\n  add-comment:\n    max: 5\n---\nx\n", "widens", "output", "max: 5"},
	// docker cagent
	{"a filter goes", "agent.yaml", "agents:\n  root:\n    model: openai/gpt-4o\n    instruction: i\n    toolsets:\n    - type: mcp\n      ref: docker:github\n      tools: [get_issue]\n", "agents:\n  root:\n    model: openai/gpt-4o\n    instruction: i\n    toolsets:\n    - type: mcp\n      ref: docker:github\n", "widens", "server", "get_issue"},
	{"a shell", "agent.yaml", "agents:\n  root:\n    model: openai/gpt-4o\n    instruction: i\n    toolsets:\n    - type: think\n", "agents:\n  root:\n    model: openai/gpt-4o\n    instruction: i\n    toolsets:\n    - type: think\n    - type: shell\n", "widens", "tool", "shell"},
	// kagent, ADK, Foundry, CrewAI, LangGraph
	{"kagent's tool names", "k.yaml", kagentAgent("[a, b]"), kagentAgent("[a]"), "narrows", "tool", "b"},
	{"no tool names are all of them", "k.yaml", kagentAgent("[a]"), kagentAgent("[]"), "widens", "tool", "a"},
	{"ADK's filter goes", "root_agent.yaml", "name: a\nmodel: gemini-2.5-pro\ninstruction: i\ntools:\n- name: MCPToolset\n  args:\n    tool_filter: [x]\n", "name: a\nmodel: gemini-2.5-pro\ninstruction: i\ntools:\n- name: MCPToolset\n", "widens", "tool", "x"},
	{"Foundry asks nobody", "a.yaml", "kind: Prompt\nname: a\ninstructions: i\nmodel: {id: gpt-4o}\ntools:\n- kind: mcp\n  name: m\n  url: https://a.com\n  approvalMode: {kind: always}\n", "kind: Prompt\nname: a\ninstructions: i\nmodel: {id: gpt-4o}\ntools:\n- kind: mcp\n  name: m\n  url: https://a.com\n  approvalMode: {kind: never}\n", "widens", "approval", "never"},
	{"CrewAI delegates", "config/agents.yaml", "a:\n  role: r\n  goal: g\n  backstory: b\n", "a:\n  role: r\n  goal: g\n  backstory: b\n  allow_delegation: true\n", "widens", "subagent", "true"},
	{"LangGraph serves another graph", "langgraph.json", `{"graphs":{"a":"./a.py:g"},"dependencies":["."]}`, `{"graphs":{"a":"./a.py:g","b":"./b.py:g"},"dependencies":["."]}`, "widens", "audience", "b ./b.py:g"},
	{"CrewAI in code", "crew.py", "from crewai import Agent\ndef a():\n    return Agent(role=\"r\", tools=[Search()])\n", "from crewai import Agent\ndef a():\n    return Agent(role=\"r\", tools=[Search(), Shell()])\n", "widens", "tool", "Shell"},
	{"a variable in the place of another", "crew.py", "from crewai import Agent\na = Agent(role=\"r\", tools=safe)\n", "from crewai import Agent\na = Agent(role=\"r\", tools=everything)\n", "unknown", "tool", "everything"},
	{"a tool in TypeScript", "agent.ts", "import { Agent } from '@openai/agents';\nconst a = new Agent({ name: 'a', instructions: 'i', tools: [search] });\n", "import { Agent } from '@openai/agents';\nconst a = new Agent({ name: 'a', instructions: 'i', tools: [search, /* later */ shell] });\n", "widens", "tool", "shell"},
	// Platforms
	{"a capability without its list", "appPackage/declarativeAgent.json", `{"version":"v1.2","name":"a","instructions":"i","capabilities":[{"name":"OneDriveAndSharePoint","items_by_url":[{"url":"https://x/sites/a"}]}]}`, `{"version":"v1.2","name":"a","instructions":"i","capabilities":[{"name":"OneDriveAndSharePoint"}]}`, "widens", "data_source", "https://x/sites/a"},
	{"Agentforce asks no more", "f/genAiFunctions/B/B.genAiFunction-meta.xml", "<GenAiFunction><invocationTarget>B</invocationTarget><isConfirmationRequired>true</isConfirmationRequired></GenAiFunction>", "<GenAiFunction><invocationTarget>B</invocationTarget><isConfirmationRequired>false</isConfirmationRequired></GenAiFunction>", "widens", "approval", "false"},
	{"one shared identity", "agent/tools/x.mcs.yml", "kind: TaskDialog\naction:\n  kind: InvokeConnectorTaskAction\n  operationId: o\n  connectionProperties:\n    mode: Invoker\n", "kind: TaskDialog\naction:\n  kind: InvokeConnectorTaskAction\n  operationId: o\n  connectionProperties:\n    mode: Maker\n", "widens", "credential", "Maker"},
	{"a Bedrock role", "iam.tf", bedrockPolicy(`["s3:GetObject"]`), bedrockPolicy(`["s3:*"]`), "widens", "iam", "s3:*"},
	{"a covered action", "iam.tf", bedrockPolicy(`["s3:*"]`), bedrockPolicy(`["s3:*", "s3:getobject"]`), "", "", ""},
	{"an agent's role in Kubernetes", "rbac.yaml", rbacRole("[get]"), rbacRole("[get, delete]"), "widens", "rbac", "delete"},
	{"an n8n tool", "flow.json", n8nFlow("toolCalculator", "toolCalculator"), n8nFlow("toolCalculator", "toolCode"), "widens", "tool", "toolCode"},
	{"a Dify tool is enabled", "app.yml", difyApp("false"), difyApp("true"), "widens", "tool", "shell run"},
	{"an agent card opens", ".well-known/agent-card.json", `{"name":"a","url":"https://a.com","capabilities":{},"skills":[],"security":[{"k":[]}]}`, `{"name":"a","url":"https://a.com","capabilities":{},"skills":[]}`, "widens", "audience", "k"},
	{"a plugin manifest without a login", ".well-known/ai-plugin.json", `{"schema_version":"v1","name_for_model":"a","description_for_model":"d","auth":{"type":"oauth"},"api":{"type":"openapi","url":"u"}}`, `{"schema_version":"v1","name_for_model":"a","description_for_model":"d","auth":{"type":"none"},"api":{"type":"openapi","url":"u"}}`, "widens", "credential", "none"},
}

func workflow(permissions, uses, with string) string {
	return "on: push\n" + permissions + "\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n    - uses: " + uses + "\n      with:\n        " + with + "\n"
}

func runStep(command string) string {
	return "on: push\njobs:\n  a:\n    runs-on: ubuntu-latest\n    steps:\n    - run: |\n        " + command + "\n"
}

func kagentAgent(names string) string {
	return "apiVersion: kagent.dev/v1alpha2\nkind: Agent\nmetadata:\n  name: k\nspec:\n  declarative:\n    modelConfig: m\n    systemMessage: s\n    tools:\n    - type: McpServer\n      mcpServer:\n        name: srv\n        toolNames: " + names + "\n"
}

func bedrockPolicy(actions string) string {
	return "resource \"aws_bedrockagent_agent\" \"a\" {\n  agent_name = \"a\"\n  foundation_model = \"anthropic.claude-v2\"\n}\ndata \"aws_iam_policy_document\" \"p\" {\n  statement {\n    actions = " + actions + "\n    resources = [\"*\"]\n  }\n}\n"
}

func rbacRole(verbs string) string {
	return "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata:\n  name: mcp-server\nrules:\n- apiGroups: [\"\"]\n  resources: [pods]\n  verbs: " + verbs + "\n"
}

func n8nFlow(first, second string) string {
	node := func(name string) string {
		return `{"name":"` + name + `","type":"@n8n/n8n-nodes-langchain.` + name + `","parameters":{},"position":[0,0]}`
	}
	return `{"nodes":[` + node("agent") + `,` + node(first) + `,` + node(second) + `],"connections":{"` + first + `":{"ai_tool":[[{"node":"agent"}]]},"` + second + `":{"ai_tool":[[{"node":"agent"}]]}}}`
}

func difyApp(enabled string) string {
	return "kind: app\nversion: 0.1.5\napp:\n  name: a\n  mode: agent-chat\nmodel_config:\n  model: {name: gpt-4o, provider: openai}\n  agent_mode:\n    enabled: true\n    tools:\n    - enabled: " + enabled + "\n      provider_name: shell\n      tool_name: run\n"
}

// A file, a job or an agent under a new name is the same one.
func TestScopesFollowNames(t *testing.T) {
	agent := func(tools string) string { return "---\nname: a\ndescription: d\ntools: " + tools + "\n---\nx\n" }
	job := workflow("permissions: {contents: read}", "anthropics/claude-code-action@v1", "allowed_tools: Read")
	tests := []struct {
		name          string
		before, after MapTree
		want          Direction // "" for silence
	}{
		{"an agent's file is renamed", MapTree{".claude/agents/old.md": agent("Read")}, MapTree{".claude/agents/new.md": agent("Read")}, ""},
		{"and gains a tool", MapTree{".claude/agents/old.md": agent("Read")}, MapTree{".claude/agents/new.md": agent("Read, Bash")}, Widens},
		{"a job is renamed and gains a tool", MapTree{".github/workflows/w.yml": job},
			MapTree{".github/workflows/w.yml": strings.NewReplacer("  a:\n", "  b:\n", "allowed_tools: Read", "allowed_tools: Read,Bash").Replace(job)}, Widens},
		{"servers move between a plugin's files", MapTree{"p/.claude-plugin/plugin.json": `{"name":"p","mcpServers":{"x":{"url":"https://a.com"}}}`},
			MapTree{"p/.claude-plugin/plugin.json": `{"name":"p"}`, "p/.mcp.json": `{"x":{"url":"https://a.com"}}`}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			set, err := Compare(tt.before, tt.after, Settings{})
			if err != nil {
				t.Fatal(err)
			}
			for _, c := range set.Changes {
				if c.Kind == ToolScope && c.Direction != tt.want {
					t.Errorf("%s %s: %s, want %q", c.Path, c.Slot, c.Direction, tt.want)
				}
			}
			if tt.want != "" && !slices.ContainsFunc(set.Changes, func(c Change) bool { return c.Kind == ToolScope }) {
				t.Errorf("silence, want %s", tt.want)
			}
		})
	}
}

func TestFormatScopes(t *testing.T) {
	for _, tt := range formatScopes {
		t.Run(tt.name, func(t *testing.T) {
			side := func(text string) Tree {
				if text == absentFile {
					return MapTree{}
				}
				return MapTree{tt.path: text}
			}
			set, err := Compare(side(tt.before), side(tt.after), Settings{})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			dimension, mention := tt.dimension == "", tt.mention == ""
			for _, c := range set.Changes {
				if c.Kind != ToolScope {
					continue
				}
				got = append(got, string(c.Direction))
				dimension = dimension || c.Dimension == tt.dimension
				for _, e := range append(slices.Clone(c.Added), c.Removed...) {
					mention = mention || strings.Contains(e, tt.mention)
				}
			}
			slices.Sort(got)
			if dirs := strings.Join(slices.Compact(got), " "); dirs != tt.want || !dimension || !mention {
				t.Errorf("got %q (dimension %v, mention %v), want %q: %+v", dirs, dimension, mention, tt.want, set.Changes)
			}
		})
	}
}
