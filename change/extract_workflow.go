package change

import (
	"slices"
	"strings"
)

// An actionInputs says what the inputs of an action mean.
type actionInputs struct {
	model, prompt, params []string
	args                  string // an input that holds flags
	cli                   string // the command whose flags they are
	settings              string // an input that holds JSON settings
	env                   []string
}

// actionSlots are actions that run an agent, by the owner and name before @.
// Sources: the action.yml of each.
var actionSlots = map[string]actionInputs{
	"anthropics/claude-code-action": {
		model:  []string{"model", "anthropic_model", "fallback_model"},
		prompt: []string{"prompt", "direct_prompt", "override_prompt", "custom_instructions", "system_prompt", "append_system_prompt"},
		params: []string{"max_turns"},
		args:   "claude_args", cli: "claude", settings: "settings", env: []string{"claude_env"}},
	"anthropics/claude-code-base-action": {
		model:  []string{"model", "anthropic_model", "fallback_model"},
		prompt: []string{"prompt", "system_prompt", "append_system_prompt", "prompt_file"},
		params: []string{"max_turns"},
		args:   "claude_args", cli: "claude", settings: "settings", env: []string{"claude_env"}},
	"anthropics/claude-code-security-review": {model: []string{"claude-model"}, prompt: []string{"custom-security-scan-instructions", "false-positive-filtering-instructions"}},
	"openai/codex-action": {
		model: []string{"model"}, prompt: []string{"prompt", "prompt-file", "prompt_file"}, params: []string{"effort"}, args: "codex-args", cli: "codex"},
	"google-github-actions/run-gemini-cli": {model: []string{"gemini_model", "model"}, prompt: []string{"prompt"}, settings: "settings"},
	"google-gemini/gemini-cli-action":      {model: []string{"gemini_model", "model"}, prompt: []string{"prompt"}, settings: "settings_json"},
	"actions/ai-inference": {
		model: []string{"model"}, prompt: []string{"prompt", "system-prompt", "prompt-file", "system-prompt-file"}, params: []string{"max-tokens", "temperature", "max-completion-tokens"}},
	"github/ai-assessment-comment-labeler": {prompt: []string{"labels_to_prompts_mapping", "prompts_directory"}, model: []string{"model"}},
	"qwenlm/qwen-code-action":              {model: []string{"model", "openai_model"}, prompt: []string{"prompt"}, settings: "settings"},
	"sst/opencode/github":                  {model: []string{"model"}, prompt: []string{"prompt"}},
	"anomalyco/opencode/github":            {model: []string{"model"}, prompt: []string{"prompt"}},
	"block/goose":                          {model: []string{"model"}, prompt: []string{"prompt", "instructions"}},
	"docker/cagent-action":                 {model: []string{"model"}, prompt: []string{"prompt"}},
	"cursor/cursor-action":                 {model: []string{"model"}, prompt: []string{"prompt"}},
	"augmentcode/augment-agent":            {model: []string{"model"}, prompt: []string{"instruction", "instruction_file", "template"}},
	"continuedev/continue":                 {prompt: []string{"prompt"}},
	"the-pr-agent/pr-agent":                {},
	"codiumai/pr-agent":                    {},
	"qodo-ai/pr-agent":                     {},
	"charmbracelet/crush-action":           {model: []string{"model"}, prompt: []string{"prompt"}},
}

// inputsOf finds an action by what stands before the @ of uses. Part of an
// action (owner/name/path) is of its kind. The last resort is an action whose
// inputs say that they are a prompt and a model at once.
func inputsOf(uses string, with *Node) (actionInputs, bool) {
	name, _, _ := strings.Cut(strings.ToLower(uses), "@")
	for key := name; key != "" && key != "."; {
		if a, ok := actionSlots[key]; ok {
			return a, true
		}
		i := strings.LastIndexByte(key, '/')
		if i < 0 {
			break
		}
		key = key[:i]
	}
	if name == "" || with == nil {
		return actionInputs{}, false
	}
	if a, ok := inputsByCredential(with); ok {
		return a, true
	}
	a := actionInputs{}
	for i, k := range with.Keys {
		switch key := plainKey(k); {
		case key == "prompt" || key == "systemprompt" || key == "directprompt" || key == "custominstructions":
			a.prompt = append(a.prompt, k)
		case modelKeys[key] && key != "engine" && key != "models", strings.HasSuffix(key, "model"):
			if r := pin(with.Items[i].String()); isModelID(r.value) {
				a.model = append(a.model, k)
			}
		}
	}
	return a, len(a.model) > 0 || len(a.prompt) > 0 && (strings.Contains(name, "claude") || strings.Contains(name, "codex") || strings.Contains(name, "gemini") ||
		strings.Contains(name, "llm") || strings.Contains(name, "gpt") || strings.Contains(name, "-ai") || strings.Contains(name, "ai-") || strings.Contains(name, "agent"))
}

