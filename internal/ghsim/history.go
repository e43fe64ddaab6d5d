package ghsim

import "container/heap"

// A walk visits commits from the highest generation down, so every
// descendant of a commit is seen before the commit itself and the sides that
// reach it are known when it is popped.
type walk struct {
	st    *store
	queue commitHeap
	sides map[string]int
}

const (
	ours   = 1
	theirs = 2
)

func newWalk(st *store, a, b string) *walk {
	w := &walk{st: st, sides: map[string]int{}}
	w.push(a, ours)
	w.push(b, theirs)
	return w
}

func (w *walk) push(id string, side int) {
	had := w.sides[id]
	w.sides[id] = had | side
	if had != 0 {
		return
	}
	if c := w.st.commit(id); c != nil {
		heap.Push(&w.queue, c)
	}
}

// next pops a commit with the sides that reach it; nil at the end.
func (w *walk) next() (*gitCommit, int) {
	if len(w.queue) == 0 {
		return nil, 0
	}
	c := heap.Pop(&w.queue).(*gitCommit)
	side := w.sides[c.id]
	for _, p := range c.parents {
		w.push(p, side)
	}
	return c, side
}

// mergeBase is the best common ancestor; "" if the histories are unrelated.
func (st *store) mergeBase(a, b string) string {
	w := newWalk(st, a, b)
	for {
		c, side := w.next()
		if c == nil {
			return ""
		}
		if side == ours|theirs {
			return c.id
		}
	}
}

// contains reports whether ancestor is reachable from id, or is id.
func (st *store) contains(id, ancestor string) bool {
	return st.commit(ancestor) != nil && st.mergeBase(id, ancestor) == ancestor
}

// between lists the commits that head reaches and base does not, parents
// before children, as compare and the list of a pull request's commits do.
func (st *store) between(base, head string) []*gitCommit {
	w := newWalk(st, base, head)
	only := map[string]bool{}
	for w.pending() {
		c, side := w.next()
		if side == theirs {
			only[c.id] = true
		}
	}
	var list []*gitCommit
	seen := map[string]bool{}
	type frame struct {
		c    *gitCommit
		next int
	}
	stack := []frame{}
	visit := func(id string) {
		if only[id] && !seen[id] {
			seen[id] = true
			stack = append(stack, frame{c: st.commit(id)})
		}
	}
	visit(head)
	for len(stack) > 0 {
		f := &stack[len(stack)-1]
		if f.next < len(f.c.parents) {
			f.next++
			visit(f.c.parents[f.next-1])
			continue
		}
		list = append(list, f.c)
		stack = stack[:len(stack)-1]
	}
	return list
}

// pending reports whether a queued commit is reached by theirs alone.
func (w *walk) pending() bool {
	for _, c := range w.queue {
		if w.sides[c.id] == theirs {
			return true
		}
	}
	return false
}

// log lists at most limit commits reachable from head, children before parents.
func (st *store) log(head string, limit int) []*gitCommit {
	w := &walk{st: st, sides: map[string]int{}}
	w.push(head, ours)
	var list []*gitCommit
	for len(list) < limit {
		c, _ := w.next()
		if c == nil {
			break
		}
		list = append(list, c)
	}
	return list
}

type commitHeap []*gitCommit

func (h commitHeap) Len() int { return len(h) }
func (h commitHeap) Less(i, j int) bool {
	if h[i].generation != h[j].generation {
		return h[i].generation > h[j].generation
	}
	return h[i].id < h[j].id
}
func (h commitHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *commitHeap) Push(x any)   { *h = append(*h, x.(*gitCommit)) }
func (h *commitHeap) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = old[:len(old)-1]
	return x
}
