package review

import (
	"context"
	"errors"
	"fmt"

	"go.yaml.in/yaml/v4"

	"github.com/countersign-dev/countersign/change"
)

// rulesInForce are the rules that a pull request is judged by: those at the tip
// of its base branch, never its own.
type rulesInForce struct {
	settings Settings
	sources  []PolicySource
	branch   string      // the entry of branches that governs the base
	tip      change.Tree // the tip of the base branch
	broken   *RulesError // why they do not load
	enrols   bool        // the base has no settings and the pull request brings them
}

// rules reads the rules in force for p, and returns nil when its base branch is
// not governed and p does not enrol it.
func (r *Reviewer) rules(ctx context.Context, p Pull) (*rulesInForce, error) {
	tip, err := r.Forge.Tree(ctx, p.Repo, p.BaseTip)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", p.BaseRef, err)
	}
	out := &rulesInForce{tip: tip}
	settings, found, err := ReadSettings(tip)
	if errors.As(err, &out.broken) {
		out.branch = entryOf(tip, p.BaseRef)
		return out, nil
	} else if err != nil {
		return nil, err
	}
	if !found {
		return r.enrolment(ctx, p, out)
	}
	out.settings = settings
	if out.branch = settings.Branch(p.BaseRef); out.branch == "" {
		return nil, nil
	}
	out.sources, err = sourcesOf(tip)
	if errors.As(err, &out.broken) {
		return out, nil
	}
	return out, err
}

// enrolment looks for the settings that a pull request would bring to a base
// that has none. One that changes too much to be read brings none.
func (r *Reviewer) enrolment(ctx context.Context, p Pull, out *rulesInForce) (*rulesInForce, error) {
	if r.flooded(p) {
		return nil, nil
	}
	head, err := r.Forge.Tree(WithReads(ctx, readsFor(p)), p.Repo, p.Head)
	if errors.Is(err, ErrTooMuch) {
		r.flood(p)
		return nil, nil
	} else if err != nil {
		return nil, fmt.Errorf("read head: %w", err)
	}
	if _, ok := head.Lookup(SettingsPath); !ok {
		return nil, nil
	}
	out.enrols = true
	out.branch = p.BaseRef
	if s, _, err := ReadSettings(head); err == nil {
		if entry := s.Branch(p.BaseRef); entry != "" {
			out.branch = entry
		}
	}
	return out, nil
}

// ReadSettings reads the settings of a tree.
func ReadSettings(t change.Tree) (s Settings, found bool, err error) {
	e, ok := t.Lookup(SettingsPath)
	if !ok {
		return s, false, nil
	}
	if e.Mode != change.ModeFile && e.Mode != change.ModeExecutable {
		return s, true, &RulesError{Layer: "repository", Path: SettingsPath, Reason: "is a link or a submodule; it must be a plain file"}
	}
	data, err := t.Read(e)
	if err != nil {
		return s, true, fmt.Errorf("read %s: %w", SettingsPath, err)
	}
	s, err = ParseSettings(data)
	s.blob = e.ID
	return s, true, err
}

// loads says why the settings and the rules of a tree do not load, by a
// *RulesError, and returns nil when they do.
func loads(ctx context.Context, policy Policy, t change.Tree) error {
	rules, err := RulesOf(t)
	if err != nil {
		return err
	}
	return policy.Load(ctx, rules.Sources)
}

// entryOf names the entry of branches in settings that are broken elsewhere, so
// that the check which a ruleset requires keeps its name. Where even that
// cannot be read, it is the branch itself.
func entryOf(t change.Tree, branch string) string {
	var loose struct {
		Branches []string `yaml:"branches"`
	}
	if e, ok := t.Lookup(SettingsPath); ok {
		if data, err := t.Read(e); err == nil && len(data) <= maxSettings {
			if yaml.Unmarshal(data, &loose) == nil {
				if entry := (Settings{Branches: loose.Branches}).Branch(branch); entry != "" {
					return entry
				}
			}
		}
	}
	return branch
}

// BrokenRule names the denial of everything while the rules in force do not load.
const BrokenRule = "countersign.rules"

// demand asks the rules what c needs.
//
// Where there are none yet, or they do not load, nothing but rules can be
// signed, by the operator's policy owners or else by one administrator of the
// repository who had no hand in it, so that nobody is locked out for ever.
func (r *Reviewer) demand(ctx context.Context, c *Case, rules *rulesInForce, base, head change.Tree) error {
	if rules.enrols {
		c.Demand = r.owners(c, "enrol", "Enrolment", "this pull request puts the repository under Countersign")
		return nil
	}
	broken, load := rules.broken, rules.broken != nil
	if broken == nil {
		var err error
		if c.Demand, err = r.Policy.Require(ctx, c.input(rules.settings), rules.sources); err == nil {
			return nil
		}
		if !errors.As(err, &broken) {
			return fmt.Errorf("evaluate policy: %w", err)
		}
		if err := r.Policy.Load(ctx, rules.sources); errors.As(err, new(*RulesError)) {
			load = true
		} else if err != nil {
			return fmt.Errorf("load policy: %w", err)
		}
	}
	if broken.Layer == "repository" && onlyRules(base, head) {
		if load {
			c.Demand = r.owners(c, "mend", "Broken "+broken.what(), "the "+broken.what()+" on "+c.Pull.BaseRef+" do not load ("+broken.Error()+"), and this pull request touches rules only")
			return nil
		}
		// Rules that load and fail may fail by what this pull request says. The
		// layers above them decide, so that its author cannot choose who signs.
		var err error
		if c.Demand, err = r.Policy.Require(ctx, c.input(rules.settings), nil); err == nil {
			return nil
		}
	}
	c.Demand = Demand{Denials: []Ruling{{Rule: BrokenRule, Layer: broken.Layer, Title: "The " + broken.what() + " do not load",
		Reason:  broken.Error() + ". Mend them in a pull request of their own: it can be signed by the policy owners or an administrator",
		Changes: []string{}}}}
	return nil
}

// owners asks for one sign-off of the operator's policy owners, or of an
// administrator where the operator names none, over all changes of c.
func (r *Reviewer) owners(c *Case, id, title, reason string) Demand {
	req := Requirement{ID: id, Rule: "countersign." + id, Layer: "default", Title: title, Reason: reason,
		Controls: []string{"CC8.1"}, Role: roleAdmin, Need: 1}
	if _, ok := r.Operator.Approvers[rolePolicy]; ok {
		req.Role = rolePolicy
	}
	gate, _ := gating(c.Set)
	for _, ch := range gate {
		req.Changes = append(req.Changes, ch.ID)
	}
	return Demand{Requirements: []Requirement{req}, RulesDigest: digestOf([]byte("countersign." + id))}
}
