package change

import (
	"regexp"
	"slices"
	"strings"
)

// outsiderEvents are events that people without write access can cause.
var outsiderEvents = map[string]bool{
	"pull_request": true, "pull_request_target": true, "pull_request_review": true, "pull_request_review_comment": true,
	"issue_comment": true, "issues": true, "discussion": true, "discussion_comment": true,
	"workflow_run": true, "fork": true, "watch": true, "gollum": true, "commit_comment": true, "slash_command": true, "command": true,
}

// insiderEvents start a workflow too, by people with write access, by a clock or
// by other workflows.
var insiderEvents = set("push", "workflow_dispatch", "repository_dispatch", "workflow_call", "schedule", "release", "create", "delete", "deployment", "deployment_status", "label", "milestone",
	"merge_group", "check_run", "check_suite", "status", "page_build", "public", "registry_package", "branch_protection_rule")

// usualTypes are the activity types of events that a workflow without types
// listens to, where these are not all. Source: GitHub Docs, "Events that trigger
// workflows".
var usualTypes = map[string][]string{
	"pull_request": {"opened", "synchronize", "reopened"}, "pull_request_target": {"opened", "synchronize", "reopened"},
}

func onOf(root *Node) *Node {
	if on := root.Get("on"); on != nil {
		return on
	}
	return root.Get("true") // YAML 1.1 reads on as a boolean
}

// triggers reads who may start the workflow: events, their types, and the
// filters of branches and paths.
func (b *scopeBuilder) triggers(root *Node) {
	on := onOf(root)
	sc := scope{slot: "on", dimension: "audience", surface: "on"}
	add := func(event string, n *Node) {
		if !outsiderEvents[event] && !insiderEvents[event] {
			return
		}
		types := n.Get("types").Strings()
		if len(types) == 0 {
			types = usualTypes[event]
		}
		for _, kind := range types {
			sc.rules = append(sc.rules, rule{effect: allow, subject: "on " + event, match: globs, pattern: kind, raw: event + ": " + kind, line: n.Line})
		}
		if len(types) == 0 {
			sc.rules = append(sc.rules, rule{effect: allow, subject: "on " + event, match: globs, raw: event, line: n.Line})
		}
	}
	if on != nil && on.Kind == MapNode {
		for i, event := range on.Keys {
			add(event, on.Items[i])
			b.eventFilters(event, on.Items[i])
		}
	}
	for _, it := range scalars(on) {
		add(it.String(), it)
	}
	if len(sc.rules) > 0 {
		b.add(sc)
	}
}

// eventFilters reads on which branches and for which files an event counts. An
// event that the other version lacks has no filter of its own: it is new as a
// whole.
func (b *scopeBuilder) eventFilters(event string, n *Node) {
	if !outsiderEvents[event] || n == nil || n.Kind != MapNode {
		return
	}
	if b.d.peer != nil && !hasEvent(onOf(b.d.peer.root()), event) {
		return
	}
	for _, key := range []string{"branches", "paths", "branches-ignore", "paths-ignore"} {
		list := n.Get(key)
		if list == nil {
			continue
		}
		e := allow
		sc := scope{slot: "on." + event + "." + key, dimension: "audience", surface: "on " + event + " " + key, absent: allow}
		if strings.HasSuffix(key, "-ignore") {
			e, sc.def = deny, allow
		}
		for _, it := range scalars(list) {
			sc.rules = append(sc.rules, item(it, e))
		}
		b.add(sc)
	}
}

func hasEvent(on *Node, event string) bool {
	if on != nil && on.Kind == MapNode {
		return on.Has(event)
	}
	return slices.Contains(on.Strings(), event)
}

// identityWords are what a guard asks about when it decides who may start an agent.
// A label is one who may label, and a text that must hold a word is one who knows
// it.
var identityWords = regexp.MustCompile(`(?i)\b(actor|triggering_actor|author_association|sender|user\.login|author|head\.repo|head_repository|fork|permission|association|collaborator|labels?|contains|startsWith)\b`)

// guard reads an if that asks who acts. Each condition joined by && lets through
// no more than the rest alone; one in the place of another cannot be told.
// Conditions that ask something else are no change of their own.
func (b *scopeBuilder) guard(n *Node, slot string) {
	text := strings.TrimSpace(n.String())
	if inner, ok := strings.CutPrefix(text, "${{"); ok && strings.HasSuffix(inner, "}}") && strings.Count(inner, "}}") == 1 {
		text = strings.TrimSuffix(inner, "}}")
	}
	text = strings.Join(strings.Fields(text), " ")
	if text == "" {
		return
	}
	sc := scope{slot: slot, dimension: "audience", surface: slot, def: allow, absent: allow, vague: true}
	for _, part := range conjuncts(text) {
		sc.rules = append(sc.rules, rule{effect: deny, subject: "unless", pattern: part, raw: part, line: n.Line, quiet: !identityWords.MatchString(part)})
	}
	b.add(sc)
}

// conjuncts splits a condition at && outside parentheses and strings, unless
// alternatives stand beside them.
func conjuncts(text string) []string {
	var out []string
	depth, start, quoted := 0, 0, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\'':
			quoted = !quoted
		case quoted:
		case c == '(':
			depth++
		case c == ')':
			depth--
		case depth == 0 && strings.HasPrefix(text[i:], "||"):
			return []string{text}
		case depth == 0 && strings.HasPrefix(text[i:], "&&"):
			out = append(out, strings.TrimSpace(text[start:i]))
			start, i = i+2, i+1
		}
	}
	return append(out, strings.TrimSpace(text[start:]))
}

// neededGuards reads the guards of jobs that must have run before, and theirs.
func (b *scopeBuilder) neededGuards(root, job *Node) {
	seen := map[string]bool{}
	queue := job.Get("needs").Strings()
	for len(queue) > 0 && len(seen) < 64 {
		name := queue[0]
		queue = queue[1:]
		if needed := root.Get("jobs", name); needed != nil && !seen[name] {
			seen[name] = true
			b.guard(needed.Get("if"), "needs."+entryText(name)+".if")
			queue = append(queue, needed.Get("needs").Strings()...)
		}
	}
}
