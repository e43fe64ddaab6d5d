package review

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var (
	alice = User{1, "alice", "User"} // the author in every case
	bob   = User{2, "bob", "User"}
	carol = User{3, "carol", "User"}
	dana  = User{4, "dana", "User"}
	robot = User{9, "robot[bot]", "Bot"}
	noon  = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
)

// aCase is a pull request by alice that needs one sign-off of bob or carol over
// digest d1.
func aCase() Case {
	return Case{
		Pull: Pull{Repo: Repo{ID: 7, Owner: "acme", Name: "bot"}, Number: 5, BaseRef: "main", Head: "h1", Complete: true, Author: alice},
		Demand: Demand{Requirements: []Requirement{
			{ID: "prompt", Need: 1, Changes: []string{"c1"}, Paths: []string{"p"}, Digest: "d1"}}},
		Rosters:      map[string]Roster{"prompt": roster(alice, bob, carol)},
		Contributors: []Contributor{{User: alice, Roles: []Role{RoleAuthor}}},
		Owners:       roster(dana),
		At:           noon,
	}
}

func roster(users ...User) Roster {
	r := Roster{People: map[int64]Member{}}
	for _, u := range users {
		r.People[u.ID] = Member{User: u, Through: "people"}
	}
	return r
}

var nextID int64

// said is a statement on the case's pull request over digest d1.
func said(u User, v Verb, edit ...func(*Signoff)) Signoff {
	nextID++
	s := Signoff{ID: nextID, RepoID: 7, Pull: 5, BaseRef: "main", Requirement: "prompt", Digest: "d1", Head: "h1",
		Verb: v, User: u, Via: "comment", SourceID: nextID, CreatedAt: noon.Add(-time.Minute)}
	for _, e := range edit {
		e(&s)
	}
	return s
}

