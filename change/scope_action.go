package change

import (
	"strings"
)

// claudeInputs are inputs of anthropics/claude-code-action beside the tools.
// Source: the action's docs/usage.md, docs/security.md, docs/configuration.md.
var claudeInputs = []setting{
	{at: "show_full_output", dimension: "output", values: flag, absent: "false"},
	{at: "github_token", dimension: "credential", surface: "identity", kind: grant},
	{at: "trigger_phrase", dimension: "audience", kind: prose},
	{at: "assignee_trigger", dimension: "audience", kind: grant},
	{at: "label_trigger", dimension: "audience", kind: grant},
	{at: "use_commit_signing", dimension: "credential", kind: prose},
	{at: "ssh_signing_key", dimension: "credential", kind: grant},
	{at: "prepare_script", dimension: "hook", kind: prose},
	{at: "path_to_claude_code_executable", dimension: "hook", kind: prose},
}

// claudeAction reads the inputs of claude-code-action: those of v1, which pass
// flags in claude_args, and those of the beta, which had an input for each.
func (b *scopeBuilder) claudeAction(with *Node) {
	b.toolInput(with, "allowed_tools", allow)
	b.toolInput(with, "disallowed_tools", deny)
	b.inlineServers(with.Get("mcp_config"), "mcp_config")
	b.inlineSettings(with.Get("settings"), "settings")
	b.lines(with, "plugins", "plugin", "plugins", allow)
	b.lines(with, "plugin_marketplaces", "plugin", "marketplaces", allow)
	b.lines(with, "allowed_bots", "audience", "bots", allow)
	b.lines(with, "allowed_non_write_users", "audience", "users", allow)
	b.lines(with, "include_comments_by_actor", "audience", "comments", allow)
	b.lines(with, "exclude_comments_by_actor", "audience", "excluded comments", deny)
	if n := with.Get("additional_permissions"); n != nil && n.Kind == StringNode {
		if roots, err := parseYAML([]byte(n.Text)); err == nil && len(roots) > 0 && roots[0].Kind == MapNode {
			b.add(scope{slot: "with.additional_permissions", dimension: "token_permission", surface: "app token", rules: tokenRules(roots[0])})
		}
	}
	if env := with.Get("claude_env"); env != nil && env.Kind == StringNode {
		if roots, err := parseYAML([]byte(env.Text)); err == nil && len(roots) > 0 {
			b.credentials(roots[0], "with.claude_env")
		}
	}
	inputs := scopeBuilder{d: b.d, agent: b.agent, products: b.products, group: b.group, born: b.born, prefix: b.prefix + "with."}
	inputs.settings(with, claudeInputs)
	b.scopes = append(b.scopes, inputs.scopes...)
	if n := with.Get("claude_args"); n != nil {
		b.claudeFlags(flagsOf(shellWords(n.String())), "with.claude_args", n.Line)
	}
}

// toolInput reads an input that lists tools.
func (b *scopeBuilder) toolInput(with *Node, key string, e effect) {
	if n := with.Get(key); n != nil && n.Kind != NullNode {
		dimension := "tool"
		if e == deny {
			dimension = "deny"
		}
		b.add(scope{slot: "with." + key, dimension: dimension, surface: "tools", def: ask, absent: ask, rules: toolList(n, e, claudeRule)})
	}
}

// lines reads an input that is a list separated by commas or lines. A star is
// everybody, or everything.
func (b *scopeBuilder) lines(with *Node, key, dimension, surface string, e effect) {
	n := with.Get(key)
	if n == nil || n.Kind == NullNode {
		return
	}
	sc := scope{slot: "with." + key, dimension: dimension, surface: surface}
	if e == deny {
		sc.def, sc.absent = allow, allow
	}
	for _, it := range scalars(n) {
		for _, part := range strings.FieldsFunc(it.String(), func(r rune) bool { return r == ',' || r == '\n' }) {
			if part = strings.TrimSpace(part); part == "" {
				continue
			}
			r := rule{effect: e, subject: surface + " " + part, raw: part, line: it.Line}
			if part == "*" {
				r.subject, r.raw = "*", key+": *"
			}
			sc.rules = append(sc.rules, r)
		}
	}
	b.add(sc)
}

// inlineServers reads servers given as JSON, or the file that holds them.
func (b *scopeBuilder) inlineServers(n *Node, slot string) {
	if n == nil || n.Kind == NullNode {
		return
	}
	text := strings.TrimSpace(n.String())
	if strings.HasPrefix(text, "{") {
		if root := templatedJSON(text); root != nil {
			if servers := root.Get("mcpServers"); servers != nil {
				root = servers
			}
			b.mcpServers(root, slot)
			return
		}
	}
	if text != "" {
		b.add(scope{slot: slot, dimension: "server", surface: slot, single: true, vague: true,
			rules: []rule{{effect: allow, subject: slot, pattern: text, raw: slot + " " + text, line: n.Line}}})
	}
}

