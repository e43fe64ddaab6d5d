package change

import (
	"slices"
	"strings"
	"testing"
)

// scopeWays compares two trees and names the directions of what tools may do,
// sorted, each once.
func scopeWays(t *testing.T, base, head MapTree) (string, Set) {
	t.Helper()
	set, err := Compare(base, head, Settings{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range set.Changes {
		if c.Kind == ToolScope && c.Confidence != Notice {
			got = append(got, string(c.Direction))
		}
	}
	slices.Sort(got)
	return strings.Join(slices.Compact(got), " "), set
}

// A flag of an agent's command line says the same wherever the command stands.
func TestScriptScopes(t *testing.T) {
	const call, wide = "claude -p 'Sort the issues'", "claude -p 'Sort the issues' --dangerously-skip-permissions"
	for _, tt := range []struct{ name, path, text string }{ // CALL is the command
		{"a shell script", "run.sh", "#!/bin/sh\nset -e\nCALL\n"},
		{"a script without an ending", "ci/triage", "#!/bin/sh\nCALL\n"},
		{"a Makefile", "Makefile", "triage:\n\t@CALL\n"},
		{"a script of package.json", "package.json", `{"scripts": {"triage": "CALL"}}`},
		{"GitLab", ".gitlab-ci.yml", "a:\n  script:\n    - CALL\n"},
		{"a Dockerfile that runs it", "Dockerfile", "FROM a\nRUN CALL\n"},
		{"a Dockerfile that starts it", "Dockerfile", "FROM a\nENTRYPOINT CALL\n"},
		{"Compose", "compose.yaml", "services:\n  a:\n    image: x\n    command: \"CALL\"\n"},
		{"Compose with a shell", "compose.yaml", "services:\n  a:\n    image: x\n    entrypoint: [bash, -lc]\n    command: [\"CALL\"]\n"},
		{"Kubernetes", "k.yaml", "apiVersion: apps/v1\nkind: Deployment\nspec: {template: {spec: {containers: [{name: a, image: x, command: [sh, -c], args: [\"CALL\"]}]}}}\n"},
		{"bash -c", "run.sh", "bash -ec \"CALL\"\n"},
		{"a substitution", "run.sh", "X=$(CALL)\n"},
		{"a heredoc of a shell", "run.sh", "bash <<E\nCALL\nE\n"},
		{"eval", "run.sh", "eval \"CALL\"\n"},
		{"a container", "run.sh", "docker run --rm -v .:/w img CALL\n"},
		{"another machine", "run.sh", "ssh host CALL\n"},
		{"retries", "run.sh", "retry 3 CALL\n"},
		{"a manager of versions", "run.sh", "mise x -- CALL\n"},
		{"a time limit", "run.sh", "timeout 5m CALL\n"},
		{"a shell inside a container", "run.sh", "docker compose exec a sh -c \"CALL\"\n"},
		{"the command in a variable", "run.sh", "CMD=\"CALL\"\n$CMD\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			side := func(command string) MapTree {
				return MapTree{tt.path: strings.ReplaceAll(tt.text, "CALL", command)}
			}
			if got, set := scopeWays(t, side(call), side(wide)); got != "widens" {
				t.Errorf("got %q, want widens:\n%s", got, describe(set))
			}
		})
	}
}

// Each row is a change of one file.
func TestScriptScopesByFile(t *testing.T) {
	for _, tt := range []struct{ name, path, before, after, want string }{
		{"flags in a variable", "run.sh", "A=\"--allowedTools Read\"\nclaude -p x $A\n", "A=\"--allowedTools Read,Bash\"\nclaude -p x $A\n", "widens"},
		{"flags in a list", "run.sh", "A=(--allowedTools Read)\nclaude -p x \"${A[@]}\"\n", "A=(--allowedTools Read)\nA+=(--add-dir /)\nclaude -p x \"${A[@]}\"\n", "widens"},
		{"flags in a variable of Make", "Makefile", "ARGS ?= --allowedTools Read\na:\n\tclaude -p x $(ARGS)\n", "ARGS ?= --dangerously-skip-permissions\na:\n\tclaude -p x $(ARGS)\n", "narrows widens"},
		{"flags in a variable of GitLab", ".gitlab-ci.yml", "variables: {ARGS: --full-auto}\na: {script: [\"codex exec $ARGS hi\"]}\n", "variables: {ARGS: --yolo}\na: {script: [\"codex exec $ARGS hi\"]}\n", "narrows widens"},
		{"ENTRYPOINT and CMD together", "Dockerfile", "FROM a\nENTRYPOINT [\"gemini\"]\nCMD [\"-p\", \"x\"]\n", "FROM a\nENTRYPOINT [\"gemini\"]\nCMD [\"--yolo\", \"-p\", \"x\"]\n", "widens"},
		{"a container of an agent gets the machine", "compose.yaml", "services: {a: {image: x, command: [claude, -p, hi]}}\n", "services: {a: {image: x, command: [claude, -p, hi], volumes: [\"/:/host\"]}}\n", "widens"},
		{"a container without an agent gets the machine", "compose.yaml", "services: {a: {image: claude, command: [serve]}}\n", "services: {a: {image: claude, command: [serve], volumes: [\"/:/host\"]}}\n", ""},
		{"an agent of the tool", "run.sh", "claude -p x\n", "claude -p x --agent keeper\n", "unknown"},
		{"how the answer is shown", "run.sh", "claude -p x\n", "claude -p x --output-format json --max-turns 3\n", ""},
		{"skipping on request", "run.sh", "claude -p x\n", "claude -p x --allow-dangerously-skip-permissions\n", "widens"},
		{"a profile of Codex", "run.sh", "codex exec hi\n", "codex exec -p wide hi\n", "unknown"},
		{"how Codex answers", "run.sh", "codex exec hi\n", "codex exec --json -o out.txt hi\n", ""},
		{"a permission of Auggie", "run.sh", "auggie -p hi --permission a:ask\n", "auggie -p hi --permission a:allow\n", "unknown"},
		{"Rovo Dev asks nobody", "run.sh", "acli rovodev run hi\n", "acli rovodev run --yolo hi\n", "widens"},
		{"the same rules in another order", "run.sh", "claude -p x --allowedTools Read,Edit\n", "claude \\\n  --allowedTools Edit,Read -p x\n", ""},
		{"a script that only names the tool", "run.sh", "echo claude\n", "echo claude --dangerously-skip-permissions\n", ""},
		{"an image of that name", "run.sh", "docker build -t claude .\n", "docker build -t claude --no-cache .\n", ""},
		{"a script without an agent", "package.json", `{"scripts": {"a": "eslint ."}, "dependencies": {"claude": "1"}}`, `{"scripts": {"a": "eslint . --fix"}, "dependencies": {"claude": "2"}}`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got, set := scopeWays(t, MapTree{tt.path: tt.before}, MapTree{tt.path: tt.after}); got != tt.want {
				t.Errorf("got %q, want %q:\n%s", got, tt.want, describe(set))
			}
		})
	}
}
