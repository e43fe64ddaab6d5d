package webhook

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/countersign-dev/countersign/review"
)

// Reviews is what deliveries lead to. Every method may be called again for the
// same event, late or out of order. *review.Reviewer is one.
type Reviews interface {
	Refresh(ctx context.Context, e review.PullEvent) error
	Closed(ctx context.Context, e review.PullEvent) error
	Comment(ctx context.Context, e review.CommentEvent) error
	Tamper(ctx context.Context, e review.CommentEvent) error
	Review(ctx context.Context, e review.ReviewEvent) error
	Land(ctx context.Context, e review.PushEvent) error
	Group(ctx context.Context, e review.GroupEvent) error
	Dequeued(ctx context.Context, e review.PullEvent, landed bool) error
	Rerun(ctx context.Context, e review.RerunEvent) error
	Button(ctx context.Context, e review.ButtonEvent) error
	Roster(ctx context.Context, e review.RosterEvent) error
	Installed(ctx context.Context, e review.InstallEvent) error
	Sweep(ctx context.Context, r review.Repo, all bool) error
	SweepPull(ctx context.Context, ref review.PullRef) error
}

var _ Reviews = (*review.Reviewer)(nil)

// SweepEvent is no event of GitHub's: a Sweeper puts it into the inbox, so
// that a sweep is leased, retried and kept apart from the work on single pull
// requests like everything else. The Handler never takes it.
const SweepEvent = "sweep"

// The actions of SweepEvent; without one it is an ordinary sweep.
const (
	SweepAll  = "all"  // with every pull request, so that it serves for an ordinary one too
	sweepPull = "pull" // of one pull request
)

// A row says what happens when a delivery of one event and action comes.
type row struct {
	event, action string
	lane          func(p payload) lane
	only          func(p payload, app int64) bool // nil for all of them
	do            func(ctx context.Context, r Reviews, e review.Event, p payload) error
}

// events is all that is handled. Whatever is not here, or not in "only", is
// answered and dropped.
var events = []row{
	{"pull_request", "opened", ofPull, nil, refresh},
	{"pull_request", "reopened", ofPull, nil, refresh},
	{"pull_request", "synchronize", ofPull, nil, refresh},
	{"pull_request", "edited", ofPull, titleOrBase, refresh},
	{"pull_request", "ready_for_review", ofPull, nil, refresh},
	{"pull_request", "converted_to_draft", ofPull, nil, refresh},
	{"pull_request", "labeled", ofPull, nil, refresh},
	{"pull_request", "unlabeled", ofPull, nil, refresh},
	{"pull_request", "stacked", ofPull, nil, refresh},
	{"pull_request", "closed", ofPull, nil, closed},
	{"pull_request", "dequeued", ofPull, nil, dequeued},

	{"merge_group", "checks_requested", ofGroup, nil, group},
	{"merge_group", "destroyed", ofGroup, nil, group},

	{"issue_comment", "created", ofPull, onPullOrCall, said},
	{"issue_comment", "edited", ofPull, onPull, tampered},
	{"issue_comment", "deleted", ofPull, onPull, tampered},

	{"pull_request_review", "submitted", ofPull, nil, reviewed},
	{"pull_request_review", "edited", ofPull, nil, reviewed},
	{"pull_request_review", "dismissed", ofPull, nil, reviewed},

	{"push", "", ofBranch, toBranch, land},

	{"check_run", "rerequested", ofRepo, ownCheck, rerun},
	{"check_run", "requested_action", ofRepo, ownCheck, button},
	{"check_suite", "rerequested", ofRepo, ownCheck, rerun},

	{"installation", "created", ofInstallation, nil, installed},
	{"installation", "unsuspend", ofInstallation, nil, installed},
	{"installation", "deleted", ofInstallation, nil, uninstalled},
	{"installation", "suspend", ofInstallation, nil, uninstalled},
	{"installation_repositories", "added", ofInstallation, nil, installed},
	{"installation_repositories", "removed", ofInstallation, nil, installed},

	{"repository", "renamed", ofRepo, nil, moved},
	{"repository", "transferred", ofRepo, nil, moved},
	{"repository", "edited", ofRepo, defaultBranch, moved},
	{"repository", "privatized", ofRepo, nil, moved},
	{"repository", "publicized", ofRepo, nil, moved},
	{"repository", "deleted", ofRepo, nil, removed},

	{"membership", "added", ofInstallation, nil, roster},
	{"membership", "removed", ofInstallation, nil, roster},
	{"team", "created", ofInstallation, nil, roster},
	{"team", "edited", ofInstallation, nil, roster},
	{"team", "deleted", ofInstallation, nil, roster},
	{"organization", "member_added", ofInstallation, nil, roster},
	{"organization", "member_removed", ofInstallation, nil, roster},
	{"member", "added", ofInstallation, nil, roster},
	{"member", "edited", ofInstallation, nil, roster},
	{"member", "removed", ofInstallation, nil, roster},

	{SweepEvent, "", ofRepo, nil, sweep},
	{SweepEvent, SweepAll, ofRepo, nil, sweep},
	{SweepEvent, sweepPull, ofPull, nil, sweptPull},
}

