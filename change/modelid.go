package change

import "strings"

// A modelID is a model's name taken apart. The parts are lower case.
type modelID struct {
	route    string // the service that a prefix names: openai, azure, bedrock, openrouter; "" when there is none
	provider string // who made the model: openai, anthropic, google; "" when unknown
	family   string // name and tier without numbers: claude-sonnet, gpt-mini, llama-8b
	version  string // 4.5; "" when the name has none
	date     string // a dated or numbered snapshot: 20250929, 2024-08-06, 0613, 002; "" when there is none
	floating bool   // the name says itself that it moves: -latest, @default, a bare tier such as opus
}

// isModelID reports whether s as a whole is the name of a language, embedding,
// image or speech model, with or without a provider's prefix.
//
// It goes by the name alone, so it is strict: prose, file names, packages,
// action references, wildcards and prefixes such as "gpt-" are none, and
// neither are bare words that mean other things as well (haiku, sonar, phi2).
// In a slot that is known to hold a model every string counts; this grammar is
// for all other places.
func isModelID(s string) bool {
	_, name, ok := splitModelID(s)
	if !ok {
		return false
	}
	_, ok = modelFamily(name)
	return ok
}

// parseModelID takes the name of a model apart. It accepts what isModelID
// rejects, such as display names ("Claude Sonnet 4.5 (copilot)") and tiers
// (opus), because it is asked about values of known slots.
func parseModelID(s string) modelID {
	s = strings.ToLower(strings.Trim(strings.TrimSpace(s), "\"'`"))
	if i := strings.IndexByte(s, '('); i > 0 {
		s = s[:i]
	}
	s = strings.ReplaceAll(strings.TrimSpace(s), " ", "-")
	if i := strings.IndexByte(s, '['); i > 0 { // claude-opus-4-6[1m]: a context window
		s = s[:i]
	}
	if maker, ok := modelTiers[s]; ok {
		return modelID{provider: "anthropic", family: maker, floating: true}
	}
	route, name, ok := splitModelID(s)
	if !ok {
		route, name = "", s
	}
	id := modelID{route: route}
	id.provider, _ = modelFamily(name)
	if id.provider == "" {
		id.provider = modelMakers[route]
	}
	id.takeTokens(name)
	return id
}

// modelTiers are aliases of Claude Code, which names tiers instead of models.
// Source: Claude Code documentation, Model configuration.
var modelTiers = map[string]string{
	"opus": "claude-opus", "sonnet": "claude-sonnet", "haiku": "claude-haiku", "fable": "claude-fable",
	"opusplan": "claude-opusplan", "best": "claude-best",
}

// modelStep classifies the step from one model to another. Both are values of
// the same slot inside the repository. The farthest kind of step wins, except
// that a name which moves by itself outranks a change of version.
func modelStep(before, after string) Step {
	if before == after {
		return ""
	}
	b, a := parseModelID(before), parseModelID(after)
	switch {
	case b.provider != a.provider && b.provider != "" && a.provider != "":
		return StepProvider
	case b.route != a.route && b.route != "" && a.route != "":
		return StepProvider
	case b.family != a.family:
		return StepFamily
	case b.date != "" && a.date == "" && (a.floating || b.version == a.version):
		return StepFloating
	case !b.floating && a.floating:
		return StepFloating
	case b.date == "" && a.date != "" && (b.floating || b.version == a.version):
		return StepPinned
	case b.floating && !a.floating:
		return StepPinned
	}
	return StepVersion
}

// splitModelID takes quotes, service prefixes, regions and resource names off
// a model's name. ok is false when s cannot be a model's name at all.
func splitModelID(s string) (route, name string, ok bool) {
	s = strings.Trim(s, "\"'`")
	if len(s) < 2 || len(s) > 256 || strings.Contains(s, "://") {
		return "", "", false
	}
	if !modelCharacters(s) {
		return "", "", false
	}
	s = strings.ToLower(s)
	if rest, isARN := strings.CutPrefix(s, "arn:"); isARN {
		return splitBedrockARN(rest)
	}
	if hasFileExtension(s) {
		return "", "", false
	}
	if strings.HasPrefix(s, "@") {
		if !strings.HasPrefix(s, "@cf/") && !strings.HasPrefix(s, "@hf/") { // Workers AI; anything else is a package
			return "", "", false
		}
		s = s[1:]
	}
	if i := strings.IndexByte(s, ':'); i > 0 && modelRoutes[s[:i]] {
		route, s = s[:i], s[i+1:]
	}
	if i := strings.LastIndexByte(s, '/'); i >= 0 {
		if s[0] == '/' || s[0] == '.' || s[0] == '~' || strings.Count(s, "/") > 8 {
			return "", "", false
		}
		if first := s[:strings.IndexByte(s, '/')]; modelRoutes[first] && route == "" {
			route = first
		}
		s = s[i+1:]
	}
	s = stripRegion(s)
	if s == "" || strings.HasSuffix(s, "-") || strings.HasSuffix(s, ".") || strings.HasSuffix(s, ":") {
		return "", "", false // a prefix to compare with
	}
	if i := strings.IndexByte(s, '@'); i >= 0 && !modelRevision(s[i+1:]) {
		return "", "", false // an action or a package
	}
	return route, s, true
}

