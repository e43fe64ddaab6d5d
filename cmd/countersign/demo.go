package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/countersign-dev/countersign/internal/ghsim"
	"github.com/countersign-dev/countersign/record"
)

func newDemo() *cobra.Command {
	var (
		stay bool
		dir  string
	)
	c := &cobra.Command{
		Use:   "demo",
		Short: "Play the whole story on this machine: no account, no network",
		Long: `Start a simulated GitHub on loopback and the real server beside it, install the app on
a sample repository with three agents, and let people work: a model bump, a prompt edit,
a tool that is granted, and an administrator who merges past the red check. It ends with
an export and its verification by the public key alone.

With --stay both servers stay up, one pull request waits for you, and lines to paste are
printed: sign as one of the people, list records, export, verify, scan.`,
		Example: "  countersign demo\n  countersign demo --stay\n  countersign demo --dir ./demo",
		Args:    arguments(0),
		RunE: func(c *cobra.Command, _ []string) error {
			dir, err := freshFolder(dir)
			if err != nil {
				return err
			}
			d := &demo{w: c.OutOrStdout(), dir: dir, self: self()}
			defer d.close()
			if err := d.play(c.Context()); err != nil {
				return err
			}
			if !stay {
				return nil
			}
			return d.stay(c.Context())
		},
	}
	c.Flags().BoolVar(&stay, "stay", false, "leave the servers running, and say how to look around")
	c.Flags().StringVar(&dir, "dir", "", "new folder for the repository, database and export (default: a temporary one)")
	return c
}

// A demo plays people on a simulated GitHub against the real server.
type demo struct {
	w      io.Writer
	dir    string
	self   string // how this program is called, for lines to paste
	sim    *ghsim.Server
	srv    *server
	repo   *ghsim.Repo
	people map[string]*ghsim.User
}

func (d *demo) close() {
	if d.srv != nil {
		d.srv.Close()
	}
	if d.sim != nil {
		d.sim.Close()
	}
}

// The files of the sample repository.
const (
	refundAgent = ".claude/agents/refund-bot.md"
	triageAgent = ".github/prompts/triage.prompt.yml"
)

var demoFiles = ghsim.Files{
	"README.md": "Acme's support agents.\n",
	refundAgent: `---
name: refund-bot
description: Decides on refunds up to 50 EUR.
tools: Read, Grep, Bash(gh issue view:*)
model: claude-sonnet-4-5
---
You decide on refunds.
Pay at most 50 EUR without asking.
Always give the reason.
`,
	triageAgent: `name: triage
model: openai/gpt-4o-mini
messages:
  - role: system
    content: Sort each ticket by urgency.
  - role: user
    content: "{{ticket}}"
`,
	"CLAUDE.md":             "Work on Acme's support agents. Run the tests before you commit.\n",
	".claude/settings.json": "{\n  \"permissions\": {\n    \"allow\": [\"Bash(go test:*)\"],\n    \"deny\": [\"Bash(git push:*)\"]\n  }\n}\n",
	".github/countersign.yaml": `version: 1
branches: [main]
approvers:
  model:    {people: [bob]}
  prompt:   {people: [carol]}
  tools:    {people: [dana]}
  security: {people: [frank]}
  policy:   {people: [erin]}
`,
	".github/countersign/security.rego": `# METADATA
# title: Shell access
# description: Security signs when an agent may run more shell commands.
# custom:
#   id: acme.shell
#   controls: [CC6.3]
#   severity: high
package countersign.acme

# METADATA
# title: An agent may run more shell commands
# description: Security signs beside the owner of the tools.
# custom:
#   id: acme.shell
#   controls: [CC6.3]
#   severity: high
require contains {
	"rule": "acme.shell",
	"id": "security",
	"reason": "the agent may run more shell commands",
	"role": "security",
	"need": 1,
	"changes": [change.id],
} if {
	some change in input.changes
	change.kind == "tool_scope"
	some entry in change.added
	contains(entry, "Bash")
}
`,
}

// start brings up the simulated GitHub and the server, wired as serve wires it.
func (d *demo) start(ctx context.Context) error {
	var err error
	d.sim, err = ghsim.New(ghsim.Options{Dir: filepath.Join(d.dir, "github")})
	if err != nil {
		return err
	}
	acme := d.sim.AddOrg("acme")
	d.people = map[string]*ghsim.User{}
	for _, name := range []string{"alice", "bob", "carol", "dana", "erin", "frank", "root"} {
		d.people[name] = d.sim.AddUser(name)
		acme.SetMember(d.people[name], "member")
	}
	if d.repo, err = acme.AddRepo("support", ghsim.RepoOptions{Files: demoFiles}); err != nil {
		return err
	}
	for name, u := range d.people {
		role := "write"
		if name == "root" {
			role = "admin"
		}
		d.repo.SetRole(u, role)
	}
	d.repo.Protect(d.people["root"], "main", ghsim.Protection{RequirePull: true,
		Checks: []ghsim.Check{{Context: "countersign: main", AppID: d.sim.App().ID()}}})
	d.sim.Install(acme.User)
	d.srv, err = startServer(ctx, simConfig(d.sim, filepath.Join(d.dir, "countersign"), ""), d.sim.Now)
	if err != nil {
		return err
	}
	d.sim.SetWebhook(d.srv.URL()+"/webhook", simSecret)
	return d.settle(ctx)
}

