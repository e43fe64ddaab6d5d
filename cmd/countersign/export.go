package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/countersign-dev/countersign/record"
)

func newExport() *cobra.Command {
	var (
		data, from, to, pin string
		q                   record.Query
	)
	c := &cobra.Command{
		Use:   "export DIR",
		Short: "Export change records for an auditor, to be checked without us",
		Long: `Write change records into DIR, which must be empty or not exist: the sealed bytes
(records.jsonl), what they disclose, attachments, a table (changes.csv), and the proofs
that they are in the log. The sealed bytes of the whole window are exported whatever else
is asked, so that the reader can filter by himself; the table holds what was asked for.

The reader checks it with countersign verify and the log's public key, which must reach
him by another way than the export.`,
		Example: "  countersign export --from 2026-01-01 --to 2026-04-01 q1/",
		Args:    arguments(1, "DIR"),
		RunE: func(c *cobra.Command, args []string) error {
			if err := setPeriod(&q, from, to); err != nil {
				return err
			}
			log, done, err := openLog(c.Context(), data)
			if err != nil {
				return err
			}
			defer done()
			return exportTo(c.Context(), c.OutOrStdout(), log, args[0], q, pin)
		},
	}
	c.ValidArgsFunction = completeFolders
	dataFlag(c, &data)
	queryFlags(c, &q, &from, &to)
	c.Flags().StringVar(&pin, "pin", "", "file with an earlier checkpoint that the reader kept: proves that the log only grew since")
	return c
}

// exportTo writes an export and says what is in it.
func exportTo(ctx context.Context, w io.Writer, log *record.Log, dir string, q record.Query, pin string) error {
	o := record.Export{Query: q}
	if pin != "" {
		text, err := os.ReadFile(pin)
		if err != nil {
			return exit{exitUnknown, fmt.Sprintf("--pin: %v", err)}
		}
		o.Pin = string(text)
	}
	if found, err := os.ReadDir(dir); err == nil && len(found) > 0 {
		return exit{exitUnknown, "DIR: " + dir + " holds something already: name a new folder"}
	}
	m, err := log.Export(ctx, dir, o)
	if err != nil {
		return err
	}
	if m.Size == m.From {
		_, err = fmt.Fprintf(w, "Exported into %s that no record is in the window: the log of %s has %s, all before it.\n", dir, m.Origin, plural(m.Size, "record", "records"))
		return err
	}
	_, err = fmt.Fprintf(w, "Exported %s of %s into %s; the table lists %s.\n", plural(m.Size-m.From, "record", "records"), m.Origin, dir, plural(m.Rows, "landing", "landings"))
	return err
}
