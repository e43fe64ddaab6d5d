package github

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	api "github.com/google/go-github/v60/github"

	"github.com/countersign-dev/countersign/review"
)

const (
	// stickyMark stands in the one comment that is kept up to date.
	stickyMark = "<!-- countersign:sticky -->"
	// bodyLimit is the length of a comment, in bytes to be on the safe side.
	bodyLimit = 65536
	shortened = "\n\n_Shortened: the whole does not fit here._"
)

// Said returns those of the named comments and reviews that still exist, as they
// are now. When the pull request was read seconds ago it takes no call; otherwise
// one. One that is not in the answer, which holds the last hundred of each and
// may lag behind, is asked for by itself before it is taken for deleted.
func (g *Client) Said(ctx context.Context, ref review.PullRef, comments, reviews []int64) (review.Said, error) {
	out := review.Said{Comments: map[int64]review.Comment{}, Reviews: map[int64]review.ReviewNow{}}
	c, err := g.in(ref.Repo)
	if err != nil {
		return out, err
	}
	now, ok := g.noted.take(ref)
	if !ok {
		if _, err := g.sync(ctx, ref); err != nil {
			return out, err
		}
		if now, ok = g.noted.take(ref); !ok {
			return out, fmt.Errorf("comments of %v#%d: the answer took too long", ref.Repo, ref.Number)
		}
	}
	for _, id := range comments {
		found, ok := now.comments[id]
		if !ok {
			if found, ok, err = g.comment(ctx, c, ref, id); err != nil {
				return out, err
			}
		}
		if ok {
			out.Comments[id] = found
		}
	}
	for _, id := range reviews {
		if _, ok := now.reviews[id]; !ok {
			if now.reviews, err = g.reviews(ctx, c, ref); err != nil {
				return out, err
			}
			break
		}
	}
	for _, id := range reviews {
		if found, ok := now.reviews[id]; ok {
			out.Reviews[id] = found
		}
	}
	return out, nil
}

// comment reads one comment of a pull request; ok is false when there is none.
func (g *Client) comment(ctx context.Context, c *api.Client, ref review.PullRef, id int64) (_ review.Comment, ok bool, err error) {
	found, _, err := c.Issues.GetComment(ctx, ref.Repo.Owner, ref.Repo.Name, id)
	if err = tidy(err); errors.Is(err, review.ErrGone) {
		return review.Comment{}, false, nil
	} else if err != nil {
		return review.Comment{}, false, err
	}
	return commentOf(found), strings.HasSuffix(found.GetIssueURL(), "/issues/"+strconv.Itoa(ref.Number)), nil
}

// reviews lists all reviews of a pull request.
func (g *Client) reviews(ctx context.Context, c *api.Client, ref review.PullRef) (map[int64]review.ReviewNow, error) {
	out := map[int64]review.ReviewNow{}
	return out, everyPage(func(o api.ListOptions) (*api.Response, error) {
		found, resp, err := c.PullRequests.ListReviews(ctx, ref.Repo.Owner, ref.Repo.Name, ref.Number, &o)
		for _, v := range found {
			out[v.GetID()] = review.ReviewNow{State: strings.ToLower(v.GetState()), Body: v.GetBody()}
		}
		return resp, err
	})
}

func commentOf(c *api.IssueComment) review.Comment {
	return review.Comment{ID: c.GetID(), Author: userOf(c.User), Body: c.GetBody(), CreatedAt: c.GetCreatedAt().Time,
		UpdatedAt: c.GetUpdatedAt().Time, URL: c.GetHTMLURL()}
}

// PutComment writes the sticky comment in one call: it edits the comment id
// and, when that is 0 or gone, writes a new one. If an earlier try to write it
// had no answer, it looks for the comment first.
func (g *Client) PutComment(ctx context.Context, ref review.PullRef, id int64, body string) (review.Comment, error) {
	c, err := g.in(ref.Repo)
	if err != nil {
		return review.Comment{}, err
	}
	if !strings.Contains(body, stickyMark) {
		body = stickyMark + "\n" + body
	}
	body = clip(body, bodyLimit, shortened)
	if id != 0 {
		found, err := g.edit(ctx, c, ref, id, body)
		if !errors.Is(err, review.ErrGone) {
			return found, err
		}
	}
	key := attempt{keyOf(ref), "sticky"}
	_, again := g.pending.begin(key, g.now())
	if again || review.Again(ctx) {
		found, err := g.find(ctx, c, ref, time.Time{}, func(c *api.IssueComment) bool { return strings.Contains(c.GetBody(), stickyMark) })
		if err != nil {
			return review.Comment{}, err
		}
		if found != nil {
			done, err := g.edit(ctx, c, ref, found.GetID(), body)
			if err == nil {
				g.pending.end(key, nil)
			}
			return done, err
		}
	}
	made, err := g.create(ctx, c, ref, body)
	g.pending.end(key, err)
	return made, err
}

