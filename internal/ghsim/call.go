package ghsim

import "time"

// A Call is one API call that the server answered, or refused by a fault.
type Call struct {
	Method string
	Path   string // template, such as "/repos/{owner}/{repo}/pulls/{pull_number}"; GraphQL: "/graphql"
	URI    string // path and query as asked, without the /api/v3 prefix
	Status int    // 0 if the reply was lost or withheld
	Time   time.Time
	// Operation is the name of a GraphQL operation, else empty.
	Operation string
}
