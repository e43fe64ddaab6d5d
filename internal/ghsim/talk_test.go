package ghsim_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-github/v60/github"

	"github.com/countersign-dev/countersign/internal/ghsim"
)

func TestComments(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ctx := context.Background()
	p := w.open("work", ghsim.Files{"a": "1\n"})
	w.sim.Advance(time.Minute)
	c := p.Comment(w.bob, "/countersign approve")
	w.sim.Advance(time.Minute)
	c.Edit(w.carol, "/countersign reject -- no")
	var edited github.IssueCommentEvent
	w.last("issue_comment.edited", &edited)
	if edited.GetChanges().Body.GetFrom() != "/countersign approve" || edited.GetSender().GetLogin() != "carol" ||
		edited.GetComment().GetUser().GetLogin() != "bob" || !edited.GetComment().GetUpdatedAt().After(edited.GetComment().GetCreatedAt().Time) {
		t.Errorf("edited: %+v", edited.GetComment())
	}
	if !edited.GetIssue().IsPullRequest() || edited.GetIssue().GetNumber() != p.Number() {
		t.Error("the issue is no pull request")
	}
	if _, _, err := w.client.Reactions.CreateIssueCommentReaction(ctx, "acme", "bot", c.ID(), "+1"); err != nil {
		t.Error(err)
	}
	if _, resp, err := w.client.Reactions.CreateIssueCommentReaction(ctx, "acme", "bot", c.ID(), "+1"); err != nil || resp.StatusCode != 200 {
		t.Errorf("second reaction: %v, %v", resp.StatusCode, err)
	}
	if got := strings.Join(c.Reactions(), " "); got != "+1" {
		t.Errorf("reactions %s", got)
	}
	mine, _, err := w.client.Issues.CreateComment(ctx, "acme", "bot", p.Number(), &github.IssueComment{Body: github.String("report")})
	w.must(err)
	if mine.GetUser().GetLogin() != "countersign[bot]" || mine.GetUser().GetType() != "Bot" {
		t.Errorf("own comment by %s, a %s", mine.GetUser().GetLogin(), mine.GetUser().GetType())
	}
	_, _, err = w.client.Issues.EditComment(ctx, "acme", "bot", mine.GetID(), &github.IssueComment{Body: github.String("report 2")})
	w.must(err)
	list, _, err := w.client.Issues.ListComments(ctx, "acme", "bot", p.Number(), nil)
	w.must(err)
	if len(list) != 2 || list[1].GetBody() != "report 2" {
		t.Errorf("comments %v", list)
	}
	c.Delete(w.carol)
	if _, resp, _ := w.client.Issues.GetComment(ctx, "acme", "bot", c.ID()); resp.StatusCode != 404 {
		t.Errorf("deleted comment answers %d", resp.StatusCode)
	}
	_, err = w.client.Issues.DeleteComment(ctx, "acme", "bot", mine.GetID())
	w.must(err)
	w.wantEvents("push pull_request.opened issue_comment.created issue_comment.edited issue_comment.created issue_comment.edited " +
		"issue_comment.deleted issue_comment.deleted")
}

func TestReview(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := w.open("work", ghsim.Files{"a": "1\n"})
	first := p.Head()
	_, err := p.Commit(w.alice, ghsim.CommitSpec{Files: ghsim.Files{"a": "2\n"}})
	w.must(err)
	v, err := p.Review(w.bob, ghsim.ReviewSpec{State: "approved", Commit: first})
	w.must(err)
	var submitted github.PullRequestReviewEvent
	w.last("pull_request_review.submitted", &submitted)
	if r := submitted.GetReview(); r.GetCommitID() != first || r.GetState() != "approved" || r.GetUser().GetID() != w.bob.ID() {
		t.Errorf("submitted %s of %s by %d", r.GetState(), r.GetCommitID(), r.GetUser().GetID())
	}
	v.Edit(w.bob, "on second thought")
	w.must(v.Dismiss(w.carol))
	list, _, err := w.client.PullRequests.ListReviews(context.Background(), "acme", "bot", p.Number(), nil)
	w.must(err)
	if len(list) != 1 || list[0].GetState() != "DISMISSED" {
		t.Errorf("reviews %v", list)
	}
	w.wantEvents("push pull_request.opened push pull_request.synchronize pull_request_review.submitted pull_request_review.edited pull_request_review.dismissed")
}

