package change

import (
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
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
	found := false // clients differ in the key that they read, so each counts
	for _, at := range [][]string{{"mcpServers"}, {"servers"}, {"mcp_servers"}, {"mcp", "servers"}} {
		if n := root.Get(at...); n != nil {
			b.mcpServers(n, strings.Join(at, "."))
			found = true
		}
	}
	b.inputs(root.Get("inputs"))
	if !found && isServerMap(root) {
		b.mcpServers(root, "mcpServers")
	}
	if path.Base(p) == ".mcp.json" {
		b.strictJSON()
	}
}

// isServerMap recognises a bare map of servers by what some value holds.
func isServerMap(n *Node) bool {
	return n != nil && n.Kind == MapNode && slices.ContainsFunc(n.Items, func(s *Node) bool {
		return s.Has("command") || s.Has("url") || s.Has("httpUrl")
	})
}

// inputs are what VS Code asks for when a server starts. One of type command
// runs a command of the editor instead. Source: VS Code documentation, MCP
// servers, "Input variables for sensitive data"; Variables reference.
func (b *scopeBuilder) inputs(list *Node) {
	for _, in := range list.items() {
		if in.Get("type").String() == "command" {
			b.opaque("inputs."+entryText(in.Get("id").String()), "hook", in)
		}
	}
}

// opaque adds a value whose effect nobody can tell.
func (b *scopeBuilder) opaque(slot, dimension string, n *Node) {
	text := oneLine(n)
	b.add(scope{slot: slot, dimension: dimension, surface: slot,
		rules: []rule{{effect: allow, subject: slot, pattern: text, raw: lastKey(slot) + ": " + text, line: n.Line, opaque: true}}})
}

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
	off := s.Get("disabled").IsTrue() || s.Get("enabled").IsFalse()
	if off && !b.ignoresDisabled() {
		return
	}
	launches := launchesOf(s)
	if len(launches) == 0 { // a shape nobody knows is not passed over
		rest := &Node{Kind: MapNode}
		for i, key := range s.Keys {
			if !launchDetail[key] {
				rest.put(key, s.Items[i])
			}
		}
		launches = []launch{{identity: name + " " + oneLine(rest)}}
	}
	for _, l := range launches {
		b.serverLaunch(s, l, name, slot)
	}
	line := s.Line
	subject := "server " + launches[0].identity
	if off {
		b.add(scope{slot: slot, dimension: "server", surface: "mcp off", rules: []rule{{effect: allow, subject: subject, pattern: "off", raw: name + " says that it is disabled", line: line, opaque: true}}})
	}
	b.serverOptions(s, subject, slot)
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

// ignoresDisabled says that the file is one that Claude Code reads, which starts
// the servers of .mcp.json whatever their disabled says, while other readers of
// the same file may heed it. Source: Claude Code documentation, MCP, which knows
// no such key; anthropics/claude-code issues 17756 and 43865.
func (b *scopeBuilder) ignoresDisabled() bool {
	return path.Base(b.d.entry.Path) == ".mcp.json"
}

// serverLaunch adds how a server is reached: what runs, with which tools, with
// which arguments and in which version.
func (b *scopeBuilder) serverLaunch(s *Node, l launch, name, slot string) {
	line, subject, label := s.Line, "server "+l.identity, name
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
}

