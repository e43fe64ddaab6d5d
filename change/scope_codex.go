package change

import (
	"path"
	"strings"
)

// Codex. Source: developers.openai.com/codex, config reference and "Sandbox &
// approvals".

const (
	codexSandbox  = "read-only= workspace-write=a danger-full-access=ab"
	codexApproval = "untrusted= on-request=a on-failure=b never=abc granular=d"
)

var codexTable = []setting{
	{at: "approval_policy", dimension: "approval", values: codexApproval, absent: "on-request"},
	{at: "approvals_reviewer", dimension: "approval", values: "user= guardian_subagent=a auto_review=a", absent: "user"},
	{at: "sandbox_mode", dimension: "sandbox", values: codexSandbox, absent: "read-only"},
	{at: "sandbox_workspace_write.network_access", dimension: "network", values: flag, absent: "false"},
	{at: "sandbox_workspace_write.writable_roots", dimension: "filesystem", kind: allows, match: files},
	{at: "sandbox_workspace_write.exclude_slash_tmp", dimension: "filesystem", values: guard, absent: "false"},
	{at: "sandbox_workspace_write.exclude_tmpdir_env_var", dimension: "filesystem", values: guard, absent: "false"},
	{at: "default_permissions", dimension: "sandbox", kind: prose},
	{at: "permissions.*", dimension: "sandbox", kind: prose},
	{at: "web_search", dimension: "network", values: "disabled= cached=a live=ab", absent: "cached"},
	{at: "tools.web_search", dimension: "network", values: flag, absent: "false"},
	{at: "features.web_search_request", dimension: "network", values: flag, absent: "false"},
	{at: "features.exec_policy", dimension: "approval", values: guard, absent: "true"},
	{at: "features.skill_mcp_dependency_install", dimension: "server", values: flag, absent: "true"},
	{at: "features.apps", dimension: "plugin", values: flag, absent: "false"},
	{at: "features.network_proxy", dimension: "network", kind: prose},
	{at: "shell_environment_policy.inherit", dimension: "credential", values: "none= core=a all=ab", absent: "all"},
	{at: "shell_environment_policy.ignore_default_excludes", dimension: "credential", values: flag, absent: "true"},
	{at: "shell_environment_policy.exclude", dimension: "credential", kind: denies, def: allow, unset: allow, match: globs},
	{at: "shell_environment_policy.include_only", dimension: "credential", kind: allows, unset: allow, match: globs},
	{at: "shell_environment_policy.set", dimension: "credential", kind: prose},
	{at: "projects.*.trust_level", dimension: "approval", values: "untrusted= trusted=a", absent: "untrusted"},
	{at: "notify", dimension: "hook", kind: prose},
	{at: "hooks", dimension: "hook", kind: prose},
	{at: "model_providers.*.base_url", dimension: "network", kind: prose},
	{at: "model_providers.*.env_key", dimension: "credential", kind: prose},
	{at: "openai_base_url", dimension: "network", kind: prose},
	{at: "chatgpt_base_url", dimension: "network", kind: prose},
	{at: "model_providers.*.http_headers", dimension: "credential", kind: prose},
	{at: "model_providers.*.env_http_headers", dimension: "credential", kind: prose},
	{at: "model_providers.*.query_params", dimension: "network", kind: prose},
	{at: "model_providers.*.auth", dimension: "credential", kind: prose},
	{at: "allow_login_shell", dimension: "tool", values: flag, absent: "true"},
	{at: "agents.*.config_file", dimension: "subagent", kind: prose},
}

// codexKnown are the settings that something reads, or that decide nothing about
// what an agent may do: models, parameters and prompts are read as such.
var codexKnown = newKnownSettings(codexTable, "model review_model model_provider model_reasoning_effort model_reasoning_summary model_verbosity model_context_window "+
	"model_max_output_tokens model_auto_compact_token_limit model_supports_reasoning_summaries plan_mode_reasoning_effort oss_provider service_tier "+
	"instructions developer_instructions experimental_instructions_file model_instructions_file compact_prompt "+
	"profile profiles mcp_servers plugins apps memories agents.*.model agents.*.description agents.*.nickname_candidates agents.max_threads agents.max_depth "+
	"model_providers.*.name model_providers.*.wire_api model_providers.*.request_max_retries model_providers.*.stream_max_retries model_providers.*.stream_idle_timeout_ms "+
	"tui history hide_agent_reasoning show_raw_agent_reasoning file_opener check_for_update_on_startup disable_paste_burst feedback analytics notice log_dir sqlite_home "+
	"windows_wsl_setup_acknowledged suppress_unstable_features_warning tool_output_token_limit commit_attribution background_terminal_max_timeout")

func isCodexConfig(d *document) bool {
	return d.format == "codex-config" || path.Base(d.entry.Path) == "config.toml" && path.Base(path.Dir(d.entry.Path)) == ".codex"
}

func readCodexConfig(b *scopeBuilder) {
	b.here()
	root := b.d.root()
	b.codexSettings(withProfile(root))
	b.codexProfiles(root.Get("profiles"))
}

