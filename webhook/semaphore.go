package webhook

import (
	"context"
	"sync"
)

// A semaphore lets four in at a time. Its zero value is ready.
type semaphore struct {
	once  sync.Once
	slots chan struct{}
}

func (s *semaphore) acquire(ctx context.Context) bool {
	s.once.Do(func() { s.slots = make(chan struct{}, 4) })
	select {
	case s.slots <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

func (s *semaphore) release() { <-s.slots }
