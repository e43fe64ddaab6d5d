package review

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/countersign-dev/countersign/change"
)

// landing judges one part of a move on what really landed.
func (r *Reviewer) landing(ctx context.Context, e PushEvent, g *governed, p part) (Landing, error) {
	l := Landing{Repo: e.Repo, Host: r.Host, Ref: e.Ref, Before: p.before, After: p.after, Occurrence: g.occurrence,
		Commits: p.commits, Parents: p.parents, Tree: p.tree, Method: method(g, p), MergedBy: e.Sender, LandedAt: e.PushedAt}
	if l.LandedAt.IsZero() {
		l.LandedAt = e.At
	}
	if e.Delivery.GUID != "" {
		l.Deliveries = append(l.Deliveries, e.Delivery)
	}
	c := &Case{Branch: g.entry, At: l.LandedAt, Means: g.settings.means, Settings: g.settings.blob,
		Rosters: map[string]Roster{}}
	var err error
	if c.Observed, err = r.observed(ctx, e.Repo); err != nil {
		return l, err
	}
	c.Pull = Pull{Repo: e.Repo, BaseRef: g.branch, BaseTip: p.before, MergeBase: p.before, Head: p.after, Complete: true}
	if p.merge != nil {
		if err := r.merged(ctx, e, g, p, &l, c); err != nil {
			return l, err
		}
	}
	before, after, err := r.sides(ctx, e.Repo, p)
	if err != nil {
		return l, err
	}
	if c.Set, err = change.Compare(before, after, g.settings.Change()); err != nil {
		return l, fmt.Errorf("compare %s with %s: %w", short(p.before), short(p.after), err)
	}
	if l.Files, err = files(c.Set, before, after); err != nil {
		return l, err
	}
	l.Enforcement = Enforcement{Source: "none", Bypass: "not visible"}
	if g.entry != "" {
		if l.Enforcement, err = r.Forge.Enforcement(ctx, e.Repo, g.branch, checkName(g.entry)); err != nil {
			return l, fmt.Errorf("protection of %s: %w", g.branch, err)
		}
	}
	return l, r.conclude(ctx, g, &l, c, before, after)
}

// merged adds what is known of the pull request that landed.
func (r *Reviewer) merged(ctx context.Context, e PushEvent, g *governed, p part, l *Landing, c *Case) error {
	m := p.merge
	c.Pull.Number, c.Pull.Title, c.Pull.Author, c.Pull.Merged, c.Pull.State = m.Number, m.Title, m.Author, true, "closed"
	c.Pull.Head = m.Head // what a requirement that binds the head was signed for
	known, ok, err := r.Store.Pull(ctx, e.Repo.ID, m.Number)
	if err != nil {
		return err
	}
	if ok {
		c.Pull.Draft, c.Pull.Fork, c.Pull.Labels, c.Pull.HeadRef = known.Draft, known.Fork, known.Labels, known.HeadRef
	}
	heads, err := r.Store.Heads(ctx, e.Repo.ID, m.Number)
	if err != nil {
		return err
	}
	c.Contributors = implicated(c.Pull, heads, basisOf(c.Pull.BaseRef, g.settings))
	if !slices.ContainsFunc(heads, func(h Head) bool { return h.Commit == m.Head }) {
		c.Pull.Complete = false // the merged head was never judged: its contributors are not known
	}
	statements, err := r.Store.Signoffs(ctx, e.Repo.ID, m.Number)
	if err != nil {
		return err
	}
	c.Statements = asOf(statements, m.At)
	c.Pull.Issues = LinkedIssues(m.Body)
	said, err := r.calls(ctx, c.Pull)
	if err != nil {
		return err
	}
	c.Contributors = withPrompters(c.Contributors, c.Pull, said)
	deliveries, err := r.Store.DeliveriesOf(ctx, e.Repo.ID, m.Number)
	if err != nil {
		return err
	}
	l.Deliveries = append(l.Deliveries, deliveries...)
	l.Statements = c.Statements
	l.MergedBy, l.LandedAt, l.TitleBody = m.By, m.At, m.Body
	c.At = m.At
	pull := c.Pull
	l.Pull = &pull
	return nil
}

