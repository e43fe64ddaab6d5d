package change

import (
	"path"
	"strings"
)

// readEnvironment reads variables that are set for a process: the file itself
// when it is an environment file, and maps and lists of variables under the
// keys by which Compose, Kubernetes, Dockerfiles and pipelines know them.
func readEnvironment(d *document) []fact {
	var out []fact
	if strings.HasSuffix(d.format, "env") || d.format == "dockerfile" {
		for _, root := range d.roots {
			maps := []*Node{root}
			if d.format == "dockerfile" {
				maps = []*Node{root.Get("ENV"), root.Get("ARG")}
			}
			for _, m := range maps {
				out = append(out, variables("", m)...)
			}
		}
		return out
	}
	for _, root := range d.roots {
		walkMaps(root, "", func(at string, key string, v *Node) {
			if environmentKeys[key] {
				out = append(out, variables(at, v)...)
			}
		})
	}
	return out
}

// environmentKeys are the keys below which variables of a process stand.
var environmentKeys = set("env", "environment", "envVars", "extraEnv", "extraEnvVars", "data", "stringData", "variables", "Environment")

// variables takes models and prompts from a map NAME: value, or from a list of
// {name, value} or NAME=value.
func variables(at string, n *Node) []fact {
	var out []fact
	each := func(name string, v *Node) {
		if f, ok := variable(name, v); ok {
			f.slot = join(at, f.slot)
			out = append(out, f)
		}
	}
	switch {
	case n == nil:
	case n.Kind == MapNode:
		for i, k := range n.Keys {
			each(k, n.Items[i])
		}
	case n.Kind == ListNode:
		for _, it := range n.Items {
			if it.Kind == MapNode {
				each(it.Get("name").String(), it.Get("value"))
			} else if k, v, ok := strings.Cut(it.String(), "="); ok {
				each(k, &Node{Kind: StringNode, Text: v, Line: it.Line})
			}
		}
	}
	return out
}

// variable says what one variable of the environment tells about an agent.
func variable(name string, v *Node) (fact, bool) {
	value := strings.TrimSpace(v.String())
	if value == "" || name == "" || v.Kind == BoolNode || isPlaceholder(value) {
		return fact{}, false
	}
	known, maybe := modelVariable(name)
	f, ok := modelFact(name, value, v.Line)
	switch {
	case ok && f.outside && (!known || strings.Contains(f.value, " "+name)):
		return fact{}, false // handed through
	case ok && known && v.Kind == StringNode, ok && maybe && isModelID(f.value):
		return f, true
	case promptVariable(name) && strings.ContainsAny(value, " \n"):
		return fact{kind: Prompt, slot: name, value: value, line: v.Line}, true
	}
	return fact{}, false
}

// isPlaceholder says that a value waits for somebody to fill it in.
func isPlaceholder(v string) bool {
	l := strings.ToLower(strings.Trim(v, "\"'"))
	return strings.HasPrefix(l, "<") && strings.HasSuffix(l, ">") || strings.HasPrefix(l, "your") || strings.HasPrefix(l, "xxx") || l == "..." || l == "null" || l == "none" ||
		strings.HasPrefix(l, "replace") || strings.HasPrefix(l, "change") || l == "model-name" || l == "auto"
}

func join(at, name string) string {
	if at == "" {
		return name
	}
	return at + "." + name
}

// readContainers reads the arguments of containers that serve a model, and
// shell commands in them.
func readContainers(d *document) []fact {
	var out []fact
	for _, root := range d.roots {
		walkMaps(root, "", func(at, key string, v *Node) {
			switch key {
			case "args", "command", "CMD", "ENTRYPOINT", "RUN", "vllmArgs", "extraArgs", "runtime_flags":
				out = append(out, servingArguments(at, v)...)
			}
		})
	}
	return out
}

// servingFlags are flags by which servers of models are told which to serve.
// Source: vLLM, TGI, SGLang, KServe and llama.cpp references.
var servingFlags = map[string]Kind{
	"--model": Model, "--model_id": Model, "--model-id": Model, "--model-path": Model, "--model_path": Model, "--hf-repo": Model, "-hf": Model,
	"--revision": ModelParams, "--max-model-len": ModelParams, "--quantization": ModelParams, "--dtype": ModelParams,
}

func servingArguments(at string, n *Node) []fact {
	var words []string
	for _, s := range n.Strings() {
		if n.Kind == ListNode && !strings.Contains(s, " ") {
			words = append(words, s)
		} else {
			words = append(words, shellWords(strings.NewReplacer("[", " ", "]", " ", ",", " ").Replace(s))...)
		}
	}
	var out []fact
	for i, w := range words {
		flag, value, ok := strings.Cut(w, "=")
		kind, known := servingFlags[flag]
		if !ok && i+1 < len(words) {
			value = words[i+1]
		}
		if w == "serve" && i > 0 && path.Base(words[i-1]) == "vllm" && i+1 < len(words) {
			kind, known, value, flag = Model, true, words[i+1], "serve"
		}
		if !known || value == "" || strings.HasPrefix(value, "-") || kind == Model && !strings.ContainsAny(value, "/$") && !isModelID(value) {
			continue
		}
		if kind == Model {
			if f, ok := modelFact(at+" "+flag, value, n.Line); ok {
				out = append(out, f)
			}
			continue
		}
		out = append(out, fact{kind: kind, slot: at + " " + flag, value: value, line: n.Line})
	}
	return out
}

// readPipeline reads variables and scripts of a pipeline.
func readPipeline(d *document) []fact {
	out := readEnvironment(d)
	for _, root := range d.roots {
		walkMaps(root, "", func(at, key string, v *Node) {
			switch key {
			case "script", "before_script", "after_script", "run", "command", "bash", "commands":
				if text := strings.Join(v.Strings(), "\n"); text != "" {
					out = append(out, underSlot(at, shellFacts(text, v.Line))...)
				}
			}
		})
	}
	return out
}

func underSlot(at string, facts []fact) []fact {
	for i := range facts {
		facts[i].slot = at + " " + facts[i].slot
	}
	return facts
}
