package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/countersign-dev/countersign/change"
	"github.com/countersign-dev/countersign/review"
)

func newFormats() *cobra.Command {
	var out output
	c := &cobra.Command{
		Use:     "formats [WORD]",
		Short:   "List the kinds of agent files that are understood",
		Long:    "List the kinds of agent files that are understood, with what is read from each and\nwhere its meaning is laid down. WORD keeps those whose name, title or path has it.",
		Example: "  countersign formats\n  countersign formats claude",
		Args:    arguments(0, "WORD"),
		RunE: func(c *cobra.Command, args []string) error {
			word := ""
			if len(args) == 1 {
				word = strings.ToLower(args[0])
			}
			var all []change.FormatInfo
			for _, f := range change.Formats() {
				if strings.Contains(strings.ToLower(f.ID+" "+f.Title+" "+strings.Join(f.Paths, " ")), word) {
					all = append(all, f)
				}
			}
			if out == "json" {
				return writeJSON(c.OutOrStdout(), all)
			}
			var b strings.Builder
			for _, f := range all {
				fmt.Fprintf(&b, "%s  %s\n    paths   %s\n", f.ID, f.Title, strings.Join(f.Paths, "  "))
				line(&b, "when", f.When)
				line(&b, "model", f.Model)
				line(&b, "prompt", f.Prompt)
				line(&b, "params", f.Params)
				if f.Tools != "" {
					line(&b, "tools", []string{f.Tools})
				}
				line(&b, "source", []string{f.Source})
				b.WriteByte('\n')
			}
			fmt.Fprintf(&b, "%s. A repository adds its own under formats: in %s.\n", plural(len(all), "format", "formats"), review.SettingsPath)
			_, err := fmt.Fprint(c.OutOrStdout(), b.String())
			return err
		},
	}
	out.add(c, "table", "json")
	c.ValidArgsFunction = func(*cobra.Command, []string, string) (ids []string, _ cobra.ShellCompDirective) {
		for _, f := range change.Formats() {
			ids = append(ids, f.ID)
		}
		return ids, cobra.ShellCompDirectiveNoFileComp
	}
	return c
}

func line(b *strings.Builder, name string, values []string) {
	if len(values) > 0 {
		fmt.Fprintf(b, "    %-7s %s\n", name, strings.Join(values, "  "))
	}
}
