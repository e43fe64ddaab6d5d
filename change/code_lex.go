package change

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A codeLang says how a language writes strings, comments and blocks. One
// tokenizer serves all of them.
type codeLang struct {
	name     string
	hash     bool   // # begins a comment
	slash    bool   // // and /* */ are comments
	triple   bool   // """ begins text over lines
	single   bool   // ' begins a string; otherwise it is a character
	backtick byte   // 'r' raw string, 't' template with ${ }, 0 nothing
	prefixes string // letters that may stand before a quote
	regex    bool   // /…/ is a literal
	indent   bool   // blocks are made by indentation
}

type tokenKind uint8

const (
	wordToken tokenKind = iota
	numberToken
	stringToken
	punctToken
)

// Flags of a token.
const (
	firstOnLine  = 1 << iota // nothing but blanks before it
	rawText                  // escapes are not escapes
	doubledQuote             // "" stands for "
	interpolated             // holds expressions
	textBlock                // the compiler takes the common indent off
)

// A codeToken is a part of a source file. Offsets rather than text keep it
// small, so that a hostile file costs no more than a few times its size.
type codeToken struct {
	start, end int32 // strings: without the quotes
	line       int32
	indent     uint16 // columns before the first token of the line
	kind       tokenKind
	flags      uint8
}

// maxTokens bounds the memory of one file to 16 MB. Ordinary files have one for
// every five bytes.
const maxTokens = 1_000_000

type codeLexer struct {
	lang   *codeLang
	src    string
	pos    int
	line   int32
	indent uint16
	first  bool
	open   [2]int // where the line ends on which nothing closes a " or a '
	slash  int    // where the line ends on which nothing closes a regular expression
	toks   []codeToken
}

// lexCode splits a source file into tokens. It accepts any bytes: a string
// that its line does not close is a quote sign, and text over lines that does
// not close ends with the file. ok is false when the file has too many tokens.
func lexCode(lang *codeLang, src string) (toks []codeToken, ok bool) {
	x := &codeLexer{lang: lang, src: src, line: 1, first: true, toks: make([]codeToken, 0, len(src)/5+16)}
	if len(src) > 1<<20 {
		x.toks = make([]codeToken, 0, 1<<16)
	}
	for x.pos < len(src) {
		if len(x.toks) >= maxTokens {
			return x.toks, false
		}
		x.next()
	}
	return x.toks, true
}

func (x *codeLexer) next() {
	c := x.src[x.pos]
	switch {
	case c == '\n':
		x.newline()
	case c == ' ' || c == '\t' || c == '\r' || c == '\f':
		if x.first {
			x.indent++
			if c == '\t' {
				x.indent += 7
			}
		}
		x.pos++
	case c == '#' && x.lang.hash, c == '/' && x.lang.slash && strings.HasPrefix(x.src[x.pos:], "//"):
		x.pos += lineLengthString(x.src[x.pos:])
	case c == '/' && x.lang.slash && strings.HasPrefix(x.src[x.pos:], "/*"):
		x.blockComment()
	case c == '"' || c == '\'' || c == '`' && x.lang.backtick != 0:
		x.quote(x.pos, 0)
	case isIdent(c) || c >= utf8.RuneSelf || c == '$' && !x.lang.hash && x.lang.prefixes == "":
		x.wordOrPrefix()
	case c == '@' || c == '$':
		if !x.sigil() {
			x.punct(1)
		}
	case c == '/' && x.lang.regex && x.regexHere():
		x.regexLiteral()
	default:
		x.operator(c)
	}
}

func (x *codeLexer) newline() {
	x.line++
	x.pos++
	x.first, x.indent = true, 0
}

func (x *codeLexer) emit(kind tokenKind, start, end int, flags uint8) {
	if x.first {
		flags |= firstOnLine
		x.first = false
	}
	if n := len(x.toks); n == 1<<16 { // growing step by step needs the old and the new at once
		x.toks = slices.Grow(x.toks, min(maxTokens, len(x.src))-n)
	}
	x.toks = append(x.toks, codeToken{int32(start), int32(end), x.line, x.indent, kind, flags})
}