func TestDecide(t *testing.T) {
	void := func(s *Signoff) { s.Voided = &Voiding{Reason: "edited"} }
	for _, c := range []struct {
		name string
		edit func(*Case)
		want State
	}{
		{"nobody spoke", func(c *Case) {}, Waiting},
		{"nothing is asked", func(c *Case) { c.Demand.Requirements = nil }, Met},
		{"named person signs", func(c *Case) { c.Statements = []Signoff{said(bob, Approve)} }, Met},
		{"author signs", func(c *Case) { c.Statements = []Signoff{said(alice, Approve)} }, Waiting},
		{"co-author signs", func(c *Case) {
			c.Contributors = append(c.Contributors, Contributor{User: bob, Roles: []Role{RoleCoAuthor}})
			c.Statements = []Signoff{said(bob, Approve)}
		}, Waiting},
		{"stranger signs", func(c *Case) { c.Statements = []Signoff{said(dana, Approve)} }, Waiting},
		{"bot that is named signs", func(c *Case) {
			c.Rosters["prompt"] = roster(robot, bob)
			c.Statements = []Signoff{said(robot, Approve)}
		}, Waiting},
		{"over other content", func(c *Case) {
			c.Statements = []Signoff{said(bob, Approve, func(s *Signoff) { s.Digest = "d0" })}
		}, Waiting},
		{"on another pull request", func(c *Case) {
			c.Statements = []Signoff{said(bob, Approve, func(s *Signoff) { s.Pull = 6 })}
		}, Waiting},
		{"in another repository", func(c *Case) {
			c.Statements = []Signoff{said(bob, Approve, func(s *Signoff) { s.RepoID = 8 })}
		}, Waiting},
		{"for another base", func(c *Case) {
			c.Statements = []Signoff{said(bob, Approve, func(s *Signoff) { s.BaseRef = "dev" })}
		}, Waiting},
		{"under another requirement", func(c *Case) {
			c.Statements = []Signoff{said(bob, Approve, func(s *Signoff) { s.Requirement = "model" })}
		}, Waiting},
		{"refused", func(c *Case) {
			c.Statements = []Signoff{said(bob, Approve, func(s *Signoff) { s.Refused = RefusedStale })}
		}, Waiting},
		{"edited afterwards", func(c *Case) { c.Statements = []Signoff{said(bob, Approve, void)} }, Waiting},
		{"withdrawn", func(c *Case) { c.Statements = []Signoff{said(bob, Approve), said(bob, Withdraw)} }, Waiting},
		{"withdrawn by somebody else", func(c *Case) { c.Statements = []Signoff{said(bob, Approve), said(carol, Withdraw)} }, Met},
		{"signed again after withdrawing", func(c *Case) {
			c.Statements = []Signoff{said(bob, Approve), said(bob, Withdraw), said(bob, Approve)}
		}, Met},
		{"left the roster", func(c *Case) {
			c.Rosters["prompt"] = roster(carol)
			c.Statements = []Signoff{said(bob, Approve)}
		}, Waiting},
		{"same person twice where two are needed", func(c *Case) {
			c.Demand.Requirements[0].Need = 2
			c.Statements = []Signoff{said(bob, Approve), said(bob, Approve)}
		}, Waiting},
		{"two people where two are needed", func(c *Case) {
			c.Demand.Requirements[0].Need = 2
			c.Statements = []Signoff{said(bob, Approve), said(carol, Approve)}
		}, Met},
		{"way of signing not taken", func(c *Case) {
			c.Means = func(via string) bool { return via == "review" }
			c.Statements = []Signoff{said(bob, Approve)}
		}, Waiting},
		{"bound to an older head", func(c *Case) {
			c.Demand.Requirements[0].Binds = "head"
			c.Statements = []Signoff{said(bob, Approve, func(s *Signoff) { s.Head = "h0" })}
		}, Waiting},
		{"expired", func(c *Case) {
			c.Demand.Requirements[0].ValidFor = 30 * time.Second
			c.Statements = []Signoff{said(bob, Approve)}
		}, Waiting},

		{"other content would land", func(c *Case) {
			c.Statements = []Signoff{said(bob, Approve)}
			c.Outdated = []string{"CLAUDE.md"}
		}, Waiting},
		{"delegate signs", func(c *Case) {
			c.Rosters["prompt"].People[dana.ID] = Member{User: dana, Through: "delegate of bob (2)", For: bob.ID}
			c.Statements = []Signoff{said(dana, Approve)}
		}, Met},
		{"delegate signs beside whose place it is", func(c *Case) {
			c.Demand.Requirements[0].Need = 2
			c.Rosters["prompt"].People[dana.ID] = Member{User: dana, For: bob.ID}
			c.Statements = []Signoff{said(dana, Approve), said(bob, Approve)}
		}, Waiting},
		{"delegate and somebody else", func(c *Case) {
			c.Demand.Requirements[0].Need = 2
			c.Rosters["prompt"].People[dana.ID] = Member{User: dana, For: bob.ID}
			c.Statements = []Signoff{said(dana, Approve), said(carol, Approve)}
		}, Met},
		{"only one voice of two that are needed", func(c *Case) {
			c.Demand.Requirements[0].Need = 2
			c.Rosters["prompt"] = roster(bob)
			c.Rosters["prompt"].People[dana.ID] = Member{User: dana, For: bob.ID}
		}, Denied},
		{"delegate of a contributor signs", func(c *Case) {
			c.Rosters["prompt"].People[dana.ID] = Member{User: dana, For: alice.ID}
			c.Statements = []Signoff{said(dana, Approve)}
		}, Waiting},

		{"names nobody", func(c *Case) { c.Rosters["prompt"] = Roster{} }, Denied},
		{"names contributors only", func(c *Case) { c.Rosters["prompt"] = roster(alice) }, Denied},
		{"needs more than are named", func(c *Case) { c.Demand.Requirements[0].Need = 3 }, Denied},
		{"needs more than are named, of whom one has signed", func(c *Case) {
			c.Demand.Requirements[0].Need = 3
			c.Statements = []Signoff{said(bob, Approve)}
		}, Denied},
		{"needs nobody", func(c *Case) { c.Demand.Requirements[0].Need = 0 }, Denied},
		{"no scope", func(c *Case) {
			c.Demand.Requirements[0].Digest = ""
			c.Statements = []Signoff{said(bob, Approve, func(s *Signoff) { s.Digest = "" })}
		}, Denied},
		{"a rule denies", func(c *Case) {
			c.Demand.Denials = []Ruling{{Rule: "r", Reason: "no"}}
			c.Statements = []Signoff{said(bob, Approve)}
		}, Denied},
		{"contributors not known", func(c *Case) {
			c.Pull.Complete = false
			c.Statements = []Signoff{said(bob, Approve)}
		}, Denied},

		{"rejected", func(c *Case) { c.Statements = []Signoff{said(carol, Reject), said(bob, Approve)} }, Rejected},
		{"rejected over earlier content", func(c *Case) {
			c.Statements = []Signoff{said(carol, Reject, func(s *Signoff) { s.Digest = "d0" }), said(bob, Approve)}
		}, Rejected},
		{"rejection deleted", func(c *Case) { c.Statements = []Signoff{said(carol, Reject, void), said(bob, Approve)} }, Rejected},
		{"rejection withdrawn", func(c *Case) {
			c.Statements = []Signoff{said(carol, Reject), said(bob, Approve), said(carol, Withdraw)}
		}, Met},
		{"rejection withdrawn by somebody else", func(c *Case) {
			c.Statements = []Signoff{said(carol, Reject), said(bob, Approve), said(dana, Withdraw)}
		}, Rejected},
		{"rejecter signs", func(c *Case) { c.Statements = []Signoff{said(carol, Reject), said(carol, Approve)} }, Met},
		{"rejection overridden", func(c *Case) {
			c.Statements = []Signoff{said(carol, Reject), said(bob, Approve), said(dana, Override)}
		}, Met},
		{"override deleted", func(c *Case) {
			c.Statements = []Signoff{said(carol, Reject), said(bob, Approve), said(dana, Override, void)}
		}, Rejected},
		{"override by a contributor", func(c *Case) {
			c.Contributors = append(c.Contributors, Contributor{User: dana, Roles: []Role{RolePusher}})
			c.Statements = []Signoff{said(carol, Reject), said(bob, Approve), said(dana, Override)}
		}, Rejected},
		{"override by who lost the role", func(c *Case) {
			c.Owners = roster(carol)
			c.Statements = []Signoff{said(carol, Reject), said(bob, Approve), said(dana, Override)}
		}, Rejected},
		{"override elsewhere, of what is rejected here", func(c *Case) {
			c.Elsewhere = []Signoff{said(dana, Override, func(s *Signoff) { s.Pull, s.CreatedAt = 4, noon })}
			c.Statements = []Signoff{said(carol, Reject), said(bob, Approve)}
		}, Rejected},
		{"override elsewhere, of what is rejected there", func(c *Case) {
			c.Elsewhere = []Signoff{said(carol, Reject, func(s *Signoff) { s.Pull = 4 }), said(dana, Override, func(s *Signoff) { s.Pull = 4 })}
			c.Statements = []Signoff{said(bob, Approve)}
		}, Met},
		{"override here, of what is rejected elsewhere", func(c *Case) {
			c.Elsewhere = []Signoff{said(carol, Reject, func(s *Signoff) { s.Pull = 4 })}
			c.Statements = []Signoff{said(bob, Approve), said(dana, Override)}
		}, Met},
		{"override here of other content, of what is rejected elsewhere", func(c *Case) {
			c.Elsewhere = []Signoff{said(carol, Reject, func(s *Signoff) { s.Pull = 4 })}
			c.Statements = []Signoff{said(bob, Approve), said(dana, Override, func(s *Signoff) { s.Digest = "d0" })}
		}, Rejected},
		{"override on a third, of what is rejected elsewhere", func(c *Case) {
			c.Elsewhere = []Signoff{said(carol, Reject, func(s *Signoff) { s.Pull = 4 }), said(dana, Override, func(s *Signoff) { s.Pull = 3 })}
			c.Statements = []Signoff{said(bob, Approve)}
		}, Rejected},
		{"rejecter signs other content", func(c *Case) {
			c.Statements = []Signoff{said(bob, Approve), said(carol, Reject), said(carol, Approve, func(s *Signoff) { s.Digest = "d0" })}
		}, Rejected},
		{"rejecter signs, and it is void", func(c *Case) {
			c.Statements = []Signoff{said(bob, Approve), said(carol, Reject), said(carol, Approve, void)}
		}, Rejected},
		{"rejected after an override", func(c *Case) {
			c.Statements = []Signoff{said(bob, Approve), said(dana, Override), said(carol, Reject)}
		}, Rejected},
		{"rejected elsewhere, same content", func(c *Case) {
			c.Elsewhere = []Signoff{said(carol, Reject, func(s *Signoff) { s.Pull = 4 })}
			c.Statements = []Signoff{said(bob, Approve)}
		}, Rejected},
		{"rejected elsewhere, other content", func(c *Case) {
			c.Elsewhere = []Signoff{said(carol, Reject, func(s *Signoff) { s.Pull = 4; s.Digest = "d0" })}
			c.Statements = []Signoff{said(bob, Approve)}
		}, Met},
		{"approver rejects, and is overridden", func(c *Case) {
			c.Statements = []Signoff{said(bob, Approve), said(bob, Reject), said(dana, Override)}
		}, Waiting},
		{"refused rejection", func(c *Case) {
			c.Statements = []Signoff{said(carol, Reject, func(s *Signoff) { s.Refused = RefusedContributor }), said(bob, Approve)}
		}, Met},
		{"rejected under another requirement", func(c *Case) {
			c.Statements = []Signoff{said(carol, Reject, func(s *Signoff) { s.Requirement = "model" }), said(bob, Approve)}
		}, Met},
		{"contributor under a former name", func(c *Case) {
			c.Contributors = append(c.Contributors, Contributor{User: User{bob.ID, "robert", "User"}, Roles: []Role{RoleCommitter}})
			c.Statements = []Signoff{said(bob, Approve)}
		}, Waiting},
		{"approver rejects later", func(c *Case) { c.Statements = []Signoff{said(bob, Approve), said(bob, Reject)} }, Rejected},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := aCase()
			c.edit(&in)
			if got := Decide(in).State; got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestDistinct(t *testing.T) {
	two := func(distinct bool) Case {
		c := aCase()
		c.Demand.Requirements = append(c.Demand.Requirements,
			Requirement{ID: "tools", Need: 1, Changes: []string{"c2"}, Digest: "d2", Distinct: distinct})
		c.Rosters["tools"] = roster(bob, carol)
		return c
	}
	tools := func(s *Signoff) { s.Requirement, s.Digest = "tools", "d2" }
	c := two(false)
	c.Statements = []Signoff{said(bob, Approve), said(bob, Approve, tools)}
	if got := Decide(c).State; got != Met {
		t.Errorf("one person for both: got %s, want met", got)
	}
	c = two(true)
	c.Statements = []Signoff{said(bob, Approve), said(bob, Approve, tools)}
	if got := Decide(c).State; got == Met {
		t.Error("one person met a requirement that wants people of its own, and another")
	}
	c.Statements = append(c.Statements, said(carol, Approve))
	if got := Decide(c).State; got != Met {
		t.Errorf("with a second person: got %s, want met", got)
	}
}

// Two requirements that want people of their own cannot share one.
func TestDistinctBoth(t *testing.T) {
	c := aCase()
	c.Demand.Requirements[0].Distinct = true
	c.Demand.Requirements = append(c.Demand.Requirements, Requirement{ID: "tools", Need: 1, Changes: []string{"c2"}, Digest: "d2", Distinct: true})
	c.Rosters["tools"] = roster(bob, carol)
	tools := func(s *Signoff) { s.Requirement, s.Digest = "tools", "d2" }
	c.Statements = []Signoff{said(bob, Approve), said(bob, Approve, tools)}
	if got := Decide(c).State; got == Met {
		t.Error("one person met two requirements that want people of their own")
	}
	c.Statements = append(c.Statements, said(carol, Approve, tools))
	if got := Decide(c).State; got != Met {
		t.Errorf("with a second person: got %s, want met", got)
	}
}

// history draws statements of all kinds by all kinds of people.
func history(t *rapid.T) []Signoff {
	people := []User{alice, bob, carol, dana, robot}
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Signoff {
		s := said(rapid.SampledFrom(people).Draw(t, "user"), rapid.SampledFrom([]Verb{Approve, Approve, Reject, Withdraw, Override, Declare}).Draw(t, "verb"))
		s.Digest = rapid.SampledFrom([]string{"d1", "d1", "d0"}).Draw(t, "digest")
		s.Requirement = rapid.SampledFrom([]string{"prompt", "tools"}).Draw(t, "requirement")
		if s.Requirement == "tools" && s.Digest == "d1" {
			s.Digest = "d2"
		}
		s.Head = rapid.SampledFrom([]string{"h1", "h0"}).Draw(t, "head")
		s.Refused = rapid.SampledFrom([]string{"", "", "", RefusedStale}).Draw(t, "refused")
		if rapid.IntRange(0, 5).Draw(t, "void") == 0 {
			s.Voided = &Voiding{Reason: "edited"}
		}
		return s
	}), 0, 12).Draw(t, "history")
}

