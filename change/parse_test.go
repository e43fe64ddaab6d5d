package change

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/BurntSushi/toml"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/tailscale/hujson"
)

// plain turns a node into what encoding/json makes of the same value.
func plain(n *Node) any {
	if n == nil {
		return nil
	}
	switch n.Kind {
	case BoolNode:
		return n.Text == "true"
	case NumberNode:
		return json.Number(n.Text)
	case StringNode:
		return n.Text
	case ListNode:
		out := []any{}
		for _, it := range n.Items {
			out = append(out, plain(it))
		}
		return out
	case MapNode:
		out := map[string]any{}
		for i, k := range n.Keys {
			out[k] = plain(n.Items[i])
		}
		return out
	}
	return nil
}

func jsonText(n *Node) string {
	b, _ := json.Marshal(plain(n))
	return string(b)
}

func TestParse(t *testing.T) {
	yamlOne := func(b []byte) (*Node, error) {
		roots, err := parseYAML(b)
		if err != nil || len(roots) == 0 {
			return nil, err
		}
		return roots[len(roots)-1], nil
	}
	for _, c := range []struct {
		name  string
		parse func([]byte) (*Node, error)
		in    string
		want  string // JSON of the value, or the error
	}{
		{"json plain", parseJSON, `{"a":[1,true,null,"x"],"b":{}}`, `{"a":[1,true,null,"x"],"b":{}}`},
		{"json with comments and trailing commas", parseJSON, "\ufeff// c\n{\"a\": 1, /* x */ \"b\": [1,], }", `{"a":1,"b":[1]}`},
		{"json comment mark in a string", parseJSON, `{"u":"http://x/*y*/"}`, `{"u":"http://x/*y*/"}`},
		{"json escapes", parseJSON, `"a\n\u00e9\ud83d\ude00\"\/"`, `"a\né😀\"/"`},
		{"json lone surrogate", parseJSON, `"\ud83dx"`, `"�x"`},
		{"json repeated key", parseJSON, `{"a":1,"a":2}`, `{"a":2}`},
		{"json cut off", parseJSON, "{\n\"a\": [1, 2", "line 2: expected ',' or ']'"},
		{"json text after the end", parseJSON, `{} x`, "line 1: text after the end of the JSON value"},
		{"json nested too deep", parseJSON, strings.Repeat("[", 5000), "line 1: nested more than 200 levels deep"},
		{"yaml anchors", yamlOne, "a: &m gpt-4o\nb: *m\nc: [*m, x]", `{"a":"gpt-4o","b":"gpt-4o","c":["gpt-4o","x"]}`},
		{"yaml merge keys", yamlOne, "x: &x {m: 1, n: 2}\ny: {<<: *x, n: 3}\nz:\n  <<: [{m: 9}, *x]", `{"x":{"m":1,"n":2},"y":{"m":1,"n":3},"z":{"m":9,"n":2}}`},
		{"yaml second document", yamlOne, "a: 1\n---\nb: 2\n", `{"b":2}`},
		{"yaml repeated key", yamlOne, "a: 1\na: 2\n", `{"a":2}`},
		{"yaml on is a key", yamlOne, "on: push\ntrue: x", `{"on":"push","true":"x"}`},
		{"yaml tags", yamlOne, "m: !Ref Model\nn: !If [a, b]", `{"m":"Model","n":["a","b"]}`},
		{"yaml template", yamlOne, "{{- if .Values.on }}\nm: {{ .Values.m | default \"x\" }}\nn: \"{{ .y }}-1\"\n{{- end }}", `{"m":"{{ .Values.m | default \"x\" }}","n":"{{ .y }}-1"}`},
		{"yaml alias bomb", yamlOne, "a: &a [x,x,x,x,x,x,x,x,x,x]\n" + bomb(8), "more than 100000 values with aliases expanded"},
		{"toml tables", parseTOML, "a = 1\n[t.\"x y\"]\nb = 'c'\n[[l]]\nk = true\n[[l]]\nk = false\nz.y = 1979-05-27 07:32:00 # d", `{"a":1,"l":[{"k":true},{"k":false,"z":{"y":"1979-05-27 07:32:00"}}],"t":{"x y":{"b":"c"}}}`},
		{"toml strings", parseTOML, "a = \"\"\"\nx \\\n   y \\u00e9\"\"\"\"\nb = '''\n\\n'''\nc = { d = [1, 2,], e = \"\" }", `{"a":"x y é\"","b":"\\n","c":{"d":[1,2],"e":""}}`},
		{"toml value missing", parseTOML, "a =", "line 1: a value is missing"},
		{"toml two on a line", parseTOML, "a = 1 b = 2", "line 1: unexpected text after a value"},
	} {
		t.Run(c.name, func(t *testing.T) {
			n, err := c.parse([]byte(c.in))
			got := ""
			if err != nil {
				got = err.Error()
				if strings.Contains(got, "aliases") {
					got = got[strings.Index(got, "more"):]
				}
			} else {
				got = jsonText(n)
			}
			if got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func bomb(levels int) string {
	var b strings.Builder
	for i := range levels {
		from, to := string(rune('a'+i)), string(rune('b'+i))
		fmt.Fprintf(&b, "%s: &%s [%s]\n", to, to, strings.TrimSuffix(strings.Repeat("*"+from+",", 10), ","))
	}
	return b.String()
}

func TestFrontMatter(t *testing.T) {
	for _, c := range []struct{ name, in, front, body string }{
		{"plain", "---\nname: a\ntools: [x, y]\n---\nbody\n", `{"name":"a","tools":["x","y"]}`, "5:body\n"},
		{"windows", "\ufeff---\r\nname: a\r\n---\r\nbody\r\n", `{"name":"a"}`, "4:body\r\n"},
		{"none", "# title\n---\nx: y\n---\n", `null`, "1:# title\n---\nx: y\n---\n"},
		{"empty", "---\n---\nbody", `{}`, "3:body"},
		{"without an end", "---\nname: a\nbody", `null`, "1:---\nname: a\nbody"},
		{"two rules around prose", "---\njust a paragraph\n---\nx", `null`, "1:---\njust a paragraph\n---\nx"},
		{"invalid", "---\nname: a\ndescription: use: it\n  <example>x: y</example>\nmodel: opus\ntools:\n  - Bash(a: b)\n  - Read\n---\nb",
			`{"description":"use: it\n\u003cexample\u003ex: y\u003c/example\u003e","model":"opus","name":"a","tools":["Bash(a: b)","Read"]}`, "10:b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			front, body, line, _ := parseFrontMatter([]byte(c.in))
			if got := jsonText(front); got != c.front {
				t.Errorf("front %s, want %s", got, c.front)
			}
			if got := fmt.Sprintf("%d:%s", line, body); got != c.body {
				t.Errorf("body %q, want %q", got, c.body)
			}
		})
	}
}

func TestParseLines(t *testing.T) {
	front, _, _, err := parseFrontMatter([]byte("---\nname: a\nmodel: opus\n---\n"))
	if err != nil || front.Get("model").Line != 3 {
		t.Errorf("front matter: model on line %d, want 3 (%v)", front.Get("model").Line, err)
	}
	n, _ := parseJSON([]byte("{\n/* x\n */\n\"a\": {\"b\":\n1}}"))
	if got := n.Get("a", "b").Line; got != 5 {
		t.Errorf("json: b on line %d, want 5", got)
	}
	n, _ = parseTOML([]byte("x = \"\"\"\na\nb\"\"\"\n[t]\ny = 1\n"))
	if got := n.Get("t", "y").Line; got != 5 {
		t.Errorf("toml: y on line %d, want 5", got)
	}
}

// What the reference implementation reads must be read here, as the same value.
func FuzzJSON(f *testing.F) {
	for _, s := range []string{`{"a":[1,-2.5e3,"x\u00e9"],}`, "// c\n[null,true]", `"\ud83d\ude00"`, "[/**/]"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		if !utf8.Valid(data) {
			return // never reaches a parser
		}
		n, err := parseJSON(data)
		ref, refErr := hujson.Standardize(bytes.Clone(trimBOM(data)))
		if refErr != nil || err != nil && strings.Contains(err.Error(), "more than") {
			return
		}
		if err != nil {
			t.Fatalf("refused: %v", err)
		}
		var want any
		dec := json.NewDecoder(bytes.NewReader(ref))
		dec.UseNumber()
		if dec.Decode(&want) != nil {
			return
		}
		if diff := cmp.Diff(want, plain(n)); diff != "" {
			t.Fatalf("differs from encoding/json:\n%s", diff)
		}
	})
}

func FuzzTOML(f *testing.F) {
	for _, s := range []string{"a = 1\n[b]\nc = \"x\"", "a.b = [1, { c = 'd' }]", "[[x]]\n[x.y]\nz = 1_000", "a = \"\"\"\n\\\n b\"\"\""} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		n, err := parseTOML(data)
		var want map[string]any
		if _, refErr := toml.Decode(string(trimBOM(data)), &want); refErr != nil || err != nil && strings.Contains(err.Error(), "more than") {
			return
		}
		if err != nil {
			t.Fatalf("refused: %v", err)
		}
		if diff := cmp.Diff(shape(want), shape(plain(n))); diff != "" {
			t.Fatalf("differs from the reference:\n%s", diff)
		}
	})
}

