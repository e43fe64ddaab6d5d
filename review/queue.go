package review

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/countersign-dev/countersign/change"
)

// requeue has the queue of a branch decided anew, if anything is known to be in
// it: the verdict on a pull request of that branch may have changed.
func (r *Reviewer) requeue(ctx context.Context, e Event, branch string) error {
	live, err := r.Store.Groups(ctx, e.Repo.ID, branch)
	if err != nil || len(live) == 0 {
		return err
	}
	_, err = r.queue(ctx, e, branch, nil)
	return err
}

// queue decides the merge queue of a branch, front to back, publishes on the
// head of each group, and ends the groups that are not in it. It returns the
// heads that are. bases are commits that groups are said to stand on, by head.
func (r *Reviewer) queue(ctx context.Context, e Event, branch string, bases map[string]string) (listed map[string]bool, err error) {
	defer r.heads.lock(fmt.Sprintf("queue %d %s", e.Repo.ID, branch))() // what is read must not be older than what is published
	q, err := r.Forge.Queue(ctx, e.Repo, branch)
	if errors.Is(err, ErrGone) {
		q, err = Queue{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the merge queue of %v %s: %w", e.Repo, branch, err)
	}
	if now := r.Now().UTC().Truncate(time.Second); now.After(e.At) {
		e.At = now // what ended by itself since must not count
	}
	listed = map[string]bool{}
	l := line{Event: e, branch: branch, bases: bases, tip: q.Tip, under: []string{q.Tip}}
	for _, n := range q.Entries {
		listed[n.Head] = n.Head != ""
		if err := r.entry(ctx, &l, n); err != nil {
			return nil, err
		}
	}
	return listed, r.prune(ctx, e.Repo, branch, q, listed)
}

// prune ends the groups that are no longer in a queue. Those that the tip of the
// branch stands on landed.
func (r *Reviewer) prune(ctx context.Context, repo Repo, branch string, q Queue, listed map[string]bool) error {
	live, err := r.Store.Groups(ctx, repo.ID, branch)
	if err != nil {
		return err
	}
	landed := map[string]bool{q.Tip: true}
	for range live { // each round finds the group below at least
		for _, g := range live {
			if landed[g.Head] {
				landed[g.Base] = true
			}
		}
	}
	for _, g := range live {
		if listed[g.Head] {
			continue
		}
		if err := r.leaves(ctx, repo, g, landed[g.Head]); err != nil {
			return err
		}
	}
	return nil
}

// A line is a queue while its entries are decided one after the other.
type line struct {
	Event
	branch string
	bases  map[string]string // what an event says of groups
	tip    string
	under  []string // the tip, then the head of each group so far; "" where none is built
	waits  string   // why the next entry has to wait, "" when all ahead of it are green
}

// A finding is what one entry comes to.
type finding struct {
	state State // Met: green; Waiting: for what is ahead; anything else fails
	title string
	text  string
	named string // the entry of branches that names the check, "" when it is not governed
}

// entry decides one entry of a queue and publishes on its group.
func (r *Reviewer) entry(ctx context.Context, l *line, n QueueEntry) error {
	from := l.under[len(l.under)-1]
	l.under = append(l.under, n.Head)
	if n.Head == "" {
		if l.waits == "" {
			l.waits = fmt.Sprintf("#%d ahead of it, which has no group yet", n.Number)
		}
		return nil
	}
	g, _, err := r.Store.Group(ctx, l.Repo.ID, n.Head)
	if err != nil {
		return err
	}
	g.RepoID, g.BaseRef, g.Head, g.Pull, g.Ended = l.Repo.ID, l.branch, n.Head, n.Number, false
	g.Base = cmp.Or(l.bases[n.Head], g.Base, n.Base)
	f, err := r.find(ctx, *l, n, from, g)
	if err != nil {
		return err
	}
	if f.named == "" {
		return nil
	}
	if l.waits == "" && f.state != Met {
		l.waits = fmt.Sprintf("#%d ahead of it", n.Number)
	}
	return r.publishGroup(ctx, l.Repo, g, f)
}

// find judges an entry, and says what its check shows.
func (r *Reviewer) find(ctx context.Context, l line, n QueueEntry, from string, g GroupState) (finding, error) {
	tip, err := r.Forge.Tree(ctx, l.Repo, l.tip)
	if err != nil {
		return finding{}, fmt.Errorf("read the tip of %s: %w", l.branch, err)
	}
	named, err := r.entryAt(ctx, l, n, tip)
	if err != nil || named == "" {
		return finding{}, err
	}
	wait := func(why, text string) (finding, error) { return finding{Waiting, "Waits for " + why, text, named}, nil }
	if !stands(g.Base, l.under[:len(l.under)-1]) {
		return wait("the queue to build this group anew", "It does not stand on what is ahead of it now.")
	}
	before, err := r.Forge.Tree(ctx, l.Repo, from)
	if err != nil {
		return finding{}, fmt.Errorf("read %s: %w", short(from), err)
	}
	if !sameRules(tip, before) {
		return wait("a change of the rules ahead of it to land", "It is judged by the rules on "+code(l.branch)+", and those are about to change.")
	}
	v, landing, err := r.judgeEntry(ctx, l, n, from, g)
	if err != nil || v.Branch == "" {
		return finding{}, err
	}
	f := finding{state: v.State, title: headline(v), text: groupSummary(v, landing, n, from), named: v.Branch}
	if landing == Diverged {
		f.title = "What would land is not what was signed: " + strings.Join(ids(v.Standings, Waiting), ", ")
	}
	switch {
	case v.Observed:
		f.state, f.title = Met, "Observing: "+f.title
	case v.State == Covered:
		f.state = Met
	case v.State == Waiting:
		f.state = Denied // nobody can sign a group: it is queued again once the pull request is signed
	}
	if f.state == Met && l.waits != "" {
		return wait(l.waits, f.text)
	}
	return f, nil
}

// judgeEntry decides on what an entry would land, as the landing will be. Before
// its check turns green, the comments that count and the teams are read anew.
func (r *Reviewer) judgeEntry(ctx context.Context, l line, n QueueEntry, from string, g GroupState) (Verdict, Outcome, error) {
	v, landing, err := r.decideEntry(ctx, l, n, from, false)
	if err != nil || g.Check.State == Met || v.State != Met && v.State != Covered || len(v.Standings) == 0 {
		return v, landing, err
	}
	if err := r.recheck(ctx, v); err != nil {
		return v, landing, err
	}
	return r.decideEntry(ctx, l, n, from, true)
}

// decideEntry weighs what was said on a pull request against what its group
// changes, under the rules that the group stands on. landing is the outcome that
// its record would have while sign-offs are awaited.
func (r *Reviewer) decideEntry(ctx context.Context, l line, n QueueEntry, from string, fresh bool) (v Verdict, landing Outcome, err error) {
	known, ok, err := r.Store.Pull(ctx, l.Repo.ID, n.Number)
	if err != nil {
		return v, "", err
	}
	p := part{before: from, after: n.Head, merge: &Merge{Number: n.Number, Head: n.Pull, BaseRef: l.branch, At: l.At, Title: known.Title, Author: known.Author}}
	c := &Case{At: l.At, Rosters: map[string]Roster{}}
	if c.Observed, err = r.observed(ctx, l.Repo); err != nil {
		return v, "", err
	}
	c.Pull = Pull{Repo: l.Repo, BaseRef: l.branch, BaseTip: from, MergeBase: from, Head: n.Head, Complete: true}
	rules, err := r.rules(ctx, c.Pull)
	if err != nil {
		return v, "", err
	}
	if rules == nil { // it enrols nothing any more
		return v, "", nil
	}
	c.Branch, c.Means, c.Settings = rules.branch, rules.settings.means, rules.settings.blob
	would := Landing{Repo: l.Repo}
	if err := r.merged(ctx, PushEvent{Event: Event{Repo: l.Repo}}, &governed{settings: rules.settings}, p, &would, c); err != nil {
		return v, "", err
	}
	c.Pull.Head, c.Pull.State, c.Pull.Merged = n.Pull, "open", false
	before, after, err := r.sides(ctx, l.Repo, p)
	if err != nil {
		return v, "", err
	}
	if c.Set, err = change.Compare(before, after, rules.settings.Change()); err != nil {
		return v, "", fmt.Errorf("compare %s with %s: %w", short(from), short(n.Head), err)
	}
	if gate, _ := gating(c.Set); len(gate) > 0 || rules.broken != nil {
		if err := r.gather(ctx, c, rules, before, after, fresh); err != nil {
			return v, "", err
		}
		if why := unready(known, ok, n, l.branch); why != "" {
			c.Demand.Denials = append(c.Demand.Denials, Ruling{Rule: "countersign.queue", Layer: "default", Changes: []string{}, Reason: why})
		}
	} else {
		c.Pull.Complete = true // nothing governed lands, whoever wrote it
	}
	if err := r.testimony(ctx, c); err != nil {
		return v, "", err
	}
	v = Decide(*c)
	if would.LandedAt = l.At; v.State == Waiting { // else something is said to be in the way
		landing, _ = outcome(would, v, c.Statements)
	}
	return v, landing, nil
}

// unready says why a pull request may not land as it was queued, "" when it may.
func unready(known PullState, ok bool, n QueueEntry, branch string) string {
	switch {
	case !ok:
		return fmt.Sprintf("#%d was never judged", n.Number)
	case !known.Open || known.BaseRef != branch:
		return fmt.Sprintf("#%d does not ask to land on %s any more", n.Number, branch)
	case known.Head != n.Pull || known.Check.Head != n.Pull:
		return fmt.Sprintf("#%d has another head than was queued", n.Number)
	case known.Check.State != Met && known.Check.State != Covered:
		return fmt.Sprintf("#%d itself says: %s", n.Number, known.Check.Title)
	}
	return ""
}

// groupSummary is what the check of a group shows below its title.
func groupSummary(v Verdict, landing Outcome, n QueueEntry, from string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "Judged for #%d at %s on what the queue would land: %s on %s, under the rules there.\n\n", n.Number, code(short(n.Pull)), code(short(n.Head)), code(short(from)))
	if landing == Diverged {
		b.WriteString("What is ahead of it changes the same files, so that nobody has seen what would land. Update the branch once that has landed, have it signed off again, and queue it.\n\n")
	}
	writeDenials(&b, v)
	writeChanges(&b, v)
	writeRequirements(&b, v)
	writeRemarks(&b, v)
	return b.String()
}

