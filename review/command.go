package review

import (
	"regexp"
	"slices"
	"strings"
)

// A Command is what a comment asks for.
type Command struct {
	Verb         string   // a known verb, in lower case, or whatever stood there
	Commit       string   // approve: a whole commit id, in lower case
	Requirements []string // in lower case, as named
	Statement    string   // the text after --
	URL          string   // emergency: the incident
	// Mistake says what is wrong with the arguments, "" when nothing is.
	Mistake string
}

// verbs are the commands that people may give.
var verbs = []string{"approve", "reject", "withdraw", "override", "status", "emergency", "help"}

// maxStatement bounds what is kept of a statement, in bytes.
const maxStatement = 2000

var (
	hexID       = regexp.MustCompile(`^[0-9a-f]{7,64}$`)
	commitID    = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`)
	incidentURL = regexp.MustCompile(`^https://[A-Za-z0-9][!-~]{0,500}$`)
	reqName     = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]*$`)
)

// ParseCommand reads the command of a comment, if it holds one.
//
// A command is the first line of a comment, from its first byte: /countersign
// (or alias, when the operator set one), blanks, a verb, arguments, and a
// statement after --. Nothing else on any line is a command, so quotes, code,
// lists, HTML comments and quoted e-mail cannot carry one. Everything before
// the statement is ASCII; letters may be capital.
func ParseCommand(body, alias string) (c Command, ok bool) {
	line, _, _ := strings.Cut(body, "\n")
	line = strings.TrimRight(line, "\r")
	head, statement, _ := cutStatement(line)
	for i := 0; i < len(head); i++ {
		if head[i] >= 0x80 || (head[i] < ' ' && head[i] != '\t') {
			return Command{}, false
		}
	}
	words := strings.FieldsFunc(strings.ToLower(head), func(r rune) bool { return r == ' ' || r == '\t' })
	if len(words) == 0 || strings.HasPrefix(head, " ") || strings.HasPrefix(head, "\t") {
		return Command{}, false
	}
	if words[0] != "/countersign" && (alias == "" || words[0] != "/"+strings.ToLower(alias)) {
		return Command{}, false
	}
	if len(words) == 1 {
		return Command{Verb: "help"}, true
	}
	c = Command{Verb: words[1], Statement: clip(statement, maxStatement)}
	if c.Verb == string(Declare) {
		c.incident(strings.Fields(head)[2:])
	} else {
		c.arguments(words[2:])
	}
	return c, true
}

// cutStatement splits a line at the first -- that stands alone.
func cutStatement(line string) (head, statement string, ok bool) {
	for i := 0; i+2 <= len(line); i++ {
		if line[i:i+2] != "--" {
			continue
		}
		before := i == 0 || line[i-1] == ' ' || line[i-1] == '\t'
		after := i+2 == len(line) || line[i+2] == ' ' || line[i+2] == '\t'
		if before && after {
			return line[:i], strings.TrimSpace(line[i+2:]), true
		}
	}
	return line, "", false
}

func (c *Command) arguments(words []string) {
	for _, w := range words {
		switch {
		case c.Verb == "approve" && c.Commit == "" && len(c.Requirements) == 0 && commitID.MatchString(w):
			c.Commit = w
		case c.Verb == "approve" && hexID.MatchString(w) && strings.ContainsAny(w, "0123456789"):
			c.Mistake = "`" + w + "` is not a whole commit id: name all 40 digits, first"
		case reqName.MatchString(w):
			if !slices.Contains(c.Requirements, w) {
				c.Requirements = append(c.Requirements, w)
			}
		default:
			c.Mistake = "an argument is neither a commit id nor the name of a requirement"
		}
	}
	switch {
	case !slices.Contains(verbs, c.Verb):
	case c.Verb == "reject" && c.Statement == "":
		c.Mistake = "a rejection needs a reason: `/countersign reject -- why`"
	case c.Verb == "override" && (len(c.Requirements) != 1 || c.Statement == ""):
		c.Mistake = "an override names one requirement and a reason: `/countersign override NAME -- why`"
	}
}

// incident reads the arguments of emergency, as they were written.
func (c *Command) incident(words []string) {
	if len(words) == 1 && incidentURL.MatchString(words[0]) && c.Statement != "" {
		c.URL = words[0]
		return
	}
	c.Mistake = "an emergency names its incident and a reason: `/countersign emergency https://… -- why`"
}

// nearestVerb returns the verb that a mistyped one most likely meant.
func nearestVerb(word string) string {
	best, least := "help", len(word)/2+2
	for _, v := range verbs {
		if d := distance(word, v); d < least {
			best, least = v, d
		}
	}
	return best
}

// distance is the Levenshtein distance of two short ASCII words.
func distance(a, b string) int {
	if len(a) > 32 {
		return len(a)
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			diagonal, row[j] = row[j], min(row[j]+1, row[j-1]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}

// clip cuts s to at most n bytes, between runes.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n]
}
