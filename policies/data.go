package policies

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"path"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v4"

	"github.com/countersign-dev/countersign/review"
)

var dataName = regexp.MustCompile(`^[a-z_][a-z0-9_]*$`)

// addData puts a file's content where its path says: limits.yaml becomes
// data.limits, eu/limits.json data.eu.limits.
func addData(data map[string]any, layer string, f file) error {
	bad := func(line int, format string, args ...any) error {
		return &review.RulesError{Layer: layer, Path: f.Path, Line: line, Reason: fmt.Sprintf(format, args...)}
	}
	rel := strings.TrimPrefix(f.Path, review.RulesDir)
	names := strings.Split(strings.TrimSuffix(rel, path.Ext(rel)), "/")
	for _, n := range names {
		if !dataName.MatchString(n) {
			return bad(0, "data files are named in lower-case letters, digits and underscores, because limits.yaml becomes data.limits")
		}
	}
	if names[0] == "countersign" {
		return bad(0, "data.countersign holds the rules; name the file otherwise")
	}
	v, line, err := decode(f)
	if err != nil {
		return bad(line, "%v", err)
	}
	for _, n := range names[:len(names)-1] {
		inner, ok := data[n].(map[string]any)
		if data[n] != nil && !ok {
			return bad(0, "data.%s is a file already", n)
		}
		if !ok {
			inner = map[string]any{}
			data[n] = inner
		}
		data = inner
	}
	last := names[len(names)-1]
	if _, taken := data[last]; taken {
		return bad(0, "two files hold data.%s", strings.Join(names, "."))
	}
	data[last] = v
	return nil
}

// decode reads one document of JSON or YAML without anchors, aliases, tags of
// its own or repeated keys: what people read must be what is in force.
func decode(f file) (v any, line int, err error) {
	if path.Ext(f.Path) == ".json" && !json.Valid(f.Data) {
		return nil, 0, errors.New("not valid JSON")
	}
	dec := yaml.NewDecoder(bytes.NewReader(f.Data))
	var root, more yaml.Node
	if err := dec.Decode(&root); errors.Is(err, io.EOF) {
		return nil, 0, errors.New("is empty")
	} else if err != nil {
		return nil, 0, fmt.Errorf("not valid YAML: %s", strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		return nil, 0, errors.New("more than one YAML document")
	}
	return plain(&root, 0)
}

// plain turns a node into what JSON can hold, and says on which line it cannot.
func plain(n *yaml.Node, depth int) (any, int, error) {
	switch {
	case depth > 64:
		return nil, n.Line, errors.New("nested too deeply")
	case n.Kind == yaml.AliasNode || n.Anchor != "":
		return nil, n.Line, errors.New("anchors and aliases are not allowed here")
	case n.Kind == yaml.DocumentNode && len(n.Content) == 1:
		return plain(n.Content[0], depth)
	case n.Kind == yaml.MappingNode:
		m := map[string]any{}
		for i := 0; i+1 < len(n.Content); i += 2 {
			k := n.Content[i]
			if _, twice := m[k.Value]; twice || k.Kind != yaml.ScalarNode || k.Tag != "!!str" {
				return nil, k.Line, fmt.Errorf("the key %q is repeated or not a string", k.Value)
			}
			v, line, err := plain(n.Content[i+1], depth+1)
			if err != nil {
				return nil, line, err
			}
			m[k.Value] = v
		}
		return m, 0, nil
	case n.Kind == yaml.SequenceNode:
		l := []any{}
		for _, c := range n.Content {
			v, line, err := plain(c, depth+1)
			if err != nil {
				return nil, line, err
			}
			l = append(l, v)
		}
		return l, 0, nil
	}
	v, err := scalar(n)
	return v, n.Line, err
}

func scalar(n *yaml.Node) (any, error) {
	var v any
	if err := n.Decode(&v); err != nil {
		return nil, err
	}
	switch x := v.(type) {
	case nil, bool, string:
		return v, nil
	case int:
		return json.Number(fmt.Sprint(x)), nil
	case float64:
		if math.IsInf(x, 0) || math.IsNaN(x) || math.Abs(x) > 1<<53 {
			return nil, fmt.Errorf("%s is not a number that rules can count with", n.Value)
		}
		text, err := json.Marshal(x)
		return json.Number(text), err
	}
	return nil, fmt.Errorf("%q is neither text, number, true, false nor null; put it in quotes", n.Value)
}