// inputsByCredential knows an action that is used by a path or under another
// name by the prompt and the maker's credential that it takes together.
func inputsByCredential(with *Node) (actionInputs, bool) {
	prompt, maker := false, ""
	for _, k := range with.Keys {
		switch {
		case k == "prompt" || k == "direct_prompt" || k == "settings" || k == "prompt-file":
			prompt = true
		case strings.HasPrefix(k, "gemini_"), strings.HasPrefix(k, "gemini-"):
			maker = "google-github-actions/run-gemini-cli"
		case strings.HasPrefix(k, "anthropic_"), strings.HasPrefix(k, "claude_"), strings.HasPrefix(k, "anthropic-"):
			maker = "anthropics/claude-code-action"
		case k == "openai-api-key" || k == "openai_api_key":
			maker = "openai/codex-action"
		}
	}
	a, ok := actionSlots[maker]
	return a, ok && prompt
}

// workflowFacts reads the steps of a workflow or of a composite action.
func workflowFacts(d *document) []fact {
	var out []fact
	for _, root := range d.roots {
		w := workflowReader{d: d, root: root, values: newWorkflowContexts(root)}
		jobs := root.Get("jobs")
		for i := range jobs.items() {
			w.job(jobs.Keys[i], jobs.Items[i])
		}
		w.steps("runs", root.Get("runs", "steps"))
		w.actionDefaults(root.Get("inputs"))
		out = append(out, w.environment("env", root.Get("env"), root)...)
		out = append(out, w.facts...)
	}
	return out
}

// environment reads the variables of a workflow, a job or a step. One that is only
// handed on from the repository's settings counts where an agent runs; elsewhere
// it is for what is built or tested.
func (w *workflowReader) environment(slot string, env, of *Node) []fact {
	facts := variables(slot, env)
	if slices.ContainsFunc(facts, func(f fact) bool { return f.outside }) && !runsAgent(of) {
		for i := range facts {
			facts[i].notice = facts[i].outside
		}
	}
	return facts
}

// runsAgent reports whether a workflow, a job or a step runs an agent or calls a
// model.
func runsAgent(n *Node) bool {
	jobs := n.Get("jobs")
	for _, job := range jobs.items() {
		if runsAgent(job) {
			return true
		}
	}
	for _, step := range append(slices.Clone(n.Get("steps").items()), n) {
		uses := step.Get("uses").String()
		if _, ok := inputsOf(uses, step.Get("with")); ok || len(agentCalls(step.Get("run").String(), 1, nil)) > 0 {
			return true
		}
	}
	return false
}

type workflowReader struct {
	d      *document
	root   *Node
	jobOf  *Node
	values *workflowContexts
	facts  []fact
}

func (w *workflowReader) job(name string, job *Node) {
	w.jobOf = job
	at := "jobs." + name
	w.facts = append(w.facts, w.environment(at+".env", job.Get("env"), job)...)
	matrix := job.Get("strategy", "matrix")
	for i := range matrix.items() {
		if len(matrix.Keys) > i && modelKeys[plainKey(matrix.Keys[i])] && allModels(matrix.Items[i]) {
			list := matrix.Items[i].Strings()
			w.facts = append(w.facts, fact{kind: Model, slot: at + ".strategy.matrix." + matrix.Keys[i], value: strings.Join(list, ", "), list: list, line: matrix.Items[i].Line})
		}
	}
	if uses := job.Get("uses").String(); uses != "" {
		w.inputs(at, uses, w.withPrompts(job.Get("with"), nil))
	}
	w.steps(at, job.Get("steps"))
	w.jobOf = nil
}

