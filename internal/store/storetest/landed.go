package storetest

import (
	"testing"

	"github.com/countersign-dev/countersign/review"
)

func testLanded(t *testing.T, s Store) {
	ctx := t.Context()
	file := func(path, digest string) review.File {
		return review.File{Path: path, AfterMode: "100644", After: digest}
	}
	must(t, s.AddLanded(ctx, 7, "main", "CHG-1", []review.File{file("a", "x"), file("b", "y")}))
	must(t, s.AddLanded(ctx, 7, "main", "CHG-2", []review.File{file("a", "x"), file("b", "z")}))
	must(t, s.AddLanded(ctx, 7, "main", "CHG-2", []review.File{file("a", "x")}))
	for _, c := range []struct {
		name, branch, want string
		files              []review.File
	}{
		{"both files of one record", "main", "CHG-1", []review.File{file("a", "x"), file("b", "y")}},
		{"the newest of two", "main", "CHG-2", []review.File{file("a", "x")}},
		{"another content", "main", "", []review.File{file("a", "q")}},
		{"no record has both", "main", "", []review.File{file("a", "x"), file("b", "q")}},
		{"another branch", "dev", "", []review.File{file("a", "x")}},
		{"another mode", "main", "", []review.File{{Path: "a", AfterMode: "100755", After: "x"}}},
		{"nothing", "main", "", nil},
	} {
		got, err := s.LandedWith(ctx, 7, c.branch, c.files)
		must(t, err)
		same(t, c.name, got, c.want)
	}
}
