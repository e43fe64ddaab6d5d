package ghsim

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"sort"
	"strings"
)

func escapePath(path string) string {
	parts := strings.Split(path, "/")
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
	}
	return strings.Join(parts, "/")
}

func (req *request) listCommits() (any, error) {
	rev := req.query("sha")
	if rev == "" {
		rev = req.repo.main
	}
	sha := req.repo.resolve(rev)
	if sha == "" {
		return nil, errNotFound
	}
	list := req.repo.store.log(sha, 1<<30)
	if path := req.query("path"); path != "" {
		var touching []*gitCommit
		for _, c := range list {
			if req.repo.touches(c, path) {
				touching = append(touching, c)
			}
		}
		list = touching
	}
	return req.repo.commitsJSON(page(req, list)), nil
}

// touches reports whether a commit changed a path, or what is below it, from
// its first parent.
func (r *Repo) touches(c *gitCommit, path string) bool {
	from := map[string]leaf{}
	if len(c.parents) > 0 {
		from = r.store.files(r.store.commit(c.parents[0]).tree)
	}
	to := r.store.files(c.tree)
	under := func(p string) bool { return p == path || strings.HasPrefix(p, path+"/") }
	for p, l := range to {
		if under(p) && from[p] != l {
			return true
		}
	}
	for p := range from {
		if _, has := to[p]; under(p) && !has {
			return true
		}
	}
	return false
}

// getCommit lists 300 files a page, 3,000 in all (docs: get a commit).
func (req *request) getCommit() (any, error) {
	sha, err := req.commitOfRef()
	if err != nil {
		return nil, err
	}
	r := req.repo
	c := r.store.commit(sha)
	from := emptyTree
	if len(c.parents) > 0 {
		from = r.store.commit(c.parents[0]).tree
	}
	list, err := r.store.diff(from, c.tree)
	if err != nil {
		return nil, err
	}
	o := r.commitJSON(c)
	plus, minus := 0, 0
	for _, f := range list {
		plus, minus = plus+f.plus, minus+f.minus
	}
	list = list[:min(len(list), 3000)]
	o["stats"] = object{"additions": plus, "deletions": minus, "total": plus + minus}
	o["files"] = r.filesJSON(list[:min(len(list), 300)], sha)
	return o, nil
}

// compare is base...head by branch names, owner:branch of the fork network, or
// commit ids. Files come on the first page only, 300 at most, and are those
// between the merge base and head; of the commits, 250 come if no page is
// asked for (docs: compare two commits).
func (req *request) compare() (any, error) {
	r := req.repo
	left, right, ok := strings.Cut(req.vars["basehead"], "...")
	base, head := r.resolveAcross(left), r.resolveAcross(right)
	if !ok || base == "" || head == "" {
		return nil, errNotFound
	}
	origin := r.store.mergeBase(base, head)
	if origin == "" {
		return nil, refuse(http.StatusNotFound, "No common ancestor between %s and %s.", left, right)
	}
	ahead, behind := r.store.between(base, head), r.store.between(head, base)
	status := "identical"
	switch {
	case len(ahead) > 0 && len(behind) > 0:
		status = "diverged"
	case len(ahead) > 0:
		status = "ahead"
	case len(behind) > 0:
		status = "behind"
	}
	paged, first := ahead, true
	if req.query("page") == "" && req.query("per_page") == "" {
		paged = ahead[:min(len(ahead), 250)]
	} else {
		paged = page(req, ahead)
		first = req.query("page") == "" || req.query("page") == "1"
	}
	address := r.api() + "/compare/" + req.vars["basehead"]
	web := r.web() + "/compare/" + req.vars["basehead"]
	o := object{
		"url": address, "html_url": web, "diff_url": web + ".diff", "patch_url": web + ".patch",
		"permalink_url": fmt.Sprintf("%s/compare/%s:%.7s...%s:%.7s", r.web(), r.owner.login, base, r.owner.login, head),
		"base_commit":   r.commitJSON(r.store.commit(base)), "merge_base_commit": r.commitJSON(r.store.commit(origin)),
		"status": status, "ahead_by": len(ahead), "behind_by": len(behind), "total_commits": len(ahead), "commits": r.commitsJSON(paged),
	}
	if first {
		list, err := r.store.diff(r.store.commit(origin).tree, r.store.commit(head).tree)
		if err != nil {
			return nil, err
		}
		o["files"] = r.filesJSON(list[:min(len(list), 300)], head)
	}
	return o, nil
}

// resolveAcross also takes OWNER:BRANCH and OWNER:REPO:BRANCH of the fork network.
func (r *Repo) resolveAcross(rev string) string {
	if id := r.resolve(rev); id != "" {
		return id
	}
	parts := strings.Split(rev, ":")
	for _, other := range r.network() {
		if strings.EqualFold(other.owner.login, parts[0]) &&
			(len(parts) == 2 || (len(parts) == 3 && strings.EqualFold(other.name, parts[1]))) {
			return other.resolve(parts[len(parts)-1])
		}
	}
	return ""
}

// getContents follows a symbolic link to its target's content, as GitHub does.
func (req *request) getContents() (any, error) {
	r, rev := req.repo, req.query("ref")
	if rev == "" {
		rev = r.main
	}
	c := r.store.commit(r.resolve(rev))
	if c == nil {
		return nil, refuse(http.StatusNotFound, "No commit found for the ref %s", rev)
	}
	path := strings.Trim(req.vars["path"], "/")
	files := r.store.files(c.tree)
	l, ok := files[path]
	if ok && l.mode == modeSymlink {
		target := resolveLink(path, string(r.store.blob(l.id)))
		if t, found := files[target]; found && t.mode != modeSymlink {
			l = t
		}
	}
	if ok {
		return r.contentJSON(path, l, rev), nil
	}
	var names []string
	for p := range files {
		if strings.HasPrefix(p, path+"/") && !strings.Contains(p[len(path)+1:], "/") {
			names = append(names, p)
		}
	}
	if len(names) == 0 {
		return nil, errNotFound
	}
	sort.Strings(names)
	out := []object{}
	for _, p := range names[:min(len(names), 1000)] {
		o := r.contentJSON(p, files[p], rev)
		delete(o, "content")
		delete(o, "encoding")
		out = append(out, o)
	}
	return out, nil
}

