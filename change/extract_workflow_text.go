package change

import (
	"path"
	"regexp"
	"strings"
)

// scriptFacts reads a script with the variables that are set around it. What they
// say themselves, by their names, is read where they stand.
func (w *workflowReader) scriptFacts(step, run *Node) []fact {
	values := w.values.of(w.jobOf)
	return shellFactsWith(values.expand(run.Text, step.Get("env")), run.Line, stepVariables(step, values))
}

// withPrompts puts texts that stand elsewhere in the file into the inputs that
// are prompts. Defaults of inputs, and what scripts write, are read where they
// stand.
func (w *workflowReader) withPrompts(with, env *Node) *Node {
	if with == nil || with.Kind != MapNode {
		return with
	}
	out := &Node{Kind: MapNode, Line: with.Line}
	values := w.values.of(w.jobOf)
	for i, key := range with.Keys {
		v := with.Items[i]
		if plain := plainKey(key); strings.Contains(plain, "prompt") || strings.Contains(plain, "instruction") {
			if text := v.String(); textElsewhere.MatchString(text) && (!strings.Contains(text, "steps.") || !w.scriptWrites(text)) {
				v = values.node(v, env)
			}
		}
		out.put(key, v)
	}
	return out
}

var textElsewhere = regexp.MustCompile(`\$\{\{\s*(env|matrix|needs|steps)\.`)

// scriptWrites reports whether a text uses the output of a step that is a script:
// its text is a prompt of its own.
func (w *workflowReader) scriptWrites(text string) bool {
	for _, m := range stepOutput.FindAllStringSubmatch(text, 20) {
		for _, step := range w.values.of(w.jobOf).steps() {
			if step.Get("id").String() == m[1] && step.Get("run") != nil {
				return true
			}
		}
	}
	return false
}

// localAgent reports whether a workflow or an action of this repository runs an
// agent.
func (w *workflowReader) localAgent(uses string) bool {
	if !strings.HasPrefix(uses, "./") {
		return false
	}
	p := path.Clean(uses)
	return w.d.runsAgentIn(p) || w.d.runsAgentIn(p+"/action.yml") || w.d.runsAgentIn(p+"/action.yaml")
}

// promptInputs takes the inputs whose names say prompt or model for what they say.
func promptInputs(with *Node) actionInputs {
	var a actionInputs
	for i := range with.items() {
		if i >= len(with.Keys) {
			break
		}
		switch key := plainKey(with.Keys[i]); {
		case strings.HasSuffix(key, "model"):
			a.model = append(a.model, with.Keys[i])
		case strings.Contains(key, "prompt"), strings.Contains(key, "instructions"):
			a.prompt = append(a.prompt, with.Keys[i])
		}
	}
	return a
}

// renamedJob reports whether a value only moved because its job in a workflow has
// another name: nothing of the job is left under the old one, and nothing was
// under the new one. had and has are the jobs of both versions.
func renamedJob(old, new *fact, had, has map[string]bool) bool {
	from, at, ok := jobOf(old)
	to, now, too := jobOf(new)
	return ok && too && at == now && from != to && !has[from] && !had[to]
}

// jobsOf names the jobs of a workflow that say something.
func jobsOf(facts []fact) map[string]bool {
	out := map[string]bool{}
	for i := range facts {
		if job, _, ok := jobOf(&facts[i]); ok {
			out[job] = true
		}
	}
	return out
}

// jobOf splits the slot of a fact of a workflow into its job and the rest.
func jobOf(f *fact) (job, rest string, ok bool) {
	after, ok := strings.CutPrefix(f.slot, "jobs.")
	if !ok || f.format != "workflow" {
		return "", "", false
	}
	return strings.Cut(after, ".")
}

// promptSources lists the steps whose output the prompt of a later step uses.
func promptSources(steps *Node) map[string]bool {
	out := map[string]bool{}
	for _, step := range steps.items() {
		with := step.Get("with")
		for i := range with.items() {
			if !strings.Contains(with.Keys[i], "prompt") && !strings.Contains(with.Keys[i], "instructions") {
				continue
			}
			for _, m := range stepOutput.FindAllStringSubmatch(with.Items[i].String(), 20) {
				out[m[1]] = true
			}
		}
	}
	delete(out, "")
	return out
}

var stepOutput = regexp.MustCompile(`steps\.([\w-]+)\.outputs\.`)

// writtenText is the text that a script writes from heredocs, or the script
// itself when it writes none.
func writtenText(script string) string {
	var parts []string
	for _, c := range splitCommands(script) {
		if c.input != "" {
			parts = append(parts, c.input)
		}
	}
	if len(parts) == 0 {
		return script
	}
	return strings.Join(parts, "\n")
}