// find returns the row of an event and action, or nil.
func find(event, action string) *row {
	for i := range events {
		if events[i].event == event && events[i].action == action {
			return &events[i]
		}
	}
	return nil
}

// A lane is what a delivery is about, and so what it must not run beside.
type lane struct {
	pull int
	name string // within the repository
	wide bool
}

func ofPull(p payload) lane {
	n := p.Number
	if p.Pull != nil {
		n = p.Pull.Number
	} else if p.Issue != nil {
		n = p.Issue.Number
	}
	return lane{pull: n, name: fmt.Sprint(n)}
}

// ofBranch: a push to the default branch may change the rules, and with them
// the verdict on every pull request.
func ofBranch(p payload) lane {
	return lane{name: p.Ref, wide: p.Ref == "refs/heads/"+p.Repository.DefaultBranch}
}

// ofGroup: what has to be told of one group waits for no other.
func ofGroup(p payload) lane {
	if p.Group == nil {
		return lane{name: "group"}
	}
	return lane{name: "group " + p.Group.Head}
}

func ofRepo(payload) lane         { return lane{name: "repository", wide: true} }
func ofInstallation(payload) lane { return lane{name: "installation"} }

func titleOrBase(p payload, _ int64) bool { return p.Changes.Title != nil || p.Changes.Base != nil }
func onPull(p payload, _ int64) bool      { return p.Issue != nil && p.Issue.PullRequest != nil }
func onPullOrCall(p payload, app int64) bool {
	return onPull(p, app) || p.Issue != nil && p.Comment != nil && review.CallsAgent(p.Comment.Body)
}
func toBranch(p payload, _ int64) bool {
	branch, ok := strings.CutPrefix(p.Ref, "refs/heads/")
	return ok && !review.IsQueueBranch(branch)
}
func defaultBranch(p payload, _ int64) bool { return p.Changes.DefaultBranch != nil }

// ownCheck drops the checks of other apps, which are delivered too.
func ownCheck(p payload, app int64) bool {
	c := p.checked()
	return c != nil && c.App.ID == app && app != 0
}

func (p payload) checked() *check {
	if p.CheckRun != nil {
		return p.CheckRun
	}
	return p.CheckSuite
}

// moves reports whether an event says with authority which installation a
// repository belongs to.
func moves(event, action string) bool {
	return event == "installation" || event == "installation_repositories" || event == "repository" && action == "transferred"
}

// uninstalls reports whether an event ends, or suspends, an installation.
func uninstalls(event, action string) bool {
	return event == "installation" && (action == "deleted" || action == "suspend")
}

// errLacks is a payload without the part that its event is about.
func errLacks(what string) error { return permanent(errors.New("the body has no " + what)) }

func pullEvent(e review.Event, p payload) (review.PullEvent, error) {
	if p.Pull == nil || p.Pull.Number == 0 || p.Pull.Head.SHA == "" || p.Pull.Base.Ref == "" {
		return review.PullEvent{}, errLacks("pull_request with number, head and base")
	}
	out := review.PullEvent{Event: e, Action: p.Action, Pull: p.Pull.pull(e.Repo), Merge: p.Pull.merge(e.Repo)}
	if p.Action == "synchronize" {
		out.Before = p.Before
	}
	return out, nil
}

func refresh(ctx context.Context, r Reviews, e review.Event, p payload) error {
	pe, err := pullEvent(e, p)
	if err != nil {
		return err
	}
	return r.Refresh(ctx, pe)
}

func closed(ctx context.Context, r Reviews, e review.Event, p payload) error {
	pe, err := pullEvent(e, p)
	if err != nil {
		return err
	}
	return r.Closed(ctx, pe)
}

func dequeued(ctx context.Context, r Reviews, e review.Event, p payload) error {
	pe, err := pullEvent(e, p)
	if err != nil {
		return err
	}
	return r.Dequeued(ctx, pe, p.Reason == "MERGE")
}

func group(ctx context.Context, r Reviews, e review.Event, p payload) error {
	g := p.Group
	if g == nil || g.Head == "" || g.Base == "" {
		return errLacks("merge_group with head_sha and base_sha")
	}
	branch, ok := strings.CutPrefix(g.BaseRef, "refs/heads/")
	if !ok {
		return errLacks("merge_group with base_ref")
	}
	return r.Group(ctx, review.GroupEvent{Event: e, Action: p.Action, Reason: p.Reason, BaseRef: branch, Base: g.Base, Head: g.Head})
}

