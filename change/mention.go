package change

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// atMentions lists the @path imports of a text, each once. Source: Claude Code
// documentation, Memory, Imports; those in code spans and code blocks are none.
//
// A name that is none costs nothing, as no such file changes; one that is missed
// hides a prompt. So code is only what every reader takes for code: a span that
// ends on its line, and a block whose fences stand at the margin.
func atMentions(s string) []string {
	if strings.IndexByte(s, '@') < 0 {
		return nil
	}
	m := mentions{seen: map[string]bool{}}
	lines := strings.SplitAfter(s, "\n")
	front := frontLines(lines)
	markup, open := false, false // markup and an open span make everything uncertain
	for i := 0; i < len(lines) && len(m.out) <= maxImports; i++ {
		line := lines[i]
		if i >= front && !markup {
			if end := endOfFence(lines, i); end > i {
				i, open = end, false
				continue
			}
		}
		trimmed := strings.TrimSpace(line)
		markup = markup || strings.HasPrefix(trimmed, "<")
		if open = open && trimmed != ""; open || markup || strings.Contains(line, "\\`") {
			open = open || strings.Contains(line, "`")
			m.line(line)
			continue
		}
		line, open = withoutSpans(line)
		m.line(line)
	}
	return m.out
}

// frontLines counts the lines of front matter.
func frontLines(lines []string) int {
	if strings.TrimRight(lines[0], " \t\r\n") == "---" {
		for i, line := range lines[1:] {
			if strings.TrimRight(line, " \t\r\n") == "---" {
				return i + 2
			}
		}
	}
	return 0
}

// endOfFence returns the last line of the fenced block that begins at a line, or
// that line itself where none begins, or none that ends. Source: CommonMark,
// Fenced code blocks.
func endOfFence(lines []string, at int) int {
	sign, n := fence(lines[at])
	info := lines[at][n:]
	if n < 3 || sign == '`' && strings.Contains(info, "`") {
		return at
	}
	for i := at + 1; i < len(lines); i++ {
		if other, m := fence(lines[i]); other == sign && m >= n && strings.TrimSpace(lines[i][m:]) == "" {
			return i
		}
	}
	return at
}

// fence returns the sign that a line begins with and how often.
func fence(line string) (sign byte, n int) {
	if line == "" || line[0] != '`' && line[0] != '~' {
		return 0, 0
	}
	for n < len(line) && line[n] == line[0] {
		n++
	}
	return line[0], n
}

// withoutSpans cuts the code spans out of a line. open says that a span may go
// on in the next one. Source: CommonMark, Code spans.
func withoutSpans(line string) (out string, open bool) {
	if !strings.Contains(line, "`") {
		return line, false
	}
	var b strings.Builder
	for {
		at := strings.IndexByte(line, '`')
		if at < 0 || strings.Contains(line[:at], "<") { // a tag may hold the sign
			b.WriteString(line)
			return b.String(), open || at >= 0
		}
		_, n := fence(line[at:])
		b.WriteString(line[:at])
		rest := line[at+n:]
		end := closing(rest, n)
		if end < 0 {
			open, line = true, rest
			continue
		}
		if open { // of two signs any may be the one that opens
			b.WriteString(rest[:end])
		}
		line = rest[end+n:]
	}
}

// closing finds a run of exactly n signs.
func closing(s string, n int) int {
	for at := 0; ; {
		next := strings.IndexByte(s[at:], '`')
		if next < 0 {
			return -1
		}
		at += next
		_, m := fence(s[at:])
		if m == n {
			return at
		}
		at += m
	}
}

type mentions struct {
	out  []string
	seen map[string]bool
}

func (m *mentions) add(name string) {
	if name != "" && !m.seen[name] {
		m.seen[name] = true
		m.out = append(m.out, name)
	}
}

// line adds what the words of a line mention. A blank in a name has a backslash
// before it; what follows # is a place in the file.
func (m *mentions) line(s string) {
	if strings.IndexByte(s, '@') < 0 {
		return
	}
	for word := range strings.FieldsSeq(strings.ReplaceAll(s, `\ `, "\x00")) {
		at := strings.IndexByte(word, '@')
		if at < 0 || len(m.out) > maxImports {
			continue
		}
		if r, _ := utf8.DecodeLastRuneInString(word[:at]); at > 0 && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			continue // an address
		}
		name := strings.ReplaceAll(word[at+1:], "\x00", " ")
		m.add(name)
		name, _, _ = strings.Cut(name, "#")
		m.add(name)
		m.add(strings.TrimRight(name, ".,;:!?)]}\"'*"))
	}
}
