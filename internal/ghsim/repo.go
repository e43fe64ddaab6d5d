package ghsim

import (
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"sort"
	"strings"
	"time"
)

// A Repo is a repository.
type Repo struct {
	s           *Server
	id          int64
	owner       *User
	name        string
	public      bool
	main        string // default branch
	dir         string
	store       *store // shared by the fork network
	parent      *Repo
	heads       map[string]string
	roles       map[*User]string
	pulls       []*Pull // by number
	comments    map[int64]*Comment
	runs        map[string][]*checkRun // by commit, oldest first
	runByID     map[int64]*checkRun
	statuses    map[string][]object // by commit, oldest first
	protections map[string]*Protection
	rulesets    []*Ruleset
	queues      map[string][]*entry // merge queues by base, front first
	truncate    int
	created     time.Time
	pushed      time.Time
	gone        bool
}

// RepoOptions says what repository to make.
type RepoOptions struct {
	Public        bool   // private otherwise
	DefaultBranch string // "main" if empty
	Files         Files  // of the first commit; a README.md if empty
}

// AddRepo adds a repository of the account with one commit on its default branch.
func (u *User) AddRepo(name string, o RepoOptions) (*Repo, error) {
	s := u.s
	s.mu.Lock()
	defer s.mu.Unlock()
	if o.DefaultBranch == "" {
		o.DefaultBranch = "main"
	}
	r := s.newRepo(u, name)
	r.public, r.main = o.Public, o.DefaultBranch
	r.store = newStore(r.dir)
	if len(o.Files) == 0 {
		o.Files = Files{"README.md": "# " + name + "\n"}
	}
	first, err := r.commitOn(nil, u.git(), CommitSpec{Files: o.Files, Message: "Initial commit"})
	if err != nil {
		return nil, err
	}
	r.heads[r.main] = first
	s.register(r)
	return r, nil
}

func (s *Server) newRepo(owner *User, name string) *Repo {
	r := &Repo{
		s: s, id: s.id("repo"), owner: owner, name: name, created: s.now(), pushed: s.now(),
		heads: map[string]string{}, roles: map[*User]string{}, comments: map[int64]*Comment{},
		runs: map[string][]*checkRun{}, runByID: map[int64]*checkRun{}, statuses: map[string][]object{},
		protections: map[string]*Protection{}, queues: map[string][]*entry{},
	}
	if s.names[r.key()] != nil {
		panic("ghsim: the repository " + r.fullName() + " exists")
	}
	r.dir = filepath.Join(s.opts.Dir, fmt.Sprintf("%d.git", r.id))
	return r
}

func (s *Server) register(r *Repo) {
	s.repos[r.id], s.names[r.key()] = r, r
	delete(s.moved, r.key()) // a new repository takes over an old address
}

// Fork copies the repository to an account, sharing the objects as GitHub does.
func (r *Repo) Fork(to *User) (*Repo, error) {
	s := r.s
	s.mu.Lock()
	defer s.mu.Unlock()
	f := s.newRepo(to, r.name)
	f.public, f.main, f.store, f.parent = r.public, r.main, r.store, r
	f.heads = maps.Clone(r.heads)
	s.register(f)
	return f, nil
}

// Repo finds "owner/name" as it is called now; nil if there is none.
func (s *Server) Repo(fullName string) *Repo {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.names[strings.ToLower(fullName)]
}

func (r *Repo) key() string      { return strings.ToLower(r.fullName()) }
func (r *Repo) fullName() string { return r.owner.login + "/" + r.name }
func (r *Repo) nodeID() string   { return fmt.Sprintf("R_%d", r.id) }
func (r *Repo) api() string      { return apiURL + "/repos/" + r.fullName() }
func (r *Repo) web() string      { return webURL + "/" + r.fullName() }

// ID is the repository's number, which outlives its name.
func (r *Repo) ID() int64 { return r.id }

// Owner is the login of its account.
func (r *Repo) Owner() string {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	return r.owner.login
}

// Name is its name without the owner.
func (r *Repo) Name() string {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	return r.name
}

// FullName is OWNER/NAME.
func (r *Repo) FullName() string {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	return r.fullName()
}

// Dir brings the bare repository up to date with what was done so far and
// returns its path, for reading and cloning: ask again after doing more. What
// git pushes into it the server does not see. It panics if the disk fails.
func (r *Repo) Dir() string {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	if err := r.save(); err != nil {
		panic("ghsim: save " + r.fullName() + ": " + err.Error())
	}
	return r.dir
}

