package change

import (
	"strings"
	"unicode"
)

// prompt takes a string that is text for a model.
func (s *codeScan) prompt(i int, text string) {
	if strings.TrimSpace(text) == "" || !s.promptLike(i, text) {
		return
	}
	k, last, ok := s.promptPlace(len(text) >= 40 || strings.Contains(text, "\n"))
	if !ok {
		return
	}
	f := &s.frames[k]
	if !s.sdk && len(text) < 40 && !strings.Contains(text, "\n") && !s.goesOn(f) {
		return
	}
	if !s.evidence && !(f.keyClass.is(namesPrompt) && (len(text) >= 80 || strings.Contains(text, "\n"))) {
		return
	}
	if s.dedented() {
		text = strings.Trim(strings.Join(dedent(strings.Split(text, "\n")), "\n"), "\n")
	}
	slot := s.path(last)
	if n := len(s.found); n > 0 && s.found[n-1].kind == Prompt && s.found[n-1].slot == slot && (s.found[n-1].keyID == f.keyID || f.more) {
		s.found[n-1].parts = append(s.found[n-1].parts, text)
		s.found[n-1].keyID = f.keyID
		return
	}
	s.add(fact{kind: Prompt, slot: slot, line: int(s.toks[i].line)})
	n := len(s.found) - 1
	s.found[n].keyID, s.found[n].parts = f.keyID, []string{text}
}

// promptLike rules out names, paths and separators. A part of text that is
// being put together may be short.
func (s *codeScan) promptLike(i int, text string) bool {
	if strings.ContainsAny(text, " \n") && hasLetter(text) || s.toks[i].flags&interpolated != 0 {
		return true
	}
	for k := len(s.frames) - 1; k >= 0 && k > len(s.frames)-4; k-- {
		if s.frames[k].key != "" {
			return s.goesOn(&s.frames[k])
		}
	}
	return false
}

// goesOn reports whether the value of f has begun with a prompt.
func (s *codeScan) goesOn(f *codeFrame) bool {
	n := len(s.found)
	return n > 0 && s.found[n-1].kind == Prompt && s.found[n-1].keyID == f.keyID
}

func hasLetter(s string) bool {
	return strings.IndexFunc(s, unicode.IsLetter) >= 0
}

// dedented reports whether a call around the string takes its indent off.
func (s *codeScan) dedented() bool {
	switch s.top().callee {
	case "dedent", "cleandoc", "stripIndent", "trimIndent", "outdent":
		return true
	}
	return false
}

// promptPlace looks outward for what makes a string a prompt. k is the frame
// that says so.
func (s *codeScan) promptPlace(long bool) (k int, last string, ok bool) {
	inner := ""
	for k := len(s.frames) - 1; k >= 0 && k > len(s.frames)-8; k-- {
		f := &s.frames[k]
		if f.silent {
			return 0, "", false
		}
		if f.key != "" {
			verdict := s.promptKey(k, inner, long)
			if verdict != undecided {
				return k, "", verdict == yes
			}
			if inner == "" {
				inner = f.key
			}
			continue
		}
		if f.open == '(' {
			verdict, name := s.promptCall(f)
			if verdict != undecided {
				return k, name, verdict == yes
			}
		}
		if f.scope != "" {
			break
		}
	}
	return 0, "", false
}

type verdict uint8

const (
	undecided verdict = iota
	yes
	no
)

func claim(ok bool) verdict {
	if ok {
		return yes
	}
	return no
}