func (w *workflowReader) steps(at string, steps *Node) {
	named := slotWalk{identity: [][]string{{"id"}, {"name"}, {"uses"}}}
	sources := promptSources(steps)
	for i, step := range steps.items() {
		name := named.itemName(step, i)
		name, _, _ = strings.Cut(name, "@")
		slot := at + ".steps[" + name + "]"
		w.facts = append(w.facts, w.environment(slot+".env", step.Get("env"), step)...)
		if run := step.Get("run"); run.String() != "" {
			facts := w.scriptFacts(step, run)
			for j := range facts {
				facts[j].slot = slot + ".run " + facts[j].slot
			}
			w.facts = append(w.facts, facts...)
			if sources[step.Get("id").String()] {
				w.facts = append(w.facts, fact{kind: Prompt, slot: slot + ".run output", value: writtenText(run.Text), line: run.Line})
			}
		}
		if uses := step.Get("uses").String(); uses != "" {
			w.inputs(slot, uses, w.withPrompts(step.Get("with"), step.Get("env")))
			w.script(slot, uses, step.Get("with"))
		}
	}
}

// script reads the JavaScript of actions/github-script.
func (w *workflowReader) script(slot, uses string, with *Node) {
	script := with.Get("script")
	if !strings.HasPrefix(uses, "actions/github-script@") || script.String() == "" {
		return
	}
	inner := &document{entry: Entry{Path: "script.js"}, data: []byte(script.Text), body: script.Text, bodyLine: 1}
	for _, f := range codeFacts(inner) {
		f.slot, f.line = slot+".with.script "+f.slot, script.Line+f.line-1
		w.facts = append(w.facts, f)
	}
}

func (w *workflowReader) inputs(slot, uses string, with *Node) {
	a, ok := inputsOf(uses, with)
	if !ok && w.localAgent(uses) {
		a, ok = promptInputs(with), true
	}
	if !ok {
		return
	}
	for _, k := range a.model {
		if v := with.Get(k); v != nil {
			w.model(slot+".with."+k, v.String(), v.Line)
		}
	}
	for _, k := range a.prompt {
		if v := with.Get(k); strings.TrimSpace(v.String()) != "" {
			w.facts = append(w.facts, fact{kind: Prompt, slot: slot + ".with." + k, value: v.Text, line: v.Line})
		}
	}
	for _, k := range a.params {
		if v := with.Get(k); v.String() != "" {
			w.facts = append(w.facts, fact{kind: ModelParams, slot: slot + ".with." + k, value: v.Text, line: v.Line})
		}
	}
	if v := with.Get(a.args); a.args != "" && v.String() != "" {
		w.flags(slot+".with."+a.args, a.cli, v)
	}
	if v := with.Get(a.settings); a.settings != "" && v != nil {
		w.settings(slot+".with."+a.settings, v)
	}
	for _, k := range a.env {
		if v := with.Get(k); v.String() != "" {
			if roots, err := parseYAML([]byte(v.Text)); err == nil && len(roots) == 1 {
				shiftLines(roots[0], v.Line)
				w.facts = append(w.facts, variables(slot+".with."+k, roots[0])...)
			}
		}
	}
}

// model adds a model, following expressions through the file: env, matrix and
// the defaults of inputs.
func (w *workflowReader) model(slot, value string, line int) {
	if v, list := w.follow(value); v != "" {
		f, ok := modelFact(slot, v, line)
		if f.list = list; ok {
			w.facts = append(w.facts, f)
		}
	}
}

func (w *workflowReader) follow(value string) (string, []string) {
	expr, ok := strings.CutPrefix(strings.TrimSpace(value), "${{")
	if !ok || !strings.HasSuffix(expr, "}}") {
		return value, nil
	}
	expr = strings.TrimSpace(strings.TrimSuffix(expr, "}}"))
	place, name, _ := strings.Cut(expr, ".")
	switch place {
	case "env":
		for _, env := range []*Node{w.jobOf.Get("env"), w.root.Get("env")} {
			if v := env.Get(name).String(); v != "" {
				return v, nil
			}
		}
	case "matrix":
		if list := w.jobOf.Get("strategy", "matrix", name).Strings(); len(list) > 0 {
			return strings.Join(list, ", "), list
		}
	case "inputs":
		for _, on := range []string{"workflow_dispatch", "workflow_call"} {
			if v := w.root.Get("on", on, "inputs", name, "default").String(); v != "" {
				return v, nil
			}
		}
		if v := w.root.Get("inputs", name, "default").String(); v != "" {
			return v, nil
		}
	}
	return value, nil
}

