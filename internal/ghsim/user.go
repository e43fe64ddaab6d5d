package ghsim

import (
	"fmt"
	"net/url"
	"strings"
)

// A User is an account: a person, a bot or an organisation.
type User struct {
	s      *Server
	id     int64
	login  string
	kind   string // "User", "Bot", "Organization"
	name   string
	emails []string
}

// AddUser adds a person. Without e-mail addresses it gets LOGIN@example.com.
// The first is the primary one. The site's noreply address is always known.
func (s *Server) AddUser(login string, emails ...string) *User {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(emails) == 0 {
		emails = []string{login + "@example.com"}
	}
	return s.addUser(login, "User", s.id("user"), emails...)
}

// AddBot adds a bot, whose login is usually "NAME[bot]".
func (s *Server) AddBot(login string) *User {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.addUser(login, "Bot", s.id("user"))
}

// addUser panics if the login is taken: that is a mistake in the story.
func (s *Server) addUser(login, kind string, id int64, emails ...string) *User {
	key := strings.ToLower(login)
	if s.logins[key] != nil {
		panic("ghsim: the login " + login + " is taken")
	}
	u := &User{s: s, id: id, login: login, kind: kind, name: login, emails: emails}
	s.users[id], s.logins[key] = u, u
	return u
}

// User finds an account by its present login, case folded. Nil if there is none.
func (s *Server) User(login string) *User {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.logins[strings.ToLower(login)]
}

// ID is the account's number, which outlives its login.
func (u *User) ID() int64 { return u.id }

// Login is the present login.
func (u *User) Login() string {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	return u.login
}

// NoReply is the site's address for the account: ID+LOGIN@users.noreply.github.com.
func (u *User) NoReply() string {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	return u.noReply()
}

func (u *User) noReply() string {
	return fmt.Sprintf("%d+%s@users.noreply.github.com", u.id, u.login)
}

// Git is the account as an author: its name and primary address.
func (u *User) Git() Identity {
	u.s.mu.Lock()
	defer u.s.mu.Unlock()
	return u.git()
}

func (u *User) git() Identity {
	if len(u.emails) == 0 {
		return Identity{u.name, u.noReply()}
	}
	return Identity{u.name, u.emails[0]}
}

// Rename changes the login; the old one can be claimed at once by AddUser.
// Repositories of the account move with it and answer 301 at their old address.
func (u *User) Rename(login string) {
	s := u.s
	s.mu.Lock()
	defer s.mu.Unlock()
	key := strings.ToLower(login)
	if other := s.logins[key]; other != nil && other != u {
		panic("ghsim: the login " + login + " is taken")
	}
	delete(s.logins, strings.ToLower(u.login))
	s.logins[key] = u
	var mine []*Repo
	for _, r := range s.repos {
		if r.owner == u {
			s.moved[r.key()] = r
			delete(s.names, r.key())
			mine = append(mine, r)
		}
	}
	u.login = login
	for _, r := range mine {
		s.names[r.key()] = r
	}
}

// byEmail resolves an address in a commit to an account, as GitHub does for
// addresses that the account has confirmed and for both forms of its noreply
// address (docs: setting your commit email address). Nil if nobody has it.
func (s *Server) byEmail(email string) *User {
	email = strings.ToLower(email)
	if local, ok := strings.CutSuffix(email, "@users.noreply.github.com"); ok {
		if _, login, numbered := strings.Cut(local, "+"); numbered {
			var id int64
			if _, err := fmt.Sscanf(local, "%d+", &id); err == nil && s.users[id] != nil {
				return s.users[id] // the number decides, whatever the login was
			}
			local = login
		}
		return s.logins[local]
	}
	var found *User
	for _, u := range s.users {
		for _, e := range u.emails {
			if strings.ToLower(e) == email && (found == nil || u.id < found.id) {
				found = u
			}
		}
	}
	return found
}

// actor is an account as GraphQL names it.
func (u *User) actor() any {
	if u == nil {
		return nil
	}
	o := object{"__typename": u.kind, "login": strings.TrimSuffix(u.login, "[bot]")}
	o["databaseId"] = u.id
	return o
}

// json is the "simple user" of GitHub's description; null for nobody.
func (u *User) json() any {
	if u == nil {
		return nil
	}
	api := apiURL + "/users/" + url.PathEscape(u.login)
	html := webURL + "/" + u.login
	if u.kind == "Bot" {
		html = webURL + "/apps/" + strings.TrimSuffix(u.login, "[bot]")
	}
	return object{
		"login": u.login, "id": u.id, "node_id": fmt.Sprintf("U_%d", u.id),
		"avatar_url": fmt.Sprintf("https://avatars.github.test/u/%d?v=4", u.id), "gravatar_id": "",
		"url": api, "html_url": html, "type": u.kind, "site_admin": false, "user_view_type": "public",
		"followers_url": api + "/followers", "following_url": api + "/following{/other_user}",
		"gists_url": api + "/gists{/gist_id}", "starred_url": api + "/starred{/owner}{/repo}",
		"subscriptions_url": api + "/subscriptions", "organizations_url": api + "/orgs",
		"repos_url": api + "/repos", "events_url": api + "/events{/privacy}",
		"received_events_url": api + "/received_events",
	}
}

// publicJSON is the answer to GET /users/{username}.
func (u *User) publicJSON() any {
	o := u.json().(object)
	for _, key := range []string{"company", "location", "email", "hireable", "bio", "twitter_username"} {
		o[key] = nil
	}
	o["name"], o["blog"] = u.name, ""
	o["public_repos"], o["public_gists"], o["followers"], o["following"] = 0, 0, 0, 0
	o["created_at"], o["updated_at"] = stamp(epoch), stamp(epoch)
	return o
}
