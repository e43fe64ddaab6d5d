package change

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// Symbolic links and submodules on the way to what tools read. A tool that opens
// .claude/settings.json follows a link at .claude as well as one at the file, so
// what such a link leads to is compared under the path that the tool opens.

const (
	// maxLinks bounds the links on the way to one file. Linux follows forty.
	maxLinks = 40
	// maxLinked bounds the files of one comparison that are read through links.
	maxLinked = 2000
)

// links are the symbolic links of a tree, by path.
func (s *side) links() map[string]bool {
	if s.linked == nil {
		s.linked = map[string]bool{}
		entries := s.tree.Entries
		if r, ok := s.tree.(Referrer); ok {
			entries = r.Referrers
		}
		for e := range entries() {
			if e.Mode == ModeSymlink {
				s.linked[e.Path] = true
			}
		}
	}
	return s.linked
}

// resolve follows the links on the way to a path, and one at its end. Where the
// way leaves the tree, or goes in circles, ok is false; where it enters a
// submodule it is too, and real is the submodule.
func (s *side) resolve(p string) (real string, ok bool) {
	links := s.links()
	if len(links) == 0 {
		return p, true
	}
	done, rest, hops := "", p, 0
	for rest != "" && rest != "." {
		part, after, _ := strings.Cut(rest, "/")
		at := path.Join(done, part)
		if !links[at] {
			if e, found := s.tree.Lookup(at); found && e.Mode == ModeSubmodule && after != "" {
				return at, false
			}
			done, rest = at, after
			continue
		}
		f := s.load(at)
		target := string(f.data)
		if hops++; hops > maxLinks || path.IsAbs(target) {
			return "", false
		}
		if rest = path.Join(path.Dir(at), target, after); rest == ".." || strings.HasPrefix(rest, "../") {
			return "", false
		}
		done = ""
	}
	return or(done, "."), true
}

// through reads the file that the links on the way to a path lead to, under that
// path. It returns nil where there is none.
func (s *side) through(p string) *file {
	key := "\x00" + p // a path has no NUL
	if f, ok := s.files[key]; ok {
		return f
	}
	s.files[key] = nil
	real, ok := s.resolve(p)
	if !ok {
		return nil
	}
	e, ok := s.tree.Lookup(real)
	if !ok {
		return nil
	}
	f := &file{side: s, entry: e, parsed: map[string]*document{}}
	f.read()
	f.entry.Path = p
	if f.blocked != nil {
		f.blocked.Path = p
	}
	s.files[key] = f
	return f
}

// tellingFolders are names that say of a folder, without a tool's folder above
// it, that tools look into it.
var tellingFolders = set("skills", "agents", "commands", "prompts")

// holder returns a format whose files tools may find below a folder, because of
// the folder's name or of one above it, and nil where there is none.
func (x *formatIndex) holder(dir string) *format {
	parts := strings.Split(dir, "/")
	if !slices.ContainsFunc(parts, func(s string) bool { return tellingFolders[s] || strings.HasPrefix(s, ".") }) {
		return nil
	}
	for _, f := range x.formats {
		for _, glob := range f.globs {
			if f.readBy != "" && mayLieBelow(strings.Split(glob, "/"), parts, false) {
				return f
			}
		}
	}
	return nil
}

// mayLieBelow says that a pattern may match paths below a folder, one of whose
// parts told so.
func mayLieBelow(glob, dir []string, told bool) bool {
	switch {
	case len(dir) == 0:
		return told && len(glob) > 0
	case len(glob) == 0:
		return false
	case glob[0] == "**":
		return mayLieBelow(glob[1:], dir, told) || mayLieBelow(glob, dir[1:], told)
	case len(glob) == 1 || !doublestar.MatchUnvalidated(glob[0], dir[0]):
		return false
	}
	return mayLieBelow(glob[1:], dir[1:], told || tellingFolders[glob[0]] || strings.HasPrefix(glob[0], "."))
}

// A linkSearch finds the files that tools reach through links, and that one of
// the changed entries is or leads to.
type linkSearch struct {
	c        *comparison
	changed  map[string]bool     // entries that differ
	targets  map[string][]string // what links lead to that are the same on both sides
	folders  map[string][]string // what folder links that differ lead to, on either side
	found    map[string]pair
	tooMany  bool
	reported map[string]bool
}

