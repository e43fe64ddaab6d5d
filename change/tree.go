package change

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A MapTree is a tree in memory: path → content. Its files are plain, unless a
// path begins with "symlink:", "submodule:" or "executable:", which is cut off
// and gives the mode.
type MapTree map[string]string

var _ Tree = MapTree(nil)

var mapModes = map[string]string{"symlink:": ModeSymlink, "submodule:": ModeSubmodule, "executable:": ModeExecutable}

// Lookup finds one path.
func (t MapTree) Lookup(path string) (Entry, bool) {
	if content, ok := t[path]; ok {
		return mapEntry(path, ModeFile, content), true
	}
	for prefix, mode := range mapModes {
		if content, ok := t[prefix+path]; ok {
			return mapEntry(path, mode, content), true
		}
	}
	return Entry{}, false
}

func mapEntry(path, mode, content string) Entry {
	sum := sha256.Sum256([]byte(content))
	return Entry{Path: path, Mode: mode, ID: hex.EncodeToString(sum[:]), Size: int64(len(content))}
}

// Entries yields every file, sorted by path.
func (t MapTree) Entries() iter.Seq[Entry] {
	return func(yield func(Entry) bool) {
		var all []Entry
		for key, content := range t {
			mode, path := ModeFile, key
			for prefix, m := range mapModes {
				if rest, ok := strings.CutPrefix(key, prefix); ok {
					mode, path = m, rest
				}
			}
			all = append(all, mapEntry(path, mode, content))
		}
		slices.SortFunc(all, func(a, b Entry) int { return strings.Compare(a.Path, b.Path) })
		for _, e := range all {
			if !yield(e) {
				return
			}
		}
	}
}

// Read returns the content of an entry.
func (t MapTree) Read(e Entry) ([]byte, error) {
	if content, ok := t[e.Path]; ok {
		return []byte(content), nil
	}
	for prefix := range mapModes {
		if content, ok := t[prefix+e.Path]; ok {
			return []byte(content), nil
		}
	}
	return nil, fs.ErrNotExist
}

// A dirTree is a folder of the file system.
type dirTree struct {
	root    *os.Root
	entries []Entry
	index   map[string]int
}

var _ Tree = (*dirTree)(nil)

// DirTree returns a folder as a tree, without its .git. Symbolic links are
// entries of their own and are not followed. The folder is listed and hashed
// now and read later; both never leave it.
func DirTree(dir string) (Tree, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("read folder %s: %w", dir, err)
	}
	t := &dirTree{root: root, index: map[string]int{}}
	err = fs.WalkDir(root.FS(), ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if d.Name() == ".git" && p != "." {
				return fs.SkipDir
			}
			return nil
		}
		return t.add(filepath.ToSlash(p), d)
	})
	if err != nil {
		return nil, fmt.Errorf("read folder %s: %w", dir, err)
	}
	slices.SortFunc(t.entries, func(a, b Entry) int { return strings.Compare(a.Path, b.Path) })
	for i, e := range t.entries {
		t.index[e.Path] = i
	}
	return t, nil
}

func (t *dirTree) add(p string, d fs.DirEntry) error {
	info, err := d.Info()
	if err != nil {
		return err
	}
	e := Entry{Path: p, Mode: ModeFile, Size: info.Size()}
	switch mode := info.Mode(); {
	case mode&fs.ModeSymlink != 0:
		e.Mode = ModeSymlink
	case !mode.IsRegular():
		return nil // sockets, devices: git has none either
	case mode&0o111 != 0:
		e.Mode = ModeExecutable
	}
	data, err := t.Read(e)
	if err != nil {
		return err
	}
	sum := sha256.Sum256(data)
	e.ID, e.Size = hex.EncodeToString(sum[:]), int64(len(data))
	t.entries = append(t.entries, e)
	return nil
}

func (t *dirTree) Lookup(path string) (Entry, bool) {
	i, ok := t.index[path]
	if !ok {
		return Entry{}, false
	}
	return t.entries[i], true
}

func (t *dirTree) Entries() iter.Seq[Entry] { return slices.Values(t.entries) }

func (t *dirTree) Read(e Entry) ([]byte, error) {
	if e.Mode == ModeSymlink {
		target, err := t.root.Readlink(filepath.FromSlash(e.Path))
		return []byte(target), err
	}
	return t.root.ReadFile(filepath.FromSlash(e.Path))
}

// sortedKeys returns the keys of a map in order.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
