package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/countersign-dev/countersign/internal/git"
	"github.com/countersign-dev/countersign/record"
	"github.com/countersign-dev/countersign/review"
)

func newBacktest() *cobra.Command {
	var (
		out            output
		data, operator string
		name           string
		limit          int
	)
	c := &cobra.Command{
		Use:   "backtest BEFORE AFTER",
		Short: "Run decisions of the past under changed rules, and show which would differ",
		Long: `Run recorded decisions again under the settings and rules of AFTER, and those of BEFORE,
and show which would differ, those that get looser first. BEFORE and AFTER are
folders or revisions. What is detected as a change, and who holds a role, is left as it was.

Exit codes: 0 nothing differs or only gets tighter, 1 something gets looser, 2 it could not be told.`,
		Example: "  countersign policy backtest main HEAD --data /var/lib/countersign --repo acme/bot",
		Args:    arguments(2, "BEFORE", "AFTER"),
		RunE: func(c *cobra.Command, args []string) error {
			log, done, err := openLog(c.Context(), data)
			if err != nil {
				return err
			}
			defer done()
			l, err := backtest(c.Context(), log, args[0], args[1], name, operator, limit)
			if err != nil {
				return err
			}
			if out == "json" {
				err = writeJSON(c.OutOrStdout(), l)
			} else {
				err = printFlips(c.OutOrStdout(), l)
			}
			switch {
			case err != nil:
				return err
			case l.Broken != "":
				return exit{code: exitUnknown}
			case len(l.Flips) > 0 && l.Flips[0].Loosens:
				return exit{code: exitNo}
			}
			return nil
		},
	}
	out.add(c, "table", "json")
	c.ValidArgsFunction = completeSides
	dataFlag(c, &data)
	c.Flags().StringVar(&name, "repo", "", "owner/name (default: all)")
	operatorFlag(c, &operator)
	limit = 1000
	c.Flags().Var(positive{&limit}, "limit", "how many decisions at most, newest first")
	return c
}

func backtest(ctx context.Context, log *record.Log, before, after, name, operator string, limit int) (review.FlipList, error) {
	repo, err := git.Open(".")
	if err == nil {
		defer repo.Close()
	} else {
		repo = nil // then both arguments are folders
	}
	var rules [2]review.Rules
	for i, arg := range []string{before, after} {
		tree, err := side(ctx, repo, []string{"BEFORE", "AFTER"}[i], arg)
		if err != nil {
			return review.FlipList{}, err
		}
		if rules[i], err = review.RulesOf(tree); err != nil {
			return review.FlipList{}, fmt.Errorf("%s: %w", arg, err)
		}
	}
	past, of, err := log.Decisions(ctx, name, limit)
	if err != nil {
		return review.FlipList{}, err
	}
	engine, err := engineWith(operator)
	if err != nil {
		return review.FlipList{}, err
	}
	l, err := review.Backtest(ctx, engine, past, rules[0], rules[1])
	l.Of = of
	return l, err
}

func printFlips(w io.Writer, l review.FlipList) error {
	var b strings.Builder
	if l.Broken != "" {
		fmt.Fprintf(&b, "The rules do not load: %s\n", plain(l.Broken, 400))
	}
	for _, f := range l.Flips {
		mark := "tighter"
		if f.Loosens {
			mark = "LOOSER"
		}
		fmt.Fprintf(&b, "%-8s %s  #%d  %s\n", mark, f.Record, f.Pull, plain(strings.Join(f.What, "; "), 400))
	}
	fmt.Fprintf(&b, "Run again: %d of %s; %d would differ.\n", l.Run, plural(l.Of, "decision", "decisions"), len(l.Flips))
	_, err := io.WriteString(w, b.String())
	return err
}
