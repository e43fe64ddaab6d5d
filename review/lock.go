package review

import "sync"

// A keyedLock is a mutex for each key that somebody holds or waits for. The
// zero value is ready.
type keyedLock struct {
	mu   sync.Mutex
	held map[string]*keyHeld
}

type keyHeld struct {
	mu    sync.Mutex
	users int // who hold it or wait; covered by keyedLock.mu
}

// lock waits until key is free and returns what frees it.
func (l *keyedLock) lock(key string) (unlock func()) {
	l.mu.Lock()
	if l.held == nil {
		l.held = map[string]*keyHeld{}
	}
	h := l.held[key]
	if h == nil {
		h = &keyHeld{}
		l.held[key] = h
	}
	h.users++
	l.mu.Unlock()
	h.mu.Lock()
	return func() {
		h.mu.Unlock()
		l.mu.Lock()
		defer l.mu.Unlock()
		if h.users--; h.users == 0 {
			delete(l.held, key)
		}
	}
}
