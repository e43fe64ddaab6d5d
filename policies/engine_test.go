package policies

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/countersign-dev/countersign/change"
	"github.com/countersign-dev/countersign/review"
)

func TestLayersUnite(t *testing.T) {
	t.Parallel()
	operator := "package countersign.house\n" + meta("house.night") +
		`require contains {"rule": "house.night", "reason": "it is night", "role": "prompt", "id": "prompt", "need": 2, "binds": "head", "valid_for": "30d"}` + "\n"
	e := newTestEngine(t, Options{}, "house.rego", operator, "operator.yaml", "approvers: {}")
	mine := rule(Require, `{"rule": "own.rule", "reason": "we want a lawyer", "people": ["Zoe", "bob"], "need": 1, "id": "legal", "changes": ["c2"], "distinct": true, "valid_for": "12h"}`)
	d := require(t, e, input(prompt(), prompt()), own(mine))
	want := []review.Requirement{
		{ID: "legal", Rule: "own.rule", Layer: Repository, Title: "Title of own.rule", Reason: "we want a lawyer", Controls: []string{"CC1.1"},
			People: []string{"Zoe", "bob"}, Need: 1, Distinct: true, ValidFor: 12 * time.Hour, Changes: []string{"c2"}},
		{ID: "prompt", Rule: "prompt.changed", Layer: Default, Title: "A prompt changed", Reason: "the prompt of refund-bot is modified; it is night",
			Controls: []string{"CC8.1", "CC1.1"}, Role: "prompt", Need: 2, Binds: "head", ValidFor: 30 * 24 * time.Hour, Changes: []string{"c1", "c2"}},
	}
	if diff := cmp.Diff(want, d.Requirements); diff != "" {
		t.Error(diff)
	}
	if len(d.Denials)+len(d.Passes)+len(d.Warnings) > 0 {
		t.Errorf("rulings that nobody made: %+v", d)
	}
}

func TestMergeOnlyTightens(t *testing.T) {
	t.Parallel()
	e := newTestEngine(t, Options{}, "house.rego", "package countersign.house\n"+meta("house.two")+
		`require contains {"rule": "house.two", "reason": "two", "role": "prompt", "id": "prompt", "need": 2, "valid_for": "2d", "binds": "head", "distinct": true}`+"\n")
	d := require(t, e, input(prompt()), own(rule(Require,
		`{"rule": "own.rule", "reason": "less", "role": "prompt", "id": "prompt", "need": 1, "valid_for": "90d", "binds": "content", "distinct": false}`)))
	got := find(t, d, "prompt")
	if got.Need != 2 || got.ValidFor != 48*time.Hour || got.Binds != "head" || !got.Distinct {
		t.Errorf("a lower layer loosened a requirement: %+v", got)
	}
}

func TestMergeKeepsWhoIsAsked(t *testing.T) {
	t.Parallel()
	e := newTestEngine(t, Options{})
	_, err := e.Require(context.Background(), input(prompt()), own(rule(Require,
		`{"rule": "own.rule", "reason": "mine", "people": ["mallory"], "id": "prompt", "need": 1}`)))
	got := broken(t, err)
	if got.Layer != Repository || got.Line != 9 || !strings.Contains(got.Reason, "id of its own") {
		t.Errorf("got %+v", got)
	}
}

func TestDefaultIDsAreStable(t *testing.T) {
	t.Parallel()
	e := newTestEngine(t, Options{})
	for object, want := range map[string]string{
		`{"rule": "own.rule", "reason": "a", "role": "legal", "need": 1}`:                                                    "own.rule-legal",
		`{"rule": "own.rule", "reason": "b", "people": ["Bob", "amy"], "teams": ["acme/law"], "need": 2, "changes": ["c1"]}`: "own.rule-8a67689f",
		`{"rule": "own.rule", "reason": "c", "people": ["amy", "bob"], "teams": ["acme/law"], "need": 1}`:                    "own.rule-8a67689f",
	} {
		find(t, require(t, e, input(prompt()), own(rule(Require, object))), want)
	}
}

