package change

import (
	"iter"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/bmatcuk/doublestar/v4"
)

// maxImportDepth is how far imports of imports are followed. Source: Claude
// Code documentation, Memory: five hops.
const maxImportDepth = 5

// maxImports bounds what one file may pull in. Beyond it the file is taken to pull
// in every file.
const maxImports = 1000

// A Referrer is a Tree that lists cheaply the files that may pull in others:
// those whose path passes MayRefer, and symbolic links.
type Referrer interface {
	Tree
	Referrers() iter.Seq[Entry]
}

// MayMatter reports whether some format may recognise a file of that path, so
// that a comparison would read it.
func MayMatter(p string) bool { return len(catalogue().candidates(p)) > 0 }

// MayRefer reports whether a file of that path may pull in other files, so that
// a change of those is a change of an agent.
func MayRefer(p string) bool {
	may, _ := mayRefer(p)
	return may
}

// mayRefer also reports whether only the end of the file's name says so.
func mayRefer(p string) (may, general bool) {
	for _, f := range catalogue().candidates(p) {
		if len(f.imports) > 0 || len(f.runs) > 0 {
			general = f.general && (general || !may)
			may = true
		}
	}
	return may, general
}

// followReferences tells of the changed files that no format recognises, or only
// by their name, which governed files of either side pull them in. It returns
// those that anything governs.
func (c *comparison) followReferences(plain []pair, base, head *references) []pair {
	var out []pair
	for _, p := range plain {
		target := reference{}
		if p.before != "" {
			target.merge(base.to(p.before))
			target.merge(c.base.below(p.before, base))
		}
		if p.after != "" {
			target.merge(head.to(p.after))
			target.merge(c.head.below(p.after, head))
		}
		if target.format != nil {
			slices.Sort(target.from)
			p.from = slices.Compact(target.from)
			p.format, p.agent = c.namedSettings(&p, target.format), target.agent
		} else if p.imported || !c.isWeak(&p) {
			continue
		}
		out = append(out, p)
	}
	return out
}

// namedSettings is how a file is read that a workflow names: JSON with servers in
// it is a file of MCP servers, and other JSON holds settings of the agent; the
// rest is a prompt. Source: anthropics/claude-code-action, settings and
// mcp_config take JSON or a path.
func (c *comparison) namedSettings(p *pair, included *format) *format {
	if included.id != "workflow" || path.Ext(p.path()) != ".json" {
		return included
	}
	for _, f := range []*file{c.head.loadIf(p.after), c.base.loadIf(p.before)} {
		if f == nil {
			continue
		}
		root := f.document("json").root()
		if root.Has("mcpServers") && !root.Has("permissions") {
			return c.index.byID["mcp-json"]
		}
	}
	return c.index.byID["claude-settings-anywhere"]
}

// A reference says which governed files pull a file in.
type reference struct {
	from   []string
	format *format
	agent  string
}

func (r *reference) merge(o reference) {
	r.from = append(r.from, o.from...)
	if r.format == nil {
		r.format, r.agent = o.format, o.agent
	}
}

// references are what the governed files of one tree pull in.
type references struct {
	exact map[string]reference
	globs []globReference
	runs  map[string]reference // files that a command names
	left  map[importSeen]int   // how far imports of a file are followed already
}

// importSeen is a file and one that pulls it in.
type importSeen struct{ target, from string }

// below says who pulls in files below a link or a submodule.
func (s *side) below(p string, r *references) (out reference) {
	if e, ok := s.tree.Lookup(p); !ok || e.Mode != ModeSymlink && e.Mode != ModeSubmodule {
		return out
	}
	for _, target := range sortedKeys(r.exact) {
		if strings.HasPrefix(target, p+"/") {
			out.merge(r.exact[target])
		}
	}
	return out
}

type globReference struct {
	pattern string
	reference
}

func (r *references) to(p string) reference {
	out := r.exact[p]
	for _, g := range r.globs {
		if tooComplicated(g.pattern) {
			out.merge(g.reference)
		} else if ok, _ := doublestar.Match(g.pattern, p); ok {
			out.merge(g.reference)
		}
	}
	return out
}

// maxGlob bounds the patterns that come from a file of the tree, in bytes.
const maxGlob = 400

