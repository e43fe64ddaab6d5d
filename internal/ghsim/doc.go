// Package ghsim is a GitHub on loopback: state in Go maps behind one lock,
// commits in real bare git repositories, REST, GraphQL and signed webhooks.
// Tests, benchmarks and the demo run the product against it.
//
// It has two sides. People act through Go methods, each of which does the git
// work, changes the state and emits the deliveries that GitHub documents for
// it, in order:
//
//	sim, err := ghsim.New(ghsim.Options{Dir: t.TempDir()})
//	defer sim.Close()
//	acme := sim.AddOrg("acme")
//	alice := sim.AddUser("alice")
//	repo, err := acme.AddRepo("bot", ghsim.RepoOptions{Files: ghsim.Files{"prompts/refund.md": "v1\n"}})
//	repo.SetRole(alice, "write")
//	sim.SetWebhook("http://127.0.0.1:8080/webhook", "secret")
//	inst := sim.Install(acme.User)
//
//	pull, err := repo.OpenPull(alice, ghsim.PullSpec{
//		Head:   "refund-v2",
//		Title:  "Refund prompt, version 2",
//		Commit: &ghsim.CommitSpec{Files: ghsim.Files{"prompts/refund.md": "v2\n"}},
//	})
//	sim.Advance(time.Minute)
//	comment, err := pull.Comment(bob, "/countersign approve")
//	sim.Flush(ctx)
//	sha, err := pull.Merge(alice, ghsim.Squash)
//
// The product acts through HTTP at [Server.URL], as the app [Server.App] with
// its id and private key.
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
