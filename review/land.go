package review

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/countersign-dev/countersign/change"
)

// Reasons of a landing's outcome that are not the names of requirements.
const (
	ReasonNotEnrolled = "not-enrolled"
	ReasonNothing     = "no-governed-change"
	ReasonDirectPush  = "direct-push"
	ReasonNoDecision  = "no-decision"
	ReasonDenied      = "denied"
	ReasonContent     = "content-differs"
	ReasonAfterMerge  = "signed-after-merge"
)

const zeroCommit = "0000000000000000000000000000000000000000"

// Land records a move of a governed branch. The move is split at each pull
// request's range; what is left of it is a direct push. Each part is judged on
// what really landed.
func (r *Reviewer) Land(ctx context.Context, e PushEvent) error {
	branch, ok := strings.CutPrefix(e.Ref, "refs/heads/")
	if !ok || e.Deleted || isZero(e.After) || IsQueueBranch(branch) {
		return nil
	}
	if err := r.Store.AddRepo(ctx, e.Repo); err != nil {
		return err
	}
	g, err := r.governance(ctx, e, branch)
	if err != nil || g == nil {
		return err
	}
	if err := r.closeGap(ctx, e); err != nil {
		return err
	}
	m := Move{RepoID: e.Repo.ID, Ref: e.Ref, Before: e.Before, After: e.After, Delivery: e.Delivery.GUID}
	if !isZero(e.Before) {
		commits, forced, err := r.Forge.History(ctx, e.Repo, e.Before, e.After)
		if errors.Is(err, ErrTooLong) { // one record over all of it, whose commits are not listed
			commits, err = nil, nil
		}
		if err != nil {
			return fmt.Errorf("history of %v %s: %w", e.Repo, e.Ref, err)
		}
		m.Forced = forced || e.Forced
		for _, c := range commits {
			m.Commits = append(m.Commits, c.ID)
		}
		g.commits = commits
	}
	var covered bool
	if g.occurrence, covered, err = r.Store.AddMove(ctx, m); err != nil || covered {
		return err
	}
	g.move = m
	parts, err := r.split(ctx, e, g)
	if err != nil {
		return err
	}
	again := false
	// All of them where what is behind the base may be part of one now, or what
	// one changes may be governed now.
	anew := m.Forced
	for i, part := range parts {
		if i > 0 { // an earlier part may have changed the rules
			if g, err = r.governedAt(ctx, e, branch, part, g); err != nil || g == nil {
				return err
			}
		}
		l, err := r.landing(ctx, e, g, part)
		if err != nil {
			return err
		}
		receipt, err := r.Recorder.Record(ctx, l)
		if err != nil {
			return fmt.Errorf("record %v %s %s: %w", e.Repo, e.Ref, short(e.After), err)
		}
		if l.Outcome == Countersigned {
			if err := r.Store.AddLanded(ctx, l.Repo.ID, g.branch, receipt.ID, l.Files); err != nil {
				return err
			}
		}
		if err := r.oblige(ctx, l, g.settings.reviewWithin()); err != nil {
			return err
		}
		if err := r.voidedMeanwhile(ctx, l); err != nil {
			return err
		}
		if err := r.announce(ctx, l, receipt); err != nil {
			return err
		}
		gate, _ := gating(l.Verdict.Set)
		again = again || len(gate) > 0
		anew = anew || touchesRules(l.Verdict) || slices.ContainsFunc(gate, func(ch change.Change) bool { return len(ch.Paths) > 1 })
	}
	if again || anew { // what open pull requests would land on it is other content now
		return r.Scheduler.Schedule(ctx, e.Repo, cause(e.Event, e.After), anew)
	}
	return nil
}

// governedAt returns what governs a branch just before a part of its move.
func (r *Reviewer) governedAt(ctx context.Context, e PushEvent, branch string, p part, whole *governed) (*governed, error) {
	e.Before = p.before
	g, err := r.governance(ctx, e, branch)
	if err != nil || g == nil {
		return nil, err
	}
	g.commits, g.move, g.occurrence = whole.commits, whole.move, whole.occurrence
	return g, nil
}

