package webhook

import (
	"encoding/json"
	"fmt"
	"slices"
)

// A subject is what tells the bodies of one event from those of all others. The
// signature covers the body alone: without this, whoever holds a signed body
// could have it taken as another event, such as a comment's deletion as the end
// of the installation.
type subject struct {
	needs []string // members that are there and not null
	// only are the members beside those, where what is needed stands in the
	// bodies of other events too; nil lets any be there.
	only []string
	// bare events say nothing that changes a repository and carry no time, so
	// that an honest one may have the bytes of an earlier one.
	bare bool
}

// around stands around the subject in the bodies of any event.
var around = []string{"action", "sender", "organization", "enterprise", "installation"}

// subjects has each event of the table (docs: webhook events and payloads).
var subjects = map[string]subject{
	"pull_request":              {needs: []string{"pull_request", "number"}},
	"merge_group":               {needs: []string{"merge_group"}},
	"issue_comment":             {needs: []string{"issue", "comment"}},
	"pull_request_review":       {needs: []string{"pull_request", "review"}},
	"push":                      {needs: []string{"ref", "before", "after"}},
	"check_run":                 {needs: []string{"check_run"}},
	"check_suite":               {needs: []string{"check_suite"}},
	"installation":              {needs: []string{"installation"}, only: append([]string{"repositories", "requester"}, around...)},
	"installation_repositories": {needs: []string{"installation", "repositories_added", "repositories_removed"}},
	"repository":                {needs: []string{"repository"}, only: append([]string{"changes"}, around...)},
	"membership":                {needs: []string{"member", "team"}, bare: true},
	"team":                      {needs: []string{"team"}, bare: true},
	"organization":              {needs: []string{"membership"}, bare: true},
	"member":                    {needs: []string{"member"}, bare: true},
	SweepEvent:                  {bare: true},
}

// check returns an error when a body is not one of event.
func (s subject) check(event string, body []byte) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(body, &members); err != nil {
		return fmt.Errorf("the body is no object")
	}
	for _, name := range s.needs {
		if v, ok := members[name]; !ok || string(v) == "null" {
			return fmt.Errorf("the body is not one of the event %s: it has no %s", event, name)
		}
	}
	for name := range members {
		if s.only != nil && !slices.Contains(s.needs, name) && !slices.Contains(s.only, name) {
			return fmt.Errorf("the body is not one of the event %s, which has no %.40q", event, name)
		}
	}
	return nil
}