// docs: REST API endpoints for check runs, body parameters.
func TestCheckRunLimits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.badRequests = true
	ctx := context.Background()
	head := w.repo.Head("main")
	s := github.String
	output := func(change func(*github.CheckRunOutput)) *github.CheckRunOutput {
		o := &github.CheckRunOutput{Title: s("t"), Summary: s("s")}
		change(o)
		return o
	}
	annotations := make([]*github.CheckRunAnnotation, 51)
	for i := range annotations {
		annotations[i] = &github.CheckRunAnnotation{Path: s("a"), StartLine: github.Int(1), EndLine: github.Int(1), AnnotationLevel: s("notice"), Message: s("m")}
	}
	action := &github.CheckRunAction{Label: "Sign off", Description: "Sign what you see", Identifier: "signoff"}
	bad := map[string]github.CreateCheckRunOptions{
		"completed without conclusion": {Status: s("completed")},
		"unknown commit":               {HeadSHA: strings.Repeat("a", 40), Conclusion: s("success")},
		"long summary":                 {Conclusion: s("success"), Output: output(func(o *github.CheckRunOutput) { o.Summary = s(strings.Repeat("x", 65536)) })},
		"51 annotations":               {Conclusion: s("success"), Output: output(func(o *github.CheckRunOutput) { o.Annotations = annotations })},
		"output without title":         {Conclusion: s("success"), Output: &github.CheckRunOutput{Title: s(""), Summary: s("s")}},
	}
	for name, o := range bad {
		o.Name = check
		if o.HeadSHA == "" {
			o.HeadSHA = head
		}
		if _, resp, err := w.client.Checks.CreateCheckRun(ctx, "acme", "bot", o); err == nil || resp.StatusCode != 422 {
			t.Errorf("%s: %v", name, err)
		}
	}
	run, _, err := w.client.Checks.CreateCheckRun(ctx, "acme", "bot", github.CreateCheckRunOptions{
		Name: check, HeadSHA: head, Conclusion: s("action_required"), ExternalID: s("x1"), Actions: []*github.CheckRunAction{action},
		Output: output(func(o *github.CheckRunOutput) { o.Annotations = annotations[:50] }),
	})
	w.must(err)
	if run.GetStatus() != "completed" || run.GetCompletedAt().IsZero() || run.GetOutput().GetAnnotationsCount() != 50 {
		t.Errorf("run %s at %v with %d annotations", run.GetStatus(), run.GetCompletedAt(), run.GetOutput().GetAnnotationsCount())
	}
	_, _, err = w.client.Checks.UpdateCheckRun(ctx, "acme", "bot", run.GetID(), github.UpdateCheckRunOptions{
		Name: check, Output: output(func(o *github.CheckRunOutput) { o.Annotations = annotations[:1] }),
	})
	w.must(err)
	if got := w.repo.CheckRuns(head)[0]; len(got.Annotations) != 51 || got.Conclusion != "action_required" {
		t.Errorf("after the update: %d annotations, %s", len(got.Annotations), got.Conclusion)
	}

	w.events()
	w.must(w.repo.ClickAction(w.bob, run.GetID(), "signoff"))
	w.must(w.repo.Rerequest(w.bob, run.GetID()))
	w.refused(w.repo.ClickAction(w.bob, run.GetID(), "other"), 404, "Not Found")
	var clicked github.CheckRunEvent
	w.last("check_run.requested_action", &clicked)
	if clicked.GetRequestedAction().Identifier != "signoff" || clicked.GetCheckRun().GetHeadSHA() != head || clicked.GetSender().GetLogin() != "bob" {
		t.Errorf("clicked %+v", clicked)
	}
	w.wantEvents("check_run.requested_action check_run.rerequested")

	foreign, err := w.repo.PostCheck(w.sim.AddApp("github-actions"), head, check, "success")
	w.must(err)
	if foreign.AppID != 15368 {
		t.Errorf("Actions has id %d", foreign.AppID)
	}
	_, resp, err := w.client.Checks.UpdateCheckRun(ctx, "acme", "bot", foreign.ID, github.UpdateCheckRunOptions{Name: check, Conclusion: s("failure")})
	if err == nil || resp.StatusCode != 403 {
		t.Errorf("update of another app's run: %v", err)
	}
	mine := w.sim.App().ID()
	runs, _, err := w.client.Checks.ListCheckRunsForRef(ctx, "acme", "bot", "main", &github.ListCheckRunsOptions{CheckName: s(check), AppID: &mine})
	w.must(err)
	if runs.GetTotal() != 1 || runs.CheckRuns[0].GetID() != run.GetID() {
		t.Errorf("runs of the app: %v", runs.CheckRuns)
	}
}

// docs: a run that is left incomplete for 14 days becomes stale.
func TestStale(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	head := w.repo.Head("main")
	_, _, err := w.client.Checks.CreateCheckRun(context.Background(), "acme", "bot", github.CreateCheckRunOptions{Name: check, HeadSHA: head})
	w.must(err)
	w.sim.Advance(15 * 24 * time.Hour)
	if got := w.repo.CheckRuns(head)[0]; got.Conclusion != "stale" {
		t.Errorf("after 15 days: %s", got.Conclusion)
	}
}
