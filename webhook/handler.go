// Package webhook takes what GitHub tells and leads each delivery to the
// Reviewer exactly once if all goes well, and at least once if not.
//
// The Handler checks the signature and keeps the delivery before it is
// understood; only then it answers. A Worker claims deliveries, one at a time
// for each pull request, and is done with one only when its effects are
// published. The Sweeper finds what no delivery told.
package webhook

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"mime"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/sirupsen/logrus"
)

const (
	// maxBody is above GitHub's cap of 25 MB.
	maxBody = 26 << 20
	// largeBody is the size from which few bodies are read at once, since
	// they are read before it is known who sent them. So much of each is read
	// beforehand: who sends less takes no place.
	largeBody = 1 << 20
	// readTime bounds the reading of a body: GitHub gives up after 10 seconds.
	readTime = 9 * time.Second
	// stepTime is how long each further largeBody bytes of a large body may take
	// while others wait for its place.
	stepTime = 2 * time.Second
	// keepTime bounds the insert, so that GitHub hears before its 10 seconds are over.
	keepTime = 8 * time.Second
)

// A Handler answers POST /webhook: 202 once a delivery is kept, was kept before
// or needs nothing; 401 without a valid signature; 503 when it cannot be kept,
// so that it can be asked for again. All fields but Wake are required.
type Handler struct {
	// Secrets are the webhook's secret and, while it is being changed, the one
	// before. An empty one admits nobody.
	Secrets []string
	App     int64 // id of the app, to know its own checks
	Inbox   Inbox
	Wake    chan<- struct{} // told of each delivery that was kept; never waited for
	Now     func() time.Time
	Log     logrus.FieldLogger

	large semaphore
}

// refusal is an answer other than 202.
type refusal struct {
	code int
	why  string
}

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d, no := h.accept(w, r)
	if no != nil {
		h.Log.WithFields(headers(r)).WithFields(logrus.Fields{"status": no.code, "reason": no.why}).Warn("delivery refused")
		if no.code == http.StatusMethodNotAllowed {
			w.Header().Set("Allow", http.MethodPost)
		}
		http.Error(w, no.why, no.code)
		return
	}
	if d == nil {
		w.WriteHeader(http.StatusAccepted)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), keepTime)
	defer cancel()
	added, err := h.Inbox.Add(ctx, *d)
	log := h.Log.WithFields(headers(r)).WithFields(logrus.Fields{"delivery": d.GUID, "event": d.Event, "action": d.Action,
		"installation": d.Installation, "repo_id": d.RepoID, "pull": d.Pull, "bytes": len(d.Body)})
	if err != nil {
		log.WithError(err).Error("delivery not kept")
		http.Error(w, "the delivery could not be kept; deliver it again", http.StatusServiceUnavailable)
		return
	}
	log.WithField("duplicate", !added).Info("delivery kept")
	w.WriteHeader(http.StatusAccepted)
	if added {
		wake(h.Wake)
	}
}

// wake tells whoever listens, and never waits.
func wake(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

var (
	guidForm  = regexp.MustCompile(`^[A-Za-z0-9-]{1,64}$`)
	eventForm = regexp.MustCompile(`^[a-z_]{1,64}$`)
)

// accept authenticates a request and makes a delivery of it: nil when there is
// nothing to do about it. Nothing is parsed before the signature is checked.
func (h *Handler) accept(w http.ResponseWriter, r *http.Request) (*Delivery, *refusal) {
	if r.Method != http.MethodPost {
		return nil, &refusal{http.StatusMethodNotAllowed, "only POST is answered here"}
	}
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return nil, &refusal{http.StatusUnsupportedMediaType, "set the webhook's content type to application/json"}
	}
	guid, event := r.Header.Get("X-GitHub-Delivery"), r.Header.Get("X-GitHub-Event")
	if !guidForm.MatchString(guid) || !eventForm.MatchString(event) {
		return nil, &refusal{http.StatusBadRequest, "X-GitHub-Delivery and X-GitHub-Event are required"}
	}
	want, ok := signature(r)
	if !ok {
		return nil, &refusal{http.StatusUnauthorized, "X-Hub-Signature-256 is required: set the webhook's secret"}
	}
	body, no := h.read(w, r)
	if no != nil {
		return nil, no
	}
	if !h.signed(body, want) {
		return nil, &refusal{http.StatusUnauthorized, "the signature does not match the webhook's secret"}
	}
	d, keep, err := route(event, guid, body, h.App)
	if err != nil {
		return nil, &refusal{http.StatusBadRequest, err.Error()}
	}
	if !keep {
		return nil, nil
	}
	d.ReceivedAt = h.Now()
	return &d, nil
}

// signature returns the SHA-256 signature of a request. SHA-1 is not looked at.
func signature(r *http.Request) ([]byte, bool) {
	all := r.Header.Values("X-Hub-Signature-256")
	if len(all) != 1 {
		return nil, false
	}
	text, ok := strings.CutPrefix(all[0], "sha256=")
	if !ok || len(text) != hex.EncodedLen(sha256.Size) {
		return nil, false
	}
	sum, err := hex.DecodeString(text)
	return sum, err == nil
}

// signed reports whether sum is the HMAC of body under one of the secrets. It
// takes as long whichever it is.
func (h *Handler) signed(body, sum []byte) bool {
	ok := false
	for _, secret := range h.Secrets {
		if secret == "" {
			continue
		}
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write(body)
		if hmac.Equal(mac.Sum(nil), sum) {
			ok = true
		}
	}
	return ok
}

// read reads the body. Few large ones are read at a time, and none slowly:
// whoever only holds the line must not keep GitHub out.
func (h *Handler) read(w http.ResponseWriter, r *http.Request) ([]byte, *refusal) {
	if r.ContentLength > maxBody {
		return nil, &refusal{http.StatusRequestEntityTooLarge, "the body is too large"}
	}
	ctx, cancel := context.WithTimeout(r.Context(), readTime)
	defer cancel()
	end, _ := ctx.Deadline()
	line := http.NewResponseController(w) // a recorder of a test knows no deadlines
	_ = line.SetReadDeadline(end)
	defer func() { _ = line.SetReadDeadline(time.Time{}) }()

	var body bytes.Buffer
	from := http.MaxBytesReader(w, r.Body, maxBody)
	_, err := io.CopyN(&body, from, largeBody)
	if err == nil {
		if !h.large.acquire(ctx) {
			return nil, &refusal{http.StatusServiceUnavailable, "busy; deliver it again"}
		}
		defer h.large.release()
	}
	for err == nil {
		if step := time.Now().Add(stepTime); step.Before(end) {
			_ = line.SetReadDeadline(step)
		}
		_, err = io.CopyN(&body, from, largeBody)
	}
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return nil, &refusal{http.StatusRequestEntityTooLarge, "the body is too large"}
	} else if !errors.Is(err, io.EOF) {
		return nil, &refusal{http.StatusBadRequest, "the body broke off, or came too slowly"}
	}
	return body.Bytes(), nil
}

// headers are those that may be logged. All others stay out: GitHub itself has
// sent secrets in a header.
func headers(r *http.Request) logrus.Fields {
	f := logrus.Fields{}
	for field, name := range map[string]string{"delivery": "X-GitHub-Delivery", "event": "X-GitHub-Event", "hook": "X-GitHub-Hook-ID", "agent": "User-Agent"} {
		if v := r.Header.Get(name); v != "" {
			f[field] = v[:min(len(v), 80)]
		}
	}
	return f
}
