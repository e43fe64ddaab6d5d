package change

import (
	"path"
	"regexp"
	"strconv"
	"strings"
)

// Command lines of agents outside of workflows: shell scripts, Makefiles,
// scripts of package.json, pipelines of GitLab and others, and what containers
// start with. A flag says the same as in a step of a workflow. Sources: each
// tool's command line reference; GNU Make, Recipes; npm, scripts; GitLab, CI/CD
// YAML syntax reference, script; Dockerfile reference, CMD and ENTRYPOINT;
// Compose file reference, command and entrypoint; Kubernetes API reference,
// Container.

// A scriptPart is one script of a file.
type scriptPart struct {
	slot string
	text string
	line int // of the file on which it begins
	vars map[string]string
	of   *Node // the service or container that it starts; nil for others
}

var scriptFormats = set("shell-script", "script-file", "package-scripts", "gitlab-ci", "dockerfile", "compose", "kserve")

func isScript(d *document) bool {
	if !scriptFormats[d.format] {
		return false
	}
	for name := range agentCommands {
		if len(name) > 2 && strings.Contains(d.text(), name) {
			return true
		}
	}
	return false
}

// readScript reads the calls of agents. The first call of a tool in a slot is one
// agent, the second another.
func readScript(b *scopeBuilder) {
	count := map[string]int{}
	for _, part := range scriptParts(b.d) {
		calls := agentCalls(part.text, part.line, part.vars)
		for _, c := range calls {
			slot := entryText(part.slot + c.name)
			count[slot]++
			if n := count[slot]; n > 1 {
				slot += "#" + strconv.Itoa(n)
			}
			b.in("cli-"+c.name+"|"+b.d.entry.Path+"#"+slot, b.agent, true, func(b *scopeBuilder) {
				b.prefix = strings.TrimSuffix(slot, c.name)
				b.here()
				b.agentCall(c)
			})
		}
		if len(calls) > 0 && part.of != nil {
			b.in("cli-container|"+b.d.entry.Path+"#"+part.slot, b.agent, true, func(b *scopeBuilder) {
				b.prefix = part.slot
				b.here()
				b.settings(part.of, containerTable)
			})
		}
	}
}

// containerTable is what a container that runs an agent gets from its host.
// Sources: Compose file reference, services; Kubernetes API reference, Container,
// SecurityContext.
var containerTable = []setting{
	{at: "privileged", dimension: "sandbox", values: flag, absent: "false"},
	{at: "volumes", dimension: "filesystem", kind: allows},
	{at: "devices", dimension: "sandbox", kind: allows},
	{at: "cap_add", dimension: "sandbox", kind: allows},
	{at: "network_mode", dimension: "network", kind: prose},
	{at: "pid", dimension: "sandbox", kind: prose},
	{at: "user", dimension: "sandbox", kind: prose},
	{at: "secrets", dimension: "credential", kind: allows},
	{at: "securityContext.privileged", dimension: "sandbox", values: flag, absent: "false"},
	{at: "securityContext.allowPrivilegeEscalation", dimension: "sandbox", values: flag, absent: "true"},
	{at: "securityContext.runAsUser", dimension: "sandbox", kind: prose},
	{at: "securityContext.capabilities.add", dimension: "sandbox", kind: allows},
	{at: "volumeMounts", dimension: "filesystem", kind: prose},
	{at: "envFrom", dimension: "credential", kind: prose},
}

// scriptParts finds the scripts of a document.
func scriptParts(d *document) []scriptPart {
	switch d.format {
	case "shell-script", "script-file":
		return []scriptPart{{text: shellText(d), line: 1}}
	case "package-scripts":
		return keyedScripts(d.root().Get("scripts"), "scripts.", nil)
	case "gitlab-ci":
		return pipelineScripts(d)
	case "dockerfile":
		return dockerScripts(d.root())
	}
	var out []scriptPart
	for _, root := range d.roots {
		services := root.Get("services")
		for i, s := range services.items() {
			if services.Kind == MapNode {
				out = append(out, startOf("services."+services.Keys[i]+".", s, "entrypoint", "command"))
			}
		}
		walkMaps(root, "", func(at, key string, v *Node) {
			if (key == "containers" || key == "initContainers") && v.Kind == ListNode {
				for _, c := range v.Items {
					out = append(out, startOf(rootName(root, 0)+"."+key+"."+c.Get("name").String()+".", c, "command", "args"))
				}
			}
		})
	}
	return out
}

