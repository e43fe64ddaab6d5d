package github

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	api "github.com/google/go-github/v60/github"
)

// Failed lists the deliveries since a time that were never answered with
// success, by the id of their newest attempt, oldest first. GitHub keeps them
// for three days, an Enterprise Server for seven. The list is read whole:
// GitHub's own filter knows 400 to 599 as failures, and leaves out the rest.
func (g *Client) Failed(ctx context.Context, since time.Time) ([]int64, error) {
	type event struct {
		newest int64
		done   bool
	}
	events := map[string]*event{}
	var order []string // by newest attempt, newest first
	o := &api.ListCursorOptions{PerPage: 100}
	for range 10 * pages {
		found, resp, err := g.app.Apps.ListHookDeliveries(ctx, o)
		if err != nil {
			return nil, tidy(err)
		}
		late := false
		for _, d := range found {
			if late = d.GetDeliveredAt().Before(since); late {
				break
			}
			e := events[d.GetGUID()]
			if e == nil {
				e = &event{newest: d.GetID()}
				events[d.GetGUID()] = e
				order = append(order, d.GetGUID())
			}
			e.done = e.done || d.GetStatusCode() >= 200 && d.GetStatusCode() <= 299
		}
		if late || resp.Cursor == "" || resp.Cursor == o.Cursor {
			var ids []int64
			for _, guid := range slices.Backward(order) {
				if e := events[guid]; !e.done {
					ids = append(ids, e.newest)
				}
			}
			return ids, nil
		}
		o.Cursor = resp.Cursor
	}
	return nil, fmt.Errorf("deliveries since %v: the list does not end", since)
}

// Redeliver asks GitHub to repeat a delivery, or returns ErrGone when it is
// not kept any more. The delivery comes later, with the GUID that it had.
func (g *Client) Redeliver(ctx context.Context, id int64) error {
	_, _, err := g.app.Apps.RedeliverHookDelivery(ctx, id)
	var accepted *api.AcceptedError // status 202, which is what it should be
	if errors.As(err, &accepted) {
		return nil
	}
	return tidy(err)
}
