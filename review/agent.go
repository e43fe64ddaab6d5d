package review

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Prompted is the statement of a comment that calls a coding agent. It counts
// for nothing; where an agent had a hand, whoever made it is a contributor.
const Prompted Verb = "prompted"

// agentBranches are prefixes that coding agents give to the branches they push.
var agentBranches = []string{"copilot/", "claude/", "codex/", "devin/", "cursor/", "jules/", "gemini/", "openhands/", "amp/", "aider/", "sweep/", "roo/"}

// calledAgent finds a coding agent that a comment addresses. The names are those
// that the agents listen to.
var calledAgent = regexp.MustCompile(`(?i)(?:^|[^A-Za-z0-9_@/-])@(copilot|copilot-swe-agent|claude|codex|chatgpt-codex-connector|devin|devin-ai-integration|cursor|cursoragent|jules|google-labs-jules|gemini-cli|gemini-code-assist|openhands|openhands-agent|amazon-q-developer|factory-droid|sweep-ai|roomote)(?:\[bot\])?(?:$|[^A-Za-z0-9_/-])`)

// agentOf says what speaks for a coding agent behind p: what wrote its commits
// and under what name, who opened it, what its branch is called.
func agentOf(p Pull, hands []Contributor) PolicyAgent {
	out := PolicyAgent{Signals: []string{}}
	for _, c := range hands {
		switch {
		case c.Kind == "agent" && c.Known():
			out.Signals = append(out.Signals, "account:"+strings.ToLower(c.User.Login))
		case c.Kind == "agent":
			out.Signals = append(out.Signals, "address:"+strings.ToLower(c.Email))
		case c.Kind == "bot" && c.User.ID == p.Author.ID:
			out.Signals = append(out.Signals, "author:"+strings.ToLower(c.User.Login))
		}
	}
	for _, prefix := range agentBranches {
		if strings.HasPrefix(strings.ToLower(p.HeadRef), prefix) {
			out.Signals = append(out.Signals, "branch:"+prefix)
		}
	}
	slices.Sort(out.Signals)
	out.Signals = slices.Compact(out.Signals)
	out.Detected = len(out.Signals) > 0
	return out
}

// withPrompters adds the people who told an agent what to write, where an agent
// had a hand in p: its assignees, and whoever called an agent in a comment.
// Nobody is added to a pull request that only people wrote.
//
// Whoever is added cannot sign. But only a call by somebody of the repository
// says who prompted; the rest are presumed to have: an approver could assign
// somebody else, or call the agent from an account that nobody knows.
func withPrompters(all []Contributor, p Pull, statements []Signoff) []Contributor {
	if !agentOf(p, all).Detected {
		return all
	}
	var out roll
	for _, c := range all {
		out.add(c)
	}
	add := func(u User, role Role) {
		if u.IsPerson() {
			out.add(Contributor{User: u, Kind: "human", Commits: []string{}, Roles: []Role{role}, Verified: true})
		}
	}
	for _, u := range p.Assignees {
		add(u, RolePresumed)
	}
	for _, s := range statements {
		switch {
		case s.Verb != Prompted || s.Refused != "":
		case s.Through == throughOutside:
			add(s.User, RolePresumed)
		default:
			add(s.User, RolePrompter)
		}
	}
	return out.people
}

// linked finds references to issues of the same repository in a description.
var linked = regexp.MustCompile(`(?:^|[^\w/#&])#([0-9]{1,9})\b`)

// LinkedIssues returns the issues that the description of a pull request refers
// to, at most ten.
func LinkedIssues(body string) []int {
	var out []int
	for _, m := range linked.FindAllStringSubmatch(body, 50) {
		if n, err := strconv.Atoi(m[1]); err == nil && n > 0 && len(out) < 10 && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}

// CallsAgent reports whether a comment calls a coding agent.
func CallsAgent(body string) bool { return calledAgent.MatchString(body) }

// calls returns the statements on p and those of its linked issues that call an
// agent.
func (r *Reviewer) calls(ctx context.Context, p Pull) ([]Signoff, error) {
	all, err := r.Store.Signoffs(ctx, p.Repo.ID, p.Number)
	if err != nil {
		return nil, err
	}
	for _, n := range p.Issues {
		said, err := r.Store.Signoffs(ctx, p.Repo.ID, n)
		if err != nil {
			return nil, err
		}
		for _, s := range said {
			if s.Verb == Prompted && n != p.Number {
				all = append(all, s)
			}
		}
	}
	return all, nil
}

// called keeps that a comment calls an agent. When its writer has signed here
// before, the pull request is judged anew.
func (r *Reviewer) called(ctx context.Context, e CommentEvent) error {
	if e.ByApp || !e.Comment.Author.IsPerson() || !CallsAgent(e.Comment.Body) {
		return nil
	}
	said, err := r.Store.Signoffs(ctx, e.Repo.ID, e.Number)
	if err != nil {
		return err
	}
	err = r.keep(ctx, e, Signoff{RepoID: e.Repo.ID, Pull: e.Number, Verb: Prompted, User: e.Comment.Author, Via: "comment",
		SourceID: e.Comment.ID, URL: e.Comment.URL, Body: e.Comment.Body, CreatedAt: e.Comment.CreatedAt,
		Delivery: e.Delivery.GUID, Payload: e.Delivery.Digest})
	if err != nil {
		return err
	}
	if slices.ContainsFunc(said, func(s Signoff) bool { return s.User.ID == e.Comment.Author.ID && s.Verb == Approve && s.Counts() }) {
		return r.again(ctx, e.Event, e.Number)
	}
	return nil
}
