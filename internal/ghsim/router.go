package ghsim

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// A route is one endpoint. Its handler runs with the server's lock held.
type route struct {
	method   string
	template string // as GitHub's description writes it
	need     string // "permission:level" that the token must have; "app" for a JWT; "" for any
	handle   func(*request) (any, error)
	pattern  *regexp.Regexp
}

// greedy are the path parameters that may hold slashes.
var greedy = map[string]bool{"branch": true, "ref": true, "basehead": true, "path": true}

var parameter = regexp.MustCompile(`\{[a-z_]+\}`)

func compile(template string) *regexp.Regexp {
	return regexp.MustCompile("^" + parameter.ReplaceAllStringFunc(template, func(p string) string {
		name := p[1 : len(p)-1]
		if greedy[name] {
			return "(?P<" + name + ">.+)"
		}
		return "(?P<" + name + ">[^/]+)"
	}) + "$")
}

// A request is an API call on its way through a handler.
type request struct {
	*Server
	http   *http.Request
	vars   map[string]string
	body   []byte
	token  *token        // nil for a JWT
	inst   *Installation // the token's
	repo   *Repo         // of {owner}/{repo}
	status int           // of the answer, 200 unless the handler sets it
	header http.Header   // of the answer
}

// front answers every request: faults and counting first, then the API behind the contract.
func (s *Server) front() http.Handler {
	var api http.Handler = http.HandlerFunc(s.serve)
	if s.opts.Contract != nil {
		api = s.opts.Contract.Wrap(api)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		prefix := normalise(r)
		r = r.WithContext(context.WithValue(r.Context(), prefixKey{}, prefix))
		body, err := io.ReadAll(io.LimitReader(r.Body, 32<<20))
		if err != nil {
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		c := Call{Method: r.Method, URI: r.URL.RequestURI()}
		if found, _, _ := s.match(r); found != nil {
			c.Path = found.template
		}
		if c.Path == graphQLPath {
			c.Operation = operationName(body)
		}
		status, finish := 0, s.begin(c)
		defer func() { finish(status) }()
		s.mu.Lock()
		fault, latency := s.fault, s.latency
		s.mu.Unlock()
		if !s.wait(r, latency) {
			return
		}
		if fault != nil {
			if f := fault(c); f != nil {
				var done bool
				if status, done = s.spoil(w, r, api, f); done {
					return
				}
			}
		}
		rec := &statusRecorder{ResponseWriter: w, status: http.StatusOK}
		api.ServeHTTP(rec, r)
		status = rec.status
	})
}

// prefixKey carries the prefix under which the API was called to what makes a redirect.
type prefixKey struct{}

// normalise strips the prefixes under which an Enterprise Server has its API.
func normalise(r *http.Request) (prefix string) {
	path := r.URL.EscapedPath()
	switch {
	case strings.HasPrefix(path, "/api/v3/"):
		prefix = "/api/v3"
	case path == "/api/graphql":
		prefix = "/api"
	default:
		return ""
	}
	r.URL.RawPath = strings.TrimPrefix(path, prefix)
	r.URL.Path, _ = url.PathUnescape(r.URL.RawPath)
	return prefix
}

type statusRecorder struct {
	http.ResponseWriter
	status int
}

func (w *statusRecorder) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

var byID = regexp.MustCompile(`^/repositories/(\d+)(/.*)?$`)

// match finds the route of a request and its path parameters. Everything under
// /repositories/{id} is what is under /repos/{owner}/{repo}: redirects of
// renamed repositories point there.
func (s *Server) match(r *http.Request) (found *route, vars map[string]string, known bool) {
	path := r.URL.EscapedPath()
	number := ""
	if m := byID.FindStringSubmatch(path); m != nil {
		number = m[1]
		path = "/repos/-/-" + m[2]
	}
	for i := range s.routes {
		rt := &s.routes[i]
		m := rt.pattern.FindStringSubmatch(path)
		if m == nil {
			continue
		}
		known = true
		if rt.method != r.Method {
			continue
		}
		vars := map[string]string{}
		for j, name := range rt.pattern.SubexpNames() {
			if name != "" {
				vars[name], _ = url.PathUnescape(m[j])
			}
		}
		if number != "" {
			vars["repository_id"] = number
		}
		return rt, vars, true
	}
	return nil, nil, known
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	req := &request{Server: s, http: r, body: body, status: http.StatusOK, header: w.Header()}
	answer, err := s.answer(req)
	var refusal *Refusal
	if errors.As(err, &refusal) {
		req.status = refusal.Status
		answer = object{
			"message": refusal.Message, "documentation_url": "https://docs.github.com/rest", "status": strconv.Itoa(refusal.Status),
		}
	} else if err != nil {
		req.status = http.StatusInternalServerError
		answer = object{"message": err.Error()}
	}
	req.write(w, answer)
}

// answer runs the route's handler under the lock.
func (s *Server) answer(req *request) (any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	req.header.Set("Date", s.now().Format(http.TimeFormat))
	rt, vars, _ := s.match(req.http)
	if rt == nil {
		return nil, errNotFound
	}
	req.vars = vars
	if err := req.authenticate(rt.need); err != nil {
		return nil, err
	}
	req.rateHeaders()
	if strings.HasPrefix(rt.template, "/repos/") {
		if moved, err := req.findRepo(); moved || err != nil {
			return object{"message": "Moved Permanently", "url": req.header.Get("Location"), "documentation_url": "https://docs.github.com/rest"}, err
		}
	}
	return rt.handle(req)
}

