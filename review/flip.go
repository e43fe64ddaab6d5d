package review

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/countersign-dev/countersign/change"
)

const (
	flipTime  = 2 * time.Second // for the flip list of one pull request
	flipLimit = 40              // decisions that are run again for it
)

// A Decision is one of the past, with the policy input that it was made on.
type Decision struct {
	Record string // CHG-2026-000041
	Pull   int
	Input  []byte // PolicyInput as JSON
}

// A Past knows decisions that were recorded. It returns those of a repository,
// by id or owner/name, or of all when it is "", whose input is still disclosed, newest first, and how many there are in all
// among the newest limit.
type Past interface {
	Decisions(ctx context.Context, repo string, limit int) (all []Decision, of int, err error)
}

// Rules are what a repository brings to a decision.
type Rules struct {
	Settings Settings
	Sources  []PolicySource
}

// RulesOf reads the rules of a tree. Those that do not load are a *RulesError.
func RulesOf(tree change.Tree) (Rules, error) {
	var out Rules
	var err error
	if out.Settings, _, err = ReadSettings(tree); err != nil {
		return out, err
	}
	out.Sources, err = sourcesOf(tree)
	return out, err
}

// A Flip is a past decision that other rules would have made otherwise.
type Flip struct {
	Record  string
	Pull    int
	Loosens bool     // something that was asked would not be asked any more
	What    []string // in words, what differs
}

// A FlipList is what a change of rules does to decisions of the past, those that
// it loosens first.
type FlipList struct {
	Flips  []Flip
	Run    int    // decisions that were run again
	Of     int    // decisions that there are
	Broken string // why the new rules do not load, "" when they do
}

// Backtest runs past decisions under the rules before and after a change, as
// many as ctx leaves time for. Both sides are run, so that only the change
// shows; who holds a role, and what is detected, is not part of it.
func Backtest(ctx context.Context, policy Policy, past []Decision, before, after Rules) (FlipList, error) {
	var out FlipList
	for _, d := range past {
		was, err := rerun(ctx, policy, d, before)
		if err == nil {
			var is Demand
			if is, err = rerun(ctx, policy, d, after); err == nil {
				out.Run++
				if f := flipOf(d, was, is); len(f.What) > 0 {
					out.Flips = append(out.Flips, f)
				}
				continue
			}
		}
		var broken *RulesError
		switch {
		case ctx.Err() != nil:
			slices.SortStableFunc(out.Flips, looseFirst)
			return out, nil
		case errors.As(err, &broken):
			out.Broken = broken.Error()
			return out, nil
		}
		return out, fmt.Errorf("run the decision of %s again: %w", d.Record, err)
	}
	slices.SortStableFunc(out.Flips, looseFirst)
	return out, nil
}

func looseFirst(a, b Flip) int {
	switch {
	case a.Loosens == b.Loosens:
		return 0
	case a.Loosens:
		return -1
	}
	return 1
}

func rerun(ctx context.Context, policy Policy, d Decision, rules Rules) (Demand, error) {
	var in PolicyInput
	if err := json.Unmarshal(d.Input, &in); err != nil {
		return Demand{}, fmt.Errorf("read its input: %w", err)
	}
	in.Settings = rules.Settings.view(in.Settings.Branch, in.Settings.Mode == "observe")
	demand, err := policy.Require(ctx, in, rules.Sources)
	for i, req := range demand.Requirements {
		demand.Requirements[i].Need = max(req.Need, rules.Settings.Approvers[req.Role].Need)
	}
	return demand, err
}

