package ghsim_test

import (
	"context"
	"testing"

	"github.com/google/go-github/v60/github"

	"github.com/countersign-dev/countersign/internal/ghsim"
)

const check = "countersign: main"

func (w *world) post(sha, conclusion string) *github.CheckRun {
	w.t.Helper()
	run, _, err := w.client.Checks.CreateCheckRun(context.Background(), "acme", "bot", github.CreateCheckRunOptions{
		Name: check, HeadSHA: sha, Status: github.String("completed"), Conclusion: &conclusion,
		Output: &github.CheckRunOutput{Title: github.String("Sign-offs"), Summary: github.String("none")},
	})
	w.must(err)
	return run
}

// docs: about protected branches, require status checks before merging;
// troubleshooting required status checks.
func TestRequiredCheck(t *testing.T) {
	t.Parallel()
	byClassic := func(w *world) {
		w.repo.Protect(w.carol, "main", ghsim.Protection{Checks: []ghsim.Check{{Context: check, AppID: w.sim.App().ID()}}})
	}
	byRuleset := func(w *world) {
		w.repo.AddRuleset(w.carol, ghsim.Ruleset{Checks: []ghsim.Check{{Context: check, AppID: w.sim.App().ID()}}})
	}
	for name, protect := range map[string]func(*world){"classic": byClassic, "ruleset": byRuleset} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			protect(w)
			p := w.open("work", ghsim.Files{"a": "1\n"})
			_, err := p.Merge(w.bob, ghsim.Squash)
			w.refused(err, 405, "is expected")

			actions := w.sim.AddApp("github-actions")
			_, err = w.repo.PostCheck(actions, p.Head(), check, "success")
			w.must(err)
			_, err = p.Merge(w.bob, ghsim.Squash)
			w.refused(err, 405, "is expected") // of the right name, by the wrong app

			w.must(w.repo.PostStatus(w.alice, p.Head(), check, "success"))
			_, err = p.Merge(w.bob, ghsim.Squash)
			w.refused(err, 405, "is expected") // a status is of no app

			run := w.post(p.Head(), "action_required")
			_, err = p.Merge(w.bob, ghsim.Squash)
			w.refused(err, 405, "is failing")

			w.post(p.Head(), "success")
			w.post(p.Head(), "failure")
			_, err = p.Merge(w.bob, ghsim.Squash)
			w.refused(err, 405, "is failing") // the newest decides
			if run.GetApp().GetID() != w.sim.App().ID() {
				t.Errorf("run by app %d", run.GetApp().GetID())
			}

			w.post(p.Head(), "success")
			_, err = p.Commit(w.alice, ghsim.CommitSpec{Files: ghsim.Files{"a": "2\n"}})
			w.must(err)
			_, err = p.Merge(w.bob, ghsim.Squash)
			w.refused(err, 405, "is expected") // a check is of a commit

			w.post(p.Head(), "neutral")
			_, err = p.Merge(w.bob, ghsim.Squash)
			w.must(err) // success, neutral and skipped pass
		})
	}
}

// Without app, a check and a status of one name must both pass.
func TestCheckAndStatus(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.repo.Protect(w.carol, "main", ghsim.Protection{Checks: []ghsim.Check{{Context: check}}})
	p := w.open("work", ghsim.Files{"a": "1\n"})
	w.must(w.repo.PostStatus(w.alice, p.Head(), check, "failure"))
	w.post(p.Head(), "success")
	_, err := p.Merge(w.bob, ghsim.Merge)
	w.refused(err, 405, "is failing")
	w.must(w.repo.PostStatus(w.alice, p.Head(), check, "success"))
	_, err = p.Merge(w.bob, ghsim.Merge)
	w.must(err)
}

