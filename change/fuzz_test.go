package change

import (
	"bytes"
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
)

// Any bytes, at any path that some format may have: no panic, the same result
// twice, and nothing for a tree compared with itself.
func FuzzCompare(f *testing.F) {
	files, err := filepath.Glob(filepath.Join(samples, "*.txtar"))
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range files {
		ar, err := txtar.ParseFile(file)
		if err != nil {
			f.Fatal(err)
		}
		base, head := trees(ar)
		for p := range base {
			f.Add(p, []byte(base[p]), []byte(head[p]))
		}
	}
	f.Fuzz(func(t *testing.T, path string, before, after []byte) {
		if len(path) > 200 || path == "" {
			return
		}
		base, head := MapTree{path: string(before)}, MapTree{path: string(after)}
		one, err := Compare(base, head, Settings{})
		if err != nil {
			t.Fatal(err)
		}
		two, _ := Compare(base, head, Settings{})
		a, _ := json.Marshal(one)
		b, _ := json.Marshal(two)
		if !bytes.Equal(a, b) {
			t.Fatalf("two comparisons differ:\n%s\n%s", a, b)
		}
		if same, _ := Compare(head, head, Settings{}); len(same.Changes) > 0 {
			t.Fatalf("a tree differs from itself: %s", describe(same))
		}
	})
}

// BenchmarkCompare compares one pair of files of each format.
func BenchmarkCompare(b *testing.B) {
	files, err := filepath.Glob(filepath.Join(samples, "*.txtar"))
	if err != nil {
		b.Fatal(err)
	}
	for _, file := range files {
		ar, err := txtar.ParseFile(file)
		if err != nil {
			b.Fatal(err)
		}
		base, head := trees(ar)
		b.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Compare(base, head, Settings{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
