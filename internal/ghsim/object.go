package ghsim

import (
	"bytes"
	"compress/zlib"
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"time"
)

// A store is the object database of one fork network. Objects are made here
// and kept in memory; they go to disk, loose, when git is to see them: git is
// asked where its own judgement matters (merges, renames) and reads and extends
// the same database. A process or a file costs milliseconds, an object in
// memory costs none. The server's lock covers it.
type store struct {
	dir      string // of the bare repository that holds objects/
	objects  map[string]gitObject
	unsaved  []string // ids of objects that are not on disk
	commits  map[string]*gitCommit
	flat     map[string]map[string]leaf // by tree id
	diffs    map[[2]string][]fileChange // by tree ids
	verified map[string]bool            // commits with a valid signature
}

type gitObject struct {
	kind string // "blob", "tree", "commit"
	data []byte
}

// A leaf is what a path holds: a blob, a symlink or a submodule.
type leaf struct{ mode, id string }

const (
	modeFile      = "100644"
	modeExec      = "100755"
	modeSymlink   = "120000"
	modeSubmodule = "160000"
	modeTree      = "40000"
)

const zeroID = "0000000000000000000000000000000000000000"

// emptyTree is the id of the tree without entries.
const emptyTree = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"

func newStore(dir string) *store {
	return &store{
		dir:      dir,
		objects:  map[string]gitObject{},
		commits:  map[string]*gitCommit{},
		flat:     map[string]map[string]leaf{},
		diffs:    map[[2]string][]fileChange{},
		verified: map[string]bool{},
	}
}