// serverOptions reads where a server runs and what holds it. Source: VS Code
// documentation, MCP configuration reference (cwd, sandboxEnabled, sandbox, dev);
// Codex, configuration reference (cwd); Gemini CLI, configuration (cwd).
func (b *scopeBuilder) serverOptions(s *Node, subject, slot string) {
	for _, key := range []string{"cwd", "workingDirectory", "working_directory", "sandbox", "dev", "shell", "user", "privileged", "extensions"} {
		if n := s.Get(key); n != nil && n.Kind != NullNode {
			text := oneLine(n)
			b.add(scope{slot: slot, dimension: "server", surface: "mcp options",
				rules: []rule{{effect: allow, subject: subject + " " + key, pattern: text, raw: key + ": " + text, line: n.Line, opaque: true}}})
		}
	}
	if n := s.Get("sandboxEnabled"); n != nil {
		sandbox := setting{dimension: "sandbox", values: guard, absent: "false"}
		at := slot + ".sandboxEnabled"
		b.add(levelScope(scope{slot: at, dimension: "sandbox", surface: at}, &sandbox, at, n.String(), n.Line))
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

// launchesOf reads how a server is started and where it is. One that has both a
// command and an address is both, since clients differ in which they take.
func launchesOf(s *Node) []launch {
	var out []launch
	for _, l := range []launch{remoteOf(s), commandOf(s)} {
		if l.identity != "" {
			out = append(out, l)
		}
	}
	return out
}

// launchOf is the first of launchesOf, or nothing.
func launchOf(s *Node) launch {
	if all := launchesOf(s); len(all) > 0 {
		return all[0]
	}
	return launch{}
}

// remoteOf reads the address of a server.
func remoteOf(s *Node) launch {
	for _, key := range []string{"url", "httpUrl", "serverUrl", "uri", "sse_url"} {
		if v := s.Get(key).String(); v != "" {
			return remoteLaunch(v)
		}
	}
	if v := s.Get("remote", "url").String(); v != "" {
		return remoteLaunch(v)
	}
	return launch{}
}

// commandOf reads the container or the command line of a server.
func commandOf(s *Node) launch {
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
	l := launch{identity: strings.ToLower(u.Scheme+"://"+u.Host) + p, args: u.RawQuery, raw: v}
	if u.User != nil {
		l.args += " as " + u.User.String()
	}
	return l
}

// runners start a package by its name: those that always do, and those that do
// after one of these words.
var runners = map[string][]string{
	"npx": nil, "bunx": nil, "pnpx": nil, "uvx": nil,
	"pipx": {"run"}, "docker": {"run", "container run"}, "podman": {"run", "container run"}, "pnpm": {"dlx"}, "yarn": {"dlx"},
	"uv": {"tool run", "x"}, "bun": {"x"}, "npm": {"exec", "x"},
}

// afterRunner cuts the runner and its words off a command line. ok is false for
// a command that starts no package.
func afterRunner(line []string) (rest []string, ok bool) {
	words, known := runners[path.Base(line[0])]
	if !known {
		return nil, false
	}
	if len(words) == 0 {
		return line[1:], true
	}
	for _, w := range words {
		if n := len(strings.Fields(w)); len(line) > n && strings.Join(line[1:1+n], " ") == w {
			return line[1+n:], true
		}
	}
	return nil, false
}

// runnerNoise are flags of a runner that decide nothing about what runs.
func runnerNoise(runner, f string) bool {
	switch f {
	case "-q", "--quiet":
		return true
	case "-y", "--yes":
		return runner == "npx" || runner == "npm" || runner == "pnpx"
	case "-i", "-it", "--rm", "--init":
		return runner == "docker" || runner == "podman"
	}
	return false
}

// commandLaunch splits a command line into what runs, its version and its
// arguments. npx pkg, npx -y pkg and npx pkg@latest start the same; npx in some
// folder is a program of its own.
func commandLaunch(line []string) launch {
	if len(line) == 0 {
		return launch{}
	}
	l := launch{raw: strings.Join(line, " ")}
	if len(line) > 2 && (line[0] == "cmd" || line[0] == "cmd.exe") && strings.EqualFold(line[1], "/c") {
		line = line[2:] // Windows needs a shell to start npx
	}
	rest, ok := afterRunner(line)
	if !ok {
		l.identity, l.args = line[0], joinWords(line[1:])
		return l
	}
	name := path.Base(line[0])
	var options []string
	flags := true
	for i := 0; i < len(rest); i++ {
		w := rest[i]
		switch {
		case flags && w == "--":
			flags = false
		case flags && runnerNoise(name, w):
		case flags && strings.HasPrefix(w, "-"):
			options = append(options, w)
			if takesValue(name, w) && i+1 < len(rest) {
				i++
				options = append(options, rest[i])
			}
		default:
			pkg, version := splitVersion(w, name)
			l.identity, l.version, l.pinnable = line[0]+" "+pkg, version, true
			l.args = joinWords(append(options, rest[i+1:]...))
			return l
		}
	}
	l.identity, l.args = line[0], joinWords(rest)
	return l
}

// joinWords writes words so that what stands in one stays in one.
func joinWords(words []string) string {
	var b strings.Builder
	for i, w := range words {
		if i > 0 {
			b.WriteByte(' ')
		}
		if w == "" || strings.ContainsAny(w, " \t\n\"") {
			w = strconv.Quote(w)
		}
		b.WriteString(w)
	}
	return b.String()
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
