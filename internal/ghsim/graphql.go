package ghsim

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// GraphQL is answered for fixed operations, found by their name. The answer
// holds what those queries ask for and more; it is not cut to the selection.

var namedOperation = regexp.MustCompile(`(?:query|mutation)\s+([A-Za-z_][A-Za-z_0-9]*)`)

// operationName is the name of the operation in a GraphQL body; "" if it has none.
func operationName(body []byte) string {
	var in struct{ OperationName, Query string }
	if json.Unmarshal(body, &in) != nil {
		return ""
	}
	if in.OperationName != "" {
		return in.OperationName
	}
	if m := namedOperation.FindStringSubmatch(in.Query); m != nil {
		return m[1]
	}
	return ""
}

type graphVariables struct {
	Owner, Name, Policy, After, Branch, Ref string
	Number                                  int64
}

func (req *request) graphQL() (any, error) {
	var in struct{ Variables graphVariables }
	if err := req.decode(&in); err != nil {
		return nil, err
	}
	v := in.Variables
	r := req.names[strings.ToLower(v.Owner+"/"+v.Name)]
	if r == nil {
		r = req.Server.moved[strings.ToLower(v.Owner+"/"+v.Name)] // GraphQL follows renames silently
	}
	if r == nil || !req.maySee(r) {
		return notResolved("repository", "Repository with the name '"+v.Owner+"/"+v.Name+"'", object{"repository": nil}), nil
	}
	switch operationName(req.body) {
	case "Sync":
		return req.sync(r, v), nil
	case "Queue":
		return req.mergeQueue(r, v)
	}
	return nil, refuse(http.StatusBadRequest, "A query attribute must be specified and must be a string.")
}

// notResolved is GraphQL's not found: status 200 with an error.
func notResolved(path, what string, data object) object {
	return object{"data": data, "errors": []object{{
		"type": "NOT_FOUND", "path": []string{path}, "message": "Could not resolve to a " + what + ".",
	}}}
}

// sync answers the query that reads all that a decision needs.
func (req *request) sync(r *Repo, v graphVariables) object {
	used := req.spent[req.inst.id]
	data := object{
		"rateLimit": object{
			"cost": 2, "remaining": max(0, hourlyLimit-used), "resetAt": stamp(req.hour.Add(time.Hour)), "nodeCount": 1750,
		},
	}
	repository := object{"databaseId": r.id, "pullRequest": nil, "policy": r.graphBlob(v.Policy)}
	data["repository"] = repository
	p := r.pull(v.Number)
	if p == nil {
		return notResolved("pullRequest", fmt.Sprintf("PullRequest with the number of %d", v.Number), data)
	}
	repository["pullRequest"] = p.graph(v.After)
	return object{"data": data}
}

// graphBlob is object(expression: "REV:PATH") if it is a blob.
func (r *Repo) graphBlob(expression string) any {
	rev, path, _ := strings.Cut(expression, ":")
	c := r.store.commit(r.resolve(rev))
	if c == nil {
		return nil
	}
	l, ok := r.store.files(c.tree)[path]
	if !ok || l.mode == modeSubmodule {
		return nil
	}
	data := r.store.blob(l.id)
	binary := strings.Contains(string(data), "\x00") || !utf8.Valid(data)
	o := object{"__typename": "Blob", "oid": l.id, "byteSize": len(data), "isBinary": binary, "isTruncated": false, "text": nil}
	if !binary {
		o["text"] = string(data)
	}
	return o
}

// int32OrNull is databaseId where it is a GraphQL Int, which cannot hold most
// ids of today; fullDatabaseId is a BigInt, which is written as a string.
func int32OrNull(id int64) any {
	if id > math.MaxInt32 {
		return nil
	}
	return id
}

func oid(id string) any {
	if id == "" {
		return nil
	}
	return object{"oid": id}
}

func (p *Pull) graph(after string) object {
	r := p.repo
	state := strings.ToUpper(p.state())
	if p.merged {
		state = "MERGED"
	}
	o := object{
		"databaseId": int32OrNull(p.id), "fullDatabaseId": strconv.FormatInt(p.id, 10), "url": p.web(),
		"number": p.number, "title": p.title, "body": p.body, "state": state, "isDraft": p.draft,
		"isCrossRepository": p.headRepo != r, "baseRefName": p.base, "baseRefOid": p.baseSHA, "headRefName": p.headRef, "headRefOid": p.head,
		"author": p.author.actor(), "headRepository": nil, "baseRef": nil, "potentialMergeCommit": nil,
		"merged": p.merged, "mergedAt": stamp(p.mergedAt), "mergedBy": p.mergedBy.actor(), "mergeCommit": oid(p.landed),
		"createdAt": stamp(p.created), "updatedAt": stamp(p.updated), "closedAt": stamp(p.closedAt),
		"stack": p.graphStack(), "labels": object{"nodes": p.labelsJSON()}, "assignees": p.graphAssignees(),
		"commits": p.graphCommits(), "comments": p.graphComments(), "reviews": p.graphReviews(),
		"timelineItems": object{"totalCount": len(p.timeline), "nodes": tail(p.timeline, 50)},
	}
	if !p.headRepo.gone {
		o["headRepository"] = object{"databaseId": p.headRepo.id, "isFork": p.headRepo.parent != nil, "nameWithOwner": p.headRepo.fullName()}
	}
	if tip := r.heads[p.base]; tip != "" {
		o["baseRef"] = object{"name": p.base, "target": object{"oid": tip}}
		if tree, err := p.mergedTree(tip); err == nil && !p.closed {
			o["potentialMergeCommit"] = oid(p.testMerge(tree))
		}
	}
	o["files"], o["changedFiles"] = p.graphFiles(after)
	return o
}

