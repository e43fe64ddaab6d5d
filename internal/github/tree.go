package github

import (
	"cmp"
	"context"
	"crypto/sha1"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"

	api "github.com/google/go-github/v60/github"

	"github.com/countersign-dev/countersign/change"
	"github.com/countersign-dev/countersign/review"
)

const (
	// blobLimit is the size of the largest file that is read.
	blobLimit = 10 << 20
	// treeCalls bounds what completing one truncated tree can cost.
	treeCalls = 2000
	// treeLimit bounds the files of one tree.
	treeLimit = 1_000_000
)

// A tree is the files at a commit. Blobs are read when they are asked for,
// within the context that the tree was made in.
type tree struct {
	ctx     context.Context
	g       *Client
	repo    review.Repo
	entries []change.Entry // sorted by path
}

var _ change.Tree = (*tree)(nil)

// Tree lists the files at a commit in one call, or in none when the commit has
// the tree of one that was listed before, as a squash mostly has that of its
// head. GitHub cuts lists of more than 100,000 entries or 7 MB; those are
// completed directory by directory. Contents are read within ctx. Each call is
// counted by review.SpendRead, also those that the contents cost.
func (g *Client) Tree(ctx context.Context, repo review.Repo, commit string) (change.Tree, error) {
	if !idForm.MatchString(commit) {
		return nil, fmt.Errorf("tree of %v: %q is no commit id", repo, commit)
	}
	l := lister{g: g, repo: repo}
	id := commit
	if root, ok := g.kept.get(rootKey(repo, commit)); ok {
		id = root.(string)
	}
	entries, err := l.files(ctx, id)
	if err != nil {
		return nil, err
	}
	return &tree{ctx, g, repo, entries}, nil
}

// rooted remembers which tree each commit has, and that a tree is listed whose
// commit was.
func (g *Client) rooted(repo review.Repo, commits []*api.RepositoryCommit) {
	for _, c := range commits {
		id, root := c.GetSHA(), c.GetCommit().GetTree().GetSHA()
		if idForm.MatchString(id) && idForm.MatchString(root) {
			g.kept.put(rootKey(repo, id), root, 256)
			if listed, ok := g.kept.get(cacheKey{repo.Installation, "tree", id}); ok {
				g.kept.put(cacheKey{repo.Installation, "tree", root}, listed, sizeOf(listed.([]change.Entry)))
			}
		}
	}
}

func rootKey(repo review.Repo, commit string) cacheKey {
	return cacheKey{repo.Installation, "root", strconv.FormatInt(repo.ID, 10) + " " + commit}
}

// Lookup finds one path.
func (t *tree) Lookup(path string) (change.Entry, bool) {
	i, ok := slices.BinarySearchFunc(t.entries, path, func(e change.Entry, p string) int { return cmp.Compare(e.Path, p) })
	if !ok {
		return change.Entry{}, false
	}
	return t.entries[i], true
}

// Entries yields every file, sorted by path.
func (t *tree) Entries() iter.Seq[change.Entry] { return slices.Values(t.entries) }

// Read returns the bytes of an entry, which are the caller's. Their SHA-1 was
// compared with the entry's id.
func (t *tree) Read(e change.Entry) ([]byte, error) {
	switch {
	case e.Mode == change.ModeSubmodule:
		return nil, fmt.Errorf("%s is a submodule and has no bytes", e.Path)
	case e.Size > blobLimit:
		return nil, fmt.Errorf("%s has %d bytes, and at most %d are read: %w", e.Path, e.Size, blobLimit, review.ErrTooLarge)
	}
	data, err := t.g.blob(t.ctx, t.repo, e.ID)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", e.Path, err)
	}
	return slices.Clone(data), nil
}

// A lister lists one tree, and counts what that costs.
type lister struct {
	g     *Client
	repo  review.Repo
	calls int
}

// files lists everything below a commit or tree.
func (l *lister) files(ctx context.Context, id string) ([]change.Entry, error) {
	return load(ctx, l.g.kept, cacheKey{l.repo.Installation, "tree", id}, func() ([]change.Entry, int64, error) {
		found, err := l.read(ctx, id, true)
		if err != nil {
			return nil, 0, err
		}
		var entries []change.Entry
		if found.GetTruncated() {
			entries, err = l.descend(ctx, id)
		} else {
			entries, err = leaves(found)
		}
		if err != nil {
			return nil, 0, err
		}
		return entries, sizeOf(entries), checkPaths(entries)
	})
}

// descend lists a truncated tree by its directories. What came of the cut list
// is not used: nobody says which part it is. Directories are kept by their own
// ids, so the next commit costs only those that changed.
func (l *lister) descend(ctx context.Context, id string) ([]change.Entry, error) {
	level, err := l.read(ctx, id, false)
	if err != nil {
		return nil, err
	}
	if level.GetTruncated() {
		return nil, fmt.Errorf("tree %s: one directory has more entries than GitHub lists", id)
	}
	entries, err := leaves(level)
	if err != nil {
		return nil, err
	}
	for _, dir := range level.Entries {
		if dir.GetType() != "tree" {
			continue
		}
		if !idForm.MatchString(dir.GetSHA()) {
			return nil, fmt.Errorf("tree %s: %q has the id %q", id, dir.GetPath(), dir.GetSHA())
		}
		below, err := l.files(ctx, dir.GetSHA())
		if err != nil {
			return nil, err
		}
		for _, e := range below {
			e.Path = dir.GetPath() + "/" + e.Path
			entries = append(entries, e)
		}
		if len(entries) > treeLimit {
			return nil, fmt.Errorf("tree %s has more than %d files", id, treeLimit)
		}
	}
	sortEntries(entries)
	return entries, nil
}

