package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/countersign-dev/countersign/change"
	"github.com/countersign-dev/countersign/internal/git"
	"github.com/countersign-dev/countersign/review"
)

func newCheck() *cobra.Command {
	var (
		out          output
		base, branch string
		head         string
		operator     string
	)
	c := &cobra.Command{
		Use:   "check",
		Short: "Say what sign-offs this branch would need, and why",
		Long: `Compare a branch with what it would be merged into and say which sign-offs the rules
there would ask for. Settings and rules are read from the merge base, as the server
reads them from the base branch; uncommitted work is not looked at.

Exit codes: 0 nothing is needed, 3 people would be awaited, 1 a rule forbids it,
2 it could not be told.`,
		Example: "  countersign check\n  countersign check --base origin/release/2 --branch release/2 --output json",
		Args:    arguments(0),
		RunE: func(c *cobra.Command, _ []string) error {
			repo, err := git.Open(".")
			if err != nil {
				return err
			}
			defer repo.Close()
			p, err := previewBranch(c.Context(), repo, base, head, branch, operator)
			if err != nil {
				return err
			}
			if head == "HEAD" && repo.Dirty(c.Context()) {
				fmt.Fprintln(c.ErrOrStderr(), "countersign: there is uncommitted work, which is not looked at: commit it first")
			}
			if out == "json" {
				err = writeJSON(c.OutOrStdout(), checkJSON(p))
			} else {
				err = printPreview(c.OutOrStdout(), p)
			}
			if err != nil {
				return err
			}
			return previewExit(p)
		},
	}
	out.add(c, "table", "json")
	c.Flags().StringVar(&base, "base", "", "what the branch is to be merged into (default: the remote's default branch, main or master)")
	c.Flags().StringVar(&head, "head", "HEAD", "the branch")
	c.Flags().StringVar(&branch, "branch", "", "name of the base branch in the settings (default: taken from --base)")
	operatorFlag(c, &operator)
	_ = c.RegisterFlagCompletionFunc("base", completeRevisions)
	_ = c.RegisterFlagCompletionFunc("head", completeRevisions)
	return c
}

func previewBranch(ctx context.Context, repo *git.Repo, base, head, branch, operator string) (review.Preview, error) {
	var p review.Preview
	var err error
	if base == "" {
		if base, err = repo.DefaultBase(ctx); err != nil {
			return p, err
		}
	}
	if branch == "" {
		branch = strings.TrimPrefix(strings.TrimPrefix(base, "refs/heads/"), "origin/")
	}
	baseID, err := repo.Resolve(ctx, base)
	if err != nil {
		return p, err
	}
	headID, err := repo.Resolve(ctx, head)
	if err != nil {
		return p, err
	}
	fork, err := repo.MergeBase(ctx, baseID, headID)
	if err != nil {
		return p, err
	}
	before, err := repo.Tree(ctx, fork)
	if err != nil {
		return p, err
	}
	after, err := repo.Tree(ctx, headID)
	if err != nil {
		return p, err
	}
	engine, err := engineWith(operator)
	if err != nil {
		return p, err
	}
	defer engine.Close()
	op, err := operatorAt(operator)
	if err != nil {
		return p, err
	}
	return review.PreviewOf(ctx, engine, op, before, after, branch)
}

func previewExit(p review.Preview) error {
	switch {
	case slices.ContainsFunc(p.Demand.Denials, func(d review.Ruling) bool { return d.Rule == review.BrokenRule }):
		return exit{code: exitUnknown}
	case len(p.Demand.Denials) > 0:
		return exit{code: exitNo}
	case len(p.Demand.Requirements) > 0:
		return exit{code: exitWaiting}
	}
	return nil
}

// checkResult is what check prints as JSON.
type checkResult struct {
	Enrolled     bool                 `json:"enrolled"`
	Branch       string               `json:"branch"`
	Changes      []change.Change      `json:"changes"`
	Requirements []review.Requirement `json:"requirements"`
	Denials      []review.Ruling      `json:"denials"`
	Warnings     []review.Ruling      `json:"warnings"`
	RulesDigest  string               `json:"rules_digest"`
	Broken       string               `json:"broken"` // why the branch's own settings or rules would not load, or ""
}

func checkJSON(p review.Preview) checkResult {
	r := checkResult{p.Enrolled, p.Branch, p.Set.Changes, p.Demand.Requirements, p.Demand.Denials, p.Demand.Warnings, p.Demand.RulesDigest, p.Broken}
	for i := range r.Requirements {
		r.Requirements[i].People, r.Requirements[i].Teams = p.Asked[r.Requirements[i].ID].People, p.Asked[r.Requirements[i].ID].Teams
	}
	return r
}

func printPreview(w io.Writer, p review.Preview) error {
	var b strings.Builder
	if p.Enrolled && p.Branch == "" {
		_, err := io.WriteString(w, "The settings do not govern this base branch: no sign-off is needed.\n")
		return err
	}
	if err := printSet(&b, p.Set); err != nil {
		return err
	}
	b.WriteByte('\n')
	for _, d := range p.Demand.Denials {
		fmt.Fprintf(&b, "Denied by %s: %s\n", plain(d.Rule, 80), plain(d.Reason, 300))
	}
	for _, req := range p.Demand.Requirements {
		fmt.Fprintf(&b, "Needs %s: %s of %s\n", req.ID, count(req.Need), asked(p.Asked[req.ID], req))
		fmt.Fprintf(&b, "    %s\n    rule %s; scope %s\n", plain(req.Reason, 300), plain(req.Rule, 80), plain(strings.Join(req.Paths, ", "), 200))
	}
	for _, warn := range p.Demand.Warnings {
		fmt.Fprintf(&b, "Warning: %s\n", plain(warn.Reason, 300))
	}
	if len(p.Demand.Requirements)+len(p.Demand.Denials) == 0 {
		b.WriteString("No sign-off is needed.\n")
	}
	if !p.Enrolled && !p.Enrols {
		b.WriteString("The base has no " + review.SettingsPath + ": Countersign does nothing there yet. This is what the default rules would ask; nobody is named.\n")
	}
	if p.Broken != "" {
		fmt.Fprintf(&b, "Warning: once this is merged, nothing can be decided and every check is red, since what it brings does not load:\n    %s\n", plain(p.Broken, 1000))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func count(n int) string {
	if n == 1 {
		return "one sign-off"
	}
	return fmt.Sprintf("%d sign-offs", n)
}

func asked(a review.Approvers, req review.Requirement) string {
	names := append(append([]string{}, a.People...), a.Teams...)
	if len(names) == 0 && req.Role == review.RoleAdministrator {
		return "an administrator of the repository who had no hand in it"
	}
	if len(names) == 0 {
		return "the role " + req.Role + ", which has no approvers"
	}
	return plain(oneOf(names), 300)
}
