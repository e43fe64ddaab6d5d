package change

import (
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Agents in GitHub Actions. A workflow counts for the jobs and steps that run an
// agent; the same key elsewhere says nothing about one. Source: GitHub Docs,
// "Workflow syntax for GitHub Actions" (permissions, on, env) and the actions'
// own pages.

func isWorkflow(d *document) bool {
	p := d.entry.Path
	ext := path.Ext(p)
	return (ext == ".yml" || ext == ".yaml") && d.root().Get("jobs") != nil && d.root().Get("jobs").Kind == MapNode ||
		(path.Base(p) == "action.yml" || path.Base(p) == "action.yaml") && d.root().Get("runs", "steps") != nil
}

// agentActions are actions that run an agent, by owner and name, and what reads
// their inputs.
var agentActions = map[string]string{
	"anthropics/claude-code-action": "claude", "anthropics/claude-code-base-action": "claude", "anthropics/claude-code-action/base-action": "claude",
	"openai/codex-action":                  "codex",
	"google-github-actions/run-gemini-cli": "gemini", "google-gemini/gemini-cli-action": "gemini",
	"actions/ai-inference": "inference",
	"docker/cagent-action": "agent", "docker/docker-agent-action": "agent", "docker/cagent-action/review-pr": "agent",
	"sst/opencode/github": "agent", "anomalyco/opencode/github": "agent", "opencode-ai/opencode/github": "agent",
	"augmentcode/augment-agent": "agent", "augmentcode/review-pr": "agent", "augmentcode/describe-pr": "agent",
	"warpdotdev/warp-agent-action": "agent", "warpdotdev/oz-agent-action": "agent",
	"qodo-ai/pr-agent": "agent", "codium-ai/pr-agent": "agent", "the-pr-agent/pr-agent": "agent",
	"factory-ai/droid-action": "agent", "coderabbitai/ai-pr-reviewer": "agent", "coderabbitai/openai-pr-reviewer": "agent",
	"block/goose-action": "agent", "cursor/cursor-action": "agent", "continuedev/continue": "agent",
	"all-hands-ai/openhands-resolver": "agent", "openhands/openhands-github-action": "agent", "mistralai/vibe-action": "agent",
	"githubnext/gh-aw/actions/setup": "", "austenstone/copilot-cli": "agent", "aws-actions/amazon-q-developer-cli": "agent",
}

// A workflowStep is a step that runs an agent.
type workflowStep struct {
	node *Node
	kind string // reader of its inputs; a command's name for a run step
	name string // stable: the kind, numbered where it repeats
	call []agentCall
}

func readWorkflow(b *scopeBuilder) {
	root := b.d.root()
	if steps := root.Get("runs", "steps"); steps != nil {
		b.workflowSteps(&Node{Kind: MapNode, Keys: []string{"steps"}, Items: []*Node{steps}}, root, "action")
		return
	}
	jobs := root.Get("jobs")
	for i, name := range jobs.Keys {
		b.workflowSteps(jobs.Items[i], root, name)
	}
}

func (b *scopeBuilder) workflowSteps(job, root *Node, name string) {
	steps := agentSteps(job.Get("steps"))
	if len(steps) == 0 {
		return
	}
	slot := "jobs." + entryText(name)
	b.in("gha-job|"+b.d.entry.Path+"#"+name, b.agent, true, func(b *scopeBuilder) {
		b.prefix = slot + "."
		b.here()
		permissions := job.Get("permissions")
		if permissions == nil {
			permissions = root.Get("permissions")
		}
		b.tokenPermissions(permissions)
		b.triggers(root)
		b.guard(job.Get("if"), "if")
		b.runner(job)
		b.checkouts(job.Get("steps"))
	})
	for _, s := range steps {
		b.in("gha-"+s.kind+"|"+b.d.entry.Path+"#"+name+"#"+s.name, b.agent, true, func(b *scopeBuilder) {
			b.prefix = slot + ".steps." + s.name + "."
			b.here()
			b.guard(s.node.Get("if"), "if")
			for _, env := range []*Node{root.Get("env"), job.Get("env"), s.node.Get("env")} {
				b.credentials(env, "env")
			}
			with := s.node.Get("with")
			b.credentials(with, "with")
			switch s.kind {
			case "claude":
				b.claudeAction(with)
			case "codex":
				b.codexAction(with)
			case "gemini":
				b.geminiAction(with)
			case "inference":
				b.settings(with, inferenceInputs)
			default:
				b.settings(with, agentInputs)
			}
			for _, c := range s.call {
				b.agentCall(c)
			}
		})
	}
}

var inferenceInputs = []setting{
	{at: "enable-github-mcp", dimension: "server", values: flag, absent: "false"},
	{at: "github-mcp-toolsets", dimension: "tool", kind: allows},
}

// agentInputs are inputs that actions of several makers share.
var agentInputs = []setting{
	{at: "yolo", dimension: "approval", values: flag, absent: "false"},
	{at: "share", dimension: "output", kind: grant},
	{at: "allowed-tools", dimension: "tool", kind: allows}, {at: "allowed_tools", dimension: "tool", kind: allows},
	{at: "disallowed-tools", dimension: "deny", kind: denies, def: ask, unset: ask},
	{at: "agent", dimension: "subagent", kind: prose},
	{at: "mcp_config", dimension: "server", kind: prose}, {at: "mcp-config", dimension: "server", kind: prose},
	{at: "mcp_configs", dimension: "server", kind: prose}, {at: "rules", dimension: "tool", kind: prose},
	{at: "extra-args", dimension: "tool", kind: prose}, {at: "args", dimension: "tool", kind: prose},
	{at: "allowed-users", dimension: "audience", kind: allows}, {at: "org-membership-check", dimension: "audience", kind: prose},
}

// agentSteps finds the steps of a job that run an agent.
func agentSteps(steps *Node) []workflowStep {
	var out []workflowStep
	count := map[string]int{}
	for _, n := range steps.items() {
		s := workflowStep{node: n}
		if uses := n.Get("uses").String(); uses != "" {
			name, _, _ := strings.Cut(uses, "@")
			s.kind = agentActions[strings.ToLower(name)]
			if v := n.Get("with", "enable-github-mcp").String(); s.kind == "inference" && (v == "" || v == "false") {
				continue // one call of a model, which has no tool
			}
			if s.kind == "agent" {
				s.name = path.Base(name)
			} else if s.kind == "" {
				s.kind = agentByInputs(n.Get("with"))
			}
		} else if run := n.Get("run"); run != nil {
			s.call = agentCalls(run.String(), run.Line, nil)
			if len(s.call) > 0 {
				s.kind = "run"
				s.name = s.call[0].name
			}
		}
		if s.kind == "" {
			continue
		}
		if s.name == "" {
			s.name = s.kind
		}
		count[s.name]++
		if c := count[s.name]; c > 1 {
			s.name += strconv.Itoa(c)
		}
		out = append(out, s)
	}
	return out
}

// agentByInputs recognises forks and wrappers of the known actions by inputs that
// only an agent has.
func agentByInputs(with *Node) string {
	switch {
	case with.Has("claude_args") || with.Has("claude_code_oauth_token") || with.Has("anthropic_api_key") && (with.Has("allowed_tools") || with.Has("prompt") || with.Has("direct_prompt")):
		return "claude"
	case with.Has("gemini_api_key") || with.Has("gemini_cli_version") || with.Has("GEMINI_API_KEY") && with.Has("settings_json"):
		return "gemini"
	case with.Has("codex-args") || with.Has("codex_args") || with.Has("codex-home"):
		return "codex"
	}
	return ""
}

// tokenLevels are what GITHUB_TOKEN may do with one kind of thing.
const tokenLevels = "none= read=r write=rw admin=rwa"

// tokenPermissions reads the permissions of GITHUB_TOKEN. A listed key leaves
// every other at none; where there is no key the repository's setting holds,
// which no file tells.
func (b *scopeBuilder) tokenPermissions(n *Node) {
	sc := scope{slot: "permissions", dimension: "token_permission", surface: "token"}
	sc.floor = []rule{{effect: allow, subject: "token:", pattern: "the repository's default", opaque: true}}
	if n == nil {
		if b.born {
			sc.rules = []rule{{effect: allow, subject: "token:", pattern: "the repository's default", opaque: true}}
			sc.rules[0].raw = ""
			b.add(sc)
		}
		return
	}
	sc.rules = tokenRules(n)
	b.add(sc)
}

func tokenRules(n *Node) []rule {
	if n.Kind == StringNode {
		level := strings.TrimSuffix(n.Text, "-all")
		r := levelRule(tokenLevels, "token:", level)
		r.raw, r.line = n.Text, n.Line
		return []rule{r}
	}
	var out []rule
	for i, key := range n.Keys {
		subject := "token:" + key
		if key == "all" {
			subject = "token:"
		}
		r := levelRule(tokenLevels, subject, n.Items[i].String())
		if r.pattern == "" {
			continue // none
		}
		r.raw, r.line = key+": "+n.Items[i].String(), n.Items[i].Line
		out = append(out, r)
	}
	return out
}

// outsiderEvents are events that people without write access can cause.
var outsiderEvents = map[string]bool{
	"pull_request": true, "pull_request_target": true, "pull_request_review": true, "pull_request_review_comment": true,
	"issue_comment": true, "issues": true, "discussion": true, "discussion_comment": true,
	"workflow_run": true, "fork": true, "watch": true, "gollum": true, "commit_comment": true, "slash_command": true, "command": true,
}

// triggers reads who may start the workflow.
func (b *scopeBuilder) triggers(root *Node) {
	on := root.Get("on")
	if on == nil {
		on = root.Get("true") // YAML 1.1 reads on as a boolean
	}
	sc := scope{slot: "on", dimension: "audience", surface: "on"}
	add := func(event string, line int) {
		if outsiderEvents[event] {
			sc.rules = append(sc.rules, rule{effect: allow, subject: "on " + event, raw: event, line: line})
		}
	}
	if on != nil && on.Kind == MapNode {
		for i, event := range on.Keys {
			add(event, on.Items[i].Line)
		}
	}
	for _, it := range scalars(on) {
		add(it.String(), it.Line)
	}
	if len(sc.rules) > 0 {
		b.add(sc)
	}
}

// identityWords are what a guard asks about when it decides who may start an agent.
var identityWords = regexp.MustCompile(`(?i)\b(actor|triggering_actor|author_association|sender|user\.login|author|head\.repo|head_repository|fork|permission|association|collaborator)\b`)

// guard reads an if that asks who acts. Each condition joined by && lets through
// no more than the rest alone; one in the place of another cannot be told.
// Conditions that ask something else are no change of their own.
func (b *scopeBuilder) guard(n *Node, slot string) {
	text := strings.TrimSpace(n.String())
	if inner, ok := strings.CutPrefix(text, "${{"); ok && strings.HasSuffix(inner, "}}") && strings.Count(inner, "}}") == 1 {
		text = strings.TrimSuffix(inner, "}}")
	}
	text = strings.Join(strings.Fields(text), " ")
	if text == "" {
		return
	}
	sc := scope{slot: slot, dimension: "audience", surface: slot, def: allow, absent: allow, vague: true}
	for _, part := range conjuncts(text) {
		sc.rules = append(sc.rules, rule{effect: deny, subject: "unless", pattern: part, raw: part, line: n.Line, quiet: !identityWords.MatchString(part)})
	}
	b.add(sc)
}

// conjuncts splits a condition at && outside parentheses and strings, unless
// alternatives stand beside them.
func conjuncts(text string) []string {
	var out []string
	depth, start, quoted := 0, 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\'':
			quoted = !quoted
		case quoted:
		case c == '(':
			depth++
		case c == ')':
			depth--
		case depth == 0 && strings.HasPrefix(text[i:], "||"):
			return []string{text}
		case depth == 0 && strings.HasPrefix(text[i:], "&&"):
			out = append(out, strings.TrimSpace(text[start:i]))
			start, i = i+2, i+1
		}
	}
	return append(out, strings.TrimSpace(text[start:]))
}

