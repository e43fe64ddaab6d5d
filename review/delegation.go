package review

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// A Delegation lets To sign for roles in From's place, up to the end of a day
// in UTC. Both are recorded. It adds no voice: what either signs counts as the
// one sign-off that From had, and where From had a hand in a pull request, To
// has nothing to sign in that place.
type Delegation struct {
	From  string   `yaml:"from"`  // a login
	To    string   `yaml:"to"`    // a login
	Until string   `yaml:"until"` // 2026-12-31, inclusive
	Roles []string `yaml:"roles"`
}

func (d Delegation) mistakes() (all []string) {
	if !loginName.MatchString(d.From) || !loginName.MatchString(d.To) || cmpLogin(d.From, d.To) == 0 {
		all = append(all, "from and to must be two logins")
	}
	if _, err := time.Parse(time.DateOnly, d.Until); err != nil {
		all = append(all, fmt.Sprintf("until: %q is no day such as 2026-12-31", d.Until))
	}
	if len(d.Roles) == 0 || slices.Contains(d.Roles, roleEmergency) {
		all = append(all, "roles must name at least one role, and not emergency")
	}
	return all
}

// holds reports whether d is in force for a role at a time of GitHub's.
func (d Delegation) holds(role string, at time.Time) bool {
	return slices.Contains(d.Roles, role) && at.Before(d.end())
}

// end is the first moment in which d is no longer in force.
func (d Delegation) end() time.Time {
	day, err := time.Parse(time.DateOnly, d.Until)
	if err != nil {
		return time.Time{}
	}
	return day.AddDate(0, 0, 1)
}

// delegate adds to a roster those who may sign in the place of its people.
func (r *Reviewer) delegate(ctx context.Context, c *Case, s Settings, role string, roster *Roster) error {
	for _, d := range s.Delegations {
		if role == "" || !d.holds(role, c.At) {
			continue
		}
		from, err := r.person(ctx, c.Pull.Repo, d.From)
		if errors.Is(err, ErrGone) {
			continue
		} else if err != nil {
			return fmt.Errorf("resolve %s: %w", d.From, err)
		}
		if m, named := roster.People[from.ID]; !named || m.For != 0 {
			continue // a delegation passes nothing on that was delegated
		}
		to, err := r.person(ctx, c.Pull.Repo, d.To)
		if errors.Is(err, ErrGone) {
			continue
		} else if err != nil {
			return fmt.Errorf("resolve %s: %w", d.To, err)
		}
		if _, named := roster.People[to.ID]; !named && to.IsPerson() {
			roster.People[to.ID] = Member{User: to, Through: fmt.Sprintf("delegate of %s (%d)", from.Login, from.ID), For: from.ID}
			if end := d.end(); roster.Ends.IsZero() || end.Before(roster.Ends) {
				roster.Ends = end
			}
		}
	}
	return nil
}
