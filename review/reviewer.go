package review

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/countersign-dev/countersign/change"
)

// A Reviewer turns events into verdicts, published checks and records. All
// fields but Alias, Operator and Past are required. Its methods may run twice
// for one event, late or out of order; only deliveries of one pull request
// must not run at once.
type Reviewer struct {
	Forge     Forge
	Policy    Policy
	Store     Store
	Recorder  Recorder
	Scheduler Scheduler
	Past      Past   // for the flip list of a change of rules; nil for none
	Host      string // github.com, or the host of the Enterprise Server
	Operator  Operator
	Alias     string // a short command beside /countersign, without the slash
	Now       func() time.Time

	heads  keyedLock                 // a check run belongs to a head, whichever pull requests share it
	floods memory[string, bool]      // heads that change too much to be read
	flips  memory[string, *FlipList] // by what they were made of

	writers memory[string, bool]    // who may push, of those whom GitHub calls outsiders
	held    memory[string, []int64] // who holds some role, by repository and branch
}

// Refresh judges a pull request anew after it was opened, pushed to or edited.
func (r *Reviewer) Refresh(ctx context.Context, e PullEvent) error {
	known, ok, err := r.Store.Pull(ctx, e.Repo.ID, e.Pull.Number)
	if err != nil {
		return err
	}
	if err := r.note(ctx, e); err != nil {
		return err
	}
	p, err := r.Forge.Compare(ctx, e.Pull)
	if err != nil {
		return fmt.Errorf("read %v#%d: %w", e.Repo, e.Pull.Number, err)
	}
	if err := r.brought(ctx, e, known); err != nil {
		return err
	}
	if ok && late(e.Pull, known) {
		// It may tell of a head, labels or a state that are no longer so.
		if err := r.learn(ctx, p, e.pusher(), e.Delivery.GUID); err != nil {
			return err
		}
		return r.again(ctx, e.Event, e.Pull.Number)
	}
	if ok && known.BaseRef != e.Pull.BaseRef {
		if err := r.retire(ctx, p, known); err != nil {
			return err
		}
	}
	return r.judge(ctx, p, e.Event, e.pusher())
}

// late reports whether a delivery may be older than what is known: by its time, or
// of the same second and different.
func late(p Pull, known PullState) bool {
	if !p.UpdatedAt.Equal(known.UpdatedAt) {
		return p.UpdatedAt.Before(known.UpdatedAt)
	}
	return p.Head != known.Head || p.BaseRef != known.BaseRef || p.Onto != known.Onto || (p.State == "open") != known.Open ||
		p.Draft != known.Draft || p.Title != known.Title || !slices.Equal(p.Labels, known.Labels)
}

// pusher is who made the head the head, when the event tells: whoever opened
// the pull request or pushed to it. Labels and titles are set by anybody.
func (e PullEvent) pusher() User {
	if e.Action == "opened" || e.Action == "synchronize" {
		return e.Sender
	}
	return User{}
}

// note keeps what a delivery says of the standing of a pull request.
func (r *Reviewer) note(ctx context.Context, e PullEvent) error {
	if err := r.Store.AddRepo(ctx, e.Repo); err != nil {
		return err
	}
	return r.Store.SavePull(ctx, stateOf(e.Pull))
}

func stateOf(p Pull) PullState {
	return PullState{RepoID: p.Repo.ID, Number: p.Number, Title: p.Title, Author: p.Author, Open: p.State == "open",
		Head: p.Head, HeadRef: p.HeadRef, BaseRef: p.BaseRef, Onto: p.Onto, Draft: p.Draft, Fork: p.Fork, Labels: p.Labels, UpdatedAt: p.UpdatedAt}
}

// again judges a pull request as GitHub has it now.
func (r *Reviewer) again(ctx context.Context, e Event, number int) error {
	p, err := r.Forge.Pull(ctx, PullRef{e.Repo, number})
	if errors.Is(err, ErrGone) {
		return nil
	} else if err != nil {
		return fmt.Errorf("read %v#%d: %w", e.Repo, number, err)
	}
	if p.State != "open" {
		return nil
	}
	return r.judge(ctx, p, e, User{})
}

// judge decides on an open pull request and publishes. pusher made its head the
// head, when the event says so.
func (r *Reviewer) judge(ctx context.Context, p Pull, e Event, pusher User) error {
	if p.State != "open" {
		return nil
	}
	c, err := r.assess(ctx, p, e, pusher, false)
	if err != nil {
		return err
	}
	if c == nil { // not enrolled, or an ungoverned base: no check
		return r.unjudged(ctx, p, e, pusher)
	}
	return r.settle(ctx, *c, e)
}

