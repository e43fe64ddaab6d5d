package change

import (
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
)

// MCP servers in the shape that most clients share. Sources: modelcontextprotocol.io,
// "Connect to local MCP servers"; the clients' own pages for what differs.

func isMCPFile(d *document) bool {
	switch base := path.Base(d.entry.Path); base {
	case ".mcp.json", "mcp.json", "mcp_config.json", "mcp_settings.json", "cline_mcp_settings.json", "claude_desktop_config.json", "mcp-config.json", "mcp_servers.json":
		return true
	}
	return strings.HasPrefix(d.format, "mcp")
}

// readMCPFile reads a file of servers. Those of one folder and client are one
// group; a plugin's may lack the mcpServers wrapper.
func readMCPFile(b *scopeBuilder) {
	p := b.d.entry.Path
	b.group = "mcp|" + path.Dir(p)
	if base := path.Base(p); base != ".mcp.json" {
		b.group = "mcp|" + p
	}
	b.here()
	root := b.d.root()
	for _, key := range []string{"mcpServers", "servers", "mcp_servers"} {
		if n := root.Get(key); n != nil {
			b.mcpServers(n, key)
			b.inputs(root)
			return
		}
	}
	if n := root.Get("mcp"); n.Get("servers") != nil {
		b.mcpServers(n.Get("servers"), "mcp.servers")
		return
	}
	if isServerMap(root) {
		b.mcpServers(root, "mcpServers")
	}
}

// isServerMap recognises a bare map of servers by its first value.
func isServerMap(n *Node) bool {
	return n != nil && n.Kind == MapNode && len(n.Items) > 0 &&
		(n.Items[0].Has("command") || n.Items[0].Has("url") || n.Items[0].Has("httpUrl"))
}

// inputs are what VS Code asks the user for; they hold no grant of their own.
func (b *scopeBuilder) inputs(*Node) {}

// mcpServers reads a map of servers, or a list of them with names.
func (b *scopeBuilder) mcpServers(servers *Node, slot string) {
	if servers == nil {
		return
	}
	for i, s := range servers.Items {
		name := s.Get("name").String()
		if servers.Kind == MapNode {
			name = servers.Keys[i]
		} else if s.Kind == StringNode {
			name = s.Text // a reference to a server configured elsewhere
			b.add(scope{slot: slot + "." + entryText(name), dimension: "server", surface: "mcp", rules: []rule{{effect: allow, subject: "server " + name, match: globs, raw: name, line: s.Line}}})
			continue
		}
		if s.Kind == MapNode {
			b.mcpServer(s, name, slot+"."+entryText(name))
		}
	}
}

// A launch is how a server is reached: the code that runs or the address, apart
// from its version and its arguments.
type launch struct {
	identity string
	version  string // of a package or image; "" is whatever is newest
	args     string
	raw      string
	pinnable bool
}

func (b *scopeBuilder) mcpServer(s *Node, name, slot string) {
	if s.Get("disabled").IsTrue() || s.Get("enabled").IsFalse() {
		return
	}
	l := launchOf(s)
	if l.identity == "" { // a shape nobody knows is not passed over
		rest := &Node{Kind: MapNode}
		for i, key := range s.Keys {
			if !launchDetail[key] {
				rest.put(key, s.Items[i])
			}
		}
		l = launch{identity: name + " " + oneLine(rest)}
	}
	line := s.Line
	subject := "server " + l.identity
	label := name
	if l.raw != "" {
		label += " (" + l.raw + ")"
	}
	server := scope{slot: slot, dimension: "server", surface: "mcp", rules: toolFilter(s, subject, label, line)}
	if l.pinnable && l.version == "" {
		server.rules[0].remark = b.finding("floating-version", line, entryText(name+" runs whatever version of its package is newest"))
	}
	b.add(server)
	b.add(scope{slot: slot, dimension: "server", surface: "mcp args", vague: true,
		rules: []rule{{effect: allow, subject: subject, pattern: "args " + l.args, raw: label, line: line}}})
	if l.pinnable {
		b.add(scope{slot: slot, dimension: "server", surface: "mcp version", vague: true,
			rules: []rule{{effect: allow, subject: subject, pattern: l.version, raw: label, line: line}}})
	}
	b.serverApproval(s, subject, name, slot)
	b.serverEnv(s.Get("env"), subject, slot+".env")
	b.serverEnv(s.Get("environment"), subject, slot+".environment")
	b.serverEnv(s.Get("headers"), subject, slot+".headers")
	b.serverEnv(s.Get("http_headers"), subject, slot+".http_headers")
	b.serverEnv(s.Get("env_http_headers"), subject, slot+".env_http_headers")
	for _, key := range []string{"bearer_token_env_var", "envFile", "env_vars", "env_keys", "headersHelper", "envs", "authProviderType", "oauth.clientId", "auth.CLIENT_ID"} {
		for _, it := range scalars(s.Get(strings.Split(key, ".")...)) {
			b.add(scope{slot: slot + "." + key, dimension: "credential", surface: "mcp env", rules: []rule{{effect: allow, subject: subject + " " + key, pattern: it.String(), raw: it.String(), line: it.Line}}})
		}
	}
	for _, at := range [][]string{{"oauth", "scopes"}, {"auth", "scopes"}, {"scope"}, {"scopes"}, {"oauth", "scope"}} {
		if n := s.Get(at...); n != nil {
			sc := scope{slot: slot + "." + strings.Join(at, "."), dimension: "oauth_scope", surface: "oauth " + subject}
			for _, it := range scalars(n) {
				for _, one := range strings.FieldsFunc(it.String(), func(r rune) bool { return r == ' ' || r == ',' }) {
					sc.rules = append(sc.rules, oauthRules(one, it.Line)...)
				}
			}
			b.add(sc)
		}
	}
}

