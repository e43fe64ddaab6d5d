package policies

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/countersign-dev/countersign/review"
)

// body writes a rule of package countersign.own with lines that bind y.
func body(lines string) []review.PolicySource {
	return own("package countersign.own\n" + meta("own.rule") + "warn contains y if {\n" + lines + "\n}\n")
}

// doubled writes lines that bind y to a value whose size is 2 to the n.
func doubled(n int) string {
	var b strings.Builder
	b.WriteString("x0 := [\"x\"]\n")
	for i := range n {
		fmt.Fprintf(&b, "x%d := [x%d, x%d]\n", i+1, i, i)
	}
	return b.String() + fmt.Sprintf("y := x%d", n)
}

// A52: whatever a repository's rules do, they are cut off with a reason, this
// process stays as it was, and other pull requests go on.
func TestHostileRulesAreCutOff(t *testing.T) {
	t.Parallel()
	e := newTestEngine(t, Options{Deadline: 500 * time.Millisecond})
	mega := `m := sprintf("%999999d", [input.pull.number])` + "\n"
	for name, lines := range map[string]string{
		"cross product":          "some i in numbers.range(1, 100000)\nsome j in numbers.range(1, 100000)\ni * j < 0\ny := 1",
		"long range":             "y := count(numbers.range(1, 1000000000))",
		"many lists":             "y := count([x | some i in numbers.range(1, 100000000); x := [i, i, i]])",
		"doubling":               doubled(40),
		"a terabyte by replace":  mega + `y := count(replace(m, " ", m))`,
		"a terabyte by concat":   mega + `y := count(concat("", [m | some i in numbers.range(1, 1000000)]))`,
		"a terabyte by template": mega + "y := count(replace($\"{m}{m}{m}{m}\", \" \", $\"{m}{m}{m}{m}\"))",
		"a terabyte by pattern":  mega + `y := count(regex.replace(m, " ", m))`,
	} {
		t.Run(name, func(t *testing.T) {
			start := time.Now()
			_, err := e.Require(context.Background(), input(prompt()), body(lines))
			got := broken(t, err)
			if got.Layer != Repository || !strings.Contains(got.Reason, "cut off") {
				t.Errorf("got %+v", got)
			}
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("took %v", took)
			}
			find(t, require(t, e, input(prompt()), nil), "prompt")
		})
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	if m.HeapSys > 1<<30 {
		t.Errorf("this process took %d MB", m.HeapSys>>20)
	}
}

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	e := newTestEngine(t, Options{Deadline: 20 * time.Second})
	mega := `m := sprintf("%999999d", [input.pull.number])` + "\n"
	for name, lines := range map[string]string{
		"step by step": `y := count([sprintf("%999999d", [i]) | some i in numbers.range(1, 100000)])`,
		"in one call":  mega + `y := count(replace(m, " ", m))`,
	} {
		_, err := e.Require(context.Background(), input(prompt()), body(lines))
		if got := broken(t, err); !strings.Contains(got.Reason, "MB of memory") {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

// Types can be doubled as well as values, so loading is cut off too, once.
func TestHostileTypesAreCutOff(t *testing.T) {
	t.Parallel()
	e := newTestEngine(t, Options{})
	mine := body(strings.Replace(doubled(40), "y := x40", "x40[0] == x40[1]", 1) + "\ny := 1")
	_, err := e.Require(context.Background(), input(prompt()), mine)
	if got := broken(t, err); !strings.Contains(got.Reason, "cut off") {
		t.Errorf("got %+v", got)
	}
	start := time.Now()
	_, err = e.Require(context.Background(), input(prompt()), mine)
	if broken(t, err); time.Since(start) > time.Second {
		t.Errorf("the second time took %v", time.Since(start))
	}
}

func TestOthersGoOnBesideHostileRules(t *testing.T) {
	t.Parallel()
	e := newTestEngine(t, Options{})
	var wg sync.WaitGroup
	for i := range 3 {
		wg.Go(func() {
			_, err := e.Require(context.Background(), input(prompt()), body(doubled(40+i)))
			var rules *review.RulesError
			if !errors.As(err, &rules) {
				t.Errorf("got %v", err)
			}
		})
		wg.Go(func() {
			d, err := e.Require(context.Background(), input(prompt()), own(rule(Deny, `{"rule": "own.rule", "reason": "a"}`)))
			if err != nil || len(d.Denials) != 1 {
				t.Errorf("got %+v, %v", d, err)
			}
		})
	}
	wg.Wait()
}

// A worker is started once for each set of rules, and anew after a failure.
func TestWorkersAreKept(t *testing.T) {
	t.Parallel()
	e := newTestEngine(t, Options{Deadline: time.Second})
	mine := own("package countersign.own\n" + meta("own.rule") +
		"warn contains {\"rule\": \"own.rule\", \"reason\": \"a\"} if {\n\tevery i in numbers.range(1, input.pull.number) {\n\t\ti > 0\n\t}\n}\n")
	in := input(prompt())
	pid := func() int {
		require(t, e, in, mine)
		return e.workers.worker(ownFiles(mine)).process.cmd.Process.Pid
	}
	first := pid()
	if second := pid(); second != first {
		t.Error("a second decision started another worker")
	}
	endless := in
	endless.Pull.Number = 1_000_000_000
	_, err := e.Require(context.Background(), endless, mine)
	broken(t, err)
	pid() // the same rules still decide what they can
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(20*time.Millisecond, cancel)
	if _, err := e.Require(ctx, endless, mine); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled call gave %v", err)
	}
	last := pid()
	_ = e.workers.worker(ownFiles(mine)).process.cmd.Process.Kill()
	if _, err := e.Require(context.Background(), in, mine); err == nil {
		t.Error("a worker that died gave a demand")
	}
	if pid() == last {
		t.Error("a dead worker was kept")
	}
}

func TestRulesThatDoNotLoadAreRemembered(t *testing.T) {
	t.Parallel()
	e := newTestEngine(t, Options{})
	bad := own("package countersign\n")
	for range 2 {
		_, err := e.Require(context.Background(), input(prompt()), bad)
		if got := broken(t, err); got.Line != 1 || got.Path != ".github/countersign/own.rego" {
			t.Errorf("got %+v", got)
		}
	}
	if w := e.workers.worker(ownFiles(bad)); w.process != nil || w.broken == nil {
		t.Error("rules that do not load keep a worker")
	}
}

// Workers beyond the bound end, the one that was used least recently first,
// and so do all when the engine is closed.
func TestWorkersAreBounded(t *testing.T) {
	t.Parallel()
	e := newTestEngine(t, Options{})
	var all []*worker
	for i := range maxWorkers + 2 {
		mine := own(rule(Deny, fmt.Sprintf(`{"rule": "own.rule", "reason": "number %d"}`, i)))
		require(t, e, input(prompt()), mine)
		all = append(all, e.workers.worker(ownFiles(mine)))
	}
	for i, w := range all {
		if running := w.process != nil; running != (i >= 2) {
			t.Errorf("worker %d runs: %t", i, running)
		}
	}
	e.Close()
	for i, w := range all {
		if w.process != nil {
			t.Errorf("worker %d outlived the engine", i)
		}
	}
}

// A worker sees no secret of the server's.
func TestWorkerHasNoEnvironment(t *testing.T) {
	t.Parallel()
	p, err := startProcess()
	if err != nil {
		t.Fatal(err)
	}
	defer p.kill()
	if len(p.cmd.Env) != 1 || p.cmd.Env[0] != workerVar+"=1" {
		t.Errorf("its environment is %v", p.cmd.Env)
	}
}

func TestWorkRefusesNoise(t *testing.T) {
	t.Parallel()
	if os.Getenv(workerVar) != "" {
		t.Fatal("a worker runs tests")
	}
	var out bytes.Buffer
	if err := work(strings.NewReader("noise\n"), &out); err == nil || out.Len() > 0 {
		t.Errorf("got %v and %q", err, out.String())
	}
	if err := work(strings.NewReader(""), &out); err != nil {
		t.Error(err)
	}
}

func TestLargeAnswersAreRefused(t *testing.T) {
	t.Parallel()
	e := newTestEngine(t, Options{Deadline: 5 * time.Second})
	_, err := e.Require(context.Background(), input(prompt()), body(
		`some i in numbers.range(1, 6)`+"\n"+`y := {"rule": "own.rule", "reason": sprintf("%d%999999d", [i, 1])}`))
	if got := broken(t, err); !strings.Contains(got.Reason, "4 MB") {
		t.Errorf("got %+v", got)
	}
}
