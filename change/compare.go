package change

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
)

// Compare says what the change from base to head does to AI agents.
//
// It is a pure function of the two trees and the settings: equal input gives
// equal bytes, and equal trees give an empty set. An error means that a tree
// could not be read, so that nothing is known; content that makes no sense is
// no error but a change of unknown direction.
func Compare(base, head Tree, s Settings) (Set, error) {
	c := &comparison{
		base:     &side{tree: base, files: map[string]*file{}},
		head:     &side{tree: head, files: map[string]*file{}},
		settings: s,
		index:    catalogue(),
		renamed:  map[string]string{},
	}
	if err := c.ownFormats(); err != nil {
		return Set{}, err
	}
	c.compare()
	if c.base.err != nil {
		return Set{}, c.base.err
	}
	if c.head.err != nil {
		return Set{}, c.head.err
	}
	return Set{Version: 1, Changes: number(c.changes)}, nil
}

type comparison struct {
	base, head *side
	settings   Settings
	index      *formatIndex
	own        []*format

	pairs   []pair
	agents  []agentGlob
	changes []Change
	gone    []fact // removed by some pair, for telling a move
	come    []fact // added by some pair
	before  []*document
	after   []*document
	renamed map[string]string // files that are read as before, under another path
}

// A pair is a file of the base and what became of it. One path is empty for a
// file that was added or removed; they differ for one that was renamed.
type pair struct {
	before, after string
	format        *format // set for a file that only a reference makes governed
	agent         string
	from          []string // the files that refer to it, or that its links lead to
	linked        bool     // its files are read through symbolic links
	imported      bool     // it counts only if a governed file pulls it in
}

func (p pair) path() string { return cmp.Or(p.after, p.before) }

func (c *comparison) compare() {
	differing := c.diffTrees()
	linked := c.linkedPairs(differing)
	governed, plain := c.split(differing, linked)
	c.pairs = pairRenames(c, governed)
	for i := range c.pairs {
		p := &c.pairs[i]
		if c.isWeak(p) || !c.comparePair(p) {
			plain = append(plain, *p)
		} else if !c.isInstructions(p) {
			q := *p
			q.imported = true
			plain = append(plain, q)
		}
	}
	for i := range linked {
		c.comparePair(&linked[i])
	}
	if len(differing) > 0 {
		near := foldersAbove(plain)
		base, head := c.base.references(c, near), c.head.references(c, near)
		for _, p := range c.followReferences(plain, base, head) {
			c.comparePair(&p)
		}
		c.followRuns(differing, base, head)
		c.compareAttributes(base, head)
	}
	c.matchMoves()
	c.compareScopes()
	c.settleCompiled()
}

// diffTrees lists the paths at which the trees differ, sorted.
func (c *comparison) diffTrees() []pair {
	if d, ok := c.base.tree.(Differ); ok {
		if out, ok := d.Diff(c.head.tree); ok {
			return out.pairs()
		}
	}
	var old []Entry
	for e := range c.base.tree.Entries() {
		old = append(old, e)
	}
	var out []pair
	i := 0
	for e := range c.head.tree.Entries() {
		for ; i < len(old) && old[i].Path < e.Path; i++ {
			out = append(out, pair{before: old[i].Path})
		}
		switch {
		case i == len(old) || old[i].Path != e.Path:
			out = append(out, pair{after: e.Path})
		default:
			if old[i].ID != e.ID || old[i].Mode != e.Mode {
				out = append(out, pair{before: e.Path, after: e.Path})
			}
			i++
		}
	}
	for ; i < len(old); i++ {
		out = append(out, pair{before: old[i].Path})
	}
	return out
}

// A Differ is a Tree that knows more cheaply than by listing both trees what
// differs between it and another.
type Differ interface {
	Tree
	// Diff lists the paths that are absent on one side, or hold another mode or
	// blob there, sorted. ok is false when it cannot tell.
	Diff(head Tree) (paths Diff, ok bool)
}

// A Diff lists what differs between two trees.
type Diff struct {
	Removed, Added, Modified []string
}

func (d Diff) pairs() []pair {
	var out []pair
	for _, p := range d.Removed {
		out = append(out, pair{before: p})
	}
	for _, p := range d.Added {
		out = append(out, pair{after: p})
	}
	for _, p := range d.Modified {
		out = append(out, pair{before: p, after: p})
	}
	slices.SortStableFunc(out, func(a, b pair) int { return cmp.Compare(a.path(), b.path()) })
	return out
}