// splitBedrockARN reads arn:aws:bedrock:region:account:foundation-model/id.
// Source: Amazon Bedrock, Resource types.
func splitBedrockARN(s string) (route, name string, ok bool) {
	parts := strings.SplitN(s, ":", 5)
	if len(parts) < 5 || parts[1] != "bedrock" {
		return "", "", false
	}
	kind, id, found := strings.Cut(parts[4], "/")
	if !found || !modelCharacters(id) {
		return "", "", false
	}
	switch kind {
	case "foundation-model", "inference-profile", "custom-model", "provisioned-model", "imported-model", "application-inference-profile":
		return "bedrock", stripRegion(id), id != ""
	}
	return "", "", false
}

// stripRegion takes Bedrock's region and vendor off: us.anthropic.claude-… .
func stripRegion(s string) string {
	for _, region := range []string{"us.", "eu.", "apac.", "global.", "jp.", "au.", "us-gov."} {
		if rest, ok := strings.CutPrefix(s, region); ok && strings.Contains(rest, ".") {
			s = rest
			break
		}
	}
	if i := strings.IndexByte(s, '.'); i > 0 && bedrockVendors[s[:i]] {
		return s[i+1:]
	}
	return s
}

var bedrockVendors = map[string]bool{
	"anthropic": true, "meta": true, "amazon": true, "mistral": true, "cohere": true, "ai21": true, "stability": true,
	"deepseek": true, "qwen": true, "openai": true, "google": true, "nvidia": true, "moonshot": true, "minimax": true,
	"moonshotai": true, "zai": true, "luma": true, "writer": true, "twelvelabs": true,
}

func modelCharacters(s string) bool {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9':
		case c == '-' || c == '.' || c == '_' || c == ':' || c == '/' || c == '@' || c == '[' || c == ']':
		case 'A' <= c && c <= 'Z':
		default:
			return false
		}
	}
	return true
}

// hasFileExtension tells the name of a file from a version with a point.
// Weights (.gguf) are models.
func hasFileExtension(s string) bool {
	i := strings.LastIndexByte(s, '.')
	if i < 0 || len(s)-i > 7 {
		return false
	}
	switch s[i+1:] {
	case "md", "mdx", "mdc", "txt", "py", "js", "ts", "jsx", "tsx", "mjs", "cjs", "go", "rs", "cs", "java", "kt", "rb", "php", "sh",
		"json", "jsonc", "jsonl", "yml", "yaml", "toml", "xml", "html", "css", "csv", "svg", "png", "jpg", "jpeg", "webp", "gif", "ico",
		"pdf", "ipynb", "lock", "log", "tf", "tfvars", "prompt", "prompty", "baml", "zip", "tgz", "com", "io", "dev", "org", "net", "whl", "wav", "mp3", "mp4":
		return true
	}
	return false
}

// modelRevision says whether what follows an @ is a revision of a model as
// Vertex AI writes it (@20240620, @001, @default) or Mux-like tags (@latest).
func modelRevision(s string) bool {
	if s == "latest" || s == "default" {
		return true
	}
	return len(s) >= 3 && allDigits(s)
}

func allDigits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// modelRoutes are prefixes that name the service a request is sent to, as
// LiteLLM, the Vercel AI SDK, LangChain's init_chat_model, Genkit and Docker
// write them.
var modelRoutes = map[string]bool{
	"openai": true, "azure": true, "azure_ai": true, "azure-openai": true, "azure_openai": true, "anthropic": true, "bedrock": true,
	"bedrock_converse": true, "vertex_ai": true, "vertexai": true, "vertex": true, "google": true, "googleai": true, "gemini": true,
	"google-genai": true, "google_genai": true, "google_vertexai": true, "google-vertex": true, "google-gla": true, "google-ai": true,
	"groq": true, "mistral": true, "mistralai": true, "ollama": true, "ollama_chat": true, "openrouter": true, "together_ai": true,
	"together": true, "fireworks": true, "fireworks_ai": true, "deepseek": true, "xai": true, "huggingface": true, "github_copilot": true,
	"github-copilot": true, "github-models": true, "github": true, "dmr": true, "nvidia_nim": true, "nvidia": true, "litellm_proxy": true,
	"litellm": true, "cohere": true, "perplexity": true, "cerebras": true, "sambanova": true, "replicate": true, "databricks": true,
	"watsonx": true, "sagemaker": true, "amazon-bedrock": true, "hosted_vllm": true, "vllm": true, "lm_studio": true, "lmstudio": true,
	"moonshot": true, "zai": true, "minimax": true, "voyage": true, "opencode": true, "copilot": true,
}

// modelMakers name the maker where the service serves only its own models.
var modelMakers = map[string]string{
	"openai": "openai", "anthropic": "anthropic", "gemini": "google", "googleai": "google", "google-genai": "google",
	"google_genai": "google", "deepseek": "deepseek", "xai": "xai", "mistral": "mistral", "mistralai": "mistral", "cohere": "cohere",
	"perplexity": "perplexity", "moonshot": "moonshot", "zai": "zai", "minimax": "minimax", "voyage": "voyage",
}
