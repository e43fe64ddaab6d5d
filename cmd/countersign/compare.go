package main

import (
	"encoding/json"
	"io"

	"github.com/spf13/cobra"

	"github.com/countersign-dev/countersign/change"
	"github.com/countersign-dev/countersign/internal/git"
)

func newCompare() *cobra.Command {
	var out output
	c := &cobra.Command{
		Use:   "compare A B",
		Short: "Print what the change from A to B does to agents",
		Long: `Print what the change from A to B does to agents. A and B are folders, or revisions
(branches, tags, commit ids) of the git repository in the current folder. What is both
is refused: write ./name for the folder. The settings are read from A.

Exit codes: 0 compared, whether anything differs or not, 2 it could not be told.`,
		Example: "  countersign compare main HEAD\n  countersign compare v1.2 v1.3 --output json\n  countersign compare ./before ./after",
		Args:    arguments(2, "A", "B"),
		RunE: func(c *cobra.Command, args []string) error {
			repo, err := git.Open(".")
			if err == nil {
				defer repo.Close()
			} else {
				repo = nil
			}
			a, err := side(c.Context(), repo, "A", args[0])
			if err != nil {
				return err
			}
			b, err := side(c.Context(), repo, "B", args[1])
			if err != nil {
				return err
			}
			s, _, err := settingsAt(a)
			if err != nil {
				return err
			}
			set, err := change.Compare(a, b, s.Change())
			if err != nil {
				return err
			}
			if out == "json" {
				return writeJSON(c.OutOrStdout(), set)
			}
			return printSet(c.OutOrStdout(), set)
		},
	}
	out.add(c, "table", "json")
	c.ValidArgsFunction = completeSides
	return c
}

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	return enc.Encode(v)
}
