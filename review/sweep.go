package review

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/countersign-dev/countersign/change"
)

// Rerun judges the pull requests behind a check anew.
func (r *Reviewer) Rerun(ctx context.Context, e RerunEvent) error {
	all, err := r.Store.PullsAt(ctx, e.Repo.ID, e.Head)
	if err != nil {
		return err
	}
	if g, ok, err := r.Store.Group(ctx, e.Repo.ID, e.Head); err != nil {
		return err
	} else if ok && !g.Ended {
		g.Check.Digest = ""
		if err := r.Store.SaveGroup(ctx, g); err != nil {
			return err
		}
		if err := r.requeue(ctx, e.Event, g.BaseRef); err != nil {
			return err
		}
	}
	for _, p := range all {
		// What was published no longer stands as it was: write it again.
		p.Check.Digest = ""
		if err := r.Store.SaveCheck(ctx, e.Repo.ID, p.Number, p.Check); err != nil {
			return err
		}
		if err := r.again(ctx, e.Event, p.Number); err != nil {
			return err
		}
	}
	return nil
}

// Roster has every open pull request of an organisation decided anew, after its
// teams or members changed.
func (r *Reviewer) Roster(ctx context.Context, e RosterEvent) error {
	repos, err := r.Store.Repos(ctx)
	if err != nil {
		return err
	}
	for _, repo := range repos {
		if !strings.EqualFold(repo.Owner, e.Org) {
			continue
		}
		if err := r.Scheduler.Schedule(ctx, repo, cause(e.Event, e.Org), false); err != nil {
			return err
		}
	}
	return nil
}

// Installed keeps which repositories the app has, and has the new ones swept.
func (r *Reviewer) Installed(ctx context.Context, e InstallEvent) error {
	for _, repo := range e.Removed {
		if err := r.Store.RemoveRepo(ctx, repo.ID); err != nil {
			return err
		}
	}
	for _, repo := range e.Added {
		if err := r.Store.AddRepo(ctx, repo); err != nil {
			return err
		}
		if err := r.Scheduler.Schedule(ctx, repo, cause(e.Event, repo.String()), true); err != nil {
			return err
		}
	}
	return nil
}

