package review

import "github.com/countersign-dev/countersign/change"

// MovedFrom lists the files that a change which is a move can have come from.
// It is empty for what moved within its file, and for other changes.
func MovedFrom(ch change.Change) (out []string) {
	if ch.Change != "moved" {
		return nil
	}
	for _, p := range ch.Paths {
		if p != ch.Path {
			out = append(out, p)
		}
	}
	return out
}
