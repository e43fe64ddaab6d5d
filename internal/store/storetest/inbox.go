package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/countersign-dev/countersign/review"
	"github.com/countersign-dev/countersign/webhook"
)

const ttl = time.Minute

// delivery is about a pull request of repository 7.
func delivery(guid string, pull int) webhook.Delivery {
	return webhook.Delivery{GUID: guid, Event: "issue_comment", Action: "created", Installation: 1, RepoID: 7, Pull: pull,
		Lane: fmt.Sprintf("1/7/%d", pull), Digest: "sha256:" + guid, Body: []byte(`{"guid":"` + guid + "\"}\x00\xff"), ReceivedAt: at(0)}
}

func wide(d webhook.Delivery) webhook.Delivery {
	d.Pull, d.Lane, d.Wide = 0, "1/7/repository", true
	return d
}

func add(t *testing.T, s Store, all ...webhook.Delivery) {
	t.Helper()
	for _, d := range all {
		if !get(s.Add(t.Context(), d))(t) {
			t.Fatalf("%s was not added", d.GUID)
		}
	}
}

// claim expects the delivery with guid, or none for "".
func claim(t *testing.T, s Store, now time.Time, guid string) webhook.Lease {
	t.Helper()
	d, l, ok, err := s.Claim(t.Context(), now, ttl)
	must(t, err)
	if ok != (guid != "") || d.GUID != guid {
		t.Fatalf("claimed %q, %v; want %q", d.GUID, ok, guid)
	}
	return l
}

func testDeliveriesOf(t *testing.T, s Store) {
	other := delivery("c", 2)
	other.RepoID = 8
	add(t, s, delivery("b", 2), delivery("a", 2), delivery("x", 3), other, wide(delivery("w", 0)))
	same(t, "in order of arrival", get(s.DeliveriesOf(t.Context(), 7, 2))(t),
		[]review.DeliveryRef{{GUID: "b", Event: "issue_comment", Digest: "sha256:b"}, {GUID: "a", Event: "issue_comment", Digest: "sha256:a"}})
	same(t, "of no pull request", get(s.DeliveriesOf(t.Context(), 7, 0))(t), []review.DeliveryRef{})
}

func testTrim(t *testing.T, s Store) {
	ctx := t.Context()
	add(t, s, delivery("old", 1), delivery("young", 2), delivery("dead", 3), delivery("waiting", 4))
	must(t, s.Done(ctx, claim(t, s, at(10), "old"), at(10)))
	must(t, s.Done(ctx, claim(t, s, at(10), "young"), at(20)))
	must(t, s.Dead(ctx, claim(t, s, at(10), "dead"), at(10), "broken"))
	same(t, "done before", get(s.Trim(ctx, at(20)))(t), int64(1))
	same(t, "once", get(s.Trim(ctx, at(20)))(t), int64(0))
	same(t, "done later", get(s.Trim(ctx, at(21)))(t), int64(1))
	same(t, "the digest stays", get(s.DeliveriesOf(ctx, 7, 1))(t), []review.DeliveryRef{delivery("old", 1).Ref()})
	same(t, "again", get(s.Add(ctx, delivery("old", 1)))(t), false)
	same(t, "of one that was given up", get(s.Add(ctx, delivery("dead", 3)))(t), true)
	for _, guid := range []string{"dead", "waiting"} {
		d, _, _, err := s.Claim(ctx, at(30), ttl)
		must(t, err)
		if want := "{\"guid\":\"" + d.GUID + "\"}\x00\xff"; string(d.Body) != want {
			t.Errorf("%s has the body %q", guid, d.Body)
		}
	}
}

func testAdd(t *testing.T, s Store) {
	ctx := t.Context()
	d := delivery("a", 1)
	add(t, s, d)
	again := d
	again.Body, again.Digest = []byte("other"), "sha256:other"
	for _, dup := range []webhook.Delivery{d, again} {
		if get(s.Add(ctx, dup))(t) {
			t.Error("added twice")
		}
	}
	got, l, ok, err := s.Claim(ctx, at(0), ttl)
	must(t, err)
	d.Attempts = 1
	if !ok {
		t.Fatal("nothing to claim")
	}
	same(t, "as it was first kept", got, d)
	must(t, s.Done(ctx, l, at(1)))
	if get(s.Add(ctx, d))(t) {
		t.Error("a delivery that is done was added again")
	}
	claim(t, s, at(999), "")

	copied := delivery("copy", 1)
	copied.Digest, copied.Once = d.Digest, true
	if get(s.Add(ctx, copied))(t) {
		t.Error("a body that comes once was added under another GUID")
	}

	add(t, s, delivery("b", 1))
	must(t, s.Dead(ctx, claim(t, s, at(1), "b"), at(2), "no"))
	claim(t, s, at(999), "")
	forged := delivery("b", 1)
	forged.Digest = "sha256:other"
	if get(s.Add(ctx, forged))(t) {
		t.Error("another body under the GUID of a dead delivery was added")
	}
	add(t, s, delivery("b", 1)) // delivered again: alive
	claim(t, s, at(3), "b")
}