// DefaultBranch is the branch that pull requests go to if they name none.
func (r *Repo) DefaultBranch() string {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	return r.main
}

// SetRole gives u "read", "triage", "write", "maintain" or "admin"; "" takes it
// away. Events: member.added, edited, removed, sent by the owner.
func (r *Repo) SetRole(u *User, role string) {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	old := r.roles[u]
	payload := object{"member": u.json()}
	switch {
	case old == role:
		return
	case role == "":
		delete(r.roles, u)
		r.s.emit(r, "member", "removed", r.owner, payload)
		return
	case old == "":
		payload["changes"] = object{"permission": object{"to": legacy(role)}, "role_name": object{"to": role}}
	default:
		payload["changes"] = object{"permission": object{"from": legacy(old), "to": legacy(role)}}
	}
	r.roles[u] = role
	action := "added"
	if old != "" {
		action = "edited"
	}
	r.s.emit(r, "member", action, r.owner, payload)
}

// legacy is a role as the older field "permission" writes it: triage counts as
// read and maintain as write.
func legacy(role string) string {
	switch role {
	case "":
		return "none"
	case "triage":
		return "read"
	case "maintain":
		return "write"
	}
	return role
}

var ranks = map[string]int{"": 0, "read": 1, "triage": 2, "write": 3, "maintain": 4, "admin": 5}

// role is the highest that u has as owner, organisation member or collaborator.
func (r *Repo) role(u *User) string {
	role := r.roles[u]
	if o := r.s.orgs[r.owner.id]; o != nil {
		switch o.roles[u] {
		case "admin":
			return "admin"
		case "member":
			role = higher(role, "read") // the default base permission
		}
	}
	if r.owner == u {
		return "admin"
	}
	if r.public {
		role = higher(role, "read")
	}
	return role
}

func higher(a, b string) string {
	if ranks[a] >= ranks[b] {
		return a
	}
	return b
}

// allow refuses who has less than a role, in the words of a git push or the API.
func (r *Repo) allow(u *User, role string) error {
	have := r.role(u)
	switch {
	case ranks[have] >= ranks[role]:
		return nil
	case have == "":
		return errNotFound
	}
	return refuse(http.StatusForbidden, "Permission to %s denied to %s.", r.fullName(), u.login)
}

// Rename renames; the old address answers 301. Event: repository.renamed.
func (r *Repo) Rename(by *User, name string) {
	s := r.s
	s.mu.Lock()
	defer s.mu.Unlock()
	old := r.name
	delete(s.names, r.key())
	s.moved[r.key()] = r
	r.name = name
	s.register(r)
	s.emit(r, "repository", "renamed", by, object{"changes": object{"repository": object{"name": object{"from": old}}}})
}

// SetDefaultBranch makes another branch the default.
// Event: repository.edited with changes.default_branch.
func (r *Repo) SetDefaultBranch(by *User, branch string) error {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	if r.heads[branch] == "" {
		return refuse(http.StatusUnprocessableEntity, "Validation Failed: branch %q does not exist", branch)
	}
	old := r.main
	r.main = branch
	r.s.emit(r, "repository", "edited", by, object{"changes": object{"default_branch": object{"from": old}}})
	return nil
}

// Transfer gives the repository to another account; the old address answers
// 301. Event, for the new owner's installation: repository.transferred.
func (r *Repo) Transfer(by, to *User) {
	s := r.s
	s.mu.Lock()
	defer s.mu.Unlock()
	from := object{"user": r.owner.json()}
	if o := s.orgs[r.owner.id]; o != nil {
		from = object{"organization": o.json()}
	}
	delete(s.names, r.key())
	s.moved[r.key()] = r
	r.owner = to
	s.register(r)
	s.emit(r, "repository", "transferred", by, object{"changes": object{"owner": object{"from": from}}})
}

// SetPublic changes the visibility. Events: repository.publicized, repository.privatized.
func (r *Repo) SetPublic(by *User, public bool) {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	if r.public == public {
		return
	}
	r.public = public
	action := "privatized"
	if public {
		action = "publicized"
	}
	r.s.emit(r, "repository", action, by, object{})
}

// Delete removes it; pull requests from it stay, with a null head repository.
// Event: repository.deleted.
func (r *Repo) Delete(by *User) {
	s := r.s
	s.mu.Lock()
	defer s.mu.Unlock()
	s.emit(r, "repository", "deleted", by, object{})
	r.gone = true
	delete(s.repos, r.id)
	delete(s.names, r.key())
}