// linkedPairs lists what is to be compared because a link, or what it leads to,
// is among the entries that differ. A link or submodule that leads out of the
// repository is reported at once, as a change of unknown direction.
func (c *comparison) linkedPairs(differing []pair) []pair {
	l := &linkSearch{c: c, changed: map[string]bool{}, targets: map[string][]string{}, folders: map[string][]string{}, found: map[string]pair{}, reported: map[string]bool{}}
	for _, p := range differing {
		l.changed[p.path()] = true
		if f := c.index.holder(p.path()); f != nil && (c.base.isMode(p.before, ModeSubmodule) || c.head.isMode(p.after, ModeSubmodule)) {
			l.report(p.path(), f)
		}
	}
	for _, at := range sortedKeys(c.base.links()) {
		l.link(at)
	}
	for _, at := range sortedKeys(c.head.links()) {
		if !c.base.links()[at] {
			l.link(at)
		}
	}
	if len(l.folders) > 0 {
		for _, s := range []*side{c.base, c.head} {
			for e := range s.tree.Entries() {
				l.reach(e.Path, l.folders, true)
			}
		}
	}
	for at := range l.changed {
		l.reach(at, l.targets, false)
	}
	var out []pair
	for _, at := range sortedKeys(l.found) {
		out = append(out, l.found[at])
	}
	return out
}

func (s *side) isMode(p, mode string) bool {
	e, ok := s.tree.Lookup(p)
	return p != "" && ok && e.Mode == mode
}

// link notes where a link of either side leads.
func (l *linkSearch) link(at string) {
	c := l.c
	holder := c.index.holder(at)
	if holder == nil && len(c.index.candidates(at)) == 0 || c.ignored(at) {
		return
	}
	was, wasThere := c.base.resolve(at)
	is, isThere := c.head.resolve(at)
	switch {
	case !l.changed[at] && was == is && wasThere == isThere:
		if was != "" {
			l.targets[was] = append(l.targets[was], at)
		}
	case holder == nil:
		if !l.changed[at] { // else the link itself is compared
			l.add(at, true, was, is)
		}
	case !wasThere || !isThere:
		l.report(at, holder)
	default:
		for _, to := range []string{was, is} {
			if !slices.Contains(l.folders[to], at) {
				l.folders[to] = append(l.folders[to], at)
			}
		}
	}
}

// reach adds the paths under which tools find a file, by the links to it and to
// the folders above it, which differ or are the same on both sides.
func (l *linkSearch) reach(p string, links map[string][]string, differ bool) {
	for at := p; ; at = path.Dir(at) {
		for _, link := range links[at] {
			switch {
			case at != p:
				rest := strings.TrimPrefix(p[len(at):], "/")
				if at == "." {
					rest = p
				}
				l.add(path.Join(link, rest), differ, p, link)
			case l.c.head.isMode(p, ModeSubmodule) || l.c.base.isMode(p, ModeSubmodule):
				if f := l.c.index.holder(link); f != nil {
					l.report(link, f)
				}
			case !differ || !l.changed[link]: // else the link itself is compared
				l.add(link, differ, p)
			}
		}
		if at == "." {
			return
		}
	}
}

// add has a path compared that links lead from. Also are further files by which
// it is what it is, first the one that it leads to. Where no link differs, and
// that one is compared as the same thing anyway, nothing is added.
func (l *linkSearch) add(at string, differ bool, also ...string) {
	c := l.c
	formats := c.index.candidates(at)
	if _, have := l.found[at]; have || len(formats) == 0 || c.ignored(at) {
		return
	}
	if len(l.found) == maxLinked {
		if !l.tooMany {
			l.tooMany = true
			l.report(also[len(also)-1], formats[0])
		}
		return
	}
	p := pair{linked: true, from: slices.Clone(also)}
	was, is := c.base.through(at), c.head.through(at)
	if was != nil {
		p.before = at
	}
	if is != nil {
		p.after = at
	}
	as := cmp.Or(c.formatOf(is), c.formatOf(was))
	if as == nil || !differ && !c.ignored(also[0]) && c.readsAlike(also[0], as) {
		return
	}
	l.found[at] = p
}

// readsAlike says that a file is read where it lies as another format reads it:
// by the same tool, or as nothing but instructions.
func (c *comparison) readsAlike(p string, as *format) bool {
	f := cmp.Or(c.formatOf(c.head.load(p)), c.formatOf(c.base.load(p)))
	if f == nil || f.readBy == "" {
		return false
	}
	return f.kin == as.kin || f.wholePrompt() && as.wholePrompt()
}

// wholePrompt says that a format has nothing but one text.
func (f *format) wholePrompt() bool {
	return f.tools == "" && len(f.model)+len(f.params)+len(f.read) == 0 && len(f.prompt) == 1 && f.prompt[0].slot.text == "."
}

// report says that what a folder holds for tools is out of sight.
func (l *linkSearch) report(at string, f *format) {
	c := l.c
	if l.reported[at] || c.ignored(at) {
		return
	}
	l.reported[at] = true
	hidden := &format{id: f.id, parser: "text", agentName: f.agentName, model: []place{{}}, prompt: []place{{}}, tools: "what the folder holds"}
	p := pair{before: at, after: at}
	was, is := c.base.load(at).as(hidden), c.head.load(at).as(hidden)
	for _, d := range []*document{was, is} {
		if d != nil {
			c.nameAgent(&p, d, hidden)
		}
	}
	if was != nil || is != nil {
		c.reportBroken(&p, was, is, hidden, nil)
	}
}