// closeGap lands what lies between the known tip of a branch and where a
// delivered move begins: an earlier push of which no delivery told. A delivery
// that is merely late begins before the tip, and leaves no gap.
func (r *Reviewer) closeGap(ctx context.Context, e PushEvent) error {
	if e.Delivery.GUID == "" || isZero(e.Before) {
		return nil
	}
	tips, err := r.Store.Tips(ctx, e.Repo.ID)
	if err != nil {
		return err
	}
	tip := tips[e.Ref]
	if tip == "" || tip == e.Before || tip == e.After {
		return nil
	}
	_, elsewhere, err := r.Forge.History(ctx, e.Repo, e.Before, tip)
	if err != nil && !errors.Is(err, ErrTooLong) {
		return fmt.Errorf("history of %v %s: %w", e.Repo, e.Ref, err)
	}
	if !elsewhere {
		return nil // the tip comes after it: the delivery is late
	}
	lost := PushEvent{Event: Event{Repo: e.Repo, At: e.At}, Ref: e.Ref, Before: tip, After: e.Before}
	if err := r.Land(ctx, lost); err != nil {
		return err
	}
	return r.Store.SetTip(ctx, e.Repo.ID, e.Ref, e.Before)
}

// cause names what a sweep is scheduled for: the delivery, or without one what
// was seen.
func cause(e Event, seen string) string {
	if e.Delivery.GUID != "" {
		return e.Delivery.GUID
	}
	return seen
}

func isZero(commit string) bool { return commit == "" || strings.Trim(commit, "0") == "" }

// governed is a branch that moved and what governed it before.
type governed struct {
	branch     string
	settings   Settings
	sources    []PolicySource
	entry      string // "" when the repository is not enrolled
	broken     *RulesError
	commits    []Commit // first parents, oldest first
	move       Move
	occurrence int
}

// governance reads the rules that held before the move, and returns nil when
// the branch is of no interest: not governed, or, in a repository without
// settings, not the default one.
func (r *Reviewer) governance(ctx context.Context, e PushEvent, branch string) (*governed, error) {
	from := e.Before
	if isZero(from) { // a new branch: it has no rules before its own
		from = e.After
		if governs, err := r.defaultGoverns(ctx, e.Repo, branch); err != nil {
			return nil, err
		} else if governs != "" {
			from = governs
		}
	}
	tree, err := r.Forge.Tree(ctx, e.Repo, from)
	if errors.Is(err, ErrGone) {
		tree, err = r.Forge.Tree(ctx, e.Repo, e.After)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", short(from), err)
	}
	g := &governed{branch: branch}
	s, found, err := ReadSettings(tree)
	if errors.As(err, &g.broken) {
		g.entry = entryOf(tree, branch)
		return g, nil
	} else if err != nil {
		return nil, err
	}
	if !found {
		if branch != e.Repo.DefaultBranch {
			return nil, nil
		}
		return g, nil
	}
	g.settings = s
	if g.entry = s.Branch(branch); g.entry == "" {
		return nil, nil
	}
	g.sources, err = sourcesOf(tree)
	if errors.As(err, &g.broken) {
		return g, nil
	}
	return g, err
}

// defaultGoverns returns the known tip of the default branch when the settings there
// govern a branch, and "" when they do not. So a branch that is created from a
// commit without those settings does not escape them.
func (r *Reviewer) defaultGoverns(ctx context.Context, repo Repo, branch string) (string, error) {
	if repo.DefaultBranch == "" {
		return "", nil
	}
	tips, err := r.Store.Tips(ctx, repo.ID)
	tip := tips["refs/heads/"+repo.DefaultBranch]
	if err != nil || tip == "" {
		return "", err
	}
	tree, err := r.Forge.Tree(ctx, repo, tip)
	if err != nil {
		return "", fmt.Errorf("read %s: %w", short(tip), err)
	}
	s, _, err := ReadSettings(tree)
	var broken *RulesError
	if errors.As(err, &broken) || err == nil && s.Branch(branch) == "" {
		return "", nil
	}
	return tip, err
}

