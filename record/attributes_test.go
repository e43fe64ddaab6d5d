package record_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/countersign-dev/countersign/record"
	"github.com/countersign-dev/countersign/review"
)

// TestAttributesAndExceptions alters a good landing in one way each, and names
// the attributes that change and the exceptions.
func TestAttributesAndExceptions(t *testing.T) {
	l, _, _ := openLog(t, 0)
	const good = "a1=not evidenced a2=pass a3=pass a4=pass a5=pass a6=pass a7=pass a8=pass a9=pass a10=pass a11=pass a12=n/a a13=not evidenced"
	for i, tt := range []struct {
		name  string
		alter func(*review.Landing)
		want  string // what differs from good
		codes string
	}{
		{"as it should be", func(*review.Landing) {}, "", ""},
		{"no description", func(l *review.Landing) { l.TitleBody = "" }, "a2=fail", ""},
		{"a failed check", func(l *review.Landing) { l.Checks[0].Conclusion = "failure" }, "a4=fail", "EX08"},
		{"a check that ended later", func(l *review.Landing) { l.Checks[0].CompletedAt = l.LandedAt.Add(time.Second) }, "a4=fail", "EX08"},
		{"no other check", func(l *review.Landing) { l.Checks = nil }, "a4=not evidenced", ""},
		{"a signer whom nothing names", func(l *review.Landing) { l.Verdict.Standings[0].Named = []int64{7} }, "a5=fail", "EX06"},
		{"a signer who contributed", func(l *review.Landing) {
			l.Verdict.Contributors = append(l.Verdict.Contributors, review.Contributor{User: bob, Kind: "human", Verified: true})
		}, "a6=fail", "EX04"},
		{"the author signed", func(l *review.Landing) { l.Pull.Author, l.Verdict.Contributors = dana, nil }, "a6=fail", "EX04"},
		{"a contributor without account", func(l *review.Landing) {
			l.Verdict.Contributors = append(l.Verdict.Contributors, review.Contributor{Email: "x@example.org", Kind: "unknown"})
		}, "a6=not evidenced", "EX14"},
		{"contributors not all known", func(l *review.Landing) { l.Pull.Complete = false }, "a6=not evidenced", "EX14"},
		{"signed other content", func(l *review.Landing) {
			for _, s := range []*review.Signoff{&l.Statements[0], &l.Verdict.Standings[0].Signed[0]} {
				s.Digest = dig(99)
			}
		}, "a7=fail", "EX05"},
		{"signed after the merge", func(l *review.Landing) {
			for _, s := range []*review.Signoff{&l.Statements[0], &l.Verdict.Standings[0].Signed[0]} {
				s.CreatedAt = l.LandedAt.Add(time.Second)
			}
		}, "a8=fail", "EX03"},
		{"a sign-off edited after the merge", func(l *review.Landing) {
			l.Statements[0].Voided = &review.Voiding{Reason: "edited", By: alice, At: l.LandedAt.Add(time.Minute)}
		}, "a9=fail", "EX07"},
		{"the check was not required", func(l *review.Landing) { l.Enforcement.Required = false }, "a11=not evidenced", ""},
		{"protection not visible", func(l *review.Landing) { l.Enforcement = review.Enforcement{Source: "unknown"} }, "a11=not evidenced", ""},
		{"a denial", func(l *review.Landing) {
			l.Verdict.State, l.Outcome = review.Denied, review.Unsigned
			l.Verdict.Denials = []review.Ruling{{Rule: "models.banned", Reason: "not this one"}}
		}, "a10=fail a11=fail", "EX03 EX09"},
		{"diverged", func(l *review.Landing) { l.Outcome, l.Verdict.State = review.Diverged, review.Waiting }, "a7=fail a10=fail a11=fail", "EX05 EX09"},
		{"found by a sweep", func(l *review.Landing) { l.Deliveries = nil }, "", "EX13"},
		{"no decision", func(l *review.Landing) {
			l.Verdict, l.Outcome, l.Missing = nil, review.Unsigned, []string{review.ReasonNoDecision}
		},
			"a3=not evidenced a5=not evidenced a6=n/a a7=n/a a8=n/a a9=n/a a10=not evidenced a11=fail", "EX03 EX09"},
		{"observed", func(l *review.Landing) { l.Outcome = review.Observed }, "a11=n/a", ""},
		{"not enrolled", func(l *review.Landing) {
			l.Outcome, l.Verdict, l.Missing = review.Ungoverned, nil, []string{review.ReasonNotEnrolled}
		},
			"a2=n/a a3=not evidenced a4=n/a a5=not evidenced a6=n/a a7=n/a a8=n/a a9=n/a a10=not evidenced a11=n/a", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			in := landing(0)
			in.Occurrence = i
			tt.alter(&in)
			r, err := l.Record(t.Context(), in)
			if err != nil {
				t.Fatal(err)
			}
			e, err := l.Get(t.Context(), r.ID)
			if err != nil {
				t.Fatal(err)
			}
			was := map[string]bool{}
			for _, line := range splitResults(good) {
				was[line] = true
			}
			var differs, codes []string
			for _, a := range record.Attributes(*e.Landing) {
				if got := fmt.Sprintf("%s=%s", a.ID, a.Result); !was[got] {
					differs = append(differs, got)
				}
				if a.Reason == "" {
					t.Errorf("%s has no reason", a.ID)
				}
			}
			for _, x := range record.Exceptions(*e.Landing) {
				codes = append(codes, x.Code)
				if x.Title == "" {
					t.Errorf("%s has no title", x.Code)
				}
			}
			if got := strings.Join(differs, " "); got != tt.want {
				t.Errorf("attributes differ by %q; want %q", got, tt.want)
			}
			if got := strings.Join(codes, " "); got != tt.codes {
				t.Errorf("exceptions %q; want %q", got, tt.codes)
			}
		})
	}
	clean(t, l)
}

// splitResults cuts "a1=x y a2=z" before each attribute.
func splitResults(s string) []string {
	var out []string
	for _, word := range strings.Fields(s) {
		if strings.Contains(word, "=") {
			out = append(out, word)
		} else {
			out[len(out)-1] += " " + word
		}
	}
	return out
}