// flipOf says how two demands on one decision differ.
func flipOf(d Decision, was, is Demand) Flip {
	f := Flip{Record: d.Record, Pull: d.Pull}
	loosens := func(yes bool, format string, args ...any) {
		f.Loosens = f.Loosens || yes
		f.What = append(f.What, fmt.Sprintf(format, args...))
	}
	before := map[string]Requirement{}
	for _, req := range was.Requirements {
		before[req.ID] = req
	}
	for _, req := range is.Requirements {
		old, had := before[req.ID]
		delete(before, req.ID)
		switch {
		case !had:
			loosens(false, "%s would be asked for", req.ID)
		case old.Need != req.Need:
			loosens(req.Need < old.Need, "%s would need %d instead of %d", req.ID, req.Need, old.Need)
		case asked(old) != asked(req):
			loosens(true, "%s would be asked of others", req.ID) // who they are is not compared
		case !slices.Equal(old.Changes, req.Changes):
			loosens(len(req.Changes) < len(old.Changes), "%s would cover other changes", req.ID)
		}
	}
	for _, id := range sortedKeys(before) {
		loosens(true, "%s would not be asked for", id)
	}
	if had, has := len(was.Denials) > 0, len(is.Denials) > 0; had != has {
		loosens(had, "%s", map[bool]string{true: "it would be denied", false: "it would not be denied"}[has])
	}
	return f
}

func asked(req Requirement) string {
	return req.Role + "|" + strings.Join(req.People, ",") + "|" + strings.Join(req.Teams, ",")
}

// flipsFor is how long a flip list is kept.
const flipsFor = 24 * time.Hour

// flipList is the flip list of a pull request that changes the rules, and nil of
// any other. It is made once for the same rules before and after and the same
// decisions: whoever wrote the rules after need not be anybody's friend, and
// each new title would have them run again.
func (r *Reviewer) flipList(ctx context.Context, c *Case, rules *rulesInForce, head change.Tree) (*FlipList, error) {
	gate, _ := gating(c.Set)
	touched := slices.ContainsFunc(gate, func(ch change.Change) bool { return ch.Kind == change.Policy })
	if r.Past == nil || !touched || rules.broken != nil || rules.enrols {
		return nil, nil
	}
	past, of, err := r.Past.Decisions(ctx, strconv.FormatInt(c.Pull.Repo.ID, 10), flipLimit)
	if err != nil {
		return nil, err
	}
	newest := ""
	if len(past) > 0 {
		newest = past[0].Record
	}
	key := fmt.Sprintf("%d %s %s %s %d", c.Pull.Repo.ID, rulesOf(rules.tip), rulesOf(head), newest, of)
	if kept, ok := r.flips.get(key, r.Now()); ok {
		return kept, nil
	}
	out, err := r.makeFlips(ctx, past, of, rules, head)
	if err != nil {
		return nil, err
	}
	r.flips.put(key, out, r.Now().Add(flipsFor))
	return out, nil
}

func (r *Reviewer) makeFlips(ctx context.Context, past []Decision, of int, rules *rulesInForce, head change.Tree) (*FlipList, error) {
	var broken *RulesError
	if err := loads(ctx, r.Policy, head); errors.As(err, &broken) {
		return &FlipList{Broken: broken.Error()}, nil
	} else if err != nil || of == 0 {
		return nil, err
	}
	after, err := RulesOf(head)
	if err != nil {
		return nil, err
	}
	within, cancel := context.WithTimeout(ctx, flipTime)
	defer cancel()
	out, err := Backtest(within, r.Policy, past, Rules{rules.settings, rules.sources}, after)
	if err != nil {
		return nil, err
	}
	out.Of = of
	return &out, ctx.Err()
}

// writeFlips shows what a change of rules does to decisions of the past.
func writeFlips(b *strings.Builder, l *FlipList) {
	switch {
	case l == nil:
		return
	case l.Broken != "":
		fmt.Fprintf(b, "> ⚠️ The rules of this head do not load, and nothing could be decided under them: %s\n\n", prose(l.Broken))
		return
	}
	b.WriteString("#### What the new rules would have asked\n\n")
	for i, f := range l.Flips {
		if i == 12 {
			fmt.Fprintf(b, "- and %d more\n", len(l.Flips)-i)
			break
		}
		mark := "🔒 tighter"
		if f.Loosens {
			mark = "🔓 **looser**"
		}
		fmt.Fprintf(b, "- %s: %s (#%d): %s\n", mark, code(f.Record), f.Pull, prose(strings.Join(f.What, "; ")))
	}
	if len(l.Flips) == 0 {
		b.WriteString("Nothing else than before.\n")
	}
	fmt.Fprintf(b, "\n%d of %s run again. Who holds a role, and what is detected as a change, was left as it is.\n\n",
		l.Run, plural(l.Of, "recent decision was", "recent decisions were"))
}
