package ghsim_test

import (
	"os/exec"
	"testing"

	"github.com/countersign-dev/countersign/internal/ghsim"
)

// gitAgrees lets git check every object and reference of a repository.
func gitAgrees(t *testing.T, r *ghsim.Repo) {
	t.Helper()
	out, err := exec.Command("git", "-C", r.Dir(), "fsck", "--strict", "--no-dangling").CombinedOutput()
	if err != nil {
		t.Errorf("git fsck: %v\n%s", err, out)
	}
}
