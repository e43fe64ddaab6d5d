package review

import (
	"fmt"
	"strings"

	"github.com/countersign-dev/countersign/change"
)

// describe says in words what a change does, a line each, with its findings.
func describe(ch change.Change) []string {
	lines := []string{describeKind(ch)}
	for i, entry := range ch.Added {
		if i == 12 {
			lines = append(lines, fmt.Sprintf("and %d more added", len(ch.Added)-i))
			break
		}
		lines = append(lines, "➕ "+code(entry))
	}
	for i, entry := range ch.Removed {
		if i == 12 {
			lines = append(lines, fmt.Sprintf("and %d more removed", len(ch.Removed)-i))
			break
		}
		lines = append(lines, "➖ "+code(entry))
	}
	if ch.Restores != "" {
		lines = append(lines, "↩️ brings back what "+code(ch.Restores)+" landed")
	}
	for _, f := range ch.Findings {
		where := ""
		if f.Line > 0 {
			where = fmt.Sprintf(" (line %d)", f.Line)
		}
		lines = append(lines, "⚠️ "+prose(f.Text)+where)
	}
	return lines
}

func describeKind(ch change.Change) string {
	switch ch.Kind {
	case change.Model:
		return "**Model" + verbOf(ch) + "** " + fromTo(ch) + stepOf(ch)
	case change.ModelParams:
		return "**Model parameter" + verbOf(ch) + "** " + fromTo(ch)
	case change.Prompt:
		text := "**Prompt " + ch.Change + "**" + movedFrom(ch)
		if ch.Lines != nil {
			text += fmt.Sprintf(" (+%d −%s)", ch.Lines.Added, plural(ch.Lines.Removed, "line", "lines"))
		}
		return text
	case change.ToolScope:
		return "**" + scopeWords[ch.Direction] + "**" + dimensionOf(ch) + " " + fromTo(ch)
	}
	text := "**Countersign's own rules " + ch.Change + "**"
	if v := fromTo(ch); v != "" && !strings.Contains(v, "sha256:") { // digests tell nobody anything
		text += " " + v
	}
	return text
}

// movedFrom says where something that moved was before, as far as is known.
func movedFrom(ch change.Change) string {
	var from []string
	for _, p := range MovedFrom(ch) {
		from = append(from, code(p))
	}
	if len(from) == 0 {
		return ""
	}
	return " from " + strings.Join(firstFew(from, 4), " or ")
}

var scopeWords = map[change.Direction]string{
	change.Widens: "May do more", change.Narrows: "May do less", change.Both: "May do more here, less there",
	change.Unknown: "What it may do changes in a way that cannot be told",
}

func dimensionOf(ch change.Change) string {
	if ch.Dimension == "" {
		return ""
	}
	return " (" + strings.ReplaceAll(ch.Dimension, "_", " ") + ")"
}

func verbOf(ch change.Change) string {
	if ch.Change == "modified" {
		return ""
	}
	return " " + ch.Change
}

func stepOf(ch change.Change) string {
	switch ch.Step {
	case "":
		return ""
	case change.StepOutside:
		return " — pinned outside the repository"
	case change.StepFloating:
		return " — now floats: the provider decides what runs"
	case change.StepPinned:
		return " — now pinned"
	}
	return " — another " + string(ch.Step)
}

// fromTo shows before and after of a value that has them.
func fromTo(ch change.Change) string {
	switch {
	case ch.Before == nil && ch.After == nil:
		return ""
	case ch.Before == nil:
		return code(*ch.After)
	case ch.After == nil:
		return "was " + code(*ch.Before)
	}
	return code(*ch.Before) + " → " + code(*ch.After)
}

// MovedFrom lists the files that a change which is a move can have come from.
// It is empty for what moved within its file, and for other changes.
func MovedFrom(ch change.Change) (out []string) {
	if ch.Change != "moved" {
		return nil
	}
	for _, p := range ch.Paths {
		if p != ch.Path {
			out = append(out, p)
		}
	}
	return out
}
