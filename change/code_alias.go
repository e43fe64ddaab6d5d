package change

import "regexp"

// systemKeys are arguments and properties whose value is what a model is told
// about itself. Sources: OpenAI Agents SDK, Anthropic Messages API, AI SDK,
// Google Gen AI SDK, Pydantic AI, AutoGen, Claude Agent SDK.
var systemKeys = set("instructions", "system", "systemprompt", "systemmessage", "systeminstruction", "systeminstructions")

// filledIn finds plain names that a text takes in: {name} and ${name}.
var filledIn = regexp.MustCompile(`\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}`)

// maxFilled bounds the text in which names are looked for, in bytes.
const maxFilled = 20_000

// aliases finds the names of a file that are given to a model as its system
// prompt, whatever they are called, and makes what is assigned to them prompts:
// SYS in {"role": "system", "content": SYS}, and K in f"You are {K}.".
func (s *codeScan) aliases() {
	for i := range s.toks {
		sign := s.at(i + 1)
		if sign != "=" && sign != ":" || s.toks[i].kind == punctToken || i+2 >= len(s.toks) {
			continue
		}
		t := s.toks[i]
		if t.end-t.start > 30 {
			continue
		}
		key := tokenText(s.src, t)
		if t.kind == wordToken {
			key = s.src[t.start:t.end]
		}
		if !systemKeys[plainKey(key)] && !(key == "content" && s.afterSystem(i)) {
			continue
		}
		s.alias(i + 2)
	}
}

// afterSystem reports whether "role": "system" stands right before token i.
func (s *codeScan) afterSystem(i int) bool {
	if !s.is(i-1, ",") || i < 2 {
		return false
	}
	t := s.toks[i-2]
	if t.kind != stringToken || t.end-t.start > 20 {
		return false
	}
	role := tokenText(s.src, t)
	return role == "system" || role == "developer"
}

// alias makes the name at token i, or the names in the text there, names of
// prompts.
func (s *codeScan) alias(i int) {
	t := s.toks[i]
	switch {
	case t.kind == wordToken:
		if next := s.at(i + 1); next == "," || next == ")" || next == "}" || next == "" || next == ";" {
			s.prompted(s.src[t.start:t.end])
		}
	case t.kind == stringToken && t.flags&interpolated != 0 && t.end-t.start <= maxFilled:
		for _, m := range filledIn.FindAllStringSubmatch(s.src[t.start:t.end], -1) {
			s.prompted(m[1])
		}
	}
}

func (s *codeScan) prompted(name string) {
	if len(name) > 1 && !codeTypes[name] || len(name) == 1 && name[0] >= 'A' && name[0] <= 'Z' {
		s.classes[name] = classify(name) | namesPrompt
	}
}
