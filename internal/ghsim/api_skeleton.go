package ghsim

import (
	"context"
	"crypto/rsa"
	"time"
)

// This file holds the exported API while its parts are being built.

// Server is the simulated GitHub.
type Server struct{}

// New starts a server on a free port of 127.0.0.1.
func New(o Options) (*Server, error) { panic("building") }

// Close ends the HTTP server, the courier and whatever hangs.
func (s *Server) Close() error { panic("building") }

// URL is the root, without a trailing slash: REST is served under it and under
// URL()+"/api/v3", GraphQL at /graphql and /api/graphql.
func (s *Server) URL() string { panic("building") }

// Now is the time that GitHub tells, in UTC and whole seconds.
func (s *Server) Now() time.Time { panic("building") }

// Advance moves the clock.
func (s *Server) Advance(d time.Duration) { panic("building") }

// SetLatency changes Options.Latency.
func (s *Server) SetLatency(d time.Duration) { panic("building") }

// SetFault installs f, which is asked before each API call. r has its body
// intact. Nil removes it.
func (s *Server) SetFault(f func(c Call) *Fault) { panic("building") }

// Calls lists API calls since the start or ResetCalls, oldest first, without those that made tokens.
func (s *Server) Calls() []Call { panic("building") }

// TokenCalls lists the calls that made installation tokens.
func (s *Server) TokenCalls() []Call { panic("building") }

// ResetCalls empties both lists.
func (s *Server) ResetCalls() { panic("building") }

// People.

// AddUser adds a person. Without e-mail addresses it gets LOGIN@example.com.
// The first is the primary one. The site's noreply address is always known.
func (s *Server) AddUser(login string, emails ...string) *User { panic("building") }

// AddBot adds a bot, whose login is usually "NAME[bot]".
func (s *Server) AddBot(login string) *User { panic("building") }

// User finds an account by its present login, case folded. Nil if there is none.
func (s *Server) User(login string) *User { panic("building") }

// ID is the account's number, which outlives its login.
func (u *User) ID() int64 { panic("building") }

// Login is the present login.
func (u *User) Login() string { panic("building") }

// NoReply is the site's address for the account: ID+LOGIN@users.noreply.github.com.
func (u *User) NoReply() string { panic("building") }

// Git is the account as an author: its name and primary address.
func (u *User) Git() Identity { panic("building") }

// Rename changes the login; the old one can be claimed at once by AddUser.
func (u *User) Rename(login string) { panic("building") }

// AddOrg adds an organisation.
func (s *Server) AddOrg(login string) *Org { panic("building") }

// An Org is an organisation; its embedded account owns repositories.
type Org struct{ *User }

// SetMember makes u a member with role "member" or "admin"; "" removes it.
func (o *Org) SetMember(u *User, role string) { panic("building") }

// AddTeam adds a team; parent may be nil. Slugs are unique in an organisation.
func (o *Org) AddTeam(slug string, parent *Team) *Team { panic("building") }

// A Team is a team of an organisation. Members of child teams are members of it.
type Team struct{}

// ID is the team's number, Slug its present name.
func (t *Team) ID() int64    { panic("building") }
func (t *Team) Slug() string { panic("building") }

// Add makes u a direct member and of its organisation. Event: membership.added.
func (t *Team) Add(u *User) { panic("building") }

// Remove ends u's direct membership. Event: membership.removed.
func (t *Team) Remove(u *User) { panic("building") }

// Rename changes name and slug. Event: team.edited.
func (t *Team) Rename(slug string) { panic("building") }

// Delete removes the team. Event: team.deleted.
func (t *Team) Delete() { panic("building") }

// Apps.

// An App is a GitHub App.
type App struct{}

// App is the app under test, "countersign".
func (s *Server) App() *App { panic("building") }

// AddApp registers another app. AddApp("github-actions") has id 15368, as on github.com.
func (s *Server) AddApp(slug string) *App { panic("building") }

func (a *App) ID() int64             { panic("building") }
func (a *App) Slug() string          { panic("building") }
func (a *App) Key() *rsa.PrivateKey  { panic("building") }
func (a *App) PrivateKeyPEM() []byte { panic("building") } // PKCS #1, as GitHub hands out
func (a *App) Bot() *User            { panic("building") } // SLUG[bot]

