package record

import (
	"bufio"
	"fmt"
	"io"
)

// The results of a verification, which are exit codes too.
const (
	Holds     = 0
	Broken    = 1 // something is not what it claims to be
	Unchecked = 2 // it could not be checked
)

// A Report is what a verification came to.
type Report struct {
	Result int
	Checks []string // what was checked and holds, in order
	File   string   // where the first thing that fails is
	Reason string   // what fails, "" when all holds
	Notes  []string // what a reader should know though it holds
	Manifest
}

// Print writes what a verification came to, for people.
func (r Report) Print(w io.Writer) error {
	b := bufio.NewWriter(w)
	for _, c := range r.Checks {
		fmt.Fprintf(b, "✓ %s\n", plain(c))
	}
	if r.Result != Holds {
		where := ""
		if r.File != "" {
			where = r.File + ": "
		}
		fmt.Fprintf(b, "✗ %s\n", plain(where+r.Reason))
	}
	for _, n := range r.Notes {
		fmt.Fprintf(b, "  %s\n", plain(n))
	}
	fmt.Fprintf(b, "%s\n", map[int]string{Holds: "HOLDS", Broken: "DOES NOT HOLD", Unchecked: "COULD NOT BE CHECKED"}[r.Result])
	return b.Flush()
}
