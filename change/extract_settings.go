package change

import (
	"path"
	"strings"
)

// modelKeys are keys of settings that hold the name of a model.
var modelKeys = set("model", "modelname", "modelid", "defaultmodel", "deployment", "deploymentname", "deploymentid", "llm", "llmmodel", "chatmodel", "embeddingmodel", "embedmodel",
	"chatmodelid", "embeddingmodelid", "textmodel", "visionmodel", "fastmodel", "smallmodel", "fallbackmodel", "primarymodel", "judgemodel", "azuredeployment", "engine", "modelurl",
	"foundationmodel", "completionmodel", "reasoningmodel", "summarymodel", "titlemodel", "rerankmodel", "rerankermodel", "chatdeploymentname", "embeddingdeploymentname", "models", "fallbacks",
	"modelidentifier", "basemodel", "plannermodel", "agentmodel", "openaimodel", "anthropicmodel", "geminimodel", "codemodel", "imagemodel", "audiomodel", "transcriptionmodel")

// promptKeys are keys of settings that hold text for a model.
var promptKeys = set("systemprompt", "systemmessage", "systeminstruction", "systeminstructions", "systemtemplate", "prompttemplate", "userprompttemplate", "systemprompttemplate", "agentprompt", "agentinstructions")

// paramKeys are parameters of a model; they count beside a model.
var paramKeys = set("temperature", "topp", "topk", "maxtokens", "maxoutputtokens", "reasoningeffort", "thinkingbudget", "maxcompletiontokens", "frequencypenalty", "presencepenalty")

// readSettingsTree reads settings whose format nobody describes. A key that
// says model counts when its value is the name of a known model, or when a
// known model or a parameter of models stands beside it; a known model
// anywhere else is a notice, and one among several to choose from as well.
func readSettingsTree(d *document) []fact {
	if isMachineMade(d.entry.Path) {
		return nil
	}
	var out []fact
	for _, root := range d.roots {
		from := len(out)
		settingsNode(root, "", 0, &out)
		if strings.Contains(root.Get("$schema").String(), "json-schema.org") {
			for i := from; i < len(out); i++ {
				out[i].notice = true // a schema describes settings and is none
			}
		}
	}
	return tablesToNotices(out)
}

// maxRows is how many items of one list may name a model each before the list
// is a table: of models and their prices, of results, of what could be chosen.
const maxRows = 8

// isResult says that a slot is of what a run brought, not of what was asked for.
func isResult(slot string) bool {
	top, _, _ := strings.Cut(slot, "[")
	switch plainKey(top[strings.LastIndexByte(top, '.')+1:]) {
	case "results", "runs", "findings", "outputs", "responses", "samples", "benchmarks", "measurements":
		return strings.Contains(slot, "[")
	}
	return false
}

func tablesToNotices(facts []fact) []fact {
	for i := range facts {
		facts[i].notice = facts[i].notice || isResult(facts[i].slot)
	}
	rows := map[string]int{}
	for i := range facts {
		if facts[i].inList() {
			rows[facts[i].group()]++
		}
	}
	for i := range facts {
		facts[i].notice = facts[i].notice || facts[i].inList() && rows[facts[i].group()] > maxRows
	}
	return facts
}

// isMachineMade says that a file is written by a tool and not by people.
func isMachineMade(p string) bool {
	base := path.Base(p)
	return strings.HasSuffix(base, ".lock.yml") || strings.HasSuffix(base, ".lock.yaml") || strings.HasSuffix(base, ".lock") || strings.Contains(base, "lock.json") || base == "package.json" || base == "composer.json" ||
		base == "pnpm-lock.yaml" || strings.HasSuffix(base, ".min.json") || base == "tsconfig.json" || base == "pyproject.toml" || base == "Cargo.toml" || strings.HasSuffix(base, ".ipynb")
}

func settingsNode(n *Node, at string, depth int, out *[]fact) {
	if n == nil || depth > maxDepth {
		return
	}
	switch n.Kind {
	case MapNode:
		settingsMap(n, at, depth, out)
	case ListNode:
		w := slotWalk{identity: defaultIdentity}
		for i, it := range n.Items {
			settingsNode(it, at+"["+w.itemName(it, i)+"]", depth+1, out)
		}
	}
}