// SetWebhook sets where deliveries go and the secret that signs them. An empty
// url logs deliveries as failed without sending.
func (s *Server) SetWebhook(url, secret string) { panic("building") }

// Install installs the app under test on an account, for all its repositories
// or for those named. Event: installation.created.
func (s *Server) Install(account *User, repos ...*Repo) *Installation { panic("building") }

// An Installation is the app under test on one account.
type Installation struct{}

func (i *Installation) ID() int64 { panic("building") }

// Suspend, Unsuspend and Uninstall emit the installation event of the same name
// (Uninstall: deleted). Its tokens stop working at once.
func (i *Installation) Suspend()   { panic("building") }
func (i *Installation) Unsuspend() { panic("building") }
func (i *Installation) Uninstall() { panic("building") }

// AddRepos and RemoveRepos change a selection. Event: installation_repositories.
func (i *Installation) AddRepos(repos ...*Repo)    { panic("building") }
func (i *Installation) RemoveRepos(repos ...*Repo) { panic("building") }

// SetPermission changes one permission: "read", "write" or "" for none.
func (i *Installation) SetPermission(name, level string) { panic("building") }

// ExpireTokens makes every token given so far invalid.
func (s *Server) ExpireTokens() { panic("building") }

// Repositories.

// RepoOptions says what repository to make.
type RepoOptions struct {
	Public        bool   // private otherwise
	DefaultBranch string // "main" if empty
	Files         Files  // of the first commit; a README.md if empty
}

// AddRepo adds a repository of the account with one commit on its default branch.
func (u *User) AddRepo(name string, o RepoOptions) (*Repo, error) { panic("building") }

// A Repo is a repository.
type Repo struct{}

// Repo finds "owner/name" as it is called now; nil if there is none.
func (s *Server) Repo(fullName string) *Repo { panic("building") }

func (r *Repo) ID() int64             { panic("building") }
func (r *Repo) Owner() string         { panic("building") } // login
func (r *Repo) Name() string          { panic("building") }
func (r *Repo) FullName() string      { panic("building") } // OWNER/NAME
func (r *Repo) Dir() string           { panic("building") } // of the bare repository; for reading and cloning
func (r *Repo) DefaultBranch() string { panic("building") }

// SetRole gives u "read", "triage", "write", "maintain" or "admin"; "" takes it away.
func (r *Repo) SetRole(u *User, role string) { panic("building") }

// Rename renames; the old address answers 301. Event: repository.renamed.
func (r *Repo) Rename(by *User, name string) { panic("building") }

// SetPublic changes the visibility. Events: repository.publicized, repository.privatized.
func (r *Repo) SetPublic(by *User, public bool) { panic("building") }

// Delete removes it. Event: repository.deleted.
func (r *Repo) Delete(by *User) { panic("building") }

// Fork copies the repository to an account, sharing the objects as GitHub does.
func (r *Repo) Fork(to *User) (*Repo, error) { panic("building") }

// TruncateTrees makes recursive trees of more than n entries come back cut to
// n with "truncated":true. 0: GitHub's own limit of 100,000.
func (r *Repo) TruncateTrees(n int) { panic("building") }

// Commits and branches.

// Identity is a name and address inside a commit. Nobody proves it.
type Identity struct{ Name, Email string }

// Files maps paths to contents.
type Files map[string]string

// CommitSpec says what a commit changes, and who it says it is by.
type CommitSpec struct {
	Files     Files             // written, replacing what is there
	Delete    []string          // removed paths
	Rename    map[string]string // old path to new path, content kept unless Files has the new one
	Modes     map[string]string // of paths in Files: "100755", "120000" (symlink, content is the target), "160000" (submodule, content is a commit id)
	Message   string            // "Update PATH" if empty
	Author    Identity          // the pusher if zero
	Committer Identity          // the author if zero
	CoAuthors []Identity        // Co-authored-by trailers
	Date      time.Time         // author and committer date; the clock if zero
	Verified  bool              // GitHub says it is signed by the committer
}

