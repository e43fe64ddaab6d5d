package record

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/countersign-dev/countersign/review"
)

// An Addendum is the predicate of a leaf that says what became known of a
// landing after it was recorded. The record stays as it was.
type Addendum struct {
	Index       int64      `json:"index"` // of the record
	Kind        Code       `json:"kind"`  // a review.AddendumKind
	Requirement Code       `json:"requirement,omitempty"`
	Due         Time       `json:"due,omitempty"`
	At          Time       `json:"at,omitempty"`
	By          Person     `json:"by"`
	Via         Code       `json:"via,omitempty"`
	Source      int64      `json:"source,omitempty"`
	Statement   Commitment `json:"statement,omitempty" label:"statement"`
	Recorder    Recorder   `json:"recorder"`
}

// ByRecord is the dimension by which addenda are found: the index of the record
// that they are about.
const ByRecord = "record"

// Amend implements review.Recorder. The record is the newest of the pull
// request; review.ErrGone says that there is none.
func (l *Log) Amend(ctx context.Context, a review.Addendum) (review.Receipt, error) {
	e, err := l.Get(ctx, fmt.Sprintf("#%d", a.Pull))
	if err == nil {
		e, err = l.newestOf(ctx, a.RepoID, a.Pull)
	}
	if errors.Is(err, ErrNone) {
		return review.Receipt{}, fmt.Errorf("record of pull request %d: %w", a.Pull, review.ErrGone)
	} else if err != nil {
		return review.Receipt{}, err
	}
	c := newCloset(l.cfg.Random)
	x := Addendum{Index: e.Index, Kind: c.must(string(a.Kind)), Requirement: c.code(a.Requirement), Due: timeOf(a.Due), At: timeOf(a.At),
		By: c.person(a.By), Via: c.code(a.Via), Source: a.SourceID, Statement: c.text("statement", a.Statement), Recorder: l.cfg.Recorder}
	x.Recorder.Version, x.Recorder.Commit = c.code(string(x.Recorder.Version)), c.code(string(x.Recorder.Commit))
	x.Recorder.Deliveries = []Delivery{}
	if a.Delivery.GUID != "" {
		x.Recorder.Deliveries = append(x.Recorder.Deliveries, Delivery{c.must(a.Delivery.GUID), c.must(a.Delivery.Event), c.code(a.Delivery.Digest)})
	}
	sum := sha256.Sum256(e.Leaf)
	about := recordSubject(x.Index, map[string]string{"sha256": hex.EncodeToString(sum[:])})
	leaf := encode(statement[Addendum]{statementType, []subject{about}, AddendumType, x})
	if c.err != nil {
		return review.Receipt{}, c.err
	}
	stored, added, err := l.append(ctx, Append{
		Stored:      Stored{Key: addendumKey(x), Leaf: leaf},
		Touches:     x.touches(),
		Disclosures: c.open(x),
	})
	if err != nil {
		return review.Receipt{}, err
	}
	return review.Receipt{ID: stored.ID(), Index: stored.Index, RecordedAt: stored.RecordedAt, Duplicate: !added, Checkpoint: stored.Checkpoint}, nil
}

// recordSubject is the subject of a leaf about another leaf.
func recordSubject(index int64, digest map[string]string) subject {
	return subject{fmt.Sprintf("record/%d", index), digest}
}

// newestOf returns the newest record of a pull request of a repository.
func (l *Log) newestOf(ctx context.Context, repo int64, pull int) (*Entry, error) {
	found, err := l.store.Find(ctx, Search{Touches: []Touch{{ByPull, strconv.FormatInt(repo, 10) + "#" + strconv.Itoa(pull)}}, Limit: 1})
	if err != nil {
		return nil, fmt.Errorf("find #%d of %d: %w", pull, repo, err)
	}
	if len(found) == 0 {
		return nil, ErrNone
	}
	return l.byIndex(ctx, found[0])
}

// addendumKey is the key under which an addendum is added at most once: what is
// known of one comment, or of one person's review, is known once.
func addendumKey(x Addendum) string {
	return fmt.Sprintf("addendum/%d/%s/%s/%s/%d/%d", x.Index, x.Kind, x.Requirement, x.Via, x.Source, x.By.ID)
}

func (x Addendum) touches() []Touch { return []Touch{{ByRecord, strconv.FormatInt(x.Index, 10)}} }

// later fills in what became known of a record after it.
func (l *Log) later(ctx context.Context, e *Entry) error {
	if e.Landing == nil {
		return nil
	}
	found, err := l.store.Find(ctx, Search{Touches: []Touch{{ByRecord, strconv.FormatInt(e.Index, 10)}}, Limit: 1000})
	if err != nil {
		return fmt.Errorf("find addenda of record %d: %w", e.Index, err)
	}
	slices.Sort(found)
	e.Later, err = l.entries(ctx, found...)
	return err
}

// addenda are the predicates of what became known later.
func (e *Entry) addenda() []Addendum {
	var out []Addendum
	for _, a := range e.Later {
		if a.Addendum != nil && a.Addendum.Index == e.Index {
			out = append(out, *a.Addendum)
		}
	}
	return out
}

func (p *page) addendum(x Addendum) {
	fmt.Fprintf(p.w, "%s  ADDENDUM\n", p.e.ID)
	p.line("about", "the record of leaf %d", x.Index)
	p.known(p.e, x)
	p.seal()
}

// known writes what an addendum says, with the disclosures of its own entry.
func (p *page) known(e *Entry, x Addendum) {
	text := string(x.Kind)
	if x.Requirement != "" {
		text += " " + e.Word(x.Requirement)
	}
	if who := e.Who(x.By); who != "" {
		text += " by " + who
	}
	if x.At != "" {
		text += " at " + string(x.At)
	}
	if x.Due != "" {
		text += ", due " + string(x.Due)
	}
	if x.Statement != "" {
		text += ": " + e.Text(x.Statement)
	}
	p.line(string(x.Kind), "%s", text)
}

// later writes what became known after the landing.
func (p *page) later() {
	if len(p.e.Later) == 0 {
		return
	}
	fmt.Fprintf(p.w, "\n  Known later\n")
	for _, e := range p.e.Later {
		p.known(e, *e.Addendum)
	}
}
