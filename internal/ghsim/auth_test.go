package ghsim_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-github/v60/github"

	"github.com/countersign-dev/countersign/internal/ghsim"
)

func TestAuthentication(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := context.Background()
	status := func(err error) int {
		var e *github.ErrorResponse
		if errors.As(err, &e) {
			return e.Response.StatusCode
		}
		return 0
	}
	// The app reads no repository, an installation reads no app.
	if _, _, err := w.app.Repositories.Get(ctx, "acme", "bot"); status(err) != 401 {
		t.Errorf("repository by JWT: %v", err)
	}
	if _, _, err := w.client.Apps.Get(ctx, ""); status(err) != 401 {
		t.Errorf("app by token: %v", err)
	}
	// A second installation is another world.
	globex := w.sim.AddOrg("globex")
	_, err := globex.AddRepo("bot", ghsim.RepoOptions{})
	w.must(err)
	w.sim.Install(globex.User)
	if _, _, err := w.client.Repositories.Get(ctx, "globex", "bot"); status(err) != 404 {
		t.Errorf("repository of another installation: %v", err)
	}
	// A narrowed token sees and does less.
	other, err := w.acme.AddRepo("other", ghsim.RepoOptions{})
	w.must(err)
	tok, _, err := w.app.Apps.CreateInstallationToken(ctx, w.inst.ID(), &github.InstallationTokenOptions{
		RepositoryIDs: []int64{other.ID()}, Permissions: &github.InstallationPermissions{Contents: github.String("read"), Metadata: github.String("read")},
	})
	w.must(err)
	if !strings.HasPrefix(tok.GetToken(), fmt.Sprintf("ghs_%d_", w.sim.App().ID())) || len(tok.GetToken()) < 100 {
		t.Errorf("token %s", tok.GetToken())
	}
	narrow, err := github.NewClient(nil).WithAuthToken(tok.GetToken()).WithEnterpriseURLs(w.sim.URL(), w.sim.URL())
	w.must(err)
	if _, _, err := narrow.Repositories.Get(ctx, "acme", "bot"); status(err) != 404 {
		t.Errorf("repository outside the token: %v", err)
	}
	if _, _, err := narrow.PullRequests.List(ctx, "acme", "other", nil); status(err) != 403 {
		t.Errorf("permission outside the token: %v", err)
	}
	_, _, err = w.app.Apps.CreateInstallationToken(ctx, w.inst.ID(), &github.InstallationTokenOptions{Permissions: &github.InstallationPermissions{Contents: github.String("write")}})
	if status(err) != 422 {
		t.Errorf("more than was granted: %v", err)
	}
	w.inst.SetPermission("checks", "read")
	if _, _, err := w.client.Checks.CreateCheckRun(ctx, "acme", "bot", github.CreateCheckRunOptions{Name: check, HeadSHA: w.repo.Head("main")}); status(err) != 403 {
		t.Errorf("check without permission: %v", err)
	}
	w.inst.Suspend()
	if _, _, err := w.client.Repositories.Get(ctx, "acme", "bot"); status(err) != 403 {
		t.Errorf("suspended: %v", err)
	}
	w.inst.Unsuspend()
	w.inst.RemoveRepos(w.repo)
	if _, _, err := w.client.Repositories.Get(ctx, "acme", "bot"); status(err) != 404 {
		t.Errorf("removed from the selection: %v", err)
	}
	w.inst.AddRepos(w.repo)
	w.sim.ExpireTokens()
	if _, _, err := w.client.Repositories.Get(ctx, "acme", "bot"); status(err) != 401 {
		t.Errorf("expired: %v", err)
	}
	w.inst.Uninstall()
	w.wantEvents("installation.created installation.suspend installation.unsuspend installation_repositories.removed installation_repositories.added installation.deleted")
}
