package ghsim_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"strings"
	"time"

	"github.com/countersign-dev/countersign/internal/ghsim"
)

func Example() {
	dir, err := os.MkdirTemp("", "ghsim")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	sim, err := ghsim.New(ghsim.Options{Dir: dir})
	if err != nil {
		log.Fatal(err)
	}
	defer sim.Close()

	acme, alice, bob := sim.AddOrg("acme"), sim.AddUser("alice"), sim.AddUser("bob")
	repo, err := acme.AddRepo("bot", ghsim.RepoOptions{Files: ghsim.Files{"prompts/refund.md": "Refund up to 50 EUR.\n"}})
	if err != nil {
		log.Fatal(err)
	}
	repo.SetRole(alice, "write")
	sim.Install(acme.User)
	sim.SetWebhook("", "secret") // the product's address; without one, deliveries are only logged

	pull, err := repo.OpenPull(alice, ghsim.PullSpec{
		Head:   "refund-v2",
		Title:  "Refund prompt, version 2",
		Commit: &ghsim.CommitSpec{Files: ghsim.Files{"prompts/refund.md": "Refund up to 80 EUR.\n"}},
	})
	if err != nil {
		log.Fatal(err)
	}
	sim.Advance(time.Minute)
	pull.Comment(bob, "/countersign approve")
	if _, err := pull.Merge(alice, ghsim.Squash); err != nil {
		log.Fatal(err)
	}
	if err := sim.Flush(context.Background()); err != nil {
		log.Fatal(err)
	}
	for _, d := range sim.Deliveries() {
		fmt.Println(strings.TrimSuffix(d.Event+"."+d.Action, "."))
	}
	// Output:
	// installation.created
	// push
	// check_suite.requested
	// pull_request.opened
	// issue_comment.created
	// push
	// check_suite.requested
	// pull_request.closed
}