// randomCase draws one or two requirements of every make.
func randomCase(t *rapid.T) Case {
	c := aCase()
	c.Demand.Requirements[0].Need = rapid.IntRange(1, 2).Draw(t, "need")
	c.Demand.Requirements[0].Binds = rapid.SampledFrom([]string{"", "head"}).Draw(t, "binds")
	if rapid.Bool().Draw(t, "two") {
		c.Demand.Requirements = append(c.Demand.Requirements, Requirement{ID: "tools", Need: rapid.IntRange(1, 2).Draw(t, "need2"),
			Changes: []string{"c2"}, Digest: "d2", Distinct: rapid.Bool().Draw(t, "distinct")})
		c.Rosters["tools"] = roster(bob, carol, dana)
	}
	if rapid.Bool().Draw(t, "second contributor") {
		c.Contributors = append(c.Contributors, Contributor{User: carol, Roles: []Role{RoleCommitter}})
	}
	if rapid.Bool().Draw(t, "delegate") {
		c.Rosters["prompt"].People[dana.ID] = Member{User: dana, Through: "delegate", For: rapid.SampledFrom([]int64{alice.ID, bob.ID}).Draw(t, "for")}
	}
	c.Responders = roster(dana, carol, robot)
	c.Statements = history(t)
	return c
}

