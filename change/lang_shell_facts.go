package change

import (
	"strconv"
	"strings"
)

// An agentCLI says how a command line tool is told its model and its prompt.
type agentCLI struct {
	sub        []string // sub-commands that run a model; nil when every call does
	model      []string // flags that name a model
	system     []string // flags that hold system text
	prompt     []string // flags that hold the prompt
	args       bool     // arguments without a flag are the prompt
	modelFirst bool     // the first argument is the model
	params     []string // flags that hold parameters
	bools      []string // flags without a value
}

// agentCLIs are the tools, by the name of their command. Sources: each tool's
// --help and reference, as of autumn 2026.
var agentCLIs = map[string]agentCLI{
	"claude": {model: []string{"--model", "--fallback-model"}, system: []string{"--system-prompt", "--append-system-prompt", "--system-prompt-file", "--append-system-prompt-file"}, args: true,
		params: []string{"--effort"}, bools: []string{"-p", "--print", "--verbose", "--dangerously-skip-permissions", "-c", "--continue", "--bare"}},
	"codex": {sub: []string{"exec", "e", "review"}, model: []string{"-m", "--model"}, args: true,
		bools: []string{"--full-auto", "--dangerously-bypass-approvals-and-sandbox", "--yolo", "--skip-git-repo-check", "--json", "--oss", "--search", "--ephemeral"}},
	"gemini":                   {model: []string{"-m", "--model"}, prompt: []string{"-p", "--prompt", "-i", "--prompt-interactive"}, args: true, bools: []string{"-y", "--yolo", "-d", "--debug", "-s", "--sandbox", "-a", "--all-files"}},
	"qwen":                     {model: []string{"-m", "--model"}, prompt: []string{"-p", "--prompt"}, bools: []string{"-y", "--yolo"}},
	"aider":                    {model: []string{"--model", "--weak-model", "--editor-model"}, prompt: []string{"-m", "--message", "--msg"}, params: []string{"--reasoning-effort"}},
	"opencode":                 {sub: []string{"run"}, model: []string{"-m", "--model"}, args: true, bools: []string{"-c", "--continue", "--share"}},
	"copilot":                  {model: []string{"--model"}, prompt: []string{"-p", "--prompt"}},
	"llm":                      {model: []string{"-m", "--model"}, system: []string{"-s", "--system"}, args: true, bools: []string{"--no-stream", "-n", "--no-log", "-x", "--extract"}},
	"ollama":                   {sub: []string{"run"}, modelFirst: true, args: true, bools: []string{"--verbose", "--insecure"}},
	"goose":                    {sub: []string{"run"}, model: []string{"--model"}, system: []string{"--system"}, prompt: []string{"-t", "--text"}},
	"cursor-agent":             {model: []string{"-m", "--model"}, args: true, bools: []string{"-p", "--print", "-f", "--force"}},
	"droid":                    {sub: []string{"exec"}, model: []string{"-m", "--model"}, args: true},
	"crush":                    {sub: []string{"run"}, model: []string{"-m", "--model"}, args: true, bools: []string{"-q", "--quiet", "-y", "--yolo"}},
	"amp":                      {prompt: []string{"-x", "--execute"}},
	"mods":                     {model: []string{"-m", "--model"}, args: true},
	"aichat":                   {model: []string{"-m", "--model"}, prompt: []string{"--prompt"}, args: true},
	"vllm":                     {sub: []string{"serve"}, model: []string{"--model"}, modelFirst: true, params: []string{"--revision"}},
	"sglang":                   {model: []string{"--model-path", "--model"}},
	"llama-server":             {model: []string{"-hf", "--hf-repo", "-m", "--model"}, system: []string{"-sys"}},
	"text-generation-launcher": {model: []string{"--model-id"}, params: []string{"--revision"}},
}

// shellFacts takes models and prompts from a script: calls of agent tools,
// assignments of model variables, and files of prompts written from heredocs.
// line is the line of the file on which the script begins. Slots name the
// command and the flag; a slot that repeats is numbered.
func shellFacts(script string, line int) []fact { return shellFactsWith(script, line, nil) }

