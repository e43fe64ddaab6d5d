package change

import (
	"strings"
)

// An effect is what happens to a call of an agent: it is refused, a person is
// asked, or it runs.
type effect uint8

const (
	deny effect = iota
	ask
	allow
)

// A matcher is the language that a rule's pattern is written in. In all but
// levels and upTo an empty pattern means every call of the subject.
type matcher uint8

const (
	exactly  matcher = iota // the pattern is one value
	words                   // a command line: * is any text, and a final " *" may match nothing (Claude Code, permissions: "Bash(ls *)" matches "ls")
	globs                   // * is any text
	files                   // gitignore patterns
	hosts                   // host names: * is any text
	hostTree                // host names, each with all names below it
	levels                  // a set of letters, each a power; more letters are wider
	upTo                    // a number; a greater one is wider
)

// A rule says what happens to the calls it covers. All formats of tool scopes
// reduce to rules (formats/tools.md, normal form).
type rule struct {
	effect  effect
	subject string // the tool, server, scope or setting; "*" is all of them, "mcp:" all that begin so
	match   matcher
	pattern string
	number  float64 // of upTo
	raw     string  // the entry as it stands in the file, secrets included; "" for what a default implies
	line    int
	// opaque rules cannot be ordered: prose, scripts, values kept elsewhere. A
	// change of one has no direction that could be told.
	opaque bool
	// quiet rules are no change of their own, but count for the direction of one.
	quiet bool
	// tacit rules count only where both sides say something about the surface: a
	// variable that a list comes from.
	tacit bool
	// remark is what a reviewer should hear when the rule comes.
	remark *Finding
}

// key is equal for rules that mean the same.
func (r *rule) key() ruleKey {
	return ruleKey{r.effect, r.subject, r.match, r.pattern, r.number}
}

type ruleKey struct {
	effect  effect
	subject string
	match   matcher
	pattern string
	number  float64
}

// maxPattern bounds the patterns that are compared by more than equality, in
// bytes.
const maxPattern = 400

// covers reports whether every call that s matches is matched by r, whatever
// their effects. It may miss an inclusion; it never invents one.
func (r *rule) covers(s *rule) bool {
	if !subjectCovers(r.subject, s.subject) {
		return false
	}
	if r.subject != s.subject && r.match != levels {
		return r.all()
	}
	return r.patternCovers(s)
}

// wordsCover reports whether a command pattern matches all that the pattern b
// matches, whose own last " *" must match something.
func wordsCover(a, b string) bool {
	head, ok := strings.CutSuffix(a, " *")
	return ok && starsCover(head, b) || starsCover(a, b)
}

// all reports whether r matches every call of its subject.
func (r *rule) all() bool { return r.match != levels && r.match != upTo && r.pattern == "" }

// subjectCovers reports whether a names all that b names.
func subjectCovers(a, b string) bool {
	return a == b || a == "*" || (strings.HasSuffix(a, ":") && strings.HasPrefix(b, a))
}

func (r *rule) patternCovers(s *rule) bool {
	if r.all() {
		return true
	}
	if r.match != s.match {
		return r.match != upTo && s.match == exactly && s.pattern == r.pattern && s.pattern != ""
	}
	switch {
	case r.match == levels:
		return lettersCover(r.pattern, s.pattern)
	case r.match == upTo:
		return r.number >= s.number
	case s.pattern == "":
		return false
	case r.pattern == s.pattern:
		return true
	case len(r.pattern) > maxPattern || len(s.pattern) > maxPattern:
		return false
	}
	switch r.match {
	case words:
		if head, ok := strings.CutSuffix(s.pattern, " *"); ok && !wordsCover(r.pattern, head) {
			return false // s also matches without what its last " *" stands for
		}
		return wordsCover(r.pattern, s.pattern)
	case globs, hosts:
		return starsCover(r.pattern, s.pattern)
	case hostTree:
		return starsCover(r.pattern, s.pattern) || strings.HasSuffix(s.pattern, "."+strings.TrimPrefix(r.pattern, "*."))
	case files:
		return pathCovers(r.pattern, s.pattern)
	}
	return false
}

// wordsMatch is starsCover for a command, of which a final " *" may be nothing.
func wordsMatch(a, b string) bool {
	head, ok := strings.CutSuffix(a, " *")
	return ok && starsCover(head, b) || starsCover(a, b)
}

// lettersCover reports whether a holds every letter of b.
func lettersCover(a, b string) bool {
	for _, c := range b {
		if !strings.ContainsRune(a, c) {
			return false
		}
	}
	return true
}

// starsCover reports whether pattern a, in which * is any text, matches all that
// pattern b matches. A star of b is a letter that only a star of a can take.
func starsCover(a, b string) bool {
	i, j, star, mark := 0, 0, -1, 0
	for j < len(b) {
		switch {
		case i < len(a) && a[i] == '*':
			star, mark = i, j
			i++
		case i < len(a) && b[j] != '*' && a[i] == b[j]:
			i++
			j++
		case star >= 0:
			mark++
			i, j = star+1, mark
		default:
			return false
		}
	}
	for i < len(a) && a[i] == '*' {
		i++
	}
	return i == len(a)
}

// mayOverlap reports whether some call could be matched by both r and s, whose
// subjects are alike. It may say yes wrongly, never no.
func (r *rule) mayOverlap(s *rule) bool {
	switch {
	case r.all() || s.all():
		return true
	case r.match != s.match:
		return true
	case r.match == levels || r.match == upTo:
		return true
	case r.match == exactly:
		return r.pattern == s.pattern
	case r.match == files:
		return true
	}
	return prefixed(r.head(), s.head()) && suffixed(r.tail(), s.tail())
}

func prefixed(a, b string) bool { return strings.HasPrefix(a, b) || strings.HasPrefix(b, a) }
func suffixed(a, b string) bool { return strings.HasSuffix(a, b) || strings.HasSuffix(b, a) }

// head is the text that every call matched by r begins with.
func (r *rule) head() string {
	switch r.match {
	case exactly:
		return r.pattern
	case words:
		p := strings.TrimSuffix(r.pattern, " *")
		if i := strings.IndexByte(p, '*'); i >= 0 {
			return p[:i]
		}
		return p
	case globs, hosts, files:
		if i := strings.IndexByte(r.pattern, '*'); i >= 0 {
			return r.pattern[:i]
		}
		return r.pattern
	}
	return ""
}

// tail is the text that every call matched by r ends with.
func (r *rule) tail() string {
	switch r.match {
	case exactly:
		return r.pattern
	case words:
		if strings.HasSuffix(r.pattern, " *") {
			return ""
		}
	case globs, hosts:
	default:
		return ""
	}
	return r.pattern[strings.LastIndexByte(r.pattern, '*')+1:]
}
