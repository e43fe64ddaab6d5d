package change

import "strings"

// promptLabels are keys of a file of prompts whose values speak to people, or
// name something.
var promptLabels = set("name", "title", "id", "version", "author", "authors", "license", "url", "link", "homepage", "category", "tag", "tags", "notes", "note", "comment", "comments", "changelog", "source", "path", "file", "type", "created", "updated", "date",
	"testdata", "tests", "test", "evaluators", "assert", "expected", "inputvariables", "variables", "schema", "$schema", "metadata",
	"welcome", "welcomemessage", "banner", "placeholder")

// readPromptStrings reads a file that is known to hold prompts by its name:
// whatever text stands in it is one. Text is what has several words; a
// description counts where nothing beside it is text, because it then speaks of
// the work and not of the prompt.
func readPromptStrings(d *document) []fact {
	var out []fact
	for _, root := range d.roots {
		promptStrings(root, "", 0, &out)
	}
	return out
}

func promptStrings(n *Node, at string, depth int, out *[]fact) {
	if n == nil || depth > maxDepth {
		return
	}
	switch n.Kind {
	case MapNode:
		described := len(*out)
		for i, k := range n.Keys {
			if key := plainKey(k); !promptLabels[key] && key != "description" {
				promptStrings(n.Items[i], join(at, k), depth+1, out)
			}
		}
		if len(*out) == described {
			promptStrings(n.Get("description"), join(at, "description"), depth+1, out)
		}
	case ListNode:
		w := slotWalk{identity: defaultIdentity}
		for i, it := range n.Items {
			promptStrings(it, at+"["+w.itemName(it, i)+"]", depth+1, out)
		}
	case StringNode:
		if isProse(n.Text) {
			*out = append(*out, fact{kind: Prompt, slot: or(at, "text"), value: n.Text, line: n.Line, notice: speaksToPeople(n.Text)})
		}
	}
}

// isProse tells text from names, paths and addresses: it has lines, or at least
// four words.
func isProse(s string) bool {
	s = strings.TrimSpace(s)
	return strings.Contains(s, "\n") || len(s) >= 20 && strings.Count(s, " ") >= 3
}

// speaksToPeople tells a text that a screen shows from one for a model, where
// only a folder or a name says prompt: a short question, or a short call to
// enter something. A text with places to fill in, or with more than one line, is
// for a model.
func speaksToPeople(s string) bool {
	s = strings.TrimSpace(s)
	if strings.ContainsAny(s, "\n{}<>$%") || len(s) > 80 {
		return false
	}
	if strings.HasSuffix(s, "?") {
		return true
	}
	first, _, _ := strings.Cut(strings.ToLower(s), " ")
	return screenVerbs[first] && strings.Count(s, " ") < 6
}

var screenVerbs = set("enter", "press", "type", "password:", "username:")
