package record

import (
	"fmt"
	"reflect"
	"slices"
)

// lists yields the lists of a record that can get long, by their names in it.
func (r *Record) lists(visit func(name string, list any)) {
	visit("identity.commits", &r.Identity.Commits)
	visit("identity.parents", &r.Identity.Parents)
	if r.Pull != nil {
		visit("pull.labels", &r.Pull.Labels)
	}
	visit("what.kinds", &r.What.Kinds)
	visit("why.issues", &r.Why.Issues)
	visit("people", &r.People)
	visit("tests", &r.Tests)
	if r.Policy != nil {
		visit("policy.requirements", &r.Policy.Requirements)
		visit("policy.denials", &r.Policy.Denials)
		visit("policy.warnings", &r.Policy.Warnings)
		visit("policy.passes", &r.Policy.Passes)
	}
	visit("signoffs", &r.Signoffs)
	visit("outcome.missing", &r.Outcome.Missing)
	visit("recorder.deliveries", &r.Recorder.Deliveries)
}

// copied returns a record whose lists can be replaced without touching r's.
func (r Record) copied() Record {
	if r.Pull != nil {
		p := *r.Pull
		r.Pull = &p
	}
	if r.Policy != nil {
		p := *r.Policy
		r.Policy = &p
	}
	r.More = slices.Clone(r.More)
	return r
}

// cut returns r with no list longer than limit, and says in More what is missing.
func cut(c *closet, r Record, limit int) Record {
	r = r.copied()
	r.More = []More{}
	r.lists(func(name string, list any) {
		v := reflect.ValueOf(list).Elem()
		if n := v.Len(); n > limit {
			r.More = append(r.More, More{Code(name), n - limit, c.json("rest", v.Slice(limit, n).Interface())})
			v.Set(v.Slice3(0, limit, limit))
		}
	})
	return r
}

// complete returns r with its lists made whole by what bytes returns for the
// rests, and with those left in More that it returns nil for.
func complete(r Record, bytes func(Commitment) []byte) (Record, error) {
	cut := r.More
	r = r.copied()
	r.More = []More{}
	for _, m := range cut {
		data := bytes(m.Rest)
		if data == nil {
			r.More = append(r.More, m)
			continue
		}
		found := false
		var err error
		r.lists(func(name string, list any) {
			if name != string(m.List) {
				return
			}
			found = true
			v := reflect.ValueOf(list).Elem()
			rest := reflect.New(v.Type())
			if err = strict(data, rest.Interface()); err == nil && rest.Elem().Len() != m.Count {
				err = fmt.Errorf("%d items; the leaf says %d", rest.Elem().Len(), m.Count)
			}
			v.Set(reflect.AppendSlice(v.Slice3(0, v.Len(), v.Len()), rest.Elem()))
		})
		if err == nil && !found {
			err = fmt.Errorf("no such list")
		}
		if err != nil {
			return r, fmt.Errorf("rest of %s: %w", m.List, err)
		}
	}
	return r, nil
}

// whole reports whether nothing of the named list is cut off.
func (r Record) whole(name Code) bool {
	return !slices.ContainsFunc(r.More, func(m More) bool { return m.List == name })
}
