package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/countersign-dev/countersign/review"
)

// operatorAt reads operator.yaml of the operator's folder. No folder, or none of
// that file in it, says nothing.
func operatorAt(dir string) (review.Operator, error) {
	if dir == "" {
		return review.Operator{}, nil
	}
	data, err := os.ReadFile(filepath.Join(dir, "operator.yaml"))
	if errors.Is(err, fs.ErrNotExist) {
		return review.Operator{}, nil
	} else if err != nil {
		return review.Operator{}, fmt.Errorf("read the operator's settings: %w", err)
	}
	return review.ParseOperator(data)
}

// folder is a folder as a file system, nil for none.
func folder(dir string) fs.FS {
	if dir == "" {
		return nil
	}
	return os.DirFS(dir)
}
