package review

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
)

// checkName is what a ruleset requires. It carries the entry of branches that
// matched, because a check belongs to a commit and a commit can head several
// pull requests into different branches.
func checkName(branch string) string { return "countersign: " + branch }

// conclusion is what the check run says. neutral and skipped satisfy a required
// check, so they are never used.
func conclusion(s State) string {
	switch s {
	case Met, Covered:
		return "success"
	case Waiting:
		return "action_required"
	}
	return "failure"
}

// publish writes the check, then the sticky comment, and remembers the comment
// as a report that people could read. Everything that a record of a merge needs
// is in the Store before the check can turn green.
func (r *Reviewer) publish(ctx context.Context, v Verdict) error {
	known, _, err := r.Store.Pull(ctx, v.Pull.Repo.ID, v.Pull.Number)
	if err != nil {
		return err
	}
	if err := r.Store.SetDue(ctx, v.Pull.Repo.ID, v.Pull.Number, until(v)); err != nil {
		return err
	}
	if known.Check.ID != 0 && known.Check.Branch != v.Branch { // the entry that names it was renamed
		if err := r.retire(ctx, v.Pull, known); err != nil {
			return err
		}
	}
	if err := r.publishCheck(ctx, v, known); err != nil {
		return err
	}
	if known.Check.State != v.State || known.Check.Head != v.Pull.Head {
		if err := r.above(ctx, v.Pull); err != nil {
			return err
		}
	}
	if err := r.requeue(ctx, Event{Repo: v.Pull.Repo, At: v.At}, v.Pull.BaseRef); err != nil {
		return err
	}
	return r.publishComment(ctx, v, known)
}

// publishCheck writes the one check run of the head and the governed branch. It
// shows the worst verdict of all open pull requests that share it.
func (r *Reviewer) publishCheck(ctx context.Context, v Verdict, known PullState) error {
	defer r.heads.lock(v.Pull.Head)()
	twins, err := r.twins(ctx, v.Pull, v.Branch)
	if err != nil {
		return err
	}
	state, note := v.State, ""
	id := int64(0)
	if known.Check.Head == v.Pull.Head && known.Check.Branch == v.Branch {
		id = known.Check.ID
	}
	for _, t := range twins {
		if w := worse(state, t.Check.State); w != state {
			state, note = w, fmt.Sprintf("#%d has the same head and says: %s", t.Number, t.Check.Title)
		}
		if id == 0 {
			id = t.Check.ID
		}
	}
	below, err := r.below(ctx, v.Pull)
	if err != nil {
		return err
	}
	for _, b := range below { // the head carries what is below in the stack
		was := b.Check.State
		if b.Check.ID == 0 || b.Check.Head != b.Head {
			was, b.Check.Title = Waiting, "it was not judged yet"
		}
		if w := worse(state, was); w != state {
			state, note = w, fmt.Sprintf("#%d below in the stack says: %s", b.Number, b.Check.Title)
		}
	}
	g, grouped, err := r.Store.Group(ctx, v.Pull.Repo.ID, v.Pull.Head) // somebody took the commit of a merge group as head
	if err != nil {
		return err
	}
	if grouped && g.Check.Branch == v.Branch {
		if w := worse(state, g.Check.State); w != state && !g.Ended {
			state, note = w, fmt.Sprintf("The merge group of #%d has the same head and says: %s", g.Pull, g.Check.Title)
		}
		if id == 0 {
			id = g.Check.ID
		}
	}
	c := Check{ID: id, Name: checkName(v.Branch), Head: v.Pull.Head, Conclusion: conclusion(state),
		Title: headline(v), Summary: summary(v), Annotations: annotations(v)}
	if note != "" {
		c.Title = note
	}
	if c.Conclusion == "action_required" && signable(v) {
		c.Actions = []Action{signButton}
	}
	if v.Observed {
		c.Conclusion, c.Title = "success", "Observing: "+c.Title
	}
	return r.putCheck(ctx, v.Pull.Ref(), known, c, v.Branch, v.State)
}