// settle waits until everything was delivered and handled.
func (d *demo) settle(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		if err := d.sim.Flush(ctx); err != nil {
			return err
		}
		busy, err := d.srv.Drain(ctx)
		if err != nil || !busy {
			return err
		}
	}
}

// A beat is one thing that somebody does, with GitHub's clock moved on.
func (d *demo) beat(ctx context.Context, line string, do func() error) error {
	d.sim.Advance(11 * time.Minute)
	fmt.Fprintf(d.w, "  %s\n", line)
	if err := do(); err != nil {
		return fmt.Errorf("%s: %w", line, err)
	}
	return d.settle(ctx)
}

func (d *demo) chapter(n int, title string) { fmt.Fprintf(d.w, "\n%d. %s\n", n, title) }

// check prints the line of the check as GitHub shows it.
func (d *demo) check(p *ghsim.Pull) error {
	run, ok := p.Check("countersign: main")
	if !ok {
		return errors.New("there is no check")
	}
	mark := map[string]string{"success": "✓", "failure": "✗", "action_required": "…"}[run.Conclusion]
	fmt.Fprintf(d.w, "     %s countersign: main — %s\n", mark, run.Title)
	return nil
}

// reply prints what the bot answered last, in one line.
func (d *demo) reply(p *ghsim.Pull) {
	all := p.Comments()
	for i := len(all) - 1; i >= 0; i-- {
		if c := all[i]; c.Author().ID() == d.sim.App().Bot().ID() && !strings.HasPrefix(c.Body(), "<!--") {
			fmt.Fprintf(d.w, "     countersign: %s\n", asText(c.Body()))
			return
		}
	}
}

// report prints the comment that an engineer gets.
func (d *demo) report(p *ghsim.Pull) {
	for _, c := range p.Comments() {
		if strings.HasPrefix(c.Body(), "<!--") {
			for line := range strings.Lines(c.Body()) {
				if line = strings.TrimRight(line, "\n "); line == "" || strings.HasPrefix(line, "|---") || strings.HasPrefix(line, "```") {
					continue
				}
				if line = strings.TrimSpace(asText(line)); line != "" {
					fmt.Fprintf(d.w, "     │ %s\n", line)
				}
			}
		}
	}
}

var markup = regexp.MustCompile(`<!--.*?-->|</?sub>|\*\*|#### |### |<br>`)

// asText takes the markup out of a comment, for a terminal.
func asText(s string) string {
	s = markup.ReplaceAllStringFunc(s, func(m string) string {
		if m == "<br>" {
			return "  "
		}
		return ""
	})
	return strings.NewReplacer("&#64;", "@", "&#35;", "#", "&#58;", ":", "&#46;", ".", "&lt;", "<", "&gt;", ">", "&amp;", "&", `\_`, "_", `\|`, "|", `\*`, "*", `\~`, "~", "`", "").Replace(s)
}

// newest returns the newest record.
func (d *demo) newest(ctx context.Context) (*record.Entry, error) {
	entries, err := d.srv.log.List(ctx, record.Query{})
	if err != nil {
		return nil, err
	}
	if len(entries) == 0 {
		return nil, errors.New("nothing was recorded")
	}
	newest := entries[0]
	for _, e := range entries {
		if e.Index > newest.Index {
			newest = e
		}
	}
	return newest, nil
}

// sealed prints the newest record in one line.
func (d *demo) sealed(ctx context.Context) error {
	e, err := d.newest(ctx)
	if err == nil {
		fmt.Fprintf(d.w, "     ▣ %s  %s  leaf %d\n", e.ID, outcomeOf(e), e.Index)
	}
	return err
}

// account prints what the newest record says, as records NAME does, up to the
// tests of the control, and the exceptions.
func (d *demo) account(ctx context.Context) error {
	e, err := d.newest(ctx)
	if err != nil {
		return err
	}
	var b strings.Builder
	if err := record.Render(&b, e); err != nil {
		return err
	}
	tests := false
	for line := range strings.Lines(b.String()) {
		tests = tests || strings.Contains(line, "Tests of the control")
		if line = strings.TrimRight(line, "\n "); line != "" && (!tests || strings.HasPrefix(line, "  EX")) {
			fmt.Fprintf(d.w, "     ▣ %s\n", line)
		}
	}
	return nil
}
