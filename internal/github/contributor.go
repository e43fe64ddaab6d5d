package github

import (
	"regexp"
	"slices"
	"strconv"
	"strings"

	api "github.com/google/go-github/v60/github"

	"github.com/countersign-dev/countersign/review"
)

// A hand is one role that somebody had in one commit.
type hand struct {
	user     review.User
	email    string // set when the account is not known
	kind     string
	role     review.Role
	merge    bool   // the commit has two parents or more
	commit   string // "" for who opened the pull request or told an agent to
	verified bool
}

// enlist adds a hand to a list of contributors. An account is one by its
// number; an address without account is one by its letters, case folded.
func enlist(all []review.Contributor, h hand) []review.Contributor {
	c := review.Contributor{User: h.user, Email: h.email, Kind: h.kind, Roles: []review.Role{h.role}, Verified: h.verified}
	if h.commit != "" {
		c.Commits = []string{h.commit}
		if h.merge {
			c.Merges = c.Commits
		}
	}
	return merge(all, c)
}

// merge adds a contributor to a list.
func merge(all []review.Contributor, c review.Contributor) []review.Contributor {
	i := slices.IndexFunc(all, func(have review.Contributor) bool {
		return have.User.ID == c.User.ID && (c.User.ID != 0 || strings.EqualFold(have.Email, c.Email))
	})
	if i < 0 {
		return append(all, c)
	}
	for _, role := range c.Roles {
		if !slices.Contains(all[i].Roles, role) {
			all[i].Roles = append(all[i].Roles, role)
		}
	}
	for _, commit := range c.Commits {
		if !slices.Contains(all[i].Commits, commit) {
			all[i].Commits = append(all[i].Commits, commit)
		}
	}
	for _, commit := range c.Merges {
		if !slices.Contains(all[i].Merges, commit) {
			all[i].Merges = append(slices.Clone(all[i].Merges), commit)
		}
	}
	all[i].Verified = all[i].Verified && c.Verified
	if c.Kind == kindAgent {
		all[i].Kind = kindAgent
	}
	return all
}

// contributors returns who had a hand in commits: authors, committers and
// co-authors. Whoever wrote the commits chose what they say, so all this only
// ever excludes somebody.
//
// ask reads the pull request with the accounts behind its commits' addresses.
// It is called only when a co-author's address tells no account otherwise.
func contributors(commits []*api.RepositoryCommit, noReply string, ask func() (*graphPull, error)) ([]review.Contributor, error) {
	r := resolver{noReply: noReply, known: map[string]review.User{}, ask: ask}
	for _, c := range commits {
		r.learn(c.GetCommit().GetAuthor().GetEmail(), c.Author)
		r.learn(c.GetCommit().GetCommitter().GetEmail(), c.Committer)
	}
	var all []review.Contributor
	for _, c := range commits {
		git := c.GetCommit()
		h := hand{role: review.RoleAuthor, commit: c.GetSHA(), merge: len(c.Parents) > 1, verified: git.GetVerification().GetVerified()}
		all = enlist(all, r.identify(h, c.Author, git.GetAuthor().GetEmail()))
		if by := git.GetCommitter(); !webFlow(c.Committer, by.GetEmail()) {
			h.role = review.RoleCommitter
			all = enlist(all, r.identify(h, c.Committer, by.GetEmail()))
		}
		named := map[review.Role][]string{
			review.RoleCoAuthor: trailers(coAuthor, git.GetMessage()), review.RolePrompter: trailers(requester, git.GetMessage())}
		for _, role := range []review.Role{review.RoleCoAuthor, review.RolePrompter} {
			for _, address := range named[role] {
				h.role = role
				found, err := r.coAuthor(h, address)
				if err != nil {
					return nil, err
				}
				for _, f := range found {
					all = enlist(all, f)
					// Agents name whom they work for as co-author of what they wrote.
					if agent := kindOf(review.User{ID: c.Author.GetID(), Login: c.Author.GetLogin(), Type: c.Author.GetType()}, git.GetAuthor().GetEmail()); agent == kindAgent && f.kind == kindHuman && h.verified {
						f.role = review.RolePrompter
						all = enlist(all, f)
					}
				}
			}
		}
	}
	return all, nil
}

