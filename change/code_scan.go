package change

import "strings"

// A codeScan walks the tokens of one file once, with a stack of open brackets.
// Each frame of the stack knows what it belongs to, so that a string knows its
// place: the key, the call and the variable that it is the value of.
type codeScan struct {
	lang     *codeLang
	src      string
	toks     []codeToken
	frames   []codeFrame // frames[0] is the file
	scopes   []codeScope // functions and classes of a language that indents
	classes  map[string]nameClass
	found    []codeFact
	tools    []codeTool
	keys     int             // counts keys, so that the parts of one value are known
	spent    int             // tokens read ahead for tools
	deeper   int             // brackets open beyond maxFrames
	closed   string          // what the parenthesis closed last was called with
	pending  string          // name of the class or function whose body comes
	quiet    bool            // until the end of the statement: import, raise, type
	inCase   bool            // between case and its colon
	sdk      bool            // the file speaks of an SDK or a maker of models
	evidence bool            // the file speaks of models, agents or prompts
	prompts  bool            // the file is a module of prompts by its name
	mentions map[string]bool // what the file was asked for so far, and whether it holds it
}

const maxFrames = 100

type codeScope struct {
	name   string
	indent uint16
}

type codeFrame struct {
	open     byte // ( [ { or 0 for the file
	callee   string
	receiver string // what stands before the point: client in client.create(…)
	class    nameClass
	key      string // of the value being read: a keyword, a property, a variable
	keyID    int
	keyClass nameClass
	more     bool      // the value is added to what is there: +=
	arg      int       // number of the positional argument
	first    string    // first string argument
	name     string    // value of the sibling name or id
	role     string    // value of the sibling role
	hint     string    // an earlier argument that names a setting for a model
	fallback string    // the setting for which the value being read is the default
	scope    string    // name of the function or class whose body this is
	header   nameClass // of scope
	silent   bool      // a log, an error, a comparison: nothing in it counts
	block    bool      // lines end statements
	ternary  int       // open ? : before their colon
	since    int       // number of facts when it opened
}

type codeFact struct {
	fact
	keyID int
	parts []string // of a prompt that is put together
}

func (s *codeScan) run() {
	s.frames = append(s.frames, codeFrame{block: true})
	for i := range s.toks {
		if len(s.found) > maxFacts || len(s.tools) > maxFacts {
			return
		}
		t := s.toks[i]
		if t.flags&firstOnLine != 0 {
			s.lineStart(i)
		}
		switch t.kind {
		case wordToken:
			s.word(i)
		case numberToken:
			s.number(i)
		case stringToken:
			s.string(i)
		default:
			s.punct(i)
		}
	}
}

// holds reports whether the file holds a text, and remembers the answer.
func (s *codeScan) holds(text string) bool {
	found, asked := s.mentions[text]
	if !asked {
		if s.mentions == nil {
			s.mentions = map[string]bool{}
		}
		found = strings.Contains(s.src, text)
		s.mentions[text] = found
	}
	return found
}

func (s *codeScan) top() *codeFrame { return &s.frames[len(s.frames)-1] }

func (s *codeScan) class(name string) nameClass {
	c, ok := s.classes[name]
	if !ok {
		c = classify(name)
		s.classes[name] = c
	}
	return c
}

// is compares the text of a token that may not be there.
func (s *codeScan) is(i int, text string) bool {
	return i >= 0 && i < len(s.toks) && s.toks[i].kind != stringToken && s.src[s.toks[i].start:s.toks[i].end] == text
}

// at returns the text of a word or sign, and "" for strings and beyond the end.
func (s *codeScan) at(i int) string {
	if i < 0 || i >= len(s.toks) || s.toks[i].kind == stringToken {
		return ""
	}
	return s.src[s.toks[i].start:s.toks[i].end]
}

func (s *codeScan) isWord(i int) bool {
	return i >= 0 && i < len(s.toks) && s.toks[i].kind == wordToken
}

