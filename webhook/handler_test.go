package webhook_test

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
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sirupsen/logrus"

	"github.com/countersign-dev/countersign/internal/store"
	"github.com/countersign-dev/countersign/webhook"
)

const secret, oldSecret = "the new secret", "the old secret"

func openStore(t *testing.T) *store.DB {
	t.Helper()
	d, err := store.Open(context.Background(), filepath.Join(t.TempDir(), "countersign.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

func quiet(w io.Writer) *logrus.Logger {
	l := logrus.New()
	l.SetOutput(w)
	l.SetFormatter(&logrus.JSONFormatter{})
	return l
}

func mac(h func() hash.Hash, secret string, body []byte) string {
	m := hmac.New(h, []byte(secret))
	m.Write(body)
	return hex.EncodeToString(m.Sum(nil))
}

// comment is a signed-off-looking comment on a pull request of repository 700.
func comment(pull, n int) []byte {
	return fmt.Appendf(nil, `{"action":"created","installation":{"id":42},
		"repository":{"id":700,"name":"bot","full_name":"acme/bot","owner":{"login":"acme"},"default_branch":"main"},
		"issue":{"number":%d,"state":"open","pull_request":{}},"comment":{"id":%d,"body":"hello","user":{"id":1,"login":"a","type":"User"}}}`, pull, n)
}

// request is a good delivery that each test spoils.
func request(body []byte) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/webhook", bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-GitHub-Event", "issue_comment")
	r.Header.Set("X-GitHub-Delivery", "72d3162e-cc78-11e3-81ab-4c9367dc0958")
	r.Header.Set("X-Hub-Signature-256", "sha256="+mac(sha256.New, secret, body))
	return r
}

func newHandler(inbox webhook.Inbox, log io.Writer) *webhook.Handler {
	return &webhook.Handler{Secrets: []string{secret, oldSecret}, App: 12345, Inbox: inbox, Now: time.Now, Log: quiet(log)}
}

func TestHandler(t *testing.T) {
	good := comment(7, 1)
	sign := func(r *http.Request, sum string) { r.Header.Set("X-Hub-Signature-256", sum) }
	for name, c := range map[string]struct {
		body  []byte
		spoil func(r *http.Request)
		code  int
		kept  int
	}{
		"good":                       {good, nil, 202, 1},
		"signed with the old secret": {good, func(r *http.Request) { sign(r, "sha256="+mac(sha256.New, oldSecret, good)) }, 202, 1},
		"charset in content type":    {good, func(r *http.Request) { r.Header.Set("Content-Type", "application/json; charset=utf-8") }, 202, 1},
		"an event that is ignored":   {good, func(r *http.Request) { r.Header.Set("X-GitHub-Event", "star") }, 202, 0},
		"a sweep from outside":       {[]byte(`{"installation":{"id":42},"repository":{"id":700}}`), func(r *http.Request) { r.Header.Set("X-GitHub-Event", "sweep") }, 202, 0},
		"a comment on an issue":      {[]byte(`{"action":"created","issue":{"number":1},"comment":{"id":1}}`), nil, 202, 0},
		"parts of another type":      {[]byte(`{"action":"created","installation":{"id":42},"repository":{"id":"700"},"issue":{"number":"x"},"comment":{}}`), nil, 202, 1},

		"unsigned": {good, func(r *http.Request) { r.Header.Del("X-Hub-Signature-256") }, 401, 0},
		"signed with SHA-1 only": {good, func(r *http.Request) {
			r.Header.Del("X-Hub-Signature-256")
			r.Header.Set("X-Hub-Signature", "sha1="+mac(sha1.New, secret, good))
		}, 401, 0},
		"SHA-1 under the SHA-256 header": {good, func(r *http.Request) { sign(r, "sha1="+mac(sha1.New, secret, good)) }, 401, 0},
		"wrong secret":                   {good, func(r *http.Request) { sign(r, "sha256="+mac(sha256.New, "guess", good)) }, 401, 0},
		"empty secret":                   {good, func(r *http.Request) { sign(r, "sha256="+mac(sha256.New, "", good)) }, 401, 0},
		"another body":                   {good, func(r *http.Request) { r.Body = io.NopCloser(bytes.NewReader(comment(8, 1))) }, 401, 0},
		"short signature":                {good, func(r *http.Request) { sign(r, r.Header.Get("X-Hub-Signature-256")[:70]) }, 401, 0},
		"empty signature":                {good, func(r *http.Request) { sign(r, "sha256=") }, 401, 0},
		"no hexadecimal signature":       {good, func(r *http.Request) { sign(r, "sha256="+strings.Repeat("z", 64)) }, 401, 0},
		"two signatures":                 {good, func(r *http.Request) { r.Header.Add("X-Hub-Signature-256", r.Header.Get("X-Hub-Signature-256")) }, 401, 0},
		"unsigned and not JSON":          {[]byte("{"), func(r *http.Request) { sign(r, "sha256="+strings.Repeat("0", 64)) }, 401, 0},
		"form":                           {[]byte("payload=%7B%7D"), func(r *http.Request) { r.Header.Set("Content-Type", "application/x-www-form-urlencoded") }, 415, 0},
		"no content type":                {good, func(r *http.Request) { r.Header.Del("Content-Type") }, 415, 0},
		"GET":                            {good, func(r *http.Request) { r.Method = http.MethodGet }, 405, 0},
		"no GUID":                        {good, func(r *http.Request) { r.Header.Del("X-GitHub-Delivery") }, 400, 0},
		"a GUID that is none":            {good, func(r *http.Request) { r.Header.Set("X-GitHub-Delivery", "x\ny") }, 400, 0},
		"no event":                       {good, func(r *http.Request) { r.Header.Del("X-GitHub-Event") }, 400, 0},
		"truncated JSON":                 {good[:len(good)-20], nil, 400, 0},
		"two JSON values":                {append(bytes.Clone(good), good...), nil, 400, 0},
		"empty":                          {nil, nil, 400, 0},
		"deeply nested":                  {[]byte(strings.Repeat("[", 1e6)), nil, 400, 0},
		"27 MB":                          {bytes.Repeat([]byte(" "), 27<<20), nil, 413, 0},
		"27 MB of unknown length":        {bytes.Repeat([]byte(" "), 27<<20), func(r *http.Request) { r.ContentLength = -1 }, 413, 0},
		"more than was announced":        {bytes.Repeat([]byte(" "), 27<<20), func(r *http.Request) { r.ContentLength = 10 }, 413, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inbox := openStore(t)
			r := request(c.body)
			if c.spoil != nil {
				c.spoil(r)
			}
			w := httptest.NewRecorder()
			newHandler(inbox, io.Discard).ServeHTTP(w, r)
			n, err := inbox.Backlog(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if w.Code != c.code || n != c.kept {
				t.Errorf("answered %d %q and kept %d; want %d and %d", w.Code, w.Body, n, c.code, c.kept)
			}
		})
	}
}

func TestHandlerWithoutSecret(t *testing.T) {
	for _, secrets := range [][]string{nil, {""}, {"", ""}} {
		h := newHandler(openStore(t), io.Discard)
		h.Secrets = secrets
		r := request(comment(7, 1))
		r.Header.Set("X-Hub-Signature-256", "sha256="+mac(sha256.New, "", comment(7, 1)))
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != 401 {
			t.Errorf("with secrets %q: answered %d; want 401", secrets, w.Code)
		}
	}
}

func TestHandlerKeepsVerbatimAndOnce(t *testing.T) {
	inbox := openStore(t)
	var log bytes.Buffer
	h := newHandler(inbox, &log)
	wake := make(chan struct{}, 1)
	h.Wake = wake
	body := append(comment(7, 1), " \n\t"...)
	for i := range 2 {
		w := httptest.NewRecorder()
		r := request(body)
		r.Header.Set("X-GitHub-Encoded-Secret", "planted-in-a-header")
		r.Header.Set("Authorization", "planted-authorization")
		h.ServeHTTP(w, r)
		if w.Code != 202 {
			t.Fatalf("answered %d; want 202", w.Code)
		}
		if len(wake) != 1-i {
			t.Errorf("delivery %d: woke %d times; want %d", i, len(wake), 1-i)
		}
		select {
		case <-wake:
		default:
		}
	}
	d, _, ok, err := inbox.Claim(t.Context(), time.Now().Add(time.Minute), time.Minute)
	if err != nil || !ok {
		t.Fatalf("Claim = %v, %v", ok, err)
	}
	sum := sha256.Sum256(body)
	if !bytes.Equal(d.Body, body) || d.Digest != "sha256:"+hex.EncodeToString(sum[:]) {
		t.Errorf("kept %q with %s", d.Body, d.Digest)
	}
	if d.Event != "issue_comment" || d.Action != "created" || d.Installation != 42 || d.RepoID != 700 || d.Pull != 7 || d.Lane != "42/700/7" {
		t.Errorf("kept as %+v", d)
	}
	if n := strings.Count(log.String(), "\n"); n != 2 {
		t.Errorf("%d lines were logged; want one for each delivery:\n%s", n, log.String())
	}
	for _, planted := range []string{"planted", secret, "hello", mac(sha256.New, secret, body)} {
		if strings.Contains(log.String(), planted) {
			t.Errorf("the log holds %q:\n%s", planted, log.String())
		}
	}
}

// broken is an inbox that cannot keep: before it does, or after with the reply
// lost.
type broken struct {
	webhook.Inbox
	after bool
}

func (b broken) Add(ctx context.Context, d webhook.Delivery) (bool, error) {
	if b.after {
		if _, err := b.Inbox.Add(ctx, d); err != nil {
			return false, err
		}
	}
	return false, errors.New("disk full")
}

func TestHandlerRefusesRatherThanLoses(t *testing.T) {
	for _, after := range []bool{false, true} {
		inbox := openStore(t)
		w := httptest.NewRecorder()
		newHandler(broken{inbox, after}, io.Discard).ServeHTTP(w, request(comment(7, 1)))
		if w.Code != 503 || strings.Contains(w.Body.String(), "disk") {
			t.Errorf("answered %d %q; want 503 without the reason", w.Code, w.Body)
		}
		w = httptest.NewRecorder() // GitHub is asked to deliver again
		newHandler(inbox, io.Discard).ServeHTTP(w, request(comment(7, 1)))
		if n, err := inbox.Backlog(t.Context()); w.Code != 202 || n != 1 || err != nil {
			t.Errorf("after redelivery: answered %d, kept %d, %v; want 202 and 1", w.Code, n, err)
		}
	}
}

// The signature covers the body alone. A signed body must not be taken under the
// name of another event: these would uninstall the app, or take the repository
// away, or make a star a comment.
func TestHandlerRefusesBodyOfAnotherEvent(t *testing.T) {
	t.Parallel()
	inbox := openStore(t)
	const around = `"action":"deleted","installation":{"id":42},"sender":{"id":3},"repository":{"id":700,"name":"bot","owner":{"login":"acme"}}`
	const issue = `,"issue":{"number":1,"pull_request":{}}`
	for _, c := range []struct{ event, body string }{
		{"installation", `{` + around + issue + `,"comment":{"id":5,"body":"x"}}`},
		{"installation", `{` + around + `,"starred_at":null}`},
		{"installation", `{"action":"suspend","installation":{"id":42},"team":{}}`},
		{"repository", `{` + around + issue + `,"comment":{"id":5,"body":"x"}}`},
		{"repository", `{` + around + `,"starred_at":null}`},
		{"issue_comment", `{` + around + issue + `}`},
		{"issue_comment", `{` + around + issue + `,"comment":null}`},
		{"installation_repositories", `{"action":"removed","installation":{"id":42},"repositories_removed":[]}`},
		{"pull_request", `{"action":"edited","installation":{"id":42},"pull_request":{"number":1},"review":{"id":1},"changes":{"title":{"from":"x"}}}`},
	} {
		r := request([]byte(c.body))
		r.Header.Set("X-GitHub-Event", c.event)
		w := httptest.NewRecorder()
		newHandler(inbox, io.Discard).ServeHTTP(w, r)
		if n, err := inbox.Backlog(t.Context()); w.Code != 400 || n != 0 || err != nil {
			t.Errorf("%s %s: answered %d and kept %d, %v; want 400 and none", c.event, c.body, w.Code, n, err)
		}
	}
}

// Nor does it cover the GUID: a captured body does not come twice under two of
// them. Those of teams and members carry no time, and may be alike.
func TestHandlerRefusesCopyUnderAnotherGUID(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		event string
		body  []byte
		kept  int
	}{
		{"issue_comment", comment(7, 1), 1},
		{"membership", []byte(`{"action":"added","installation":{"id":42},"organization":{"login":"acme"},"member":{"id":1},"team":{"id":2}}`), 3},
	} {
		inbox := openStore(t)
		for _, guid := range []string{"first", "second", "third", "first"} {
			r := request(c.body)
			r.Header.Set("X-GitHub-Event", c.event)
			r.Header.Set("X-GitHub-Delivery", guid)
			w := httptest.NewRecorder()
			if newHandler(inbox, io.Discard).ServeHTTP(w, r); w.Code != 202 {
				t.Errorf("%s: answered %d; want 202", c.event, w.Code)
			}
		}
		if n, err := inbox.Backlog(t.Context()); n != c.kept || err != nil {
			t.Errorf("%s: kept %d, %v; want %d", c.event, n, err, c.kept)
		}
	}
}

