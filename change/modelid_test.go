package change

import (
	"strings"
	"testing"
)

func TestIsModelID(t *testing.T) {
	for _, s := range strings.Fields(`gpt-4 gpt-4o gpt-4o-mini-2024-07-18 gpt-35-turbo gpt-3.5-turbo gpt-5.2-codex gpt-oss-20b openai/gpt-4o openai:gpt-4o
		azure/gpt-4o chatgpt-4o-latest o1 o3-mini o4-mini-deep-research o1-2024-12-17 codex-mini-latest text-embedding-3-small
		text-embedding-ada-002 text-embedding-004 text-davinci-003 dall-e-3 whisper-1 tts-1-hd
		claude-3-5-sonnet-20241022 claude-sonnet-4-5 claude-opus-4-6[1m] claude-instant-1.2 claude-2.1 claude-fable-5 anthropic/claude-3-opus
		anthropic.claude-v2:1 us.anthropic.claude-sonnet-4-20250514-v1:0 claude-3-5-sonnet@20240620 claude-3-7-sonnet-latest
		arn:aws:bedrock:us-east-1::foundation-model/amazon.titan-embed-text-v2:0
		arn:aws:bedrock:us-west-2:123456789012:inference-profile/us.anthropic.claude-3-haiku-20240307-v1:0
		gemini-2.5-pro gemini-pro gemini-flash-latest gemini-embedding-001 vertexai/gemini-2.0-flash-001 models/gemini-1.5-pro gemini-2.5-pro-preview-05-06
		gemma3:4b ai/gemma3:4B-Q4_0 ai/qwen3:latest imagen-3.0-generate-002 veo-3 embedding-001 text-bison@001
		llama3.1 llama-3.3-70b-versatile meta.llama3-70b-instruct-v1:0 meta-llama/Llama-3.1-8B-Instruct meta/llama-3.1-8b-instruct codellama:7b
		mistral-large-latest mixtral-8x7b-32768 codestral-2405 mistralai/Mistral-7B-Instruct-v0.2 open-mistral-7b qwen2.5-coder:7b qwen3:1.7b Qwen/Qwen2.5-72B-Instruct
		deepseek-chat deepseek-r1:7b deepseek-ai/DeepSeek-V3 grok-4 grok-code-fast-1 command-r-plus command-r command-a-03-2025 phi-3-mini phi4
		amazon.nova-pro-v1:0 nova-lite kimi-k2 moonshotai/kimi-k2-instruct glm-4.6 granite3.1-dense granite-3-8b-instruct sonar-pro
		nomic-embed-text bge-m3 BAAI/bge-small-en-v1.5 sentence-transformers/all-MiniLM-L6-v2 voyage-3 @cf/meta/llama-3-8b-instruct
		accounts/fireworks/models/llama-v3p1-8b-instruct sfdc_ai__DefaultOpenAIGPT4OmniMini openrouter/anthropic/claude-3.5-sonnet`) {
		if !isModelID(s) {
			t.Errorf("isModelID(%q) = false", s)
		}
	}
	for _, s := range []string{
		"", "haiku", "sonnet", "opus", "sonar", "mistral", "gemini", "claude", "gpt-", "gpt-4*", "claude-", "claude-3-", "gpt", "openai",
		"a haiku about claude-3", "command-r to reload", "use gpt-4", "gpt-4.md", "prompts/claude-3.txt", "./llama-3", "/models/llama-3",
		"@anthropic-ai/claude-code", "anthropics/claude-code-action@v1", "claude-code-action", "claude-code-2.0.1", "claude-agent-sdk",
		"google-github-actions/run-gemini-cli@v0", "gemini-cli", "gemini-api-key", "gemini-review", "gpt-engineer", "gpt-researcher",
		"llama-index", "llama-cpp-python", "llama_index", "deepseek", "grok", "qwen", "phi2", "phi", "o11", "o3d", "o1-foo", "codex-action",
		"2024-08-01-preview", "resnet50", "https://example.com/gpt-4", "whisper", "command-line", "command-run", "nova-scotia", "sonar-scanner",
		"embed-code", "titan-server", "granite-countertops", "solar-panel", "gemini-progress", "gemini-expert", "falcon", "gpt-4 turbo", "${MODEL}", "model",
	} {
		if isModelID(s) {
			t.Errorf("isModelID(%q) = true", s)
		}
	}
}

