package change

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// lines compares two trees and describes the result.
func lines(t *testing.T, base, head Tree, s Settings) string {
	t.Helper()
	set, err := Compare(base, head, s)
	if err != nil {
		t.Fatal(err)
	}
	return describe(set)
}

func TestCompare(t *testing.T) {
	agent := "---\nname: refund\ndescription: Refunds\nmodel: %s\n---\n%s\n"
	bot := func(model, body string) string { return fmt.Sprintf(agent, model, body) }
	for _, c := range []struct {
		name       string
		base, head MapTree
		settings   Settings
		want       string
	}{
		{name: "equal trees", base: MapTree{"CLAUDE.md": "a"}, head: MapTree{"CLAUDE.md": "a"}},
		{name: "nothing governed", base: MapTree{"main.c": "a"}, head: MapTree{"main.c": "b", "docs/x.md": "y"}},
		{name: "file added", head: MapTree{".claude/agents/r.md": bot("opus", "Refund.")},
			want: "model added .claude/agents/r.md [claude-agent] model of refund: none → opus\n" +
				"prompt added .claude/agents/r.md [claude-agent] description of refund: +1 -0\n" +
				"prompt added .claude/agents/r.md [claude-agent] text of refund: +1 -0\n"},
		{name: "comments, order and form", base: MapTree{"opencode.jsonc": `{"model": "opus", "small_model": "x-1", "agent": {}}`},
			head: MapTree{"opencode.jsonc": "{\n // \"model\": \"haiku\",\n\"agent\": {},\n\"small_model\": \"x-1\",\n\"model\":\t\"opus\",}"}},
		{name: "windows line ends and a byte order mark", base: MapTree{"CLAUDE.md": "a\nb\n"}, head: MapTree{"CLAUDE.md": "\ufeffa\r\nb"}},
		{name: "white space only is a notice", base: MapTree{"CLAUDE.md": "one two\nthree"}, head: MapTree{"CLAUDE.md": "one\ntwo three"},
			want: "prompt modified CLAUDE.md [claude-md] text of claude-code: +2 -2 notice\n"},
		{name: "renamed without effect", base: MapTree{".claude/agents/a.md": bot("opus", "Refund.")}, head: MapTree{".claude/agents/b.md": bot("opus", "Refund.")}},
		{name: "renamed and edited names both paths", base: MapTree{".claude/agents/a.md": bot("opus", "Refund.\nBe kind.\nBe quick.")}, head: MapTree{".claude/agents/b.md": bot("haiku", "Refund.\nBe kind.\nBe quick.")},
			want: "model modified .claude/agents/a.md .claude/agents/b.md [claude-agent] model of refund: opus → haiku (family)\n"},
		{name: "renamed to a place that nobody reads", base: MapTree{".claude/commands/a.md": "Refund."}, head: MapTree{"attic/a.txt": "Refund."},
			want: "prompt removed .claude/commands/a.md [claude-command] text of a: +0 -1\n"},
		{name: "text moved to another file", base: MapTree{"CLAUDE.md": "Never delete.", "AGENTS.md": "x"}, head: MapTree{"AGENTS.md": "x", "GEMINI.md": "Never delete."},
			want: "prompt moved CLAUDE.md GEMINI.md [gemini-md] text of gemini-cli: +0 -0\n"},
		{name: "instructions moved to the root reach everybody", base: MapTree{"a/CLAUDE.md": "Never delete."}, head: MapTree{"CLAUDE.md": "Never delete."},
			want: "prompt moved CLAUDE.md a/CLAUDE.md [claude-md] text of claude-code: +0 -0\n"},
		{name: "text moved into another slot", base: MapTree{"x/CLAUDE.md": "Never delete.", "x/AGENTS.md": "a"}, head: MapTree{"x/AGENTS.md": "a", "desk.yaml": "agents: {a: {model: openai/gpt-5, instruction: Never delete.}}"},
			want: "model added desk.yaml [cagent] agents.a.model of a: none → openai/gpt-5\n" +
				"prompt moved desk.yaml x/CLAUDE.md [cagent] agents.a.instruction of a: +0 -0\n"},
		{name: "signature broken at the same path", base: MapTree{"plugins/x/agents/a.md": bot("opus", "Refund.")}, head: MapTree{"plugins/x/agents/a.md": "Refund all.\n"},
			want: "model removed plugins/x/agents/a.md [claude-agent-plugin] model of refund: opus → none\n" +
				"prompt modified plugins/x/agents/a.md [claude-agent-plugin] text of a: +1 -1\n" +
				"prompt removed plugins/x/agents/a.md [claude-agent-plugin] description of refund: +0 -1\n"},
		{name: "anchor changes every agent that uses it", base: MapTree{"team.yaml": "x-model: &m openai/gpt-4o\nagents:\n  a: {model: *m, instruction: A}\n  b: {model: *m, instruction: B}\n"},
			head: MapTree{"team.yaml": "x-model: &m openai/gpt-5\nagents:\n  a: {model: *m, instruction: A}\n  b: {model: *m, instruction: B}\n"},
			want: "model modified team.yaml [cagent] agents.a.model of a: openai/gpt-4o → openai/gpt-5 (version)\n" +
				"model modified team.yaml [cagent] agents.b.model of b: openai/gpt-4o → openai/gpt-5 (version)\n"},
		{name: "inline to alias of the same model", base: MapTree{"team.yaml": "agents:\n  a: {model: openai/gpt-4o, instruction: A}\n"},
			head: MapTree{"team.yaml": "models:\n  m: {provider: openai, model: gpt-4o}\nagents:\n  a: {model: m, instruction: A}\n"},
			want: "model added team.yaml [cagent] models.m.model of team: none → openai/gpt-4o\n"},
		{name: "a name that leads into another file",
			base: MapTree{"config.yml": "pipeline: [{name: G, llm: {model_group: small}}]", "endpoints.yml": "model_groups:\n- {id: small, models: [{provider: openai, model: gpt-4o-mini}]}\n- {id: big, models: [{provider: openai, model: gpt-4o}]}"},
			head: MapTree{"config.yml": "pipeline: [{name: G, llm: {model_group: big}}]", "endpoints.yml": "model_groups:\n- {id: small, models: [{provider: openai, model: gpt-4o-mini}]}\n- {id: big, models: [{provider: openai, model: gpt-4o}]}"},
			want: "model modified config.yml endpoints.yml [rasa] pipeline[G].llm.model_group of repository: openai/gpt-4o-mini → openai/gpt-4o (family)\n"},
		{name: "item inserted into a list without names", base: MapTree{"desk.prompt.yml": "messages: [{content: a}, {content: b}]"},
			head: MapTree{"desk.prompt.yml": "messages: [{content: new}, {content: a}, {content: b}]"},
			want: "prompt added desk.prompt.yml [github-models-prompt] messages[0].content of desk: +1 -0\n"},
		{name: "equal items of a list count each for itself", base: MapTree{"desk.prompt.yml": "messages: [{content: n}, {content: a}]"},
			head: MapTree{"desk.prompt.yml": "messages: [{content: a}, {content: m}, {content: a}]"},
			want: "prompt modified desk.prompt.yml [github-models-prompt] messages[1].content of desk: +1 -1\n" +
				"prompt added desk.prompt.yml [github-models-prompt] messages[2].content of desk: +1 -0\n"},
		{name: "settings name the agent", base: MapTree{"agents/refund/CLAUDE.md": "a"}, head: MapTree{"agents/refund/CLAUDE.md": "b"},
			settings: Settings{Agents: map[string][]string{"refund-bot": {"agents/refund/**"}, "all": {"**"}}},
			want:     "prompt modified agents/refund/CLAUDE.md [claude-md] text of refund-bot: +1 -1\n"},
		{name: "settings ignore a file, but none of their own", base: MapTree{"CLAUDE.md": "a", ".github/countersign.yaml": "version: 1\n"},
			head:     MapTree{"CLAUDE.md": "b", ".github/countersign.yaml": "version: 1\nignore: ['**']\n"},
			settings: Settings{Ignore: []string{"**"}},
			want:     "policy added .github/countersign.yaml [countersign-settings] ignore of countersign: none → [\"**\"]\n"},
		{name: "the key for a provider has another name", base: MapTree{"team.yaml": "models:\n  m: {type: openai, model: gpt-4o}\nagents:\n  a: {model: m, instruction: A}\n"},
			head: MapTree{"team.yaml": "models:\n  m: {provider: openai, model: gpt-4o}\nagents:\n  a: {model: m, instruction: A}\n"}},
		{name: "settings that a workflow names by path", base: MapTree{".github/workflows/a.yml": "on: push\njobs: {a: {steps: [{uses: anthropics/claude-code-action@v1, with: {settings: ci/agent.json}}]}}", "ci/agent.json": `{"permissions": {"allow": ["Read"]}}`},
			head: MapTree{".github/workflows/a.yml": "on: push\njobs: {a: {steps: [{uses: anthropics/claude-code-action@v1, with: {settings: ci/agent.json}}]}}", "ci/agent.json": `{"permissions": {"allow": ["Read", "WebSearch"]}}`},
			want: "tool_scope modified .github/workflows/a.yml ci/agent.json [claude-settings-anywhere] permissions.allow of a: widens tool +[\"WebSearch\"] -[]\n"},
		{name: "a variable that is handed to a test", base: MapTree{".github/workflows/t.yml": "on: push\njobs: {t: {steps: [{run: make test}]}}"},
			head: MapTree{".github/workflows/t.yml": "on: push\njobs: {t: {env: {OPENAI_MODEL: '${{ vars.CHAT }}'}, steps: [{run: make test}]}}"},
			want: "model added .github/workflows/t.yml [workflow] jobs.t.env.OPENAI_MODEL of t: none → repository variable CHAT (outside) notice\n\toutside .github/workflows/t.yml:2 pinned outside the repository: repository variable CHAT\n"},
		{name: "a variable that is handed to an agent", base: MapTree{".github/workflows/t.yml": "on: push\njobs: {t: {steps: [{run: aider -m x}]}}"},
			head: MapTree{".github/workflows/t.yml": "on: push\njobs: {t: {env: {OPENAI_MODEL: '${{ vars.CHAT }}'}, steps: [{run: aider -m x}]}}"},
			want: "model added .github/workflows/t.yml [workflow] jobs.t.env.OPENAI_MODEL of t: none → repository variable CHAT (outside)\n\toutside .github/workflows/t.yml:2 pinned outside the repository: repository variable CHAT\n"},
		{name: "Terraform that a template generator fills in", base: MapTree{"apis.tf": "locals {\n  a = 1\n}\n"}, head: MapTree{"apis.tf": "locals {\n{%- if x %}\n  a = 1\n{%- endif %}\n}\n"}},
		{name: "Terraform with a model that a template generator fills in", base: MapTree{"a.tf": "locals {\n  a = 1\n}\n"}, head: MapTree{"a.tf": "locals {\n{%- if x %}\n  model_id = \"m\"\n{%- endif %}\n}\n"},
			want: "model modified a.tf [terraform] file of a\n\tdoes-not-parse a.tf:2 a name is expected\nprompt modified a.tf [terraform] file of a: +0 -0\n\tdoes-not-parse a.tf:2 a name is expected\ntool_scope modified a.tf [terraform] file of a: unknown  +[] -[]\n\tdoes-not-parse a.tf:2 a name is expected\n"},
		{name: "what a screen says about prompts", base: MapTree{"ui/i18n/locales/en/prompts.json": `{"title": "Prompts", "help": "Choose what the mode should do."}`}, head: MapTree{"ui/i18n/locales/en/prompts.json": `{"title": "Prompts", "help": "Choose what this mode should do."}`},
			want: "prompt modified ui/i18n/locales/en/prompts.json [prompt-json] help of en: +1 -1 notice\n"},
		{name: "fixtures are notices", base: MapTree{"pkg/testdata/CLAUDE.md": "a"}, head: MapTree{"pkg/testdata/CLAUDE.md": "b"},
			want: "prompt modified pkg/testdata/CLAUDE.md [claude-md] text of claude-code: +1 -1 notice\n"},
		{name: "a fixture that the settings give to an agent is none", base: MapTree{"pkg/testdata/CLAUDE.md": "a"}, head: MapTree{"pkg/testdata/CLAUDE.md": "b"},
			settings: Settings{Agents: map[string][]string{"desk": {"pkg/testdata/*"}}},
			want:     "prompt modified pkg/testdata/CLAUDE.md [claude-md] text of desk: +1 -1\n"},
		{name: "a format of the repository's own adds to the built-in one",
			base: MapTree{"services/pay/llm.yaml": "llm: {model: house-1, system: Pay., tools: [{name: read}]}\n"},
			head: MapTree{"services/pay/llm.yaml": "llm: {model: house-2, system: Pay all., tools: [{name: read}, {name: wire}]}\n"},
			settings: Settings{Formats: []Format{{Name: "our-llm", Paths: []string{"services/*/llm.yaml"}, Model: []string{"llm.model"}, Prompt: []string{"llm.system"},
				Tools: []FormatRule{{Allow: "llm.tools[*].name"}}}}},
			want: "model modified services/pay/llm.yaml [our-llm] llm.model of pay: house-1 → house-2 (version)\n" +
				"prompt modified services/pay/llm.yaml [our-llm] llm.system of pay: +1 -1\n" +
				"tool_scope modified services/pay/llm.yaml [our-llm] tools of pay: widens tool +[\"wire\"] -[]\n"},
		{name: "hidden characters in what is new",
			base: MapTree{"CLAUDE.md": "old\u202e line\n"}, head: MapTree{"CLAUDE.md": "old\u202e line\nRun \U000e0049\U000e0047 it\u200b p\u0430y\n"},
			want: "prompt modified CLAUDE.md [claude-md] text of claude-code: +1 -0\n" +
				"\thidden-unicode CLAUDE.md:2 tag character at column 5: Run \\u{E0049}\\u{E0047} it\\u{200B} pаy\n" +
				"\thidden-unicode CLAUDE.md:2 zero-width character at column 10: Run \\u{E0049}\\u{E0047} it\\u{200B} pаy\n" +
				"\tmixed-script CLAUDE.md:2 \"pаy\" mixes Latin and Cyrillic letters: p\\u{430}y\n"},
		{name: "emoji and joiners are no finding", base: MapTree{"CLAUDE.md": "a"}, head: MapTree{"CLAUDE.md": "👩‍💻 ✔️ नमस्ते क्‍ष"},
			want: "prompt modified CLAUDE.md [claude-md] text of claude-code: +1 -1\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, lines(t, c.base, c.head, c.settings)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// A file that a governed file pulls in is governed with it, whichever of the two
// changed and on whichever side the reference stands.
func TestReferences(t *testing.T) {
	for _, c := range []struct {
		name       string
		base, head MapTree
		want       string
	}{
		{"unchanged importer", MapTree{"CLAUDE.md": "See @docs/rules.md.", "docs/rules.md": "a"}, MapTree{"CLAUDE.md": "See @docs/rules.md.", "docs/rules.md": "b"},
			"prompt modified CLAUDE.md docs/rules.md [claude-md] included of claude-code: +1 -1\n"},
		{"import of an import", MapTree{"CLAUDE.md": "@a.md", "a.md": "@b/c.md", "b/c.md": "x"}, MapTree{"CLAUDE.md": "@a.md", "a.md": "@b/c.md", "b/c.md": "y"},
			"prompt modified CLAUDE.md b/c.md [claude-md] included of claude-code: +1 -1\n"},
		{"import dropped while its file changes", MapTree{"CLAUDE.md": "@a.md\nx", "a.md": "1"}, MapTree{"CLAUDE.md": "x", "a.md": "2"},
			"prompt modified CLAUDE.md a.md [claude-md] text of claude-code: +0 -1\n" +
				"prompt modified CLAUDE.md a.md [claude-md] included of claude-code: +1 -1\n"},
		{"code is no import", MapTree{"CLAUDE.md": "`@a.md`\n```\n@a.md\n```\n", "a.md": "1"}, MapTree{"CLAUDE.md": "`@a.md`\n```\n@a.md\n```\n", "a.md": "2"}, ""},
		{"imports in a circle", MapTree{"CLAUDE.md": "@a.md", "a.md": "@b.md", "b.md": "@a.md 1"}, MapTree{"CLAUDE.md": "@a.md", "a.md": "@b.md", "b.md": "@a.md 2"},
			"prompt modified CLAUDE.md b.md [claude-md] included of claude-code: +1 -1\n"},
		{"file of a link", MapTree{"symlink:CLAUDE.md": "docs/agent.txt", "docs/agent.txt": "a"}, MapTree{"symlink:CLAUDE.md": "docs/agent.txt", "docs/agent.txt": "b"},
			"prompt modified CLAUDE.md docs/agent.txt [claude-md] text of claude-code: +1 -1\n"},
		{"glob of prompts", MapTree{"promptfooconfig.yaml": "prompts: ['file://texts/*.txt']", "texts/a.txt": "1"}, MapTree{"promptfooconfig.yaml": "prompts: ['file://texts/*.txt']", "texts/a.txt": "2"},
			"prompt modified promptfooconfig.yaml texts/a.txt [promptfoo] included of repository: +1 -1\n"},
		{"prompt file of a workflow",
			MapTree{".github/workflows/desk.yml": "on: push\njobs: {a: {steps: [{uses: actions/ai-inference@v1, with: {prompt-file: ./ask.txt}}]}}", "ask.txt": "1"},
			MapTree{".github/workflows/desk.yml": "on: push\njobs: {a: {steps: [{uses: actions/ai-inference@v1, with: {prompt-file: ./ask.txt}}]}}", "ask.txt": "2"},
			"prompt modified .github/workflows/desk.yml ask.txt [workflow] included of desk: +1 -1\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, lines(t, c.base, c.head, Settings{})); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// Whatever cannot be read as what it is, is a change of unknown direction for
// each kind that the file can hold, with the reason.
func TestUnreadable(t *testing.T) {
	const path = ".claude/agents/refund.md"
	good := "---\nname: refund\nmodel: opus\n---\nRefund.\n"
	for _, c := range []struct {
		name, file, content, code string
	}{
		{"symbolic link", "symlink:" + path, "../../README.md", "symlink"},
		{"submodule", "submodule:" + path, "0123456789", "submodule"},
		{"large file", path, good + strings.Repeat("x", maxFile), "too-large"},
		{"LFS pointer", path, "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 3\n", "lfs-pointer"},
		{"NUL bytes", path, good + "\x00", "binary"},
		{"not UTF-8", path, good + "\xff\xfe", "not-utf8"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, sides := range [][2]MapTree{{{path: good}, {c.file: c.content}}, {{c.file: c.content}, {path: good}}, {{}, {c.file: c.content}}, {{c.file: c.content}, {}}} {
				set, err := Compare(sides[0], sides[1], Settings{})
				if err != nil {
					t.Fatal(err)
				}
				kinds := map[Kind]bool{}
				for _, ch := range set.Changes {
					kinds[ch.Kind] = true
					if len(ch.Findings) == 0 || ch.Findings[0].Code != c.code {
						t.Errorf("%s has no finding %s: %v", ch.Kind, c.code, ch.Findings)
					}
					if ch.Kind == ToolScope && ch.Direction != Unknown {
						t.Errorf("direction %s, want unknown", ch.Direction)
					}
				}
				for _, k := range []Kind{Model, Prompt, ToolScope} {
					if !kinds[k] {
						t.Errorf("no change of %s:\n%s", k, describe(set))
					}
				}
			}
		})
	}
}

func TestDoesNotParse(t *testing.T) {
	got := lines(t, MapTree{".claude/settings.json": `{"model": "opus"}`}, MapTree{".claude/settings.json": "{\n\"model\": \"haiku\""}, Settings{})
	for _, want := range []string{"model modified", "tool_scope modified", "unknown", "does-not-parse .claude/settings.json:2 expected ',' or '}'"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if got := lines(t, MapTree{"data/big.json": `{"a": 1}`}, MapTree{"data/big.json": "{"}, Settings{}); got != "" {
		t.Errorf("a file that no format knows is broken, and yet:\n%s", got)
	}
}

// A tree whose content cannot be had gives an error and no decision.
func TestUnavailable(t *testing.T) {
	tree := brokenTree{MapTree{"CLAUDE.md": "a"}}
	if _, err := Compare(tree, MapTree{"CLAUDE.md": "b"}, Settings{}); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("Compare: %v", err)
	}
	if _, err := ScopeDigest(tree, MapTree{}, []string{"CLAUDE.md"}); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("ScopeDigest: %v", err)
	}
}

type brokenTree struct{ MapTree }

func (brokenTree) Read(Entry) ([]byte, error) { return nil, os.ErrDeadlineExceeded }

// Settings that name no valid slot are refused.
func TestBadFormat(t *testing.T) {
	for _, f := range []Format{{Name: "x", Model: []string{"a["}}, {Name: "x", Prompt: []string{"a<xml>"}}, {Name: "x", Tools: []FormatRule{{}}}} {
		if _, err := Compare(MapTree{}, MapTree{}, Settings{Formats: []Format{f}}); err == nil || !strings.Contains(err.Error(), "format x") {
			t.Errorf("%+v: %v", f, err)
		}
	}
}

// The set prints as the JSON that policies and records read.
func TestSetJSON(t *testing.T) {
	set, err := Compare(MapTree{}, MapTree{"Modelfile": "FROM llama3.2\n"}, Settings{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := json.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"version":1,"changes":[{"id":"c1","kind":"model","agent":"repository","path":"Modelfile","paths":["Modelfile"],"format":"modelfile","slot":"FROM",` +
		`"change":"added","before":null,"after":"llama3.2","added":[],"removed":[],"step":"","lines":null,"confidence":"slot","findings":[]}]}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if empty, _ := json.Marshal(Set{Version: 1, Changes: number(nil)}); string(empty) != `{"version":1,"changes":[]}` {
		t.Errorf("empty set: %s", empty)
	}
}

func TestScopeDigest(t *testing.T) {
	base := MapTree{"a": "1", "b": "2", "gone": "x"}
	head := MapTree{"a": "1", "b": "3", "new": "y"}
	digest := func(base, head Tree, paths ...string) string {
		d, err := ScopeDigest(base, head, paths)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	// Computed apart from this code: Python, hashlib, over the layout in the comment.
	const want = "a188f61154c9c82926375a8216d9726e93d79139879e45ca43ddff7f6b0ae4b8"
	one := digest(base, head, "b", "a", "b", "gone", "new")
	if one != want {
		t.Errorf("digest %s, want %s", one, want)
	}
	for name, other := range map[string]string{
		"order and repeats": digest(base, head, "new", "gone", "a", "b"),
		"files outside":     digest(base, MapTree{"a": "1", "b": "3", "new": "y", "README": "z"}, "a", "b", "gone", "new"),
	} {
		if other != one {
			t.Errorf("%s change the digest", name)
		}
	}
	for name, other := range map[string]string{
		"a changed byte":       digest(base, MapTree{"a": "1", "b": "4", "new": "y"}, "a", "b", "gone", "new"),
		"a changed mode":       digest(base, MapTree{"a": "1", "executable:b": "3", "new": "y"}, "a", "b", "gone", "new"),
		"sides exchanged":      digest(head, base, "a", "b", "gone", "new"),
		"a path less":          digest(base, head, "a", "b", "gone"),
		"content under a link": digest(base, MapTree{"a": "1", "symlink:b": "3", "new": "y"}, "a", "b", "gone", "new"),
	} {
		if other == one {
			t.Errorf("%s leaves the digest as it was", name)
		}
	}
}

func TestDirTree(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{"CLAUDE.md": "a", "x/y.md": "b", ".git/HEAD": "ref"} {
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "AGENTS.md")); err != nil {
		t.Skip("no symbolic links here")
	}
	tree, err := DirTree(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for e := range tree.Entries() {
		data, err := tree.Read(e)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, e.Mode+" "+e.Path+" "+string(data))
	}
	want := []string{"120000 AGENTS.md /etc/passwd", "100644 CLAUDE.md a", "100644 x/y.md b"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if _, err := tree.Read(Entry{Path: "../outside", Mode: ModeFile}); err == nil {
		t.Error("a path outside the folder was read")
	}
}

// A tree may tell cheaply what differs; the result is the same.
func TestDiffer(t *testing.T) {
	base := MapTree{"CLAUDE.md": "@x.md", "x.md": "1", "AGENTS.md": "gone", "y.c": "1"}
	head := MapTree{"CLAUDE.md": "@x.md", "x.md": "2", "GEMINI.md": "come", "y.c": "2"}
	want := lines(t, base, head, Settings{})
	if got := lines(t, quickTree{base, t}, quickTree{head, t}, Settings{}); got != want || want == "" {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

type quickTree struct {
	MapTree
	t *testing.T
}

var _ Differ = quickTree{}
var _ Referrer = quickTree{}

func (q quickTree) Diff(head Tree) (Diff, bool) {
	return Diff{Removed: []string{"AGENTS.md"}, Added: []string{"GEMINI.md"}, Modified: []string{"x.md", "y.c"}}, true
}

func (q quickTree) Entries() iter.Seq[Entry] {
	q.t.Error("all entries were listed")
	return q.MapTree.Entries()
}

func (q quickTree) Referrers() iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		for e := range q.MapTree.Entries() {
			if MayRefer(e.Path) && !yield(e) {
				return
			}
		}
	}
}
