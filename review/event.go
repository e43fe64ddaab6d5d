package review

import "time"

// An Event is what every delivery tells: which delivery it was, about which
// repository, who caused it, and when by GitHub's clock.
type Event struct {
	Delivery DeliveryRef
	Repo     Repo
	Sender   User
	At       time.Time // the newest GitHub time in the payload; zero when it has none
}

// A PullEvent tells that a pull request was opened, pushed to, retargeted,
// closed or otherwise changed.
type PullEvent struct {
	Event
	Action string // opened, synchronize, edited, closed, …
	Pull   Pull   // as the payload has it: no tip, merge base or contributors
	Before string // synchronize: the head before
	Merge  *Merge // closed and merged
}

// A CommentEvent tells of a comment on a pull request, or of one on an issue
// that calls a coding agent. Other comments on issues are dropped before.
type CommentEvent struct {
	Event
	Action  string // created, edited, deleted
	Number  int
	Open    bool // the pull request is open
	Issue   bool // it is a comment on an issue, which can call an agent and nothing else
	Comment Comment
	Before  string // edited: the text before
	ByApp   bool   // written through an app in the author's name
	// Association is the author's author_association, such as MEMBER or NONE.
	Association string
}

// A ReviewEvent tells of a review.
type ReviewEvent struct {
	Event
	Action      string // submitted, edited, dismissed
	Number      int
	ReviewID    int64
	State       string // approved, changes_requested, commented, dismissed
	Commit      string // the head that was reviewed
	Author      User
	Body        string
	URL         string
	SubmittedAt time.Time
	Pull        Pull // as in the payload
}

// A PushEvent tells that a branch moved.
type PushEvent struct {
	Event
	Ref      string // refs/heads/main
	Before   string // all zeros when the branch was created
	After    string // all zeros when it was deleted
	Forced   bool
	Created  bool
	Deleted  bool
	PushedAt time.Time
}

// A GroupEvent tells that a merge group wants its checks, or is gone.
type GroupEvent struct {
	Event
	Action  string // checks_requested, destroyed
	Reason  string // destroyed: merged, invalidated, dequeued
	BaseRef string // branch name
	Base    string
	Head    string
}

// A RerunEvent asks for a check to be made anew.
type RerunEvent struct {
	Event
	Head string
}

// A ButtonEvent tells that somebody pressed a button of one of our check runs.
type ButtonEvent struct {
	Event
	Run    int64  // id of the check run
	Head   string // the commit that it is of
	Button string // the identifier of the Action
}

// A RosterEvent tells that members of a team or an organisation changed.
type RosterEvent struct {
	Event
	Org string
}

// An InstallEvent tells which repositories an installation has, or has no more.
type InstallEvent struct {
	Event
	Added   []Repo
	Removed []Repo // all of them when the app was uninstalled
}
