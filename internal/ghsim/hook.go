package ghsim

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"
)

// A Delivery is one attempt to deliver a webhook.
type Delivery struct {
	ID           int64  // of the attempt
	GUID         string // of the event, the same for a redelivery
	Event        string
	Action       string // "" for push and ping
	At           time.Time
	Redelivery   bool
	StatusCode   int    // of the receiver; 502 if it could not be reached or the delivery was dropped, 504 if it was too slow
	Status       string // "OK", "Invalid HTTP Response: 503", "failed to connect to host", "timed out"
	Dropped      bool   // by Disturb or DropNext, before it was sent
	Installation int64
	Repository   int64 // 0 for none
	Body         []byte

	header   http.Header // as sent
	duration time.Duration
	response string
	twin     bool // made by Disturbance.Duplicate
}

// A courier delivers webhooks one after the other, from a queue, apart from
// the state's lock: a receiver may call the API while it answers.
type courier struct {
	s      *Server
	client *http.Client
	ctx    context.Context // ends with the courier
	cancel context.CancelFunc
	done   chan struct{} // closed when the courier has stopped

	mu          sync.Mutex
	changed     *sync.Cond
	url, secret string
	queue       []Delivery
	log         []Delivery
	busy        bool
	paused      bool
	closed      bool
	dropNext    int
	disturbance Disturbance
	chance      *rand.Rand
	lastID      int64
}

func newCourier(s *Server, url, secret string) *courier {
	c := &courier{
		s: s, url: url, secret: secret, done: make(chan struct{}), lastID: 10_000_000_000,
		client: &http.Client{
			Timeout:       10 * time.Second, // docs: best practices for webhooks
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
	c.changed = sync.NewCond(&c.mu)
	c.ctx, c.cancel = context.WithCancel(context.Background())
	go c.run()
	return c
}

func (c *courier) close() {
	c.mu.Lock()
	c.closed = true
	c.changed.Broadcast()
	c.mu.Unlock()
	c.cancel()
	<-c.done
	c.client.CloseIdleConnections()
}

func (c *courier) add(d Delivery) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.queue = append(c.queue, d)
	c.changed.Broadcast()
}

func (c *courier) run() {
	defer close(c.done)
	for {
		d, url, secret, ok := c.next()
		if !ok {
			return
		}
		if c.s.opts.Contract != nil {
			c.s.opts.Contract.Payload(d.Event, d.Action, d.Body)
		}
		c.send(&d, url, secret)
		c.mu.Lock()
		c.log = append(c.log, d)
		c.busy = false
		c.changed.Broadcast()
		c.mu.Unlock()
	}
}

// next waits for a delivery to send. What is to be dropped it logs or forgets.
func (c *courier) next() (d Delivery, url, secret string, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for {
		for !c.closed && (c.paused || len(c.queue) == 0) {
			c.changed.Wait()
		}
		if c.closed {
			return d, "", "", false
		}
		d = c.take()
		c.lastID++
		d.ID, d.At = c.lastID, c.s.Now()
		if c.spoil(&d) {
			c.changed.Broadcast()
			continue
		}
		c.busy = true
		return d, c.url, c.secret, true
	}
}

// take removes the next delivery, or by chance the one after it.
func (c *courier) take() Delivery {
	i := 0
	if len(c.queue) > 1 && c.hit(c.disturbance.Swap) {
		i = 1
	}
	d := c.queue[i]
	c.queue = append(c.queue[:i:i], c.queue[i+1:]...)
	return d
}

// spoil applies drops and duplicates and reports whether d is not to be sent.
func (c *courier) spoil(d *Delivery) bool {
	switch {
	case c.dropNext > 0:
		c.dropNext--
	case c.hit(c.disturbance.Lose):
		return true
	case c.hit(c.disturbance.Drop):
	default:
		if !d.twin && c.hit(c.disturbance.Duplicate) {
			again := *d
			again.twin = true
			c.queue = append([]Delivery{again}, c.queue...)
		}
		return false
	}
	d.Dropped, d.StatusCode, d.Status = true, http.StatusBadGateway, "failed to connect to host"
	c.log = append(c.log, *d)
	return true
}

func (c *courier) hit(fraction float64) bool {
	return fraction > 0 && c.chance.Float64() < fraction
}

// send posts a delivery as GitHub does and notes the outcome.
func (c *courier) send(d *Delivery, url, secret string) {
	d.StatusCode, d.Status = http.StatusBadGateway, "failed to connect to host"
	if url == "" {
		return
	}
	req, err := http.NewRequestWithContext(c.ctx, http.MethodPost, url, bytes.NewReader(d.Body))
	if err != nil {
		return
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "*/*")
	req.Header.Set("User-Agent", "GitHub-Hookshot/5e8f1c9")
	req.Header.Set("X-GitHub-Delivery", d.GUID)
	req.Header.Set("X-GitHub-Event", d.Event)
	req.Header.Set("X-GitHub-Hook-ID", "480000001")
	req.Header.Set("X-GitHub-Hook-Installation-Target-ID", fmt.Sprint(c.s.app.id))
	req.Header.Set("X-GitHub-Hook-Installation-Target-Type", "integration")
	if secret != "" {
		req.Header.Set("X-Hub-Signature", "sha1="+mac(sha1.New, secret, d.Body))
		req.Header.Set("X-Hub-Signature-256", "sha256="+mac(sha256.New, secret, d.Body))
	}
	d.header = req.Header.Clone()
	started := time.Now()
	resp, err := c.client.Do(req)
	d.duration = time.Since(started)
	if err != nil {
		var timeout interface{ Timeout() bool }
		if errors.As(err, &timeout) && timeout.Timeout() {
			d.StatusCode, d.Status = http.StatusGatewayTimeout, "timed out"
		}
		return
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(io.LimitReader(resp.Body, 4096))
	d.StatusCode, d.Status, d.response = resp.StatusCode, "OK", string(body)
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		d.Status = fmt.Sprintf("Invalid HTTP Response: %d", resp.StatusCode)
	}
}

func mac(h func() hash.Hash, secret string, body []byte) string {
	m := hmac.New(h, []byte(secret))
	m.Write(body)
	return hex.EncodeToString(m.Sum(nil))
}

// SetWebhook sets where deliveries go and the secret that signs them, from the
// next one on. An empty url logs deliveries as failed without sending.
func (s *Server) SetWebhook(url, secret string) {
	c := s.courier
	c.mu.Lock()
	defer c.mu.Unlock()
	c.url, c.secret = url, secret
}

// Deliveries lists attempts of the app under test, oldest first, without the
// three-day limit of the API.
func (s *Server) Deliveries() []Delivery {
	c := s.courier
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]Delivery(nil), c.log...)
}

