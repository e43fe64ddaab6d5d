package change

import (
	"path"
	"strings"
)

// These are attributes of resources that name a model or hold text.
// Source: Terraform registry, providers aws, awscc, azurerm, google.
var terraformModel = set("foundation_model", "supervisor_model", "model_id", "model_arn", "model_name", "embedding_model_arn", "base_model", "model_version", "foundation_model_id", "generative_model", "llm_model", "bedrock_model_id", "inference_profile_arn")
var terraformPrompt = set("instruction", "base_prompt_template", "collaboration_instruction", "system_prompt", "agent_instruction", "instructions")

// readTerraform reads one file of a module, with its variables resolved against
// the files beside it that hold them by convention.
func readTerraform(d *document) []fact {
	root := d.root()
	if root == nil {
		return nil
	}
	r := tfReader{module: []*Node{root}, dir: path.Dir(d.entry.Path)}
	if d.other != nil {
		for _, name := range []string{"variables.tf", "locals.tf", "main.tf", "vars.tf", "terraform.tfvars"} {
			p := path.Join(r.dir, name)
			if p == d.entry.Path {
				continue
			}
			if o := d.other(p); o != nil && o.root() != nil {
				r.module = append(r.module, o.root())
				r.paths = append(r.paths, p)
			}
		}
	}
	for _, kind := range []string{"resource", "module", "data"} {
		walkRepeating(root.Get(kind), kind, r.attribute)
	}
	r.variables(root)
	if strings.HasSuffix(d.entry.Path, ".tfvars") || strings.HasSuffix(d.entry.Path, ".tfvars.json") {
		r.values(root)
	}
	return r.facts
}

type tfReader struct {
	module []*Node
	dir    string
	paths  []string
	facts  []fact
}

func (r *tfReader) attribute(at, key string, v *Node) {
	if v == nil || v.Kind == MapNode || v.Kind == ListNode {
		return
	}
	deployment := strings.Contains(at, "azurerm_cognitive_deployment") && strings.Contains(at, ".model.")
	switch {
	case terraformModel[key] || deployment && (key == "name" || key == "version"):
		value := hclValue(r.module, v)
		text := value.String()
		if value.Tag == hclExpr {
			f := fact{kind: Model, slot: at, value: "Terraform expression " + text, outside: strings.HasPrefix(text, "var."), line: v.Line}
			if f.outside {
				f.value = "Terraform variable " + strings.TrimPrefix(text, "var.")
			}
			if key == "foundation_model" || deployment {
				r.add(f, v, value)
			}
			return
		}
		if text != "" && (key == "foundation_model" || key == "supervisor_model" || deployment || isModelID(text) || strings.Contains(at, "bedrock")) {
			if f, ok := modelFact(at, text, v.Line); ok {
				r.add(f, v, value)
			}
		}
	case terraformPrompt[key]:
		if value := hclValue(r.module, v); strings.TrimSpace(value.String()) != "" {
			r.add(fact{kind: Prompt, slot: at, value: value.String(), line: v.Line}, v, value)
		}
	}
}

// add adds a fact. One that was resolved may have been read from other files.
func (r *tfReader) add(f fact, v, value *Node) {
	if v != value {
		f.paths = r.paths
	}
	r.facts = append(r.facts, f)
}

// variables reads defaults of variables and locals that are known models.
func (r *tfReader) variables(root *Node) {
	vars := root.Get("variable")
	for i := range vars.items() {
		if i >= len(vars.Keys) {
			break
		}
		v := vars.Items[i].Get("default")
		name := plainKey(vars.Keys[i])
		switch {
		case v == nil:
		case isModelID(v.String()) || strings.Contains(name, "foundationmodel") && v.String() != "":
			r.facts = append(r.facts, fact{kind: Model, slot: "variable." + vars.Keys[i] + ".default", value: v.Text, line: v.Line})
		case (promptKeys[name] || name == "instruction" || strings.HasSuffix(name, "prompt") || strings.HasSuffix(name, "instruction")) && strings.ContainsAny(v.String(), " \n"):
			r.facts = append(r.facts, fact{kind: Prompt, slot: "variable." + vars.Keys[i] + ".default", value: v.Text, line: v.Line})
		}
	}
	walkRepeating(root.Get("locals"), "locals", func(at, key string, v *Node) {
		if isModelID(v.String()) {
			r.facts = append(r.facts, fact{kind: Model, slot: at, value: v.Text, line: v.Line})
		}
	})
}

// values reads the values of a .tfvars file.
func (r *tfReader) values(root *Node) {
	walkRepeating(root, "", func(at, key string, v *Node) {
		name := plainKey(key)
		switch {
		case isModelID(v.String()), (modelKeys[name] || strings.HasSuffix(name, "foundationmodel")) && v.Kind == StringNode && strings.Contains(name, "model") && v.Text != "":
			r.facts = append(r.facts, fact{kind: Model, slot: at, value: v.Text, line: v.Line})
		case (promptKeys[name] || strings.HasSuffix(name, "instruction") || strings.HasSuffix(name, "prompt")) && strings.ContainsAny(v.String(), " \n"):
			r.facts = append(r.facts, fact{kind: Prompt, slot: at, value: v.Text, line: v.Line})
		}
	})
}
