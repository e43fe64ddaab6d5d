package change

import (
	"bytes"
	"strconv"
	"strings"
)

// space skips blanks and comments, and newlines too when lines is set.
func (r *hclReader) space(lines bool) {
	for r.pos < len(r.src) {
		switch c := r.src[r.pos]; {
		case c == '\n':
			if !lines {
				return
			}
			r.line++
			r.pos++
		case c <= ' ':
			r.pos++
		case c == '#', c == '/' && r.peekAt(1) == '/':
			r.pos += lineLength(r.src[r.pos:])
		case c == '/' && r.peekAt(1) == '*':
			r.comment()
		default:
			return
		}
	}
}

// lineLength is the number of bytes before the next newline.
func lineLength(b []byte) int {
	if i := bytes.IndexByte(b, '\n'); i >= 0 {
		return i
	}
	return len(b)
}

func (r *hclReader) comment() {
	end := bytes.Index(r.src[r.pos+2:], []byte("*/"))
	stop := len(r.src)
	if end >= 0 {
		stop = r.pos + 2 + end + 2
	}
	r.line += bytes.Count(r.src[r.pos:stop], []byte("\n"))
	r.pos = stop
}

// quoted reads a string in quotes. A string with interpolation is returned
// verbatim and tagged.
func (r *hclReader) quoted() (text, tag string, ok bool) {
	start := r.pos + 1
	escaped := false
	for i := start; i < len(r.src); i++ {
		switch c := r.src[i]; {
		case c == '\\':
			escaped = true
			i++
		case c == '\n':
			return "", "", false
		case (c == '$' || c == '%') && i+1 < len(r.src) && r.src[i+1] == '{':
			if r.src[i-1] == c && i > start { // $${ is a literal ${
				continue
			}
			tag = hclTemplate
			end := interpolationEnd(r.src, i+2)
			r.line += bytes.Count(r.src[i:end], []byte("\n"))
			i = end - 1
		case c == '"':
			text = string(r.src[start:i])
			r.pos = i + 1
			if escaped && tag == "" {
				text = unescapeHCL(text)
			}
			return text, tag, true
		}
	}
	return "", "", false
}

// interpolationEnd returns the offset behind the brace that closes ${ , where
// i is behind its opening. Strings inside may hold braces.
func interpolationEnd(src []byte, i int) int {
	depth, inString := 1, false
	for ; i < len(src); i++ {
		switch c := src[i]; {
		case c == '\\' && inString:
			i++
		case c == '"':
			inString = !inString
		case inString:
		case c == '{':
			depth++
		case c == '}':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(src)
}

func unescapeHCL(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		switch s[i] {
		case 'n':
			b.WriteByte('\n')
		case 't':
			b.WriteByte('\t')
		case 'r':
			b.WriteByte('\r')
		case 'u':
			if i+4 < len(s) {
				if v, err := strconv.ParseUint(s[i+1:i+5], 16, 32); err == nil {
					b.WriteRune(rune(v))
					i += 4
					continue
				}
			}
			b.WriteString(`\u`)
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String()
}

// heredoc reads <<EOF and <<-EOF, the second with its common indent taken off.
func (r *hclReader) heredoc() (*Node, error) {
	line, i := r.line, r.pos+2
	indented := i < len(r.src) && r.src[i] == '-'
	if indented {
		i++
	}
	end := i + lineLength(r.src[i:])
	word := strings.TrimSpace(string(r.src[i:end]))
	if word == "" || end >= len(r.src) {
		return nil, syntaxErrorf(line, "a heredoc has no end")
	}
	var lines []string
	for i = end + 1; i < len(r.src); {
		end = i + lineLength(r.src[i:])
		text := string(r.src[i:end])
		r.line++
		if strings.TrimSpace(text) == word {
			r.pos = end
			if indented {
				lines = dedent(lines)
			}
			return &Node{Kind: StringNode, Text: strings.Join(lines, "\n"), Tag: "heredoc", Line: line}, nil
		}
		lines = append(lines, strings.TrimSuffix(text, "\r"))
		i = end + 1
	}
	return nil, syntaxErrorf(line, "a heredoc has no end")
}

// dedent takes the indent that all lines share off each of them.
func dedent(lines []string) []string {
	indent := -1
	for _, l := range lines {
		if body := strings.TrimLeft(l, " \t"); body != "" && (indent < 0 || len(l)-len(body) < indent) {
			indent = len(l) - len(body)
		}
	}
	if indent <= 0 {
		return lines
	}
	out := make([]string, len(lines))
	for i, l := range lines {
		if len(l) >= indent {
			out[i] = l[indent:]
		}
	}
	return out
}

// raw reads an expression as text, up to its end or one of stops. Comments go,
// and blanks become one space.
func (r *hclReader) raw(lines bool, stops ...byte) (string, error) {
	var b strings.Builder
	depth, line := 0, r.line
	for r.pos < len(r.src) {
		before := r.pos
		r.space(!lines || depth > 0)
		if r.pos > before && b.Len() > 0 {
			b.WriteByte(' ')
		}
		if r.pos >= len(r.src) {
			break
		}
		c := r.src[r.pos]
		if depth == 0 && (c == '\n' || c == ',' || bytes.IndexByte(stops, c) >= 0) {
			break
		}
		start := r.pos
		switch c {
		case '(', '[', '{':
			depth++
		case ')', ']', '}':
			if depth == 0 {
				return strings.TrimSpace(b.String()), nil
			}
			depth--
		case '"':
			if _, _, ok := r.quoted(); !ok {
				return "", syntaxErrorf(r.line, "a string does not end")
			}
			b.Write(r.src[start:r.pos])
			continue
		case '<':
			if r.peekAt(1) == '<' {
				n, err := r.heredoc()
				if err != nil {
					return "", err
				}
				b.WriteString(n.Text)
				continue
			}
		}
		r.pos++
		b.WriteByte(c)
	}
	if depth > 0 {
		return "", syntaxErrorf(line, "a bracket is not closed")
	}
	return strings.TrimSpace(b.String()), nil
}