// runner reads where the job runs and which environment's secrets it gets.
func (b *scopeBuilder) runner(job *Node) {
	for _, label := range scalars(job.Get("runs-on")) {
		if label.String() == "self-hosted" {
			b.add(scope{slot: "runs-on", dimension: "sandbox", surface: "runner", rules: []rule{item(label, allow)}})
		}
	}
	env := job.Get("environment")
	if env != nil && env.Kind == MapNode {
		env = env.Get("name")
	}
	if env.String() != "" {
		b.add(scope{slot: "environment", dimension: "credential", surface: "environment", vague: true, rules: []rule{item(env, allow)}})
	}
}

// checkouts reads steps that put the code of a pull request's head, which a
// stranger wrote, where the agent works.
func (b *scopeBuilder) checkouts(steps *Node) {
	for _, s := range steps.items() {
		if !strings.HasPrefix(s.Get("uses").String(), "actions/checkout@") {
			continue
		}
		ref := s.Get("with", "ref")
		if v := ref.String(); strings.Contains(v, "pull_request.head") || strings.Contains(v, "github.head_ref") || strings.Contains(v, "refs/pull/") {
			b.add(scope{slot: "checkout.ref", dimension: "data_source", surface: "checkout", rules: []rule{{effect: allow, subject: "head", raw: v, line: ref.Line}}})
		}
	}
}

