package change

import (
	"path"
	"strings"
)

// each returns every value of a key: elements of XML that repeat stand side by
// side.
func (n *Node) each(key string) []*Node {
	var out []*Node
	if n == nil || n.Kind != MapNode {
		return nil
	}
	for i, k := range n.Keys {
		if k == key {
			out = append(out, n.Items[i])
		}
	}
	return out
}

// Agentforce. Source: Salesforce Metadata API Developer Guide: GenAiPlugin,
// GenAiFunction, GenAiPlanner(Bundle), PermissionSet, Bot.

func isAgentforce(d *document) bool {
	root := d.root()
	return root.Has("GenAiPlugin") || root.Has("GenAiFunction") || root.Has("GenAiPlanner") || root.Has("GenAiPlannerBundle") ||
		(root.Has("PermissionSet") || root.Has("Profile")) && agentPermissionSet(d)
}

// agentPermissionSet tells the permission sets of agents from those of people,
// which lie in the same folders: by the agent's licence, or by the name.
func agentPermissionSet(d *document) bool {
	set := d.root().Get("PermissionSet")
	name := strings.ToLower(strings.SplitN(path.Base(d.entry.Path), ".", 2)[0])
	for _, word := range strings.FieldsFunc(name, func(r rune) bool { return r == '_' || r == '-' || r == ' ' }) {
		if word == "agent" || word == "agents" || word == "bot" || word == "copilot" || word == "agentforce" {
			return true
		}
	}
	text := strings.ToLower(set.Get("license").String() + " " + set.Get("label").String())
	return strings.Contains(text, "agent") || strings.Contains(text, "einsteincopilot")
}

func readAgentforce(b *scopeBuilder) {
	root := b.d.root()
	b.born = true
	b.here()
	b.agentforceTopic(root.Get("GenAiPlugin"))
	b.agentforceFunction(root.Get("GenAiFunction"))
	for _, planner := range []string{"GenAiPlanner", "GenAiPlannerBundle"} {
		p := root.Get(planner)
		for _, key := range []string{"genAiPlugins", "genAiFunctions"} {
			for _, it := range p.each(key) {
				for _, name := range []string{"genAiPluginName", "genAiFunctionName", "functionName"} {
					if v := it.Get(name); v != nil {
						b.add(scope{slot: key, dimension: "action", surface: key, rules: []rule{item(v, allow)}})
					}
				}
			}
		}
		for _, it := range p.each("localTopics") {
			name := it.Get("developerName").String()
			b.add(scope{slot: "localTopics", dimension: "action", surface: "localTopics", rules: []rule{{effect: allow, subject: name, raw: name, line: it.Line}}})
			b.agentforceTopic(it)
			for _, f := range it.each("localActions") {
				b.agentforceFunction(f)
			}
		}
	}
	b.agentforcePermissions(root.Get("PermissionSet"))
	b.agentforcePermissions(root.Get("Profile"))
}

func (b *scopeBuilder) agentforceTopic(p *Node) {
	for _, key := range []string{"genAiFunctions", "localActionLinks"} {
		for _, f := range p.each(key) {
			if v := f.Get("functionName"); v != nil {
				b.add(scope{slot: key, dimension: "action", surface: "functions", rules: []rule{item(v, allow)}})
			}
		}
	}
	if v := p.Get("canEscalate"); v != nil {
		b.level("canEscalate", "action", "canEscalate", flag, "false", strings.TrimSpace(v.String()), v.Line)
	}
}

func (b *scopeBuilder) agentforceFunction(f *Node) {
	if f == nil {
		return
	}
	target := strings.TrimSpace(f.Get("invocationTargetType").String() + " " + f.Get("invocationTarget").String())
	name := f.Get("developerName").String()
	if name == "" {
		name = strings.SplitN(path.Base(b.d.entry.Path), ".", 2)[0]
	}
	b.add(scope{slot: "invocationTarget", dimension: "action", surface: "target " + name, vague: true,
		rules: []rule{{effect: allow, subject: name, pattern: target, raw: name + " (" + target + ")", line: f.Line}}})
	value, line := "false", f.Line
	if v := f.Get("isConfirmationRequired"); v != nil {
		value, line = strings.TrimSpace(v.String()), v.Line
	}
	if !f.Has("isConfirmationRequired") {
		return
	}
	b.level("isConfirmationRequired", "approval", "confirmation "+name, guard, "false", value, line)
	b.scopes[len(b.scopes)-1].rules[0].raw = "<isConfirmationRequired>" + value
}