// No history is green unless, for each requirement, enough entitled people who
// contributed nothing signed exactly the present digest and took nothing back.
func TestGreenNeedsIndependentSigners(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := randomCase(t)
		v := Decide(c)
		if v.State != Met {
			return
		}
		for _, req := range c.Demand.Requirements {
			signers := map[int64]bool{} // by whose voice it is
			for _, s := range c.Statements {
				if s.Refused != "" || s.Requirement != req.ID || s.Verb != Approve || s.Voided != nil || s.Digest != req.Digest {
					continue
				}
				m, named := c.Rosters[req.ID].People[s.User.ID]
				if !named || s.User.Type != "User" || isContributor(c.Contributors, s.User) {
					continue
				}
				if m.For == 0 {
					signers[s.User.ID] = true
				} else if !isContributor(c.Contributors, User{ID: m.For}) {
					signers[m.For] = true
				}
			}
			if len(signers) < req.Need {
				t.Fatalf("%s is met by %d people, needs %d", req.ID, len(signers), req.Need)
			}
		}
	})
}

// An emergency lets nothing through unless each requirement is met, or somebody
// of that role who contributed nothing declared it over the present digest; and
// never over a rejection.
func TestEmergencyNeedsResponder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := randomCase(t)
		v := Decide(c)
		if v.State != Covered {
			return
		}
		for _, st := range v.Standings {
			switch {
			case st.State == Met:
				continue
			case st.State != Covered || len(st.Rejections) > 0:
				t.Fatalf("%s is %s with %d rejections", st.Requirement.ID, st.State, len(st.Rejections))
			}
			if !slices.ContainsFunc(c.Statements, func(s Signoff) bool {
				_, responder := c.Responders.People[s.User.ID]
				return s.Verb == Declare && s.Refused == "" && s.Voided == nil && s.Requirement == st.Requirement.ID &&
					s.Digest == st.Requirement.Digest && responder && s.User.Type == "User" && !isContributor(c.Contributors, s.User)
			}) {
				t.Fatalf("%s is covered by nobody's emergency", st.Requirement.ID)
			}
		}
	})
}

