package change

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

func (p *tomlParser) raw() (string, error) {
	end := strings.IndexAny(p.s[p.i+1:], "'\n")
	if end < 0 || p.s[p.i+1+end] == '\n' {
		return "", syntaxErrorf(p.line, "string without an end")
	}
	s := p.s[p.i+1 : p.i+1+end]
	p.i += end + 2
	return s, nil
}

func (p *tomlParser) basic() (string, error) {
	start := p.i + 1
	for i := start; i < len(p.s); i++ {
		switch p.s[i] {
		case '\\':
			i++
		case '\n':
			return "", syntaxErrorf(p.line, "string without an end")
		case '"':
			p.i = i + 1
			return p.unescape(p.s[start:i])
		}
	}
	return "", syntaxErrorf(p.line, "string without an end")
}

func (p *tomlParser) multiline(quote string) (string, error) {
	start := p.i + 3
	end := start
	for {
		if end >= len(p.s) {
			return "", syntaxErrorf(p.line, "string without an end")
		}
		if quote == `"""` && p.s[end] == '\\' {
			end += 2
			continue
		}
		if strings.HasPrefix(p.s[end:], quote) {
			break
		}
		end++
	}
	for n := 0; n < 2 && end+3 < len(p.s) && p.s[end+3] == quote[0]; n++ {
		end++ // up to two quotes may stand before the closing ones
	}
	line := p.line
	s := p.s[start:end]
	p.line += strings.Count(s, "\n")
	p.i = end + 3
	s = strings.TrimPrefix(strings.TrimPrefix(s, "\r"), "\n")
	if quote == "'''" {
		return s, nil
	}
	text, err := p.unescape(s)
	if err != nil {
		return "", syntaxErrorf(line, "unknown escape in a string")
	}
	return text, nil
}

func (p *tomlParser) unescape(s string) (string, error) {
	at := strings.IndexByte(s, '\\')
	if at < 0 {
		return s, nil
	}
	b := append(make([]byte, 0, len(s)), s[:at]...)
	for i := at; i < len(s); i++ {
		if s[i] != '\\' {
			b = append(b, s[i])
			continue
		}
		if i++; i >= len(s) {
			return "", syntaxErrorf(p.line, "unknown escape in a string")
		}
		c := s[i]
		if k := strings.IndexByte(`"\bfnrte`, c); k >= 0 {
			b = append(b, "\"\\\b\f\n\r\t\x1b"[k])
			continue
		}
		if size := map[byte]int{'u': 4, 'U': 8, 'x': 2}[c]; size > 0 && i+size < len(s) {
			v, err := strconv.ParseUint(s[i+1:i+1+size], 16, 32)
			if err != nil || v > utf8.MaxRune {
				return "", syntaxErrorf(p.line, "unknown escape in a string")
			}
			b = utf8.AppendRune(b, rune(v))
			i += size
			continue
		}
		rest := strings.TrimLeft(s[i:], " \t\r")
		if !strings.HasPrefix(rest, "\n") {
			return "", syntaxErrorf(p.line, "unknown escape in a string")
		}
		i = len(s) - len(strings.TrimLeft(rest, " \t\r\n")) - 1
	}
	return string(b), nil
}
