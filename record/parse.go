package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"time"
)

var commitmentPattern = regexp.MustCompile(`^[0-9a-f]{64}$`)

// isCode reports whether s is a code: up to 200 letters, digits and . _ : / @ +
// # -, the first a letter or a digit.
func isCode[T string | []byte](s T) bool {
	if len(s) == 0 || len(s) > 200 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case i > 0 && (c == '.' || c == '_' || c == ':' || c == '/' || c == '@' || c == '+' || c == '#' || c == '-'):
		default:
			return false
		}
	}
	return true
}

// A Leaf is a leaf as it was read. Exactly one member is set.
type Leaf struct {
	Landing *Record
	Erasure *Erasure

	Addendum *Addendum
}

// Parse reads a leaf. It accepts exactly one spelling of each record: a leaf
// that it accepts is the leaf that it would write.
func Parse(leaf []byte) (Leaf, error) {
	if len(leaf) > maxLeaf {
		return Leaf{}, fmt.Errorf("leaf has %d bytes; at most %d are allowed", len(leaf), maxLeaf)
	}
	for i, b := range leaf {
		if b <= ' ' || b > '~' || b == '\\' {
			return Leaf{}, fmt.Errorf("byte %d is %#02x; a leaf has no blank, no escape and nothing beyond ASCII", i, b)
		}
	}
	switch {
	case bytes.Contains(leaf, []byte(`"predicateType":"`+LandingType+`"`)):
		var s statement[Record]
		err := strict(leaf, &s)
		if err == nil {
			err = s.check(LandingType, subjectOf(s.Predicate.Identity), "gitCommit")
		}
		return Leaf{Landing: &s.Predicate}, err
	case bytes.Contains(leaf, []byte(`"predicateType":"`+ErasureType+`"`)):
		var s statement[Erasure]
		err := strict(leaf, &s)
		if err == nil {
			err = s.check(ErasureType, subject{Name: fmt.Sprintf("record/%d", s.Predicate.Index), Digest: s.digest()}, "sha256")
		}
		return Leaf{Erasure: &s.Predicate}, err
	case isAddendum(leaf):
		var s statement[Addendum]
		err := strict(leaf, &s)
		if err == nil {
			err = s.check(AddendumType, recordSubject(s.Predicate.Index, s.digest()), "sha256")
		}
		return Leaf{Addendum: &s.Predicate}, err
	}
	return Leaf{}, errors.New("unknown predicate type")
}

// isAddendum tells addenda from other leaves. No code in a leaf can hold quotes.
func isAddendum(leaf []byte) bool {
	return bytes.Contains(leaf, []byte(`"predicateType":"`+AddendumType+`"`))
}

// strict decodes data into v and refuses every spelling but the one that
// encoding v gives: other orders, unknown, doubled or missing fields, nulls.
func strict(data []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more than one value")
	}
	if again := encode(v); !bytes.Equal(again, data) {
		return fmt.Errorf("not in its one spelling, from byte %d on", differ(again, data))
	}
	return noNull(data)
}

// noNull refuses null, which a list that is nil would be written as, and whole
// numbers that not every reader of JSON can hold. data is valid JSON.
func noNull(data []byte) error {
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case c == '"':
			for i++; data[i] != '"'; i++ {
				if data[i] == '\\' {
					i++
				}
			}
		case c == 'n':
			return fmt.Errorf("null at byte %d", i)
		case c == '-' || '0' <= c && c <= '9':
			start := i
			for i+1 < len(data) && '0' <= data[i+1] && data[i+1] <= '9' {
				i++
			}
			if n, err := strconv.ParseInt(string(data[start:i+1]), 10, 64); err != nil || n >= 1<<53 || n <= -1<<53 {
				return fmt.Errorf("number %s has no exact value everywhere", data[start:i+1])
			}
		}
	}
	return nil
}

func differ(a, b []byte) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// check refuses a leaf whose subject is not what its predicate speaks of.
func (s statement[P]) check(predicate string, want subject, algorithm string) error {
	switch {
	case s.PredicateType != predicate:
		return fmt.Errorf("unknown predicate type %.100q", s.PredicateType)
	case s.Type != statementType:
		return fmt.Errorf("_type is %q; want %q", s.Type, statementType)
	case len(s.Subject) != 1 || s.Subject[0].Name != want.Name:
		return fmt.Errorf("the subject is not %s", want.Name)
	case len(s.Subject[0].Digest) != 1 || s.digest()[algorithm] == "" || s.digest()[algorithm] != want.Digest[algorithm]:
		return fmt.Errorf("the subject's digest is not the %s of what the record speaks of", algorithm)
	}
	return nil
}

func (s statement[P]) digest() map[string]string {
	if len(s.Subject) == 0 {
		return nil
	}
	return s.Subject[0].Digest
}

// encode writes v as one line of JSON in the order of its fields.
func encode(v any) []byte {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		panic("encode " + fmt.Sprintf("%T", v) + ": " + err.Error()) // only structs of this package come here
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}

// UnmarshalText refuses what is no code.
func (c *Code) UnmarshalText(b []byte) error {
	if !isCode(b) && (len(b) != 65 || b[0] != '~' || !commitmentPattern.Match(b[1:])) {
		return fmt.Errorf("%.80q is no code", b)
	}
	*c = Code(b)
	return nil
}

// UnmarshalText refuses what is no commitment.
func (c *Commitment) UnmarshalText(b []byte) error { return hex64(b, (*string)(c)) }

// UnmarshalText refuses what is no commitment.
func (e *Erased) UnmarshalText(b []byte) error { return hex64(b, (*string)(e)) }

func hex64(b []byte, s *string) error {
	if !commitmentPattern.Match(b) {
		return fmt.Errorf("%.80q is no commitment", b)
	}
	*s = string(b)
	return nil
}

// UnmarshalText refuses what is no time.
func (t *Time) UnmarshalText(b []byte) error {
	at, err := time.Parse(time.RFC3339, string(b))
	if err != nil || at.UTC().Format(time.RFC3339) != string(b) {
		return fmt.Errorf("%.40q is no time in UTC and whole seconds", b)
	}
	*t = Time(b)
	return nil
}

// Instant returns the time, or the zero time for "".
func (t Time) Instant() time.Time {
	at, _ := time.Parse(time.RFC3339, string(t))
	return at.UTC()
}

// timeOf writes a time, and "" for none.
func timeOf(t time.Time) Time {
	if t.IsZero() || t.Year() < 0 || t.Year() > 9999 {
		return ""
	}
	return Time(t.UTC().Format(time.RFC3339))
}
