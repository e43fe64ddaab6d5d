package review

import "context"

// deepest bounds how far down a stack is looked at.
const deepest = 100

// below returns the open pull requests that p stands on in its stack, the nearest
// first.
func (r *Reviewer) below(ctx context.Context, p Pull) ([]PullState, error) {
	if p.Onto == "" {
		return nil, nil
	}
	open, err := r.Store.OpenPulls(ctx, p.Repo.ID, p.BaseRef)
	if err != nil {
		return nil, err
	}
	byBranch := map[string]PullState{}
	for _, o := range open {
		if !o.Fork && o.Number != p.Number {
			byBranch[o.HeadRef] = o
		}
	}
	var out []PullState
	for onto := p.Onto; onto != "" && len(out) < deepest; {
		o, ok := byBranch[onto]
		if !ok {
			break
		}
		out = append(out, o)
		delete(byBranch, onto) // no loop
		onto = o.Onto
	}
	return out, nil
}

// above has the pull requests judged anew that stand on p in its stack, since
// their heads carry what p changes.
func (r *Reviewer) above(ctx context.Context, p Pull) error {
	open, err := r.Store.OpenPulls(ctx, p.Repo.ID, p.BaseRef)
	if err != nil {
		return err
	}
	for _, o := range open {
		if o.Onto == "" || o.Onto != p.HeadRef || p.Fork {
			continue
		}
		if err := r.Scheduler.SchedulePull(ctx, PullRef{p.Repo, o.Number}, ""); err != nil {
			return err
		}
	}
	return nil
}
