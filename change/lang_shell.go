package change

import "strings"

// A command is one simple command of a shell script.
type command struct {
	words []string // quotes taken off; assignments in front of the command are in env
	env   []string // NAME=value
	input string   // text of a heredoc
	file  string   // where output goes, after > or >>
	from  string   // the file that input comes from, after <
	piped bool     // input comes from the command before
	line  int      // from 1, within the script
}

// shellWords splits a command line as a shell does: quotes group and are taken
// off, a backslash escapes, blanks separate. Variables, substitutions and
// GitHub's ${{ }} stay as they are. An open quote ends with the text.
func shellWords(s string) []string {
	var out []string
	commands, _ := splitCommandLine(s, false)
	for _, c := range commands {
		out = append(out, c.env...)
		out = append(out, c.words...)
	}
	return out
}

// splitCommands splits a script into its simple commands. It follows pipes,
// lists, line continuations, comments and heredocs; substitutions stay text.
func splitCommands(script string) []command {
	commands, _ := splitCommandLine(script, true)
	return commands
}

// maxShellWords bounds the memory that a script takes. What follows is not read.
const maxShellWords = 100_000

type shellReader struct {
	src      string
	pos      int
	line     int
	script   bool // operators end a command
	word     strings.Builder
	inWord   bool
	quoted   bool
	current  command
	out      []command
	heredocs []heredocMark
	redirect bool // the next word is a file to write to
	discard  bool // the next word is a file to read from
	pipe     bool // the next command reads from the last
	words    int  // so far
}

type heredocMark struct {
	command int // index in out of the command that reads it
	word    string
}

// splitCommandLine also reports whether it read s to its end.
func splitCommandLine(s string, script bool) (commands []command, whole bool) {
	r := &shellReader{src: s, line: 1, script: script}
	for r.pos < len(r.src) && r.words <= maxShellWords {
		r.step()
	}
	r.endCommand()
	r.readHeredocs()
	return r.out, r.words <= maxShellWords
}

func (r *shellReader) step() {
	c := r.src[r.pos]
	switch {
	case c == '\\':
		r.escape()
	case c == '\'' || c == '"':
		r.quote(c)
	case c == '$' && strings.HasPrefix(r.src[r.pos:], "${{"):
		r.take(r.until("}}"))
	case c == '$' && r.pos+1 < len(r.src) && (r.src[r.pos+1] == '(' || r.src[r.pos+1] == '{'):
		r.take(r.group())
	case c == '`':
		r.take(r.backtick())
	case c == '\n':
		r.newline()
	case c == ' ' || c == '\t' || c == '\r':
		r.endWord()
		r.pos++
	case c == '#' && !r.inWord:
		r.pos += lineLengthString(r.src[r.pos:])
	case r.script && strings.HasPrefix(r.src[r.pos:], "<<") && !strings.HasPrefix(r.src[r.pos:], "<<<"):
		r.heredoc()
	case r.script && (c == '>' || c == '<'):
		r.arrow(c)
	case r.script && c == '(' && r.inWord && len(r.current.words) == 0 && strings.HasSuffix(r.word.String(), "=") && isAssignment(r.word.String()):
		r.pos-- // a list: as in $( … )
		n := r.group()
		r.pos++
		r.take(n - 1)
	case r.script && strings.IndexByte(";|&()", c) >= 0:
		r.endCommand()
		r.pos++
		r.pipe = c == '|' && !strings.HasPrefix(r.src[r.pos:], "|")
		r.current.piped = r.pipe
	default:
		r.inWord = true
		r.word.WriteByte(c)
		r.pos++
	}
}

func lineLengthString(s string) int {
	if i := strings.IndexByte(s, '\n'); i >= 0 {
		return i
	}
	return len(s)
}

func (r *shellReader) take(n int) {
	text := r.src[r.pos : r.pos+n]
	r.line += strings.Count(text, "\n")
	r.inWord = true
	r.word.WriteString(text)
	r.pos += n
}

// until is the length of the text up to and with mark.
func (r *shellReader) until(mark string) int {
	if i := strings.Index(r.src[r.pos:], mark); i >= 0 {
		return i + len(mark)
	}
	return len(r.src) - r.pos
}

// group is the length of $( … ) or ${ … }.
func (r *shellReader) group() int {
	depth := 0
	for i := r.pos + 1; i < len(r.src); i++ {
		switch r.src[i] {
		case '\\':
			i++
		case '(', '{':
			depth++
		case ')', '}':
			if depth--; depth == 0 {
				return i + 1 - r.pos
			}
		}
	}
	return len(r.src) - r.pos
}