// split tells the files that some format's path may mean from all others. What
// the settings take out is none, unless a file that they leave in pulls it in.
// Paths that are reached through links are compared as such.
func (c *comparison) split(all, linked []pair) (governed, plain []pair) {
	reached := map[string]bool{}
	for i := range linked {
		reached[linked[i].path()] = true
	}
	for _, p := range all {
		switch at := p.path(); {
		case reached[at]:
		case c.ignored(at):
			p.imported = true
			plain = append(plain, p)
		case len(c.index.candidates(at)) > 0 || c.ownFormat(at):
			governed = append(governed, p)
		default:
			plain = append(plain, p)
		}
	}
	return governed, plain
}

// ignored says that the settings take a file out. They cannot take out what
// governs the governing.
func (c *comparison) ignored(p string) bool {
	return len(c.settings.Ignore) > 0 && matchAny(c.settings.Ignore, p) && !isPolicyPath(p)
}

func (c *comparison) ownFormat(p string) bool {
	for _, f := range c.own {
		if matchAny(f.paths, p) {
			return true
		}
	}
	return false
}

// comparePair compares one file with what became of it, for the format that
// recognises it and for each of the repository's own. It reports whether any
// did.
func (c *comparison) comparePair(p *pair) bool {
	before, after := c.base.loadIf(p.before), c.head.loadIf(p.after)
	if p.linked {
		before, after = c.base.through(p.path()), c.head.through(p.path())
	}
	if p.format != nil {
		c.compareAs(p, before.as(p.format), after.as(p.format), p.format, p.format)
		return true
	}
	old, now := c.recognise(p, before, after)
	switch {
	case old != nil && now != nil && !c.sameReader(p, old, now):
		gone, come := *p, *p
		gone.after, come.before = "", ""
		c.compareAs(&gone, before.as(old), nil, old, nil)
		c.compareAs(&come, nil, after.as(now), nil, now)
	case old != nil || now != nil:
		if p.before != "" && p.after != "" {
			c.renamed[p.before] = p.after
		}
		c.compareAs(p, before.as(old), after.as(now), old, now)
	}
	found := old != nil || now != nil
	for _, f := range c.own {
		if c.compareOwn(p, before, after, f) {
			found = true
		}
	}
	return found
}

// compareOwn compares the versions that one of the repository's own formats
// means. It reports whether there are any.
func (c *comparison) compareOwn(p *pair, before, after *file, f *format) bool {
	own := *f
	own.parser = parserByName(p.path())
	q := *p
	if !matchAny(f.paths, p.before) {
		q.before, before = "", nil
	}
	if !matchAny(f.paths, p.after) {
		q.after, after = "", nil
	}
	if before == nil && after == nil {
		return false
	}
	c.compareAs(&q, before.as(&own), after.as(&own), &own, &own)
	return true
}

// isWeak says that only a file's name or its shape makes it governed. Then a
// file that pulls it in knows better what it is.
func (c *comparison) isWeak(p *pair) bool {
	for _, side := range []struct {
		side *side
		path string
	}{{c.head, p.after}, {c.base, p.before}} {
		if len(c.index.candidates(side.path)) == 0 {
			continue // and its content is not asked for
		}
		if f := c.formatOf(side.side.loadIf(side.path)); f != nil {
			return f.weak
		}
	}
	return false
}

// isInstructions says of a file that it is compared as the text that it is, so
// that whoever pulls it in has nothing to add.
func (c *comparison) isInstructions(p *pair) bool {
	for _, f := range []*format{c.formatOf(c.head.loadIf(p.after)), c.formatOf(c.base.loadIf(p.before))} {
		if f != nil && slices.ContainsFunc(f.prompt, func(p place) bool { return p.slot.text == "." || p.slot.text == "body" }) {
			return true
		}
	}
	return false
}

func (s *side) loadIf(p string) *file {
	if p == "" {
		return nil
	}
	return s.load(p)
}

// as reads a file as the format wants it. It returns nil for an absent file.
func (f *file) as(format *format) *document {
	if f == nil || format == nil {
		return nil
	}
	d := *f.document(format.parser)
	d.format, d.run = format.id, format.run
	if format.own {
		d.own = format
	}
	return &d
}

// recognise finds the format of each version. A version that lost the format's
// signature at the same path is still read as that format, so that breaking
// the signature does not hide what went.
func (c *comparison) recognise(p *pair, before, after *file) (old, now *format) {
	old, now = c.formatOf(before), c.formatOf(after)
	if p.before == p.after && before != nil && after != nil {
		old, now = cmp.Or(old, now), cmp.Or(now, old)
	}
	return old, now
}

