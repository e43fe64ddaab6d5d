package review

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/countersign-dev/countersign/change"
)

// everything is the key under which a head keeps the digest of all its
// governed changes together.
const everything = "*"

// basis is the key under which a head keeps by what its digests were taken: the
// base branch and its settings. Digests of another basis compare with nothing.
const basis = "@"

func basisOf(branch string, s Settings) string { return branch + "\n" + s.blob }

// remember takes the head of c into account: who had a hand in governed content
// up to it.
func (r *Reviewer) remember(ctx context.Context, c *Case, base, head change.Tree, s Settings, e Event, pusher User) (Head, error) {
	if err := r.arrived(ctx, e, c.Pull); err != nil {
		return Head{}, err
	}
	heads, err := r.Store.Heads(ctx, c.Pull.Repo.ID, c.Pull.Number)
	if err != nil {
		return Head{}, err
	}
	said, err := r.calls(ctx, c.Pull)
	if err != nil {
		return Head{}, err
	}
	c.Pull.Contributors = withPrompters(c.Pull.Contributors, c.Pull, said)
	all, err := governedDigest(c.Set, base, head)
	if err != nil {
		return Head{}, err
	}
	now := Head{RepoID: c.Pull.Repo.ID, Number: c.Pull.Number, Commit: c.Pull.Head, Pusher: pusher, Delivery: e.Delivery.GUID,
		Contributors: c.Pull.Contributors, Digests: map[string]string{everything: all, basis: basisOf(c.Pull.BaseRef, s)}}
	if now.Contributors, err = r.withPushers(ctx, now); err != nil {
		return Head{}, err
	}
	if i := slices.IndexFunc(heads, func(h Head) bool { return h.Commit == now.Commit }); i >= 0 {
		heads[i] = Unite(heads[i], now)
	} else {
		heads = append(heads, now)
	}
	c.Contributors, err = r.resolve(ctx, c.Pull.Repo, s, withPrompters(implicated(c.Pull, heads, now.Digests[basis]), c.Pull, said))
	return now, err
}

// Unite is what is kept of a head once more is learnt about it. The first account
// stands, but contributors are added to it, and whoever else made the commit the
// head is one of them. A sweep that still finds no pusher makes its opener answer
// for a first head; see implicated.
func Unite(have, now Head) Head {
	switch {
	case have.Pusher.ID == 0 && now.Pusher.ID != 0:
		have.Pusher, have.Delivery = now.Pusher, now.Delivery
	case have.Pusher.ID == 0 && now.Delivery == "":
		have.Delivery = ""
	}
	all := roll{}
	for _, c := range slices.Concat(have.Contributors, now.Contributors) {
		all.add(c)
	}
	if now.Pusher.ID != 0 && now.Pusher.ID != have.Pusher.ID {
		all.add(handOn(now.Pusher, RolePusher))
	}
	have.Contributors = all.people
	digests := maps.Clone(now.Digests)
	if digests == nil {
		digests = map[string]string{}
	}
	maps.Copy(digests, have.Digests)
	have.Digests = digests
	return have
}

// handOn is the hand of somebody who wrote nothing that is known.
func handOn(u User, role Role) Contributor {
	return Contributor{User: u, Kind: kindOf(u), Roles: []Role{role}, Verified: u.ID != 0}
}

// withPushers returns the contributors of a head with whoever pushed one of its
// commits to another pull request of the repository: its branch may have been
// theirs before.
func (r *Reviewer) withPushers(ctx context.Context, h Head) ([]Contributor, error) {
	commits := map[string]bool{h.Commit: true}
	for _, c := range h.Contributors {
		for _, commit := range c.Commits {
			commits[commit] = true
		}
	}
	pushers, err := r.Store.Pushers(ctx, h.RepoID, h.Number, slices.Sorted(maps.Keys(commits)))
	if err != nil {
		return nil, err
	}
	out := h.Contributors
	for _, commit := range slices.Sorted(maps.Keys(pushers)) {
		for _, u := range pushers[commit] {
			c := handOn(u, RolePusher)
			if commit != h.Commit {
				c.Commits = []string{commit}
			}
			out = append(slices.Clip(out), c)
		}
	}
	return out, nil
}

