package review

import (
	"testing"
	"time"

	"github.com/countersign-dev/countersign/change"
)

func TestEmergency(t *testing.T) {
	declared := func(edit ...func(*Signoff)) Signoff { return said(dana, Declare, edit...) }
	for _, c := range []struct {
		name string
		edit func(*Case)
		want State
	}{
		{"declared", func(c *Case) { c.Statements = []Signoff{declared()} }, Covered},
		{"and signed after all", func(c *Case) { c.Statements = []Signoff{declared(), said(bob, Approve)} }, Met},
		{"by nobody of the role", func(c *Case) { c.Statements = []Signoff{said(bob, Declare)} }, Waiting},
		{"by a contributor", func(c *Case) {
			c.Contributors = append(c.Contributors, Contributor{User: dana})
			c.Statements = []Signoff{declared()}
		}, Waiting},
		{"over other content", func(c *Case) { c.Statements = []Signoff{declared(func(s *Signoff) { s.Digest = "d0" })} }, Waiting},
		{"on another pull request", func(c *Case) { c.Statements = []Signoff{declared(func(s *Signoff) { s.Pull = 6 })} }, Waiting},
		{"of another requirement", func(c *Case) { c.Statements = []Signoff{declared(func(s *Signoff) { s.Requirement = "model" })} }, Waiting},
		{"an hour ago", func(c *Case) {
			c.Statements = []Signoff{declared(func(s *Signoff) { s.CreatedAt = noon.Add(-time.Hour) })}
		}, Covered},
		{"more than an hour ago", func(c *Case) {
			c.Statements = []Signoff{declared(func(s *Signoff) { s.CreatedAt = noon.Add(-time.Hour - time.Second) })}
		}, Waiting},
		{"after the event", func(c *Case) {
			c.Statements = []Signoff{declared(func(s *Signoff) { s.CreatedAt = noon.Add(time.Second) })}
		}, Waiting},
		{"refused", func(c *Case) { c.Statements = []Signoff{declared(func(s *Signoff) { s.Refused = RefusedStale })} }, Waiting},
		{"edited", func(c *Case) {
			c.Statements = []Signoff{declared(func(s *Signoff) { s.Voided = &Voiding{Reason: "edited"} })}
		}, Waiting},
		{"withdrawn", func(c *Case) { c.Statements = []Signoff{declared(), said(dana, Withdraw)} }, Waiting},
		{"withdrawn by somebody else", func(c *Case) { c.Statements = []Signoff{declared(), said(bob, Withdraw)} }, Covered},
		{"over a rejection", func(c *Case) { c.Statements = []Signoff{said(bob, Reject), declared()} }, Rejected},
		{"over a denial", func(c *Case) {
			c.Demand.Denials = []Ruling{{Rule: "r"}}
			c.Statements = []Signoff{declared()}
		}, Denied},
		{"where nobody can sign", func(c *Case) {
			c.Rosters["prompt"] = Roster{}
			c.Statements = []Signoff{declared()}
		}, Denied},
		{"over rules, by role", func(c *Case) {
			c.Demand.Requirements[0].Role = rolePolicy
			c.Statements = []Signoff{declared()}
		}, Waiting},
		{"over rules, by change", func(c *Case) {
			c.Set.Changes = []change.Change{{ID: "c1", Kind: change.Policy}}
			c.Statements = []Signoff{declared()}
		}, Waiting},
		{"over enrolment", func(c *Case) {
			c.Demand.Requirements[0].Role = roleAdmin
			c.Statements = []Signoff{declared()}
		}, Waiting},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := aCase()
			in.Responders = roster(dana, alice)
			c.edit(&in)
			if got := Decide(in).State; got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

// A sign-off given after an emergency was declared never takes back what the
// emergency let through.
func TestSignedAfterEmergency(t *testing.T) {
	c := aCase()
	c.Demand.Requirements = append(c.Demand.Requirements, Requirement{ID: "tools", Need: 1, Changes: []string{"c2"}, Digest: "d2", Distinct: true})
	c.Rosters["tools"] = roster(carol)
	c.Responders = roster(dana)
	tools := func(s *Signoff) { s.Requirement, s.Digest = "tools", "d2" }
	c.Statements = []Signoff{said(carol, Approve, tools), said(dana, Declare)}
	if got := Decide(c).State; got != Covered {
		t.Fatalf("got %s, want emergency", got)
	}
	c.Statements = append(c.Statements, said(carol, Approve))
	if got := Decide(c).State; got != Covered {
		t.Errorf("carol, who is needed for tools, signs prompt too: got %s, want emergency", got)
	}
	c.Statements = append(c.Statements, said(bob, Approve))
	if got := Decide(c).State; got != Met {
		t.Errorf("bob signs prompt: got %s, want met", got)
	}
}
