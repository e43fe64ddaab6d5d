package change

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"
)

// Any bytes, at any path that some format may have: no panic, the same result
// twice, and nothing for a tree compared with itself.
func FuzzCompare(f *testing.F) {
	files, err := filepath.Glob(filepath.Join(samples, "*.txtar"))
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		ar, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		base, head := trees(ar)
		for p := range base {
			f.Add(p, []byte(base[p]), []byte(head[p]))
		}
	}
	f.Fuzz(func(t *testing.T, path string, before, after []byte) {
		if len(path) > 200 || path == "" {
			return
		}
		base, head := MapTree{path: string(before)}, MapTree{path: string(after)}
		one, err := Compare(base, head, Settings{})
		if err != nil {
			t.Fatal(err)
		}
		two, _ := Compare(base, head, Settings{})
		a, _ := json.Marshal(one)
		b, _ := json.Marshal(two)
		if !bytes.Equal(a, b) {
			t.Fatalf("two comparisons differ:\n%s\n%s", a, b)
		}
		if same, _ := Compare(head, head, Settings{}); len(same.Changes) > 0 {
			t.Fatalf("a tree differs from itself: %s", describe(same))
		}
	})
}

// hostile are files of the largest size that is read, each made to cost as much
// as it can.
func hostile() map[string]func() string {
	fill := func(s string) string { return strings.Repeat(s, maxFile/len(s)) }
	return map[string]func() string{
		"deep.json":             func() string { return fill("[") },
		"wide.json":             func() string { return "[" + fill("1,") + "]" },
		"keys.json":             func() string { return "{" + fill(`"a":{},`) + "}" },
		"strings.json":          func() string { return `{"model": "` + fill(`\u0041`) },
		".claude/settings.json": func() string { return `{"permissions": {"allow": [` + fill(`"Bash(a:*)",`) + `"x"]}}` },
		"deep.yaml":             func() string { return fill("- ") },
		"flow.yaml":             func() string { return fill("{a: ") },
		"wide.yaml":             func() string { return fill("a: 1\n") },
		"bomb.yaml":             func() string { return "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + bomb(20) + fill("# x\n") },
		"merge.yaml":            func() string { return "a: &a {k: v}\n" + fill("b: {<<: *a}\n") },
		"template.yaml":         func() string { return fill("a: {{ b }}\n") },
		"colons.yaml":           func() string { return fill("a: b: c\n") },
		"long.yaml":             func() string { return "model: " + fill("x") },
		".github/workflows/a.yml": func() string {
			return "on: push\njobs:\n a:\n  steps:\n" + fill("   - uses: anthropics/claude-code-action@v1\n     with: {prompt: x}\n")
		},
		".codex/config.toml":       func() string { return fill("[a.b.c]\n") },
		"x/.codex/config.toml":     func() string { return fill("a.b = 1\n") },
		"y/.codex/config.toml":     func() string { return fill("[") },
		"CLAUDE.md":                func() string { return fill("@a.md ") },
		"AGENTS.md":                func() string { return fill("\u200b") },
		"GEMINI.md":                func() string { return fill("pаy ") },
		".claude/agents/a.md":      func() string { return "---\n" + fill("a: b: c\n") + "---\n" },
		"main.tf":                  func() string { return fill("a = [\n") },
		"b.tf":                     func() string { return fill("resource \"a\" \"b\" {\n") },
		"a.py":                     func() string { return fill("f(model=\"gpt-4o\",\n") },
		"b.py":                     func() string { return fill("(") },
		"a.ts":                     func() string { return fill("`${") },
		"a.baml":                   func() string { return fill("client<llm> a {\n") },
		"a.bicep":                  func() string { return fill("var a = [\n") },
		"Modelfile":                func() string { return "FROM a\n" + fill("MESSAGE user x\n") },
		"a.sh":                     func() string { return fill("claude -p \"x\" <<E\n") },
		".env":                     func() string { return fill("OPENAI_MODEL=gpt-4o\n") },
		"Dockerfile":               func() string { return fill("ENV A=B \\\n") },
		"a.genAiPlugin-meta.xml":   func() string { return fill("<a>") },
		"b.genAiPlugin-meta.xml":   func() string { return "<a>" + fill("<description>x</description>") + "</a>" },
		"Flow Chatflow.json":       func() string { return `{"edges":[],"nodes":[` + fill(`{"data":{"inputs":{"modelName":"x"}}},`) + "]}" },
		"many.prompt.yml":          func() string { return "messages:\n" + fill("- {role: system, content: x}\n") },
		".cursor/permissions.json": func() string { return `{"permissions": {"deny": [` + fill(`"Shell(a*b*c)",`) + `"x"]}}` },
		".github/countersign.yaml": func() string { return "agents:\n" + fill(" a: [b]\n") },
		"litellm_config.yaml":      func() string { return "model_list:\n" + fill("- {model_name: a, litellm_params: {model: b}}\n") },
	}
}

// Nothing takes more than its share of time, whatever a file holds.
func TestHostileFiles(t *testing.T) {
	if testing.Short() {
		t.Skip("reads 5 MB files")
	}
	for path, make := range hostile() {
		t.Run(path, func(t *testing.T) {
			content := make()
			start := time.Now()
			set, err := Compare(MapTree{path: "x"}, MapTree{path: content}, Settings{})
			if err != nil {
				t.Fatal(err)
			}
			took := time.Since(start)
			if took > 20*time.Second {
				t.Errorf("%v for %d bytes", took, len(content))
			}
			if os.Getenv("COUNTERSIGN_TIMES") != "" {
				fmt.Printf("%-28s %8v %d changes\n", path, took.Round(time.Millisecond), len(set.Changes))
			}
		})
	}
}

// BenchmarkCompare compares one pair of files of each format.
func BenchmarkCompare(b *testing.B) {
	files, err := filepath.Glob(filepath.Join(samples, "*.txtar"))
	if err != nil {
		b.Fatal(err)
	}
	for _, file := range files {
		ar, err := txtar.ParseFile(file)
		if err != nil {
			b.Fatal(err)
		}
		base, head := trees(ar)
		b.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Compare(base, head, Settings{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
