package record

import (
	"context"

	"github.com/countersign-dev/countersign/review"
)

var _ review.Past = (*Log)(nil)

// Decisions implements review.Past.
func (l *Log) Decisions(ctx context.Context, repo string, limit int) ([]review.Decision, int, error) {
	q := Query{Limit: limit, Repo: repo}
	entries, err := l.List(ctx, q)
	if err != nil {
		return nil, 0, err
	}
	var out []review.Decision
	of := 0
	for _, e := range entries {
		if e.Landing == nil || e.Landing.Policy == nil || e.Landing.Policy.Input == "" {
			continue
		}
		of++
		d, ok := e.Disclosed[e.Landing.Policy.Input]
		if !ok || len(d.Bytes()) == 0 {
			continue
		}
		decision := review.Decision{Record: e.ID, Input: d.Bytes()}
		if e.Landing.Pull != nil {
			decision.Pull = e.Landing.Pull.Number
		}
		out = append(out, decision)
	}
	return out, of, nil
}
