package change

import (
	"errors"
	"testing"
)

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

// lacking is a tree of a partial clone: some blobs cannot be read.
type lacking struct {
	MapTree
	path string
}

func (l lacking) Read(e Entry) ([]byte, error) {
	if e.Path == l.path {
		return nil, errors.New("not in this clone")
	}
	return l.MapTree.Read(e)
}

// The content of files that no format can mean is not asked for.
func TestUnreadableFilesThatDoNotMatter(t *testing.T) {
	t.Parallel()
	for at, matters := range map[string]bool{"logo.png": false, "data.csv": false, "CLAUDE.md": true} {
		before := MapTree{"CLAUDE.md": "Be kind.\n", "logo.png": "1", "data.csv": "1"}
		after := MapTree{"CLAUDE.md": "Be brief.\n", "logo.png": "2", "data.csv": "2"}
		set, err := Compare(lacking{before, at}, lacking{after, at}, Settings{})
		if (err != nil) != matters || err == nil && len(set.Changes) != 1 {
			t.Errorf("without %s: %v, %+v", at, err, set.Changes)
		}
	}
}
