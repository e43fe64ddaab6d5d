package webhook_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/countersign-dev/countersign/internal/store"
	"github.com/countersign-dev/countersign/review"
)

// childFolder makes the test binary a server over the folder that it names.
const childFolder = "COUNTERSIGN_TEST_CHILD"

func TestMain(m *testing.M) {
	if folder := os.Getenv(childFolder); folder != "" {
		if err := child(folder); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// child serves until it is killed. It says where on the first line of its
// output, and then the GUID of each delivery that it handled. Its clock is ahead
// by what the environment says, so that the leases of one that was killed are
// over at once.
func child(folder string) error {
	ahead, err := time.ParseDuration(os.Getenv("COUNTERSIGN_TEST_AHEAD"))
	if err != nil {
		return err
	}
	d, err := store.Open(context.Background(), filepath.Join(folder, "countersign.db"))
	if err != nil {
		return err
	}
	now := func() time.Time { return time.Now().Add(ahead) }
	wake := make(chan struct{}, 1)
	h := newHandler(d, io.Discard)
	h.Wake, h.Now = wake, now
	var mu sync.Mutex
	w := newWorker(d, io.Discard, func(_ context.Context, e review.CommentEvent) error {
		mu.Lock()
		defer mu.Unlock()
		_, err := fmt.Println(e.Delivery.GUID)
		return err
	})
	w.Wake, w.Now, w.Hands = wake, now, 4
	fmt.Println(httptest.NewServer(h).URL)
	w.Run(context.Background())
	return nil
}

// A server is a child process.
type server struct {
	url     string
	kill    func()
	handled <-chan string
}

func start(t *testing.T, folder string, ahead time.Duration) server {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), childFolder+"="+folder, "COUNTERSIGN_TEST_AHEAD="+ahead.String())
	var complaints bytes.Buffer
	cmd.Stderr = &complaints
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	handled, read := make(chan string, 1000), make(chan struct{})
	var once sync.Once
	kill := func() {
		once.Do(func() {
			cmd.Process.Kill()
			<-read // Wait closes the pipe
			cmd.Wait()
		})
	}
	t.Cleanup(kill)
	lines := bufio.NewScanner(out)
	if !lines.Scan() {
		close(read)
		kill()
		t.Fatalf("the server did not start: %s", complaints.String())
	}
	url := lines.Text()
	go func() {
		defer close(read)
		defer close(handled)
		for lines.Scan() {
			handled <- lines.Text()
		}
	}()
	return server{url, kill, handled}
}

// deliver posts the deliveries for which ok is not set yet, eight at a time,
// and sets it for those that were accepted.
func deliver(url string, accepted []bool) {
	turns := make(chan int)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for i := range turns {
				body := comment(1+i%20, 1+i)
				r, err := http.NewRequest(http.MethodPost, url+"/webhook", bytes.NewReader(body))
				if err != nil {
					panic(err)
				}
				r.Header.Set("Content-Type", "application/json")
				r.Header.Set("X-GitHub-Event", "issue_comment")
				r.Header.Set("X-GitHub-Delivery", fmt.Sprintf("d-%d", i))
				r.Header.Set("X-Hub-Signature-256", "sha256="+mac(sha256.New, secret, body))
				resp, err := http.DefaultClient.Do(r)
				if err != nil {
					continue
				}
				resp.Body.Close()
				accepted[i] = resp.StatusCode == http.StatusAccepted
			}
		})
	}
	for i, ok := range accepted {
		if !ok {
			turns <- i
		}
	}
	close(turns)
	wg.Wait()
}

// The process is killed in the middle of a burst, twice. Everything that was
// accepted is handled, and GitHub delivers the rest again.
func TestKillInBurst(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	folder := t.TempDir()
	accepted := make([]bool, 200)
	handled := map[string]int{}
	kept := 0
	for life := range 3 {
		s := start(t, folder, time.Duration(life)*time.Hour)
		done := make(chan struct{})
		go func() {
			defer close(done)
			deliver(s.url, accepted)
		}()
		if life < 2 {
			for n := 0; n < 40; n++ { // of the burst; then it dies
				handled[<-s.handled]++
			}
			s.kill()
			for guid := range s.handled {
				handled[guid]++
			}
			<-done
			for _, ok := range accepted {
				if ok {
					kept++
				}
			}
			continue
		}
		<-done
		deadline := time.After(2 * time.Minute)
		for len(handled) < len(accepted) {
			select {
			case guid := <-s.handled:
				handled[guid]++
			case <-deadline:
				for i, ok := range accepted {
					if guid := fmt.Sprintf("d-%d", i); handled[guid] == 0 {
						t.Errorf("%s was accepted %v and not handled", guid, ok)
					}
				}
				t.FailNow()
			}
		}
		s.kill()
	}
	repeated := 0
	for i, ok := range accepted {
		guid := fmt.Sprintf("d-%d", i)
		if !ok || handled[guid] == 0 {
			t.Errorf("%s: accepted %v, handled %d times", guid, ok, handled[guid])
		}
		repeated += max(0, handled[guid]-1)
	}
	if repeated > 2*4 {
		t.Errorf("%d were handled again; want at most the four under way at each death", repeated)
	}
	if kept == 0 {
		t.Error("nothing was accepted before the deaths: the test shows nothing")
	}
	d, err := store.Open(t.Context(), filepath.Join(folder, "countersign.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if dead, err := d.Failures(t.Context(), 10); err != nil || len(dead) > 0 {
		t.Errorf("given up: %v, %v", dead, err)
	}
}
