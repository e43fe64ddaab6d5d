package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"github.com/countersign-dev/countersign/review"
)

var update = flag.Bool("update", false, "rewrite what the deliveries in testdata lead to")

const ourApp = 12345

// calls keeps what was asked of it, as text.
type calls struct{ got []string }

// note keeps one member a line, and no empty ones.
func (c *calls) note(name string, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	var members map[string]any
	if err := json.Unmarshal(data, &members); err != nil {
		return err
	}
	text := name
	for _, key := range slices.Sorted(maps.Keys(members)) {
		if v := prune(members[key]); v != nil {
			line, err := json.Marshal(v)
			if err != nil {
				return err
			}
			text += "\n  " + key + " " + string(line)
		}
	}
	c.got = append(c.got, text)
	return nil
}

// prune leaves out what is empty.
func prune(v any) any {
	switch v := v.(type) {
	case map[string]any:
		maps.DeleteFunc(v, func(_ string, m any) bool { return prune(m) == nil })
		if len(v) == 0 {
			return nil
		}
	case string:
		if v == "" || v == "0001-01-01T00:00:00Z" {
			return nil
		}
	case float64:
		if v == 0 {
			return nil
		}
	case bool:
		if !v {
			return nil
		}
	}
	return v
}

func (c *calls) Refresh(_ context.Context, e review.PullEvent) error    { return c.note("Refresh", e) }
func (c *calls) Closed(_ context.Context, e review.PullEvent) error     { return c.note("Closed", e) }
func (c *calls) Comment(_ context.Context, e review.CommentEvent) error { return c.note("Comment", e) }
func (c *calls) Tamper(_ context.Context, e review.CommentEvent) error  { return c.note("Tamper", e) }
func (c *calls) Review(_ context.Context, e review.ReviewEvent) error   { return c.note("Review", e) }
func (c *calls) Land(_ context.Context, e review.PushEvent) error       { return c.note("Land", e) }
func (c *calls) Group(_ context.Context, e review.GroupEvent) error     { return c.note("Group", e) }
func (c *calls) Dequeued(_ context.Context, e review.PullEvent, landed bool) error {
	return c.note(fmt.Sprintf("Dequeued landed=%t", landed), e)
}
func (c *calls) Rerun(_ context.Context, e review.RerunEvent) error   { return c.note("Rerun", e) }
func (c *calls) Button(_ context.Context, e review.ButtonEvent) error { return c.note("Button", e) }
func (c *calls) Roster(_ context.Context, e review.RosterEvent) error { return c.note("Roster", e) }
func (c *calls) Installed(_ context.Context, e review.InstallEvent) error {
	return c.note("Installed", e)
}
func (c *calls) Sweep(_ context.Context, r review.Repo, _ bool) error { return c.note("Sweep", r) }
func (c *calls) SweepPull(_ context.Context, ref review.PullRef) error {
	return c.note("SweepPull", ref)
}

// repoMap knows repositories by id.
type repoMap map[int64]review.Repo

func (m repoMap) Repo(_ context.Context, id int64) (review.Repo, bool, error) {
	r, ok := m[id]
	return r, ok, nil
}

func (m repoMap) Repos(context.Context) (all []review.Repo, _ error) {
	for _, r := range m {
		all = append(all, r)
	}
	return all, nil
}

func (m repoMap) AddRepo(_ context.Context, r review.Repo) error {
	m[r.ID] = r
	return nil
}

// known is what the app has before each delivery.
func known() repoMap {
	return repoMap{
		700: {Installation: 42, ID: 700, Owner: "acme", Name: "support-agents", Private: true, DefaultBranch: "main"},
		703: {Installation: 99, ID: 703, Owner: "globex", Name: "not-ours"},
	}
}

// tell says what a delivery leads to: where it is kept, and what is called.
func tell(t *testing.T, event string, body []byte) string {
	d, keep, err := route(event, "b2d9c3f0-0000-11f0-8000-000000000001", body, ourApp)
	if err != nil {
		t.Fatal(err)
	}
	if !keep {
		return "dropped\n"
	}
	head := "lane " + d.Lane
	if d.Wide {
		head += ", wide"
	}
	d.Digest = "" // it would change with every edit of the file
	var c calls
	if err := dispatch(t.Context(), known(), &c, ourApp, d); err != nil {
		return head + "\nerror " + err.Error() + "\n"
	}
	return head + "\n" + strings.Join(c.got, "\n") + "\n"
}