func testLease(t *testing.T, s Store) {
	ctx := t.Context()
	lost := func(what string, err error) {
		t.Helper()
		if !errors.Is(err, webhook.ErrLeaseLost) {
			t.Errorf("%s: error = %v; want lease lost", what, err)
		}
	}
	add(t, s, delivery("a", 1))
	first := claim(t, s, at(0), "a")
	claim(t, s, at(59), "")
	must(t, s.Extend(ctx, first, at(59), ttl))
	claim(t, s, at(118), "")
	second := claim(t, s, at(119), "a") // the first holder died
	lost("extend of an old lease", s.Extend(ctx, first, at(119), ttl))
	lost("done under an old lease", s.Done(ctx, first, at(119)))
	lost("retry under an old lease", s.Retry(ctx, first, at(119), ""))
	lost("death under an old lease", s.Dead(ctx, first, at(119), ""))
	lost("extend of an expired lease that nobody took", s.Extend(ctx, second, at(179), ttl))
	must(t, s.Retry(ctx, second, at(200), "try again"))
	lost("extend after retry", s.Extend(ctx, second, at(180), ttl))
	claim(t, s, at(199), "")
	third := claim(t, s, at(200), "a")
	must(t, s.Done(ctx, third, at(300))) // late, but nobody else has it
	lost("done twice", s.Done(ctx, third, at(300)))
	lost("unknown delivery", s.Done(ctx, webhook.Lease{GUID: "zz", Holder: third.Holder}, at(300)))
}

func testLanes(t *testing.T, s Store) {
	ctx := t.Context()
	other := delivery("c", 1)
	other.RepoID, other.Lane = 8, "1/8/1"
	add(t, s, delivery("a1", 1), delivery("a2", 1), delivery("b1", 2), other)
	a1 := claim(t, s, at(0), "a1")
	claim(t, s, at(0), "b1")
	claim(t, s, at(0), "c")
	claim(t, s, at(0), "") // a2 waits for a1
	must(t, s.Retry(ctx, a1, at(10), "later"))
	claim(t, s, at(5), "") // still: in order
	must(t, s.Done(ctx, claim(t, s, at(10), "a1"), at(11)))
	claim(t, s, at(11), "a2")
}

func testWide(t *testing.T, s Store) {
	ctx := t.Context()
	elsewhere := delivery("e", 1)
	elsewhere.RepoID, elsewhere.Lane = 8, "1/8/1"
	add(t, s, delivery("a", 1), wide(delivery("w", 0)), delivery("b", 2), elsewhere)
	a := claim(t, s, at(0), "a")
	claim(t, s, at(0), "e") // w waits for a, and b for w; other repositories do not care
	claim(t, s, at(0), "")
	must(t, s.Done(ctx, a, at(1)))
	w := claim(t, s, at(1), "w")
	claim(t, s, at(1), "")
	must(t, s.Done(ctx, w, at(2)))
	claim(t, s, at(2), "b")
}

func testPatience(t *testing.T, s Store) {
	ctx := t.Context()
	add(t, s, delivery("bad", 1), delivery("good", 1))
	for i := range webhook.Patience { // each time its holder dies and the lease expires
		claim(t, s, at(100*i), "bad")
		claim(t, s, at(100*i), "")
	}
	now := at(100 * webhook.Patience)
	bad := claim(t, s, now, "bad")
	claim(t, s, now, "") // it still has its turn, and nothing runs beside it
	must(t, s.Retry(ctx, bad, now.Add(time.Hour), "later"))
	must(t, s.Done(ctx, claim(t, s, now, "good"), now)) // but it holds up nobody any more
	claim(t, s, now.Add(time.Hour), "bad")
}

