package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/countersign-dev/countersign/policies"
	"github.com/countersign-dev/countersign/review"
)

func newPolicy() *cobra.Command {
	c := &cobra.Command{Use: "policy", Short: "Test and list rules, and run past decisions under changed ones", Args: subcommand,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() }}
	c.AddCommand(newPolicyTest(), newPolicyList(), newBacktest())
	return c
}

func newPolicyTest() *cobra.Command {
	var (
		out   output
		layer string
	)
	c := &cobra.Command{
		Use:   "test [DIR]",
		Short: "Run the Rego tests beside rules, with coverage, format and strict checks",
		Long: `Load the rules of a folder (.github/countersign by default) as the server would, run
the tests beside them (*_test.rego), and say which lines no test reached.

Exit codes: 0 there are tests, all pass, and opa fmt would change no file; 1 otherwise, or
the rules do not load; 2 there is no such folder.`,
		Example: "  countersign policy test\n  countersign policy test /etc/countersign --layer operator",
		Args:    arguments(0, "DIR"),
		RunE: func(c *cobra.Command, args []string) error {
			dir := filepath.FromSlash(strings.TrimSuffix(review.RulesDir, "/"))
			if len(args) == 1 {
				dir = args[0]
			}
			if st, err := os.Stat(dir); err != nil || !st.IsDir() {
				return exit{exitUnknown, fmt.Sprintf("DIR: %s is not a folder with rules", dir)}
			}
			r, err := policies.Test(c.Context(), os.DirFS(dir), layer)
			if err != nil {
				return exit{exitNo, err.Error()}
			}
			if out == "json" {
				err = writeJSON(c.OutOrStdout(), r)
			} else {
				err = printTests(c, dir, r)
			}
			if err == nil && !r.OK() {
				return exit{code: exitNo}
			}
			return err
		},
	}
	out.add(c, "table", "json")
	c.ValidArgsFunction = completeFolders
	layer = policies.Repository
	addChoice(c, "layer", "", &layer, []string{policies.Repository, policies.Operator}, "layer", "where the rules will stand")
	return c
}

func printTests(c *cobra.Command, dir string, r policies.Report) error {
	var b strings.Builder
	failed := 0
	for _, t := range r.Tests {
		word := "PASS"
		if !t.Passed {
			word = "FAIL"
			failed++
		}
		fmt.Fprintf(&b, "%s  %s  (%s)\n", word, t.Name, t.Place)
		if !t.Passed && t.Message != "" {
			fmt.Fprintf(&b, "      %s\n", strings.ReplaceAll(strings.TrimSpace(t.Message), "\n", "\n      "))
		}
	}
	for _, p := range r.Unformatted {
		fmt.Fprintf(&b, "FORMAT  %s differs from opa fmt\n", p)
	}
	for _, p := range r.Uncovered {
		fmt.Fprintf(&b, "not covered  %s\n", p)
	}
	fmt.Fprintf(&b, "%s, %d failed; %s, %.1f %% of the lines covered in %s\n",
		plural(len(r.Tests), "test", "tests"), failed, plural(len(r.Rules), "rule", "rules"), r.Coverage, dir)
	if len(r.Tests) == 0 {
		b.WriteString("There are no tests: write rules named test_… in files named …_test.rego beside the rules.\n")
	}
	_, err := fmt.Fprint(c.OutOrStdout(), b.String())
	return err
}

func newPolicyList() *cobra.Command {
	var (
		out      output
		operator string
	)
	c := &cobra.Command{
		Use:   "list [DIR]",
		Short: "List the rules in force: the default ones, the operator's, and those in a folder",
		Long: `List the rules in force: the default ones, the operator's, and those in a folder
(.github/countersign by default; none where there is no such folder).

Exit codes: 0 listed, 2 some rules do not load.`,
		Example: "  countersign policy list\n  countersign policy list --operator-dir /etc/countersign --output json",
		Args:    arguments(0, "DIR"),
		RunE: func(c *cobra.Command, args []string) error {
			engine, err := engineWith(operator)
			if err != nil {
				return err
			}
			defer engine.Close()
			dir := filepath.FromSlash(strings.TrimSuffix(review.RulesDir, "/"))
			if len(args) == 1 {
				dir = args[0]
				if st, err := os.Stat(dir); err != nil || !st.IsDir() {
					return exit{exitUnknown, fmt.Sprintf("DIR: %s is not a folder with rules", dir)}
				}
			}
			own, err := sourcesIn(dir)
			if err != nil {
				return err
			}
			rules, err := engine.List(c.Context(), own)
			if err != nil {
				return err
			}
			if out == "json" {
				return writeJSON(c.OutOrStdout(), rules)
			}
			w := tabwriter.NewWriter(c.OutOrStdout(), 0, 4, 2, ' ', 0)
			fmt.Fprintln(w, "LAYER\tRULE\tKIND\tSEVERITY\tCONTROLS\tTITLE")
			for _, r := range rules {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", r.Layer, r.ID, r.Kind, r.Severity, strings.Join(r.Controls, ","), r.Title)
			}
			return w.Flush()
		},
	}
	out.add(c, "table", "json")
	c.ValidArgsFunction = completeFolders
	operatorFlag(c, &operator)
	return c
}

// sourcesIn reads the rules of a folder as a repository's own; none where there
// is no such folder.
func sourcesIn(dir string) ([]review.PolicySource, error) {
	var out []review.PolicySource
	if _, err := os.Stat(dir); err != nil {
		return nil, nil
	}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		out = append(out, review.PolicySource{Path: review.RulesDir + filepath.ToSlash(rel), Data: data})
		return err
	})
	return out, err
}
