package review

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/bmatcuk/doublestar/v4"
	"go.yaml.in/yaml/v4"

	"github.com/countersign-dev/countersign/change"
)

// Where a repository keeps its settings and its own rules.
const (
	SettingsPath = ".github/countersign.yaml"
	RulesDir     = ".github/countersign/"
)

// maxSettings bounds the settings file, in bytes.
const maxSettings = 256 << 10

// Settings is the file .github/countersign.yaml of a branch.
// policies/schema/settings.json describes it.
type Settings struct {
	Version   int                  `yaml:"version"`
	Branches  []string             `yaml:"branches"`
	Approvers map[string]Approvers `yaml:"approvers"`
	Agents    map[string][]string  `yaml:"agents"`
	Formats   []SettingsFormat     `yaml:"formats"`
	Ignore    []string             `yaml:"ignore"`
	// Means narrows how people may sign: comment, review, button. Empty allows all.
	Means []string `yaml:"means"`
	// Emails maps e-mail addresses of commits to logins.
	Emails map[string]string `yaml:"emails"`
	// Delegations let somebody sign in another's place for a time.
	Delegations []Delegation `yaml:"delegations"`
	// EmergencyReview is how long after the landing of an emergency its sign-offs
	// are due, such as 24h, which it is when empty.
	EmergencyReview string `yaml:"emergency_review"`

	blob string // id of the blob it was read from
}

// Approvers are who may sign for a role.
type Approvers struct {
	People []string `yaml:"people"` // logins
	Teams  []string `yaml:"teams"`  // org/slug
	Need   int      `yaml:"need"`   // distinct people; 0 leaves it to the rule
}

// A SettingsFormat is a repository's own format, as it stands in the file.
type SettingsFormat struct {
	Name   string              `yaml:"name"`
	Paths  []string            `yaml:"paths"`
	Model  []string            `yaml:"model"`
	Prompt []string            `yaml:"prompt"`
	Params []string            `yaml:"params"`
	Tools  []map[string]string `yaml:"tools"`
}

var (
	loginName = regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9_-]{0,98}[A-Za-z0-9])?$`)
	teamName  = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9_][A-Za-z0-9._-]*$`)
)

// ParseSettings reads a settings file. Every mistake in it is a *RulesError
// that says what to mend. Unknown fields, aliases and second documents are
// mistakes: what people signed must be what is in force.
func ParseSettings(data []byte) (Settings, error) {
	bad := func(format string, args ...any) error {
		return &RulesError{Layer: "repository", Path: SettingsPath, Reason: fmt.Sprintf(format, args...)}
	}
	if len(data) > maxSettings {
		return Settings{}, bad("the file has %d bytes; at most %d are read", len(data), maxSettings)
	}
	var s Settings
	var root yaml.Node
	if err := yaml.Unmarshal(data, &root); err != nil {
		return Settings{}, bad("not valid YAML: %s", yamlReason(err))
	}
	if line := aliasLine(&root); line != 0 {
		return Settings{}, bad("line %d: anchors and aliases are not allowed here", line)
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(&s); errors.Is(err, io.EOF) {
		return Settings{}, bad("the file is empty: it needs version, branches and approvers")
	} else if err != nil {
		return Settings{}, bad("%s", yamlReason(err))
	}
	var more yaml.Node
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		return Settings{}, bad("more than one YAML document")
	}
	if mistakes := s.mistakes(); len(mistakes) > 0 {
		return Settings{}, bad("%s", strings.Join(mistakes, "; "))
	}
	return s, nil
}

// yamlReason drops the library's name from its messages.
func yamlReason(err error) string {
	return strings.Join(strings.Fields(strings.TrimPrefix(err.Error(), "yaml: ")), " ")
}

// aliasLine returns the line of the first anchor or alias, or 0.
func aliasLine(n *yaml.Node) int {
	if n.Kind == yaml.AliasNode || n.Anchor != "" {
		return n.Line
	}
	for _, c := range n.Content {
		if l := aliasLine(c); l != 0 {
			return l
		}
	}
	return 0
}

// mistakes returns all that is wrong with s, for people.
func (s Settings) mistakes() (all []string) {
	add := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	if s.Version != 1 {
		add("version must be 1")
	}
	if len(s.Branches) == 0 {
		add("branches is empty: name the branches to govern, such as [main]")
	}
	globs := map[string][]string{"branches": s.Branches, "ignore": s.Ignore}
	for name, list := range s.Agents {
		globs["agents."+name] = list
	}
	for i, f := range s.Formats {
		all = append(all, f.mistakes(i)...)
		globs[fmt.Sprintf("formats[%d].paths", i)] = f.Paths
	}
	for _, where := range sortedKeys(globs) {
		for _, g := range globs[where] {
			if g == "" || !doublestar.ValidatePattern(g) {
				add("%s: %q is not a glob pattern", where, g)
			}
		}
	}
	for _, role := range sortedKeys(s.Approvers) {
		for _, m := range s.Approvers[role].mistakes() {
			add("approvers.%s: %s", role, m)
		}
		if !reqName.MatchString(role) {
			add("approvers.%s: a role is written in lower-case letters, digits, dot, dash", role)
		}
	}
	for _, m := range s.Means {
		if m != "comment" && m != "review" && m != "button" {
			add("means: %q is none of comment, review, button", m)
		}
	}
	if d, err := time.ParseDuration(s.EmergencyReview); s.EmergencyReview != "" && (err != nil || d < time.Hour || d > 30*24*time.Hour) {
		add("emergency_review: %q is no time between 1h and 720h", s.EmergencyReview)
	}
	for i, d := range s.Delegations {
		for _, m := range d.mistakes() {
			add("delegations[%d]: %s", i, m)
		}
	}
	for _, mail := range sortedKeys(s.Emails) {
		if !strings.Contains(mail, "@") || !loginName.MatchString(s.Emails[mail]) {
			add("emails: %q must map an address to a login", mail)
		}
	}
	return all
}

