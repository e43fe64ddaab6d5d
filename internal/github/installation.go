package github

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/bradleyfalzon/ghinstallation/v2"
	api "github.com/google/go-github/v60/github"

	"github.com/countersign-dev/countersign/review"
)

// An installation calls GitHub with the token of one installation.
//
// ghinstallation writes to the apps-transport on every renewal, so each
// installation has its own.
type installation struct {
	g      *Client
	id     int64
	client *api.Client

	mu     sync.Mutex
	tokens *ghinstallation.Transport
	quiet  time.Time // no calls until then: GitHub said so
	why    LimitError

	rosters   map[string]roster             // by team in lower case
	annotated map[int64][]review.Annotation // what check runs have, by their ids
}

func newInstallation(g *Client, id int64) *installation {
	i := &installation{g: g, id: id, rosters: map[string]roster{}, annotated: map[int64][]review.Annotation{}}
	i.tokens = i.fresh()
	i.client = g.client(i)
	return i
}

// fresh makes a transport without a token.
func (i *installation) fresh() *ghinstallation.Transport {
	app := ghinstallation.NewAppsTransportFromPrivateKey(i.g.edge, i.g.appID, i.g.key)
	t := ghinstallation.NewFromAppsTransport(app, i.id)
	t.BaseURL = i.g.base.String()
	// Without options the body would be null, which is no valid request.
	t.InstallationTokenOptions = &api.InstallationTokenOptions{}
	return t
}

// RoundTrip adds the installation's token. A token that GitHub refuses is
// replaced once, since a refused call had no effect. While GitHub wants the
// installation to be quiet nothing is sent: those who go on are shut out.
func (i *installation) RoundTrip(req *http.Request) (*http.Response, error) {
	t, err := i.ready(req)
	if err != nil {
		closeBody(req)
		return nil, err
	}
	// Renewals queue up behind each other: whoever waited long enough for a
	// token of a GitHub that hangs asks for none.
	wait := 2 * i.g.edge.timeout
	late := &Error{Method: req.Method, Path: req.URL.Path, Message: fmt.Sprintf("no answer within %v", wait)}
	ctx, cancel := context.WithTimeoutCause(req.Context(), wait, late)
	defer cancel()
	req = req.WithContext(ctx)
	resp, err := t.RoundTrip(req)
	var e *Error
	if errors.As(err, &e) && e.Status == http.StatusUnauthorized && e.Path == req.URL.Path {
		again := req.Clone(req.Context())
		if rewind(again) == nil {
			resp, err = i.renew(t).RoundTrip(again)
		}
	}
	var limit *LimitError
	if errors.As(err, &limit) {
		i.mu.Lock()
		if until := i.g.now().Add(limit.wait); until.After(i.quiet) {
			i.quiet, i.why = until, *limit
		}
		i.mu.Unlock()
	}
	return resp, err
}

func (i *installation) ready(req *http.Request) (*ghinstallation.Transport, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if left := i.quiet.Sub(i.g.now()); left > 0 {
		return nil, &LimitError{req.Method, req.URL.Path, i.why.Status, i.why.Message, left}
	}
	return i.tokens, nil
}

// renew replaces the transport whose token was refused, once for all who had it.
func (i *installation) renew(refused *ghinstallation.Transport) *ghinstallation.Transport {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.tokens == refused {
		i.tokens = i.fresh()
	}
	return i.tokens
}
