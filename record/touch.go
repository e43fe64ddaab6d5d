package record

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/countersign-dev/countersign/change"
)

// touches returns the index rows of a record, sorted. They follow from the
// record and what is disclosed of it, and from nothing else.
func touches(r Record, disclosed []Disclosure) []Touch {
	texts := map[Commitment]Disclosure{}
	for _, d := range disclosed {
		texts[d.Commitment] = d
	}
	text := func(c Commitment) string { return string(texts[c].Bytes()) }
	var out []Touch
	add := func(by, value string) {
		if value != "" {
			out = append(out, Touch{by, value})
		}
	}
	add(ByRepo, strconv.FormatInt(r.Identity.Repository, 10))
	if owner, name := text(r.Identity.Owner), text(r.Identity.Name); owner != "" && name != "" {
		add(ByRepo, strings.ToLower(owner+"/"+name))
	}
	for _, c := range r.Identity.Commits {
		add(ByCommit, string(c))
	}
	add(ByCommit, string(r.Identity.After))
	if r.Pull != nil {
		add(ByPull, strconv.FormatInt(r.Identity.Repository, 10)+"#"+strconv.Itoa(r.Pull.Number))
		add(ByPull, "#"+strconv.Itoa(r.Pull.Number))
	}
	add(ByOutcome, string(r.Outcome.Outcome))
	for _, p := range r.persons() {
		if p.ID != 0 {
			add(ByPerson, "id:"+strconv.FormatInt(p.ID, 10))
		}
		add(ByPerson, strings.ToLower(text(p.Login)))
	}
	if set, err := changeSet([]byte(text(r.What.Set))); err == nil {
		for _, ch := range set.Changes {
			add(ByAgent, ch.Agent)
			add(ByKind, string(ch.Kind))
			for _, path := range ch.Paths {
				add(ByResource, path)
			}
			if ch.Kind == change.Model {
				for _, model := range []*string{ch.Before, ch.After} {
					if model != nil {
						add(ByResource, *model)
					}
				}
			}
		}
	}
	slices.SortFunc(out, compareTouches)
	return slices.Compact(out)
}

func compareTouches(a, b Touch) int {
	if d := strings.Compare(a.By, b.By); d != 0 {
		return d
	}
	return strings.Compare(a.Value, b.Value)
}

// persons lists everybody that a record names, with repetitions.
func (r Record) persons() []Person {
	out := []Person{r.Identity.LandedBy}
	if r.Pull != nil {
		out = append(out, r.Pull.Author)
	}
	for _, h := range r.People {
		out = append(out, h.Person)
	}
	for _, s := range r.Signoffs {
		out = append(out, s.By)
		if s.Void != nil {
			out = append(out, s.Void.By)
		}
	}
	return out
}

// changeSet reads the attachment of a record's changes.
func changeSet(data []byte) (set change.Set, err error) {
	if len(data) == 0 {
		return set, nil
	}
	err = json.Unmarshal(data, &set)
	return set, err
}
