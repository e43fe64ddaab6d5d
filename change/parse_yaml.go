package change

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// parseYAML reads a stream of YAML documents. Anchors, aliases and merge keys
// are expanded, tags that YAML does not define are kept in Tag, and repeated
// keys are tolerated (the last one wins). Text with {{ template }} actions is
// read with the actions as opaque text.
func parseYAML(data []byte) ([]*Node, error) {
	data = trimBOM(data)
	if err := yamlBounds(data); err != nil {
		return nil, err
	}
	roots, err := loadYAML(data, nil)
	if err != nil && bytes.Contains(data, []byte("{{")) {
		if again, err := loadYAML(maskTemplate(data), unmaskTemplate); err == nil {
			return again, nil
		}
	}
	for range maxMends {
		if err == nil || !quotePlainColon(&data, err) {
			break
		}
		roots, err = loadYAML(data, nil)
	}
	return roots, err
}

// maxMends bounds how many lines of a file are mended before it is given up.
const maxMends = 20

var plainColon = regexp.MustCompile(`^([ \t]*(?:- )?[\w.-]+:[ \t]+)([^\s"'|>&*!{\[#@%].*?: .*?)([ \t]*\r?)$`)

// quotePlainColon puts quotes around a value such as "one: two" that stands
// without them, the commonest mistake in YAML by far, on the line that err
// complains about. It reports whether it did. Readers that are strict refuse
// such a file until somebody mends it; what it says is clear all the same.
func quotePlainColon(data *[]byte, err error) bool {
	s, ok := err.(*syntaxError)
	if !ok || s.line == 0 {
		return false
	}
	start := 0
	for n := 1; n < s.line; n++ {
		at := bytes.IndexByte((*data)[start:], '\n')
		if at < 0 {
			return false
		}
		start += at + 1
	}
	end := len(*data)
	if at := bytes.IndexByte((*data)[start:], '\n'); at >= 0 {
		end = start + at
	}
	m := plainColon.FindSubmatch((*data)[start:end])
	if m == nil {
		return false
	}
	*data = slices.Concat((*data)[:start], m[1], []byte("'"), bytes.ReplaceAll(m[2], []byte("'"), []byte("''")), []byte("'"), m[3], (*data)[end:])
	return true
}

// maxYAMLValues bounds keys and values together, as they stand: the YAML library
// keeps several hundred bytes for each, and a comparison holds two versions.
const maxYAMLValues = 60_000

// yamlBounds refuses what would take the YAML library more memory than a file
// may cost: an upper bound of the number of values, and of their nesting in
// flow style. Indentation bounds the nesting in block style by itself.
func yamlBounds(data []byte) error {
	values, depth, line := 0, 0, 1
	for i, c := range data {
		switch c {
		case '\n':
			line++
		case '[', '{':
			values++
			if depth++; depth > 10*maxDepth {
				return syntaxErrorf(line, "nested more than %d levels deep", maxDepth)
			}
		case ']', '}':
			depth = max(depth-1, 0)
		case ',':
			values++
		case ':', '-', '?', '*', '&', '!':
			if i+1 == len(data) || data[i+1] <= ' ' || c == '*' || c == '&' || c == '!' {
				values++
			}
			if c == ':' && (i+1 == len(data) || data[i+1] <= ' ' || i > 0 && data[i-1] == '"') {
				values++ // the key and what it stands for; JSON needs no blank
			}
		}
	}
	if values > maxYAMLValues {
		return syntaxErrorf(0, "more than %d keys and values", maxYAMLValues)
	}
	return nil
}

func loadYAML(data []byte, text func(string) string) (roots []*Node, err error) {
	loader, err := yaml.NewLoader(bytes.NewReader(data), yaml.WithUniqueKeys(false))
	if err != nil {
		return nil, syntaxErrorf(0, "%v", err)
	}
	c := yamlConverter{text: text}
	for {
		var n yaml.Node
		if err := loader.Load(&n); err != nil {
			if errors.Is(err, io.EOF) {
				return roots, nil
			}
			return nil, yamlError(err)
		}
		root, err := c.node(&n, 0)
		if err != nil {
			return nil, err
		}
		roots = append(roots, root)
	}
}

var yamlErrorLine = regexp.MustCompile(`\b(?:line[: ]+|L)(\d+)`)

func yamlError(err error) error {
	text := strings.Join(strings.Fields(err.Error()), " ")
	line := 0
	if m := yamlErrorLine.FindStringSubmatch(text); m != nil {
		line, _ = strconv.Atoi(m[1])
	}
	return &syntaxError{line: line, text: "not valid YAML: " + clip(text, 200)}
}

type yamlConverter struct {
	nodes int
	bytes int                 // of all scalars
	text  func(string) string // restores masked text; nil for none
}

