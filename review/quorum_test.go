package review

import (
	"fmt"
	"testing"
)

func TestQuorum(t *testing.T) {
	erin := User{5, "erin", "User"}
	waits := func(id string, need int, people ...User) Standing {
		return Standing{Requirement: Requirement{ID: id, Need: need, Digest: "d"}, State: Waiting, Entitled: people}
	}
	distinct := waits("legal", 1, bob, carol)
	distinct.Requirement.Distinct = true
	for _, c := range []struct {
		name string
		all  []Standing
		want string
	}{
		{"nothing waits", []Standing{{State: Met}}, ""},
		{"one for all", []Standing{waits("model", 1, bob, carol), waits("prompt", 1, carol, dana)}, "carol (model, prompt)"},
		{"two, and greed would take three", []Standing{
			waits("a", 1, bob, dana), waits("b", 1, bob, dana), waits("c", 1, bob, erin), waits("d", 1, dana), waits("e", 1, erin)},
			"dana (a, b, d) and erin (c, e)"},
		{"need of two", []Standing{waits("tools", 2, bob, carol, dana), waits("prompt", 1, dana)}, "bob (tools) and dana (tools, prompt)"},
		{"people of its own", []Standing{distinct, waits("prompt", 1, bob, carol)}, "bob (legal, prompt) and carol (legal, prompt)"},
		{"only half can be named", []Standing{waits("prompt", 2, bob)}, ""},
		{"administrators are not listed", []Standing{{Requirement: Requirement{ID: "enrol", Need: 1}, State: Waiting, Anyone: "an administrator"}}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := waitingFor(quorum(c.all), func(s string) string { return s }); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// A large team in many requirements is answered within the bound, by greed.
func TestQuorumLarge(t *testing.T) {
	var all []Standing
	for i := range 12 {
		st := Standing{Requirement: Requirement{ID: fmt.Sprint("r", i), Need: 3, Digest: "d"}, State: Waiting}
		for j := range 60 {
			if (i*7+j*5)%11 < 4 {
				st.Entitled = append(st.Entitled, User{int64(j + 1), fmt.Sprintf("u%02d", j), "User"})
			}
		}
		all = append(all, st)
	}
	var chosen []User
	for _, s := range quorum(all) {
		chosen = append(chosen, s.User)
	}
	if !meets(all, chosen) {
		t.Errorf("%d people do not meet it", len(chosen))
	}
}
