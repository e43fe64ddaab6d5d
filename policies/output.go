package policies

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/countersign-dev/countersign/review"
)

// What a rule may say at most.
const (
	maxNeed   = 20
	maxReason = 1000 // bytes
	maxPeople = 100
)

// A claim is one thing that one rule said about an input.
type claim struct {
	rule    Rule
	reason  string
	changes []string // as the rule named them; empty means all
	req     review.Requirement
}

var (
	loginText = regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9_-]{0,98}[A-Za-z0-9])?$`)
	teamText  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9_][A-Za-z0-9._-]*$`)
	validText = regexp.MustCompile(`^([1-9][0-9]{0,3})([dh])$`)
	hexText   = regexp.MustCompile(`^[0-9a-f]{7,}$`)
)

// fields are the fields of an object in each set.
var fields = map[Kind][]string{
	Require: {"rule", "reason", "changes", "id", "role", "people", "teams", "need", "binds", "valid_for", "distinct"},
	Deny:    {"rule", "reason", "changes"},
	Warn:    {"rule", "reason", "changes"},
	Pass:    {"rule", "reason", "changes"},
}

// parseOutput reads what the outputs of a layer gave, in the order of the
// layer's outputs. What is not exactly as documented is a *review.RulesError.
func parseOutput(layer string, rules []Rule, outputs []output, raw [][]any) ([]claim, error) {
	if len(raw) != len(outputs) {
		return nil, &review.RulesError{Layer: layer, Reason: "the evaluation gave another number of sets than there are"}
	}
	var out []claim
	for i, set := range raw {
		for _, v := range set {
			c, err := parseClaim(layer, rules, outputs[i], v)
			if err != nil {
				return nil, err
			}
			out = append(out, c)
		}
	}
	rank := func(c claim) int {
		return slices.IndexFunc(rules, func(r Rule) bool { return r.ID == c.rule.ID })
	}
	slices.SortStableFunc(out, func(a, b claim) int { return rank(a) - rank(b) })
	return out, nil
}

// An object is one member of a set while it is read; the first mistake stays.
type object struct {
	m       map[string]any
	mistake string
}

func (o *object) wrong(format string, args ...any) {
	if o.mistake == "" {
		o.mistake = fmt.Sprintf(format, args...)
	}
}

func parseClaim(layer string, rules []Rule, from output, v any) (claim, error) {
	m, ok := v.(map[string]any)
	o := &object{m: m}
	if !ok {
		o.wrong("every member is an object with rule and reason")
	}
	var c claim
	id := o.text("rule", 64)
	for _, r := range rules {
		if r.ID == id && r.Kind == from.kind && r.Package == from.pkg {
			c.rule = r
		}
	}
	if c.rule.ID == "" {
		o.wrong("rule is %q, which is not the custom.id of a %s rule in %s; use rego.metadata.rule().custom.id", id, from.kind, from.pkg)
	}
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if !slices.Contains(fields[from.kind], name) {
			o.wrong("unknown field %q; there are %s", name, strings.Join(fields[from.kind], ", "))
		}
	}
	if c.reason = o.reason(); c.reason == "" {
		o.wrong("reason is empty or missing: say in a sentence why")
	}
	c.changes = o.texts("changes", 10_000)
	if from.kind == Require {
		o.requirement(&c)
	}
	if o.mistake != "" && c.rule.ID == "" {
		for _, r := range slices.Backward(rules) {
			if r.Kind == from.kind && r.Package == from.pkg {
				c.rule.Path, c.rule.Line = r.Path, r.Line // the first that it may come from
			}
		}
	}
	if o.mistake != "" {
		return c, &review.RulesError{Layer: layer, Path: c.rule.Path, Line: c.rule.Line, Reason: place(from, id) + o.mistake}
	}
	return c, nil
}

func place(from output, id string) string {
	if !idText.MatchString(id) {
		return fmt.Sprintf("%s.%s: ", from.pkg, from.kind)
	}
	return fmt.Sprintf("%s.%s (%s): ", from.pkg, from.kind, id)
}

