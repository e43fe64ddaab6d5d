package github

import (
	"strings"

	"github.com/countersign-dev/countersign/review"
)

// Kinds of contributors.
const (
	kindHuman   = "human"
	kindBot     = "bot"
	kindAgent   = "agent"
	kindUnknown = "unknown"
)

// Coding agents, by what they leave behind. A name that is missing here costs
// nothing but the word: bots are bots anyway, and an address that belongs to
// no account is unknown.
var (
	// agentLogins are accounts, in lower case. Those with [bot] are apps, whose
	// names no person can take.
	agentLogins = map[string]bool{
		"copilot":                      true, // GitHub Copilot cloud agent, as author
		"copilot[bot]":                 true,
		"copilot-swe-agent[bot]":       true, // the same, as committer
		"claude":                       true, // account behind noreply@anthropic.com
		"claude[bot]":                  true, // Claude Code action
		"anthropic-claude[bot]":        true,
		"chatgpt-codex-connector[bot]": true, // OpenAI Codex
		"openai-codex[bot]":            true,
		"codex[bot]":                   true,
		"devin-ai-integration[bot]":    true, // Devin
		"cursor[bot]":                  true, // Cursor background agent
		"cursoragent":                  true,
		"google-labs-jules[bot]":       true, // Jules
		"gemini-code-assist[bot]":      true,
		"gemini-cli[bot]":              true,
		"amazon-q-developer[bot]":      true, // Amazon Q
		"factory-droid[bot]":           true, // Factory
		"sweep-ai[bot]":                true,
		"openhands-agent":              true, // OpenHands
		"ampcode-com[bot]":             true, // Amp
		"roomote[bot]":                 true, // Roo Code
	}
	// agentAddresses are addresses of commits and trailers, in lower case.
	agentAddresses = map[string]bool{
		"noreply@anthropic.com":   true, // Co-Authored-By: Claude <…>
		"noreply@openai.com":      true,
		"codex@openai.com":        true,
		"cursoragent@cursor.com":  true,
		"aider@aider.chat":        true,
		"noreply@aider.chat":      true,
		"openhands@all-hands.dev": true,
		"amp@ampcode.com":         true,
		"copilot@github.com":      true,
		"devin@cognition.ai":      true,
		"gemini-cli@google.com":   true,
		"jules@google.com":        true,
		"noreply@opencode.ai":     true,
		"crush@charm.land":        true,
	}
)

// kindOf says what kind of contributor an account, or an address without
// one, is.
func kindOf(u review.User, email string) string {
	switch {
	case agentAddresses[strings.ToLower(email)], u.ID != 0 && agentLogins[strings.ToLower(u.Login)]:
		return kindAgent
	case u.Type == "Bot":
		return kindBot
	case u.IsPerson():
		return kindHuman
	}
	return kindUnknown
}
