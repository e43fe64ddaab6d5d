package change

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What tools reach through symbolic links is compared under the path that they
// open; what lies outside of the repository is of unknown direction.
func TestLinks(t *testing.T) {
	const read, bash = `{"permissions": {"allow": ["Read"]}}`, `{"permissions": {"allow": ["Read", "Bash"]}}`
	const skill = "---\ndescription: d\n---\n"
	hidden := func(what, at string) []string {
		return []string{"model " + what + " " + at, "prompt " + what + " " + at, "tool_scope " + what + " " + at + " unknown"}
	}
	runGating(t, []gatingCase{
		{"what a folder link leads to", MapTree{"symlink:.claude": "cfg", "cfg/settings.json": read}, MapTree{"symlink:.claude": "cfg", "cfg/settings.json": bash},
			[]string{"tool_scope modified .claude/settings.json widens"}},
		{"a folder link comes", MapTree{"cfg/settings.json": bash}, MapTree{"symlink:.claude": "cfg", "cfg/settings.json": bash},
			[]string{"tool_scope added .claude/settings.json widens"}},
		{"a folder link goes", MapTree{"symlink:.claude": "cfg", "cfg/settings.json": `{"permissions": {"deny": ["Bash"]}}`}, MapTree{"cfg/settings.json": `{"permissions": {"deny": ["Bash"]}}`},
			[]string{"tool_scope removed .claude/settings.json widens"}},
		{"a folder link leads elsewhere", MapTree{"symlink:.claude/skills": "../a", "a/x/SKILL.md": skill + "A", "b/x/SKILL.md": skill + "B"}, MapTree{"symlink:.claude/skills": "../b", "a/x/SKILL.md": skill + "A", "b/x/SKILL.md": skill + "B"},
			[]string{"prompt modified .claude/skills/x/SKILL.md"}},
		{"a folder becomes a link to the same", MapTree{".claude/rules/a.md": "A"}, MapTree{"symlink:.claude": "cfg", "cfg/rules/a.md": "A"}, nil},
		{"a link to a link to a folder", MapTree{"symlink:.claude": "a", "symlink:a": "b", "b/rules/a.md": "A"}, MapTree{"symlink:.claude": "a", "symlink:a": "c", "b/rules/a.md": "A", "c/rules/a.md": "B"},
			[]string{"prompt modified .claude/rules/a.md"}},
		{"a link in the middle of the way", MapTree{"symlink:.claude": "x/cfg", "symlink:x": "y", "y/cfg/rules/a.md": "A"}, MapTree{"symlink:.claude": "x/cfg", "symlink:x": "y", "y/cfg/rules/a.md": "B"},
			[]string{"prompt modified .claude/rules/a.md"}},
		{"a folder link leads outside", MapTree{}, MapTree{"symlink:.claude": "/tmp/x"}, hidden("added", ".claude")},
		{"a folder link leads above", MapTree{"symlink:.cursor": "x", "x/rules/a.mdc": "A"}, MapTree{"symlink:.cursor": "../x", "x/rules/a.mdc": "A"}, hidden("modified", ".cursor")},
		{"a folder link in a circle", MapTree{}, MapTree{"symlink:.claude": ".claude"}, hidden("added", ".claude")},
		{"a submodule in place of a tool's folder", MapTree{"submodule:.claude": "1"}, MapTree{"submodule:.claude": "2"}, hidden("modified", ".claude")},
		{"a submodule among skills", MapTree{"submodule:skills/x": "1"}, MapTree{"submodule:skills/x": "2"}, hidden("modified", "skills/x")},
		{"a submodule that a link leads into", MapTree{"symlink:.claude": "sub/cfg", "submodule:sub": "1"}, MapTree{"symlink:.claude": "sub/cfg", "submodule:sub": "2"}, hidden("modified", ".claude")},
		{"a submodule of a library", MapTree{"submodule:lib/zlib": "1"}, MapTree{"submodule:lib/zlib": "2"}, nil},
		{"a link among sources", MapTree{"ui/hooks/a.ts": "1"}, MapTree{"ui/hooks/a.ts": "1", "symlink:src/hooks": "../ui/hooks"}, nil},

		{"settings behind a link", MapTree{"symlink:.claude/settings.json": "../conf/c.json", "conf/c.json": read}, MapTree{"symlink:.claude/settings.json": "../conf/c.json", "conf/c.json": bash},
			[]string{"tool_scope modified .claude/settings.json widens"}},
		{"servers behind a link", MapTree{"symlink:.mcp.json": "conf/m.conf", "conf/m.conf": `{"mcpServers": {}}`}, MapTree{"symlink:.mcp.json": "conf/m.conf", "conf/m.conf": `{"mcpServers": {"x": {"command": "sh"}}}`},
			[]string{"tool_scope added .mcp.json widens"}},
		{"a link to a link", MapTree{"symlink:CLAUDE.md": "a", "symlink:a": "docs/x", "docs/x": "A"}, MapTree{"symlink:CLAUDE.md": "a", "symlink:a": "docs/x", "docs/x": "B"},
			[]string{"prompt modified CLAUDE.md"}},
		{"the second link leads elsewhere", MapTree{"symlink:CLAUDE.md": "a", "symlink:a": "x", "x": "A", "y": "B"}, MapTree{"symlink:CLAUDE.md": "a", "symlink:a": "y", "x": "A", "y": "B"},
			[]string{"prompt modified CLAUDE.md"}},
		{"two names of the same instructions", MapTree{"symlink:CLAUDE.md": "AGENTS.md", "AGENTS.md": "A"}, MapTree{"symlink:CLAUDE.md": "AGENTS.md", "AGENTS.md": "B"},
			[]string{"prompt modified AGENTS.md"}},

		{"an import through a folder link", MapTree{"CLAUDE.md": "@docs/a.md", "symlink:docs": "real", "real/a.md": "A"}, MapTree{"CLAUDE.md": "@docs/a.md", "symlink:docs": "real", "real/a.md": "B"},
			[]string{"prompt modified real/a.md"}},
		{"the folder of an import leads elsewhere", MapTree{"CLAUDE.md": "@docs/a.md", "symlink:docs": "x", "x/a.md": "A", "y/a.md": "B"}, MapTree{"CLAUDE.md": "@docs/a.md", "symlink:docs": "y", "x/a.md": "A", "y/a.md": "B"},
			[]string{"prompt modified docs"}},
		{"an import of a link", MapTree{"CLAUDE.md": "@a.md", "symlink:a.md": "b.md", "b.md": "A"}, MapTree{"CLAUDE.md": "@a.md", "symlink:a.md": "b.md", "b.md": "B"},
			[]string{"prompt modified b.md"}},
		{"an import of what a link leads to", MapTree{"symlink:CLAUDE.md": "x", "x": "@b.md", "b.md": "A"}, MapTree{"symlink:CLAUDE.md": "x", "x": "@b.md", "b.md": "B"},
			[]string{"prompt modified b.md"}},
		{"an import of source code", MapTree{"CLAUDE.md": "@x.py", "x.py": "# kind"}, MapTree{"CLAUDE.md": "@x.py", "x.py": "# rude"},
			[]string{"prompt modified x.py"}},
	})
}