// sides returns the trees before and after a part. A branch that was created
// has an empty tree before it.
func (r *Reviewer) sides(ctx context.Context, repo Repo, p part) (before, after change.Tree, err error) {
	before = change.MapTree{}
	if !isZero(p.before) {
		before, err = r.Forge.Tree(ctx, repo, p.before)
		if errors.Is(err, ErrGone) { // a force push may leave nothing behind
			before, err = change.MapTree{}, nil
		}
		if err != nil {
			return nil, nil, fmt.Errorf("read %s: %w", short(p.before), err)
		}
	}
	if after, err = r.Forge.Tree(ctx, repo, p.after); err != nil {
		return nil, nil, fmt.Errorf("read %s: %w", short(p.after), err)
	}
	return before, after, nil
}

// conclude decides what the landing was, under the rules that held before it
// and on evidence no later than it.
func (r *Reviewer) conclude(ctx context.Context, g *governed, l *Landing, c *Case, before, after change.Tree) error {
	gate, _ := gating(c.Set)
	if g.entry == "" {
		v := Decide(*c)
		l.Verdict, l.Outcome, l.Missing = &v, Ungoverned, []string{ReasonNotEnrolled}
		return nil
	}
	if len(gate) == 0 && g.broken == nil {
		c.Pull.Complete = true
		v := Decide(*c)
		l.Verdict, l.Outcome, l.Missing = &v, Ungoverned, []string{ReasonNothing}
		return nil
	}
	rules := &rulesInForce{settings: g.settings, sources: g.sources, branch: g.entry, tip: before, broken: g.broken}
	if err := r.gather(ctx, c, rules, before, after, false); err != nil {
		return err
	}
	if err := r.elsewhere(ctx, c); err != nil {
		return err
	}
	late := c.Statements
	c.Statements, c.Elsewhere = inTime(c.Statements, l.LandedAt), inTime(c.Elsewhere, l.LandedAt)
	v := Decide(*c)
	l.Verdict = &v
	l.Outcome, l.Missing = outcome(*l, v, late)
	return nil
}

// gather asks the rules what c needs, over what content, and who may sign it.
// With fresh set, teams are read anew.
func (r *Reviewer) gather(ctx context.Context, c *Case, rules *rulesInForce, before, after change.Tree, fresh bool) error {
	if err := r.restores(ctx, c, after); err != nil {
		return err
	}
	if err := r.demand(ctx, c, rules, before, after); err != nil {
		return err
	}
	if err := scopes(c, before, after); err != nil {
		return err
	}
	var err error
	if c.Contributors, err = r.resolve(ctx, c.Pull.Repo, rules.settings, c.Contributors); err != nil {
		return err
	}
	if err := r.rosters(ctx, c, rules.settings, fresh); err != nil {
		return err
	}
	return r.responders(ctx, c, rules.settings, fresh)
}

// inTime leaves out what was said after a landing.
func inTime(all []Signoff, landed time.Time) []Signoff {
	return slices.DeleteFunc(slices.Clone(all), func(s Signoff) bool { return s.CreatedAt.After(landed) })
}

// asOf returns statements as they stood at a landing: what voided one later is
// an addendum. A deletion bears the newest time in its delivery, which is that of
// the merge when nothing came in between.
func asOf(all []Signoff, landed time.Time) []Signoff {
	out := slices.Clone(all)
	for i, s := range out {
		if s.Voided != nil && !s.Voided.At.Before(landed) {
			out[i].Voided = nil
		}
	}
	return out
}

// outcome names a verdict on what landed. A requirement that was signed, but
// over other content, makes the landing diverged.
func outcome(l Landing, v Verdict, all []Signoff) (Outcome, []string) {
	if v.State == Met && (l.Pull != nil || len(v.Standings) == 0) {
		return Countersigned, []string{}
	}
	if v.State == Covered && l.Pull != nil {
		return Emergency, ids(v.Standings, Covered)
	}
	var missing []string
	diverged := len(v.Standings) > 0 && l.Pull != nil
	for _, st := range v.Standings {
		if st.State == Met {
			continue
		}
		missing = append(missing, st.Requirement.ID)
		if st.State != Waiting { // rejected, or nobody could have signed
			diverged = false
		}
		elsewhere := map[int64]bool{}
		for _, s := range all {
			if s.Requirement == st.Requirement.ID && s.Verb == Approve && s.Counts() && s.Digest != st.Requirement.Digest && !s.CreatedAt.After(l.LandedAt) {
				elsewhere[s.User.ID] = true
			}
		}
		diverged = diverged && len(elsewhere)+len(st.Signed) >= st.Requirement.Need
	}
	switch {
	case l.Pull == nil:
		missing = append(missing, ReasonDirectPush)
	case len(v.Denials) > 0:
		missing = append(missing, ReasonDenied)
	case diverged:
		missing = append(missing, ReasonContent)
	}
	switch {
	case v.Observed:
		return Observed, missing
	case diverged && len(v.Denials) == 0:
		return Diverged, missing
	}
	return Unsigned, missing
}

