package ghsim

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"time"
)

// Identity is a name and address inside a commit. Nobody proves it.
type Identity struct{ Name, Email string }

// Files maps paths to contents.
type Files map[string]string

// CommitSpec says what a commit changes, and who it says it is by.
type CommitSpec struct {
	Files     Files             // written, replacing what is there
	Delete    []string          // removed paths
	Rename    map[string]string // old path to new path; content kept unless Files has the new one
	Modes     map[string]string // of paths in Files or in the tree: "100644", "100755", "120000" (symlink, content is the target), "160000" (submodule, content is a commit id)
	Message   string            // "Update PATH" if empty
	Author    Identity          // the pusher if zero
	Committer Identity          // the author if zero
	CoAuthors []Identity        // Co-authored-by trailers
	Date      time.Time         // author and committer date; the clock if zero
	Verified  bool              // GitHub says that the committer signed it
}

// CommitOn makes a commit on parents (the tree of the first is changed)
// without moving a branch. A spec without author is by "nobody".
func (r *Repo) CommitOn(parents []string, c CommitSpec) (string, error) {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	return r.commitOn(parents, Identity{"nobody", "nobody@example.com"}, c)
}

func (r *Repo) commitOn(parents []string, by Identity, c CommitSpec) (string, error) {
	files := map[string]leaf{}
	for i, id := range parents {
		parent := r.store.commit(id)
		if parent == nil {
			return "", fmt.Errorf("parent %q is no commit", id)
		}
		if i == 0 {
			for path, l := range r.store.files(parent.tree) {
				files[path] = l
			}
		}
	}
	if err := r.edit(files, c); err != nil {
		return "", err
	}
	tree, err := r.store.writeTree(files)
	if err != nil {
		return "", err
	}
	if c.Author == (Identity{}) {
		c.Author = by
	}
	if c.Committer == (Identity{}) {
		c.Committer = c.Author
	}
	if c.Date.IsZero() {
		c.Date = r.s.now()
	}
	if c.Message == "" {
		c.Message = "Update " + strings.Join(c.paths(), ", ")
	}
	for i, co := range c.CoAuthors {
		if i == 0 {
			c.Message += "\n"
		}
		c.Message += fmt.Sprintf("\nCo-authored-by: %s <%s>", co.Name, co.Email)
	}
	id := r.store.writeCommit(gitCommit{
		tree: tree, parents: parents, author: signature{c.Author, c.Date}, committer: signature{c.Committer, c.Date}, message: c.Message,
	})
	if c.Verified {
		r.store.verified[id] = true
	}
	return id, nil
}

// edit applies a spec to the files of a tree.
func (r *Repo) edit(files map[string]leaf, c CommitSpec) error {
	for from, to := range c.Rename {
		l, ok := files[from]
		if !ok {
			return fmt.Errorf("rename %q: no such file", from)
		}
		delete(files, from)
		files[to] = l
	}
	for _, path := range c.Delete {
		if _, ok := files[path]; !ok {
			return fmt.Errorf("delete %q: no such file", path)
		}
		delete(files, path)
	}
	for path, content := range c.Files {
		l := leaf{mode: modeFile, id: content}
		if old, ok := files[path]; ok && old.mode == modeExec {
			l.mode = modeExec
		}
		if m := c.Modes[path]; m != "" {
			l.mode = m
		}
		if l.mode != modeSubmodule {
			l.id = r.store.write("blob", []byte(content))
		}
		files[path] = l
	}
	for path, mode := range c.Modes {
		l, ok := files[path]
		if !ok {
			return fmt.Errorf("mode of %q: no such file", path)
		}
		files[path] = leaf{mode, l.id}
	}
	return nil
}

func (c CommitSpec) paths() []string {
	var list []string
	for path := range c.Files {
		list = append(list, path)
	}
	list = append(list, c.Delete...)
	for path := range c.Rename {
		list = append(list, path)
	}
	sort.Strings(list)
	return list
}

// ReadFile reads a file at a branch or commit.
func (r *Repo) ReadFile(rev, path string) (string, bool) {
	r.s.mu.Lock()
	defer r.s.mu.Unlock()
	c := r.store.commit(r.resolve(rev))
	if c == nil {
		return "", false
	}
	l, ok := r.store.files(c.tree)[path]
	if !ok {
		return "", false
	}
	return string(r.store.blob(l.id)), true
}

// resolve finds the commit that a branch name, ref or commit id means; "" if none.
func (r *Repo) resolve(rev string) string {
	for _, prefix := range []string{"", "refs/heads/", "heads/"} {
		if name, ok := strings.CutPrefix(rev, prefix); ok && r.heads[name] != "" {
			return r.heads[name]
		}
	}
	if rev == "HEAD" {
		return r.heads[r.main]
	}
	for _, form := range []string{"refs/pull/%d/head", "pull/%d/head"} {
		var n int
		if k, _ := fmt.Sscanf(rev, form, &n); k == 1 && n >= 1 && n <= len(r.pulls) && rev == fmt.Sprintf(form, n) {
			return r.pulls[n-1].head
		}
	}
	if isID(rev) && r.store.commit(rev) != nil {
		return rev
	}
	return ""
}

