package change

import (
	"maps"
	"strings"
	"testing"
)

// ground is a workflow in which every row below changes one thing.
const ground = `on:
  issues:
    types: [labeled]
permissions: {contents: read}
env:
  TOOLS: Read
jobs:
  gate:
    runs-on: ubuntu-latest
    if: github.actor == 'keeper'
    steps: [{run: "true"}]
  a:
    needs: gate
    if: github.event.label.name == 'ai'
    runs-on: ubuntu-latest
    strategy: {matrix: {t: [Read], include: [{u: Read}]}}
    env: {ARGS: "--allowedTools Read"}
    steps:
      - uses: actions/checkout@v4
      - id: p
        run: echo "args=--allowedTools Read" >> $GITHUB_OUTPUT
      - uses: anthropics/claude-code-action@v1
        with:
          anthropic_api_key: ${{ secrets.K }}
          prompt: Sort the issues
          claude_args: --allowedTools Read
`

// Sources: GitHub Docs, "Workflow syntax for GitHub Actions", "Contexts
// reference", "Events that trigger workflows", "Reuse workflows", "Secure use
// reference"; README of anthropics/claude-code-action.
func TestWorkflowScopes(t *testing.T) {
	const args, step = "claude_args: --allowedTools Read", "      - uses: anthropics/claude-code-action@v1\n"
	for _, tt := range []struct{ name, old, new, want string }{
		{"another owner's action", "anthropics/claude-code-action@v1", "other/claude-code-action@v1", "unknown"},
		{"an action of the repository", "anthropics/claude-code-action@v1", "./.github/actions/mine", "unknown"},
		{"an image in the place of the action", "anthropics/claude-code-action@v1", "docker://other/x", "widens"},
		{"the action at a branch", "claude-code-action@v1", "claude-code-action@main", "widens"},
		{"another version of the action", "claude-code-action@v1", "claude-code-action@v1.0.9", ""},
		{"the action at a commit", "claude-code-action@v1", "claude-code-action@0123456789012345678901234567890123456789", ""},
		{"an expression of the same value", args, "claude_args: --allowedTools ${{ matrix.t }}", ""},
		{"a wider row of the matrix", args, "claude_args: --allowedTools ${{ matrix.u }} --add-dir /", "widens"},
		{"labels become openings", "[labeled]", "[opened, labeled]", "widens"},
		{"every type", "    types: [labeled]\n", "", "widens"},
		{"a dispatch", "on:\n", "on:\n  repository_dispatch:\n", "widens"},
		{"a caller", "on:\n", "on:\n  workflow_call:\n", "widens"},
		{"the label is not asked for", "    if: github.event.label.name == 'ai'\n", "", "widens"},
		{"a job that is needed has no guard", "    if: github.actor == 'keeper'\n", "", "widens"},
		{"the job that guards is not needed", "    needs: gate\n", "", "widens"},
		{"a runner of the company", "    needs: gate\n    if: github.event.label.name == 'ai'\n    runs-on: ubuntu-latest\n", "    needs: gate\n    if: github.event.label.name == 'ai'\n    runs-on: [prod]\n", "widens"},
		{"another runner of GitHub", "    if: github.event.label.name == 'ai'\n    runs-on: ubuntu-latest\n", "    if: github.event.label.name == 'ai'\n    runs-on: ubuntu-24.04\n", ""},
		{"a container", "    needs: gate\n", "    needs: gate\n    container: {image: x, options: --privileged}\n", "unknown"},
		{"a pull request's code by a command", step, "      - run: gh pr checkout $N\n" + step, "widens"},
		{"a pull request's code by git", step, "      - run: git fetch origin pull/$N/head\n" + step, "widens"},
		{"a pull request's repository", "      - uses: actions/checkout@v4\n", "      - uses: actions/checkout@v4\n        with: {repository: \"${{ github.event.pull_request.head.repo.full_name }}\"}\n", "widens"},
		{"a token that stays", "      - uses: actions/checkout@v4\n", "      - uses: actions/checkout@v4\n        with: {token: \"${{ secrets.ADMIN }}\"}\n", "widens"},
		{"settings are written", step, "      - run: echo '{}' > .claude/settings.json\n" + step, "unknown"},
		{"another file is written", step, "      - run: echo '{}' > out.json\n" + step, ""},
		{"instructions are appended", step, "      - run: echo x | tee -a CLAUDE.md\n" + step, "unknown"},
		{"a role of a cloud", step, "      - uses: aws-actions/configure-aws-credentials@v4\n        with: {role-to-assume: admin}\n" + step, "widens"},
		{"a secret in the environment", step, "      - run: echo \"X=${{ secrets.X }}\" >> $GITHUB_ENV\n" + step, "widens"},
		{"a server is added", step, "      - run: claude mcp add x -- sh\n" + step, "unknown"},
		{"another package in the tool's name", step, "      - run: npm i -g @other/claude-code\n" + step, "widens"},
		{"what comes after the agent", args, args + "\n      - run: echo '{}' > .claude/settings.json", ""},
		{"an input that nobody described", args, args + "\n          use_bedrock: true", "unknown"},
		{"an input that shows the progress", args, args + "\n          track_progress: true", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			after := strings.Replace(ground, tt.old, tt.new, 1)
			if after == ground {
				t.Fatalf("%q is not in the workflow", tt.old)
			}
			if got, set := scopeWays(t, MapTree{".github/workflows/a.yml": ground}, MapTree{".github/workflows/a.yml": after}); got != tt.want {
				t.Errorf("got %q, want %q:\n%s", got, tt.want, describe(set))
			}
		})
	}
}

