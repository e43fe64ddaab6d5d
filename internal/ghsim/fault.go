package ghsim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"time"
)

// A Fault is what happens to one API call instead of an answer.
// The zero value changes nothing.
type Fault struct {
	// Status answers with this status and has no effect on the state.
	Status int
	// RetryAfter sets the header of the same name, in whole seconds.
	RetryAfter time.Duration
	// RateLimited answers as an exhausted primary limit does: remaining 0 and
	// a reset time an hour ahead. With Status 403 or 429.
	RateLimited bool
	// Message is put in the body. Empty: GitHub's usual words for the status.
	Message string
	// Hang never answers: the call ends when its client gives up or the server closes.
	Hang bool
	// LoseReply performs the call, then cuts the connection.
	LoseReply bool
	// Delay is waited before anything else.
	Delay time.Duration
}

// SetFault installs f, which is asked before each API call and may be called
// by several goroutines; it must not call the server. Nil removes it.
func (s *Server) SetFault(f func(c Call) *Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = f
}

// SetLatency changes Options.Latency.
func (s *Server) SetLatency(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.latency = d
}

// spoil does what a fault says and returns the status sent; done is false if
// the call is still to be answered.
func (s *Server) spoil(w http.ResponseWriter, r *http.Request, h http.Handler, f *Fault) (status int, done bool) {
	if !s.wait(r, f.Delay) {
		return 0, true
	}
	switch {
	case f.Hang:
		select {
		case <-r.Context().Done():
		case <-s.closing:
		}
		panic(http.ErrAbortHandler)
	case f.LoseReply:
		h.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	case f.Status != 0:
		s.refuseCall(w, f)
		return f.Status, true
	}
	return 0, false
}

// wait sleeps and reports whether the caller is still there.
func (s *Server) wait(r *http.Request, d time.Duration) bool {
	if d <= 0 {
		return true
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-r.Context().Done():
	case <-s.closing:
	}
	return false
}

func (s *Server) refuseCall(w http.ResponseWriter, f *Fault) {
	message := f.Message
	if message == "" {
		message = map[int]string{
			http.StatusUnauthorized:    "Bad credentials",
			http.StatusForbidden:       "Resource not accessible by integration",
			http.StatusNotFound:        "Not Found",
			http.StatusTooManyRequests: "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
		}[f.Status]
	}
	h := w.Header()
	if f.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(int(f.RetryAfter.Seconds())))
	}
	if f.RateLimited {
		if f.Message == "" {
			message = "API rate limit exceeded for installation."
		}
		h.Set("X-RateLimit-Limit", "5000")
		h.Set("X-RateLimit-Remaining", "0")
		h.Set("X-RateLimit-Reset", strconv.FormatInt(s.Now().Add(time.Hour).Unix(), 10))
	}
	h.Set("Date", s.Now().Format(http.TimeFormat))
	if f.Status >= 500 && message == "" { // the edge answers, not the API
		h.Set("Content-Type", "text/html")
		w.WriteHeader(f.Status)
		fmt.Fprintf(w, "<html><body><h1>%d %s</h1></body></html>\n", f.Status, http.StatusText(f.Status))
		return
	}
	h.Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(f.Status)
	json.NewEncoder(w).Encode(object{
		"message": message, "documentation_url": "https://docs.github.com/rest", "status": strconv.Itoa(f.Status),
	})
}
