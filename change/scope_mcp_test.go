package change

import (
	"slices"
	"strings"
	"testing"
)

// How a server is reached. Source: modelcontextprotocol.io, Connect to local MCP
// servers; npm, docker and uv command lines; VS Code documentation, MCP
// configuration reference; anthropics/claude-code issues 17756 and 43865.
func TestServerLaunch(t *testing.T) {
	server := func(body string) string { return `{"mcpServers":{"x":{` + body + `}}}` }
	const npx, mcp, vscode = `"command":"npx","args":["-y","a@1"]`, ".mcp.json", ".vscode/mcp.json"
	wantScopes(t, []scopeRow{
		{"npx in a folder", mcp, server(npx), server(`"command":"/tmp/other/npx","args":["-y","a@1"]`), "both"},
		{"npx beside the file", mcp, server(npx), server(`"command":"./npx","args":["-y","a@1"]`), "both"},
		{"a package called x", mcp, server(npx), server(`"command":"npx","args":["-y","x","a@1"]`), "both"},
		{"a package called run", mcp, server(npx), server(`"command":"npx","args":["-y","run","a@1"]`), "both"},
		{"a package called tool", mcp, server(`"command":"uvx","args":["a==1"]`), server(`"command":"uvx","args":["tool","a==1"]`), "both"},
		{"an image called x", mcp, server(`"command":"docker","args":["run","a:1"]`), server(`"command":"docker","args":["run","x","a:1"]`), "both"},
		{"the end of flags", mcp, server(npx), server(`"command":"npx","args":["-y","--","a@1"]`), ""},
		{"words that one quote held", mcp, server(`"command":"sh","args":["-c","a b"]`), server(`"command":"sh","args":["-c","a","b"]`), "unknown"},
		{"a command beside the address", mcp, server(`"url":"https://a.com/mcp"`), server(`"url":"https://a.com/mcp","command":"sh","args":["-c","x"]`), "widens"},
		{"another folder", mcp, server(npx), server(npx + `,"cwd":"/tmp"`), "unknown"},
		{"no sandbox", vscode, `{"servers":{"x":{"command":"a","sandboxEnabled":true}}}`, `{"servers":{"x":{"command":"a"}}}`, "widens"},
		{"a debugger", vscode, `{"servers":{"x":{"command":"a"}}}`, `{"servers":{"x":{"command":"a","dev":{"debug":{"type":"node"}}}}}`, "unknown"},
		{"an input that is a command", vscode, `{"servers":{"x":{"command":"a"}}}`, `{"servers":{"x":{"command":"a"}},"inputs":[{"type":"command","id":"t","command":"c"}]}`, "unknown"},
		{"an input that is asked for", vscode, `{"servers":{"x":{"command":"a"}}}`, `{"servers":{"x":{"command":"a"}},"inputs":[{"type":"promptString","id":"t"}]}`, ""},
		{"the key that VS Code reads", vscode, `{"servers":{}}`, `{"mcpServers":{},"servers":{"x":{"command":"sh"}}}`, "widens"},
		{"a user in the address", mcp, server(`"url":"https://a.com/mcp"`), server(`"url":"https://you@a.com/mcp"`), "unknown"},
		{"Claude starts it all the same", mcp, `{"mcpServers":{}}`, server(npx + `,"disabled":true`), "widens"},
		{"and another in its place", mcp, server(npx + `,"disabled":true`), server(`"command":"sh","disabled":true`), "both"},
		{"others do not", ".cursor/mcp.json", `{"mcpServers":{}}`, server(npx + `,"disabled":true`), ""},
		{"a secret under a quiet name", mcp, server(npx), server(npx + `,"env":{"DEBUG":"${GITHUB_TOKEN}"}`), "widens"},
		{"a variable under a quiet name", mcp, server(npx), server(npx + `,"env":{"DEBUG":"${PAYLOAD}"}`), "widens"},
		{"a secret in a quiet header", mcp, server(`"url":"https://a.com"`), server(`"url":"https://a.com","headers":{"User-Agent":"${SECRET_TOKEN}"}`), "widens"},
		{"a level of logs", mcp, server(npx), server(npx + `,"env":{"LOG_LEVEL":"${LOG_LEVEL}","DEBUG":"1"}`), ""},
	})
}

// directions lists how the tool scopes of two trees differ, each way once.
func directions(t *testing.T, before, after Tree) string {
	t.Helper()
	set, err := Compare(before, after, Settings{})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, c := range set.Changes {
		if c.Kind == ToolScope {
			got = append(got, string(c.Direction))
		}
	}
	slices.Sort(got)
	return strings.Join(slices.Compact(got), " ")
}
