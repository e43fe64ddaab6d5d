package main

import (
	"bytes"
	"context"
	"io"
	"path/filepath"
	"strings"
	"testing"
)

// Whoever checks an export for the first time is told what a result means and
// what to do about it.
func TestVerifyForNewcomers(t *testing.T) {
	t.Parallel()
	play := func() *demo {
		d := &demo{w: io.Discard, dir: t.TempDir()}
		t.Cleanup(d.close)
		if err := d.play(context.Background()); err != nil {
			t.Fatal(err)
		}
		return d
	}
	d, other := play(), play()
	data, export, empty := filepath.Join(d.dir, "countersign"), filepath.Join(d.dir, "export"), filepath.Join(d.dir, "empty")
	key, foreign := filepath.Join(data, "log.pub"), filepath.Join(other.dir, "countersign", "log.pub")
	for _, c := range []struct {
		args string
		code int
		want string
	}{
		{"export --data " + data + " --from 2030-01-01 " + empty, 0, "no record is in the window: the log of"},
		{"verify --key " + key + " " + empty, 0, "✓ no record is in the window: the log's 4 records lie before it"},
		{"export --data " + data + " " + export, 2, "DIR: " + export + " holds something already"},
		{"verify --key " + foreign + " " + export, 1, "is not signed by the key that was given"},
		{"verify --key " + foreign + " " + export, 1, "ask whoever runs this one for its log.pub"},
		{"verify --key abc+def " + export, 2, "give the one line of log.pub whole"},
		{"verify --key " + key + ".none " + export, 2, "--key is neither a key"},
		{"verify --key " + key + " " + data, 2, "DIR: " + data + " holds no export"},
		{"verify --key " + key + " --pin " + data + "/none " + export, 2, "--pin: "},
	} {
		root := newRoot()
		var out bytes.Buffer
		root.SetOut(&out)
		root.SetArgs(strings.Fields(c.args))
		code := 0
		if err := root.Execute(); err != nil {
			out.WriteString(err.Error())
			code = exitUnknown
			if e, ok := err.(exit); ok {
				code = e.code
			}
		}
		if code != c.code || !strings.Contains(out.String(), c.want) {
			t.Errorf("%s: exit %d, want %d with %q:\n%s", c.args, code, c.code, c.want, out.String())
		}
	}
}
