package ghsim

import (
	"net/http"
	"strconv"
	"time"
)

// createCheckRun makes a run on a commit of the repository. Without status it
// is queued; a conclusion completes it.
func (req *request) createCheckRun() (any, error) {
	var in checkChange
	if err := req.decode(&in); err != nil {
		return nil, err
	}
	if in.Name == nil || *in.Name == "" || in.HeadSHA == "" {
		return nil, refuse(http.StatusUnprocessableEntity, "Invalid request.\n\n\"name\" and \"head_sha\" weren't supplied.")
	}
	if !isID(in.HeadSHA) || req.repo.store.commit(in.HeadSHA) == nil {
		return nil, refuse(http.StatusUnprocessableEntity, "No commit found for SHA: %s", in.HeadSHA)
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	c := &checkRun{repo: req.repo, app: req.app, CheckRun: CheckRun{
		AppID: req.app.id, HeadSHA: in.HeadSHA, Status: "queued", StartedAt: req.now(),
	}}
	in.apply(c, req.now())
	req.repo.addRun(c)
	req.status = http.StatusCreated
	return c.json(), req.settle(req.repo)
}

func (req *request) checkRun() (*checkRun, error) {
	c := req.repo.runByID[req.number("check_run_id")]
	if c == nil {
		return nil, errNotFound
	}
	return c, nil
}

func (req *request) getCheckRun() (any, error) {
	c, err := req.checkRun()
	if err != nil {
		return nil, err
	}
	return c.json(), nil
}

// updateCheckRun changes a run of the app; those of others are theirs.
func (req *request) updateCheckRun() (any, error) {
	c, err := req.checkRun()
	if err != nil {
		return nil, err
	}
	if c.app != req.app {
		return nil, refuse(http.StatusForbidden, "Invalid app_id `%d` - check run can only be modified by the GitHub App that created it.", req.app.id)
	}
	var in checkChange
	if err := req.decode(&in); err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	was := c.Status
	in.apply(c, req.now())
	if c.Status == "completed" && was != "completed" {
		c.emit("completed", req.app.bot, object{})
	}
	return c.json(), req.settle(req.repo)
}

func (req *request) listAnnotations() (any, error) {
	c, err := req.checkRun()
	if err != nil {
		return nil, err
	}
	out := []object{}
	for _, a := range page(req, c.Annotations) {
		out = append(out, object{
			"path": a.Path, "start_line": a.StartLine, "end_line": a.EndLine, "start_column": nil, "end_column": nil,
			"annotation_level": a.Level, "title": orNull(a.Title), "message": orNull(a.Message), "raw_details": orNull(a.RawDetails),
			"blob_href": c.repo.web() + "/blob/" + c.HeadSHA + "/" + escapePath(a.Path),
		})
	}
	return out, nil
}

func (req *request) commitOfRef() (string, error) {
	sha := req.repo.resolve(req.vars["ref"])
	if sha == "" {
		return "", refuse(http.StatusUnprocessableEntity, "No commit found for SHA: %s", req.vars["ref"])
	}
	return sha, nil
}

// listCheckRuns takes check_name, app_id, status and filter. By default only
// the latest run of each name and app is listed.
func (req *request) listCheckRuns() (any, error) {
	sha, err := req.commitOfRef()
	if err != nil {
		return nil, err
	}
	appID, _ := strconv.ParseInt(req.query("app_id"), 10, 64)
	type key struct {
		app  int64
		name string
	}
	seen := map[key]bool{}
	var list []*checkRun
	runs := req.repo.runs[sha]
	for i := len(runs) - 1; i >= 0; i-- {
		c := runs[i]
		k := key{c.AppID, c.Name}
		latest := !seen[k]
		seen[k] = true
		if (!latest && req.query("filter") != "all") || (appID != 0 && c.AppID != appID) ||
			(req.query("check_name") != "" && c.Name != req.query("check_name")) || (req.query("status") != "" && c.Status != req.query("status")) {
			continue
		}
		list = append(list, c)
	}
	out := []object{}
	for _, c := range page(req, list) {
		out = append(out, c.json())
	}
	return object{"total_count": len(list), "check_runs": out}, nil
}

func (req *request) listCheckSuites() (any, error) {
	sha, err := req.commitOfRef()
	if err != nil {
		return nil, err
	}
	seen := map[*App]bool{}
	out := []object{}
	for _, c := range req.repo.runs[sha] {
		if seen[c.app] {
			continue
		}
		seen[c.app] = true
		o := req.repo.suiteJSON(c.app, sha)
		o["repository"], o["head_commit"] = req.repo.json(), req.repo.suiteCommit(sha)
		out = append(out, o)
	}
	return object{"total_count": len(out), "check_suites": page(req, out)}, nil
}

// getStatus combines the newest status of each context: failure if any failed,
// pending if any is or there are none, else success.
func (req *request) getStatus() (any, error) {
	sha, err := req.commitOfRef()
	if err != nil {
		return nil, err
	}
	latest := map[any]bool{}
	state, list := "success", []object{}
	all := req.repo.statuses[sha]
	for i := len(all) - 1; i >= 0; i-- {
		if latest[all[i]["context"]] {
			continue
		}
		latest[all[i]["context"]] = true
		list = append(list, all[i])
		switch all[i]["state"] {
		case "failure", "error":
			state = "failure"
		case "pending":
			if state == "success" {
				state = "pending"
			}
		}
	}
	if len(list) == 0 {
		state = "pending"
	}
	return object{
		"state": state, "sha": sha, "total_count": len(list), "statuses": page(req, list), "repository": req.repo.json(),
		"commit_url": req.repo.api() + "/commits/" + sha, "url": req.repo.api() + "/commits/" + sha + "/status",
	}, nil
}

// stale completes runs that were left open for 14 days (docs: using the REST
// API to interact with checks).
func (s *Server) stale() {
	for _, r := range s.repos {
		for _, c := range r.runByID {
			if c.Status != "completed" && s.now().Sub(c.StartedAt) > 14*24*time.Hour {
				c.Status, c.Conclusion, c.CompletedAt = "completed", "stale", s.now()
			}
		}
	}
}
