package policies

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/fstest"
	"time"

	"github.com/countersign-dev/countersign/change"
	"github.com/countersign-dev/countersign/review"
)

// newTestEngine returns an engine whose operator's layer holds files, given as
// path and content in turn.
func newTestEngine(t testing.TB, opts Options, operator ...string) *Engine {
	t.Helper()
	if len(operator) > 0 {
		fsys := fstest.MapFS{}
		for i := 0; i < len(operator); i += 2 {
			fsys[operator[i]] = &fstest.MapFile{Data: []byte(operator[i+1])}
		}
		opts.Operator = fsys
	}
	e, err := New(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return e
}

// own returns a repository's rules, one file with this content.
func own(text string) []review.PolicySource {
	return []review.PolicySource{{Path: ".github/countersign/own.rego", Data: []byte(text)}}
}

// rule writes a rule of package countersign.own that says object whenever there
// are changes. Its id is own.rule, and it begins in line 8.
func rule(kind Kind, object string) string {
	return "package countersign.own\n" + meta("own.rule") + fmt.Sprintf("%s contains %s if count(input.changes) > 0\n", kind, object)
}

func meta(id string) string {
	return "# METADATA\n# title: Title of " + id + "\n# description: Why.\n# custom:\n#   id: " + id + "\n#   controls: [CC1.1]\n#   severity: low\n"
}

// input is a pull request of one known person with these changes.
func input(changes ...change.Change) review.PolicyInput {
	for i := range changes {
		changes[i].ID = fmt.Sprintf("c%d", i+1)
		if changes[i].Change == "" {
			changes[i].Change = "modified"
		}
	}
	return review.PolicyInput{
		Version: 1, At: time.Date(2025, 6, 6, 17, 0, 0, 0, time.UTC),
		Repository:   review.PolicyRepository{ID: 1, Name: "acme/agents", Visibility: "private"},
		Pull:         review.PolicyPull{Number: 7, Title: "Be kinder", Base: "main", Head: "abc", Author: review.User{ID: 2, Login: "alice", Type: "User"}},
		Changes:      changes,
		Contributors: []review.PolicyContributor{{ID: 2, Login: "alice", Kind: "human", Roles: []review.Role{review.RoleAuthor}, Known: true}},
	}
}

func prompt() change.Change {
	return change.Change{Kind: change.Prompt, Agent: "refund-bot", Path: "a.md"}
}

func require(t *testing.T, e *Engine, in review.PolicyInput, repo []review.PolicySource) review.Demand {
	t.Helper()
	d, err := e.Require(context.Background(), in, repo)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// broken returns the *review.RulesError that err is.
func broken(t *testing.T, err error) *review.RulesError {
	t.Helper()
	var e *review.RulesError
	if !errors.As(err, &e) {
		t.Fatalf("got %v, want a *review.RulesError", err)
	}
	return e
}

func find(t *testing.T, d review.Demand, id string) review.Requirement {
	t.Helper()
	for _, r := range d.Requirements {
		if r.ID == id {
			return r
		}
	}
	t.Fatalf("there is no requirement %s in %+v", id, d.Requirements)
	return review.Requirement{}
}
