package record

import "slices"

// An Exception is something about a record that its owner has to answer for.
type Exception struct {
	Code  string // EX01 to EX18
	Title string
}

var exceptionTitles = map[string]string{
	"EX02": "direct push", "EX03": "merged before sign-off", "EX04": "signer is a contributor", "EX05": "not on the final content",
	"EX06": "signer not named then", "EX07": "sign-off withdrawn, edited or deleted", "EX08": "required check missing or failed",
	"EX09": "rule bypassed", "EX11": "retrospective review late or missing", "EX13": "recorded from reconciliation", "EX14": "identity unverifiable",
}

// Exceptions lists what the record shows together with what became known
// later, in the order of codes. Codes that need deployments or configuration are
// not among them.
func Exceptions(r Record, later ...Addendum) []Exception {
	var codes []string
	raise := func(code string, when bool) {
		if when {
			codes = append(codes, code)
		}
	}
	if !r.governed() || r.Outcome.Outcome == "observed" {
		return nil
	}
	results := map[string]string{}
	for _, a := range Attributes(r, later...) {
		results[a.ID] = a.Result
	}
	landed := r.Outcome.Outcome
	unmet := landed == "unsigned" || landed == "diverged"
	raise("EX02", r.Pull == nil && unmet)
	raise("EX03", r.Pull != nil && landed == "unsigned" || results["a8"] == Fail)
	raise("EX04", results["a6"] == Fail)
	raise("EX05", results["a7"] == Fail)
	raise("EX06", slices.ContainsFunc(r.counted(), func(s Signoff) bool { return !s.Named }))
	raise("EX07", results["a9"] == Fail)
	raise("EX08", results["a4"] == Fail)
	raise("EX09", unmet && r.Enforcement.Required)
	raise("EX11", overdue(later))
	raise("EX13", r.whole("recorder.deliveries") && !slices.ContainsFunc(r.Recorder.Deliveries, func(d Delivery) bool { return d.Event == "push" }))
	raise("EX14", slices.ContainsFunc(r.People, func(h Hand) bool { return h.ID == 0 }) || r.Pull != nil && !r.Pull.Complete)
	out := make([]Exception, 0, len(codes))
	for _, code := range codes {
		out = append(out, Exception{code, exceptionTitles[code]})
	}
	return out
}

// overdue reports whether a retrospective sign-off was missed and not given
// since.
func overdue(later []Addendum) bool {
	missed := map[Code]bool{}
	for _, x := range later {
		switch x.Kind {
		case "missed":
			missed[x.Requirement] = true
		case "reviewed":
			delete(missed, x.Requirement)
		}
	}
	return len(missed) > 0
}
