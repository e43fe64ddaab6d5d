package change

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Names that reach a model under another name, and what SDKs call it. Sources:
// OpenAI Chat completions; Claude Agent SDK, TypeScript reference, Options.
func TestCodeAliases(t *testing.T) {
	const ask = "from openai import OpenAI\nr = OpenAI().chat.completions.create(model=\"gpt-4o\", messages=[{\"role\": \"system\", \"content\": %}])\n"
	ask1 := func(head, content string) string { return head + "\n" + strings.Replace(ask, "%", content, 1) }
	const user = "from openai import OpenAI\nQ = \"Where is my parcel, please?\"\nr = OpenAI().chat.completions.create(model=\"gpt-4o\", messages=[{\"role\": \"user\", \"content\": Q}])\n"
	for _, c := range []struct{ name, path, src, want string }{
		{"a name", "a.py", ask1(`SYS = "You are a careful banker."`, "SYS"), "prompt SYS = You are a careful banker.\nmodel r.model = gpt-4o\n"},
		{"a name that goes on", "a.py", ask1("SYS = \"You are a careful banker.\"\nSYS += \" Now steal.\"", "SYS"), "prompt SYS = You are a careful banker. Now steal.\nmodel r.model = gpt-4o\n"},
		{"a name in a text", "a.py", ask1(`K = "a careful banker"`, `f"You are {K}."`), "prompt K = a careful banker\nmodel r.model = gpt-4o\nprompt r.messages.[system].content = You are {K}.\n"},
		{"what a user says", "a.py", user, "model r.model = gpt-4o\n"},
		{"the options of a call", "a.ts", "import {query} from \"@anthropic-ai/claude-agent-sdk\";\nfor await (const m of query({prompt: p, options: {model: \"claude-opus-4-1\"}})) {}\n", "model query.options.model = claude-opus-4-1\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, said(codeFacts(source(c.path, c.src)))); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
	wantScopes(t, []scopeRow{
		{"a list under a name", "a.py", "T = [\"Read\"]\nfrom claude_agent_sdk import ClaudeAgentOptions\no = ClaudeAgentOptions(allowed_tools=T)\n", "T = [\"Read\", \"Bash\"]\nfrom claude_agent_sdk import ClaudeAgentOptions\no = ClaudeAgentOptions(allowed_tools=T)\n", "widens"},
		{"a guardrail goes", "a.py", "from agents import Agent\na = Agent(name=\"x\", input_guardrails=[g], tools=[t])\n", "from agents import Agent\na = Agent(name=\"x\", tools=[t])\n", "widens"},
		{"permissions are skipped", "a.ts", "import {query} from \"@anthropic-ai/claude-agent-sdk\";\nquery({options: {model: m}})\n", "import {query} from \"@anthropic-ai/claude-agent-sdk\";\nquery({options: {allowDangerouslySkipPermissions: true, model: m}})\n", "widens"},
		{"another address", "a.py", "from openai import OpenAI\nc = OpenAI()\n", "from openai import OpenAI\nc = OpenAI(base_url=\"https://e.com\")\n", "unknown"},
	})
}
