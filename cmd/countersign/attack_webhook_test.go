package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/countersign-dev/countersign/internal/ghsim"
	"github.com/countersign-dev/countersign/webhook"
)

// newWorld is a story without a script: its server runs, and all of it ends
// with the test.
func newWorld(t *testing.T) *story {
	t.Helper()
	s, err := newStory(t, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	if err := s.start(""); err != nil {
		t.Fatal(err)
	}
	return s
}

// does moves the clock on, acts, and lets everybody answer.
func (s *story) does(t *testing.T, f func() error) {
	t.Helper()
	s.sim.Advance(time.Minute)
	if err := f(); err != nil {
		t.Fatal(err)
	}
	if err := s.settle(); err != nil {
		t.Fatal(err)
	}
}

// opens has somebody open a pull request that writes files.
func (s *story) opens(t *testing.T, name, who string, files ghsim.Files) *ghsim.Pull {
	t.Helper()
	s.does(t, func() (err error) {
		s.pulls[name], err = s.repo.OpenPull(s.people[who], ghsim.PullSpec{Head: name, Commit: &ghsim.CommitSpec{Files: files}})
		return err
	})
	return s.pulls[name]
}

func (s *story) says(t *testing.T, p *ghsim.Pull, who, text string) {
	t.Helper()
	s.does(t, func() error { s.said[who] = p.Comment(s.people[who], text); return nil })
}

// wantCheck compares the conclusion of a pull request's check.
func wantCheck(t *testing.T, p *ghsim.Pull, want string) {
	t.Helper()
	if run, ok := p.Check("countersign: main"); !ok || run.Conclusion != want {
		t.Errorf("check of #%d is %q (%v), want %s: %s", p.Number(), run.Conclusion, ok, want, run.Title)
	}
}

func sign(h func() hash.Hash, secret string, body []byte) string {
	m := hmac.New(h, []byte(secret))
	m.Write(body)
	return hex.EncodeToString(m.Sum(nil))
}

// commentBody is the body of the newest delivery of a comment, with other words.
func (s *story) commentBody(t *testing.T, said, instead string) []byte {
	t.Helper()
	all := s.sim.Deliveries()
	for i := len(all) - 1; i >= 0; i-- {
		if d := all[i]; d.Event == "issue_comment" && bytes.Contains(d.Body, []byte(`"body":"`+said+`"`)) {
			return bytes.Replace(d.Body, []byte(`"body":"`+said+`"`), []byte(`"body":"`+instead+`"`), 1)
		}
	}
	t.Fatal("no such comment was delivered")
	return nil
}

// post delivers a body and returns the status.
func post(t *testing.T, url, guid string, body []byte, header map[string]string) int {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, url+"/webhook", bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("X-GitHub-Event", "issue_comment")
	r.Header.Set("X-GitHub-Delivery", guid)
	for k, v := range header {
		r.Header.Set(k, v)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode
}

// A44: somebody who lacks the secret posts an approval in bob's name.
func TestA44ForgedWebhook(t *testing.T) {
	t.Parallel()
	s := newWorld(t)
	pull := s.opens(t, "pr", "alice", ghsim.Files{"CLAUDE.md": "v2\n"})
	s.says(t, pull, "bob", "hello")
	body := s.commentBody(t, "hello", "/countersign approve")
	form := []byte("payload=" + strings.ReplaceAll(string(body), "&", "%26"))
	huge := append(bytes.Clone(body), bytes.Repeat([]byte(" "), 27<<20)...)
	for i, tt := range []struct {
		name   string
		body   []byte
		header map[string]string
		want   int
	}{
		{"unsigned", body, nil, http.StatusUnauthorized},
		{"signed by SHA-1 only", body, map[string]string{"X-Hub-Signature": "sha1=" + sign(sha1.New, simSecret, body)}, http.StatusUnauthorized},
		{"wrong secret", body, map[string]string{"X-Hub-Signature-256": "sha256=" + sign(sha256.New, "guess", body)}, http.StatusUnauthorized},
		{"empty secret", body, map[string]string{"X-Hub-Signature-256": "sha256=" + sign(sha256.New, "", body)}, http.StatusUnauthorized},
		{"signature of another body", body, map[string]string{"X-Hub-Signature-256": "sha256=" + sign(sha256.New, simSecret, body[1:])}, http.StatusUnauthorized},
		{"form encoding", form, map[string]string{"Content-Type": "application/x-www-form-urlencoded",
			"X-Hub-Signature-256": "sha256=" + sign(sha256.New, simSecret, form)}, http.StatusUnsupportedMediaType},
		{"27 MB", huge, map[string]string{"X-Hub-Signature-256": "sha256=" + sign(sha256.New, simSecret, huge)}, http.StatusRequestEntityTooLarge},
	} {
		if got := post(t, s.srv.URL(), fmt.Sprintf("forged-%d", i), tt.body, tt.header); got != tt.want {
			t.Errorf("%s: status %d, want %d", tt.name, got, tt.want)
		}
	}
	if err := s.settle(); err != nil {
		t.Fatal(err)
	}
	wantCheck(t, pull, "action_required")
	said, err := s.srv.store.Signoffs(t.Context(), s.repo.ID(), pull.Number())
	if err != nil || len(said) != 0 {
		t.Errorf("kept: %v, %v", said, err)
	}
	if kept, err := s.srv.store.DeliveriesOf(t.Context(), s.repo.ID(), pull.Number()); err != nil {
		t.Error(err)
	} else {
		for _, d := range kept {
			if strings.HasPrefix(d.GUID, "forged") {
				t.Errorf("%s was kept", d.GUID)
			}
		}
	}
	// The control: the same body with the right signature is taken.
	good := map[string]string{"X-Hub-Signature-256": "sha256=" + sign(sha256.New, simSecret, body)}
	if got := post(t, s.srv.URL(), "control", body, good); got != http.StatusAccepted {
		t.Errorf("control: status %d", got)
	}
}

// A44: with an empty secret anybody could sign.
func TestA44EmptySecretRefused(t *testing.T) {
	t.Parallel()
	env := map[string]string{"COUNTERSIGN_APP_ID": "1", "COUNTERSIGN_WEBHOOK_SECRET": "", "COUNTERSIGN_PRIVATE_KEY": "x"}
	_, err := readConfig(func(name string) string { return env[name] })
	if err == nil || !strings.Contains(err.Error(), "COUNTERSIGN_WEBHOOK_SECRET is empty") {
		t.Errorf("readConfig = %v", err)
	}
}

// A49: a delivery of one installation names a repository of another.
func TestA49ForeignInstallation(t *testing.T) {
	t.Parallel()
	s := newWorld(t)
	rival := s.sim.AddOrg("rival")
	inst := s.sim.Install(rival.User)
	pull := s.opens(t, "pr", "alice", ghsim.Files{"CLAUDE.md": "v2\n"})
	s.says(t, pull, "bob", "hello")
	body := s.commentBody(t, "hello", "/countersign approve")
	foreign := bytes.ReplaceAll(body, fmt.Appendf(nil, `"id":%d`, s.inst.ID()), fmt.Appendf(nil, `"id":%d`, inst.ID()))
	if bytes.Equal(foreign, body) {
		t.Fatal("the body names no installation")
	}
	got := post(t, s.srv.URL(), "foreign", foreign, map[string]string{"X-Hub-Signature-256": "sha256=" + sign(sha256.New, simSecret, foreign)})
	if got != http.StatusAccepted {
		t.Errorf("status %d", got)
	}
	if err := s.settle(); err != nil {
		t.Fatal(err)
	}
	wantCheck(t, pull, "action_required")
	dead, err := s.srv.store.Failures(t.Context(), 10)
	if err != nil || len(dead) != 1 || dead[0].GUID != "foreign" || !strings.Contains(dead[0].Reason, webhook.ErrForeign.Error()) {
		t.Errorf("given up: %+v, %v", dead, err)
	}
	// It moved nothing: the owner's own sign-off still works.
	s.says(t, pull, "bob", "/countersign approve")
	wantCheck(t, pull, "success")
}

// A57: without its database the server refuses deliveries, so that GitHub keeps
// them; put back, it loses none.
func TestA57DatabaseGone(t *testing.T) {
	t.Parallel()
	s := newWorld(t)
	pull := s.opens(t, "pr", "alice", ghsim.Files{"CLAUDE.md": "v2\n"})
	if err := s.srv.store.Close(); err != nil {
		t.Fatal(err)
	}
	s.sim.Advance(time.Minute)
	pull.Comment(s.people["bob"], "/countersign approve")
	if err := s.sim.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	all := s.sim.Deliveries()
	if last := all[len(all)-1]; last.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("the delivery was answered %d: it is lost", last.StatusCode)
	}
	if resp, err := http.Get(s.srv.URL() + "/healthz"); err != nil || resp.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("healthz: %v, %v", resp, err)
	}
	wantCheck(t, pull, "action_required")
	s.srv.Close() // its database is closed already
	if err := s.start(""); err != nil {
		t.Fatal(err)
	}
	s.does(t, func() error { return s.srv.Sweep(t.Context()) })
	wantCheck(t, pull, "success")
}