// launchDetail are keys of a server that are read apart from how it starts.
var launchDetail = map[string]bool{"env": true, "environment": true, "headers": true, "tools": true, "allowed": true, "includeTools": true, "excludeTools": true, "enabled_tools": true, "disabled_tools": true, "available_tools": true, "alwaysAllow": true, "autoApprove": true, "trust": true, "timeout": true, "description": true, "enabled": true, "disabled": true, "name": true, "enabled_by_default": true, "bundled": true, "display_name": true}

// toolFilter is the tools of a server that an agent gets, after a rule for the
// server itself. Without a filter it is all of them, and an excluded tool is
// refused.
func toolFilter(s *Node, subject, name string, line int) []rule {
	start := rule{effect: allow, subject: subject + " start", raw: name, line: line}
	rules, filtered := []rule{start}, false
	for _, key := range []string{"includeTools", "enabled_tools", "available_tools", "tools", "allowed", "allowedTools", "tool_filter", "toolNames"} {
		n := s.Get(key)
		if n == nil || n.Kind != ListNode || key == "available_tools" && len(n.Items) == 0 {
			continue
		}
		for _, it := range scalars(n) {
			r := rule{effect: allow, subject: subject, match: globs, pattern: it.String(), raw: it.String(), line: it.Line}
			if r.pattern == "*" {
				r.pattern = ""
			}
			rules = append(rules, r)
		}
		filtered = true
		break
	}
	if !filtered {
		rules = append(rules, rule{effect: allow, subject: subject, match: globs, raw: name, line: line})
	}
	for _, key := range []string{"excludeTools", "disabled_tools", "disabledTools"} {
		for _, it := range scalars(s.Get(key)) {
			rules = append(rules, rule{effect: deny, subject: subject, match: globs, pattern: it.String(), raw: it.String(), line: it.Line})
		}
	}
	return rules
}

// serverApproval reads which tools of a server run without asking.
func (b *scopeBuilder) serverApproval(s *Node, subject, name, slot string) {
	sc := scope{slot: slot, dimension: "approval", surface: "mcp run", def: ask, absent: ask}
	if n := s.Get("trust"); n.IsTrue() {
		sc.rules = append(sc.rules, rule{effect: allow, subject: subject, match: globs, raw: "trust: true", line: n.Line})
	}
	for _, key := range []string{"alwaysAllow", "autoApprove", "auto_approve"} {
		for _, it := range scalars(s.Get(key)) {
			r := rule{effect: allow, subject: subject, match: globs, pattern: it.String(), raw: it.String(), line: it.Line}
			if r.pattern == "*" || it.IsTrue() {
				r.pattern = ""
			}
			if !it.IsFalse() {
				sc.rules = append(sc.rules, r)
			}
		}
	}
	if len(sc.rules) > 0 {
		b.add(sc)
	}
}

// launchOf reads how a server is started or where it is.
func launchOf(s *Node) launch {
	for _, key := range []string{"url", "httpUrl", "serverUrl", "uri", "sse_url"} {
		if v := s.Get(key).String(); v != "" {
			return remoteLaunch(v)
		}
	}
	if v := s.Get("remote", "url").String(); v != "" {
		return remoteLaunch(v)
	}
	if image := s.Get("container").String(); image != "" {
		line := []string{"docker", "run", image + versionSuffix(s.Get("version").String())}
		return commandLaunch(append(line, append(s.Get("args").Strings(), s.Get("entrypointArgs").Strings()...)...))
	}
	var line []string
	command := s.Get("command")
	if command == nil {
		command = s.Get("cmd")
	}
	if command == nil {
		return launch{}
	}
	line = append(line, command.Strings()...)
	if command.Kind != ListNode && strings.Contains(command.String(), " ") && s.Get("args") == nil {
		line = strings.Fields(command.String())
	}
	line = append(line, s.Get("args").Strings()...)
	return commandLaunch(line)
}

