package review

import "time"

// A Verb is what a person says over a requirement.
type Verb string

const (
	Approve  Verb = "approve"
	Reject   Verb = "reject"
	Withdraw Verb = "withdraw"
	Override Verb = "override"
	Declare  Verb = "emergency"
)

// A Signoff is one person's statement over one scope digest, with the delivery
// that proves it. Refused statements are kept too: Refused says why, and they
// count nowhere.
type Signoff struct {
	ID          int64 // given by the Store, in order of arrival
	RepoID      int64
	Pull        int
	BaseRef     string
	Requirement string
	Digest      string // the scope digest signed; "" when refused before it was known
	Head        string // the head the writer spoke of
	Verb        Verb
	User        User
	Through     string // the team org/slug or the word people, as it counted when signing
	Via         string // comment, review, button
	SourceID    int64  // id of the comment or review; of a button, see pressID
	URL         string
	Statement   string
	Body        string    // as delivered; disclosed beside the record, never in it
	CreatedAt   time.Time // GitHub's clock
	Delivery    string    // GUID of the delivery
	Payload     string    // sha256:… of the delivery's body
	Refused     string    // a code of refusals.go, "" when it counts
	Voided      *Voiding
}

// A Voiding says why a sign-off stopped counting although its content did not
// change: its comment was edited or deleted, its review dismissed.
type Voiding struct {
	Reason   string    `json:"reason"` // edited, deleted, dismissed
	By       User      `json:"by"`
	At       time.Time `json:"at"`
	Delivery string    `json:"delivery"`
}

// Counts reports whether the statement was accepted and not voided since.
func (s Signoff) Counts() bool { return s.Refused == "" && s.Voided == nil }
