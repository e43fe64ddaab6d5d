package ghsim

import "time"

// A Call is one API call that the server answered, or refused by a fault.
type Call struct {
	Method string
	Path   string // template, such as "/repos/{owner}/{repo}/pulls/{pull_number}"; GraphQL: "/graphql"; "" if there is no such endpoint
	URI    string // path and query as asked, without the /api/v3 prefix
	Status int    // 0 if the reply was lost or withheld
	Time   time.Time
	// Operation is the name of a GraphQL operation, else empty.
	Operation string
}

// Calls lists API calls since the start or ResetCalls in the order in which
// they came in, without those that made tokens.
func (s *Server) Calls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return values(s.calls)
}

// TokenCalls lists the calls that made installation tokens.
func (s *Server) TokenCalls() []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return values(s.tokenCalls)
}

// ResetCalls empties both lists.
func (s *Server) ResetCalls() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls, s.tokenCalls = nil, nil
}

// begin counts a call and returns what sets its status later.
func (s *Server) begin(c Call) (finish func(status int)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c.Time = s.now()
	if c.Path == tokenPath {
		s.tokenCalls = append(s.tokenCalls, &c)
	} else {
		s.calls = append(s.calls, &c)
	}
	return func(status int) {
		s.mu.Lock()
		defer s.mu.Unlock()
		c.Status = status
	}
}

func values(list []*Call) []Call {
	out := make([]Call, len(list))
	for i, c := range list {
		out[i] = *c
	}
	return out
}