func (r *shellReader) backtick() int {
	if i := strings.IndexByte(r.src[r.pos+1:], '`'); i >= 0 {
		return i + 2
	}
	return len(r.src) - r.pos
}

func (r *shellReader) escape() {
	if r.pos+1 >= len(r.src) {
		r.pos++
		return
	}
	next := r.src[r.pos+1]
	r.pos += 2
	switch {
	case next == '\n':
		r.line++
	case next == '\r' && r.pos < len(r.src) && r.src[r.pos] == '\n':
		r.line++
		r.pos++
	default:
		r.inWord = true
		r.word.WriteByte(next)
	}
}

func (r *shellReader) quote(q byte) {
	r.inWord, r.quoted = true, true
	r.pos++
	for r.pos < len(r.src) && r.src[r.pos] != q {
		c := r.src[r.pos]
		if c == '\\' && q == '"' && r.pos+1 < len(r.src) && strings.IndexByte("\"\\$`\n", r.src[r.pos+1]) >= 0 {
			r.pos++
			if c = r.src[r.pos]; c == '\n' {
				r.line++
				r.pos++
				continue
			}
		}
		if c == '\n' {
			r.line++
		}
		r.word.WriteByte(c)
		r.pos++
	}
	r.pos = min(r.pos+1, len(r.src))
}

func (r *shellReader) newline() {
	r.endWord()
	r.pos++
	r.line++
	if r.script {
		r.endCommand()
		r.readHeredocs()
	}
}

func (r *shellReader) arrow(c byte) {
	if r.inWord && allDigits(r.word.String()) { // 2>file
		r.word.Reset()
		r.inWord = false
	}
	r.endWord()
	r.pos++
	for r.pos < len(r.src) && (r.src[r.pos] == c || r.src[r.pos] == '&' || r.src[r.pos] == '|') {
		r.pos++
	}
	r.redirect, r.discard = c == '>', c == '<'
}

func (r *shellReader) heredoc() {
	r.endWord()
	r.pos += 2
	if r.pos < len(r.src) && r.src[r.pos] == '-' {
		r.pos++
	}
	for r.pos < len(r.src) && r.src[r.pos] == ' ' {
		r.pos++
	}
	start := r.pos
	for r.pos < len(r.src) && strings.IndexByte(" \t\n;|&<>)", r.src[r.pos]) < 0 {
		r.pos++
	}
	if word := strings.Trim(r.src[start:r.pos], `'"\`); word != "" && len(r.heredocs) < 16 {
		r.heredocs = append(r.heredocs, heredocMark{len(r.out), word})
	}
}

// readHeredocs takes the bodies of the heredocs that the last line opened.
func (r *shellReader) readHeredocs() {
	for _, h := range r.heredocs {
		start := r.pos
		end := len(r.src)
		for r.pos < len(r.src) {
			n := lineLengthString(r.src[r.pos:])
			text := r.src[r.pos : r.pos+n]
			at := r.pos
			r.pos = min(r.pos+n+1, len(r.src))
			r.line++
			if strings.TrimSpace(text) == h.word {
				end = at
				break
			}
		}
		if h.command < len(r.out) {
			r.out[h.command].input = strings.TrimSuffix(r.src[start:max(start, end)], "\n")
		}
	}
	r.heredocs = r.heredocs[:0]
}

func (r *shellReader) endWord() {
	if !r.inWord {
		return
	}
	w := r.word.String()
	r.words++
	if len(r.current.words) == 0 && len(r.current.env) == 0 {
		r.current.line = r.line - strings.Count(w, "\n")
	}
	switch {
	case r.redirect:
		r.current.file = w
	case r.discard:
		r.current.from = w
	case len(r.current.words) == 0 && isAssignment(w):
		r.current.env = append(r.current.env, w)
	default:
		r.current.words = append(r.current.words, w)
	}
	r.redirect, r.discard, r.inWord, r.quoted = false, false, false, false
	r.word.Reset()
}

func isAssignment(w string) bool {
	i := strings.IndexByte(w, '=')
	if i > 1 && w[i-1] == '+' { // A+=x
		i--
	}
	if i <= 0 {
		return false
	}
	for j := 0; j < i; j++ {
		if !isIdent(w[j]) {
			return false
		}
	}
	return true
}

func (r *shellReader) endCommand() {
	r.endWord()
	if len(r.current.words) > 0 || len(r.current.env) > 0 {
		r.pipe = false
		r.out = append(r.out, r.current)
	}
	for i := range r.heredocs { // a heredoc after | still belongs to the command before it
		r.heredocs[i].command = min(r.heredocs[i].command, max(len(r.out)-1, 0))
	}
	r.current = command{piped: r.pipe}
	r.redirect, r.discard = false, false
}
