package change

import "regexp"

// Where a model is asked. Who answers at another address need not be the model
// that is named, and gets every prompt. Sources: the SDKs' variables and options
// OPENAI_BASE_URL, ANTHROPIC_BASE_URL, OLLAMA_HOST, AZURE_OPENAI_ENDPOINT,
// GOOGLE_GEMINI_BASE_URL, base_url and api_base; Gemini CLI, GEMINI_SYSTEM_MD.

var endpointVariable = regexp.MustCompile(`(?i)^([A-Z]+_)?(OPENAI|ANTHROPIC|CLAUDE|AZURE_AI|AZURE_INFERENCE|GEMINI|VERTEX|OLLAMA|MISTRAL|GROQ|DEEPSEEK|OPENROUTER|LITELLM|LLM|COHERE|TOGETHER|XAI|BEDROCK|NVIDIA|FIREWORKS|LMSTUDIO|VLLM|EMBEDDINGS?)` +
	`(_[A-Z0-9]+)*_(BASE|URL|ENDPOINT|HOST|PROXY)$|^GEMINI_SYSTEM_MD$|^ANTHROPIC_CUSTOM_HEADERS$`)

// endpointKeys are keys of an address beside the model that is asked there.
var endpointKeys = set("baseurl", "apibase", "apibaseurl", "apiurl", "endpoint", "azureendpoint", "openaiapibase", "openaibaseurl", "openaibase", "anthropicbaseurl", "ollamabaseurl", "basepath", "apiendpoint")

// modelBeside are keys that make a map one of a model that is asked.
var modelBeside = set("model", "modelname", "modelid", "deployment", "deploymentname", "llmmodel", "chatmodel", "defaultmodel", "modelprovider")

func isEndpointHolder(d *document) bool {
	switch d.format {
	case "env", "compose", "helm-values", "baml", "app-config-yaml", "app-config-json", "app-config-toml", "spring":
		return !isMachineMade(d.entry.Path)
	}
	return false
}

func readEndpoints(b *scopeBuilder) {
	b.here()
	for _, root := range b.d.roots {
		b.endpointsIn(root, "")
		walkMaps(root, "", func(at, _ string, v *Node) { b.endpointsIn(v, at) })
		walkItems(root, "", 0, b.endpointsIn)
	}
}

// endpointsIn reads the addresses that one map or one list of NAME=value says.
func (b *scopeBuilder) endpointsIn(n *Node, at string) {
	if n == nil {
		return
	}
	if n.Kind == ListNode {
		for _, it := range n.Items {
			if name, value, ok := cutAssignment(it.String()); ok && it.Kind == StringNode {
				b.endpoint(join(at, name), name, value, it.Line)
			}
		}
		return
	}
	if n.Kind != MapNode {
		return
	}
	asked := false
	for _, key := range n.Keys {
		asked = asked || modelBeside[plainKey(key)]
	}
	name := n.Get("name").String() // of Kubernetes: name and value
	if v := n.Get("value"); v != nil {
		b.endpoint(join(at, name), name, v.String(), v.Line)
	}
	for i, key := range n.Keys {
		v := n.Items[i]
		if v == nil || v.Kind == MapNode || v.Kind == ListNode {
			continue
		}
		if asked && endpointKeys[plainKey(key)] {
			b.endpointAt(join(at, key), v.String(), v.Line)
		} else {
			b.endpoint(join(at, key), key, v.String(), v.Line)
		}
	}
}

func (b *scopeBuilder) endpoint(slot, name, value string, line int) {
	if endpointVariable.MatchString(name) {
		b.endpointAt(slot, value, line)
	}
}

func (b *scopeBuilder) endpointAt(slot, value string, line int) {
	if value == "" {
		return
	}
	slot = entryText(slot)
	b.add(scope{slot: slot, dimension: "network", surface: "endpoint " + slot, single: true,
		rules: []rule{{effect: allow, subject: slot, pattern: value, raw: value, line: line, opaque: true}}})
}