// A86: a rule of the same package and id as a built-in applies beside it.
func TestSameNameAsBuiltIn(t *testing.T) {
	t.Parallel()
	e := newTestEngine(t, Options{})
	twin := "package countersign.prompt\n" + meta("prompt.changed") +
		`require contains {"rule": "prompt.changed", "reason": "ours", "role": "editors", "id": "editors", "need": 1} if input.pull.number == 7` + "\n"
	d := require(t, e, input(prompt()), own(twin))
	if a, b := find(t, d, "prompt"), find(t, d, "editors"); a.Layer != Default || b.Layer != Repository {
		t.Errorf("got layers %s and %s", a.Layer, b.Layer)
	}
	empty := "package countersign.prompt\n" + meta("prompt.changed") + `require contains "x" if input.pull.number == 8` + "\n"
	find(t, require(t, e, input(prompt()), own(empty)), "prompt")
}

// A69: no changes means all of them, unknown ones are an error.
func TestChangesOfAResult(t *testing.T) {
	t.Parallel()
	e := newTestEngine(t, Options{})
	for _, changes := range []string{``, `, "changes": []`, `, "changes": ["c2", "c1", "c2"]`} {
		d := require(t, e, input(prompt(), prompt()), own(rule(Require, `{"rule": "own.rule", "reason": "a", "role": "legal", "id": "legal", "need": 1`+changes+`}`)))
		if got := find(t, d, "legal").Changes; !cmp.Equal(got, []string{"c1", "c2"}) {
			t.Errorf("%q: got %v", changes, got)
		}
	}
	for _, kind := range []Kind{Deny, Warn} {
		_, err := e.Require(context.Background(), input(prompt()), own(rule(kind, `{"rule": "own.rule", "reason": "a", "changes": ["c1", "c9"]}`)))
		if got := broken(t, err); !strings.Contains(got.Reason, `"c9"`) || got.Path != ".github/countersign/own.rego" || got.Line != 9 {
			t.Errorf("%s: got %+v", kind, got)
		}
	}
}

func TestUnclaimedIsDenied(t *testing.T) {
	t.Parallel()
	e := newTestEngine(t, Options{})
	odd := change.Change{Kind: "memory", Agent: "refund-bot"}
	d := require(t, e, input(prompt(), odd), own(rule(Warn, `{"rule": "own.rule", "reason": "a"}`)))
	if len(d.Denials) != 1 || d.Denials[0].Rule != "countersign.unclaimed" || !cmp.Equal(d.Denials[0].Changes, []string{"c2"}) {
		t.Errorf("got denials %+v", d.Denials)
	}
	if len(d.Warnings) != 1 {
		t.Errorf("got warnings %+v", d.Warnings)
	}
	d = require(t, e, input(odd), own(rule(Deny, `{"rule": "own.rule", "reason": "never", "changes": ["c1"]}`)))
	if len(d.Denials) != 1 || d.Denials[0].Rule != "own.rule" || d.Denials[0].Layer != Repository {
		t.Errorf("got denials %+v", d.Denials)
	}
}

func TestPassOfTheOperator(t *testing.T) {
	t.Parallel()
	text := strings.ReplaceAll(rule(Pass, `{"rule": "own.rule", "reason": "known", "changes": ["c1"]}`), "own", "house")
	e := newTestEngine(t, Options{}, "rules/house.rego", text)
	d := require(t, e, input(change.Change{Kind: "memory"}), nil)
	if len(d.Denials) != 0 || len(d.Passes) != 1 || d.Passes[0].Layer != Operator {
		t.Errorf("got %+v", d)
	}
	d = require(t, e, input(prompt()), nil)
	find(t, d, "prompt") // a pass takes no requirement away
}

func TestNothingGovernedAsksNothing(t *testing.T) {
	t.Parallel()
	e := newTestEngine(t, Options{})
	in := input()
	in.Notices = []change.Change{prompt()}
	d := require(t, e, in, own(rule(Require, `{"rule": "own.rule", "reason": "a", "role": "legal", "need": 1}`)))
	if len(d.Requirements)+len(d.Denials) != 0 || d.RulesDigest == "" || len(d.Input) == 0 {
		t.Errorf("got %+v", d)
	}
}

