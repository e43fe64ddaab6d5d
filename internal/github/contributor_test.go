package github

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/countersign-dev/countersign/internal/ghsim"
	"github.com/countersign-dev/countersign/review"
)

func TestContributors(t *testing.T) {
	carol := ghsim.Identity{Name: "Carol", Email: "carol@example.com"}
	github := ghsim.Identity{Name: "GitHub", Email: "noreply@github.com"}
	stranger := ghsim.Identity{Name: "Nobody", Email: "nobody@nowhere.test"}
	for _, test := range []struct {
		name   string
		commit func(w *world) ghsim.CommitSpec
		want   []string // login or address, kind, roles, verified
		extra  []string // calls beside the comparison
	}{
		{"author commits", func(w *world) ghsim.CommitSpec { return ghsim.CommitSpec{Verified: true} },
			[]string{"alice human author,committer true"}, nil},
		{"unsigned", func(w *world) ghsim.CommitSpec { return ghsim.CommitSpec{} },
			[]string{"alice human author,committer false"}, nil},
		{"somebody else commits", func(w *world) ghsim.CommitSpec { return ghsim.CommitSpec{Committer: w.bob.Git()} },
			[]string{"alice human author false", "bob human committer false"}, nil},
		{"GitHub commits", func(w *world) ghsim.CommitSpec { return ghsim.CommitSpec{Committer: github, Verified: true} },
			[]string{"alice human author true"}, nil},
		{"GitHub as author is nobody known", func(w *world) ghsim.CommitSpec { return ghsim.CommitSpec{Author: github} },
			[]string{"alice human author true", "noreply@github.com unknown author false"}, nil},
		{"author of no account", func(w *world) ghsim.CommitSpec { return ghsim.CommitSpec{Author: stranger} },
			[]string{"alice human author true", "nobody@nowhere.test unknown author,committer false"}, nil},
		{"co-author by numbered address", func(w *world) ghsim.CommitSpec {
			return ghsim.CommitSpec{CoAuthors: []ghsim.Identity{{Name: "b", Email: w.bob.NoReply()}}}
		}, []string{"alice human author,committer false", "bob human co-author false"}, []string{syncCall}},
		{"co-author by a numbered address that is made up", func(w *world) ghsim.CommitSpec {
			return ghsim.CommitSpec{CoAuthors: []ghsim.Identity{{Name: "b", Email: "77+nobody@users.noreply.github.com"}}}
		}, []string{"alice human author,committer false", "77+nobody@users.noreply.github.com unknown co-author false", "nobody human co-author false"}, []string{syncCall}},
		{"author by a numbered address that is made up", func(w *world) ghsim.CommitSpec {
			return ghsim.CommitSpec{Author: ghsim.Identity{Name: "b", Email: "77+nobody@users.noreply.github.com"}, Committer: w.alice.Git()}
		}, []string{"alice human author,committer false", "77+nobody@users.noreply.github.com unknown author false"}, nil},
		{"co-author whose address only GitHub knows", func(w *world) ghsim.CommitSpec {
			return ghsim.CommitSpec{CoAuthors: []ghsim.Identity{carol}}
		}, []string{"alice human author,committer false", "carol human co-author false"}, []string{syncCall}},
		{"co-author of no account", func(w *world) ghsim.CommitSpec {
			return ghsim.CommitSpec{CoAuthors: []ghsim.Identity{stranger}}
		}, []string{"alice human author,committer false", "nobody@nowhere.test unknown co-author false"}, []string{syncCall}},
		{"co-author who is the author", func(w *world) ghsim.CommitSpec {
			return ghsim.CommitSpec{CoAuthors: []ghsim.Identity{w.alice.Git()}}
		}, []string{"alice human author,committer,co-author false"}, nil},
		{"trailer in the middle of a message, odd case", func(w *world) ghsim.CommitSpec {
			return ghsim.CommitSpec{Message: "fix\n\nCO-AUTHORED-BY:b <" + w.bob.NoReply() + ">\n\nmore words"}
		}, []string{"alice human author,committer false", "bob human co-author false"}, []string{syncCall}},
		{"agent by trailer", func(w *world) ghsim.CommitSpec {
			return ghsim.CommitSpec{CoAuthors: []ghsim.Identity{{Name: "Claude", Email: "noreply@anthropic.com"}}}
		}, []string{"alice human author,committer false", "noreply@anthropic.com agent co-author false"}, nil},
		{"bot", func(w *world) ghsim.CommitSpec {
			return ghsim.CommitSpec{Author: w.sim.AddBot("dependabot[bot]").Git(), Committer: github}
		}, []string{"alice human author true", "dependabot[bot] bot author false"}, nil},
		{"agent that is a bot", func(w *world) ghsim.CommitSpec {
			return ghsim.CommitSpec{Author: w.sim.AddBot("google-labs-jules[bot]").Git(), Committer: github, CoAuthors: []ghsim.Identity{w.bob.Git()}}
		}, []string{"alice human author true", "google-labs-jules[bot] agent author false", "bob human co-author false"}, []string{syncCall}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			w.sim.AddUser("carol", carol.Email)
			p := w.open("refund-v2", test.commit(w))
			w.calls()
			for _, read := range []func() (review.Pull, error){
				func() (review.Pull, error) { return w.newClient(Config{}).Compare(t.Context(), w.delivered(p)) },
				func() (review.Pull, error) { return w.client.Pull(t.Context(), w.ref(p)) },
			} {
				got, err := read()
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(test.want, describe(got.Contributors)); diff != "" {
					t.Errorf("contributors (-want +got):\n%s", diff)
				}
			}
			w.wantCalls(append(append([]string{compareCall}, test.extra...), syncCall, compareCall)...)
		})
	}
}

