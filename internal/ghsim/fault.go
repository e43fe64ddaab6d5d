package ghsim

import "time"

// A Fault is what happens to one API call instead of an answer.
// The zero value changes nothing.
type Fault struct {
	// Status answers with this status and has no effect on the state.
	Status int
	// RetryAfter sets the header of the same name, in whole seconds.
	RetryAfter time.Duration
	// RateLimited answers as an exhausted primary limit does: remaining 0 and
	// a reset time an hour ahead. With Status 403 or 429.
	RateLimited bool
	// Message is put in the body. Empty: GitHub's usual words for the status.
	Message string
	// Hang never answers: the call ends when its client gives up or the server closes.
	Hang bool
	// LoseReply performs the call, then cuts the connection.
	LoseReply bool
	// Delay is waited before anything else.
	Delay time.Duration
}
