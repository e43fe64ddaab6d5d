package policies

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"

	"github.com/countersign-dev/countersign/review"
)

func compileSchema(t *testing.T, data []byte) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("schema.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile("schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// fill gives every field of v a value that is not zero.
func fill(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem())
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Date(2025, 6, 6, 17, 0, 0, 0, time.UTC)))
			return
		}
		for i := range v.NumField() {
			fill(v.Field(i))
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(v.Index(0))
	case reflect.Map:
		key, val := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(key)
		fill(val)
		v.Set(reflect.MakeMap(v.Type()))
		v.SetMapIndex(key, val)
	case reflect.String:
		v.SetString("x")
	case reflect.Int, reflect.Int64:
		v.SetInt(1)
	case reflect.Bool:
		v.SetBool(true)
	}
}

// words makes the values of in that only certain words may have.
func words(in *review.PolicyInput) {
	for _, l := range [][]string{{"a"}} {
		in.Pull.Labels = l
	}
	for i := range in.Changes {
		c := &in.Changes[i]
		c.Kind, c.Change, c.Direction, c.Step, c.Confidence = "tool_scope", "modified", "widens", "version", "slot"
	}
	for i := range in.Notices {
		c := &in.Notices[i]
		c.Kind, c.Change, c.Direction, c.Step, c.Confidence = "prompt", "added", "both", "", "notice"
	}
	for i := range in.Contributors {
		in.Contributors[i].Kind, in.Contributors[i].Roles = "human", []review.Role{review.RoleCoAuthor}
	}
	in.Settings.Mode = "enforce"
}

// The schema and the Go type describe the same input: what Go writes is valid,
// and every field of the schema is written.
func TestInputSchemaIsTheInput(t *testing.T) {
	t.Parallel()
	s := compileSchema(t, InputSchema())
	var full, bare review.PolicyInput
	fill(reflect.ValueOf(&full).Elem())
	words(&full)
	bare = input(prompt())
	bare.Changes[0].Confidence, bare.Settings.Mode = "slot", "observe"
	bare.Contributors[0].Roles = nil
	for name, in := range map[string]review.PolicyInput{"full": full, "bare": bare} {
		data, err := encode(in)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Validate(doc); err != nil {
			t.Errorf("%s input: %v\n%s", name, err, data)
		}
		if name == "full" {
			var schema map[string]any
			if err := json.Unmarshal(InputSchema(), &schema); err != nil {
				t.Fatal(err)
			}
			described(t, schema, schema, doc, "input")
		}
	}
}

// described reports every property that schema has and v lacks.
func described(t *testing.T, root, schema map[string]any, v any, where string) {
	t.Helper()
	if ref, ok := schema["$ref"].(string); ok {
		schema = root["definitions"].(map[string]any)[strings.TrimPrefix(ref, "#/definitions/")].(map[string]any)
	}
	switch v := v.(type) {
	case map[string]any:
		props, _ := schema["properties"].(map[string]any)
		for name, p := range props {
			if _, ok := v[name]; !ok {
				t.Errorf("%s.%s is in the schema, and Go does not write it", where, name)
				continue
			}
			described(t, root, p.(map[string]any), v[name], where+"."+name)
		}
	case []any:
		if items, ok := schema["items"].(map[string]any); ok {
			described(t, root, items, v[0], where+"[]")
		}
	}
}

