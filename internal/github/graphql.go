package github

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	api "github.com/google/go-github/v60/github"

	"github.com/countersign-dev/countersign/review"
)

// syncQuery reads a pull request as it stands, in one call of two points.
//
//go:embed sync.graphql
var syncQuery string

// withoutStack is the same for a GitHub that does not know stacked pull
// requests, such as an Enterprise Server of today.
var withoutStack = strings.Replace(syncQuery, stackField, "", 1)

const stackField = "stack { baseRefName }"

// A graphPull is the pull request as the query Sync has it.
type graphPull struct {
	Number            int
	Title, Body, URL  string
	State             string // OPEN, CLOSED, MERGED
	IsDraft           bool
	IsCrossRepository bool
	UpdatedAt         time.Time
	Author            *graphAccount
	Assignees         struct{ Nodes []*graphAccount }
	Labels            struct{ Nodes []struct{ Name string } }
	HeadRefName       string
	HeadRefOID        string
	BaseRefName       string
	Stack             *struct{ BaseRefName string }          // null when it is in none, and where GitHub knows no stacks
	BaseRef           *struct{ Target struct{ OID string } } // null once the branch is deleted
	Merged            bool
	MergedAt          time.Time
	MergedBy          *graphAccount
	MergeCommit       *struct{ OID string }
	Commits           struct {
		Nodes []struct{ Commit graphCommit }
	}
	Comments struct {
		Nodes []graphComment
	}
	Reviews struct {
		Nodes []struct {
			FullDatabaseID graphID
			State, Body    string
		}
	}
}

type graphCommit struct {
	OID     string
	Authors struct {
		Nodes []struct {
			Email string
			User  *graphAccount
		}
	}
}

type graphComment struct {
	FullDatabaseID graphID
	URL            string
	Body           string
	CreatedAt      time.Time
	UpdatedAt      time.Time
	Author         *graphAccount
}

func (c graphComment) id() int64 { return int64(c.FullDatabaseID) }

// A graphID is a BigInt, which GraphQL writes as a string.
type graphID int64

func (id *graphID) UnmarshalJSON(b []byte) error {
	text := strings.Trim(string(b), `"`)
	if text == "null" {
		return nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	*id = graphID(n)
	return err
}

type graphAccount struct {
	Typename   string `json:"__typename"`
	Login      string
	DatabaseID int64
}

// user is the account as REST names it: GraphQL leaves out the [bot] of a
// bot's login. A deleted account is the zero User.
func (a *graphAccount) user() review.User {
	if a == nil {
		return review.User{}
	}
	u := review.User{ID: a.DatabaseID, Login: a.Login, Type: a.Typename}
	if u.Type == "" {
		u.Type = "User" // where the schema allows nobody else
	}
	if u.Type == "Bot" && !strings.HasSuffix(u.Login, "[bot]") {
		u.Login += "[bot]"
	}
	return u
}

// sync reads a pull request by the query Sync and notes its comments.
func (g *Client) sync(ctx context.Context, ref review.PullRef) (*graphPull, error) {
	c, err := g.in(ref.Repo)
	if err != nil {
		return nil, err
	}
	var data struct {
		Repository *struct {
			DatabaseID  int64
			PullRequest *graphPull
		}
	}
	vars := map[string]any{"owner": ref.Repo.Owner, "name": ref.Repo.Name, "number": ref.Number}
	query := syncQuery
	if g.stackless.Load() {
		query = withoutStack
	}
	err = g.query(ctx, c, query, vars, &data)
	if errors.Is(err, errNoField) && query == syncQuery {
		g.stackless.Store(true)
		err = g.query(ctx, c, withoutStack, vars, &data)
	}
	if err != nil {
		return nil, err
	}
	if data.Repository == nil || data.Repository.PullRequest == nil {
		return nil, fmt.Errorf("POST /graphql: %w", review.ErrGone)
	}
	if data.Repository.DatabaseID != ref.Repo.ID {
		return nil, fmt.Errorf("%v is another repository now: its id is %d, not %d", ref.Repo, data.Repository.DatabaseID, ref.Repo.ID)
	}
	p := data.Repository.PullRequest
	if p.Number != ref.Number || !idForm.MatchString(p.HeadRefOID) {
		return nil, errors.New("POST /graphql: the answer is about no pull request of that number")
	}
	g.noted.add(ref, p)
	return p, nil
}

// What GraphQL says instead of an answer: the app may not see that, and this
// GitHub does not know such a field.
var (
	errForbidden = errors.New("the app may not see it")
	errNoField   = errors.New("this GitHub does not know the field")
)

// query asks GraphQL. Any error in the answer is one, whatever data came along.
func (g *Client) query(ctx context.Context, c *api.Client, query string, vars map[string]any, into any) error {
	req, err := c.NewRequest(http.MethodPost, g.graphql, map[string]any{"query": query, "variables": vars})
	if err != nil {
		return err
	}
	var answer struct {
		Data   json.RawMessage
		Errors []struct {
			Type, Message string
			Extensions    struct{ Code string }
		}
	}
	if _, err := c.Do(ctx, req, &answer); err != nil {
		return tidy(err)
	}
	e := &Error{Method: req.Method, Path: req.URL.Path, Status: http.StatusOK}
	if len(answer.Errors) == 0 {
		if err := json.Unmarshal(answer.Data, into); err != nil {
			e.Message = "the data is not what was asked for: " + oneLine(err.Error())
			return e
		}
		return nil
	}
	first := answer.Errors[0]
	e.Message = oneLine(first.Message)
	switch {
	case first.Type == "NOT_FOUND":
		e.cause = review.ErrGone
	case first.Type == "FORBIDDEN":
		e.cause = errForbidden
	case first.Extensions.Code == "undefinedField":
		e.cause = errNoField
	case first.Type == "": // "Something went wrong while executing your query"
		e.Status = 0
	}
	return e
}
