package change

import (
	"path"
	"strings"
)

// A scope is the part of a policy that stands in one slot of one file: rules
// about what an agent may do, what happens to calls that none of them covers,
// and what holds where the file says nothing.
//
// Scopes with equal group and surface are one policy, whatever files and slots
// they stand in, so a rule that moves between them changes nothing.
type scope struct {
	agent     string
	path      string
	paths     []string // further files it was read from
	format    string
	slot      string // in words of the format, stable: permissions.allow
	dimension string // tool, deny, approval, server, …

	group   string // the agent, or the settings of one folder
	surface string // within the group: permissions, servers, token, …

	rules   []rule
	def     effect // of a call that no rule covers
	ordered bool   // the last rule that matches wins

	// What holds where no file of the group says anything about the surface.
	absent effect
	floor  []rule
	// born is set where the group is an agent, and not the settings of one that
	// is there anyway: without its files nothing of it may do anything.
	born bool
	// vague is set where one value in the place of another has no direction.
	vague bool
	// single is set for settings of one value, shown as before and after.
	single bool
}

// presence is the surface of a scope that says only that its group is there.
const presence = ""

// A scopeReader takes scopes from one kind of file.
type scopeReader struct {
	name  string
	match func(d *document) bool
	read  func(b *scopeBuilder)
}

// scopesOf reads what a document says about the tools, permissions and
// identities of agents. A document may hold several kinds.
func scopesOf(d *document) []scope {
	if d == nil {
		return nil
	}
	var out []scope
	for _, r := range scopeReaders {
		if r.match(d) {
			b := &scopeBuilder{d: d, agent: d.agent, group: r.name + "|" + d.entry.Path, products: new(int)}
			r.read(b)
			out = append(out, b.scopes...)
		}
	}
	return out
}

// A scopeBuilder collects the scopes of one document.
type scopeBuilder struct {
	d      *document
	agent  string
	group  string
	born   bool
	prefix string // before each slot
	line   int    // added to each line: of text inside a file
	scopes []scope
	// products counts the rules of the document that lists multiplied into.
	products *int
}

// in lets read add scopes of another group.
func (b *scopeBuilder) in(group, agent string, born bool, read func(*scopeBuilder)) {
	c := &scopeBuilder{d: b.d, agent: agent, group: group, born: born, prefix: b.prefix, line: b.line, products: b.products}
	read(c)
	b.scopes = append(b.scopes, c.scopes...)
}

// here says that the group exists, so that what it leaves out has its default.
func (b *scopeBuilder) here() {
	b.scopes = append(b.scopes, scope{agent: b.agent, path: b.d.entry.Path, format: b.d.format, group: b.group, surface: presence, born: b.born})
}

// add appends a scope of the builder's group.
func (b *scopeBuilder) add(s scope) {
	s.path, s.format, s.group, s.born = b.d.entry.Path, b.d.format, b.group, b.born
	if s.agent == "" {
		s.agent = b.agent
	}
	s.slot = b.prefix + s.slot
	for i := range s.rules {
		r := &s.rules[i]
		if r.line > 0 {
			r.line += b.line
		}
	}
	b.scopes = append(b.scopes, s)
}

// finding makes a remark about a line of the document.
func (b *scopeBuilder) finding(code string, line int, text string) *Finding {
	return &Finding{Code: code, Path: b.d.entry.Path, Line: line, Text: text}
}

// maxEntry bounds an entry as it is shown, in bytes.
const maxEntry = 240

// entryText makes text fit for a report: one line, bounded, escaped where it
// does not print, and with secrets cut out.
func entryText(s string) string {
	s = redact(s)
	if len(s) <= maxEntry && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > 0x7e }) {
		return strings.TrimSpace(s)
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			r = ' '
			fallthrough
		case r == ' ' || r > ' ' && r != 0x7f && isShown(r):
			b.WriteRune(r)
		default:
			b.WriteString(escapeRune(r))
		}
		if b.Len() > maxEntry {
			b.WriteString("…")
			break
		}
	}
	return strings.TrimSpace(b.String())
}

// folderOf returns the folder that holds the first element named name of p: the
// root of the project that a settings file speaks for.
func folderOf(p, name string) string {
	parts := strings.Split(p, "/")
	for i, part := range parts[:len(parts)-1] {
		if part == name {
			return strings.Join(parts[:i], "/")
		}
	}
	return path.Dir(p)
}

// item returns a scalar as a rule of an effect.
func item(n *Node, e effect) rule {
	return rule{effect: e, subject: n.String(), raw: n.String(), line: n.Line}
}
