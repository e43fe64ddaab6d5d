package github

import (
	"context"
	_ "embed"
	"errors"
	"fmt"

	"github.com/countersign-dev/countersign/review"
)

// queueQuery reads a merge queue and the tip of its branch, in one call of one
// point. Entries beyond the first hundred are read when they have come up to it.
//
//go:embed queue.graphql
var queueQuery string

type graphOID struct{ OID string }

func (o *graphOID) oid() string {
	if o == nil {
		return ""
	}
	return o.OID
}

// Queue returns the merge queue of a branch, in one call. An Enterprise Server
// without merge queues has none.
func (g *Client) Queue(ctx context.Context, repo review.Repo, branch string) (review.Queue, error) {
	c, err := g.in(repo)
	if err != nil {
		return review.Queue{}, err
	}
	if !isBranch(branch) {
		return review.Queue{}, fmt.Errorf("%q can be no branch: %w", branch, review.ErrGone)
	}
	var data struct {
		Repository *struct {
			DatabaseID int64
			Ref        *struct{ Target graphOID }
			MergeQueue *struct {
				Entries struct {
					Nodes []struct {
						HeadCommit, BaseCommit *graphOID
						PullRequest            *struct {
							Number     int
							HeadRefOID string
						}
					}
				}
			}
		}
	}
	vars := map[string]any{"owner": repo.Owner, "name": repo.Name, "branch": branch, "ref": "refs/heads/" + branch}
	err = g.query(ctx, c, queueQuery, vars, &data)
	switch {
	case errors.Is(err, errForbidden), errors.Is(err, errNoField):
		return review.Queue{}, fmt.Errorf("%w: %w", err, review.ErrGone)
	case err != nil:
		return review.Queue{}, err
	case data.Repository == nil || data.Repository.MergeQueue == nil || data.Repository.Ref == nil:
		return review.Queue{}, fmt.Errorf("merge queue of %v %s: %w", repo, branch, review.ErrGone)
	case data.Repository.DatabaseID != repo.ID:
		return review.Queue{}, fmt.Errorf("%v is another repository now: its id is %d, not %d", repo, data.Repository.DatabaseID, repo.ID)
	}
	q := review.Queue{Tip: data.Repository.Ref.Target.OID}
	if !idForm.MatchString(q.Tip) {
		return review.Queue{}, fmt.Errorf("merge queue of %v %s: the answer has no tip", repo, branch)
	}
	for _, n := range data.Repository.MergeQueue.Entries.Nodes {
		e := review.QueueEntry{Base: n.BaseCommit.oid(), Head: n.HeadCommit.oid()}
		if n.PullRequest != nil {
			e.Number, e.Pull = n.PullRequest.Number, n.PullRequest.HeadRefOID
		}
		if e.Number == 0 || !idForm.MatchString(e.Pull) || e.Head != "" && !idForm.MatchString(e.Head) {
			return review.Queue{}, fmt.Errorf("merge queue of %v %s: the answer has an entry without pull request", repo, branch)
		}
		q.Entries = append(q.Entries, e)
	}
	return q, nil
}
