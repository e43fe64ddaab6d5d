package ghsim

import (
	"fmt"
	"net/http"
	"time"
	"unicode/utf8"
)

// A CheckRun is a copy of a check run as it stood.
type CheckRun struct {
	ID          int64
	AppID       int64
	Name        string
	HeadSHA     string
	Status      string // "queued", "in_progress", "completed"
	Conclusion  string // "" until completed
	ExternalID  string
	DetailsURL  string
	Title       string
	Summary     string
	Text        string
	Annotations []Annotation
	Actions     []Action
	StartedAt   time.Time
	CompletedAt time.Time
}

// An Annotation points at lines of a file.
type Annotation struct {
	Path       string `json:"path"`
	StartLine  int    `json:"start_line"`
	EndLine    int    `json:"end_line"`
	Level      string `json:"annotation_level"` // "notice", "warning", "failure"
	Title      string `json:"title"`
	Message    string `json:"message"`
	RawDetails string `json:"raw_details"`
}

// An Action is a button on a check run.
type Action struct {
	Label       string `json:"label"`
	Description string `json:"description"`
	Identifier  string `json:"identifier"`
}

type checkRun struct {
	CheckRun
	repo *Repo
	app  *App
}

// CheckRuns lists the check runs of a commit, newest first.
func (r *Repo) CheckRuns(sha string) []CheckRun {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	var list []CheckRun
	for i := len(r.runs[sha]) - 1; i >= 0; i-- {
		list = append(list, r.runs[sha][i].copy())
	}
	return list
}

func (c *checkRun) copy() CheckRun {
	run := c.CheckRun
	run.Annotations = append([]Annotation(nil), run.Annotations...)
	run.Actions = append([]Action(nil), run.Actions...)
	return run
}

// Check is the newest run of that name by the app under test on the head.
func (p *Pull) Check(name string) (CheckRun, bool) {
	p.repo.s.mu.Lock()
	defer p.repo.s.mu.Unlock()
	runs := p.repo.runs[p.head]
	for i := len(runs) - 1; i >= 0; i-- {
		if runs[i].Name == name && runs[i].app == p.repo.s.app {
			return runs[i].copy(), true
		}
	}
	return CheckRun{}, false
}

// PostCheck posts a completed check run as another app, such as Actions.
// Events: check_run.created, check_run.completed. Auto-merges may fire.
func (r *Repo) PostCheck(a *App, sha, name, conclusion string) (CheckRun, error) {
	s := r.s
	s.mu.Lock()
	defer s.mu.Unlock()
	if r.store.commit(sha) == nil {
		return CheckRun{}, refuse(http.StatusUnprocessableEntity, "No commit found for SHA: %s", sha)
	}
	now := s.now()
	c := &checkRun{repo: r, app: a, CheckRun: CheckRun{
		AppID: a.id, Name: name, HeadSHA: sha, Status: "completed", Conclusion: conclusion, StartedAt: now, CompletedAt: now,
	}}
	r.addRun(c)
	return c.copy(), s.settle(r)
}

func (r *Repo) addRun(c *checkRun) {
	c.ID = r.s.id("run")
	r.runs[c.HeadSHA] = append(r.runs[c.HeadSHA], c)
	r.runByID[c.ID] = c
	c.emit("created", c.app.bot, object{})
	if c.Status == "completed" {
		c.emit("completed", c.app.bot, object{})
	}
}

// PostStatus sets a commit status: "success", "failure", "error" or "pending".
// The app does not subscribe to statuses. Auto-merges may fire.
func (r *Repo) PostStatus(by *User, sha, context, state string) error {
	s := r.s
	s.mu.Lock()
	defer s.mu.Unlock()
	id := s.id("status")
	r.statuses[sha] = append(r.statuses[sha], object{
		"id": id, "node_id": fmt.Sprintf("SC_%d", id), "url": r.api() + "/statuses/" + sha, "avatar_url": nil, "state": state,
		"description": nil, "target_url": nil, "context": context, "required": false,
		"created_at": stamp(s.now()), "updated_at": stamp(s.now()), "creator": by.json(),
	})
	return s.settle(r)
}

// ClickAction presses a button of a run of the app under test. GitHub shows
// buttons only on completed runs. Event: check_run.requested_action.
func (r *Repo) ClickAction(by *User, run int64, identifier string) error {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	c := r.runByID[run]
	if c == nil || c.app != r.s.app || c.Status != "completed" {
		return errNotFound
	}
	for _, a := range c.Actions {
		if a.Identifier == identifier {
			c.emit("requested_action", by, object{"requested_action": object{"identifier": identifier}})
			return nil
		}
	}
	return errNotFound
}

