package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/countersign-dev/countersign/change"
	"github.com/countersign-dev/countersign/internal/git"
	"github.com/countersign-dev/countersign/review"
)

// settingsAt reads the settings of a tree for change detection. A tree without
// settings has the default ones. Settings that do not parse are an error here:
// what is governed could not be told.
func settingsAt(t change.Tree) (review.Settings, bool, error) {
	s, found, err := review.ReadSettings(t)
	if err != nil {
		return review.Settings{}, found, err
	}
	return s, found, nil
}

// side opens an argument, called name in the usage: a folder, or a revision of
// the repository in the current folder (nil where there is none). What could be
// both is refused unless it is written as a path.
func side(ctx context.Context, repo *git.Repo, name, arg string) (change.Tree, error) {
	st, err := os.Stat(arg)
	isFolder := err == nil && st.IsDir()
	if isFolder && writtenAsPath(arg) {
		return change.DirTree(arg)
	}
	if repo == nil && isFolder {
		return change.DirTree(arg)
	}
	if repo == nil {
		return nil, exit{exitUnknown, fmt.Sprintf("%s: %s is no folder, and here is no git repository to find it in", name, arg)}
	}
	id, err := repo.Resolve(ctx, arg)
	switch {
	case err == nil && isFolder:
		return nil, exit{exitUnknown, fmt.Sprintf("%s: %s is a folder and a revision: write ./%s for the folder, or the commit %.12s for the revision", name, arg, arg, id)}
	case err == nil:
		return repo.Tree(ctx, id)
	case isFolder:
		return change.DirTree(arg)
	}
	return nil, exit{exitUnknown, fmt.Sprintf("%s: %s is neither a folder nor a revision (branch, tag or commit id) of the repository here", name, arg)}
}

// writtenAsPath says that an argument can be no revision.
func writtenAsPath(arg string) bool {
	return filepath.IsAbs(arg) || arg == "." || arg == ".." || strings.HasPrefix(arg, "./") || strings.HasPrefix(arg, "../") || strings.HasSuffix(arg, "/")
}
