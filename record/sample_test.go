package record_test

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/countersign-dev/countersign/change"
	"github.com/countersign-dev/countersign/internal/store"
	"github.com/countersign-dev/countersign/record"
	"github.com/countersign-dev/countersign/review"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func sha(n int) string { return fmt.Sprintf("%040x", n) }

func dig(n int) string { return fmt.Sprintf("sha256:%064x", n) }

func ptr(s string) *string { return &s }

var (
	alice = review.User{ID: 101, Login: "alice-w", Type: "User"}
	bob   = review.User{ID: 102, Login: "Bob-K", Type: "User"}
	dana  = review.User{ID: 103, Login: "dana-p", Type: "User"}
)

// landing is the n-th landing of a sample repository: alice changes the model
// and widens the tools of refund-bot, bob and dana sign. Every third one is a
// merge that nobody signed, every fifth a direct push.
func landing(n int) review.Landing {
	at := noon.Add(time.Duration(n) * time.Hour)
	repo := review.Repo{Installation: 9, ID: 7001, Owner: "acme", Name: "refunds", Private: true}
	agent := []string{"refund-bot", "triage-bot", "faq-bot"}[n%3]
	set := change.Set{Version: 1, Changes: []change.Change{
		{ID: "c1", Kind: change.Model, Agent: agent, Path: "agents/" + agent + ".md", Paths: []string{"agents/" + agent + ".md"}, Format: "claude-agent",
			Slot: "model", Change: "modified", Before: ptr("claude-sonnet-4-5"), After: ptr(fmt.Sprintf("claude-opus-4-%d", n%4)), Added: []string{}, Removed: []string{},
			Step: change.StepFamily, Confidence: change.InSlot, Findings: []change.Finding{}},
		{ID: "c2", Kind: change.ToolScope, Agent: agent, Path: "agents/" + agent + ".md", Paths: []string{"agents/" + agent + ".md"}, Format: "claude-agent",
			Slot: "tools", Change: "modified", Added: []string{"Bash(gh pr merge:*)"}, Removed: []string{}, Direction: change.Widens, Dimension: "tool",
			Confidence: change.InSlot, Findings: []change.Finding{{Code: "interpreter", Path: "agents/" + agent + ".md", Line: 4, Text: "runs any command"}}},
	}}
	pull := review.Pull{Repo: repo, Number: 40 + n, Title: fmt.Sprintf("Bump %s, round %d", agent, n), URL: "https://github.com/acme/refunds/pull/40",
		Author: alice, HeadRef: "alice/bump", Head: sha(2000 + n), BaseRef: "main", BaseTip: sha(1000 + n), MergeBase: sha(1000 + n), Complete: true,
		Labels: []string{"agents"}, State: "closed", Merged: true}
	signed := func(id int64, who review.User, req string, digest string) review.Signoff {
		return review.Signoff{ID: id, RepoID: repo.ID, Pull: pull.Number, BaseRef: "main", Requirement: req, Digest: digest, Head: pull.Head, Verb: review.Approve,
			User: who, Through: "acme/security", Via: "comment", SourceID: int64(n)*10 + id, URL: "https://github.com/acme/refunds/pull/40#issuecomment-1",
			Statement: "read it twice", Body: "/countersign approve -- read it twice", CreatedAt: at.Add(-time.Hour), Delivery: fmt.Sprintf("guid-%d-%d", n, id), Payload: dig(n)}
	}
	s1, s2 := signed(1, bob, "model.changed", dig(11)), signed(2, dana, "tools.widened", dig(12))
	s3 := signed(3, alice, "model.changed", dig(11))
	s3.Refused, s3.Through = review.RefusedContributor, ""
	l := review.Landing{Repo: repo, Host: "github.com", Ref: "refs/heads/main", Before: sha(1000 + n), After: sha(1001 + n), Commits: []string{sha(1001 + n)},
		Parents: []string{sha(1000 + n), sha(2000 + n)}, Tree: sha(3000 + n), Method: "merge", Pull: &pull, MergedBy: bob, LandedAt: at,
		TitleBody: "## Why\nThe older model is retired.\n\nFixes #12", Outcome: review.Countersigned, Missing: []string{},
		Statements:  []review.Signoff{s1, s3, s2},
		Files:       []review.File{{Path: "agents/" + agent + ".md", BeforeMode: "100644", Before: dig(1), AfterMode: "100644", After: dig(2)}},
		Enforcement: review.Enforcement{Required: true, Pinned: true, Source: "ruleset", Bypass: "not visible"},
		Checks:      []review.CheckResult{{Name: "unit tests", App: 15368, Conclusion: "success", CompletedAt: at.Add(-2 * time.Hour)}},
		Deliveries:  []review.DeliveryRef{{GUID: fmt.Sprintf("push-%d", n), Event: "push", Digest: dig(n)}}}
	l.Verdict = &review.Verdict{Pull: pull, Branch: "main", State: review.Met, Set: set,
		Standings: []review.Standing{
			{Requirement: review.Requirement{ID: "model.changed", Rule: "model.changed", Layer: "default", Title: "A model changed", Reason: "refund-bot gets another model",
				Controls: []string{"CC8.1"}, Role: "model", Need: 1, Changes: []string{"c1"}, Paths: []string{"agents/" + agent + ".md"}, Digest: dig(11)},
				State: review.Met, Signed: []review.Signoff{s1}, Named: []int64{102, 101}},
			{Requirement: review.Requirement{ID: "tools.widened", Rule: "tools.widened", Layer: "default", Title: "A tool scope grew", Reason: "it may now merge",
				Controls: []string{"CC6.3", "CC8.1"}, Role: "tools", Need: 1, Changes: []string{"c2"}, Paths: []string{"agents/" + agent + ".md"}, Digest: dig(12)},
				State: review.Met, Signed: []review.Signoff{s2}, Named: []int64{103}},
		},
		Contributors: []review.Contributor{{User: alice, Commits: []string{sha(2000 + n)}, Kind: "human", Roles: []review.Role{review.RoleAuthor, review.RoleCommitter}, Verified: true}},
		RulesDigest:  dig(77), InputDigest: dig(78), Input: []byte(fmt.Sprintf(`{"version":1,"n":%d}`, n)), Settings: sha(55), At: at}
	if n%3 == 2 {
		l.Outcome, l.Missing, l.Statements = review.Unsigned, []string{"model.changed", "tools.widened"}, []review.Signoff{s3}
		l.Verdict.State = review.Waiting
		for i := range l.Verdict.Standings {
			l.Verdict.Standings[i].State, l.Verdict.Standings[i].Signed = review.Waiting, nil
		}
	}
	if n%5 == 4 {
		l.Pull, l.Method, l.Outcome, l.Missing, l.Statements, l.TitleBody = nil, "push", review.Unsigned, []string{"model.changed", "tools.widened", "direct-push"}, nil, ""
		l.MergedBy, l.Verdict.State, l.Verdict.Contributors = alice, review.Waiting, nil
		for i := range l.Verdict.Standings {
			l.Verdict.Standings[i].State, l.Verdict.Standings[i].Signed = review.Waiting, nil
		}
	}
	return l
}