// The settings take out a file, and not what a file that they leave in pulls in.
func TestIgnoredFilesThatAreRead(t *testing.T) {
	t.Parallel()
	s := Settings{Ignore: []string{"legacy/**"}}
	for _, c := range []struct{ base, head MapTree }{
		{MapTree{"CLAUDE.md": "@legacy/x.md", "legacy/x.md": "A"}, MapTree{"CLAUDE.md": "@legacy/x.md", "legacy/x.md": "B"}},
		{MapTree{"symlink:CLAUDE.md": "legacy/x.md", "legacy/x.md": "A"}, MapTree{"symlink:CLAUDE.md": "legacy/x.md", "legacy/x.md": "B"}},
		{MapTree{"symlink:CLAUDE.md": "legacy/AGENTS.md", "legacy/AGENTS.md": "A"}, MapTree{"symlink:CLAUDE.md": "legacy/AGENTS.md", "legacy/AGENTS.md": "B"}},
	} {
		if got := gating(t, c.base, c.head, s); !strings.HasPrefix(got, "prompt modified ") {
			t.Errorf("%v → %v: %q", c.base, c.head, got)
		}
	}
	if got := gating(t, MapTree{"legacy/CLAUDE.md": "A"}, MapTree{"legacy/CLAUDE.md": "B"}, s); got != "" {
		t.Errorf("an ignored file gates: %s", got)
	}
}