func keyedScripts(m *Node, slot string, vars map[string]string) []scriptPart {
	var out []scriptPart
	for i := range m.items() {
		if i < len(m.Keys) && m.Items[i].String() != "" {
			out = append(out, scriptPart{slot: slot + m.Keys[i] + " ", text: m.Items[i].Text, line: m.Items[i].Line, vars: vars})
		}
	}
	return out
}

// pipelineKeys are the keys under which pipelines keep scripts.
var pipelineKeys = set("script", "before_script", "after_script", "run", "command", "bash", "commands", "pwsh")

func pipelineScripts(d *document) []scriptPart {
	var out []scriptPart
	for _, root := range d.roots {
		shared := literals(nil, root.Get("variables"))
		walkMaps(root, "", func(at, key string, v *Node) {
			if !pipelineKeys[key] {
				return
			}
			job, _, _ := strings.Cut(at, ".")
			if text := strings.Join(v.Strings(), "\n"); text != "" {
				out = append(out, scriptPart{slot: at + " ", text: text, line: v.Line, vars: literals(shared, root.Get(job, "variables"))})
			}
		})
	}
	return out
}

// literals adds the variables of a map that hold plain text.
func literals(base map[string]string, n *Node) map[string]string {
	out := make(map[string]string, len(base))
	for k, v := range base {
		out[k] = v
	}
	for i := range n.items() {
		if i < len(n.Keys) && isName(n.Keys[i]) {
			v := n.Items[i]
			if v != nil && v.Kind == MapNode {
				v = v.Get("value")
			}
			if text := v.String(); text != "" && len(text) <= maxShellValue && !saysItself(n.Keys[i], text) {
				out[n.Keys[i]] = text
			}
		}
	}
	return out
}

// dockerScripts joins the last ENTRYPOINT and CMD as Docker does.
func dockerScripts(root *Node) []scriptPart {
	var out []scriptPart
	for _, it := range root.Get("RUN").items() {
		out = append(out, scriptPart{slot: "RUN ", text: it.Text, line: it.Line})
	}
	text, line := "", 0
	for _, word := range []string{"ENTRYPOINT", "CMD"} {
		list := root.Get(word).items()
		if len(list) == 0 {
			continue
		}
		last := list[len(list)-1]
		part := last.Text
		if args, err := parseJSON([]byte(last.Text)); err == nil && args.Kind == ListNode {
			part = shellJoin(args.Strings())
		}
		text, line = strings.TrimSpace(text+" "+part), last.Line
	}
	if text == "" {
		return out
	}
	return append(out, scriptPart{slot: "CMD ", text: text, line: line})
}

// startOf is the command that a service or container starts: two keys, each a
// list of words or a text.
func startOf(slot string, c *Node, keys ...string) scriptPart {
	out := scriptPart{slot: entryText(slot), of: c}
	var words []string
	for _, key := range keys {
		n := c.Get(key)
		if n == nil {
			continue
		}
		out.line = n.Line
		if n.Kind == ListNode {
			words = append(words, shellJoin(n.Strings()))
		} else {
			words = append(words, n.String())
		}
	}
	out.text = strings.Join(words, " ")
	return out
}

var makeVariable = regexp.MustCompile(`(?m)^(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*[:?+!]{0,2}=[ \t]*(.*)$`)

var makeReference = regexp.MustCompile(`\$\(([A-Za-z_]\w*)\)`)

// shellText is a script as a shell reads it: of a Makefile the variables are
// written as a shell's.
func shellText(d *document) string {
	base := path.Base(d.entry.Path)
	if base != "Makefile" && base != "GNUmakefile" && path.Ext(base) != ".mk" {
		return d.body
	}
	text := makeVariable.ReplaceAllStringFunc(d.body, func(line string) string {
		m := makeVariable.FindStringSubmatch(line)
		return m[1] + "='" + strings.ReplaceAll(strings.TrimSpace(m[2]), "'", "") + "'"
	})
	return makeReference.ReplaceAllString(strings.ReplaceAll(text, "$$", "$"), "$${$1}")
}

// readCommandLines takes models and prompts from the calls of agents in a file
// of which only some places are scripts.
func readCommandLines(d *document) []fact {
	var out []fact
	for _, part := range scriptParts(d) {
		if len(agentCalls(part.text, part.line, part.vars)) > 0 {
			out = append(out, underSlot(strings.TrimSpace(part.slot), shellFactsWith(part.text, part.line, part.vars))...)
		}
	}
	return out
}
