package change

import (
	"path"
	"slices"
	"strings"
)

// extractors are the readers that data cannot express. The catalogue names
// them.
var extractors = map[string]extractor{
	"arm":                  readARM,
	"baml":                 readBAML,
	"bicep":                readBicep,
	"cloudformation":       readCloudFormation,
	"code":                 codeFacts,
	"command-lines":        readCommandLines,
	"containers":           readContainers,
	"countersign-rules":    readRules,
	"countersign-settings": readSettings,
	"embedded-code":        readEmbeddedCode,
	"environment":          readEnvironment,
	"front":                readFront,
	"pipeline":             readPipeline,
	"prompt-strings":       readPromptStrings,
	"salesforce":           readSalesforce,
	"settings-tree":        readSettingsTree,
	"shell":                readShell,
	"spring":               readSpring,
	"terraform":            readTerraform,
	"workflow":             workflowFacts,
}

// modelFact makes a fact of a model's value, wherever that leads.
func modelFact(slot, value string, line int) (fact, bool) {
	r := pin(value)
	return fact{kind: Model, slot: slot, value: r.value, outside: r.outside, line: line}, r.value != ""
}

// readShell reads a script.
func readShell(d *document) []fact { return shellFacts(shellText(d), 1) }

// walkMaps yields every entry of every map below n, with the slot of the value.
// Items of lists are known by their names.
func walkMaps(n *Node, at string, yield func(at, key string, v *Node)) {
	walkNode(n, at, 0, yield)
}

func walkNode(n *Node, at string, depth int, yield func(at, key string, v *Node)) {
	if n == nil || depth > maxDepth {
		return
	}
	switch n.Kind {
	case MapNode:
		for i, k := range n.Keys {
			yield(join(at, k), k, n.Items[i])
			walkNode(n.Items[i], join(at, k), depth+1, yield)
		}
	case ListNode:
		w := slotWalk{identity: defaultIdentity}
		for i, it := range n.Items {
			walkNode(it, at+"["+w.itemName(it, i)+"]", depth+1, yield)
		}
	}
}

// readSpring reads Spring's dotted keys in a properties file.
func readSpring(d *document) []fact {
	var out []fact
	root := d.root()
	if root == nil {
		return nil
	}
	for i, k := range root.Keys {
		value := root.Items[i].String()
		if !strings.HasPrefix(k, "spring.ai.") && !strings.Contains(k, "langchain4j.") || value == "" {
			continue
		}
		last := k[strings.LastIndexByte(k, '.')+1:]
		switch last {
		case "model", "model-name", "model-id", "deployment-name", "modelName":
			if f, ok := modelFact(k, value, root.Items[i].Line); ok {
				out = append(out, f)
			}
		case "temperature", "max-tokens", "top-p", "max-completion-tokens":
			out = append(out, fact{kind: ModelParams, slot: k, value: value, line: root.Items[i].Line})
		}
	}
	return out
}

// readBAML resolves the clients of functions, and reads clients that no
// function of the file uses where they stand.
func readBAML(d *document) []fact {
	root := d.root()
	if root == nil {
		return nil
	}
	var out []fact
	clients := []*Node{root}
	var others []string
	if d.other != nil {
		if c := d.other(path.Join(path.Dir(d.entry.Path), "clients.baml")); c != nil && c.entry.Path != d.entry.Path && c.root() != nil {
			clients, others = append(clients, c.root()), []string{c.entry.Path}
		}
	}
	client := root.Get("client")
	for i := range client.items() {
		c := client.Items[i]
		if model := c.Get("options", "model"); model.String() != "" {
			if f, ok := modelFact("client."+client.Keys[i]+".options.model", model.String(), model.Line); ok {
				out = append(out, f)
			}
		}
		if strategy := c.Get("options", "strategy").Strings(); len(strategy) > 0 {
			list := bamlModels(clients, client.Keys[i])
			if len(list) == 0 {
				list = strategy
			}
			out = append(out, fact{kind: Model, slot: "client." + client.Keys[i] + ".options.strategy", value: strings.Join(list, ", "), list: list, line: c.Line})
		}
		for _, p := range []string{"temperature", "max_tokens"} {
			if v := c.Get("options", p); v.String() != "" {
				out = append(out, fact{kind: ModelParams, slot: "client." + client.Keys[i] + ".options." + p, value: v.String(), line: v.Line})
			}
		}
	}
	for _, kind := range []string{"class", "enum"} {
		walkMaps(root.Get(kind), kind, func(at, _ string, v *Node) {
			if v.Kind == StringNode {
				out = append(out, fact{kind: Prompt, slot: strings.TrimSuffix(at, ".") + "@description", value: v.Text, line: v.Line})
			}
		})
	}
	for _, kind := range []string{"function", "template_string"} {
		list := root.Get(kind)
		for i := range list.items() {
			fn, name := list.Items[i], list.Keys[i]
			text := fn
			if kind == "function" {
				text = fn.Get("prompt")
				if c := fn.Get("client"); c.String() != "" {
					models := bamlModels(clients, c.String())
					if len(models) == 0 {
						models = []string{c.String()}
					}
					f := fact{kind: Model, agent: name, slot: "function." + name + ".client", value: strings.Join(models, ", "), line: c.Line, paths: others}
					if r := pin(f.value); r.outside {
						f.value, f.outside = r.value, true
					}
					out = append(out, f)
				}
			}
			if text.String() != "" {
				out = append(out, fact{kind: Prompt, agent: name, slot: kind + "." + name, value: text.String(), line: text.Line})
			}
		}
	}
	return out
}