// Whoever signs what is behind a link signs the content, and both paths.
func TestLinkedPathsStandInTheChange(t *testing.T) {
	t.Parallel()
	set, err := Compare(MapTree{"cfg/settings.json": `{}`, "symlink:.claude": "old"}, MapTree{"cfg/settings.json": `{"permissions": {"allow": ["Bash"]}}`, "symlink:.claude": "cfg"}, Settings{})
	if err != nil || len(set.Changes) != 1 {
		t.Fatalf("%v: %+v", err, set.Changes)
	}
	if diff := cmp.Diff([]string{".claude", ".claude/settings.json", "cfg/settings.json"}, set.Changes[0].Paths); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// A tree full of links costs no more than a bounded number of files.
func TestManyLinks(t *testing.T) {
	t.Parallel()
	base, head := MapTree{}, MapTree{}
	for i := range 3000 {
		head[fmt.Sprintf("symlink:p%d/.claude", i)] = "../cfg"
	}
	head["cfg/rules/a.md"] = "A"
	set, err := Compare(base, head, Settings{})
	if err != nil {
		t.Fatal(err)
	}
	unknown := false
	for _, c := range set.Changes {
		unknown = unknown || c.Direction == Unknown
	}
	if len(set.Changes) > maxLinked+10 || !unknown {
		t.Errorf("%d changes, unknown %t", len(set.Changes), unknown)
	}
}

// What an import is: in doubt, one.
func TestMentions(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"See @README for more.":                       "README",
		"@docs/my\\ rules.md now":                     "docs/my rules.md",
		"````\n```\n````\n@a.md":                      "a.md",
		"It is a ` mark, see @a.md":                   "a.md",
		"``` a ` b\n@a.md":                            "a.md",
		"    ```\n@a.md":                              "a.md",
		"- a\n  ```\n  x\n@a.md":                      "a.md",
		"<!--\n```\n-->\n@a.md\n```":                  "a.md",
		"```\n@a.md":                                  "a.md",
		"@docs/$x.md":                                 "docs/$x.md",
		"@a.md#part":                                  "a.md#part a.md",
		"(@a.md), —@b.md":                             "a.md), a.md b.md",
		"a ` b\n` @a.md `c`":                          "a.md",
		"\\` @a.md `":                                 "a.md",
		"<a title=\"`\"> @a.md `":                     "a.md",
		"---\nx: |\n  y\n```\n---\n@a.md\n```\n":      "a.md",
		"`@a.md` and ``@b.md`` and ``` @c.md ``` end": "",
		"```sh\n@a.md\n```\n":                         "",
		"~~~~\n~~~\n@a.md\n~~~~\n":                    "",
		"somebody@example.com":                        "",
		"a `code` and @a.md and `more @b.md`":         "a.md",
	} {
		if got := strings.Join(atMentions(text), " "); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

// Imports that are hard to find are found.
func TestHiddenImports(t *testing.T) {
	deep := MapTree{"CLAUDE.md": "@d1.md @x.md", "d1.md": "@d2.md", "d2.md": "@d3.md", "d3.md": "@d4.md", "d4.md": "@x.md", "x.md": "@y.md", "y.md": "@z.md", "z.md": "A"}
	deeper := MapTree{}
	for p, text := range deep {
		deeper[p] = text
	}
	deeper["z.md"] = "B"
	var many strings.Builder
	for i := range maxImports + 1 {
		fmt.Fprintf(&many, "@decoy%d.md\n", i)
	}
	runGating(t, []gatingCase{
		{"an import of another text", MapTree{"CLAUDE.md": "@a.rst", "a.rst": "@b.md", "b.md": "A"}, MapTree{"CLAUDE.md": "@a.rst", "a.rst": "@b.md", "b.md": "B"}, []string{"prompt modified b.md"}},
		{"the long way comes first", deep, deeper, []string{"prompt modified z.md"}},
		{"after a thousand others", MapTree{"CLAUDE.md": many.String() + "@x.md", "x.md": "A"}, MapTree{"CLAUDE.md": many.String() + "@x.md", "x.md": "B"}, []string{"prompt modified x.md"}},
		{"white space that makes an import", MapTree{"CLAUDE.md": "As ` @a.md ` in code."}, MapTree{"CLAUDE.md": "As `\n\n@a.md\n\n` in code."}, []string{"prompt modified CLAUDE.md"}},
	})
}