func TestDirectPush(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.repo.Protect(w.carol, "main", ghsim.Protection{Checks: []ghsim.Check{{Context: check, AppID: w.sim.App().ID()}}})
	p := w.open("work", ghsim.Files{"a": "1\n"})
	w.refused(w.repo.Push(w.bob, "main", p.Head()), 422, "is expected")
	w.post(p.Head(), "success")
	old := w.repo.Head("main")
	w.must(w.repo.Push(w.bob, "main", p.Head())) // green is enough: nobody asks for a pull request
	w.refused(w.repo.ForcePush(w.bob, "main", old), 422, "Cannot force-push")
	w.refused(w.repo.DeleteBranch(w.bob, "main"), 422, "Cannot delete")

	w.repo.Protect(w.carol, "main", ghsim.Protection{RequirePull: true})
	_, err := w.repo.Commit(w.bob, "main", ghsim.CommitSpec{Files: ghsim.Files{"b": "1\n"}})
	w.refused(err, 422, "through a pull request")
	w.refused(w.repo.PushAsAdmin(w.bob, "main", old), 403, "denied to bob")
	w.forget()
	w.must(w.repo.PushAsAdmin(w.carol, "main", old))
	var push github.PushEvent
	w.last("push", &push)
	if !push.GetForced() || push.GetAfter() != old || push.GetPusher().GetName() != "carol" {
		t.Errorf("push %s forced %v by %s", push.GetAfter(), push.GetForced(), push.GetPusher().GetName())
	}
	w.refused(w.repo.Push(w.sim.AddUser("mallory"), "work", old), 404, "Not Found")
}

func TestAdminMerge(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	required := []ghsim.Check{{Context: check, AppID: w.sim.App().ID()}}
	w.repo.Protect(w.carol, "main", ghsim.Protection{Checks: required, EnforceAdmins: true})
	p := w.open("work", ghsim.Files{"a": "1\n"})
	_, err := p.MergeAsAdmin(w.bob, ghsim.Merge)
	w.refused(err, 403, "denied")
	_, err = p.MergeAsAdmin(w.carol, ghsim.Merge)
	w.refused(err, 405, "is expected")
	w.repo.Protect(w.carol, "main", ghsim.Protection{Checks: required})
	id := w.repo.AddRuleset(w.carol, ghsim.Ruleset{Checks: required, Include: []string{"refs/heads/ma*"}})
	_, err = p.MergeAsAdmin(w.carol, ghsim.Merge)
	w.refused(err, 405, "is expected") // by the ruleset, which has no bypass
	w.must(w.repo.RemoveRuleset(w.carol, id))
	_, err = p.MergeAsAdmin(w.carol, ghsim.Merge)
	w.must(err)
}

func TestReviewsAndStrict(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.repo.AddRuleset(w.carol, ghsim.Ruleset{RequirePull: true, Approvals: 1, Strict: true})
	p := w.open("work", ghsim.Files{"a": "1\n"})
	_, err := p.Review(w.alice, ghsim.ReviewSpec{State: "approved"})
	w.refused(err, 422, "your own pull request")
	_, err = p.Merge(w.bob, ghsim.Merge)
	w.refused(err, 405, "approving review")
	_, err = p.Review(w.bob, ghsim.ReviewSpec{State: "approved", Body: "fine"})
	w.must(err)
	no, err := p.Review(w.carol, ghsim.ReviewSpec{State: "changes_requested", Body: "not yet"})
	w.must(err)
	_, err = p.Merge(w.bob, ghsim.Merge)
	w.refused(err, 405, "Changes were requested")
	w.must(no.Dismiss(w.carol))
	_, err = w.repo.Commit(w.carol, "side", ghsim.CommitSpec{Files: ghsim.Files{"b": "1\n"}})
	w.must(err)
	w.must(w.repo.PushAsAdmin(w.carol, "main", w.repo.Head("side")))
	_, err = p.Merge(w.bob, ghsim.Merge)
	w.refused(err, 405, "out of date")
	_, err = p.UpdateBranch(w.alice)
	w.must(err)
	_, err = p.Merge(w.bob, ghsim.Merge)
	w.must(err)
}

// docs: automatically merging a pull request. The merge happens before the
// call that turned the check green is answered.
func TestAutoMerge(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.open("work", ghsim.Files{"a": "1\n"})
	w.refused(p.EnableAutoMerge(w.bob, ghsim.Squash), 422, "clean status")
	w.repo.Protect(w.carol, "main", ghsim.Protection{Checks: []ghsim.Check{{Context: check, AppID: w.sim.App().ID()}}})
	w.must(p.EnableAutoMerge(w.bob, ghsim.Squash))
	run := w.post(p.Head(), "action_required")
	if p.Merged() {
		t.Fatal("merged while action is required")
	}
	w.events()
	_, _, err := w.client.Checks.UpdateCheckRun(context.Background(), "acme", "bot", run.GetID(), github.UpdateCheckRunOptions{
		Name: check, Conclusion: github.String("success"),
	})
	w.must(err)
	if !p.Merged() || p.MergedBy() != w.bob {
		t.Errorf("merged %v by %v", p.Merged(), p.MergedBy())
	}
	w.wantEvents("push pull_request.closed")
}
