package change

import (
	"bytes"
	"fmt"
	"path"
	"strings"
	"unicode/utf8"
)

// A file is one version of one file before anybody knows what it is.
type file struct {
	side    *side
	entry   Entry
	data    []byte
	blocked *Finding // why the content cannot be used
	parsed  map[string]*document
	text    string // data without a byte order mark, once a document wanted it
	hints   *int   // of codeHints, once somebody asked

	recognised bool
	format     *format // nil when no format of the catalogue recognises it
}

// A side is one tree of a comparison, with the files that were read from it.
type side struct {
	tree  Tree
	files map[string]*file
	err   error // the first read that failed; it ends the comparison

	linked map[string]bool // the symbolic links, once somebody asked
}

// load reads a file. It returns nil when the path is absent.
func (s *side) load(p string) *file {
	if f, ok := s.files[p]; ok {
		return f
	}
	e, ok := s.tree.Lookup(p)
	if !ok {
		s.files[p] = nil
		return nil
	}
	f := &file{side: s, entry: e, parsed: map[string]*document{}}
	s.files[p] = f
	f.read()
	return f
}

func (f *file) block(code, format string, args ...any) {
	f.blocked = &Finding{Code: code, Path: f.entry.Path, Text: fmt.Sprintf(format, args...)}
}

const lfsHeader = "version https://git-lfs.github.com/spec/"

func (f *file) read() {
	switch {
	case f.entry.Mode == ModeSubmodule:
		f.block("submodule", "a submodule: its content is in another repository, at commit %s", clip(f.entry.ID, 64))
		return
	case f.entry.Size > maxFile:
		f.block("too-large", "%d bytes; files beyond %d bytes are not read", f.entry.Size, maxFile)
		return
	}
	data, err := f.side.tree.Read(f.entry)
	if err != nil {
		if f.side.err == nil {
			f.side.err = fmt.Errorf("read %s: %w", f.entry.Path, err)
		}
		f.block("unreadable", "the content could not be read")
		return
	}
	f.data = data
	switch {
	case f.entry.Mode == ModeSymlink:
		f.block("symlink", "a symbolic link to %s", printable(clip(string(data), 200)))
	case len(data) > maxFile:
		f.block("too-large", "%d bytes; files beyond %d bytes are not read", len(data), maxFile)
		f.data = nil
	case bytes.HasPrefix(data, []byte(lfsHeader)):
		f.block("lfs-pointer", "a Git LFS pointer: the content is not in the repository")
	case bytes.IndexByte(data, 0) >= 0:
		f.block("binary", "the file holds NUL bytes")
	case !utf8.Valid(data):
		f.block("not-utf8", "the file is not valid UTF-8")
	}
}

// document reads the file with a parser. A document whose content cannot be
// used, or does not parse, has broken set and no roots.
func (f *file) document(parser string) *document {
	if d := f.parsed[parser]; d != nil {
		return d
	}
	d := &document{of: f, entry: f.entry, data: f.data, bodyLine: 1, broken: f.blocked}
	f.parsed[parser] = d
	d.other = func(p string) *document { return f.side.other(p) }
	if d.broken != nil {
		return d
	}
	if f.text == "" {
		f.text = string(trimBOM(f.data))
	}
	d.body = f.text
	if strings.TrimSpace(d.body) == "" {
		return d // says nothing, in every format
	}
	if err := parsers[parser](d); err != nil {
		d.broken = &Finding{Code: "does-not-parse", Path: f.entry.Path, Text: printable(clip(err.Error(), 300))}
		if s, ok := err.(*syntaxError); ok {
			d.broken.Line, d.broken.Text = s.line, printable(clip(s.text, 300))
		}
		d.roots = nil
	}
	return d
}

// other returns a document of this side for whoever follows a reference,
// parsed as the format says that its path suggests, else as plain text.
func (s *side) other(p string) *document {
	f := s.load(path.Clean(p))
	if f == nil {
		return nil
	}
	parser := "text"
	for _, c := range catalogue().candidates(f.entry.Path) {
		if d := f.document(c.parser); c.accepts(d, s) {
			d.format = c.id
			return d
		}
		parser = c.parser
	}
	return f.document(parser)
}

// parsers turn the bytes of a document into roots and body.
var parsers = map[string]func(*document) error{
	"text": func(*document) error { return nil },
	"code": func(*document) error { return nil },
	"front": func(d *document) error {
		front, body, line, _ := parseFrontMatter(d.data)
		if front != nil {
			d.roots = []*Node{front}
		}
		d.body, d.bodyLine = body, line
		return nil
	},
	"yaml": func(d *document) (err error) {
		d.roots, err = parseYAML(d.data)
		return err
	},
	"json":       one(parseJSON),
	"toml":       one(parseTOML),
	"xml":        one(parseXML),
	"hcl":        one(parseHCL),
	"bicep":      one(parseBicep),
	"modelfile":  one(parseModelfile),
	"env":        one(parseEnv),
	"dockerfile": one(parseDockerfile),
	"baml":       one(parseBAML),
	"script":     one(parseAgentScript),
}

func one(parse func([]byte) (*Node, error)) func(*document) error {
	return func(d *document) error {
		root, err := parse(d.data)
		if err == nil {
			d.roots = []*Node{root}
		}
		return err
	}
}

// repeats says that equal keys of the format's maps stand for several values.
func (f *format) repeats() bool {
	return f.parser == "xml" || f.parser == "hcl" || f.parser == "bicep"
}

// accepts reports whether a document has the format's signature. One that could
// not be parsed has it when it mentions what the format always mentions.
func (f *format) accepts(d *document, s *side) bool {
	if len(f.when) == 0 {
		return true
	}
	if d.broken != nil {
		return f.mentioned(d)
	}
	for _, sig := range f.when {
		if sig.holds(d, f, s) {
			return true
		}
	}
	return false
}

// mentioned reports whether a file that does not parse holds a text that files
// of the format hold.
func (f *format) mentioned(d *document) bool {
	for _, m := range f.mentions {
		if bytes.Contains(d.data, []byte(m)) || m[0] == '\n' && bytes.HasPrefix(trimBOM(d.data), []byte(m[1:])) {
			return true
		}
	}
	return false
}

func (sig signature) holds(d *document, f *format, s *side) bool {
	for _, c := range sig {
		switch {
		case c.text != "" && !bytes.Contains(d.data, []byte(c.text)):
			return false
		case c.beside != "":
			if _, ok := s.tree.Lookup(path.Join(path.Dir(d.entry.Path), c.beside)); !ok {
				return false
			}
		case c.path != "" && !matchAny([]string{c.path}, d.entry.Path):
			return false
		}
	}
	if len(d.roots) == 0 {
		return sig.textOnly()
	}
	for _, root := range d.roots {
		if sig.holdsFor(root, f) {
			return true
		}
	}
	return false
}

func (sig signature) textOnly() bool {
	for _, c := range sig {
		if c.slot.steps != nil && !c.negate {
			return false
		}
	}
	return true
}

func (sig signature) holdsFor(root *Node, f *format) bool {
	for _, c := range sig {
		if c.slot.steps == nil {
			continue
		}
		found := false
		c.slot.find(root, nil, f.repeats(), func(h hit) { found = found || !c.kebab || isKebab(h.node.String()) })
		if found == c.negate {
			return false
		}
	}
	return true
}

// isKebab reports whether a name is lower-case letters, digits and hyphens.
func isKebab(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c != '-' && (c < 'a' || c > 'z') && (c < '0' || c > '9') {
			return false
		}
	}
	return s != ""
}
