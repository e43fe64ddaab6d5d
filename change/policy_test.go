package change

import (
	"errors"
	"testing"
)

// Rules of Countersign speak of agents and tools all the time. A change of them
// is one of policy alone.
func TestOwnRulesAreNoToolScope(t *testing.T) {
	t.Parallel()
	const at = ".github/countersign/acme.rego"
	const before = "package countersign.acme\n\ndefault allow := false\n\nallowed := [\"Read\"]\n\nx if input.agent\n"
	const after = "package countersign.acme\n\ndefault allow := true\n\nallowed := [\"Read\", \"Bash\"]\n\nx if input.agent\n"
	set, err := Compare(MapTree{at: before}, MapTree{at: after}, Settings{})
	if err != nil {
		t.Fatal(err)
	}
	if len(set.Changes) != 1 || set.Changes[0].Kind != Policy {
		t.Errorf("%+v, want one change, of policy", set.Changes)
	}
}

// lacking is a tree of a partial clone: some blobs cannot be read.
type lacking struct {
	MapTree
	path string
}

func (l lacking) Read(e Entry) ([]byte, error) {
	if e.Path == l.path {
		return nil, errors.New("not in this clone")
	}
	return l.MapTree.Read(e)
}

// The content of files that no format can mean is not asked for.
func TestUnreadableFilesThatDoNotMatter(t *testing.T) {
	t.Parallel()
	for at, matters := range map[string]bool{"logo.png": false, "data.csv": false, "CLAUDE.md": true} {
		before := MapTree{"CLAUDE.md": "Be kind.\n", "logo.png": "1", "data.csv": "1"}
		after := MapTree{"CLAUDE.md": "Be brief.\n", "logo.png": "2", "data.csv": "2"}
		set, err := Compare(lacking{before, at}, lacking{after, at}, Settings{})
		if (err != nil) != matters || err == nil && len(set.Changes) != 1 {
			t.Errorf("without %s: %v, %+v", at, err, set.Changes)
		}
	}
}

// Lines that hide what governs from reviewers are found in every form that git
// reads, and for files that only their content or another file makes governed.
func TestHidingAttributes(t *testing.T) {
	t.Parallel()
	tree := MapTree{"CLAUDE.md": "@docs/x.md", "docs/x.md": "x", "my dir/CLAUDE.md": "x", "agent.py": "client.responses.create(model=\"gpt-5\")\n", "main.py": "print(1)\n",
		"a.yaml":                  "agents: {root: {model: openai/gpt-5, instruction: Do.}}\n",
		".github/workflows/a.yml": "on: issues\njobs: {a: {steps: [{uses: anthropics/claude-code-action@v1, with: {prompt: Do.}}]}}\n",
		".github/workflows/b.yml": "on: push\njobs: {a: {steps: [{run: make}]}}\n", "package-lock.json": "{}\n"}
	for line, want := range map[string]bool{
		"CLAUDE.md -diff": true, "[attr]hide -diff\nCLAUDE.md hide": true, "[attr]a b\n[attr]b -diff\nCLAUDE.md a": true, `"CLA\125DE.md" -diff`: true, "\ufeffCLAUDE.md -diff": true,
		`"my dir/CLAUDE.md" -diff`: true, "CLAUDE.md linguist-generated=1": true, "CLAUDE.md linguist-generated=false": false, "a.yaml -diff": true,
		".github/workflows/a.yml linguist-generated": true, ".github/workflows/b.yml linguist-generated": false, "agent.py linguist-generated": true, "main.py -diff": false,
		"docs/x.md -diff": true, "package-lock.json -diff": false, "# CLAUDE.md -diff": false, "*.md text": false,
	} {
		head := MapTree{".gitattributes": line + "\n"}
		for p, text := range tree {
			head[p] = text
		}
		got := gating(t, tree, head, Settings{})
		if got != "" != want || want && got != "policy added .gitattributes" {
			t.Errorf("%q: %q, want a change: %t", line, got, want)
		}
	}
	base, head := MapTree{"a/.gitattributes": "*.md -diff\n", "a/b/CLAUDE.md": "x", "CLAUDE.md": "x"}, MapTree{".gitattributes": "*.md -diff\n", "a/b/CLAUDE.md": "x", "CLAUDE.md": "x"}
	if got, want := gating(t, base, head, Settings{}), "policy added .gitattributes\npolicy removed a/.gitattributes"; got != want {
		t.Errorf("a renamed file: %q, want %q", got, want)
	}
}
