package change

import (
	"crypto/sha256"
	"encoding/hex"
)

// reportBroken adds one change for each kind that a format can hold, because a
// version of the file cannot be read as what it is. What changed in it is
// unknown, and unknown is not nothing.
func (c *comparison) reportBroken(p *pair, before, after *document, f *format) {
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
	ch := Change{Agent: d.agent, Path: p.path(), Paths: pathsOf(p), Format: f.id, Change: what, Confidence: InSlot,
		Added: []string{}, Removed: []string{}, Findings: []Finding{}}
	if f.isQuiet(p.path()) && c.settingsAgent(p.path()) == "" && p.format == nil {
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
