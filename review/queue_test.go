package review

import "testing"

func TestStands(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, base string
		under      []string
		want       bool
	}{
		{"on the tip", "tip", []string{"tip"}, true},
		{"on the group ahead", "one", []string{"tip", "one"}, true},
		{"on the tip, with others in its group", "tip", []string{"tip", "one"}, true},
		{"on what was the tip", "old", []string{"tip", "one"}, false},
		{"behind one that has no group", "tip", []string{"tip", ""}, false},
		{"on nothing that is said", "", []string{"tip"}, false},
		{"on nothing, behind one that has no group", "", []string{"tip", ""}, false},
	} {
		if got := stands(tt.base, tt.under); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}
