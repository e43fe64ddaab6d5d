package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/countersign-dev/countersign/policies"
	"github.com/countersign-dev/countersign/review"
)

// operatorFlag adds --operator-dir.
func operatorFlag(c *cobra.Command, dir *string) {
	c.Flags().StringVar(dir, "operator-dir", "", "folder with the operator's operator.yaml and *.rego (COUNTERSIGN_OPERATOR_DIR of the server)")
	_ = c.MarkFlagDirname("operator-dir")
}

// engineWith makes the engine of the default rules and those of the operator's
// folder, "" for none.
func engineWith(operator string) (*policies.Engine, error) {
	if operator == "" {
		return policies.New(policies.Options{})
	}
	if st, err := os.Stat(operator); err != nil || !st.IsDir() {
		return nil, exit{exitUnknown, fmt.Sprintf("--operator-dir %s is not a folder", operator)}
	}
	e, err := policies.New(policies.Options{Operator: os.DirFS(operator)})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", operator, err)
	}
	return e, nil
}

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
	o, err := review.ParseOperator(data)
	if err != nil {
		return o, fmt.Errorf("%s: %w", dir, err)
	}
	return o, nil
}
