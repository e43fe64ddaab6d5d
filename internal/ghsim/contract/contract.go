// Package contract checks what goes over the simulated GitHub's wire against
// GitHub's published API description, cut down to what the product uses. It is
// apart from ghsim so that only tests link the validator.
package contract

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
)

// Env names the file of the description.
const Env = "COUNTERSIGN_GITHUB_OPENAPI"

// A Contract validates calls and deliveries. It is a ghsim.Contract.
type Contract struct {
	description
	report func(error)
}

type description struct {
	operations []operation
	payloads   map[string]*openapi3.Schema // by webhook name, such as "pull-request-opened"
}

// FromEnv loads the description that Env names; nil without error where it is
// not set. Violations go to report, from any goroutine.
func FromEnv(report func(error)) (*Contract, error) {
	file := os.Getenv(Env)
	if file == "" {
		return nil, nil
	}
	return New(file, report)
}

// New loads a description in OpenAPI 3.0. Files are loaded once a process.
func New(file string, report func(error)) (*Contract, error) {
	loaded.Lock()
	defer loaded.Unlock()
	d, ok := loaded.byFile[file]
	if !ok {
		var err error
		if d, err = load(file); err != nil {
			return nil, fmt.Errorf("load %s: %w", file, err)
		}
		loaded.byFile[file] = d
	}
	return &Contract{d, report}, nil
}

var loaded = struct {
	sync.Mutex
	byFile map[string]description
}{byFile: map[string]description{}}

// An operation is one method of one path.
type operation struct {
	pattern *regexp.Regexp
	route   routers.Route
}

var (
	parameter = regexp.MustCompile(`\{([a-z_]+)\}`)
	greedy    = regexp.MustCompile(`^(path|ref|branch|basehead)$`) // may hold slashes
)

func compile(path string) *regexp.Regexp {
	return regexp.MustCompile("^" + parameter.ReplaceAllStringFunc(path, func(p string) string {
		name := p[1 : len(p)-1]
		if greedy.MatchString(name) {
			return "(?P<" + name + ">.+)"
		}
		return "(?P<" + name + ">[^/]+)"
	}) + "$")
}

func load(file string) (description, error) {
	loader := openapi3.NewLoader()
	doc, err := loader.LoadFromFile(file)
	if err != nil {
		return description{}, err
	}
	d := description{payloads: map[string]*openapi3.Schema{}}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			d.operations = append(d.operations, operation{compile(path), routers.Route{
				Spec: doc, Path: path, PathItem: item, Method: method, Operation: op,
			}})
		}
	}
	// The most specific pattern first: the one with the fewest characters in parameters.
	sort.Slice(d.operations, func(i, j int) bool {
		return len(parameter.ReplaceAllString(d.operations[i].route.Path, "")) > len(parameter.ReplaceAllString(d.operations[j].route.Path, ""))
	})
	raw, err := json.Marshal(doc.Extensions["x-webhook-payloads"])
	if err != nil {
		return description{}, err
	}
	var refs map[string]struct {
		Ref string `json:"$ref"`
	}
	if err := json.Unmarshal(raw, &refs); err != nil {
		return description{}, err
	}
	for name, ref := range refs {
		s := doc.Components.Schemas[strings.TrimPrefix(ref.Ref, "#/components/schemas/")]
		if s == nil || s.Value == nil {
			return description{}, fmt.Errorf("webhook %s: no schema %s", name, ref.Ref)
		}
		d.payloads[name] = s.Value
	}
	return d, nil
}

// Wrap checks each described request and its answer. Operations that are not
// described pass.
func (c *Contract) Wrap(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		input := c.request(r, body)
		if input == nil {
			h.ServeHTTP(w, r)
			return
		}
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, r)
		c.answer(input, rec)
		for name, values := range rec.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(rec.Code)
		w.Write(rec.Body.Bytes())
	})
}

func (c *Contract) find(r *http.Request) (*routers.Route, map[string]string) {
	path := r.URL.EscapedPath()
	for i := range c.operations {
		op := &c.operations[i]
		m := op.pattern.FindStringSubmatch(path)
		if m == nil || op.route.Method != r.Method {
			continue
		}
		params := map[string]string{}
		for j, name := range op.pattern.SubexpNames() {
			if name != "" {
				params[name], _ = url.PathUnescape(m[j])
			}
		}
		return &op.route, params
	}
	return nil, nil
}

