package change

import "testing"

// A file that a step gives to an agent is governed with the workflow.
func TestWorkflowFiles(t *testing.T) {
	for name, step := range map[string]string{
		"a flag":                  "{run: claude -p hi --system-prompt-file ci/p}",
		"a flag of an action":     "{uses: anthropics/claude-code-action@v1, with: {prompt: hi, claude_args: --append-system-prompt-file ci/p}}",
		"settings":                "{uses: anthropics/claude-code-action@v1, with: {prompt: hi, claude_args: --settings ci/p}}",
		"the standard input":      "{run: claude -p < ci/p}",
		"a pipe":                  "{run: cat ci/p | claude -p}",
		"cat in the prompt":       "{run: 'claude -p \"$(cat ci/p)\"'}",
		"a mention":               "{uses: anthropics/claude-code-action@v1, with: {prompt: Follow @ci/p please}}",
		"an input":                "{uses: actions/ai-inference@v1, with: {prompt-file: ci/p}}",
		"the output of a script":  "{id: p, run: 'echo \"t=$(cat ci/p)\" >> $GITHUB_OUTPUT'}, {uses: anthropics/claude-code-action@v1, with: {prompt: '${{ steps.p.outputs.t }}'}}",
		"a shell inside of shell": "{run: 'bash -c \"claude -p < ci/p\"'}",
	} {
		t.Run(name, func(t *testing.T) {
			flow := "on: issues\njobs: {a: {steps: [" + step + "]}}\n"
			got := lines(t, MapTree{".github/workflows/a.yml": flow, "ci/p": "kind"}, MapTree{".github/workflows/a.yml": flow, "ci/p": "cruel"}, Settings{})
			if got == "" {
				t.Error("silence")
			}
		})
	}
	flow := "on: issues\njobs: {a: {steps: [{run: cat ci/p}, {run: claude -p hi}]}}\n"
	if got := lines(t, MapTree{".github/workflows/a.yml": flow, "ci/p": "1"}, MapTree{".github/workflows/a.yml": flow, "ci/p": "2"}, Settings{}); got != "" {
		t.Errorf("a file that another step prints: %s", got)
	}
}