func TestRepeatedChangeIDs(t *testing.T) {
	t.Parallel()
	in := input(prompt(), prompt())
	in.Changes[1].ID = "c1"
	if _, err := newTestEngine(t, Options{}).Require(context.Background(), in, nil); err == nil {
		t.Error("two changes of one id were accepted")
	}
}

// What a rule says is exactly as documented, or an error with its place.
func TestOutputIsStrict(t *testing.T) {
	t.Parallel()
	e := newTestEngine(t, Options{})
	for _, tt := range []struct {
		name   string
		kind   Kind
		object string
		want   string
	}{
		{"a string", Require, `"sign please"`, "object"},
		{"another rule's id", Require, `{"rule": "prompt.changed", "reason": "a", "role": "x", "need": 1}`, "custom.id"},
		{"no reason", Require, `{"rule": "own.rule", "role": "x", "need": 1}`, "reason"},
		{"reason of blanks", Require, `{"rule": "own.rule", "reason": " ", "role": "x", "need": 1}`, "reason"},
		{"unknown field", Require, `{"rule": "own.rule", "reason": "a", "role": "x", "need": 1, "roles": []}`, `unknown field "roles"; there are rule`},
		{"a requirement's field in a denial", Deny, `{"rule": "own.rule", "reason": "a", "role": "x"}`, `unknown field "role"`},
		{"nobody", Require, `{"rule": "own.rule", "reason": "a", "need": 1}`, "asks nobody"},
		{"role and people", Require, `{"rule": "own.rule", "reason": "a", "role": "x", "people": ["bob"], "need": 1}`, "not both"},
		{"empty people", Require, `{"rule": "own.rule", "reason": "a", "people": [], "need": 1}`, "people is empty"},
		{"login with @", Require, `{"rule": "own.rule", "reason": "a", "people": ["@bob"], "need": 1}`, "not a login"},
		{"team without organisation", Require, `{"rule": "own.rule", "reason": "a", "teams": ["law"], "need": 1}`, "organisation/team"},
		{"role in capitals", Require, `{"rule": "own.rule", "reason": "a", "role": "Legal", "need": 1}`, "lower-case"},
		{"no need", Require, `{"rule": "own.rule", "reason": "a", "role": "x"}`, "need is"},
		{"need of nobody", Require, `{"rule": "own.rule", "reason": "a", "role": "x", "need": 0}`, "need is"},
		{"need of half a person", Require, `{"rule": "own.rule", "reason": "a", "role": "x", "need": 1.5}`, "need is"},
		{"need as text", Require, `{"rule": "own.rule", "reason": "a", "role": "x", "need": "2"}`, "need is"},
		{"need of thousands", Require, `{"rule": "own.rule", "reason": "a", "role": "x", "need": 1000}`, "need is"},
		{"id that nobody can type", Require, `{"rule": "own.rule", "reason": "a", "role": "x", "need": 1, "id": "legal team"}`, "people type it"},
		{"id like a commit", Require, `{"rule": "own.rule", "reason": "a", "role": "x", "need": 1, "id": "deadbeef"}`, "commit id"},
		{"id of ours", Require, `{"rule": "own.rule", "reason": "a", "role": "x", "need": 1, "id": "enrol"}`, "taken"},
		{"empty id", Require, `{"rule": "own.rule", "reason": "a", "role": "x", "need": 1, "id": ""}`, "id is empty"},
		{"binds to the moon", Require, `{"rule": "own.rule", "reason": "a", "role": "x", "need": 1, "binds": "tree"}`, "content or head"},
		{"validity in words", Require, `{"rule": "own.rule", "reason": "a", "role": "x", "need": 1, "valid_for": "a month"}`, "30d or 12h"},
		{"validity of nothing", Require, `{"rule": "own.rule", "reason": "a", "role": "x", "need": 1, "valid_for": "0d"}`, "30d or 12h"},
		{"distinct as text", Require, `{"rule": "own.rule", "reason": "a", "role": "x", "need": 1, "distinct": "yes"}`, "true nor false"},
		{"changes as text", Warn, `{"rule": "own.rule", "reason": "a", "changes": "c1"}`, "list"},
		{"changes as numbers", Warn, `{"rule": "own.rule", "reason": "a", "changes": [1]}`, "list of strings"},
		{"null changes", Warn, `{"rule": "own.rule", "reason": "a", "changes": null}`, "list"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := e.Require(context.Background(), input(prompt()), own(rule(tt.kind, tt.object)))
			got := broken(t, err)
			if !strings.Contains(got.Reason, tt.want) || got.Line != 9 || got.Layer != Repository || got.Path != ".github/countersign/own.rego" {
				t.Errorf("got %+v, want %q at line 9", got, tt.want)
			}
		})
	}
}