func versionSuffix(v string) string {
	if v == "" {
		return ""
	}
	return ":" + v
}

// remoteLaunch splits an address. Whether a server speaks SSE or streams on the
// same host is transport; a query sets options.
func remoteLaunch(v string) launch {
	u, err := url.Parse(v)
	if err != nil || u.Host == "" {
		return launch{identity: v, raw: v}
	}
	p := strings.TrimSuffix(u.Path, "/")
	p = strings.TrimSuffix(strings.TrimSuffix(p, "/sse"), "/mcp")
	return launch{identity: strings.ToLower(u.Scheme+"://"+u.Host) + p, args: u.RawQuery, raw: v}
}

// runners start a package by its name: those that always do, and those that do
// after one of these words.
var runners = map[string][]string{
	"npx": nil, "bunx": nil, "pnpx": nil, "uvx": nil,
	"pipx": {"run"}, "docker": {"run"}, "podman": {"run"}, "pnpm": {"dlx"}, "yarn": {"dlx"}, "uv": {"tool", "x"}, "bun": {"x"}, "npm": {"exec", "x"},
}

var runnerWords = map[string]bool{"dlx": true, "exec": true, "run": true, "x": true, "tool": true, "--": true}

// commandLaunch splits a command line into what runs, its version and its
// arguments. npx pkg, npx -y pkg and npx pkg@latest start the same.
func commandLaunch(line []string) launch {
	if len(line) == 0 {
		return launch{}
	}
	l := launch{raw: strings.Join(line, " ")}
	if len(line) > 2 && (line[0] == "cmd" || line[0] == "cmd.exe") && strings.EqualFold(line[1], "/c") {
		line = line[2:] // Windows needs a shell to start npx
	}
	name := path.Base(line[0])
	if words, ok := runners[name]; !ok || len(words) > 0 && (len(line) < 2 || !slices.Contains(words, line[1])) {
		l.identity, l.args = line[0], strings.Join(line[1:], " ")
		return l
	}
	rest := line[1:]
	var options []string
	for i := 0; i < len(rest); i++ {
		w := rest[i]
		switch {
		case runnerWords[w]:
		case w == "-y" || w == "--yes" || w == "-i" || w == "--rm" || w == "-q" || w == "-it" || w == "--init" || w == "--quiet":
		case strings.HasPrefix(w, "-"):
			options = append(options, w)
			if takesValue(name, w) && i+1 < len(rest) {
				i++
				options = append(options, rest[i])
			}
		default:
			pkg, version := splitVersion(w, name)
			l.identity, l.version, l.pinnable = name+" "+pkg, version, true
			l.args = strings.Join(append(options, rest[i+1:]...), " ")
			return l
		}
	}
	l.identity, l.args = name, strings.Join(rest, " ")
	return l
}

// takesValue reports whether a flag of a runner is followed by its value.
func takesValue(runner, f string) bool {
	if strings.Contains(f, "=") {
		return false
	}
	switch runner {
	case "docker", "podman":
		return !strings.HasPrefix(f, "--") || f == "--env" || f == "--volume" || f == "--mount" || f == "--network" || f == "--name" || f == "--env-file" || f == "--entrypoint" || f == "--user" || f == "--workdir" || f == "--platform" || f == "--pull" || f == "--add-host"
	case "uvx", "uv", "pipx":
		return f == "--from" || f == "--with" || f == "--python" || f == "-p" || f == "--directory" || f == "--index-url"
	}
	return f == "-p" || f == "--package"
}

var digest = regexp.MustCompile(`@sha256:[0-9a-f]+$`)

// splitVersion takes the version off a package or an image. latest is none.
func splitVersion(w, runner string) (pkg, version string) {
	pkg = w
	if runner == "docker" || runner == "podman" {
		if at := digest.FindStringIndex(w); at != nil {
			return w[:at[0]], w[at[0]+1:]
		}
		if i := strings.LastIndexByte(w, ':'); i > strings.LastIndexByte(w, '/') {
			pkg, version = w[:i], w[i+1:]
		}
	} else if i := strings.Index(w, "=="); i > 0 {
		pkg, version = w[:i], w[i+2:]
	} else if i := strings.LastIndexByte(w, '@'); i > 0 && !strings.Contains(w[i:], "/") {
		pkg, version = w[:i], w[i+1:]
	}
	if version == "latest" {
		version = ""
	}
	return pkg, version
}
