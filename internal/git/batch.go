package git

import (
	"bufio"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"sync"
)

// maxRead bounds what is read of one blob, in bytes. It lies above what change
// detection reads at most, so a longer blob is seen to be too large.
const maxRead = 6 << 20

// A batch is a running git cat-file --batch. One caller asks at a time.
type batch struct {
	mu  sync.Mutex
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Reader
}

func startBatch(cmd *exec.Cmd) (*batch, error) {
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start git cat-file: %w", err)
	}
	return &batch{cmd: cmd, in: in, out: bufio.NewReaderSize(out, 1<<16)}, nil
}

// blob returns the bytes of an object, at most maxRead of them.
func (b *batch) blob(id string) ([]byte, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, err := io.WriteString(b.in, id+"\n"); err != nil {
		return nil, fmt.Errorf("ask git for %s: %w", id, err)
	}
	head, err := b.out.ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("read %s from git: %w", id, err)
	}
	words := strings.Fields(head) // id type size
	if len(words) != 3 {
		return nil, fmt.Errorf("object %s is not in the repository", id)
	}
	size, err := strconv.ParseInt(words[2], 10, 64)
	if err != nil {
		return nil, fmt.Errorf("git says %q of %s", strings.TrimSpace(head), id)
	}
	data := make([]byte, min(size, maxRead))
	if _, err := io.ReadFull(b.out, data); err != nil {
		return nil, fmt.Errorf("read %s from git: %w", id, err)
	}
	if _, err := io.CopyN(io.Discard, b.out, size-int64(len(data))+1); err != nil { // and the line's end
		return nil, fmt.Errorf("read %s from git: %w", id, err)
	}
	return data, nil
}

func (b *batch) close() error {
	b.in.Close()
	return b.cmd.Wait()
}
