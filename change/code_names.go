package change

import "strings"

// A nameClass says what the name of a variable, key or function promises.
type nameClass uint16

const (
	namesModel      nameClass = 1 << iota // holds a model: model, DEFAULT_MODEL, llmModelId, azure_deployment
	namesModelOnly                        // a name that SDKs give to nothing but a model: model, model_name, modelId
	namesPrompt                           // holds text for a model: SYSTEM_PROMPT, instructions
	namesText                             // may hold text for a model: template, system, message
	namesCatalogue                        // lists what can be chosen: AVAILABLE_MODELS, pricing
	namesTable                            // lists what is used: DEFAULT_MODELS, SHORTCUTS, fallbacks
	namesParam                            // a parameter of a model
	namesLog                              // a function whose text no model reads: log, print, Error
	namesComparison                       // a function that compares: startsWith, includes
	namesWrapper                          // a function that returns what it is given: getenv, dedent, Field
	namesEnv                              // a function that reads the environment
	namesBrand                            // names a maker of models or an SDK: ChatOpenAI, gemini
	namesAgent                            // makes an agent, a task or a prompt: Agent, Task, PromptTemplate
)

func (c nameClass) is(x nameClass) bool { return c&x != 0 }

// exactNames are classes of whole names, lower case without underscores.
var exactNames = func() map[string]nameClass {
	m := map[string]nameClass{}
	put := func(c nameClass, words string) {
		for _, w := range strings.Fields(words) {
			m[w] |= c
		}
	}
	put(namesModel|namesModelOnly, "model modelname modelid modelslug llm llmmodel chatmodel deploymentname azuredeployment foundationmodel embeddingmodel embedmodel chatmodelid aimodelid defaultmodel foundationmodelid aimodel modelidentifier fallbackmodel smallmodel fastmodel")
	put(namesModel, "deployment engine embedder embedding embeddings llms deploymentid chatdeployment")
	put(namesPrompt, "instruction instructions systemprompt systeminstruction systeminstructions systemmessage globalinstruction backstory systemmsg promptsuffix promptprefix sysprompt")
	put(namesText, "system template role goal description expectedoutput expected content text message messages prompttemplate prompt prefix suffix persona")
	put(namesParam, "temperature topp topk maxtokens maxoutputtokens maxcompletiontokens reasoningeffort thinkingbudget frequencypenalty presencepenalty thinkinglevel numctx budgettokens")
	put(namesLog, "print println printf sprintf fprintf log logf debug debugf info infof warn warnf warning warningf error errorf err fatal fatalf panic panicf exception critical trace tracef raise throw assert invariant "+
		"logger logging console echo secho writeline describe it test expect todo deprecated skip help usage")
	put(namesComparison, "startswith endswith hasprefix hassuffix contains containsany equalfold includes indexof equals equalsignorecase equal match matches find findall search test has haskey regexp compile regexmatch isinstance split rsplit replace replaceall removeprefix removesuffix trimprefix trimsuffix "+
		"tobe toequal tohavebeencalledwith index count literal enum nativeenum union oneof choice remove pop in any all encodingformodel")
	put(namesWrapper, "getenv get environ lookupenv or coalesce field str string cast dedent cleandoc strip trim lstrip rstrip join format f optional some required default orelse requirenonnullelse getordefault getenvironmentvariable getproperty "+
		"env envstr envordefault getenvordefault stripindent outdent tagged configurable newstring ptr to of asstring pointer setdefault getattr config textwrap trimspace trimindent stripmargin secret tostring fromenv f param option argument optionstring resolve concat push append add extend writestring write writeline appendline")
	put(namesEnv, "getenv lookupenv getenvironmentvariable")
	put(namesAgent, "agent llmagent task crew assistant conversableagent assistantagent userproxyagent sequentialagent loopagent parallelagent reactagent chatagent basemodelagent chatcompletionagent prompttemplate chatprompttemplate systemmessage definepromp defineprompt defineflow generate generatetext streamtext generateobject streamobject createagent createreactagent createassistant codeagent toolcallingagent functionagent agentworkflow systemchatmessage generatecontent "+
		"bedrockagent cfnagent agentdefinition modelprompt")
	return m
}()

// classify says what a name promises.
func classify(name string) nameClass {
	lower := strings.ToLower(strings.ReplaceAll(name, "_", ""))
	lower = strings.Trim(strings.ReplaceAll(lower, "-", ""), "$")
	class := exactNames[lower]
	words := nameWords(name)
	if len(words) == 0 {
		return class
	}
	last := words[len(words)-1]
	for _, w := range words {
		class |= wordClasses[w]
	}
	if notAModel[last] || notAModel[words[0]] {
		class &^= namesModel | namesModelOnly
	}
	if notAPrompt[last] {
		class &^= namesPrompt
	}
	if class.is(namesPrompt) && isVerb[words[0]] && words[0] != "get" && words[0] != "build" && words[0] != "create" && words[0] != "generate" && words[0] != "render" && words[0] != "make" && words[0] != "format" {
		class &^= namesPrompt
	}
	if strings.HasSuffix(lower, "error") || strings.HasSuffix(lower, "exception") || strings.HasPrefix(lower, "assert") || strings.HasPrefix(lower, "log") && len(words) < 3 {
		class |= namesLog
	}
	if class.is(namesText) {
		for _, w := range words {
			if codeWords[w] {
				class &^= namesText
			}
		}
	}
	if words[0] == "system" && len(words) > 1 && (last == "text" || last == "msg" || last == "message" || last == "content" || last == "role" || last == "template") {
		class |= namesPrompt
	}
	return class
}