// permissionKinds are the lists of a permission set: what names the thing, and
// the rights over it, each of which is false where it is absent.
var permissionKinds = []struct {
	key, name string
	rights    []string
}{
	{"objectPermissions", "object", []string{"allowRead", "allowCreate", "allowEdit", "allowDelete", "viewAllRecords", "modifyAllRecords", "viewAllFields"}},
	{"fieldPermissions", "field", []string{"readable", "editable"}},
	{"classAccesses", "apexClass", []string{"enabled"}},
	{"pageAccesses", "apexPage", []string{"enabled"}},
	{"flowAccesses", "flow", []string{"enabled"}},
	{"userPermissions", "name", []string{"enabled"}},
	{"customPermissions", "name", []string{"enabled"}},
	{"tabSettings", "tab", nil},
	{"applicationVisibilities", "application", []string{"visible"}},
	{"externalCredentialPrincipalAccesses", "externalCredentialPrincipal", []string{"enabled"}},
	{"externalDataSourceAccesses", "externalDataSource", []string{"enabled"}},
	{"agentAccesses", "agentName", []string{"enabled"}},
	{"customMetadataTypeAccesses", "name", []string{"enabled"}},
	{"customSettingAccesses", "name", []string{"enabled"}},
	{"recordTypeVisibilities", "recordType", []string{"visible"}},
}

func (b *scopeBuilder) agentforcePermissions(set *Node) {
	for _, kind := range permissionKinds {
		sc := scope{slot: kind.key, dimension: "iam", surface: kind.key}
		for _, it := range set.each(kind.key) {
			name := strings.TrimSpace(it.Get(kind.name).String())
			for _, right := range kind.rights {
				if v := it.Get(right); strings.TrimSpace(v.String()) == "true" {
					raw := name + " " + right
					if right == "enabled" {
						raw = name
					}
					sc.rules = append(sc.rules, rule{effect: allow, subject: kind.key + " " + name + " " + right, raw: raw, line: it.Line})
				}
			}
		}
		if len(sc.rules) > 0 {
			b.add(sc)
		}
	}
}

// Microsoft 365 Copilot. Source: learn.microsoft.com, "Declarative agent schema",
// "API plugin manifest schema".

func isDeclarativeAgent(d *document) bool {
	root := d.root()
	if !strings.HasSuffix(d.entry.Path, ".json") {
		return false
	}
	return strings.Contains(root.Get("$schema").String(), "declarative-agent") || strings.Contains(root.Get("$schema").String(), "/copilot/plugin") ||
		root.Has("capabilities") && root.Has("instructions") || root.Has("schema_version") && root.Has("runtimes")
}

// capabilityItems are the inner lists that bound a capability. Without its list a
// capability reaches everything of its kind.
var capabilityItems = []string{"items_by_url", "items_by_sharepoint_ids", "sites", "connections", "urls", "folders", "knowledge_sources", "models", "items_by_id", "items", "group_mailboxes"}

