package ghsim

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"sort"
	"sync"
)

// An App is a GitHub App.
type App struct {
	s    *Server
	id   int64
	slug string
	key  *rsa.PrivateKey
	bot  *User
}

// App is the app under test, "countersign".
func (s *Server) App() *App { return s.app }

// AddApp registers another app. AddApp("github-actions") has id 15368, as on github.com.
func (s *Server) AddApp(slug string) *App {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addApp(slug)
}

// appKey is made once a process: a key costs a tenth of a second, and a
// simulated app has nothing to protect.
var appKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

func (s *Server) addApp(slug string) *App {
	id := s.id("app")
	if slug == "github-actions" {
		id = 15368
	}
	key, err := appKey()
	if err != nil {
		panic("ghsim: make an app's key: " + err.Error())
	}
	a := &App{s: s, id: id, slug: slug, key: key, bot: s.addUser(slug+"[bot]", "Bot", s.id("user"))}
	s.apps[id] = a
	return a
}

// ID is the number that JWTs name as issuer.
func (a *App) ID() int64 { return a.id }

// Slug is the name in addresses.
func (a *App) Slug() string { return a.slug }

// Key signs the app's JWTs.
func (a *App) Key() *rsa.PrivateKey { return a.key }

// PrivateKeyPEM is the key in PKCS #1, as GitHub hands it out.
func (a *App) PrivateKeyPEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(a.key)})
}

// Bot is the account SLUG[bot].
func (a *App) Bot() *User { return a.bot }

// subscribed are the events of the app under test. check_run and check_suite
// come with Checks: write; the installation events always come. It gets
// repository_ruleset too, which GitHub's description of an app does not know.
var subscribed = []string{
	"branch_protection_rule", "check_run", "check_suite", "issue_comment", "member", "membership", "merge_group",
	"organization", "pull_request", "pull_request_review", "push", "repository", "team",
}

const appHome = "https://example.test"

func (a *App) json() any {
	if a == nil {
		return nil
	}
	return object{
		"id": a.id, "slug": a.slug, "node_id": fmt.Sprintf("A_%d", a.id), "client_id": fmt.Sprintf("Iv23li%d", a.id),
		"owner": a.bot.json(), "name": a.slug, "description": "", "external_url": appHome,
		"html_url": webURL + "/apps/" + a.slug, "created_at": stamp(epoch), "updated_at": stamp(epoch),
		"permissions": grants(), "events": subscribed, "installations_count": len(a.s.installs),
	}
}

// grants are the permissions that the app asks for.
func grants() map[string]string {
	return map[string]string{
		"metadata": "read", "contents": "read", "pull_requests": "read", "issues": "write", "checks": "write",
		"statuses": "read", "administration": "read", "members": "read", "merge_queues": "read",
	}
}

// An Installation is the app under test on one account.
type Installation struct {
	s           *Server
	id          int64
	account     *User
	all         bool
	repos       []*Repo // if not all
	permissions map[string]string
	suspended   bool
	gone        bool
}

// Install installs the app under test on an account, for all its repositories
// or for those named. Event: installation.created.
func (s *Server) Install(account *User, repos ...*Repo) *Installation {
	s.mu.Lock()
	defer s.mu.Unlock()
	i := &Installation{s: s, id: s.id("install"), account: account, all: len(repos) == 0, repos: repos, permissions: grants()}
	s.installs[i.id] = i
	s.emitInstallation(i, "installation", "created", object{"repositories": briefs(i.visible()), "requester": nil})
	return i
}

// ID is the installation's number, which stands in every delivery.
func (i *Installation) ID() int64 { return i.id }

// Suspend stops its tokens and deliveries. Event: installation.suspend.
func (i *Installation) Suspend() { i.suspend(true, "suspend") }

// Unsuspend lets them work again. Event: installation.unsuspend.
func (i *Installation) Unsuspend() { i.suspend(false, "unsuspend") }

func (i *Installation) suspend(on bool, action string) {
	i.s.mu.Lock()
	defer i.s.mu.Unlock()
	i.suspended = on
	i.s.emitInstallation(i, "installation", action, object{"repositories": briefs(i.visible())})
}