// shellFactsWith knows variables that are set outside of the script.
func shellFactsWith(script string, line int, vars map[string]string) []fact {
	if !mentionsAgentCLI(script) {
		return nil
	}
	s := shellScan{first: line, seen: map[string]int{}}
	commands, whole := expandedCommands(script, vars)
	if !whole { // more than any file may say, so that the comparison gives the file up
		return make([]fact, maxFacts+1)
	}
	for i, c := range commands {
		if len(s.facts) > maxFacts {
			break
		}
		s.assignments(c)
		s.heredocFile(c)
		name, words := commandName(c.words)
		cli, ok := agentCLIs[name]
		if !ok {
			continue
		}
		if cli.sub != nil {
			if words = afterSubcommand(words, cli.sub); words == nil {
				continue
			}
		}
		s.call(name, cli, words, c)
		input := c.input
		if c.piped && i > 0 && input == "" {
			input = commands[i-1].input
		}
		switch {
		case input != "":
			s.add(Prompt, name+" stdin", input, c.line)
		case c.from != "":
			s.add(Prompt, name+" stdin", "file "+c.from, c.line)
		case c.piped && i > 0 && len(commands[i-1].words) > 1 && commands[i-1].words[0] == "cat":
			s.add(Prompt, name+" stdin", "file "+strings.Join(commands[i-1].words[1:], " "), c.line)
		}
	}
	return s.facts
}

func mentionsAgentCLI(script string) bool {
	for name := range agentCLIs {
		if strings.Contains(script, name) {
			return true
		}
	}
	return containsFold(script, "model") || containsFold(script, "prompt")
}

func containsFold(s, lower string) bool {
	return strings.Contains(s, lower) || strings.Contains(strings.ToLower(s), lower)
}

type shellScan struct {
	first int
	seen  map[string]int
	facts []fact
}

func (s *shellScan) add(kind Kind, slot, value string, line int) {
	if value == "" {
		return
	}
	key := string(kind) + " " + slot
	s.seen[key]++
	if n := s.seen[key]; n > 1 {
		slot += "#" + strconv.Itoa(n)
	}
	f := fact{kind: kind, slot: slot, value: value, line: s.first + line - 1}
	if kind == Model {
		if where, fallback := outsideModel(value); where != "" {
			f.value, f.outside = where, fallback == ""
			if fallback != "" {
				f.value = fallback
			}
		}
	}
	s.facts = append(s.facts, f)
}

// outsideModel says where a value comes from that is an expression as a whole:
// a GitHub expression or a variable of the environment. fallback is a literal
// default in it.
func outsideModel(v string) (where, fallback string) {
	if inner, ok := strings.CutPrefix(v, "${{"); ok && strings.HasSuffix(inner, "}}") {
		inner = strings.TrimSpace(strings.TrimSuffix(inner, "}}"))
		if i := strings.LastIndex(inner, "||"); i >= 0 {
			if d := strings.TrimSpace(inner[i+2:]); len(d) > 2 && d[0] == '\'' && d[len(d)-1] == '\'' {
				return inner, d[1 : len(d)-1]
			}
		}
		for prefix, what := range map[string]string{"vars.": "repository variable ", "secrets.": "secret ", "inputs.": "workflow input ", "env.": "environment variable "} {
			if name, ok := strings.CutPrefix(inner, prefix); ok && isName(name) {
				return what + name, ""
			}
		}
		return "expression " + inner, ""
	}
	if name, value, ok := envDefault(v); ok {
		return "environment variable " + name, value
	}
	if name, ok := strings.CutPrefix(v, "$"); ok && isName(name) {
		return "environment variable " + name, ""
	}
	return "", ""
}

func isName(s string) bool {
	for i := 0; i < len(s); i++ {
		if !isIdent(s[i]) && s[i] != '-' {
			return false
		}
	}
	return s != ""
}

