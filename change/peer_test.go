package change

import "testing"

// A word in a comment makes a file an agent's or not. When it comes or goes, that
// is no change of what the agent may do, and what changes beside it is seen.
func TestWordsInComments(t *testing.T) {
	t.Parallel()
	const code = "const DISALLOWED_TOOLS = [\"WebSearch\", \"WebFetch\"];\nexport function f() { return DISALLOWED_TOOLS; }\n"
	const less = "const DISALLOWED_TOOLS = [\"WebFetch\"];\nexport function f() { return DISALLOWED_TOOLS; }\n"
	const with, without = "// github.com/anthropics/x\n", "// x\n"
	for _, c := range []struct {
		name          string
		before, after string
		want          Direction // "" for no change
	}{
		{"word goes", code + with, code + without, ""},
		{"word comes", code + without, code + with, ""},
		{"word goes with a deny", code + with, less + without, Widens},
		{"word comes with a deny going", code + without, less + with, Widens},
		{"deny comes as the word goes", less + with, code + without, Narrows},
	} {
		set, err := Compare(MapTree{"src/m.ts": c.before}, MapTree{"src/m.ts": c.after}, Settings{})
		if err != nil {
			t.Fatal(err)
		}
		var got Direction
		for _, ch := range set.Changes {
			if ch.Kind == ToolScope && ch.Confidence != Notice {
				got = ch.Direction
			}
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q: %+v", c.name, got, c.want, set.Changes)
		}
	}
}
