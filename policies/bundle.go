package policies

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/open-policy-agent/opa/v1/version"

	"github.com/countersign-dev/countersign/review"
)

// engineVersion changes whenever the same rules and input may give another
// demand.
const engineVersion = "1"

//go:embed default lib schema
var embedded embed.FS

// A file is one file of a layer. Its path is what messages show.
type file struct {
	Path string `json:"path"`
	Data []byte `json:"data"`
}

// A bundle is all that a demand rests on beside its input.
type bundle struct {
	Version int           `json:"version"`
	Engine  string        `json:"engine"`
	Library []file        `json:"library"`
	Layers  []bundleLayer `json:"layers"`
}

type bundleLayer struct {
	Name  string `json:"name"`
	Files []file `json:"files"`
}

// Bundle returns the sources and data of all layers that are in force for a
// repository with these rules of its own. Equal rules give equal bytes, and
// Demand.RulesDigest is the SHA-256 of them. Tests of rules are left out.
func (e *Engine) Bundle(repo []review.PolicySource) []byte {
	b := bundle{Version: 1, Engine: engineVersion + " opa " + version.Version, Library: e.library}
	for _, l := range e.layers {
		b.Layers = append(b.Layers, bundleLayer{l.name, l.files})
	}
	if own := ownFiles(repo); len(own) > 0 {
		b.Layers = append(b.Layers, bundleLayer{Repository, own})
	}
	data, err := json.Marshal(b)
	if err != nil {
		panic(err) // strings and bytes only
	}
	return data
}

// Open returns an engine with the rules of a bundle, and the repository's own
// rules to give to Require, so that an old decision can be run again. opts may
// not name an operator's layer. The present engine evaluates them, whichever
// wrote the bundle.
func Open(data []byte, opts Options) (*Engine, []review.PolicySource, error) {
	var b bundle
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&b); err != nil {
		return nil, nil, fmt.Errorf("read bundle of rules: %w", err)
	}
	if b.Version != 1 || opts.Operator != nil {
		return nil, nil, fmt.Errorf("open bundle of rules: version %d, with an operator's layer beside it: %t", b.Version, opts.Operator != nil)
	}
	var repo []review.PolicySource
	var layers []bundleLayer
	for _, bl := range b.Layers {
		if bl.Name != Repository {
			layers = append(layers, bl)
			continue
		}
		for _, f := range bl.Files {
			repo = append(repo, review.PolicySource{Path: f.Path, Data: f.Data})
		}
	}
	e, err := newEngine(opts, b.Library, layers)
	return e, repo, err
}

func digest(data []byte) string {
	sum := sha256.Sum256(data)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// ownFiles returns the files of a repository's rules that count, sorted.
func ownFiles(repo []review.PolicySource) []file {
	var out []file
	for _, s := range repo {
		out = append(out, file{s.Path, s.Data})
	}
	return counted(out)
}

// counted drops tests of rules and plain texts, and sorts by path.
func counted(all []file) []file {
	var out []file
	for _, f := range all {
		switch path.Ext(f.Path) {
		case ".md", ".txt":
			continue
		}
		if !isTest(f.Path) {
			out = append(out, f)
		}
	}
	slices.SortFunc(out, func(a, b file) int { return strings.Compare(a.Path, b.Path) })
	return out
}

func isTest(p string) bool { return strings.HasSuffix(p, "_test.rego") }

// readFS reads all files below root, but hidden ones and settings.
func readFS(fsys fs.FS, root string) ([]file, error) {
	var out []file
	err := fs.WalkDir(fsys, root, func(p string, d fs.DirEntry, err error) error {
		hidden := strings.HasPrefix(path.Base(p), ".") && p != "."
		switch {
		case err != nil:
			return err
		case hidden && d.IsDir():
			return fs.SkipDir
		case hidden || d.IsDir() || p == "operator.yaml":
			return nil
		}
		// A mounted ConfigMap shows its files as links, and the folder they
		// lie in as a hidden link.
		data, err := fs.ReadFile(fsys, p)
		out = append(out, file{p, data})
		return err
	})
	return out, err
}
