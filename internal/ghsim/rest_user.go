package ghsim

import (
	"net/http"
	"strings"
)

func (req *request) getUser() (any, error) {
	u := req.logins[strings.ToLower(req.vars["username"])]
	if u == nil {
		return nil, errNotFound
	}
	return u.publicJSON(), nil
}

func (req *request) getUserByID() (any, error) {
	u := req.users[req.number("account_id")]
	if u == nil {
		return nil, errNotFound
	}
	return u.publicJSON(), nil
}

// org is the organisation of the path, if the token is of it.
func (req *request) org() (*Org, error) {
	u := req.logins[strings.ToLower(req.vars["org"])]
	if u == nil || req.orgs[u.id] == nil || req.inst.account != u {
		return nil, errNotFound
	}
	return req.orgs[u.id], nil
}

// getOrgMember answers 204 for a member and 404 for others.
func (req *request) getOrgMember() (any, error) {
	o, err := req.org()
	if err != nil {
		return nil, err
	}
	if u := req.logins[strings.ToLower(req.vars["username"])]; u == nil || o.roles[u] == "" {
		return nil, refuse(http.StatusNotFound, "User does not exist or is not a member of the organization")
	}
	req.status = http.StatusNoContent
	return nil, nil
}

func (req *request) getOrgMembership() (any, error) {
	o, err := req.org()
	if err != nil {
		return nil, err
	}
	u := req.logins[strings.ToLower(req.vars["username"])]
	if u == nil || o.roles[u] == "" {
		return nil, errNotFound
	}
	return object{
		"url": o.membershipURL(u), "state": "active", "role": o.roles[u], "organization_url": apiURL + "/orgs/" + o.login,
		"organization": o.json(), "user": u.json(), "direct_membership": true, "enterprise_teams_providing_indirect_membership": []any{},
	}, nil
}

func (req *request) team() (*Team, error) {
	o, err := req.org()
	if err != nil {
		return nil, err
	}
	t := o.team(req.vars["team_slug"])
	if t == nil {
		return nil, errNotFound
	}
	return t, nil
}

func (req *request) getTeam() (any, error) {
	t, err := req.team()
	if err != nil {
		return nil, err
	}
	o := t.json()
	o["members_count"], o["repos_count"] = len(t.all()), 0
	o["created_at"], o["updated_at"] = stamp(epoch), stamp(epoch)
	organization := t.org.publicJSON().(object)
	for key, value := range t.org.json() {
		organization[key] = value
	}
	organization["type"], organization["is_verified"] = "Organization", false
	organization["has_organization_projects"], organization["has_repository_projects"] = true, true
	organization["archived_at"] = nil
	organization["company"], organization["location"], organization["email"] = "", "", ""
	o["organization"] = organization
	return o, nil
}

// listTeamMembers lists direct members and those of child teams (docs: list
// team members). inherited and role tell how, where the server is recent.
func (req *request) listTeamMembers() (any, error) {
	t, err := req.team()
	if err != nil {
		return nil, err
	}
	out := []object{}
	for _, u := range page(req, t.all()) {
		o := u.json().(object)
		o["role"], o["inherited"] = "member", !contains(t.members, u)
		out = append(out, o)
	}
	return out, nil
}

// getTeamMembership includes members of child teams.
func (req *request) getTeamMembership() (any, error) {
	t, err := req.team()
	if err != nil {
		return nil, err
	}
	u := req.logins[strings.ToLower(req.vars["username"])]
	if u == nil || !contains(t.all(), u) {
		return nil, errNotFound
	}
	return object{"url": t.json()["url"].(string) + "/memberships/" + u.login, "role": "member", "state": "active"}, nil
}

func (req *request) listChildTeams() (any, error) {
	t, err := req.team()
	if err != nil {
		return nil, err
	}
	var children []*Team
	for _, c := range t.org.teams {
		if c.parent == t {
			children = append(children, c)
		}
	}
	out := []object{}
	for _, c := range page(req, children) {
		out = append(out, c.json())
	}
	return out, nil
}

func (req *request) getRepo() (any, error) { return req.repo.fullJSON(), nil }

func (req *request) getProperties() (any, error) { return []any{}, nil }

// getPermission tells the legacy permission, where triage counts as read and
// maintain as write, and the role by its name (docs: get repository
// permissions for a user).
func (req *request) getPermission() (any, error) {
	u := req.logins[strings.ToLower(req.vars["username"])]
	if u == nil {
		return nil, errNotFound
	}
	role := req.repo.role(u)
	permission := legacy(role)
	user := u.json().(object)
	can := func(least string) bool { return ranks[role] >= ranks[least] }
	user["permissions"] = object{"admin": can("admin"), "maintain": can("maintain"), "push": can("write"), "triage": can("triage"), "pull": can("read")}
	user["role_name"] = role
	if role == "" {
		user["role_name"] = "none"
	}
	return object{"permission": permission, "role_name": user["role_name"], "user": user}, nil
}
