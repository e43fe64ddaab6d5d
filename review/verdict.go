package review

import (
	"time"

	"github.com/countersign-dev/countersign/change"
)

// A State is what a verdict comes to.
type State string

const (
	Met      State = "met"       // every requirement is met, or nothing governed changed
	Covered  State = "emergency" // what is not met is covered by an emergency
	Waiting  State = "waiting"   // people are awaited
	Rejected State = "rejected"  // an entitled person said no
	Denied   State = "denied"    // a rule forbids it, or no decision can be made
)

// A Standing is how one requirement stands.
type Standing struct {
	Requirement Requirement
	State       State
	Signed      []Signoff // those that count
	Rejections  []Signoff // those that block
	Entitled    []User    // who could still sign, contributors left out
	Anyone      string    // who else could, in words; "" for nobody
	Named       []int64   // ids of all whom the requirement names, contributors too
	// Voices says of everybody whose sign-off would still count whose voice it
	// would be: their own, or that of whom they stand for.
	Voices    map[int64]int64
	Emergency *Signoff  // what covers it, when State is Covered
	Ends      time.Time // when the first delegation ends by which somebody is named; zero for never
	Problem   string    // for people: why nobody can sign, "" when somebody can
}

// Missing returns how many more people must sign.
func (s Standing) Missing() int { return max(0, s.Requirement.Need-len(s.Signed)) }

// A Verdict is what the check says: requirements with their standing, denials
// and warnings, and the rules that said so.
type Verdict struct {
	Pull         Pull
	Branch       string // the entry of branches that matched; names the check
	State        State
	Standings    []Standing
	Denials      []Ruling
	Warnings     []Ruling
	Passes       []Ruling
	Set          change.Set
	Contributors []Contributor
	RulesDigest  string
	InputDigest  string // sha256:… of Input
	Input        []byte
	Settings     string    // blob id of the settings file at the base's tip
	Observed     bool      // the operator has the repository in observe: the check succeeds whatever State is
	Outdated     []string  // files of the scope that differ between merge base and the base's tip
	Flips        *FlipList // what a change of rules does to decisions of the past
	At           time.Time // GitHub's time of the event that led to it
}

// An Outcome is what a landing was.
type Outcome string

const (
	Countersigned Outcome = "countersigned"
	Emergency     Outcome = "emergency"
	Unsigned      Outcome = "unsigned"
	Diverged      Outcome = "diverged"
	Observed      Outcome = "observed"
	Ungoverned    Outcome = "ungoverned"
)

// A File is one governed path of a landing's delta. Content is named by
// SHA-256, so that the record does not rest on git's SHA-1.
type File struct {
	Path       string `json:"path"`
	BeforeMode string `json:"before_mode"`
	Before     string `json:"before"` // sha256:…, "" when absent
	AfterMode  string `json:"after_mode"`
	After      string `json:"after"`
}

// An Enforcement is what guarded the branch when it moved, as far as the app
// may see it.
type Enforcement struct {
	Required bool   `json:"required"` // our check was a required one
	Pinned   bool   `json:"pinned"`   // and bound to our app
	Source   string `json:"source"`   // classic, ruleset, none, unknown
	Bypass   string `json:"bypass"`   // "not visible" unless the forge told
}

// A Landing is one move of a governed branch that came in through one pull
// request, or through none, with everything a record needs.
type Landing struct {
	Repo       Repo
	Host       string // github.com or the host of the Enterprise Server
	Ref        string // refs/heads/main
	Before     string // commit ids of the branch; all zeros when it was created
	After      string
	Occurrence int      // 0, and counting up when the same move happens again after a force push
	Commits    []string // first-parent commits of this landing, oldest first
	Parents    []string // parents of After
	Tree       string   // tree id of After
	Method     string   // merge, squash, rebase, push, force-push, create
	Pull       *Pull    // nil for a direct push
	MergedBy   User     // who merged or pushed
	LandedAt   time.Time
	TitleBody  string // body of the pull request

	Outcome     Outcome
	Missing     []string  // requirement ids that were not met, or reason codes
	Verdict     *Verdict  // nil when ungoverned because the repository is not enrolled
	Statements  []Signoff // all of them: counted, refused, voided, withdrawn
	Files       []File
	Enforcement Enforcement
	Checks      []CheckResult // required checks at the head
	Deliveries  []DeliveryRef
}

// A CheckResult is the conclusion of another app's required check at the head.
type CheckResult struct {
	Name        string    `json:"name"`
	App         int64     `json:"app"`
	Conclusion  string    `json:"conclusion"`
	CompletedAt time.Time `json:"completed_at"`
}

// A DeliveryRef names a delivery that a landing rests on.
type DeliveryRef struct {
	GUID   string `json:"guid"`
	Event  string `json:"event"`
	Digest string `json:"digest"` // sha256:… of the body
}

// A Receipt says where a record is in the log. It is not part of the record.
type Receipt struct {
	ID         string    // CHG-2026-000041
	Index      int64     // leaf index, from 0
	RecordedAt time.Time // our clock
	Duplicate  bool      // the landing was recorded before; this is the first receipt
	Checkpoint string    // the signed checkpoint right after it, as text
}
