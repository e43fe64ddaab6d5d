package review

import (
	"sync"
	"time"
)

// maxKept bounds a memory. Beyond it something else is forgotten early.
const maxKept = 1000

// A memory keeps a bounded number of answers, each until some time. Nothing that
// decides may rest on one for longer than it would be right. Its zero value is
// ready.
type memory[K comparable, V any] struct {
	mu   sync.Mutex
	kept map[K]answer[V]
}

type answer[V any] struct {
	value V
	until time.Time
}

func (m *memory[K, V]) get(key K, now time.Time) (V, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	a, ok := m.kept[key]
	if !ok || !now.Before(a.until) {
		var none V
		return none, false
	}
	return a.value, true
}

func (m *memory[K, V]) put(key K, value V, until time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.kept == nil {
		m.kept = map[K]answer[V]{}
	}
	if _, ok := m.kept[key]; !ok {
		for old := range m.kept {
			if len(m.kept) < maxKept {
				break
			}
			delete(m.kept, old)
		}
	}
	m.kept[key] = answer[V]{value, until}
}