func (l *lister) read(ctx context.Context, id string, recursive bool) (*api.Tree, error) {
	c, err := l.g.in(l.repo)
	if err != nil {
		return nil, err
	}
	if err := review.SpendRead(ctx); err != nil {
		return nil, fmt.Errorf("tree %s: %w", id, err)
	}
	if l.calls++; l.calls > treeCalls {
		return nil, fmt.Errorf("tree %s: GitHub cuts the list, and %d calls did not complete it", id, treeCalls)
	}
	found, _, err := c.Git.GetTree(ctx, l.repo.Owner, l.repo.Name, id, recursive)
	if err != nil {
		return nil, tidy(err)
	}
	return found, nil
}

// leaves takes the files out of a list.
func leaves(found *api.Tree) ([]change.Entry, error) {
	entries := make([]change.Entry, 0, len(found.Entries))
	for _, f := range found.Entries {
		if f.GetType() == "tree" {
			continue
		}
		e := change.Entry{Path: f.GetPath(), Mode: f.GetMode(), ID: f.GetSHA(), Size: -1}
		if f.Size != nil {
			e.Size = int64(*f.Size)
		}
		switch e.Mode {
		case change.ModeFile, change.ModeExecutable, change.ModeSymlink, change.ModeSubmodule:
		case "100664": // of old commits; git reads it so
			e.Mode = change.ModeFile
		default:
			return nil, fmt.Errorf("tree %s: %q has the mode %q", found.GetSHA(), e.Path, e.Mode)
		}
		if e.Path == "" || !idForm.MatchString(e.ID) {
			return nil, fmt.Errorf("tree %s: %q has the id %q", found.GetSHA(), e.Path, e.ID)
		}
		entries = append(entries, e)
	}
	sortEntries(entries)
	return entries, nil
}

func sortEntries(entries []change.Entry) {
	slices.SortFunc(entries, func(a, b change.Entry) int { return cmp.Compare(a.Path, b.Path) })
}

// checkPaths refuses a tree that has one path twice: which of the two counts
// would be anybody's guess.
func checkPaths(entries []change.Entry) error {
	for i := 1; i < len(entries); i++ {
		if entries[i].Path == entries[i-1].Path {
			return fmt.Errorf("the path %q stands twice in one tree", entries[i].Path)
		}
	}
	return nil
}

func sizeOf(entries []change.Entry) int64 {
	size := int64(64)
	for _, e := range entries {
		size += 112 + int64(len(e.Path))
	}
	return size
}

// blob reads a blob of at most blobLimit bytes.
func (g *Client) blob(ctx context.Context, repo review.Repo, id string) ([]byte, error) {
	if !idForm.MatchString(id) {
		return nil, fmt.Errorf("%q is no blob id", id)
	}
	return load(ctx, g.kept, cacheKey{repo.Installation, "blob", id}, func() ([]byte, int64, error) {
		c, err := g.in(repo)
		if err != nil {
			return nil, 0, err
		}
		if err := review.SpendRead(ctx); err != nil {
			return nil, 0, fmt.Errorf("blob %s: %w", id, err)
		}
		found, _, err := c.Git.GetBlob(ctx, repo.Owner, repo.Name, id)
		if err != nil {
			return nil, 0, tidy(err)
		}
		data, err := content(found)
		if err != nil {
			return nil, 0, fmt.Errorf("blob %s: %w", id, err)
		}
		if blobID(data) != id {
			return nil, 0, fmt.Errorf("blob %s: the answer has other bytes, of the id %s", id, blobID(data))
		}
		return data, int64(len(data)) + 128, nil
	})
}

func content(b *api.Blob) ([]byte, error) {
	if b.GetSize() > blobLimit || base64.StdEncoding.DecodedLen(len(b.GetContent())) > 2*blobLimit {
		return nil, fmt.Errorf("it has %d bytes, and at most %d are read: %w", b.GetSize(), blobLimit, review.ErrTooLarge)
	}
	switch b.GetEncoding() {
	case "base64":
		return base64.StdEncoding.DecodeString(strings.ReplaceAll(b.GetContent(), "\n", ""))
	case "utf-8":
		return []byte(b.GetContent()), nil
	}
	return nil, errors.New("its encoding is not known")
}

// blobID is git's id of a file's content.
func blobID(data []byte) string {
	h := sha1.New()
	fmt.Fprintf(h, "blob %d\x00", len(data))
	h.Write(data)
	return hex.EncodeToString(h.Sum(nil))
}
