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
	if err := r.arrived(ctx, c.Pull); err != nil {
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
func (r *Reviewer) returned(ctx context.Context, p Pull, from string, by User) error {
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
	return r.Store.AddHead(ctx, Head{RepoID: p.Repo.ID, Number: p.Number, Commit: p.Head, Contributors: []Contributor{handOn(by, RoleMover)}})
}

// arrived looks whether p has gone back to an earlier head before any delivery
// told of it.
func (r *Reviewer) arrived(ctx context.Context, p Pull) error {
	known, ok, err := r.Store.Pull(ctx, p.Repo.ID, p.Number)
	if err != nil || !ok || known.Head == p.Head {
		return err
	}
	return r.returned(ctx, p, known.Head, User{})
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

// implicated returns who had a hand in governed content over all heads that
// were seen.
//
// A push that left all governed content as it was makes nobody a contributor by
// its merges, or by having committed what others wrote: so merging the base in,
// or rebasing for somebody else, costs nobody the right to sign. That holds for
// later content too, as long as it is built on that head: what its commits
// brought in one by one is not known. Who wrote commits counts all the same,
// since two of them may undo each other until somebody restores one. Contents
// compare only under the basis of now.
//
// A push that changed governed content, and of which no delivery told, was
// somebody's whom nobody knows. Only the first head that a sweep finds is taken
// for what the opener brought.
func implicated(p Pull, heads []Head, now string) []Contributor {
	out := roll{}
	out.add(Contributor{User: p.Author, Kind: kindOf(p.Author), Roles: []Role{RoleAuthor}, Verified: true})
	seen, vouched := map[string]bool{}, map[hand]string{} // the head that left content as it was with that hand in it
	changing := map[string]bool{}                         // heads that changed governed content
	previous := ""
	for i, h := range heads {
		digest := h.Digests[everything]
		if h.Digests[basis] != now {
			digest = ""
		}
		unchanged := i > 0 && digest != "" && digest == previous
		if unchanged {
			vouch(vouched, seen, h)
		}
		for _, c := range h.Contributors {
			for _, commit := range c.Commits {
				seen[commit] = true
			}
		}
		changing[h.Commit] = !unchanged
		switch {
		case unchanged:
		case h.Pusher.ID != 0:
			out.add(handOn(h.Pusher, RolePusher))
		case i > 0 || h.Delivery != "":
			unknown := handOn(User{}, RolePusher)
			unknown.Commits = []string{h.Commit}
			out.add(unknown)
		}
		previous = digest
	}
	for _, h := range heads {
		holds := commitsOf(h)
		for _, c := range h.Contributors {
			c.Commits = slices.DeleteFunc(slices.Clone(c.Commits), func(commit string) bool {
				head, innocent := vouched[handOf(c, commit)]
				return innocent && (holds[head] || !changing[h.Commit])
			})
			counts := slices.ContainsFunc(c.Roles, func(role Role) bool {
				return role == RolePrompter || role == RolePresumed || role == RoleMover || role == RolePusher && changing[h.Commit]
			})
			if len(c.Commits) > 0 || counts {
				out.add(c)
			}
		}
	}
	return out.people
}

// vouch notes the hands in commits that are new in h, which left governed content
// as it was, and wrote nothing.
func vouch(vouched map[hand]string, seen map[string]bool, h Head) {
	for _, c := range h.Contributors {
		committed := slices.Equal(c.Roles, []Role{RoleCommitter})
		merges := setOf(c.Merges)
		for _, commit := range c.Commits {
			if !seen[commit] && (committed || merges[commit]) {
				vouched[handOf(c, commit)] = h.Commit
			}
		}
	}
}

// commitsOf returns the commits of a head that are not in its base.
func commitsOf(h Head) map[string]bool {
	out := map[string]bool{h.Commit: true}
	for _, c := range h.Contributors {
		for _, commit := range c.Commits {
			out[commit] = true
		}
	}
	return out
}

func setOf(all []string) map[string]bool {
	out := map[string]bool{}
	for _, s := range all {
		out[s] = true
	}
	return out
}

// A hand is what one person did in one commit.
type hand struct {
	user          int64
	email, commit string
}

func handOf(c Contributor, commit string) hand { return hand{c.User.ID, c.Email, commit} }

// A roll lists contributors, everybody once. The zero roll is empty. What it is
// given stays as it was: a roll can have as many commits as the forge lists, from
// each of many pushes, so it never looks through them one by one.
type roll struct {
	people []Contributor
	at     map[hand]int  // by person: place in people
	did    map[hand]bool // commits that are in Commits
	merged map[hand]bool // and those in Merges
}

// add adds c, merging it with what is known of the same person.
func (r *roll) add(c Contributor) {
	if r.at == nil {
		r.at, r.did, r.merged = map[hand]int{}, map[hand]bool{}, map[hand]bool{}
	}
	who := hand{user: c.User.ID}
	if c.User.ID == 0 {
		who.email = c.Email
	}
	i, have := r.at[who]
	if !have {
		i = len(r.people)
		r.at[who] = i
		fresh := c
		fresh.Roles, fresh.Commits, fresh.Merges = slices.Clip(c.Roles), nil, nil
		if c.Commits != nil {
			fresh.Commits = []string{}
		}
		r.people = append(r.people, fresh)
	}
	p := &r.people[i]
	for _, role := range c.Roles {
		if !slices.Contains(p.Roles, role) {
			p.Roles = append(p.Roles, role)
		}
	}
	p.Commits = union(p.Commits, c.Commits, who, r.did)
	p.Merges = union(p.Merges, c.Merges, who, r.merged)
	p.Verified = p.Verified && c.Verified
	if c.Kind == "agent" {
		p.Kind = c.Kind
	}
}

// union appends to have what more adds to it; in says what is there.
func union(have, more []string, who hand, in map[hand]bool) []string {
	for _, commit := range more {
		who.commit = commit
		if !in[who] {
			in[who] = true
			have = append(have, commit)
		}
	}
	return have
}

func kindOf(u User) string {
	switch u.Type {
	case "User":
		return "human"
	case "Bot":
		return "bot"
	}
	return "unknown"
}

// resolve ties contributors without an account to the logins that the settings
// map their addresses to.
func (r *Reviewer) resolve(ctx context.Context, repo Repo, s Settings, all []Contributor) ([]Contributor, error) {
	var out roll
	for _, c := range all {
		if login, ok := s.Emails[c.Email]; ok && !c.Known() {
			u, err := r.person(ctx, repo, login)
			if err != nil && !errors.Is(err, ErrGone) {
				return nil, fmt.Errorf("resolve %s: %w", login, err)
			}
			if err == nil {
				c.User, c.Email, c.Kind = u, "", kindOf(u)
			}
		}
		out.add(c)
	}
	return out.people, nil
}
