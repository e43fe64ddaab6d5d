package record

import (
	"context"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"
)

// Proof proves that the leaf with the given index is in the log, against the
// newest checkpoint, in C2SP tlog-proof format.
func (l *Log) Proof(ctx context.Context, index int64) (string, error) {
	head, err := l.store.Head(ctx)
	if err != nil {
		return "", err
	}
	if index < 0 || index >= head.Size {
		return "", fmt.Errorf("prove leaf %d: the log has %d", index, head.Size)
	}
	path, err := tlog.ProveRecord(head.Size, index, reader{ctx, l.store})
	if err != nil {
		return "", fmt.Errorf("prove leaf %d: %w", index, err)
	}
	return proofHeader + "index " + strconv.FormatInt(index, 10) + "\n" + hashLines(path) + "\n" + head.Checkpoint, nil
}

func hashLines(hashes []tlog.Hash) string {
	var b strings.Builder
	for _, h := range hashes {
		b.WriteString(base64.StdEncoding.EncodeToString(h[:]))
		b.WriteByte('\n')
	}
	return b.String()
}

// Consistency proves that the tree of size leaves begins with that of old.
func (l *Log) Consistency(ctx context.Context, old, size int64) (tlog.TreeProof, error) {
	if old < 1 || old > size {
		return nil, fmt.Errorf("prove that %d leaves begin with %d: out of range", size, old)
	}
	p, err := tlog.ProveTree(size, old, reader{ctx, l.store})
	if err != nil {
		return nil, fmt.Errorf("prove that %d leaves begin with %d: %w", size, old, err)
	}
	return p, nil
}