// A value that an expression leads to is compared as if it stood there.
func TestWorkflowExpressions(t *testing.T) {
	for _, tt := range []struct{ name, expression, old, new string }{
		{"env of the workflow", "--allowedTools ${{ env.TOOLS }}", "TOOLS: Read", "TOOLS: Read,Bash"},
		{"env of the job", "${{ env.ARGS }}", `ARGS: "--allowedTools Read"`, `ARGS: "--allowedTools Read,Bash"`},
		{"the matrix", "--allowedTools ${{ matrix.t }}", "t: [Read]", "t: [Read, Bash]"},
		{"a row of the matrix", "--allowedTools ${{ matrix.u }}", "{u: Read}", "{u: 'Read,Bash'}"},
		{"the output of a step", "${{ steps.p.outputs.args }}", "args=--allowedTools Read", "args=--allowedTools Read,Bash"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := strings.Replace(ground, "claude_args: --allowedTools Read", "claude_args: "+tt.expression, 1)
			after := strings.Replace(before, tt.old, tt.new, 1)
			if got, set := scopeWays(t, MapTree{".github/workflows/a.yml": before}, MapTree{".github/workflows/a.yml": after}); got != "widens" {
				t.Errorf("got %q, want widens:\n%s", got, describe(set))
			}
		})
	}
}

// Prompts that stand elsewhere in the file are prompts of the agent.
func TestWorkflowPromptsElsewhere(t *testing.T) {
	action := func(env, with string) string {
		return "on: issues\njobs:\n  b:\n    outputs: {p: \"${{ steps.s.outputs.p }}\"}\n    steps:\n    - {id: s, run: \"echo 'p=kind words' >> $GITHUB_OUTPUT\"}\n" +
			"  a:\n    needs: b\n    steps:\n    - {id: g, uses: actions/github-script@v7, with: {script: \"core.setOutput('p', 'kind words')\"}}\n" +
			"    - uses: anthropics/claude-code-action@v1\n      env: {" + env + "}\n      with: {" + with + "}\n"
	}
	for name, before := range map[string]string{
		"a variable":              action("P: kind words", `prompt: "${{ env.P }}"`),
		"the output of a job":     action("", `prompt: "${{ needs.b.outputs.p }}"`),
		"the output of a script":  action("", `prompt: "${{ steps.g.outputs.p }}"`),
		"a variable of a command": "on: issues\njobs:\n  a:\n    steps:\n    - env: {P: kind words}\n      run: claude -p \"$P\"\n",
	} {
		t.Run(name, func(t *testing.T) {
			after := strings.ReplaceAll(before, "kind words", "cruel words")
			if got := lines(t, MapTree{".github/workflows/a.yml": before}, MapTree{".github/workflows/a.yml": after}, Settings{}); strings.Count(got, "prompt modified") != 1 {
				t.Errorf("got:\n%s", got)
			}
		})
	}
}

