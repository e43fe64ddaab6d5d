// Package policies says what sign-offs a change to agents needs, in Rego.
//
// Rules come in layers: the default set in this folder, the operator's, and a
// repository's own. Each layer is compiled and evaluated alone, with its own
// data and a read-only library, and Go unites what they ask; so no layer can
// empty a rule of another. Lower layers only tighten.
//
// Rules are pure: they see the input and nothing else. Whatever goes wrong in
// them is an error, never an empty demand.
package policies

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/countersign-dev/countersign/review"
)

// The layers, from the top down.
const (
	Default    = "default"
	Operator   = "operator"
	Repository = "repository"
)

var _ review.Policy = (*Engine)(nil)

// Options say how an Engine runs. The zero value runs the default set alone.
type Options struct {
	// Operator holds the operator's rules and data; nil when there are none.
	// Its file operator.yaml is settings, read by package review.
	Operator fs.FS
	// Deadline bounds the evaluation of one layer; one second when 0.
	Deadline time.Duration
	// Concurrency bounds how many layers run at a time, those of this
	// process and those in workers each; 2 when 0.
	Concurrency int
}

// An Engine evaluates rules. It is safe for concurrent use.
type Engine struct {
	library []file   // the package countersign.lib
	layers  []*layer // default, operator: trusted, and evaluated in this process
	slots   chan struct{}
	time    time.Duration
	workers *workers // for the layers of repositories
}

// New loads the default and the operator's rules. An error is a
// *review.RulesError when rules are at fault.
func New(opts Options) (*Engine, error) {
	library, err := readFS(embedded, "lib")
	if err != nil {
		return nil, err
	}
	files, err := readFS(embedded, "default")
	if err != nil {
		return nil, err
	}
	layers := []bundleLayer{{Default, files}}
	if opts.Operator != nil {
		files, err := readFS(opts.Operator, ".")
		if err != nil {
			return nil, fmt.Errorf("read the operator's rules: %w", err)
		}
		layers = append(layers, bundleLayer{Operator, files})
	}
	return newEngine(opts, counted(library), layers)
}

func newEngine(opts Options, library []file, layers []bundleLayer) (*Engine, error) {
	if opts.Deadline == 0 {
		opts.Deadline = time.Second
	}
	if opts.Concurrency == 0 {
		opts.Concurrency = 2
	}
	e := &Engine{
		library: library,
		slots:   make(chan struct{}, opts.Concurrency),
		time:    opts.Deadline,
		workers: newWorkers(library, opts.Concurrency, opts.Deadline),
	}
	for _, bl := range layers {
		l, err := load(bl.Name, library, bl.Files)
		if err != nil {
			return nil, err
		}
		e.layers = append(e.layers, l)
	}
	return e, nil
}

// Close ends the workers. Later calls of Require for repositories with rules
// of their own start new ones.
func (e *Engine) Close() { e.workers.close() }

// Require says what all layers ask of in. The rules of repo are evaluated in a
// worker process that is killed when it takes too long or too much memory.
//
// Rules that do not load, fail or ask for what is not there give a
// *review.RulesError. Any other error says nothing about the rules: try again.
func (e *Engine) Require(ctx context.Context, in review.PolicyInput, repo []review.PolicySource) (review.Demand, error) {
	input, err := encode(in)
	if err != nil {
		return review.Demand{}, fmt.Errorf("encode policy input: %w", err)
	}
	d := review.Demand{Input: input, RulesDigest: digest(e.Bundle(repo))}
	var claims []claim
	for _, l := range e.layers {
		got, err := e.run(ctx, l, input)
		if err != nil {
			return review.Demand{}, err
		}
		claims = append(claims, got...)
	}
	if files := ownFiles(repo); len(files) > 0 {
		got, err := e.workers.run(ctx, files, input)
		if err != nil {
			return review.Demand{}, err
		}
		claims = append(claims, got...)
	}
	if err := unite(&d, in, claims); err != nil {
		return review.Demand{}, err
	}
	return d, nil
}

// run evaluates a layer in this process.
func (e *Engine) run(ctx context.Context, l *layer, input []byte) ([]claim, error) {
	if err := take(ctx, e.slots); err != nil {
		return nil, err
	}
	defer give(e.slots)
	limited, cancel := context.WithTimeout(ctx, e.time)
	defer cancel()
	raw, err := l.eval(limited, input)
	if err != nil && ctx.Err() != nil {
		return nil, ctx.Err()
	}
	if err != nil && errors.Is(limited.Err(), context.DeadlineExceeded) {
		return nil, &review.RulesError{Layer: l.name, Reason: tooLong(e.time)}
	}
	if err != nil {
		return nil, err
	}
	return parseOutput(l.name, l.rules, l.outputs, raw)
}

func tooLong(limit time.Duration) string {
	return fmt.Sprintf("the evaluation took longer than %v and was cut off; look for a rule that goes through too many combinations", limit)
}

// encode returns the canonical JSON of in: sorted keys, no spaces, lists
// instead of null, no escapes but those that JSON demands.
func encode(in review.PolicyInput) ([]byte, error) {
	normalise(&in)
	data, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	var v any
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	if err := dec.Decode(&v); err != nil {
		return nil, err
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	err = enc.Encode(v)
	return bytes.TrimRight(out.Bytes(), "\n"), err
}
