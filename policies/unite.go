package policies

import (
	"fmt"
	"slices"
	"strings"

	"github.com/countersign-dev/countersign/review"
)

// unite makes one demand of what all layers said, in the order of the layers.
// A change that nobody claimed is denied.
func unite(d *review.Demand, in review.PolicyInput, claims []claim) error {
	var all []string
	for _, c := range in.Changes {
		if c.ID == "" || slices.Contains(all, c.ID) {
			return fmt.Errorf("policy input: change id %q is empty or repeated", c.ID)
		}
		all = append(all, c.ID)
	}
	if len(all) == 0 {
		return nil // nothing is governed, so there is nothing to ask about
	}
	claimed := map[string]bool{}
	for _, c := range claims {
		scope, err := scopeOf(all, c)
		if err != nil {
			return err
		}
		ruling := review.Ruling{Rule: c.rule.ID, Layer: c.rule.Layer, Title: c.rule.Title, Reason: c.reason, Changes: scope}
		switch c.rule.Kind {
		case Require:
			if err := merge(d, all, c, scope); err != nil {
				return err
			}
		case Deny:
			d.Denials = append(d.Denials, ruling)
		case Pass:
			d.Passes = append(d.Passes, ruling)
		case Warn:
			d.Warnings = append(d.Warnings, ruling)
			continue
		}
		for _, id := range scope {
			claimed[id] = true
		}
	}
	var unclaimed []string
	for _, id := range all {
		if !claimed[id] {
			unclaimed = append(unclaimed, id)
		}
	}
	if len(unclaimed) > 0 {
		d.Denials = append(d.Denials, review.Ruling{Rule: "countersign.unclaimed", Layer: Default, Title: "No rule speaks about a change",
			Reason: "no rule asks for a sign-off, denies or passes it, and what nobody claims is not approved: add a rule", Changes: unclaimed})
	}
	slices.SortStableFunc(d.Requirements, func(a, b review.Requirement) int { return strings.Compare(a.ID, b.ID) })
	return nil
}

// scopeOf returns the changes that a claim speaks about, in the order of the
// input.
func scopeOf(all []string, c claim) ([]string, error) {
	if len(c.changes) == 0 {
		return slices.Clone(all), nil
	}
	for _, id := range c.changes {
		if !slices.Contains(all, id) {
			return nil, &review.RulesError{Layer: c.rule.Layer, Path: c.rule.Path, Line: c.rule.Line,
				Reason: fmt.Sprintf("%s names the change %q, which is not among input.changes", c.rule.ID, id)}
		}
	}
	return inOrder(all, c.changes), nil
}

func inOrder(all, some []string) []string {
	var out []string
	for _, id := range all {
		if slices.Contains(some, id) {
			out = append(out, id)
		}
	}
	return out
}

// merge adds a requirement, or tightens the one of the same id: union of
// changes, highest need, shortest validity. Whom it asks cannot be changed by a
// later rule, for that could loosen it.
func merge(d *review.Demand, all []string, c claim, scope []string) error {
	i := slices.IndexFunc(d.Requirements, func(r review.Requirement) bool { return r.ID == c.req.ID })
	if i < 0 {
		r := c.req
		r.Rule, r.Layer, r.Title, r.Reason = c.rule.ID, c.rule.Layer, c.rule.Title, c.reason
		r.Controls, r.Changes = slices.Clone(c.rule.Controls), scope
		d.Requirements = append(d.Requirements, r)
		return nil
	}
	r := &d.Requirements[i]
	if whom(*r) != whom(c.req) {
		return &review.RulesError{Layer: c.rule.Layer, Path: c.rule.Path, Line: c.rule.Line,
			Reason: fmt.Sprintf("%s asks others for the requirement %q than %s of the %s layer does: give it an id of its own", c.rule.ID, r.ID, r.Rule, r.Layer)}
	}
	r.Changes = inOrder(all, append(r.Changes, scope...))
	r.Need = max(r.Need, c.req.Need)
	r.Distinct = r.Distinct || c.req.Distinct
	if c.req.Binds != "" {
		r.Binds = c.req.Binds
	}
	if v := c.req.ValidFor; v != 0 && (r.ValidFor == 0 || v < r.ValidFor) {
		r.ValidFor = v
	}
	for _, control := range c.rule.Controls {
		if !slices.Contains(r.Controls, control) {
			r.Controls = append(r.Controls, control)
		}
	}
	if !slices.Contains(strings.Split(r.Reason, "; "), c.reason) && len(r.Reason) < 2*maxReason {
		r.Reason += "; " + c.reason
	}
	return nil
}
