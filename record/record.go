// Package record remembers what landed.
//
// A record is the sealed account of one landing: one line of JSON that holds
// ids, digests, counts, codes and GitHub's times, and nothing that names a
// person or runs long. Names and texts stand beside it as disclosures, each
// tied to it by a salted digest, so that one can be erased and everything else
// still proves. Records are the leaves of a Merkle tree, whose root is signed
// in the transaction that appends one.
//
// docs/record.md specifies the bytes. The package imports review and change
// for what it is told, and declares the Store that it keeps things in.
package record

// The predicate types of leaves. A new field is a new version.
const (
	LandingType = "https://github.com/countersign-dev/countersign/change-record/v0"
	ErasureType = "https://github.com/countersign-dev/countersign/erasure/v0"

	AddendumType = "https://github.com/countersign-dev/countersign/addendum/v0"
)

// maxLeaf is the greatest length of a leaf in bytes.
const maxLeaf = 65535

// A Code is a word of some vocabulary, an id or a digest: printable ASCII that
// needs no escape in JSON. What does not fit stands as ~ and its commitment.
type Code string

// A Time is GitHub's, in UTC and whole seconds: 2026-11-25T04:18:22Z.
type Time string

// A Commitment stands for a name or a text that is disclosed beside the leaf:
// 64 hexadecimal digits. "" is nothing to disclose.
type Commitment string

// A Record is the predicate of a landing's leaf. Tags name the labels under
// which commitments are disclosed; docs/record.md gives each field's meaning.
// Lists are never null. What is optional is left out, never empty.
type Record struct {
	Identity    Identity    `json:"identity"`
	Pull        *Pull       `json:"pull,omitempty"` // nil for a direct push
	What        What        `json:"what"`
	Why         Why         `json:"why"`
	People      []Hand      `json:"people"`
	Tests       []Test      `json:"tests"`
	Policy      *Policy     `json:"policy,omitempty"` // nil when no decision was asked for
	Signoffs    []Signoff   `json:"signoffs"`
	Enforcement Enforcement `json:"enforcement"`
	Outcome     Outcome     `json:"outcome"`
	Recorder    Recorder    `json:"recorder"`
	More        []More      `json:"more"`
}

// An Identity says which move of which branch it was.
type Identity struct {
	Host       Code       `json:"host"`
	Repository int64      `json:"repository"`
	Private    bool       `json:"private"`
	Owner      Commitment `json:"owner,omitempty" label:"owner"`
	Name       Commitment `json:"name,omitempty" label:"repository"`
	Ref        Code       `json:"ref"`
	Before     Code       `json:"before"`
	After      Code       `json:"after"`
	Occurrence int        `json:"occurrence"`
	Commits    []Code     `json:"commits"`
	Parents    []Code     `json:"parents"`
	Tree       Code       `json:"tree,omitempty"`
	Method     Code       `json:"method"`
	LandedAt   Time       `json:"landed_at,omitempty"`
	LandedBy   Person     `json:"landed_by"`
}

// A Person is an account. Its id is in the leaf, its login beside it.
type Person struct {
	ID    int64      `json:"id"`
	Type  Code       `json:"type,omitempty"`
	Login Commitment `json:"login,omitempty" label:"login"`
}

// A Pull is the pull request that landed.
type Pull struct {
	Number   int          `json:"number"`
	Title    Commitment   `json:"title,omitempty" label:"title"`
	Body     Commitment   `json:"body,omitempty" label:"body"`
	Author   Person       `json:"author"`
	Head     Code         `json:"head"`
	HeadRef  Commitment   `json:"head_ref,omitempty" label:"branch"`
	Draft    bool         `json:"draft"`
	Fork     bool         `json:"fork"`
	Labels   []Commitment `json:"labels" label:"label"`
	Complete bool         `json:"complete"` // all contributors are known
}

// A What counts the changes; the change set and the files are attachments.
type What struct {
	Changes  int        `json:"changes"` // those that gate
	Notices  int        `json:"notices"`
	Findings int        `json:"findings"`
	Agents   int        `json:"agents"`
	Files    int        `json:"files"`
	Kinds    []Kind     `json:"kinds"`
	Set      Commitment `json:"set,omitempty" label:"changes"`
	Delta    Commitment `json:"delta,omitempty" label:"files"`
}

// A Kind counts the changes of one kind, change, direction and step.
type Kind struct {
	Kind      Code `json:"kind"`
	Change    Code `json:"change"`
	Direction Code `json:"direction,omitempty"`
	Step      Code `json:"step,omitempty"`
	Count     int  `json:"count"`
}

// A Why is the reason that the pull request's description gives.
type Why struct {
	Justification Commitment `json:"justification,omitempty" label:"justification"`
	Issues        []int      `json:"issues"`
}

// A Hand is a contributor.
type Hand struct {
	Person
	Email    Commitment `json:"email,omitempty" label:"email"`
	Kind     Code       `json:"kind"`
	Roles    []Code     `json:"roles"`
	Verified bool       `json:"verified"`
}

// A Test is a required check at the head.
type Test struct {
	Name        Commitment `json:"name,omitempty" label:"check"`
	App         int64      `json:"app"`
	Conclusion  Code       `json:"conclusion,omitempty"`
	CompletedAt Time       `json:"completed_at,omitempty"`
}

