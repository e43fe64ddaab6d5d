package change

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// What a job does before its agent runs: where it runs, whose code it checks
// out, which files the agent will read, which secrets lie about. Sources: GitHub
// Docs, "Workflow syntax" (runs-on, container), "Secure use reference"; READMEs
// of actions/checkout and of the actions that log in.

// hosted are labels of the runners that GitHub keeps for everybody.
var hosted = regexp.MustCompile(`^(ubuntu|windows|macos)-[\w.-]+$`)

// runner reads where the job runs and which environment's secrets it gets.
func (b *scopeBuilder) runner(job *Node, values *workflowValues) {
	on := job.Get("runs-on")
	labels := scalars(on)
	if on != nil && on.Kind == MapNode {
		labels = append(scalars(on.Get("labels")), scalars(on.Get("group"))...)
	}
	for _, n := range labels {
		label := values.node(n)
		if !slices.ContainsFunc(strings.Fields(label.String()), func(s string) bool { return !hosted.MatchString(s) }) {
			continue
		}
		b.add(scope{slot: "runs-on", dimension: "sandbox", surface: "runner", rules: []rule{item(label, allow)}})
	}
	if c := job.Get("container"); c != nil && c.Kind != NullNode {
		text := oneLine(c)
		b.add(scope{slot: "container", dimension: "sandbox", surface: "container", single: true, rules: []rule{{effect: allow, subject: "container", pattern: text, raw: text, line: c.Line, opaque: true}}})
	}
	env := job.Get("environment")
	if env != nil && env.Kind == MapNode {
		env = env.Get("name")
	}
	if env.String() != "" {
		b.add(scope{slot: "environment", dimension: "credential", surface: "environment", vague: true, rules: []rule{item(env, allow)}})
	}
}

// preparations reads the steps up to the last that runs an agent.
func (b *scopeBuilder) preparations(steps []*Node, values *workflowValues) {
	for _, s := range steps {
		uses, _, _ := strings.Cut(s.Get("uses").String(), "@")
		switch {
		case strings.HasSuffix(uses, "/checkout"):
			b.checkout(values.inputs(s.Get("with"), s.Get("env")))
		case loginActions[strings.ToLower(uses)]:
			text := oneLine(values.inputs(s.Get("with"), s.Get("env")))
			b.add(scope{slot: "steps.login", dimension: "credential", surface: "login", vague: true, rules: []rule{{effect: allow, subject: strings.ToLower(uses), pattern: text, raw: uses + " " + text, line: s.Line}}})
		case s.Get("run").String() != "":
			b.preparingScript(s, values)
		}
	}
}

// loginActions put a credential where every later step of the job finds it.
var loginActions = set("aws-actions/configure-aws-credentials", "google-github-actions/auth", "azure/login", "docker/login-action", "aws-actions/amazon-ecr-login", "hashicorp/vault-action",
	"webfactory/ssh-agent", "1password/load-secrets-action", "crazy-max/ghaction-import-gpg", "tailscale/github-action", "azure/docker-login", "google-github-actions/get-secretmanager-secrets")

// strangersCode says of a ref or a repository that a stranger wrote what is in it.
func strangersCode(v string) bool {
	for _, part := range []string{"pull_request.head", "github.head_ref", "refs/pull/", "workflow_run.head_", "head_repository", "head.repo", "FETCH_HEAD", "pr.head", "headRef"} {
		if strings.Contains(v, part) {
			return true
		}
	}
	return false
}

// checkout reads a step that puts code where the agent works: a pull request's
// head, another repository, and the credential that stays in its settings.
func (b *scopeBuilder) checkout(with *Node) {
	if ref := with.Get("ref"); strangersCode(ref.String()) {
		b.head(ref.Text, ref.Line)
	}
	if repo := with.Get("repository"); strangersCode(repo.String()) {
		b.head(repo.Text, repo.Line)
	}
	kept := &Node{Kind: MapNode}
	for _, key := range []string{"token", "ssh-key"} {
		if v := with.Get(key); v != nil {
			kept.put(key, v)
		}
	}
	b.credentials(kept, "checkout")
}

func (b *scopeBuilder) head(raw string, line int) {
	b.add(scope{slot: "checkout.ref", dimension: "data_source", surface: "checkout", rules: []rule{{effect: allow, subject: "head", raw: raw, line: line}}})
}

// agentFiles are files that an agent reads its instructions, servers and
// permissions from.
var agentFiles = regexp.MustCompile(`(^|/)(\.claude(/|$)|\.claude\.json|\.mcp\.json|mcp\.json|CLAUDE(\.local)?\.md|AGENTS\.md|GEMINI\.md|\.codex/|\.gemini/|\.cursor/|\.copilot/|\.github/copilot-instructions\.md|opencode\.jsonc?|\.config/opencode/|\.opencode/|\.aider\.conf\.yml|\.gitconfig|\.netrc)`)

