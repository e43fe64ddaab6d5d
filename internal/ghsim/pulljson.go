package ghsim

import (
	"fmt"
	"hash/fnv"
)

// emit tells the app about a pull request.
func (p *Pull) emit(action string, by *User, payload object) {
	payload["number"], payload["pull_request"] = p.number, p.hookJSON()
	p.repo.s.emit(p.repo, "pull_request", action, by, payload)
}

func (p *Pull) api() string { return fmt.Sprintf("%s/pulls/%d", p.repo.api(), p.number) }
func (p *Pull) web() string { return fmt.Sprintf("%s/pull/%d", p.repo.web(), p.number) }

// simpleJSON is a pull request in lists.
func (p *Pull) simpleJSON() object {
	r := p.repo
	issue := fmt.Sprintf("%s/issues/%d", r.api(), p.number)
	o := object{
		"id": p.id, "node_id": fmt.Sprintf("PR_%d", p.id), "number": p.number, "state": p.state(), "locked": false, "title": p.title,
		"body": orNull(p.body), "user": p.author.json(), "draft": p.draft, "url": p.api(), "html_url": p.web(),
		"diff_url": p.web() + ".diff", "patch_url": p.web() + ".patch", "issue_url": issue, "commits_url": p.api() + "/commits",
		"review_comments_url": p.api() + "/comments", "review_comment_url": r.api() + "/pulls/comments{/number}",
		"comments_url": issue + "/comments", "statuses_url": r.api() + "/statuses/" + p.head,
		"created_at": stamp(p.created), "updated_at": stamp(p.updated), "closed_at": stamp(p.closedAt), "merged_at": stamp(p.mergedAt),
		"merge_commit_sha": orNull(p.landed), "assignee": nil, "assignees": p.assigneesJSON(), "requested_reviewers": []any{},
		"requested_teams": []any{}, "labels": p.labelsJSON(), "milestone": nil, "active_lock_reason": nil,
		"author_association": r.association(p.author), "auto_merge": p.autoJSON(),
		"head": p.endJSON(p.headRepo, p.headRef, p.head), "base": p.endJSON(r, p.base, p.baseSHA), "_links": p.linksJSON(issue),
		"stack": p.stackJSON(),
	}
	if len(p.assignees) > 0 {
		o["assignee"] = p.assignees[0].json()
	}
	return o
}

// endJSON is the head or the base. A deleted repository is null, and so is
// what its label would name.
func (p *Pull) endJSON(r *Repo, ref, sha string) object {
	o := object{"label": r.owner.login + ":" + ref, "ref": ref, "sha": sha, "user": r.owner.json(), "repo": r.json()}
	if r.gone {
		o["repo"] = nil
	}
	return o
}

func (p *Pull) linksJSON(issue string) object {
	href := func(to string) object { return object{"href": to} }
	return object{
		"self": href(p.api()), "html": href(p.web()), "issue": href(issue), "comments": href(issue + "/comments"),
		"review_comments": href(p.api() + "/comments"), "review_comment": href(p.repo.api() + "/pulls/comments{/number}"),
		"commits": href(p.api() + "/commits"), "statuses": href(p.repo.api() + "/statuses/" + p.head),
	}
}

// hookJSON is one pull request as deliveries carry it: GitHub has not computed
// mergeability yet when it sends them.
func (p *Pull) hookJSON() object {
	o := p.simpleJSON()
	plus, minus, files := p.size()
	o["additions"], o["deletions"], o["changed_files"] = plus, minus, files
	o["commits"], o["comments"], o["review_comments"] = len(p.commits()), len(p.present()), 0
	o["merged"], o["merged_by"], o["maintainer_can_modify"] = p.merged, p.mergedBy.json(), false
	o["mergeable"], o["rebaseable"], o["mergeable_state"] = nil, nil, "unknown"
	return o
}

// fullJSON is the answer to GET /pulls/{n}: with mergeability, and with the
// test merge commit as merge_commit_sha while the pull request is open.
func (p *Pull) fullJSON() object {
	o := p.hookJSON()
	if p.closed || p.repo.heads[p.base] == "" {
		return o
	}
	tree, err := p.mergedTree(p.repo.heads[p.base])
	o["mergeable"], o["rebaseable"] = err == nil, err == nil
	switch {
	case err != nil:
		o["mergeable_state"] = "dirty"
		return o
	case p.draft:
		o["mergeable_state"] = "draft"
	case len(p.missing(false)) > 0:
		o["mergeable_state"] = "blocked"
	default:
		o["mergeable_state"] = "clean"
	}
	o["merge_commit_sha"] = p.testMerge(tree)
	return o
}