func (x *codeLexer) punct(n int) {
	x.emit(punctToken, x.pos, x.pos+n, 0)
	x.pos += n
}

// operator reads one sign, or one of the pairs that mean something here.
func (x *codeLexer) operator(c byte) {
	if x.pos+1 < len(x.src) {
		n := x.src[x.pos+1]
		switch {
		case n == '=' && strings.IndexByte("=!<>:+-*/%|&?^", c) >= 0:
			if x.pos+2 < len(x.src) && x.src[x.pos+2] == '=' {
				x.punct(3)
				return
			}
			x.punct(2)
			return
		case c == '=' && n == '>', c == '-' && n == '>', c == '?' && n == '?', c == '|' && n == '|', c == '&' && n == '&', c == '?' && n == '.', c == ':' && n == ':':
			x.punct(2)
			return
		}
	}
	x.punct(1)
}

func (x *codeLexer) blockComment() {
	end := strings.Index(x.src[x.pos+2:], "*/")
	stop := len(x.src)
	if end >= 0 {
		stop = x.pos + 2 + end + 2
	}
	x.line += int32(strings.Count(x.src[x.pos:stop], "\n"))
	x.pos = stop
}

// wordOrPrefix reads a word, or a string whose prefix the word is.
func (x *codeLexer) wordOrPrefix() {
	start := x.pos
	for x.pos < len(x.src) && (isIdent(x.src[x.pos]) || x.src[x.pos] >= utf8.RuneSelf || x.src[x.pos] == '$') {
		x.pos++
	}
	word := x.src[start:x.pos]
	if x.pos < len(x.src) && len(word) <= 2 && (x.src[x.pos] == '"' || x.src[x.pos] == '\'') && x.lang.indent {
		flags, ok := uint8(0), true
		for i := 0; i < len(word); i++ {
			switch word[i] {
			case 'r', 'R':
				flags |= rawText
			case 'f', 'F', 't', 'T':
				flags |= interpolated
			case 'b', 'B', 'u', 'U':
			default:
				ok = false
			}
		}
		if ok {
			x.quote(x.pos, flags)
			return
		}
	}
	kind := wordToken
	if word[0] >= '0' && word[0] <= '9' {
		kind = numberToken
		for x.pos < len(x.src) && (isIdent(x.src[x.pos]) || x.src[x.pos] == '.') {
			x.pos++
		}
	}
	x.emit(kind, start, x.pos, 0)
}

// maxSigils bounds the signs before a string: a raw string of C# begins with as
// many $ as its braces are to be doubled.
const maxSigils = 16

// sigil reads the prefixes $, @ and $@ of C# strings.
func (x *codeLexer) sigil() bool {
	if x.lang.prefixes == "" {
		return false
	}
	i, flags := x.pos, uint8(0)
	for i < len(x.src) && i < x.pos+maxSigils && strings.IndexByte(x.lang.prefixes, x.src[i]) >= 0 {
		if x.src[i] == '@' {
			flags |= rawText | doubledQuote
		} else {
			flags |= interpolated
		}
		i++
	}
	if i >= len(x.src) || x.src[i] != '"' {
		return false
	}
	x.pos = i
	x.quote(i, flags)
	return true
}

// quote reads a string that begins at i.
func (x *codeLexer) quote(i int, flags uint8) {
	q := x.src[i]
	switch {
	case q == '`':
		x.backticks(flags)
	case x.lang.triple && strings.HasPrefix(x.src[i:], strings.Repeat(string(q), 3)) && (q == '"' || x.lang.indent) && flags&doubledQuote == 0:
		x.tripleQuotes(i, q, flags)
	default:
		x.oneLine(i, q, flags)
	}
}

