package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/countersign-dev/countersign/internal/ghsim"
	"github.com/countersign-dev/countersign/record"
)

// play tells the story. Each chapter is a pull request.
func (d *demo) play(ctx context.Context) error {
	began := time.Now()
	if err := d.start(ctx); err != nil {
		return err
	}
	fmt.Fprintf(d.w, "A simulated GitHub and the real server run on loopback, in %s.\n", d.dir)
	fmt.Fprintln(d.w, "acme/support holds three agents: refund-bot, triage and the coding assistant of CLAUDE.md.")
	for _, chapter := range []func(context.Context) error{d.modelBump, d.promptEdit, d.toolGrant, d.pastTheCheck, d.audit} {
		if err := chapter(ctx); err != nil {
			return err
		}
	}
	d.repo.Dir() // writes out what the simulated GitHub holds in memory
	fmt.Fprintf(d.w, "\nPlayed in %.1f s. The repository, the database and the export are in %s.\n", time.Since(began).Seconds(), d.dir)
	return nil
}

func (d *demo) comment(ctx context.Context, p *ghsim.Pull, who, text string) error {
	return d.beat(ctx, who+" comments: "+shortened(text), func() error { p.Comment(d.people[who], text); return nil })
}

// shortened shows a command with its commit id cut, as people see it.
func shortened(text string) string {
	words := strings.Fields(text)
	for i, w := range words {
		if len(w) == 40 {
			words[i] = w[:7] + "…"
		}
	}
	return strings.Join(words, " ")
}

func (d *demo) open(ctx context.Context, who, branch, title string, files ghsim.Files) (p *ghsim.Pull, err error) {
	err = d.beat(ctx, who+" opens: "+title, func() error {
		p, err = d.repo.OpenPull(d.people[who], ghsim.PullSpec{Head: branch, Title: title, Commit: &ghsim.CommitSpec{Files: files}})
		return err
	})
	return p, err
}

func (d *demo) merge(ctx context.Context, p *ghsim.Pull, who string) error {
	return d.beat(ctx, who+" merges", func() error { _, err := p.Merge(d.people[who], ghsim.Squash); return err })
}

// with returns a file of the repository with one text in the place of another.
func with(path, old, now string) ghsim.Files {
	return ghsim.Files{path: strings.Replace(demoFiles[path], old, now, 1)}
}

func (d *demo) modelBump(ctx context.Context) error {
	d.chapter(1, "A model bump, one line of YAML")
	p, err := d.open(ctx, "alice", "bump", "Use gpt-4.1 for triage", with(triageAgent, "openai/gpt-4o-mini", "openai/gpt-4.1"))
	if err != nil {
		return err
	}
	d.report(p)
	if err := d.comment(ctx, p, "bob", "/countersign approve -- evals look good"); err != nil {
		return err
	}
	if err := d.check(p); err != nil {
		return err
	}
	if err := d.merge(ctx, p, "alice"); err != nil {
		return err
	}
	return d.sealed(ctx)
}

func (d *demo) promptEdit(ctx context.Context) error {
	d.chapter(2, "A prompt edit and a model, and what a sign-off is bound to")
	triage := strings.Replace(demoFiles[triageAgent], "openai/gpt-4o-mini", "openai/gpt-4.1-mini", 1)
	p, err := d.open(ctx, "alice", "refund", "Refunds up to 80 EUR", ghsim.Files{
		refundAgent: strings.Replace(demoFiles[refundAgent], "at most 50 EUR", "at most 80 EUR", 1), triageAgent: triage})
	if err != nil {
		return err
	}
	if err := d.comment(ctx, p, "alice", "/countersign approve prompt"); err != nil {
		return err
	}
	d.reply(p)
	for _, who := range []string{"carol", "bob"} {
		if err := d.comment(ctx, p, who, "/countersign approve"); err != nil {
			return err
		}
	}
	if err := d.check(p); err != nil {
		return err
	}
	if err := d.beat(ctx, "alice rebases onto main: the content is the same, so both sign-offs stand", func() error {
		_, err := p.Rebase(d.people["alice"])
		return err
	}); err != nil {
		return err
	}
	if err := d.check(p); err != nil {
		return err
	}
	if err := d.beat(ctx, "alice changes one word of the prompt: exactly carol's sign-off is void", func() error {
		_, err := p.Commit(d.people["alice"], ghsim.CommitSpec{Files: ghsim.Files{
			refundAgent: strings.Replace(demoFiles[refundAgent], "at most 50 EUR", "at most 90 EUR", 1)}})
		return err
	}); err != nil {
		return err
	}
	if err := d.check(p); err != nil {
		return err
	}
	if err := d.comment(ctx, p, "carol", "/countersign approve "+p.Head()); err != nil {
		return err
	}
	if err := d.check(p); err != nil {
		return err
	}
	if err := d.merge(ctx, p, "alice"); err != nil {
		return err
	}
	return d.sealed(ctx)
}

func (d *demo) toolGrant(ctx context.Context) error {
	d.chapter(3, "A tool is granted: the default rules ask the tools' owner, the repository's own rule asks security")
	p, err := d.open(ctx, "alice", "merge-tool", "Let the assistant merge", with(".claude/settings.json",
		`"Bash(go test:*)"`, `"Bash(go test:*)", "Bash(gh pr merge:*)"`))
	if err != nil {
		return err
	}
	if err := d.check(p); err != nil {
		return err
	}
	for _, who := range []string{"dana", "frank"} {
		if err := d.comment(ctx, p, who, "/countersign approve"); err != nil {
			return err
		}
		if err := d.check(p); err != nil {
			return err
		}
	}
	if err := d.merge(ctx, p, "alice"); err != nil {
		return err
	}
	return d.sealed(ctx)
}

func (d *demo) pastTheCheck(ctx context.Context) error {
	d.chapter(4, "An administrator merges past the red check")
	p, err := d.open(ctx, "alice", "hotfix", "Never mind the reason", with(refundAgent, "Always give the reason.\n", ""))
	if err != nil {
		return err
	}
	if err := d.check(p); err != nil {
		return err
	}
	if err := d.beat(ctx, "root merges as administrator", func() error {
		_, err := p.MergeAsAdmin(d.people["root"], ghsim.Squash)
		return err
	}); err != nil {
		return err
	}
	if err := d.check(p); err != nil {
		return err
	}
	return d.account(ctx)
}

// audit exports the records and verifies them by the public key alone.
func (d *demo) audit(ctx context.Context) error {
	d.chapter(5, "The auditor's export, checked without us")
	out := filepath.Join(d.dir, "export")
	if err := exportTo(ctx, &indented{d.w, "  "}, d.srv.log, out, record.Query{}, ""); err != nil {
		return err
	}
	key := d.srv.log.VerifierKey()
	fmt.Fprintf(d.w, "  $ countersign verify --key '%s' %s\n", key, out)
	return verifyDir(&indented{d.w, "     "}, out, key, "")
}

// indented writes lines behind a margin.
type indented struct {
	w interface {
		Write([]byte) (int, error)
	}
	margin string
}

func (i *indented) Write(p []byte) (int, error) {
	for line := range strings.Lines(string(p)) {
		if _, err := fmt.Fprint(i.w, i.margin+line); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}