func TestReasonIsMadeFitToShow(t *testing.T) {
	t.Parallel()
	e := newTestEngine(t, Options{})
	in := input(prompt())
	in.Changes[0].Agent = "bot\u202e\x1b[2J\n" + strings.Repeat("x", 5000)
	got := find(t, require(t, e, in, nil), "prompt").Reason
	if !strings.HasPrefix(got, `the prompt of bot\u{202e}\u{1b}[2J x`) || len(got) > maxReason+10 || !strings.HasSuffix(got, "…") {
		t.Errorf("got %q", got)
	}
}

func TestEvaluationErrorIsNoEmptyDemand(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"conflict":       `{"rule": "own.rule", "reason": a, "role": "x", "need": 1} if input.pull.number == 7` + "\na := \"1\" if input.pull.number > 0\na := \"2\" if input.pull.number > 1\n",
		"built-in error": `{"rule": "own.rule", "reason": sprintf("%d", [to_number(input.pull.title)]), "role": "x", "need": 1} if input.pull.number == 7` + "\n",
		"division by 0":  `{"rule": "own.rule", "reason": "a", "role": "x", "need": 1 / (input.pull.number - 7)} if input.pull.number == 7` + "\n",
	} {
		text := "package countersign.own\n" + meta("own.rule") + "require contains " + body
		repo, inHouse := newTestEngine(t, Options{}), newTestEngine(t, Options{}, "own.rego", text)
		_, err := repo.Require(context.Background(), input(prompt()), own(text))
		if got := broken(t, err); got.Layer != Repository || got.Line == 0 {
			t.Errorf("%s: got %+v", name, got)
		}
		_, err = inHouse.Require(context.Background(), input(prompt()), nil)
		if got := broken(t, err); got.Layer != Operator || got.Line == 0 {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

func TestDeadlineOfTheOperatorsRules(t *testing.T) {
	t.Parallel()
	endless := "package countersign.own\n" + meta("own.rule") +
		"warn contains {\"rule\": \"own.rule\", \"reason\": \"a\"} if {\n\tsome i in numbers.range(1, 100000)\n\tsome j in numbers.range(1, 100000)\n\ti * j < input.pull.number - 7\n}\n"
	e := newTestEngine(t, Options{Deadline: 50 * time.Millisecond}, "own.rego", endless)
	_, err := e.Require(context.Background(), input(prompt()), nil)
	if got := broken(t, err); got.Layer != Operator || !strings.Contains(got.Reason, "longer than 50ms") {
		t.Errorf("got %+v", got)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := e.Require(ctx, input(prompt()), nil); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled call gave %v, which would be read as a fault of the rules", err)
	}
}

func TestSameInputSameBytes(t *testing.T) {
	t.Parallel()
	mine := own(rule(Deny, `{"rule": "own.rule", "reason": "a"}`))
	in := input(prompt(), change.Change{Kind: change.ToolScope, Direction: change.Widens, Added: []string{"Bash", "<&>"}})
	in.Repository.Properties = map[string]string{"b": "1", "a": "2", "c": "3"}
	first := require(t, newTestEngine(t, Options{}), in, mine)
	var wg sync.WaitGroup
	e := newTestEngine(t, Options{})
	for range 8 {
		wg.Go(func() {
			d, err := e.Require(context.Background(), in, mine)
			if err != nil {
				t.Error(err)
			}
			if diff := cmp.Diff(first, d); diff != "" {
				t.Error(diff)
			}
		})
	}
	wg.Wait()
	if !bytes.Contains(first.Input, []byte(`"<&>"`)) || bytes.Contains(first.Input, []byte(": ")) || bytes.Contains(first.Input, []byte(`"paths":null`)) {
		t.Errorf("not canonical: %s", first.Input)
	}
}

func TestInputIsNotWrittenTo(t *testing.T) {
	t.Parallel()
	in := input(prompt())
	before := input(prompt())
	require(t, newTestEngine(t, Options{}), in, nil)
	if diff := cmp.Diff(before, in); diff != "" {
		t.Error(diff)
	}
}

func TestRulesDigest(t *testing.T) {
	t.Parallel()
	e := newTestEngine(t, Options{})
	digestOf := func(e *Engine, files ...review.PolicySource) string {
		return require(t, e, input(prompt()), files).RulesDigest
	}
	a := review.PolicySource{Path: ".github/countersign/a.rego", Data: []byte(rule(Warn, `{"rule": "own.rule", "reason": "a"}`))}
	b := review.PolicySource{Path: ".github/countersign/b.yaml", Data: []byte("limit: 1\n")}
	c := review.PolicySource{Path: ".github/countersign/b.yaml", Data: []byte("limit: 2\n")}
	readme := review.PolicySource{Path: ".github/countersign/README.md", Data: []byte("hello")}
	test := review.PolicySource{Path: ".github/countersign/a_test.rego", Data: []byte("not rego")}
	if digestOf(e, a, b) != digestOf(e, b, test, a, readme) {
		t.Error("order, tests or texts change the digest")
	}
	seen := map[string]string{}
	for name, d := range map[string]string{"none": digestOf(e), "a": digestOf(e, a), "a and b": digestOf(e, a, b), "a and c": digestOf(e, a, c),
		"operator": digestOf(newTestEngine(t, Options{}, "a.rego", string(a.Data)))} {
		if other, twice := seen[d]; twice {
			t.Errorf("%s has the digest of %s", name, other)
		}
		seen[d] = name
	}
}

func TestBundleRunsAgain(t *testing.T) {
	t.Parallel()
	e := newTestEngine(t, Options{}, "house.rego", "package countersign.house\n"+meta("house.one")+
		"warn contains {\"rule\": \"house.one\", \"reason\": data.words.why}\n", "words.yaml", "why: because")
	mine := own(rule(Deny, `{"rule": "own.rule", "reason": "no"}`))
	want := require(t, e, input(prompt()), mine)
	bundle := e.Bundle(mine)
	if digest(bundle) != want.RulesDigest {
		t.Error("the digest of the rules is not that of the bundle")
	}
	again, repo, err := Open(bundle, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(again.Close)
	if diff := cmp.Diff(want, require(t, again, input(prompt()), repo)); diff != "" {
		t.Error(diff)
	}
	if _, _, err := Open([]byte(`{"version":2}`), Options{}); err == nil {
		t.Error("a bundle of another version was opened")
	}
}

func BenchmarkDecision(b *testing.B) {
	in := input(prompt(), change.Change{Kind: change.Model, Agent: "refund-bot", Step: change.StepFamily},
		change.Change{Kind: change.ToolScope, Agent: "refund-bot", Direction: change.Widens, Added: []string{"Bash(gh pr merge:*)"}})
	for name, repo := range map[string][]review.PolicySource{"default": nil, "own": own(rule(Deny, `{"rule": "own.rule", "reason": "a"}`))} {
		b.Run(name, func(b *testing.B) {
			e := newTestEngine(b, Options{})
			b.ReportAllocs()
			for b.Loop() {
				if _, err := e.Require(context.Background(), in, repo); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
