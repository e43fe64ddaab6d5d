package ghsim

import (
	"net/http"
	"time"
)

// Options says what server to make. Only Dir is required.
type Options struct {
	// Dir holds the bare repositories. It is the caller's to remove.
	Dir string

	// Clock is read, cut to whole seconds, for every time that GitHub would
	// tell. Nil stands still at 2026-03-02 09:00:00 UTC. Advance adds to it.
	Clock func() time.Time

	// WebhookURL and WebhookSecret are the app's webhook settings, see SetWebhook.
	WebhookURL    string
	WebhookSecret string

	// Latency is added to every API call.
	Latency time.Duration

	// Contract checks what goes over the wire, see package contract. May be nil.
	Contract Contract
}

// A Contract checks requests, answers and webhook payloads against GitHub's
// published API description. It reports violations by itself.
type Contract interface {
	// Wrap returns a handler that checks what passes to and from h.
	Wrap(h http.Handler) http.Handler
	// Payload checks the body of a delivery. action is empty for events without one.
	Payload(event, action string, body []byte)
}

// A Refusal is GitHub's answer to what it will not do.
type Refusal struct {
	Status  int    // HTTP status
	Message string // as GitHub words it
}

func (r *Refusal) Error() string { return r.Message }