// Flush waits until everything that was queued is delivered, failed or
// dropped. While deliveries are paused it waits only for the one under way.
func (s *Server) Flush(ctx context.Context) error {
	c := s.courier
	stop := context.AfterFunc(ctx, func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.changed.Broadcast()
	})
	defer stop()
	c.mu.Lock()
	defer c.mu.Unlock()
	for c.busy || (len(c.queue) > 0 && !c.paused) {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if c.closed {
			return errors.New("simulated GitHub is closed")
		}
		c.changed.Wait()
	}
	return nil
}

// Pause holds deliveries back, in order, until Resume.
func (s *Server) Pause() { s.courier.pause(true) }

// Resume lets held deliveries go.
func (s *Server) Resume() { s.courier.pause(false) }

func (c *courier) pause(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.paused = on
	c.changed.Broadcast()
}

// Shuffle reorders what is held back.
func (s *Server) Shuffle(seed uint64) {
	c := s.courier
	c.mu.Lock()
	defer c.mu.Unlock()
	rand.New(rand.NewPCG(seed, 0)).Shuffle(len(c.queue), func(i, j int) {
		c.queue[i], c.queue[j] = c.queue[j], c.queue[i]
	})
}

// Held lists what is held back, as "event.action" or "event", in order.
func (s *Server) Held() []string {
	c := s.courier
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []string
	for _, d := range c.queue {
		list = append(list, d.name())
	}
	return list
}

func (d Delivery) name() string {
	if d.Action == "" {
		return d.Event
	}
	return d.Event + "." + d.Action
}

// Release sends held deliveries of one name ("issue_comment.created") ahead of
// the others, which stay held. It waits until they are sent.
func (s *Server) Release(ctx context.Context, name string) error {
	c := s.courier
	c.mu.Lock()
	var chosen, kept []Delivery
	for _, d := range c.queue {
		if d.name() == name {
			chosen = append(chosen, d)
		} else {
			kept = append(kept, d)
		}
	}
	c.queue = chosen
	c.paused = false
	c.changed.Broadcast()
	c.mu.Unlock()
	err := s.Flush(ctx)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.queue = append(kept, c.queue...)
	c.paused = true
	return err
}

// DropNext loses the next n deliveries before they are sent. The log shows
// them as failed, as it shows a receiver that is down.
func (s *Server) DropNext(n int) {
	c := s.courier
	c.mu.Lock()
	defer c.mu.Unlock()
	c.dropNext = n
}

// Disturbance spoils deliveries by chance: fractions from 0 to 1.
type Disturbance struct {
	Seed      uint64
	Drop      float64 // fails, and is logged as failed
	Lose      float64 // is never sent and never logged
	Duplicate float64 // is delivered twice with one GUID
	Swap      float64 // is delivered after the one behind it, if that is queued
}

// Disturb sets how deliveries are spoilt from now on; the zero value ends it.
func (s *Server) Disturb(d Disturbance) {
	c := s.courier
	c.mu.Lock()
	defer c.mu.Unlock()
	c.disturbance = d
	c.chance = rand.New(rand.NewPCG(d.Seed, 1))
}

// Redeliver sends the delivery of a GUID again, as its button does: same GUID,
// same body, new attempt.
func (s *Server) Redeliver(guid string) error {
	return s.courier.again(func(d Delivery) bool { return d.GUID == guid })
}

// RedeliverLast sends the newest delivery again.
func (s *Server) RedeliverLast() error {
	return s.courier.again(func(Delivery) bool { return true })
}

// again queues the newest logged attempt that matches.
func (c *courier) again(match func(Delivery) bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := len(c.log) - 1; i >= 0; i-- {
		if d := c.log[i]; match(d) {
			d.Redelivery, d.Dropped = true, false
			c.queue = append(c.queue, d)
			c.changed.Broadcast()
			return nil
		}
	}
	return errNotFound
}
