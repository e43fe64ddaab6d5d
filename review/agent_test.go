package review

import (
	"slices"
	"testing"
)

func TestCallsAgent(t *testing.T) {
	for body, want := range map[string]bool{
		"@claude fix this":              true,
		"please, @Copilot.":             true,
		"(@codex)":                      true,
		"@claude[bot] go on":            true,
		"line one\n@cursor line two":    true,
		"@claudette is a person":        false,
		"mail me at bob@claude.example": false,
		"@acme/claude":                  false,
		"claude wrote it":               false,
		"@claude-shannon":               false,
	} {
		if got := CallsAgent(body); got != want {
			t.Errorf("%q: got %v, want %v", body, got, want)
		}
	}
}

func TestLinkedIssues(t *testing.T) {
	for body, want := range map[string][]int{
		"Fixes #12 and #7, see #12": {12, 7},
		"#3":                        {3},
		"acme/other#5, &#39; x#1":   nil,
		"# 4 is a heading":          nil,
	} {
		if got := LinkedIssues(body); !slices.Equal(got, want) {
			t.Errorf("%q: got %v, want %v", body, got, want)
		}
	}
}

func TestAgentOf(t *testing.T) {
	agent := Contributor{User: User{7, "claude[bot]", "Bot"}, Kind: "agent"}
	trailer := Contributor{Email: "noreply@anthropic.com", Kind: "agent"}
	bot := Contributor{User: robot, Kind: "bot"}
	for _, c := range []struct {
		name  string
		pull  Pull
		hands []Contributor
		want  []string
	}{
		{"people only", Pull{HeadRef: "fix", Author: alice}, []Contributor{{User: alice, Kind: "human"}}, []string{}},
		{"an account", Pull{Author: agent.User}, []Contributor{agent}, []string{"account:claude[bot]"}},
		{"an address in a trailer", Pull{Author: alice}, []Contributor{trailer}, []string{"address:noreply@anthropic.com"}},
		{"a bot opened it", Pull{Author: robot}, []Contributor{bot}, []string{"author:robot[bot]"}},
		{"a bot merged the base in", Pull{Author: alice}, []Contributor{bot}, []string{}},
		{"the branch", Pull{HeadRef: "Copilot/fix-1", Author: alice}, nil, []string{"branch:copilot/"}},
		{"a branch that is like one", Pull{HeadRef: "not-copilot/fix-1", Author: alice}, nil, []string{}},
	} {
		got := agentOf(c.pull, c.hands)
		if !slices.Equal(got.Signals, c.want) || got.Detected != (len(c.want) > 0) {
			t.Errorf("%s: got %+v, want %q", c.name, got, c.want)
		}
	}
}