// Few large bodies are read at a time, and they do not keep small ones out.
func TestHandlerLargeBodies(t *testing.T) {
	h := newHandler(openStore(t), io.Discard)
	ctx, cancel := context.WithCancel(t.Context())
	const all, atOnce = 20, 16
	answered := make(chan int, all)
	started := make(chan struct{}, all)
	for range all {
		go func() {
			r := request(nil).WithContext(ctx)
			r.ContentLength = 20 << 20
			r.Body = io.NopCloser(io.MultiReader(bytes.NewReader(make([]byte, 1<<20)), slow{ctx, started}))
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			answered <- w.Code
		}()
	}
	for range atOnce {
		<-started
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, request(comment(7, 1)))
	if w.Code != 202 {
		t.Errorf("a small delivery was answered %d; want 202", w.Code)
	}
	if len(started) != 0 {
		t.Errorf("more than %d large bodies are read at once", atOnce)
	}
	cancel()
	for range all {
		if code := <-answered; code != 400 && code != 503 {
			t.Errorf("a large body that broke off was answered %d", code)
		}
	}
}

// slow is a body that does not come until ctx ends.
type slow struct {
	ctx     context.Context
	started chan<- struct{}
}

func (s slow) Read([]byte) (int, error) {
	s.started <- struct{}{}
	<-s.ctx.Done()
	return 0, s.ctx.Err()
}

