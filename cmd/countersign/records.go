package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/countersign-dev/countersign/internal/store"
	"github.com/countersign-dev/countersign/record"
)

// openLog opens the log in the data folder, for reading.
func openLog(ctx context.Context, data string) (*record.Log, func() error, error) {
	cfg := config{Data: data}
	if _, err := os.Stat(cfg.database()); errors.Is(err, fs.ErrNotExist) {
		return nil, nil, fmt.Errorf("there is no database in %s: name the server's data folder with --data or COUNTERSIGN_DATA", data)
	}
	db, err := store.Open(ctx, cfg.database())
	if err != nil {
		return nil, nil, err
	}
	log, err := record.OpenReader(ctx, db)
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	return log, db.Close, nil
}

// dataFlag adds --data, whose default is the server's own setting.
func dataFlag(c *cobra.Command, data *string) {
	e := &environment{getenv: os.Getenv}
	c.Flags().StringVar(data, "data", e.or("DATA", "countersign-data"), "the server's data folder")
	_ = c.MarkFlagDirname("data")
}

// queryFlags adds the questions that records and export take.
func queryFlags(c *cobra.Command, q *record.Query, from, to *string) {
	f := c.Flags()
	f.StringVar(from, "from", "", "landed on or after: a date (2026-01-31) or an age (90d)")
	f.StringVar(to, "to", "", "landed before: a date or an age")
	f.StringVar(&q.Agent, "agent", "", "an agent's name")
	f.StringVar(&q.Resource, "resource", "", "a path, or a model")
	f.StringVar(&q.Person, "person", "", "a login, or id: and an account's id, with any hand in it")
	f.StringVar(&q.Outcome, "outcome", "", oneOf(outcomes))
	f.StringVar(&q.Kind, "kind", "", oneOf(kinds))
	f.StringVar(&q.Repo, "repo", "", "owner/name")
	f.Var(positive{&q.Pull}, "pull", "number of a pull request")
	_ = c.RegisterFlagCompletionFunc("agent", completeAgents)
	_ = c.RegisterFlagCompletionFunc("outcome", cobra.FixedCompletions(outcomes, cobra.ShellCompDirectiveNoFileComp))
	_ = c.RegisterFlagCompletionFunc("kind", cobra.FixedCompletions(kinds, cobra.ShellCompDirectiveNoFileComp))
}

// The words that records are asked by.
var (
	outcomes = []string{"countersigned", "emergency", "unsigned", "diverged", "observed", "ungoverned"}
	kinds    = []string{"model", "model_params", "prompt", "tool_scope", "policy"}
)

// setPeriod reads the period of a query and refuses what could only find
// nothing: an auditor must not take a typing mistake for a clean table.
func setPeriod(q *record.Query, from, to string) error {
	q.Outcome = strings.ToLower(q.Outcome)
	switch {
	case q.Outcome != "" && !slices.Contains(outcomes, q.Outcome):
		return exit{exitUnknown, fmt.Sprintf("--outcome must be %s, not %q", oneOf(outcomes), q.Outcome)}
	case q.Kind != "" && !slices.Contains(kinds, q.Kind):
		return exit{exitUnknown, fmt.Sprintf("--kind must be %s, not %q", oneOf(kinds), q.Kind)}
	}
	var err error
	if q.From, err = sinceTime(from, time.Now()); err != nil {
		return exit{exitUnknown, strings.Replace(err.Error(), "--since", "--from", 1)}
	}
	if q.To, err = sinceTime(to, time.Now()); err != nil {
		return exit{exitUnknown, strings.Replace(err.Error(), "--since", "--to", 1)}
	}
	if !q.From.IsZero() && !q.To.IsZero() && !q.From.Before(q.To) {
		return exit{exitUnknown, "--from must lie before --to"}
	}
	return nil
}

func newRecords() *cobra.Command {
	var (
		out            output
		data, from, to string
		q              record.Query
	)
	c := &cobra.Command{
		Use:   "records [NAME]",
		Short: "List change records, or show one",
		Long: `List change records, newest landing first, or show one: NAME is a record's id
(CHG-2026-000041), a commit id that landed (7 digits or more), or a pull request (#42,
owner/name#42).

Exit codes: 0 listed or shown, 1 there is no such record, 2 it could not be told.`,
		Example: "  countersign records --outcome unsigned --from 90d\n  countersign records --agent refund-bot\n  countersign records CHG-2026-000041\n  countersign records '#42'",
		Args:    arguments(0, "NAME"),
		RunE: func(c *cobra.Command, args []string) error {
			if err := setPeriod(&q, from, to); err != nil {
				return err
			}
			log, done, err := openLog(c.Context(), data)
			if err != nil {
				return err
			}
			defer done()
			if len(args) == 1 {
				return showRecord(c, log, args[0], out)
			}
			entries, err := log.List(c.Context(), q)
			if errors.Is(err, record.ErrNone) {
				return exit{exitUnknown, fmt.Sprintf("--after %s: there is no such record", q.After)}
			} else if err != nil {
				return err
			}
			if out == "json" {
				return printLeaves(c.OutOrStdout(), entries)
			}
			return printEntriesTable(c.OutOrStdout(), entries, q.Limit)
		},
	}
	out.add(c, "table", "json")
	c.ValidArgsFunction = cobra.NoFileCompletions
	dataFlag(c, &data)
	queryFlags(c, &q, &from, &to)
	q.Limit = 50
	c.Flags().Var(positive{&q.Limit}, "limit", "how many at most")
	c.Flags().StringVar(&q.After, "after", "", "id of the last record of the page before")
	return c
}

