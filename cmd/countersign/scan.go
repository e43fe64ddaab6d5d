package main

import (
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/countersign-dev/countersign/change"
	"github.com/countersign-dev/countersign/internal/git"
)

// A scanned landing, as scan prints it.
type scanned struct {
	Commit  string          `json:"commit"`
	At      time.Time       `json:"at"`
	Who     string          `json:"who"`
	Subject string          `json:"subject"`
	Pull    int             `json:"pull"` // 0 when it came by a direct push, as far as the commit tells
	Changes []change.Change `json:"changes"`
	// Unreadable says what kept the landing from being compared, "" for nothing.
	Unreadable string `json:"unreadable,omitempty"`
}

func newScan() *cobra.Command {
	var (
		out     output
		since   string
		branch  string
		notices bool
	)
	c := &cobra.Command{
		Use:   "scan [REPO]",
		Short: "Show what changed agents in the history of a git repository",
		Long: `Walk the first-parent history of a git repository (the current folder by default, bare
or not) and print every landing that changed an agent: when, who, which agent, what,
and whether it came through a pull request. Nothing is written and no network is used.

Who and when are what the commits claim. Settings are read from each first parent.

Exit codes: 0 all was read, whether agents changed or not; 2 some landing could not be
read, which the output names too, or nothing could be told.`,
		Example: "  countersign scan\n  countersign scan ~/src/bot --since 90d\n  countersign scan --output csv > changes.csv",
		Args:    arguments(0, "REPO"),
		RunE: func(c *cobra.Command, args []string) error {
			dir := "."
			if len(args) == 1 {
				dir = args[0]
			}
			from, err := sinceTime(since, time.Now())
			if err != nil {
				return exit{exitUnknown, err.Error()}
			}
			repo, err := git.Open(dir)
			if err != nil {
				return err
			}
			defer repo.Close()
			rev, err := repo.Resolve(c.Context(), branch)
			if err != nil {
				return err
			}
			s := &scan{notices: notices, progress: progressTo(os.Stderr), print: printerFor(out, c.OutOrStdout())}
			for l, err := range repo.Walk(c.Context(), rev, from) {
				if err != nil {
					return err
				}
				if err := s.landing(l); err != nil {
					return err
				}
			}
			return s.finish()
		},
	}
	out.add(c, "table", "json", "csv")
	c.Flags().StringVar(&since, "since", "", "leave out what is older: a date (2026-01-31) or an age (90d, 12w, 1y)")
	c.Flags().StringVar(&branch, "branch", "HEAD", "branch or revision whose history is walked")
	c.ValidArgsFunction = completeFolders
	_ = c.RegisterFlagCompletionFunc("branch", completeRevisions)
	c.Flags().BoolVar(&notices, "notices", false, "also print hits outside known places, which need no sign-off")
	return c
}

var age = regexp.MustCompile(`^(\d{1,5})([dwmy])$`)

// sinceTime reads a date or an age in days, weeks, months or years.
func sinceTime(s string, now time.Time) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if m := age.FindStringSubmatch(s); m != nil {
		n, _ := strconv.Atoi(m[1])
		switch m[2] {
		case "d":
			return now.AddDate(0, 0, -n), nil
		case "w":
			return now.AddDate(0, 0, -7*n), nil
		case "m":
			return now.AddDate(0, -n, 0), nil
		}
		return now.AddDate(-n, 0, 0), nil
	}
	if t, err := time.Parse("2006-01-02", s); err == nil {
		return t, nil
	}
	return time.Time{}, fmt.Errorf("--since %q is neither a date such as 2026-01-31 nor an age such as 90d", s)
}

// scan walks landings and prints those that changed an agent.
type scan struct {
	notices  bool
	progress *progress
	print    printer

	walked, found int
	settings      change.Settings
	settingsID    string // blob of the settings in force
	skipped       int    // landings that could not be compared
	missing       bool   // for want of objects in this clone
	odd           []string
}