// promptKey judges the key of frame k. long says that the text is more than a
// few words, which tells text from names where the key alone does not.
func (s *codeScan) promptKey(k int, inner string, long bool) verdict {
	f := &s.frames[k]
	c := f.keyClass
	lower := strings.ToLower(f.key)
	switch {
	case (f.open == '{' || f.role != "") && (lower == "content" || lower == "text" || lower == "parts") && inner == "":
		if f.role != "" {
			return claim(s.evidence && (f.role == "system" || f.role == "developer" || s.prompts && long))
		}
		return undecided
	case s.agentCall(k) && s.evidence && agentText[lower]:
		return yes
	case c.is(namesPrompt) && inner == "":
		return yes
	case c.is(namesPrompt):
		return claim(!quietEntry[strings.ToLower(inner)])
	case f.open == '(' && (lower == "default" || lower == "default_factory") && f.class.is(namesWrapper):
		return undecided
	case lower == "system" || lower == "systemmessage":
		return claim(s.evidence && (f.open == '{' || f.open == '('))
	case lower == "template" && f.open == 0, lower == "template" && f.block:
		return claim(s.evidence && s.langchain())
	case c.is(namesText) && s.upper(f.key) && f.block && strings.HasSuffix(f.key, "_TEMPLATE"):
		return claim(s.evidence)
	case f.block && s.prompts && !quietEntry[lower]:
		return claim(long || s.function() == "")
	case f.block && inner == "" && s.class(s.function()).is(namesPrompt) && !quietEntry[lower]:
		words := nameWords(f.key)
		return claim(len(words) > 0 && !notAPrompt[words[len(words)-1]] && (long || f.more))
	case f.open == '{':
		return undecided
	}
	return no
}

// quietEntry are keys beside a prompt that no model reads.
var quietEntry = set("name", "id", "title", "label", "type", "key", "path", "file", "url", "icon", "category", "version", "author", "model", "provider", "placeholder", "help", "tags", "language", "error", "filename", "regex", "pattern", "__all__", "license", "usage", "description", "examples", "alias", "env", "deprecated", "metavar")

// agentText are the arguments of agents, tasks and prompts that a model reads.
// Sources: CrewAI (Agent, Task), Agent Development Kit (LlmAgent), AutoGen
// (AssistantAgent), OpenAI Agents SDK (Agent), LangChain (PromptTemplate),
// Genkit (definePrompt, generate), AI SDK (generateText).
var agentText = set("role", "goal", "backstory", "description", "expected_output", "expectedoutput", "instruction", "instructions", "system", "prompt", "template", "system_message", "prefix", "suffix", "content", "system_prompt", "persona", "global_instruction", "text", "additional_instructions")

// agentCall reports whether frame k is the call, or the options of the call,
// that makes an agent, a task or a prompt.
func (s *codeScan) agentCall(k int) bool {
	f := &s.frames[k]
	if f.callee != "" {
		return f.class.is(namesAgent)
	}
	if f.open == '{' && k > 0 {
		p := &s.frames[k-1]
		return p.open == '(' && p.class.is(namesAgent)
	}
	return false
}

func (s *codeScan) upper(name string) bool { return strings.ToUpper(name) == name }

// langchain reports whether the file uses prompt templates by that name.
func (s *codeScan) langchain() bool {
	return s.holds("PromptTemplate") || s.holds("from_template") || s.holds("fromTemplate")
}

// promptCalls take the text of a prompt as an argument. Sources: LangChain,
// LangChain4j, Spring AI, Semantic Kernel, Microsoft.Extensions.AI, Genkit Go,
// OpenAI .NET.
var promptCalls = set("from_template", "fromTemplate", "SystemMessage", "SystemMessagePromptTemplate", "HumanMessagePromptTemplate", "PromptTemplate", "ChatPromptTemplate", "AddSystemMessage", "SystemChatMessage",
	"WithSystem", "WithPrompt", "WithSystemPrompt", "WithInstruction", "WithInstructions", "CreateFunctionFromPrompt", "defaultSystem", "system", "systemMessage", "systemPrompt", "system_prompt", "SystemPrompt", "setSystemPrompt",
	"from_system", "InvokePromptAsync", "AppendSystemMessage", "fromSystem", "SystemInstruction", "setSystemInstruction", "instructions", "instruction", "CreateAIAgent", "NewSystemMessage", "SystemContent", "UserMessage")

// promptCall judges a positional argument.
func (s *codeScan) promptCall(f *codeFrame) (verdict, string) {
	switch {
	case f.callee == "" && f.arg == 1 && f.role != "": // ("system", "You …")
		switch f.role {
		case "system", "human", "ai", "user", "assistant", "developer":
			return claim(s.evidence), f.role
		}
		return undecided, ""
	case f.callee == "":
		return undecided, ""
	case promptCalls[f.callee]:
		return claim(s.evidence), f.callee
	case f.callee == "ChatMessage" && f.arg == 1 && s.evidence: // new ChatMessage(ChatRole.System, "…")
		return yes, f.callee
	case f.class.is(namesWrapper):
		return undecided, ""
	}
	return no, ""
}