func showRecord(c *cobra.Command, log *record.Log, name string, out output) error {
	e, err := log.Get(c.Context(), name)
	if errors.Is(err, record.ErrNone) && shortCommit.MatchString(name) {
		e, err = byShortCommit(c.Context(), log, name)
	}
	if errors.Is(err, record.ErrNone) && !recordName.MatchString(name) {
		return exit{exitUnknown, fmt.Sprintf("NAME: %q is none; write a record's id (CHG-2026-000041), a commit id of 7 digits or more, or a pull request (#42, owner/name#42)", name)}
	} else if errors.Is(err, record.ErrNone) {
		return exit{exitNo, "there is no record of " + name}
	} else if err != nil {
		return err
	}
	if out == "json" {
		return printLeaves(c.OutOrStdout(), []*record.Entry{e})
	}
	return record.Render(c.OutOrStdout(), e)
}

var (
	shortCommit = regexp.MustCompile(`^[0-9a-f]{7,63}$`)
	recordName  = regexp.MustCompile(`^(?:[A-Z]{3}-\d{4}-\d+|\d+|[0-9a-f]{7,64}|[^#\s]*#\d+)$`)
)

// byShortCommit finds the newest record of the one commit that landed whose id
// begins with short. It goes through all records: the index knows whole ids.
func byShortCommit(ctx context.Context, log *record.Log, short string) (*record.Entry, error) {
	var found *record.Entry
	commits := map[string]bool{}
	for q := (record.Query{Limit: 500}); ; {
		page, err := log.List(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, e := range page {
			if e.Landing == nil {
				continue
			}
			for _, c := range append([]record.Code{e.Landing.Identity.After}, e.Landing.Identity.Commits...) {
				if strings.HasPrefix(string(c), short) {
					commits[string(c)] = true
					found = cmp.Or(found, e)
				}
			}
		}
		if len(page) < q.Limit {
			break
		}
		q.After = page[len(page)-1].ID
	}
	switch len(commits) {
	case 0:
		return nil, record.ErrNone
	case 1:
		return found, nil
	}
	return nil, exit{exitUnknown, fmt.Sprintf("NAME: %s begins the ids of several commits: %s", short, strings.Join(slices.Sorted(maps.Keys(commits)), ", "))}
}

// printLeaves prints sealed bytes with what is disclosed of them, one object a
// line.
func printLeaves(w io.Writer, entries []*record.Entry) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	for _, e := range entries {
		disclosed := map[string]string{}
		for c := range e.Disclosed {
			disclosed[string(c)] = e.Text(c)
		}
		if err := enc.Encode(map[string]any{"id": e.ID, "index": e.Index, "recorded_at": e.RecordedAt,
			"leaf": json.RawMessage(e.Leaf), "disclosed": disclosed}); err != nil {
			return err
		}
	}
	return nil
}

func printEntriesTable(w io.Writer, entries []*record.Entry, limit int) error {
	if len(entries) == 0 {
		_, err := fmt.Fprintln(w, "No records.")
		return err
	}
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', 0)
	fmt.Fprintln(t, "RECORD\tLANDED\tREPOSITORY\tPULL\tOUTCOME\tBY\tWHAT")
	for _, e := range entries {
		if e.Landing == nil {
			fmt.Fprintf(t, "%s\t%s\t\t\terasure\t\tdisclosures erased\n", e.ID, e.RecordedAt.Format("2006-01-02 15:04"))
			continue
		}
		id := e.Landing.Identity
		pull := ""
		if n := pullNumber(e); n > 0 {
			pull = fmt.Sprintf("#%d", n)
		}
		fmt.Fprintf(t, "%s\t%s\t%s/%s\t%s\t%s\t%s\t%s\n", e.ID, id.LandedAt.Instant().Format("2006-01-02 15:04"),
			plain(e.Text(id.Owner), 40), plain(e.Text(id.Name), 40), pull, outcomeOf(e), plain(e.Who(id.LandedBy), 40), what(e))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if limit > 0 && len(entries) == limit {
		_, err := fmt.Fprintf(w, "\nThe next page: --after %s\n", entries[len(entries)-1].ID)
		return err
	}
	return nil
}

// what says in a few words what a landing changed.
func what(e *record.Entry) string {
	set, ok := e.Set()
	if !ok {
		return "not disclosed"
	}
	var parts []string
	for _, ch := range set.Changes {
		if ch.Confidence == "notice" {
			continue
		}
		text := plain(ch.Agent, 30) + " " + sentenceOf(ch)
		parts = append(parts, strings.TrimSpace(text))
	}
	if len(parts) == 0 {
		return "nothing governed"
	}
	if len(parts) > 2 {
		parts = append(parts[:2], fmt.Sprintf("and %d more", len(parts)-2))
	}
	return strings.Join(parts, "; ")
}

// outcomeOf is the outcome of a landing.
func outcomeOf(e *record.Entry) string {
	if e.Landing == nil {
		return "erasure"
	}
	return e.Word(e.Landing.Outcome.Outcome)
}

// pullNumber is the number of the pull request that landed, 0 for a push.
func pullNumber(e *record.Entry) int {
	if e.Landing == nil || e.Landing.Pull == nil {
		return 0
	}
	return e.Landing.Pull.Number
}
