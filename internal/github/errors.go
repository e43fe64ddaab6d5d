package github

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/countersign-dev/countersign/review"
)

// An Error is an answer of GitHub that is no success, or the lack of one.
type Error struct {
	Method, Path string
	Status       int    // 0 when there was no answer
	Message      string // GitHub's words, one line; or why there was no answer
	hint         string
	cause        error
}

func (e *Error) Error() string {
	s := e.Method + " " + e.Path
	if e.Status != 0 {
		s += ": status " + strconv.Itoa(e.Status)
	}
	for _, more := range []string{e.Message, e.hint} {
		if more != "" {
			s += ": " + more
		}
	}
	return s
}

// Unwrap makes "not found" review.ErrGone.
func (e *Error) Unwrap() error { return e.cause }

// Temporary reports whether the same call may succeed later. What a call that
// writes did before such an error is not known.
func (e *Error) Temporary() bool {
	return e.Status == 0 || e.Status >= 500 || e.Status == http.StatusRequestTimeout
}

// A LimitError says that GitHub wants an installation to be quiet for a while.
// The call had no effect.
type LimitError struct {
	Method, Path string
	Status       int
	Message      string
	wait         time.Duration
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("%s %s: status %d: %s: again in %v", e.Method, e.Path, e.Status, e.Message, e.wait)
}

// RetryAfter is how long to make no call for the installation.
func (e *LimitError) RetryAfter() time.Duration { return e.wait }

// Temporary reports true.
func (e *LimitError) Temporary() bool { return true }

// harmless reports whether err says for certain that a call had no effect.
func harmless(err error) bool {
	var limit *LimitError
	var e *Error
	return errors.As(err, &limit) || errors.As(err, &e) && !e.Temporary()
}

// tidy takes off what the libraries wrap around our errors: it repeats the
// address and the reason.
func tidy(err error) error {
	var limit *LimitError
	var e *Error
	switch {
	case errors.As(err, &limit):
		return limit
	case errors.As(err, &e):
		return e
	}
	return err
}

func statusOf(err error) int {
	var e *Error
	if errors.As(err, &e) {
		return e.Status
	}
	return 0
}

// refusal makes an error of an answer that is no success.
func refusal(req *http.Request, resp *http.Response, body []byte, now time.Time) error {
	message, about := words(body)
	if secret := secretOf(req); secret != "" {
		message = strings.ReplaceAll(message, secret, "[secret]")
	}
	if wait, ok := limited(resp, message, about, now); ok {
		return &LimitError{req.Method, req.URL.Path, resp.StatusCode, message, wait}
	}
	e := &Error{Method: req.Method, Path: req.URL.Path, Status: resp.StatusCode, Message: message}
	switch {
	case resp.StatusCode == http.StatusNotFound, resp.StatusCode == http.StatusGone:
		e.cause = review.ErrGone
	case resp.StatusCode == http.StatusUnauthorized && byJWT(req):
		e.hint = "the app id and the private key do not belong together, or the clock is wrong"
	case resp.StatusCode == http.StatusUnauthorized:
		e.hint = "the installation's token is not valid any more"
	case resp.StatusCode == http.StatusNotModified:
		e.Message = "not modified, though nothing conditional was asked"
	}
	return e
}

func secretOf(req *http.Request) string {
	_, secret, _ := strings.Cut(req.Header.Get("Authorization"), " ")
	return secret
}

// byJWT reports whether the app itself is calling, not an installation.
func byJWT(req *http.Request) bool {
	return strings.HasPrefix(req.Header.Get("Authorization"), "Bearer ")
}

// words reads GitHub's message from a body. What is no JSON comes from a proxy
// and is left out.
func words(body []byte) (message, about string) {
	var said struct {
		Message string `json:"message"`
		About   string `json:"documentation_url"`
	}
	if json.Unmarshal(body, &said) != nil {
		return "", ""
	}
	return oneLine(said.Message), said.About
}

// oneLine makes text of others fit for an error.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	return clip(s, 300, "…")
}

// limited tells a limit from other refusals (docs: rate limits for the REST
// API): 403 or 429 with Retry-After, with nothing remaining until a time, or
// with words about a secondary limit, after which a minute is to be waited.
func limited(resp *http.Response, message, about string, now time.Time) (time.Duration, bool) {
	if resp.StatusCode != http.StatusForbidden && resp.StatusCode != http.StatusTooManyRequests {
		return 0, false
	}
	if seconds, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil {
		return bounded(time.Duration(seconds) * time.Second), true
	}
	if resp.Header.Get("X-RateLimit-Remaining") == "0" {
		return untilReset(resp.Header, now), true
	}
	secondary := strings.Contains(strings.ToLower(message), "rate limit") || strings.Contains(about, "rate-limits")
	if resp.StatusCode == http.StatusTooManyRequests || secondary {
		return time.Minute, true
	}
	return 0, false
}

// exhausted finds the limit that GraphQL tells with status 200.
func exhausted(req *http.Request, resp *http.Response, body []byte, now time.Time) error {
	if !strings.HasSuffix(req.URL.Path, "/graphql") || !bytes.Contains(body, []byte("RATE_LIMITED")) {
		return nil
	}
	var said struct {
		Errors []struct{ Type, Message string } `json:"errors"`
	}
	if json.Unmarshal(body, &said) != nil {
		return nil
	}
	for _, e := range said.Errors {
		if e.Type == "RATE_LIMITED" {
			return &LimitError{req.Method, req.URL.Path, resp.StatusCode, oneLine(e.Message), untilReset(resp.Header, now)}
		}
	}
	return nil
}

// untilReset is the time until X-RateLimit-Reset by GitHub's own clock, and a
// minute when the headers do not say.
func untilReset(h http.Header, now time.Time) time.Duration {
	reset, err := strconv.ParseInt(h.Get("X-RateLimit-Reset"), 10, 64)
	if err != nil {
		return time.Minute
	}
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	return bounded(time.Unix(reset, 0).Sub(now) + time.Second)
}

func bounded(d time.Duration) time.Duration {
	return min(max(d, time.Second), 2*time.Hour)
}
