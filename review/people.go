package review

import (
	"context"
	"errors"
	"fmt"
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
func (r *Reviewer) remember(ctx context.Context, c *Case, base, head change.Tree, s Settings, pusher User) (Head, error) {
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
	now := Head{RepoID: c.Pull.Repo.ID, Number: c.Pull.Number, Commit: c.Pull.Head, Pusher: pusher,
		Contributors: c.Pull.Contributors, Digests: map[string]string{everything: all, basis: basisOf(c.Pull.BaseRef, s)}}
	if i := slices.IndexFunc(heads, func(h Head) bool { return h.Commit == now.Commit }); i >= 0 {
		heads[i].Contributors = append(heads[i].Contributors, now.Contributors...)
		if pusher.ID != 0 && heads[i].Pusher.ID == 0 {
			heads[i].Pusher = pusher
		}
	} else {
		heads = append(heads, now)
	}
	c.Contributors, err = r.resolve(ctx, c.Pull.Repo, s, withPrompters(implicated(c.Pull, heads, now.Digests[basis]), c.Pull, said))
	return now, err
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
// or rebasing for somebody else, costs nobody the right to sign. Who wrote
// commits counts all the same, since two of them may undo each other until
// somebody restores one. Contents compare only under the basis of now.
func implicated(p Pull, heads []Head, now string) []Contributor {
	out := []Contributor{{User: p.Author, Kind: kindOf(p.Author), Roles: []Role{RoleAuthor}, Verified: true}}
	seen, innocent := map[string]bool{}, map[hand]bool{}
	changing := map[string]bool{} // heads that changed governed content
	previous := ""
	for i, h := range heads {
		digest := h.Digests[everything]
		if h.Digests[basis] != now {
			digest = ""
		}
		unchanged := i > 0 && digest != "" && digest == previous
		for _, c := range h.Contributors {
			for _, commit := range c.Commits {
				harmless := slices.Contains(c.Merges, commit) || slices.Equal(c.Roles, []Role{RoleCommitter})
				if unchanged && !seen[commit] && harmless {
					innocent[handOf(c, commit)] = true
				}
			}
		}
		for _, c := range h.Contributors {
			for _, commit := range c.Commits {
				seen[commit] = true
			}
		}
		changing[h.Commit] = !unchanged
		if !unchanged && h.Pusher.ID != 0 {
			out = enlist(out, Contributor{User: h.Pusher, Kind: kindOf(h.Pusher), Roles: []Role{RolePusher}, Verified: true})
		}
		previous = digest
	}
	for _, h := range heads {
		for _, c := range h.Contributors {
			c.Commits = slices.DeleteFunc(slices.Clone(c.Commits), func(commit string) bool { return innocent[handOf(c, commit)] })
			pushed := slices.Contains(c.Roles, RolePusher) && changing[h.Commit]
			if len(c.Commits) > 0 || pushed || slices.Contains(c.Roles, RolePrompter) || slices.Contains(c.Roles, RolePresumed) {
				out = enlist(out, c)
			}
		}
	}
	return out
}

// A hand is what one person did in one commit.
type hand struct {
	user          int64
	email, commit string
}

func handOf(c Contributor, commit string) hand { return hand{c.User.ID, c.Email, commit} }

// enlist adds c to all, merging it with what is known of the same person.
func enlist(all []Contributor, c Contributor) []Contributor {
	for i, have := range all {
		same := have.User.ID != 0 && have.User.ID == c.User.ID || have.User.ID == 0 && c.User.ID == 0 && have.Email == c.Email
		if !same {
			continue
		}
		for _, role := range c.Roles {
			if !slices.Contains(all[i].Roles, role) {
				all[i].Roles = append(slices.Clone(all[i].Roles), role)
			}
		}
		for _, commit := range c.Commits {
			if !slices.Contains(all[i].Commits, commit) {
				all[i].Commits = append(slices.Clone(all[i].Commits), commit)
			}
		}
		for _, commit := range c.Merges {
			if !slices.Contains(all[i].Merges, commit) {
				all[i].Merges = append(slices.Clone(all[i].Merges), commit)
			}
		}
		all[i].Verified = all[i].Verified && c.Verified
		if c.Kind == "agent" {
			all[i].Kind = "agent"
		}
		return all
	}
	return append(all, c)
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
	var out []Contributor
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
		out = enlist(out, c)
	}
	return out, nil
}
