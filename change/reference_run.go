package change

import (
	"crypto/sha256"
	"encoding/hex"
	"path"
	"slices"
	"strings"
)

// Scripts of the repository that an agent's configuration runs: hooks, servers,
// helpers. Their content decides as much as the command that names them.

// followRuns tells of the changed files that a command of a governed file of
// either side names. Such a file may be governed as something else too.
func (c *comparison) followRuns(all []pair, base, head *references) {
	for _, p := range all {
		var target reference
		for _, side := range []struct {
			path string
			refs *references
		}{{p.before, base}, {p.after, head}} {
			if side.path != "" && !c.ignored(side.path) {
				target.merge(side.refs.runs[side.path])
			}
		}
		if target.format == nil {
			continue
		}
		slices.Sort(target.from)
		p.from, p.format, p.agent = slices.Compact(target.from), target.format, target.agent
		c.comparePair(&p)
	}
}

// runFormat is how a file is read that a format of agents runs.
func runFormat(f *format) *format {
	return &format{id: f.id, title: f.title, kin: f.kin, parser: "text", agentName: f.agentName, tools: "the file that it runs", source: f.source, run: true}
}

// runScopes is what a file says that is run: something, and who knows what.
func runScopes(d *document) []scope {
	b := &scopeBuilder{d: d, agent: d.agent, group: "run|" + d.entry.Path, products: new(int)}
	text := ranPart(d)
	sum := sha256.Sum256([]byte(text))
	digest := hex.EncodeToString(sum[:])
	b.add(scope{slot: "runs " + entryText(d.entry.Path), dimension: "hook", surface: "run",
		rules: []rule{{effect: allow, subject: "run " + d.entry.Path, pattern: d.entry.Mode + " " + digest, raw: "sha256:" + digest[:16] + " mode " + d.entry.Mode, opaque: true}}})
	return b.scopes
}

// ranPart is the part of a file that runs: of package.json the scripts and what
// stands for them, of all others the whole.
func ranPart(d *document) string {
	if path.Base(d.entry.Path) == "package.json" {
		if n, err := parseJSON(d.data); err == nil {
			return oneLine(n.Get("scripts")) + "\n" + oneLine(n.Get("bin")) + "\n" + oneLine(n.Get("main"))
		}
	}
	return d.text()
}

// maxRuns bounds the files that one file may run.
const maxRuns = 1000

// runsIn lists the paths that the commands of a document name, relative to the
// root of the tree.
func runsIn(d *document, f *format) []string {
	var names []string
	for i := range f.runs {
		for _, root := range d.roots {
			f.runs[i].find(root, f.identity, f.repeats(), func(h hit) {
				if len(names) < maxRuns {
					names = append(names, commandFiles(h.node.Strings())...)
				}
			})
		}
	}
	return resolveRuns(d.entry.Path, names)
}

// rootVariables stand for a folder from which a command's paths are taken.
// Source: Claude Code documentation, Hooks reference, "Reference scripts by path";
// Plugins reference, Environment variables; VS Code, Variables reference.
var rootVariables = strings.NewReplacer(
	"${CLAUDE_PROJECT_DIR}", "", "$CLAUDE_PROJECT_DIR", "", "${CLAUDE_PLUGIN_ROOT}", "", "$CLAUDE_PLUGIN_ROOT", "", "${CLAUDE_PROJECT_DIR:-.}", "",
	"%CLAUDE_PROJECT_DIR%", "", "${GEMINI_PROJECT_DIR}", "", "$GEMINI_PROJECT_DIR", "", "${workspaceFolder}", "", "${workspaceRoot}", "", "${extensionPath}", "",
	"$(git rev-parse --show-toplevel)", "", "$(pwd)", "", "${PWD}", "", "$PWD", "", "\"", "", "'", "", "${/}", "/")

// commandFiles lists the words of command lines that may be files, without the
// variables that stand for their folder. npm run and its like name package.json.
func commandFiles(lines []string) []string {
	var out []string
	script := false
	for _, line := range lines {
		words := strings.FieldsFuncSeq(rootVariables.Replace(line), func(r rune) bool { return strings.ContainsRune(" \t\n;|&()<>=,`", r) })
		for w := range words {
			if len(out) >= maxRuns {
				return out
			}
			switch w {
			case "npm", "pnpm", "yarn", "bun":
				script = true
			}
			if script {
				out = append(out, "package.json")
				script = false
			}
			if w = strings.TrimLeft(w, "/"); len(w) <= maxGlob && strings.ContainsAny(w, "./") && !strings.ContainsAny(w, "$*{}") && !strings.Contains(w, "://") {
				out = append(out, w)
			}
		}
	}
	return out
}

// resolveRuns takes names from the root of the tree, from the file's folder and
// from the folder that the configuration speaks for, since tools differ.
func resolveRuns(from string, names []string) []string {
	dir := path.Dir(from)
	bases := []string{".", dir, path.Dir(dir), folderOf(from, path.Base(dir))}
	seen := map[string]bool{from: true}
	var out []string
	for _, name := range names {
		for _, base := range bases {
			p := path.Join(base, name)
			if p != "." && !strings.HasPrefix(p, "../") && !seen[p] {
				seen[p] = true
				out = append(out, p)
			}
		}
	}
	return out
}

func isSkillScript(d *document) bool {
	return d.format == "skill-script" || d.format == "opencode-code"
}

// readSkillScript reads code that its place makes a tool run. Its group is its path.
func readSkillScript(b *scopeBuilder) { b.scopes = append(b.scopes, runScopes(b.d)...) }
