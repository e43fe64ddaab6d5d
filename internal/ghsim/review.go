package ghsim

import (
	"fmt"
	"net/http"
	"sort"
	"time"
)

// ReviewSpec is a review. State: "approved", "changes_requested", "commented".
type ReviewSpec struct {
	State  string
	Body   string
	Commit string // reviewed commit; the head if empty
}

// A Review is a submitted review.
type Review struct {
	pull   *Pull
	id     int64
	author *User
	state  string // as above, or "dismissed"
	body   string
	commit string
	at     time.Time
	edited time.Time // zero if never
}

// Review submits one. GitHub refuses to approve, or to request changes on,
// one's own pull request (422). Event: pull_request_review.submitted.
func (p *Pull) Review(by *User, spec ReviewSpec) (*Review, error) {
	s := p.repo.s
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case spec.State != "approved" && spec.State != "changes_requested" && spec.State != "commented":
		return nil, refuse(http.StatusUnprocessableEntity, "Unprocessable Entity: event %q", spec.State)
	case by == p.author && spec.State == "approved":
		return nil, refuse(http.StatusUnprocessableEntity, "Can not approve your own pull request")
	case by == p.author && spec.State == "changes_requested":
		return nil, refuse(http.StatusUnprocessableEntity, "Can not request changes on your own pull request")
	}
	if spec.Commit == "" {
		spec.Commit = p.head
	}
	v := &Review{pull: p, id: s.id("review"), author: by, state: spec.State, body: spec.Body, commit: spec.Commit, at: s.now()}
	p.reviews = append(p.reviews, v)
	p.updated = s.now()
	v.emit("submitted", by, object{})
	return v, s.settle(p.repo)
}

// ID is the review's number.
func (v *Review) ID() int64 { return v.id }

// Edit changes the body. Event: pull_request_review.edited.
func (v *Review) Edit(by *User, body string) {
	s := v.pull.repo.s
	s.mu.Lock()
	defer s.mu.Unlock()
	old := v.body
	v.body, v.edited = body, s.now()
	v.emit("edited", by, object{"changes": object{"body": object{"from": old}}})
}

// Dismiss voids an approval or a request for changes.
// Event: pull_request_review.dismissed.
func (v *Review) Dismiss(by *User) error {
	s := v.pull.repo.s
	s.mu.Lock()
	defer s.mu.Unlock()
	if v.state != "approved" && v.state != "changes_requested" {
		return refuse(http.StatusUnprocessableEntity, "Can not dismiss a commented pull request review")
	}
	v.state = "dismissed"
	v.emit("dismissed", by, object{})
	return s.settle(v.pull.repo)
}

// standing counts the approvals of people with write access and lists who
// requests changes; the newest review of each that is no mere comment counts.
func (p *Pull) standing() (approvals int, objections []*User) {
	latest := map[*User]string{}
	for _, v := range p.reviews {
		if v.state != "commented" && ranks[p.repo.role(v.author)] >= ranks["write"] {
			latest[v.author] = v.state
		}
	}
	for u, state := range latest {
		switch state {
		case "approved":
			approvals++
		case "changes_requested":
			objections = append(objections, u)
		}
	}
	sort.Slice(objections, func(i, j int) bool { return objections[i].id < objections[j].id })
	return approvals, objections
}

func (v *Review) emit(action string, by *User, payload object) {
	payload["review"], payload["pull_request"] = v.json(true), v.pull.hookJSON()
	v.pull.repo.s.emit(v.pull.repo, "pull_request_review", action, by, payload)
}

// json is a review. Deliveries write the state in lower case, the REST API in
// upper case.
func (v *Review) json(hook bool) object {
	r := v.pull.repo
	html := fmt.Sprintf("%s/pull/%d#pullrequestreview-%d", r.web(), v.pull.number, v.id)
	pull := fmt.Sprintf("%s/pulls/%d", r.api(), v.pull.number)
	o := object{
		"id": v.id, "node_id": fmt.Sprintf("PRR_%d", v.id), "user": v.author.json(), "body": v.body, "state": v.state, "commit_id": v.commit,
		"html_url": html, "pull_request_url": pull, "submitted_at": stamp(v.at), "author_association": r.association(v.author),
		"_links": object{"html": object{"href": html}, "pull_request": object{"href": pull}},
	}
	if hook {
		o["body"] = orNull(v.body)
		o["updated_at"] = stamp(v.at)
	} else {
		o["state"] = map[string]string{
			"approved": "APPROVED", "changes_requested": "CHANGES_REQUESTED", "commented": "COMMENTED", "dismissed": "DISMISSED",
		}[v.state]
	}
	return o
}