// The settings' schema accepts what review.ParseSettings accepts, and refuses
// what it refuses.
func TestSettingsSchemaIsTheParser(t *testing.T) {
	t.Parallel()
	s := compileSchema(t, SettingsSchema())
	const base = "version: 1\nbranches: [main]\n"
	for _, text := range []string{
		base,
		base + "approvers:\n  model: {people: [bob, erin], need: 1}\n  tools: {people: [dana], teams: [acme/security], need: 2}\n  emergency: {people: [oncall-lead]}\n",
		base + "agents: {refund-bot: [\"agents/refund/**\"]}\nignore: [\"examples/**\"]\nmeans: [comment]\nemails: {a@example.com: alice}\n",
		base + "formats:\n- {name: llm, paths: [\"services/*/llm.yaml\"], model: [llm.model], prompt: [llm.system], params: [llm.t], tools: [{allow: \"llm.tools[*].name\"}, {deny: x}, {ask: y}]}\n",
		"branches: [main]\n",
		"version: 2\nbranches: [main]\n",
		"version: 1\n",
		"version: 1\nbranches: []\n",
		"version: 1\nbranches: [\"\"]\n",
		base + "aprovers: {}\n",
		base + "approvers:\n  model: {}\n",
		base + "approvers:\n  model: {people: []}\n",
		base + "approvers:\n  model: {people: [\"@bob\"]}\n",
		base + "approvers:\n  model: {teams: [security]}\n",
		base + "approvers:\n  model: {people: [bob], need: 21}\n",
		base + "approvers:\n  model: {people: [bob], need: -1}\n",
		base + "approvers:\n  Model: {people: [bob]}\n",
		base + "approvers:\n  model: {person: bob}\n",
		base + "means: [telephone]\n",
		base + "emails: {alice: alice}\n",
		base + "emails: {a@example.com: \"@alice\"}\n",
		base + "formats:\n- {paths: [a], model: [b]}\n",
		base + "formats:\n- {name: a, model: [b]}\n",
		base + "formats:\n- {name: a, paths: [b]}\n",
		base + "formats:\n- {name: a, paths: [b], tools: [{allow: x, deny: y}]}\n",
		base + "formats:\n- {name: a, paths: [b], tools: [{permit: x}]}\n",
	} {
		var doc any
		if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
			t.Fatal(err)
		}
		data, err := json.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		doc, err = jsonschema.UnmarshalJSON(bytes.NewReader(data))
		if err != nil {
			t.Fatal(err)
		}
		bySchema := s.Validate(doc)
		_, byParser := review.ParseSettings([]byte(text))
		if (bySchema == nil) != (byParser == nil) {
			t.Errorf("the schema says %v, the parser %v, of\n%s", bySchema, byParser, text)
		}
	}
}

func TestSettingsSchemaHasEveryField(t *testing.T) {
	t.Parallel()
	var schema map[string]any
	if err := json.Unmarshal(SettingsSchema(), &schema); err != nil {
		t.Fatal(err)
	}
	definitions := schema["definitions"].(map[string]any)
	for name, tt := range map[string]struct {
		schema any
		typ    reflect.Type
	}{
		"settings":  {schema, reflect.TypeFor[review.Settings]()},
		"approvers": {definitions["approvers"], reflect.TypeFor[review.Approvers]()},
		"format":    {definitions["format"], reflect.TypeFor[review.SettingsFormat]()},
	} {
		var fields []string
		for i := range tt.typ.NumField() {
			if tag := tt.typ.Field(i).Tag.Get("yaml"); tag != "" && tag != "-" {
				fields = append(fields, strings.Split(tag, ",")[0])
			}
		}
		slices.Sort(fields)
		props := slices.Sorted(maps.Keys(tt.schema.(map[string]any)["properties"].(map[string]any)))
		if !slices.Equal(fields, props) {
			t.Errorf("%s: the parser knows %v, the schema %v", name, fields, props)
		}
	}
}

// inputTable lists the fields of the input for docs/policy.md.
func inputTable() string {
	var schema map[string]any
	if err := json.Unmarshal(InputSchema(), &schema); err != nil {
		panic(err)
	}
	var b strings.Builder
	b.WriteString("| field | type | meaning |\n|---|---|---|\n")
	fieldRows(&b, schema, schema, "input")
	return b.String()
}

func fieldRows(b *strings.Builder, root, schema map[string]any, where string) {
	props, _ := schema["properties"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(props)) {
		p := props[name].(map[string]any)
		text, _ := p["description"].(string)
		if ref, ok := p["$ref"].(string); ok {
			p = root["definitions"].(map[string]any)[strings.TrimPrefix(ref, "#/definitions/")].(map[string]any)
			if text == "" {
				text, _ = p["description"].(string)
			}
		}
		typ := typeName(p)
		path := where + "." + name
		items, _ := p["items"].(map[string]any)
		if ref, ok := items["$ref"].(string); ok {
			items = root["definitions"].(map[string]any)[strings.TrimPrefix(ref, "#/definitions/")].(map[string]any)
		}
		if path == "input.notices" {
			items = nil // told under input.changes
		}
		if values, ok := p["enum"].([]any); ok && typ == "string" {
			var all []string
			for _, v := range values {
				all = append(all, fmt.Sprintf("`%q`", v))
			}
			text = strings.TrimSpace(text + " One of " + strings.Join(all, ", ") + ".")
		}
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", path, typ, text)
		fieldRows(b, root, p, path)
		fieldRows(b, root, items, path+"[_]")
	}
	if more, ok := schema["additionalProperties"].(map[string]any); ok {
		fieldRows(b, root, more, where+"[name]")
	}
}

func typeName(p map[string]any) string {
	if _, ok := p["anyOf"]; ok {
		return "string or null"
	}
	switch t := p["type"].(type) {
	case string:
		return t
	case []any:
		return fmt.Sprintf("%v or %v", t[0], t[1])
	}
	return "object"
}
