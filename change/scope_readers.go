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
	}
}
