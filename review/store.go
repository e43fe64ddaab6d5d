package review

import (
	"context"
	"time"
)

// A Store keeps what reviews need from one delivery to the next. All methods
// are durable when they return, and repeating one changes nothing.
type Store interface {
	// SavePull keeps the newest known standing of a pull request. One that is
	// older by UpdatedAt is ignored.
	SavePull(ctx context.Context, p PullState) error
	// SaveCheck and SaveComment keep what was last published on a pull request.
	SaveCheck(ctx context.Context, repoID int64, number int, c CheckState) error
	SaveComment(ctx context.Context, repoID int64, number int, c CommentState) error
	SaveIdle(ctx context.Context, repoID int64, number int, idle string) error
	// Pull returns it, or ok false.
	Pull(ctx context.Context, repoID int64, number int) (p PullState, ok bool, err error)
	// PullsAt lists the open pull requests with the given head.
	PullsAt(ctx context.Context, repoID int64, head string) ([]PullState, error)
	// OpenPulls lists the open pull requests of a repository into a base branch,
	// or into any when baseRef is "".
	OpenPulls(ctx context.Context, repoID int64, baseRef string) ([]PullState, error)

	// AddHead remembers that a commit was the head of a pull request, who made
	// it so, and who had contributed then. What is told of a head later is added
	// as Unite says.
	AddHead(ctx context.Context, h Head) error
	// Heads lists the heads of a pull request, in order of arrival.
	Heads(ctx context.Context, repoID int64, number int) ([]Head, error)
	// PullsOver lists the open pull requests whose head has a digest under a
	// requirement.
	PullsOver(ctx context.Context, repoID int64, requirement, digest string) ([]int, error)
	// Pushers returns who made any of the commits the head of another pull
	// request of the repository than number, by commit.
	Pushers(ctx context.Context, repoID int64, number int, commits []string) (map[string][]User, error)

	// SaveGroup keeps a merge group and what was published on its head. Group
	// returns one that is under way or ended, Groups those under way that are to
	// land on a branch.
	SaveGroup(ctx context.Context, g GroupState) error
	Group(ctx context.Context, repoID int64, head string) (g GroupState, ok bool, err error)
	Groups(ctx context.Context, repoID int64, branch string) ([]GroupState, error)

	// AddReport remembers a report that people could read.
	AddReport(ctx context.Context, r Report) error
	// Reports lists the reports of a pull request, oldest first.
	Reports(ctx context.Context, repoID int64, number int) ([]Report, error)

	// AddSignoff keeps a statement, accepted or refused, once for each source,
	// requirement and verb. added is false when it was there.
	AddSignoff(ctx context.Context, s Signoff) (added bool, err error)
	// SaveGone keeps what became of a comment or review whose statement may not
	// be known yet: it is void then from the start.
	SaveGone(ctx context.Context, repoID int64, via string, sourceID int64, v Voiding) error
	// Void marks every statement of a comment or review as void; the first
	// reason stands. It returns how many it marked.
	Void(ctx context.Context, repoID int64, via string, sourceID int64, v Voiding) (int, error)
	// Signoffs lists all statements on a pull request in order of arrival.
	Signoffs(ctx context.Context, repoID int64, number int) ([]Signoff, error)
	// RejectionsOf lists the rejections, overrides and withdrawals of any pull request of the
	// repository over one requirement's scope digest.
	RejectionsOf(ctx context.Context, repoID int64, requirement, digest string) ([]Signoff, error)

	// PinLogin returns the account that a login meant when a version of the
	// settings first named it, and keeps u for it when none was kept.
	PinLogin(ctx context.Context, repoID int64, login string, u User) (User, error)
	// PinnedLogin returns it, or ok false.
	PinnedLogin(ctx context.Context, repoID int64, login string) (u User, ok bool, err error)

	// Tips returns the last known tip of every branch that AddMove was told of.
	Tips(ctx context.Context, repoID int64) (map[string]string, error)
	// AddMove remembers that a branch moved and numbers the moves between the
	// same two commits from 0. A delivery that was seen keeps its number. A move
	// without delivery was found by a sweep: it takes the number of an equal
	// move that is there, and a delivery that comes late for it adopts it.
	// covered reports that every commit of an unforced move from a delivery
	// lies in moves that sweeps found, so that there is nothing left to record.
	AddMove(ctx context.Context, m Move) (occurrence int, covered bool, err error)
	// SetTip moves the known tip of a branch, once all that a sweep found up to
	// it is recorded. Moves that deliveries tell of set it by themselves: they
	// are told of again until they are recorded.
	SetTip(ctx context.Context, repoID int64, ref, commit string) error

	// AddLanded keeps the content of a countersigned landing on a branch.
	// LandedWith returns the newest record that has all the given files with
	// their content after it, "" for none.
	AddLanded(ctx context.Context, repoID int64, branch, record string, files []File) error
	LandedWith(ctx context.Context, repoID int64, branch string, files []File) (record string, err error)

	// SetDue keeps when a pull request has to be judged anew although nothing
	// happens; the zero time is never.
	SetDue(ctx context.Context, repoID int64, number int, at time.Time) error
	// Due returns the repositories in which an open pull request or an open
	// obligation is due at a time, with the earliest that is.
	Due(ctx context.Context, at time.Time) (map[Repo]time.Time, error)

	// AddObligation keeps what a landing owes, once for each pull request and
	// requirement. Obligations lists those of a pull request, OpenObligations
	// those of a repository that are open. SetObligation changes the state.
	AddObligation(ctx context.Context, o Obligation) error
	Obligations(ctx context.Context, repoID int64, number int) ([]Obligation, error)
	OpenObligations(ctx context.Context, repoID int64) ([]Obligation, error)
	SetObligation(ctx context.Context, repoID int64, number int, requirement, state string) error

	// SaveMerge keeps what a closed delivery told of a merge.
	SaveMerge(ctx context.Context, repoID int64, m Merge) error
	// MergeOf returns the merge into a branch that made a commit, or ok false.
	MergeOf(ctx context.Context, repoID int64, commit, branch string) (m Merge, ok bool, err error)

	// DeliveriesOf lists the deliveries about a pull request.
	DeliveriesOf(ctx context.Context, repoID int64, number int) ([]DeliveryRef, error)

	// AddRepo keeps a repository of an installation; Repos lists them.
	AddRepo(ctx context.Context, r Repo) error
	RemoveRepo(ctx context.Context, repoID int64) error
	// FirstName is the owner/name under which a repository first became known,
	// also after it was removed, and "" when it never was.
	FirstName(ctx context.Context, repoID int64) (string, error)
	Repos(ctx context.Context) ([]Repo, error)
}

