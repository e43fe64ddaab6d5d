package webhook

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/sirupsen/logrus"
)

const pem = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\nplantedkey==\n-----END RSA PRIVATE KEY-----\n"

// Each holds the word planted, which must not come out.
var plantedSecrets = map[string]string{
	"installation token, long form":  "ghs_12345_eyJhbGciOiJSUzI1NiJ9.planted-planted_planted.plantedsignature",
	"installation token, short form": "ghs_planted0123456789abcdefghijklmnop",
	"personal token":                 "ghp_planted0123456789abcdefghijklmnop",
	"fine-grained token":             "github_pat_11PLANTED_planted0123456789",
	"refresh token":                  "ghr_planted0123456789",
	"JWT":                            "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJwbGFudGVkIn0.planted_signature-x",
	"private key":                    pem,
	"private key, cut short":         pem[:50] + "planted",
	"authorization header":           "Authorization: Bearer planted.opaque/value+1=",
	"credentials in a URL":           "Post \"https://x-access-token:planted@github.com/acme/bot\"",
	"literal secret":                 "planted \"quoted\" & <odd> ünïcode/secret",
}

func TestScrubber(t *testing.T) {
	formats := map[string]logrus.Formatter{"json": &logrus.JSONFormatter{}, "text": &logrus.TextFormatter{}, "colours": &logrus.TextFormatter{ForceColors: true}}
	for format, f := range formats {
		for name, secret := range plantedSecrets {
			t.Run(format+"/"+name, func(t *testing.T) {
				var out bytes.Buffer
				l := logrus.New()
				l.SetOutput(&out)
				l.SetFormatter(Scrubber{f, []string{"", plantedSecrets["literal secret"]}})
				l.WithError(errors.New("GET /x: "+secret)).WithField("url", "https://example.com/?k="+secret).WithField(secret, 1).Error("before " + secret + " after")
				if got := out.String(); strings.Contains(strings.ToLower(got), "planted") {
					t.Errorf("the line holds a secret: %s", got)
				} else if !strings.HasSuffix(got, "\n") || strings.Count(got, "\n") != 1 && format == "json" {
					t.Errorf("not one line: %q", got)
				}
			})
		}
	}
}

func TestScrubberLeavesTheRest(t *testing.T) {
	line := `{"delivery":"72d3162e-cc78-11e3-81ab-4c9367dc0958","error":"read acme/bot#7: GET https://api.github.com/repos/acme/bot/pulls/7: status 502","head":"6dcb09b5b57875f334f61aebed695e2e4193db5e","digest":"sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}` + "\n"
	if got := (Scrubber{}).Scrub([]byte(line)); string(got) != line {
		t.Errorf("changed to %s", got)
	}
}