// TruncateTrees makes recursive trees of more than n entries come back cut to
// n with "truncated":true. 0: GitHub's own limit of 100,000.
func (r *Repo) TruncateTrees(n int) {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	r.truncate = n
}

// network lists the repositories that share objects with r, itself included, by id.
func (r *Repo) network() []*Repo {
	var list []*Repo
	for _, other := range r.s.repos {
		if other.store == r.store {
			list = append(list, other)
		}
	}
	sort.Slice(list, func(i, j int) bool { return list[i].id < list[j].id })
	return list
}

func reposJSON(repos []*Repo) []object {
	list := []object{}
	for _, r := range repos {
		list = append(list, r.json())
	}
	return list
}

// links are the addresses that every repository body carries.
var links = []string{
	"archive_url /{archive_format}{/ref}", "assignees_url /assignees{/user}", "blobs_url /git/blobs{/sha}",
	"branches_url /branches{/branch}", "collaborators_url /collaborators{/collaborator}", "comments_url /comments{/number}",
	"commits_url /commits{/sha}", "compare_url /compare/{base}...{head}", "contents_url /contents/{+path}",
	"contributors_url /contributors", "deployments_url /deployments", "downloads_url /downloads", "events_url /events",
	"forks_url /forks", "git_commits_url /git/commits{/sha}", "git_refs_url /git/refs{/sha}", "git_tags_url /git/tags{/sha}",
	"hooks_url /hooks", "issue_comment_url /issues/comments{/number}", "issue_events_url /issues/events{/number}",
	"issues_url /issues{/number}", "keys_url /keys{/key_id}", "labels_url /labels{/name}", "languages_url /languages",
	"merges_url /merges", "milestones_url /milestones{/number}", "notifications_url /notifications{?since,all,participating}",
	"pulls_url /pulls{/number}", "releases_url /releases{/id}", "stargazers_url /stargazers", "statuses_url /statuses/{sha}",
	"subscribers_url /subscribers", "subscription_url /subscription", "tags_url /tags", "teams_url /teams", "trees_url /git/trees{/sha}",
}

func (r *Repo) json() object {
	o := object{
		"id": r.id, "node_id": r.nodeID(), "name": r.name, "full_name": r.fullName(), "owner": r.owner.json(),
		"private": !r.public, "visibility": "private", "html_url": r.web(), "url": r.api(), "description": nil,
		"fork": r.parent != nil, "default_branch": r.main, "archived": false, "disabled": false, "is_template": false,
		"clone_url": r.web() + ".git", "git_url": "git://github.test/" + r.fullName() + ".git",
		"ssh_url": "git@github.test:" + r.fullName() + ".git", "svn_url": r.web(), "mirror_url": nil, "homepage": nil,
		"language": nil, "license": nil, "topics": []any{}, "size": 1,
		"forks": 0, "forks_count": 0, "open_issues": r.open(), "open_issues_count": r.open(), "stargazers_count": 0,
		"watchers": 0, "watchers_count": 0, "allow_forking": true, "web_commit_signoff_required": false,
		"has_issues": true, "has_projects": true, "has_wiki": false, "has_pages": false, "has_downloads": true, "has_discussions": false,
		"has_pull_requests": true, "pull_request_creation_policy": "all",
		"created_at": stamp(r.created), "updated_at": stamp(r.pushed), "pushed_at": stamp(r.pushed), "custom_properties": object{},
	}
	if r.public {
		o["visibility"] = "public"
	}
	for _, l := range links {
		name, path, _ := strings.Cut(l, " ")
		o[name] = r.api() + path
	}
	return o
}

// fullJSON is the answer to GET /repos/{owner}/{repo}.
func (r *Repo) fullJSON() object {
	o := r.json()
	o["network_count"], o["subscribers_count"] = len(r.network())-1, 0
	o["permissions"] = object{"admin": false, "maintain": false, "push": false, "triage": false, "pull": true}
	o["allow_merge_commit"], o["allow_squash_merge"], o["allow_rebase_merge"], o["allow_auto_merge"] = true, true, true, true
	if o2 := r.s.orgs[r.owner.id]; o2 != nil {
		o["organization"] = r.owner.json()
	}
	if r.parent != nil && !r.parent.gone {
		o["parent"], o["source"] = r.parent.json(), r.parent.json()
	}
	return o
}

func (r *Repo) open() int {
	n := 0
	for _, p := range r.pulls {
		if !p.closed {
			n++
		}
	}
	return n
}