func testSweep(t *testing.T, s Store) {
	sweep := func(cause string) webhook.Delivery {
		d := wide(delivery("sweep-1-7-"+cause, 0))
		d.Event, d.Action = webhook.SweepEvent, ""
		return d
	}
	whole := sweep("whole")
	whole.Action = webhook.SweepAll
	again := func(what, cause string) {
		t.Helper()
		if get(s.Add(t.Context(), sweep(cause)))(t) {
			t.Error(what)
		}
	}
	add(t, s, sweep("a"))
	again("a sweep that waits was added again", "a")
	again("a sweep was added beside one that nobody began", "b")
	l := claim(t, s, at(0), "sweep-1-7-a")
	again("a sweep under way was added again", "a")
	add(t, s, sweep("b")) // what it is for may have come too late for the one under way
	must(t, s.Done(t.Context(), l, at(1)))
	must(t, s.Done(t.Context(), claim(t, s, at(1), "sweep-1-7-b"), at(2)))
	add(t, s, sweep("a"), whole) // which does more than what waits
	again("an ordinary sweep was added beside one that does all", "b")
	if added := get(s.Add(t.Context(), delivery("x", 1)))(t); !added || len(get(s.DeliveriesOf(t.Context(), 7, 1))(t)) != 1 {
		t.Error("a waiting sweep kept a delivery out")
	}
}

// testClaimModel plays random deliveries, claims, ends and crashes, and holds
// each claim to a model that is plain Go.
func testClaimModel(t *testing.T, s Store) {
	round := int64(0)
	rapid.Check(t, func(rt *rapid.T) {
		round++
		m := model{t: rt, s: s, installation: round, now: at(0)}
		rt.Cleanup(m.clear)
		rt.Repeat(map[string]func(*rapid.T){
			"add":   m.add,
			"claim": m.claim,
			"end":   m.end,
			"wait": func(rt *rapid.T) {
				m.now = m.now.Add(time.Duration(rapid.IntRange(1, 90).Draw(rt, "seconds")) * time.Second)
			},
		})
		m.drain()
	})
}

type pending struct {
	webhook.Delivery
	due, until time.Time
	lease      webhook.Lease
}

type model struct {
	t            *rapid.T
	s            Store
	installation int64
	now          time.Time
	n            int
	queue        []*pending
}

func (m *model) add(rt *rapid.T) {
	m.n++
	d := delivery(fmt.Sprintf("%d-%d", m.installation, m.n), rapid.IntRange(1, 3).Draw(rt, "pull"))
	d.Installation, d.RepoID = m.installation, int64(rapid.IntRange(1, 2).Draw(rt, "repo"))
	d.Wide = rapid.IntRange(0, 4).Draw(rt, "wide") == 0
	d.Lane, d.ReceivedAt = fmt.Sprintf("%d/%d/%d", d.Installation, d.RepoID, d.Pull), m.now
	if added, err := m.s.Add(rt.Context(), d); err != nil || !added {
		rt.Fatalf("Add = %v, %v", added, err)
	}
	m.queue = append(m.queue, &pending{Delivery: d, due: m.now})
}

func (m *model) held(p *pending) bool { return p.until.After(m.now) }

func apart(a, b *pending) bool {
	return a.RepoID != b.RepoID || a.Lane != b.Lane && !a.Wide && !b.Wide
}

// want is the first that may be claimed.
func (m *model) want() *pending {
	for i, d := range m.queue {
		free := !m.held(d) && !d.due.After(m.now)
		for j, e := range m.queue {
			if i != j && !apart(d, e) && (m.held(e) || j < i && e.Attempts < webhook.Patience) {
				free = false
			}
		}
		if free {
			return d
		}
	}
	return nil
}

func (m *model) claim(rt *rapid.T) {
	want := m.want()
	d, l, ok, err := m.s.Claim(rt.Context(), m.now, ttl)
	if err != nil {
		rt.Fatal(err)
	}
	if want == nil {
		if ok {
			rt.Fatalf("claimed %s; want none", d.GUID)
		}
		return
	}
	want.Attempts++
	if !ok || d.GUID != want.GUID || d.Attempts != want.Attempts {
		rt.Fatalf("claimed %q (attempt %d), %v; want %s (attempt %d)", d.GUID, d.Attempts, ok, want.GUID, want.Attempts)
	}
	want.lease, want.until = l, m.now.Add(ttl)
	for _, e := range m.queue {
		if e != want && m.held(e) && !apart(e, want) {
			rt.Fatalf("%s and %s are held together", e.GUID, want.GUID)
		}
	}
}

