package review

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/countersign-dev/countersign/change"
)

// A Preview is what sign-offs a change would need, as far as two trees tell.
type Preview struct {
	Enrolled bool   // the base has settings
	Enrols   bool   // the base has none, and the change brings them
	Branch   string // the entry of branches that governs the base, "" for none
	Set      change.Set
	Demand   Demand
	Asked    map[string]Approvers // by requirement id: who may sign, as the settings name them
	// Broken says why the settings or rules that the change brings would not
	// load once it is merged, "" when they would or it brings none.
	Broken string
}

// PreviewOf says what the change from base to head would need on a branch, by
// the rules that the server would judge it by. It asks nobody: people are logins
// as the settings have them, and who contributed is left out. Rules of the base
// that do not load are a denial by BrokenRule.
func PreviewOf(ctx context.Context, policy Policy, o Operator, base, head change.Tree, branch string) (Preview, error) {
	rules, found, err := rulesFor(base, head, branch)
	p := Preview{Enrolled: found, Enrols: rules.enrols, Branch: rules.branch, Asked: map[string]Approvers{}}
	if err != nil {
		return p, err
	}
	if p.Set, err = change.Compare(base, head, rules.settings.Change()); err != nil {
		return p, fmt.Errorf("compare: %w", err)
	}
	if found && p.Branch == "" {
		return p, nil
	}
	c := &Case{Branch: p.Branch, Set: p.Set, At: time.Unix(0, 0), Pull: Pull{BaseRef: branch}}
	if err := (&Reviewer{Policy: policy, Operator: o}).demand(ctx, c, rules, base, head); err != nil {
		return p, err
	}
	if err := scopes(c, base, head); err != nil {
		return p, err
	}
	p.Demand = c.Demand
	for i, req := range p.Demand.Requirements {
		who := Approvers{People: req.People, Teams: req.Teams}
		if req.Role != "" {
			who, _ = o.approvers(rules.settings, req.Role)
		}
		p.Demand.Requirements[i].Need = max(req.Need, who.Need)
		p.Asked[req.ID] = who
	}
	p.Broken, err = willBreak(ctx, policy, p.Set, head)
	return p, err
}

// rulesFor reads the rules that a branch is judged by from its base, and says
// whether that has settings.
func rulesFor(base, head change.Tree, branch string) (*rulesInForce, bool, error) {
	rules := &rulesInForce{tip: base}
	s, found, err := ReadSettings(base)
	switch {
	case errors.As(err, &rules.broken):
		rules.branch = entryOf(base, branch)
		return rules, true, nil
	case err != nil:
		return rules, found, err
	case !found:
		_, rules.enrols = head.Lookup(SettingsPath)
		return rules, false, nil
	}
	rules.settings, rules.branch = s, s.Branch(branch)
	if rules.sources, err = sourcesOf(base); errors.As(err, &rules.broken) {
		err = nil
	}
	return rules, true, err
}

// willBreak says why the rules of a change of rules do not load, "" when they do.
func willBreak(ctx context.Context, policy Policy, set change.Set, head change.Tree) (string, error) {
	if !slices.ContainsFunc(set.Changes, func(ch change.Change) bool { return ch.Kind == change.Policy }) {
		return "", nil
	}
	var broken *RulesError
	if err := loads(ctx, policy, head); errors.As(err, &broken) {
		return broken.Error(), nil
	} else if err != nil {
		return "", fmt.Errorf("load the rules of the head: %w", err)
	}
	return "", nil
}

// RoleAdministrator is the role of requirements that an administrator of the
// repository meets, and that no settings define.
const RoleAdministrator = roleAdmin
