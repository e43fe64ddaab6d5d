package ghsim

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Each history costs seven processes; the command line may ask for more of them.
func TestMain(m *testing.M) {
	flag.Set("rapid.checks", "30")
	os.Exit(m.Run())
}

// The store answers history, differences and merges by itself where it can.
// On random histories git must say the same.
func TestStoreAgreesWithGit(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	n := 0
	rapid.Check(t, func(t *rapid.T) {
		n++
		st := newStore(fmt.Sprintf("%s/%d.git", dir, n))
		commits := randomHistory(t, st)
		pick := rapid.SampledFrom(commits)
		a, b := pick.Draw(t, "a"), pick.Draw(t, "b")

		bases := strings.Fields(ask(t, st, "merge-base", "--all", a, b))
		if base := st.mergeBase(a, b); len(bases) == 0 != (base == "") || base != "" && !contains(bases, base) {
			t.Errorf("merge base %s, git says %s", base, bases)
		}
		var ids []string
		for _, c := range st.between(a, b) {
			ids = append(ids, c.id)
		}
		want := strings.Fields(ask(t, st, "rev-list", a+".."+b))
		if !sameSet(ids, want) {
			t.Errorf("between %s, git says %s", ids, want)
		}
		seen := map[string]bool{}
		for _, id := range ids {
			for _, p := range st.commit(id).parents {
				if contains(ids, p) && !seen[p] {
					t.Errorf("%s comes before its parent", id)
				}
			}
			seen[id] = true
		}

		from, to := st.commit(a).tree, st.commit(b).tree
		list, err := st.diff(from, to)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range list {
			got = append(got, fmt.Sprintf("%s %s %s", strings.ToUpper(f.status[:1]), f.previous, f.path))
		}
		if theirs := rawDiff(ask(t, st, "diff-tree", "-r", "-M", "-z", "--raw", from, to)); !sameSet(got, theirs) {
			t.Errorf("differences\n%q, git says\n%q", got, theirs)
		}

		if len(bases) == 1 {
			tree, ok, err := st.mergeTrees(st.commit(bases[0]).tree, from, to)
			if err != nil {
				t.Fatal(err)
			}
			out, code, err := st.git("merge-tree", "--write-tree", "--no-messages", a, b)
			if code > 1 || code < 0 {
				t.Fatal(err)
			}
			if ok != (code == 0) || ok && tree != strings.TrimSpace(out) {
				t.Errorf("merged %v to %s, git says %d, %s", ok, tree, code, out)
			}
		}
	})
}

func randomHistory(t *rapid.T, st *store) []string {
	paths := []string{"a", "b", "dir-x", "dir/a", "dir/b", "dir/sub/c"}
	contents := []string{"", "1\n", "1\n2\n3\n4\n5\n6\n7\n", "1\n2\n3\n4\n5\n6\nseven\n", "ONE\n2\n3\n4\n5\n6\n7\n"}
	var commits []string
	for i := range rapid.IntRange(2, 9).Draw(t, "commits") {
		var parents []string
		files := map[string]leaf{}
		if len(commits) > 0 {
			for range rapid.IntRange(1, 2).Draw(t, "parents") {
				if p := rapid.SampledFrom(commits).Draw(t, "parent"); !contains(parents, p) {
					parents = append(parents, p)
				}
			}
			for path, l := range st.files(st.commit(parents[0]).tree) {
				files[path] = l
			}
		}
		for range rapid.IntRange(0, 3).Draw(t, "edits") {
			path := rapid.SampledFrom(paths).Draw(t, "path")
			if rapid.IntRange(0, 4).Draw(t, "delete") == 0 {
				delete(files, path)
				continue
			}
			id := st.write("blob", []byte(rapid.SampledFrom(contents).Draw(t, "content")))
			files[path] = leaf{modeFile, id}
		}
		tree, err := st.writeTree(files)
		if err != nil {
			t.Fatal(err)
		}
		who := signature{Identity{"n", "n@example.com"}, epoch}
		commits = append(commits, st.writeCommit(gitCommit{tree: tree, parents: parents, author: who, committer: who, message: fmt.Sprint(i)}))
	}
	return commits
}

func ask(t *rapid.T, st *store, args ...string) string {
	out, code, err := st.git(args...)
	if err != nil && code != 1 {
		t.Fatal(err)
	}
	return out
}

// rawDiff reads git's raw -z output into the words of the test.
func rawDiff(out string) []string {
	var list []string
	fields := strings.Split(strings.TrimSuffix(out, "\x00"), "\x00")
	for i := 0; i+1 < len(fields); i += 2 {
		status := fields[i][strings.LastIndex(fields[i], " ")+1:][:1]
		switch status {
		case "R":
			list = append(list, fmt.Sprintf("R %s %s", fields[i+1], fields[i+2]))
			i++
		default:
			status = map[string]string{"A": "A", "D": "R", "M": "M", "T": "M"}[status]
			list = append(list, fmt.Sprintf("%s  %s", status, fields[i+1]))
		}
	}
	return list
}

func sameSet(a, b []string) bool {
	count := map[string]int{}
	for _, x := range a {
		count[x]++
	}
	for _, x := range b {
		count[x]--
	}
	for _, n := range count {
		if n != 0 {
			return false
		}
	}
	return true
}