// findRepo sets the repository of the path. A renamed one answers 301 to its
// address by id (docs: redirects in the REST API).
func (req *request) findRepo() (moved bool, err error) {
	if number := req.vars["repository_id"]; number != "" {
		id, _ := strconv.ParseInt(number, 10, 64)
		req.repo = req.repos[id]
	} else {
		key := strings.ToLower(req.vars["owner"] + "/" + req.vars["repo"])
		if req.repo = req.names[key]; req.repo == nil {
			if r := req.Server.moved[key]; r != nil && req.maySee(r) {
				prefix, _ := req.http.Context().Value(prefixKey{}).(string)
				rest := strings.SplitN(req.http.URL.EscapedPath(), "/", 5)
				location := fmt.Sprintf("%s%s/repositories/%d", req.URL(), prefix, r.id)
				if len(rest) == 5 {
					location += "/" + rest[4]
				}
				if q := req.http.URL.RawQuery; q != "" {
					location += "?" + q
				}
				req.header.Set("Location", location)
				req.status = http.StatusMovedPermanently
				return true, nil
			}
		}
	}
	if req.repo == nil || !req.maySee(req.repo) {
		return false, errNotFound
	}
	return false, nil
}

// maySee reports whether the caller's installation covers a repository. What
// is not covered is not found, so that nothing tells it from what does not
// exist. (GitHub shows public repositories to everybody; the stricter rule
// catches a client that strays from its installation.)
func (req *request) maySee(r *Repo) bool {
	if r.gone {
		return false
	}
	if req.token == nil {
		i := req.installation(r.owner)
		return i != nil && i.sees(r)
	}
	return req.inst.sees(r) && (req.token.repos == nil || contains(req.token.repos, r))
}

// write sends an answer, or 304 if the client has it. ETags differ by token,
// as GitHub's do.
func (req *request) write(w http.ResponseWriter, answer any) {
	if req.status == http.StatusNoContent || answer == nil {
		w.WriteHeader(req.status)
		return
	}
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(answer); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if req.http.Method == http.MethodGet && req.status == http.StatusOK {
		sum := sha256.Sum256(append(buf.Bytes(), req.http.Header.Get("Authorization")...))
		etag := `"` + hex.EncodeToString(sum[:]) + `"`
		w.Header().Set("ETag", etag)
		if req.http.Header.Get("If-None-Match") == etag {
			req.unspend()
			w.WriteHeader(http.StatusNotModified)
			return
		}
	}
	w.WriteHeader(req.status)
	w.Write(buf.Bytes())
}

const hourlyLimit = 5000

// rateHeaders counts the call against the installation's hour. Nothing is
// refused when it is used up: SetFault does that when a story wants it.
func (req *request) rateHeaders() {
	if req.inst == nil {
		return
	}
	if now := req.now(); req.hour.IsZero() || now.Sub(req.hour) >= time.Hour {
		req.hour, req.spent = now, map[int64]int{}
	}
	req.spent[req.inst.id]++
	used := req.spent[req.inst.id]
	for name, n := range map[string]int64{
		"Limit": hourlyLimit, "Used": int64(used), "Remaining": int64(max(0, hourlyLimit-used)),
		"Reset": req.hour.Add(time.Hour).Unix(),
	} {
		req.header.Set("X-RateLimit-"+name, strconv.FormatInt(n, 10))
	}
	req.header.Set("X-RateLimit-Resource", "core")
}

// unspend takes back the count of a call that was answered 304.
func (req *request) unspend() {
	if req.inst == nil {
		return
	}
	req.mu.Lock()
	defer req.mu.Unlock()
	req.spent[req.inst.id]--
}

// number reads a path parameter that is an id.
func (req *request) number(name string) int64 {
	n, _ := strconv.ParseInt(req.vars[name], 10, 64)
	return n
}

func (req *request) query(name string) string { return req.http.URL.Query().Get(name) }

// decode reads the JSON body.
func (req *request) decode(v any) error {
	if err := json.Unmarshal(req.body, v); err != nil {
		return refuse(http.StatusBadRequest, "Problems parsing JSON")
	}
	return nil
}

// page cuts a list to the page that was asked for and sets the Link header
// (docs: using pagination in the REST API).
func page[T any](req *request, list []T) []T {
	size, _ := strconv.Atoi(req.query("per_page"))
	if size <= 0 {
		size = 30
	}
	size = min(size, 100)
	n, _ := strconv.Atoi(req.query("page"))
	n = max(n, 1)
	last := max(1, (len(list)+size-1)/size)
	var links []string
	link := func(to int, rel string) {
		q := req.http.URL.Query()
		q.Set("page", strconv.Itoa(to))
		links = append(links, fmt.Sprintf(`<%s%s?%s>; rel="%s"`, req.URL(), req.http.URL.EscapedPath(), q.Encode(), rel))
	}
	if n > 1 {
		link(n-1, "prev")
	}
	if n < last {
		link(n+1, "next")
		link(last, "last")
	}
	if n > 1 {
		link(1, "first")
	}
	if len(links) > 0 {
		req.header.Set("Link", strings.Join(links, ", "))
	}
	from := min((n-1)*size, len(list))
	return list[from:min(from+size, len(list))]
}
