package policies

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/countersign-dev/countersign/review"
)

// The rules of a repository run in a process of their own. OPA stops at its
// deadline between two steps, but not inside one: a rule of thirty lines can
// ask for a hundred gigabytes in a single call, or compare two values for
// years. Go cannot stop that from outside, so whatever happens must happen to
// a process that nobody misses.

const (
	maxWorkers = 8                // that are kept while idle, each for one set of rules
	maxAnswer  = 4 << 20          // bytes of one answer of a worker
	loadTime   = 5 * time.Second  // hundreds of times what it takes
	graceTime  = 10 * time.Second // for a worker to end by itself on a busy machine
)

// workers are the processes that hold the rules of repositories, compiled, by
// digest of the rules. The one that was used least recently ends first.
type workers struct {
	library []file
	time    time.Duration
	slots   chan struct{}

	mu     sync.Mutex
	byRule map[string]*worker
	recent []string // digests, the latest last
}

// A worker evaluates one set of rules. Whoever holds its turn owns all fields
// but evicted.
type worker struct {
	turn    chan struct{}
	evicted atomic.Bool

	broken  *review.RulesError // why the rules do not load; then there is no process
	process *process           // nil before the first use and after a failure
	rules   []Rule
	outputs []output
}

func newWorkers(library []file, concurrency int, limit time.Duration) *workers {
	return &workers{library: library, time: limit, slots: make(chan struct{}, concurrency), byRule: map[string]*worker{}}
}

// run evaluates files over input in their worker.
func (ws *workers) run(ctx context.Context, files []file, input []byte) (claims []claim, err error) {
	err = ws.with(ctx, files, func(w *worker) error {
		got, err := w.process.ask(ctx, request{Input: input, Limit: ws.time})
		if err != nil {
			w.stop()
			return err
		}
		if got.Error != nil {
			return got.Error
		}
		claims, err = parseOutput(Repository, w.rules, w.outputs, got.Sets)
		return err
	})
	return claims, err
}

// list returns the rules in files.
func (ws *workers) list(ctx context.Context, files []file) (rules []Rule, err error) {
	err = ws.with(ctx, files, func(w *worker) error {
		rules = w.rules
		return nil
	})
	return rules, err
}

// with calls do with the worker for files, which has loaded them.
func (ws *workers) with(ctx context.Context, files []file, do func(*worker) error) error {
	w := ws.worker(files)
	defer w.reap()
	if err := take(ctx, w.turn); err != nil {
		return err
	}
	defer give(w.turn)
	if err := take(ctx, ws.slots); err != nil {
		return err
	}
	defer give(ws.slots)
	if w.broken != nil {
		return w.broken
	}
	if w.process == nil {
		if err := w.start(ctx, ws, files); err != nil {
			return err
		}
	}
	return do(w)
}