// method says how a part came in.
func method(g *governed, p part) string {
	switch {
	case isZero(p.before):
		return "create"
	case g.move.Forced:
		return "force-push"
	case p.merge == nil:
		return "push"
	case len(p.parents) > 1:
		return "merge"
	case len(p.commits) > 1:
		return "rebase"
	}
	return "squash"
}

// files names the governed content of a delta by SHA-256.
func files(set change.Set, before, after change.Tree) ([]File, error) {
	paths := map[string]bool{}
	gate, _ := gating(set)
	for _, ch := range gate {
		for _, path := range ch.Paths {
			paths[path] = true
		}
	}
	out := []File{}
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		f := File{Path: path}
		var err error
		if f.BeforeMode, f.Before, err = content(before, path); err != nil {
			return nil, err
		}
		if f.AfterMode, f.After, err = content(after, path); err != nil {
			return nil, err
		}
		if f.BeforeMode != "" || f.AfterMode != "" {
			out = append(out, f)
		}
	}
	return out, nil
}

func content(t change.Tree, path string) (mode, digest string, err error) {
	e, ok := t.Lookup(path)
	if !ok {
		return "", "", nil
	}
	if e.Mode == change.ModeSubmodule {
		return e.Mode, "gitlink:" + e.ID, nil
	}
	data, err := t.Read(e)
	if errors.Is(err, ErrTooLarge) { // never signed; the record says what it can
		return e.Mode, "blob:" + e.ID, nil
	} else if err != nil {
		return "", "", fmt.Errorf("read %s: %w", path, err)
	}
	return e.Mode, digestOf(data), nil
}

func touchesRules(v *Verdict) bool {
	if v == nil {
		return false
	}
	return slices.ContainsFunc(v.Set.Changes, func(ch change.Change) bool { return ch.Kind == change.Policy })
}

// announce writes the record's number and the log's checkpoint into the check
// of the head that landed, and the outcome into the comment: copies of the
// evidence outside our hands.
func (r *Reviewer) announce(ctx context.Context, l Landing, receipt Receipt) error {
	if l.Pull == nil || l.Verdict == nil {
		return nil
	}
	known, ok, err := r.Store.Pull(ctx, l.Repo.ID, l.Pull.Number)
	if err != nil || !ok || known.Check.ID == 0 {
		return err
	}
	c := Check{ID: known.Check.ID, Name: checkName(known.Check.Branch), Head: known.Check.Head, Conclusion: "failure",
		Title: fmt.Sprintf("%s: landed %s", receipt.ID, outcomeWords(l)), Summary: landed(l, receipt)}
	if l.Outcome == Countersigned || l.Outcome == Ungoverned || l.Outcome == Observed || l.Outcome == Emergency {
		c.Conclusion = "success"
	}
	if err := r.putCheck(ctx, l.Pull.Ref(), known, c, known.Check.Branch, known.Check.State); err != nil {
		return err
	}
	if known.Comment.ID == 0 {
		return nil
	}
	body := stickyMark + "\n### " + outcomeBadge(l) + " Countersign: " + prose(c.Title) + "\n\n" + c.Summary
	now := CommentState{ID: known.Comment.ID, Digest: digestOf([]byte(body))}
	if known.Comment == now {
		return nil
	}
	sticky, err := r.Forge.PutComment(ctx, l.Pull.Ref(), known.Comment.ID, body)
	if err != nil {
		return fmt.Errorf("write comment on %v#%d: %w", l.Repo, l.Pull.Number, err)
	}
	now.ID = sticky.ID
	return r.Store.SaveComment(ctx, l.Repo.ID, l.Pull.Number, now)
}
