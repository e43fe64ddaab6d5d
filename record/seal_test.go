package record_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/countersign-dev/countersign/record"
	"github.com/countersign-dev/countersign/review"
)

// TestLeafNamesNobody looks for every name and text of a landing in its leaf.
func TestLeafNamesNobody(t *testing.T) {
	l, _, _ := openLog(t, 1)
	e, err := l.Get(t.Context(), "0")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"alice", "Bob", "bob", "dana", "acme", "refund", "Bump", "retired", "read it twice", "security", "claude", "Bash",
		"agents/", "unit tests", "may now merge", "issuecomment", "interpreter"} {
		if bytes.Contains(e.Leaf, []byte(name)) {
			t.Errorf("the leaf says %q", name)
		}
	}
	for _, plain := range []string{`"id":101`, `"outcome":"countersigned"`, `"rule":"tools.widened"`, `"landed_at":"2026-03-02T12:00:00Z"`, `"issues":[12]`} {
		if !bytes.Contains(e.Leaf, []byte(plain)) {
			t.Errorf("the leaf does not say %s", plain)
		}
	}
	if e.Text(e.Landing.Why.Justification) != "The older model is retired.\n\nFixes #12" {
		t.Errorf("justification = %q", e.Text(e.Landing.Why.Justification))
	}
}

// TestAnyLandingIsSealed records landings with anything in them: every leaf is
// short enough, reads in its one spelling, and gives back all of every list.
func TestAnyLandingIsSealed(t *testing.T) {
	l, _, _ := openLog(t, 0)
	occurrence := 0
	rapid.Check(t, func(t *rapid.T) {
		in := landing(0)
		occurrence++
		in.Occurrence = occurrence
		text := rapid.OneOf(rapid.String(), rapid.StringN(0, 300, 300), rapid.SampledFrom([]string{"", "\x00", "\xff\xfe", "a b", "~", strings.Repeat("x", 3000)}))
		in.Ref, in.Host, in.Method, in.Tree = text.Draw(t, "ref"), text.Draw(t, "host"), text.Draw(t, "method"), text.Draw(t, "tree")
		in.After, in.Before, in.TitleBody = text.Draw(t, "after"), text.Draw(t, "before"), text.Draw(t, "body")
		in.Outcome, in.Enforcement.Bypass = review.Outcome(text.Draw(t, "outcome")), text.Draw(t, "bypass")
		in.Pull.Title, in.Pull.Head, in.MergedBy.Login, in.MergedBy.Type = text.Draw(t, "title"), text.Draw(t, "head"), text.Draw(t, "login"), text.Draw(t, "type")
		in.LandedAt = rapid.SampledFrom([]time.Time{{}, noon, noon.Add(time.Nanosecond), time.Date(20000, 1, 1, 0, 0, 0, 0, time.UTC)}).Draw(t, "at")
		statements := rapid.SampledFrom([]int{0, 1, 3, 63, 64, 65, 130}).Draw(t, "statements")
		in.Statements = nil
		verb, requirement, refused := review.Verb(text.Draw(t, "verb")), text.Draw(t, "requirement"), text.Draw(t, "refused")
		for i := range statements {
			s := review.Signoff{SourceID: int64(i), Verb: verb, Requirement: requirement, Refused: refused, CreatedAt: noon}
			s.Body, s.User.Login = fmt.Sprint("body ", i), fmt.Sprint("login-", i)
			in.Statements = append(in.Statements, s)
		}
		if rapid.Bool().Draw(t, "many") {
			for i := range 300 {
				in.Commits = append(in.Commits, sha(i))
				in.Missing = append(in.Missing, fmt.Sprint("reason-", i))
				in.Verdict.Denials = append(in.Verdict.Denials, review.Ruling{Rule: fmt.Sprint("rule-", i), Reason: fmt.Sprint("because ", i)})
			}
			in.Verdict.Standings[0].Requirement.Controls = make([]string, 9000)
			for i := range in.Verdict.Standings[0].Requirement.Controls {
				in.Verdict.Standings[0].Requirement.Controls[i] = "CC8.1"
			}
		}
		r, err := l.Record(t.Context(), in)
		if err != nil {
			t.Fatal(err)
		}
		e, err := l.Get(t.Context(), fmt.Sprint(r.Index))
		if err != nil {
			t.Fatal(err)
		}
		if len(e.Leaf) > 65535 {
			t.Fatalf("leaf has %d bytes", len(e.Leaf))
		}
		if len(e.Landing.More) != 0 || len(e.Landing.Signoffs) != statements {
			t.Fatalf("%d of %d statements, %v", len(e.Landing.Signoffs), statements, e.Landing.More)
		}
		if e.ID != r.ID {
			t.Fatalf("id = %s; the receipt says %s", e.ID, r.ID)
		}
	})
	clean(t, l)
}

