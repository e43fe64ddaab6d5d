package github

import (
	"context"
	"errors"
	"fmt"
	"slices"

	api "github.com/google/go-github/v60/github"

	"github.com/countersign-dev/countersign/review"
)

const (
	outputLimit     = 65535 // of title, summary and text (docs: create a check run)
	annotationLimit = 50    // of one call
)

// PutCheck creates the check run, or updates it when c.ID is set and it still
// exists, in one call and one more for every further 50 annotations. GitHub
// adds the annotations of an update to those that are there, so only new ones
// are sent; what is there is read when this process does not know.
//
// If an earlier try to create it had no answer, it is looked for first.
func (g *Client) PutCheck(ctx context.Context, repo review.Repo, c review.Check) (int64, error) {
	client, err := g.in(repo)
	if err != nil {
		return 0, err
	}
	switch {
	case c.Conclusion != review.InProgress && c.Conclusion != "success" && c.Conclusion != "failure" && c.Conclusion != "action_required":
		return 0, fmt.Errorf("check %q: the conclusion %q is not one of ours", c.Name, c.Conclusion)
	case c.Name == "" || !idForm.MatchString(c.Head):
		return 0, fmt.Errorf("check %q on %q: no name or no commit", c.Name, c.Head)
	}
	w := checkWriter{g, client, g.installation(repo.Installation), repo, c}
	if c.ID != 0 {
		err := w.update(ctx, c.ID)
		if !errors.Is(err, review.ErrGone) {
			return c.ID, err
		}
	}
	return w.create(ctx)
}

// A checkWriter writes one check.
type checkWriter struct {
	g      *Client
	client *api.Client
	inst   *installation
	repo   review.Repo
	check  review.Check
}

func (w *checkWriter) create(ctx context.Context) (int64, error) {
	key := attempt{pullKey{w.repo.Installation, w.repo.ID, 0}, "check " + w.check.Head + " " + w.check.Name}
	if _, again := w.g.pending.begin(key, w.g.now()); again || review.Again(ctx) {
		id, err := w.find(ctx)
		if err != nil {
			return 0, err
		}
		if id != 0 {
			err := w.update(ctx, id)
			if err == nil {
				w.g.pending.end(key, nil)
			}
			return id, err
		}
	}
	all := annotations(w.check.Annotations)
	first := all[:min(len(all), annotationLimit)]
	status, conclusion := w.state()
	made, _, err := w.client.Checks.CreateCheckRun(ctx, w.repo.Owner, w.repo.Name, api.CreateCheckRunOptions{
		Name: w.check.Name, HeadSHA: w.check.Head, DetailsURL: optional(w.check.DetailsURL),
		Status: status, Conclusion: conclusion, Output: w.output(first), Actions: w.actions(),
	})
	if err != nil {
		w.g.pending.end(key, err)
		return 0, tidy(err)
	}
	id := made.GetID()
	w.inst.noteAnnotations(id, first)
	if len(all) > len(first) {
		// The run exists and is not told of yet: until all is written, whoever
		// tries again has to look for it.
		if err := w.update(ctx, id); err != nil {
			return 0, err
		}
	}
	w.g.pending.end(key, nil)
	return id, nil
}

// find looks for the newest run of that name by this app.
func (w *checkWriter) find(ctx context.Context) (int64, error) {
	found, _, err := w.client.Checks.ListCheckRunsForRef(ctx, w.repo.Owner, w.repo.Name, w.check.Head, &api.ListCheckRunsOptions{
		CheckName: &w.check.Name, AppID: &w.g.appID, ListOptions: api.ListOptions{PerPage: 100},
	})
	if err != nil {
		return 0, tidy(err)
	}
	var id int64
	for _, run := range found.CheckRuns {
		if run.GetApp().GetID() == w.g.appID && run.GetName() == w.check.Name && run.GetHeadSHA() == w.check.Head {
			id = max(id, run.GetID())
		}
	}
	return id, nil
}