// testMerge makes the commit of refs/pull/N/merge. It depends on head and base alone.
func (p *Pull) testMerge(tree string) string {
	base := p.repo.heads[p.base]
	at := p.repo.store.commit(p.head).committer.when
	who := signature{p.repo.s.webFlow.gitHub(), at}
	return p.repo.store.writeCommit(gitCommit{
		tree: tree, parents: []string{base, p.head}, author: who, committer: who, message: fmt.Sprintf("Merge %s into %s", p.head, base),
	})
}

// origin is the tip of the base against which commits and files are told.
func (p *Pull) origin() string {
	switch {
	case p.merged:
		return p.from
	case p.repo.heads[p.base] != "":
		return p.repo.heads[p.base]
	}
	return p.baseSHA
}

func (p *Pull) commits() []*gitCommit { return p.repo.store.between(p.origin(), p.head) }

// files is the three-dot difference: merge base to head.
func (p *Pull) files() ([]fileChange, error) {
	st := p.repo.store
	from := emptyTree
	if c := st.commit(st.mergeBase(p.origin(), p.head)); c != nil {
		from = c.tree
	}
	return st.diff(from, st.commit(p.head).tree)
}

func (p *Pull) size() (plus, minus, files int) {
	list, err := p.files()
	if err != nil { // git is gone; the numbers are decoration
		return 0, 0, 0
	}
	for _, f := range list {
		plus, minus = plus+f.plus, minus+f.minus
	}
	return plus, minus, len(list)
}

func (p *Pull) assigneesJSON() []any {
	list := []any{}
	for _, u := range p.assignees {
		list = append(list, u.json())
	}
	return list
}

func (p *Pull) labelsJSON() []object {
	list := []object{}
	for _, name := range p.labels {
		list = append(list, p.repo.labelJSON(name))
	}
	return list
}

func (r *Repo) labelJSON(name string) object {
	h := fnv.New32a()
	h.Write([]byte(name))
	id := 8_800_000_000 + int64(h.Sum32())
	return object{
		"id": id, "node_id": fmt.Sprintf("LA_%d", id), "url": r.api() + "/labels/" + name, "name": name,
		"color": "ededed", "default": false, "description": "",
	}
}

func (p *Pull) autoJSON() any {
	if p.auto == nil {
		return nil
	}
	return object{
		"enabled_by": p.auto.by.json(), "merge_method": string(p.auto.method),
		"commit_title": fmt.Sprintf("%s (#%d)", p.title, p.number), "commit_message": "",
	}
}

// issueJSON is the pull request as issue_comment deliveries carry it.
func (p *Pull) issueJSON() object {
	r := p.repo
	api := fmt.Sprintf("%s/issues/%d", r.api(), p.number)
	o := object{
		"id": p.id + 1_000_000, "node_id": fmt.Sprintf("PR_%d", p.id), "number": p.number, "title": p.title, "body": orNull(p.body),
		"url": api, "repository_url": r.api(), "html_url": p.web(), "labels_url": api + "/labels{/name}", "comments_url": api + "/comments",
		"events_url": api + "/events", "timeline_url": api + "/timeline", "user": p.author.json(), "state": p.state(), "state_reason": nil,
		"locked": false, "active_lock_reason": nil, "assignee": nil, "assignees": p.assigneesJSON(), "labels": p.labelsJSON(),
		"milestone": nil, "comments": len(p.present()), "created_at": stamp(p.created), "updated_at": stamp(p.updated),
		"closed_at": stamp(p.closedAt), "author_association": r.association(p.author), "draft": p.draft, "performed_via_github_app": nil,
		"pull_request": object{
			"url": p.api(), "html_url": p.web(), "diff_url": p.web() + ".diff", "patch_url": p.web() + ".patch", "merged_at": stamp(p.mergedAt),
		},
		"reactions": object{
			"url": api + "/reactions", "total_count": 0, "+1": 0, "-1": 0, "laugh": 0, "hooray": 0, "confused": 0, "heart": 0, "rocket": 0, "eyes": 0,
		},
	}
	if len(p.assignees) > 0 {
		o["assignee"] = p.assignees[0].json()
	}
	return o
}

// association tells how an account stands to a repository. It says nothing of
// what it may do.
func (r *Repo) association(u *User) string {
	if r.owner == u {
		return "OWNER"
	}
	o := r.s.orgs[r.owner.id]
	hidden := o != nil && o.private[u]
	if o != nil && o.roles[u] != "" && !hidden {
		return "MEMBER"
	}
	if r.roles[u] != "" && !hidden {
		return "COLLABORATOR"
	}
	for _, p := range r.pulls {
		if p.author == u && p.merged {
			return "CONTRIBUTOR"
		}
	}
	return "NONE"
}
