package change

import (
	"regexp"
	"strings"
)

// Expressions of workflows whose value stands in the same file: variables of
// env, the matrix, defaults of inputs, and outputs of steps and jobs that are
// literal. Source: GitHub Docs, "Contexts reference".

// Bounds of what expressions may add to one file, in bytes: each costs some, and
// its value.
const (
	maxExpanded    = 2 << 20
	expressionCost = 512
)

// workflowContexts resolves expressions of one file.
type workflowContexts struct {
	root  *Node
	jobs  map[*Node]*workflowValues
	grown int
}

func newWorkflowContexts(root *Node) *workflowContexts {
	return &workflowContexts{root: root, jobs: map[*Node]*workflowValues{}}
}

// over reports whether some expressions were left alone because there are too
// many.
func (c *workflowContexts) over() bool { return c.grown > maxExpanded }

// of is what a job sees. A nil job is that of a composite action.
func (c *workflowContexts) of(job *Node) *workflowValues {
	if c.jobs[job] == nil {
		c.jobs[job] = &workflowValues{file: c, root: c.root, job: job}
	}
	return c.jobs[job]
}

// workflowValues resolves expressions as one job sees them.
type workflowValues struct {
	file      *workflowContexts
	root, job *Node
	outputs   map[string]string // ID.NAME
	set       map[string]string // what steps write to GITHUB_ENV
	matrix    map[string]string
}

var contextReference = regexp.MustCompile(`^(env|matrix|inputs|steps|needs)\.([\w-]+)(?:\.outputs\.([\w-]+))?$`)

// expand puts values in the places of expressions, those of env in front: the
// env of a step before the job's and the workflow's.
func (v *workflowValues) expand(text string, env ...*Node) string { return v.expandAt(text, 0, env) }

func (v *workflowValues) expandAt(text string, depth int, env []*Node) string {
	if depth > 3 || len(text) > maxShellGrown || !strings.Contains(text, "${{") {
		return text
	}
	return expressions.ReplaceAllStringFunc(text, func(whole string) string {
		m := contextReference.FindStringSubmatch(strings.TrimSpace(whole[3 : len(whole)-2]))
		if m == nil || v.file.over() {
			return whole
		}
		value := v.lookup(m[1], m[2], m[3], depth, env)
		v.file.grown += expressionCost
		if value == "" || len(value) > maxShellValue {
			return whole
		}
		if v.file.grown += len(value); v.file.over() {
			return whole
		}
		return v.expandAt(value, depth+1, env)
	})
}

func (v *workflowValues) lookup(context, name, output string, depth int, env []*Node) string {
	switch context {
	case "env":
		for _, m := range append(env[:len(env):len(env)], v.job.Get("env"), v.root.Get("env")) {
			if text := m.Get(name).String(); text != "" {
				return text
			}
		}
		v.readSteps()
		return v.set[name]
	case "matrix":
		if text, ok := v.matrix[name]; ok {
			return text
		}
		matrix := v.job.Get("strategy", "matrix")
		list := matrix.Get(name).Strings()
		for _, row := range matrix.Get("include").items() {
			if text := row.Get(name).String(); text != "" {
				list = append(list, text)
			}
		}
		if v.matrix == nil {
			v.matrix = map[string]string{}
		}
		v.matrix[name] = strings.Join(list, " ")
		return v.matrix[name]
	case "inputs":
		for _, inputs := range []*Node{v.root.Get("on", "workflow_dispatch", "inputs"), v.root.Get("on", "workflow_call", "inputs"), v.root.Get("inputs")} {
			if text := inputs.Get(name, "default").String(); text != "" {
				return text
			}
		}
	case "steps":
		v.readSteps()
		return v.outputs[name+"."+output]
	case "needs":
		if job := v.root.Get("jobs", name); job != nil && job != v.job {
			return v.file.of(job).expandAt(job.Get("outputs", output).String(), depth+1, nil)
		}
	}
	return ""
}

func (v *workflowValues) steps() []*Node {
	if v.job == nil {
		return v.root.Get("runs", "steps").items()
	}
	return v.job.Get("steps").items()
}

var setOutput = regexp.MustCompile("setOutput\\(\\s*[\"'`]([\\w-]+)[\"'`]\\s*,\\s*[\"'`]([^\"'`]*)[\"'`]")

// readSteps reads what the steps of the job write for those after them.
func (v *workflowValues) readSteps() {
	if v.outputs != nil {
		return
	}
	v.outputs, v.set = map[string]string{}, map[string]string{}
	for _, step := range v.steps() {
		id := step.Get("id").String()
		if script := step.Get("with", "script").String(); script != "" && strings.HasPrefix(step.Get("uses").String(), "actions/github-script@") {
			for _, m := range setOutput.FindAllStringSubmatch(script, 100) {
				v.outputs[id+"."+m[1]] = m[2]
			}
		}
		run := step.Get("run").String()
		if !strings.Contains(run, "GITHUB_OUTPUT") && !strings.Contains(run, "GITHUB_ENV") {
			continue
		}
		commands, _ := expandedCommands(run, nil)
		for _, c := range commands {
			for _, pair := range writtenPairs(c) {
				if name, value, ok := strings.Cut(pair, "="); ok && strings.Contains(c.file, "GITHUB_ENV") {
					v.set[strings.TrimSpace(name)] = value
				} else if ok {
					v.outputs[id+"."+strings.TrimSpace(name)] = value
				}
			}
		}
	}
}

// writtenPairs are the lines NAME=value that a command writes to GITHUB_ENV or
// GITHUB_OUTPUT.
func writtenPairs(c command) []string {
	if len(c.words) == 0 || !strings.Contains(c.file, "GITHUB_ENV") && !strings.Contains(c.file, "GITHUB_OUTPUT") {
		return nil
	}
	switch c.words[0] {
	case "echo", "printf":
		return []string{strings.TrimSuffix(strings.Join(c.words[1:], " "), `\n`)}
	case "cat":
		return strings.Split(c.input, "\n")
	}
	return nil
}

// node is a scalar with its expressions expanded.
func (v *workflowValues) node(n *Node, env ...*Node) *Node {
	if n == nil || n.Kind != StringNode || !strings.Contains(n.Text, "${{") {
		return n
	}
	out := *n
	out.Text = v.expand(n.Text, env...)
	return &out
}

// inputs is a map of inputs with the expressions of its values expanded.
func (v *workflowValues) inputs(with *Node, env ...*Node) *Node {
	if with == nil || with.Kind != MapNode {
		return with
	}
	out := &Node{Kind: MapNode, Line: with.Line}
	for i, k := range with.Keys {
		out.put(k, v.node(with.Items[i], env...))
	}
	return out
}
