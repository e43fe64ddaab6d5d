package ghsim

import (
	"net/http"
	"sort"
	"strings"
)

func (req *request) pull() (*Pull, error) {
	p := req.repo.pull(req.number("pull_number"))
	if p == nil {
		return nil, errNotFound
	}
	return p, nil
}

// listPulls takes state, head, base, sort and direction.
func (req *request) listPulls() (any, error) {
	state, head, base := req.query("state"), req.query("head"), req.query("base")
	if state == "" {
		state = "open"
	}
	var list []*Pull
	for _, p := range req.repo.pulls {
		if (state == "all" || p.state() == state) && (base == "" || p.base == base) &&
			(head == "" || strings.EqualFold(head, p.headRepo.owner.login+":"+p.headRef)) {
			list = append(list, p)
		}
	}
	by, direction := req.query("sort"), req.query("direction")
	ascending := direction == "asc" || (direction == "" && by != "" && by != "created")
	sort.SliceStable(list, func(i, j int) bool {
		a, b := list[i], list[j]
		if !ascending {
			a, b = b, a
		}
		if by == "updated" && !a.updated.Equal(b.updated) {
			return a.updated.Before(b.updated)
		}
		return a.number < b.number
	})
	out := []object{}
	for _, p := range page(req, list) {
		out = append(out, p.simpleJSON())
	}
	return out, nil
}

func (req *request) getPull() (any, error) {
	p, err := req.pull()
	if err != nil {
		return nil, err
	}
	return p.fullJSON(), nil
}

func (req *request) isMerged() (any, error) {
	p, err := req.pull()
	if err != nil {
		return nil, err
	}
	if !p.merged {
		return nil, errNotFound
	}
	req.status = http.StatusNoContent
	return nil, nil
}

// listPullCommits lists 250 commits at most (docs: list commits on a pull request).
func (req *request) listPullCommits() (any, error) {
	p, err := req.pull()
	if err != nil {
		return nil, err
	}
	list := p.commits()
	list = list[:min(len(list), 250)]
	return req.repo.commitsJSON(page(req, list)), nil
}

func (r *Repo) commitsJSON(list []*gitCommit) []object {
	out := []object{}
	for _, c := range list {
		out = append(out, r.commitJSON(c))
	}
	return out
}

// listPullFiles lists 3,000 files at most (docs: list pull requests files).
func (req *request) listPullFiles() (any, error) {
	p, err := req.pull()
	if err != nil {
		return nil, err
	}
	list, err := p.files()
	if err != nil {
		return nil, err
	}
	list = list[:min(len(list), 3000)]
	return req.repo.filesJSON(page(req, list), p.head), nil
}

// filesJSON are changed files. No patch is ever given: GitHub leaves it out
// past 20,000 lines, so nobody may depend on it. The sha of a removed file is
// the one that it had.
func (r *Repo) filesJSON(list []fileChange, head string) []object {
	out := []object{}
	for _, f := range list {
		id := f.after.id
		if f.status == "removed" {
			id = f.before.id
		}
		o := object{
			"sha": id, "filename": f.path, "status": f.status, "additions": f.plus, "deletions": f.minus, "changes": f.plus + f.minus,
			"blob_url": r.web() + "/blob/" + head + "/" + escapePath(f.path), "raw_url": r.web() + "/raw/" + head + "/" + escapePath(f.path),
			"contents_url": r.api() + "/contents/" + escapePath(f.path) + "?ref=" + head,
		}
		if f.previous != "" {
			o["previous_filename"] = f.previous
		}
		out = append(out, o)
	}
	return out
}

func (req *request) listReviews() (any, error) {
	p, err := req.pull()
	if err != nil {
		return nil, err
	}
	out := []object{}
	for _, v := range page(req, p.reviews) {
		out = append(out, v.json(false))
	}
	return out, nil
}

// listPullsOfCommit lists the merged pull requests that brought a commit to
// the default branch, else the open ones that contain it (docs: list pull
// requests associated with a commit).
func (req *request) listPullsOfCommit() (any, error) {
	r, sha := req.repo, req.repo.resolve(req.vars["commit_sha"])
	if sha == "" {
		return nil, refuse(http.StatusUnprocessableEntity, "No commit found for SHA: %s", req.vars["commit_sha"])
	}
	var merged, open []*Pull
	for _, p := range r.pulls {
		switch {
		case p.merged && (p.landed == sha || p.brought(sha)):
			merged = append(merged, p)
		case !p.closed && p.brought(sha):
			open = append(open, p)
		}
	}
	list := merged
	if !r.store.contains(r.heads[r.main], sha) {
		list = append(open, merged...)
	}
	out := []object{}
	for _, p := range page(req, list) {
		out = append(out, p.simpleJSON())
	}
	return out, nil
}

// brought reports whether a commit is one of the pull request's, or one that
// its landing made.
func (p *Pull) brought(sha string) bool {
	st := p.repo.store
	if st.contains(p.head, sha) && !st.contains(p.origin(), sha) {
		return true
	}
	return p.merged && st.contains(p.landed, sha) && !st.contains(p.from, sha)
}
