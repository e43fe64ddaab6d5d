package review

import (
	"context"
	"errors"
	"strings"
	"testing"
)

// policyFunc is a Policy of one function.
type policyFunc func(in PolicyInput, repo []PolicySource) (Demand, error)

func (f policyFunc) Require(_ context.Context, in PolicyInput, repo []PolicySource) (Demand, error) {
	return f(in, repo)
}

func (f policyFunc) Load(context.Context, []PolicySource) error { return nil }

func TestFlipOf(t *testing.T) {
	asks := func(reqs ...Requirement) Demand { return Demand{Requirements: reqs} }
	prompt := func(need int) Requirement {
		return Requirement{ID: "prompt", Role: "prompt", Need: need, Changes: []string{"c1"}}
	}
	other := prompt(1)
	other.Role = "anybody"
	denied := Demand{Denials: []Ruling{{Rule: "r"}}}
	for _, c := range []struct {
		name    string
		was, is Demand
		loosens bool
		want    string
	}{
		{"the same", asks(prompt(1)), asks(prompt(1)), false, ""},
		{"asked no more", asks(prompt(1)), asks(), true, "prompt would not be asked for"},
		{"asked newly", asks(), asks(prompt(1)), false, "prompt would be asked for"},
		{"fewer people", asks(prompt(2)), asks(prompt(1)), true, "prompt would need 1 instead of 2"},
		{"more people", asks(prompt(1)), asks(prompt(2)), false, "prompt would need 2 instead of 1"},
		{"other people", asks(prompt(1)), asks(other), true, "prompt would be asked of others"},
		{"denied no more", denied, asks(), true, "it would not be denied"},
		{"denied", asks(), denied, false, "it would be denied"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := flipOf(Decision{}, c.was, c.is)
			if got := strings.Join(f.What, "; "); got != c.want || f.Loosens != c.loosens {
				t.Errorf("got %q, looser %v; want %q, %v", got, f.Loosens, c.want, c.loosens)
			}
		})
	}
}

func TestBacktest(t *testing.T) {
	after := Rules{Sources: []PolicySource{{Path: "after"}}}
	policy := policyFunc(func(in PolicyInput, repo []PolicySource) (Demand, error) {
		need := 2
		if len(repo) > 0 { // the new rules ask one for odd pull requests and three for even ones
			need = 1 + 2*((in.Pull.Number+1)%2)
		}
		return Demand{Requirements: []Requirement{{ID: "prompt", Need: need}}}, nil
	})
	past := []Decision{
		{Record: "CHG-2", Pull: 2, Input: []byte(`{"pull":{"number":2}}`)},
		{Record: "CHG-1", Pull: 1, Input: []byte(`{"pull":{"number":1}}`)},
	}
	l, err := Backtest(t.Context(), policy, past, Rules{}, after)
	if err != nil || l.Run != 2 || len(l.Flips) != 2 || l.Flips[0].Record != "CHG-1" || !l.Flips[0].Loosens || l.Flips[1].Loosens {
		t.Errorf("got %+v, %v; want the looser one first", l, err)
	}

	late, stop := context.WithCancel(t.Context())
	calls := 0
	slow := policyFunc(func(in PolicyInput, repo []PolicySource) (Demand, error) {
		if calls++; calls > 2 {
			stop()
			return Demand{}, late.Err()
		}
		return policy(in, repo)
	})
	if l, err := Backtest(late, slow, past, Rules{}, after); err != nil || l.Run != 1 {
		t.Errorf("out of time: %d run, %v; want the one that was done", l.Run, err)
	}

	broken := policyFunc(func(PolicyInput, []PolicySource) (Demand, error) {
		return Demand{}, &RulesError{Layer: "repository", Reason: "no"}
	})
	if l, err := Backtest(t.Context(), broken, past, Rules{}, after); err != nil || l.Broken == "" {
		t.Errorf("broken rules: %+v, %v", l, err)
	}
	failing := policyFunc(func(PolicyInput, []PolicySource) (Demand, error) { return Demand{}, errors.New("no") })
	if _, err := Backtest(t.Context(), failing, past, Rules{}, after); err == nil {
		t.Error("an engine that fails is taken for nothing to show")
	}
}