// tripleQuotes reads text over lines. In C# there may be more than three quotes.
func (x *codeLexer) tripleQuotes(i int, q byte, flags uint8) {
	n := 3
	for !x.lang.indent && i+n < len(x.src) && x.src[i+n] == q {
		n++
	}
	if !x.lang.indent {
		flags |= textBlock
	}
	start, end, stop := i+n, len(x.src), len(x.src)
	quotes := 0 // that stand before j
	for j := start; j < len(x.src); j++ {
		if x.src[j] == '\\' && flags&rawText == 0 && (x.lang.indent || x.lang.name == "java") {
			j++
			quotes = 0
			continue
		}
		if x.src[j] != q {
			quotes = 0
		} else if quotes++; quotes == n {
			end, stop = j+1-n, j+1
			break
		}
	}
	x.emit(stringToken, start, end, flags)
	x.line += int32(strings.Count(x.src[i:stop], "\n"))
	x.pos = stop
}

// oneLine reads a string that must end on its line. One that does not is a
// quote sign in text, as in JSX; C#'s verbatim strings may run over lines.
func (x *codeLexer) oneLine(i int, q byte, flags uint8) {
	char, at := q == '\'' && !x.lang.single, 0
	if q == '\'' {
		at = 1
	}
	if i < x.open[at] {
		x.pos = i
		x.punct(1)
		return
	}
	for j := i + 1; j < len(x.src); j++ {
		switch c := x.src[j]; {
		case c == '\\' && flags&doubledQuote == 0:
			j++
			if j < len(x.src) && x.src[j] == '\n' && (char || !x.lang.single) {
				x.pos = i
				x.punct(1)
				return
			}
		case c == q && flags&doubledQuote != 0 && j+1 < len(x.src) && x.src[j+1] == q:
			j++
		case c == q:
			if char {
				x.emit(punctToken, i, j+1, 0)
			} else {
				x.emit(stringToken, i+1, j, flags)
			}
			x.line += int32(strings.Count(x.src[i:j], "\n"))
			x.pos = j + 1
			return
		case char && j > i+12:
			x.pos = i
			x.punct(1)
			return
		case c == '\n' && flags&doubledQuote == 0:
			x.open[at] = j
			x.pos = i
			x.punct(1)
			return
		}
	}
	x.open[at] = len(x.src)
	x.pos = i
	x.punct(1)
	if flags&doubledQuote != 0 { // nothing closes it; do not look again for the next one
		x.pos = len(x.src)
	}
}

// backticks reads Go's raw string or JavaScript's template, whose ${ } may
// hold templates again.
func (x *codeLexer) backticks(flags uint8) {
	i := x.pos
	if x.lang.backtick == 'r' {
		end := strings.IndexByte(x.src[i+1:], '`')
		stop := len(x.src)
		if end >= 0 {
			stop = i + 1 + end
		}
		x.emit(stringToken, i+1, stop, flags|rawText)
		x.line += int32(strings.Count(x.src[i:stop], "\n"))
		x.pos = min(stop+1, len(x.src))
		return
	}
	end, interp := templateEnd(x.src, i+1)
	if interp {
		flags |= interpolated
	}
	x.emit(stringToken, i+1, end, flags)
	x.line += int32(strings.Count(x.src[i:end], "\n"))
	x.pos = min(end+1, len(x.src))
}

// maxTemplates bounds how deep templates stand in each other. Deeper ones end
// with the file.
const maxTemplates = 1000