func (s *scan) landing(l git.Landing) error {
	s.walked++
	s.progress.step("%d landings, %d changed an agent (%s)", s.walked, s.found, l.At.Format("2006-01-02"))
	s.readSettings(l)
	out := scanned{Commit: l.Commit, At: l.At, Who: l.Author, Subject: l.Subject, Pull: pullOf(l.Subject), Changes: []change.Change{}}
	set, err := change.Compare(l.Before, l.After, s.settings)
	if err != nil {
		s.skipped++
		s.missing = s.missing || errors.Is(err, git.ErrMissing)
		out.Unreadable = err.Error()
		s.progress.clear()
		return s.print.landing(out)
	}
	for _, ch := range set.Changes {
		if ch.Confidence != change.Notice || s.notices {
			out.Changes = append(out.Changes, ch)
		}
	}
	if len(out.Changes) == 0 {
		return nil
	}
	s.found++
	s.progress.clear()
	return s.print.landing(out)
}

// readSettings takes the settings of the first parent, once for each version.
// Broken ones are those that the landings before them had.
func (s *scan) readSettings(l git.Landing) {
	e, ok := l.Before.Lookup(".github/countersign.yaml")
	if !ok {
		s.settings, s.settingsID = change.Settings{}, ""
		return
	}
	if e.ID == s.settingsID {
		return
	}
	s.settingsID = e.ID
	if settings, _, err := settingsAt(l.Before); err == nil {
		s.settings = settings.Change()
	} else {
		s.odd = append(s.odd, fmt.Sprintf("%.12s: %v (the settings before it are used)", l.Commit, err))
	}
}

func (s *scan) finish() error {
	s.progress.clear()
	for _, line := range s.odd {
		fmt.Fprintln(os.Stderr, "could not read the settings at "+plain(line, 300))
	}
	if err := s.print.end(s.walked, s.found); err != nil {
		return err
	}
	if s.skipped == 0 {
		return nil
	}
	text := "could not read " + plural(s.skipped, "landing", "landings") + " whole"
	if s.missing {
		text += ": this clone lacks some of the history's files. Bring them with git fetch --refetch --no-filter, and scan again"
	}
	return exit{exitUnknown, text}
}

var (
	mergeSubject  = regexp.MustCompile(`^Merge pull request #(\d+) from `)
	squashSubject = regexp.MustCompile(`\(#(\d+)\)$`)
)

// pullOf returns the pull request that a commit's subject names, as GitHub
// writes it when it merges, or 0.
func pullOf(subject string) int {
	for _, re := range []*regexp.Regexp{mergeSubject, squashSubject} {
		if m := re.FindStringSubmatch(strings.TrimSpace(subject)); m != nil {
			n, err := strconv.Atoi(m[1])
			if err == nil {
				return n
			}
		}
	}
	return 0
}

// A printer prints landings as they are found.
type printer interface {
	landing(l scanned) error
	end(walked, found int) error
}

func printerFor(o output, w io.Writer) printer {
	switch o {
	case "json":
		return &jsonPrinter{w}
	case "csv":
		p := &csvPrinter{w: csv.NewWriter(w)}
		p.err = p.w.Write([]string{"at", "commit", "pull", "who", "agent", "kind", "change", "direction", "dimension", "step", "before", "after",
			"lines_added", "lines_removed", "added", "removed", "path", "slot", "subject"})
		return p
	}
	return &tablePrinter{w: w}
}

// tablePrinter prints for people.
type tablePrinter struct {
	w                          io.Writer
	direct, widens, unreadable int
}

