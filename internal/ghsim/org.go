package ghsim

import (
	"fmt"
	"sort"
	"strings"
)

// An Org is an organisation; its embedded account owns repositories.
type Org struct {
	*User
	roles   map[*User]string // "member", "admin"
	private map[*User]bool   // whose membership is not shown
	teams   []*Team
}

// AddOrg adds an organisation.
func (s *Server) AddOrg(login string) *Org {
	s.mu.Lock()
	defer s.mu.Unlock()
	o := &Org{User: s.addUser(login, "Organization", s.id("org")), roles: map[*User]string{}, private: map[*User]bool{}}
	s.orgs[o.id] = o
	return o
}

// SetMember makes u a member with role "member" or "admin"; "" removes it,
// from the teams as well. Events: organization.member_added, member_removed.
func (o *Org) SetMember(u *User, role string) {
	o.s.mu.Lock()
	defer o.s.mu.Unlock()
	membership := object{
		"url": o.membershipURL(u), "state": "active", "role": role, "organization_url": apiURL + "/orgs/" + o.login, "user": u.json(),
	}
	old := o.roles[u]
	switch {
	case role == "" && old != "":
		delete(o.roles, u)
		for _, t := range o.teams {
			t.members = without(t.members, u)
		}
		membership["state"], membership["role"] = "inactive", "unaffiliated"
		o.s.emitOrg(o, "organization", "member_removed", nil, object{"membership": membership})
	case role != "":
		o.roles[u] = role
		if old == "" {
			o.s.emitOrg(o, "organization", "member_added", nil, object{"membership": membership})
		}
	}
}

// Hide makes the membership of u private: payloads do not tell of it, nor that
// u is a collaborator.
func (o *Org) Hide(u *User) {
	o.s.mu.Lock()
	defer o.s.mu.Unlock()
	o.private[u] = true
}

func (o *Org) membershipURL(u *User) string {
	return apiURL + "/orgs/" + o.login + "/memberships/" + u.login
}

// json is the "organization-simple-webhooks" of GitHub's description.
func (o *Org) json() object {
	api := apiURL + "/orgs/" + o.login
	return object{
		"login": o.login, "id": o.id, "node_id": fmt.Sprintf("O_%d", o.id), "url": api, "repos_url": api + "/repos",
		"events_url": api + "/events", "hooks_url": api + "/hooks", "issues_url": api + "/issues",
		"members_url": api + "/members{/member}", "public_members_url": api + "/public_members{/member}",
		"avatar_url": fmt.Sprintf("https://avatars.github.test/u/%d?v=4", o.id), "description": "",
	}
}

// A Team is a team of an organisation. Members of child teams are members of it.
type Team struct {
	org     *Org
	id      int64
	slug    string
	parent  *Team
	members []*User // direct
	gone    bool
}

// AddTeam adds a team; parent may be nil. Slugs are unique in an organisation.
// Event: team.created.
func (o *Org) AddTeam(slug string, parent *Team) *Team {
	o.s.mu.Lock()
	defer o.s.mu.Unlock()
	if o.team(slug) != nil {
		panic("ghsim: the team " + slug + " exists")
	}
	t := &Team{org: o, id: o.s.id("team"), slug: slug, parent: parent}
	o.s.teams[t.id] = t
	o.teams = append(o.teams, t)
	o.s.emitOrg(o, "team", "created", nil, object{"team": t.json()})
	return t
}

// Team finds a team by slug; nil if there is none.
func (o *Org) Team(slug string) *Team {
	o.s.mu.Lock()
	defer o.s.mu.Unlock()
	return o.team(slug)
}

func (o *Org) team(slug string) *Team {
	for _, t := range o.teams {
		if strings.EqualFold(t.slug, slug) {
			return t
		}
	}
	return nil
}

// ID is the team's number.
func (t *Team) ID() int64 { return t.id }

// Slug is its present name in addresses.
func (t *Team) Slug() string {
	t.org.s.mu.Lock()
	defer t.org.s.mu.Unlock()
	return t.slug
}

// Add makes u a direct member and of its organisation. Event: membership.added.
func (t *Team) Add(u *User) {
	s := t.org.s
	s.mu.Lock()
	defer s.mu.Unlock()
	if contains(t.members, u) {
		return
	}
	if t.org.roles[u] == "" {
		t.org.roles[u] = "member"
	}
	t.members = append(t.members, u)
	s.emitOrg(t.org, "membership", "added", nil, object{"scope": "team", "member": u.json(), "team": t.json()})
}

// Remove ends u's direct membership. Event: membership.removed.
func (t *Team) Remove(u *User) {
	s := t.org.s
	s.mu.Lock()
	defer s.mu.Unlock()
	if !contains(t.members, u) {
		return
	}
	t.members = without(t.members, u)
	s.emitOrg(t.org, "membership", "removed", nil, object{"scope": "team", "member": u.json(), "team": t.json()})
}

// Rename changes name and slug. Event: team.edited.
func (t *Team) Rename(slug string) {
	s := t.org.s
	s.mu.Lock()
	defer s.mu.Unlock()
	old := t.slug
	t.slug = slug
	s.emitOrg(t.org, "team", "edited", nil, object{"team": t.json(), "changes": object{"name": object{"from": old}}})
}

// Delete removes the team. Its child teams move up, as on GitHub.
// Event: team.deleted.
func (t *Team) Delete() {
	s := t.org.s
	s.mu.Lock()
	defer s.mu.Unlock()
	if t.gone {
		return
	}
	t.gone = true
	t.org.teams = without(t.org.teams, t)
	delete(s.teams, t.id)
	for _, child := range t.org.teams {
		if child.parent == t {
			child.parent = t.parent
		}
	}
	s.emitOrg(t.org, "team", "deleted", nil, object{"team": t.json()})
}

// all lists the members, those of child teams included (docs: list team
// members), by id.
func (t *Team) all() []*User {
	seen := map[*User]bool{}
	var collect func(*Team)
	collect = func(t *Team) {
		for _, u := range t.members {
			seen[u] = true
		}
		for _, child := range t.org.teams {
			if child.parent == t {
				collect(child)
			}
		}
	}
	collect(t)
	return sorted(seen)
}

func sorted(set map[*User]bool) []*User {
	list := make([]*User, 0, len(set))
	for u := range set {
		list = append(list, u)
	}
	sort.Slice(list, func(i, j int) bool { return list[i].id < list[j].id })
	return list
}

func (t *Team) json() object {
	o := t.simpleJSON()
	o["parent"] = nil
	if t.parent != nil {
		o["parent"] = t.parent.simpleJSON()
	}
	return o
}

func (t *Team) simpleJSON() object {
	api := fmt.Sprintf("%s/organizations/%d/team/%d", apiURL, t.org.id, t.id)
	return object{
		"id": t.id, "node_id": fmt.Sprintf("T_%d", t.id), "name": t.slug, "slug": t.slug, "description": "",
		"privacy": "closed", "notification_setting": "notifications_enabled", "permission": "pull",
		"url": api, "html_url": webURL + "/orgs/" + t.org.login + "/teams/" + t.slug, "type": "organization",
		"organization_id": t.org.id, "members_url": api + "/members{/member}", "repositories_url": api + "/repos",
	}
}

func contains[T comparable](list []T, x T) bool {
	for _, y := range list {
		if x == y {
			return true
		}
	}
	return false
}

func without[T comparable](list []T, x T) []T {
	var kept []T
	for _, y := range list {
		if x != y {
			kept = append(kept, y)
		}
	}
	return kept
}
