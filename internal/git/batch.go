package git

import (
	"bufio"
	"container/list"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

const (
	// maxRead bounds what is read of one blob, in bytes. It lies above what
	// change detection reads at most, so a longer blob is seen to be too large.
	maxRead = 6 << 20
	// maxKept bounds the blobs that are kept for the next question, in bytes.
	maxKept = 24 << 20
	// ahead is how many blobs may be asked for before the first is answered.
	ahead = 256
)

// ErrMissing says that an object is not in the repository. A partial clone has
// only some of them.
var ErrMissing = errors.New("is not in this clone, or damaged")

// errEnded is the answer to questions that the process did not live to hear.
var errEnded = errors.New("git cat-file ended")

// A batch is a running git cat-file --batch. Questions are sent before earlier
// ones are answered, and recent answers are kept: the new version of a file is
// the old one of its next change.
type batch struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	ask   chan *blob
	sent  chan *blob
	ended sync.WaitGroup
	dead  atomic.Bool // the process ended, or cannot be understood any more

	gate   sync.RWMutex // covers closed, and sending to ask
	closed bool

	mu    sync.Mutex // covers what follows
	known map[string]*list.Element
	order *list.List // of *blob, the latest first
	bytes int64
}

// A blob is a question and, once done is closed, its answer.
type blob struct {
	id   string
	done chan struct{}
	data []byte
	err  error
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
	b := &batch{cmd: cmd, in: in, ask: make(chan *blob, ahead), sent: make(chan *blob, ahead),
		known: map[string]*list.Element{}, order: list.New()}
	b.ended.Go(b.write)
	b.ended.Go(func() { b.read(bufio.NewReaderSize(out, 1<<16)) })
	return b, nil
}

// write sends the questions on, in order.
func (b *batch) write() {
	defer close(b.sent)
	w := bufio.NewWriter(b.in)
	for q := range b.ask {
		_, err := w.WriteString(q.id + "\n")
		if err == nil && len(b.ask) == 0 {
			err = w.Flush()
		}
		if err != nil {
			b.dead.Store(true)
			q.err = errEnded
			close(q.done)
			continue
		}
		b.sent <- q
	}
	_ = w.Flush()
}

// read takes the answers, in the order of the questions. Git ends over an object
// that was promised to a partial clone and is not there, so the first question
// without an answer is the one to blame; those after it are for another batch.
func (b *batch) read(out *bufio.Reader) {
	blamed := false
	for q := range b.sent {
		if blamed {
			q.err = errEnded
		} else {
			var broken error
			if q.data, q.err, broken = answer(out, q.id); broken != nil {
				blamed, q.err = true, broken
				b.dead.Store(true)
			}
		}
		close(q.done)
		b.keep(q)
	}
}

// answer reads one answer: id, type and size on a line, the bytes, a line's end.
func answer(out *bufio.Reader, id string) (data []byte, err, broken error) {
	head, broken := out.ReadString('\n')
	if broken == io.EOF && head == "" {
		return nil, nil, fmt.Errorf("object %s %w", id, ErrMissing)
	} else if broken != nil {
		return nil, nil, fmt.Errorf("read %s from git: %w", id, broken)
	}
	words := strings.Fields(head)
	if len(words) != 3 {
		return nil, fmt.Errorf("object %s %w", id, ErrMissing), nil
	}
	size, broken := strconv.ParseInt(words[2], 10, 64)
	if broken != nil {
		return nil, nil, fmt.Errorf("git says %q of %s", strings.TrimSpace(head), id)
	}
	data = make([]byte, min(size, maxRead))
	if _, broken = io.ReadFull(out, data); broken == nil {
		_, broken = out.Discard(int(size-int64(len(data))) + 1)
	}
	if broken != nil {
		return nil, nil, fmt.Errorf("read %s from git: %w", id, broken)
	}
	return data, nil, nil
}

// keep counts an answer and drops the oldest ones beyond what is kept.
func (b *batch) keep(q *blob) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.bytes += int64(len(q.data))
	for b.bytes > maxKept {
		oldest := b.order.Back()
		o := oldest.Value.(*blob)
		select {
		case <-o.done:
		default:
			return // not answered yet, so nothing older is
		}
		b.bytes -= int64(len(o.data))
		b.order.Remove(oldest)
		delete(b.known, o.id)
	}
}

// want asks for an object without waiting for the answer.
func (b *batch) want(id string) *blob {
	b.mu.Lock()
	if e, ok := b.known[id]; ok {
		b.order.MoveToFront(e)
		b.mu.Unlock()
		return e.Value.(*blob)
	}
	q := &blob{id: id, done: make(chan struct{})}
	b.known[id] = b.order.PushFront(q)
	b.mu.Unlock()
	b.gate.RLock()
	defer b.gate.RUnlock()
	if b.closed {
		q.err = errEnded
		close(q.done)
		return q
	}
	b.ask <- q
	return q
}

// blob returns the bytes of an object, at most maxRead of them. They are shared
// and must not be changed.
func (b *batch) blob(id string) ([]byte, error) {
	q := b.want(id)
	<-q.done
	return q.data, q.err
}

// close ends the process, once all that was asked is answered.
func (b *batch) close() error {
	b.gate.Lock()
	b.closed = true
	close(b.ask)
	b.gate.Unlock()
	b.ended.Wait()
	if err := b.in.Close(); err != nil {
		return err
	}
	return b.cmd.Wait()
}