// templateEnd finds the backtick that ends a template whose text begins at i.
func templateEnd(src string, i int) (end int, interp bool) {
	depth := []int{} // open braces of each ${ that encloses us; a nested template adds -1
	for ; i < len(src); i++ {
		inText := len(depth) == 0 || depth[len(depth)-1] < 0
		switch c := src[i]; {
		case c == '\\':
			i++
		case inText && c == '`':
			if len(depth) == 0 {
				return i, interp
			}
			depth = depth[:len(depth)-1]
		case inText && c == '$' && i+1 < len(src) && src[i+1] == '{':
			interp = true
			if depth = append(depth, 1); len(depth) > maxTemplates {
				return len(src), interp
			}
			i++
		case inText:
		case c == '`':
			depth = append(depth, -1)
		case c == '{':
			depth[len(depth)-1]++
		case c == '}':
			if depth[len(depth)-1]--; depth[len(depth)-1] == 0 {
				depth = depth[:len(depth)-1]
			}
		}
	}
	return len(src), interp
}

// regexHere reports whether a slash begins a regular expression: after a value
// it divides.
func (x *codeLexer) regexHere() bool {
	if len(x.toks) == 0 {
		return true
	}
	t := x.toks[len(x.toks)-1]
	switch t.kind {
	case stringToken, numberToken:
		return false
	case wordToken:
		switch x.src[t.start:t.end] {
		case "return", "typeof", "case", "in", "of", "else":
			return true
		}
		return false
	}
	c := x.src[t.end-1]
	return c != ')' && c != ']' && c != '}' && c != '<' && c != '>' && c != '"' && c != '\''
}

func (x *codeLexer) regexLiteral() {
	class, j := false, x.pos+1
	if x.pos < x.slash {
		x.punct(1)
		return
	}
	for ; j < len(x.src) && x.src[j] != '\n'; j++ {
		switch c := x.src[j]; {
		case c == '\\':
			j++
		case c == '[':
			class = true
		case c == ']':
			class = false
		case c == '/' && !class:
			x.punct(j + 1 - x.pos)
			return
		}
	}
	x.slash = min(j, len(x.src))
	x.punct(1)
}

// tokenText returns a token's text; of a string, with its escapes replaced.
func tokenText(src string, t codeToken) string {
	s := src[t.start:t.end]
	if t.kind != stringToken {
		return s
	}
	if t.flags&textBlock != 0 {
		s = strings.Join(dedent(strings.Split(strings.Trim(s, "\r\n"), "\n")), "\n")
	}
	if t.flags&doubledQuote != 0 {
		return strings.ReplaceAll(s, `""`, `"`)
	}
	if t.flags&rawText != 0 || strings.IndexByte(s, '\\') < 0 {
		return s
	}
	return unescapeCode(s)
}

// unescapeCode replaces the escapes that the languages share. An unknown one
// stays as it is.
func unescapeCode(s string) string {
	b := bytes.NewBuffer(make([]byte, 0, len(s)))
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		switch c := s[i]; c {
		case 'n':
			b.WriteByte('\n')
		case 't':
			b.WriteByte('\t')
		case 'r':
			b.WriteByte('\r')
		case '\n':
		case '"', '\'', '\\', '`', '$', '{', '/':
			b.WriteByte(c)
		case 'x', 'u', 'U':
			i += escapedRune(b, s, i)
		default:
			b.WriteByte('\\')
			b.WriteByte(c)
		}
	}
	return b.String()
}

// escapedRune writes the rune of \xHH, \uHHHH, \UHHHHHHHH or \u{H…} at i and
// returns how many bytes it took.
func escapedRune(b *bytes.Buffer, s string, i int) int {
	n := map[byte]int{'x': 2, 'u': 4, 'U': 8}[s[i]]
	digits, used := "", n
	if i+1 < len(s) && s[i+1] == '{' {
		end := strings.IndexByte(s[i:min(len(s), i+12)], '}')
		if end > 0 {
			digits, used = s[i+2:i+end], end
		}
	} else if i+n < len(s) {
		digits = s[i+1 : i+1+n]
	}
	v, err := strconv.ParseUint(digits, 16, 32)
	if err != nil {
		b.WriteByte('\\')
		b.WriteByte(s[i])
		return 0
	}
	b.WriteRune(rune(v))
	return used
}

func isIdent(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_'
}
