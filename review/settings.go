package review

import (
	"context"
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

// operatorFile holds the operator's settings, in the operator's directory.
const operatorFile = "operator.yaml"

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
	if len(data) > maxSettings {
		return Settings{}, settingsError(SettingsPath, []mistake{{0, fmt.Sprintf("the file has %d bytes; at most %d are read", len(data), maxSettings)}})
	}
	var s Settings
	root, all, err := decodeSettings(data, &s)
	if errors.Is(err, io.EOF) {
		return Settings{}, settingsError(SettingsPath, []mistake{{0, "the file is empty: it needs version, branches and approvers"}})
	}
	if len(all) == 0 {
		all = s.mistakes(root)
	}
	if len(all) > 0 {
		return Settings{}, settingsError(SettingsPath, all)
	}
	return s, nil
}

// mistakes returns all that is wrong with s, which was decoded from root.
func (s Settings) mistakes(root *yaml.Node) (all []mistake) {
	add := func(at, format string, args ...any) {
		text := fmt.Sprintf(format, args...)
		if strings.ContainsAny(at, ".[") {
			text = at + ": " + text
		}
		all = append(all, mistake{lineOf(root, at), text})
	}
	if s.Version != 1 {
		add("version", "version must be 1")
	}
	if len(s.Branches) == 0 {
		add("branches", "branches is empty: name the branches to govern, such as [main]")
	}
	s.checkGlobs(add)
	for _, role := range sortedKeys(s.Approvers) {
		for _, m := range s.Approvers[role].mistakes() {
			add("approvers."+role, "%s", m)
		}
		if !reqName.MatchString(role) {
			add("approvers."+role, "a role is written in lower-case letters, digits, dot, dash")
		}
	}
	for i, f := range s.Formats {
		for _, m := range f.mistakes() {
			add(fmt.Sprintf("formats[%d]", i), "%s", m)
		}
	}
	for _, m := range s.Means {
		if m != "comment" && m != "review" && m != "button" {
			add("means", "means: %q is none of comment, review, button", m)
		}
	}
	if d, err := time.ParseDuration(s.EmergencyReview); s.EmergencyReview != "" && (err != nil || d < time.Hour || d > 30*24*time.Hour) {
		add("emergency_review", "emergency_review: %q is no time between 1h and 720h", s.EmergencyReview)
	}
	for i, d := range s.Delegations {
		for _, m := range d.mistakes() {
			add(fmt.Sprintf("delegations[%d]", i), "%s", m)
		}
	}
	for _, mail := range sortedKeys(s.Emails) {
		if !strings.Contains(mail, "@") || !loginName.MatchString(s.Emails[mail]) {
			add("emails", "emails: %q must map an address to a login", mail)
		}
	}
	return all
}

// checkGlobs adds the patterns that are none.
func (s Settings) checkGlobs(add func(at, format string, args ...any)) {
	globs := map[string][]string{"branches": s.Branches, "ignore": s.Ignore}
	for name, list := range s.Agents {
		globs["agents."+name] = list
	}
	for i, f := range s.Formats {
		globs[fmt.Sprintf("formats[%d].paths", i)] = f.Paths
	}
	for _, where := range sortedKeys(globs) {
		for _, g := range globs[where] {
			if g == "" || !doublestar.ValidatePattern(g) {
				add(where, "%q is not a glob pattern", g)
			}
		}
	}
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

func (f SettingsFormat) mistakes() (all []string) {
	if f.Name == "" || len(f.Paths) == 0 {
		all = append(all, "needs a name and paths")
	}
	if len(f.Model)+len(f.Prompt)+len(f.Params)+len(f.Tools) == 0 {
		all = append(all, "names no slot: add model, prompt, params or tools")
	}
	for _, t := range f.Tools {
		for effect := range t {
			if len(t) != 1 || (effect != "allow" && effect != "ask" && effect != "deny") {
				return append(all, "tools: each entry is one of allow, ask or deny")
			}
		}
	}
	one := Settings{Formats: []SettingsFormat{f}}.Change()
	if _, err := change.Compare(change.MapTree{}, change.MapTree{}, one); err != nil {
		all = append(all, strings.TrimPrefix(err.Error(), "format "+f.Name+": "))
	}
	return all
}

// Branch returns the entry of branches that governs a branch, the first that
// matches, and "" when none does.
func (s Settings) Branch(name string) string {
	if IsQueueBranch(name) {
		return ""
	}
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
	// fails but says what it would need. One that was renamed must be listed
	// under its first name too.
	Observe []string `yaml:"observe"`
}

// ParseOperator reads operator.yaml. Every mistake in it is a *RulesError that
// says what to mend.
func ParseOperator(data []byte) (Operator, error) {
	var o Operator
	root, all, err := decodeSettings(data, &o)
	if errors.Is(err, io.EOF) {
		return Operator{}, nil // says nothing
	}
	for _, role := range sortedKeys(o.Approvers) {
		for _, m := range o.Approvers[role].mistakes() {
			at := "approvers." + role
			all = append(all, mistake{lineOf(root, at), at + ": " + m})
		}
	}
	for _, g := range o.Observe {
		if !doublestar.ValidatePattern(g) {
			all = append(all, mistake{lineOf(root, "observe"), fmt.Sprintf("observe: %q is not a glob pattern", g)})
		}
	}
	if len(all) > 0 {
		e := settingsError(operatorFile, all)
		e.Layer = "operator"
		return Operator{}, e
	}
	return o, nil
}

// observes reports whether a name, owner/name, is one of those in trial mode.
func (o Operator) observes(name string) bool {
	for _, g := range o.Observe {
		if ok, _ := doublestar.Match(strings.ToLower(g), strings.ToLower(name)); ok {
			return true
		}
	}
	return false
}

// observed reports whether a repository is in trial mode. It must have been
// known under such a name from the first: its administrators may rename it, and
// the trial is the operator's to give.
func (r *Reviewer) observed(ctx context.Context, repo Repo) (bool, error) {
	if !r.Operator.observes(repo.String()) {
		return false, nil
	}
	first, err := r.Store.FirstName(ctx, repo.ID)
	return r.Operator.observes(first), err
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
