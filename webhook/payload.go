package webhook

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/countersign-dev/countersign/review"
)

// A payload holds what is used of any delivery's body. The structs are our own:
// those of the client library drop fields that decide who counts, such as
// performed_via_github_app and stack.
type payload struct {
	Action       string       `json:"action"`
	Number       int          `json:"number"`
	Installation idOnly       `json:"installation"`
	Repository   repository   `json:"repository"`
	Organization login        `json:"organization"`
	Sender       account      `json:"sender"`
	Pull         *pullRequest `json:"pull_request"`
	Issue        *issue       `json:"issue"`
	Comment      *comment     `json:"comment"`
	Review       *reviewBody  `json:"review"`
	CheckRun     *check       `json:"check_run"`
	CheckSuite   *check       `json:"check_suite"`
	Requested    requested    `json:"requested_action"`
	Changes      changes      `json:"changes"`
	Group        *mergeGroup  `json:"merge_group"`
	Reason       string       `json:"reason"` // dequeued and destroyed

	// push, and synchronize for the first two
	Before  string `json:"before"`
	After   string `json:"after"`
	Ref     string `json:"ref"`
	Forced  bool   `json:"forced"`
	Created bool   `json:"created"`
	Deleted bool   `json:"deleted"`

	// installation and installation_repositories
	Repositories []repository `json:"repositories"`
	Added        []repository `json:"repositories_added"`
	Removed      []repository `json:"repositories_removed"`
}

type idOnly struct {
	ID int64 `json:"id"`
}

type login struct {
	Login string `json:"login"`
}

type account struct {
	ID    int64  `json:"id"`
	Login string `json:"login"`
	Type  string `json:"type"`
}

func (a account) user() review.User { return review.User{ID: a.ID, Login: a.Login, Type: a.Type} }

type repository struct {
	ID            int64   `json:"id"`
	Name          string  `json:"name"`
	FullName      string  `json:"full_name"`
	Owner         account `json:"owner"`
	Private       bool    `json:"private"`
	DefaultBranch string  `json:"default_branch"`
	PushedAt      stamp   `json:"pushed_at"`
	UpdatedAt     stamp   `json:"updated_at"`
}

// repo returns r as an installation sees it. Lists of repositories have no
// owner; then it is read from the full name.
func (r repository) repo(installation int64) review.Repo {
	owner, _, _ := strings.Cut(r.FullName, "/")
	if r.Owner.Login != "" {
		owner = r.Owner.Login
	}
	return review.Repo{Installation: installation, ID: r.ID, Owner: owner, Name: r.Name, Private: r.Private, DefaultBranch: r.DefaultBranch}
}

type pullRequest struct {
	Number int     `json:"number"`
	Title  string  `json:"title"`
	Body   string  `json:"body"`
	URL    string  `json:"html_url"`
	State  string  `json:"state"`
	User   account `json:"user"`
	Draft  bool    `json:"draft"`

	Assignees []account `json:"assignees"`
	Labels    []struct {
		Name string `json:"name"`
	} `json:"labels"`
	Head  branch `json:"head"`
	Base  branch `json:"base"`
	Stack *struct {
		Base branch `json:"base"`
	} `json:"stack"`
	Merged      bool    `json:"merged"`
	MergeCommit string  `json:"merge_commit_sha"`
	MergedBy    account `json:"merged_by"`
	MergedAt    stamp   `json:"merged_at"`
	UpdatedAt   stamp   `json:"updated_at"`
}

type branch struct {
	Ref  string  `json:"ref"`
	SHA  string  `json:"sha"`
	Repo *idOnly `json:"repo"` // null when the repository was deleted
}

// pull returns p as the payload has it. A stacked pull request is governed by
// the rules of the branch under the whole stack.
func (p pullRequest) pull(repo review.Repo) review.Pull {
	out := review.Pull{Repo: repo, Number: p.Number, Title: p.Title, URL: p.URL, Author: p.User.user(), Draft: p.Draft,
		Fork: p.Head.Repo == nil || p.Head.Repo.ID != repo.ID, State: p.State, Merged: p.Merged,
		HeadRef: p.Head.Ref, Head: p.Head.SHA, BaseRef: p.Base.Ref, UpdatedAt: p.UpdatedAt.Time}
	if p.Stack != nil && p.Stack.Base.Ref != "" && p.Stack.Base.Ref != p.Base.Ref {
		out.BaseRef, out.Onto = p.Stack.Base.Ref, p.Base.Ref
	}
	out.Issues = review.LinkedIssues(p.Body)
	for _, a := range p.Assignees {
		out.Assignees = append(out.Assignees, a.user())
	}
	for _, l := range p.Labels {
		out.Labels = append(out.Labels, l.Name)
	}
	return out
}

