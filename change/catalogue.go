package change

import (
	_ "embed"
	"fmt"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/bmatcuk/doublestar/v4"
)

//go:embed catalogue.yaml
var catalogueYAML []byte

// A format is one entry of the catalogue: how a kind of file is recognised, and
// what its places mean. The head of catalogue.yaml explains each field.
type format struct {
	id, title string
	paths     []string
	when      []signature
	whenText  []string
	mentions  []string
	parser    string
	agent     []slot
	agentName string // when the format alone names the agent
	identity  [][]string
	model     []place
	prompt    []place
	params    []place
	imports   []slot
	runs      []slot   // commands, in which files of the repository may stand
	run       bool     // not of the catalogue: a file that another one runs
	beside    []string // files, relative to the document, that names may lead into
	read      []string // names of extractors
	tools     string   // what of it is tool scope, in words; "" for nothing
	source    string
	absent    string
	quiet     bool // hits in tests and documentation are notices
	notice    bool // every hit is a notice
	weak      bool // a name or a shape only; whoever pulls the file in knows better
	rules     []ownRule
	general   bool     // its paths say no more than how a file's name ends
	readBy    string   // what decides who reads a file: its place, folder or name; see catalogue.yaml
	globs     []string // the paths, with their alternatives written out
	kin       string   // formats of one kin are read by the same tool
	own       bool     // from the repository's settings
}

// A place is a slot with a meaning.
type place struct {
	slot     slot
	via      []slot // where a reference leads; {} stands for the value
	viaText  []string
	provider [][]string // keys beside the value, the first of which names the provider
	split    bool       // a list in one string, separated by commas
	notice   bool
	known    bool   // counts only when the value is the name of a known model
	name     string // the slot's name in the result, when it differs from the place
	sections bool   // text in which lines such as "system:" begin a message
}

// A signature says what content must have: all of its conditions hold for one
// document of the file.
type signature []condition

type condition struct {
	slot   slot
	negate bool
	text   string // a text that the file must hold
	beside string // the name of a file, relative to the folder
	path   string // a glob that the whole path must match
	kebab  bool   // what the slot finds is lower-case letters, digits and hyphens
}

// catalogue is the embedded catalogue. It is read once; that it reads at all is
// proved by tests.
var catalogue = sync.OnceValue(func() *formatIndex {
	formats, err := parseCatalogue(catalogueYAML)
	if err != nil {
		panic("embedded catalogue: " + err.Error())
	}
	return newFormatIndex(formats)
})

func parseCatalogue(data []byte) ([]*format, error) {
	roots, err := parseYAML(data)
	if err != nil || len(roots) != 1 {
		return nil, fmt.Errorf("catalogue: %v", err)
	}
	var out []*format
	seen := map[string]bool{}
	for _, n := range roots[0].Get("formats").items() {
		f, err := newFormat(n)
		if err == nil && seen[f.id] {
			err = fmt.Errorf("stands twice")
		}
		if err != nil {
			return nil, fmt.Errorf("format %q (line %d): %w", n.Get("id").String(), n.Line, err)
		}
		seen[f.id] = true
		out = append(out, f)
	}
	return out, nil
}

func (n *Node) items() []*Node {
	if n == nil {
		return nil
	}
	return n.Items
}

func newFormat(n *Node) (*format, error) {
	f := &format{}
	for i, key := range n.Keys {
		if err := f.set(key, n.Items[i]); err != nil {
			return nil, fmt.Errorf("%s: %w", key, err)
		}
	}
	if f.id == "" || f.title == "" || f.parser == "" || f.source == "" || len(f.paths) == 0 {
		return nil, fmt.Errorf("id, title, paths, parser and source are required")
	}
	if parsers[f.parser] == nil {
		return nil, fmt.Errorf("unknown parser %q", f.parser)
	}
	for _, pattern := range f.paths {
		f.globs = append(f.globs, expandBraces(pattern)...)
	}
	f.kin = or(f.kin, f.id)
	f.identity = append(f.identity, defaultIdentity...)
	return f, nil
}