// Rerequest asks for a run of the app under test again.
// Event: check_run.rerequested.
func (r *Repo) Rerequest(by *User, run int64) error {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	c := r.runByID[run]
	if c == nil || c.app != r.s.app {
		return errNotFound
	}
	c.emit("rerequested", by, object{})
	return nil
}

// RerequestSuite asks for all runs of a commit again.
// Event: check_suite.rerequested.
func (r *Repo) RerequestSuite(by *User, sha string) {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	o := r.suiteJSON(r.s.app, sha)
	o["head_commit"] = r.suiteCommit(sha)
	r.s.emit(r, "check_suite", "rerequested", by, object{"check_suite": o})
}

// emit tells the app under test. Apps with Checks: write get the runs of every
// app when they are created and completed, but rerequested and
// requested_action for their own only (docs: webhook events, check_run).
func (c *checkRun) emit(action string, by *User, payload object) {
	o := c.json()
	o["check_suite"] = c.repo.suiteJSON(c.app, c.HeadSHA)
	payload["check_run"] = o
	c.repo.s.emit(c.repo, "check_run", action, by, payload)
}

// emitSuite tells of the suite that GitHub makes for the app on each push.
func (r *Repo) emitSuite(by *User, branch, before, after string) {
	o := r.suiteJSON(r.s.app, after)
	o["head_branch"], o["before"] = branch, before
	if before == "" {
		o["before"] = zeroID
	}
	o["head_commit"] = r.suiteCommit(after)
	r.s.emit(r, "check_suite", "requested", by, object{"check_suite": o})
}

func (r *Repo) suiteCommit(sha string) object {
	c := r.store.commit(sha)
	person := func(s signature) object { return object{"name": s.Name, "email": s.Email} }
	return object{
		"id": c.id, "tree_id": c.tree, "message": c.message, "timestamp": stamp(c.committer.when), "author": person(c.author), "committer": person(c.committer),
	}
}

// suiteID numbers suites: one for each app and commit.
func (r *Repo) suiteID(a *App, sha string) int64 {
	key := fmt.Sprintf("%d %d %s", r.id, a.id, sha)
	if r.s.suites[key] == 0 {
		r.s.suites[key] = r.s.id("suite")
	}
	return r.s.suites[key]
}

func (r *Repo) suiteJSON(a *App, sha string) object {
	id, runs := r.suiteID(a, sha), r.runs[sha]
	api := fmt.Sprintf("%s/check-suites/%d", r.api(), id)
	o := object{
		"id": id, "node_id": fmt.Sprintf("CS_%d", id), "head_branch": nil, "head_sha": sha, "status": "queued", "conclusion": nil,
		"url": api, "before": nil, "after": sha, "pull_requests": r.pullStubs(sha), "app": a.json(),
		"created_at": stamp(r.s.now()), "updated_at": stamp(r.s.now()), "latest_check_runs_count": 0, "check_runs_url": api + "/check-runs",
		"rerequestable": true, "runs_rerequestable": true,
	}
	for branch, tip := range r.heads {
		if tip == sha && (o["head_branch"] == nil || branch < o["head_branch"].(string)) {
			o["head_branch"] = branch
		}
	}
	n := 0
	for _, c := range runs {
		if c.app == a {
			n++
			o["status"], o["conclusion"] = c.Status, orNull(c.Conclusion)
		}
	}
	o["latest_check_runs_count"] = n
	return o
}

// pullStubs are the open pull requests of a head. Those from forks are left
// out (docs: check runs in forks).
func (r *Repo) pullStubs(sha string) []object {
	list := []object{}
	for _, p := range r.pulls {
		if p.closed || p.head != sha || p.headRepo != r {
			continue
		}
		brief := object{"id": r.id, "url": r.api(), "name": r.name}
		list = append(list, object{
			"id": p.id, "number": p.number, "url": p.api(),
			"head": object{"ref": p.headRef, "sha": p.head, "repo": brief}, "base": object{"ref": p.base, "sha": p.baseSHA, "repo": brief},
		})
	}
	return list
}

func (c *checkRun) json() object {
	api := fmt.Sprintf("%s/check-runs/%d", c.repo.api(), c.ID)
	return object{
		"id": c.ID, "node_id": fmt.Sprintf("CR_%d", c.ID), "name": c.Name, "head_sha": c.HeadSHA, "external_id": c.ExternalID,
		"url": api, "html_url": fmt.Sprintf("%s/runs/%d", c.repo.web(), c.ID), "details_url": c.details(),
		"status": c.Status, "conclusion": orNull(c.Conclusion), "started_at": stamp(c.StartedAt), "completed_at": stamp(c.CompletedAt),
		"output": object{
			"title": orNull(c.Title), "summary": orNull(c.Summary), "text": orNull(c.Text),
			"annotations_count": len(c.Annotations), "annotations_url": api + "/annotations",
		},
		"check_suite": object{"id": c.repo.suiteID(c.app, c.HeadSHA)}, "app": c.app.json(), "pull_requests": c.repo.pullStubs(c.HeadSHA),
	}
}

