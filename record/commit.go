package record

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"reflect"
	"strings"
	"unicode/utf8"
)

// tag separates commitments from every other use of SHA-256.
const tag = "countersign/v0\x00"

// commit is the commitment to a value under a salt of 32 bytes.
func commit(salt [32]byte, value []byte) Commitment {
	h := sha256.New()
	io.WriteString(h, tag)
	h.Write(salt[:])
	h.Write(value)
	return Commitment(hex.EncodeToString(h.Sum(nil)))
}

// A Disclosure opens one commitment of one leaf. Short values stand in it;
// attachments are kept by digest.
type Disclosure struct {
	Index      int64      `json:"index"`
	Label      string     `json:"label"`
	Commitment Commitment `json:"commitment"`
	Salt       string     `json:"salt"`
	Value      string     `json:"value,omitempty"`
	Attachment string     `json:"attachment,omitempty"` // sha256:… of the bytes
	// Body is the attachment's bytes, nil when they were not loaded.
	Body []byte `json:"-"`
}

// attached are the labels whose values are attachments.
var attached = map[string]bool{"body": true, "input": true, "changes": true, "files": true, "roster": true, "rest": true}

// Bytes returns the disclosed value.
func (d Disclosure) Bytes() []byte {
	if d.Attachment != "" {
		return d.Body
	}
	return []byte(d.Value)
}

// Check reports why d does not open its commitment.
func (d Disclosure) Check() error {
	var salt [32]byte
	if n, err := hex.Decode(salt[:], []byte(d.Salt)); err != nil || n != 32 || strings.ToLower(d.Salt) != d.Salt || len(d.Salt) != 64 {
		return fmt.Errorf("the salt of %s is not 64 hexadecimal digits", d.Label)
	}
	if (d.Value == "") == (d.Attachment == "") || attached[d.Label] != (d.Attachment != "") {
		return fmt.Errorf("%s has to have %s", d.Label, map[bool]string{true: "an attachment", false: "a value"}[attached[d.Label]])
	}
	if d.Attachment != "" && digest(d.Body) != d.Attachment {
		return fmt.Errorf("the bytes of %s are not those of %s", d.Label, d.Attachment)
	}
	if commit(salt, d.Bytes()) != d.Commitment {
		return fmt.Errorf("%s is not what commitment %s was made of", d.Label, d.Commitment[:min(12, len(d.Commitment))])
	}
	return nil
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// A closet makes commitments and keeps what opens them. One value under one
// label has one salt, so that equal names in one record are seen to be equal.
type closet struct {
	random io.Reader
	made   map[[2]string]Commitment
	known  map[Commitment]Disclosure
	err    error // of random, which must not fail quietly
}

func newCloset(random io.Reader) *closet {
	return &closet{random: random, made: map[[2]string]Commitment{}, known: map[Commitment]Disclosure{}}
}

// text commits to a value; "" needs no commitment. Bytes that are not UTF-8 are
// replaced, because a disclosure is JSON.
func (c *closet) text(label, value string) Commitment {
	if value == "" {
		return ""
	}
	if !utf8.ValidString(value) {
		value = strings.ToValidUTF8(value, "\uFFFD")
	}
	if made, ok := c.made[[2]string{label, value}]; ok {
		return made
	}
	var salt [32]byte
	if _, err := io.ReadFull(c.random, salt[:]); err != nil {
		c.err = fmt.Errorf("draw a salt: %w", err)
		return ""
	}
	d := Disclosure{Label: label, Commitment: commit(salt, []byte(value)), Salt: hex.EncodeToString(salt[:])}
	if attached[label] {
		d.Body, d.Attachment = []byte(value), digest([]byte(value))
	} else {
		d.Value = value
	}
	c.made[[2]string{label, value}] = d.Commitment
	c.known[d.Commitment] = d
	return d.Commitment
}

// json commits to the JSON of a list, and to nothing when it is empty.
func (c *closet) json(label string, list any) Commitment {
	if reflect.ValueOf(list).Len() == 0 {
		return ""
	}
	return c.text(label, string(encode(list)))
}

// code writes a code as it is, or commits to it when it is none.
func (c *closet) code(s string) Code {
	if s == "" || isCode(s) {
		return Code(s)
	}
	return "~" + Code(c.text("code", s))
}

func (c *closet) codes(list []string) []Code {
	out := make([]Code, 0, len(list))
	for _, s := range list {
		if s != "" {
			out = append(out, c.code(s))
		}
	}
	return out
}

// A reference is a commitment of a leaf and the label it is disclosed under.
type reference struct {
	Label      string
	Commitment Commitment
}

// references lists the commitments of a record in the order of its fields, each
// once.
func references(v any) []reference {
	var out []reference
	seen := map[reference]bool{}
	walk(reflect.ValueOf(v), "", func(r reference) {
		if !seen[r] {
			seen[r] = true
			out = append(out, r)
		}
	})
	return out
}

func walk(v reflect.Value, label string, visit func(reference)) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			walk(v.Elem(), label, visit)
		}
	case reflect.Slice:
		for i := range v.Len() {
			walk(v.Index(i), label, visit)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			walk(v.Field(i), v.Type().Field(i).Tag.Get("label"), visit)
		}
	case reflect.String:
		switch s := v.Interface().(type) {
		case Commitment:
			if s != "" {
				visit(reference{label, s})
			}
		case Code:
			if strings.HasPrefix(string(s), "~") {
				visit(reference{"code", Commitment(s[1:])})
			}
		}
	}
}

// parseDisclosure reads a line of disclosures.jsonl in its one spelling.
func parseDisclosure(line []byte) (d Disclosure, err error) {
	err = strict(line, &d)
	return d, err
}