// withProfile is the settings with those of the profile that is in force in
// place of the root's. Source: Codex, configuration reference, profile.
func withProfile(root *Node) *Node {
	name := root.Get("profile").String()
	chosen := root.Get("profiles", name)
	if name == "" || chosen == nil || chosen.Kind != MapNode {
		return root
	}
	out := &Node{Kind: MapNode, Line: root.Line}
	for i, key := range root.Keys {
		if !chosen.Has(key) {
			out.put(key, root.Items[i])
		}
	}
	for i, key := range chosen.Keys {
		if key != "profiles" && key != "profile" {
			out.put(key, chosen.Items[i])
		}
	}
	return out
}

// codexSettings reads the settings in force, or those of one profile.
func (b *scopeBuilder) codexSettings(root *Node) {
	b.settings(root, codexTable)
	b.unknown(root, codexKnown)
	b.mcpServers(root.Get("mcp_servers"), "mcp_servers")
	for _, key := range []string{"plugins", "apps"} {
		list := root.Get(key)
		for i, p := range list.items() {
			if list.Kind == MapNode && !p.Get("enabled").IsFalse() {
				name := list.Keys[i]
				b.add(scope{slot: key, dimension: "plugin", surface: key, vague: true, rules: []rule{{effect: allow, subject: name, pattern: "on " + appOptions(p), raw: strings.TrimSpace(name + " " + appOptions(p)), line: p.Line}}})
			}
		}
	}
}

// appOptions is what a plugin or an app says beyond that it is on.
func appOptions(p *Node) string {
	if p == nil || p.Kind != MapNode || len(p.Keys) == 0 || len(p.Keys) == 1 && p.Has("enabled") {
		return ""
	}
	return oneLine(p)
}

// codexProfiles reads each profile, which repeats all keys.
func (b *scopeBuilder) codexProfiles(profiles *Node) {
	if profiles == nil || profiles.Kind != MapNode {
		return
	}
	for i, name := range profiles.Keys {
		c := scopeBuilder{d: b.d, agent: b.agent, products: b.products, group: b.group + "#" + name, born: b.born, prefix: "profiles." + entryText(name) + "."}
		c.codexSettings(&Node{Kind: MapNode, Keys: withoutKey(profiles.Items[i], "profiles"), Items: withoutItem(profiles.Items[i], "profiles")})
		b.scopes = append(b.scopes, c.scopes...)
	}
}

func withoutKey(n *Node, key string) []string {
	var out []string
	if n != nil && n.Kind == MapNode {
		for _, k := range n.Keys {
			if k != key {
				out = append(out, k)
			}
		}
	}
	return out
}

func withoutItem(n *Node, key string) []*Node {
	var out []*Node
	if n != nil && n.Kind == MapNode {
		for i, k := range n.Keys {
			if k != key {
				out = append(out, n.Items[i])
			}
		}
	}
	return out
}

func isCodexRules(d *document) bool {
	return strings.HasSuffix(d.entry.Path, ".rules") && hasFolder(d.entry.Path, ".codex", "rules")
}

// readCodexRules reads the exec policy: prefix_rule(pattern=["git", "push"],
// decision="prompt") in Starlark. Without a decision a rule allows; of several
// that match the strictest wins. Source: Codex, "Rules".
func readCodexRules(b *scopeBuilder) {
	b.here()
	sc := scope{slot: "prefix_rule", dimension: "approval", surface: "exec policy", def: ask, absent: ask}
	text := b.d.text()
	for at, line := 0, 1; ; {
		i := strings.Index(text[at:], "prefix_rule(")
		if i < 0 {
			break
		}
		begin := at + i + len("prefix_rule(")
		line += strings.Count(text[at:begin], "\n")
		end := begin + closingParen(text[begin:])
		call := text[begin:end]
		e, pattern := codexRule(call)
		if pattern != "" {
			sc.rules = append(sc.rules, rule{effect: e, subject: "command", match: words, pattern: pattern + " *", raw: strings.Join(strings.Fields(call), " "), line: line})
		}
		line += strings.Count(call, "\n")
		at = end
	}
	b.add(sc)
}

// text is the whole file as text.
func (d *document) text() string {
	if d.body != "" {
		return d.body
	}
	return string(d.data)
}

// closingParen is the offset of the parenthesis that closes, outside strings.
func closingParen(s string) int {
	depth, quote := 1, byte(0)
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case quote != 0 && c == '\\':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'':
			quote = c
		case c == '(':
			depth++
		case c == ')':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return len(s)
}

func codexRule(call string) (effect, string) {
	e := allow
	if _, v, ok := strings.Cut(call, "decision"); ok {
		switch {
		case strings.HasPrefix(strings.TrimLeft(v, " =\"'"), "forbidden"):
			e = deny
		case strings.HasPrefix(strings.TrimLeft(v, " =\"'"), "prompt"):
			e = ask
		}
	}
	_, list, ok := strings.Cut(call, "pattern")
	if !ok {
		return e, ""
	}
	open, end := strings.IndexByte(list, '['), strings.LastIndexByte(list, ']')
	if open < 0 || end < open {
		return e, ""
	}
	if i := strings.Index(list, "],"); i > open && !strings.Contains(list[open+1:i], "[") {
		end = i
	}
	var parts []string
	for _, w := range strings.FieldsFunc(list[open+1:end], func(r rune) bool { return r == ',' || r == ' ' || r == '\n' }) {
		parts = append(parts, strings.Trim(w, `"'`))
	}
	return e, strings.Join(parts, " ")
}
