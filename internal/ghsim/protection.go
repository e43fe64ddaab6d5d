package ghsim

import (
	"fmt"
	"net/http"
	"path"
)

// A Check is a required check. AppID 0 takes any source.
type Check struct {
	Context string
	AppID   int64
}

// Protection is the classic protection of one branch.
type Protection struct {
	Checks        []Check
	Strict        bool // the head must contain the base
	RequirePull   bool // no direct pushes
	Approvals     int  // approving reviews that are needed
	EnforceAdmins bool
	AllowForce    bool
}

// Protect replaces the classic protection of a branch.
// Event: branch_protection_rule.created or edited.
func (r *Repo) Protect(by *User, branch string, p Protection) {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	action, old := "created", r.protections[branch]
	r.protections[branch] = &p
	payload := object{"rule": r.ruleJSON(branch, p)}
	if old != nil {
		action, payload["changes"] = "edited", object{}
	}
	r.s.emit(r, "branch_protection_rule", action, by, payload)
}

// Unprotect removes it. Event: branch_protection_rule.deleted. Auto-merges that
// waited for it fire.
func (r *Repo) Unprotect(by *User, branch string) error {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	p := r.protections[branch]
	if p == nil {
		return errNotFound
	}
	delete(r.protections, branch)
	r.s.emit(r, "branch_protection_rule", "deleted", by, object{"rule": r.ruleJSON(branch, *p)})
	return r.s.settle(r)
}

// A Ruleset is a branch ruleset of the repository.
type Ruleset struct {
	ID           int64    // set by AddRuleset
	Name         string   // "main" if empty
	Include      []string // "~DEFAULT_BRANCH" (if empty), "~ALL", "refs/heads/release/*"
	Checks       []Check
	Strict       bool
	RequirePull  bool
	Approvals    int
	BlockForce   bool
	BypassAdmins bool
	Disabled     bool
	Queue        *QueueRule       // nil: no merge queue
	Extra        []map[string]any // further rules as they appear in answers, such as {"type": "merge_queue"}
}

// AddRuleset adds a ruleset and returns its id. Event: repository_ruleset.created.
func (r *Repo) AddRuleset(by *User, rs Ruleset) int64 {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	rs.ID = r.s.id("ruleset")
	if rs.Name == "" {
		rs.Name = "main"
	}
	if len(rs.Include) == 0 {
		rs.Include = []string{"~DEFAULT_BRANCH"}
	}
	r.rulesets = append(r.rulesets, &rs)
	r.s.emit(r, "repository_ruleset", "created", by, object{"repository_ruleset": r.rulesetJSON(&rs, true)})
	return rs.ID
}

// RemoveRuleset removes one. Event: repository_ruleset.deleted.
func (r *Repo) RemoveRuleset(by *User, id int64) error {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	for _, rs := range r.rulesets {
		if rs.ID == id {
			r.rulesets = without(r.rulesets, rs)
			r.s.emit(r, "repository_ruleset", "deleted", by, object{"repository_ruleset": r.rulesetJSON(rs, true)})
			return r.s.settle(r)
		}
	}
	return errNotFound
}

func (r *Repo) rulesFor(branch string) []*Ruleset {
	var list []*Ruleset
	for _, rs := range r.rulesets {
		if !rs.Disabled && rs.covers(r, branch) {
			list = append(list, rs)
		}
	}
	return list
}

func (rs *Ruleset) covers(r *Repo, branch string) bool {
	for _, pattern := range rs.Include {
		switch pattern {
		case "~ALL":
			return true
		case "~DEFAULT_BRANCH":
			if branch == r.main {
				return true
			}
		default:
			if ok, _ := path.Match(pattern, "refs/heads/"+branch); ok { // fnmatch with FNM_PATHNAME, as GitHub uses
				return true
			}
		}
	}
	return false
}

// A gate is what protection and rulesets ask of a branch, together.
type gate struct {
	checks      []Check
	strict      bool
	requirePull bool
	approvals   int
	blockForce  bool
}

// gate unites what binds; for an administrator who overrides, what does not
// let administrators past.
func (r *Repo) gate(branch string, override bool) gate {
	var g gate
	if p := r.protections[branch]; p != nil && (!override || p.EnforceAdmins) {
		g = gate{append([]Check(nil), p.Checks...), p.Strict, p.RequirePull, p.Approvals, !p.AllowForce}
	}
	for _, rs := range r.rulesFor(branch) {
		if override && rs.BypassAdmins {
			continue
		}
		g.checks = append(g.checks, rs.Checks...)
		g.strict = g.strict || rs.Strict
		g.requirePull = g.requirePull || rs.RequirePull
		g.approvals = max(g.approvals, rs.Approvals)
		g.blockForce = g.blockForce || rs.BlockForce
	}
	return g
}

func (r *Repo) protected(branch string) bool {
	return r.protections[branch] != nil || len(r.rulesFor(branch)) > 0
}

// mayPush refuses a push that protection forbids. Without "require a pull
// request", a commit whose required checks are green may be pushed straight to
// the branch (docs: about protected branches).
func (r *Repo) mayPush(branch, sha string, forced bool) error {
	g := r.gate(branch, false)
	switch {
	case forced && g.blockForce:
		return refuse(http.StatusUnprocessableEntity, "Cannot force-push to this branch")
	case r.queueRule(branch) != nil && r.heads[branch] != "":
		return refuse(http.StatusUnprocessableEntity, "Changes must be made through the merge queue")
	case g.requirePull && r.heads[branch] != "":
		return refuse(http.StatusUnprocessableEntity, "Changes must be made through a pull request.")
	}
	for _, c := range g.checks {
		if state := r.checkState(sha, c); state != "" && r.heads[branch] != "" {
			return refuse(http.StatusUnprocessableEntity, "Required status check %q is %s.", c.Context, state)
		}
	}
	return nil
}