// shape keeps keys, strings and lists of a value. Numbers and dates, whose
// text stays as it is here, are left out.
func shape(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, x := range v {
			out[k] = shape(x)
		}
		return out
	case []map[string]any:
		out := []any{}
		for _, x := range v {
			out = append(out, shape(x))
		}
		return out
	case []any:
		out := []any{}
		for _, x := range v {
			out = append(out, shape(x))
		}
		return out
	case bool:
		return v
	}
	return "scalar"
}

func FuzzYAML(f *testing.F) {
	for _, s := range []string{"a: &x [1]\nb: *x", "a: !Ref b\n---\n- c", "{{ if }}\na: {{ .b }}", "<<: {a: 1}", "? [a]\n: b"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		one, err := parseYAML(data)
		two, again := parseYAML(data)
		if fmt.Sprint(err) != fmt.Sprint(again) || !cmp.Equal(one, two, cmpopts.IgnoreUnexported(Node{})) {
			t.Fatal("two readings differ")
		}
	})
}

func FuzzFrontMatter(f *testing.F) {
	for _, s := range []string{"---\na: b\n---\nc", "---\na: b: c\n- d\n---\n", "---\n---", "--- \n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		_, body, line, _ := parseFrontMatter(data)
		if !bytes.HasSuffix(data, []byte(body)) {
			t.Fatal("the body is no end of the file")
		}
		if want := 1 + bytes.Count(data[:len(data)-len(body)], []byte("\n")); line != want {
			t.Fatalf("body on line %d, want %d", line, want)
		}
	})
}