// unjudged remembers a head whose base is not governed, in case it will be, and
// takes back what was published while it was.
func (r *Reviewer) unjudged(ctx context.Context, p Pull, e Event, pusher User) error {
	known, _, err := r.Store.Pull(ctx, p.Repo.ID, p.Number)
	if err != nil {
		return err
	}
	if err := r.retire(ctx, p, known); err != nil {
		return err
	}
	return r.learn(ctx, p, pusher, e.Delivery.GUID)
}

// settle decides and publishes. Before anything turns green it reads the
// comments that count and the rosters once more.
func (r *Reviewer) settle(ctx context.Context, c Case, e Event) error {
	v := Decide(c)
	if (v.State == Met || v.State == Covered) && len(v.Standings) > 0 {
		if err := r.recheck(ctx, v); err != nil {
			return err
		}
		if now, ends := r.Now().UTC().Truncate(time.Second), until(v); !ends.IsZero() && now.After(ends) {
			e.At = now // an old delivery must not bring back what has ended since
		}
		fresh, err := r.assess(ctx, c.Pull, e, User{}, true)
		if err != nil {
			return err
		}
		if fresh == nil {
			return nil
		}
		v = Decide(*fresh)
	}
	return r.publish(ctx, v)
}

// examine is assess, or ErrTooMuch when p changes more than is read. The listing
// of the base is the repository's own and not counted.
func (r *Reviewer) examine(ctx context.Context, p Pull, e Event, pusher User, fresh bool) (*Case, error) {
	rules, err := r.rules(ctx, p)
	if err != nil || rules == nil {
		return nil, err
	}
	c := &Case{Pull: p, Branch: rules.branch, At: e.At, Means: rules.settings.means,
		Settings: rules.settings.blob, Rosters: map[string]Roster{}}
	if c.Observed, err = r.observed(ctx, p.Repo); err != nil {
		return nil, err
	}
	if _, err := r.Forge.Tree(ctx, p.Repo, p.MergeBase); err != nil {
		return nil, fmt.Errorf("read merge base: %w", err)
	}
	counted := WithReads(ctx, readsFor(p))
	base, err := r.Forge.Tree(counted, p.Repo, p.MergeBase)
	if err != nil {
		return nil, fmt.Errorf("read merge base: %w", err)
	}
	head, err := r.Forge.Tree(counted, p.Repo, p.Head)
	if err != nil {
		return nil, fmt.Errorf("read head: %w", err)
	}
	if c.Set, err = change.Compare(base, head, rules.settings.Change()); err != nil {
		return nil, fmt.Errorf("compare %s with %s: %w", short(p.MergeBase), short(p.Head), err)
	}
	seen, err := r.remember(ctx, c, base, head, rules.settings, e, pusher)
	if err != nil {
		return nil, err
	}
	if err := r.restores(ctx, c, head); err != nil {
		return nil, err
	}
	if err := r.demand(ctx, c, rules, base, head); err != nil {
		return nil, err
	}
	if err := scopes(c, base, head); err != nil {
		return nil, err
	}
	for _, req := range c.Demand.Requirements {
		seen.Digests[req.ID] = req.Digest
	}
	if err := r.Store.SavePull(ctx, stateOf(p)); err != nil {
		return nil, err
	}
	if err := r.Store.AddHead(ctx, seen); err != nil {
		return nil, err
	}
	known, _, err := r.Store.Pull(ctx, p.Repo.ID, p.Number)
	if err != nil {
		return nil, err
	}
	c.BasedAt = known.BasedAt
	if c.Flips, err = r.flipList(ctx, c, rules, head); err != nil {
		return nil, err
	}
	if p.Onto == "" { // what is below in a stack has not landed yet
		if c.Outdated, err = outdated(c, base, head, rules.tip, rules.settings.Change()); err != nil {
			return nil, err
		}
	}
	if err := r.testimony(ctx, c); err != nil {
		return nil, err
	}
	if err := r.responders(ctx, c, rules.settings, fresh); err != nil {
		return nil, err
	}
	return c, r.rosters(ctx, c, rules.settings, fresh)
}

