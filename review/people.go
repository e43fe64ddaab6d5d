package review

import (
	"context"
	"errors"
	"fmt"
	"slices"
)

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
