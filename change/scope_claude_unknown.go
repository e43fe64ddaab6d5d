package change

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// Settings of Claude Code that no table names, and files that it skips. Source:
// code.claude.com/docs, Settings and "All settings"; the schema at
// json.schemastore.org/claude-code-settings.json.

// quietClaudeSettings decide nothing about what an agent may do: they are about
// the terminal, the transcript and the text of commits, or are read as models,
// parameters and prompts. The value is the type that the schema asks for, where
// only one is right.
var quietClaudeSettings = map[string]NodeKind{
	"$schema": StringNode, "cleanupPeriodDays": NumberNode, "includeCoAuthoredBy": BoolNode, "includeGitInstructions": BoolNode, "attribution": 0,
	"model": StringNode, "advisorModel": StringNode, "availableModels": ListNode, "fallbackModel": 0, "modelOverrides": MapNode,
	"alwaysThinkingEnabled": BoolNode, "effortLevel": StringNode, "fastMode": BoolNode, "fastModePerSessionOptIn": BoolNode, "outputStyle": StringNode, "companyAnnouncements": ListNode,
	"spinnerTipsEnabled": BoolNode, "spinnerTipsOverride": 0, "spinnerVerbs": 0, "terminalProgressBarEnabled": BoolNode, "prefersReducedMotion": BoolNode,
	"showTurnDuration": BoolNode, "showThinkingSummaries": BoolNode, "showClearContextOnPlanAccept": BoolNode, "syntaxHighlightingDisabled": BoolNode, "awaySummaryEnabled": BoolNode,
	"autoUpdatesChannel": StringNode, "minimumVersion": StringNode, "respectGitignore": BoolNode, "feedbackSurveyRate": NumberNode, "prUrlTemplate": StringNode,
	"theme": StringNode, "editorMode": StringNode, "viewMode": StringNode, "tui": 0, "teammateMode": StringNode, "verbose": BoolNode, "voiceEnabled": BoolNode, "voice": 0,
	"autoCompactEnabled": BoolNode, "autoScrollEnabled": BoolNode, "preferredNotifChannel": StringNode, "fileCheckpointingEnabled": BoolNode,
	"statusLine.type": StringNode, "statusLine.padding": NumberNode, "statusLine.refreshInterval": NumberNode, "fileSuggestion.type": StringNode,
}

// claudeKnown are the settings that something reads, or that decide nothing.
var claudeKnown = newKnownSettings(claudeSettings, "permissions.allow permissions.ask permissions.deny enableAllProjectMcpServers hooks env mcpServers "+
	strings.Join(slices.Sorted(maps.Keys(quietClaudeSettings)), " "))

// skippedSettings says of a file that Claude Code does not read: one that is no
// plain JSON, or in which a known setting has a type that it does not take. Then
// nothing in the file holds, whatever it refuses. Source: Claude Code, the dialog
// "Settings Error": files with errors are skipped entirely; documentation, Example
// settings files: no comments.
func (b *scopeBuilder) skippedSettings(root *Node) {
	if root == nil {
		return
	}
	if b.strictJSON() {
		return
	}
	if what := wrongType(root); what != "" {
		b.skipped(what+" has a type that Claude Code does not take", 0)
	}
}

// strictJSON says of a file that is no JSON as its tool reads it, although
// editors would take it. It reports whether it did.
func (b *scopeBuilder) strictJSON() bool {
	if b.d.root() == nil || json.Valid(trimBOM(b.d.data)) {
		return false
	}
	b.skipped("the file has comments or trailing commas, which Claude Code does not read", 0)
	return true
}

func (b *scopeBuilder) skipped(why string, line int) {
	b.add(scope{slot: "file", dimension: "approval", surface: "file", rules: []rule{{effect: allow, subject: "file", pattern: "skipped: " + why, raw: "all of it is skipped: " + why, line: line, opaque: true}}})
}

// wrongType names the first known setting whose value the schema refuses.
func wrongType(root *Node) string {
	for _, key := range []string{"allow", "ask", "deny"} {
		if n := root.Get("permissions", key); n != nil && !isStringList(n) {
			return "permissions." + key
		}
	}
	for i := range claudeSettings {
		s := &claudeSettings[i]
		n := root.Get(strings.Split(s.at, ".")...)
		switch {
		case n == nil || n.Kind == NullNode || strings.HasSuffix(s.at, "*"):
		case s.kind == level && (s.values == flag || s.values == guard) && n.Kind != BoolNode,
			(s.kind == allows || s.kind == denies) && !isStringList(n):
			return s.at
		}
	}
	for _, key := range slices.Sorted(maps.Keys(quietClaudeSettings)) {
		kind := quietClaudeSettings[key]
		if n := root.Get(strings.Split(key, ".")...); kind != 0 && n != nil && n.Kind != NullNode && n.Kind != kind {
			return key
		}
	}
	return ""
}

func isStringList(n *Node) bool {
	if n.Kind != ListNode {
		return false
	}
	for _, it := range n.Items {
		if it == nil || it.Kind != StringNode {
			return false
		}
	}
	return true
}
