package ghsim

import (
	"fmt"
	"net/http"
	"strings"
)

// A MergeMethod is how a pull request lands.
type MergeMethod string

// The methods of GitHub's merge button.
const (
	Merge  MergeMethod = "merge"
	Squash MergeMethod = "squash"
	Rebase MergeMethod = "rebase"
)

// Merge lands the pull request and returns the new tip of the base. A *Refusal
// of status 405 says which check or review is missing, or that it conflicts.
// Events: push, pull_request.closed.
func (p *Pull) Merge(by *User, m MergeMethod) (string, error) {
	p.repo.s.mu.Lock()
	defer p.repo.s.mu.Unlock()
	return p.merge(by, m, false)
}

// MergeAsAdmin lands it past protection that does not bind administrators.
func (p *Pull) MergeAsAdmin(by *User, m MergeMethod) (string, error) {
	p.repo.s.mu.Lock()
	defer p.repo.s.mu.Unlock()
	if err := p.repo.allow(by, "admin"); err != nil {
		return "", err
	}
	return p.merge(by, m, true)
}

func (p *Pull) merge(by *User, m MergeMethod, override bool) (string, error) {
	if err := p.repo.allow(by, "write"); err != nil {
		return "", err
	}
	switch {
	case p.merged, p.closed:
		return "", refuse(http.StatusMethodNotAllowed, "Pull Request is not mergeable")
	case p.draft:
		return "", refuse(http.StatusMethodNotAllowed, "Pull Request is still a draft")
	}
	if missing := p.missing(override); len(missing) > 0 {
		return "", refuse(http.StatusMethodNotAllowed, "%s", strings.Join(missing, "\n"))
	}
	if p.stack != nil {
		return "", refuse(http.StatusMethodNotAllowed, "Pull request is part of a stack. Use the asynchronous merge endpoint.")
	}
	if p.repo.queueRule(p.base) != nil && !override {
		return "", refuse(http.StatusMethodNotAllowed, "Changes must be made through the merge queue")
	}
	tip, err := p.build(by, m, p.repo.heads[p.base])
	if err != nil {
		return "", err
	}
	p.markLanded(by, p.repo.heads[p.base], tip)
	return tip, p.repo.moveBranch(by, p.base, tip, func() { p.emit("closed", by, object{}) })
}

// land marks a pull request as merged because its commits reached the base by
// other means. Event: pull_request.closed with merged.
func (p *Pull) land(by *User, tip string) {
	p.markLanded(by, p.baseSHA, tip)
	p.emit("closed", by, object{})
}

func (p *Pull) markLanded(by *User, from, tip string) {
	now := p.repo.s.now()
	p.from, p.landed = from, tip
	p.merged, p.mergedAt, p.mergedBy = true, now, by
	p.closed, p.closedAt, p.updated, p.auto = true, now, now, nil
}

// missing lists what keeps the pull request from landing, in GitHub's words.
func (p *Pull) missing(override bool) []string {
	base := p.target()
	g := p.repo.gate(base, override)
	var list []string
	if g.strict && !p.repo.store.contains(p.head, p.repo.heads[base]) {
		list = append(list, "Head branch is out of date with the base branch.")
	}
	for _, c := range g.checks {
		if state := p.repo.checkState(p.head, c); state != "" {
			list = append(list, fmt.Sprintf("Required status check %q is %s.", c.Context, state))
		}
	}
	approvals, objections := p.standing()
	if len(objections) > 0 && g.requirePull {
		list = append(list, "Changes were requested.")
	}
	if approvals < g.approvals {
		list = append(list, fmt.Sprintf("At least %d approving review is required by reviewers with write access.", g.approvals))
	}
	return list
}

// build makes the commits that land the pull request on a commit, and returns the last.
func (p *Pull) build(by *User, m MergeMethod, base string) (string, error) {
	st := p.repo.store
	if m == Rebase {
		return p.repo.replay(base, p.head, by.git())
	}
	tree, err := p.mergedTree(base)
	if err != nil {
		return "", err
	}
	now := p.repo.s.now()
	c := gitCommit{tree: tree, parents: []string{base}, author: signature{by.git(), now}, committer: signature{p.repo.s.webFlow.gitHub(), now}}
	switch m {
	case Merge:
		c.parents = append(c.parents, p.head)
		c.message = fmt.Sprintf("Merge pull request #%d from %s/%s\n\n%s", p.number, p.headRepo.owner.login, p.headRef, p.title)
	case Squash:
		c.author = signature{p.author.git(), now}
		c.message = fmt.Sprintf("%s (#%d)%s", p.title, p.number, p.squashTrailers(st.between(base, p.head)))
	default:
		return "", refuse(http.StatusUnprocessableEntity, "Validation Failed: merge method %q", m)
	}
	id := st.writeCommit(c)
	st.verified[id] = true // GitHub signs what its pages commit
	return id, nil
}

func (u *User) gitHub() Identity { return Identity{"GitHub", u.emails[0]} }

// squashTrailers name the other authors (docs: commits with multiple authors
// are kept as co-authors of a squash).
func (p *Pull) squashTrailers(commits []*gitCommit) string {
	seen := map[string]bool{strings.ToLower(p.author.git().Email): true}
	var b strings.Builder
	add := func(who Identity) {
		if key := strings.ToLower(who.Email); !seen[key] {
			seen[key] = true
			if b.Len() == 0 {
				b.WriteString("\n")
			}
			fmt.Fprintf(&b, "\nCo-authored-by: %s <%s>", who.Name, who.Email)
		}
	}
	for _, c := range commits {
		add(c.author.Identity)
		for _, who := range c.coAuthors() {
			add(who)
		}
	}
	return b.String()
}