// tooComplicated says of a pattern that matching it might take very long, as
// alternatives multiply. It is taken to match everything.
func tooComplicated(pattern string) bool {
	return len(pattern) > maxGlob || strings.Count(pattern, "{") > 4 || strings.Count(pattern, ",") > 32
}

// foldersAbove lists the folders of files and all folders above those.
func foldersAbove(pairs []pair) map[string]bool {
	out := map[string]bool{".": true}
	for _, p := range pairs {
		for _, at := range []string{p.before, p.after} {
			for dir := path.Dir(at); !out[dir]; dir = path.Dir(dir) {
				out[dir] = true
			}
		}
	}
	return out
}

// references reads every file of the tree that may pull in others. Where only
// the end of a file's name tells that it may (any .yaml), it is read if it lies
// in a folder above a file in question, since such formats name files below
// their own folder.
func (s *side) references(c *comparison, near map[string]bool) *references {
	out := &references{exact: map[string]reference{}, runs: map[string]reference{}, left: map[importSeen]int{}}
	entries := s.tree.Entries
	if r, ok := s.tree.(Referrer); ok {
		entries = r.Referrers
	}
	for e := range entries() {
		if may, general := mayRefer(e.Path); !may || c.ignored(e.Path) || general && !near[path.Dir(e.Path)] {
			continue
		}
		imports, f := s.importsOf(c, e)
		if f == nil {
			continue
		}
		for _, p := range imports.runs {
			have := out.runs[p]
			have.merge(reference{from: []string{e.Path}, format: runFormat(f), agent: or(c.settingsAgent(e.Path), imports.agent)})
			out.runs[p] = have
		}
		r := reference{from: []string{e.Path}, format: includedFormat(f), agent: or(c.settingsAgent(e.Path), imports.agent)}
		out.add(s, imports.paths, r, maxImportDepth)
	}
	return out
}

// add records what a file pulls in, and what those files pull in themselves.
func (r *references) add(s *side, imports []string, ref reference, depth int) {
	for _, target := range imports {
		if strings.ContainsAny(target, "*?[{") {
			r.globs = append(r.globs, globReference{target, ref})
		}
		seen := importSeen{target, ref.from[0]}
		left, again := r.left[seen]
		if again && left >= depth {
			continue
		}
		r.left[seen] = depth
		if !again {
			have := r.exact[target]
			have.merge(ref)
			r.exact[target] = have
		}
		if real, ok := s.resolve(target); ok && real != target {
			r.add(s, []string{real}, ref, depth)
			continue
		}
		if depth == 0 {
			continue
		}
		if e, ok := s.tree.Lookup(target); ok && e.Mode != ModeSubmodule {
			r.add(s, s.cachedImports(e, "@", func() importList { return importList{paths: s.mentionsIn(target)} }).paths, ref, depth-1)
		}
	}
}

func (s *side) mentionsIn(p string) []string {
	f := s.load(p)
	if f == nil || f.blocked != nil {
		return nil
	}
	return resolveImports(p, atMentions(string(f.data)))
}

// importsOf lists the paths that a governed file pulls in, with the format that
// recognises it.
func (s *side) importsOf(c *comparison, e Entry) (importList, *format) {
	read := s.load
	if e.Mode == ModeSymlink {
		f := s.through(e.Path)
		if f == nil {
			return importList{}, nil
		}
		e, read = f.entry, s.through
	}
	for _, f := range c.index.candidates(e.Path) {
		if len(f.imports) == 0 && len(f.runs) == 0 {
			continue
		}
		found := s.cachedImports(e, f.id, func() importList {
			d := read(e.Path).document(f.parser)
			if !f.accepts(d, s) {
				return importList{}
			}
			return importList{importsIn(d, f), or(f.agentIn(d), agentByPath(e.Path)), runsIn(d, f)}
		})
		if len(found.paths) > 0 || len(found.runs) > 0 {
			return found, f
		}
	}
	return importList{}, nil
}

// includedBy lists the files that a document pulls in and that are there.
func (c *comparison) includedBy(d *document, f *format) []string {
	if len(f.imports) == 0 {
		return nil
	}
	var out []string
	for _, p := range importsIn(d, f) {
		for _, s := range []*side{c.base, c.head} {
			if _, ok := s.tree.Lookup(p); ok {
				out = append(out, p)
				break
			}
		}
	}
	return out
}