// merge returns how p landed, or nil when it did not.
func (p pullRequest) merge(repo review.Repo) *review.Merge {
	if !p.Merged {
		return nil
	}
	return &review.Merge{Number: p.Number, Head: p.Head.SHA, BaseRef: p.pull(repo).BaseRef, Commit: p.MergeCommit,
		By: p.MergedBy.user(), At: p.MergedAt.Time, Title: p.Title, Body: p.Body, Author: p.User.user(),
		Complete: p.MergeCommit != "" && p.MergedBy.ID != 0 && !p.MergedAt.IsZero()}
}

type issue struct {
	Number      int       `json:"number"`
	State       string    `json:"state"`
	PullRequest *struct{} `json:"pull_request"` // null on a plain issue
	UpdatedAt   stamp     `json:"updated_at"`
}

type comment struct {
	ID          int64   `json:"id"`
	User        account `json:"user"`
	Body        string  `json:"body"`
	URL         string  `json:"html_url"`
	CreatedAt   stamp   `json:"created_at"`
	UpdatedAt   stamp   `json:"updated_at"`
	Association string  `json:"author_association"`
	App         *idOnly `json:"performed_via_github_app"`
}

type reviewBody struct {
	ID          int64   `json:"id"`
	User        account `json:"user"`
	State       string  `json:"state"`
	Body        string  `json:"body"`
	Commit      string  `json:"commit_id"`
	URL         string  `json:"html_url"`
	SubmittedAt stamp   `json:"submitted_at"`
	UpdatedAt   stamp   `json:"updated_at"`
}

// A check is a check run or a check suite.
type check struct {
	ID          int64  `json:"id"`
	Head        string `json:"head_sha"`
	App         idOnly `json:"app"`
	CompletedAt stamp  `json:"completed_at"`
	UpdatedAt   stamp  `json:"updated_at"`
}

// requested names the button of a check run that was pressed.
type requested struct {
	Identifier string `json:"identifier"`
}

// changes say what an edit changed. A member is nil when it was not touched.
type changes struct {
	Body          *from     `json:"body"`
	Title         *from     `json:"title"`
	Base          *struct{} `json:"base"`
	DefaultBranch *from     `json:"default_branch"`
}

type from struct {
	From string `json:"from"`
}

// A mergeGroup is what a merge queue would land next.
type mergeGroup struct {
	Head    string `json:"head_sha"`
	Base    string `json:"base_sha"`
	BaseRef string `json:"base_ref"` // refs/heads/main
}

// A stamp is a time of GitHub's clock: RFC 3339, or in some payloads seconds
// since 1970. Null is the zero time.
type stamp struct{ time.Time }

// UnmarshalJSON implements json.Unmarshaler.
func (s *stamp) UnmarshalJSON(data []byte) error {
	text := string(data)
	if text == "null" {
		return nil
	}
	if seconds, err := strconv.ParseInt(text, 10, 64); err == nil {
		s.Time = time.Unix(seconds, 0).UTC()
		return nil
	}
	if err := json.Unmarshal(data, &text); err != nil {
		return err
	}
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return err
	}
	s.Time = t.UTC()
	return nil
}

// parse reads a body. When parts of it have another type than they should, it
// returns what it could read beside the error.
func parse(body []byte) (payload, error) {
	var p payload
	if err := json.Unmarshal(body, &p); err != nil {
		return p, fmt.Errorf("read body: %w", err)
	}
	return p, nil
}

// at returns the newest time of GitHub's clock in the payload. Times of commits
// are left out, since whoever makes a commit sets them.
func (p payload) at() time.Time {
	stamps := []stamp{p.Repository.PushedAt, p.Repository.UpdatedAt}
	if p.Pull != nil {
		stamps = append(stamps, p.Pull.UpdatedAt, p.Pull.MergedAt)
	}
	if p.Issue != nil {
		stamps = append(stamps, p.Issue.UpdatedAt)
	}
	if p.Comment != nil {
		stamps = append(stamps, p.Comment.CreatedAt, p.Comment.UpdatedAt)
	}
	if p.Review != nil {
		stamps = append(stamps, p.Review.SubmittedAt, p.Review.UpdatedAt)
	}
	if c := p.checked(); c != nil {
		stamps = append(stamps, c.CompletedAt, c.UpdatedAt)
	}
	var newest time.Time
	for _, s := range stamps {
		if s.After(newest) {
			newest = s.Time
		}
	}
	return newest
}
