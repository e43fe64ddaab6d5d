package change

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"slices"
)

// scopeDomain separates scope digests from every other use of SHA-256.
const scopeDomain = "countersign scope v1"

// ScopeDigest is what people sign: the content of the governed files behind a
// requirement, on both sides. It returns SHA-256 in lower-case hex over
//
//	field("countersign scope v1")
//	for each path, sorted by its bytes, each once:
//		field(path) field(old mode) field(old content) field(new mode) field(new content)
//
// where field(x) is the length of x in bytes as eight bytes, big-endian, and
// then x. A mode is git's, in ASCII: 100644. A content is the SHA-256 of the
// file's bytes, 32 bytes; of a symbolic link, of its target; of a submodule, of
// its commit id in ASCII, since it has no bytes. Where a side has no such file,
// its mode and its content are both empty.
//
// An error means that a tree could not be read: then there is no digest.
func ScopeDigest(base, head Tree, paths []string) (string, error) {
	paths = slices.Clone(paths)
	slices.Sort(paths)
	h := sha256.New()
	field(h, []byte(scopeDomain))
	for _, p := range slices.Compact(paths) {
		field(h, []byte(p))
		for _, t := range []Tree{base, head} {
			mode, content, err := contentOf(t, p)
			if err != nil {
				return "", err
			}
			field(h, mode)
			field(h, content)
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

func field(h hash.Hash, x []byte) {
	var length [8]byte
	binary.BigEndian.PutUint64(length[:], uint64(len(x)))
	h.Write(length[:])
	h.Write(x)
}

func contentOf(t Tree, p string) (mode, content []byte, err error) {
	e, ok := t.Lookup(p)
	if !ok {
		return nil, nil, nil
	}
	data := []byte(e.ID)
	if e.Mode != ModeSubmodule {
		if data, err = t.Read(e); err != nil {
			return nil, nil, fmt.Errorf("read %s: %w", p, err)
		}
	}
	sum := sha256.Sum256(data)
	return []byte(e.Mode), sum[:], nil
}