// Sweep finds from the state of a repository what deliveries did not tell:
// moves of governed branches, and pull requests that were not judged as they
// stand. It never makes a sign-off from what comments say today. Pull requests
// are judged one by one afterwards, so that nobody waits for all of them.
func (r *Reviewer) Sweep(ctx context.Context, repo Repo, all bool) error {
	seen := glance{tips: map[string]string{}, rules: map[string]string{}}
	branches, err := r.sweepBranches(ctx, repo, seen)
	errs := []error{err, r.sweepObligations(ctx, repo)}
	open, err := r.Forge.OpenPulls(ctx, repo)
	if err != nil {
		return errors.Join(append(errs, fmt.Errorf("list open pull requests of %v: %w", repo, err))...)
	}
	known, err := r.Store.OpenPulls(ctx, repo.ID, "")
	if err != nil {
		return errors.Join(append(errs, err)...)
	}
	idle := map[int]string{}
	for _, k := range known {
		idle[k.Number] = k.Idle
	}
	standing, below := map[int]bool{}, map[string]bool{}
	for _, p := range open {
		standing[p.Number] = true
		below[p.HeadRef] = true
	}
	for _, p := range open {
		if !all && !below[p.BaseRef] { // one over another may be in a stack since, of which no list tells
			same, err := r.isIdle(ctx, p, idle[p.Number], seen)
			if err != nil {
				errs = append(errs, err)
			} else if same {
				continue
			}
		}
		errs = append(errs, r.Scheduler.SchedulePull(ctx, p.Ref(), ""))
	}
	for _, k := range known {
		if !standing[k.Number] {
			errs = append(errs, r.sweepClosed(ctx, repo, k))
		}
	}
	for _, branch := range branches {
		_, err := r.queue(ctx, Event{Repo: repo}, branch, nil)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// SweepPull judges a pull request anew if it is open. The comments behind its
// sign-offs are read once more even where it is green already.
func (r *Reviewer) SweepPull(ctx context.Context, ref PullRef) error {
	p, err := r.Forge.Pull(ctx, ref)
	if errors.Is(err, ErrGone) {
		return nil
	} else if err != nil {
		return fmt.Errorf("read %v#%d: %w", ref.Repo, ref.Number, err)
	}
	at := r.Now().UTC().Truncate(1e9)
	if p.UpdatedAt.After(at) {
		at = p.UpdatedAt
	}
	if err := r.judge(ctx, p, Event{Repo: ref.Repo, At: at}, User{}); err != nil {
		return err
	}
	known, ok, err := r.Store.Pull(ctx, ref.Repo.ID, ref.Number)
	if err != nil || !ok || !known.nothingGoverned() {
		return err
	}
	tip, err := r.Forge.Tree(ctx, p.Repo, p.BaseTip)
	if err != nil {
		return err
	}
	return r.Store.SaveIdle(ctx, ref.Repo.ID, ref.Number, idleness(p, rulesOf(tip)))
}

// A glance is what one sweep has read of branches, by name.
type glance struct {
	tips  map[string]string
	rules map[string]string
}

// tip reads the tip of a branch once.
func (r *Reviewer) tip(ctx context.Context, repo Repo, branch string, seen glance) (string, error) {
	if tip, ok := seen.tips[branch]; ok {
		return tip, nil
	}
	tip, err := r.Forge.Tip(ctx, repo, branch)
	if err != nil {
		return "", fmt.Errorf("tip of %v %s: %w", repo, branch, err)
	}
	seen.tips[branch] = tip
	return tip, nil
}

// isIdle reports whether an open pull request is as it was when a sweep found
// nothing governed in it.
func (r *Reviewer) isIdle(ctx context.Context, p Pull, idle string, seen glance) (bool, error) {
	if idle == "" {
		return false, nil
	}
	if _, ok := seen.rules[p.BaseRef]; !ok {
		tip, err := r.tip(ctx, p.Repo, p.BaseRef, seen)
		if errors.Is(err, ErrGone) {
			return false, nil
		} else if err != nil {
			return false, err
		}
		tree, err := r.Forge.Tree(ctx, p.Repo, tip)
		if err != nil {
			return false, fmt.Errorf("read %s: %w", short(tip), err)
		}
		seen.rules[p.BaseRef] = rulesOf(tree)
	}
	return idle == idleness(p, seen.rules[p.BaseRef]), nil
}

// rulesOf names the settings and rules in a tree by their content.
func rulesOf(t change.Tree) string {
	var b strings.Builder
	for e := range t.Entries() {
		if e.Path == SettingsPath || strings.HasPrefix(e.Path, RulesDir) {
			fmt.Fprintf(&b, "%s %s %s\n", e.Mode, e.ID, e.Path)
		}
	}
	return digestOf([]byte(b.String()))
}

// nothingGoverned reports whether nothing that somebody could sign was ever seen
// in a pull request: its base is not governed, or it passed without a comment.
// One in a stack does not count, since no delivery tells when it leaves it.
func (k PullState) nothingGoverned() bool {
	return k.Comment.ID == 0 && k.Onto == "" && (k.Check.ID == 0 || k.Check.State == Met && k.Check.Head == k.Head)
}

// idleness is what a pull request in which nothing is governed was judged by. As
// long as it stays the same, that can change only with the base's content, and
// then all are judged anew.
func idleness(p Pull, rules string) string {
	return fmt.Sprintf("%s %s %d %s", p.Head, p.BaseRef, p.UpdatedAt.Unix(), rules)
}

// sweepClosed takes note of a pull request that was closed unnoticed.
func (r *Reviewer) sweepClosed(ctx context.Context, repo Repo, k PullState) error {
	p, err := r.Forge.Pull(ctx, PullRef{repo, k.Number})
	if errors.Is(err, ErrGone) {
		k.Open = false
		return r.Store.SavePull(ctx, k)
	} else if err != nil {
		return err
	}
	if p.State == "open" {
		return nil
	}
	if err := r.Store.SavePull(ctx, stateOf(p)); err != nil {
		return err
	}
	if p.Merged {
		return nil
	}
	return r.retire(ctx, p, k)
}

// sweepBranches looks for moves that no delivery told of. The first sight of a
// branch is where its records begin. It returns the branches that it looked at.
func (r *Reviewer) sweepBranches(ctx context.Context, repo Repo, seen glance) ([]string, error) {
	tips, err := r.Store.Tips(ctx, repo.ID)
	if err != nil {
		return nil, err
	}
	branches, err := r.literalBranches(ctx, repo, seen)
	if err != nil {
		return nil, err
	}
	for ref := range tips {
		branches[strings.TrimPrefix(ref, "refs/heads/")] = true
	}
	var errs []error
	all := slices.Sorted(maps.Keys(branches))
	for _, branch := range all {
		errs = append(errs, r.sweepBranch(ctx, repo, branch, tips["refs/heads/"+branch], seen))
	}
	return all, errors.Join(errs...)
}

// sweepBranch lands what a branch moved by since its last known tip, "" when it
// is seen for the first time.
func (r *Reviewer) sweepBranch(ctx context.Context, repo Repo, branch, before string, seen glance) error {
	ref := "refs/heads/" + branch
	tip, err := r.tip(ctx, repo, branch, seen)
	switch {
	case errors.Is(err, ErrGone):
		return nil
	case err != nil:
		return err
	case before == "":
		_, _, err := r.Store.AddMove(ctx, Move{RepoID: repo.ID, Ref: ref, Before: tip, After: tip})
		return err
	case before == tip:
		return nil
	}
	e := PushEvent{Event: Event{Repo: repo, At: r.Now().UTC().Truncate(1e9)}, Ref: ref, Before: before, After: tip}
	if err := r.Land(ctx, e); err != nil {
		return err
	}
	return r.Store.SetTip(ctx, repo.ID, ref, tip)
}

// literalBranches are those that the settings on the default branch name
// without wildcard, and the default branch itself.
func (r *Reviewer) literalBranches(ctx context.Context, repo Repo, seen glance) (map[string]bool, error) {
	out := map[string]bool{}
	if repo.DefaultBranch == "" {
		return out, nil
	}
	out[repo.DefaultBranch] = true
	tip, err := r.tip(ctx, repo, repo.DefaultBranch, seen)
	if errors.Is(err, ErrGone) { // an empty repository
		return map[string]bool{}, nil
	} else if err != nil {
		return nil, err
	}
	tree, err := r.Forge.Tree(ctx, repo, tip)
	if err != nil {
		return nil, err
	}
	s, _, err := ReadSettings(tree)
	if err != nil {
		return out, nil // broken settings are told on every pull request
	}
	for _, b := range s.Branches {
		if !strings.ContainsAny(b, `*?[{\`) {
			out[b] = true
		}
	}
	return out, nil
}