func take(ctx context.Context, c chan struct{}) error {
	select {
	case c <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func give(c chan struct{}) { <-c }

// worker finds the worker for files, or makes one that has yet to start.
func (ws *workers) worker(files []file) *worker {
	data, err := json.Marshal(files)
	if err != nil {
		panic(err) // strings and bytes only
	}
	key := digest(data)
	ws.mu.Lock()
	w := ws.byRule[key]
	if w == nil {
		w = &worker{turn: make(chan struct{}, 1)}
		ws.byRule[key] = w
	}
	ws.recent = append(slices.DeleteFunc(ws.recent, func(k string) bool { return k == key }), key)
	var old *worker
	if len(ws.recent) > maxWorkers {
		old = ws.byRule[ws.recent[0]]
		delete(ws.byRule, ws.recent[0])
		ws.recent = ws.recent[1:]
	}
	ws.mu.Unlock()
	if old != nil {
		old.evicted.Store(true)
		old.reap()
	}
	return w
}

func (ws *workers) close() {
	ws.mu.Lock()
	all := ws.byRule
	ws.byRule, ws.recent = map[string]*worker{}, nil
	ws.mu.Unlock()
	for _, w := range all {
		w.evicted.Store(true)
		w.reap()
	}
}

// reap ends the process of an evicted worker that nobody uses. Whoever uses it
// now calls reap afterwards.
func (w *worker) reap() {
	if !w.evicted.Load() {
		return
	}
	select {
	case w.turn <- struct{}{}:
		w.stop()
		give(w.turn)
	default:
	}
}

func (w *worker) stop() {
	if w.process != nil {
		w.process.kill()
		w.process = nil
	}
}

// start starts a process and loads the rules into it.
func (w *worker) start(ctx context.Context, ws *workers, files []file) error {
	p, err := startProcess()
	if err != nil {
		return fmt.Errorf("start a worker for rules: %w", err)
	}
	w.process = p
	got, err := p.ask(ctx, request{Library: ws.library, Files: files, Limit: loadTime})
	if err != nil {
		w.stop()
		errors.As(err, &w.broken) // cut off: not tried again until it is evicted
		return err
	}
	if got.Error != nil {
		w.stop()
		w.broken = got.Error
		return w.broken
	}
	w.rules, w.outputs = got.Rules, nil
	for _, o := range got.Outputs {
		w.outputs = append(w.outputs, output{o[0], Kind(o[1])})
	}
	return nil
}

// A request is one line to a worker: rules to load, or an input to evaluate.
type request struct {
	Library []file          `json:"library,omitempty"`
	Files   []file          `json:"files,omitempty"`
	Input   json.RawMessage `json:"input,omitempty"`
	Limit   time.Duration   `json:"limit"`
}

// An answer is one line from a worker.
type answer struct {
	Error   *review.RulesError `json:"error,omitempty"`
	Rules   []Rule             `json:"rules,omitempty"`
	Outputs [][2]string        `json:"outputs,omitempty"` // package and kind
	Sets    [][]any            `json:"sets,omitempty"`
}

// A process is a running worker. It ends when its input does, so it does not
// outlive this process.
type process struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines chan []byte // closed when its output ended
	words *opening    // what it said on its way out
	done  chan error  // how it ended
}

func startProcess() (*process, error) {
	path := "/proc/self/exe" // also when the file was replaced by a later version
	if runtime.GOOS != "linux" {
		var err error
		if path, err = os.Executable(); err != nil {
			return nil, err
		}
	}
	p := &process{cmd: exec.Command(path), lines: make(chan []byte, 1), words: &opening{}, done: make(chan error, 1)}
	p.cmd.Env = []string{workerVar + "=1"} // and no secret of ours
	p.cmd.Dir = string(os.PathSeparator)
	p.cmd.Stderr = p.words
	in, err := p.cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	p.in = in
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	go p.read(out)
	return p, nil
}

// read hands over the process's lines, and then how it ended.
func (p *process) read(out io.Reader) {
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, maxAnswer+1)
	for lines.Scan() {
		p.lines <- bytes.Clone(lines.Bytes())
	}
	close(p.lines)
	if lines.Err() != nil {
		_ = p.cmd.Process.Kill() // it says more than it may
	}
	p.done <- p.cmd.Wait()
}

// ask sends r and waits for the answer. After an error the process is of no
// use. An error that is no *review.RulesError says nothing about the rules.
func (p *process) ask(ctx context.Context, r request) (answer, error) {
	line, err := json.Marshal(r)
	if err != nil {
		return answer{}, err
	}
	go func() { // ends at the latest when the process is killed
		_, _ = p.in.Write(append(line, '\n')) // a failure shows as the end of its output
	}()
	late := time.NewTimer(r.Limit + graceTime)
	defer late.Stop()
	select {
	case line, ok := <-p.lines:
		if !ok {
			return answer{}, p.epitaph(r.Limit)
		}
		var a answer
		dec := json.NewDecoder(bytes.NewReader(line))
		dec.UseNumber()
		if err := dec.Decode(&a); err != nil {
			return answer{}, fmt.Errorf("read a worker's answer: %w", err)
		}
		return a, nil
	case <-late.C:
		return answer{}, &review.RulesError{Layer: Repository, Reason: tooLong(r.Limit)}
	case <-ctx.Done():
		return answer{}, ctx.Err()
	}
}

// epitaph says why a process ended.
func (p *process) epitaph(limit time.Duration) error {
	err := <-p.done
	p.done <- err
	var exit *exec.ExitError
	e := &review.RulesError{Layer: Repository}
	switch {
	case errors.As(err, &exit) && exit.ExitCode() == exitTime:
		e.Reason = tooLong(limit)
	case errors.As(err, &exit) && exit.ExitCode() == exitMemory, strings.Contains(p.words.String(), "out of memory"):
		e.Reason = fmt.Sprintf("the evaluation took more than %d MB of memory and was cut off; look for a rule that builds very large values", maxMemory>>20)
	default:
		e.Reason = fmt.Sprintf("the evaluation broke off (%v)", err)
	}
	return e
}

// kill ends the process and waits for its end.
func (p *process) kill() {
	_ = p.in.Close()
	_ = p.cmd.Process.Kill()
	for range p.lines {
	}
	err := <-p.done
	p.done <- err
}

// An opening keeps the first few kilobytes that are written to it.
type opening struct {
	mu  sync.Mutex
	buf []byte
}

func (o *opening) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if room := 4096 - len(o.buf); room > 0 {
		o.buf = append(o.buf, p[:min(room, len(p))]...)
	}
	return len(p), nil
}

func (o *opening) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return string(o.buf)
}
