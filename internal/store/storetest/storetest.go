// Package storetest holds what every store must do, whichever database is
// behind it.
package storetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/countersign-dev/countersign/review"
	"github.com/countersign-dev/countersign/webhook"
)

// A Store is what the server keeps things in.
type Store interface {
	review.Store
	webhook.Inbox
	webhook.Repos
}

// Run runs the suite. open returns an empty store each time and closes it when
// the test ends.
func Run(t *testing.T, open func(t *testing.T) Store) {
	for name, test := range map[string]func(*testing.T, Store){
		"pull":          testPull,
		"obligation":    testObligation,
		"pull unknown":  testPullUnknown,
		"due":           testDue,
		"group":         testGroup,
		"head":          testHead,
		"pushers":       testPushers,
		"report":        testReport,
		"signoff":       testSignoff,
		"void":          testVoid,
		"gone":          testGone,
		"rejection":     testRejection,
		"login":         testLogin,
		"merge":         testMerge,
		"repo":          testRepo,
		"tip":           testTip,
		"move":          testMoves,
		"deliveries":    testDeliveriesOf,
		"add":           testAdd,
		"trim":          testTrim,
		"lease":         testLease,
		"landed":        testLanded,
		"lanes":         testLanes,
		"wide":          testWide,
		"patience":      testPatience,
		"claim model":   testClaimModel,
		"claim at once": testClaimAtOnce,
		"sweep":         testSweep,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t, open(t))
		})
	}
}

// at is n seconds after the start of a fixed day, with microseconds.
func at(n int) time.Time {
	return time.Date(2026, 3, 1, 12, 0, 0, 123456000, time.UTC).Add(time.Duration(n) * time.Second)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// get returns what a method returned without error.
func get[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		must(t, err)
		return v
	}
}

// same compares, taking nil and empty collections for equal.
func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
		t.Errorf("%s (-want +got):\n%s", what, d)
	}
}

var (
	alice = review.User{ID: 1, Login: "alice", Type: "User"}
	bob   = review.User{ID: 2, Login: "bob", Type: "User"}
	robot = review.User{ID: 3, Login: "robot[bot]", Type: "Bot"}
)