// commandName finds the tool that a command line runs, through sudo, npx and
// the like, and returns the words after it.
func commandName(words []string) (string, []string) {
	for len(words) > 0 {
		w := words[0]
		if i := strings.LastIndexByte(w, '/'); i >= 0 && !strings.HasPrefix(w, "@") {
			w = w[i+1:]
		}
		words = words[1:]
		switch w {
		case "sudo", "npx", "bunx", "pnpx", "uvx", "pipx", "pnpm", "yarn", "bun", "dlx", "x", "exec", "time", "nohup", "env", "timeout", "command", "uv", "run", "tool", "if", "then", "!", "do", "else", "elif", "while", "until", "{", "xargs":
			for len(words) > 0 && (strings.HasPrefix(words[0], "-") || isAssignment(words[0]) || w == "timeout" && startsWithDigit(words[0])) {
				words = words[1:]
			}
			continue
		}
		if pkg, ok := cliPackages[cutVersion(w)]; ok {
			w = pkg
		}
		return w, words
	}
	return "", nil
}

func startsWithDigit(s string) bool { return digitFirst(s) }

func cutVersion(pkg string) string {
	if i := strings.LastIndexByte(pkg, '@'); i > 0 {
		return pkg[:i]
	}
	return pkg
}

var cliPackages = map[string]string{
	"@anthropic-ai/claude-code": "claude", "@openai/codex": "codex", "@google/gemini-cli": "gemini", "opencode-ai": "opencode",
	"@github/copilot": "copilot", "aider-chat": "aider", "@qwen-code/qwen-code": "qwen",
}

func afterSubcommand(words, sub []string) []string {
	for i, w := range words {
		for _, s := range sub {
			if w == s {
				return append([]string{}, words[i+1:]...)
			}
		}
		if !strings.HasPrefix(w, "-") && (i == 0 || !strings.HasPrefix(words[i-1], "-")) {
			return nil // another sub-command
		}
	}
	return nil
}

// call reads the flags and arguments of one call.
func (s *shellScan) call(name string, cli agentCLI, words []string, c command) {
	first := true
	for i := 0; i < len(words); i++ {
		w := words[i]
		if !strings.HasPrefix(w, "-") || w == "-" {
			switch {
			case cli.modelFirst && first:
				s.add(Model, name+" model", w, c.line)
			case cli.args && w != "-" && strings.ContainsAny(w, " \n$"): // a sentence; single words are sub-commands
				s.add(Prompt, name+" prompt", w, c.line)
			}
			first = false
			continue
		}
		flag, value, inline := strings.Cut(w, "=")
		if contains(cli.bools, flag) {
			continue
		}
		if !inline {
			if i+1 >= len(words) || strings.HasPrefix(words[i+1], "--") {
				continue
			}
			value = words[i+1]
			i++
		}
		s.flag(name, cli, flag, value, c.line)
	}
}

func (s *shellScan) flag(name string, cli agentCLI, flag, value string, line int) {
	switch {
	case contains(cli.model, flag):
		s.add(Model, name+" "+canonicalFlag(flag, cli.model), value, line)
	case contains(cli.system, flag), contains(cli.prompt, flag):
		s.add(Prompt, name+" "+flag, value, line)
	case contains(cli.params, flag):
		s.add(ModelParams, name+" "+flag, value, line)
	case name == "codex" && (flag == "-c" || flag == "--config"):
		if key, v, ok := strings.Cut(value, "="); ok {
			v = strings.Trim(v, `"'`)
			switch strings.TrimSpace(key) {
			case "model":
				s.add(Model, name+" --model", v, line)
			case "model_reasoning_effort":
				s.add(ModelParams, name+" model_reasoning_effort", v, line)
			}
		}
	}
}

// canonicalFlag makes -m and --model one slot.
func canonicalFlag(flag string, all []string) string {
	if len(flag) == 2 {
		for _, f := range all {
			if strings.HasPrefix(f, "--model") {
				return f
			}
		}
	}
	return flag
}

func contains(list []string, s string) bool {
	for _, have := range list {
		if have == s {
			return true
		}
	}
	return false
}

