package review

import (
	"cmp"
	"strings"
	"testing"

	"github.com/countersign-dev/countersign/change"
)

// A prompt that moved is told with where it was, a setting with what it was, and
// one line is no lines.
func TestDescribe(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		ch   change.Change
		want string
	}{
		{"moved", change.Change{Change: "moved", Path: "b.md", Paths: []string{"a|b.md", "b.md"}}, "**Prompt moved** from `a\\|b.md`"},
		{"moved, one of two", change.Change{Change: "moved", Path: "c", Paths: []string{"a", "b", "c"}}, "**Prompt moved** from `a` or `b`"},
		{"moved inside", change.Change{Change: "moved", Path: "a", Paths: []string{"a"}}, "**Prompt moved**"},
		{"one line", change.Change{Change: "modified", Path: "a", Paths: []string{"a", "b"}, Lines: &change.Lines{Added: 2, Removed: 1}}, "**Prompt modified** (+2 −1 line)"},
		{"no lines", change.Change{Change: "modified", Path: "a", Lines: &change.Lines{Added: 1}}, "**Prompt modified** (+1 −0 lines)"},
		{"setting", change.Change{Kind: change.Policy, Change: "modified", Before: new(`{"need":2}`), After: new(`{"need":1}`)}, "**Countersign's own rules modified** `{\"need\":2}` → `{\"need\":1}`"},
		{"rules", change.Change{Kind: change.Policy, Change: "added", After: new("sha256:00")}, "**Countersign's own rules added**"},
	} {
		c.ch.Kind = cmp.Or(c.ch.Kind, change.Prompt)
		if got := strings.Join(describe(c.ch), "\n"); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// Who is awaited reads as people say it.
func TestAwaited(t *testing.T) {
	t.Parallel()
	user := func(logins ...string) (out []User) {
		for i, l := range logins {
			out = append(out, User{ID: int64(i + 1), Login: l})
		}
		return out
	}
	for _, c := range []struct {
		need     int
		entitled []User
		want     string
	}{
		{1, user("a"), "@a"},
		{1, user("a", "b"), "@a or @b"},
		{1, user("a", "b", "c"), "one of @a, @b, @c"},
		{2, user("a", "b"), "@a and @b"},
		{2, user("a", "b", "c"), "any 2 of @a, @b, @c"},
	} {
		if got := awaited(Standing{Requirement: Requirement{Need: c.need}, Entitled: c.entitled}); got != c.want {
			t.Errorf("%d of %d: %s, want %s", c.need, len(c.entitled), got, c.want)
		}
	}
}
