package review

import "context"

type fenceKey struct{}

// WithFence returns a context in which nothing is published unless fence says
// nil. A worker passes the check of its lease: one that has lost it must not
// write what another may have decided otherwise.
func WithFence(ctx context.Context, fence func(context.Context) error) context.Context {
	return context.WithValue(ctx, fenceKey{}, fence)
}

// fenced asks the fence of ctx, if it has one.
func fenced(ctx context.Context) error {
	if f, ok := ctx.Value(fenceKey{}).(func(context.Context) error); ok {
		return f(ctx)
	}
	return nil
}

type againKey struct{}

// WithAgain returns a context for what was attempted before, perhaps by a
// process that died: a Forge looks whether something is there before it writes
// it anew.
func WithAgain(ctx context.Context) context.Context { return context.WithValue(ctx, againKey{}, true) }

// Again reports whether ctx is of WithAgain.
func Again(ctx context.Context) bool { return ctx.Value(againKey{}) != nil }
