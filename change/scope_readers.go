package change

// scopeReaders are all readers of tool scopes, in the order of formats/tools.md.
var scopeReaders []scopeReader

func init() {
	scopeReaders = []scopeReader{
		{"claude-settings", isClaudeSettings, readClaudeSettings},
		{"claude-agent", isAgentMarkdown, readClaudeAgent},
		{"claude-command", isClaudeCommand, readClaudeCommand},
		{"claude-plugin", isClaudePlugin, readClaudePlugin},
		{"mcp", isMCPFile, readMCPFile},
		{"gemini", isGeminiSettings, readGeminiSettings},
		{"gemini-policy", isGeminiPolicy, readGeminiPolicy},
		{"codex", isCodexConfig, readCodexConfig},
		{"codex-rules", isCodexRules, readCodexRules},
		{"opencode", isOpencodeConfig, readOpencodeConfig},
		{"opencode-agent", isOpencodeAgent, readOpencodeAgent},
		{"copilot-agent", isCopilotAgent, readCopilotAgent},
		{"copilot-setup", isSetupSteps, readSetupSteps},
		{"gh-aw", isAgenticWorkflow, readAgenticWorkflow},
		{"workflow", isWorkflow, readWorkflow},
	}
}