// drip gives the same bytes each time, so that samples repeat exactly.
type drip struct {
	n    uint64
	left []byte
}

func (d *drip) Read(p []byte) (int, error) {
	if len(d.left) == 0 {
		sum := sha256.Sum256(binary.BigEndian.AppendUint64(nil, d.n))
		d.n, d.left = d.n+1, sum[:]
	}
	n := copy(p, d.left)
	d.left = d.left[n:]
	return n, nil
}

func openDB(t testing.TB, path string) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func settings(dir string) record.Settings {
	clock := noon
	return record.Settings{Origin: "countersign.example/acme", KeyFile: filepath.Join(dir, "log.key"), Random: nil,
		Recorder: record.Recorder{Version: "v0.1.0", Commit: "abcdef0", App: 4242},
		Now:      func() time.Time { clock = clock.Add(time.Second); return clock }}
}

// openLog opens a log in a new folder and appends the first n landings.
func openLog(t testing.TB, n int) (*record.Log, *store.DB, string) {
	t.Helper()
	dir := t.TempDir()
	db := openDB(t, filepath.Join(dir, "c.db"))
	l, err := record.Open(t.Context(), db, settings(dir))
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if _, err := l.Record(t.Context(), landing(i)); err != nil {
			t.Fatal(err)
		}
	}
	return l, db, dir
}

func mustContain(t *testing.T, err error, text string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), text) {
		t.Errorf("error = %v; want one that says %q", err, text)
	}
}
