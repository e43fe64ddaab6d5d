package webhook

import (
	"errors"
	"fmt"
	"testing"
	"time"
)

// limited asks for patience, as GitHub's limits do.
type limited struct{ time.Duration }

func (limited) Error() string               { return "rate limit" }
func (l limited) RetryAfter() time.Duration { return l.Duration }

func TestBackoff(t *testing.T) {
	bad := errors.New("status 502")
	for _, c := range []struct {
		attempts  int
		err       error
		low, high time.Duration
	}{
		{0, bad, time.Second / 2, time.Second},
		{1, bad, time.Second / 2, time.Second},
		{2, bad, time.Second, 2 * time.Second},
		{10, bad, 256 * time.Second, 512 * time.Second},
		{11, bad, maxWait / 2, maxWait},
		{100, bad, maxWait / 2, maxWait},
		{1 << 30, bad, maxWait / 2, maxWait},
		{1, fmt.Errorf("read: %w", limited{time.Hour}), time.Hour, time.Hour},
		{20, limited{time.Second}, maxWait / 2, maxWait},
		{1, limited{365 * 24 * time.Hour}, 2 * time.Hour, 2 * time.Hour},
		{1, limited{-time.Hour}, time.Second / 2, time.Second},
	} {
		seen := map[time.Duration]bool{}
		for range 200 {
			got := backoff(c.attempts, c.err)
			if got < c.low || got > c.high {
				t.Fatalf("backoff(%d, %v) = %v; want %v to %v", c.attempts, c.err, got, c.low, c.high)
			}
			seen[got] = true
		}
		if c.low != c.high && len(seen) < 2 {
			t.Errorf("backoff(%d, %v) leaves nothing to chance", c.attempts, c.err)
		}
	}
}
