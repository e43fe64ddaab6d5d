package change

import (
	"crypto/sha256"
	"encoding/hex"
	"iter"
	"path"
	"slices"
	"strconv"
	"strings"
)

// hidingAttributes are attributes by which git or GitHub hides a change from
// whoever reviews it. Source: gitattributes(5); GitHub Linguist, Overrides.
var hidingAttributes = []string{"-diff", "binary", "linguist-generated", "linguist-vendored", "filter=", "diff=", "working-tree-encoding=", "export-subst"}

const (
	// maxHidingLines bounds the lines of one file that are matched with the files
	// of the tree. A file with more of them counts as a whole.
	maxHidingLines = 500
	// maxHiddenFiles bounds the files that are read to see whether they speak of an
	// agent. Further ones are taken to.
	maxHiddenFiles = 1000
)

// compareAttributes reports lines of .gitattributes that came or went and hide
// governed files from reviewers.
func (c *comparison) compareAttributes(base, head *references) {
	for _, p := range c.pairs {
		var was, is []fact
		if path.Base(p.before) == ".gitattributes" {
			was = c.hidingLines(c.base, p.before, base)
		}
		if path.Base(p.after) == ".gitattributes" {
			is = c.hidingLines(c.head, p.after, head)
		}
		if p.before != p.after { // the folder gives the patterns their meaning
			c.compareFacts(was, nil)
			was = nil
		}
		c.compareFacts(was, is)
	}
}

// hidingLines are the lines of one file that hide a governed file.
func (c *comparison) hidingLines(s *side, p string, refs *references) []fact {
	f := s.load(p)
	if f == nil || f.blocked != nil {
		return nil
	}
	files := []*file{f}
	if root := s.load(".gitattributes"); root != nil && root.blocked == nil && root != f {
		files = append(files, root)
	}
	macros, all := hidingMacros(files), []fact{}
	for line := range attributeLines(f.data) {
		hiding := slices.DeleteFunc(slices.Clone(line.attributes), func(a string) bool { return !hides(a) && !macros[a] })
		if line.macro || len(hiding) == 0 {
			continue
		}
		if len(all) == maxHidingLines || len(macros) > maxHidingLines {
			sum := sha256.Sum256(f.data)
			return []fact{{kind: Policy, agent: "countersign", path: p, format: "gitattributes", line: line.line, slot: "text", value: "sha256:" + hex.EncodeToString(sum[:])}}
		}
		all = append(all, fact{kind: Policy, agent: "countersign", path: p, format: "gitattributes", line: line.line,
			slot: line.pattern, value: strings.Join(hiding, " ")})
	}
	if len(all) == 0 {
		return nil
	}
	h := &hiddenFiles{c: c, s: s, refs: refs, known: map[string]bool{}}
	return slices.DeleteFunc(all, func(l fact) bool { return !h.matchesAny(path.Dir(p), l.slot) })
}

// An attributeLine is a pattern, or the name of a macro, with its attributes.
type attributeLine struct {
	line       int
	pattern    string
	macro      bool
	attributes []string
}

func attributeLines(data []byte) iter.Seq[attributeLine] {
	return func(yield func(attributeLine) bool) {
		n := 0
		for text := range strings.Lines(string(trimBOM(data))) {
			n++
			text = strings.TrimSpace(text)
			pattern, rest := attributePattern(text)
			fields := strings.Fields(rest)
			if len(fields) == 0 || strings.HasPrefix(text, "#") {
				continue
			}
			name, macro := strings.CutPrefix(pattern, "[attr]")
			if !yield(attributeLine{n, name, macro, fields}) {
				return
			}
		}
	}
}

// attributePattern splits a line after its pattern, which may be quoted as C
// does. Source: gitattributes(5).
func attributePattern(s string) (pattern, rest string) {
	if !strings.HasPrefix(s, `"`) {
		end := strings.IndexAny(s, " \t")
		if end < 0 {
			return s, ""
		}
		return s[:end], s[end:]
	}
	for end := 1; end < len(s); end++ {
		switch s[end] {
		case '\\':
			end++
		case '"':
			if p, err := strconv.Unquote(s[:end+1]); err == nil {
				return p, s[end+1:]
			}
			return "**", s[end+1:] // nobody knows what it means
		}
	}
	return s, ""
}

// maxMacros bounds how deep macros lead into macros.
const maxMacros = 10

// hidingMacros are the macros of files that hide, by themselves or by another.
// Beyond maxMacros every one is taken to; of more than maxHidingLines some are
// left out.
func hidingMacros(files []*file) map[string]bool {
	out := map[string]bool{}
	for depth, more := 0, true; more && len(out) <= maxHidingLines; depth++ {
		more = false
		for _, f := range files {
			for l := range attributeLines(f.data) {
				if l.macro && !out[l.pattern] && len(out) <= maxHidingLines &&
					(depth == maxMacros || slices.ContainsFunc(l.attributes, func(a string) bool { return hides(a) || out[a] })) {
					out[l.pattern], more = true, true
				}
			}
		}
	}
	return out
}

func hides(attr string) bool {
	for _, h := range hidingAttributes {
		value, set := strings.CutPrefix(attr, h+"=")
		if attr == h || strings.HasSuffix(h, "=") && strings.HasPrefix(attr, h) || set && value != "false" {
			return true
		}
	}
	return false
}

// hiddenFiles tells which files of a tree somebody must be able to see.
type hiddenFiles struct {
	c     *comparison
	s     *side
	refs  *references
	files []string
	known map[string]bool
	read  int
}

// braces have no meaning in .gitattributes.
var braces = strings.NewReplacer("{", `\{`, "}", `\}`)

// matchesAny reports whether a pattern of .gitattributes in dir matches a
// governed file.
func (h *hiddenFiles) matchesAny(dir, pattern string) bool {
	pattern = braces.Replace(pattern)
	switch anchored := strings.TrimPrefix(pattern, "/"); {
	case anchored != pattern || strings.Contains(anchored, "/"):
		pattern = path.Join(dir, anchored)
	default:
		pattern = path.Join(dir, "**", pattern)
	}
	if len(pattern) > maxGlob {
		return true
	}
	if h.files == nil {
		for e := range h.s.tree.Entries() {
			h.files = append(h.files, e.Path)
		}
	}
	return slices.ContainsFunc(h.files, func(p string) bool { return matchAny([]string{pattern}, p) && h.governed(p) })
}

// governed says that a file is one of an agent's, by its name, by its content or
// because a governed file pulls it in.
func (h *hiddenFiles) governed(p string) bool {
	out, ok := h.known[p]
	if !ok {
		out = h.c.governedByName(p) || h.refs.to(p).format != nil || h.speaks(p)
		h.known[p] = out
	}
	return out
}

// speaks says that the content of a file makes it one of an agent's.
func (h *hiddenFiles) speaks(p string) bool {
	if len(h.c.index.candidates(p)) == 0 {
		return false
	}
	if h.read++; h.read > maxHiddenFiles {
		return true
	}
	format := h.c.formatOf(h.s.load(p))
	if format == nil || h.c.quiet(p, format) {
		return false
	}
	d := h.s.load(p).as(format)
	if d.broken != nil {
		return format.mentioned(d)
	}
	facts := factsOf(d, format)
	d.readScopes(nil)
	return len(d.scopes) > 0 || slices.ContainsFunc(facts, func(f fact) bool { return !f.notice })
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
