package change

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestShellWords(t *testing.T) {
	for in, want := range map[string][]string{
		`--model claude-opus-4-6 --allowedTools "Bash(git:*),Read"`: {"--model", "claude-opus-4-6", "--allowedTools", "Bash(git:*),Read"},
		"--a 'b c' \\\n --d=\"e f\"":                                {"--a", "b c", "--d=e f"},
		"--model ${{ vars.MODEL || 'x y' }} z":                      {"--model", "${{ vars.MODEL || 'x y' }}", "z"},
		"a # comment\nb":                                            {"a", "b"},
		`"open quote`:                                               {"open quote"},
		`Bash(git commit:*)`:                                        {"Bash(git", "commit:*)"},
		`A=b c`:                                                     {"A=b", "c"},
		"":                                                          nil,
	} {
		if diff := cmp.Diff(want, shellWords(in)); diff != "" {
			t.Errorf("shellWords(%q) (-want +got):\n%s", in, diff)
		}
	}
}

func TestShellFacts(t *testing.T) {
	for _, tt := range []struct{ name, script, want string }{
		{"claude", `claude -p "Review this pull request" --model claude-opus-4-6 --append-system-prompt "Be strict, please."`, `
prompt claude prompt = Review this pull request
model claude --model = claude-opus-4-6
prompt claude --append-system-prompt = Be strict, please.
`},
		{"through a runner of packages, over lines", "npx -y @anthropic-ai/claude-code@2.0.1 \\\n  --model=sonnet \\\n  -p \"$PROMPT\"", `
model claude --model = sonnet
prompt claude prompt = $PROMPT
`},
		{"codex", `OPENAI_MODEL=x codex exec -m gpt-5.2-codex -c model_reasoning_effort="high" "Fix the build"`, `
model OPENAI_MODEL = x
model codex --model = gpt-5.2-codex
model_params codex model_reasoning_effort = high
prompt codex prompt = Fix the build
`},
		{"gemini, aider, opencode, llm, ollama, vllm", `
gemini -m gemini-2.5-pro -p "Say hi" --yolo
aider --model gpt-4o --message "Fix it now"
opencode run -m anthropic/claude-sonnet-4-5 "Do it now"
cat x | llm -m gpt-4o-mini -s "Be short now"
ollama run llama3.2
vllm serve org/name --revision abc
opencode auth login`, `
model gemini --model = gemini-2.5-pro
prompt gemini -p = Say hi
model aider --model = gpt-4o
prompt aider --message = Fix it now
model opencode --model = anthropic/claude-sonnet-4-5
prompt opencode prompt = Do it now
model llm --model = gpt-4o-mini
prompt llm -s = Be short now
prompt llm stdin = file x
model ollama model = llama3.2
model vllm model = org/name
model_params vllm --revision = abc
`},
		{"heredocs", `
cat > /tmp/prompt.txt << 'EOF'
You are a bot.
  Obey.
EOF
cat <<EOF | claude -p --model opus
Look at this.
EOF
`, `
prompt file /tmp/prompt.txt = You are a bot.⏎  Obey.
model claude --model = opus
prompt claude stdin = Look at this.
`},
		{"variables for later steps", `
echo "MODEL=gpt-4o" >> $GITHUB_ENV
echo "OTHER=gpt-4o" >> "$GITHUB_ENV"
export ANTHROPIC_MODEL=claude-x
MODEL_PATH=/m
`, `
model MODEL = gpt-4o
model ANTHROPIC_MODEL = claude-x
`},
		{"expressions", "claude --model ${{ vars.MODEL }} -p hi\nclaude --model ${{ vars.MODEL || 'claude-opus-4-6' }}\nclaude --model \"$M\"", `
model claude --model = repository variable MODEL (outside)
model claude --model#2 = claude-opus-4-6
model claude --model#3 = environment variable M (outside)
`},
		{"nothing of agents", "# claude --model gpt-4\necho claude --model gpt-4\ngit commit -m 'claude -p x'\nnpm install @anthropic-ai/claude-code\nPS1_PROMPT=x\n", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(strings.TrimLeft(tt.want, "\n"), said(shellFacts(tt.script, 1))); diff != "" {
				t.Errorf("facts (-want +got):\n%s", diff)
			}
		})
	}
}

func FuzzShell(f *testing.F) {
	f.Add("cat <<EOF | claude -p\nx\nEOF\n")
	f.Add("a<<EOF|b \"c")
	f.Add("a=$(b ${c} `d`) \\\n > e")
	f.Add("a=(b c)\na+=(d)\nbash -c \"eval $a\" <<E\nssh h x\nE\n")
	f.Fuzz(func(t *testing.T, s string) {
		shellWords(s)
		expandedCommands(s, map[string]string{"a": "-b c"})
		for _, c := range splitCommands(s) {
			if len(c.words)+len(c.env) == 0 {
				t.Error("an empty command")
			}
		}
		shellFacts(s, 1)
	})
}
