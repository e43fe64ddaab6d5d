package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/countersign-dev/countersign/record"
)

func newVerify() *cobra.Command {
	var key, pin string
	c := &cobra.Command{
		Use:   "verify --key KEY DIR",
		Short: "Check an export with the public key alone",
		Long: `Check an export: every hash, every commitment, every count, and that the records are in
the log whose checkpoint the key signed. No network and no server are needed.

KEY is the log's public key, or a file that holds it. It is never taken from the export:
get it from the operator by another way. With the key alone one detects everybody who
lacks the signing key; --pin with a checkpoint that you kept also detects that the key's
holder rewrote history.

Exit codes: 0 it holds, 1 it does not hold, 2 it could not be checked.`,
		Example: "  countersign verify --key log.pub q1/\n  countersign verify --key log.pub --pin last/checkpoint q2/",
		Args:    arguments(1, "DIR"),
		RunE: func(c *cobra.Command, args []string) error {
			if key == "" {
				return exit{exitUnknown, "--key is required: the log's public key, which must not come from the export"}
			}
			vkey, err := keyText(key)
			if err != nil {
				return err
			}
			return verifyDir(c.OutOrStdout(), args[0], vkey, pin)
		},
	}
	c.ValidArgsFunction = completeFolders
	c.Flags().StringVar(&key, "key", "", "the log's public key, or a file that holds it")
	c.Flags().StringVar(&pin, "pin", "", "file with an earlier checkpoint that you kept")
	return c
}

// keyText reads a key that is given as a file.
func keyText(key string) (string, error) {
	if strings.Contains(key, "+") && !strings.ContainsAny(key, " \n") {
		if _, err := os.Stat(key); err != nil {
			return key, nil
		}
	}
	data, err := os.ReadFile(key)
	if err != nil {
		return "", exit{exitUnknown, fmt.Sprintf("--key is neither a key, as the one line of log.pub, nor a file that holds one: %v", err)}
	}
	return strings.TrimSpace(string(data)), nil
}

// verifyDir checks an export and prints what came of it.
func verifyDir(w io.Writer, dir, key, pin string) error {
	v := record.Verification{Key: key}
	if pin != "" {
		text, err := os.ReadFile(pin)
		if err != nil {
			return exit{exitUnknown, fmt.Sprintf("--pin: %v", err)}
		}
		v.Pin = string(text)
	}
	if st, err := os.Stat(dir); err != nil || !st.IsDir() {
		return exit{exitUnknown, "DIR: " + dir + " is not a folder"}
	}
	if _, err := os.Stat(filepath.Join(dir, "manifest.json")); errors.Is(err, fs.ErrNotExist) {
		return exit{exitUnknown, "DIR: " + dir + " holds no export: there is no manifest.json in it"}
	}
	report := v.Verify(dir)
	if err := report.Print(w); err != nil {
		return err
	}
	if report.Result != record.Holds {
		return exit{code: report.Result}
	}
	return nil
}
