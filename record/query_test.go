package record_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/countersign-dev/countersign/record"
)

// TestListAgainstTheLandings compares what queries find with what the landings
// say, page by page.
func TestListAgainstTheLandings(t *testing.T) {
	const n = 30
	l, _, _ := openLog(t, n)
	agent := func(i int) string { return []string{"refund-bot", "triage-bot", "faq-bot"}[i%3] }
	for _, tt := range []struct {
		name string
		q    record.Query
		want func(i int) bool
	}{
		{"everything", record.Query{}, func(i int) bool { return true }},
		{"an agent", record.Query{Agent: "faq-bot"}, func(i int) bool { return agent(i) == "faq-bot" }},
		{"a path", record.Query{Resource: "agents/refund-bot.md"}, func(i int) bool { return agent(i) == "refund-bot" }},
		{"the model before", record.Query{Resource: "claude-sonnet-4-5"}, func(i int) bool { return true }},
		{"the model after", record.Query{Resource: "claude-opus-4-2"}, func(i int) bool { return i%4 == 2 }},
		{"who signed, by login in any case", record.Query{Person: "DANA-p"}, func(i int) bool { return landing(i).Pull != nil && landing(i).Outcome == "countersigned" }},
		{"who signed, by id", record.Query{Person: "id:103"}, func(i int) bool { return landing(i).Pull != nil && landing(i).Outcome == "countersigned" }},
		{"an outcome", record.Query{Outcome: "unsigned"}, func(i int) bool { return landing(i).Outcome == "unsigned" }},
		{"a kind", record.Query{Kind: "tool_scope"}, func(i int) bool { return true }},
		{"a kind that never was", record.Query{Kind: "prompt"}, func(i int) bool { return false }},
		{"a repository", record.Query{Repo: "Acme/refunds"}, func(i int) bool { return true }},
		{"another repository", record.Query{Repo: "acme/other"}, func(i int) bool { return false }},
		{"a pull request", record.Query{Pull: 47}, func(i int) bool { return i == 7 }},
		{"a period", record.Query{From: noon.Add(5 * time.Hour), To: noon.Add(9 * time.Hour)}, func(i int) bool { return i >= 5 && i < 9 }},
		{"all at once", record.Query{Agent: "refund-bot", Resource: "claude-opus-4-0", Person: "bob-k", Outcome: "countersigned", From: noon.Add(time.Hour)},
			func(i int) bool {
				return i > 0 && i%12 == 0 && landing(i).Outcome == "countersigned"
			}},
		{"a name that is a pattern", record.Query{Agent: "%"}, func(i int) bool { return false }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var want, got []int64
			for i := n - 1; i >= 0; i-- {
				if tt.want(i) {
					want = append(want, int64(i))
				}
			}
			q := tt.q
			q.Limit = 4
			for {
				page, err := l.List(t.Context(), q)
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range page {
					got = append(got, e.Index)
					q.After = e.ID
				}
				if len(page) < q.Limit {
					break
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("found %v; want %v", got, want)
			}
		})
	}
}

func TestGet(t *testing.T) {
	l, _, _ := openLog(t, 8)
	for name, want := range map[string]int64{"CHG-2026-000003": 2, "2": 2, sha(1003): 2, "#45": 5, "acme/refunds#45": 5, "7001#45": 5, "ACME/Refunds#45": 5} {
		if e, err := l.Get(t.Context(), name); err != nil || e.Index != want {
			t.Errorf("Get(%q) = %v, %v; want record %d", name, e, err, want)
		}
	}
	for _, name := range []string{"CHG-2025-000003", "ERA-2026-000003", "CHG-2026-000009", "CHG-2026-999999999999999999999", "8", "-1", "", "#44", "#1", "acme/other#45",
		sha(77), sha(1003)[:12], "nonsense", "CHG-2026-000003 "} {
		if e, err := l.Get(t.Context(), name); !errors.Is(err, record.ErrNone) {
			t.Errorf("Get(%q) = %v, %v; want ErrNone", name, e, err)
		}
	}
}

func TestPlain(t *testing.T) {
	for in, want := range map[string]string{
		"a\x1b[31mred\x1b[0m b":          "ared b",
		"\x1b]0;title\x07x":              "x",
		"two\r\n\tlines ":                "two lines",
		"a\u202eb\u200bc\x00\u009bd":     "abcd",
		"größe 北 👍":                      "größe 北 👍",
		strings.Repeat("\x1b", 3) + "[m": "",
	} {
		if got := record.Plain(in); got != want {
			t.Errorf("plain(%q) = %q; want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{"=1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@x": "'@x", "\t=1": "'=1", "\u200b=1": "'=1", "a=1": "a=1", "": ""} {
		if got := record.Cell(in); got != want {
			t.Errorf("cell(%q) = %q; want %q", in, got, want)
		}
	}
}
