package change

import (
	"path"
	"regexp"
	"strings"
)

// Which code the agent is: the action of a step, the workflow that a job calls,
// and what they are given. Source: GitHub Docs, "Workflow syntax", uses and
// secrets; "Reuse workflows".

// uses reads the owner, the name and the ref of an action. Another action in its
// place has no direction; a branch, which anybody with write access moves, is
// wider than a tag or a commit. Which tag or commit it is says nothing here.
func (b *scopeBuilder) uses(n *Node) {
	if n.String() == "" {
		return
	}
	action, ref, pinned := strings.Cut(n.Text, "@")
	name := strings.ToLower(action)
	b.add(scope{slot: "uses", dimension: "plugin", surface: "uses", vague: true, rules: []rule{{effect: allow, subject: "action", match: exactly, pattern: name, raw: n.Text, line: n.Line}}})
	r := rule{effect: allow, subject: "ref of the action", match: levels, raw: n.Text, line: n.Line}
	if branches[ref] || !pinned && !strings.HasPrefix(name, "./") {
		r.pattern = "a"
	}
	b.add(scope{slot: "uses", dimension: "plugin", surface: "ref", rules: []rule{r}, floor: []rule{{effect: allow, subject: "ref of the action", match: levels}}})
}

// branches are the usual names of branches that move.
var branches = set("main", "master", "develop", "development", "dev", "trunk", "next", "nightly", "edge", "canary", "HEAD")

// agentNames are words by which the name of a workflow says that it runs an agent.
var agentNames = regexp.MustCompile(`(?i)(^|[-_./])(claude|codex|gemini|copilot|opencode|aider|agent|agents|agentic|llm)([-_./]|$)`)

// callsAgent reports whether a job that calls a workflow calls one with an agent,
// in either version of the file.
func (w *workflowScopes) callsAgent(name string, job *Node) bool {
	if w.d.calls(job) {
		return true
	}
	if w.d.peer != nil {
		return w.d.peer.calls(w.d.peer.root().Get("jobs", name))
	}
	return false
}

func (d *document) calls(job *Node) bool {
	uses := job.Get("uses").String()
	if uses == "" {
		return false
	}
	if _, ok := inputsOf(uses, job.Get("with")); ok {
		return true
	}
	name, _, _ := strings.Cut(uses, "@")
	return agentNames.MatchString(strings.TrimSuffix(path.Base(name), path.Ext(name))) || strings.HasPrefix(name, "./") && d.runsAgentIn(path.Clean(name))
}

// localAgent reports whether an action of this repository runs an agent.
func (w *workflowScopes) localAgent(action string) bool {
	for _, file := range []string{"action.yml", "action.yaml"} {
		p := path.Join(action, file)
		if w.d.runsAgentIn(p) || w.d.peer != nil && w.d.peer.runsAgentIn(p) {
			return true
		}
	}
	return false
}

// runsAgentIn reports whether another file of the same side is a workflow or an
// action with an agent.
func (d *document) runsAgentIn(p string) bool {
	if d.other == nil {
		return false
	}
	o := d.other(p)
	if o == nil || o.root() == nil {
		return false
	}
	return runsAgent(o.root()) || runsAgent(o.root().Get("runs"))
}

// calledWorkflow reads what a job hands to the workflow that it calls.
func (b *scopeBuilder) calledWorkflow(job *Node, values *workflowValues) {
	b.uses(job.Get("uses"))
	secrets := job.Get("secrets")
	if secrets.String() == "inherit" {
		b.add(scope{slot: "secrets", dimension: "credential", surface: "credentials", rules: []rule{{effect: allow, subject: "*", raw: "inherit", line: secrets.Line}}})
	}
	b.credentials(values.inputs(secrets), "secrets")
	with := values.inputs(job.Get("with"))
	b.credentials(with, "with")
	b.calledInputs(with)
}

// calledInputs reads the inputs of a workflow or an action of which only its own
// file tells what they do: all but the prompt, the model and the credentials are
// unknown.
func (b *scopeBuilder) calledInputs(with *Node) {
	if with == nil || with.Kind != MapNode {
		return
	}
	for i, key := range with.Keys {
		plain, v := plainKey(key), with.Items[i]
		if modelKeys[plain] || strings.HasSuffix(plain, "model") || strings.Contains(plain, "prompt") || strings.Contains(plain, "instructions") || len(secretAlternatives(v.String())) > 0 || quietInputs[key] {
			continue
		}
		text := oneLine(v)
		b.add(scope{slot: "with." + entryText(key), dimension: "tool", surface: "with " + key, single: true, rules: []rule{{effect: allow, subject: "with " + key, pattern: text, raw: key + ": " + text, line: v.Line, opaque: true}}})
	}
}

// quietInputs are inputs that say what to look at and how to show it, and give
// nothing. Source: anthropics/claude-code-action, docs/usage.md; the other
// actions' READMEs.
var quietInputs = set("prompt", "direct_prompt", "override_prompt", "custom_instructions", "system_prompt", "append_system_prompt", "prompt_file", "model", "anthropic_model", "fallback_model", "max_turns", "timeout_minutes", "mode",
	"track_progress", "use_sticky_comment", "sticky_comment", "classify_inline_comments", "include_fix_links", "branch_prefix", "branch_name_template", "bot_id", "bot_name", "display_report", "use_node_cache", "experimental_review_mode",
	"anthropic_api_key", "claude_code_oauth_token", "issue_number", "pr_number", "issue-number", "pr-number", "runs-on", "timeout", "timeout-minutes", "ref", "node-version", "repository", "title", "body", "name", "event_name", "event_path", "run_id",
	"issue_title", "issue_body", "comment_body", "additional_context", "additional-context", "context", "command", "debug", "verbose", "working-directory", "cwd")

// handledInputs are the inputs of claude-code-action that claudeAction reads.
var handledInputs = set("allowed_tools", "disallowed_tools", "mcp_config", "settings", "plugins", "plugin_marketplaces", "allowed_bots", "allowed_non_write_users", "include_comments_by_actor", "exclude_comments_by_actor", "additional_permissions",
	"claude_env", "claude_args", "show_full_output", "github_token", "trigger_phrase", "assignee_trigger", "label_trigger", "use_commit_signing", "ssh_signing_key", "prepare_script", "path_to_claude_code_executable")

// otherInputs reads the inputs of claude-code-action that nobody described here:
// what they do is unknown.
func (b *scopeBuilder) otherInputs(with *Node) {
	for i := range with.items() {
		if i >= len(with.Keys) {
			return
		}
		key, v := with.Keys[i], with.Items[i]
		if handledInputs[key] || quietInputs[key] || v.Kind == NullNode || len(secretAlternatives(v.String())) > 0 {
			continue
		}
		text := oneLine(v)
		b.add(scope{slot: "with." + entryText(key), dimension: "tool", surface: "with " + key, single: true, rules: []rule{{effect: allow, subject: "with " + key, pattern: text, raw: key + ": " + text, line: v.Line, opaque: true}}})
	}
}