// webFlow reports whether GitHub itself committed, for what somebody did on
// its pages. That is nobody's hand: who did it is the author.
func webFlow(account *api.User, email string) bool {
	return account.GetLogin() == "web-flow" || account.GetID() == 0 && strings.EqualFold(email, "noreply@github.com")
}

// A resolver ties addresses to accounts.
type resolver struct {
	noReply string
	known   map[string]review.User // by address in lower case
	ask     func() (*graphPull, error)
	asked   bool
}

func (r *resolver) learn(email string, account *api.User) {
	if account.GetID() != 0 && !webFlow(account, email) {
		r.known[strings.ToLower(email)] = userOf(account)
	}
}

// identify fills in whose hand it was. GitHub's own account as an author tells
// nothing about who it was.
func (r *resolver) identify(h hand, account *api.User, email string) hand {
	switch {
	case webFlow(account, email):
	case account.GetID() != 0:
		h.user = userOf(account)
	default:
		h.user = r.known[strings.ToLower(email)]
	}
	if h.kind = kindOf(h.user, email); h.user.ID == 0 {
		h.email = clip(email, 320, "")
	}
	return h
}

// numbered returns the account that an address of the site's own form names,
// ID+LOGIN@users.noreply.github.com, or the zero User. Anybody can write down
// any number, so it excludes that account and proves nothing.
func (r *resolver) numbered(email string) review.User {
	at := len(email) - len("@"+r.noReply)
	if at < 0 || !strings.EqualFold(email[at:], "@"+r.noReply) {
		return review.User{}
	}
	number, login, numbered := strings.Cut(email[:at], "+")
	id, err := strconv.ParseInt(number, 10, 64)
	if !numbered || err != nil || id <= 0 {
		return review.User{}
	}
	u := review.User{ID: id, Login: login, Type: "User"}
	if strings.HasSuffix(login, "[bot]") {
		u.Type = "Bot"
	}
	return u
}

// coAuthor identifies a co-author by the address in a trailer. An address that
// GitHub ties to no account is one that nobody knows, and beside it stands the
// account whose number it bears.
func (r *resolver) coAuthor(h hand, email string) ([]hand, error) {
	_, known := r.known[strings.ToLower(email)]
	if !known && !agentAddresses[strings.ToLower(email)] && !r.asked {
		s, err := r.ask()
		if err != nil {
			return nil, err
		}
		r.asked = true
		for _, c := range s.Commits.Nodes {
			for _, a := range c.Commit.Authors.Nodes {
				if u := a.User.user(); u.ID != 0 && u.Login != "web-flow" {
					r.known[strings.ToLower(a.Email)] = u
				}
			}
		}
	}
	found := []hand{r.identify(h, nil, email)}
	if u := r.numbered(email); found[0].user.ID == 0 && u.ID != 0 {
		h.user, h.kind = u, kindOf(u, email)
		found = append(found, h)
	}
	return found, nil
}

// Trailers that name a co-author, and who told an agent to write the commit.
var (
	coAuthor  = regexp.MustCompile(`(?im)^[ \t]*co-authored-by[ \t]*:[ \t]*(.*?)[ \t\r]*$`)
	requester = regexp.MustCompile(`(?im)^[ \t]*(?:requested|prompted|on-behalf-of|assisted-for)(?:-by)?[ \t]*:[ \t]*(.*?)[ \t\r]*$`)
)

// trailers returns the addresses in trailers of one kind. They are taken
// anywhere in the message, since whoever adds one too many excludes only more.
// One without address stands for itself.
func trailers(kind *regexp.Regexp, message string) []string {
	var out []string
	for _, m := range kind.FindAllStringSubmatch(message, -1) {
		who := m[1]
		if i := strings.LastIndexByte(who, '<'); i >= 0 {
			if address, _, ok := strings.Cut(who[i+1:], ">"); ok && strings.TrimSpace(address) != "" {
				who = strings.TrimSpace(address)
			}
		}
		if who != "" && !slices.Contains(out, who) {
			out = append(out, who)
		}
	}
	return out
}
