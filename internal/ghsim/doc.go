// Package ghsim is a GitHub on loopback: state in Go maps behind one lock,
// commits in real bare git repositories, REST, GraphQL and signed webhooks.
// Tests, benchmarks and the demo run the product against it.
//
// It has two sides. People act through Go methods, each of which does the git
// work, changes the state and emits the deliveries that GitHub documents for
// it, in order; the example shows how. The product acts through HTTP at
// [Server.URL], as the app [Server.App] with its id and private key.
//
// The clock stands still until [Server.Advance] moves it, and has whole
// seconds, as GitHub's timestamps have. Ids are numbered from fixed starts and
// nothing is drawn at random but by a seed, so a story gives the same bytes
// every time.
//
// Every method may be called by several goroutines. Handles such as [Pull]
// stay valid for the life of the server and always tell the present state.
// A method returns an error where GitHub would refuse ([*Refusal]) or git
// fails; handing it something of another server, or nil, is a mistake of the
// caller and panics.
package ghsim
