package change

import (
	"fmt"
	"strings"
	"testing"
)

// What says too much is reported with unknown direction, and never passed over.
func TestExcess(t *testing.T) {
	many := func(unit string, n int) string {
		var b strings.Builder
		for i := range n {
			b.WriteString(strings.ReplaceAll(unit, "%d", fmt.Sprint(i)))
		}
		return b.String()
	}
	text := "x: &a |\n" + many("  you are x\n", 1<<14) + "messages:\n"
	for _, c := range []struct{ name, path, content, want string }{
		{"facts", ".env", many("OPENAI_MODEL_%d=gpt-4o\n", maxFacts+1), "too-large"},
		{"rules", ".claude/settings.json", `{"permissions": {"allow": [` + many(`"Bash(a%d:*)",`, maxRules+1) + `]}}`, "too-large"},
		{"tools in a list", "a.py", "import crewai\na = Agent(tools=[" + many("a%d,", maxRules+2) + "])\n", "too-large"},
		{"words of a script", "a.sh", "claude -p x " + many("> a", maxShellWords+1), "too-large"},
		{"instructions", "Dockerfile", many("RUN claude -p x\n", maxNodes+2), "does-not-parse"},
		{"messages", "Modelfile", "FROM a\n" + many("MESSAGE user x\n", maxNodes/4+1), "does-not-parse"},
		{"text by aliases", "a.prompt.yml", text + many("- {role: system, content: *a}\n", 100), "does-not-parse"},
	} {
		t.Run(c.name, func(t *testing.T) {
			set, err := Compare(MapTree{}, MapTree{c.path: c.content}, Settings{})
			if err != nil {
				t.Fatal(err)
			}
			for _, ch := range set.Changes {
				if len(ch.Findings) == 1 && ch.Findings[0].Code == c.want && (ch.Kind != ToolScope || ch.Direction == Unknown) {
					return
				}
			}
			t.Errorf("no change has the finding %s: %d changes", c.want, len(set.Changes))
		})
	}
}

// A file with very many lines that hide something counts as a whole.
func TestManyHidingLines(t *testing.T) {
	lines := strings.Repeat("*.txt -diff\n", maxHidingLines)
	base := MapTree{".gitattributes": lines, "CLAUDE.md": "x"}
	head := MapTree{".gitattributes": lines + "*.none -diff\n", "CLAUDE.md": "x"}
	set, err := Compare(base, head, Settings{})
	if err != nil || len(set.Changes) != 1 || set.Changes[0].Kind != Policy {
		t.Errorf("%v %s", err, describe(set))
	}
}

// A pattern whose alternatives multiply is not matched, and means every file.
func TestComplicatedPattern(t *testing.T) {
	for _, pattern := range []string{"a{b,c}{b,c}{b,c}{b,c}{b,c}", strings.Repeat("*a", maxGlob)} {
		r := &references{globs: []globReference{{pattern, reference{from: []string{"x"}}}}}
		if len(r.to("other.txt").from) != 1 {
			t.Errorf("%.40s does not mean every file", pattern)
		}
	}
}

// A large map is asked as a small one is: the last of equal keys counts.
func TestLargeMap(t *testing.T) {
	n := &Node{Kind: MapNode}
	for i := range 3 * manyKeys {
		n.put(fmt.Sprint("k", i%(2*manyKeys)), &Node{Kind: StringNode, Text: fmt.Sprint(i)})
		if got := n.Get(fmt.Sprint("k", i%(2*manyKeys))).String(); got != fmt.Sprint(i) {
			t.Fatalf("key %d is %s", i, got)
		}
	}
	if n.Has("absent") || n.Get("k1").String() != fmt.Sprint(2*manyKeys+1) {
		t.Error("the last of equal keys does not count")
	}
}