// lineStart ends the statement before, unless the line goes on with it.
func (s *codeScan) lineStart(i int) {
	f := s.top()
	if !f.block {
		return
	}
	if s.lang.indent {
		for n := len(s.scopes); n > 0 && s.scopes[n-1].indent >= s.toks[i].indent; n-- {
			s.scopes = s.scopes[:n-1]
		}
		if s.is(i-1, `\`) {
			return
		}
	} else if s.continues(i) {
		return
	}
	s.endStatement(f)
}

func (s *codeScan) endStatement(f *codeFrame) {
	f.key, f.keyClass, f.ternary, f.hint, f.fallback, f.name, f.role = "", 0, 0, "", "", "", ""
	s.quiet, s.inCase = false, false
}

// continues reports whether the line that begins with token i belongs to the
// statement before it.
func (s *codeScan) continues(i int) bool {
	if i == 0 {
		return false
	}
	switch s.at(i) {
	case ".", "?.", "+", "?", ":", "??", "||", "&&", "|", "=", "=>", ")", "]", "}":
		return true
	}
	switch s.at(i - 1) {
	case "+", "=", ":=", "+=", ":", ",", "??", "||", "&&", "?", "=>", "(", "[", "|", "return", "??=", "||=":
		return true
	}
	return false
}

func (s *codeScan) setKey(f *codeFrame, name string, more bool) {
	s.keys++
	f.key, f.keyID, f.keyClass, f.more = name, s.keys, s.class(name), more
}

// word reads keywords, the names of values, and constants that stand for models.
func (s *codeScan) word(i int) {
	w, f := s.at(i), s.top()
	switch w {
	case "def", "class", "func", "function", "interface", "struct", "record":
		if s.isWord(i + 1) {
			s.pending = s.at(i + 1)
			if s.lang.indent {
				s.scopes = append(s.scopes, codeScope{s.pending, s.toks[i].indent})
			}
		}
		return
	case "return", "yield":
		s.keys++
		f.key, f.keyID, f.more = "return", s.keys, false
		f.keyClass = s.class(s.function())&(namesModel|namesPrompt|namesCatalogue|namesTable) | s.around()&namesPrompt
		return
	case "raise", "throw", "import", "from", "assert", "package", "using", "throws":
		if f.block {
			s.quiet = true
		}
		return
	case "case":
		s.inCase = true
		return
	case "type", "enum":
		if s.isWord(i+1) && f.block && !s.lang.indent {
			s.quiet = w == "type" && s.lang == &jsLang
		}
	case "env":
		s.processEnv(i, f)
	}
	switch next := s.at(i + 1); next {
	case "=", ":=", "+=", "??=", "||=":
		if !s.isType(i, f) {
			s.setKey(f, w, next == "+=")
			s.tool(i+1, f)
		}
	case ":":
		s.colonKey(i, w, f)
	case "?":
		if s.is(i+2, ":") && s.lang == &jsLang { // an optional property
			s.setKey(f, w, false)
		}
	default:
		s.constant(i)
	}
}

// processEnv reads process.env.NAME.
func (s *codeScan) processEnv(i int, f *codeFrame) {
	if !s.is(i-1, ".") || !s.is(i-2, "process") || !s.is(i+1, ".") || !s.isWord(i+2) {
		return
	}
	if s.defaulted(i + 3) {
		f.fallback = s.at(i + 2)
		return
	}
	s.outside(s.at(i+2), i)
}

// isType reports whether the word before = is a type: model: str = "x".
func (s *codeScan) isType(i int, f *codeFrame) bool {
	if f.key == "" {
		return false
	}
	for n := 0; n < 6 && (s.is(i-1, ".") && s.isWord(i-2)); n++ {
		i -= 2
	}
	return s.is(i-1, ":") || s.is(i-1, "|")
}

func (s *codeScan) colonKey(i int, w string, f *codeFrame) {
	switch {
	case f.ternary > 0 || s.inCase || w == "else":
	case s.lang.indent && f.open == '[':
	case s.lang.indent && f.open == 0 && !s.isWord(i+2):
	case s.lang == &goLang && f.open == '[':
	default:
		s.setKey(f, w, false)
		s.tool(i+1, f)
	}
}

// function is the name of the innermost function.
func (s *codeScan) function() string {
	if s.lang.indent {
		if len(s.scopes) > 0 {
			return s.scopes[len(s.scopes)-1].name
		}
		return ""
	}
	for k := len(s.frames) - 1; k >= 0; k-- {
		if s.frames[k].scope != "" {
			return s.frames[k].scope
		}
	}
	return ""
}

// around is what the names of the enclosing classes promise: in a class of
// prompts every method returns one.
func (s *codeScan) around() (c nameClass) {
	for _, sc := range s.scopes {
		c |= s.class(sc.name)
	}
	for k := range s.frames {
		c |= s.frames[k].header
	}
	return c
}

func (s *codeScan) punct(i int) {
	c := s.at(i)
	switch c {
	case "(", "[", "{":
		s.push(c[0], i)
	case ")", "]", "}":
		s.pop(i)
	case ",":
		f := s.top()
		f.arg++
		if f.callee == "" {
			f.fallback = ""
		}
		defer s.callTools(i, f)
		if !f.block {
			f.key, f.keyClass, f.ternary = "", 0, 0
		} else if f.open == '{' && f.key != "return" {
			f.key, f.keyClass = "", 0
		}
	case ";":
		s.endStatement(s.top())
		s.pending = ""
	case "?":
		if !s.is(i+1, ":") && !s.lang.indent {
			s.top().ternary++
		}
	case ":":
		if s.inCase {
			s.inCase = false
		} else if f := s.top(); f.ternary > 0 {
			f.ternary--
		}
	}
}

func (s *codeScan) push(c byte, i int) {
	if len(s.frames) > maxFrames {
		s.deeper++
		return
	}
	parent := s.top()
	f := codeFrame{open: c, since: len(s.found), silent: parent.silent}
	prev := s.at(i - 1)
	named := s.isWord(i-1) && !codeKeywords[prev]
	switch {
	case c == '(' && named, c == '{' && named && !s.lang.indent:
		f.callee = prev
		if (s.is(i-2, ".") || s.is(i-2, "?.") || s.is(i-2, "::")) && s.isWord(i-3) {
			f.receiver = s.at(i - 3)
		}
	case c == '[' && prev == "environ":
		f.receiver = prev
	case c == '(' && prev == ">": // a generic call: create<T>(
		for j := i - 2; j > i-10 && j > 0; j-- {
			if s.is(j, "<") && s.isWord(j-1) {
				f.callee = s.at(j - 1)
				break
			}
		}
	case c == '(' && (prev == "const" || prev == "var" || prev == "import" || prev == "type") && s.lang == &goLang:
		f.block = true
		f.silent = f.silent || prev == "import" || prev == "type"
	}
	if f.callee != "" {
		f.class = s.class(f.callee)
		f.silent = f.silent || c == '(' && f.class.is(namesLog|namesComparison) || c == '(' && s.class(f.receiver).is(namesLog)
	}
	if prev == "in" || c == '[' && i > 0 && s.subscript(i) {
		f.silent = true
	}
	if c == '{' && !s.lang.indent {
		s.openBlock(&f, parent, prev)
	}
	s.frames = append(s.frames, f)
	if c == '(' {
		s.callTools(i, s.top())
	}
}

// subscript reports whether [ looks something up instead of beginning a list.
func (s *codeScan) subscript(i int) bool {
	if s.lang == &goLang {
		return false
	}
	prev := s.toks[i-1]
	if prev.kind == stringToken {
		return prev.flags&firstOnLine == 0
	}
	p := s.at(i - 1)
	return prev.kind == wordToken && !codeKeywords[p] && p != "environ" || p == ")" || p == "]"
}

// openBlock names the function or class whose body a brace opens.
func (s *codeScan) openBlock(f, parent *codeFrame, prev string) {
	f.block = true
	switch {
	case prev == "=>":
		f.scope = parent.key
		if f.scope == "" {
			f.scope = parent.callee
		}
	case s.pending != "" && parent.block:
		f.scope = s.pending
	case prev == ")" && !codeKeywords[s.closed] && parent.block:
		f.scope = s.closed
	}
	if f.scope != "" && f.scope != "return" {
		f.header = s.class(f.scope)
		f.callee, f.class = "", 0
		s.pending = ""
	}
}

var codeKeywords = set("if", "for", "while", "switch", "catch", "return", "else", "in", "not", "and", "or", "is", "elif", "with", "assert", "yield", "lambda", "await", "new",
	"case", "match", "try", "finally", "do", "typeof", "const", "var", "let", "import", "from", "as", "raise", "throw", "range", "select", "default", "foreach", "using", "lock", "async", "of", "func", "function", "export")

func (s *codeScan) pop(i int) {
	if s.deeper > 0 {
		s.deeper--
		return
	}
	if len(s.frames) == 1 {
		return
	}
	f := *s.top()
	s.frames = s.frames[:len(s.frames)-1]
	parent := s.top()
	if f.open == '(' {
		s.closed = f.callee
	}
	if s.is(i+1, ".") && s.class(s.at(i+2)).is(namesComparison) && f.open != '(' {
		s.found = s.found[:f.since]
	}
	if f.open == '{' && s.is(i+1, "=") && f.scope == "" && f.callee != "" { // string Model { get; set; } = "x"
		s.setKey(parent, f.callee, false)
	}
	if f.open == '[' && f.first != "" && f.arg == 0 && parent.key == "" && s.is(i+1, "=") { // options["model"] = "x"
		s.setKey(parent, f.first, false)
		s.tool(i+1, parent)
	}
	s.closeEnvironment(&f, parent, i)
	if f.name != "" && f.class.is(namesAgent) {
		for k := f.since; k < len(s.found); k++ {
			if s.found[k].agent == "" {
				s.found[k].agent = f.name
			}
		}
	}
}

// closeEnvironment ends a look-up in the environment: what follows is its
// default, or there is none and the value is outside the repository.
func (s *codeScan) closeEnvironment(f, parent *codeFrame, i int) {
	environ := f.receiver == "environ" && (f.callee == "get" || f.open == '[')
	if f.first == "" || !environ && !(f.open == '(' && f.class.is(namesEnv)) {
		return
	}
	switch {
	case f.arg > 0:
	case s.defaulted(i + 1):
		parent.fallback = f.first
	default:
		s.outside(f.first, i)
	}
}

// defaulted reports whether token i goes on with a default value.
func (s *codeScan) defaulted(i int) bool {
	switch s.at(i) {
	case "or", "??", "||", "if", "?", ".", "==", "!=", "===", "!==":
		return true
	case ",":
		c := s.top().callee
		return strings.EqualFold(c, "or") || strings.EqualFold(c, "coalesce") || s.top().class.is(namesEnv)
	}
	return false
}