// initBare lays out a bare repository, unless it is there. With shared, git
// looks up objects there as well.
func initBare(dir, shared string) error {
	if _, err := os.Stat(filepath.Join(dir, "config")); err == nil {
		return nil
	}
	for _, d := range []string{"objects/info", "objects/pack", "refs/heads", "refs/tags", "refs/pull"} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
			return err
		}
	}
	files := map[string]string{
		"HEAD":   "ref: refs/heads/main\n",
		"config": "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n",
	}
	if shared != "" {
		files["objects/info/alternates"] = filepath.Join(shared, "objects") + "\n"
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func objectPath(dir, id string) string { return filepath.Join(dir, "objects", id[:2], id[2:]) }

// write stores an object and returns its id.
func (st *store) write(kind string, data []byte) string {
	header := fmt.Sprintf("%s %d\x00", kind, len(data))
	h := sha1.New()
	io.WriteString(h, header)
	h.Write(data)
	id := hex.EncodeToString(h.Sum(nil))
	if _, known := st.objects[id]; known {
		return id
	}
	st.unsaved = append(st.unsaved, id)
	st.objects[id] = gitObject{kind, data}
	return id
}

// save writes to disk what git has not seen yet.
func (st *store) save() error {
	if err := initBare(st.dir, ""); err != nil {
		return err
	}
	for _, id := range st.unsaved {
		o := st.objects[id]
		var buf bytes.Buffer
		z, err := zlib.NewWriterLevel(&buf, zlib.BestSpeed)
		if err != nil {
			return err
		}
		fmt.Fprintf(z, "%s %d\x00", o.kind, len(o.data))
		z.Write(o.data)
		if err := z.Close(); err != nil {
			return err
		}
		path := objectPath(st.dir, id)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if _, err := os.Stat(path); err == nil {
			continue // git made it as well
		}
		if err := os.WriteFile(path, buf.Bytes(), 0o444); err != nil {
			return err
		}
	}
	st.unsaved = nil
	return nil
}

// read finds an object, also one that git wrote.
func (st *store) read(id string) (gitObject, bool) {
	if o, ok := st.objects[id]; ok {
		return o, true
	}
	if !isID(id) {
		return gitObject{}, false
	}
	f, err := os.Open(objectPath(st.dir, id))
	if err != nil {
		return gitObject{}, false
	}
	defer f.Close()
	z, err := zlib.NewReader(f)
	if err != nil {
		return gitObject{}, false
	}
	raw, err := io.ReadAll(z)
	if err != nil {
		return gitObject{}, false
	}
	header, data, ok := bytes.Cut(raw, []byte{0})
	if !ok {
		return gitObject{}, false
	}
	kind, _, _ := strings.Cut(string(header), " ")
	o := gitObject{kind, data}
	st.objects[id] = o
	return o, true
}

func isID(s string) bool {
	if len(s) != 40 {
		return false
	}
	for _, c := range s {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// A treeEntry is one line of a tree object.
type treeEntry struct{ mode, name, id string }

func (st *store) tree(id string) ([]treeEntry, bool) {
	o, ok := st.read(id)
	if !ok || o.kind != "tree" {
		return nil, false
	}
	var entries []treeEntry
	for data := o.data; len(data) > 0; {
		head, rest, ok := bytes.Cut(data, []byte{0})
		if !ok || len(rest) < 20 {
			return nil, false
		}
		mode, name, _ := strings.Cut(string(head), " ")
		entries = append(entries, treeEntry{mode, name, hex.EncodeToString(rest[:20])})
		data = rest[20:]
	}
	return entries, true
}

// files returns every leaf below a tree by its path. The map is shared: copy it to change it.
func (st *store) files(treeID string) map[string]leaf {
	if m, ok := st.flat[treeID]; ok {
		return m
	}
	m := map[string]leaf{}
	var walk func(id, prefix string)
	walk = func(id, prefix string) {
		entries, _ := st.tree(id)
		for _, e := range entries {
			if e.mode == modeTree {
				walk(e.id, prefix+e.name+"/")
				continue
			}
			m[prefix+e.name] = leaf{e.mode, e.id}
		}
	}
	walk(treeID, "")
	st.flat[treeID] = m
	return m
}

// writeTree stores the trees that hold files and returns the root's id. It
// fails where one path would be both a file and a directory.
func (st *store) writeTree(files map[string]leaf) (string, error) {
	type dir struct {
		entries []treeEntry
		dirs    map[string]map[string]leaf
	}
	d := dir{dirs: map[string]map[string]leaf{}}
	for path, l := range files {
		name, rest, nested := strings.Cut(path, "/")
		if name == "" {
			return "", fmt.Errorf("path %q has an empty component", path)
		}
		if !nested {
			d.entries = append(d.entries, treeEntry{l.mode, name, l.id})
			continue
		}
		if d.dirs[name] == nil {
			d.dirs[name] = map[string]leaf{}
		}
		d.dirs[name][rest] = l
	}
	for name, sub := range d.dirs {
		if _, clash := files[name]; clash {
			return "", fmt.Errorf("path %q is a file and a directory", name)
		}
		id, err := st.writeTree(sub)
		if err != nil {
			return "", err
		}
		d.entries = append(d.entries, treeEntry{modeTree, name, id})
	}
	sort.Slice(d.entries, func(i, j int) bool { return d.entries[i].key() < d.entries[j].key() })
	var buf bytes.Buffer
	for _, e := range d.entries {
		raw, err := hex.DecodeString(e.id)
		if err != nil || len(raw) != 20 {
			return "", fmt.Errorf("path %q: %q is no object id", e.name, e.id)
		}
		fmt.Fprintf(&buf, "%s %s\x00", e.mode, e.name)
		buf.Write(raw)
	}
	return st.write("tree", buf.Bytes()), nil
}

// key orders entries as git does: a directory sorts as if it ended with a slash.
func (e treeEntry) key() string {
	if e.mode == modeTree {
		return e.name + "/"
	}
	return e.name
}

// A gitCommit is a parsed commit.
type gitCommit struct {
	id                string
	tree              string
	parents           []string
	author, committer signature
	message           string
	generation        int // one more than the highest of its parents
}

type signature struct {
	Identity
	when time.Time
}

func (s signature) String() string {
	return fmt.Sprintf("%s <%s> %d +0000", s.Name, s.Email, s.when.Unix())
}

func parseSignature(line string) signature {
	name, rest, _ := strings.Cut(line, " <")
	email, when, _ := strings.Cut(rest, "> ")
	seconds, _, _ := strings.Cut(when, " ")
	n, _ := strconv.ParseInt(seconds, 10, 64)
	return signature{Identity{name, email}, time.Unix(n, 0).UTC()}
}

func (st *store) writeCommit(c gitCommit) string {
	var b strings.Builder
	fmt.Fprintf(&b, "tree %s\n", c.tree)
	for _, p := range c.parents {
		fmt.Fprintf(&b, "parent %s\n", p)
	}
	fmt.Fprintf(&b, "author %v\ncommitter %v\n\n%s", c.author, c.committer, strings.TrimRight(c.message, "\n")+"\n")
	return st.write("commit", []byte(b.String()))
}

// commit finds a commit; nil if there is none of that id.
func (st *store) commit(id string) *gitCommit {
	if c, ok := st.commits[id]; ok {
		return c
	}
	o, ok := st.read(id)
	if !ok || o.kind != "commit" {
		return nil
	}
	c := &gitCommit{id: id, generation: 1}
	head, message, _ := strings.Cut(string(o.data), "\n\n")
	c.message = strings.TrimRight(message, "\n")
	for _, line := range strings.Split(head, "\n") {
		key, value, _ := strings.Cut(line, " ")
		switch key {
		case "tree":
			c.tree = value
		case "parent":
			c.parents = append(c.parents, value)
			if p := st.commit(value); p != nil && p.generation >= c.generation {
				c.generation = p.generation + 1
			}
		case "author":
			c.author = parseSignature(value)
		case "committer":
			c.committer = parseSignature(value)
		}
	}
	st.commits[id] = c
	return c
}