// scopes fills in what each requirement's sign-offs bind: the digest of every
// file that its changes were read from, on both sides. Where one of them is too
// large to be read, there is no digest, and a denial says so.
func scopes(c *Case, base, head change.Tree) error {
	paths := map[string][]string{}
	for _, ch := range c.Set.Changes {
		paths[ch.ID] = ch.Paths
	}
	for i := range c.Demand.Requirements {
		req := &c.Demand.Requirements[i]
		set := map[string]bool{}
		for _, id := range req.Changes {
			for _, path := range paths[id] {
				set[path] = true
			}
		}
		req.Paths = slices.Sorted(maps.Keys(set))
		var err error
		req.Digest, err = change.ScopeDigest(base, head, req.Paths)
		if errors.Is(err, ErrTooLarge) { // no further attempt can mend it, and nobody could sign
			c.Demand.Denials = append(c.Demand.Denials, Ruling{Rule: "countersign.unreadable", Layer: "default",
				Title: "A governed file is too large", Reason: err.Error() + ". Make it smaller, or leave it out", Changes: req.Changes})
		} else if err != nil {
			return fmt.Errorf("digest of %s: %w", req.ID, err)
		}
	}
	return nil
}

// rosters resolves who may sign for each requirement.
func (r *Reviewer) rosters(ctx context.Context, c *Case, s Settings, fresh bool) error {
	for i := range c.Demand.Requirements {
		req := &c.Demand.Requirements[i]
		roster, err := r.roster(ctx, c.Pull, s, req, c.Statements, fresh)
		if err != nil {
			return err
		}
		if err := r.delegate(ctx, c, s, req.Role, &roster); err != nil {
			return err
		}
		c.Rosters[req.ID] = roster
	}
	return nil
}

// gating returns the changes that need an answer, and the notices.
func gating(set change.Set) (gate, notices []change.Change) {
	gate, notices = []change.Change{}, []change.Change{}
	for _, ch := range set.Changes {
		if ch.Confidence == change.Notice {
			notices = append(notices, ch)
		} else {
			gate = append(gate, ch)
		}
	}
	return gate, notices
}

// onlyRules reports whether two trees differ in Countersign's own rules and in
// nothing else, whatever any format makes of it.
func onlyRules(base, head change.Tree) bool {
	old := map[string]change.Entry{}
	for e := range base.Entries() {
		old[e.Path] = e
	}
	differ := false
	ours := func(path string) bool {
		differ = true
		return path == SettingsPath || strings.HasPrefix(path, RulesDir)
	}
	for e := range head.Entries() {
		was, ok := old[e.Path]
		delete(old, e.Path)
		if (!ok || was.ID != e.ID || was.Mode != e.Mode) && !ours(e.Path) {
			return false
		}
	}
	for path := range old {
		if !ours(path) {
			return false
		}
	}
	return differ
}

// input is what rules see of a case.
func (c *Case) input(s Settings) PolicyInput {
	visibility := "public"
	if c.Pull.Repo.Private {
		visibility = "private"
	}
	gate, notices := gating(c.Set)
	in := PolicyInput{
		Version:    1,
		At:         c.At.UTC(),
		Repository: PolicyRepository{ID: c.Pull.Repo.ID, Name: c.Pull.Repo.String(), Visibility: visibility, Properties: map[string]string{}},
		Pull: PolicyPull{Number: c.Pull.Number, Title: c.Pull.Title, Base: c.Pull.BaseRef, Head: c.Pull.Head,
			Author: c.Pull.Author, Draft: c.Pull.Draft, Fork: c.Pull.Fork, Labels: list(c.Pull.Labels), Agent: agentOf(c.Pull, c.Contributors)},
		Changes: gate, Notices: notices, Contributors: []PolicyContributor{},
		Settings: s.view(c.Branch, c.Observed),
	}
	for _, k := range c.Contributors {
		in.Contributors = append(in.Contributors, PolicyContributor{ID: k.User.ID, Login: k.User.Login,
			Kind: k.Kind, Roles: k.Roles, Known: k.Known(), Verified: k.Verified})
	}
	return in
}

// sourcesOf collects a repository's own rules from the tree of its base.
func sourcesOf(tip change.Tree) ([]PolicySource, error) {
	var out []PolicySource
	for e := range tip.Entries() {
		if !strings.HasPrefix(e.Path, RulesDir) {
			continue
		}
		if e.Mode != change.ModeFile && e.Mode != change.ModeExecutable {
			return nil, &RulesError{Layer: "repository", Path: e.Path, Reason: "is a link or a submodule; rules are plain files"}
		}
		data, err := tip.Read(e)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", e.Path, err)
		}
		out = append(out, PolicySource{e.Path, data})
	}
	return out, nil
}
