package change

import "testing"

// Rules of Countersign speak of agents and tools all the time. A change of them
// is one of policy alone.
func TestOwnRulesAreNoToolScope(t *testing.T) {
	t.Parallel()
	const at = ".github/countersign/acme.rego"
	const before = "package countersign.acme\n\ndefault allow := false\n\nallowed := [\"Read\"]\n\nx if input.agent\n"
	const after = "package countersign.acme\n\ndefault allow := true\n\nallowed := [\"Read\", \"Bash\"]\n\nx if input.agent\n"
	set, err := Compare(MapTree{at: before}, MapTree{at: after}, Settings{})
	if err != nil {
		t.Fatal(err)
	}
	if len(set.Changes) != 1 || set.Changes[0].Kind != Policy {
		t.Errorf("%+v, want one change, of policy", set.Changes)
	}
}