// tail is the last n, never null.
func tail[T any](list []T, n int) []T {
	if len(list) == 0 {
		return []T{}
	}
	return list[max(0, len(list)-n):]
}

func (p *Pull) graphAssignees() object {
	nodes := []any{}
	for _, u := range p.assignees {
		nodes = append(nodes, u.actor())
	}
	return object{"nodes": nodes}
}

// graphFiles pages by 100. Unlike REST it tells no blob, no mode and no former path.
func (p *Pull) graphFiles(after string) (object, int) {
	list, err := p.files()
	if err != nil {
		list = nil
	}
	from := 0
	if raw, err := base64.StdEncoding.DecodeString(after); err == nil {
		from, _ = strconv.Atoi(string(raw))
	}
	from = min(max(from, 0), len(list))
	to := min(from+100, len(list))
	nodes := []object{}
	for _, f := range list[from:to] {
		kind := map[string]string{"added": "ADDED", "removed": "DELETED", "modified": "MODIFIED", "renamed": "RENAMED"}[f.status]
		nodes = append(nodes, object{"path": f.path, "changeType": kind, "additions": f.plus, "deletions": f.minus})
	}
	cursor := base64.StdEncoding.EncodeToString([]byte(strconv.Itoa(to)))
	return object{
		"totalCount": len(list), "pageInfo": object{"hasNextPage": to < len(list), "endCursor": cursor}, "nodes": nodes,
	}, len(list)
}

func (p *Pull) graphCommits() object {
	list := p.commits()
	nodes := []object{}
	for _, c := range tail(list, 100) {
		nodes = append(nodes, object{"commit": p.repo.graphCommit(c)})
	}
	return object{"totalCount": len(list), "nodes": nodes}
}

// graphCommit has as authors the author and those of Co-authored-by trailers.
func (r *Repo) graphCommit(c *gitCommit) object {
	person := func(who Identity) object {
		return object{"name": who.Name, "email": who.Email, "user": r.s.byEmail(who.Email).actor()}
	}
	authors := []object{person(c.author.Identity)}
	for _, who := range c.coAuthors() {
		authors = append(authors, person(who))
	}
	o := object{
		"oid": c.id, "message": c.message, "committedDate": stamp(c.committer.when), "authoredDate": stamp(c.author.when),
		"parents": object{"totalCount": len(c.parents)}, "tree": object{"oid": c.tree},
		"authors":   object{"totalCount": len(authors), "nodes": authors[:min(len(authors), 20)]},
		"author":    person(c.author.Identity),
		"committer": person(c.committer.Identity), "signature": nil,
	}
	if r.store.verified[c.id] {
		signer := r.s.byEmail(c.committer.Email)
		o["signature"] = object{"isValid": true, "state": "VALID", "wasSignedByGitHub": signer == r.s.webFlow, "signer": signer.actor()}
	}
	return o
}

func (p *Pull) graphComments() object {
	list := p.present()
	nodes := []object{}
	for _, c := range tail(list, 100) {
		o := object{
			"databaseId": int32OrNull(c.id), "fullDatabaseId": strconv.FormatInt(c.id, 10), "url": c.web(), "author": c.author.actor(), "body": c.body, "createdAt": stamp(c.created), "updatedAt": stamp(c.updated),
			"createdViaEmail": c.byEmail, "lastEditedAt": nil, "includesCreatedEdit": c.editor != nil, "isMinimized": false,
			"editor": c.editor.actor(),
		}
		if c.editor != nil {
			o["lastEditedAt"] = stamp(c.updated)
		}
		nodes = append(nodes, o)
	}
	return object{"totalCount": len(list), "nodes": nodes}
}

func (p *Pull) graphReviews() object {
	nodes := []object{}
	for _, v := range tail(p.reviews, 100) {
		nodes = append(nodes, object{
			"databaseId": int32OrNull(v.id), "fullDatabaseId": strconv.FormatInt(v.id, 10), "state": v.json(false)["state"], "submittedAt": stamp(v.at), "lastEditedAt": stamp(v.edited),
			"commit": oid(v.commit), "author": v.author.actor(), "body": v.body,
		})
	}
	return object{"totalCount": len(p.reviews), "nodes": nodes}
}
