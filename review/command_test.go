package review

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const someCommit = "0123456789abcdef0123456789abcdef01234567"

// The table is hostile on purpose: everything that must not be a command, and
// honest ones in every spelling that people use.
func TestParseCommand(t *testing.T) {
	for _, c := range []struct {
		name, body string
		want       *Command
	}{
		{"plain", "/countersign approve", &Command{Verb: "approve"}},
		{"capital letters", "/Countersign APPROVE Prompt", &Command{Verb: "approve", Requirements: []string{"prompt"}}},
		{"tabs and trailing blanks", "/countersign\tapprove \t", &Command{Verb: "approve"}},
		{"CRLF", "/countersign approve\r\nmore text\r\n", &Command{Verb: "approve"}},
		{"later lines are ignored", "/countersign approve\n/countersign reject -- no", &Command{Verb: "approve"}},
		{"commit", "/countersign approve " + someCommit, &Command{Verb: "approve", Commit: someCommit}},
		{"commit in capitals", "/countersign approve " + strings.ToUpper(someCommit), &Command{Verb: "approve", Commit: someCommit}},
		{"commit and names", "/countersign approve " + someCommit + " model tools", &Command{Verb: "approve", Commit: someCommit, Requirements: []string{"model", "tools"}}},
		{"statement", "/countersign approve -- read it twice", &Command{Verb: "approve", Statement: "read it twice"}},
		{"statement in any script", "/countersign approve -- geprüft ✓", &Command{Verb: "approve", Statement: "geprüft ✓"}},
		{"no verb", "/countersign", &Command{Verb: "help"}},
		{"unknown verb", "/countersign aprove", &Command{Verb: "aprove"}},
		{"doubled name", "/countersign approve model model", &Command{Verb: "approve", Requirements: []string{"model"}}},

		{"prefix of a commit", "/countersign approve 0123456789ab", &Command{Verb: "approve", Mistake: "`0123456789ab` is not a whole commit id: name all 40 digits, first"}},
		{"reject without reason", "/countersign reject", &Command{Verb: "reject", Mistake: "a rejection needs a reason: `/countersign reject -- why`"}},
		{"override without reason", "/countersign override prompt", &Command{Verb: "override", Requirements: []string{"prompt"}, Mistake: "an override names one requirement and a reason: `/countersign override NAME -- why`"}},

		{"indented", " /countersign approve", nil},
		{"tab before", "\t/countersign approve", nil},
		{"quoted", "> /countersign approve", nil},
		{"in a list", "- /countersign approve", nil},
		{"in a fence", "```\n/countersign approve\n```", nil},
		{"in an HTML comment", "<!--\n/countersign approve\n-->", nil},
		{"second line", "Looks good!\n/countersign approve", nil},
		{"empty first line", "\n/countersign approve", nil},
		{"e-mail reply", "On Mon, Bob wrote:\n> /countersign approve", nil},
		{"zero-width space first", "\u200b/countersign approve", nil},
		{"zero-width space inside", "/counter\u200bsign approve", nil},
		{"zero-width space after", "/countersign\u200b approve", nil},
		{"look-alike letter", "/c\u043euntersign approve", nil},
		{"full-width slash", "\uff0fcountersign approve", nil},
		{"no-break space", "/countersign\u00a0approve", nil},
		{"byte order mark", "\ufeff/countersign approve", nil},
		{"control character", "/countersign approve\x00", nil},
		{"carriage return inside", "/countersign\rapprove", nil},
		{"other command", "/approve", nil},
		{"longer word", "/countersigned approve", nil},
		{"code span", "`/countersign approve`", nil},
		{"empty", "", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, ok := ParseCommand(c.body, "")
			if ok != (c.want != nil) {
				t.Fatalf("command = %v, want %v", ok, c.want != nil)
			}
			if c.want != nil {
				if diff := cmp.Diff(*c.want, got); diff != "" {
					t.Error(diff)
				}
			}
		})
	}
}

func TestAlias(t *testing.T) {
	if _, ok := ParseCommand("/cs approve", ""); ok {
		t.Error("an alias counts although the operator set none")
	}
	if got, ok := ParseCommand("/cs approve model", "cs"); !ok || got.Verb != "approve" {
		t.Errorf("alias: got %v %v", got, ok)
	}
}

func TestNearestVerb(t *testing.T) {
	for word, want := range map[string]string{"aprove": "approve", "rejct": "reject", "wtihdraw": "withdraw", "overide": "override", "lgtm": "help", "xyzzy": "help"} {
		if got := nearestVerb(word); got != want {
			t.Errorf("%s: got %s, want %s", word, got, want)
		}
	}
}

func FuzzParseCommand(f *testing.F) {
	f.Add("/countersign approve -- x")
	f.Fuzz(func(t *testing.T, body string) {
		c, ok := ParseCommand(body, "cs")
		if !ok {
			return
		}
		// A command always stands at the very start, in ASCII.
		if !strings.HasPrefix(strings.ToLower(body), "/countersign") && !strings.HasPrefix(strings.ToLower(body), "/cs") {
			t.Fatalf("%q was read as %v", body, c)
		}
		if len(c.Statement) > maxStatement {
			t.Fatalf("statement of %d bytes", len(c.Statement))
		}
	})
}
