package ghsim

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// A token is an installation access token.
type token struct {
	text        string
	inst        *Installation
	repos       []*Repo           // nil: all that the installation covers
	permissions map[string]string // nil: the installation's
	expires     time.Time         // by the machine's clock, see createToken
}

const tokenPath = "/app/installations/{installation_id}/access_tokens"

// authenticate checks the Authorization header against what a route needs:
// "app", "permission:level", or "" for any caller.
func (req *request) authenticate(need string) error {
	scheme, secret, _ := strings.Cut(req.http.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "bearer") && !strings.EqualFold(scheme, "token") {
		return refuse(http.StatusUnauthorized, "Requires authentication")
	}
	if t := req.tokens[secret]; t != nil {
		return req.useToken(t, need)
	}
	if strings.Count(secret, ".") != 2 || strings.HasPrefix(secret, "ghs_") {
		return refuse(http.StatusUnauthorized, "Bad credentials")
	}
	if err := req.checkJWT(secret); err != nil {
		return err
	}
	if need != "app" && need != "any" {
		return refuse(http.StatusUnauthorized, "Bad credentials")
	}
	return nil
}

func (req *request) useToken(t *token, need string) error {
	switch {
	case need == "app":
		return refuse(http.StatusUnauthorized, "A JSON web token could not be decoded")
	case t.inst.gone || !time.Now().Before(t.expires):
		return refuse(http.StatusUnauthorized, "Bad credentials")
	case t.inst.suspended:
		return refuse(http.StatusForbidden, "This installation has been suspended")
	}
	req.token, req.inst = t, t.inst
	permission, level, _ := strings.Cut(need, ":")
	if level == "" {
		return nil
	}
	for _, one := range strings.Split(permission, "|") {
		have := t.inst.permissions[one]
		if t.permissions != nil {
			have = least(have, t.permissions[one])
		}
		if have == level || have == "write" {
			return nil
		}
	}
	return refuse(http.StatusForbidden, "Resource not accessible by integration")
}

func least(a, b string) string {
	switch {
	case a == "" || b == "":
		return ""
	case a == "read" || b == "read":
		return "read"
	}
	return "write"
}

// checkJWT verifies the app's JSON web token (docs: generating a JSON web
// token for a GitHub App): RS256, issuer the app's id or client id, at most
// ten minutes, issued no later than now. The times may be by the server's
// clock or the machine's, since clients sign with the latter.
func (req *request) checkJWT(text string) error {
	undecoded := refuse(http.StatusUnauthorized, "A JSON web token could not be decoded")
	parts := strings.Split(text, ".")
	var header struct{ Alg string }
	var claims struct {
		Iss      any
		Iat, Exp float64
	}
	if decodePart(parts[0], &header) != nil || decodePart(parts[1], &claims) != nil || header.Alg != "RS256" {
		return undecoded
	}
	signed, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil {
		return undecoded
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if rsa.VerifyPKCS1v15(&req.app.key.PublicKey, crypto.SHA256, sum[:], signed) != nil {
		return undecoded
	}
	if iss := fmt.Sprint(claims.Iss); iss != fmt.Sprint(req.app.id) && iss != fmt.Sprintf("Iv23li%d", req.app.id) {
		if n, ok := claims.Iss.(float64); !ok || int64(n) != req.app.id {
			return refuse(http.StatusUnauthorized, "'Issuer' claim ('iss') must be an Integer")
		}
	}
	var last error
	for _, now := range []time.Time{req.now(), time.Now()} {
		if last = checkTimes(int64(claims.Iat), int64(claims.Exp), now.Unix()); last == nil {
			return nil
		}
	}
	return last
}

func checkTimes(issued, expires, now int64) error {
	switch {
	case expires <= now:
		return refuse(http.StatusUnauthorized, "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires")
	case expires > now+600+60:
		return refuse(http.StatusUnauthorized, "'Expiration time' claim ('exp') is too far in the future")
	case issued > now+60:
		return refuse(http.StatusUnauthorized, "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued")
	}
	return nil
}

func decodePart(part string, v any) error {
	raw, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		return err
	}
	return json.Unmarshal(raw, v)
}

// createToken answers POST /app/installations/{id}/access_tokens. Tokens have
// the long form that GitHub gives out since April 2026: ghs_APPID_JWT. They
// expire after an hour of the machine's clock: that is the clock by which
// clients renew them, and no story waits for it (ExpireTokens does).
func (req *request) createToken() (any, error) {
	i := req.installs[req.number("installation_id")]
	if i == nil {
		return nil, errNotFound
	}
	if i.suspended {
		return nil, refuse(http.StatusForbidden, "This installation has been suspended")
	}
	var want struct {
		Repositories  []string
		RepositoryIDs []int64 `json:"repository_ids"`
		Permissions   map[string]string
	}
	if len(req.body) > 0 {
		if err := req.decode(&want); err != nil {
			return nil, err
		}
	}
	t := &token{inst: i, expires: time.Now().Add(time.Hour).Truncate(time.Second)}
	if err := t.narrow(want.RepositoryIDs, want.Repositories, want.Permissions); err != nil {
		return nil, err
	}
	random := make([]byte, 48)
	if _, err := rand.Read(random); err != nil {
		return nil, err
	}
	enc := base64.RawURLEncoding.EncodeToString
	claims := fmt.Sprintf(`{"iss":%d,"sub":"installation:%d","exp":%d,"jti":"%s"}`, i.s.app.id, i.id, t.expires.Unix(), hex.EncodeToString(random[:8]))
	t.text = fmt.Sprintf("ghs_%d_%s.%s.%s", i.s.app.id, enc([]byte(`{"alg":"ES256","typ":"JWT"}`)), enc([]byte(claims)), enc(random))
	req.tokens[t.text] = t
	req.status = http.StatusCreated
	answer := object{
		"token": t.text, "expires_at": stamp(t.expires), "permissions": copied(i.permissions), "repository_selection": i.selection(),
	}
	if t.permissions != nil {
		answer["permissions"] = t.permissions
	}
	if t.repos != nil {
		answer["repository_selection"] = "selected"
		answer["repositories"] = reposJSON(t.repos)
	}
	return answer, nil
}

// narrow limits a token to some repositories and permissions of its
// installation; asking for more is a 422.
func (t *token) narrow(ids []int64, names []string, permissions map[string]string) error {
	for _, r := range t.inst.visible() {
		if contains(ids, r.id) || contains(names, r.name) {
			t.repos = append(t.repos, r)
		}
	}
	if len(t.repos) != len(ids)+len(names) {
		return refuse(http.StatusUnprocessableEntity, "There is at least one repository that does not exist or is not accessible to the parent installation.")
	}
	for name, level := range permissions {
		if have := t.inst.permissions[name]; have == "" || (level == "write" && have == "read") {
			return refuse(http.StatusUnprocessableEntity, "The permissions requested are not granted to this installation.")
		}
	}
	t.permissions = permissions
	return nil
}

// ExpireTokens makes every token given so far invalid: calls answer 401.
func (s *Server) ExpireTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.tokens = map[string]*token{}
}