// inlineSettings reads settings of Claude Code given as JSON, or the file that
// holds them.
func (b *scopeBuilder) inlineSettings(n *Node, slot string) {
	text := strings.TrimSpace(n.String())
	switch root := templatedJSON(text); {
	case text == "":
	case strings.HasPrefix(text, "{") && root != nil:
		c := scopeBuilder{d: b.d, agent: b.agent, products: b.products, group: b.group, born: b.born, prefix: b.prefix + slot + "."}
		c.claudeSettings(root)
		b.scopes = append(b.scopes, c.scopes...)
	default:
		b.add(scope{slot: slot, dimension: "approval", surface: slot, single: true,
			rules: []rule{{effect: allow, subject: slot, pattern: text, raw: text, line: n.Line, opaque: true}}})
	}
}

// templatedJSON parses JSON in which expressions ${{ … }} stand for values or
// inside strings. It returns nil for what is no JSON even then.
func templatedJSON(text string) *Node {
	var b strings.Builder
	quoted := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '$' && strings.HasPrefix(text[i:], "${{"):
			end := strings.Index(text[i:], "}}")
			if end < 0 {
				return nil
			}
			expr := strings.NewReplacer(`"`, `'`, `\`, `/`, "\n", " ").Replace(text[i : i+end+2])
			if quoted {
				b.WriteString(expr)
			} else {
				b.WriteString(`"` + expr + `"`)
			}
			i += end + 1
			continue
		case c == '\\' && quoted && i+1 < len(text):
			b.WriteByte(c)
			i++
			b.WriteByte(text[i])
			continue
		case c == '"':
			quoted = !quoted
		}
		b.WriteByte(text[i])
	}
	root, err := parseJSON([]byte(b.String()))
	if err != nil {
		return nil
	}
	return root
}

// codexInputs are inputs of openai/codex-action. Source: its README and
// docs/security.md.
var codexInputs = []setting{
	{at: "sandbox", dimension: "sandbox", values: codexSandbox, absent: "workspace-write"},
	{at: "permission-profile", dimension: "sandbox", kind: prose},
	{at: "safety-strategy", dimension: "sandbox", values: "read-only= unprivileged-user=a drop-sudo=b unsafe=abc", absent: "drop-sudo"},
	{at: "safety_strategy", dimension: "sandbox", values: "read-only= unprivileged-user=a drop-sudo=b unsafe=abc", absent: "drop-sudo"},
	{at: "require_repo_write", dimension: "audience", values: guard, absent: "true"},
	{at: "allow-bots", dimension: "audience", values: flag, absent: "false"},
	{at: "allow_bots", dimension: "audience", values: flag, absent: "false"},
	{at: "codex-home", dimension: "sandbox", kind: prose},
	{at: "codex-user", dimension: "sandbox", kind: prose},
	{at: "responses-api-endpoint", dimension: "network", kind: prose},
}

func (b *scopeBuilder) codexAction(with *Node) {
	for _, key := range []string{"allow-users", "allow_users"} {
		b.lines(with, key, "audience", "users", allow)
	}
	b.lines(with, "allow-bot-users", "audience", "bots", allow)
	inputs := scopeBuilder{d: b.d, agent: b.agent, products: b.products, group: b.group, born: b.born, prefix: b.prefix + "with."}
	inputs.settings(with, codexInputs)
	b.scopes = append(b.scopes, inputs.scopes...)
	for _, key := range []string{"codex-args", "codex_args"} {
		n := with.Get(key)
		if n == nil {
			continue
		}
		args := shellWords(n.String())
		if list := templatedJSON(strings.TrimSpace(n.String())); list != nil && list.Kind == ListNode {
			args = list.Strings()
		}
		b.codexFlags(flagsOf(args), "with."+key, n.Line)
	}
}

// geminiAction reads the inputs of run-gemini-cli: settings and extensions are
// JSON in a string. Source: the action's README.
func (b *scopeBuilder) geminiAction(with *Node) {
	for _, key := range []string{"settings", "settings_json"} {
		n := with.Get(key)
		if n == nil || n.Kind != StringNode {
			continue
		}
		if root := templatedJSON(n.Text); root != nil {
			c := scopeBuilder{d: b.d, agent: b.agent, products: b.products, group: b.group, born: b.born, prefix: b.prefix + "with." + key + ".", line: n.Line}
			c.geminiSettings(root)
			b.scopes = append(b.scopes, c.scopes...)
		} else if strings.TrimSpace(n.Text) != "" {
			b.add(scope{slot: "with." + key, dimension: "tool", surface: key, rules: []rule{{effect: allow, subject: key, pattern: n.Text, raw: n.Text, line: n.Line, opaque: true}}})
		}
	}
	if n := with.Get("extensions"); n != nil {
		sc := scope{slot: "with.extensions", dimension: "plugin", surface: "extensions"}
		for _, name := range templatedJSON(n.String()).Strings() {
			sc.rules = append(sc.rules, rule{effect: allow, subject: name, raw: name, line: n.Line})
		}
		b.add(sc)
	}
	for _, key := range []string{"gcp_service_account", "gcp_workload_identity_provider"} {
		if n := with.Get(key); n.String() != "" {
			b.add(scope{slot: "with." + key, dimension: "credential", surface: key, single: true, vague: true, rules: []rule{{effect: allow, subject: key, pattern: n.Text, raw: n.Text, line: n.Line}}})
		}
	}
}
