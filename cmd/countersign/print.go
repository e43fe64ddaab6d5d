package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"

	"github.com/countersign-dev/countersign/change"
	"github.com/countersign-dev/countersign/review"
)

// plain makes text from a repository safe to print on a terminal: what does
// not print is escaped, white space is folded, and it ends after limit runes.
func plain(s string, limit int) string {
	var b strings.Builder
	n := 0
	for _, r := range s {
		if n++; n > limit {
			return b.String() + "…"
		}
		switch {
		case unicode.IsSpace(r):
			b.WriteByte(' ')
		case unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			fmt.Fprintf(&b, `\u{%x}`, r)
		}
	}
	return b.String()
}

// printSet prints a change set for people.
func printSet(w io.Writer, set change.Set) error {
	if len(set.Changes) == 0 {
		_, err := fmt.Fprintln(w, "No agent changes.")
		return err
	}
	var b strings.Builder
	notices := false
	for _, ch := range set.Changes {
		if ch.Confidence == change.Notice && !notices {
			notices = true
			b.WriteString("\nNotices (need no sign-off):\n")
		}
		printChange(&b, ch, "")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// printChange prints one change, its first line as one sentence.
func printChange(b *strings.Builder, ch change.Change, indent string) {
	agent := plain(ch.Agent, 60)
	if agent == "" {
		agent = "(no agent named)"
	}
	fmt.Fprintf(b, "%s%s  %s\n", indent, agent, sentenceOf(ch))
	where := plain(ch.Path, 120)
	if ch.Slot != "" && ch.Slot != "." {
		where += "  " + plain(ch.Slot, 80)
	}
	fmt.Fprintf(b, "%s    %s\n", indent, where)
	printEntries(b, indent, "+", ch.Added)
	printEntries(b, indent, "-", ch.Removed)
	for _, f := range ch.Findings {
		line := ""
		if f.Line > 0 {
			line = fmt.Sprintf(" (line %d)", f.Line)
		}
		fmt.Fprintf(b, "%s    ! %s%s\n", indent, plain(f.Text, 200), line)
	}
}

func printEntries(b *strings.Builder, indent, sign string, entries []string) {
	const most = 12
	for i, e := range entries {
		if i == most {
			fmt.Fprintf(b, "%s    %s and %d more\n", indent, sign, len(entries)-most)
			return
		}
		fmt.Fprintf(b, "%s    %s %s\n", indent, sign, plain(e, 160))
	}
}

var directionWords = map[change.Direction]string{
	change.Widens: "may do more", change.Narrows: "may do less",
	change.Both: "may do more here and less there", change.Unknown: "may do something else; which way cannot be told",
}

// sentenceOf says in words what a change does.
func sentenceOf(ch change.Change) string {
	switch ch.Kind {
	case change.Model:
		s := "model " + wordFor(ch) + values(ch)
		switch ch.Step {
		case "":
		case change.StepOutside:
			s += " (pinned outside the repository)"
		default:
			s += " (" + string(ch.Step) + ")"
		}
		return s
	case change.ModelParams:
		return "model parameter " + wordFor(ch) + values(ch)
	case change.Prompt:
		s := "prompt " + ch.Change
		if from := review.MovedFrom(ch); len(from) > 0 {
			s += " from " + plain(strings.Join(from, " or "), 240)
		}
		if ch.Lines != nil {
			s += fmt.Sprintf(" (+%d -%s)", ch.Lines.Added, plural(ch.Lines.Removed, "line", "lines"))
		}
		return s
	case change.ToolScope:
		s := directionWords[ch.Direction]
		if ch.Dimension != "" {
			s += " (" + strings.ReplaceAll(ch.Dimension, "_", " ") + ")"
		}
		return strings.TrimSpace(s + " " + values(ch))
	}
	return strings.TrimSpace("Countersign's own rules " + ch.Change + " " + policyValues(ch))
}

// policyValues are before and after of a setting. Of a file of rules there are
// only digests, which tell nobody anything.
func policyValues(ch change.Change) string {
	v := values(ch)
	if strings.Contains(v, "sha256:") {
		return ""
	}
	return v
}

// wordFor is the verb of a change, left out where before and after say it.
func wordFor(ch change.Change) string {
	if ch.Change == "modified" {
		return ""
	}
	return ch.Change + " "
}

func values(ch change.Change) string {
	switch {
	case ch.Before != nil && ch.After != nil:
		return plain(*ch.Before, 80) + " -> " + plain(*ch.After, 80)
	case ch.After != nil:
		return plain(*ch.After, 80)
	case ch.Before != nil:
		return "was " + plain(*ch.Before, 80)
	}
	return ""
}

// plural counts things in words: 1 record, 2 records.
func plural[N int | int64](n N, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// isTerminal reports whether f is a terminal, for progress.
func isTerminal(f *os.File) bool {
	st, err := f.Stat()
	return err == nil && st.Mode()&os.ModeCharDevice != 0
}
