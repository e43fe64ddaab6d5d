package review

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// A mistake is something in a settings file that has to be mended.
type mistake struct {
	line int    // from 1; 0 when the whole file is meant
	text string // for people: what is wrong, and what is allowed
}

// decodeSettings decodes a file of settings strictly: unknown and repeated
// fields, anchors, aliases and second documents are mistakes, and so is a value
// of another shape than the field has. It returns the root for lineOf. An empty
// file is io.EOF.
func decodeSettings(data []byte, into any) (root *yaml.Node, all []mistake, err error) {
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc yaml.Node
	if err := dec.Decode(&doc); errors.Is(err, io.EOF) {
		return nil, nil, io.EOF
	} else if err != nil {
		line, text := yamlReason(err)
		return nil, []mistake{{line, "not valid YAML: " + text}}, nil
	}
	if err := dec.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, []mistake{{0, "more than one YAML document, or something that is none after the first"}}, nil
	}
	if line := aliasLine(&doc); line != 0 {
		return nil, []mistake{{line, "anchors and aliases are not allowed here"}}, nil
	}
	if len(doc.Content) != 1 || doc.Content[0].Tag == "!!null" {
		return nil, nil, io.EOF
	}
	root = doc.Content[0]
	if all = misshapen(root, reflect.TypeOf(into).Elem(), ""); len(all) > 0 {
		return root, all, nil
	}
	if err := root.Decode(into); err != nil {
		line, text := yamlReason(err)
		return root, []mistake{{line, text}}, nil
	}
	return root, nil, nil
}

// misshapen returns what in n does not fit a type: fields that it lacks, fields
// given twice, and values of another shape. at names n for people.
func misshapen(n *yaml.Node, t reflect.Type, at string) []mistake {
	if n.Tag == "!!null" {
		return nil // as if it were not there
	}
	kind, want := yaml.ScalarNode, "text"
	switch t.Kind() {
	case reflect.Struct, reflect.Map:
		kind, want = yaml.MappingNode, "fields, such as name: value"
	case reflect.Slice:
		kind, want = yaml.SequenceNode, "a list, such as [one, two]"
	case reflect.Int:
		want = "a whole number"
	}
	if n.Kind != kind || t.Kind() == reflect.Int && n.Tag != "!!int" {
		if at == "" {
			at = "the file"
		}
		return []mistake{{n.Line, at + " must be " + want}}
	}
	if kind == yaml.MappingNode {
		return misshapenFields(n, t, at)
	}
	var all []mistake
	for i, item := range n.Content {
		all = append(all, misshapen(item, t.Elem(), fmt.Sprintf("%s[%d]", at, i))...)
	}
	return all
}

func misshapenFields(n *yaml.Node, t reflect.Type, at string) (all []mistake) {
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		where := strings.TrimPrefix(at+"."+key.Value, ".")
		if line := seen[key.Value]; line != 0 {
			all = append(all, mistake{key.Line, fmt.Sprintf("%s is given twice, first in line %d", where, line)})
			continue
		}
		seen[key.Value] = key.Line
		of, ok := fieldType(t, key.Value)
		if !ok || key.Kind != yaml.ScalarNode || key.Tag == "!!merge" {
			all = append(all, mistake{key.Line, unknownField(t, key.Value, at)})
			continue
		}
		all = append(all, misshapen(value, of, where)...)
	}
	return all
}

// fieldType is the type of a field of a struct, or of any in a map.
func fieldType(t reflect.Type, name string) (reflect.Type, bool) {
	if t.Kind() == reflect.Map {
		return t.Elem(), true
	}
	for i := range t.NumField() {
		if tag := t.Field(i).Tag.Get("yaml"); tag == name && tag != "" {
			return t.Field(i).Type, true
		}
	}
	return nil, false
}

func unknownField(t reflect.Type, name, at string) string {
	if t.Kind() != reflect.Struct {
		return fmt.Sprintf("%s: %q is not a name", at, printable(name, 40))
	}
	var known []string
	for i := range t.NumField() {
		if tag := t.Field(i).Tag.Get("yaml"); tag != "" {
			known = append(known, tag)
		}
	}
	text := fmt.Sprintf("there is no field %q", printable(name, 40))
	if at != "" {
		text += " in " + at
	}
	if near := Nearest(name, known); near != "" {
		text += fmt.Sprintf("; did you mean %s?", near)
	}
	return text + " (fields here: " + strings.Join(known, ", ") + ")"
}

// Nearest returns the word that a mistyped one most likely meant, "" for none.
func Nearest(word string, words []string) string {
	best, least := "", len(word)/2+1
	for _, w := range words {
		if d := distance(word, w); d < least {
			best, least = w, d
		}
	}
	return best
}

// lineOf finds the line of what a path such as approvers.model or
// formats[1].tools names, or of the nearest that contains it; 0 for none.
func lineOf(n *yaml.Node, at string) int {
	if n == nil {
		return 0
	}
	if n.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(n.Content); i += 2 {
			rest, ok := strings.CutPrefix(at, n.Content[i].Value)
			if ok && (rest == "" || rest[0] == '.' || rest[0] == '[') {
				return max(lineOf(n.Content[i+1], strings.TrimPrefix(rest, ".")), n.Content[i].Line)
			}
		}
	}
	if m := listIndex.FindStringSubmatch(at); m != nil && n.Kind == yaml.SequenceNode {
		if i, err := strconv.Atoi(m[1]); err == nil && i < len(n.Content) {
			return max(lineOf(n.Content[i], m[2]), n.Content[i].Line)
		}
	}
	return 0
}

var listIndex = regexp.MustCompile(`^\[(\d{1,6})\]\.?(.*)$`)

// settingsError makes one error of all mistakes in a file, in their order.
func settingsError(path string, all []mistake) *RulesError {
	slices.SortStableFunc(all, func(a, b mistake) int { return a.line - b.line })
	e := &RulesError{Layer: "repository", Path: path, Line: all[0].line}
	var texts []string
	for i, m := range all {
		if i > 0 && m.line > 0 && m.line != all[i-1].line {
			m.text = fmt.Sprintf("line %d: %s", m.line, m.text)
		}
		texts = append(texts, m.text)
	}
	e.Reason = strings.Join(firstFew(texts, 8), "; ")
	return e
}

var yamlLine = regexp.MustCompile(`^(?:construct errors: )?line (\d+): `)

// yamlReason drops the library's name from its messages, and takes the line out.
func yamlReason(err error) (line int, text string) {
	text = strings.Join(strings.Fields(strings.TrimPrefix(err.Error(), "yaml: ")), " ")
	if m := yamlLine.FindStringSubmatch(text); m != nil {
		line, _ = strconv.Atoi(m[1])
		text = text[len(m[0]):]
	}
	return line, text
}

// aliasLine returns the line of the first anchor or alias, or 0.
func aliasLine(n *yaml.Node) int {
	if n.Kind == yaml.AliasNode || n.Anchor != "" {
		return n.Line
	}
	for _, c := range n.Content {
		if l := aliasLine(c); l != 0 {
			return l
		}
	}
	return 0
}