func (m *model) end(rt *rapid.T) {
	var busy []*pending
	for _, p := range m.queue {
		if p.lease.Holder != "" {
			busy = append(busy, p)
		}
	}
	if len(busy) == 0 {
		return
	}
	p := rapid.SampledFrom(busy).Draw(rt, "delivery")
	var err error
	switch rapid.SampledFrom([]string{"done", "retry", "dead", "extend"}).Draw(rt, "how") {
	case "extend":
		err = m.s.Extend(rt.Context(), p.lease, m.now, ttl)
		if m.held(p) {
			p.until = m.now.Add(ttl)
		} else if errors.Is(err, webhook.ErrLeaseLost) {
			err = nil
		} else {
			rt.Fatalf("extend of an expired lease = %v", err)
		}
	case "retry":
		p.due, p.until = m.now.Add(20*time.Second), time.Time{}
		err = m.s.Retry(rt.Context(), p.lease, p.due, "again")
		p.lease = webhook.Lease{}
	case "dead":
		err = m.s.Dead(rt.Context(), p.lease, m.now, "dead")
		m.remove(p)
	default:
		err = m.s.Done(rt.Context(), p.lease, m.now)
		m.remove(p)
	}
	if err != nil {
		rt.Fatal(err)
	}
}

func (m *model) remove(p *pending) {
	for i := range m.queue {
		if m.queue[i] == p {
			m.queue = append(m.queue[:i], m.queue[i+1:]...)
			return
		}
	}
}

// clear leaves nothing behind, so that a round that failed does not spoil the
// next.
func (m *model) clear() {
	ctx, late := context.Background(), at(1e9)
	for {
		_, l, ok, err := m.s.Claim(ctx, late, ttl)
		if err != nil || !ok {
			return
		}
		if err := m.s.Done(ctx, l, late); err != nil {
			return
		}
	}
}

// drain handles all that is left: nothing may be stuck for ever.
func (m *model) drain() {
	for range 10 * len(m.queue) {
		m.now = m.now.Add(2 * ttl)
		for len(m.queue) > 0 {
			d, l, ok, err := m.s.Claim(m.t.Context(), m.now, ttl)
			if err != nil {
				m.t.Fatal(err)
			}
			if !ok {
				break
			}
			if err := m.s.Done(m.t.Context(), l, m.now); err != nil {
				m.t.Fatal(err)
			}
			for _, p := range m.queue {
				if p.GUID == d.GUID {
					m.remove(p)
					break
				}
			}
		}
	}
	if len(m.queue) > 0 {
		m.t.Fatalf("%d deliveries are stuck", len(m.queue))
	}
}

// testClaimAtOnce: however many workers claim at once, no pull request is in
// two hands, and everything is handled once and in order.
func testClaimAtOnce(t *testing.T, s Store) {
	const pulls, each, workers = 5, 8, 8
	for i := range each {
		for p := range pulls {
			add(t, s, delivery(fmt.Sprintf("%d-%d", p, i), p+1))
		}
	}
	var mu sync.Mutex
	busy, next, done := map[int]string{}, map[int]int{}, 0
	begin := func(d webhook.Delivery) {
		mu.Lock()
		defer mu.Unlock()
		if other := busy[d.Pull]; other != "" {
			t.Errorf("%s and %s are in two hands", d.GUID, other)
		}
		if want := fmt.Sprintf("%d-%d", d.Pull-1, next[d.Pull]); d.GUID != want {
			t.Errorf("claimed %s; want %s", d.GUID, want)
		}
		busy[d.Pull] = d.GUID
		next[d.Pull]++
	}
	finish := func(d webhook.Delivery) {
		mu.Lock()
		defer mu.Unlock()
		delete(busy, d.Pull)
		done++
	}
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for {
				d, l, ok, err := s.Claim(t.Context(), at(1), ttl)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				over := done == pulls*each || t.Failed()
				mu.Unlock()
				if over {
					return
				}
				if !ok {
					continue
				}
				begin(d)
				finish(d)
				if err := s.Done(t.Context(), l, at(2)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if done != pulls*each {
		t.Errorf("%d of %d were handled", done, pulls*each)
	}
}
