// Package github is GitHub as the review package sees it: github.com or an
// Enterprise Server, spoken to as an installed app.
//
// A Client is a review.Forge. It also lists the repositories of all
// installations, and finds and repeats deliveries that failed.
//
// What is named by a SHA never changes and is kept, by installation; what
// stands at a moment is asked for. Errors never carry a token or the key:
//
//   - errors.Is(err, review.ErrGone): it does not exist, or the app may not see it.
//   - *LimitError: GitHub wants the installation to be quiet for RetryAfter.
//   - *Error with Temporary: no answer, or one that says nothing; ask again.
//   - any other *Error: GitHub refuses, and will refuse again.
package github

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/bradleyfalzon/ghinstallation/v2"
	api "github.com/google/go-github/v60/github"

	"github.com/countersign-dev/countersign/review"
)

// Config says which app to be, and where.
type Config struct {
	AppID int64  // required
	Key   []byte // required: the app's private key in PEM, as GitHub hands it out
	// BaseURL is the root of the REST API: https://api.github.com/ when empty,
	// https://HOST/api/v3/ for an Enterprise Server. Where GraphQL is follows.
	BaseURL    string
	Transport  http.RoundTripper // http.DefaultTransport when nil
	Timeout    time.Duration     // of each call, reading its answer included; 30 s when 0
	CacheBytes int64             // about how much of trees and blobs to keep; 256 MiB when 0
	UserAgent  string            // "countersign" when empty
	Now        func() time.Time  // time.Now when nil
}

// A Client speaks to GitHub. Its methods may be called at once.
type Client struct {
	appID     int64
	key       *rsa.PrivateKey
	base      *url.URL // ends with a slash
	graphql   string
	noReply   string // domain of the addresses that the site gives to accounts
	userAgent string
	now       func() time.Time
	edge      *edge
	app       *api.Client // as the app itself, by JWT
	kept      *cache
	pending   *attempts
	noted     *notes
	stackless atomic.Bool // this GitHub knows no stacked pull requests

	mu            sync.Mutex
	installations map[int64]*installation
	slug          string // of the app, "" until it was asked for
}

var _ review.Forge = (*Client)(nil)

// New returns a client for c. It makes no call.
func New(c Config) (*Client, error) {
	if c.AppID <= 0 {
		return nil, errors.New("github: the app id is not set")
	}
	key, err := parseKey(c.Key)
	if err != nil {
		return nil, fmt.Errorf("github: private key of app %d: %w", c.AppID, err)
	}
	base, err := parseBase(c.BaseURL)
	if err != nil {
		return nil, fmt.Errorf("github: API address %q: %w", c.BaseURL, err)
	}
	if c.Transport == nil {
		c.Transport = http.DefaultTransport
	}
	if c.Timeout <= 0 {
		c.Timeout = 30 * time.Second
	}
	if c.CacheBytes <= 0 {
		c.CacheBytes = 256 << 20
	}
	if c.UserAgent == "" {
		c.UserAgent = "countersign"
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	g := &Client{
		appID: c.AppID, key: key, base: base, graphql: graphQLAddress(base), noReply: "users.noreply." + siteOf(base),
		userAgent: c.UserAgent, now: c.Now, installations: map[int64]*installation{},
		edge: &edge{next: c.Transport, base: base, timeout: c.Timeout, limit: answerLimit, now: c.Now},
		kept: newCache(c.CacheBytes), pending: newAttempts(), noted: newNotes(c.Now),
	}
	transport := ghinstallation.NewAppsTransportFromPrivateKey(g.edge, c.AppID, key)
	g.app = g.client(transport)
	return g, nil
}

func (g *Client) client(transport http.RoundTripper) *api.Client {
	c := api.NewClient(&http.Client{Transport: transport})
	c.BaseURL, c.UserAgent = g.base, g.userAgent
	return c
}

// installation returns the installation of an id, known or not.
func (g *Client) installation(id int64) *installation {
	g.mu.Lock()
	defer g.mu.Unlock()
	i := g.installations[id]
	if i == nil {
		i = newInstallation(g, id)
		g.installations[id] = i
	}
	return i
}

// as returns the client of an installation.
func (g *Client) as(id int64) *api.Client { return g.installation(id).client }

// Forget drops the tokens and caches of an installation, after the app was
// uninstalled or suspended.
func (g *Client) Forget(installation int64) {
	g.mu.Lock()
	delete(g.installations, installation)
	g.mu.Unlock()
	g.kept.forget(installation)
	g.noted.forget(installation)
	g.pending.forget(installation)
}

func parseKey(text []byte) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("there is no PEM block in it; give the .pem file that GitHub handed out")
	}
	switch {
	case block.Type == "RSA PRIVATE KEY" && block.Headers["DEK-Info"] != "", block.Type == "ENCRYPTED PRIVATE KEY":
		return nil, errors.New("it is encrypted; give the .pem file as GitHub handed it out")
	case block.Type == "RSA PRIVATE KEY":
		key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
		if err != nil {
			return nil, errors.New("it is damaged: no PKCS #1 key")
		}
		return key, nil
	case block.Type == "PRIVATE KEY":
		any, err := x509.ParsePKCS8PrivateKey(block.Bytes)
		if err != nil {
			return nil, errors.New("it is damaged: no PKCS #8 key")
		}
		if key, ok := any.(*rsa.PrivateKey); ok {
			return key, nil
		}
		return nil, errors.New("it is no RSA key")
	}
	return nil, fmt.Errorf("it is a %s", strings.ToLower(block.Type))
}

