package record_test

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/countersign-dev/countersign/internal/store"
	"github.com/countersign-dev/countersign/record"
)

// killed is the folder that a child of TestKill records into until it is killed.
const killed = "COUNTERSIGN_TEST_RECORD_UNTIL_KILLED"

func TestMain(m *testing.M) {
	if dir := os.Getenv(killed); dir != "" {
		recordUntilKilled(dir)
	}
	os.Exit(m.Run())
}

// recordUntilKilled records landings in random order and with repetitions, and
// prints each number with its record once it is acknowledged.
func recordUntilKilled(dir string) {
	fail := func(err error) {
		fmt.Println("error", err)
		os.Exit(1)
	}
	db, err := store.Open(context.Background(), filepath.Join(dir, "c.db"))
	if err != nil {
		fail(err)
	}
	l, err := record.Open(context.Background(), db, settings(dir))
	if err != nil {
		fail(err)
	}
	for {
		n := rand.IntN(400)
		r, err := l.Record(context.Background(), landing(n))
		if err != nil {
			fail(err)
		}
		fmt.Println(n, r.ID)
	}
}

// TestKill kills a recording process twenty times with SIGKILL. What it had
// acknowledged must be there, once, under the same number, and the log must be
// whole.
func TestKill(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	acked := map[string]string{}
	random := rand.New(rand.NewPCG(5, 6))
	for round := range 20 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), killed+"="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for left := 1 + random.IntN(25); lines.Scan(); left-- {
			n, id, _ := strings.Cut(lines.Text(), " ")
			if n == "error" {
				t.Fatalf("round %d: %s", round, id)
			}
			if acked[n] != "" && acked[n] != id {
				t.Fatalf("round %d: landing %s was %s and is %s", round, n, acked[n], id)
			}
			acked[n] = id
			if left == 0 {
				cmd.Process.Kill()
			}
		}
		cmd.Wait() // it was killed
	}
	l, err := record.Open(t.Context(), openDB(t, filepath.Join(dir, "c.db")), settings(dir))
	if err != nil {
		t.Fatal(err)
	}
	clean(t, l)
	seen := map[string]bool{}
	for n, id := range acked {
		e, err := l.Get(t.Context(), id)
		if err != nil {
			t.Fatalf("landing %s was acknowledged as %s: %v", n, id, err)
		}
		number, err := strconv.Atoi(n)
		if err != nil {
			t.Fatal(err)
		}
		if want := sha(1001 + number); string(e.Landing.Identity.After) != want || seen[want] {
			t.Errorf("landing %s as %s is of %s, seen before: %v", n, id, e.Landing.Identity.After, seen[want])
		}
		seen[string(e.Landing.Identity.After)] = true
	}
	if len(acked) < 60 {
		t.Errorf("only %d landings were acknowledged", len(acked))
	}
}
