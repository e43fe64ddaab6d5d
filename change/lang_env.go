package change

import (
	"bytes"
	"strings"
)

// parseEnv reads assignments, one a line, into a map in file order: .env files
// (KEY=value, export KEY=value, quotes, values in quotes over several lines)
// and Java properties (key=value, key: value, a backslash at the end of a line
// goes on). Lines that assign nothing are skipped, because the tools that read
// these files skip them.
func parseEnv(data []byte) (*Node, error) {
	root := &Node{Kind: MapNode, Line: 1}
	src := trimBOM(data)
	for line := 1; len(src) > 0; {
		n := lineLength(src)
		text := strings.TrimSpace(string(src[:n]))
		used := n
		if text != "" && text[0] != '#' && text[0] != '!' && text[0] != ';' && text[0] != '[' {
			key, value, ok := cutAssignment(text)
			if ok {
				start := line
				value, used = envValue(value, src, n)
				root.put(key, &Node{Kind: StringNode, Text: value, Line: start})
			}
		}
		line += bytes.Count(src[:min(used+1, len(src))], []byte("\n"))
		src = src[min(used+1, len(src)):]
		if len(root.Keys) > maxNodes {
			return nil, syntaxErrorf(line, "more than %d values", maxNodes)
		}
	}
	return root, nil
}

// cutAssignment splits KEY=value and key: value.
func cutAssignment(s string) (key, value string, ok bool) {
	for _, word := range []string{"export ", "setx ", "set "} {
		if rest, found := strings.CutPrefix(s, word); found {
			s = strings.TrimSpace(rest)
		}
	}
	i := strings.IndexAny(s, "=:")
	if i <= 0 {
		return "", "", false
	}
	key = strings.TrimRight(strings.TrimSpace(s[:i]), "?+")
	if key == "" || strings.ContainsAny(key, " \t\"'(){}<>$") {
		return "", "", false
	}
	return key, strings.TrimSpace(s[i+1:]), true
}

// envValue takes quotes and a trailing comment off a value. One that opens a
// quote or ends in a backslash goes on in the next lines of src; used is the
// offset of the newline that ends it.
func envValue(value string, src []byte, end int) (text string, used int) {
	if value != "" && (value[0] == '"' || value[0] == '\'') {
		q := value[0]
		if i := closingQuote(value, q); i > 0 {
			return unescapeEnv(value[1:i], q), end
		}
		if i := bytes.IndexByte(src[end:], q); i >= 0 && i < 64<<10 {
			whole := value[1:] + string(src[end:end+i])
			stop := end + i
			return unescapeEnv(whole, q), stop + lineLength(src[stop:])
		}
		return value, end
	}
	if strings.HasSuffix(value, `\`) {
		value, end = continuedValue(value, src, end)
	}
	for _, mark := range []string{" #", "\t#"} {
		if i := strings.Index(value, mark); i >= 0 {
			value = strings.TrimSpace(value[:i])
		}
	}
	if strings.HasPrefix(value, "#") {
		value = ""
	}
	return value, end
}

// continuedValue joins the lines that a backslash at the end holds together.
func continuedValue(value string, src []byte, end int) (string, int) {
	var b strings.Builder
	more := true
	for more && end+1 < len(src) {
		b.WriteString(strings.TrimSuffix(value, `\`))
		next := lineLength(src[end+1:])
		value = strings.TrimSpace(string(src[end+1 : end+1+next]))
		end += 1 + next
		more = strings.HasSuffix(value, `\`)
	}
	b.WriteString(value)
	return b.String(), end
}

// closingQuote finds the quote that ends a value that begins with one; -1 for none.
func closingQuote(s string, q byte) int {
	for i := 1; i < len(s); i++ {
		if s[i] == '\\' && q == '"' {
			i++
		} else if s[i] == q {
			return i
		}
	}
	return -1
}

func unescapeEnv(s string, q byte) string {
	if q != '"' || !strings.Contains(s, `\`) {
		return s
	}
	return strings.NewReplacer(`\n`, "\n", `\t`, "\t", `\"`, `"`, `\\`, `\`).Replace(s)
}

// parseDockerfile reads what a Dockerfile says about its environment: ENV and
// ARG as a map under those words, and FROM, RUN, CMD and ENTRYPOINT as lists of
// text. Source: Dockerfile reference.
func parseDockerfile(data []byte) (*Node, error) {
	root := &Node{Kind: MapNode, Line: 1}
	env, arg := &Node{Kind: MapNode, Line: 1}, &Node{Kind: MapNode, Line: 1}
	root.put("ENV", env)
	root.put("ARG", arg)
	instructions, err := dockerInstructions(trimBOM(data))
	if err != nil {
		return nil, err
	}
	for _, in := range instructions {
		switch in.word {
		case "ENV":
			dockerPairs(env, in.rest, in.line)
		case "ARG":
			dockerPairs(arg, in.rest, in.line)
		case "FROM", "RUN", "CMD", "ENTRYPOINT":
			list := root.Get(in.word)
			if list == nil {
				list = &Node{Kind: ListNode, Line: in.line}
				root.put(in.word, list)
			}
			list.Items = append(list.Items, &Node{Kind: StringNode, Text: in.rest, Line: in.line})
		}
		if len(env.Keys)+len(arg.Keys) > maxNodes {
			return nil, syntaxErrorf(in.line, "more than %d values", maxNodes)
		}
	}
	return root, nil
}

type dockerInstruction struct {
	word, rest string
	line       int
}

// dockerInstructions joins continued lines and drops comments. Heredocs of RUN
// stay in the text.
func dockerInstructions(src []byte) (out []dockerInstruction, err error) {
	var b strings.Builder
	start, line := 0, 0
	for text := range bytes.Lines(src) {
		line++
		l := strings.TrimSpace(string(text))
		if strings.HasPrefix(l, "#") || l == "" {
			continue
		}
		if b.Len() == 0 {
			start = line
		}
		if cont, ok := strings.CutSuffix(l, `\`); ok {
			b.WriteString(cont)
			b.WriteByte(' ')
			continue
		}
		b.WriteString(l)
		word, rest, _ := strings.Cut(b.String(), " ")
		out = append(out, dockerInstruction{strings.ToUpper(word), strings.TrimSpace(rest), start})
		b.Reset()
		if len(out) > maxNodes {
			return nil, syntaxErrorf(line, "more than %d instructions", maxNodes)
		}
	}
	return out, nil
}

// dockerPairs reads K=v K2="v 2" and the older form K v.
func dockerPairs(into *Node, rest string, line int) {
	words := shellWords(rest)
	if len(words) == 0 {
		return
	}
	if !strings.Contains(words[0], "=") {
		value := strings.TrimSpace(strings.TrimPrefix(rest, words[0]))
		into.put(words[0], &Node{Kind: StringNode, Text: strings.Trim(value, `"'`), Line: line})
		return
	}
	for _, w := range words {
		if key, value, ok := strings.Cut(w, "="); ok && key != "" {
			into.put(key, &Node{Kind: StringNode, Text: value, Line: line})
		}
	}
}
