package change

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A labelled corpus of real commits lies outside the repository. Where
// COUNTERSIGN_CORPUS names its folder, every case is compared, the corpus's own
// scorers judge the result, and a score below testdata/corpus-scores.txt fails.
func TestCorpus(t *testing.T) {
	dir := os.Getenv("COUNTERSIGN_CORPUS")
	if dir == "" {
		t.Skip("COUNTERSIGN_CORPUS is not set: the corpus of real commits is not at hand")
	}
	scores := map[string]float64{}
	for _, part := range []string{"models", "tools"} {
		predictions := predict(t, filepath.Join(dir, part), part)
		for name, score := range runScorer(t, dir, part, predictions) {
			scores[name] = score
		}
	}
	for name, limit := range readLimits(t) {
		got, ok := scores[name]
		switch {
		case !ok:
			t.Errorf("%s: not among the scores %v", name, scores)
		case limit.most && got > limit.value || !limit.most && got < limit.value:
			t.Errorf("%s: %.3f, limit %.3f", name, got, limit.value)
		default:
			t.Logf("%s: %.3f, limit %.3f", name, got, limit.value)
		}
	}
}

type scoreLimit struct {
	value float64
	most  bool
}

// readLimits reads lines "name >= value" and "name <= value".
func readLimits(t *testing.T) map[string]scoreLimit {
	data, err := os.ReadFile(filepath.Join("testdata", "corpus-scores.txt"))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]scoreLimit{}
	for line := range strings.Lines(string(data)) {
		f := strings.Fields(line)
		if len(f) != 3 || strings.HasPrefix(f[0], "#") {
			continue
		}
		v, err := strconv.ParseFloat(f[2], 64)
		if err != nil {
			t.Fatal(err)
		}
		out[f[0]] = scoreLimit{v, f[1] == "<="}
	}
	return out
}

type corpusCase struct {
	ID    string `json:"id"`
	Paths []struct {
		Path       string `json:"path"`
		OldPath    string `json:"old_path"`
		Previous   string `json:"previous_path"`
		ModeBefore string `json:"mode_before"`
		ModeAfter  string `json:"mode_after"`
	} `json:"paths"`
}

// predict compares every case of a part and writes the predictions in the form
// that its scorer reads.
func predict(t *testing.T, dir, part string) string {
	cases, err := filepath.Glob(filepath.Join(dir, "*", "case.json"))
	if err != nil || len(cases) == 0 {
		t.Fatalf("no cases in %s (%v)", dir, err)
	}
	out, err := os.Create(filepath.Join(t.TempDir(), part+".jsonl"))
	if keep := os.Getenv("COUNTERSIGN_CORPUS_OUT"); keep != "" {
		out, err = os.Create(filepath.Join(keep, part+".jsonl"))
	}
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	for _, file := range cases {
		var c corpusCase
		data, err := os.ReadFile(file)
		if err == nil {
			err = json.Unmarshal(data, &c)
		}
		if err != nil {
			t.Fatal(err)
		}
		root := filepath.Dir(file)
		set, err := Compare(caseTree(t, root, "before", c), caseTree(t, root, "after", c), Settings{})
		if err != nil {
			t.Fatalf("%s: %v", c.ID, err)
		}
		changes := []map[string]any{}
		for _, ch := range set.Changes {
			if p := prediction(ch, part); p != nil {
				changes = append(changes, p)
			}
		}
		line, err := json.Marshal(map[string]any{"id": c.ID, "changes": changes, "set": set})
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(out, "%s\n", line)
	}
	return out.Name()
}

// caseTree reads one side of a case. A case's file says which files are links.
func caseTree(t *testing.T, root, side string, c corpusCase) Tree {
	tree := MapTree{}
	for _, p := range c.Paths {
		for _, name := range []string{p.Path, p.OldPath, p.Previous} {
			data, err := os.ReadFile(filepath.Join(root, side, filepath.FromSlash(name)))
			if name == "" || err != nil {
				continue
			}
			mode := p.ModeAfter
			if side == "before" {
				mode = p.ModeBefore
			}
			if mode == ModeSymlink {
				name = "symlink:" + name
			}
			tree[name] = string(data)
		}
	}
	return tree
}

// prediction writes a change as the scorers want it. Notices are not
// predictions, since they ask nobody for anything; nor is a value that only
// moved.
func prediction(c Change, part string) map[string]any {
	if c.Confidence == Notice {
		return nil
	}
	p := map[string]any{"kind": c.Kind, "file": c.Path, "path": c.Path, "change": c.Change, "added": c.Added, "removed": c.Removed}
	switch c.Kind {
	case Model:
		p["before"], p["after"] = c.Before, c.After
	case Prompt:
		if c.Change == "moved" {
			p["change"] = "modified"
		}
	case ToolScope:
		p["direction"] = map[Direction]string{Widens: "expansion", Narrows: "reduction", Both: "change", Unknown: "change"}[c.Direction]
		p["dimension"] = c.Dimension
	default:
		return nil
	}
	return p
}

// runScorer runs the scorer of a part and flattens what it prints.
func runScorer(t *testing.T, dir, part, predictions string) map[string]float64 {
	args := []string{filepath.Join(dir, "score-"+part+".py"), filepath.Join(dir, part), predictions, "--json"}
	raw, err := exec.Command("python3", args...).Output()
	if err != nil {
		t.Fatalf("score %s: %v", part, err)
	}
	var result map[string]any
	if err := json.Unmarshal(raw, &result); err != nil {
		t.Fatalf("score %s: %v", part, err)
	}
	out := map[string]float64{}
	flatten(part, result, out)
	if n := out["models.negatives.total"]; n > 0 {
		out["models.negatives.silent"] = out["models.negatives.without_false_alarm"] / n
	}
	return out
}

func flatten(at string, v any, out map[string]float64) {
	switch v := v.(type) {
	case float64:
		out[at] = v
	case map[string]any:
		for _, k := range slices.Sorted(mapKeys(v)) {
			flatten(at+"."+k, v[k], out)
		}
	}
}

func mapKeys(m map[string]any) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}