// A part is a run of first-parent commits that came in together.
type part struct {
	before, after string
	commits       []string
	parents       []string
	tree          string
	merge         *Merge
}

// split cuts a move at the pull requests that it holds, oldest first.
func (r *Reviewer) split(ctx context.Context, e PushEvent, g *governed) ([]part, error) {
	if len(g.commits) == 0 || g.move.Forced {
		p := part{before: e.Before, after: e.After, commits: list(g.move.Commits)}
		if n := len(g.commits); n > 0 {
			p.parents, p.tree = g.commits[n-1].Parents, g.commits[n-1].Tree
		}
		return []part{p}, nil
	}
	each, err := r.several(ctx, e, g)
	if err != nil {
		return nil, err
	}
	var parts []part
	open := part{before: e.Before}
	for i, c := range g.commits {
		m, err := r.mergeOf(ctx, e, g, c, each || i == len(g.commits)-1)
		if err != nil {
			return nil, err
		}
		if m != nil && len(c.Parents) > 1 && len(open.commits) > 0 {
			parts = append(parts, open) // what lies before a merge commit was pushed
			open = part{before: open.after}
		}
		open.after, open.parents, open.tree = c.ID, c.Parents, c.Tree
		open.commits = append(open.commits, c.ID)
		if m != nil {
			open.merge = m
			parts = append(parts, open)
			open = part{before: c.ID}
		}
	}
	if len(open.commits) > 0 {
		parts = append(parts, open)
	}
	return parts, nil
}

// mergeOf returns the pull request whose merge ended at c, or nil. GitHub is
// asked about the last commit of a push, and about all of them when a sweep
// found the move or it may have landed several.
func (r *Reviewer) mergeOf(ctx context.Context, e PushEvent, g *governed, c Commit, ask bool) (*Merge, error) {
	m, ok, err := r.Store.MergeOf(ctx, e.Repo.ID, c.ID, g.branch)
	if err != nil {
		return nil, err
	}
	if ok {
		if again(e, g, m) {
			return nil, nil
		}
		return &m, nil
	}
	if !ask && e.Delivery.GUID != "" && len(c.Parents) < 2 {
		return nil, nil
	}
	m, err = r.Forge.MergedPull(ctx, e.Repo, c.ID, g.branch, e.Sender)
	if age := r.Now().Sub(e.PushedAt); errors.Is(err, ErrGone) && c.ByForge && e.Delivery.GUID != "" && age < indexed {
		return nil, fmt.Errorf("pull request of %s: %s after the push the forge knows none, and it committed it", short(c.ID), age)
	}
	if errors.Is(err, ErrGone) {
		return nil, nil
	} else if err != nil {
		return nil, fmt.Errorf("pull request of %s: %w", short(c.ID), err)
	}
	if m.Commit != c.ID || m.BaseRef != g.branch {
		return nil, nil
	}
	if m.By.ID == 0 {
		m.By = e.Sender
	}
	if m.At.IsZero() {
		m.At = e.PushedAt
	}
	if again(e, g, m) {
		return nil, nil
	}
	return &m, r.Store.SaveMerge(ctx, e.Repo.ID, m)
}

// indexed is how long GitHub may take to know which pull request a commit of its
// own came by. Until then a push is looked at again.
const indexed = time.Minute

// again reports whether a push brings a merge back that had landed before: it
// repeats a move, or comes long after the merge. That is a direct push, whatever
// GitHub says of its commit.
func again(e PushEvent, g *governed, m Merge) bool {
	const slack = 10 * time.Minute
	return g.occurrence > 0 || !e.PushedAt.IsZero() && e.PushedAt.Sub(m.At) > slack
}