func readDeclarativeAgent(b *scopeBuilder) {
	root := b.d.root()
	b.born = true
	b.here()
	for _, c := range root.Get("capabilities").items() {
		name := c.Get("name").String()
		sc := scope{slot: "capabilities." + entryText(name), dimension: "data_source", surface: "capabilities"}
		bounded := false
		for _, key := range capabilityItems {
			for _, it := range c.Get(key).items() {
				bounded = true
				text := oneLine(it)
				sc.rules = append(sc.rules, rule{effect: allow, subject: "capability " + name, pattern: key + " " + text, raw: name + " " + text, line: it.Line})
			}
		}
		if !bounded {
			sc.rules = []rule{{effect: allow, subject: "capability " + name, raw: name, line: c.Line}}
		}
		b.add(sc)
	}
	for _, a := range root.Get("actions").items() {
		text := a.Get("file").String()
		b.add(scope{slot: "actions", dimension: "action", surface: "actions", vague: true, rules: []rule{{effect: allow, subject: a.Get("id").String(), pattern: text, raw: a.Get("id").String() + " " + text, line: a.Line}}})
	}
	for _, f := range root.Get("functions").items() {
		name := f.Get("name").String()
		b.add(scope{slot: "functions", dimension: "action", surface: "functions", rules: []rule{{effect: allow, subject: name, raw: name, line: f.Line}}})
		if c := f.Get("capabilities", "confirmation"); c != nil {
			value := strings.ToLower(c.Get("type").String())
			if value == "" {
				value = "none"
			}
			b.level("functions."+entryText(name)+".confirmation", "approval", "confirmation "+name, "adaptivecard= none=a", "none", value, c.Line)
		}
	}
	for _, r := range root.Get("runtimes").items() {
		where := oneLine(r.Get("spec"))
		b.add(scope{slot: "runtimes", dimension: "action", surface: "runtimes", vague: true, rules: []rule{{effect: allow, subject: "runtime " + r.Get("type").String(), pattern: where, raw: r.Get("type").String() + " " + where, line: r.Line}}})
		b.add(scope{slot: "runtimes.auth", dimension: "credential", surface: "auth " + where, vague: true, rules: []rule{{effect: allow, subject: "auth", pattern: oneLine(r.Get("auth")), raw: oneLine(r.Get("auth")), line: r.Line}}})
		for _, it := range scalars(r.Get("run_for_functions")) {
			b.add(scope{slot: "runtimes.run_for_functions", dimension: "action", surface: "run for", rules: []rule{item(it, allow)}})
		}
	}
}

// Copilot Studio. Source: microsoft/vscode-copilotstudio and the Power Platform
// export of agents.

func isCopilotStudio(d *document) bool {
	return strings.HasSuffix(d.entry.Path, ".mcs.yml") || strings.HasSuffix(d.entry.Path, ".mcs.yaml") || hasFolder(d.entry.Path, "botcomponents") && d.root().Has("kind")
}

func readCopilotStudio(b *scopeBuilder) {
	root := b.d.root()
	b.born = true
	b.here()
	b.settings(root, []setting{
		{at: "gptCapabilities.webBrowsing", dimension: "tool", values: flag, absent: "false"},
		{at: "gptCapabilities.codeInterpreter", dimension: "tool", values: flag, absent: "false"},
		{at: "settings.GenerativeActionsEnabled", dimension: "tool", values: flag, absent: "false"},
		{at: "configuration.settings.GenerativeActionsEnabled", dimension: "tool", values: flag, absent: "false"},
		{at: "authenticationMode", dimension: "audience", values: "Integrated= Custom=a CustomAzureActiveDirectory=a None=ab", absent: "Integrated"},
		{at: "authenticationTrigger", dimension: "audience", kind: prose},
		{at: "accessControlPolicy", dimension: "audience", kind: prose},
		{at: "action.connectionProperties.mode", dimension: "credential", values: "Invoker= Maker=a", absent: "Invoker"},
		{at: "source", dimension: "data_source", kind: grant},
	})
	kind := root.Get("kind").String()
	action := root.Get("action")
	if kind != "TaskDialog" && kind != "McpTool" && action == nil {
		return
	}
	what := strings.Join(strings.Fields(action.Get("kind").String()+" "+action.Get("operationId").String()+" "+action.Get("connectionReference").String()+" "+action.Get("flowId").String()+" "+action.Get("operationDetails", "operationId").String()), " ")
	b.add(scope{slot: "action", dimension: "action", surface: "action", vague: true, rules: []rule{{effect: allow, subject: "action", pattern: what, raw: kind + " " + what, line: root.Line}}})
}