func parseBase(address string) (*url.URL, error) {
	if address == "" {
		address = "https://api.github.com/"
	}
	u, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("it is no address")
	}
	local := u.Hostname() == "localhost" || net.ParseIP(u.Hostname()).IsLoopback()
	switch {
	case u.Hostname() == "github.com" || u.Hostname() == "www.github.com":
		return nil, errors.New("the API of github.com is at https://api.github.com/")
	case u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("it must look like https://api.github.com/ or https://HOST/api/v3/")
	case u.Scheme != "https" && (u.Scheme != "http" || !local):
		return nil, errors.New("tokens go over https only")
	}
	if !strings.HasSuffix(u.Path, "/") {
		u.Path += "/"
	}
	return u, nil
}

// graphQLAddress follows the documentation: /graphql beside the REST API of
// github.com, /api/graphql on an Enterprise Server.
func graphQLAddress(base *url.URL) string {
	u := *base
	if root, ok := strings.CutSuffix(u.Path, "/api/v3/"); ok {
		u.Path = root + "/api/graphql"
	} else {
		u.Path += "graphql"
	}
	return u.String()
}

// siteOf is the host that people see, after which noreply addresses are named.
func siteOf(base *url.URL) string {
	host := base.Hostname()
	if strings.HasSuffix(base.Path, "/api/v3/") && net.ParseIP(host) == nil {
		return host
	}
	if site, ok := strings.CutPrefix(host, "api."); ok {
		return site
	}
	return "github.com"
}

// What goes into an address is checked before, since go-github puts it there
// as it is and a login may come from a file.
var (
	nameForm  = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,100}$`)
	loginForm = regexp.MustCompile(`^[A-Za-z0-9](?:[A-Za-z0-9_-]{0,99})(?:\[bot\])?$`)
	idForm    = regexp.MustCompile(`^[0-9a-f]{40}$`)
)

func isName(s string) bool { return nameForm.MatchString(s) && s != "." && s != ".." }

// isBranch refuses what git refuses as a branch and an address would misread.
func isBranch(s string) bool {
	return s != "" && !strings.Contains(s, "..") && !strings.Contains("/"+s+"/", "//") && !strings.Contains("/"+s+"/", "/./")
}

// in returns the client for a repository, after a look at its name.
func (g *Client) in(r review.Repo) (*api.Client, error) {
	if r.Installation <= 0 || r.ID <= 0 || !isName(r.Owner) || !isName(r.Name) {
		return nil, fmt.Errorf("%q is no repository of an installation", r)
	}
	return g.as(r.Installation), nil
}

// escape makes a path of a branch: its slashes stay.
func escape(branch string) string {
	parts := strings.Split(branch, "/")
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
	}
	return strings.Join(parts, "/")
}

// get reads an address that go-github has no method or no fields for.
func get(ctx context.Context, c *api.Client, path string, into any) (*api.Response, error) {
	req, err := c.NewRequest(http.MethodGet, path, nil)
	if err != nil {
		return nil, err
	}
	return c.Do(ctx, req, into)
}

// pages is the most that any list is followed, so that no answer keeps a
// worker for ever. Longer lists are errors, never cut.
const pages = 200

// everyPage follows a list from page to page.
func everyPage(read func(o api.ListOptions) (*api.Response, error)) error {
	o := api.ListOptions{PerPage: 100, Page: 1}
	for range pages {
		resp, err := read(o)
		if err != nil {
			return tidy(err)
		}
		if resp.NextPage <= o.Page {
			return nil
		}
		o.Page = resp.NextPage
	}
	return fmt.Errorf("the list is longer than %d pages", pages)
}