// assignments reads MODEL=x in front of a command, export MODEL=x, and
// echo "MODEL=x" >> $GITHUB_ENV.
func (s *shellScan) assignments(c command) {
	pairs := c.env
	if len(c.words) > 1 {
		switch c.words[0] {
		case "export", "declare", "readonly", "local", "ENV", "ARG":
			pairs = append(pairs[:len(pairs):len(pairs)], c.words[1:]...)
		case "echo", "printf":
			if strings.Contains(c.file, "GITHUB_ENV") || strings.Contains(c.file, "GITHUB_OUTPUT") || strings.HasSuffix(c.file, ".env") {
				pairs = append(pairs[:len(pairs):len(pairs)], c.words[1:]...)
			}
		}
	}
	for _, p := range pairs {
		key, value, ok := strings.Cut(p, "=")
		if key = strings.TrimSuffix(key, "+"); !ok {
			continue
		}
		switch known, maybe := modelVariable(key); {
		case known && value != "", maybe && isModelID(value):
			if where, fallback := outsideModel(value); where == "" || fallback != "" {
				s.add(Model, key, value, c.line)
			}
		case promptVariable(key) && strings.ContainsAny(value, " \n"):
			s.add(Prompt, key, value, c.line)
		}
	}
}

// heredocFile reads cat > prompt.txt <<EOF.
func (s *shellScan) heredocFile(c command) {
	if c.input == "" || len(c.words) == 0 || (c.words[0] != "cat" && c.words[0] != "tee") {
		return
	}
	file := c.file
	if c.words[0] == "tee" && len(c.words) > 1 {
		file = c.words[len(c.words)-1]
	}
	name := strings.ToLower(file[strings.LastIndexByte(file, '/')+1:])
	if strings.Contains(name, "prompt") || strings.Contains(name, "instruction") || name == "claude.md" || name == "agents.md" {
		s.add(Prompt, "file "+file, c.input, c.line)
	}
}

// modelVariable says whether an environment variable by its name holds a model
// of a language model provider, or may hold one when the value looks like it.
func modelVariable(name string) (known, maybe bool) {
	n := strings.ToUpper(name)
	if n == "OLLAMA_MODELS" { // the folder of the models (Ollama, FAQ)
		return false, false
	}
	if !strings.Contains(n, "MODEL") && !strings.Contains(n, "DEPLOYMENT") && !strings.Contains(n, "LLM") && !strings.Contains(n, "EMBED") {
		return false, false
	}
	for _, not := range []string{"PATH", "DIR", "URL", "KEY", "HOST", "TOKEN", "PORT", "PROVIDER", "TYPE", "CACHE", "REGION", "ENDPOINT", "VERSION", "TEMPERATURE", "ENABLED", "TIMEOUT", "LIMIT", "SIZE", "MAX_", "BASE"} {
		if strings.Contains(n, not) {
			return false, not == "VERSION" || not == "BASE" || not == "PROVIDER" || not == "TYPE"
		}
	}
	for _, brand := range []string{"OPENAI", "ANTHROPIC", "CLAUDE", "GEMINI", "GOOGLE_GENAI", "LLM", "GPT", "MISTRAL", "OLLAMA", "GROQ", "DEEPSEEK", "BEDROCK", "COHERE",
		"EMBEDDING", "AZURE_AI", "AIDER", "GOOSE", "CODEX", "OPENROUTER", "XAI", "VERTEX", "CHAT_MODEL", "CHATGPT", "QWEN", "LITELLM"} {
		if strings.Contains(n, brand) && (strings.Contains(n, "MODEL") || strings.Contains(n, "DEPLOYMENT") || n == "LLM" || n == "LLM_CHOICE") {
			return true, true
		}
	}
	return false, true
}

// promptVariable says whether an environment variable by its name holds text
// for a model. PS1 and its like end in PROMPT too, so the word stands alone.
func promptVariable(name string) bool {
	n := strings.ToUpper(name)
	return strings.HasSuffix(n, "SYSTEM_PROMPT") || n == "SYSTEM_MESSAGE" || n == "PROMPT" || strings.HasSuffix(n, "_PROMPT") && n != "PS_PROMPT" ||
		strings.HasSuffix(n, "_INSTRUCTIONS") || n == "INSTRUCTIONS"
}