func TestModelStep(t *testing.T) {
	for _, tt := range []struct {
		before, after string
		want          Step
	}{
		{"gpt-4o", "gpt-4o", ""},
		{"claude-sonnet-4-5", "claude-sonnet-4-6", StepVersion},
		{"claude-3-5-sonnet-20241022", "claude-sonnet-4-20250514", StepVersion},
		{"claude-sonnet-4-5", "claude-opus-4-5", StepFamily},
		{"gpt-4o", "gpt-4o-mini", StepFamily},
		{"gpt-3.5-turbo", "gpt-4", StepVersion},
		{"gpt-4o", "claude-sonnet-4-5", StepProvider},
		{"azure/gpt-4o", "openai/gpt-4o", StepProvider},
		{"gpt-4o-2024-08-06", "gpt-4o", StepFloating},
		{"gpt-4o", "gpt-4o-2024-08-06", StepPinned},
		{"gpt-4o-2024-05-13", "gpt-4o-2024-08-06", StepVersion},
		{"claude-3-5-sonnet-20241022", "claude-3-7-sonnet-latest", StepFloating},
		{"claude-3-5-sonnet-latest", "claude-3-5-sonnet-20241022", StepPinned},
		{"claude-sonnet-4-5-20250929", "claude-sonnet-4-6", StepVersion},
		{"sonnet", "opus", StepFamily},
		{"opus", "claude-opus-4-6", StepPinned},
		{"gemini-2.0-flash", "gemini-2.0-flash-001", StepPinned},
		{"gemini-2.5-pro-preview-03-25", "gemini-2.5-pro-preview-05-06", StepVersion},
		{"gemini-1.5-flash-002", "gemini-2.0-flash-001", StepVersion},
		{"gemini-2.5-flash", "gemini-flash-latest", StepFloating},
		{"gpt-4-0613", "gpt-4-1106-preview", StepVersion},
		{"qwen3:8b", "qwen3:1.7b", StepFamily},
		{"Claude Sonnet 4 (copilot)", "Claude Sonnet 4.5 (copilot)", StepVersion},
		{"GPT-4.1 (copilot)", "Claude Sonnet 4.5 (copilot)", StepProvider},
		{"anthropic.claude-v2", "anthropic.claude-3-5-sonnet-20241022-v2:0", StepFamily},
		{"us.anthropic.claude-sonnet-4-20250514-v1:0", "eu.anthropic.claude-sonnet-4-20250514-v1:0", StepVersion},
		{"house-deployment", "other-deployment", StepFamily},
	} {
		if got := modelStep(tt.before, tt.after); got != tt.want {
			t.Errorf("modelStep(%q, %q) = %q, want %q (%+v → %+v)", tt.before, tt.after, got, tt.want, parseModelID(tt.before), parseModelID(tt.after))
		}
	}
}

func FuzzModelID(f *testing.F) {
	f.Add("us.anthropic.claude-sonnet-4-20250514-v1:0")
	f.Add("arn:aws:bedrock:::foundation-model/")
	f.Add("@cf/:[")
	f.Fuzz(func(t *testing.T, s string) {
		isModelID(s)
		parseModelID(s)
		if modelStep(s, s) != "" {
			t.Errorf("a step from %q to itself", s)
		}
	})
}

func BenchmarkIsModelID(b *testing.B) {
	for b.Loop() {
		isModelID("us.anthropic.claude-sonnet-4-20250514-v1:0")
		isModelID("some ordinary string in a file")
		isModelID("src/components/Button.tsx")
	}
}
