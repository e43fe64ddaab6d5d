package github

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// An edge makes one exchange with GitHub: within a time, with no host but
// GitHub's, with an answer of bounded size. Whatever is no success becomes an
// *Error or a *LimitError here, so that the libraries above see successes only.
// go-github would refuse calls by itself until the limit is reset, so it is not
// told when that is.
type edge struct {
	next    http.RoundTripper
	base    *url.URL
	timeout time.Duration
	limit   int64 // bytes of an answer
	now     func() time.Time
}

const (
	answerLimit = 64 << 20 // a tree of 100,000 entries takes 30 MB
	hops        = 3
)

// RoundTrip follows the redirects of renamed repositories with method and body
// unchanged (docs: redirects in the REST API). It does so below the transports
// that add tokens, because those would add one for any host.
func (e *edge) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(req.Context(), e.timeout)
	defer cancel()
	next := req.WithContext(ctx)
	for range hops {
		resp, body, err := e.exchange(next)
		if err != nil {
			return nil, e.unanswered(req, err)
		}
		switch resp.StatusCode {
		case http.StatusMovedPermanently, http.StatusFound, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
			if next, err = e.follow(next, resp); err != nil {
				return nil, &Error{Method: req.Method, Path: req.URL.Path, Status: resp.StatusCode, Message: err.Error()}
			}
			continue
		}
		if resp.StatusCode < 200 || resp.StatusCode > 299 {
			return nil, refusal(req, resp, body, e.now())
		}
		if len(body) > 0 && !json.Valid(body) { // a proxy speaks, or the answer broke off
			return nil, &Error{Method: req.Method, Path: req.URL.Path, Message: "the answer is no JSON"}
		}
		if err := exhausted(req, resp, body, e.now()); err != nil {
			return nil, err
		}
		resp.Header.Del("X-RateLimit-Reset")
		resp.Body = io.NopCloser(bytes.NewReader(body))
		resp.Request = req
		return resp, nil
	}
	return nil, &Error{Method: req.Method, Path: req.URL.Path, Status: http.StatusMovedPermanently, Message: "moved, and moved again"}
}

// exchange sends a request and reads the whole answer.
func (e *edge) exchange(req *http.Request) (*http.Response, []byte, error) {
	if !e.ours(req.URL) {
		closeBody(req)
		return nil, nil, fmt.Errorf("the host %s is not GitHub's", req.URL.Host)
	}
	resp, err := e.next.RoundTrip(req)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, e.limit+1))
	if err != nil {
		return nil, nil, fmt.Errorf("read the answer: %w", err)
	}
	if int64(len(body)) > e.limit {
		return nil, nil, fmt.Errorf("the answer is longer than %d bytes", e.limit)
	}
	return resp, body, nil
}

func closeBody(req *http.Request) {
	if req.Body != nil {
		req.Body.Close()
	}
}

func (e *edge) ours(u *url.URL) bool { return u.Scheme == e.base.Scheme && u.Host == e.base.Host }

// follow makes the request for the new address. The token goes along, so it
// must be GitHub's.
func (e *edge) follow(req *http.Request, resp *http.Response) (*http.Request, error) {
	to, err := resp.Location()
	if err != nil {
		return nil, errors.New("moved to nowhere")
	}
	if !e.ours(to) {
		return nil, fmt.Errorf("moved to the host %s, which is not GitHub's", oneLine(to.Host))
	}
	again := req.Clone(req.Context())
	again.URL, again.Host = to, ""
	return again, rewind(again)
}

// rewind makes the body of a request readable once more.
func rewind(req *http.Request) error {
	if req.Body == nil || req.Body == http.NoBody {
		return nil
	}
	if req.GetBody == nil {
		return errors.New("the body cannot be sent twice")
	}
	body, err := req.GetBody()
	if err != nil {
		return err
	}
	req.Body = body
	return nil
}

// unanswered is the error of an exchange without an answer. When the caller
// gave up, that is what it says.
func (e *edge) unanswered(req *http.Request, err error) error {
	if ctx := req.Context(); ctx.Err() != nil {
		var late *Error
		if errors.As(context.Cause(ctx), &late) {
			return late
		}
		return ctx.Err()
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return &Error{Method: req.Method, Path: req.URL.Path, Message: fmt.Sprintf("no answer within %v", e.timeout)}
	}
	return &Error{Method: req.Method, Path: req.URL.Path, Message: oneLine(err.Error())}
}
