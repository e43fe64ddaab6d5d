package ghsim_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/countersign-dev/countersign/internal/ghsim"
)

// One iteration is a small story without the product: a repository, a pull
// request, a comment, a merge, all deliveries made.
func BenchmarkStory(b *testing.B) {
	sim, err := ghsim.New(ghsim.Options{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	defer sim.Close()
	acme, alice := sim.AddOrg("acme"), sim.AddUser("alice")
	sim.Install(acme.User)
	for i := 0; b.Loop(); i++ {
		repo, err := acme.AddRepo(fmt.Sprintf("bot-%d", i), ghsim.RepoOptions{})
		if err != nil {
			b.Fatal(err)
		}
		repo.SetRole(alice, "write")
		p, err := repo.OpenPull(alice, ghsim.PullSpec{Head: "work", Commit: &ghsim.CommitSpec{Files: ghsim.Files{"prompts/a.md": "one\n"}}})
		if err != nil {
			b.Fatal(err)
		}
		p.Comment(alice, "hello")
		if _, err := p.Merge(alice, ghsim.Squash); err != nil {
			b.Fatal(err)
		}
		if err := sim.Flush(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
}

// One iteration is a pull request with five comments in a repository that
// grows by it.
func BenchmarkPull(b *testing.B) {
	sim, err := ghsim.New(ghsim.Options{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	defer sim.Close()
	acme, alice := sim.AddOrg("acme"), sim.AddUser("alice")
	sim.Install(acme.User)
	repo, err := acme.AddRepo("bot", ghsim.RepoOptions{})
	if err != nil {
		b.Fatal(err)
	}
	repo.SetRole(alice, "write")
	for i := 0; b.Loop(); i++ {
		p, err := repo.OpenPull(alice, ghsim.PullSpec{Head: fmt.Sprint("work-", i), Commit: &ghsim.CommitSpec{Files: ghsim.Files{fmt.Sprintf("prompts/%d.md", i): "one\n"}}})
		if err != nil {
			b.Fatal(err)
		}
		for range 5 {
			p.Comment(alice, "hello")
		}
		if _, err := p.Merge(alice, ghsim.Merge); err != nil {
			b.Fatal(err)
		}
	}
	if err := sim.Flush(context.Background()); err != nil {
		b.Fatal(err)
	}
}
