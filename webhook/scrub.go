package webhook

import (
	"bytes"
	"encoding/json"
	"net/url"
	"regexp"
	"strconv"

	"github.com/sirupsen/logrus"
)

// A Scrubber is a formatter that cuts secrets out of every line that another
// formatter makes, whatever field they got into.
type Scrubber struct {
	Formatter logrus.Formatter // required
	Secrets   []string         // secrets of the configuration, cut out wherever they stand
}

const cut = "[cut]"

// secretForms match what is secret by its form: GitHub's tokens, JWTs, keys in
// PEM with real or escaped line ends (to the end of the line when they are cut
// short). No word boundary is asked for: an escape such as \n may stand before.
var secretForms = regexp.MustCompile(`(?s)-----BEGIN [A-Z0-9 ]+-----(?:.*?-----END [A-Z0-9 ]+-----|.*)` +
	`|gh[oprsu]_[A-Za-z0-9_.-]{10,}|github_pat_[A-Za-z0-9_]{10,}` +
	`|eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]*)?`)

// credentials match what stands in headers and URLs.
var credentials = regexp.MustCompile(`(?i)((?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]{8,}|(://[^\s/:@"]*:)[^\s/@"]+@`)

// Format implements logrus.Formatter.
func (s Scrubber) Format(e *logrus.Entry) ([]byte, error) {
	line, err := s.Formatter.Format(e)
	if err != nil {
		return nil, err
	}
	return s.Scrub(line), nil
}

// Scrub returns text without secrets. A line end at its end stays.
func (s Scrubber) Scrub(text []byte) []byte {
	end := bytes.HasSuffix(text, []byte("\n"))
	for _, secret := range s.Secrets {
		for _, form := range spellings(secret) {
			text = bytes.ReplaceAll(text, []byte(form), []byte(cut))
		}
	}
	text = secretForms.ReplaceAll(text, []byte(cut))
	text = credentials.ReplaceAll(text, []byte("$1$2"+cut))
	if end && !bytes.HasSuffix(text, []byte("\n")) {
		text = append(text, '\n')
	}
	return text
}

// spellings are the ways in which formatters and errors write a string.
func spellings(secret string) []string {
	if secret == "" {
		return nil
	}
	quoted := strconv.Quote(secret)
	all := []string{secret, quoted[1 : len(quoted)-1], url.QueryEscape(secret), url.PathEscape(secret)}
	if js, err := json.Marshal(secret); err == nil {
		all = append(all, string(js[1:len(js)-1]))
	}
	return all
}