func TestParseRefuses(t *testing.T) {
	l, _, _ := openLog(t, 1)
	e, err := l.Get(t.Context(), "0")
	if err != nil {
		t.Fatal(err)
	}
	good := string(e.Leaf)
	if _, err := record.Parse(e.Leaf); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, old, new, reason string }{
		{"a doubled key", `"private":true`, `"private":true,"private":true`, "one spelling"},
		{"a doubled key in another case", `"private":true`, `"private":true,"Private":true`, "one spelling"},
		{"another order", `"ref":"refs/heads/main","before":`, `"before":"x","ref":`, ""},
		{"an unknown field", `"private":true`, `"private":true,"x":1`, "unknown field"},
		{"a missing field", `"private":true,`, ``, "one spelling"},
		{"null for a list", `"warnings":[]`, `"warnings":null`, "null"},
		{"null for a word", `"method":"merge"`, `"method":null`, ""},
		{"a number with a point", `"number":40`, `"number":40.0`, ""},
		{"a number with an exponent", `"number":40`, `"number":4e1`, ""},
		{"a negative zero", `"occurrence":0`, `"occurrence":-0`, "one spelling"},
		{"a number beyond 2^53", `"repository":7001`, `"repository":9007199254740993`, "exact"},
		{"an escape", `"merge"`, `"\u006derge"`, "escape"},
		{"a blank", `{"_type"`, `{ "_type"`, "blank"},
		{"an empty optional field", `"type":"User",`, `"type":"",`, ""},
		{"an upper-case commitment", `"title":"`, `"title":"A`, "no commitment"},
		{"a time in another zone", `12:00:00Z"`, `12:00:00+00:00"`, "no time"},
		{"a time with fractions", `12:00:00Z"`, `12:00:00.0Z"`, "no time"},
		{"another type", `in-toto.io/Statement/v1`, `in-toto.io/Statement/v2`, "_type"},
		{"a later version", `change-record/v0`, `change-record/v1`, "unknown predicate type"},
		{"another subject", `"name":"github.com/7001"`, `"name":"github.com/7002"`, "the subject is not"},
		{"another digest", `"gitCommit":"0`, `"gitCommit":"1`, "digest"},
		{"a second value", `"more":[]}}`, `"more":[]}}{}`, ""},
	} {
		leaf := strings.Replace(good, tt.old, tt.new, 1)
		if leaf == good {
			t.Errorf("%s: changes nothing", tt.name)
			continue
		}
		if _, err := record.Parse([]byte(leaf)); err == nil || !strings.Contains(err.Error(), tt.reason) {
			t.Errorf("%s: error = %v; want one that says %q", tt.name, err, tt.reason)
		}
	}
}

// FuzzParse: what is accepted is canonical, so compacting it changes nothing,
// and it decodes to the same as any JSON reader would.
func FuzzParse(f *testing.F) {
	l, _, _ := openLog(f, 5)
	for i := range 5 {
		e, err := l.Get(f.Context(), fmt.Sprint(i))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(e.Leaf)
	}
	f.Fuzz(func(t *testing.T, leaf []byte) {
		parsed, err := record.Parse(leaf)
		if err != nil {
			return
		}
		var b bytes.Buffer
		if err := json.Compact(&b, leaf); err != nil || !bytes.Equal(b.Bytes(), leaf) {
			t.Errorf("accepted, and not compact: %q, %v", leaf, err)
		}
		if (parsed.Landing == nil) == (parsed.Erasure == nil) {
			t.Errorf("neither or both: %q", leaf)
		}
		if parsed.Landing != nil {
			record.Attributes(*parsed.Landing)
			record.Exceptions(*parsed.Landing)
		}
	})
}