// readSalesforce reads Agentforce metadata. Of a prompt template's versions only
// the active one is live; where none is named, the last one.
func readSalesforce(d *document) []fact {
	root := d.root()
	if root == nil || len(root.Items) == 0 {
		return nil
	}
	top := root.Items[0]
	var out []fact
	each := func(n *Node, at string, skipVersions bool) {
		walkRepeating(n, at, func(slot, key string, v *Node) {
			if skipVersions && strings.HasPrefix(slot, "templateVersions") {
				return
			}
			switch text := strings.TrimSpace(v.String()); {
			case text == "" || v.Kind == BoolNode:
			case key == "primaryModel" || key == "plannerModel" || key == "modelName":
				if f, ok := modelFact(slot, text, v.Line); ok {
					out = append(out, f)
				}
			case key == "content", key == "instruction", key == "scope" && root.Keys[0] != "GenAiFunction", key == "role", key == "company",
				key == "description" && root.Keys[0] != "GenAiPromptTemplate" && root.Keys[0] != "Bot" && root.Keys[0] != "BotVersion":
				out = append(out, fact{kind: Prompt, slot: slot, value: text, line: v.Line})
			}
		})
	}
	each(top, "", true)
	if live := activeVersion(top); live != nil {
		each(live, "templateVersions", false)
	}
	return out
}

func activeVersion(top *Node) *Node {
	active := top.Get("activeVersionIdentifier").String()
	if active == "" {
		active = top.Get("activeVersion").String()
	}
	var last *Node
	for i, k := range top.Keys {
		if k != "templateVersions" {
			continue
		}
		v := top.Items[i]
		if id := strings.TrimSpace(v.Get("versionIdentifier").String()); id != "" && id == strings.TrimSpace(active) {
			return v
		}
		last = v
	}
	return last
}

// walkRepeating is walkMaps for XML, where equal names stand side by side.
func walkRepeating(n *Node, at string, yield func(at, key string, v *Node)) {
	w := slotWalk{repeats: true, identity: [][]string{{"developerName"}, {"functionName"}, {"versionIdentifier"}}}
	var walk func(h hit, depth int)
	walk = func(h hit, depth int) {
		if h.node == nil || depth > maxDepth {
			return
		}
		w.eachKey(h.node, func(k string, v hit) {
			yield(v.name, k, v.node)
			walk(v, depth+1)
		}, h)
	}
	walk(hit{node: n, name: at}, 0)
}

// readEmbeddedCode reads JavaScript that stands in strings of an export, and
// bodies of requests.
func readEmbeddedCode(d *document) []fact {
	var out []fact
	for _, root := range d.roots {
		walkMaps(root, "", func(at, key string, v *Node) {
			if key != "func" && key != "code" && key != "jsCode" && key != "jsonBody" && key != "javascriptFunction" && key != "customFunctionJavascriptFunction" || v.Kind != StringNode {
				return
			}
			inner := &document{entry: Entry{Path: d.entry.Path + ".js"}, data: []byte(v.Text), body: v.Text, bodyLine: 1, format: d.format}
			found := chatRequests(v.Text)
			for _, f := range codeFacts(inner) {
				if !slices.ContainsFunc(found, func(g fact) bool { return g.kind == f.kind && g.value == f.value }) {
					found = append(found, f)
				}
			}
			for _, f := range found {
				f.path, f.line, f.slot = d.entry.Path, v.Line, at+" "+f.slot
				out = append(out, f)
			}
		})
	}
	return out
}

// chatRequests finds requests in the shape of the chat completions API, which
// code without any SDK sends: a model beside messages that have roles.
// Source: OpenAI API reference, Create chat completion.
func chatRequests(src string) []fact {
	if !strings.Contains(src, "model") || (!strings.Contains(src, "messages") || !strings.Contains(src, "role")) && !strings.Contains(src, "prompt") {
		return nil
	}
	tokens, _ := lexCode(&jsLang, src)
	at := func(i int) string {
		if i < 0 || i >= len(tokens) {
			return ""
		}
		return tokenText(src, tokens[i])
	}
	var out []fact
	role := ""
	for i := 2; i < len(tokens); i++ {
		if tokens[i].kind != stringToken || at(i-1) != ":" {
			continue
		}
		switch value := at(i); at(i - 2) {
		case "model":
			out = append(out, fact{kind: Model, slot: "request.model", value: value})
		case "prompt", "system": // Ollama API, Generate a completion
			if isProse(value) {
				out = append(out, fact{kind: Prompt, slot: "request." + at(i-2), value: value})
			}
		case "role":
			role = value
		case "content":
			if role == "system" || role == "developer" {
				out = append(out, fact{kind: Prompt, slot: "request.messages[" + role + "]", value: value})
			}
			role = ""
		}
	}
	return out
}
