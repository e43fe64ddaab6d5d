package record

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/countersign-dev/countersign/change"
)

// columns are those of changes.csv, in the order in which a tester works:
// identify, what, who made it, tests, policy, sign-offs, merge, verdicts,
// exceptions, proof.
var columns = []struct {
	name  string
	value func(*row) string
}{
	{"record", func(r *row) string { return r.e.ID }},
	{"repository_id", func(r *row) string { return strconv.FormatInt(r.Identity.Repository, 10) }},
	{"repository", func(r *row) string { return r.e.Text(r.Identity.Owner) + "/" + r.e.Text(r.Identity.Name) }},
	{"pull", func(r *row) string { return r.ofPull(func(p Pull) string { return strconv.Itoa(p.Number) }) }},
	{"url", (*row).url},
	{"ref", func(r *row) string { return r.e.Word(r.Identity.Ref) }},
	{"before", func(r *row) string { return r.e.Word(r.Identity.Before) }},
	{"head", func(r *row) string { return r.ofPull(func(p Pull) string { return r.e.Word(p.Head) }) }},
	{"landed", func(r *row) string { return r.e.Word(r.Identity.After) }},
	{"title", func(r *row) string { return r.ofPull(func(p Pull) string { return r.e.Text(p.Title) }) }},
	{"justification", func(r *row) string { return r.e.Text(r.Why.Justification) }},
	{"agents", func(r *row) string { return r.ofSet(func(ch change.Change) []string { return []string{ch.Agent} }) }},
	{"kinds", (*row).kinds},
	{"changes", func(r *row) string { return strconv.Itoa(r.What.Changes) }},
	{"paths", func(r *row) string { return r.ofSet(func(ch change.Change) []string { return ch.Paths }) }},
	{"what", func(r *row) string {
		return r.ofSet(func(ch change.Change) []string { return []string{string(ch.Kind) + " " + describeChange(ch)} })
	}},
	{"findings", func(r *row) string { return strconv.Itoa(r.What.Findings) }},
	{"author", func(r *row) string { return r.ofPull(func(p Pull) string { return r.e.Who(p.Author) }) }},
	{"contributors", (*row).contributors},
	{"checks", func(r *row) string { return strconv.Itoa(len(r.Tests)) }},
	{"rules", func(r *row) string { return policyOf(r, func(p Policy) string { return string(p.Rules) }) }},
	{"decision", func(r *row) string { return policyOf(r, func(p Policy) string { return string(p.Decision) }) }},
	{"requirements", func(r *row) string {
		var ids []string
		for _, q := range r.requirements() {
			ids = append(ids, r.e.Word(q.ID))
		}
		return join(ids)
	}},
	{"denials", func(r *row) string {
		return policyOf(r, func(p Policy) string { return strconv.Itoa(len(p.Denials)) })
	}},
	{"signed_by", (*row).signers},
	{"last_signed_at", (*row).lastSigned},
	{"refused", func(r *row) string { return r.count(Refused) }},
	{"voided", func(r *row) string { return r.count(Voided) }},
	{"method", func(r *row) string { return string(r.Identity.Method) }},
	{"landed_by", func(r *row) string { return r.e.Who(r.Identity.LandedBy) }},
	{"landed_at", func(r *row) string { return string(r.Identity.LandedAt) }},
	{"check_required", func(r *row) string { return strconv.FormatBool(r.Enforcement.Required) }},
	{"outcome", func(r *row) string { return r.e.Word(r.Outcome.Outcome) }},
	{"missing", func(r *row) string { return join(words(r.Outcome.Missing)) }},
	{"a1_in_population", attribute("a1")}, {"a2_described", attribute("a2")}, {"a3_assessed", attribute("a3")},
	{"a4_tested", attribute("a4")}, {"a5_signed_by_named", attribute("a5")}, {"a6_independent", attribute("a6")},
	{"a7_final_content", attribute("a7")}, {"a8_in_time", attribute("a8")}, {"a9_standing", attribute("a9")},
	{"a10_allowed", attribute("a10")}, {"a11_not_bypassed", attribute("a11")}, {"a12_emergency", attribute("a12")},
	{"a13_deployed", attribute("a13")},
	{"exceptions", func(r *row) string {
		var codes []string
		for _, x := range Exceptions(*r.Record, r.e.addenda()...) {
			codes = append(codes, x.Code)
		}
		return join(codes)
	}},
	{"leaf", func(r *row) string { return strconv.FormatInt(r.e.Index, 10) }},
	{"leaf_hash", func(r *row) string { return fmt.Sprintf("%x", r.e.Hash[:]) }},
}

// A row is one landing on its way into a table.
type row struct {
	*Record
	e          *Entry
	attributes []Attribute
}

// header returns the first line of changes.csv.
func header() []string {
	var out []string
	for _, c := range columns {
		out = append(out, c.name)
	}
	return out
}

// cells returns the line of an entry that is a landing.
func cells(e *Entry) []string {
	r := &row{e.Landing, e, Attributes(*e.Landing, e.addenda()...)}
	out := make([]string, 0, len(columns))
	for _, c := range columns {
		out = append(out, cell(c.value(r)))
	}
	return out
}

func attribute(id string) func(*row) string {
	return func(r *row) string {
		i := slices.IndexFunc(r.attributes, func(a Attribute) bool { return a.ID == id })
		return r.attributes[i].Result
	}
}

func (r *row) ofPull(f func(Pull) string) string {
	if r.Pull == nil {
		return ""
	}
	return f(*r.Pull)
}

func policyOf(r *row, f func(Policy) string) string {
	if r.Policy == nil {
		return ""
	}
	return f(*r.Policy)
}

func (r *row) url() string {
	base := "https://" + r.e.Word(r.Identity.Host) + "/" + r.e.Text(r.Identity.Owner) + "/" + r.e.Text(r.Identity.Name)
	if strings.Contains(base, notDisclosed) {
		return notDisclosed
	}
	if r.Pull == nil {
		return base + "/commit/" + r.e.Word(r.Identity.After)
	}
	return base + "/pull/" + strconv.Itoa(r.Pull.Number)
}

// ofSet joins what f takes of each gating change, each once.
func (r *row) ofSet(f func(change.Change) []string) string {
	set, ok := r.e.Set()
	if !ok {
		return notDisclosed
	}
	var out []string
	for _, ch := range set.Changes {
		if ch.Confidence == change.Notice {
			continue
		}
		for _, s := range f(ch) {
			if !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	return join(out)
}

func (r *row) kinds() string {
	var out []string
	for _, k := range r.What.Kinds {
		s := string(k.Kind)
		if k.Direction != "" {
			s += " " + string(k.Direction)
		}
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return join(out)
}

func (r *row) contributors() string {
	var out []string
	for _, h := range r.People {
		who := r.e.Who(h.Person)
		if h.ID == 0 {
			who = r.e.Text(h.Email)
		}
		out = append(out, who+" ("+strings.Join(words(h.Roles), ", ")+")")
	}
	return join(out)
}

func (r *row) signers() string {
	var out []string
	for _, s := range r.counted() {
		out = append(out, r.e.Who(s.By)+" ("+r.e.Word(s.Requirement)+")")
	}
	return join(out)
}

func (r *row) lastSigned() string {
	var last Time
	for _, s := range r.counted() {
		last = max(last, s.CreatedAt)
	}
	return string(last)
}

func (r *row) count(status Code) string {
	n := 0
	for _, s := range r.Signoffs {
		if s.Status == status {
			n++
		}
	}
	return strconv.Itoa(n)
}

func join(list []string) string { return strings.Join(list, "; ") }