// A Policy is the decision that was made on what landed.
type Policy struct {
	Decision     Code          `json:"decision"`
	Rules        Code          `json:"rules,omitempty"`
	Input        Commitment    `json:"input,omitempty" label:"input"`
	Settings     Code          `json:"settings,omitempty"`
	Branch       Code          `json:"branch,omitempty"`
	Observed     bool          `json:"observed"`
	Outdated     int           `json:"outdated"`
	Requirements []Requirement `json:"requirements"`
	Denials      []Ruling      `json:"denials"`
	Warnings     []Ruling      `json:"warnings"`
	Passes       []Ruling      `json:"passes"`
}

// A Requirement is a sign-off that a rule asked for, and how it stood.
type Requirement struct {
	ID       Code       `json:"id"`
	Rule     Code       `json:"rule"`
	Layer    Code       `json:"layer,omitempty"`
	Title    Commitment `json:"title,omitempty" label:"rule title"`
	Reason   Commitment `json:"reason,omitempty" label:"reason"`
	Controls []Code     `json:"controls"`
	Role     Code       `json:"role,omitempty"`
	Need     int        `json:"need"`
	Binds    Code       `json:"binds,omitempty"`
	ValidFor int64      `json:"valid_for,omitempty"` // seconds
	Distinct bool       `json:"distinct"`
	Changes  int        `json:"changes"`
	Paths    int        `json:"paths"`
	Digest   Code       `json:"digest,omitempty"`
	State    Code       `json:"state"`
	Signed   int        `json:"signed"`
	Named    int        `json:"named"`
	Roster   Commitment `json:"roster,omitempty" label:"roster"`
}

// A Ruling is a denial, a warning or a pass.
type Ruling struct {
	Rule    Code       `json:"rule"`
	Layer   Code       `json:"layer,omitempty"`
	Reason  Commitment `json:"reason,omitempty" label:"reason"`
	Changes int        `json:"changes"`
}

// What became of a statement.
const (
	Counted = "counted"   // counts for its requirement
	Blocks  = "blocks"    // a rejection that stands
	Covers  = "emergency" // an emergency that counts for its requirement
	Voided  = "void"      // its comment was edited or deleted, its review dismissed
	Other   = "other-content"
	Late    = "late" // written after the landing
	Kept    = "kept" // withdrawn, superseded, or no approval
	Refused = "refused"
)

// A Signoff is a statement, whatever became of it.
type Signoff struct {
	Status      Code       `json:"status"`
	Verb        Code       `json:"verb"`
	Requirement Code       `json:"requirement,omitempty"`
	Digest      Code       `json:"digest,omitempty"`
	Head        Code       `json:"head,omitempty"`
	By          Person     `json:"by"`
	Named       bool       `json:"named"` // the requirement named the person at the landing
	Through     Commitment `json:"through,omitempty" label:"team"`
	Via         Code       `json:"via"`
	Source      int64      `json:"source"`
	URL         Commitment `json:"url,omitempty" label:"url"`
	Statement   Commitment `json:"statement,omitempty" label:"statement"`
	Body        Commitment `json:"body,omitempty" label:"body"`
	CreatedAt   Time       `json:"created_at,omitempty"`
	Delivery    Code       `json:"delivery,omitempty"`
	Payload     Code       `json:"payload,omitempty"`
	Refused     Code       `json:"refused,omitempty"`
	Void        *Void      `json:"void,omitempty"`
}

// A Void is why a sign-off stopped counting.
type Void struct {
	Reason   Code   `json:"reason"`
	By       Person `json:"by"`
	At       Time   `json:"at,omitempty"`
	Delivery Code   `json:"delivery,omitempty"`
}

// An Enforcement is what guarded the branch.
type Enforcement struct {
	Required bool `json:"required"`
	Pinned   bool `json:"pinned"`
	Source   Code `json:"source,omitempty"`
	Bypass   Code `json:"bypass,omitempty"`
}

// An Outcome is what the landing was and what it lacked.
type Outcome struct {
	Outcome Code   `json:"outcome"`
	Missing []Code `json:"missing"`
}

// A Recorder says who recorded, and on which deliveries it rests.
type Recorder struct {
	Version      Code       `json:"version,omitempty"`
	Commit       Code       `json:"commit,omitempty"`
	App          int64      `json:"app"`
	Installation int64      `json:"installation"`
	Deliveries   []Delivery `json:"deliveries"`
}

// A Delivery is a webhook delivery.
type Delivery struct {
	GUID   Code `json:"guid"`
	Event  Code `json:"event"`
	Digest Code `json:"digest,omitempty"`
}

// A More says that a list was cut so that the leaf stays short. The attachment
// is the JSON list of what was cut off.
type More struct {
	List  Code       `json:"list"`
	Count int        `json:"count"`
	Rest  Commitment `json:"rest" label:"rest"`
}

// An Erasure is the predicate of a leaf that says that disclosures of an
// earlier leaf were erased on somebody's order.
type Erasure struct {
	Index       int64      `json:"index"`
	Commitments []Erased   `json:"commitments"`
	By          Commitment `json:"by" label:"ordered by"`
	Reason      Commitment `json:"reason" label:"reason"`
	Recorder    Recorder   `json:"recorder"`
}

// Erased is a commitment whose disclosure is gone.
type Erased string

// A statement is a leaf: an in-toto Statement v1.
type statement[P any] struct {
	Type          string    `json:"_type"`
	Subject       []subject `json:"subject"`
	PredicateType string    `json:"predicateType"`
	Predicate     P         `json:"predicate"`
}

type subject struct {
	Name   string            `json:"name"`
	Digest map[string]string `json:"digest"`
}

const statementType = "https://in-toto.io/Statement/v1"