func commentEvent(e review.Event, p payload) (review.CommentEvent, error) {
	if p.Issue == nil || p.Issue.Number == 0 || p.Comment == nil || p.Comment.ID == 0 {
		return review.CommentEvent{}, errLacks("issue and comment")
	}
	c := p.Comment
	out := review.CommentEvent{Event: e, Action: p.Action, Number: p.Issue.Number, Open: p.Issue.State == "open", Issue: p.Issue.PullRequest == nil,
		Comment: review.Comment{ID: c.ID, Author: c.User.user(), Body: c.Body, CreatedAt: c.CreatedAt.Time, UpdatedAt: c.UpdatedAt.Time, URL: c.URL},
		ByApp:   c.App != nil, Association: c.Association}
	if p.Changes.Body != nil {
		out.Before = p.Changes.Body.From
	}
	return out, nil
}

func said(ctx context.Context, r Reviews, e review.Event, p payload) error {
	ce, err := commentEvent(e, p)
	if err != nil {
		return err
	}
	return r.Comment(ctx, ce)
}

func tampered(ctx context.Context, r Reviews, e review.Event, p payload) error {
	ce, err := commentEvent(e, p)
	if err != nil {
		return err
	}
	return r.Tamper(ctx, ce)
}

func reviewed(ctx context.Context, r Reviews, e review.Event, p payload) error {
	if p.Review == nil || p.Review.ID == 0 || p.Pull == nil || p.Pull.Number == 0 {
		return errLacks("review and pull_request")
	}
	v := p.Review
	return r.Review(ctx, review.ReviewEvent{Event: e, Action: p.Action, Number: p.Pull.Number, ReviewID: v.ID,
		State: strings.ToLower(v.State), Commit: v.Commit, Author: v.User.user(), Body: v.Body, URL: v.URL,
		SubmittedAt: v.SubmittedAt.Time, Pull: p.Pull.pull(e.Repo)})
}

func land(ctx context.Context, r Reviews, e review.Event, p payload) error {
	if p.Before == "" || p.After == "" {
		return errLacks("before and after")
	}
	return r.Land(ctx, review.PushEvent{Event: e, Ref: p.Ref, Before: p.Before, After: p.After, Forced: p.Forced,
		Created: p.Created, Deleted: p.Deleted, PushedAt: p.Repository.PushedAt.Time})
}

func rerun(ctx context.Context, r Reviews, e review.Event, p payload) error {
	c := p.checked()
	if c == nil || c.Head == "" {
		return errLacks("check with head_sha")
	}
	return r.Rerun(ctx, review.RerunEvent{Event: e, Head: c.Head})
}

func button(ctx context.Context, r Reviews, e review.Event, p payload) error {
	c := p.CheckRun
	if c == nil || c.Head == "" || c.ID == 0 {
		return errLacks("check_run with id and head_sha")
	}
	return r.Button(ctx, review.ButtonEvent{Event: e, Run: c.ID, Head: c.Head, Button: p.Requested.Identifier})
}

// roster: teams and members belong to an organisation; collaborators to a
// repository and so to its owner.
func roster(ctx context.Context, r Reviews, e review.Event, p payload) error {
	org := p.Organization.Login
	if org == "" {
		org = e.Repo.Owner
	}
	if org == "" {
		return errLacks("organization")
	}
	return r.Roster(ctx, review.RosterEvent{Event: e, Org: org})
}

// installed takes all lists: repositories comes with installation, the others
// with installation_repositories.
func installed(ctx context.Context, r Reviews, e review.Event, p payload) error {
	out := review.InstallEvent{Event: e}
	for _, repo := range append(p.Repositories, p.Added...) {
		out.Added = append(out.Added, repo.repo(p.Installation.ID))
	}
	for _, repo := range p.Removed {
		out.Removed = append(out.Removed, repo.repo(p.Installation.ID))
	}
	return r.Installed(ctx, out)
}

// uninstalled: dispatch has put all repositories of the installation into
// Removed, since the body may list only some.
func uninstalled(ctx context.Context, r Reviews, e review.Event, p payload) error {
	out := review.InstallEvent{Event: e}
	for _, repo := range p.Removed {
		out.Removed = append(out.Removed, repo.repo(p.Installation.ID))
	}
	return r.Installed(ctx, out)
}

func moved(ctx context.Context, r Reviews, e review.Event, _ payload) error {
	return r.Installed(ctx, review.InstallEvent{Event: e, Added: []review.Repo{e.Repo}})
}

func removed(ctx context.Context, r Reviews, e review.Event, _ payload) error {
	return r.Installed(ctx, review.InstallEvent{Event: e, Removed: []review.Repo{e.Repo}})
}

func sweep(ctx context.Context, r Reviews, e review.Event, p payload) error {
	return r.Sweep(ctx, e.Repo, p.Action == SweepAll)
}

func sweptPull(ctx context.Context, r Reviews, e review.Event, p payload) error {
	return r.SweepPull(ctx, review.PullRef{Repo: e.Repo, Number: p.Number})
}