// agentPackages are names of packages that are, or pretend to be, an agent.
var agentPackages = regexp.MustCompile(`(?i)(claude-code|codex|gemini-cli|opencode|copilot|cursor-agent|aider|qwen-code|goose|crush)`)

// agentVariables decide where an agent's calls go, or what its program loads.
var agentVariables = regexp.MustCompile(`^(ANTHROPIC_|CLAUDE_|OPENAI_|CODEX_|GEMINI_|GOOGLE_GEMINI_|COPILOT_|HTTPS?_PROXY|ALL_PROXY|NODE_OPTIONS|LD_PRELOAD|PATH$|NODE_EXTRA_CA_CERTS|NODE_TLS_REJECT)`)

// preparingScript reads commands that write what the agent reads, install it,
// configure it, log in, or fetch the code of a pull request.
func (b *scopeBuilder) preparingScript(s *Node, values *workflowValues) {
	run := s.Get("run")
	text := values.expand(run.Text, s.Get("env"))
	prepared := func(surface, dimension, subject, pattern, raw string, line int) {
		b.add(scope{slot: "steps." + surface, dimension: dimension, surface: "steps " + surface, rules: []rule{{effect: allow, subject: subject, pattern: pattern, raw: raw, line: line, opaque: true}}})
	}
	commands, _ := expandedCommands(text, stepVariables(s, values))
	for _, c := range commands {
		line := run.Line + c.line - 1
		whole := strings.Join(append(slices.Clone(c.env), c.words...), " ")
		for _, file := range writtenFiles(c) {
			if agentFiles.MatchString(file) {
				prepared("files", "tool", "writes "+file, whole+"\n"+c.input, "writes "+file, line)
			}
		}
		name, rest := commandName(c.words)
		switch {
		case len(rest) > 0 && agentCommands[name] != nil && configuring[rest[0]]:
			prepared("configuration", "server", name+" "+rest[0], whole, whole, line)
		case len(c.words) > 0 && c.words[0] == "export":
			for _, pair := range c.words[1:] {
				if key, value, ok := strings.Cut(pair, "="); ok && agentVariables.MatchString(key) && !saysItself(key, value) && !isModelID(value) {
					prepared("environment", "credential", "export "+key, value, redact(key+"="+value), line)
				}
			}
		case installs(c.words):
			for _, w := range c.words[2:] {
				if pkg := cutVersion(w); agentPackages.MatchString(pkg) && !strings.HasPrefix(pkg, "-") {
					b.add(scope{slot: "steps.install", dimension: "plugin", surface: "install", vague: true, rules: []rule{{effect: allow, subject: "installs", match: exactly, pattern: pkg, raw: pkg, line: line}}})
				}
			}
		case strings.HasPrefix(whole, "gh pr checkout"), len(c.words) > 2 && c.words[0] == "git" && (strangersCode(whole) || strings.Contains(whole, "pull/") && strings.Contains(whole, "/head")):
			b.head(whole, line)
		}
	}
	b.scriptSecrets(text, run.Line)
	if strings.Contains(text, "exit 1") && identityWords.MatchString(text+oneLine(s.Get("env"))) {
		b.add(scope{slot: "steps.guard", dimension: "audience", surface: "steps guard", def: allow, absent: allow, vague: true,
			rules: []rule{{effect: deny, subject: "unless", pattern: strings.Join(strings.Fields(text), " "), raw: "a step that ends the job", line: run.Line}}})
	}
}

// configuring are first words of calls that change what a tool may use.
var configuring = set("mcp", "plugin", "plugins", "extensions", "extension", "config", "skills")

func installs(words []string) bool {
	if len(words) < 3 {
		return false
	}
	switch words[0] {
	case "npm", "pnpm", "yarn", "bun", "pip", "pip3", "pipx", "uv", "brew", "go", "cargo", "gh":
		return words[1] == "install" || words[1] == "i" || words[1] == "add" || words[1] == "global" || words[1] == "tool" || words[1] == "extension" || words[1] == "pip"
	}
	return false
}

// writtenFiles are the files that a command writes to.
func writtenFiles(c command) []string {
	var out []string
	if c.file != "" {
		out = append(out, c.file)
	}
	if len(c.words) > 1 {
		switch path.Base(c.words[0]) {
		case "tee", "cp", "mv", "ln", "install", "sed", "curl", "wget", "touch":
			out = append(out, c.words[len(c.words)-1])
		}
	}
	return out
}

// scriptSecrets reads secrets that stand in a script itself, where they end in
// files and in the environment of what comes after it.
func (b *scopeBuilder) scriptSecrets(text string, line int) {
	sc := scope{slot: "steps.run", dimension: "credential", surface: "script secrets", vague: true}
	for _, ref := range secretAlternatives(text) {
		sc.rules = append(sc.rules, rule{effect: allow, subject: "run", pattern: ref, raw: ref, line: line})
	}
	if len(sc.rules) > 0 {
		b.add(sc)
	}
}