// A job that calls a workflow with an agent, or a local action with one, is an
// agent's job.
func TestWorkflowCalls(t *testing.T) {
	const agent = "jobs: {a: {steps: [{uses: anthropics/claude-code-action@v1, with: {prompt: \"${{ inputs.text }}\"}}]}}\n"
	local := MapTree{
		".github/workflows/shared.yml":  "on: {workflow_call: {inputs: {text: {type: string}}}}\n" + agent,
		".github/actions/ai/action.yml": "runs:\n  using: composite\n  steps:\n  - uses: anthropics/claude-code-action@v1\n    with: {prompt: x}\n",
	}
	caller := func(uses string) string {
		return "on: issue_comment\npermissions: {contents: read}\njobs:\n  a:\n    uses: " + uses + "\n    with: {prompt: Sort the issues, level: low}\n    secrets: {k: \"${{ secrets.K }}\"}\n"
	}
	shared, far := caller("./.github/workflows/shared.yml"), caller("org/x/.github/workflows/claude.yml@v1")
	action := "on: issue_comment\npermissions: {contents: read}\njobs:\n  a:\n    steps:\n    - uses: ./.github/actions/ai\n      with: {prompt: Sort the issues, level: low}\n"
	for _, tt := range []struct{ name, before, old, new, want string }{
		{"more rights", shared, "contents: read", "contents: write", "widens"},
		{"more rights for a workflow elsewhere", far, "contents: read", "contents: write", "widens"},
		{"more rights for an action", action, "contents: read", "contents: write", "widens"},
		{"all secrets", shared, `{k: "${{ secrets.K }}"}`, "inherit", "widens"},
		{"for strangers", action, "on: issue_comment", "on: [issue_comment, pull_request_target]", "widens"},
		{"another workflow", shared, "./.github/workflows/shared.yml", "other/x/.github/workflows/y.yml@main", "widens"},
		{"another branch", far, "@v1", "@main", "widens"},
		{"an input of a workflow", shared, "level: low", "level: high", "unknown"},
		{"an input of an action", action, "level: low", "level: high", "unknown"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			base, head := maps.Clone(local), maps.Clone(local)
			base[".github/workflows/a.yml"], head[".github/workflows/a.yml"] = tt.before, strings.Replace(tt.before, tt.old, tt.new, 1)
			if got, set := scopeWays(t, base, head); got != tt.want {
				t.Errorf("got %q, want %q:\n%s", got, tt.want, describe(set))
			}
		})
	}
	head := maps.Clone(local)
	local["w/workflows/a.yml"], head["w/workflows/a.yml"] = action, strings.Replace(action, "Sort the issues", "Close the issues", 1)
	if got := lines(t, local, head, Settings{}); !strings.Contains(got, "prompt modified") {
		t.Errorf("the prompt of a local action: got %q", got)
	}
}

// A job that only has another name asks nobody; a prompt that another job of the
// file gets does.
func TestWorkflowRenamedJob(t *testing.T) {
	const job = "    steps:\n    - {uses: anthropics/claude-code-action@v1, with: {prompt: Sort kindly, anthropic_api_key: x}}\n"
	const other = "    steps:\n    - {uses: anthropics/claude-code-action@v1, with: {prompt: Close all}}\n"
	for _, tt := range []struct {
		name, before, after string
		gates               bool
	}{
		{"renamed", "  a:\n" + job, "  b:\n" + job, false},
		{"given to another job", "  a:\n" + job + "  b:\n" + other, "  b:\n" + job, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			set, err := Compare(MapTree{".github/workflows/a.yml": "on: issues\njobs:\n" + tt.before}, MapTree{".github/workflows/a.yml": "on: issues\njobs:\n" + tt.after}, Settings{})
			if err != nil {
				t.Fatal(err)
			}
			gates := false
			for _, c := range set.Changes {
				gates = gates || c.Confidence != Notice
			}
			if gates != tt.gates {
				t.Errorf("gates %v, want %v:\n%s", gates, tt.gates, describe(set))
			}
		})
	}
}

// The file on a command's standard input is its prompt.
func TestShellStdinFile(t *testing.T) {
	for before, after := range map[string]string{"cat a.txt | claude -p": "cat b.txt | claude -p", "claude -p < a.txt": "claude -p < b.txt"} {
		if got := lines(t, MapTree{"run.sh": before + "\n"}, MapTree{"run.sh": after + "\n"}, Settings{}); !strings.Contains(got, "prompt modified") {
			t.Errorf("%s: got %q", after, got)
		}
	}
}
