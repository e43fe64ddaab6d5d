package review

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// recheck reads the comments and reviews behind what counts once more, and voids
// those that were edited, deleted or dismissed while nobody told.
func (r *Reviewer) recheck(ctx context.Context, v Verdict) error {
	var said []Signoff
	for _, st := range v.Standings {
		said = append(said, st.Signed...)
		if st.Emergency != nil {
			said = append(said, *st.Emergency)
		}
	}
	all, err := r.Store.Signoffs(ctx, v.Pull.Repo.ID, v.Pull.Number)
	if err != nil {
		return err
	}
	for _, s := range all {
		if s.Verb == Override && s.Voided == nil && s.Refused == "" {
			said = append(said, s)
		}
	}
	_, err = r.standsBy(ctx, v.Pull.Ref(), said, v.At)
	return err
}

// standsBy voids those of the given statements whose source is no longer as it
// was, and reports whether there was none.
func (r *Reviewer) standsBy(ctx context.Context, ref PullRef, said []Signoff, at time.Time) (bool, error) {
	ids := map[string][]int64{}
	sources := map[string]map[int64]Signoff{"comment": {}, "review": {}}
	for _, s := range said {
		if of, ok := sources[s.Via]; ok {
			if _, have := of[s.SourceID]; !have {
				of[s.SourceID] = s
				ids[s.Via] = append(ids[s.Via], s.SourceID)
			}
		}
	}
	if len(ids) == 0 {
		return true, nil
	}
	slices.Sort(ids["comment"])
	now, err := r.Forge.Said(ctx, ref, ids["comment"], ids["review"])
	if err != nil {
		return false, fmt.Errorf("read what was said on %v#%d once more: %w", ref.Repo, ref.Number, err)
	}
	all := true
	for via, of := range sources {
		for id, s := range of {
			why := fate(now, s, at)
			if why.Reason == "" {
				continue
			}
			all = false
			if _, err := r.Store.Void(ctx, ref.Repo.ID, via, id, why); err != nil {
				return false, err
			}
		}
	}
	return all, nil
}

// fate says what became of the source of a statement, seen at a time; no Reason:
// nothing.
func fate(now Said, s Signoff, at time.Time) Voiding {
	if s.Via == "review" {
		v, ok := now.Reviews[s.SourceID]
		switch {
		case !ok || v.State == "dismissed":
			return Voiding{Reason: "dismissed", At: at}
		case v.Body != s.Body:
			return Voiding{Reason: "edited", At: at}
		}
		return Voiding{}
	}
	c, ok := now.Comments[s.SourceID]
	switch {
	case !ok:
		return Voiding{Reason: "deleted", At: at}
	case c.Body != s.Body:
		return Voiding{Reason: "edited", At: c.UpdatedAt}
	}
	return Voiding{}
}
