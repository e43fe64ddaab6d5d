package change

// scopeReaders are all readers of tool scopes.
var scopeReaders []scopeReader

func init() {
	scopeReaders = []scopeReader{
		{"claude-settings", isClaudeSettings, readClaudeSettings},
		{"claude-agent", isAgentMarkdown, readClaudeAgent},
		{"claude-command", isClaudeCommand, readClaudeCommand},
		{"claude-plugin", isClaudePlugin, readClaudePlugin},
		{"mcp", isMCPFile, readMCPFile},
		{"cursor", isCursorPermissions, readCursorPermissions},
		{"vscode", isVSCodeSettings, readVSCodeSettings},
		{"gemini", isGeminiSettings, readGeminiSettings},
		{"gemini-policy", isGeminiPolicy, readGeminiPolicy},
		{"codex", isCodexConfig, readCodexConfig},
		{"codex-rules", isCodexRules, readCodexRules},
		{"opencode", isOpencodeConfig, readOpencodeConfig},
		{"opencode-agent", isOpencodeAgent, readOpencodeAgent},
		{"copilot-agent", isCopilotAgent, readCopilotAgent},
		{"copilot-setup", isSetupSteps, readSetupSteps},
		{"q-agent", isQAgent, readQAgent},
		{"goose", isGoose, readGoose},
		{"continue", isContinue, readContinue},
		{"workflow", isWorkflow, readWorkflow},
		{"gh-aw", isAgenticWorkflow, readAgenticWorkflow},
		{"cagent", isCagent, readCagent},
		{"kagent", isKagent, readKagent},
		{"adk", isADK, readADK},
		{"foundry", isFoundry, readFoundry},
		{"crewai", isCrewAgents, readCrewAgents},
		{"langgraph", isLangGraph, readLangGraph},
		{"m365", isDeclarativeAgent, readDeclarativeAgent},
		{"copilot-studio", isCopilotStudio, readCopilotStudio},
		{"agentforce", isAgentforce, readAgentforce},
		{"terraform", isTerraformScope, readTerraformScope},
		{"cloudformation", isCloudFormationScope, readCloudFormationScope},
		{"rbac", isRBAC, readRBAC},
		{"plugin-manifest", isPluginManifest, readPluginManifest},
		{"openapi", isAction, readAction},
		{"a2a", isAgentCard, readAgentCard},
		{"n8n", isN8N, readN8N},
		{"dify", isDify, readDify},
		{"flowise", isFlowise, readFlowise},
		{"spiffe", isSPIFFE, readSPIFFE},
		{"rego", isAgentRego, readAgentRego},
	}
}