// importsIn lists the paths that a document pulls in, relative to the root.
func importsIn(d *document, f *format) []string {
	var raw []string
	for i := range f.imports {
		s := &f.imports[i]
		switch s.text {
		case ".", "body":
			text := d.body
			if s.text == "." {
				text = string(d.data)
			}
			raw = append(append(raw, atMentions(text)...), runtimeImports(text)...)
			continue
		}
		for _, root := range d.roots {
			s.find(root, f.identity, f.repeats(), func(h hit) {
				for _, v := range h.node.Strings() {
					raw = append(raw, fileNames(v)...)
				}
			})
		}
	}
	if f.id == "workflow" {
		raw = append(raw, workflowFiles(d)...)
	}
	return resolveImports(d.entry.Path, raw)
}

// fileNames reads a value that may name a file: file://x, {file:x},
// $[file('x')], or a bare path with an extension.
func fileNames(v string) []string {
	v = strings.TrimSpace(v)
	if strings.Contains(v, "\n") || len(v) > 1000 {
		return atMentions(v)
	}
	if rest, ok := strings.CutPrefix(v, "file://"); ok {
		name, _, _ := strings.Cut(rest, ":") // promptfoo: file://p.py:function
		return []string{name}
	}
	var named []string
	for _, form := range []struct{ open, shut string }{{"{file:", "}"}, {"$[file('", "')]"}, {"${file:", "}"}} {
		for rest := v; ; {
			_, after, ok := strings.Cut(rest, form.open)
			name, next, closed := strings.Cut(after, form.shut)
			if !ok || !closed {
				break
			}
			named, rest = append(named, name), next
		}
	}
	if len(named) > 0 {
		return named
	}
	if strings.Contains(v, "://") || strings.ContainsAny(v, " \t{}<>") {
		if strings.Contains(v, "@") {
			return atMentions(v)
		}
		return nil
	}
	return []string{strings.TrimPrefix(v, "@")}
}

// resolveImports makes paths of what stands in a file: relative to its folder,
// and relative to the root, since tools differ. A file that names more than
// maxImports may mean every file.
func resolveImports(from string, names []string) []string {
	var out []string
	seen := map[string]bool{".": true, from: true}
	add := func(p string) {
		if !seen[p] && !strings.HasPrefix(p, "../") {
			seen[p] = true
			out = append(out, p)
		}
	}
	for _, name := range names {
		switch {
		case len(out) > maxImports:
		case name == "" || strings.HasPrefix(name, "~"):
		case strings.HasPrefix(name, "/"):
			add(path.Clean(name[1:]))
		default:
			add(path.Join(path.Dir(from), name))
			add(path.Clean(name))
		}
	}
	if len(out) > maxImports {
		return []string{"**"}
	}
	return out
}

// includedFormat is how a file is read that only a reference makes governed: as
// text that the model reads.
func includedFormat(f *format) *format {
	return &format{id: f.id, title: f.title, parser: "text", agentName: f.agentName,
		prompt: []place{{slot: slot{text: "."}, name: "included"}}, source: f.source}
}

// importCache remembers what files pull in, by blob, so that comparing one
// commit after another reads each file once. It is emptied when it is full.
var importCache = struct {
	sync.Mutex
	lists map[importKey]importList
}{lists: map[importKey]importList{}}

// An importList is what one file pulls in, and the agent it does so for.
type importList struct {
	paths []string
	agent string
	runs  []string // files that its commands name
}

type importKey struct{ path, blob, how string }

const maxImportCache = 1 << 16

func (s *side) cachedImports(e Entry, how string, read func() importList) importList {
	key := importKey{e.Path, e.ID, how}
	if e.ID != "" {
		importCache.Lock()
		list, ok := importCache.lists[key]
		importCache.Unlock()
		if ok {
			return list
		}
	}
	list := read()
	if e.ID != "" && s.err == nil {
		importCache.Lock()
		if len(importCache.lists) >= maxImportCache {
			clear(importCache.lists)
		}
		importCache.lists[key] = list
		importCache.Unlock()
	}
	return list
}