// update writes to an existing run.
func (w *checkWriter) update(ctx context.Context, id int64) error {
	fresh, err := w.fresh(ctx, id)
	if err != nil {
		return err
	}
	status, conclusion := w.state()
	for {
		part := fresh[:min(len(fresh), annotationLimit)]
		fresh = fresh[len(part):]
		_, _, err := w.client.Checks.UpdateCheckRun(ctx, w.repo.Owner, w.repo.Name, id, api.UpdateCheckRunOptions{
			Name: w.check.Name, DetailsURL: optional(w.check.DetailsURL),
			Status: status, Conclusion: conclusion, Output: w.output(part), Actions: w.actions(),
		})
		if err != nil {
			w.inst.forgetAnnotations(id)
			return tidy(err)
		}
		w.inst.noteAnnotations(id, part)
		if len(fresh) == 0 {
			return nil
		}
	}
}

// fresh returns the annotations that the run does not have yet.
func (w *checkWriter) fresh(ctx context.Context, id int64) ([]review.Annotation, error) {
	all := annotations(w.check.Annotations)
	if len(all) == 0 {
		return nil, nil
	}
	have, ok := w.inst.annotationsOf(id)
	if !ok {
		err := everyPage(func(o api.ListOptions) (*api.Response, error) {
			found, resp, err := w.client.Checks.ListCheckRunAnnotations(ctx, w.repo.Owner, w.repo.Name, id, &o)
			for _, a := range found {
				have = append(have, review.Annotation{Path: a.GetPath(), Line: a.GetStartLine(), Title: a.GetTitle(), Message: a.GetMessage()})
			}
			return resp, err
		})
		if err != nil {
			return nil, err
		}
		w.inst.noteAnnotations(id, have)
	}
	return slices.DeleteFunc(all, func(a review.Annotation) bool { return slices.Contains(have, a) }), nil
}

// state returns status and conclusion, of which a run in progress has none.
func (w *checkWriter) state() (status, conclusion *string) {
	if w.check.Conclusion == review.InProgress {
		return api.String("in_progress"), nil
	}
	return api.String("completed"), &w.check.Conclusion
}

func (w *checkWriter) output(part []review.Annotation) *api.CheckRunOutput {
	title, summary := clip(w.check.Title, outputLimit, "…"), clip(w.check.Summary, outputLimit, shortened)
	if title == "" {
		title = w.check.Name
	}
	if summary == "" {
		summary = title
	}
	out := &api.CheckRunOutput{Title: &title, Summary: &summary}
	if w.check.Text != "" {
		out.Text = api.String(clip(w.check.Text, outputLimit, shortened))
	}
	for _, a := range part {
		out.Annotations = append(out.Annotations, &api.CheckRunAnnotation{Path: api.String(a.Path), StartLine: api.Int(a.Line),
			EndLine: api.Int(a.Line), AnnotationLevel: api.String("warning"), Title: optional(a.Title), Message: api.String(a.Message)})
	}
	return out
}

// actions are the buttons. GitHub keeps those of before when an update names
// none; whoever presses one is judged like anybody else.
func (w *checkWriter) actions() (out []*api.CheckRunAction) {
	for _, a := range w.check.Actions {
		out = append(out, &api.CheckRunAction{Label: a.Label, Description: a.Description, Identifier: a.Identifier})
	}
	return out
}

// annotations brings annotations within GitHub's bounds: a line from 1, a
// message of 64 KB that is not empty, a title of 255 characters.
func annotations(in []review.Annotation) []review.Annotation {
	var out []review.Annotation
	for _, a := range in {
		a.Line, a.Title, a.Message = max(a.Line, 1), clip(a.Title, 255, "…"), clip(a.Message, 64<<10-1, "…")
		if a.Message == "" {
			a.Message = a.Path
		}
		if a.Path != "" && !slices.Contains(out, a) {
			out = append(out, a)
		}
	}
	return out
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// runLimit is of how many check runs the annotations are known by heart.
const runLimit = 1000

func (i *installation) annotationsOf(run int64) ([]review.Annotation, bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	have, ok := i.annotated[run]
	return slices.Clone(have), ok
}

func (i *installation) noteAnnotations(run int64, more []review.Annotation) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if len(i.annotated) >= runLimit {
		clear(i.annotated)
	}
	i.annotated[run] = append(slices.Clone(i.annotated[run]), more...)
}

func (i *installation) forgetAnnotations(run int64) {
	i.mu.Lock()
	defer i.mu.Unlock()
	delete(i.annotated, run)
}
