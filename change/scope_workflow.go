package change

import (
	"crypto/sha256"
	"encoding/hex"
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
	node  *Node
	index int    // among the steps of the job
	kind  string // reader of its inputs; a command's name for a run step
	name  string // stable: the kind, numbered where it repeats
	call  []agentCall
}

func readWorkflow(b *scopeBuilder) {
	root := b.d.root()
	w := &workflowScopes{scopeBuilder: b, values: newWorkflowContexts(root)}
	if steps := root.Get("runs", "steps"); steps != nil {
		w.job(&Node{Kind: MapNode, Keys: []string{"steps"}, Items: []*Node{steps}}, "action", w.values.of(nil))
	}
	jobs := root.Get("jobs")
	for i, name := range jobs.items() {
		if i < len(jobs.Keys) {
			w.job(name, jobs.Keys[i], w.values.of(name))
		}
	}
	if w.values.over() {
		sum := sha256.Sum256(b.d.data)
		b.add(scope{slot: "expressions", dimension: "tool", surface: "expressions", rules: []rule{{effect: allow, subject: "expressions", pattern: hex.EncodeToString(sum[:]), raw: "more expressions than can be followed", opaque: true}}})
	}
}

// workflowScopes reads the jobs of one file.
type workflowScopes struct {
	*scopeBuilder
	values *workflowContexts
}

func (w *workflowScopes) job(job *Node, name string, values *workflowValues) {
	steps := w.agentSteps(job.Get("steps"), values)
	calls := job.Get("uses") != nil && w.callsAgent(name, job)
	if len(steps) == 0 && !calls {
		return
	}
	root, slot := values.root, "jobs."+entryText(name)
	w.in("gha-job|"+w.d.entry.Path+"#"+name, w.agent, true, func(b *scopeBuilder) {
		b.prefix = slot + "."
		b.here()
		permissions := job.Get("permissions")
		if permissions == nil {
			permissions = root.Get("permissions")
		}
		b.tokenPermissions(permissions)
		b.triggers(root)
		b.guard(job.Get("if"), "if")
		b.neededGuards(root, job)
		b.runner(job, values)
		if calls {
			b.calledWorkflow(job, values)
		}
		if len(steps) > 0 {
			b.preparations(job.Get("steps").items()[:steps[len(steps)-1].index+1], values)
		}
	})
	for _, s := range steps {
		w.in("gha-"+s.kind+"|"+w.d.entry.Path+"#"+name+"#"+s.name, w.agent, true, func(b *scopeBuilder) {
			b.prefix = slot + ".steps." + s.name + "."
			b.here()
			b.step(job, &s, values)
		})
	}
}

// step reads one step that runs an agent.
func (b *scopeBuilder) step(job *Node, s *workflowStep, values *workflowValues) {
	b.guard(s.node.Get("if"), "if")
	for _, env := range []*Node{values.root.Get("env"), job.Get("env"), s.node.Get("env")} {
		b.credentials(values.inputs(env), "env")
	}
	b.uses(s.node.Get("uses"))
	with := values.inputs(s.node.Get("with"), s.node.Get("env"))
	b.credentials(with, "with")
	switch s.kind {
	case "claude":
		b.claudeAction(with)
		b.otherInputs(with)
	case "codex":
		b.codexAction(with)
	case "gemini":
		b.geminiAction(with)
	case "inference":
		b.settings(with, inferenceInputs)
	case "local":
		b.calledInputs(with)
	default:
		b.settings(with, agentInputs)
	}
	for _, c := range s.call {
		b.agentCall(c)
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
func (w *workflowScopes) agentSteps(steps *Node, values *workflowValues) []workflowStep {
	var out []workflowStep
	count := map[string]int{}
	for i, n := range steps.items() {
		s := workflowStep{node: n, index: i}
		if uses := n.Get("uses").String(); uses != "" {
			s.kind, s.name = w.actionKind(uses, n.Get("with"))
		} else if run := n.Get("run"); run != nil {
			s.call = agentCalls(values.expand(run.String(), n.Get("env")), run.Line, stepVariables(n, values))
			if len(s.call) > 0 {
				s.kind, s.name = "run", s.call[0].name
			}
		}
		if s.kind == "" {
			continue
		}
		s.name = or(s.name, s.kind)
		count[s.name]++
		if c := count[s.name]; c > 1 {
			s.name += strconv.Itoa(c)
		}
		out = append(out, s)
	}
	return out
}

// stepVariables are the variables that a script sees with a literal value.
func stepVariables(step *Node, values *workflowValues) map[string]string {
	if run := step.Get("run").String(); !strings.Contains(run, "$") {
		return nil
	}
	var out map[string]string
	for _, env := range []*Node{values.root.Get("env"), values.job.Get("env"), step.Get("env")} {
		if env != nil {
			out = literals(out, values.inputs(env))
		}
	}
	return out
}

// actionKind says what reads the inputs of an action, "" where it runs no agent,
// and names the step.
func (w *workflowScopes) actionKind(uses string, with *Node) (kind, name string) {
	action, _, _ := strings.Cut(uses, "@")
	kind = agentActions[strings.ToLower(action)]
	if v := with.Get("enable-github-mcp").String(); kind == "inference" && (v == "" || v == "false") {
		return "", "" // one call of a model, which has no tool
	}
	switch {
	case kind == "agent":
		name = path.Base(action)
	case kind == "":
		kind = agentByInputs(with)
	}
	if kind == "" && strings.HasPrefix(action, "./") && w.localAgent(action) {
		kind, name = "local", path.Base(action)
	}
	return kind, name
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
