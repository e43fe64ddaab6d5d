package main

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/countersign-dev/countersign/record"
	"github.com/countersign-dev/countersign/review"
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

// settingsHelp documents the environment, for --help.
const settingsHelp = `  COUNTERSIGN_APP_ID               id of the GitHub App
  COUNTERSIGN_PRIVATE_KEY          its private key (PEM), or COUNTERSIGN_PRIVATE_KEY_FILE
  COUNTERSIGN_WEBHOOK_SECRET       webhook secret of 16 bytes or more, or COUNTERSIGN_WEBHOOK_SECRET_FILE
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
		Listen:     e.address("LISTEN", ":8080"),
		Data:       e.folder("DATA", "countersign-data", false),
		Operator:   e.folder("OPERATOR_DIR", "", true),
		Alias:      e.alias("ALIAS"),
		SweepEvery: e.duration("SWEEP_EVERY", 10*time.Minute),
		Workers:    int(e.between("WORKERS", 8, 1, 64)),
		Level:      e.oneOf("LOG_LEVEL", "info", "debug", "info", "warn", "error"),
	}
	if s, ok := e.webhookSecret("WEBHOOK_SECRET"); s != "" {
		c.Secrets = append(c.Secrets, s)
	} else if ok {
		e.wrong("WEBHOOK_SECRET", "is empty: set it to the secret of the app's webhook; without one anybody could sign in anybody's name")
	}
	if s, _ := e.webhookSecret("WEBHOOK_SECRET_OLD"); s != "" {
		c.Secrets = append(c.Secrets, s)
	}
	return c, errors.Join(e.mistakes...)
}

// variables are all that the server reads.
var variables = []string{"APP_ID", "PRIVATE_KEY", "PRIVATE_KEY_FILE", "WEBHOOK_SECRET", "WEBHOOK_SECRET_FILE", "WEBHOOK_SECRET_OLD",
	"WEBHOOK_SECRET_OLD_FILE", "GITHUB_URL", "DATA", "LISTEN", "OPERATOR_DIR", "ALIAS", "SWEEP_EVERY", "WORKERS", "LOG_LEVEL"}

// injected are what Kubernetes puts into the environment for a service that is
// called countersign. Source: Kubernetes, "Discovering services".
var injected = regexp.MustCompile(`^(?:SERVICE_(?:HOST|PORT)(?:_\w+)?|PORT(?:_\d+_(?:TCP|UDP|SCTP)(?:_(?:ADDR|PORT|PROTO))?)?)$`)

// unknownVariables refuses variables that nobody reads: a misspelt one would
// silently leave out, say, the operator's rules.
func unknownVariables(environ []string) error {
	var mistakes []error
	for _, v := range environ {
		full, _, _ := strings.Cut(v, "=")
		name, ours := strings.CutPrefix(full, "COUNTERSIGN_")
		if !ours || slices.Contains(variables, name) || injected.MatchString(name) {
			continue
		}
		text := full + " is no setting"
		if near := review.Nearest(name, variables); near != "" {
			text += "; did you mean COUNTERSIGN_" + near + "?"
		}
		mistakes = append(mistakes, errors.New(text+" (serve --help lists them)"))
	}
	return errors.Join(mistakes...)
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
// it is said without its value, and ok is false once it was said.
func (e *environment) secret(name string) (text string, ok bool) {
	direct, file := e.getenv("COUNTERSIGN_"+name), e.or(name+"_FILE", "")
	switch {
	case direct != "" && file != "":
		e.wrong(name, "and COUNTERSIGN_%s_FILE are both set: keep one", name)
		return "", false
	case file != "":
		data, err := os.ReadFile(file)
		if err != nil {
			e.wrong(name+"_FILE", "cannot be read: %v", err)
			return "", false
		}
		return strings.TrimRight(string(data), "\r\n"), true
	}
	return direct, true
}

// leastSecret is how short a webhook secret may be, in bytes. What is shorter
// can be guessed by whoever saw one signed delivery, and cutting it out of the
// log would cut words too.
const leastSecret = 16

func (e *environment) webhookSecret(name string) (text string, ok bool) {
	text, ok = e.secret(name)
	if text != "" && len(text) < leastSecret {
		e.wrong(name, "has %d bytes, and fewer than %d can be guessed: make one with openssl rand -hex 32, and set it here and in the app's settings", len(text), leastSecret)
		return "", false
	}
	return text, ok
}

// address reads where to listen.
func (e *environment) address(name, value string) string {
	v := e.or(name, value)
	_, port, err := net.SplitHostPort(v)
	if err == nil {
		_, err = net.LookupPort("tcp", port)
	}
	if err != nil {
		e.wrong(name, "must be an address such as :8080 or 127.0.0.1:8080, not %q", v)
	}
	return v
}

// folder reads the path of a folder; one that need not be there is made later.
func (e *environment) folder(name, value string, must bool) string {
	v := e.or(name, value)
	if v == "" {
		return v
	}
	st, err := os.Stat(v)
	switch {
	case err == nil && !st.IsDir():
		e.wrong(name, "%s is not a folder", v)
	case err != nil && (must || !errors.Is(err, fs.ErrNotExist)):
		e.wrong(name, "cannot be read: %v", err)
	}
	return v
}

var aliasName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{0,31}$`)

// alias reads the short command, without its slash.
func (e *environment) alias(name string) string {
	v := strings.TrimPrefix(e.or(name, ""), "/")
	if v != "" && !aliasName.MatchString(v) {
		e.wrong(name, "must be one word of letters, digits and dashes, such as cs, not %q", v)
	}
	return v
}

func (e *environment) oneOf(name, value string, words ...string) string {
	v := strings.ToLower(e.or(name, value))
	if !slices.Contains(words, v) {
		e.wrong(name, "must be %s, not %q", oneOf(words), v)
	}
	return v
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
	text, ok := e.secret(name)
	switch block, _ := pem.Decode([]byte(text)); {
	case text == "" && ok:
		e.wrong(name, "is empty: set it, or COUNTERSIGN_%s_FILE, to the app's private key", name)
	case text != "" && block == nil:
		e.wrong(name, "is not a private key in PEM form: download a new one from the app's settings")
	case text != "" && !isRSAKey(block.Bytes):
		e.wrong(name, "is not an RSA private key: download a new one from the app's settings")
	}
	return []byte(text)
}

func isRSAKey(der []byte) bool {
	if _, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return true
	}
	key, err := x509.ParsePKCS8PrivateKey(der)
	_, isRSA := key.(*rsa.PrivateKey)
	return err == nil && isRSA
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