func (g *Client) edit(ctx context.Context, c *api.Client, ref review.PullRef, id int64, body string) (review.Comment, error) {
	done, _, err := c.Issues.EditComment(ctx, ref.Repo.Owner, ref.Repo.Name, id, &api.IssueComment{Body: &body})
	if err != nil {
		return review.Comment{}, tidy(err)
	}
	return commentOf(done), nil
}

func (g *Client) create(ctx context.Context, c *api.Client, ref review.PullRef, body string) (review.Comment, error) {
	done, _, err := c.Issues.CreateComment(ctx, ref.Repo.Owner, ref.Repo.Name, ref.Number, &api.IssueComment{Body: &body})
	if err != nil {
		return review.Comment{}, tidy(err)
	}
	return commentOf(done), nil
}

// Reply writes a new comment in one call. If an earlier try to write the same
// had no answer, it looks whether the comment is there first.
func (g *Client) Reply(ctx context.Context, ref review.PullRef, body string) error {
	c, err := g.in(ref.Repo)
	if err != nil {
		return err
	}
	body = clip(body, bodyLimit, shortened)
	sum := sha256.Sum256([]byte(body))
	key := attempt{keyOf(ref), "reply " + hex.EncodeToString(sum[:])}
	first, again := g.pending.begin(key, g.now())
	since := first.Add(-2 * time.Minute)
	if review.Again(ctx) { // the first try may have been long ago, in another process
		again, since = true, time.Time{}
	}
	if again {
		found, err := g.find(ctx, c, ref, since, func(c *api.IssueComment) bool {
			return strings.TrimSpace(c.GetBody()) == strings.TrimSpace(body)
		})
		if err != nil {
			return err
		}
		if found != nil {
			g.pending.end(key, nil)
			return nil
		}
	}
	_, err = g.create(ctx, c, ref, body)
	g.pending.end(key, err)
	return err
}

// find returns the app's own first comment that matches and was written or
// edited since a time, or nil.
// Anybody may write what the app writes, but not under its name.
func (g *Client) find(ctx context.Context, c *api.Client, ref review.PullRef, since time.Time,
	match func(*api.IssueComment) bool) (*api.IssueComment, error) {
	me, err := g.botLogin(ctx)
	if err != nil {
		return nil, err
	}
	path := fmt.Sprintf("repos/%s/%s/issues/%d/comments", ref.Repo.Owner, ref.Repo.Name, ref.Number)
	var out *api.IssueComment
	err = everyPage(func(o api.ListOptions) (*api.Response, error) {
		var found []*api.IssueComment
		q := url.Values{"per_page": {strconv.Itoa(o.PerPage)}, "page": {strconv.Itoa(o.Page)}}
		if !since.IsZero() {
			q.Set("since", since.UTC().Format(time.RFC3339))
		}
		resp, err := get(ctx, c, path+"?"+q.Encode(), &found)
		for _, one := range found {
			mine := one.GetUser().GetType() == "Bot" && one.GetUser().GetLogin() == me
			if out == nil && mine && match(one) {
				out = one
			}
		}
		return resp, err
	})
	return out, err
}

// botLogin is the account that the app writes as. It takes one call, once.
func (g *Client) botLogin(ctx context.Context) (string, error) {
	g.mu.Lock()
	slug := g.slug
	g.mu.Unlock()
	if slug == "" {
		found, _, err := g.app.Apps.Get(ctx, "")
		if err != nil {
			return "", tidy(err)
		}
		if slug = found.GetSlug(); slug == "" {
			return "", errors.New("GET /app: the answer has no slug")
		}
		g.mu.Lock()
		g.slug = slug
		g.mu.Unlock()
	}
	return slug + "[bot]", nil
}

// React adds a reaction to a comment in one call. GitHub keeps one of a kind.
func (g *Client) React(ctx context.Context, repo review.Repo, comment int64, reaction string) error {
	c, err := g.in(repo)
	if err != nil {
		return err
	}
	_, _, err = c.Reactions.CreateIssueCommentReaction(ctx, repo.Owner, repo.Name, comment, reaction)
	return tidy(err)
}
