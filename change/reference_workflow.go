package change

import (
	"slices"
	"strings"
)

// fileFlags are flags of agents' command lines whose value is a file, or may be
// one. Sources: Claude Code, CLI reference; aider, Options; Goose, CLI commands.
var fileFlags = set("--system-prompt-file", "--append-system-prompt-file", "--mcp-config", "--settings", "--prompt-file", "--message-file", "--instruction-file", "--instructions", "--additional-mcp-config", "--config-file", "--recipe", "--rules", "--read")

// fileInputs are inputs of actions whose value is a file. Sources: READMEs of
// actions/ai-inference, openai/codex-action, augmentcode/augment-agent.
var fileInputs = set("prompt-file", "system-prompt-file", "prompt_file", "instruction_file", "instruction-file", "system_prompt_file")

// workflowFiles lists the files that the steps of a workflow give to an agent:
// in inputs that are files, in flags, by @mention in a prompt, on the standard
// input of its command, or through cat.
func workflowFiles(d *document) []string {
	var out []string
	for _, root := range d.roots {
		jobs := append(slices.Clone(root.Get("jobs").items()), root.Get("runs"))
		for _, job := range jobs {
			if len(out) > maxImports {
				return out
			}
			if runsAgent(job) {
				out = append(out, jobFiles(job)...)
			}
		}
	}
	return out
}

func jobFiles(job *Node) []string {
	var out []string
	sources := promptSources(job.Get("steps"))
	for _, step := range job.Get("steps").items() {
		with := step.Get("with")
		for i := range with.items() {
			if i >= len(with.Keys) {
				break
			}
			key, text := with.Keys[i], with.Items[i].String()
			switch {
			case fileInputs[key]:
				out = append(out, oneName(text)...)
			case strings.HasSuffix(key, "_args") || strings.HasSuffix(key, "-args"):
				out = append(out, flagFiles(shellWords(text))...)
			case strings.Contains(key, "prompt"):
				out = append(out, atMentions(text)...)
			}
		}
		if run := step.Get("run").String(); run != "" {
			out = append(out, scriptFiles(run, sources[step.Get("id").String()])...)
		}
	}
	return out
}

func oneName(text string) []string {
	if text = strings.TrimSpace(text); text == "" || len(text) > 1000 || strings.ContainsAny(text, "\n{}<>$") {
		return nil
	}
	return []string{text}
}

func flagFiles(words []string) []string {
	var out []string
	for _, f := range flagsOf(words) {
		if fileFlags[f.name] {
			for _, v := range f.values {
				out = append(out, oneName(v)...)
			}
		}
	}
	return out
}

// scriptFiles lists the files that a script gives to agents. What it reads at all
// counts where it calls one, or where its output is a prompt.
func scriptFiles(script string, prompt bool) []string {
	if !prompt && len(agentCalls(script, 1, nil)) == 0 {
		return nil
	}
	var out []string
	commands, _ := expandedCommands(script, nil)
	for _, c := range commands {
		if len(out) > maxImports {
			break
		}
		out = append(out, oneName(c.from)...)
		name, rest := commandName(c.words)
		switch _, agent := agentCommands[name]; {
		case agent:
			out = append(out, flagFiles(rest)...)
			for _, w := range rest {
				out = append(out, atMentions(w)...)
			}
		case name == "cat" || name == "envsubst":
			for _, w := range rest {
				if !strings.HasPrefix(w, "-") {
					out = append(out, oneName(w)...)
				}
			}
		}
	}
	return out
}
