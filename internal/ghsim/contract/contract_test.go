package contract_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/countersign-dev/countersign/internal/ghsim/contract"
)

// The description is used only if it catches something.
func TestViolations(t *testing.T) {
	t.Parallel()
	if os.Getenv(contract.Env) == "" {
		t.Skipf("%s does not name GitHub's API description", contract.Env)
	}
	for name, test := range map[string]struct {
		method, path, body string // request
		status             int
		answer             string
		want               string
	}{
		"missing field":        {"GET", "/repos/o/r/git/blobs/abc", "", 200, `{"sha":"abc","node_id":"x","size":1,"content":"","encoding":"base64"}`, `property "url" is missing`},
		"wrong type":           {"GET", "/repos/o/r/git/trees/abc", "", 200, `{"sha":"abc","tree":[],"truncated":"no"}`, "must be a boolean"},
		"no JSON":              {"GET", "/repos/o/r/git/trees/abc", "", 200, `<html>`, "invalid"},
		"bad request":          {"POST", "/repos/o/r/check-runs", `{"name":"x","head_sha":"abc","status":"completed","conclusion":"fine"}`, 404, `{}`, "request POST"},
		"null body":            {"POST", "/app/installations/1/access_tokens", `null`, 404, `{"message":"Not Found"}`, "request POST"},
		"undescribed 2xx":      {"GET", "/repos/o/r/git/trees/abc", "", 204, ``, "status 204 is not described"},
		"slashes in a branch":  {"GET", "/repos/o/r/branches/release/1", "", 200, `{}`, `property "name" is missing`},
		"undescribed endpoint": {"GET", "/repos/o/r/nothing", "", 200, `{}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			c, err := contract.FromEnv(func(err error) { got = append(got, err.Error()) })
			if err != nil {
				t.Fatal(err)
			}
			h := c.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(test.status)
				w.Write([]byte(test.answer))
			}))
			r := httptest.NewRequest(test.method, test.path, strings.NewReader(test.body))
			r.Header.Set("Content-Type", "application/json")
			h.ServeHTTP(httptest.NewRecorder(), r)
			all := strings.Join(got, "\n")
			if test.want == "" && all != "" || !strings.Contains(all, test.want) {
				t.Errorf("reported %q, want %q", all, test.want)
			}
		})
	}
}

func TestPayload(t *testing.T) {
	t.Parallel()
	var got []string
	c, err := contract.FromEnv(func(err error) { got = append(got, err.Error()) })
	if err != nil {
		t.Fatal(err)
	}
	if c == nil {
		t.Skipf("%s does not name GitHub's API description", contract.Env)
	}
	c.Payload("pull_request", "opened", []byte(`{"action":"opened","number":"one"}`))
	if all := strings.Join(got, "\n"); !strings.Contains(all, `property "pull_request" is missing`) || !strings.Contains(all, "/number") {
		t.Errorf("reported %s", all)
	}
	got = nil
	c.Payload("unheard_of", "", []byte(`{}`))
	if len(got) > 0 {
		t.Errorf("reported %s", got)
	}
}