// putCheck writes a check run unless it stands as it is.
func (r *Reviewer) putCheck(ctx context.Context, ref PullRef, known PullState, c Check, branch string, state State) error {
	now := CheckState{ID: c.ID, Branch: branch, Head: c.Head, State: state, Title: c.Title}
	now.Digest = digestJSON(c)
	if known.Check == now {
		return nil
	}
	if err := fenced(ctx); err != nil {
		return err
	}
	id, err := r.Forge.PutCheck(ctx, ref.Repo, c)
	if err != nil {
		return fmt.Errorf("write check of %v#%d: %w", ref.Repo, ref.Number, err)
	}
	c.ID = id
	now.ID, now.Digest = id, digestJSON(c)
	return r.Store.SaveCheck(ctx, ref.Repo.ID, ref.Number, now)
}

// twins returns the other open pull requests that share a head and a governed
// branch with p.
func (r *Reviewer) twins(ctx context.Context, p Pull, branch string) ([]PullState, error) {
	all, err := r.Store.PullsAt(ctx, p.Repo.ID, p.Head)
	if err != nil {
		return nil, err
	}
	var out []PullState
	for _, t := range all {
		if t.Number != p.Number && t.Open && t.Check.Head == p.Head && t.Check.Branch == branch {
			out = append(out, t)
		}
	}
	return out, nil
}

// retire takes back what rested on a pull request that was closed or pointed at
// another branch: its check passes nothing any more, unless another open pull
// request stands behind it.
func (r *Reviewer) retire(ctx context.Context, p Pull, known PullState) error {
	if known.Check.ID == 0 {
		return nil
	}
	defer r.heads.lock(known.Check.Head)()
	was := p
	was.Head = known.Check.Head
	twins, err := r.twins(ctx, was, known.Check.Branch)
	if err != nil {
		return err
	}
	c := Check{ID: known.Check.ID, Name: checkName(known.Check.Branch), Head: known.Check.Head, Conclusion: "action_required",
		Title:   fmt.Sprintf("Withdrawn: #%d no longer asks to land on %s", p.Number, known.Check.Branch),
		Summary: "Open a pull request into this branch, or push to one, to have it judged."}
	state := Waiting
	if len(twins) > 0 {
		state = Met
		for _, t := range twins {
			state = worse(state, t.Check.State)
			c.Title = t.Check.Title
		}
		c.Conclusion = conclusion(state)
		c.Summary = fmt.Sprintf("See #%d.", twins[0].Number)
	}
	return r.putCheck(ctx, p.Ref(), known, c, known.Check.Branch, state)
}

// publishComment writes the sticky comment. A pull request that never touched
// anything governed gets none.
func (r *Reviewer) publishComment(ctx context.Context, v Verdict, known PullState) error {
	gate, notices := gating(v.Set)
	silent := len(gate)+len(notices)+len(v.Denials)+len(v.Warnings)+len(v.Standings) == 0
	if silent && known.Comment.ID == 0 {
		return nil
	}
	body := stickyMark + "\n" + comment(v)
	now := CommentState{ID: known.Comment.ID, Digest: digestOf([]byte(body))}
	if known.Comment == now {
		return nil
	}
	if err := fenced(ctx); err != nil {
		return err
	}
	c, err := r.Forge.PutComment(ctx, v.Pull.Ref(), known.Comment.ID, body)
	if err != nil {
		return fmt.Errorf("write comment on %v#%d: %w", v.Pull.Repo, v.Pull.Number, err)
	}
	report := Report{RepoID: v.Pull.Repo.ID, Number: v.Pull.Number, Head: v.Pull.Head, BaseRef: v.Pull.BaseRef,
		Digests: map[string]string{}, Named: map[string][]int64{}, UpdatedAt: c.UpdatedAt}
	for _, st := range v.Standings {
		report.Digests[st.Requirement.ID] = st.Requirement.Digest
		report.Named[st.Requirement.ID] = st.Named
	}
	if err := r.Store.AddReport(ctx, report); err != nil {
		return err
	}
	now.ID = c.ID
	return r.Store.SaveComment(ctx, v.Pull.Repo.ID, v.Pull.Number, now)
}

// annotations are the findings on lines, at most 50 so that one call does.
func annotations(v Verdict) []Annotation {
	var out []Annotation
	for _, ch := range v.Set.Changes {
		for _, f := range ch.Findings {
			if f.Line > 0 && len(out) < 50 {
				out = append(out, Annotation{Path: f.Path, Line: f.Line, Title: strings.ReplaceAll(f.Code, "-", " "), Message: printable(f.Text, 2000)})
			}
		}
	}
	return out
}

func digestJSON(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // plain structs always marshal
	}
	return digestOf(b)
}
