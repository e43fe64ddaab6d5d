// Command countersign is the GitHub App and the tools around it: the server,
// a demo, a scan of any repository's history, and the export of change records
// with its verification.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// Exit codes.
const (
	exitYes     = 0 // done, or the answer is yes
	exitNo      = 1 // the answer is no
	exitUnknown = 2 // wrong usage, or it could not be told
	exitWaiting = 3 // check only: people are awaited
)

// An exit ends the program with a code and, unless text is empty, says why.
type exit struct {
	code int
	text string
}

func (e exit) Error() string { return e.text }

func main() { os.Exit(run()) }

func run() int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := newRoot()
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitYes
	}
	var e exit
	if errors.As(err, &e) {
		if e.text != "" {
			fmt.Fprintln(os.Stderr, "countersign: "+e.text)
		}
		return e.code
	}
	fmt.Fprintln(os.Stderr, "countersign: "+err.Error())
	return exitUnknown
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "countersign",
		Short: "Sign-off and change records for AI agents",
		Long: `Countersign is a GitHub App. It sees what a pull request does to an AI agent (its
model, its prompts, its tool scopes), asks the people whom policy names for their
sign-off on that exact content, and leaves a sealed record of every landing.

Start with:
  countersign demo          the whole story on this machine, without an account
  countersign scan [REPO]   what changed agents in a repository's history`,
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return exit{exitUnknown, fmt.Sprintf("%v (see %s --help)", err, c.CommandPath())}
	})
	root.AddCommand(newServe(), newDemo(), newScan(), newCheck(), newCompare(), newFormats(), newPolicy(),
		newRecords(), newExport(), newVerify(), newVersion())
	return root
}

// output is the --output flag of a command that prints results.
type output string

func (o *output) add(c *cobra.Command, formats ...string) {
	*o = output(formats[0])
	c.Flags().VarP(&choice{(*string)(o), formats}, "output", "o", "print as "+oneOf(formats))
	_ = c.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(formats, cobra.ShellCompDirectiveNoFileComp))
}

// choice is a flag that takes one of a few words.
type choice struct {
	value *string
	words []string
}

func (c *choice) String() string { return *c.value }
func (c *choice) Type() string   { return "format" }
func (c *choice) Set(s string) error {
	for _, w := range c.words {
		if s == w {
			*c.value = s
			return nil
		}
	}
	return fmt.Errorf("must be %s", oneOf(c.words))
}

func oneOf(words []string) string {
	text := ""
	for i, w := range words {
		switch {
		case i == 0:
		case i == len(words)-1:
			text += " or "
		default:
			text += ", "
		}
		text += w
	}
	return text
}
