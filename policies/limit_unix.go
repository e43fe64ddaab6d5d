//go:build (linux || darwin) && !race

package policies

import "syscall"

// limitMemory makes the system refuse this process more than n bytes of data.
// Where it cannot, watchMemory is alone.
func limitMemory(n uint64) {
	_ = syscall.Setrlimit(syscall.RLIMIT_DATA, &syscall.Rlimit{Cur: n, Max: n})
	_ = syscall.Setrlimit(syscall.RLIMIT_CORE, &syscall.Rlimit{})
}