// several reports whether a push may have landed several pull requests at once:
// those of a merge queue, or of a stack.
func (r *Reviewer) several(ctx context.Context, e PushEvent, g *governed) (bool, error) {
	if len(g.commits) < 2 {
		return false, nil
	}
	if e.Sender.Login == queueBot {
		return true, nil
	}
	for _, c := range g.commits {
		if _, ok, err := r.Store.Group(ctx, e.Repo.ID, c.ID); err != nil || ok {
			return ok, err
		}
	}
	open, err := r.Store.OpenPulls(ctx, e.Repo.ID, g.branch)
	return slices.ContainsFunc(open, func(p PullState) bool { return p.Onto != "" }), err
}

// queueBot is the account by which GitHub lands what is in a merge queue.
const queueBot = "github-merge-queue[bot]"

// entryAt names the check of a group as the rules at the branch's tip do. Of a
// repository without rules, the pull request that brings them names it.
func (r *Reviewer) entryAt(ctx context.Context, l line, n QueueEntry, tip change.Tree) (string, error) {
	s, found, err := ReadSettings(tip)
	var broken *RulesError
	switch {
	case errors.As(err, &broken):
		return entryOf(tip, l.branch), nil
	case err != nil:
		return "", err
	case found:
		return s.Branch(l.branch), nil
	}
	known, _, err := r.Store.Pull(ctx, l.Repo.ID, n.Number)
	return known.Check.Branch, err
}

// stands reports whether a group that was built on base stands on the tip of its
// branch now, or on a group ahead of it.
func stands(base string, under []string) bool {
	if under[len(under)-1] == "" {
		return false
	}
	return base != "" && slices.Contains(under, base)
}

// sameRules reports whether two trees hold the same rules of Countersign.
func sameRules(a, b change.Tree) bool {
	ours := func(t change.Tree) map[string]string {
		out := map[string]string{}
		for e := range t.Entries() {
			if e.Path == SettingsPath || strings.HasPrefix(e.Path, RulesDir) {
				out[e.Path] = e.Mode + " " + e.ID
			}
		}
		return out
	}
	x, y := ours(a), ours(b)
	for path, id := range x {
		if y[path] != id {
			return false
		}
	}
	return len(x) == len(y)
}