// flags reads the flags of an agent's command line that stand in an input.
func (w *workflowReader) flags(slot, cli string, v *Node) {
	text := v.Text
	if strings.HasPrefix(strings.TrimSpace(text), "[") {
		if list, err := parseJSON([]byte(text)); err == nil {
			text = shellJoin(list.Strings())
		}
	}
	command := cli + " "
	if cli == "codex" {
		command = "codex exec "
	}
	facts := shellFacts(command+strings.ReplaceAll(text, "\n", " "), v.Line)
	for _, f := range facts {
		f.slot = slot + " " + strings.TrimPrefix(f.slot, cli+" ")
		if f.kind == Model && !f.outside {
			if value, list := w.follow(f.value); value != f.value {
				r := pin(value)
				f.value, f.list, f.outside = r.value, list, r.outside
			}
		}
		w.facts = append(w.facts, f)
	}
}

func shellJoin(words []string) string {
	for i, s := range words {
		if strings.ContainsAny(s, " \t\n\"'$") {
			words[i] = "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
		}
	}
	return strings.Join(words, " ")
}

// settings reads JSON settings inside an input. Expressions in it make it
// invalid as JSON and are put in quotes first.
func (w *workflowReader) settings(slot string, v *Node) {
	root := v
	if v.Kind != MapNode {
		var err error
		if root, err = parseJSON([]byte(v.Text)); err != nil {
			if root, err = parseJSON(quoteExpressions(v.Text)); err != nil {
				return
			}
		}
		shiftLines(root, v.Line)
	}
	for _, at := range [][]string{{"model"}, {"model", "name"}} {
		if m := root.Get(at...); m.String() != "" {
			w.model(slot+"."+strings.Join(at, "."), m.Text, m.Line)
		}
	}
	w.facts = append(w.facts, variables(slot+".env", root.Get("env"))...)
	for _, key := range []string{"customInstructions", "systemPrompt", "appendSystemPrompt"} {
		if p := root.Get(key); p.String() != "" {
			w.facts = append(w.facts, fact{kind: Prompt, slot: slot + "." + key, value: p.Text, line: p.Line})
		}
	}
}

// quoteExpressions puts ${{ … }} that stand outside of strings into quotes.
func quoteExpressions(s string) []byte {
	var b strings.Builder
	inString := false
	for i := 0; i < len(s); i++ {
		if !inString && strings.HasPrefix(s[i:], "${{") {
			if end := strings.Index(s[i:], "}}"); end > 0 {
				b.WriteString(`"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", " ").Replace(s[i:i+end+2]) + `"`)
				i += end + 1
				continue
			}
		}
		switch {
		case s[i] == '\\' && inString && i+1 < len(s):
			b.WriteByte(s[i])
			i++
		case s[i] == '"':
			inString = !inString
		}
		b.WriteByte(s[i])
	}
	return []byte(b.String())
}

// actionDefaults reads the defaults of an action's inputs that name a model.
func (w *workflowReader) actionDefaults(inputs *Node) {
	for i := range inputs.items() {
		if i >= len(inputs.Keys) {
			return
		}
		key := plainKey(inputs.Keys[i])
		v := inputs.Items[i].Get("default")
		switch {
		case v.String() == "":
		case (modelKeys[key] || strings.HasSuffix(key, "model")) && isModelID(v.Text):
			w.facts = append(w.facts, fact{kind: Model, slot: "inputs." + inputs.Keys[i] + ".default", value: v.Text, line: v.Line})
		case (strings.HasSuffix(key, "prompt") || strings.HasSuffix(key, "instructions")) && strings.ContainsAny(v.Text, " \n"):
			w.facts = append(w.facts, fact{kind: Prompt, slot: "inputs." + inputs.Keys[i] + ".default", value: v.Text, line: v.Line})
		}
	}
}