// request validates a request; nil if the operation is not described.
func (c *Contract) request(r *http.Request, body []byte) *openapi3filter.RequestValidationInput {
	route, params := c.find(r)
	if route == nil {
		return nil
	}
	check := r.Clone(context.Background())
	check.Body = io.NopCloser(bytes.NewReader(body))
	if len(body) == 0 {
		check.Body = http.NoBody
	} else if check.Header.Get("Content-Type") == "" {
		check.Header.Set("Content-Type", "application/json")
	}
	input := &openapi3filter.RequestValidationInput{
		Request: check, PathParams: params, Route: route,
		Options: &openapi3filter.Options{AuthenticationFunc: openapi3filter.NoopAuthenticationFunc, IncludeResponseStatus: true, MultiError: true},
	}
	if err := openapi3filter.ValidateRequest(context.Background(), input); err != nil {
		c.violation(fmt.Sprintf("request %s %s", r.Method, r.URL.Path), err)
	}
	return input
}

// answer validates an answer. Statuses that the description leaves out, such
// as 401 and 403 everywhere, are not checked.
func (c *Contract) answer(input *openapi3filter.RequestValidationInput, rec *httptest.ResponseRecorder) {
	if input.Route.Operation.Responses.Status(rec.Code) == nil || rec.Code == http.StatusNotModified {
		if rec.Code >= 500 || rec.Code < 300 {
			c.report(fmt.Errorf("answer %s %s: status %d is not described", input.Request.Method, input.Request.URL.Path, rec.Code))
		}
		return
	}
	err := openapi3filter.ValidateResponse(context.Background(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input, Status: rec.Code, Header: rec.Header(),
		Body: io.NopCloser(bytes.NewReader(rec.Body.Bytes())), Options: input.Options,
	})
	if err != nil {
		c.violation(fmt.Sprintf("answer %s %s: %d", input.Request.Method, input.Request.URL.Path, rec.Code), err)
	}
}

// Payload checks a delivery. Events that are not described pass.
func (c *Contract) Payload(event, action string, body []byte) {
	name := strings.ReplaceAll(event, "_", "-")
	if action != "" {
		name += "-" + strings.ReplaceAll(action, "_", "-")
	}
	schema := c.payloads[name]
	if schema == nil {
		return
	}
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		c.report(fmt.Errorf("delivery %s: %w", name, err))
		return
	}
	if err := schema.VisitJSON(value, openapi3.MultiErrors()); err != nil {
		c.violation("delivery "+name, err)
	}
}

type exception struct {
	violation *regexp.Regexp
	why       string
}

// untrue are places where the description is stricter than GitHub.
var untrue = []exception{
	{regexp.MustCompile(`^answer GET .*/head/repo: Value is not nullable`), "null once the fork is deleted, as the webhook's schema admits"},
	{regexp.MustCompile(`^answer GET /app/installations: .*/account/(name|slug|created_at|updated_at): property`),
		"described as a user and an enterprise at once (allOf); GitHub's own example is a user"},
}

// violation reports what is wrong, unless the description is.
func (c *Contract) violation(where string, err error) {
	for _, text := range leaves(err) {
		report := errors.New(where + ": " + text)
		if !slices.ContainsFunc(untrue, func(e exception) bool { return e.violation.MatchString(report.Error()) }) {
			c.report(report)
		}
	}
}

// leaves lists what a validation error holds, each with its place and without
// schema and value.
func leaves(err error) []string {
	var list openapi3.MultiError
	if errors.As(err, &list) {
		var texts []string
		for _, one := range list {
			texts = append(texts, leaves(one)...)
		}
		return texts
	}
	var schema *openapi3.SchemaError
	if !errors.As(err, &schema) {
		return []string{err.Error()}
	}
	if schema.Origin != nil {
		return leaves(schema.Origin)
	}
	return []string{fmt.Sprintf("at /%s: %s", strings.Join(schema.JSONPointer(), "/"), schema.Reason[:min(len(schema.Reason), 160)])}
}
