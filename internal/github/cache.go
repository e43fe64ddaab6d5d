package github

import (
	"container/list"
	"context"
	"errors"
	"sync"

	"github.com/countersign-dev/countersign/review"
)

// A cacheKey names something that never changes, but for guard, which is a hint
// of what to ask first. Installations share nothing.
type cacheKey struct {
	installation int64
	kind         string // tree, root, blob, span, guard
	id           string
}

// A cache keeps what was loaded last, within a number of bytes, and lets those
// who want the same thing at the same time wait for one load.
type cache struct {
	limit int64

	mu      sync.Mutex
	size    int64
	entries map[cacheKey]*list.Element
	recent  *list.List // of *cached, newest first
	flights map[cacheKey]*flight
}

type cached struct {
	key   cacheKey
	value any
	size  int64
}

type flight struct {
	done  chan struct{} // closed when value and err are set
	value any
	err   error
}

func newCache(limit int64) *cache {
	return &cache{limit: limit, entries: map[cacheKey]*list.Element{}, recent: list.New(), flights: map[cacheKey]*flight{}}
}

// load returns what is kept under key, or what read gives, which is about size
// bytes and must never be changed. Errors are not kept.
func load[T any](ctx context.Context, c *cache, key cacheKey, read func() (value T, size int64, err error)) (T, error) {
	for {
		value, ok, f, mine := c.find(key)
		switch {
		case ok:
			return value.(T), nil
		case mine:
			return lead(c, key, f, read)
		}
		var none T
		select {
		case <-f.done:
		case <-ctx.Done():
			return none, ctx.Err()
		}
		if f.err == nil {
			return f.value.(T), nil
		}
		if !errors.Is(f.err, context.Canceled) && !errors.Is(f.err, context.DeadlineExceeded) && !errors.Is(f.err, review.ErrTooMuch) {
			return none, f.err
		}
		// Whoever loaded gave up, which is nothing to those who wait.
	}
}

// lead loads for all who wait. It ends the flight even when read panics.
func lead[T any](c *cache, key cacheKey, f *flight, read func() (T, int64, error)) (T, error) {
	f.err = errors.New("the load was cut short")
	var bytes int64
	defer func() { c.land(key, f, bytes) }()
	value, size, err := read()
	f.value, f.err, bytes = value, err, size
	return value, err
}

// find returns the kept value, or the flight to wait for, or a new flight that
// is the caller's to end.
func (c *cache) find(key cacheKey) (value any, ok bool, f *flight, mine bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.entries[key]; e != nil {
		c.recent.MoveToFront(e)
		return e.Value.(*cached).value, true, nil, false
	}
	if f := c.flights[key]; f != nil {
		return nil, false, f, false
	}
	f = &flight{done: make(chan struct{})}
	c.flights[key] = f
	return nil, false, f, true
}

// land ends a flight and keeps what it brought, unless the installation was
// forgotten meanwhile.
func (c *cache) land(key cacheKey, f *flight, size int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	current := c.flights[key] == f
	if current {
		delete(c.flights, key)
	}
	close(f.done)
	if f.err != nil || !current || size > c.limit || c.entries[key] != nil {
		return
	}
	c.keep(key, f.value, size)
}

// keep adds an entry and drops the oldest ones over the limit. The lock is held.
func (c *cache) keep(key cacheKey, value any, size int64) {
	c.entries[key] = c.recent.PushFront(&cached{key, value, size})
	c.size += size
	for c.size > c.limit {
		c.drop(c.recent.Back())
	}
}

func (c *cache) drop(e *list.Element) {
	entry := c.recent.Remove(e).(*cached)
	delete(c.entries, entry.key)
	c.size -= entry.size
}

// get returns what is kept under key.
func (c *cache) get(key cacheKey) (any, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.entries[key]
	if e == nil {
		return nil, false
	}
	c.recent.MoveToFront(e)
	return e.Value.(*cached).value, true
}

// put keeps a value that was come by otherwise.
func (c *cache) put(key cacheKey, value any, size int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.entries[key] != nil || size > c.limit {
		return
	}
	c.keep(key, value, size)
}

// forget drops everything of an installation.
func (c *cache) forget(installation int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for key, e := range c.entries {
		if key.installation == installation {
			c.drop(e)
		}
	}
	for key := range c.flights {
		if key.installation == installation {
			delete(c.flights, key)
		}
	}
}
