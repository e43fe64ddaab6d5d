package record

import (
	"context"
	"fmt"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"
)

// tileHeight and tileWidth are those of C2SP tlog-tiles.
const (
	tileHeight = 8
	tileWidth  = 1 << tileHeight
)

// A Tile is a full tile: tileWidth hashes of a level, and the one above them.
type Tile struct {
	Level int
	N     int64
	Data  []byte // tileWidth hashes of 32 bytes
	Root  tlog.Hash
}

// An edge is the right edge of a Merkle tree: the roots of the greatest perfect
// subtrees that its leaves fall into, from left to right. It is all that is
// needed to add leaves and to tell the root.
type edge struct {
	size int64
	subs []tlog.Hash // one for each bit that is set in size, highest first
}

// add returns e with one more leaf. It does not change e.
func (e edge) add(leaf tlog.Hash) edge {
	subs := append(make([]tlog.Hash, 0, len(e.subs)+1), e.subs...)
	return edge{e.size, subs}.push(leaf)
}

// push adds a leaf in place.
func (e edge) push(leaf tlog.Hash) edge {
	for n := e.size; n&1 == 1; n >>= 1 {
		leaf = tlog.NodeHash(e.subs[len(e.subs)-1], leaf)
		e.subs = e.subs[:len(e.subs)-1]
	}
	return edge{e.size + 1, append(e.subs, leaf)}
}

// root returns the root of the tree; that of the empty tree is SHA-256 of nothing.
func (e edge) root() tlog.Hash {
	if e.size == 0 {
		h, _ := tlog.TreeHash(0, nil)
		return h
	}
	h := e.subs[len(e.subs)-1]
	for i := len(e.subs) - 2; i >= 0; i-- {
		h = tlog.NodeHash(e.subs[i], h)
	}
	return h
}

// A tree is the state of the log that appending needs.
type tree struct {
	edge
	tails [][]tlog.Hash // for each tile level, the hashes after its last full tile
}

// add returns t with one more leaf, and the tiles that became full. It does
// not change t.
func (t tree) add(leaf tlog.Hash) (tree, []Tile) {
	next := tree{edge: t.edge.add(leaf), tails: make([][]tlog.Hash, len(t.tails))}
	copy(next.tails, t.tails)
	var full []Tile
	for level, h := 0, leaf; ; level++ {
		if level == len(next.tails) {
			next.tails = append(next.tails, nil)
		}
		tail := next.tails[level]
		tail = append(tail[:len(tail):len(tail)], h)
		if len(tail) < tileWidth {
			next.tails[level] = tail
			return next, full
		}
		next.tails[level] = nil
		h = perfect(tail)
		full = append(full, Tile{level, (next.size>>(tileHeight*(level+1)) - 1), flat(tail), h})
	}
}

// perfect returns the root over a power of two of hashes.
func perfect(hashes []tlog.Hash) tlog.Hash {
	if len(hashes) == 1 {
		return hashes[0]
	}
	half := len(hashes) / 2
	return tlog.NodeHash(perfect(hashes[:half]), perfect(hashes[half:]))
}

func flat(hashes []tlog.Hash) []byte {
	out := make([]byte, 0, len(hashes)*tlog.HashSize)
	for _, h := range hashes {
		out = append(out, h[:]...)
	}
	return out
}

// loadTree rebuilds the state of a log of the given size from its tiles and tails.
func loadTree(ctx context.Context, s Store, size int64) (tree, error) {
	t := tree{edge: edge{size: size}}
	for level := 0; level == 0 || size>>(tileHeight*level) > 0; level++ {
		n := size >> (tileHeight * level)
		from := n &^ (tileWidth - 1)
		tail, err := s.Hashes(ctx, level, from, n)
		if err != nil {
			return tree{}, fmt.Errorf("read level %d of the tree: %w", level, err)
		}
		t.tails = append(t.tails, tail)
	}
	for level := len(t.tails) - 1; level >= 0; level-- {
		tail := t.tails[level]
		for len(tail) > 0 {
			width := 1 << (bits.Len(uint(len(tail))) - 1)
			t.subs = append(t.subs, perfect(tail[:width]))
			tail = tail[width:]
		}
	}
	return t, nil
}

// A reader reads the hashes that proofs are made of.
type reader struct {
	ctx   context.Context
	store Store
}

// ReadHashes implements tlog.HashReader. The hash over 2^h leaves is that of a
// stored level when 8 divides h, and computed from one tile otherwise.
func (r reader) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, x := range indexes {
		height, n := tlog.SplitStoredHashIndex(x)
		level, part := height/tileHeight, height%tileHeight
		hashes, err := r.store.Hashes(r.ctx, level, n<<part, (n+1)<<part)
		if err != nil {
			return nil, fmt.Errorf("read hash %d of height %d: %w", n, height, err)
		}
		out[i] = perfect(hashes)
	}
	return out, nil
}

// edgeAt returns the right edge of the first size leaves.
func edgeAt(ctx context.Context, s Store, size int64) (edge, error) {
	t, err := loadTree(ctx, s, size)
	return t.edge, err
}