// A PullState is what is remembered of a pull request.
type PullState struct {
	RepoID    int64
	Number    int
	Title     string
	Author    User
	Open      bool
	Head      string
	HeadRef   string
	BaseRef   string
	Onto      string // as in Pull
	Draft     bool
	Fork      bool
	Labels    []string
	UpdatedAt time.Time
	BasedAt   time.Time  // kept by the Store: when BaseRef and Onto were not yet known to be what they are
	Check     CheckState // what was last published for Head and Branch
	Comment   CommentState
	Idle      string // what a sweep judged it by and found nothing governed; "" otherwise
}

// A CommentState is the sticky comment of a pull request.
type CommentState struct {
	ID     int64
	Digest string // sha256 over its body, so that nothing is published twice
}

// A CheckState is the check run that stands on a head.
type CheckState struct {
	ID     int64
	Branch string // the entry of branches that named it
	Head   string
	State  State
	Title  string
	Digest string // sha256 over what was published, so that nothing is published twice
}

// A GroupState is what is remembered of a merge group: the commit that lands a
// queued pull request on the entry ahead of it.
type GroupState struct {
	RepoID  int64
	BaseRef string // branch that it is to land on
	Base    string // what it stands on: the group ahead, or the branch's tip
	Head    string
	Pull    int
	Ended   bool       // it landed, or left the queue
	Check   CheckState // what was last published on Head
}

// A Head is a commit that was the head of a pull request.
type Head struct {
	RepoID       int64
	Number       int
	Commit       string
	Pusher       User // ID 0 when not known
	Contributors []Contributor
	// Digests are the scope digests as judged at this head, by requirement id;
	// "*" is that of all governed changes together.
	Digests map[string]string
	// Delivery is that which told of the pusher, or else the first one that
	// showed the head; "" when a sweep found it and none told of the pusher.
	Delivery string
}

// A Report is a sticky comment as people could read it: which head it spoke of
// and what each requirement's scope digest was.
type Report struct {
	RepoID    int64
	Number    int
	Head      string
	BaseRef   string
	Digests   map[string]string  // requirement id to scope digest
	Named     map[string][]int64 // requirement id to the user ids it named
	UpdatedAt time.Time          // GitHub's clock: the comment's updated_at
}

// A Move is one move of a branch.
type Move struct {
	RepoID   int64
	Ref      string // refs/heads/main
	Before   string // equal to After: the first sight of the branch, nothing to record
	After    string
	Commits  []string // first-parent commits, oldest first
	Forced   bool
	Delivery string // GUID of the push, "" when a sweep found it
}
