// Package review decides what a change to agents needs before it may land, and
// what it was when it landed.
//
// A Reviewer reads a pull request through a Forge, sees what it changes
// (package change), asks a Policy for requirements, weighs the sign-offs in the
// Store (Decide, a pure function) and publishes the verdict. When a governed
// branch moves, it decides again on what really landed and hands the result to
// a Recorder.
//
// The package declares the interfaces that it calls; the adapters import it.
package review

import (
	"context"
	"fmt"
	"time"

	"github.com/countersign-dev/countersign/change"
)

// A Repo is one repository as one installation of the app sees it.
type Repo struct {
	Installation int64
	ID           int64 // survives renames; everything is keyed by it
	Owner, Name  string
	Private      bool
	// DefaultBranch is set from payloads and listings; nothing is keyed by it.
	DefaultBranch string
}

func (r Repo) String() string { return r.Owner + "/" + r.Name }

// A User is an account of the forge. ID is the identity; the login is what it
// was called at the time.
type User struct {
	ID    int64  `json:"id"`
	Login string `json:"login"`
	Type  string `json:"type"` // User, Bot, Organization, Mannequin
}

// IsPerson reports whether u is a human's account.
func (u User) IsPerson() bool { return u.ID != 0 && u.Type == "User" }

// A PullRef names a pull request.
type PullRef struct {
	Repo   Repo
	Number int
}

// A Pull is a pull request at one head.
type Pull struct {
	Repo    Repo
	Number  int
	Title   string
	URL     string
	Author  User
	Draft   bool
	Fork    bool // the head lies in another repository
	Labels  []string
	State   string // open or closed
	Merged  bool
	HeadRef string
	Head    string // commit id of the head
	BaseRef string // branch name, without refs/heads/; of a stacked pull request, the stack's base
	// Onto is the branch of the pull request below in a stack, and "" for any
	// other. What the pull request changes is counted from there.
	Onto    string
	BaseTip string // commit id at the tip of the base branch when this was read
	// MergeBase is the commit where the head left the base. Scopes are what
	// changed between it and the head.
	MergeBase string
	// Contributors are all who had a hand in commits that are in the head and
	// not in the base's tip, the author, and those who pushed. Complete is
	// false when the list of commits was cut short, and then nothing is green.
	Contributors []Contributor
	Complete     bool
	Assignees    []User
	Issues       []int     // that its description refers to
	UpdatedAt    time.Time // GitHub's clock
}

// Ref returns the name of p.
func (p Pull) Ref() PullRef { return PullRef{p.Repo, p.Number} }

// A Role is a hand that somebody had in a pull request.
type Role string

const (
	RoleAuthor    Role = "author"    // opened it, or wrote a commit
	RoleCommitter Role = "committer" // committed a commit
	RoleCoAuthor  Role = "co-author" // is named by a Co-authored-by trailer
	RolePusher    Role = "pusher"    // pushed a change of governed content
	RolePrompter  Role = "prompter"  // told an agent to write it
	RolePresumed  Role = "presumed"  // may have told an agent to: is assigned to what it wrote
	RoleMover     Role = "mover"     // went back to an earlier head with other governed content
)

// A Contributor had a hand in a pull request and cannot sign it off.
type Contributor struct {
	User     User     `json:"user"`             // ID 0 when Email belongs to no known account
	Email    string   `json:"email"`            // set only when User is unknown
	Commits  []string `json:"commits"`          // those they had a hand in; none for who only opened or pushed
	Merges   []string `json:"merges,omitempty"` // those of them that have two parents or more
	Kind     string   `json:"kind"`             // human, bot, agent, unknown
	Roles    []Role   `json:"roles"`
	Verified bool     `json:"verified"` // every commit of theirs carries a signature that GitHub verified
}

// Known reports whether the contributor is tied to an account.
func (c Contributor) Known() bool { return c.User.ID != 0 }

// A Requirement is a sign-off that some rule asks for.
type Requirement struct {
	ID       string        `json:"id"`
	Rule     string        `json:"rule"`
	Layer    string        `json:"layer"` // default, operator, organisation, repository
	Title    string        `json:"title"`
	Reason   string        `json:"reason"`
	Controls []string      `json:"controls"`
	Role     string        `json:"role,omitempty"`   // a role of the settings, or
	People   []string      `json:"people,omitempty"` // logins, or
	Teams    []string      `json:"teams,omitempty"`  // org/slug
	Need     int           `json:"need"`             // distinct people, at least 1
	Binds    string        `json:"binds,omitempty"`  // "" is the scope's content, "head" the head commit too
	ValidFor time.Duration `json:"valid_for,omitempty"`
	Distinct bool          `json:"distinct,omitempty"` // its signers meet no other requirement
	Changes  []string      `json:"changes"`            // ids in the change set; never empty once a Policy returned it
	// Paths and Digest are the scope: what people sign. The Reviewer fills
	// them in from the changes (change.ScopeDigest).
	Paths  []string `json:"paths"`
	Digest string   `json:"digest"`
}

