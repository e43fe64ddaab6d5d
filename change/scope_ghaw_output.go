package change

// agenticOutputs reads the ways in which the agent's work is written back. A key
// alone turns one on.
func (b *scopeBuilder) agenticOutputs(n *Node) {
	if n == nil || n.Kind != MapNode {
		return
	}
	for i, name := range n.Keys {
		v := n.Items[i]
		slot := "safe-outputs." + entryText(name)
		if agenticGeneral[name] {
			b.agenticGeneralOutput(name, slot, v)
			continue
		}
		if v.IsFalse() {
			continue
		}
		b.add(scope{slot: slot, dimension: "output", surface: "outputs", rules: []rule{{effect: allow, subject: name, raw: name, line: v.Line}}})
		if v.Kind == MapNode {
			b.in(b.group+"#"+name, b.agent, true, func(b *scopeBuilder) {
				b.here()
				b.agenticOutput(name, slot, v)
			})
		}
	}
}

// agenticGeneral are keys of safe-outputs that are no output.
var agenticGeneral = map[string]bool{"staged": true, "github-token": true, "env": true, "allowed-domains": true, "app": true, "github-app": true, "messages": true, "footer": true, "max-patch-size": true, "runs-on": true, "jobs": true, "threat-detection": true, "mentions": true, "group-reports": true, "report-failure-as-issue": true, "steps": true, "concurrency-group": true, "environment": true, "id-token": true, "max-bot-mentions": true, "scripts": true, "noop": true, "missing-tool": true, "missing-data": true, "report-incomplete": true, "timeout-minutes": true, "allowed-github-references": true, "concurrency": true, "actions": true}

func (b *scopeBuilder) agenticGeneralOutput(name, slot string, v *Node) {
	switch name {
	case "staged":
		b.level(slot, "output", slot, guard, "false", v.String(), v.Line)
	case "threat-detection":
		switch {
		case v.IsFalse() || v.Get("enabled").IsFalse():
			b.level(slot, "output", slot, guard, "true", "false", v.Line)
		case v.Kind == MapNode:
			b.add(scope{slot: slot, dimension: "output", surface: slot + " options", rules: []rule{{effect: allow, subject: slot, pattern: oneLine(v), raw: oneLine(v), line: v.Line, opaque: true}}})
		}
	case "github-token", "app", "github-app", "env", "environment", "id-token":
		b.add(scope{slot: slot, dimension: "credential", surface: slot, vague: true, rules: []rule{{effect: allow, subject: slot, pattern: oneLine(v), raw: name + ": " + oneLine(v), line: v.Line}}})
	case "allowed-domains":
		b.add(hostScope(slot, slot, v, allow))
	case "jobs", "scripts", "actions":
		for i, job := range v.Keys {
			b.add(scope{slot: slot + "." + entryText(job), dimension: "output", surface: "output jobs " + job, vague: true, rules: []rule{{effect: allow, subject: job, pattern: oneLine(v.Items[i]), raw: job, line: v.Items[i].Line}}})
		}
	}
}

// agenticOutputDefault is the documented number of items of an output.
var agenticOutputDefault = map[string]string{"create-issue": "1", "add-comment": "1", "add-issue-comment": "1", "create-pull-request": "1", "add-labels": "3", "remove-labels": "3", "update-issue": "1", "create-discussion": "1", "close-issue": "1", "push-to-pull-request-branch": "1", "push-to-pr-branch": "1", "create-pull-request-review-comment": "10", "assign-to-agent": "1", "assign-milestone": "1"}

// agenticOutput reads the bounds of one output. Lists of what is allowed
// restrict: without one, anything is.
func (b *scopeBuilder) agenticOutput(name, slot string, v *Node) {
	for i, key := range v.Keys {
		n := v.Items[i]
		at := slot + "." + entryText(key)
		set := func(list *Node, def, absent, e effect, m matcher) {
			sc := scope{slot: at, dimension: "output", surface: key, def: def, absent: absent}
			for _, it := range scalars(list) {
				r := rule{effect: e, subject: key, match: m, pattern: it.String(), raw: it.String(), line: it.Line}
				if m == files {
					r.pattern = filePattern(it.String())
				} else if r.pattern == "*" {
					r.pattern = ""
				}
				sc.rules = append(sc.rules, r)
			}
			b.add(sc)
		}
		switch key {
		case "max":
			b.number(at, "output", key, n, agenticOutputDefault[name])
		case "allowed", "allowed-labels", "required-labels", "allowed-events", "allowed-reasons", "allowed-agents", "base-branches", "allowed-branches", "required-title-prefix", "allowed-base-branches":
			set(n, deny, allow, allow, globs)
		case "allowed-files":
			set(n, deny, allow, allow, files)
		case "blocked":
			set(n, allow, allow, deny, globs)
		case "allowed-repos", "target-repo":
			set(n, deny, deny, allow, globs)
		case "protected-files":
			value := n.String()
			if n.Kind == MapNode {
				value = n.Get("policy").String()
			}
			b.level(at, "output", key, "blocked= request_review=a fallback-to-issue=a allowed=ab", "blocked", value, n.Line)
		case "target":
			b.level(at, "output", key, "triggering= *=a", "triggering", n.String(), n.Line)
		case "draft":
			b.level(at, "output", key, guard, "true", n.String(), n.Line)
		case "staged":
			b.level(at, "output", key, guard, "false", n.String(), n.Line)
		case "close-older-issues", "close-older-discussions", "hide-older-comments", "auto-merge", "allow-empty", "fallback-as-issue", "discussions", "pull-requests", "issues", "update-branch", "ignore-missing-branch-failure":
			absent := "false"
			if key == "fallback-as-issue" || key == "issues" || key == "pull-requests" || key == "discussions" {
				absent = "true"
			}
			b.level(at, "output", key, flag, absent, n.String(), n.Line)
		case "github-token", "github-token-for-extra-empty-commit", "app", "github-app":
			b.add(scope{slot: at, dimension: "credential", surface: key, vague: true, rules: []rule{{effect: allow, subject: key, pattern: oneLine(n), raw: key + ": " + oneLine(n), line: n.Line}}})
		case "title-prefix":
			// only what a title begins with
		case "labels", "status", "title", "body", "assignees", "reviewers", "operation":
		}
	}
}

// number adds a setting of one number of which more is wider.
func (b *scopeBuilder) number(slot, dimension, surface string, n *Node, absent string) {
	r := numberRule(surface, n.String())
	r.raw, r.line = lastKey(slot)+": "+n.String(), n.Line
	sc := scope{slot: slot, dimension: dimension, surface: surface, single: true, rules: []rule{r}, absent: allow}
	if absent != "" {
		sc.absent, sc.floor = deny, []rule{numberRule(surface, absent)}
	}
	b.add(sc)
}