var wordClasses = map[string]nameClass{
	"model": namesModel, "models": namesModel, "llm": namesModel, "llms": namesModel, "embedder": namesModel, "deployment": namesModel,
	"prompt": namesPrompt, "prompts": namesPrompt, "instruction": namesPrompt, "instructions": namesPrompt, "persona": namesPrompt,
	"template": namesText, "templates": namesText, "system": namesText,
	"available": namesCatalogue, "supported": namesCatalogue, "supports": namesCatalogue, "pricing": namesCatalogue, "price": namesCatalogue, "prices": namesCatalogue,
	"cost": namesCatalogue, "costs": namesCatalogue, "limit": namesCatalogue, "limits": namesCatalogue, "window": namesCatalogue, "windows": namesCatalogue, "catalog": namesCatalogue,
	"catalogue": namesCatalogue, "options": namesCatalogue, "choices": namesCatalogue, "known": namesCatalogue, "info": namesCatalogue, "registry": namesCatalogue, "capabilities": namesCatalogue,
	"allowed": namesCatalogue, "valid": namesCatalogue, "deprecated": namesCatalogue, "tokens": namesCatalogue, "list": namesCatalogue, "popular": namesCatalogue, "recommended": namesCatalogue, "all": namesCatalogue, "prefixes": namesCatalogue, "metadata": namesCatalogue,
	"default": namesTable, "defaults": namesTable, "shortcut": namesTable, "shortcuts": namesTable, "alias": namesTable, "aliases": namesTable, "fallback": namesTable, "fallbacks": namesTable, "tier": namesTable, "tiers": namesTable, "map": namesTable, "mapping": namesTable,
	"openai": namesBrand, "anthropic": namesBrand, "claude": namesBrand, "gemini": namesBrand, "google": namesBrand, "bedrock": namesBrand, "mistral": namesBrand, "ollama": namesBrand, "groq": namesBrand,
	"cohere": namesBrand, "vertex": namesBrand, "vertexai": namesBrand, "googleai": namesBrand, "deepseek": namesBrand, "xai": namesBrand, "azure": namesBrand, "litellm": namesBrand, "gpt": namesBrand, "chat": namesBrand, "completion": namesBrand,
	"embedding": namesBrand, "embeddings": namesBrand, "genai": namesBrand, "huggingface": namesBrand, "perplexity": namesBrand, "openrouter": namesBrand, "fireworks": namesBrand, "together": namesBrand, "lm": namesBrand, "ai": namesBrand,
}

var notAModel = set("path", "dir", "url", "class", "type", "types", "config", "cls", "provider", "kwargs", "dump", "fields", "key", "file", "folder", "error", "prefix", "suffix", "info", "version", "description", "label", "title", "doc", "help",
	"is", "has", "supports", "validate", "check", "normalize", "parse", "list", "find", "match", "matches", "to", "format", "token", "tokens", "cost", "costs", "price", "pricing", "limit", "limits", "family", "settings", "client", "encoding", "resolve", "switch",
	"test", "view", "schema", "base", "table", "owner", "card", "size", "window", "count", "lookup", "strip", "supported")

var notAPrompt = set("path", "paths", "file", "files", "dir", "url", "id", "ids", "key", "name", "names", "type", "types", "error", "version", "label", "title", "tokens", "token", "length", "len", "count", "size", "cache", "hash", "config", "options", "variables", "vars", "inputs", "class", "placeholder", "model", "user", "folder", "extension", "ext", "mode", "button", "dialog", "response", "result", "manager", "service", "store", "client", "kwargs", "email", "date", "status", "format", "color", "style", "css")

// codeWords name templates that a machine reads: DOCKERFILE_TEMPLATE.
var codeWords = set("dockerfile", "docker", "html", "css", "svg", "xml", "yaml", "yml", "json", "toml", "sql", "cypher", "url", "uri", "path", "filename", "py", "python", "js", "ts", "code", "script", "shell", "bash", "makefile", "manifest", "module", "header", "license", "readme", "chart", "helm", "terraform", "k8s", "nginx", "log", "cron", "import", "page", "request", "curl")

var isVerb = set("register", "is", "has", "get", "build", "create", "generate", "render", "make", "format", "load", "save", "parse", "validate", "check", "set", "show", "display", "ask", "confirm", "read", "update", "delete", "list", "find", "test", "log", "count", "handle", "on", "no", "skip", "clear")

// nameWords splits a name at underscores, dashes, points and humps, in lower case.
func nameWords(name string) []string {
	var out []string
	start := 0
	cut := func(end int) {
		if end > start {
			out = append(out, strings.ToLower(name[start:end]))
		}
	}
	for i := 0; i < len(name) && len(out) < 12; i++ {
		c := name[i]
		switch {
		case c == '_' || c == '-' || c == '.' || c == '$' || c == ' ' || c == '/':
			cut(i)
			start = i + 1
		case c >= 'A' && c <= 'Z' && i > start:
			prev := name[i-1]
			next := byte(0)
			if i+1 < len(name) {
				next = name[i+1]
			}
			if prev >= 'a' && prev <= 'z' || prev >= '0' && prev <= '9' || next >= 'a' && next <= 'z' && prev >= 'A' && prev <= 'Z' && !(next == 's' && i+2 == len(name)) {
				cut(i)
				start = i
			}
		}
	}
	cut(len(name))
	return out
}