// A Ruling is a denial or a warning of some rule, or its claim that a change
// needs nobody.
type Ruling struct {
	Rule    string   `json:"rule"`
	Layer   string   `json:"layer"`
	Title   string   `json:"title,omitempty"`
	Reason  string   `json:"reason"`
	Changes []string `json:"changes"`
}

// A Demand is what all layers of policy ask of one pull request.
type Demand struct {
	Requirements []Requirement
	Denials      []Ruling // an unclaimed change is one of these
	Warnings     []Ruling
	Passes       []Ruling
	RulesDigest  string // sha256:… over sources and data of all layers and the engine's version
	Input        []byte // the policy input as evaluated, canonical JSON
}

// A PolicySource is one file of rules that a repository keeps for itself.
type PolicySource struct {
	Path string
	Data []byte
}

// A Policy says what sign-offs a change needs.
//
// An error means that no decision can be made and must never be read as
// "nothing asked". *RulesError says that the repository's own rules are at
// fault, so that the people who can mend them are told.
type Policy interface {
	Require(ctx context.Context, in PolicyInput, repo []PolicySource) (Demand, error)
	// Load says whether a repository's own rules load, whatever they would be
	// asked: a *RulesError says why they do not.
	Load(ctx context.Context, repo []PolicySource) error
}

// A RulesError says that rules or settings do not load, that rules fail, or
// name what is not there.
type RulesError struct {
	Layer  string // default, operator, organisation, repository
	Path   string
	Line   int
	Reason string // for people: what to mend
}

func (e *RulesError) Error() string {
	s := e.Layer + " rules: "
	if e.what() == "settings" {
		s = ""
	}
	switch {
	case e.Path != "" && e.Line > 0:
		s += fmt.Sprintf("%s:%d: ", e.Path, e.Line)
	case e.Path != "":
		s += e.Path + ": "
	}
	return s + e.Reason
}

// what is at fault: rules, or the settings.
func (e *RulesError) what() string {
	if e.Path == SettingsPath || e.Path == operatorFile {
		return "settings"
	}
	return "rules"
}

// A PolicyInput is what rules see. Its JSON is described by
// policies/schema/input.json, and its version is 1.
type PolicyInput struct {
	Version      int                 `json:"version"`
	At           time.Time           `json:"at"` // GitHub's time of the event
	Repository   PolicyRepository    `json:"repository"`
	Pull         PolicyPull          `json:"pull"`
	Changes      []change.Change     `json:"changes"` // those that gate
	Notices      []change.Change     `json:"notices"` // those that never do
	Contributors []PolicyContributor `json:"contributors"`
	Settings     PolicySettings      `json:"settings"`
}

// PolicyRepository is the repository as rules see it.
type PolicyRepository struct {
	ID         int64             `json:"id"`
	Name       string            `json:"name"` // owner/name
	Visibility string            `json:"visibility"`
	Properties map[string]string `json:"properties"`
}

// PolicyPull is the pull request as rules see it.
type PolicyPull struct {
	Number int      `json:"number"`
	Title  string   `json:"title"`
	Base   string   `json:"base"`
	Head   string   `json:"head"`
	Author User     `json:"author"`
	Draft  bool     `json:"draft"`
	Fork   bool     `json:"fork"`
	Labels []string `json:"labels"`
	// Agent says whether a coding agent is behind it, and what tells so.
	Agent PolicyAgent `json:"agent"`
}

// PolicyAgent is what tells of a coding agent behind a pull request.
type PolicyAgent struct {
	Detected bool     `json:"detected"`
	Signals  []string `json:"signals"` // account:…, address:…, author:…, branch:…
}

// PolicyContributor is a contributor as rules see them.
type PolicyContributor struct {
	ID       int64  `json:"id"`
	Login    string `json:"login"`
	Kind     string `json:"kind"`
	Roles    []Role `json:"roles"`
	Known    bool   `json:"known"`
	Verified bool   `json:"verified"`
}

// PolicySettings is what rules may see of the settings of the base branch.
type PolicySettings struct {
	Branch string              `json:"branch"` // the entry of branches that matched
	Roles  map[string]RoleView `json:"roles"`
	Mode   string              `json:"mode"` // enforce or observe
}

// RoleView is a role as rules see it.
type RoleView struct {
	People []string `json:"people"`
	Teams  []string `json:"teams"`
	Need   int      `json:"need"`
}