// checkState says what keeps a required check from being met on a commit:
// "expected", "pending", "failing", or "" when it is met. success, neutral and
// skipped meet it; the newest run of that name by that app decides, and if a
// status of that name was set too, both must pass (docs: troubleshooting
// required status checks).
func (r *Repo) checkState(sha string, c Check) string {
	state := "expected"
	for _, run := range r.runs[sha] { // oldest first: the last one stays
		if run.Name != c.Context || (c.AppID > 0 && run.AppID != c.AppID) {
			continue
		}
		switch {
		case run.Status != "completed":
			state = "pending"
		case run.Conclusion == "success" || run.Conclusion == "neutral" || run.Conclusion == "skipped":
			state = ""
		default:
			state = "failing"
		}
	}
	if c.AppID > 0 || state == "pending" || state == "failing" {
		return state
	}
	for _, st := range r.statuses[sha] {
		if st["context"] != c.Context {
			continue
		}
		switch st["state"] {
		case "success":
			state = ""
		case "pending":
			state = "pending"
		default:
			state = "failing"
		}
	}
	return state
}

// checksJSON are required checks as branches and protection carry them.
func checksJSON(list []Check) (contexts []string, checks []object) {
	contexts, checks = []string{}, []object{}
	for _, c := range list {
		o := object{"context": c.Context, "app_id": nil}
		if c.AppID != 0 {
			o["app_id"] = c.AppID
		}
		contexts, checks = append(contexts, c.Context), append(checks, o)
	}
	return contexts, checks
}

// ruleJSON is a classic rule as branch_protection_rule deliveries carry it.
func (r *Repo) ruleJSON(branch string, p Protection) object {
	contexts, _ := checksJSON(p.Checks)
	level := func(on bool) string {
		if on {
			return "everyone"
		}
		return "off"
	}
	return object{
		"id": 20_000 + r.id, "repository_id": r.id, "name": branch, "created_at": stamp(r.s.now()), "updated_at": stamp(r.s.now()),
		"admin_enforced": p.EnforceAdmins, "required_status_checks": contexts, "required_status_checks_enforcement_level": level(len(p.Checks) > 0),
		"strict_required_status_checks_policy": p.Strict, "pull_request_reviews_enforcement_level": level(p.RequirePull),
		"required_approving_review_count": p.Approvals, "allow_force_pushes_enforcement_level": level(p.AllowForce),
		"allow_deletions_enforcement_level": "off", "authorized_actors_only": false, "authorized_actor_names": []any{},
		"authorized_dismissal_actors_only": false, "dismiss_stale_reviews_on_push": false, "ignore_approvals_from_contributors": false,
		"linear_history_requirement_enforcement_level": "off", "merge_queue_enforcement_level": "off", "require_code_owner_review": false,
		"required_conversation_resolution_level": "off", "required_deployments_enforcement_level": "off",
		"signature_requirement_enforcement_level": "off", "lock_allows_fork_sync": false, "lock_branch_enforcement_level": "off",
		"create_protected": false, "require_last_push_approval": false,
	}
}

// rules are a ruleset's rules as GET /rules/branches and /rulesets carry them.
func (rs *Ruleset) rules() []object {
	list := []object{}
	if len(rs.Checks) > 0 {
		checks := []object{}
		for _, c := range rs.Checks {
			o := object{"context": c.Context}
			if c.AppID != 0 {
				o["integration_id"] = c.AppID
			}
			checks = append(checks, o)
		}
		list = append(list, object{"type": "required_status_checks", "parameters": object{
			"strict_required_status_checks_policy": rs.Strict, "do_not_enforce_on_create": false, "required_status_checks": checks,
		}})
	}
	if rs.RequirePull {
		list = append(list, object{"type": "pull_request", "parameters": object{
			"required_approving_review_count": rs.Approvals, "dismiss_stale_reviews_on_push": false, "require_code_owner_review": false,
			"require_last_push_approval": false, "required_review_thread_resolution": false, "allowed_merge_methods": []string{"merge", "squash", "rebase"},
		}})
	}
	if rs.BlockForce {
		list = append(list, object{"type": "non_fast_forward"})
	}
	if rs.Queue != nil {
		list = append(list, rs.Queue.json())
	}
	for _, extra := range rs.Extra {
		list = append(list, extra)
	}
	return list
}

// rulesetJSON is a ruleset; the list leaves out rules and conditions. Who may
// bypass is told only to those who may write the ruleset, so never here
// (docs: REST API endpoints for rules).
func (r *Repo) rulesetJSON(rs *Ruleset, whole bool) object {
	enforcement := "active"
	if rs.Disabled {
		enforcement = "disabled"
	}
	o := object{
		"id": rs.ID, "name": rs.Name, "target": "branch", "source_type": "Repository", "source": r.fullName(), "enforcement": enforcement,
		"node_id": fmt.Sprintf("RRS_%d", rs.ID), "created_at": stamp(r.created), "updated_at": stamp(r.created),
		"_links": object{"self": object{"href": fmt.Sprintf("%s/rulesets/%d", r.api(), rs.ID)}, "html": object{"href": fmt.Sprintf("%s/rules/%d", r.web(), rs.ID)}},
	}
	if whole {
		o["conditions"] = object{"ref_name": object{"include": rs.Include, "exclude": []any{}}}
		o["rules"] = rs.rules()
		o["current_user_can_bypass"] = "never"
	}
	return o
}