func (a Approvers) mistakes() (all []string) {
	for _, p := range a.People {
		if !loginName.MatchString(p) {
			all = append(all, fmt.Sprintf("%q is not a login (without @)", p))
		}
	}
	for _, t := range a.Teams {
		if !teamName.MatchString(t) {
			all = append(all, fmt.Sprintf("%q is not a team; write organisation/team", t))
		}
	}
	if a.Need < 0 || a.Need > 20 {
		all = append(all, "need must lie between 1 and 20")
	}
	if len(a.People) == 0 && len(a.Teams) == 0 {
		all = append(all, "names nobody: add people or teams")
	}
	return all
}

func (f SettingsFormat) mistakes(i int) (all []string) {
	if f.Name == "" || len(f.Paths) == 0 {
		all = append(all, fmt.Sprintf("formats[%d] needs a name and paths", i))
	}
	if len(f.Model)+len(f.Prompt)+len(f.Params)+len(f.Tools) == 0 {
		all = append(all, fmt.Sprintf("formats[%d] names no slot: add model, prompt, params or tools", i))
	}
	for _, t := range f.Tools {
		for effect := range t {
			if len(t) != 1 || (effect != "allow" && effect != "ask" && effect != "deny") {
				all = append(all, fmt.Sprintf("formats[%d].tools: each entry is one of allow, ask or deny", i))
			}
		}
	}
	return all
}

// Branch returns the entry of branches that governs a branch, the first that
// matches, and "" when none does.
func (s Settings) Branch(name string) string {
	for _, entry := range s.Branches {
		if entry == name {
			return entry
		}
		if ok, err := doublestar.Match(entry, name); err == nil && ok {
			return entry
		}
	}
	return ""
}

// Change returns what change detection needs to know of s.
func (s Settings) Change() change.Settings {
	out := change.Settings{Agents: s.Agents, Ignore: s.Ignore}
	for _, f := range s.Formats {
		g := change.Format{Name: f.Name, Paths: f.Paths, Model: f.Model, Prompt: f.Prompt, Params: f.Params}
		for _, t := range f.Tools {
			g.Tools = append(g.Tools, change.FormatRule{Allow: t["allow"], Ask: t["ask"], Deny: t["deny"]})
		}
		out.Formats = append(out.Formats, g)
	}
	return out
}

// view returns what rules see of s.
func (s Settings) view(entry string, observe bool) PolicySettings {
	v := PolicySettings{Branch: entry, Roles: map[string]RoleView{}, Mode: "enforce"}
	if observe {
		v.Mode = "observe"
	}
	for name, a := range s.Approvers {
		v.Roles[name] = RoleView{People: list(a.People), Teams: list(a.Teams), Need: max(1, a.Need)}
	}
	return v
}

// reviewWithin is how long after the landing of an emergency its sign-offs are
// due.
func (s Settings) reviewWithin() time.Duration {
	if d, err := time.ParseDuration(s.EmergencyReview); err == nil {
		return d
	}
	return 24 * time.Hour
}

// means reports whether people may sign that way.
func (s Settings) means(via string) bool {
	return len(s.Means) == 0 || slices.Contains(s.Means, via)
}

// list returns l, and an empty list instead of nil, for JSON.
func list(l []string) []string {
	if l == nil {
		return []string{}
	}
	return l
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// An Operator is what whoever runs the server says above all repositories:
// the file operator.yaml in the operator's directory.
type Operator struct {
	// Approvers replace roles of the same name in every repository. The role
	// policy names the policy owners, who enrol repositories and mend rules.
	Approvers map[string]Approvers `yaml:"approvers"`
	// Observe lists repositories, owner/name or glob, in which the check never
	// fails but says what it would need.
	Observe []string `yaml:"observe"`
}

// ParseOperator reads operator.yaml.
func ParseOperator(data []byte) (Operator, error) {
	var o Operator
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(&o); err != nil && !errors.Is(err, io.EOF) {
		return o, fmt.Errorf("operator.yaml: %s", yamlReason(err))
	}
	for _, role := range sortedKeys(o.Approvers) {
		if m := o.Approvers[role].mistakes(); len(m) > 0 {
			return o, fmt.Errorf("operator.yaml: approvers.%s: %s", role, strings.Join(m, "; "))
		}
	}
	for _, g := range o.Observe {
		if !doublestar.ValidatePattern(g) {
			return o, fmt.Errorf("operator.yaml: observe: %q is not a glob pattern", g)
		}
	}
	return o, nil
}

// observes reports whether a repository is in trial mode.
func (o Operator) observes(r Repo) bool {
	for _, g := range o.Observe {
		if ok, _ := doublestar.Match(strings.ToLower(g), strings.ToLower(r.String())); ok {
			return true
		}
	}
	return false
}

// approvers returns who holds a role: the operator's definition, else the
// settings'. The higher need of the two holds.
func (o Operator) approvers(s Settings, role string) (Approvers, bool) {
	below, ok := s.Approvers[role]
	above, over := o.Approvers[role]
	if !over {
		return below, ok
	}
	above.Need = max(above.Need, below.Need)
	return above, true
}