func describe(all []review.Contributor) []string {
	var out []string
	for _, c := range all {
		who := c.User.Login
		if !c.Known() {
			who = c.Email
		}
		var roles []string
		for _, r := range c.Roles {
			roles = append(roles, string(r))
		}
		out = append(out, fmt.Sprint(who, " ", c.Kind, " ", strings.Join(roles, ","), " ", c.Verified))
	}
	return out
}

func TestOneUnsignedCommitIsEnough(t *testing.T) {
	w := newWorld(t)
	p := w.open("refund-v2", ghsim.CommitSpec{})
	if _, err := p.Commit(w.alice, ghsim.CommitSpec{Files: ghsim.Files{prompt: "v3\n"}, Verified: true}); err != nil {
		t.Fatal(err)
	}
	got, err := w.client.Compare(t.Context(), w.delivered(p))
	if err != nil {
		t.Fatal(err)
	}
	if names := describe(got.Contributors); !slices.Equal(names, []string{"alice human author,committer false"}) {
		t.Errorf("contributors %q", names)
	}
}

func TestPeopleWhoToldAnAgent(t *testing.T) {
	w := newWorld(t)
	agent := w.sim.AddBot("copilot-swe-agent[bot]")
	w.bot.SetRole(agent, "write")
	p, err := w.bot.OpenPull(agent, ghsim.PullSpec{Head: "copilot/fix", Title: "Fix", Assignees: []*ghsim.User{agent, w.bob},
		Commit: &ghsim.CommitSpec{Files: ghsim.Files{prompt: "v2\n"}}})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"copilot-swe-agent[bot] agent author,committer false", "bob human presumed true"}
	got, err := w.client.Compare(t.Context(), w.delivered(p))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, describe(got.Contributors), cmpopts.SortSlices(strings.Compare)); diff != "" {
		t.Errorf("Compare (-want +got):\n%s", diff)
	}
	w.wantCalls(compareCall, syncCall)
	if got, err = w.client.Pull(t.Context(), w.ref(p)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, describe(got.Contributors), cmpopts.SortSlices(strings.Compare)); diff != "" {
		t.Errorf("Pull (-want +got):\n%s", diff)
	}
}

func TestCommitsOfTheBaseDoNotCount(t *testing.T) {
	w := newWorld(t)
	p := w.open("refund-v2", ghsim.CommitSpec{})
	if _, err := w.bot.Commit(w.bob, "main", ghsim.CommitSpec{Files: ghsim.Files{"README.md": "# new\n"}}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.UpdateBranch(w.alice); err != nil {
		t.Fatal(err)
	}
	got, err := w.client.Compare(t.Context(), w.delivered(p))
	if err != nil {
		t.Fatal(err)
	}
	if names := describe(got.Contributors); len(names) != 1 || !strings.HasPrefix(names[0], "alice ") {
		t.Errorf("contributors: %q", names)
	}
}
