package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Every mistake in the environment is said, in one go, once, and without secrets.
func TestConfigMistakes(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("-----BEGIN X-----\nAAAA\n-----END X-----\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{
		"APP_ID": "x", "PRIVATE_KEY_FILE": file, "WEBHOOK_SECRET": "tooshort", "WEBHOOK_SECRET_OLD_FILE": file + ".none",
		"GITHUB_URL": "http://example.com", "LISTEN": "8080", "DATA": file, "OPERATOR_DIR": file + ".none", "ALIAS": "a b",
		"SWEEP_EVERY": "soon", "WORKERS": "0", "LOG_LEVEL": "loud",
	}
	_, err := readConfig(func(name string) string { return env[strings.TrimPrefix(name, "COUNTERSIGN_")] })
	if err == nil {
		t.Fatal("it was taken")
	}
	for _, want := range []string{"APP_ID must be a positive number", "PRIVATE_KEY is not an RSA private key",
		"WEBHOOK_SECRET has 8 bytes, and fewer than 16 can be guessed: make one with openssl rand -hex 32",
		"WEBHOOK_SECRET_OLD_FILE cannot be read", "GITHUB_URL must be https", `LISTEN must be an address such as :8080`,
		"DATA " + file + " is not a folder", "OPERATOR_DIR cannot be read", "ALIAS must be one word", "SWEEP_EVERY must be a duration",
		"WORKERS must lie between", `LOG_LEVEL must be debug, info, warn or error, not "loud"`} {
		if !strings.Contains(err.Error(), "COUNTERSIGN_"+want) {
			t.Errorf("nothing of %q in:\n%v", want, err)
		}
	}
	if n := strings.Count(err.Error(), "\n") + 1; n != len(env) {
		t.Errorf("%d lines for %d mistakes:\n%v", n, len(env), err)
	}
	if strings.Contains(err.Error(), "tooshort") {
		t.Error("a secret is in the error")
	}
}

// A file of a key that is not there is one mistake, not also an empty key.
func TestConfigMissingKeyFile(t *testing.T) {
	t.Parallel()
	env := map[string]string{"COUNTERSIGN_APP_ID": "1", "COUNTERSIGN_WEBHOOK_SECRET": strings.Repeat("s", 16),
		"COUNTERSIGN_PRIVATE_KEY_FILE": filepath.Join(t.TempDir(), "none")}
	_, err := readConfig(func(name string) string { return env[name] })
	if err == nil || !strings.HasPrefix(err.Error(), "COUNTERSIGN_PRIVATE_KEY_FILE cannot be read") || strings.Contains(err.Error(), "\n") {
		t.Errorf("%v", err)
	}
}

func TestUnknownVariables(t *testing.T) {
	t.Parallel()
	for v, want := range map[string]string{
		"COUNTERSIGN_OPERATER_DIR=x":          "COUNTERSIGN_OPERATER_DIR is no setting; did you mean COUNTERSIGN_OPERATOR_DIR?",
		"COUNTERSIGN_QQQQQQQQ=x":              "COUNTERSIGN_QQQQQQQQ is no setting (",
		"COUNTERSIGN_WEBHOOK_SECRET_FILE=x":   "",
		"COUNTERSIGN_SERVICE_HOST=10.0.0.1":   "", // by Kubernetes
		"COUNTERSIGN_PORT_8080_TCP_ADDR=10.0": "",
		"COUNTERSIGN_SERVICE_PORT_HTTP=8080":  "",
		"PATH=/bin":                           "",
	} {
		err := unknownVariables([]string{v})
		if (err != nil) != (want != "") || err != nil && !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v, want %q", v, err, want)
		}
	}
	for _, name := range variables {
		if !strings.Contains(settingsHelp, "COUNTERSIGN_"+strings.TrimSuffix(name, "_FILE")) {
			t.Errorf("--help says nothing of %s", name)
		}
	}
}
