package review

import (
	"context"

	"github.com/countersign-dev/countersign/change"
)

// restores marks the changes of c that bring back what the branch had in an
// earlier countersigned landing: one record has the content of every file behind
// the change, mode and SHA-256, as the head has it.
func (r *Reviewer) restores(ctx context.Context, c *Case, head change.Tree) error {
	for i := range c.Set.Changes {
		ch := &c.Set.Changes[i]
		if ch.Confidence == change.Notice || ch.Kind == change.Policy || len(ch.Paths) == 0 {
			continue
		}
		var want []File
		for _, path := range ch.Paths {
			f := File{Path: path}
			var err error
			if f.AfterMode, f.After, err = content(head, path); err != nil {
				return err
			}
			want = append(want, f)
		}
		var err error
		if ch.Restores, err = r.Store.LandedWith(ctx, c.Pull.Repo.ID, c.Pull.BaseRef, want); err != nil {
			return err
		}
	}
	return nil
}