// One more sign-off never turns green to anything else; only a rejection or a
// withdrawal does.
func TestMoreSignoffsKeepGreen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := randomCase(t)
		before := Decide(c).State
		if before != Met && before != Covered {
			return
		}
		more := said(rapid.SampledFrom([]User{alice, bob, carol, dana, robot}).Draw(t, "signer"), Approve)
		if rapid.Bool().Draw(t, "for tools") {
			more.Requirement, more.Digest = "tools", "d2"
		}
		c.Statements = append(c.Statements, more)
		if got := Decide(c).State; got != Met && got != before {
			t.Fatalf("one more sign-off by %s made it %s", more.User.Login, got)
		}
	})
}

// Equal cases give equal verdicts, and deciding leaves the case as it was.
func TestReplay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := randomCase(t)
		before := slices.Clone(c.Statements)
		a, b := Decide(c), Decide(c)
		if diff := cmp.Diff(a, b); diff != "" {
			t.Fatal(diff)
		}
		if diff := cmp.Diff(before, c.Statements); diff != "" {
			t.Fatal("deciding changed its input:", diff)
		}
	})
}

// The order in which deliveries come decides nothing.
func TestOrderOfArrival(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := randomCase(t)
		for i := range c.Statements {
			c.Statements[i].CreatedAt = noon.Add(-time.Duration(rapid.IntRange(0, 5).Draw(t, "minutes ago")) * time.Minute)
		}
		want := Decide(c)
		c.Statements = rapid.Permutation(c.Statements).Draw(t, "order")
		for i := range c.Statements {
			c.Statements[i].ID = int64(i + 1)
		}
		got := Decide(c)
		if got.State != want.State {
			t.Fatalf("%s became %s", want.State, got.State)
		}
		for i := range want.Standings {
			if got.Standings[i].State != want.Standings[i].State {
				t.Fatalf("%s: %s became %s", want.Standings[i].Requirement.ID, want.Standings[i].State, got.Standings[i].State)
			}
		}
	})
}

// A rejection by a named person blocks whatever others say, until its writer
// or an override lifts it.
func TestRejectionBlocks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := randomCase(t)
		c.Statements = append(c.Statements, said(dana, Reject))
		for _, u := range rapid.SliceOf(rapid.SampledFrom([]User{alice, bob, carol})).Draw(t, "later") {
			c.Statements = append(c.Statements, said(u, Approve))
		}
		if v := Decide(c); v.State == Met || v.Standings[0].State != Rejected {
			t.Fatalf("state %s, prompt %s", v.State, v.Standings[0].State)
		}
	})
}
