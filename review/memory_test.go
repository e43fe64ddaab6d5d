package review

import (
	"testing"
	"time"
)

func TestMemory(t *testing.T) {
	t.Parallel()
	var m memory[int, string]
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	if v, ok := m.get(1, now); ok {
		t.Errorf("get = %q from an empty one", v)
	}
	for i := range 2 * maxKept {
		m.put(i, "x", now.Add(time.Minute))
	}
	m.put(2*maxKept-1, "last", now.Add(time.Minute))
	if len(m.kept) != maxKept {
		t.Errorf("%d are kept; want %d", len(m.kept), maxKept)
	}
	if v, ok := m.get(2*maxKept-1, now.Add(59*time.Second)); !ok || v != "last" {
		t.Errorf("get = %q, %v; want the newest", v, ok)
	}
	if _, ok := m.get(2*maxKept-1, now.Add(time.Minute)); ok {
		t.Error("an answer outlives its time")
	}
}
