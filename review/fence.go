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