// details is where the check's name links to: the app's home page by default.
func (c *checkRun) details() string {
	if c.DetailsURL == "" {
		return appHome
	}
	return c.DetailsURL
}

// checkChange is the body of POST and PATCH on check runs. Nil leaves a field
// as it is.
type checkChange struct {
	Name        *string
	HeadSHA     string `json:"head_sha"`
	Status      *string
	Conclusion  *string
	ExternalID  *string    `json:"external_id"`
	DetailsURL  *string    `json:"details_url"`
	StartedAt   *time.Time `json:"started_at"`
	CompletedAt *time.Time `json:"completed_at"`
	Actions     []Action
	Output      *struct {
		Title, Summary, Text *string
		Annotations          []Annotation
	}
}

const outputLimit = 65535

// check refuses what GitHub refuses with 422 (docs: REST API endpoints for
// check runs, body parameters).
func (ch *checkChange) check() error {
	invalid := func(format string, args ...any) error {
		return refuse(http.StatusUnprocessableEntity, "Invalid request.\n\n"+format, args...)
	}
	conclusions := []string{"action_required", "cancelled", "failure", "neutral", "success", "skipped", "timed_out"}
	switch {
	case ch.Conclusion != nil && !contains(conclusions, *ch.Conclusion):
		return invalid("%q is not a member of %q.", *ch.Conclusion, conclusions)
	case ch.Status != nil && *ch.Status == "completed" && ch.Conclusion == nil:
		return invalid("Missing conclusion: required when status is completed.")
	case ch.Status != nil && !contains([]string{"queued", "in_progress", "completed"}, *ch.Status):
		return invalid("%q is not a status.", *ch.Status)
	case len(ch.Actions) > 3:
		return invalid("No more than 3 items are allowed; %d were supplied.", len(ch.Actions))
	}
	for _, a := range ch.Actions {
		for _, field := range []struct {
			name, value string
			limit       int
		}{{"label", a.Label, 20}, {"description", a.Description, 40}, {"identifier", a.Identifier, 20}} {
			if n := utf8.RuneCountInString(field.value); n == 0 || n > field.limit {
				return invalid("Only 1 to %d characters are allowed for action %s; %d were supplied.", field.limit, field.name, n)
			}
		}
	}
	if ch.Output == nil {
		return nil
	}
	if ch.Output.Title == nil || *ch.Output.Title == "" || ch.Output.Summary == nil {
		return invalid("\"title\" and \"summary\" weren't supplied.")
	}
	for _, text := range []*string{ch.Output.Title, ch.Output.Summary, ch.Output.Text} {
		if text != nil && len(*text) > outputLimit {
			return invalid("Only 65535 characters are allowed; %d were supplied.", len(*text))
		}
	}
	if n := len(ch.Output.Annotations); n > 50 {
		return invalid("No more than 50 items are allowed; %d were supplied.", n)
	}
	for _, a := range ch.Output.Annotations {
		if a.Path == "" || a.Message == "" || a.StartLine < 1 || a.EndLine < a.StartLine || len(a.Message) > 64<<10 || len(a.Title) > 255 ||
			!contains([]string{"notice", "warning", "failure"}, a.Level) {
			return invalid("Annotation of %q is not valid.", a.Path)
		}
	}
	return nil
}

// apply changes a run. A conclusion completes it; annotations are appended;
// actions and output are replaced when they are given.
func (ch *checkChange) apply(c *checkRun, now time.Time) {
	set := func(field *string, to *string) {
		if to != nil {
			*field = *to
		}
	}
	set(&c.Name, ch.Name)
	set(&c.ExternalID, ch.ExternalID)
	set(&c.DetailsURL, ch.DetailsURL)
	if ch.Status != nil && *ch.Status != "completed" {
		c.Status, c.Conclusion, c.CompletedAt = *ch.Status, "", time.Time{}
	}
	if ch.StartedAt != nil {
		c.StartedAt = ch.StartedAt.UTC()
	}
	if ch.Conclusion != nil {
		c.Status, c.Conclusion, c.CompletedAt = "completed", *ch.Conclusion, now
		if ch.CompletedAt != nil {
			c.CompletedAt = ch.CompletedAt.UTC()
		}
	}
	if ch.Actions != nil {
		c.Actions = ch.Actions
	}
	if ch.Output != nil {
		set(&c.Title, ch.Output.Title)
		set(&c.Summary, ch.Output.Summary)
		set(&c.Text, ch.Output.Text)
		c.Annotations = append(c.Annotations, ch.Output.Annotations...)
	}
}