// requirement reads the fields that only require has.
func (o *object) requirement(c *claim) {
	r := &c.req
	r.ID, r.Role = o.text("id", 64), o.text("role", 64)
	r.People, r.Teams = o.names("people", loginText, "a login"), o.names("teams", teamText, "organisation/team")
	r.Need, r.Distinct = o.need(), o.truth("distinct")
	switch who := len(r.People) + len(r.Teams); {
	case r.Role != "" && who > 0:
		o.wrong("name either a role or people and teams, not both")
	case r.Role == "" && who == 0:
		o.wrong("it asks nobody: name a role, people or teams")
	case r.Role != "" && !idText.MatchString(r.Role):
		o.wrong("role is %q; roles are written in lower-case letters, digits, dot, dash and underscore", r.Role)
	}
	if r.Binds = o.text("binds", 16); r.Binds != "" && r.Binds != "content" && r.Binds != "head" {
		o.wrong("binds is %q; it is content or head", r.Binds)
	}
	if r.Binds == "content" {
		r.Binds = ""
	}
	if v := o.text("valid_for", 16); v != "" {
		r.ValidFor = duration(v)
		if r.ValidFor == 0 {
			o.wrong("valid_for is %q; write days or hours, such as 30d or 12h", v)
		}
	}
	if _, given := o.m["id"]; !given {
		r.ID = defaultID(c.rule.ID, *r)
	}
	switch {
	case !idText.MatchString(r.ID):
		o.wrong("id is %q; people type it, so it is written in lower-case letters, digits, dot, dash and underscore, 64 at most", r.ID)
	case hexText.MatchString(r.ID):
		o.wrong("id %q reads like a commit id", r.ID)
	case r.ID == "enrol" || r.ID == "mend":
		o.wrong("id %q is taken by Countersign itself", r.ID)
	}
}

// defaultID names a requirement without an id after its rule and whom it asks,
// so that it is the same at every decision: prompts.legal-content for a role,
// and the first digits of a digest for people and teams.
func defaultID(rule string, r review.Requirement) string {
	who := r.Role
	if who == "" {
		who = digest([]byte(whom(r)))[len("sha256:"):][:8]
	}
	id := rule + "-" + who
	return id[:min(len(id), 64)]
}

// whom says whom a requirement asks, alike however it is written.
func whom(r review.Requirement) string {
	fold := func(l []string) string {
		l = slices.Clone(l)
		for i := range l {
			l[i] = strings.ToLower(l[i])
		}
		slices.Sort(l)
		return strings.Join(slices.Compact(l), " ")
	}
	return r.Role + "|" + fold(r.People) + "|" + fold(r.Teams)
}

func duration(text string) time.Duration {
	m := validText.FindStringSubmatch(text)
	if m == nil {
		return 0
	}
	n, _ := strconv.Atoi(m[1])
	if m[2] == "d" {
		n *= 24
	}
	return time.Duration(n) * time.Hour
}

// text returns a string field, and "" when it is absent.
func (o *object) text(name string, limit int) string {
	v, given := o.m[name]
	if !given {
		return ""
	}
	s, ok := v.(string)
	switch {
	case !ok:
		o.wrong("%s is not a string", name)
	case s == "":
		o.wrong("%s is empty", name)
	case len(s) > limit:
		o.wrong("%s is longer than %d bytes", name, limit)
	case strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) }):
		o.wrong("%s holds characters that cannot be printed", name)
	default:
		return s
	}
	return ""
}

// reason returns the reason, fit to be shown. It often quotes what a stranger
// wrote, so what cannot be printed is escaped and what is too long is cut,
// instead of refusing a rule for what it was shown.
func (o *object) reason() string {
	s, ok := o.m["reason"].(string)
	if !ok {
		return ""
	}
	var b strings.Builder
	for _, r := range s {
		if b.Len() > maxReason {
			b.WriteString("…")
			break
		}
		switch {
		case unicode.IsPrint(r):
			b.WriteRune(r)
		case unicode.IsSpace(r) && r < 0x80:
			b.WriteByte(' ')
		default:
			fmt.Fprintf(&b, "\\u{%x}", r)
		}
	}
	return strings.TrimSpace(b.String())
}

// texts returns a list of strings, and nil when it is absent.
func (o *object) texts(name string, limit int) []string {
	v, given := o.m[name]
	if !given {
		return nil
	}
	l, ok := v.([]any)
	if !ok || len(l) > limit {
		o.wrong("%s is not a list of at most %d strings", name, limit)
		return nil
	}
	var out []string
	for _, e := range l {
		s, ok := e.(string)
		if !ok {
			o.wrong("%s is not a list of strings", name)
		}
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// names returns a list of names in one form.
func (o *object) names(name string, form *regexp.Regexp, what string) []string {
	all := o.texts(name, maxPeople)
	if _, given := o.m[name]; given && len(all) == 0 {
		o.wrong("%s is empty", name)
	}
	for _, n := range all {
		if !form.MatchString(n) {
			o.wrong("%s: %q is not %s", name, n, what)
		}
	}
	slices.Sort(all)
	return all
}

func (o *object) need() int {
	n, ok := o.m["need"].(json.Number)
	i, err := strconv.Atoi(string(n))
	if !ok || err != nil || i < 1 || i > maxNeed {
		o.wrong("need is the number of distinct people, a whole number from 1 to %d", maxNeed)
		return 0
	}
	return i
}

func (o *object) truth(name string) bool {
	v, given := o.m[name]
	b, ok := v.(bool)
	if given && !ok {
		o.wrong("%s is neither true nor false", name)
	}
	return b
}
