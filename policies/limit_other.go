//go:build !(linux || darwin) || race

package policies

// limitMemory does nothing here: the system has no such limit, or the race
// detector, which maps far more than it uses, would not start.
func limitMemory(uint64) {}