func (c *comparison) formatOf(f *file) *format {
	if f == nil {
		return nil
	}
	if f.recognised {
		return f.format
	}
	f.recognised = true
	for _, candidate := range c.index.candidates(f.entry.Path) {
		if candidate.accepts(f.document(candidate.parser), f.side) {
			f.format = candidate
			break
		}
	}
	return f.format
}

// compareAs compares two versions of a file, each under its format. Absent
// versions are nil.
func (c *comparison) compareAs(p *pair, before, after *document, old, now *format) {
	if before != nil && after != nil {
		before.peer, after.peer = after, before
	}
	for _, d := range []*document{before, after} {
		if d != nil {
			c.nameAgent(p, d, old, now)
		}
	}
	was, is := c.facts(p, before, old), c.facts(p, after, now)
	before.readScopes(p.from)
	after.readScopes(p.from)
	if before != nil && before.broken != nil || after != nil && after.broken != nil {
		c.reportBroken(p, before, after, cmp.Or(now, old), append(was, is...))
		return
	}
	if before != nil {
		c.before = append(c.before, before)
	}
	if after != nil {
		c.after = append(c.after, after)
	}
	c.compareFacts(was, is)
}

// maxFacts bounds what one file may say, and maxRules the rules of tools among
// it. A file beyond them is no agent of anybody's, and is reported as one that
// cannot be read.
const (
	maxFacts = 20_000
	maxRules = 20_000
)

func (d *document) giveUp(format string, args ...any) {
	d.broken, d.excess = &Finding{Code: "too-large", Path: d.entry.Path, Text: fmt.Sprintf(format, args...)}, true
}

// readScopes reads the scopes of a document, which may be nil or broken, and
// which stand in other files as well.
func (d *document) readScopes(also []string) {
	if d == nil || d.broken != nil {
		return
	}
	if d.run {
		d.scopes = runScopes(d)
	} else if d.own != nil {
		d.scopes = d.own.ownScopes(d)
	} else {
		d.scopes = scopesOf(d)
	}
	rules := len(d.scopes)
	for i := range d.scopes {
		rules += len(d.scopes[i].rules)
		d.scopes[i].paths = append(d.scopes[i].paths, also...)
	}
	if rules > maxRules {
		d.scopes = nil
		d.giveUp("more than %d rules of tools", maxRules)
	}
}

// facts takes the facts of a document, which may be nil or broken.
func (c *comparison) facts(p *pair, d *document, f *format) []fact {
	if d == nil || d.broken != nil {
		return nil
	}
	out := factsOf(d, f)
	if d.broken != nil {
		return nil
	}
	if len(out) > maxFacts {
		d.giveUp("more than %d models, prompts and parameters", maxFacts)
		return nil
	}
	included := c.includedBy(d, f)
	quiet := c.quiet(d.entry.Path, f) && p.format == nil
	for i := range out {
		out[i].notice = out[i].notice || quiet
		out[i].paths = append(out[i].paths, p.from...)
		if out[i].kind == Prompt {
			out[i].paths = append(out[i].paths, included...)
		}
		if name := c.settingsAgent(out[i].path); name != "" {
			out[i].agent = name
		}
	}
	return out
}

// number sorts changes and gives them their ids.
func number(changes []Change) []Change {
	if changes == nil {
		changes = []Change{}
	}
	slices.SortStableFunc(changes, func(a, b Change) int {
		return cmp.Or(
			cmp.Compare(rank(a), rank(b)),
			cmp.Compare(a.Path, b.Path),
			cmp.Compare(a.Kind, b.Kind),
			cmp.Compare(a.Agent, b.Agent),
			cmp.Compare(a.Slot, b.Slot),
			cmp.Compare(a.Change, b.Change),
			cmp.Compare(text(a.Before), text(b.Before)),
			cmp.Compare(text(a.After), text(b.After)),
		)
	})
	for i := range changes {
		changes[i].ID = "c" + strconv.Itoa(i+1)
	}
	return changes
}

func rank(c Change) int {
	if c.Confidence == Notice {
		return 1
	}
	return 0
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// compareScopes compares the tool scopes of all documents that take part, since
// a rule may move between files.
func (c *comparison) compareScopes() {
	collect := func(docs []*document) []scope {
		var out []scope
		for _, d := range docs {
			out = append(out, d.scopes...)
		}
		return out
	}
	for _, ch := range compareScopes(collect(c.before), collect(c.after), c.renamed) {
		if f := c.index.byID[ch.Format]; f != nil && c.quiet(ch.Path, f) {
			ch.Confidence = Notice
		}
		c.changes = append(c.changes, ch)
	}
}