// Commit commits on a branch, which is created from the default branch if it
// does not exist, and pushes it. It returns the commit id. Event: push, and
// pull_request.synchronize for each open pull request of that head.
// The protection of the branch is enforced.
func (r *Repo) Commit(by *User, branch string, c CommitSpec) (string, error) { panic("building") }

// CommitOn makes a commit on parents (the tree of the first is changed)
// without moving a branch.
func (r *Repo) CommitOn(parents []string, c CommitSpec) (string, error) { panic("building") }

// Push moves a branch to a commit by fast-forward, or creates it.
func (r *Repo) Push(by *User, branch, sha string) error { panic("building") }

// ForcePush moves a branch anywhere.
func (r *Repo) ForcePush(by *User, branch, sha string) error { panic("building") }

// PushAsAdmin moves a branch past its protection, as an administrator on the bypass list.
func (r *Repo) PushAsAdmin(by *User, branch, sha string) error { panic("building") }

// DeleteBranch removes a branch; pull requests into it are closed or, if the
// branch was merged by a pull request, retargeted.
func (r *Repo) DeleteBranch(by *User, branch string) error { panic("building") }

// Head is the tip of a branch; "" if there is none.
func (r *Repo) Head(branch string) string { panic("building") }

// ReadFile reads a file at a branch or commit.
func (r *Repo) ReadFile(rev, path string) (string, bool) { panic("building") }

// Protection.

// A Check is a required check. AppID 0 takes any source.
type Check struct {
	Context string
	AppID   int64
}

// Protection is the classic protection of one branch.
type Protection struct {
	Checks        []Check
	Strict        bool // the head must contain the base
	RequirePull   bool // no direct pushes
	Approvals     int  // approving reviews that are needed
	EnforceAdmins bool
	AllowForce    bool
}

// Protect replaces the classic protection of a branch. Event: branch_protection_rule.
func (r *Repo) Protect(by *User, branch string, p Protection) { panic("building") }

// Unprotect removes it. Event: branch_protection_rule.deleted.
func (r *Repo) Unprotect(by *User, branch string) { panic("building") }

// A Ruleset is an active branch ruleset of the repository.
type Ruleset struct {
	ID           int64    // set by AddRuleset
	Name         string   // "main" if empty
	Include      []string // patterns: "~DEFAULT_BRANCH", "~ALL", "refs/heads/release/*"
	Checks       []Check
	Strict       bool
	RequirePull  bool
	Approvals    int
	BlockForce   bool
	BypassAdmins bool
	Disabled     bool
	Extra        []map[string]any // further rules as they are to appear in answers, such as {"type":"merge_queue"}
}

// AddRuleset adds a ruleset and returns its id. Event: repository_ruleset.created.
func (r *Repo) AddRuleset(by *User, rs Ruleset) int64 { panic("building") }

// RemoveRuleset removes one. Event: repository_ruleset.deleted.
func (r *Repo) RemoveRuleset(by *User, id int64) { panic("building") }

// Pull requests.

// PullSpec says what pull request to open.
type PullSpec struct {
	Head      string // branch
	HeadRepo  *Repo  // a fork; nil: the same repository
	Base      string // default branch if empty
	Title     string // the message of the last commit if empty
	Body      string
	Draft     bool
	Labels    []string
	Assignees []*User
	Commit    *CommitSpec // committed on Head first, by the opener
}

// OpenPull opens a pull request. Event: pull_request.opened, labeled, assigned.
func (r *Repo) OpenPull(by *User, p PullSpec) (*Pull, error) { panic("building") }

// A Pull is a pull request.
type Pull struct{}

// Pull finds one by number, nil if there is none.
func (r *Repo) Pull(number int) *Pull { panic("building") }

func (p *Pull) ID() int64           { panic("building") }
func (p *Pull) Number() int         { panic("building") }
func (p *Pull) Repo() *Repo         { panic("building") }
func (p *Pull) Head() string        { panic("building") } // commit id
func (p *Pull) HeadRef() string     { panic("building") }
func (p *Pull) Base() string        { panic("building") } // branch
func (p *Pull) State() string       { panic("building") } // "open", "closed"
func (p *Pull) Merged() bool        { panic("building") }
func (p *Pull) MergeCommit() string { panic("building") } // "" unless merged
func (p *Pull) MergedAt() time.Time { panic("building") }
func (p *Pull) MergedBy() *User     { panic("building") }

