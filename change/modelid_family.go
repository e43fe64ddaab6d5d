package change

import "strings"

// A modelName is one entry of the grammar of model names: a name that begins
// with stem is a model when what follows passes rest.
type modelName struct {
	stem  string
	maker string
	rest  func(string) bool
}

// modelFamily finds the maker of a model by its name, which is lower case and
// without prefixes. Source: the makers' lists of models, 2023 to 2026. Families
// that nobody lists here still count in every slot that is known to hold a model.
func modelFamily(name string) (maker string, ok bool) {
	if name == "" {
		return "", false
	}
	for _, m := range modelNames[name[0]] {
		if rest, found := strings.CutPrefix(name, m.stem); found && m.rest(rest) {
			return m.maker, true
		}
	}
	if i := strings.IndexByte(name, '-'); i > 0 && (name[:i] == "meta" || name[:i] == "nvidia") {
		return modelFamily(name[i+1:]) // meta-llama-3-8b
	}
	return "", false
}

// modelNames is indexed by the first byte of a stem, so that a string that is
// no model costs one look-up.
var modelNames = func() (index [256][]modelName) {
	for _, m := range modelGrammar {
		index[m.stem[0]] = append(index[m.stem[0]], m)
	}
	return index
}()

var modelGrammar = []modelName{
	{"gpt-", "openai", begins("0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "oss-", "image-", "realtime", "audio", "4o")},
	{"gpt4", "openai", wordEnd("", "o", "all")},
	{"chatgpt-", "openai", begins("4", "5", "6")},
	{"o1", "openai", reasoner}, {"o3", "openai", reasoner}, {"o4", "openai", reasoner},
	{"codex-mini", "openai", boundary},
	{"text-embedding-", "openai", begins("3-", "ada-")},
	{"text-embedding-", "google", digitFirst}, {"text-embedding-large-exp", "google", anything},
	{"text-multilingual-embedding-", "google", digitFirst}, {"text-embedding-", "google", begins("preview")},
	{"text-davinci-", "openai", digitFirst}, {"text-curie-", "openai", digitFirst}, {"text-babbage-", "openai", digitFirst},
	{"text-ada-", "openai", digitFirst}, {"text-moderation-", "openai", anything}, {"omni-moderation-", "openai", anything},
	{"code-davinci-", "openai", digitFirst}, {"davinci-002", "openai", boundary}, {"babbage-002", "openai", boundary},
	{"dall-e-", "openai", digitFirst}, {"whisper-", "openai", begins("1", "large", "small", "medium", "base", "tiny")},
	{"tts-1", "openai", boundary}, {"sora-", "openai", digitFirst}, {"computer-use-preview", "openai", boundary},

	{"claude-", "anthropic", claude},

	{"gemini-", "google", begins("0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "pro", "flash", "ultra", "nano", "exp", "embedding-", "live-", "robotics-")},
	{"gemma", "google", numbered}, {"codegemma", "google", numbered}, {"medgemma-", "google", digitFirst}, {"paligemma", "google", numbered},
	{"embeddinggemma", "google", boundary}, {"learnlm-", "google", digitFirst}, {"imagen-", "google", digitFirst}, {"veo-", "google", digitFirst},
	{"embedding-00", "google", digitFirst}, {"text-bison", "google", boundary}, {"text-unicorn", "google", boundary}, {"chat-bison", "google", boundary},
	{"code-bison", "google", boundary}, {"codechat-bison", "google", boundary}, {"code-gecko", "google", boundary},
	{"textembedding-gecko", "google", boundary}, {"multimodalembedding", "google", boundary}, {"imagegeneration@", "google", digitFirst},
	{"palm-2", "google", boundary},

	{"llama", "meta", numbered}, {"llama-", "meta", begins("v2", "v3", "v4", "guard-", "prompt-guard-", "4-")}, {"codellama", "meta", numberedOrEnd},
	{"code-llama-", "meta", digitFirst}, {"tinyllama", "meta", numberedOrEnd}, {"meta-llama-", "meta", digitFirst},

	{"mistral-", "mistral", begins("tiny", "small", "medium", "large", "nemo", "embed", "saba", "ocr", "moderation", "7b", "2", "openorca")},
	{"mistral:", "mistral", digitOrWord("latest", "instruct", "text")}, {"mixtral", "mistral", boundary}, {"codestral", "mistral", boundary},
	{"ministral", "mistral", boundary}, {"devstral", "mistral", boundary}, {"pixtral", "mistral", boundary}, {"magistral", "mistral", boundary},
	{"voxtral", "mistral", boundary}, {"open-mistral-", "mistral", anything}, {"open-mixtral-", "mistral", anything}, {"open-codestral-", "mistral", anything},

	{"qwen", "alibaba", numbered}, {"qwen-", "alibaba", begins("max", "plus", "turbo", "vl", "long", "coder", "flash", "omni")}, {"qwq", "alibaba", numberedOrEnd},
	{"qvq-", "alibaba", anything}, {"codeqwen", "alibaba", numberedOrEnd},
	{"deepseek-", "deepseek", begins("chat", "coder", "reasoner", "r1", "v1", "v2", "v3", "v4", "llm-", "math", "prover", "vl", "ocr")},
	{"deepseek-r", "deepseek", digitFirst},
	{"grok-", "xai", begins("0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "beta", "vision-", "code-fast", "mini")},
	{"command-r", "cohere", cohereR}, {"command-a-", "cohere", digitFirst}, {"command-light", "cohere", boundary}, {"command-nightly", "cohere", boundary},
	{"embed-", "cohere", begins("english-", "multilingual-", "v3", "v4")}, {"rerank-", "cohere", begins("english-", "multilingual-", "v3", "v4")},
	{"c4ai-", "cohere", begins("command", "aya")}, {"aya-", "cohere", begins("expanse", "vision")},
	{"phi-", "microsoft", digitFirst}, {"phi3", "microsoft", boundary}, {"phi4", "microsoft", boundary}, {"mai-", "microsoft", begins("1", "ds-", "2")},
	{"nova-", "amazon", begins("micro", "lite", "pro", "premier", "canvas", "reel", "sonic", "2-")},
	{"titan-", "amazon", begins("embed", "text", "image", "tg1")},
	{"kimi-", "moonshot", begins("k1", "k2", "k3", "latest", "thinking", "dev", "vl")}, {"moonshot-v1", "moonshot", boundary},
	{"glm-", "zai", digitFirst}, {"glm4", "zai", boundary}, {"chatglm", "zai", numbered},
	{"granite", "ibm", numbered}, {"granite-", "ibm", begins("code", "guardian", "embedding", "vision", "8b", "13b", "20b", "34b")},
	{"jamba-", "ai21", begins("1", "2", "large", "mini", "instruct")}, {"jurassic-", "ai21", digitFirst}, {"j2-", "ai21", begins("ultra", "mid", "light")},
	{"sonar-", "perplexity", begins("pro", "reasoning", "deep-research", "small", "medium", "large", "huge")},
	{"pplx-", "perplexity", begins("7b", "70b")},
	{"minimax-", "minimax", begins("m1", "m2", "m3", "text", "01")}, {"abab", "minimax", numbered},
	{"palmyra-", "writer", anything}, {"reka-", "reka", begins("core", "flash", "edge")}, {"dbrx", "databricks", boundary},
	{"nemotron", "nvidia", numberedOrEnd}, {"nemotron-", "nvidia", anything}, {"nv-embed", "nvidia", boundary}, {"nv-", "nvidia", begins("embedqa-", "rerankqa-", "rerank-")}, {"nemoretriever-", "nvidia", anything},
	{"ernie-", "baidu", digitOrWord("bot", "speed", "lite", "tiny")}, {"doubao-", "bytedance", anything}, {"hunyuan-", "tencent", anything},
	{"mimo-v", "xiaomi", digitFirst}, {"smollm", "huggingface", numberedOrEnd}, {"starcoder", "huggingface", numberedOrEnd}, {"zephyr-", "huggingface", digitFirst},
	{"falcon", "tii", numbered}, {"yi-", "01ai", begins("6b", "9b", "34b", "large", "1.5", "lightning", "vision", "medium")}, {"olmo-", "ai2", anything},
	{"hermes-", "nous", digitFirst}, {"nous-hermes", "nous", boundary}, {"wizardlm", "microsoft", boundary}, {"vicuna", "lmsys", numberedOrEnd},
	{"solar-", "upstage", begins("pro", "mini", "10.7b")}, {"exaone", "lg", numbered}, {"internlm", "shanghai", numberedOrEnd}, {"orca-mini", "microsoft", boundary},
	{"voyage-", "voyage", begins("0", "1", "2", "3", "4", "code-", "large", "law", "finance", "multilingual", "lite")},
	{"jina-embeddings-", "jina", anything}, {"jina-reranker-", "jina", anything},
	{"nomic-embed", "nomic", boundary}, {"mxbai-embed", "mixedbread", boundary}, {"snowflake-arctic-embed", "snowflake", boundary},
	{"bge-", "baai", begins("small", "base", "large", "m3", "reranker", "multilingual", "en")}, {"all-minilm", "sbert", boundary}, {"all-mpnet-", "sbert", anything},
	{"multilingual-e5-", "microsoft", anything}, {"e5-", "microsoft", begins("small", "base", "large", "mistral")}, {"gte-", "alibaba", begins("small", "base", "large", "qwen")},
	{"stable-diffusion-", "stability", anything}, {"sdxl", "stability", boundary}, {"sd3", "stability", boundary}, {"stable-image-", "stability", anything},
	{"flux-", "bfl", digitOrWord("pro", "dev", "schnell", "kontext")}, {"flux.", "bfl", digitFirst},
	{"sfdc_ai__default", "salesforce", anything}, // names of Salesforce's model registry
}

func anything(rest string) bool { return rest != "" }

// boundary accepts the end of the name or of its first word.
func boundary(rest string) bool { return rest == "" || strings.IndexByte("-:@._", rest[0]) >= 0 }

func digitFirst(rest string) bool { return rest != "" && rest[0] >= '0' && rest[0] <= '9' }

// numbered accepts llama3, llama-3, llama:7b.
func numbered(rest string) bool {
	return digitFirst(strings.TrimLeft(rest, "-:")) && len(rest)-len(strings.TrimLeft(rest, "-:")) <= 1
}

func numberedOrEnd(rest string) bool { return rest == "" || numbered(rest) || rest[0] == ':' }

func begins(heads ...string) func(string) bool {
	return func(rest string) bool {
		for _, h := range heads {
			after, ok := strings.CutPrefix(rest, h)
			if !ok {
				continue
			}
			last := h[len(h)-1]
			if last == '-' && after != "" || last != '-' && (last >= '0' && last <= '9' || boundary(after) || digitFirst(after)) {
				return true
			}
		}
		return false
	}
}

func wordEnd(heads ...string) func(string) bool {
	return func(rest string) bool {
		for _, h := range heads {
			if after, ok := strings.CutPrefix(rest, h); ok && boundary(after) {
				return true
			}
		}
		return false
	}
}

func digitOrWord(words ...string) func(string) bool {
	w := begins(words...)
	return func(rest string) bool { return digitFirst(rest) || w(rest) }
}

// reasoner accepts o1, o3-mini, o4-mini-deep-research, o1-2024-12-17.
func reasoner(rest string) bool {
	return rest == "" || begins("-mini", "-pro", "-preview", "-deep-research", "-2")(rest)
}

// claude accepts claude-3-5-sonnet, claude-sonnet-4-5, claude-v2, claude-instant
// and tiers that are yet to come (claude-NAME-5), but not the names of tools.
func claude(rest string) bool {
	if digitFirst(rest) || wordEnd("opus", "sonnet", "haiku", "instant")(rest) {
		return true
	}
	if tail, ok := strings.CutPrefix(rest, "v"); ok && digitFirst(tail) {
		return true
	}
	word, tail, _ := strings.Cut(rest, "-")
	switch word {
	case "code", "action", "agent", "cli", "desktop", "plugin", "hook", "hooks", "review", "flow", "api", "mem", "sdk", "app", "ai", "test", "issue", "run", "web", "mcp":
		return false
	}
	for i := 0; i < len(word); i++ {
		if word[i] < 'a' || word[i] > 'z' {
			return false
		}
	}
	return len(word) >= 4 && (digitFirst(tail) && len(tail) <= 20 || tail == "latest")
}

// cohereR accepts command-r, command-r-plus, command-r7b-12-2024.
func cohereR(rest string) bool { return rest == "" || begins("-plus", "7b", "-0", "-1")(rest) }
