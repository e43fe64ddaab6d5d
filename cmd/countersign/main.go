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
	"strconv"
	"strings"
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
		Args:          subcommand,
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.SetFlagErrorFunc(func(c *cobra.Command, err error) error {
		return exit{exitUnknown, fmt.Sprintf("%v (see %s --help)", err, c.CommandPath())}
	})
	root.AddCommand(newServe(), newDemo(), newScan(), newCheck(), newCompare(), newFormats(), newPolicy(),
		newRecords(), newExport(), newVerify(), newVersion())
	root.SetHelpCommand(newHelp(root))
	root.InitDefaultCompletionCmd()
	for _, c := range root.Commands() {
		if c.Name() == "completion" {
			c.Args, c.RunE = subcommand, func(c *cobra.Command, _ []string) error { return c.Help() }
		}
	}
	return root
}

func newHelp(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Explain a command",
		RunE: func(_ *cobra.Command, args []string) error {
			c, rest, err := root.Find(args)
			if err != nil {
				return err
			}
			if len(rest) > 0 {
				return subcommand(c, rest)
			}
			return c.Help()
		},
	}
}

// subcommand refuses what is no command below c, and says what is.
func subcommand(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, sub := range c.Commands() {
		if sub.IsAvailableCommand() || sub.Name() == "help" {
			names = append(names, sub.Name())
		}
	}
	if len(names) == 0 {
		return exit{exitUnknown, fmt.Sprintf("%s has no commands of its own, such as %q", c.CommandPath(), args[0])}
	}
	text := fmt.Sprintf("there is no command %q", c.CommandPath()+" "+args[0])
	c.SuggestionsMinimumDistance = 2
	if near := c.SuggestionsFor(args[0]); len(near) > 0 {
		text += "; did you mean " + oneOf(near) + "?"
	}
	return exit{exitUnknown, text + " (commands here: " + strings.Join(names, ", ") + ")"}
}

// arguments takes the arguments that are named, of which the first least must
// be given.
func arguments(least int, names ...string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		switch {
		case len(args) < least:
			return exit{exitUnknown, fmt.Sprintf("%s is missing: %s", names[len(args)], c.UseLine())}
		case len(args) > len(names):
			return exit{exitUnknown, fmt.Sprintf("%q is one argument too many: %s", args[len(names)], c.UseLine())}
		}
		return nil
	}
}

// output is the --output flag of a command that prints results.
type output string

func (o *output) add(c *cobra.Command, formats ...string) {
	*o = output(formats[0])
	addChoice(c, "output", "o", (*string)(o), formats, "format", "print as "+oneOf(formats))
}

// addChoice adds a flag that takes one of a few words.
func addChoice(c *cobra.Command, name, short string, value *string, words []string, what, usage string) {
	c.Flags().VarP(&choice{value, words, what}, name, short, usage)
	_ = c.RegisterFlagCompletionFunc(name, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
}

// choice is the value of a flag that takes one of a few words.
type choice struct {
	value *string
	words []string
	what  string // what they are, for --help
}

func (c *choice) String() string { return *c.value }
func (c *choice) Type() string   { return c.what }
func (c *choice) Set(s string) error {
	for _, w := range c.words {
		if s == w {
			*c.value = s
			return nil
		}
	}
	return fmt.Errorf("must be %s", oneOf(c.words))
}

// positive is the value of a flag that takes a whole number from 1.
type positive struct{ value *int }

func (p positive) String() string {
	if p.value == nil || *p.value == 0 {
		return "" // so that --help shows no default
	}
	return strconv.Itoa(*p.value)
}
func (p positive) Type() string { return "number" }
func (p positive) Set(s string) error {
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		return errors.New("must be a whole number from 1")
	}
	*p.value = n
	return nil
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
