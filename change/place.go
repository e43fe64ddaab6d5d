package change

import (
	"path"
	"strings"

	"github.com/bmatcuk/doublestar/v4"
)

// sameReader says that a renamed file is read as before: by the same tool, in
// the same place and the same role. Then a rename without another change is
// none. Where it is not, what the old path held is gone, and what the new path
// holds is new, however equal the two are: a sample that becomes the settings of
// a tool grants what nobody had before.
func (c *comparison) sameReader(p *pair, old, now *format) bool {
	switch {
	case p.before == p.after:
		return true
	case old.policy() || now.policy(): // a path decides whether anybody reads it
		return false
	case old.kin != now.kin || c.quiet(p.before, old) != c.quiet(p.after, now):
		return false
	}
	return old.place(p.before) == now.place(p.after)
}

// place is where the tools of the format find a file of that path: the pattern
// that means it and the folder that this pattern is relative to. It is empty for
// formats that somebody names to a tool, wherever their files lie.
func (f *format) place(p string) string {
	place := ""
	switch f.readBy {
	case "place":
		place = "any\x00" + path.Dir(p)
		for _, pattern := range f.globs {
			if root, ok := rootOf(pattern, p); ok {
				place = pattern + "\x00" + root
				break
			}
		}
	case "folder":
		place = path.Dir(p)
	case "name":
		place = path.Base(p)
	}
	return place
}

// rootOf returns what the leading ** of a pattern stands for in a path, at the
// least, if the pattern matches it.
func rootOf(pattern, p string) (root string, ok bool) {
	rest, anywhere := strings.CutPrefix(pattern, "**/")
	if !anywhere {
		return "", doublestar.MatchUnvalidated(pattern, p)
	}
	for at := 0; ; {
		if doublestar.MatchUnvalidated(rest, p[at:]) {
			return p[:at], true
		}
		next := strings.IndexByte(p[at:], '/')
		if next < 0 {
			return "", false
		}
		at += next + 1
	}
}
