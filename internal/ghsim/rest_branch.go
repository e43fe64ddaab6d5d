package ghsim

import "net/http"

func (req *request) listBranches() (any, error) {
	r := req.repo
	var names []string
	for _, name := range r.branchNames() {
		if q := req.query("protected"); q == "" || (q == "true") == r.protected(name) {
			names = append(names, name)
		}
	}
	out := []object{}
	for _, name := range page(req, names) {
		out = append(out, object{
			"name": name, "protected": r.protected(name), "commit": object{"sha": r.heads[name], "url": r.api() + "/commits/" + r.heads[name]},
		})
	}
	return out, nil
}

func (req *request) branch() (string, error) {
	if name := req.vars["branch"]; req.repo.heads[name] != "" {
		return name, nil
	}
	return "", refuse(http.StatusNotFound, "Branch not found")
}

// getBranch carries the classic required checks to anybody who may read
// contents; whole protection needs Administration: read.
func (req *request) getBranch() (any, error) {
	name, err := req.branch()
	if err != nil {
		return nil, err
	}
	r := req.repo
	address := r.api() + "/branches/" + escapePath(name)
	level, contexts, checks := "off", []string{}, []object{}
	p := r.protections[name]
	if p != nil {
		contexts, checks = checksJSON(p.Checks)
		if len(checks) > 0 {
			level = "non_admins"
			if p.EnforceAdmins {
				level = "everyone"
			}
		}
	}
	return object{
		"name": name, "commit": r.commitJSON(r.store.commit(r.heads[name])), "protected": r.protected(name), "protection_url": address + "/protection",
		"_links": object{"self": address, "html": r.web() + "/tree/" + escapePath(name)},
		"protection": object{
			"enabled":                p != nil,
			"required_status_checks": object{"enforcement_level": level, "contexts": contexts, "checks": checks},
		},
	}, nil
}

func (req *request) protection() (string, *Protection, error) {
	name, err := req.branch()
	if err != nil {
		return "", nil, err
	}
	p := req.repo.protections[name]
	if p == nil {
		return "", nil, refuse(http.StatusNotFound, "Branch not protected")
	}
	return req.repo.api() + "/branches/" + escapePath(name) + "/protection", p, nil
}

func (p *Protection) checksJSON(address string) object {
	contexts, checks := checksJSON(p.Checks)
	return object{
		"url": address + "/required_status_checks", "strict": p.Strict, "contexts": contexts,
		"contexts_url": address + "/required_status_checks/contexts", "checks": checks,
	}
}

func (req *request) getProtection() (any, error) {
	address, p, err := req.protection()
	if err != nil {
		return nil, err
	}
	on := func(b bool) object { return object{"enabled": b} }
	o := object{
		"url": address, "enforce_admins": object{"url": address + "/enforce_admins", "enabled": p.EnforceAdmins},
		"required_linear_history": on(false), "allow_force_pushes": on(p.AllowForce), "allow_deletions": on(false), "block_creations": on(false),
		"required_conversation_resolution": on(false), "lock_branch": on(false), "allow_fork_syncing": on(false),
		"required_signatures": object{"url": address + "/required_signatures", "enabled": false},
	}
	if len(p.Checks) > 0 {
		o["required_status_checks"] = p.checksJSON(address)
	}
	if p.RequirePull {
		o["required_pull_request_reviews"] = object{
			"url": address + "/required_pull_request_reviews", "dismiss_stale_reviews": false, "require_code_owner_reviews": false,
			"required_approving_review_count": p.Approvals, "require_last_push_approval": false,
		}
	}
	return o, nil
}

func (req *request) getRequiredChecks() (any, error) {
	address, p, err := req.protection()
	if err != nil {
		return nil, err
	}
	if len(p.Checks) == 0 {
		return nil, refuse(http.StatusNotFound, "Required status checks not enabled")
	}
	return p.checksJSON(address), nil
}

// listBranchRules lists the active rules of a branch, which need not exist.
// Rules with the enforcement "disabled" are left out (docs: get rules for a
// branch).
func (req *request) listBranchRules() (any, error) {
	out := []object{}
	for _, rs := range req.repo.rulesFor(req.vars["branch"]) {
		for _, rule := range rs.rules() {
			o := object{"ruleset_source_type": "Repository", "ruleset_source": req.repo.fullName(), "ruleset_id": rs.ID}
			for key, value := range rule {
				o[key] = value
			}
			out = append(out, o)
		}
	}
	return page(req, out), nil
}

func (req *request) listRulesets() (any, error) {
	out := []object{}
	for _, rs := range page(req, req.repo.rulesets) {
		out = append(out, req.repo.rulesetJSON(rs, false))
	}
	return out, nil
}

func (req *request) getRuleset() (any, error) {
	for _, rs := range req.repo.rulesets {
		if rs.ID == req.number("ruleset_id") {
			return req.repo.rulesetJSON(rs, true), nil
		}
	}
	return nil, errNotFound
}