// Commit commits on the head branch and pushes it as by. Events: push, pull_request.synchronize.
func (p *Pull) Commit(by *User, c CommitSpec) (string, error) { panic("building") }

// Rebase replays the commits on the tip of the base and force-pushes.
func (p *Pull) Rebase(by *User) (string, error) { panic("building") }

// UpdateBranch merges the base into the head, as the button does.
func (p *Pull) UpdateBranch(by *User) (string, error) { panic("building") }

func (p *Pull) Close(by *User) error                 { panic("building") }
func (p *Pull) Reopen(by *User) error                { panic("building") }
func (p *Pull) Retarget(by *User, base string) error { panic("building") } // edited, changes.base
func (p *Pull) SetTitle(by *User, title string)      { panic("building") }
func (p *Pull) SetBody(by *User, body string)        { panic("building") }
func (p *Pull) SetDraft(by *User, draft bool)        { panic("building") } // converted_to_draft, ready_for_review
func (p *Pull) Label(by *User, name string)          { panic("building") }
func (p *Pull) Unlabel(by *User, name string)        { panic("building") }
func (p *Pull) Assign(by, assignee *User)            { panic("building") }

// A MergeMethod is how a pull request lands.
type MergeMethod string

const (
	Merge  MergeMethod = "merge"
	Squash MergeMethod = "squash"
	Rebase MergeMethod = "rebase"
)

// Merge lands the pull request and returns the new tip of the base. A *Refusal
// with status 405 says which required check or review is missing, 409 that the
// merge conflicts. Events: push, pull_request.closed.
func (p *Pull) Merge(by *User, m MergeMethod) (string, error) { panic("building") }

// MergeAsAdmin lands it past protection that does not bind administrators.
func (p *Pull) MergeAsAdmin(by *User, m MergeMethod) (string, error) { panic("building") }

// EnableAutoMerge lands it in the moment in which the requirements are met.
// Event: pull_request.auto_merge_enabled.
func (p *Pull) EnableAutoMerge(by *User, m MergeMethod) error { panic("building") }

// DisableAutoMerge takes that back.
func (p *Pull) DisableAutoMerge(by *User) { panic("building") }

// Conversation.

// A Comment is a comment on a pull request.
type Comment struct{}

// Comment comments. Event: issue_comment.created.
func (p *Pull) Comment(by *User, body string) *Comment { panic("building") }

// CommentVia comments in by's name through an app (performed_via_github_app).
func (p *Pull) CommentVia(by *User, a *App, body string) *Comment { panic("building") }

// CommentByEmail comments by e-mail (GraphQL: createdViaEmail).
func (p *Pull) CommentByEmail(by *User, body string) *Comment { panic("building") }

// Comments lists the comments that are not deleted, oldest first.
func (p *Pull) Comments() []*Comment { panic("building") }

func (c *Comment) ID() int64            { panic("building") }
func (c *Comment) Body() string         { panic("building") }
func (c *Comment) Author() *User        { panic("building") }
func (c *Comment) CreatedAt() time.Time { panic("building") }
func (c *Comment) UpdatedAt() time.Time { panic("building") }
func (c *Comment) Reactions() []string  { panic("building") } // contents, such as "+1", in order

// Edit changes the body. Event: issue_comment.edited with changes.body.from.
func (c *Comment) Edit(by *User, body string) { panic("building") }

// Delete removes it. Event: issue_comment.deleted.
func (c *Comment) Delete(by *User) { panic("building") }

// ReviewSpec is a review. State: "approved", "changes_requested", "commented".
type ReviewSpec struct {
	State  string
	Body   string
	Commit string // reviewed commit; the head if empty
}

// A Review is a submitted review.
type Review struct{}

// Review submits one. GitHub refuses an approval of one's own pull request
// (422). Event: pull_request_review.submitted.
func (p *Pull) Review(by *User, v ReviewSpec) (*Review, error) { panic("building") }

