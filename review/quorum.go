package review

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// A Suggestion is one person who is asked to sign, and what for.
type Suggestion struct {
	User         User
	Requirements []string
}

// quorumTries bounds the search for the smallest set of people.
const quorumTries = 20_000

// quorum returns a smallest set of people whose sign-offs would meet everything
// that waits, and nil when there is none, or none that can be named. It never
// holds a contributor, since Entitled does not. Of equal sets, the one that
// comes first by login is returned.
//
// The search is exact up to quorumTries sets; beyond, people are taken one by
// one, each time whoever helps most.
func quorum(all []Standing) []Suggestion {
	var waiting []Standing
	most := 0
	for _, st := range all {
		if st.State != Waiting {
			continue
		}
		if st.Anyone != "" && len(st.Entitled) < st.Missing() {
			return nil // GitHub does not list who may
		}
		waiting = append(waiting, st)
		most += st.Missing()
	}
	if len(waiting) == 0 {
		return nil
	}
	people := candidates(waiting)
	tries := quorumTries
	for size := 1; size <= min(most, len(people)) && tries > 0; size++ {
		if chosen := pick(all, people, nil, size, &tries); chosen != nil {
			return suggestions(waiting, chosen)
		}
	}
	if tries > 0 {
		return nil
	}
	return suggestions(waiting, greedy(waiting, people))
}

// candidates are those who could sign something that waits. Of people who could
// sign exactly the same, as many are kept as can be needed.
func candidates(waiting []Standing) []User {
	can, need := map[int64]string{}, 0
	var people []User
	for i, st := range waiting {
		need += st.Missing()
		for _, u := range st.Entitled {
			if can[u.ID] == "" {
				people = append(people, u)
			}
			can[u.ID] += fmt.Sprint(i, " ")
		}
	}
	slices.SortFunc(people, func(a, b User) int { return cmp.Or(cmpLogin(a.Login, b.Login), cmp.Compare(a.ID, b.ID)) })
	alike := map[string]int{}
	return slices.DeleteFunc(people, func(u User) bool {
		alike[can[u.ID]]++
		return alike[can[u.ID]] > need
	})
}

// pick returns the first set of size people, beside those chosen, that meets
// everything, or nil.
func pick(all []Standing, people, chosen []User, size int, tries *int) []User {
	if size == 0 {
		if *tries--; *tries >= 0 && meets(all, chosen) {
			return slices.Clone(chosen)
		}
		return nil
	}
	for i := 0; i+size <= len(people) && *tries > 0; i++ {
		if found := pick(all, people[i+1:], append(chosen, people[i]), size-1, tries); found != nil {
			return found
		}
	}
	return nil
}

// meets reports whether nothing would wait if the chosen signed all they can.
func meets(all []Standing, chosen []User) bool {
	then := slices.Clone(all)
	for i := range then {
		st := &then[i]
		if st.State != Waiting {
			continue
		}
		st.Signed = slices.Clone(st.Signed)
		for _, u := range chosen {
			if slices.ContainsFunc(st.Entitled, func(e User) bool { return e.ID == u.ID }) {
				st.Signed = append(st.Signed, Signoff{User: u})
			}
		}
		if st.Missing() > 0 {
			return false
		}
		st.State = Met
	}
	separate(then)
	return !slices.ContainsFunc(then, func(st Standing) bool { return st.State == Waiting })
}

// greedy takes whoever signs most of what is still missing, until nothing is.
func greedy(waiting []Standing, people []User) (chosen []User) {
	missing := make([]int, len(waiting))
	for i, st := range waiting {
		missing[i] = st.Missing()
	}
	left := slices.Clone(people)
	for {
		best, gain := -1, 0
		for i, u := range left {
			n := 0
			for j, st := range waiting {
				if missing[j] > 0 && slices.Contains(st.Entitled, u) {
					n++
				}
			}
			if n > gain {
				best, gain = i, n
			}
		}
		if best < 0 {
			return chosen
		}
		for j, st := range waiting {
			if slices.Contains(st.Entitled, left[best]) {
				missing[j]--
			}
		}
		chosen = append(chosen, left[best])
		left = slices.Delete(left, best, best+1)
	}
}

func suggestions(waiting []Standing, chosen []User) (out []Suggestion) {
	for _, u := range chosen {
		s := Suggestion{User: u}
		for _, st := range waiting {
			if slices.ContainsFunc(st.Entitled, func(e User) bool { return e.ID == u.ID }) {
				s.Requirements = append(s.Requirements, st.Requirement.ID)
			}
		}
		out = append(out, s)
	}
	return out
}

// waitingFor names the smallest set of people: bob (model, prompt) and dana
// (tools). name renders a login.
func waitingFor(all []Suggestion, name func(string) string) string {
	var parts []string
	for _, s := range all {
		parts = append(parts, name(s.User.Login)+" ("+strings.Join(s.Requirements, ", ")+")")
	}
	if n := len(parts); n > 1 {
		return strings.Join(parts[:n-1], ", ") + " and " + parts[n-1]
	}
	return strings.Join(parts, "")
}
