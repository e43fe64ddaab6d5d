package record

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// A signer signs checkpoints with the log's key.
type signer struct {
	note.Signer
	vkey string
}

// openKey reads the log's key, and makes it when the log is empty. A log that
// has leaves and no key is refused: a new key would start a new history.
func openKey(path, origin string, empty bool, random io.Reader) (signer, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if !empty {
			return signer{}, fmt.Errorf("the log's key %s is missing and the log is not empty: put the key back from its backup", path)
		}
		return makeKey(path, origin, random)
	}
	if err != nil {
		return signer{}, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return signer{}, err
	}
	if info.Mode().Perm()&0o077 != 0 {
		return signer{}, fmt.Errorf("the log's key %s can be read by others (mode %v): chmod 600 it, and consider who has read it", path, info.Mode().Perm())
	}
	s, err := newSigner(strings.TrimSpace(string(data)))
	if err != nil {
		return signer{}, fmt.Errorf("the log's key %s: %w", path, err)
	}
	if s.Name() != origin {
		return signer{}, fmt.Errorf("the log's key %s is that of %s; this log is %s", path, s.Name(), origin)
	}
	return s, nil
}

// makeKey creates the key and makes it durable before anything is signed by it.
func makeKey(path, origin string, random io.Reader) (signer, error) {
	skey, _, err := note.GenerateKey(random, origin)
	if err != nil {
		return signer{}, fmt.Errorf("make the log's key for %q: %w", origin, err)
	}
	s, err := newSigner(skey)
	if err != nil {
		return signer{}, fmt.Errorf("make the log's key for %q: %w", origin, err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".key-*") // 0600; linked below, so that no half key is ever read
	if err != nil {
		return signer{}, err
	}
	defer os.Remove(f.Name())
	_, err = io.WriteString(f, skey+"\n")
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return signer{}, fmt.Errorf("write the log's key: %w", err)
	}
	if err := os.Link(f.Name(), path); err != nil {
		return signer{}, fmt.Errorf("write the log's key: %w", err)
	}
	return s, syncDir(filepath.Dir(path))
}

func syncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// newSigner reads a key in the form of package note and derives its public key.
func newSigner(skey string) (signer, error) {
	s, err := note.NewSigner(skey)
	if err != nil {
		return signer{}, err
	}
	parts := strings.SplitN(skey, "+", 5) // PRIVATE+KEY+<name>+<hash>+<base64 of 1 and the seed>
	key, err := base64.StdEncoding.DecodeString(parts[4])
	if err != nil {
		return signer{}, err
	}
	public := ed25519.NewKeyFromSeed(key[1:]).Public().(ed25519.PublicKey)
	vkey, err := note.NewEd25519VerifierKey(s.Name(), public)
	return signer{s, vkey}, err
}

// checkpoint signs the state of the log.
func (s signer) checkpoint(e edge) (string, error) {
	c := Checkpoint{s.Name(), e.size, e.root()}
	signed, err := note.Sign(&note.Note{Text: c.String()}, s.Signer)
	if err != nil {
		return "", fmt.Errorf("sign checkpoint of %d leaves: %w", e.size, err)
	}
	return string(signed), nil
}
