package change

import (
	"crypto/sha256"
	"encoding/hex"
	"path"
	"slices"
	"strings"
)

// isPolicyPath says that a file is one of Countersign's own: its settings, or
// rules and data beside them. What governs the governing is always governed;
// no settings take it out.
func isPolicyPath(p string) bool {
	return p == ".github/countersign.yaml" || p == ".github/countersign.yml" || strings.HasPrefix(p, ".github/countersign/")
}

func (f *format) policy() bool {
	return strings.HasPrefix(f.id, "countersign-") || f.id == "gitattributes"
}

// readSettings takes the settings apart: one fact for each key, and for each
// role of the approvers, each agent and each format.
func readSettings(d *document) []fact {
	var out []fact
	add := func(slot string, n *Node) {
		out = append(out, fact{kind: Policy, slot: slot, value: canonical(n), line: n.Line, agent: "countersign"})
	}
	root := d.root()
	if root == nil || root.Kind != MapNode {
		return []fact{{kind: Policy, slot: "text", value: d.body, line: 1, agent: "countersign"}}
	}
	for i, key := range root.Keys {
		v := root.Items[i]
		if v.Kind != MapNode || len(v.Keys) == 0 {
			add(key, v)
			continue
		}
		for j, name := range v.Keys {
			add(key+"."+name, v.Items[j])
		}
	}
	return out
}

// readRules takes a file of rules as a whole. Metadata stands in comments and
// carries meaning, so every byte counts.
func readRules(d *document) []fact {
	sum := sha256.Sum256(d.data)
	return []fact{{kind: Policy, slot: "text", value: "sha256:" + hex.EncodeToString(sum[:]), line: 1, agent: "countersign"}}
}

// hidingAttributes are attributes by which git or GitHub hides a change from
// whoever reviews it. Source: gitattributes(5); GitHub Linguist, Overrides.
var hidingAttributes = []string{"-diff", "binary", "linguist-generated", "linguist-vendored", "filter=", "diff=", "working-tree-encoding=", "export-subst"}

// compareAttributes reports lines of .gitattributes that came or went and hide
// governed files from reviewers.
func (c *comparison) compareAttributes() {
	for _, p := range c.pairs {
		if path.Base(p.path()) != ".gitattributes" {
			continue
		}
		var was, is []fact
		for _, s := range []struct {
			side *side
			path string
			into *[]fact
		}{{c.base, p.before, &was}, {c.head, p.after, &is}} {
			if f := s.side.loadIf(s.path); f != nil && f.blocked == nil {
				*s.into = c.hidingLines(s.side, f)
			}
		}
		c.compareFacts(was, is)
	}
}

// maxHidingLines bounds the lines of one file that are matched with the files
// of the tree. A file with more of them counts as a whole.
const maxHidingLines = 500

func (c *comparison) hidingLines(s *side, f *file) []fact {
	var out, all []fact
	n := 0
	for line := range strings.Lines(string(f.data)) {
		n++
		fields := strings.Fields(line)
		if len(fields) < 2 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		var hiding []string
		for _, attr := range fields[1:] {
			if hides(attr) {
				hiding = append(hiding, attr)
			}
		}
		if len(hiding) == 0 {
			continue
		}
		if len(all) == maxHidingLines {
			sum := sha256.Sum256(f.data)
			return []fact{{kind: Policy, agent: "countersign", path: f.entry.Path, format: "gitattributes", line: n,
				slot: "text", value: "sha256:" + hex.EncodeToString(sum[:])}}
		}
		all = append(all, fact{kind: Policy, agent: "countersign", path: f.entry.Path, format: "gitattributes", line: n,
			slot: fields[0], value: strings.Join(hiding, " ")})
	}
	if len(all) == 0 {
		return nil
	}
	governed := c.governedFiles(s)
	for _, line := range all {
		if matchesAny(path.Dir(f.entry.Path), line.slot, governed) {
			out = append(out, line)
		}
	}
	return out
}

func hides(attr string) bool {
	for _, h := range hidingAttributes {
		if attr == h || strings.HasSuffix(h, "=") && strings.HasPrefix(attr, h) || attr == h+"=true" {
			return true
		}
	}
	return false
}

// governedFiles lists the files that some format's path may mean.
func (c *comparison) governedFiles(s *side) []string {
	var out []string
	for e := range s.tree.Entries() {
		if c.governedByName(e.Path) {
			out = append(out, e.Path)
		}
	}
	return out
}

// braces have no meaning in .gitattributes.
var braces = strings.NewReplacer("{", `\{`, "}", `\}`)

// matchesAny reports whether a pattern of .gitattributes in dir matches one of
// the files.
func matchesAny(dir, pattern string, files []string) bool {
	pattern = braces.Replace(strings.Trim(pattern, `"`))
	switch anchored := strings.TrimPrefix(pattern, "/"); {
	case anchored != pattern || strings.Contains(anchored, "/"):
		pattern = path.Join(dir, anchored)
	default:
		pattern = path.Join(dir, "**", pattern)
	}
	return len(pattern) > maxGlob || slices.ContainsFunc(files, func(p string) bool { return matchAny([]string{pattern}, p) })
}

// governedByName says that a path alone makes a file governed.
func (c *comparison) governedByName(p string) bool {
	if isPolicyPath(p) || c.ownFormat(p) {
		return true
	}
	for _, f := range c.index.candidates(p) {
		if len(f.when) == 0 && !f.quiet {
			return true
		}
	}
	return false
}
