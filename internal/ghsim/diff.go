package ghsim

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"sort"
	"strings"
)

// A fileChange is one file that differs between two trees.
type fileChange struct {
	path, previous string // previous only if renamed
	status         string // "added", "removed", "modified", "renamed"
	before, after  leaf   // zero if absent
	plus, minus    int    // lines
}

// diff lists what differs between two trees, by path. Renames are those that
// git finds at its default similarity of 50 %, which GitHub shows as well.
func (st *store) diff(a, b string) ([]fileChange, error) {
	key := [2]string{a, b}
	if list, ok := st.diffs[key]; ok {
		return list, nil
	}
	from, to := st.files(a), st.files(b)
	var list []fileChange
	added, removed := false, false
	for path, l := range to {
		old, had := from[path]
		switch {
		case !had:
			list = append(list, fileChange{path: path, status: "added", after: l})
			added = true
		case old != l:
			list = append(list, fileChange{path: path, status: "modified", before: old, after: l})
		}
	}
	for path, l := range from {
		if _, has := to[path]; !has {
			list = append(list, fileChange{path: path, status: "removed", before: l})
			removed = true
		}
	}
	if added && removed {
		renames, err := st.renames(a, b)
		if err != nil {
			return nil, err
		}
		list = applyRenames(list, renames, from)
	}
	sort.Slice(list, func(i, j int) bool { return list[i].path < list[j].path })
	for i := range list {
		list[i].plus, list[i].minus = st.countLines(list[i].before, list[i].after)
	}
	st.diffs[key] = list
	return list, nil
}

// renames asks git for renamed paths, new to old.
func (st *store) renames(a, b string) (map[string]string, error) {
	out, _, err := st.git("diff-tree", "-r", "-z", "-M", "--diff-filter=R", "--raw", a, b)
	if err != nil {
		return nil, err
	}
	renames := map[string]string{}
	fields := strings.Split(out, "\x00")
	for i := 0; i+2 < len(fields); i += 3 {
		renames[fields[i+2]] = fields[i+1]
	}
	return renames, nil
}

func applyRenames(list []fileChange, renames map[string]string, from map[string]leaf) []fileChange {
	gone := map[string]bool{}
	for _, old := range renames {
		gone[old] = true
	}
	var kept []fileChange
	for _, c := range list {
		if c.status == "removed" && gone[c.path] {
			continue
		}
		if old, ok := renames[c.path]; ok && c.status == "added" {
			c.status, c.previous, c.before = "renamed", old, from[old]
		}
		kept = append(kept, c)
	}
	return kept
}

// countLines counts inserted and deleted lines as a diff does. Binary files
// and submodules count nothing. Past a million pairs of lines it takes every
// line as changed, which is still a diff.
func (st *store) countLines(before, after leaf) (plus, minus int) {
	if before.id == after.id || before.mode == modeSubmodule || after.mode == modeSubmodule {
		return 0, 0
	}
	a, b := st.blob(before.id), st.blob(after.id)
	if bytes.IndexByte(a, 0) >= 0 || bytes.IndexByte(b, 0) >= 0 {
		return 0, 0
	}
	x, y := lines(a), lines(b)
	for len(x) > 0 && len(y) > 0 && bytes.Equal(x[0], y[0]) {
		x, y = x[1:], y[1:]
	}
	for len(x) > 0 && len(y) > 0 && bytes.Equal(x[len(x)-1], y[len(y)-1]) {
		x, y = x[:len(x)-1], y[:len(y)-1]
	}
	common := 0
	if len(x)*len(y) <= 1_000_000 {
		common = commonLines(x, y)
	}
	return len(y) - common, len(x) - common
}

func lines(b []byte) [][]byte {
	if len(b) == 0 {
		return nil
	}
	list := bytes.SplitAfter(b, []byte("\n"))
	if len(list[len(list)-1]) == 0 {
		list = list[:len(list)-1]
	}
	return list
}

// commonLines is the length of the longest common subsequence.
func commonLines(x, y [][]byte) int {
	row := make([]int, len(y)+1)
	for i := range x {
		diagonal := 0
		for j := range y {
			above := row[j+1]
			if bytes.Equal(x[i], y[j]) {
				row[j+1] = diagonal + 1
			} else {
				row[j+1] = max(above, row[j])
			}
			diagonal = above
		}
	}
	return row[len(y)]
}

func (st *store) blob(id string) []byte {
	o, _ := st.read(id)
	return o.data
}

// mergeTrees merges what base→theirs changed into ours. ok is false on a
// conflict. Where each path was changed on one side alone and none removed, so
// that no rename can be involved, the merge is by path; git decides the rest.
func (st *store) mergeTrees(base, ours, theirs string) (tree string, ok bool, err error) {
	switch {
	case ours == theirs, base == theirs:
		return ours, true, nil
	case base == ours:
		return theirs, true, nil
	}
	b, o, t := st.files(base), st.files(ours), st.files(theirs)
	merged := make(map[string]leaf, len(o)+1)
	for path, l := range o {
		merged[path] = l
	}
	for path, was := range b {
		if _, has := o[path]; !has {
			return st.gitMerge(base, ours, theirs)
		}
		if l, has := t[path]; !has || (l != was && o[path] != was && o[path] != l) {
			return st.gitMerge(base, ours, theirs)
		} else if l != was {
			merged[path] = l
		}
	}
	for path, l := range t {
		if _, was := b[path]; was {
			continue
		}
		if mine, has := o[path]; has && mine != l {
			return st.gitMerge(base, ours, theirs)
		}
		merged[path] = l
	}
	if tree, err = st.writeTree(merged); err != nil { // a file against a directory
		return st.gitMerge(base, ours, theirs)
	}
	return tree, true, nil
}

// gitMerge runs git's merge on commits made for the purpose.
func (st *store) gitMerge(base, ours, theirs string) (tree string, ok bool, err error) {
	who := signature{Identity{"merge", "merge@localhost"}, epoch}
	commit := func(tree string, parents ...string) string {
		return st.writeCommit(gitCommit{tree: tree, parents: parents, author: who, committer: who, message: "merge"})
	}
	root := commit(base)
	left, right := commit(ours, root), commit(theirs, root)
	out, code, err := st.git("merge-tree", "--write-tree", "--no-messages", left, right)
	if code == 1 {
		return "", false, nil
	}
	if err != nil {
		return "", false, err
	}
	return strings.TrimSpace(out), true, nil
}

// git runs git in the store. code is its exit code when it ran.
func (st *store) git(args ...string) (out string, code int, err error) {
	if err := st.save(); err != nil {
		return "", -1, err
	}
	cmd := exec.Command("git", args...)
	cmd.Dir = st.dir
	cmd.Env = append(os.Environ(), "GIT_DIR="+st.dir, "GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1", "LC_ALL=C")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return stdout.String(), cmd.ProcessState.ExitCode(), fmt.Errorf("git %s: %w: %s", args[0], err, strings.TrimSpace(stderr.String()))
	}
	return stdout.String(), 0, nil
}
