package change

import (
	"regexp"
	"strings"
)

// readCloudFormation reads Bedrock resources and the defaults of parameters
// that name a model. Source: AWS CloudFormation template reference.
func readCloudFormation(d *document) []fact {
	var out []fact
	for _, root := range d.roots {
		t := cfnTemplate{root: root}
		resources := root.Get("Resources")
		for i := range resources.items() {
			if i < len(resources.Keys) {
				t.resource(resources.Keys[i], resources.Items[i])
			}
		}
		t.parameters()
		out = append(out, t.facts...)
	}
	return out
}

type cfnTemplate struct {
	root  *Node
	used  map[string]bool // parameters that a slot was resolved through
	facts []fact
}

var cfnModel = set("FoundationModel", "ModelId", "ModelArn", "RerankingModelArn", "EmbeddingModelArn", "ModelIdentifier", "JudgeModel")
var cfnPrompt = set("Instruction", "BasePromptTemplate", "TextPromptTemplate", "CollaborationInstruction")

func (t *cfnTemplate) resource(name string, r *Node) {
	kind := r.Get("Type").String()
	bedrock := strings.HasPrefix(kind, "AWS::Bedrock")
	walkMaps(r.Get("Properties"), name, func(at, key string, v *Node) {
		switch {
		case bedrock && cfnModel[key]:
			t.model(at, v)
		case bedrock && (cfnPrompt[key] || key == "Text" && strings.Contains(at, "TemplateConfiguration") || key == "Description" && strings.Contains(at, "Function")):
			if text := t.text(v); strings.TrimSpace(text) != "" {
				t.facts = append(t.facts, fact{kind: Prompt, slot: at, value: text, line: v.Line, agent: name})
			}
		case bedrock && key == "InferenceConfiguration":
			t.facts = append(t.facts, fact{kind: ModelParams, slot: at, value: canonical(v), line: v.Line, agent: name})
		case key == "Variables" || key == "Environment":
			for _, f := range variables(at, v) {
				t.facts = append(t.facts, f)
			}
			if v.Kind == MapNode {
				for i, k := range v.Keys {
					if known, maybe := modelVariable(k); (known || maybe) && (v.Items[i].Kind != StringNode || v.Items[i].Tag != "") {
						t.modelKnown(at+"."+k, v.Items[i])
					}
				}
			}
		}
	})
}

func (t *cfnTemplate) model(at string, v *Node) {
	values := t.values(v, 0)
	if len(values) == 0 {
		return
	}
	f, ok := modelFact(at, strings.Join(values, ", "), v.Line)
	if len(values) > 1 {
		f.list, f.outside = values, false
		f.value = strings.Join(values, ", ")
	}
	if ok {
		t.facts = append(t.facts, f)
	}
}

// modelKnown is model for a place that holds one only if the value is known.
func (t *cfnTemplate) modelKnown(at string, v *Node) {
	for _, value := range t.values(v, 0) {
		if isModelID(value) {
			t.facts = append(t.facts, fact{kind: Model, slot: at, value: value, line: v.Line})
		}
	}
}

var cfnSubstitution = regexp.MustCompile(`\$\{([^}!]+)\}`)

// values returns what a value may be: literals, defaults of parameters, both
// branches of a condition.
func (t *cfnTemplate) values(v *Node, depth int) []string {
	if v == nil || depth > 20 {
		return nil
	}
	fn, arg := cfnFunction(v)
	switch fn {
	case "":
		if v.Kind == ListNode || v.Kind == MapNode {
			return nil
		}
		return []string{v.Text}
	case "Ref":
		return []string{t.parameter(arg.String())}
	case "Sub":
		text := arg
		if arg.Kind == ListNode && len(arg.Items) > 0 {
			text = arg.Items[0]
		}
		return []string{cfnSubstitution.ReplaceAllStringFunc(text.String(), func(s string) string {
			name := s[2 : len(s)-1]
			if p := t.root.Get("Parameters", name, "Default"); p.String() != "" {
				t.use(name)
				return p.String()
			}
			return s
		})}
	case "If":
		var out []string
		for i, it := range arg.items() {
			if i > 0 {
				out = append(out, t.values(it, depth+1)...)
			}
		}
		return out
	case "FindInMap":
		if s := arg.Strings(); len(s) == 3 && t.root.Get("Mappings", s[0], s[1], s[2]).String() != "" {
			return []string{t.root.Get("Mappings", s[0], s[1], s[2]).String()}
		}
	case "Join":
		if arg.Kind == ListNode && len(arg.Items) == 2 {
			var parts []string
			for _, it := range arg.Items[1].items() {
				parts = append(parts, strings.Join(t.values(it, depth+1), "|"))
			}
			return []string{strings.Join(parts, arg.Items[0].String())}
		}
	}
	return []string{fn + " " + canonical(arg)}
}

