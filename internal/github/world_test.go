package github

import (
	"fmt"
	"strings"
	"testing"

	"github.com/countersign-dev/countersign/internal/ghsim"
	"github.com/countersign-dev/countersign/internal/ghsim/contract"
	"github.com/countersign-dev/countersign/review"
)

// A world is an organisation with one repository on a simulated GitHub, a few
// people, and a client of the app that is installed there.
type world struct {
	t          *testing.T
	sim        *ghsim.Server
	acme       *ghsim.Org
	bot        *ghsim.Repo
	inst       *ghsim.Installation
	alice, bob *ghsim.User
	client     *Client
	repo       review.Repo
}

const prompt = "prompts/refund.md"

func newWorld(t *testing.T) *world {
	t.Helper()
	t.Parallel()
	w := &world{t: t}
	o := ghsim.Options{Dir: t.TempDir()}
	checks, err := contract.FromEnv(func(err error) { t.Errorf("contract: %v", err) })
	if err != nil {
		t.Fatal(err)
	}
	if checks != nil {
		o.Contract = checks
	}
	if w.sim, err = ghsim.New(o); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.sim.Close() })
	w.acme, w.alice, w.bob = w.sim.AddOrg("acme"), w.sim.AddUser("alice"), w.sim.AddUser("bob")
	w.bot, err = w.acme.AddRepo("bot", ghsim.RepoOptions{Files: ghsim.Files{prompt: "v1\n", "README.md": "# bot\n"}})
	if err != nil {
		t.Fatal(err)
	}
	w.bot.SetRole(w.alice, "write")
	w.bot.SetRole(w.bob, "write")
	w.inst = w.sim.Install(w.acme.User)
	w.repo = review.Repo{Installation: w.inst.ID(), ID: w.bot.ID(), Owner: "acme", Name: "bot", Private: true, DefaultBranch: "main"}
	w.client = w.newClient(Config{})
	return w
}

func (w *world) newClient(c Config) *Client {
	w.t.Helper()
	c.AppID, c.Key, c.Now = w.sim.App().ID(), w.sim.App().PrivateKeyPEM(), w.sim.Now
	if c.BaseURL == "" {
		c.BaseURL = w.sim.URL()
	}
	g, err := New(c)
	if err != nil {
		w.t.Fatal(err)
	}
	return g
}

// open opens a pull request of alice with one commit.
func (w *world) open(branch string, c ghsim.CommitSpec) *ghsim.Pull {
	w.t.Helper()
	if c.Files == nil {
		c.Files = ghsim.Files{prompt: branch + "\n"}
	}
	p, err := w.bot.OpenPull(w.alice, ghsim.PullSpec{Head: branch, Title: "Refund prompt", Commit: &c})
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

// delivered is a pull request as a delivery tells of it.
func (w *world) delivered(p *ghsim.Pull) review.Pull {
	return review.Pull{Repo: w.repo, Number: p.Number(), Author: userIn(p.Author()), Head: p.Head(), BaseRef: p.Base(), State: "open"}
}

func (w *world) ref(p *ghsim.Pull) review.PullRef {
	return review.PullRef{Repo: w.repo, Number: p.Number()}
}

func userIn(u *ghsim.User) review.User {
	kind := "User"
	if strings.HasSuffix(u.Login(), "[bot]") {
		kind = "Bot"
	}
	return review.User{ID: u.ID(), Login: u.Login(), Type: kind}
}

// calls returns what was called since the last time, and forgets it.
func (w *world) calls() []string {
	var out []string
	for _, c := range w.sim.Calls() {
		name := c.Method + " " + strings.Replace(c.Path, "/repos/{owner}/{repo}", "", 1)
		if c.Operation != "" {
			name += " " + c.Operation
		}
		out = append(out, name)
	}
	w.sim.ResetCalls()
	return out
}

// wantCalls fails unless exactly these calls were made since the last time.
func (w *world) wantCalls(want ...string) {
	w.t.Helper()
	if got := w.calls(); fmt.Sprint(got) != fmt.Sprint(want) {
		w.t.Errorf("calls:\n  %s\nwant:\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

// fail makes the next n calls of a method on a path that ends so fail.
func (w *world) fail(n int, method, suffix string, f ghsim.Fault) {
	left := make(chan struct{}, n)
	for range n {
		left <- struct{}{}
	}
	w.sim.SetFault(func(c ghsim.Call) *ghsim.Fault {
		if c.Method != method || !strings.HasSuffix(c.Path, suffix) {
			return nil
		}
		select {
		case <-left:
			return &f
		default:
			return nil
		}
	})
}

const (
	compareCall = "GET /compare/{basehead}"
	treeCall    = "GET /git/trees/{tree_sha}"
	blobCall    = "GET /git/blobs/{file_sha}"
	syncCall    = "POST /graphql Sync"
	newCheck    = "POST /check-runs"
	editCheck   = "PATCH /check-runs/{check_run_id}"
	newComment  = "POST /issues/{issue_number}/comments"
	editComment = "PATCH /issues/comments/{comment_id}"
	listComment = "GET /issues/{issue_number}/comments"
	newReaction = "POST /issues/comments/{comment_id}/reactions"
	rulesCall   = "GET /rules/branches/{branch}"
	branchCall  = "GET /branches/{branch}"
	pullsCall   = "GET /commits/{commit_sha}/pulls"
	refCall     = "GET /git/ref/{ref}"
)
