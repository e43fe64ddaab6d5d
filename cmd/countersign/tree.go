package main

import (
	"context"
	"fmt"
	"os"

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

// side opens one argument of compare: a folder, or a revision of the
// repository in the current folder.
func side(ctx context.Context, repo *git.Repo, arg string) (change.Tree, error) {
	if st, err := os.Stat(arg); err == nil && st.IsDir() {
		return change.DirTree(arg)
	}
	if repo == nil {
		return nil, fmt.Errorf("%s is no folder, and here is no git repository to find it in", arg)
	}
	id, err := repo.Resolve(ctx, arg)
	if err != nil {
		return nil, fmt.Errorf("%s is neither a folder nor a revision: %w", arg, err)
	}
	return repo.Tree(ctx, id)
}
