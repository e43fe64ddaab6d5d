package review

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A mutant is a file with one text replaced.
type mutant struct{ name, from, to string }

// mutants are conditions of the decision, each with what is left when it is
// dropped.
var mutants = []mutant{
	{"contributors unknown", `if !c.Pull.Complete {`, `if false {`},
	{"outdated", `if len(c.Outdated) > 0 {`, `if false {`},
	{"denials", `if len(v.Denials) > 0 {`, `if false {`},
	{"worst standing", `v.State = worse(v.State, st.State)`, `_ = st`},
	{"distinct signers", `keepApart(c, v.Standings)`, ``},
	{"signers given up for others", `	if separate(spared) {`, `	if false {`},
	{"named", `if named && !voters`, `if (named || true) && !voters`},
	{"one voice each", `if named && !voters[m.voice()] &&`, `if named &&`},
	{"signer contributed", `&& m.independent(c) {
			voters`, `{
			voters`},
	{"entitled contributed", `if voters[m.voice()] || !m.independent(c) {`, `if voters[m.voice()] {`},
	{"entitled once", `if voters[m.voice()] || !m.independent(c) {`, `if !m.independent(c) {`},
	{"who delegated is away", `if !delegated[id] {`, `if true {`},
	{"voice of a delegate", `if m.For != 0 {`, `if false {`},
	{"contributed", `return !isContributor(c.Contributors, m.User) &&`, `return`},
	{"who delegated contributed", `&& !isContributor(c.Contributors, User{ID: m.For})`, ``},
	{"rejections block", `case len(st.Rejections) > 0:`, `case false:`},
	{"needs nobody", `case req.Need < 1 ||`, `case false ||`},
	{"no scope", `|| req.Digest == "":`, `|| false:`},
	{"need", `case len(st.Signed) >= req.Need:`, `case len(st.Signed) >= 1:`},
	{"short of people", `case len(st.Signed)+len(st.Entitled) < req.Need &&`, `case false &&`},
	{"requirement of an approval", "for _, s := range inOrder(c.Statements) {\n\t\tif s.Requirement != req.ID || s.Refused", "for _, s := range inOrder(c.Statements) {\n\t\tif s.Refused"},
	{"refused approval", "for _, s := range inOrder(c.Statements) {\n\t\tif s.Requirement != req.ID || s.Refused != \"\" {", "for _, s := range inOrder(c.Statements) {\n\t\tif s.Requirement != req.ID {"},
	{"withdrawn", "case Withdraw, Reject:\n", "case Reject:\n"},
	{"rejecter's own approval", "case Withdraw, Reject:\n", "case Withdraw:\n"},
	{"own withdrawal only", "case Withdraw, Reject:\n\t\t\tout = slices.DeleteFunc(out, func(o Signoff) bool { return o.User.ID == s.User.ID })", "case Withdraw, Reject:\n\t\t\tout = nil"},
	{"void", `if s.Voided == nil && binds(c, req, s) {`, `if binds(c, req, s) {`},
	{"binding", `if s.Voided == nil && binds(c, req, s) {`, `if s.Voided == nil {`},
	{"repository", `case s.RepoID != c.Pull.Repo.ID ||`, `case`},
	{"pull request", `s.Pull != c.Pull.Number || s.BaseRef`, `s.BaseRef`},
	{"base", ` || s.BaseRef != c.Pull.BaseRef:`, `:`},
	{"digest", `case s.Digest == "" || s.Digest != req.Digest:`, `case s.Digest == "":`},
	{"head", `case req.Binds == "head" && s.Head != c.Pull.Head:`, `case false:`},
	{"valid for", `case req.ValidFor > 0 && c.At.Sub(s.CreatedAt) > req.ValidFor:`, `case false:`},
	{"means", `case c.Means != nil && !c.Means(s.Via):`, `case false:`},
	{"person", `return s.User.IsPerson()`, `return true`},
	{"refused rejection", "c.Statements)) {\n\t\tif s.Requirement != req.ID || s.Refused != \"\" {", "c.Statements)) {\n\t\tif s.Requirement != req.ID {"},
	{"requirement of a rejection", "c.Statements)) {\n\t\tif s.Requirement != req.ID || s.Refused", "c.Statements)) {\n\t\tif s.Refused"},
	{"rejection kept", `			out = append(out, s)
		case Withdraw:`, `		case Withdraw:`},
	{"withdrawn by its writer only", "case Withdraw:\n\t\t\tout = slices.DeleteFunc(out, func(o Signoff) bool { return o.User.ID == s.User.ID })", "case Withdraw:\n\t\t\tout = nil"},
	{"lifted by who signs", `lifts := s.Voided == nil && binds(c, req, s)`, `lifts := false`},
	{"lifted by signing what is there", `lifts := s.Voided == nil && binds(c, req, s)`, `lifts := s.Voided == nil`},
	{"lifted by signing and leaving it", `lifts := s.Voided == nil && binds(c, req, s)`, `lifts := binds(c, req, s)`},
	{"lifted by its writer only", `return lifts && o.User.ID == s.User.ID`, `return lifts`},
	{"lifted by an override", `return shown(c, s, o)`, `return false`},
	{"an override by an owner", `if owner && s.Voided`, `if (owner || true) && s.Voided`},
	{"an override that stands", `owner && s.Voided == nil &&`, `owner &&`},
	{"an override without a hand in it", `owner && s.Voided == nil && !isContributor(c.Contributors, s.User) {`, `owner && s.Voided == nil {`},
	{"an override of what was shown", `return shown(c, s, o)`, `return true`},
	{"shown on its pull request", `return rejection.Pull == override.Pull ||`, `return`},
	{"shown from elsewhere", ` || override.Pull == c.Pull.Number && rejection.Digest == override.Digest`, ``},
	{"shown here", `override.Pull == c.Pull.Number && rejection`, `rejection`},
	{"shown as the same content", ` && rejection.Digest == override.Digest`, ``},
	{"order", "\tslices.SortStableFunc(out, func(a, b Signoff) int {\n\t\treturn cmp.Or(a.Created", "\tslices.SortStableFunc([]Signoff{}, func(a, b Signoff) int {\n\t\treturn cmp.Or(a.Created"},
	{"rejections elsewhere", `slices.Concat(elsewhere(c, req), c.Statements)`, `c.Statements`},
	{"same content elsewhere", `if s.Digest == req.Digest && s.Pull`, `if s.Pull`},
	{"apart from others", `free(st, taken) < st.Requirement.Need {`, `free(st, taken) < 0 {`},
	{"taken", `if taken[s.User.ID] {`, `if false {`},
	{"order of states", `if severity[b] > severity[a] {`, `if severity[b] < severity[a] {`},
	{"emergency for what waits only", `		if st.State != Waiting {
			continue
		}
		if st.Emergency`, `		if st.Emergency`},
	{"no account", `if c.User.ID != 0 && c.User.ID == u.ID {`, `if c.User.Login == u.Login {`},
}

