package change

import (
	"strconv"
	"strings"
)

// string reads one string literal.
func (s *codeScan) string(i int) {
	t, f := s.toks[i], s.top()
	if f.open == '{' && s.is(i+1, ":") && f.ternary == 0 {
		s.setKey(f, tokenText(s.src, t), false)
		s.tool(i+1, f)
		return
	}
	if s.lang.indent && t.flags&firstOnLine != 0 && len(s.frames) == 1 && !s.is(i-1, "=") && !s.is(i-1, `\`) {
		return // a docstring
	}
	short := t.end-t.start <= 256
	text := ""
	if short {
		text = tokenText(s.src, t)
		s.remember(f, text)
	}
	if f.silent || s.quiet || s.inCase || s.compared(i) {
		return
	}
	if short && t.flags&interpolated == 0 && s.model(i, text) {
		return
	}
	if f.keyClass.is(namesParam) && s.evidence && short && isParameter(f.key, text) {
		s.add(fact{kind: ModelParams, slot: s.path(""), value: text, line: int(t.line)})
		return
	}
	if !short {
		text = tokenText(s.src, t)
	}
	s.prompt(i, text)
}

// isParameter reports whether a value can be that of a parameter of a model: a
// number in its range, or a word for how hard to think. Weather has a
// temperature too. Source: OpenAI API reference, Create chat completion.
func isParameter(name, value string) bool {
	key := plainKey(name)
	words := strings.Contains(key, "effort") || strings.Contains(key, "thinking") || strings.Contains(key, "reasoning")
	n, err := strconv.ParseFloat(strings.ReplaceAll(value, "_", ""), 64)
	switch {
	case err != nil:
		return words && value != "" && !strings.ContainsAny(value, " ${}")
	case strings.HasSuffix(key, "temperature"):
		return n >= 0 && n <= 2
	case strings.HasSuffix(key, "topp"):
		return n >= 0 && n <= 1
	}
	return true
}

// remember keeps what a string says about its siblings.
func (s *codeScan) remember(f *codeFrame, text string) {
	if f.first == "" {
		f.first = text
	}
	switch {
	case f.key == "role" || f.key == "Role":
		if chatRoles[text] {
			f.role = text
		}
	case f.key == "name" || f.key == "id" || f.key == "Name" || f.key == "agent_name":
		if f.open != '(' || !f.class.is(namesBrand) || !isModelID(text) {
			f.name = text
		}
	case f.key == "" && f.open == '(' && f.callee == "" && f.arg == 0 && chatRoles[text]:
		f.role = text
	case f.key == "" && len(text) <= 64 && strings.IndexByte(text, ' ') != 0 && !isModelID(text) && (f.open == '(' || f.open == '{'):
		word, _, _ := strings.Cut(strings.TrimLeft(text, "-"), " ")
		if s.class(word).is(namesModel) {
			f.hint = word
		}
	}
}

// chatRoles are the speakers of a conversation.
var chatRoles = set("system", "user", "assistant", "human", "ai", "developer", "tool", "model")

// compared reports whether the string is only compared with something.
func (s *codeScan) compared(i int) bool {
	switch s.at(i - 1) {
	case "==", "!=", "===", "!==", "in", "is", "not", "|", "<=", ">=":
		return true
	}
	switch s.at(i + 1) {
	case "==", "!=", "===", "!==", "in", "not", "|":
		return true
	case ".":
		return s.class(s.at(i + 2)).is(namesComparison)
	}
	return false
}

// model takes a string that is a model, and reports whether it is one.
func (s *codeScan) model(i int, text string) bool {
	f := s.top()
	if f.key == "revision" && hubLoaders[f.callee] && len(s.found) > f.since {
		s.found[len(s.found)-1].value += "@" + text
		return true
	}
	if kind, slot := registryPin(f, text); kind != "" {
		s.add(fact{kind: kind, slot: s.path(slot), value: text, line: int(s.toks[i].line)})
		return true
	}
	id := isModelID(text) || s.isTier(f, text)
	if !id && (text == "" || strings.ContainsAny(text, " \n\t{}$<>%,;()\"'\\") || strings.Contains(text, "://") || len(text) > 128) {
		return false
	}
	if id && s.afterFlag(i) {
		s.add(fact{kind: Model, slot: s.path("--model"), value: text, line: int(s.toks[i].line)})
		return true
	}
	p := s.modelPlace(i, id)
	switch {
	case p.ok && (id || p.proved):
		s.add(fact{kind: Model, slot: s.modelPath(p.last), value: text, line: int(s.toks[i].line), notice: p.notice})
		return true
	case id && !p.stopped:
		s.notice(i, text)
		return true
	}
	return id
}

// isTier reports whether a string is one of Claude Code's names of tiers, in a
// place that SDKs give to nothing but a model. Source: Claude Code documentation,
// Model configuration; Agent SDK, options.
func (s *codeScan) isTier(f *codeFrame, text string) bool {
	return modelTiers[text] != "" && s.sdk && f.keyClass.is(namesModelOnly) && (s.holds("claude") || s.holds("Claude"))
}

// afterFlag reports whether the string is the argument of --model in a command
// line that is written as a list.
func (s *codeScan) afterFlag(i int) bool {
	return s.top().open == '[' && s.is(i-1, ",") && i > 1 && s.toks[i-2].kind == stringToken && tokenText(s.src, s.toks[i-2]) == "--model"
}

// modelPath names a model's place. The call that makes the model is left out
// where a key names it already: model: openai("x") and model: "x" are one slot.
func (s *codeScan) modelPath(last string) string {
	for k := len(s.frames) - 1; k >= 0; k-- {
		if f := &s.frames[k]; f.key != "" && f.key != "return" {
			if f.keyClass.is(namesModel) || !s.class(last).is(namesModel) {
				last = ""
			}
			break
		}
	}
	return s.path(last)
}

// registryPin recognises references to registries of prompts and models, where
// the version in the reference is the pin. Sources: MLflow Prompt Registry,
// MLflow Model Registry, LangChain Hub.
func registryPin(f *codeFrame, text string) (Kind, string) {
	switch {
	case strings.HasPrefix(text, "prompts:/"):
		return Prompt, "registry"
	case strings.HasPrefix(text, "models:/") && strings.Contains(f.callee, "load_model"):
		return Model, "registry"
	case f.callee == "pull" && (f.receiver == "hub" || f.receiver == "client") && f.arg == 0 && f.key == "" && strings.Contains(text, "/"):
		return Prompt, "hub"
	}
	return "", ""
}

// hubLoaders load weights by the name of a repository. Source: Hugging Face
// Hub, Download files; Transformers, AutoClass.
var hubLoaders = set("from_pretrained", "snapshot_download", "hf_hub_download", "SentenceTransformer", "load_dataset_model", "CrossEncoder")

// A place is where a model may stand.
type modelPlace struct {
	ok      bool
	proved  bool   // an SDK says that it is a model, however odd
	notice  bool   // a catalogue of models to choose from
	stopped bool   // a place that certainly means something else
	last    string // last part of the slot, when it is not the key
}

// modelPlace looks outward from the string at hand: its key, its call, the
// list or table it stands in, the variable it is assigned to.
func (s *codeScan) modelPlace(i int, id bool) modelPlace {
	inner, sub := "", s.is(i+1, ",") && s.top().open == '(' && s.top().callee == "" // a tuple
	for k := len(s.frames) - 1; k >= 0 && k > len(s.frames)-7; k-- {
		f := &s.frames[k]
		if f.silent {
			return modelPlace{stopped: true}
		}
		if f.fallback != "" && id && s.class(f.fallback).is(namesModel) && !f.keyClass.is(namesModel) {
			return modelPlace{ok: true, last: f.fallback}
		}
		if f.key != "" {
			p, done := s.keyPlace(k, inner, sub, id)
			if done {
				return p
			}
		} else if f.open == '(' {
			p, done := s.callPlace(f, id)
			if done {
				return p
			}
		} else if f.block && f.open == '{' && f.callee == "" {
			return modelPlace{}
		}
		if f.open == '{' || f.open == '[' || f.open == '(' && f.callee == "" && f.arg > 0 {
			sub = true
		}
		if f.key != "" && inner == "" && !defaultKey[strings.ToLower(f.key)] {
			inner = f.key
		}
	}
	return modelPlace{}
}

// keyPlace judges the key of frame k. inner is the key of the innermost frame
// that the walk came through, sub whether it came through a list or a table.
func (s *codeScan) keyPlace(k int, inner string, sub, id bool) (modelPlace, bool) {
	f := &s.frames[k]
	c := f.keyClass
	if c.is(namesModel) && !(f.key == "return" && sub) {
		if inner != "" && !entryKey(inner) && c.is(namesModelOnly) && f.key != "return" {
			return modelPlace{}, true // model: { temperature: … }
		}
		catalogue := c.is(namesCatalogue) || sub && inner == "" && strings.HasSuffix(strings.ToLower(f.key), "s") && !c.is(namesTable) && f.block
		catalogue = catalogue || sub && entryKey(inner) && strings.HasSuffix(strings.ToLower(f.key), "models") && !c.is(namesTable)
		for n := 0; n < k && !catalogue; n++ { // but options: { model: … } is what a call is given // but options: { model: … } is what a call is given
			outer := s.frames[n].keyClass
			catalogue = outer.is(namesCatalogue) && !outer.is(namesTable) && !(n == k-1 && f.open == '{' && strings.EqualFold(s.frames[n].key, "options"))
		}
		return modelPlace{ok: true, notice: catalogue && !c.is(namesTable), proved: s.proved(k) && inner == "" && !sub, last: ""}, true
	}
	switch lower := strings.ToLower(f.key); {
	case proseKey[lower]:
		return modelPlace{stopped: true}, true
	case defaultKey[lower]:
		if f.hint != "" || s.class(f.name).is(namesModel) {
			return modelPlace{ok: true, last: f.hint}, true
		}
		return modelPlace{}, !(f.open == '(' && (id || f.class.is(namesWrapper))) // model = ask("Model", default="gpt-4o")
	case id && lower == "name" && f.open == '(' && f.class.is(namesBrand): // Gemini(name = "…")
		return modelPlace{ok: true}, true
	case lower == "name", lower == "id":
		return modelPlace{}, k == 0 || f.open != '{'
	}
	if f.open == '{' && !f.block || f.open == '{' && f.callee == "" && k > 0 && s.frames[k-1].key != "" {
		return modelPlace{}, k == 0 || !s.frames[k-1].keyClass.is(namesModel|namesTable) && s.frames[k-1].callee != "Map" && f.callee == ""
	}
	if f.open == '{' && f.callee != "" { // a composite literal: map[string]string{"openai": "gpt-4o"}
		return modelPlace{}, false
	}
	if c.is(namesTable) && sub {
		return modelPlace{ok: true, notice: c.is(namesCatalogue)}, true
	}
	return modelPlace{}, true
}

var defaultKey = set("default", "defaultvalue", "default_value", "value", "fallback")

// proseKey are keys of text for people.
var proseKey = set("help", "description", "label", "title", "placeholder", "doc", "usage", "metavar", "example", "examples", "comment", "note", "notes", "summary")

func entryKey(key string) bool {
	switch strings.ToLower(key) {
	case "name", "id", "modelid", "model_id", "model", "modelname", "model_name", "value", "apimodel":
		return true
	}
	return false
}

// callPlace judges a positional argument.
func (s *codeScan) callPlace(f *codeFrame, id bool) (modelPlace, bool) {
	switch {
	case f.callee == "":
		return modelPlace{}, false
	case f.arg == 0 && namedFirst[f.callee]:
		return modelPlace{stopped: true}, true
	case hubLoaders[f.callee] && f.arg == 0:
		return modelPlace{ok: true, proved: strings.Contains(f.first, "/"), last: f.callee}, true
	case f.class.is(namesCatalogue) && f.class.is(namesModel):
		return modelPlace{ok: id, notice: true, last: f.callee}, true
	case f.class.is(namesModel) && f.arg <= 1, id && f.class.is(namesBrand|namesAgent) && f.arg <= 2, id && f.arg <= 1 && s.class(f.receiver).is(namesBrand) && !f.class.is(namesWrapper):
		return modelPlace{ok: true, last: f.callee}, true
	case f.class.is(namesWrapper):
		if f.hint != "" && len(s.frames) > 1 && !s.enclosed(f) {
			return modelPlace{ok: true, last: f.hint}, true
		}
		return modelPlace{}, false
	case f.hint != "" && id:
		return modelPlace{ok: true, last: f.hint}, true
	}
	return modelPlace{}, true
}

// namedFirst are calls whose first argument names a setting.
var namedFirst = set("getenv", "Getenv", "LookupEnv", "get", "getOrDefault", "GetEnvironmentVariable", "setdefault", "SetDefault", "getProperty", "getattr", "config", "env", "Env", "add_argument", "option", "setenv", "Setenv", "GetValue", "getString", "GetString", "fromEnv", "from_env")

// enclosed reports whether a key outside the call of f names a model.
func (s *codeScan) enclosed(f *codeFrame) bool {
	for k := len(s.frames) - 1; k >= 0; k-- {
		if &s.frames[k] != f && s.frames[k].key != "" {
			return s.frames[k].keyClass.is(namesModel)
		}
	}
	return false
}

// proved reports whether the call around frame k proves that its key holds a
// model, so that names nobody knows count as well.
func (s *codeScan) proved(k int) bool {
	if !s.evidence || !s.frames[k].keyClass.is(namesModelOnly) {
		return false
	}
	if s.frames[k].keyClass&namesModelOnly != 0 && strings.Contains(strings.ToLower(s.frames[k].key), "azure") {
		return true
	}
	for n := k; n >= 0 && n > k-3; n-- {
		f := &s.frames[n]
		if f.callee == "" {
			continue
		}
		if f.class.is(namesAgent) || f.class.is(namesBrand) && f.callee != "chat" {
			return true
		}
		switch f.receiver {
		case "completions", "messages", "responses", "embeddings", "chat", "litellm":
			return true
		}
		return false
	}
	return false
}

// outside notes that a model is pinned in the environment alone.
func (s *codeScan) outside(variable string, i int) {
	if !s.evidence || s.top().silent || s.quiet || s.compared(i) {
		return
	}
	if p := s.modelPlace(i, false); p.ok && p.last == "" && s.top().key != "return" {
		s.add(fact{kind: Model, slot: s.path(""), value: "environment variable " + variable, outside: true, line: int(s.toks[i].line)})
	}
}

// constant recognises the names that SDKs give to models: enum members of CDK,
// Spring and LangChain4j, constants of Go SDKs, references of Genkit. The name
// as it is written is the value.
func (s *codeScan) constant(i int) {
	t := s.toks[i]
	if !s.evidence || t.end-t.start < 5 || s.top().silent || s.quiet || s.inCase || s.compared(i) || s.is(i+1, "(") || s.is(i+1, ".") {
		return
	}
	w := s.at(i)
	if !isModelConstant(w) {
		return
	}
	if s.is(i-1, ".") && s.isWord(i-2) && !s.is(i-2, "self") && !s.is(i-2, "this") || s.lang == &jsLang && s.is(i-1, ":") {
		if p := s.modelPlace(i, true); p.ok && !p.notice {
			s.add(fact{kind: Model, slot: s.modelPath(p.last), value: w, line: int(t.line)})
		}
	}
}

// isModelConstant accepts ANTHROPIC_CLAUDE_3_5_SONNET, GPT_4_O,
// ModelClaudeSonnet4_0, GPT4oMini and gemini20Flash.
func isModelConstant(w string) bool {
	digit := strings.IndexAny(w, "0123456789")
	if digit < 0 {
		return false
	}
	name := strings.ToLower(strings.ReplaceAll(w, "_", ""))
	for _, brand := range []string{"claude", "gpt", "gemini", "llama", "mistral", "mixtral", "titan", "nova", "textembedding", "deepseek", "command", "o1", "o3", "o4"} {
		if at := strings.Index(name, brand); at >= 0 && at <= 24 {
			return len(brand) > 2 || at == 0 && strings.ToUpper(w) == w && strings.Contains(w, "_")
		}
	}
	return false
}