func (v *Review) ID() int64 { panic("building") }

// Edit changes the body. Event: pull_request_review.edited.
func (v *Review) Edit(by *User, body string) { panic("building") }

// Dismiss voids it. Event: pull_request_review.dismissed.
func (v *Review) Dismiss(by *User, message string) { panic("building") }

// Checks.

// A CheckRun is a copy of a check run as it stood.
type CheckRun struct {
	ID          int64
	AppID       int64
	Name        string
	HeadSHA     string
	Status      string // "queued", "in_progress", "completed"
	Conclusion  string // "" until completed
	ExternalID  string
	DetailsURL  string
	Title       string
	Summary     string
	Text        string
	Annotations []Annotation
	Actions     []Action
	StartedAt   time.Time
	CompletedAt time.Time
}

// An Annotation points at lines of a file.
type Annotation struct {
	Path, Level, Title, Message, RawDetails string
	StartLine, EndLine                      int
}

// An Action is a button on a check run.
type Action struct{ Label, Description, Identifier string }

// CheckRuns lists the check runs of a commit, newest first.
func (r *Repo) CheckRuns(sha string) []CheckRun { panic("building") }

// Check is the newest run of that name by the app under test on the head.
func (p *Pull) Check(name string) (CheckRun, bool) { panic("building") }

// PostCheck posts a completed check run as another app, such as Actions.
func (r *Repo) PostCheck(a *App, sha, name, conclusion string) CheckRun { panic("building") }

// PostStatus sets a commit status. Event: none for the app.
func (r *Repo) PostStatus(by *User, sha, context, state string) { panic("building") }

// ClickAction presses a button of a completed run of the app under test.
// Event: check_run.requested_action.
func (r *Repo) ClickAction(by *User, run int64, identifier string) error { panic("building") }

// Rerequest asks for a run again. Event: check_run.rerequested.
func (r *Repo) Rerequest(by *User, run int64) error { panic("building") }

// Deliveries.

// A Delivery is one attempt to deliver a webhook.
type Delivery struct {
	ID                       int64  // of the attempt
	GUID                     string // of the event, the same for a redelivery
	Event                    string
	Action                   string
	At                       time.Time
	Redelivery               bool
	StatusCode               int    // of the receiver; 0 if it could not be reached or the delivery was dropped
	Status                   string // "OK", "Invalid HTTP Response: 503", "failed to connect to host"
	Dropped                  bool   // by Disturb or DropNext, before it was sent
	Installation, Repository int64
	Body                     []byte
}

// Deliveries lists attempts of the app under test, oldest first, without the
// three-day limit of the API.
func (s *Server) Deliveries() []Delivery { panic("building") }

// Flush waits until everything that was queued is delivered, failed or dropped.
// It returns at once while deliveries are paused.
func (s *Server) Flush(ctx context.Context) error { panic("building") }

// Pause holds deliveries back, in order. Resume lets them go.
func (s *Server) Pause()  { panic("building") }
func (s *Server) Resume() { panic("building") }

// Shuffle reorders what is held back.
func (s *Server) Shuffle(seed uint64) { panic("building") }

// Held lists what is held back, as "event.action", in order.
func (s *Server) Held() []string { panic("building") }

// DropNext loses the next n deliveries before they are sent: they are logged with StatusCode 0.
func (s *Server) DropNext(n int) { panic("building") }

// Disturbance spoils deliveries by chance: fractions from 0 to 1.
type Disturbance struct {
	Seed      uint64
	Drop      float64 // lost
	Duplicate float64 // delivered twice with one GUID
	Swap      float64 // delivered after the next one
}

// Disturb sets how deliveries are spoilt from now on; the zero value ends it.
func (s *Server) Disturb(d Disturbance) { panic("building") }

// Redeliver sends the delivery of a GUID again, as its button does.
func (s *Server) Redeliver(guid string) error { panic("building") }

// RedeliverLast sends the newest delivery again.
func (s *Server) RedeliverLast() error { panic("building") }

// Ping sends the ping event.
func (s *Server) Ping() { panic("building") }