// credentials reads variables and inputs that hand a secret or a token to the
// agent. Alternatives (a || b) are told apart.
func (b *scopeBuilder) credentials(n *Node, slot string) {
	if n == nil || n.Kind != MapNode {
		return
	}
	sc := scope{slot: slot, dimension: "credential", surface: "credentials", vague: true}
	for i, name := range n.Keys {
		v := n.Items[i]
		if v.Kind != StringNode {
			continue
		}
		for _, alternative := range secretAlternatives(v.Text) {
			sc.rules = append(sc.rules, rule{effect: allow, subject: slot + " " + name, pattern: alternative, raw: name + ": " + v.Text, line: v.Line})
		}
		if secretShapes.MatchString(v.Text) {
			sc.rules = append(sc.rules, rule{effect: allow, subject: slot + " " + name, pattern: "literal " + v.Text, raw: name + ": " + hidden, line: v.Line,
				remark: b.finding("literal-secret", v.Line, entryText(name)+" holds a secret in plain text; revoke it and refer to it instead")})
		}
	}
	if len(sc.rules) > 0 {
		b.add(sc)
	}
}

var expressions = regexp.MustCompile(`(?s)\$\{\{(.*?)\}\}`)

var tokenOutput = regexp.MustCompile(`(?i)(^|[ (])(secrets\.|secrets\[|github\.token|steps\.[\w-]+\.outputs\.[\w-]*(token|key|secret|password|credential)|inputs\.[\w-]*(token|secret|api_key|api-key))`)

// secretAlternatives returns the references to secrets in the expressions of a
// text, in one spelling each.
func secretAlternatives(text string) []string {
	var out []string
	if len(text) > 4000 && !strings.Contains(text, "secrets.") {
		return nil
	}
	for _, m := range expressions.FindAllStringSubmatch(text, 50) {
		for _, part := range strings.Split(m[1], "||") {
			part = strings.TrimSpace(part)
			if tokenOutput.MatchString(part) {
				part = strings.Replace(part, "github.token", "secrets.GITHUB_TOKEN", 1)
				out = append(out, part)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
