package webhook

import (
	"context"
	"sync"
)

// atOnce is how many a semaphore lets in.
const atOnce = 16

// A semaphore lets a few in at a time. Its zero value is ready.
type semaphore struct {
	once  sync.Once
	slots chan struct{}
}

func (s *semaphore) acquire(ctx context.Context) bool {
	s.once.Do(func() { s.slots = make(chan struct{}, atOnce) })
	select {
	case s.slots <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

func (s *semaphore) release() { <-s.slots }