// coAuthors are the trailers of the message's last paragraph.
func (c *gitCommit) coAuthors() []Identity {
	var list []Identity
	for _, line := range strings.Split(c.message, "\n") {
		key, value, ok := strings.Cut(line, ":")
		if !ok || !strings.EqualFold(strings.TrimSpace(key), "co-authored-by") {
			continue
		}
		name, rest, ok := strings.Cut(strings.TrimSpace(value), "<")
		if email, _, closed := strings.Cut(rest, ">"); ok && closed {
			list = append(list, Identity{strings.TrimSpace(name), strings.TrimSpace(email)})
		}
	}
	return list
}

// mergedTree merges head and a commit; a conflict is a 405, as the merge API answers.
func (p *Pull) mergedTree(base string) (string, error) {
	st := p.repo.store
	origin := emptyTree
	if c := st.commit(st.mergeBase(base, p.head)); c != nil {
		origin = c.tree
	}
	tree, ok, err := st.mergeTrees(origin, st.commit(base).tree, st.commit(p.head).tree)
	if err == nil && !ok {
		err = refuse(http.StatusMethodNotAllowed, "Pull Request is not mergeable")
	}
	return tree, err
}

// replay picks the commits of head that onto lacks, without merge commits,
// onto it. The authors stay; committer is who rebases, unsigned (docs: about
// commit signature verification, rebase and merge).
func (r *Repo) replay(onto, head string, committer Identity) (string, error) {
	tip := onto
	for _, c := range r.store.between(onto, head) {
		if len(c.parents) != 1 {
			continue
		}
		tree, ok, err := r.store.mergeTrees(r.store.commit(c.parents[0]).tree, r.store.commit(tip).tree, c.tree)
		if err != nil {
			return "", err
		}
		if !ok {
			return "", refuse(http.StatusMethodNotAllowed, "This branch can't be rebased")
		}
		if tree == r.store.commit(tip).tree { // already there
			continue
		}
		tip = r.store.writeCommit(gitCommit{
			tree: tree, parents: []string{tip}, author: c.author, committer: signature{committer, r.s.now()}, message: c.message,
		})
	}
	return tip, nil
}

// Rebase replays the commits on the tip of the base and force-pushes, as a
// developer does by hand. Events: push with forced, pull_request.synchronize.
func (p *Pull) Rebase(by *User) (string, error) {
	p.repo.s.mu.Lock()
	defer p.repo.s.mu.Unlock()
	id, err := p.repo.replay(p.repo.heads[p.base], p.head, by.git())
	if err != nil {
		return "", err
	}
	return id, p.headRepo.push(by, p.headRef, id, true)
}

// UpdateBranch merges the base into the head, as the button does.
// Events: push, pull_request.synchronize.
func (p *Pull) UpdateBranch(by *User) (string, error) {
	s := p.repo.s
	s.mu.Lock()
	defer s.mu.Unlock()
	base := p.repo.heads[p.base]
	if p.repo.store.contains(p.head, base) {
		return "", refuse(http.StatusUnprocessableEntity, "There are no new commits on the base branch.")
	}
	tree, err := p.mergedTree(base)
	if err != nil {
		return "", err
	}
	id := p.repo.store.writeCommit(gitCommit{
		tree: tree, parents: []string{p.head, base}, author: signature{by.git(), s.now()}, committer: signature{s.webFlow.gitHub(), s.now()},
		message: fmt.Sprintf("Merge branch '%s' into %s", p.base, p.headRef),
	})
	p.repo.store.verified[id] = true
	return id, p.headRepo.push(by, p.headRef, id, false)
}

// EnableAutoMerge lands it in the moment in which the requirements are met.
// GitHub refuses it where nothing is missing. Event: pull_request.auto_merge_enabled.
func (p *Pull) EnableAutoMerge(by *User, m MergeMethod) error {
	p.repo.s.mu.Lock()
	defer p.repo.s.mu.Unlock()
	if err := p.repo.allow(by, "write"); err != nil {
		return err
	}
	switch {
	case p.closed:
		return refuse(http.StatusUnprocessableEntity, "Pull request is closed")
	case len(p.missing(false)) == 0 && !p.draft:
		return refuse(http.StatusUnprocessableEntity, "Pull request is in clean status")
	}
	p.auto, p.updated = &autoMerge{by, m}, p.repo.s.now()
	p.emit("auto_merge_enabled", by, object{})
	return nil
}

// DisableAutoMerge takes that back. Event: pull_request.auto_merge_disabled.
func (p *Pull) DisableAutoMerge(by *User) {
	p.repo.s.mu.Lock()
	defer p.repo.s.mu.Unlock()
	p.stopAutoMerge(by)
}

func (p *Pull) stopAutoMerge(by *User) {
	if p.auto != nil {
		p.auto, p.updated = nil, p.repo.s.now()
		p.emit("auto_merge_disabled", by, object{"reason": "disabled"})
	}
}

// settle lands the pull requests of r's network whose auto-merge has nothing
// left to wait for, or queues them where the base has a merge queue, and moves
// the queues on. A conflict leaves one waiting.
func (s *Server) settle(r *Repo) error {
	for _, target := range r.network() {
		if err := target.settleQueues(); err != nil {
			return err
		}
		for _, p := range target.pulls {
			if p.auto == nil || p.draft || len(p.missing(false)) > 0 {
				continue
			}
			land := func() error { _, err := p.merge(p.auto.by, p.auto.method, false); return err }
			if target.queueRule(p.base) != nil {
				land = func() error { return p.enqueue(p.auto.by) }
			}
			if err := land(); err != nil {
				if _, refused := err.(*Refusal); !refused {
					return err
				}
			}
		}
	}
	return nil
}
