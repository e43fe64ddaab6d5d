package policies

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func TestTestRunsTests(t *testing.T) {
	t.Parallel()
	rules := "package countersign.own\n\n" + meta("own.rule") + `deny contains result if {
	input.pull.draft
	result := {"rule": "own.rule", "reason": data.words.why}
}

` + meta("own.other") + `warn contains result if {
	input.pull.fork
	result := {"rule": "own.other", "reason": "a"}
}
`
	tests := `package countersign.own_test

import data.countersign.own

test_good if {
	{d.reason | some d in own.deny} == {"because"} with input.pull.draft as true
}

test_bad if {
	print("drafts:", count(own.deny))
	own.deny == set() with input.pull.draft as true
}

todo_test_later if true
`
	r, err := Test(context.Background(), fstest.MapFS{
		"own.rego": {Data: []byte(rules)}, "own_test.rego": {Data: []byte(tests)},
		"words.yaml": {Data: []byte("why: because\n")}, ".hidden.rego": {Data: []byte("not rego")}}, Repository)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, one := range r.Tests {
		word := "failed"
		if one.Passed {
			word = "passed"
		}
		if one.Skipped {
			word = "skipped"
		}
		got = append(got, one.Name+" "+word+" "+one.Place.String())
	}
	want := []string{"test_good passed own_test.rego:5", "test_bad failed own_test.rego:9", "todo_test_later skipped own_test.rego:14"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if !strings.Contains(r.Tests[1].Message, "drafts: 0") {
		t.Errorf("what it printed is lost: %q", r.Tests[1].Message)
	}
	if r.OK() || len(r.Rules) != 2 || r.Coverage < 20 || r.Coverage > 90 {
		t.Errorf("got %+v", r)
	}
	if len(r.Uncovered) == 0 || r.Uncovered[0].Path != "own.rego" || r.Uncovered[0].Line < 17 {
		t.Errorf("not covered: %v", r.Uncovered)
	}
}

func TestTestChecksFormat(t *testing.T) {
	t.Parallel()
	tests := "package countersign.own_test\n\ntest_good if {\n  1 < 2\n\t2 < 3\n}\n"
	r, err := Test(context.Background(), fstest.MapFS{"own_test.rego": {Data: []byte(tests)}}, Operator)
	if err != nil {
		t.Fatal(err)
	}
	if r.OK() || len(r.Unformatted) != 1 || r.Unformatted[0] != (Place{"own_test.rego", 4}) {
		t.Errorf("got %+v", r)
	}
}

func TestTestRefusesWhatTheServerWould(t *testing.T) {
	t.Parallel()
	pass := strings.Replace(rule(Pass, `{"rule": "own.rule", "reason": "a"}`), "\n\n", "\n", 1)
	dir := fstest.MapFS{"own.rego": {Data: []byte(pass)}}
	if _, err := Test(context.Background(), dir, Operator); err != nil {
		t.Error(err)
	}
	_, err := Test(context.Background(), dir, Repository)
	if got := broken(t, err); got.Path != "own.rego" || got.Line != 9 {
		t.Errorf("got %+v", got)
	}
	for name, test := range map[string]string{
		"mistake in a test":      "package countersign.own_test\ntest_a if input.pul\n",
		"network in a test":      "package countersign.own_test\ntest_a if http.send({\"url\": \"http://127.0.0.1:1\"})\n",
		"a test of the library":  "package countersign.lib\ntest_a if true\n",
		"a test that is no Rego": "test\n",
	} {
		_, err := Test(context.Background(), fstest.MapFS{"own_test.rego": {Data: []byte(test)}}, Repository)
		if got := broken(t, err); got.Path != "own_test.rego" || got.Line == 0 {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

func TestNoTestsAreNotOK(t *testing.T) {
	t.Parallel()
	r, err := Test(context.Background(), fstest.MapFS{}, Repository)
	if err != nil || r.OK() {
		t.Errorf("got %+v, %v", r, err)
	}
}

func TestList(t *testing.T) {
	t.Parallel()
	e := newTestEngine(t, Options{}, "house.rego", "package countersign.house\n"+meta("house.one")+"warn contains {\"rule\": \"house.one\", \"reason\": \"a\"}\n")
	rules, err := e.List(context.Background(), own(rule(Deny, `{"rule": "own.rule", "reason": "a"}`)))
	if err != nil {
		t.Fatal(err)
	}
	n := len(rules)
	want := Rule{ID: "own.rule", Kind: Deny, Title: "Title of own.rule", Description: "Why.", Controls: []string{"CC1.1"}, Severity: "low",
		Layer: Repository, Package: "countersign.own", Path: ".github/countersign/own.rego", Line: 9}
	if got := rules[n-1]; got.ID != want.ID || got.Layer != want.Layer || got.Line != want.Line || got.Title != want.Title || rules[n-2].ID != "house.one" || rules[0].Layer != Default {
		t.Errorf("got %+v", rules)
	}
	_, err = e.List(context.Background(), own("package x\n"))
	broken(t, err)
}
