package github

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/countersign-dev/countersign/internal/ghsim"
	"github.com/countersign-dev/countersign/review"
)

func TestUser(t *testing.T) {
	w := newWorld(t)
	bot := w.sim.AddBot("dependabot[bot]")
	for _, test := range []struct {
		login string
		want  review.User // zero: gone
	}{
		{"bob", userIn(w.bob)},
		{"BOB", userIn(w.bob)},
		{"dependabot[bot]", userIn(bot)},
		{"acme", review.User{ID: w.acme.ID(), Login: "acme", Type: "Organization"}},
		{"nobody", review.User{}},
		{"", review.User{}},
		{"bob?x=1", review.User{}},
		{"bоb", review.User{}}, // the о is Cyrillic
	} {
		got, err := w.client.User(t.Context(), w.repo, test.login)
		if got != test.want || errors.Is(err, review.ErrGone) != (test.want.ID == 0) {
			t.Errorf("%q: %+v, %v", test.login, got, err)
		}
	}
}

func TestMembers(t *testing.T) {
	w := newWorld(t)
	ml := w.acme.AddTeam("ml", nil)
	child := w.acme.AddTeam("ml-safety", ml)
	ml.Add(w.alice)
	child.Add(w.bob)
	const call = "GET /orgs/{org}/teams/{team_slug}/members"
	read := func(team string, fresh bool) string {
		t.Helper()
		got, err := w.client.Members(t.Context(), w.repo, team, fresh)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, u := range got {
			names = append(names, u.Login)
		}
		clear(got) // the list is the caller's
		return strings.Join(names, " ")
	}
	want := func(got, names string, calls ...string) {
		t.Helper()
		if got != names {
			t.Errorf("members %q, want %q", got, names)
		}
		w.wantCalls(calls...)
	}
	want(read("acme/ml", false), "alice bob", call)
	child.Remove(w.bob)
	want(read("ACME/ML", false), "alice bob")
	w.sim.Advance(rosterAge - time.Second)
	want(read("acme/ml", false), "alice bob")
	want(read("acme/ml", true), "alice", call)
	want(read("acme/ml", false), "alice")
	ml.Remove(w.alice)
	w.sim.Advance(rosterAge)
	want(read("acme/ml", false), "", call)

	for i := range 130 {
		ml.Add(w.sim.AddUser(fmt.Sprintf("user-%03d", i)))
	}
	if got := strings.Fields(read("acme/ml", true)); len(got) != 130 {
		t.Errorf("%d members of 130", len(got))
	}
	w.wantCalls(call, call)

	for _, team := range []string{"acme/none", "other/ml", "ml", "acme/", "/ml", "acme/ml/x", ""} {
		if got, err := w.client.Members(t.Context(), w.repo, team, false); !errors.Is(err, review.ErrGone) {
			t.Errorf("%q: %v, %v", team, got, err)
		}
	}
	w.inst.SetPermission("members", "")
	if _, err := w.client.Members(t.Context(), w.repo, "acme/ml", true); !errors.Is(err, review.ErrGone) {
		t.Errorf("without permission: %v", err)
	}
	w.fail(1, "GET", "/members", ghsim.Fault{Status: http.StatusForbidden, RetryAfter: time.Minute})
	if _, err := w.client.Members(t.Context(), w.repo, "acme/ml", true); err == nil || errors.Is(err, review.ErrGone) {
		t.Errorf("a limit was taken for a missing team: %v", err)
	}
}

func TestPermissions(t *testing.T) {
	w := newWorld(t)
	for _, test := range []struct {
		role          string
		writer, admin bool
	}{
		{"", false, false}, {"read", false, false}, {"triage", false, false}, {"write", true, false}, {"maintain", true, false}, {"admin", true, true},
	} {
		w.bot.SetRole(w.bob, test.role)
		writer, err := w.client.Writer(t.Context(), w.repo, userIn(w.bob))
		if err != nil || writer != test.writer {
			t.Errorf("%q: writer %v, %v", test.role, writer, err)
		}
		admin, err := w.client.Admin(t.Context(), w.repo, userIn(w.bob))
		if err != nil || admin != test.admin {
			t.Errorf("%q: admin %v, %v", test.role, admin, err)
		}
	}
	if ok, err := w.client.Admin(t.Context(), w.repo, review.User{Login: "bob"}); ok || err != nil {
		t.Errorf("without an id: %v, %v", ok, err)
	}
	w.fail(1, "GET", "/permission", ghsim.Fault{Status: 500})
	if ok, err := w.client.Admin(t.Context(), w.repo, userIn(w.bob)); ok || err == nil {
		t.Errorf("server error: %v, %v", ok, err)
	}
}

func TestPermissionsGoByNumber(t *testing.T) {
	w := newWorld(t)
	w.bot.SetRole(w.bob, "admin")
	was := userIn(w.bob)
	w.bob.Rename("robert")
	thief := w.sim.AddUser("bob")
	check := func(who string, u review.User, want bool) {
		t.Helper()
		if ok, err := w.client.Admin(t.Context(), w.repo, u); ok != want || err != nil {
			t.Errorf("%s: %v, %v", who, ok, err)
		}
	}
	check("who was renamed, by the old login", was, true)
	check("who took the login", userIn(thief), false)
	w.bot.SetRole(w.bob, "")
	w.bot.SetRole(thief, "admin")
	check("who was renamed, with nothing left", was, false)
	check("an account that does not exist", review.User{ID: 12345, Login: "bob"}, false)
}