func (t *cfnTemplate) use(parameter string) {
	if t.used == nil {
		t.used = map[string]bool{}
	}
	t.used[parameter] = true
}

// parameter returns the default of a parameter. One without is given at
// deployment.
func (t *cfnTemplate) parameter(name string) string {
	t.use(name)
	if p := t.root.Get("Parameters", name, "Default"); p.String() != "" {
		return p.String()
	}
	if t.root.Get("Resources", name) != nil {
		return name
	}
	return "[parameters('" + name + "')]"
}

func (t *cfnTemplate) text(v *Node) string {
	if values := t.values(v, 0); len(values) > 0 {
		return strings.Join(values, "\n")
	}
	return canonical(v)
}

// parameters adds defaults that name a known model and that no slot led to.
func (t *cfnTemplate) parameters() {
	params := t.root.Get("Parameters")
	for i := range params.items() {
		if i >= len(params.Keys) || t.used[params.Keys[i]] {
			continue
		}
		if v := params.Items[i].Get("Default"); isModelID(v.String()) {
			t.facts = append(t.facts, fact{kind: Model, slot: "Parameters." + params.Keys[i] + ".Default", value: v.Text, line: v.Line})
		}
	}
}

// cfnFunction takes an intrinsic function apart, in either spelling.
func cfnFunction(v *Node) (name string, arg *Node) {
	if strings.HasPrefix(v.Tag, "!") {
		return v.Tag[1:], &Node{Kind: v.Kind, Text: v.Text, Keys: v.Keys, Items: v.Items, Line: v.Line}
	}
	if v.Kind == MapNode && len(v.Keys) == 1 {
		if v.Keys[0] == "Ref" {
			return "Ref", v.Items[0]
		}
		if fn, ok := strings.CutPrefix(v.Keys[0], "Fn::"); ok {
			return fn, v.Items[0]
		}
	}
	return "", nil
}

// intrinsic returns the strings of an intrinsic function that stands where a
// model is expected: its argument, as text.
func intrinsic(n *Node) []string {
	if n == nil || n.Kind != MapNode {
		return nil
	}
	if fn, arg := cfnFunction(n); fn != "" {
		return []string{fn + " " + canonical(arg)}
	}
	return nil
}

// deploymentKey says that the name of a parameter tells of a model.
func deploymentKey(name string) bool {
	key := plainKey(name)
	return strings.Contains(key, "model") || strings.Contains(key, "deployment") || strings.Contains(key, "gpt") || strings.Contains(key, "llm")
}

// modelVersion says that a parameter holds the version of a model, which pins the
// model together with the name in another parameter: gptModelVersion is
// 2024-08-06. Source: Azure OpenAI, Model versions.
func modelVersion(name, value string) bool {
	key := plainKey(name)
	return strings.Contains(key, "model") && strings.HasSuffix(key, "version") && digitFirst(value) && len(value) <= len("2024-08-06") && strings.Trim(value, "0123456789-.") == ""
}

