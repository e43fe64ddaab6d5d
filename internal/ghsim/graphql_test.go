package ghsim_test

import (
	"context"
	"testing"
	"time"

	"github.com/countersign-dev/countersign/internal/ghsim"
)

type graphUser struct {
	Typename   string `json:"__typename"`
	Login      string
	DatabaseID int64
}

type graphAnswer struct {
	Data struct {
		Repository *struct {
			PullRequest *struct {
				State, BaseRefOid, HeadRefOid string
				Merged                        bool
				MergedBy                      *graphUser
				MergeCommit                   *struct{ Oid string }
				BaseRef                       struct{ Target struct{ Oid string } }
				Author                        graphUser
				Stack                         *struct{ BaseRefName string }
				Commits                       struct {
					Nodes []struct {
						Commit struct {
							Authors   struct{ Nodes []struct{ User *graphUser } }
							Committer struct{ User *graphUser }
							Signature *struct{ WasSignedByGitHub bool }
						}
					}
				}
				Comments struct {
					Nodes []struct {
						Body            string
						CreatedViaEmail bool
						LastEditedAt    *string
						Editor          *graphUser
					}
				}
				TimelineItems struct {
					Nodes []struct {
						Typename string `json:"__typename"`
					}
				}
			}
			Policy     *struct{ Text string }
			Ref        struct{ Target struct{ Oid string } }
			MergeQueue struct {
				Entries struct {
					Nodes []struct {
						HeadCommit, BaseCommit struct{ Oid string }
						PullRequest            struct{ Number int }
					}
				}
			}
		}
	}
	Errors []struct{ Type string }
}

func (w *world) query(operation string, variables map[string]any) graphAnswer {
	w.t.Helper()
	body := map[string]any{"query": "query " + operation + "($owner: String!) { repository { id } }", "variables": variables}
	req, err := w.client.NewRequest("POST", w.sim.URL()+"/api/graphql", body)
	w.must(err)
	var answer graphAnswer
	_, err = w.client.Do(context.Background(), req, &answer)
	w.must(err)
	return answer
}

func TestSync(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	agent := w.sim.AddBot("coder[bot]")
	w.repo.SetRole(agent, "write")
	p, err := w.repo.OpenPull(agent, ghsim.PullSpec{Head: "work", Commit: &ghsim.CommitSpec{
		Files: ghsim.Files{"a": "1\n"}, CoAuthors: []ghsim.Identity{w.alice.Git(), {Name: "Stranger", Email: "who@elsewhere.example"}},
	}})
	w.must(err)
	opened := w.repo.Head("main")
	_, err = w.repo.Commit(w.carol, "main", ghsim.CommitSpec{Files: ghsim.Files{"b": "1\n"}})
	w.must(err)
	p.CommentByEmail(w.bob, "by mail")
	c := p.Comment(w.bob, "by hand")
	w.sim.Advance(time.Minute)
	c.Edit(w.carol, "edited")
	p.Comment(w.bob, "gone").Delete(w.carol)
	variables := map[string]any{"owner": "acme", "name": "bot", "number": p.Number(), "policy": "main:prompts/refund.md"}

	got := w.query("Sync", variables).Data.Repository
	pull := got.PullRequest
	if pull.BaseRefOid != opened || pull.BaseRef.Target.Oid != w.repo.Head("main") || pull.HeadRefOid != p.Head() {
		t.Errorf("base %s, its tip %s: the one is as of the last push, the other as of now", pull.BaseRefOid, pull.BaseRef.Target.Oid)
	}
	if pull.Author.Typename != "Bot" || pull.Author.Login != "coder" || pull.Author.DatabaseID != agent.ID() {
		t.Errorf("author %+v", pull.Author)
	}
	authors := pull.Commits.Nodes[0].Commit.Authors.Nodes
	if len(authors) != 3 || authors[0].User.DatabaseID != agent.ID() || authors[1].User.DatabaseID != w.alice.ID() || authors[2].User != nil {
		t.Errorf("authors %+v", authors)
	}
	comments := pull.Comments.Nodes
	if len(comments) != 2 || !comments[0].CreatedViaEmail || comments[0].LastEditedAt != nil || comments[1].LastEditedAt == nil || comments[1].Editor.Login != "carol" {
		t.Errorf("comments %+v", comments)
	}
	if nodes := pull.TimelineItems.Nodes; len(nodes) != 1 || nodes[0].Typename != "CommentDeletedEvent" {
		t.Errorf("timeline %+v", nodes)
	}
	if got.Policy == nil || got.Policy.Text != "one\n" {
		t.Errorf("policy %+v", got.Policy)
	}

	landed, err := p.Merge(w.bob, ghsim.Squash)
	w.must(err)
	pull = w.query("Sync", variables).Data.Repository.PullRequest
	if pull.State != "MERGED" || !pull.Merged || pull.MergedBy.Login != "bob" || pull.MergeCommit.Oid != landed {
		t.Errorf("%s by %+v as %+v", pull.State, pull.MergedBy, pull.MergeCommit)
	}
	variables["number"] = 99
	if missing := w.query("Sync", variables); len(missing.Errors) != 1 || missing.Errors[0].Type != "NOT_FOUND" {
		t.Errorf("missing pull request: %+v", missing)
	}
	variables["owner"] = "globex"
	if missing := w.query("Sync", variables); missing.Data.Repository != nil || len(missing.Errors) != 1 {
		t.Errorf("missing repository: %+v", missing)
	}
	if calls := w.sim.Calls(); calls[0].Path != "/graphql" || calls[0].Operation != "Sync" {
		t.Errorf("call %+v", calls[0])
	}
}