// Connections of somebody who knows no secret must not keep GitHub's large
// deliveries out: those that send little take no place, and the others lose it
// when they send no more.
func TestHandlerSlowStrangers(t *testing.T) {
	t.Parallel()
	srv := httptest.NewServer(newHandler(openStore(t), io.Discard))
	defer srv.Close()
	defer srv.CloseClientConnections()
	for i := range 40 {
		c, err := net.Dial("tcp", srv.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		begun := "{"
		if i%2 == 0 {
			begun = strings.Repeat(" ", 1<<20+1)
		}
		fmt.Fprintf(c, "POST /webhook HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nX-GitHub-Delivery: a\r\nX-GitHub-Event: push\r\n"+
			"X-Hub-Signature-256: sha256=%s\r\nContent-Length: %d\r\n\r\n%s", strings.Repeat("0", 64), 20<<20, begun)
	}
	body := bytes.Replace(comment(7, 1), []byte("hello"), bytes.Repeat([]byte("x"), 2<<20), 1)
	r, err := http.NewRequest(http.MethodPost, srv.URL, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header = request(body).Header
	resp, err := (&http.Client{Timeout: 8 * time.Second}).Do(r) // GitHub waits 10
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusAccepted {
		t.Errorf("a large delivery was answered %s", resp.Status)
	}
}
