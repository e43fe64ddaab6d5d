package change

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A value under another key is another agent's, or another work's, where the
// documentation of the format names both keys.
func TestMovedBetweenKnownKeys(t *testing.T) {
	for _, c := range []struct{ name, path, before, after, want string }{
		{"to another agent", "opencode.json", `{"agent":{"a":{"model":"x/y"},"b":{}}}`, `{"agent":{"a":{},"b":{"model":"x/y"}}}`,
			"model moved opencode.json [opencode-config] agent.b.model of b: x/y → x/y\n"},
		{"to another work", ".codex/config.toml", "model=\"gpt-5\"\n", "review_model=\"gpt-5\"\n",
			"model moved .codex/config.toml [codex-config] review_model of codex: gpt-5 → gpt-5\n"},
		{"of the environment", ".claude/settings.json", `{"env":{"ANTHROPIC_MODEL":"opus"}}`, `{"env":{"ANTHROPIC_DEFAULT_HAIKU_MODEL":"opus"}}`,
			"model moved .claude/settings.json [claude-settings] env.ANTHROPIC_DEFAULT_HAIKU_MODEL of claude-code: opus → opus\n"},
		{"of how hard it thinks", ".codex/config.toml", "model_reasoning_effort=\"high\"\n", "plan_mode_reasoning_effort=\"high\"\n",
			"model_params moved .codex/config.toml [codex-config] plan_mode_reasoning_effort of codex: high → high\n"},
		{"of one item of a list", "rag.yaml", "rag: {k: {strategies: [{type: chunked, model: openai/e-3}]}}\nagents: {a: {model: x/y, instruction: z}}\n", "rag: {k: {strategies: [{type: chunked, embedding_model: openai/e-3}]}}\nagents: {a: {model: x/y, instruction: z}}\n",
			"model moved rag.yaml [cagent] rag.k.strategies[0].embedding_model of rag: openai/e-3 → openai/e-3 notice\n"},
		{"under keys of nobody", "c.yaml", "chat_model: gpt-4o\n", "chat_model_old: gpt-4o\n",
			"model moved c.yaml [app-config-yaml] chat_model_old of c: gpt-4o → gpt-4o notice\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, lines(t, MapTree{c.path: c.before}, MapTree{c.path: c.after}, Settings{})); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}
