package change

import "strings"

// agenticSteps reads the steps that an agentic workflow runs beside its agent, by
// the actions and the commands that they use. What these do is unknown. Of
// commands that only look, and only shape text, the name is all; how they are
// written is no change. Source: GitHub Agentic Workflows documentation,
// Frontmatter, Custom steps.
func (b *scopeBuilder) agenticSteps(steps *Node, slot string) {
	sc := scope{slot: slot, dimension: "hook", surface: slot}
	add := func(pattern, raw string, line int) {
		sc.rules = append(sc.rules, rule{effect: allow, subject: slot, pattern: pattern, raw: raw, line: line, opaque: true})
	}
	for _, step := range steps.items() {
		if uses := step.Get("uses").String(); uses != "" {
			action, _, _ := strings.Cut(uses, "@")
			add("uses "+strings.ToLower(action), action, step.Line)
		}
		run := step.Get("run")
		if run.String() == "" {
			continue
		}
		commands, _ := expandedCommands(run.Text, nil)
		for _, c := range commands {
			if text := commandMark(c); text != "" {
				add("runs "+text, text, run.Line+c.line-1)
			}
		}
	}
	if len(sc.rules) > 0 {
		b.add(sc)
	}
}

// plainCommands look and shape text; the words after those of subCommands say
// what they do.
var plainCommands = set("echo", "printf", "mkdir", "cat", "ls", "jq", "yq", "sort", "uniq", "head", "tail", "grep", "wc", "date", "cut", "tr", "test", "[", "[[", "true", "set", "cd", "pwd", "if", "fi", "done", "for", "exit", "basename", "dirname", "sleep")

var subCommands = set("gh", "git")

func commandMark(c command) string {
	name, rest := commandName(c.words)
	switch {
	case len(c.words) == 0, plainCommands[name] && c.file == "":
		return name
	case plainCommands[name]:
		return name + " > " + c.file
	case subCommands[name]:
		words := []string{name}
		for _, w := range rest {
			if len(words) > 2 || strings.HasPrefix(w, "-") {
				break
			}
			words = append(words, w)
		}
		return strings.Join(words, " ")
	}
	return strings.Join(append(append([]string{}, c.words...), c.input), " ")
}