// returned keeps who brought a pull request back from the head from to one that
// it had before, with other governed content: a commit is kept as a head once,
// so their hand would not be seen. It is that of somebody unknown when no
// delivery names them.
func (r *Reviewer) returned(ctx context.Context, e Event, p Pull, from string, by User) error {
	heads, err := r.Store.Heads(ctx, p.Repo.ID, p.Number)
	if err != nil {
		return err
	}
	content := func(commit string) (digest, under string, ok bool) {
		for _, h := range heads {
			if h.Commit == commit {
				return h.Digests[everything], h.Digests[basis], true
			}
		}
		return "", "", false
	}
	now, under, ok := content(p.Head)
	if !ok {
		return nil // it was never the head
	}
	if was, asThen, ok := content(from); ok && was != "" && was == now && asThen == under {
		return nil
	}
	return r.Store.AddHead(ctx, Head{RepoID: p.Repo.ID, Number: p.Number, Commit: p.Head,
		Contributors: []Contributor{handOn(by, RoleMover)}, Delivery: e.Delivery.GUID})
}

// brought keeps who made the head the head where a push does not tell: by going
// back to an earlier one, or by reopening what was pushed to meanwhile. GitHub
// delivers no push to a closed pull request, so whoever pushed is not known
// either.
func (r *Reviewer) brought(ctx context.Context, e PullEvent, known PullState) error {
	if e.Action == "synchronize" {
		return r.returned(ctx, e.Event, e.Pull, e.Before, e.Sender)
	}
	if known.Head != e.Pull.Head && !late(e.Pull, known) {
		if err := r.returned(ctx, e.Event, e.Pull, known.Head, User{}); err != nil {
			return err
		}
	}
	if e.Action != "reopened" {
		return nil
	}
	heads, err := r.Store.Heads(ctx, e.Repo.ID, e.Pull.Number)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(heads, func(h Head) bool { return h.Commit == e.Pull.Head })
	if i == 0 || i > 0 && heads[i].Pusher.ID != 0 {
		return nil
	}
	return r.Store.AddHead(ctx, Head{RepoID: e.Repo.ID, Number: e.Pull.Number, Commit: e.Pull.Head,
		Contributors: []Contributor{handOn(e.Sender, RolePusher)}, Delivery: e.Delivery.GUID})
}

// arrived looks whether p has gone back to an earlier head before any delivery
// told of it.
func (r *Reviewer) arrived(ctx context.Context, e Event, p Pull) error {
	known, ok, err := r.Store.Pull(ctx, p.Repo.ID, p.Number)
	if err != nil || !ok || known.Head == p.Head {
		return err
	}
	return r.returned(ctx, e, p, known.Head, User{})
}

// governedDigest is the scope digest of everything in set that gates, and "",
// which counts as another content every time, when a file is too large to read.
func governedDigest(set change.Set, base, head change.Tree) (string, error) {
	gate, _ := gating(set)
	var paths []string
	for _, ch := range gate {
		paths = append(paths, ch.Paths...)
	}
	slices.Sort(paths)
	d, err := change.ScopeDigest(base, head, slices.Compact(paths))
	if errors.Is(err, ErrTooLarge) {
		return "", nil
	} else if err != nil {
		return "", fmt.Errorf("digest of the governed files: %w", err)
	}
	return d, nil
}

// learn remembers a head that is not judged: one that is no longer the head when
// its delivery comes, or whose base is not governed. It always counts, since
// what it changes is not known.
func (r *Reviewer) learn(ctx context.Context, p Pull, pusher User, delivery string) error {
	return r.Store.AddHead(ctx, Head{RepoID: p.Repo.ID, Number: p.Number, Commit: p.Head, Pusher: pusher,
		Contributors: p.Contributors, Digests: map[string]string{}, Delivery: delivery})
}
