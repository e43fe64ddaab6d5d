package review

import (
	"context"
	"fmt"
	"time"
)

// until is when the first thing that v rests on ends by itself: a sign-off that
// is valid for a time, an emergency, or a delegation. It is the zero time when
// nothing does.
func until(v Verdict) time.Time {
	var first time.Time
	ends := func(at time.Time) {
		if at = at.Add(time.Second); first.IsZero() || at.Before(first) {
			first = at
		}
	}
	for _, st := range v.Standings {
		if st.Emergency != nil {
			ends(st.Emergency.CreatedAt.Add(emergencyFor))
		}
		if !st.Ends.IsZero() {
			ends(st.Ends)
		}
		for _, s := range st.Signed {
			if st.Requirement.ValidFor > 0 {
				ends(s.CreatedAt.Add(st.Requirement.ValidFor))
			}
		}
	}
	return first
}

// Due has the repositories swept in which something ended by itself meanwhile:
// a sign-off, an emergency, a delegation, the time for a retrospective sign-off. It is called
// every minute or so.
func (r *Reviewer) Due(ctx context.Context) error {
	due, err := r.Store.Due(ctx, r.Now())
	if err != nil {
		return err
	}
	for repo, at := range due {
		if err := r.Scheduler.Schedule(ctx, repo, fmt.Sprintf("due-%d", at.Unix()), false); err != nil {
			return err
		}
	}
	return nil
}
