package change

import (
	"encoding/json"
	"slices"
	"strings"
)

// canonical writes a node as compact JSON with sorted keys. A scalar is written
// as its text.
func canonical(n *Node) string {
	if n == nil {
		return ""
	}
	if n.Kind != ListNode && n.Kind != MapNode {
		return n.Text
	}
	return string(appendJSON(nil, n))
}

func appendJSON(b []byte, n *Node) []byte {
	if n == nil {
		return append(b, "null"...)
	}
	switch n.Kind {
	case NullNode:
		return append(b, "null"...)
	case BoolNode, NumberNode:
		return append(b, n.Text...)
	case StringNode:
		text, _ := json.Marshal(n.Tag + n.Text)
		return append(b, text...)
	case ListNode:
		b = append(b, '[')
		for i, it := range n.Items {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendJSON(b, it)
		}
		return append(b, ']')
	}
	order := make([]int, len(n.Keys))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return strings.Compare(n.Keys[a], n.Keys[b]) })
	b = append(b, '{')
	for i, at := range order {
		if i > 0 {
			b = append(b, ',')
		}
		key, _ := json.Marshal(n.Keys[at])
		b = append(append(b, key...), ':')
		b = appendJSON(b, n.Items[at])
	}
	return append(b, '}')
}

// pin reads a model's value: a literal, an expression with a literal default,
// or the name of a place outside the repository.
func pin(v string) resolved {
	v = strings.TrimSpace(v)
	if name, ok := settingReference(v); ok {
		return resolved{value: "setting " + name, outside: true}
	}
	for n := 0; n < maxDefaults; n++ { // ${A:-${B:-gpt-4o}}
		where, fallback := outsideModel(v)
		if where == "" {
			break
		}
		if fallback = unquoted(fallback); fallback == "" {
			return resolved{value: where, outside: true}
		}
		v = fallback
	}
	for _, form := range outsideForms {
		if rest, ok := strings.CutPrefix(v, form.open); ok {
			if name, ok := strings.CutSuffix(rest, form.shut); ok {
				if d := quotedDefault(name); d != "" {
					return resolved{value: d}
				}
				return resolved{value: form.what + strings.TrimSpace(name), outside: true}
			}
		}
	}
	return resolved{value: v}
}

// maxDefaults bounds defaults of defaults.
const maxDefaults = 8

// unquoted takes one pair of quotes off, which Compose and shells let stand
// around a default.
func unquoted(s string) string {
	if n := len(s); n > 1 && s[0] == s[n-1] && (s[0] == '"' || s[0] == '\'') {
		return s[1 : n-1]
	}
	return s
}

// settingReference reads ${Section:Key}, by which Semantic Kernel's agents name
// a setting. In ${NAME:default} the name is a variable, or the default a model.
func settingReference(v string) (string, bool) {
	inner, ok := strings.CutPrefix(v, "${")
	if !ok || !strings.HasSuffix(inner, "}") {
		return "", false
	}
	inner = inner[:len(inner)-1]
	section, key, ok := strings.Cut(inner, ":")
	if !ok || section == "" || strings.ToUpper(section) == section || strings.ToLower(section) == section || strings.HasPrefix(key, "-") || isModelID(key) {
		return "", false
	}
	return inner, true
}

// outsideForms are spellings for values that come from elsewhere.
var outsideForms = []struct{ open, shut, what string }{
	{"os.environ/", "", "environment variable "}, // LiteLLM
	{"{env:", "}", "environment variable "},      // opencode
	{"{{", "}}", "template value "},              // Helm, Go templates, Jinja
	{"%{", "}", "template value "},
	{"[parameters('", "')]", "deployment parameter "}, // ARM
	{"{{resolve:", "}}", "parameter store "},          // CloudFormation
}

// quotedDefault finds the literal of {{ .Values.model | default "gpt-4o" }}.
func quotedDefault(expr string) string {
	_, rest, ok := strings.Cut(expr, "default")
	if !ok {
		return ""
	}
	rest = strings.TrimLeft(rest, " (")
	if len(rest) < 2 || rest[0] != '"' && rest[0] != '\'' {
		return ""
	}
	if end := strings.IndexByte(rest[1:], rest[0]); end > 0 {
		return rest[1 : 1+end]
	}
	return ""
}

// printable writes text so that it cannot hide anything: whatever does not
// print becomes an escape, a secret is cut out, and a long one is cut short.
func printable(s string) string { return entryText(s) }

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