func TestEvents(t *testing.T) {
	files, err := filepath.Glob("testdata/events/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no deliveries: %v", err)
	}
	tried := map[string]bool{}
	for _, file := range files {
		event := strings.TrimSuffix(filepath.Base(file), ".txtar")
		a, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for i := 0; i+1 < len(a.Files); i += 2 {
			in, want := a.Files[i], &a.Files[i+1]
			t.Run(event+"/"+strings.TrimSuffix(in.Name, ".json"), func(t *testing.T) {
				got := tell(t, event, in.Data)
				if got != "dropped\n" {
					p, _ := parse(in.Data)
					tried[event+"/"+p.Action] = true
				}
				if *update {
					want.Data = []byte(got)
				} else if d := cmp.Diff(string(want.Data), got); d != "" {
					t.Errorf("leads to something else (-want +got):\n%s", d)
				}
			})
		}
		if *update {
			if err := os.WriteFile(file, txtar.Format(a), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, r := range events {
		if key := r.event + "/" + r.action; !tried[key] && r.event != SweepEvent {
			t.Errorf("no delivery in testdata is kept for %s", key)
		}
	}
}

func TestDispatchSweep(t *testing.T) {
	body := []byte(`{"installation":{"id":42},"repository":{"id":700}}`)
	d := Delivery{GUID: "sweep-42-700", Event: SweepEvent, Body: body}
	var c calls
	if err := dispatch(t.Context(), known(), &c, ourApp, d); err != nil || len(c.got) != 1 || !strings.HasPrefix(c.got[0], "Sweep\n") {
		t.Errorf("calls = %v, %v; want one sweep", c.got, err)
	}
	for name, body := range map[string]string{
		"a repository that is gone":           `{"installation":{"id":42},"repository":{"id":1}}`,
		"a repository that another now holds": `{"installation":{"id":42},"repository":{"id":703}}`,
	} {
		c, d := calls{}, Delivery{Event: SweepEvent, Body: []byte(body)}
		if err := dispatch(t.Context(), known(), &c, ourApp, d); err != nil || len(c.got) != 0 {
			t.Errorf("%s: calls = %v, %v; want none", name, c.got, err)
		}
	}
}

// A49: a payload of one installation names a repository of another.
func TestDispatchOwnership(t *testing.T) {
	comment := func(installation, repo string) Delivery {
		return Delivery{Event: "issue_comment", Action: "created", Body: []byte(`{"action":"created","installation":{"id":` + installation +
			`},"repository":{"id":` + repo + `,"name":"x","full_name":"globex/x","owner":{"login":"globex"},"default_branch":"main"},
			"issue":{"number":1,"state":"open","pull_request":{}},"comment":{"id":5,"body":"/countersign approve"}}`)}
	}
	t.Run("of another", func(t *testing.T) {
		repos, c := known(), calls{}
		err := dispatch(t.Context(), repos, &c, ourApp, comment("1", "700"))
		if final := (permanentError{}); !errors.Is(err, ErrForeign) || !errors.As(err, &final) || len(c.got) != 0 {
			t.Errorf("calls = %v, error = %v; want none, foreign for good", c.got, err)
		}
		if d := cmp.Diff(known(), repos); d != "" {
			t.Errorf("repositories changed:\n%s", d)
		}
	})
	t.Run("not known yet", func(t *testing.T) {
		repos, c := known(), calls{}
		if err := dispatch(t.Context(), repos, &c, ourApp, comment("1", "800")); err != nil || len(c.got) != 1 {
			t.Fatalf("calls = %v, error = %v; want one", c.got, err)
		}
		if repos[800].Installation != 1 {
			t.Errorf("learnt %+v; want installation 1", repos[800])
		}
		c = calls{}
		if err := dispatch(t.Context(), repos, &c, ourApp, comment("2", "800")); !errors.Is(err, ErrForeign) || len(c.got) != 0 {
			t.Errorf("calls = %v, error = %v; want foreign", c.got, err)
		}
	})
	t.Run("without installation", func(t *testing.T) {
		c := calls{}
		if err := dispatch(t.Context(), known(), &c, ourApp, comment("0", "700")); err == nil || len(c.got) != 0 {
			t.Errorf("calls = %v, error = %v; want a refusal", c.got, err)
		}
	})
	t.Run("without repository", func(t *testing.T) {
		c := calls{}
		if err := dispatch(t.Context(), known(), &c, ourApp, comment("42", "0")); err == nil || len(c.got) != 0 {
			t.Errorf("calls = %v, error = %v; want a refusal", c.got, err)
		}
	})
}

// A delivery from before a renaming, or a change of visibility, may come late:
// only an event about the repository itself says what it is called.
func TestDispatchKeepsName(t *testing.T) {
	old := `"installation":{"id":42},"repository":{"id":700,"name":"old","owner":{"login":"acme"},"default_branch":"master"}`
	repos, c := known(), calls{}
	late := Delivery{Event: "issue_comment", Action: "created", Body: []byte(`{"action":"created",` + old + `,"issue":{"number":1,"state":"open","pull_request":{}},"comment":{"id":5}}`)}
	if err := dispatch(t.Context(), repos, &c, ourApp, late); err != nil || len(c.got) != 1 || !strings.Contains(c.got[0], `"support-agents"`) {
		t.Errorf("calls = %v, error = %v; want one about support-agents", c.got, err)
	}
	if d := cmp.Diff(known(), repos); d != "" {
		t.Errorf("repositories changed:\n%s", d)
	}
	renamed := Delivery{Event: "repository", Action: "renamed", Body: []byte(`{"action":"renamed",` + old + `}`)}
	if err := dispatch(t.Context(), repos, &c, ourApp, renamed); err != nil || repos[700].Name != "old" || repos[700].DefaultBranch != "master" {
		t.Errorf("renamed to %+v, error = %v", repos[700], err)
	}
}

// Bodies that are JSON but not what the event needs are kept, and then end as
// an error that no attempt can mend.
func TestDispatchLacking(t *testing.T) {
	for _, r := range events {
		if strings.HasPrefix(r.event, "installation") || r.event == SweepEvent {
			continue // their lists may be empty
		}
		for _, rest := range []string{`}`, `,"installation":{"id":42},"repository":{"id":"700"}}`, `,"installation":{"id":42},"repository":null,"pull_request":null}`} {
			body := []byte(`{"action":"` + r.action + `"` + rest)
			c := calls{}
			err := dispatch(t.Context(), known(), &c, ourApp, Delivery{Event: r.event, Action: r.action, Body: body})
			if err == nil && r.only != nil && len(c.got) == 0 {
				continue // dropped
			}
			if final := (permanentError{}); !errors.As(err, &final) || len(c.got) != 0 {
				t.Errorf("%s %s: calls = %v, error = %v; want a permanent one", r.event, body, c.got, err)
			}
		}
	}
}

// FuzzRoute: whatever the body, nothing panics, and what is kept names an event
// of the table.
func FuzzRoute(f *testing.F) {
	for _, r := range events {
		f.Add(r.event, []byte(`{"action":"`+r.action+`","installation":{"id":1},"repository":{"id":2,"pushed_at":17},"pull_request":{"number":3,"head":{"sha":"a"},"base":{"ref":"m"}},"issue":{"number":3,"pull_request":{}},"comment":{"id":4}}`))
	}
	f.Add("push", []byte(`{"ref":"refs/heads/\ud800","repository":{"pushed_at":"never"}}`))
	f.Fuzz(func(t *testing.T, event string, body []byte) {
		d, keep, err := route(event, "g", body, ourApp)
		if keep && (err != nil || find(d.Event, d.Action) == nil || d.Event == SweepEvent || !strings.HasPrefix(d.Digest, "sha256:")) {
			t.Errorf("kept %+v, error %v", d, err)
		}
		if keep {
			var c calls
			err := dispatch(t.Context(), repoMap{}, &c, ourApp, d)
			if final := (permanentError{}); err != nil && !errors.As(err, &final) {
				t.Errorf("error %v would be tried again", err)
			}
		}
	})
}
