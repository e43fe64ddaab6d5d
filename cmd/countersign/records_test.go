package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/countersign-dev/countersign/record"
)

// A question that could only find nothing is refused, and says what is allowed.
func TestQueryMistakes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		q        record.Query
		from, to string
		want     string
	}{
		{record.Query{Outcome: "bogus"}, "", "", "--outcome must be"},
		{record.Query{Kind: "tool"}, "", "", "--kind must be"},
		{record.Query{}, "2027-01-01", "2026-01-01", "--from must lie before"},
		{record.Query{}, "soon", "", "--from"},
		{record.Query{Outcome: "UNSIGNED", Kind: "prompt", Pull: 4}, "2026-01-01", "2027-01-01", ""},
	} {
		err := setPeriod(&c.q, c.from, c.to)
		if (err != nil) != (c.want != "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.q, err, c.want)
		}
	}
}

// A commit that landed is found by the first digits of its id, unless they are
// those of several.
func TestShortCommit(t *testing.T) {
	t.Parallel()
	d := &demo{w: io.Discard, dir: t.TempDir()}
	defer d.close()
	if err := d.play(context.Background()); err != nil {
		t.Fatal(err)
	}
	all, err := d.srv.log.List(context.Background(), record.Query{})
	if err != nil {
		t.Fatal(err)
	}
	tip := string(all[0].Landing.Identity.After)
	for name, want := range map[string]string{
		tip:             all[0].ID,
		tip[:7]:         all[0].ID,
		tip[:39]:        all[0].ID,
		tip[:6]:         "is none; write",
		"0000000":       "there is no record of 0000000",
		"what":          "is none; write",
		"#1":            "CHG-2026-000001",
		"#99":           "there is no record of #99",
		"acme/nope#1":   "there is no record of",
		"CHG-2026-9999": "there is no record of",
	} {
		root := newRoot()
		var out bytes.Buffer
		root.SetOut(&out)
		root.SetArgs([]string{"records", "--data", filepath.Join(d.dir, "countersign"), name})
		if err := root.Execute(); err != nil {
			out.WriteString(err.Error())
		}
		if !strings.Contains(out.String(), want) {
			t.Errorf("records %s: %q, want %q", name, out.String(), want)
		}
	}
	var several exit
	if _, err := byShortCommit(context.Background(), d.srv.log, ""); !errors.As(err, &several) || !strings.Contains(several.text, "several commits: ") {
		t.Errorf("of all: %v", err)
	}
}
