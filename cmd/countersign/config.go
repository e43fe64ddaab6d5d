package main

import (
	"encoding/pem"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/countersign-dev/countersign/record"
)

// A config is how the server is set up. Every field is an environment variable
// COUNTERSIGN_…; secrets may also be files, named by COUNTERSIGN_…_FILE.
type config struct {
	AppID      int64
	Key        []byte   // the app's private key, PEM
	Secrets    []string // the webhook secret, and the one before it while it is rotated
	GitHub     *url.URL // base of the REST API
	Listen     string
	Data       string // folder of the database and of the log's key
	Operator   string // folder of the operator's rules, "" for none
	Alias      string
	SweepEvery time.Duration
	Workers    int
	Level      string
}

// settings documents the environment, for --help.
const settingsHelp = `  COUNTERSIGN_APP_ID               id of the GitHub App
  COUNTERSIGN_PRIVATE_KEY          its private key (PEM), or COUNTERSIGN_PRIVATE_KEY_FILE
  COUNTERSIGN_WEBHOOK_SECRET       webhook secret, or COUNTERSIGN_WEBHOOK_SECRET_FILE
  COUNTERSIGN_WEBHOOK_SECRET_OLD   the secret before it, while it is rotated; optional
  COUNTERSIGN_GITHUB_URL           API base; default https://api.github.com/
                                   Enterprise Server: https://HOST/api/v3/
  COUNTERSIGN_DATA                 folder of the database and the log's key; default ./countersign-data
  COUNTERSIGN_LISTEN               address; default :8080
  COUNTERSIGN_OPERATOR_DIR         folder with operator.yaml and *.rego above all repositories; optional
  COUNTERSIGN_ALIAS                a short command beside /countersign, such as cs; optional
  COUNTERSIGN_SWEEP_EVERY          how often state is compared with GitHub's; default 10m
  COUNTERSIGN_WORKERS              deliveries handled at once; default 8
  COUNTERSIGN_LOG_LEVEL            debug, info, warn or error; default info`

// readConfig reads the environment and reports all mistakes together.
func readConfig(getenv func(string) string) (config, error) {
	e := &environment{getenv: getenv}
	c := config{
		AppID:      e.number("APP_ID"),
		Key:        e.key("PRIVATE_KEY"),
		GitHub:     e.url("GITHUB_URL", "https://api.github.com/"),
		Listen:     e.or("LISTEN", ":8080"),
		Data:       e.or("DATA", "countersign-data"),
		Operator:   e.or("OPERATOR_DIR", ""),
		Alias:      strings.TrimPrefix(e.or("ALIAS", ""), "/"),
		SweepEvery: e.duration("SWEEP_EVERY", 10*time.Minute),
		Workers:    int(e.between("WORKERS", 8, 1, 64)),
		Level:      e.or("LOG_LEVEL", "info"),
	}
	if s := e.secret("WEBHOOK_SECRET"); s != "" {
		c.Secrets = append(c.Secrets, s)
	} else {
		e.wrong("WEBHOOK_SECRET", "is empty: set it to the secret of the app's webhook; without one anybody could sign in anybody's name")
	}
	if s := e.secret("WEBHOOK_SECRET_OLD"); s != "" {
		c.Secrets = append(c.Secrets, s)
	}
	if c.Operator != "" {
		if st, err := os.Stat(c.Operator); err != nil || !st.IsDir() {
			e.wrong("OPERATOR_DIR", "%s is not a folder", c.Operator)
		}
	}
	return c, errors.Join(e.mistakes...)
}

// database is the path of the database.
func (c config) database() string { return filepath.Join(c.Data, "countersign.db") }

// logKey is the path of the key that signs the log.
func (c config) logKey() string { return filepath.Join(c.Data, "log.key") }

// An environment reads variables and collects what is wrong with them.
type environment struct {
	getenv   func(string) string
	mistakes []error
}

func (e *environment) wrong(name, format string, args ...any) {
	e.mistakes = append(e.mistakes, fmt.Errorf("COUNTERSIGN_%s "+format, append([]any{name}, args...)...))
}

func (e *environment) or(name, value string) string {
	if v := strings.TrimSpace(e.getenv("COUNTERSIGN_" + name)); v != "" {
		return v
	}
	return value
}

// secret reads a variable or the file that its _FILE names. What is wrong with
// it is said without its value.
func (e *environment) secret(name string) string {
	direct, file := e.getenv("COUNTERSIGN_"+name), e.or(name+"_FILE", "")
	switch {
	case direct != "" && file != "":
		e.wrong(name, "and COUNTERSIGN_%s_FILE are both set: keep one", name)
	case file != "":
		data, err := os.ReadFile(file)
		if err != nil {
			e.wrong(name+"_FILE", "cannot be read: %v", err)
			return ""
		}
		return strings.TrimRight(string(data), "\r\n")
	}
	return direct
}

func (e *environment) number(name string) int64 {
	v := e.or(name, "")
	n, err := strconv.ParseInt(v, 10, 64)
	switch {
	case v == "":
		e.wrong(name, "is not set")
	case err != nil || n <= 0:
		e.wrong(name, "must be a positive number, not %q", v)
	}
	return n
}

func (e *environment) between(name string, value, low, high int64) int64 {
	v := e.or(name, strconv.FormatInt(value, 10))
	n, err := strconv.ParseInt(v, 10, 64)
	if err != nil || n < low || n > high {
		e.wrong(name, "must lie between %d and %d, not %q", low, high, v)
	}
	return n
}

func (e *environment) duration(name string, value time.Duration) time.Duration {
	v := e.or(name, value.String())
	d, err := time.ParseDuration(v)
	if err != nil || d < time.Second {
		e.wrong(name, "must be a duration such as 10m, not %q", v)
	}
	return d
}

func (e *environment) url(name, value string) *url.URL {
	v := e.or(name, value)
	u, err := url.Parse(v)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http":
		e.wrong(name, "must be a URL such as https://HOST/api/v3/, not %q", v)
		return nil
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		e.wrong(name, "must be https: tokens travel over it")
	}
	if !strings.HasSuffix(u.Path, "/") {
		u.Path += "/"
	}
	return u
}

func isLoopback(host string) bool {
	return host == "localhost" || strings.HasPrefix(host, "127.") || host == "::1"
}

func (e *environment) key(name string) []byte {
	text := e.secret(name)
	if text == "" {
		e.wrong(name, "is empty: set it, or COUNTERSIGN_%s_FILE, to the app's private key", name)
		return nil
	}
	if block, _ := pem.Decode([]byte(text)); block == nil {
		e.wrong(name, "is not a private key in PEM form: download a new one from the app's settings")
	}
	return []byte(text)
}

// logPublic is where the key that verifies the log is written, for auditors.
func (c config) logPublic() string { return filepath.Join(c.Data, "log.pub") }

// webHost is the host that people browse, for names in records: github.com, or
// the host of an Enterprise Server.
func (c config) webHost() string {
	if c.GitHub.Hostname() == "api.github.com" {
		return "github.com"
	}
	return c.GitHub.Host
}

// logSettings are those of the log.
func (c config) logSettings(now func() time.Time) record.Settings {
	return record.Settings{Origin: c.webHost() + "/countersign", KeyFile: c.logKey(), Now: now,
		Recorder: record.Recorder{Version: record.Code(version), Commit: record.Code(buildCommit()), App: c.AppID}}
}
