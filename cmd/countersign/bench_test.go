package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/countersign-dev/countersign/internal/ghsim"
)

// newBenchStory is a world for benchmarks: the server against a GitHub whose
// answers take that long.
func newBenchStory(b testing.TB, latency time.Duration) *story {
	b.Helper()
	s := &story{people: map[string]*ghsim.User{}, pulls: map[string]*ghsim.Pull{}, repos: map[string]*ghsim.Repo{}, dir: b.TempDir()}
	var err error
	if s.sim, err = ghsim.New(ghsim.Options{Dir: filepath.Join(s.dir, "github")}); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.sim.Close() })
	s.org = s.sim.AddOrg("acme")
	for _, name := range append([]string{"admin"}, members...) {
		s.people[name] = s.sim.AddUser(name)
		s.org.SetMember(s.people[name], "member")
	}
	s.sim.Install(s.org.User)
	if err := s.addRepo("bot", filepath.Join(s.dir, "none"), true); err != nil {
		b.Fatal(err)
	}
	if err := s.start(""); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.srv.Close() })
	s.sim.SetLatency(latency)
	return s
}

// pullsFor opens pull requests that each change the prompt.
func (s *story) pullsFor(b testing.TB, from, n int) []*ghsim.Pull {
	b.Helper()
	var out []*ghsim.Pull
	for i := range n {
		s.sim.Advance(time.Second)
		p, err := s.repo.OpenPull(s.people["alice"], ghsim.PullSpec{Head: fmt.Sprintf("pull-%d", from+i),
			Commit: &ghsim.CommitSpec{Files: ghsim.Files{"CLAUDE.md": fmt.Sprintf("Be kind, %d.\n", from+i)}}})
		if err != nil {
			b.Fatal(err)
		}
		out = append(out, p)
	}
	if err := s.settle(); err != nil {
		b.Fatal(err)
	}
	s.sim.Advance(20 * time.Minute)
	return out
}

// BenchmarkComment measures from a comment that signs to the published check,
// with answers of GitHub that take 0 and 50 ms. Two calls lie between.
func BenchmarkComment(b *testing.B) {
	for _, latency := range []time.Duration{0, 50 * time.Millisecond} {
		b.Run(latency.String(), func(b *testing.B) {
			s := newBenchStory(b, latency)
			published := make(chan time.Time, 16)
			s.sim.SetFault(func(c ghsim.Call) *ghsim.Fault {
				if c.Method == "PATCH" && strings.Contains(c.Path, "check-runs") {
					published <- time.Now()
				}
				return nil
			})
			var total time.Duration
			n := 0
			for b.Loop() {
				b.StopTimer()
				p := s.pullsFor(b, n, 1)[0]
				n++
				b.StartTimer()
				begin := time.Now()
				p.Comment(s.people["bob"], "/countersign approve")
				total += (<-published).Sub(begin) + latency
				b.StopTimer()
				if err := s.settle(); err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
			}
			b.ReportMetric(float64(total.Microseconds())/1000/float64(n), "ms/check")
		})
	}
}

// BenchmarkBurst sends 500 comments over 100 pull requests at once, with 50 ms
// a call. Every delivery must be answered 2xx and every command be evaluated.
func BenchmarkBurst(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		s := newBenchStory(b, 0)
		pulls := s.pullsFor(b, 0, 100)
		s.sim.SetLatency(50 * time.Millisecond)
		before := len(s.sim.Deliveries())
		b.StartTimer()
		for _, p := range pulls {
			p.Comment(s.people["frank"], "no command")
			p.Comment(s.people["erin"], "/countersign approve")
			p.Comment(s.people["bob"], "/countersign approve")
			p.Comment(s.people["carol"], "/countersign approve")
			p.Comment(s.people["dana"], "/countersign status")
		}
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
		for busy := true; busy; {
			if err := s.sim.Flush(ctx); err != nil {
				b.Fatal(err)
			}
			var err error
			if busy, err = s.srv.Drain(ctx); err != nil {
				b.Fatal(err)
			}
		}
		cancel()
		b.StopTimer()
		for _, d := range s.sim.Deliveries()[before:] {
			if d.StatusCode/100 != 2 {
				b.Fatalf("%s was answered %d", d.Event, d.StatusCode)
			}
		}
		for _, p := range pulls {
			if run, ok := p.Check("countersign: main"); !ok || run.Conclusion != "success" {
				b.Fatalf("pull request %d: %+v", p.Number(), run)
			}
			said, err := s.srv.store.Signoffs(context.Background(), s.repo.ID(), p.Number())
			if err != nil || len(said) != 3 {
				b.Fatalf("pull request %d: %d statements are kept, %v", p.Number(), len(said), err)
			}
		}
		s.srv.Close()
		b.StartTimer()
	}
}

// tenThousand makes a repository with that many commits: every tenth changes an
// agent, the others code.
func tenThousand(b *testing.B) string {
	b.Helper()
	dir := filepath.Join(b.TempDir(), "repo.git")
	git := func(in io.Reader, args ...string) {
		cmd := exec.Command("git", args...)
		cmd.Stdin = in
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	git(nil, "init", "-q", "--bare", "-b", "main", dir)
	var s bytes.Buffer
	data := func(text string) { fmt.Fprintf(&s, "data %d\n%s\n", len(text), text) }
	for i := range 10_000 {
		fmt.Fprintf(&s, "commit refs/heads/main\nmark :%d\ncommitter Ann <ann@example.com> %d +0000\n", i+1, 1_700_000_000+i*60)
		data(fmt.Sprintf("Change %d (#%d)", i, i))
		if i > 0 {
			fmt.Fprintf(&s, "from :%d\n", i)
		}
		switch {
		case i%10 == 0:
			s.WriteString("M 100644 inline CLAUDE.md\n")
			data(strings.Repeat("Work with care.\n", 40) + fmt.Sprintf("Version %d.\n", i))
		default:
			fmt.Fprintf(&s, "M 100644 inline src/file%d.go\n", i%500)
			data(strings.Repeat("// code\n", 100) + fmt.Sprintf("var v%d = %d\n", i, i))
		}
	}
	git(&s, "-C", dir, "fast-import", "--quiet")
	return dir
}

// BenchmarkScan walks 10,000 commits; the control is git log --raw and the same
// blobs through git cat-file --batch. They take turns, so that what else the
// machine does weighs on both, and medians are printed.
func BenchmarkScan(b *testing.B) {
	dir := tenThousand(b)
	var scans, controls, ratios []float64
	for b.Loop() {
		begin := time.Now()
		root := newRoot()
		root.SetArgs([]string{"scan", dir})
		root.SetOut(io.Discard)
		if err := root.Execute(); err != nil {
			b.Fatal(err)
		}
		scan := time.Since(begin)
		begin = time.Now()
		cmd := exec.Command("sh", "-c", `git log --first-parent --raw --no-abbrev --format=%H main |
			awk '/^:/ {print $3; print $4}' | grep -v '^0*$' | git cat-file --batch >/dev/null`)
		cmd.Dir, cmd.Stderr = dir, os.Stderr
		if err := cmd.Run(); err != nil {
			b.Fatal(err)
		}
		control := time.Since(begin)
		scans, controls = append(scans, scan.Seconds()*1000), append(controls, control.Seconds()*1000)
		ratios = append(ratios, scan.Seconds()/control.Seconds())
	}
	b.ReportMetric(median(scans), "ms/scan")
	b.ReportMetric(median(controls), "ms/control")
	b.ReportMetric(median(ratios), "ratio")
}

func median(list []float64) float64 {
	slices.Sort(list)
	return list[len(list)/2]
}