func (p *tablePrinter) landing(l scanned) error {
	var b strings.Builder
	through := fmt.Sprintf("pull request #%d", l.Pull)
	if l.Pull == 0 {
		through = "no pull request named"
	}
	if l.Pull == 0 && l.Unreadable == "" {
		p.direct++
	}
	fmt.Fprintf(&b, "%s  %.10s  %s  (%s)\n    %s\n", l.At.Format("2006-01-02"), l.Commit, plain(l.Who, 40), through, plain(l.Subject, 100))
	if l.Unreadable != "" {
		fmt.Fprintf(&b, "    ! could not be read: %s\n", plain(l.Unreadable, 200))
		p.unreadable++
	}
	widens := false
	for _, ch := range l.Changes {
		widens = widens || ch.Kind == change.ToolScope && ch.Direction != change.Narrows
		printChange(&b, ch, "    ")
	}
	if widens {
		p.widens++
	}
	b.WriteByte('\n')
	_, err := io.WriteString(p.w, b.String())
	return err
}

func (p *tablePrinter) end(walked, found int) error {
	text := fmt.Sprintf("%d of %s changed an agent; %d name no pull request, %d may have given an agent more to do.\n",
		found, plural(walked, "landing", "landings"), p.direct, p.widens)
	switch {
	case found == 0 && p.unreadable == 0:
		text = plural(walked, "landing", "landings") + ", none of which changed an agent.\n"
	case found == 0:
		text = plural(walked, "landing", "landings") + ", none of which is known to have changed an agent.\n"
	}
	if p.unreadable > 0 {
		text += plural(p.unreadable, "landing", "landings") + " could not be read whole, and may have changed an agent: see \"could not be read\" above.\n"
	}
	_, err := io.WriteString(p.w, text)
	return err
}

// jsonPrinter prints one object a line.
type jsonPrinter struct{ w io.Writer }

func (p *jsonPrinter) landing(l scanned) error {
	enc := json.NewEncoder(p.w)
	enc.SetEscapeHTML(false)
	return enc.Encode(l)
}

func (p *jsonPrinter) end(int, int) error { return nil }

// csvPrinter prints one row a change.
type csvPrinter struct {
	w   *csv.Writer
	err error
}

func (p *csvPrinter) landing(l scanned) error {
	if l.Unreadable != "" { // a row of its own, lest silence be taken for nothing
		l.Changes = []change.Change{{Kind: "unreadable", Change: l.Unreadable}}
	}
	for _, ch := range l.Changes {
		added, removed := "", ""
		if ch.Lines != nil {
			added, removed = strconv.Itoa(ch.Lines.Added), strconv.Itoa(ch.Lines.Removed)
		}
		row := []string{l.At.Format(time.RFC3339), l.Commit, strconv.Itoa(l.Pull), l.Who, ch.Agent, string(ch.Kind), ch.Change,
			string(ch.Direction), ch.Dimension, string(ch.Step), deref(ch.Before), deref(ch.After), added, removed,
			strings.Join(ch.Added, "; "), strings.Join(ch.Removed, "; "), ch.Path, ch.Slot, l.Subject}
		for i := range row {
			row[i] = cell(row[i])
		}
		if err := p.w.Write(row); err != nil {
			return err
		}
	}
	return nil
}

func (p *csvPrinter) end(int, int) error {
	p.w.Flush()
	if p.err != nil {
		return p.err
	}
	return p.w.Error()
}

// cell keeps a spreadsheet from reading text as a formula. Source: OWASP, CSV
// Injection.
func cell(s string) string {
	s = plain(s, 2000)
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// progress shows how far long work is, on a terminal only.
type progress struct {
	w    io.Writer
	last time.Time
	len  int
}

func progressTo(f *os.File) *progress {
	if !isTerminal(f) {
		return &progress{}
	}
	return &progress{w: f}
}

func (p *progress) step(format string, args ...any) {
	if p.w == nil || time.Since(p.last) < 100*time.Millisecond {
		return
	}
	p.last = time.Now()
	line := fmt.Sprintf(format, args...)
	fmt.Fprintf(p.w, "\r%-*s", p.len, line)
	p.len = len(line)
}

func (p *progress) clear() {
	if p.w != nil && p.len > 0 {
		fmt.Fprintf(p.w, "\r%*s\r", p.len, "")
		p.len = 0
	}
}
