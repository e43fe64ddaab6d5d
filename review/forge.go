package review

import (
	"context"
	"errors"
	"time"

	"github.com/countersign-dev/countersign/change"
)

// ErrTooLong says that a history has more commits than can be listed.
var ErrTooLong = errors.New("the history is too long to be listed")

// ErrGone says that what was asked for does not exist, or is hidden from the app.
var ErrGone = errors.New("not found, or not visible to the app")

// ErrTooLarge says that a file has more bytes than are ever read.
var ErrTooLarge = errors.New("too large to be read")

// A Forge is GitHub. Every method may be called again after an error.
type Forge interface {
	// Pull reads a pull request as it stands now: its state, head and base, the
	// tip of the base branch, the merge base and the contributors. It takes one
	// call when the pair of tip and head was seen before, and two otherwise.
	Pull(ctx context.Context, ref PullRef) (Pull, error)
	// Compare completes p, whose Repo, Number, Author, Head and BaseRef are set
	// from a delivery: base tip, merge base and contributors. One call.
	Compare(ctx context.Context, p Pull) (Pull, error)
	// Tip returns the commit at the tip of a branch, or ErrGone.
	Tip(ctx context.Context, repo Repo, branch string) (string, error)
	// Tree returns the files at a commit. A truncated answer is completed.
	// Trees and blobs are kept by installation and id; each call for one of them,
	// now or when the tree is read, is announced by SpendRead(ctx).
	Tree(ctx context.Context, repo Repo, commit string) (change.Tree, error)
	// History lists the commits that lead from before (left out) to after,
	// first parents only, oldest first. forced reports that before is no
	// ancestor of after.
	History(ctx context.Context, repo Repo, before, after string) (commits []Commit, forced bool, err error)
	// MergedPull returns the merged pull request that brought commit into
	// branch, or ErrGone. by is who pushed it, when that is known.
	MergedPull(ctx context.Context, repo Repo, commit, branch string, by User) (Merge, error)
	// Enforcement returns what guards a branch now, for the named check.
	Enforcement(ctx context.Context, repo Repo, branch, check string) (Enforcement, error)
	// Queue returns the merge queue of a branch as it stands, in one call. It is
	// ErrGone when the branch has none, or the app may not see it.
	Queue(ctx context.Context, repo Repo, branch string) (Queue, error)
	// OpenPulls lists the open pull requests of a repository.
	OpenPulls(ctx context.Context, repo Repo) ([]Pull, error)
	// Said returns those of the named comments and reviews of a pull request that
	// still exist, as they are now, for the last look before a check turns green.
	Said(ctx context.Context, ref PullRef, comments, reviews []int64) (Said, error)

	Directory
	Publisher
}

// Said is what people wrote on a pull request, as it stands now, by id.
type Said struct {
	Comments map[int64]Comment
	Reviews  map[int64]ReviewNow
}

// A ReviewNow is a review as it stands now.
type ReviewNow struct {
	State string // approved, changes_requested, commented, dismissed
	Body  string
}

// A Directory knows people and teams.
type Directory interface {
	// User resolves a login to the account that has it now, or ErrGone.
	User(ctx context.Context, repo Repo, login string) (User, error)
	// Members lists a team, org/slug, child teams included, or ErrGone. Answers
	// are kept for at most five minutes unless fresh is set.
	Members(ctx context.Context, repo Repo, team string, fresh bool) ([]User, error)
	// Admin reports whether a person administers the repository.
	Admin(ctx context.Context, repo Repo, u User) (bool, error)
	// Writer reports whether a person may push to the repository.
	Writer(ctx context.Context, repo Repo, u User) (bool, error)
}

// A Publisher writes what people see.
type Publisher interface {
	// PutCheck creates the check run, or updates it when c.ID is set, and
	// returns its id. Repeating it is harmless.
	PutCheck(ctx context.Context, repo Repo, c Check) (int64, error)
	// PutComment writes the sticky comment of a pull request, updating the one
	// with the given id unless it is 0 or gone, and returns it as GitHub has it.
	PutComment(ctx context.Context, ref PullRef, id int64, body string) (Comment, error)
	// Reply writes a new comment.
	Reply(ctx context.Context, ref PullRef, body string) error
	// React adds a reaction, "+1" or "confused", to a comment.
	React(ctx context.Context, repo Repo, comment int64, reaction string) error
}

// A Check is a check run as it is written.
type Check struct {
	ID          int64 // 0 for a new one
	Name        string
	Head        string
	Conclusion  string // success, failure, action_required or InProgress; never neutral or skipped
	Title       string
	Summary     string
	Text        string
	DetailsURL  string
	Annotations []Annotation
	Actions     []Action // buttons, at most three
}

// InProgress is the conclusion of a check that has none yet.
const InProgress = "in_progress"

// An Action is a button that the check run offers.
type Action struct {
	Identifier  string // at most 20 characters
	Label       string // at most 20
	Description string // at most 40
}

// An Annotation is a finding on a line.
type Annotation struct {
	Path    string
	Line    int
	Title   string
	Message string
}

// A Comment is a comment as GitHub has it.
type Comment struct {
	ID        int64
	Author    User
	Body      string
	CreatedAt time.Time
	UpdatedAt time.Time
	URL       string
}

// A Commit is a commit with what links it to others.
type Commit struct {
	ID      string
	Parents []string
	Tree    string
	ByForge bool // the forge committed it, as it does for a merge on its pages
}

// A Queue is the merge queue of a branch.
type Queue struct {
	Tip     string // commit at the tip of the branch
	Entries []QueueEntry
}

// A QueueEntry is a pull request in a queue, front first.
type QueueEntry struct {
	Number int
	Pull   string // head of the pull request as it was queued
	Base   string // what Head stands on; "" while no group is built
	Head   string // head of its merge group; "" while none is built
}

// A Merge is how a pull request landed.
type Merge struct {
	Number   int
	Head     string
	BaseRef  string
	Commit   string // merge_commit_sha
	By       User
	At       time.Time
	Title    string
	Body     string
	Author   User
	Complete bool // By and At come from GitHub's own account of the merge
}

// A Recorder appends the outcome of a landing to the transparency log.
// Recording the same landing twice returns the first receipt, marked Duplicate.
type Recorder interface {
	Record(ctx context.Context, l Landing) (Receipt, error)
	// Amend adds to the newest record of a pull request what became known
	// later, once; ErrGone says that there is no record.
	Amend(ctx context.Context, a Addendum) (Receipt, error)
}

// A Scheduler puts work off. Its methods are durable when they return, and
// calling them again for the same cause, the GUID of a delivery, changes nothing.
type Scheduler interface {
	// Schedule has a repository swept once nothing else of it is under way.
	// With all set every open pull request is judged anew, else those that may
	// have changed without a delivery.
	Schedule(ctx context.Context, repo Repo, cause string, all bool) error
	// SchedulePull has one pull request judged anew.
	SchedulePull(ctx context.Context, ref PullRef, cause string) error
}
