package review

import (
	"context"
	"fmt"
	"time"

	"github.com/countersign-dev/countersign/change"
)

// A Preview is what sign-offs a change would need, as far as two trees tell.
type Preview struct {
	Enrolled bool   // the base has settings
	Branch   string // the entry of branches that governs the base, "" for none
	Set      change.Set
	Demand   Demand
	Asked    map[string]Approvers // by requirement id: who may sign, as the settings name them
}

// PreviewOf says what the change from base to head would need on a branch. It
// asks nobody: people are logins as the settings have them, and who contributed
// is left out. Broken rules are a *RulesError.
func PreviewOf(ctx context.Context, policy Policy, o Operator, base, head change.Tree, branch string) (Preview, error) {
	s, found, err := ReadSettings(base)
	if err != nil {
		return Preview{}, err
	}
	p := Preview{Enrolled: found, Branch: s.Branch(branch), Asked: map[string]Approvers{}}
	if p.Set, err = change.Compare(base, head, s.Change()); err != nil {
		return p, fmt.Errorf("compare: %w", err)
	}
	if found && p.Branch == "" {
		return p, nil
	}
	sources, err := sourcesOf(base)
	if err != nil {
		return p, err
	}
	c := &Case{Branch: p.Branch, Set: p.Set, At: time.Unix(0, 0), Pull: Pull{BaseRef: branch}}
	if p.Demand, err = policy.Require(ctx, c.input(s), sources); err != nil {
		return p, err
	}
	c.Demand = p.Demand
	if err := scopes(c, base, head); err != nil {
		return p, err
	}
	for i, req := range p.Demand.Requirements {
		who := Approvers{People: req.People, Teams: req.Teams}
		if req.Role != "" {
			who, _ = o.approvers(s, req.Role)
		}
		p.Demand.Requirements[i].Need = max(req.Need, who.Need)
		p.Asked[req.ID] = who
	}
	return p, nil
}