// mayCreate refuses a branch whose name is a folder of another's, which git
// cannot store.
func (r *Repo) mayCreate(branch string) error {
	for other := range r.heads {
		if strings.HasPrefix(other, branch+"/") || strings.HasPrefix(branch, other+"/") {
			return refuse(http.StatusUnprocessableEntity, "Reference cannot be created: %s", branch)
		}
	}
	return nil
}

// save brings the bare repository on disk up to date: branches, and
// refs/pull/N/head, which outlives its branch.
func (r *Repo) save() error {
	if err := r.store.save(); err != nil {
		return err
	}
	shared := ""
	if r.dir != r.store.dir {
		shared = r.store.dir
	}
	if err := initBare(r.dir, shared); err != nil {
		return err
	}
	files := map[string]string{"HEAD": "ref: refs/heads/" + r.main}
	for branch, id := range r.heads {
		files["refs/heads/"+branch] = id
	}
	for _, p := range r.pulls {
		files[fmt.Sprintf("refs/pull/%d/head", p.number)] = p.head
	}
	if err := os.RemoveAll(filepath.Join(r.dir, "refs")); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(r.dir, "refs", "tags"), 0o755); err != nil {
		return err
	}
	for name, text := range files {
		path := filepath.Join(r.dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, []byte(text+"\n"), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// verification is what GitHub says of a commit's signature. Commits by its own
// pages are signed by GitHub; others here are unsigned unless the story says so.
func (r *Repo) verification(c *gitCommit) object {
	if r.store.verified[c.id] {
		return object{
			"verified": true, "reason": "valid", "signature": "-----BEGIN PGP SIGNATURE-----\n", "payload": "tree " + c.tree + "\n",
			"verified_at": stamp(c.committer.when),
		}
	}
	return object{"verified": false, "reason": "unsigned", "signature": nil, "payload": nil, "verified_at": nil}
}

func (s signature) json() object {
	return object{"name": s.Name, "email": s.Email, "date": stamp(s.when)}
}

// commitJSON is the "commit" of GitHub's description: author and committer are
// the accounts that own the addresses, or null.
func (r *Repo) commitJSON(c *gitCommit) object {
	api := r.api() + "/commits/" + c.id
	return object{
		"sha": c.id, "node_id": "C_" + c.id, "url": api, "html_url": r.web() + "/commit/" + c.id, "comments_url": api + "/comments",
		"commit": object{
			"url": r.api() + "/git/commits/" + c.id, "author": c.author.json(), "committer": c.committer.json(),
			"message": c.message, "tree": object{"sha": c.tree, "url": r.api() + "/git/trees/" + c.tree},
			"comment_count": 0, "verification": r.verification(c),
		},
		"author": r.s.byEmail(c.author.Email).json(), "committer": r.s.byEmail(c.committer.Email).json(),
		"parents": r.parentsJSON(c),
	}
}

func (r *Repo) parentsJSON(c *gitCommit) []object {
	list := []object{}
	for _, p := range c.parents {
		list = append(list, object{"sha": p, "url": r.api() + "/commits/" + p, "html_url": r.web() + "/commit/" + p})
	}
	return list
}

// gitCommitJSON is the answer to GET /git/commits/{sha}.
func (r *Repo) gitCommitJSON(c *gitCommit) object {
	return object{
		"sha": c.id, "node_id": "C_" + c.id, "url": r.api() + "/git/commits/" + c.id, "html_url": r.web() + "/commit/" + c.id,
		"author": c.author.json(), "committer": c.committer.json(), "message": c.message,
		"tree":    object{"sha": c.tree, "url": r.api() + "/git/trees/" + c.tree},
		"parents": r.parentsJSON(c), "verification": r.verification(c),
	}
}

// hookCommitJSON is a commit as push deliveries carry it.
func (r *Repo) hookCommitJSON(c *gitCommit) (object, error) {
	person := func(s signature) object {
		o := object{"name": s.Name, "email": s.Email, "date": stamp(s.when)}
		if u := r.s.byEmail(s.Email); u != nil {
			o["username"] = u.login
		}
		return o
	}
	o := object{
		"id": c.id, "tree_id": c.tree, "distinct": true, "message": c.message, "timestamp": c.committer.when.Format(time.RFC3339),
		"url": r.web() + "/commit/" + c.id, "author": person(c.author), "committer": person(c.committer),
	}
	added, removed, modified := []string{}, []string{}, []string{}
	from := emptyTree
	if len(c.parents) > 0 {
		from = r.store.commit(c.parents[0]).tree
	}
	changes, err := r.store.diff(from, c.tree)
	if err != nil {
		return nil, err
	}
	for _, f := range changes {
		switch f.status {
		case "added":
			added = append(added, f.path)
		case "removed":
			removed = append(removed, f.path)
		case "renamed":
			added, removed = append(added, f.path), append(removed, f.previous)
		default:
			modified = append(modified, f.path)
		}
	}
	o["added"], o["removed"], o["modified"] = added, removed, modified
	return o, nil
}