func (c *yamlConverter) node(y *yaml.Node, depth int) (*Node, error) {
	if depth > maxDepth {
		return nil, syntaxErrorf(y.Line, "nested more than %d levels deep", maxDepth)
	}
	if c.nodes++; c.nodes > maxNodes {
		return nil, syntaxErrorf(y.Line, "more than %d values with aliases expanded", maxNodes)
	}
	if c.bytes > 2*maxFile { // aliases make one text many
		return nil, syntaxErrorf(y.Line, "more than %d bytes with aliases expanded", 2*maxFile)
	}
	n := &Node{Line: y.Line}
	switch y.Kind {
	case yaml.DocumentNode:
		if len(y.Content) == 0 {
			return n, nil
		}
		return c.node(y.Content[0], depth)
	case yaml.AliasNode:
		if y.Alias == nil {
			return n, nil
		}
		return c.node(y.Alias, depth+1)
	case yaml.ScalarNode:
		c.scalar(n, y)
		return n, nil
	case yaml.SequenceNode:
		n.Kind, n.Tag = ListNode, customTag(y)
		n.Items = make([]*Node, 0, len(y.Content))
		for _, item := range y.Content {
			v, err := c.node(item, depth+1)
			if err != nil {
				return nil, err
			}
			n.Items = append(n.Items, v)
		}
		return n, nil
	case yaml.MappingNode:
		n.Kind, n.Tag = MapNode, customTag(y)
		return n, c.mapping(n, y, depth)
	}
	return n, nil
}

func (c *yamlConverter) scalar(n *Node, y *yaml.Node) {
	n.Kind, n.Text = StringNode, y.Value
	c.bytes += len(y.Value)
	if c.text != nil {
		n.Text = c.text(n.Text)
	}
	switch y.ShortTag() {
	case "!!null":
		n.Kind, n.Text = NullNode, ""
	case "!!bool":
		n.Kind, n.Text = BoolNode, strings.ToLower(y.Value)
	case "!!int", "!!float":
		n.Kind = NumberNode
	default:
		n.Tag = customTag(y)
	}
}

// mapping fills n. Keys of merged maps come first, so that a key of the map
// itself wins over them, and an earlier merged map over a later one.
func (c *yamlConverter) mapping(n *Node, y *yaml.Node, depth int) error {
	var merged []*yaml.Node
	for i := 0; i+1 < len(y.Content); i += 2 {
		if k := y.Content[i]; k.Kind == yaml.ScalarNode && k.Value == "<<" && k.ShortTag() == "!!merge" {
			merged = append(merged, mergeSources(y.Content[i+1])...)
		}
	}
	for i := len(merged) - 1; i >= 0; i-- {
		m, err := c.node(merged[i], depth+1)
		if err != nil {
			return err
		}
		if m.Kind == MapNode {
			n.Keys = append(n.Keys, m.Keys...)
			n.Items = append(n.Items, m.Items...)
		}
	}
	for i := 0; i+1 < len(y.Content); i += 2 {
		k := y.Content[i]
		if k.Kind == yaml.ScalarNode && k.Value == "<<" && k.ShortTag() == "!!merge" {
			continue
		}
		key, err := c.node(k, depth+1)
		if err != nil {
			return err
		}
		v, err := c.node(y.Content[i+1], depth+1)
		if err != nil {
			return err
		}
		if k.Kind == yaml.ScalarNode && key.Text == "" {
			key.Text = k.Value
		}
		n.put(key.Text, v)
	}
	return nil
}

func mergeSources(y *yaml.Node) []*yaml.Node {
	if y.Kind == yaml.SequenceNode {
		return y.Content
	}
	return []*yaml.Node{y}
}

// customTag returns a tag that YAML itself does not define, such as !Ref.
func customTag(y *yaml.Node) string {
	if strings.HasPrefix(y.Tag, "!") && !strings.HasPrefix(y.Tag, "!!") && y.Tag != "!" {
		return y.Tag
	}
	return ""
}

var (
	templateAction = regexp.MustCompile(`\{\{[^\n]*?\}\}`)
	templateLine   = regexp.MustCompile(`(?m)^[ \t]*(\{\{[^\n]*?\}\}[ \t]*)+\r?$`)
	maskPairs      = []string{"{", "\ue000", "}", "\ue001", ":", "\ue002", `"`, "\ue003", "'", "\ue004", "#", "\ue005",
		"[", "\ue006", "]", "\ue007", ",", "\ue008", "&", "\ue009", "*", "\ue00a", "!", "\ue00b", "|", "\ue00c", ">", "\ue00d",
		"%", "\ue00e", "`", "\ue00f", "@", "\ue010"}
	masker   = strings.NewReplacer(maskPairs...)
	unmasker = strings.NewReplacer(reversed(maskPairs)...)
)

func reversed(s []string) []string {
	out := make([]string, len(s))
	for i, v := range s {
		out[len(s)-1-i] = v
	}
	return out
}

// maskTemplate makes a file with {{ actions }} parse as YAML: lines that hold
// nothing else vanish, and elsewhere the characters that mean something to YAML
// are put out of sight until the values are read.
func maskTemplate(data []byte) []byte {
	s := templateLine.ReplaceAllString(string(data), "")
	return []byte(templateAction.ReplaceAllStringFunc(s, masker.Replace))
}

func unmaskTemplate(s string) string { return unmasker.Replace(s) }