// Uninstall removes it; its tokens stop working at once. Event: installation.deleted.
func (i *Installation) Uninstall() {
	i.s.mu.Lock()
	defer i.s.mu.Unlock()
	i.s.emitInstallation(i, "installation", "deleted", object{"repositories": briefs(i.visible())})
	i.gone = true
	delete(i.s.installs, i.id)
}

// AddRepos adds to a selection. Event: installation_repositories.added.
func (i *Installation) AddRepos(repos ...*Repo) {
	i.s.mu.Lock()
	defer i.s.mu.Unlock()
	i.repos = append(i.repos, repos...)
	i.s.emitInstallation(i, "installation_repositories", "added", object{
		"repository_selection": i.selection(), "repositories_added": briefs(repos), "repositories_removed": []any{}, "requester": nil,
	})
}

// RemoveRepos removes from a selection. Event: installation_repositories.removed.
func (i *Installation) RemoveRepos(repos ...*Repo) {
	i.s.mu.Lock()
	defer i.s.mu.Unlock()
	if i.all {
		i.all, i.repos = false, i.visible()
	}
	for _, r := range repos {
		i.repos = without(i.repos, r)
	}
	i.s.emitInstallation(i, "installation_repositories", "removed", object{
		"repository_selection": i.selection(), "repositories_added": []any{}, "repositories_removed": briefs(repos), "requester": nil,
	})
}

// SetPermission changes one permission: "read", "write" or "" for none.
func (i *Installation) SetPermission(name, level string) {
	i.s.mu.Lock()
	defer i.s.mu.Unlock()
	delete(i.permissions, name)
	if level != "" {
		i.permissions[name] = level
	}
}

func (i *Installation) selection() string {
	if i.all {
		return "all"
	}
	return "selected"
}

func (i *Installation) sees(r *Repo) bool {
	return !r.gone && r.owner == i.account && (i.all || contains(i.repos, r))
}

// visible lists its repositories by id.
func (i *Installation) visible() []*Repo {
	var list []*Repo
	for _, r := range i.s.repos {
		if i.sees(r) {
			list = append(list, r)
		}
	}
	sort.Slice(list, func(a, b int) bool { return list[a].id < list[b].id })
	return list
}

// installation finds the one on an account; nil if there is none.
func (s *Server) installation(account *User) *Installation {
	for _, i := range s.installs {
		if i.account == account {
			return i
		}
	}
	return nil
}

func (i *Installation) json() object {
	api := fmt.Sprintf("%s/app/installations/%d", apiURL, i.id)
	o := object{
		"id": i.id, "account": i.account.json(), "repository_selection": i.selection(),
		"access_tokens_url": api + "/access_tokens", "repositories_url": apiURL + "/installation/repositories",
		"html_url": fmt.Sprintf("%s/settings/installations/%d", webURL, i.id), "app_id": i.s.app.id, "app_slug": i.s.app.slug,
		"client_id": fmt.Sprintf("Iv23li%d", i.s.app.id), "target_id": i.account.id, "target_type": i.account.kind,
		"permissions": copied(i.permissions), "events": subscribed, "created_at": stamp(epoch), "updated_at": stamp(epoch),
		"single_file_name": nil, "has_multiple_single_files": false, "single_file_paths": []any{}, "suspended_by": nil, "suspended_at": nil,
	}
	if i.suspended {
		o["suspended_by"], o["suspended_at"] = i.account.json(), stamp(i.s.now())
	}
	return o
}

func copied(m map[string]string) map[string]string {
	c := make(map[string]string, len(m))
	for k, v := range m {
		c[k] = v
	}
	return c
}

// briefs are repositories as installation events list them.
func briefs(repos []*Repo) []object {
	list := []object{}
	for _, r := range repos {
		list = append(list, object{
			"id": r.id, "node_id": r.nodeID(), "name": r.name, "full_name": r.fullName(), "private": !r.public,
		})
	}
	return list
}