func resolveLink(path, target string) string {
	dir := path[:strings.LastIndex(path, "/")+1]
	u, err := url.Parse("/" + dir)
	if err != nil {
		return ""
	}
	ref := &url.URL{Path: target}
	return strings.TrimPrefix(u.ResolveReference(ref).Path, "/")
}

func (r *Repo) contentJSON(path string, l leaf, rev string) object {
	address := r.api() + "/contents/" + escapePath(path) + "?ref=" + url.QueryEscape(rev)
	git := r.api() + "/git/blobs/" + l.id
	html := r.web() + "/blob/" + rev + "/" + escapePath(path)
	o := object{
		"type": "file", "name": path[strings.LastIndex(path, "/")+1:], "path": path, "sha": l.id, "size": 0,
		"url": address, "git_url": git, "html_url": html, "download_url": nil,
		"_links": object{"self": address, "git": git, "html": html},
	}
	if l.mode == modeSubmodule {
		o["type"], o["submodule_git_url"] = "submodule", "https://github.test/"+path
		return o
	}
	data := r.store.blob(l.id)
	o["size"], o["encoding"], o["content"] = len(data), "base64", wrapBase64(data)
	o["download_url"] = r.web() + "/raw/" + rev + "/" + escapePath(path)
	if len(data) > 1<<20 { // docs: between 1 and 100 MB the content is empty
		o["encoding"], o["content"] = "none", ""
	}
	return o
}

// wrapBase64 breaks lines after 60 characters, as GitHub does.
func wrapBase64(data []byte) string {
	text := base64.StdEncoding.EncodeToString(data)
	var b strings.Builder
	for len(text) > 60 {
		b.WriteString(text[:60] + "\n")
		text = text[60:]
	}
	return b.String() + text + "\n"
}

func (req *request) getBlob() (any, error) {
	id := req.vars["file_sha"]
	o, ok := req.repo.store.read(id)
	if !ok || o.kind != "blob" {
		return nil, errNotFound
	}
	return object{
		"sha": id, "node_id": "B_" + id, "size": len(o.data), "url": req.repo.api() + "/git/blobs/" + id,
		"content": wrapBase64(o.data), "encoding": "base64",
	}, nil
}

func (req *request) getGitCommit() (any, error) {
	c := req.repo.store.commit(req.vars["commit_sha"])
	if c == nil {
		return nil, errNotFound
	}
	return req.repo.gitCommitJSON(c), nil
}

// getTree takes the id of a tree or a commit, or a branch. Recursive lists
// hold trees and leaves, 100,000 entries at most (docs: get a tree).
func (req *request) getTree() (any, error) {
	r, id := req.repo, req.vars["tree_sha"]
	if c := r.store.commit(r.resolve(id)); c != nil {
		id = c.tree
	}
	root, ok := r.store.tree(id)
	if !ok && id != emptyTree {
		return nil, errNotFound
	}
	limit := 100_000
	if r.truncate > 0 {
		limit = r.truncate
	}
	_, recursive := req.http.URL.Query()["recursive"]
	entries := []object{}
	truncated := false
	var list func(prefix string, level []treeEntry)
	list = func(prefix string, level []treeEntry) {
		for _, e := range level {
			if recursive && len(entries) >= limit {
				truncated = true
				return
			}
			entries = append(entries, r.entryJSON(prefix, e))
			if e.mode == modeTree && recursive {
				sub, _ := r.store.tree(e.id)
				list(prefix+e.name+"/", sub)
			}
		}
	}
	list("", root)
	return object{"sha": id, "url": r.api() + "/git/trees/" + id, "tree": entries, "truncated": truncated}, nil
}

func (r *Repo) entryJSON(prefix string, e treeEntry) object {
	o := object{"path": prefix + e.name, "mode": e.mode, "sha": e.id}
	switch e.mode {
	case modeTree:
		o["mode"], o["type"], o["url"] = "040000", "tree", r.api()+"/git/trees/"+e.id
	case modeSubmodule:
		o["type"] = "commit"
	default:
		o["type"], o["size"], o["url"] = "blob", len(r.store.blob(e.id)), r.api()+"/git/blobs/"+e.id
	}
	return o
}

func (r *Repo) refJSON(name, id string) object {
	return object{
		"ref": name, "node_id": "REF_" + name, "url": r.api() + "/git/" + name,
		"object": object{"type": "commit", "sha": id, "url": r.api() + "/git/commits/" + id},
	}
}

func (req *request) getRef() (any, error) {
	name, ok := strings.CutPrefix(req.vars["ref"], "heads/")
	if id := req.repo.heads[name]; ok && id != "" {
		return req.repo.refJSON("refs/heads/"+name, id), nil
	}
	return nil, errNotFound
}

func (req *request) matchingRefs() (any, error) {
	out := []object{}
	for _, name := range req.repo.branchNames() {
		if strings.HasPrefix("heads/"+name, req.vars["ref"]) {
			out = append(out, req.repo.refJSON("refs/heads/"+name, req.repo.heads[name]))
		}
	}
	return page(req, out), nil
}

func (r *Repo) branchNames() []string {
	var list []string
	for name := range r.heads {
		list = append(list, name)
	}
	sort.Strings(list)
	return list
}