// emergencyMutants are those of emergency.go.
var emergencyMutants = []mutant{
	{"about rules", `if aboutRules(c, req) {`, `if false {`},
	{"role policy", `if req.Role == rolePolicy ||`, `if`},
	{"role administrator", `|| req.Role == roleAdmin {`, `{`},
	{"change of rules", `if ch.Kind == "policy" && slices`, `if false && slices`},
	{"other requirement", `if s.Requirement != req.ID || s.Refused != "" {`, `if s.Refused != "" {`},
	{"refused declaration", `if s.Requirement != req.ID || s.Refused != "" {`, `if s.Requirement != req.ID {`},
	{"withdrawn declaration", `if s.Verb == Withdraw && out != nil && out.User.ID == s.User.ID {`, `if false {`},
	{"withdrawn by its writer", `out != nil && out.User.ID == s.User.ID {`, `out != nil {`},
	{"a declaration", `if s.Verb == Declare && s.Voided == nil`, `if s.Voided == nil`},
	{"void declaration", `s.Verb == Declare && s.Voided == nil &&`, `s.Verb == Declare &&`},
	{"responder", `&& named && !isC`, `&& (named || true) && !isC`},
	{"responder contributed", `&& !isContributor(c.Contributors, s.User) && binds`, `&& binds`},
	{"declaration binds", `&& binds(c, req, s) && age`, `&& age`},
	{"from the future", `&& age >= 0 &&`, `&&`},
	{"an hour", `&& age <= emergencyFor {`, `{`},
}

// TestMutants drops each condition of the decision in turn and runs the tests of
// this package on what is left: one of them must fail. It takes minutes, so it
// runs when COUNTERSIGN_MUTANTS is set.
func TestMutants(t *testing.T) {
	mutate(t, "decide.go", mutants)
	mutate(t, "emergency.go", emergencyMutants)
}

func mutate(t *testing.T, file string, mutants []mutant) {
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range mutants {
		if strings.Count(string(source), m.from) != 1 {
			t.Errorf("%s: what it drops stands %d times in %s", m.name, strings.Count(string(source), m.from), file)
		}
	}
	if os.Getenv("COUNTERSIGN_MUTANTS") == "" {
		return
	}
	for _, m := range mutants {
		t.Run(m.name, func(t *testing.T) {
			dir := t.TempDir()
			mutant, overlay := filepath.Join(dir, file), filepath.Join(dir, "overlay.json")
			here, err := filepath.Abs(file)
			if err != nil {
				t.Fatal(err)
			}
			write := func(path, text string) {
				if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			write(mutant, strings.Replace(string(source), m.from, m.to, 1))
			write(overlay, `{"Replace": {"`+filepath.ToSlash(here)+`": "`+filepath.ToSlash(mutant)+`"}}`)
			cmd := exec.Command("go", "test", "-overlay", overlay, "-vet=off", "-run", "^Test[^M]", "-count=1", ".", "-rapid.nofailfile")
			cmd.Env = append(os.Environ(), "COUNTERSIGN_MUTANTS=")
			out, err := cmd.CombinedOutput()
			switch {
			case err == nil:
				t.Error("it lives")
			case strings.Contains(string(out), "[build failed]"):
				t.Errorf("it does not compile:\n%s", out)
			}
		})
	}
}
