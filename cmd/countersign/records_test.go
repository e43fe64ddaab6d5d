package main

import (
	"strings"
	"testing"

	"github.com/countersign-dev/countersign/record"
)

// A question that could only find nothing is refused, and says what is allowed.
func TestQueryMistakes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		q        record.Query
		from, to string
		want     string
	}{
		{record.Query{Outcome: "bogus"}, "", "", "--outcome must be"},
		{record.Query{Kind: "tool"}, "", "", "--kind must be"},
		{record.Query{}, "2027-01-01", "2026-01-01", "--from must lie before"},
		{record.Query{}, "soon", "", "--from"},
		{record.Query{Outcome: "UNSIGNED", Kind: "prompt", Pull: 4}, "2026-01-01", "2027-01-01", ""},
	} {
		err := setPeriod(&c.q, c.from, c.to)
		if (err != nil) != (c.want != "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.q, err, c.want)
		}
	}
}
