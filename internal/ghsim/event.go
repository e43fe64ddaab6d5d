package ghsim

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// emit queues a delivery about a repository. Nothing is sent where the app is
// not installed, or suspended, or may not see the repository.
func (s *Server) emit(r *Repo, event, action string, sender *User, payload object) {
	i := s.installation(r.owner)
	if i == nil || i.suspended || !i.sees(r) {
		return
	}
	payload["repository"] = r.json()
	if o := s.orgs[r.owner.id]; o != nil {
		payload["organization"] = o.json()
	}
	s.queue(i, r, event, action, sender, payload)
}

// emitOrg queues a delivery about an organisation. A nil sender is the
// organisation's account.
func (s *Server) emitOrg(o *Org, event, action string, sender *User, payload object) {
	i := s.installation(o.User)
	if i == nil || i.suspended {
		return
	}
	if sender == nil {
		sender = o.User
	}
	payload["organization"] = o.json()
	s.queue(i, nil, event, action, sender, payload)
}

// emitInstallation queues a delivery about the installation itself; those
// always come. The sender is the account.
func (s *Server) emitInstallation(i *Installation, event, action string, payload object) {
	payload["installation"] = i.json()
	s.queueRaw(i, nil, event, action, i.account, payload)
}

func (s *Server) queue(i *Installation, r *Repo, event, action string, sender *User, payload object) {
	payload["installation"] = object{"id": i.id, "node_id": fmt.Sprintf("MDIzOkludGVncmF0aW9uSW5zdGFsbGF0aW9u%d", i.id)}
	s.queueRaw(i, r, event, action, sender, payload)
}

func (s *Server) queueRaw(i *Installation, r *Repo, event, action string, sender *User, payload object) {
	payload["sender"] = sender.json()
	if action != "" {
		payload["action"] = action
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(payload); err != nil {
		panic(err) // payloads are built of plain values here
	}
	n := s.id("event")
	d := Delivery{
		GUID:  fmt.Sprintf("%08x-2222-11f1-8000-%012x", 0x9b3c0000+n, n),
		Event: event, Action: action, Installation: i.id, Body: bytes.TrimSpace(buf.Bytes()),
	}
	if r != nil {
		d.Repository = r.id
	}
	s.courier.add(d)
}

// Ping sends the ping event, as GitHub does when a webhook is made.
func (s *Server) Ping() {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := s.id("event")
	body, err := json.Marshal(object{
		"zen": "Keep it logically awesome.", "hook_id": 480000001,
		"hook": object{
			"type": "App", "id": 480000001, "name": "web", "active": true, "events": subscribed, "app_id": s.app.id,
			"config":     object{"content_type": "json", "insecure_ssl": "0", "secret": "********", "url": "https://example.test/webhook"},
			"updated_at": stamp(s.now()), "created_at": stamp(s.now()),
			"deliveries_url": apiURL + "/app/hook/deliveries",
		},
	})
	if err != nil {
		panic(err)
	}
	s.courier.add(Delivery{GUID: fmt.Sprintf("%08x-2222-11f1-8000-%012x", 0x9b3c0000+n, n), Event: "ping", Body: body})
}
