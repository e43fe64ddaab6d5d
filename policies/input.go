package policies

import (
	"slices"

	"github.com/countersign-dev/countersign/change"
	"github.com/countersign-dev/countersign/review"
)

// normalise gives in lists and maps where it has nil, so that a rule never
// meets null where the schema promises a list.
func normalise(in *review.PolicyInput) {
	in.At = in.At.UTC()
	in.Changes, in.Notices = changes(in.Changes), changes(in.Notices)
	in.Pull.Labels = list(in.Pull.Labels)
	in.Pull.Agent.Signals = list(in.Pull.Agent.Signals)
	if in.Repository.Properties == nil {
		in.Repository.Properties = map[string]string{}
	}
	in.Contributors = list(slices.Clone(in.Contributors))
	for i := range in.Contributors {
		in.Contributors[i].Roles = list(in.Contributors[i].Roles)
	}
	roles := map[string]review.RoleView{}
	for name, r := range in.Settings.Roles {
		r.People, r.Teams = list(r.People), list(r.Teams)
		roles[name] = r
	}
	in.Settings.Roles = roles
}

func changes(all []change.Change) []change.Change {
	all = list(slices.Clone(all))
	for i := range all {
		c := &all[i]
		c.Paths, c.Added, c.Removed, c.Findings = list(c.Paths), list(c.Added), list(c.Removed), list(c.Findings)
	}
	return all
}

func list[T any](l []T) []T {
	if l == nil {
		return []T{}
	}
	return l
}
