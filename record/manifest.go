package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// The files of an export.
const (
	fileRecords     = "records.jsonl"
	fileDisclosures = "disclosures.jsonl"
	fileReceipts    = "receipts.jsonl"
	fileChanges     = "changes.csv"
	fileCheckpoint  = "checkpoint"
	fileRange       = "range"
	fileConsistency = "consistency"
	fileManifest    = "manifest.json"
	dirAttachments  = "attachments"
)

// A Manifest says what an export holds. It is not signed: what it says of the
// records is checked against them.
type Manifest struct {
	Version     int       `json:"version"` // 0
	Origin      string    `json:"origin"`
	Size        int64     `json:"size"` // leaves of the log at the checkpoint
	Root        string    `json:"root"`
	From        int64     `json:"from"` // index of the first leaf in the export
	Landings    int64     `json:"landings"`
	Erasures    int64     `json:"erasures"`
	Addenda     int64     `json:"addenda"`
	Query       Filter    `json:"query"`
	Rows        int64     `json:"rows"` // of changes.csv: landings that the query finds
	Commitments int64     `json:"commitments"`
	Disclosed   int64     `json:"disclosed"`
	Attachments int64     `json:"attachments"`
	Files       []Content `json:"files"`
}

// A Content is one file of an export.
type Content struct {
	Name   string `json:"name"`
	Rows   int64  `json:"rows"` // lines, without the header of a table
	SHA256 string `json:"sha256"`
}

// A Filter is what an export's table was limited to.
type Filter struct {
	From     Time   `json:"from,omitempty"`
	To       Time   `json:"to,omitempty"`
	Agent    string `json:"agent,omitempty"`
	Resource string `json:"resource,omitempty"`
	Person   string `json:"person,omitempty"`
	Outcome  string `json:"outcome,omitempty"`
	Kind     string `json:"kind,omitempty"`
	Repo     string `json:"repo,omitempty"`
	Pull     int    `json:"pull,omitempty"`
}

func (q Query) filter() Filter {
	return Filter{timeOf(q.From), timeOf(q.To), q.Agent, q.Resource, q.Person, q.Outcome, q.Kind, q.Repo, q.Pull}
}

func (f Filter) query() Query {
	q := Query{Agent: f.Agent, Resource: f.Resource, Person: f.Person, Outcome: f.Outcome, Kind: f.Kind, Repo: f.Repo, Pull: f.Pull}
	if f.From != "" {
		q.From = f.From.Instant()
	}
	if f.To != "" {
		q.To = f.To.Instant()
	}
	return q
}

// finds reports whether the query finds an entry, from the entry alone.
func (q Query) finds(e *Entry) bool {
	at := e.landedAt()
	if e.Landing == nil || !q.From.IsZero() && at.Before(q.From) || !q.To.IsZero() && !at.Before(q.To) {
		return false
	}
	has := e.touches()
	for _, t := range q.touches() {
		if !slices.Contains(has, t) {
			return false
		}
	}
	return true
}

// receipt is a line of receipts.jsonl: what the operator says of a leaf.
type receipt struct {
	Index      int64  `json:"index"`
	ID         string `json:"id"`
	RecordedAt string `json:"recorded_at"`
}

const receiptTime = "2006-01-02T15:04:05.000000Z"

func receiptOf(e *Entry) receipt {
	return receipt{e.Index, e.ID, e.RecordedAt.UTC().Format(receiptTime)}
}

func (r receipt) time() (time.Time, error) {
	at, err := time.Parse(receiptTime, r.RecordedAt)
	if err != nil || at.Format(receiptTime) != r.RecordedAt {
		return at, fmt.Errorf("recorded_at %.40q is no time", r.RecordedAt)
	}
	return at, nil
}

func (m Manifest) encode() []byte {
	var b bytes.Buffer
	if err := json.Indent(&b, encode(m), "", "  "); err != nil {
		panic("indent what was just encoded: " + err.Error())
	}
	b.WriteByte('\n')
	return b.Bytes()
}

func parseManifest(data []byte) (m Manifest, err error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&m); err != nil {
		return m, err
	}
	if !bytes.Equal(m.encode(), data) {
		return m, errors.New("not in its one spelling")
	}
	if m.Version != 0 {
		return m, fmt.Errorf("version %d; this countersign knows version 0", m.Version)
	}
	return m, noNull(data)
}

// The headers of the two files of hashes.
const (
	rangeHeader       = "countersign/range/v0\n"
	consistencyHeader = "countersign/consistency/v0\n"
)

// numbered writes a file of hashes under two numbers.
func numbered(header, first string, a int64, second string, b int64, hashes string) string {
	return fmt.Sprintf("%s%s %d\n%s %d\n%s", header, first, a, second, b, hashes)
}

// parseNumbered reads it in its one spelling and returns the lines of hashes.
func parseNumbered(data, header, first, second string) (a, b int64, hashes []string, err error) {
	body, ok := strings.CutPrefix(data, header)
	if !ok || !strings.HasSuffix(data, "\n") {
		return 0, 0, nil, fmt.Errorf("does not begin with %q", strings.TrimSpace(header))
	}
	lines := strings.Split(strings.TrimSuffix(body, "\n"), "\n")
	if len(lines) < 2 || !strings.HasPrefix(lines[0], first+" ") || !strings.HasPrefix(lines[1], second+" ") {
		return 0, 0, nil, fmt.Errorf("has no lines %s and %s", first, second)
	}
	if a, err = parseSize(lines[0][len(first)+1:]); err != nil {
		return 0, 0, nil, err
	}
	b, err = parseSize(lines[1][len(second)+1:])
	return a, b, lines[2:], err
}
