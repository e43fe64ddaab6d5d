package review

import (
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestImplicated(t *testing.T) {
	p := Pull{Author: alice}
	commits := func(u User, ids ...string) Contributor {
		return Contributor{User: u, Commits: ids, Roles: []Role{RoleAuthor}}
	}
	merges := func(u User, ids ...string) Contributor {
		return Contributor{User: u, Commits: ids, Merges: ids, Roles: []Role{RoleAuthor}}
	}
	rebases := func(u User, ids ...string) Contributor {
		return Contributor{User: u, Commits: ids, Roles: []Role{RoleCommitter}}
	}
	told := func(delivery string, h Head) Head { h.Delivery = delivery; return h }
	under := func(branch string, h Head) Head { h.Digests[basis] = branch; return h }
	head := func(commit, digest string, pusher User, all ...Contributor) Head {
		return Head{Commit: commit, Pusher: pusher, Contributors: all, Digests: map[string]string{everything: digest, basis: "main"}}
	}
	names := func(heads ...Head) (out []string) {
		for _, c := range implicated(p, heads, "main") {
			out = append(out, c.User.Login)
		}
		slices.Sort(out)
		return out
	}
	for _, c := range []struct {
		name  string
		heads []Head
		want  []string
	}{
		{"author alone", []Head{head("h1", "d1", alice, commits(alice, "a"))}, []string{"alice"}},
		{"another committer", []Head{head("h1", "d1", alice, commits(alice, "a"), commits(bob, "b"))}, []string{"alice", "bob"}},
		{"pushes under another name", []Head{head("h1", "d1", alice, commits(alice, "a")), head("h2", "d2", carol, commits(alice, "a", "x"))}, []string{"alice", "carol"}},
		{"updates the branch, content as it was", []Head{head("h1", "d1", alice, commits(alice, "a")), head("h2", "d1", bob, commits(alice, "a"), merges(bob, "merge"))}, []string{"alice"}},
		{"rebases for somebody, content as it was", []Head{head("h1", "d1", alice, commits(alice, "a")), head("h2", "d1", bob, commits(alice, "a2"), rebases(bob, "a2"))}, []string{"alice"}},
		{"hidden by a force push", []Head{head("h1", "d1", alice, commits(bob, "b")), head("h2", "d2", alice, commits(alice, "squashed"))}, []string{"alice", "bob"}},
		{"learnt late, always counts", []Head{head("h1", "d1", alice, commits(alice, "a")), head("h0", "", bob, commits(bob, "b"))}, []string{"alice", "bob"}},
		{"innocent merge, then a change", []Head{head("h1", "d1", alice, commits(alice, "a")), head("m", "d1", bob, merges(bob, "m")), head("h3", "d3", alice, commits(alice, "a", "z"), merges(bob, "m"))}, []string{"alice"}},
		{"innocent merge, then a change beside it", []Head{head("h1", "d1", alice, commits(alice, "a")), head("undo", "d1", bob, merges(bob, "m", "undo")), head("m", "d3", carol, commits(alice, "a"), merges(bob, "m"))}, []string{"alice", "bob", "carol"}},
		{"changed by whom no delivery names", []Head{head("h1", "d1", alice, commits(alice, "a")), head("h2", "d2", User{}, commits(alice, "a", "b"))}, []string{"", "alice"}},
		{"left as it was by whom no delivery names", []Head{head("h1", "d1", alice, commits(alice, "a")), head("h2", "d1", User{}, commits(alice, "a", "b"))}, []string{"alice"}},
		{"first seen by a sweep", []Head{head("h1", "d1", User{}, commits(alice, "a"))}, []string{"alice"}},
		{"first seen when somebody commented", []Head{told("g1", head("h1", "d1", User{}, commits(alice, "a")))}, []string{"", "alice"}},
		{"went back to an earlier head", []Head{head("h1", "d1", alice, commits(alice, "a")), head("m", "d1", bob, merges(bob, "m"), Contributor{User: bob, Roles: []Role{RoleMover}}), head("h3", "d3", carol)}, []string{"alice", "bob", "carol"}},
		{"text and undo in one push", []Head{head("h1", "d1", alice, commits(alice, "a")), head("h2", "d1", bob, commits(bob, "b", "undo"))}, []string{"alice", "bob"}},
		{"merge judged under another base", []Head{under("dev", head("h1", "d1", alice, commits(alice, "a"))), under("dev", head("h2", "d1", bob, merges(bob, "m")))}, []string{"alice", "bob"}},
		{"second pusher of a head that changed content", []Head{head("h1", "d1", alice, commits(alice, "a")), head("h2", "d2", carol, Contributor{User: bob, Roles: []Role{RolePusher}})}, []string{"alice", "bob", "carol"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, names(c.heads...)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// An outsider may force-push as many commits as GitHub lists, as often as they
// like; who had a hand in them must be known in the time of one delivery.
func TestManyHeadsAreQuick(t *testing.T) {
	for name, user := range map[string]func(i int) Contributor{
		"of one account":    func(int) Contributor { return Contributor{User: alice} },
		"of many addresses": func(i int) Contributor { return Contributor{Email: strconv.Itoa(i) + "@example.org"} },
	} {
		var heads []Head
		for h := range 16 {
			of := map[string]*Contributor{}
			for i := range 5000 {
				c := user(i)
				key := c.User.Login + c.Email
				if of[key] == nil {
					c.Roles = []Role{RoleAuthor, RoleCommitter}
					of[key] = &c
				}
				of[key].Commits = append(of[key].Commits, fmt.Sprintf("%020d%020d", h, i))
			}
			now := Head{Commit: strconv.Itoa(h), Digests: map[string]string{everything: "x", basis: "b"}}
			for _, c := range of {
				now.Contributors = append(now.Contributors, *c)
			}
			heads = append(heads, Unite(now, now))
		}
		begun := time.Now()
		implicated(Pull{Author: alice}, heads, "b")
		// It takes a fraction of a second, and took a minute and a half when each
		// commit was looked for among all others.
		if d := time.Since(begun); d > 45*time.Second {
			t.Errorf("%s: 16 pushes of 5,000 commits take %v", name, d)
		}
	}
}

func TestUnite(t *testing.T) {
	for _, c := range []struct {
		name      string
		have, now Head
		want      Head
	}{
		{"a pusher fills in", Head{Delivery: "g1"}, Head{Pusher: bob, Delivery: "g2"}, Head{Pusher: bob, Delivery: "g2"}},
		{"a second pusher is a contributor", Head{Pusher: bob, Delivery: "g1"}, Head{Pusher: carol, Delivery: "g2"},
			Head{Pusher: bob, Delivery: "g1", Contributors: []Contributor{handOn(carol, RolePusher)}}},
		{"a sweep knows of no pusher either", Head{Delivery: "g1"}, Head{}, Head{}},
		{"a sweep takes no pusher away", Head{Pusher: bob, Delivery: "g1"}, Head{}, Head{Pusher: bob, Delivery: "g1"}},
		{"the first digest stands", Head{Digests: map[string]string{"a": "1"}}, Head{Digests: map[string]string{"a": "2", "b": "3"}},
			Head{Digests: map[string]string{"a": "1", "b": "3"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, Unite(c.have, c.now), cmpopts.EquateEmpty()); diff != "" {
				t.Error(diff)
			}
		})
	}
}
