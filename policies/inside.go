package policies

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"runtime/metrics"
	"time"

	"github.com/countersign-dev/countersign/review"
)

// workerVar tells a copy of this program that it is a worker.
const workerVar = "COUNTERSIGN_RULES_WORKER"

// How a worker ends when it is cut off.
const (
	exitTime   = 87
	exitMemory = 88
)

// maxMemory is the heap that one worker may fill, garbage included, in bytes. The system's
// limit, which stops a single call that asks for more, is hardMemory.
const (
	maxMemory  = 256 << 20
	hardMemory = 1 << 30
)

// A worker is this very program: whatever embeds the package can start one,
// tests and tools too, and it is always of the same version. It never gets as
// far as main.
func init() {
	if os.Getenv(workerVar) != "1" {
		return
	}
	limitMemory(hardMemory)
	go watchMemory()
	if err := work(os.Stdin, os.Stdout); err != nil {
		_, _ = os.Stderr.WriteString(err.Error())
		os.Exit(1)
	}
	os.Exit(0)
}

// work answers requests until in ends.
func work(in io.Reader, out io.Writer) error {
	r := bufio.NewReader(in)
	var l *layer
	for {
		line, err := r.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		var req request
		dec := json.NewDecoder(bytes.NewReader(line))
		if err := dec.Decode(&req); err != nil {
			return err
		}
		text, err := handle(&l, req)
		if err != nil {
			return err
		}
		if _, err := out.Write(append(text, '\n')); err != nil {
			return err
		}
	}
}

// handle answers one request. OPA is asked to stop at its limit, and when it
// cannot hear, the process ends.
func handle(l **layer, req request) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), req.Limit)
	defer cancel()
	end := time.AfterFunc(req.Limit+100*time.Millisecond, func() { os.Exit(exitTime) })
	defer end.Stop()
	a, err := reply(ctx, l, req)
	if err != nil {
		return nil, err
	}
	text, err := json.Marshal(a)
	if err != nil || len(text) <= maxAnswer {
		return text, err
	}
	return json.Marshal(answer{Error: &review.RulesError{Layer: Repository, Reason: "the rules ask for too much: their results are larger than 4 MB"}})
}

// reply loads the rules of a request into l, or evaluates its input.
func reply(ctx context.Context, l **layer, req request) (a answer, err error) {
	if req.Files != nil {
		*l, err = load(Repository, req.Library, req.Files)
		if err == nil {
			a.Rules = (*l).rules
			for _, o := range (*l).outputs {
				a.Outputs = append(a.Outputs, [2]string{o.pkg, string(o.kind)})
			}
		}
	} else {
		a.Sets, err = (*l).eval(ctx, req.Input)
		if err != nil && ctx.Err() != nil {
			err = &review.RulesError{Layer: Repository, Reason: tooLong(req.Limit)}
		}
	}
	if errors.As(err, &a.Error) {
		return a, nil
	}
	return a, err
}

// watchMemory ends the process when its heap outgrows maxMemory.
func watchMemory() {
	sample := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	for range time.Tick(2 * time.Millisecond) {
		metrics.Read(sample)
		if sample[0].Value.Uint64() > maxMemory {
			os.Exit(exitMemory)
		}
	}
}