// readARM reads parameters and templates of Azure Resource Manager.
func readARM(d *document) []fact {
	root := d.root()
	var out []fact
	params := root.Get("parameters")
	for i := range params.items() {
		if i >= len(params.Keys) {
			break
		}
		name := params.Keys[i]
		for _, field := range []string{"value", "defaultValue"} {
			v := params.Items[i].Get(field)
			if v.String() == "" || !deploymentKey(name) {
				continue
			}
			if f, ok := modelFact("parameters."+name+"."+field, v.Text, v.Line); ok && (isModelID(f.value) || modelVersion(name, f.value) || f.outside && strings.HasSuffix(plainKey(name), "modelname")) {
				out = append(out, f)
			}
		}
	}
	walkMaps(root.Get("resources"), "resources", func(at, key string, v *Node) {
		if key == "model" && v.Kind == MapNode && v.Has("name") && v.Has("format") {
			out = append(out, deployedModel(at, v, func(n *Node) string { return armValue(root, n) })...)
		}
	})
	return out
}

// armValue resolves [parameters('x')] and [variables('x')] of a template.
func armValue(root, n *Node) string {
	text := n.String()
	for prefix, place := range map[string][]string{"[parameters('": {"parameters", "defaultValue"}, "[variables('": {"variables"}} {
		if rest, ok := strings.CutPrefix(text, prefix); ok {
			name, _, _ := strings.Cut(rest, "'")
			at := append([]string{place[0], name}, place[1:]...)
			if v := root.Get(at...); v.String() != "" {
				return v.String()
			}
		}
	}
	return text
}

// deployedModel reads name and version of an Azure deployment, which together
// pin it.
func deployedModel(at string, model *Node, value func(*Node) string) []fact {
	var out []fact
	for _, part := range []string{"name", "version"} {
		if v := model.Get(part); v.String() != "" {
			if f, ok := modelFact(at+"."+part, value(v), v.Line); ok {
				out = append(out, f)
			}
		}
	}
	return out
}

// maxMembers bounds how far into an object a name leads.
const maxMembers = 6

// readBicep reads parameters that name a model and deployments of models.
func readBicep(d *document) []fact {
	root := d.root()
	var out []fact
	resolve := func(n *Node) string { return bicepValue(root, n, 0) }
	for _, kind := range []string{"param", "var"} {
		list := root.Get(kind)
		for i := range list.items() {
			if i >= len(list.Keys) {
				break
			}
			v := list.Items[i]
			out = append(out, bicepParameter(kind+"."+list.Keys[i], list.Keys[i], v, resolve)...)
		}
	}
	walkMaps(root.Get("module"), "module", func(at, key string, v *Node) {
		if strings.Count(at, ".") == 3 && strings.HasSuffix(at, ".params."+key) {
			out = append(out, bicepParameter(at, key, v, resolve)...)
		}
	})
	for _, kind := range []string{"resource", "module", "param", "var"} {
		walkRepeating(root.Get(kind), kind, func(at, key string, v *Node) {
			if key == "model" && v.Kind == MapNode && v.Has("name") {
				out = append(out, deployedModel(at, v, resolve)...)
			}
		})
		walkMaps(root.Get(kind), kind, func(at, key string, v *Node) {
			if key == "model" && v.Kind == MapNode && v.Has("name") && strings.Contains(at, "[") {
				out = append(out, deployedModel(at, v, resolve)...)
			}
		})
	}
	return out
}

// bicepParameter reads a parameter, a variable or an argument of a module whose
// name says that it holds a model or the version of one.
func bicepParameter(slot, name string, v *Node, resolve func(*Node) string) []fact {
	if v == nil || v.Kind != StringNode || !deploymentKey(name) {
		return nil
	}
	f, ok := modelFact(slot, resolve(v), v.Line)
	if !ok || !isModelID(f.value) && !modelVersion(name, f.value) {
		return nil
	}
	return []fact{f}
}

// bicepValue resolves the name of a parameter or variable, or of a property of
// one that is an object.
func bicepValue(root, n *Node, depth int) string {
	if n == nil || depth > 8 {
		return ""
	}
	if n.Tag != hclExpr {
		return n.String()
	}
	for _, kind := range []string{"param", "var"} {
		at := append([]string{kind}, strings.Split(n.Text, ".")...)
		if v := root.Get(at...); v != nil && v.Kind == StringNode && len(at) <= maxMembers {
			return bicepValue(root, v, depth+1)
		}
	}
	if d, ok := expressionDefault(n.Text); ok {
		return d
	}
	if isName(n.Text) {
		return "[parameters('" + n.Text + "')]"
	}
	return n.Text
}