func settingsMap(n *Node, at string, depth int, out *[]fact) {
	tuned, catalogue, agent := tunesModel(n), modelCatalogue(n), isAgentMap(n) || hasModel(n)
	for i, k := range n.Keys {
		v, slot := n.Items[i], join(at, k)
		key := plainKey(k)
		switch {
		case v == nil:
		case v.Kind == StringNode && modelKeys[key]:
			if f, ok := modelFact(slot, v.Text, v.Line); ok && (isModelID(f.value) || tuned && !f.outside && !strings.ContainsAny(f.value, " \n")) {
				*out = append(*out, f)
			}
		case v.Kind == ListNode && modelKeys[key] && allModels(v):
			list := v.Strings()
			*out = append(*out, fact{kind: Model, slot: slot, value: strings.Join(list, ", "), list: list, line: v.Line, notice: key == "models" && !tuned})
			continue
		case v.Kind == StringNode && promptKeys[key] && strings.ContainsAny(v.Text, " \n"), v.Kind == StringNode && agent && agentTexts[key] && isProse(v.Text):
			*out = append(*out, fact{kind: Prompt, slot: slot, value: v.Text, line: v.Line})
		case v.Kind == NumberNode && paramKeys[key] && tuned, v.Kind == StringNode && key == "reasoningeffort":
			*out = append(*out, fact{kind: ModelParams, slot: slot, value: v.Text, line: v.Line})
		case v.Kind == StringNode:
			*out = append(*out, otherSetting(slot, k, v)...)
		case v.Kind == MapNode && isModelID(k) && strings.ContainsAny(k, "-/") && !catalogue:
			*out = append(*out, fact{kind: Model, slot: slot, value: k, line: v.Line, notice: true})
		}
		if environmentKeys[k] && v != nil && v.Kind == ListNode {
			continue // lists of variables have a reader of their own
		}
		from := len(*out)
		settingsNode(v, slot, depth+1, out)
		if catalogue && isModelID(k) {
			for j := from; j < len(*out); j++ {
				(*out)[j].notice = true
			}
		}
	}
}

// labelKeys are keys whose values speak to people.
var labelKeys = set("id", "name", "title", "label", "text", "description", "summary", "tag", "tags", "category", "slug", "displayname", "version", "image", "license", "author")

// otherSetting reads a string under a key that means nothing by itself: a
// variable's name, or a known model's name as a notice.
func otherSetting(slot, key string, v *Node) []fact {
	if strings.ToUpper(key) == key && len(key) > 3 {
		if f, ok := variable(key, v); ok {
			f.slot = slot
			return []fact{f}
		}
	}
	if r := pin(v.Text); r.value != v.Text && isModelID(r.value) || strings.Contains(plainKey(key), "model") && isModelID(v.Text) {
		return []fact{{kind: Model, slot: slot, value: r.value, line: v.Line}}
	}
	if isModelID(v.Text) && !labelKeys[plainKey(key)] {
		return []fact{{kind: Model, slot: slot, value: v.Text, line: v.Line, notice: true}}
	}
	return nil
}

// hasModel says that a map names a known model.
func hasModel(n *Node) bool {
	for i, k := range n.Keys {
		if modelKeys[plainKey(k)] && isModelID(n.Items[i].String()) {
			return true
		}
	}
	return false
}

// tunesModel says that a map holds parameters of a model, or names a provider,
// so that the model in it need not be a known one.
func tunesModel(n *Node) bool {
	for _, k := range n.Keys {
		switch key := plainKey(k); {
		case paramKeys[key], promptKeys[key], key == "provider" && n.Has("model"), key == "apibase":
			return true
		}
	}
	return false
}

// modelCatalogue says that a map lists models to choose from by their names.
func modelCatalogue(n *Node) bool {
	models := 0
	for _, k := range n.Keys {
		if isModelID(k) {
			models++
		}
	}
	return models > 1
}

func allModels(n *Node) bool {
	list := n.Strings()
	for _, s := range list {
		if !isModelID(s) {
			return false
		}
	}
	return len(list) > 0 && len(list) == len(n.Items)
}

// plainKey writes a key without case and separators: defaultModel,
// default_model and default-model are one.
func plainKey(k string) string {
	clean := true
	for i := 0; i < len(k); i++ {
		if c := k[i]; c < 'a' || c > 'z' {
			clean = false
			break
		}
	}
	if clean {
		return k
	}
	return keySeparators.Replace(strings.ToLower(k))
}

var keySeparators = strings.NewReplacer("_", "", "-", "", ".", "", " ", "")