func (f *format) set(key string, v *Node) (err error) {
	switch key {
	case "id":
		f.id = v.String()
	case "title":
		f.title = v.String()
	case "paths":
		f.paths = v.Strings()
		for _, p := range f.paths {
			if !doublestar.ValidatePattern(p) {
				return fmt.Errorf("bad pattern %q", p)
			}
		}
	case "when":
		f.whenText = v.Strings()
		for _, text := range v.Strings() {
			s, err := parseSignature(text)
			if err != nil {
				return err
			}
			f.when = append(f.when, s)
		}
	case "mentions":
		f.mentions = v.Strings()
	case "parser":
		f.parser = v.String()
	case "agent":
		f.agent, err = parseSlots(v)
	case "agent_name":
		f.agentName = v.String()
	case "identity":
		for _, text := range v.Strings() {
			f.identity = append(f.identity, strings.Split(text, "."))
		}
	case "model":
		f.model, err = parsePlaces(v)
	case "prompt":
		f.prompt, err = parsePlaces(v)
	case "params":
		f.params, err = parsePlaces(v)
	case "imports":
		f.imports, err = parseSlots(v)
	case "runs":
		f.runs, err = parseSlots(v)
	case "beside":
		f.beside = v.Strings()
	case "read":
		f.read = v.Strings()
		for _, name := range f.read {
			if extractors[name] == nil {
				return fmt.Errorf("unknown extractor %q", name)
			}
		}
	case "tools":
		f.tools = v.String()
	case "source":
		f.source = v.String()
	case "absent":
		f.absent = v.String()
	case "quiet":
		f.quiet = v.IsTrue()
	case "notice":
		f.notice = v.IsTrue()
	case "read_by":
		if f.readBy = v.String(); f.readBy != "place" && f.readBy != "folder" && f.readBy != "name" {
			return fmt.Errorf("unknown value %q", f.readBy)
		}
	case "kin":
		f.kin = v.String()
	case "weak":
		f.weak = v.IsTrue()
	default:
		return fmt.Errorf("unknown field")
	}
	return err
}

