package change

import (
	"crypto/sha256"
	"encoding/hex"
)

// reportBroken adds one change for each kind that a format can hold, because a
// version of the file cannot be read as what it is. What changed in it is
// unknown, and unknown is not nothing. Known are the facts of the version that
// can be read, if any.
//
// Where a format is recognised by its content, and neither version is known to
// speak of an agent, the file is nobody's: a workflow that only builds.
func (c *comparison) reportBroken(p *pair, before, after *document, f *format, known []fact) {
	weight := f.weightOfBroken(before, after, known)
	if weight == "" {
		return
	}
	what := "modified"
	switch {
	case before == nil:
		what = "added"
	case after == nil:
		what = "removed"
	}
	d := after
	if d == nil {
		d = before
	}
	ch := Change{Agent: d.agent, Path: p.path(), Paths: pathsOf(p), Format: f.id, Change: what, Confidence: weight,
		Added: []string{}, Removed: []string{}, Findings: []Finding{}}
	if c.quiet(p.path(), f) && p.format == nil {
		ch.Confidence = Notice
	}
	for _, side := range []*document{before, after} {
		if side != nil && side.broken != nil {
			ch.Findings = append(ch.Findings, *side.broken)
		}
	}
	for _, kind := range f.kinds() {
		ch := ch
		ch.Kind = kind
		switch kind {
		case ToolScope:
			ch.Direction = Unknown
		case Prompt, Policy:
			ch.Before, ch.After = contentDigest(before), contentDigest(after)
			if kind == Prompt {
				ch.Lines = &Lines{}
			}
		}
		c.changes = append(c.changes, ch)
	}
}

// weightOfBroken says how a file that cannot be read is reported: like what is
// known of it, and not at all when nothing says that it is an agent's.
func (f *format) weightOfBroken(before, after *document, known []fact) Confidence {
	if len(f.when) == 0 && (len(f.mentions) == 0 || !unparsed(before, after)) {
		return InSlot
	}
	for _, d := range []*document{before, after} {
		if d != nil && (d.excess && !f.notice || d.broken != nil && f.mentioned(d) || len(d.scopes) > 0) {
			return InSlot
		}
	}
	weight := Confidence("")
	for i := range known {
		if !known[i].notice {
			return InSlot
		}
		weight = Notice
	}
	return weight
}

// unparsed says that all that cannot be read is text that does not parse, so that
// it can be searched for what the format always mentions.
func unparsed(docs ...*document) bool {
	for _, d := range docs {
		if d != nil && d.broken != nil && d.broken.Code != "does-not-parse" {
			return false
		}
	}
	return true
}

func contentDigest(d *document) *string {
	if d == nil {
		return nil
	}
	sum := sha256.Sum256(d.data)
	s := "sha256:" + hex.EncodeToString(sum[:])
	return &s
}

// kinds lists what a format can hold.
func (f *format) kinds() []Kind {
	if f.policy() {
		return []Kind{Policy}
	}
	var out []Kind
	if len(f.model) > 0 || len(f.read) > 0 {
		out = append(out, Model)
	}
	if len(f.params) > 0 {
		out = append(out, ModelParams)
	}
	if len(f.prompt) > 0 || len(f.read) > 0 {
		out = append(out, Prompt)
	}
	if f.tools != "" {
		out = append(out, ToolScope)
	}
	return out
}
