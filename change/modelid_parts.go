package change

import "strings"

// takeTokens splits a name without prefixes into family, version and date.
func (id *modelID) takeTokens(name string) {
	tokens := strings.FieldsFunc(name, func(r rune) bool { return r == '-' || r == ':' || r == '@' || r == '_' || r == '/' })
	var family, version, date []string
	for i := 0; i < len(tokens); i++ {
		t := tokens[i]
		switch {
		case t == "latest" || t == "default":
			id.floating = true
		case neutralToken[t]:
		case isYear(t) && i+2 < len(tokens) && isMonth(tokens[i+1]) && isMonth(tokens[i+2]): // 2024-08-06
			date = append(date, strings.Join(tokens[i:i+3], "-"))
			i += 2
		case isMonth(t) && i+1 < len(tokens) && (isMonth(tokens[i+1]) || isYear(tokens[i+1])) && len(version) > 0,
			isMonth(t) && i+1 < len(tokens) && isYear(tokens[i+1]): // preview-05-06, command-r-08-2024
			date = append(date, t+"-"+tokens[i+1])
			i++
		case allDigits(t) && len(t) >= 3: // 20250929, 0613, 2407, 002
			date = append(date, t)
		case allDigits(t) && strings.Contains(name, ":"+t) && len(version)+len(date) > 0: // Bedrock's -v1:0
		case isBedrockRevision(t) && len(version)+len(date) > 0:
			date = append(date, t)
		default:
			word, number := splitNumber(t)
			if word != "" {
				family = append(family, word)
			}
			if number != "" {
				version = append(version, number)
			}
		}
	}
	id.family, id.version, id.date = strings.Join(family, "-"), strings.Join(version, "."), strings.Join(date, "-")
}

// neutralToken are words of a name that tell neither tier nor version.
var neutralToken = map[string]bool{
	"preview": true, "exp": true, "experimental": true, "instruct": true, "chat": true, "it": true, "turbo": true, "beta": true, "hf": true, "v": true,
}

func isYear(s string) bool { return len(s) == 4 && s[:2] == "20" && allDigits(s) }

// isMonth accepts two digits as months and days are written: 01 to 31.
func isMonth(s string) bool { return len(s) == 2 && s[0] <= '3' && allDigits(s) }

func isBedrockRevision(s string) bool { return len(s) == 2 && s[0] == 'v' && allDigits(s[1:]) }

// splitNumber takes the version out of one token: llama3.1 is llama and 3.1,
// 4o is 4o, v3 is 3. A size such as 70b or 8x7b stays with the name.
func splitNumber(t string) (word, number string) {
	i := strings.IndexAny(t, "0123456789")
	switch {
	case i < 0:
		return t, ""
	case i == 0 && strings.HasSuffix(t, "b"), strings.HasSuffix(t, "k") && i == 0:
		return t, ""
	case t[:i] == "v":
		return "", t[i:]
	case i == 0:
		return "", t
	}
	return t[:i], t[i:]
}