func parseSlots(v *Node) ([]slot, error) {
	var out []slot
	for _, text := range v.Strings() {
		s, err := parseSlot(text)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, nil
}

func parsePlaces(v *Node) ([]place, error) {
	var out []place
	for _, it := range v.items() {
		var p place
		var err error
		if it.Kind != MapNode {
			p.slot, err = parseSlot(it.String())
		}
		for i, key := range it.Keys {
			if err != nil {
				break
			}
			err = p.set(key, it.Items[i])
		}
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

func (p *place) set(key string, v *Node) (err error) {
	switch key {
	case "at":
		p.slot, err = parseSlot(v.String())
	case "via":
		p.viaText = v.Strings()
		for _, text := range p.viaText {
			if _, err := parseSlot(strings.ReplaceAll(text, "{}", "x")); err != nil {
				return err
			}
		}
	case "provider":
		for _, key := range strings.Split(v.String(), "|") {
			p.provider = append(p.provider, strings.Split(key, "."))
		}
	case "split":
		p.split = v.IsTrue()
	case "notice":
		p.notice = v.IsTrue()
	case "known":
		p.known = v.IsTrue()
	case "name":
		p.name = v.String()
	case "sections":
		p.sections = v.IsTrue()
	default:
		err = fmt.Errorf("unknown field %q of a place", key)
	}
	return err
}

// parseSignature reads conditions joined by " & ": a slot that must find
// something, !slot that must find nothing, text:…, beside:…, path:… and kebab:… .
func parseSignature(text string) (signature, error) {
	var out signature
	for _, part := range strings.Split(text, " & ") {
		part = strings.TrimSpace(part)
		var c condition
		var err error
		if t, ok := strings.CutPrefix(part, "text:"); ok {
			c.text = t
		} else if t, ok := strings.CutPrefix(part, "beside:"); ok {
			c.beside = t
		} else if t, ok := strings.CutPrefix(part, "path:"); ok {
			if c.path = t; !doublestar.ValidatePattern(t) {
				return nil, fmt.Errorf("bad pattern %q", t)
			}
		} else {
			part, c.kebab = strings.CutPrefix(part, "kebab:")
			part, c.negate = strings.CutPrefix(part, "!")
			if strings.Contains(part, "=") && !strings.Contains(part, "[") {
				part = "[" + part + "]" // key=value for the document itself
			}
			c.slot, err = parseSlot(part)
		}
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

// A formatIndex finds the formats that a path may have without trying every
// pattern.
type formatIndex struct {
	formats []*format
	byID    map[string]*format
	byName  map[string][]formatPath // by exact file name
	byExt   map[string][]formatPath // by what follows the last point of the file name
	rest    []formatPath
	folded  *formatIndex // the same with every pattern in small letters

	mu    sync.Mutex           // covers found
	found map[string][]*format // answers of candidates; emptied when it is full
}

// Bounds of formatIndex.found: about 2 MB.
const (
	maxFoundPaths = 8192
	maxFoundPath  = 200 // bytes
)

// A formatPath is one glob of one format, with what is known about it beforehand.
type formatPath struct {
	format int    // index in the catalogue
	suffix string // all that it says, for patterns such as **/*.prompt.yml
	glob   string // everything else
}

func newFormatIndex(formats []*format) *formatIndex {
	x := indexFormats(formats, func(glob string) string { return glob })
	x.folded = indexFormats(formats, strings.ToLower)
	return x
}

func indexFormats(formats []*format, fold func(string) string) *formatIndex {
	x := &formatIndex{formats: formats, byID: map[string]*format{}, byName: map[string][]formatPath{}, byExt: map[string][]formatPath{}, found: map[string][]*format{}}
	for i, f := range formats {
		x.byID[f.id] = f
		f.general = true
		for _, pattern := range f.paths {
			for _, glob := range expandBraces(pattern) {
				x.add(f, formatPath{format: i, glob: fold(glob)})
			}
		}
	}
	return x
}

const wild = `*?[\`

func (x *formatIndex) add(f *format, p formatPath) {
	dir, base := path.Split(p.glob)
	ext := path.Ext(base)
	if dir == "**/" && strings.HasPrefix(base, "*") && !strings.ContainsAny(base[1:], wild) {
		p.suffix, p.glob = base[1:], ""
	}
	f.general = f.general && p.suffix != "" && strings.Count(p.suffix, ".") == 1
	switch {
	case !strings.ContainsAny(base, wild):
		if dir == "**/" {
			p.glob = ""
		}
		x.byName[base] = append(x.byName[base], p)
	case ext != "" && !strings.ContainsAny(ext, wild):
		x.byExt[ext] = append(x.byExt[ext], p)
	default:
		x.rest = append(x.rest, p)
	}
}

// expandBraces writes {a,b} out, one pattern for each alternative.
func expandBraces(pattern string) []string {
	open := strings.IndexByte(pattern, '{')
	end := strings.IndexByte(pattern, '}')
	if open < 0 || end < open {
		return []string{pattern}
	}
	var out []string
	for _, alt := range strings.Split(pattern[open+1:end], ",") {
		out = append(out, expandBraces(pattern[:open]+alt+pattern[end+1:])...)
	}
	return out
}

// candidates returns the formats whose path patterns match p, in the order of
// the catalogue. The list is shared and must not be changed.
func (x *formatIndex) candidates(p string) []*format {
	if len(p) > maxFoundPath {
		return x.match(p)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	out, ok := x.found[p]
	if !ok {
		out = x.match(p)
		if len(x.found) >= maxFoundPaths {
			clear(x.found)
		}
		x.found[strings.Clone(p)] = out
	}
	return out
}

// match is candidates without a memory.
func (x *formatIndex) match(p string) []*format {
	found := x.matchAs(p)
	if x.folded != nil && !isPage(p) {
		for _, at := range x.folded.matchAs(asTyped(p)) {
			if x.formats[at].readBy == "place" {
				found = append(found, at)
			}
		}
	}
	if found == nil {
		return nil
	}
	slices.Sort(found)
	found = slices.Compact(found)
	out := make([]*format, len(found))
	for i, at := range found {
		out[i] = x.formats[at]
	}
	return out
}

func (x *formatIndex) matchAs(p string) (found []int) {
	base := p[strings.LastIndexByte(p, '/')+1:]
	for _, list := range [][]formatPath{x.byName[base], x.byExt[path.Ext(base)], x.rest} {
		for i := range list {
			if list[i].matches(p, base) {
				found = append(found, list[i].format)
			}
		}
	}
	return found
}

// isPage says of a path in small letters, somewhere below the root and in no
// folder of a tool, that it is a page on agents or a product rather than a file
// that a tool would open: docs/agents.md.
func isPage(p string) bool {
	return strings.Contains(p, "/") && p == strings.ToLower(p) && p == asTyped(p) &&
		!slices.ContainsFunc(strings.Split(p, "/"), func(part string) bool { return toolFolders[part] })
}

// asTyped is a path as file systems compare it that ignore case, as those of
// macOS and Windows do: in small letters, without the characters that macOS
// ignores, and without the points and blanks that Windows drops at the end of a
// name. Sources: Apple TN1150, HFS Plus, Case-insensitive string comparison;
// Windows documentation, Naming files.
func asTyped(p string) string {
	p = strings.ToLower(strings.Map(func(r rune) rune {
		if r >= 0x200c && r <= 0x200f || r >= 0x202a && r <= 0x202e || r >= 0x206a && r <= 0x206f || r == 0xfeff {
			return -1
		}
		return r
	}, p))
	if !strings.Contains(p, " ") && !strings.Contains(p, "./") && !strings.HasSuffix(p, ".") {
		return p
	}
	parts := strings.Split(p, "/")
	for i := range parts {
		parts[i] = strings.TrimRight(parts[i], " .")
	}
	return strings.Join(parts, "/")
}

func (p *formatPath) matches(full, base string) bool {
	switch {
	case p.suffix != "":
		return strings.HasSuffix(base, p.suffix)
	case p.glob == "":
		return true
	}
	return doublestar.MatchUnvalidated(p.glob, full)
}

// matchAny reports whether a glob pattern matches a path.
func matchAny(patterns []string, p string) bool {
	for _, pattern := range patterns {
		if ok, _ := doublestar.Match(pattern, p); ok {
			return true
		}
	}
	return false
}
