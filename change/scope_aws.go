package change

import (
	"bytes"
	"path"
	"slices"
	"strings"
)

// AWS: Bedrock agents and the policies beside them. Sources: AWS CloudFormation
// and Terraform references of Bedrock agents; IAM User Guide, "IAM JSON policy
// elements reference".

func mentionsBedrock(d *document) bool {
	return bytes.Contains(d.data, []byte("bedrock")) || bytes.Contains(d.data, []byte("Bedrock"))
}

func isTerraformScope(d *document) bool {
	return path.Ext(d.entry.Path) == ".tf" && d.root() != nil && (mentionsBedrock(d) || mentionsAgentRole(d))
}

func mentionsAgentRole(d *document) bool { return bytes.Contains(d.data, []byte("agentcore")) }

func readTerraformScope(b *scopeBuilder) {
	root := b.d.root()
	b.here()
	for i, key := range root.Keys {
		if key != "resource" && key != "data" {
			continue
		}
		types := root.Items[i]
		for j, kind := range types.Keys {
			for k, name := range types.Items[j].Keys {
				b.terraformBlock(kind, name, types.Items[j].Items[k])
			}
		}
	}
}

func (b *scopeBuilder) terraformBlock(kind, name string, n *Node) {
	slot := kind + "." + entryText(name)
	switch {
	case kind == "aws_iam_policy_document":
		for _, s := range n.each("statement") {
			b.statement(slot, iamStatement{effect: s.Get("effect").String(), actions: s.Get("actions"), notActions: s.Get("not_actions"),
				resources: s.Get("resources"), notResources: s.Get("not_resources"), conditions: s.each("condition"), principals: s.each("principals"), line: s.Line})
		}
	case kind == "aws_iam_policy" || kind == "aws_iam_role_policy" || kind == "aws_iam_user_policy":
		b.policyDocument(slot, n.Get("policy"))
	case kind == "aws_iam_role":
		b.policyDocument(slot+".assume_role_policy", n.Get("assume_role_policy"))
		for _, p := range n.each("inline_policy") {
			b.policyDocument(slot+".inline_policy", p.Get("policy"))
		}
		for _, it := range scalars(n.Get("managed_policy_arns")) {
			b.add(scope{slot: slot + ".managed_policy_arns", dimension: "iam", surface: slot + " managed", rules: []rule{item(it, allow)}})
		}
	case strings.HasPrefix(kind, "aws_iam_") && strings.HasSuffix(kind, "_policy_attachment"):
		b.add(scope{slot: slot, dimension: "iam", surface: slot, vague: true, rules: []rule{{effect: allow, subject: slot, pattern: oneLine(n.Get("policy_arn")), raw: oneLine(n.Get("policy_arn")), line: n.Line}}})
	case kind == "aws_bedrockagent_agent":
		b.bedrockAgent(slot, n.Get("agent_resource_role_arn"), n.Get("guardrail_configuration"), n.Line)
	case kind == "aws_bedrockagent_agent_action_group":
		b.terraformActionGroup(slot, n)
	case kind == "aws_bedrockagent_agent_knowledge_base_association":
		text := oneLine(n.Get("knowledge_base_id"))
		b.add(scope{slot: slot, dimension: "data_source", surface: slot, vague: true, rules: []rule{{effect: allow, subject: slot, pattern: text, raw: text, line: n.Line}}})
	case kind == "aws_bedrockagent_agent_collaborator":
		text := oneLine(n.Get("agent_descriptor"))
		b.add(scope{slot: slot, dimension: "subagent", surface: slot, vague: true, rules: []rule{{effect: allow, subject: slot, pattern: text, raw: text, line: n.Line}}})
	}
}

func (b *scopeBuilder) bedrockAgent(slot string, role, guardrail *Node, line int) {
	if role != nil {
		b.add(scope{slot: slot + ".role", dimension: "iam", surface: slot + " role", vague: true, rules: []rule{{effect: allow, subject: slot, pattern: oneLine(role), raw: oneLine(role), line: line}}})
	}
	if guardrail != nil {
		text := oneLine(guardrail)
		b.add(scope{slot: slot + ".guardrail", dimension: "deny", surface: slot + " guardrail", def: allow, absent: allow, vague: true, rules: []rule{{effect: deny, subject: "guardrail", pattern: text, raw: text, line: guardrail.Line}}})
	}
}

func (b *scopeBuilder) terraformActionGroup(slot string, n *Node) {
	if n.Get("action_group_state").String() == "DISABLED" {
		return
	}
	executor := oneLine(n.Get("action_group_executor"))
	b.actionGroup(slot, n.Get("parent_action_group_signature").String(), executor, oneLine(n.Get("api_schema")), n.Line)
	for _, members := range n.Get("function_schema", "member_functions").items() {
		for _, f := range append((&Node{Kind: MapNode, Keys: []string{"functions"}, Items: []*Node{members}}).each("functions"), members.each("functions")...) {
			if f.Has("name") {
				b.bedrockFunction(slot, f.Get("name").String(), f.Get("require_confirmation"), f.Line)
			}
		}
	}
	for _, f := range n.Get("function_schema", "member_functions").each("functions") {
		b.bedrockFunction(slot, f.Get("name").String(), f.Get("require_confirmation"), f.Line)
	}
}

func (b *scopeBuilder) actionGroup(slot, signature, executor, schema string, line int) {
	text := strings.TrimSpace(signature + " " + executor)
	b.add(scope{slot: slot, dimension: "action", surface: slot, vague: true, rules: []rule{{effect: allow, subject: slot, pattern: text, raw: slot + " " + text, line: line}}})
	if schema != "null" {
		b.add(scope{slot: slot + ".api_schema", dimension: "action", surface: slot + " schema", rules: []rule{{effect: allow, subject: slot, pattern: schema, raw: schema, line: line, opaque: true}}})
	}
}

func (b *scopeBuilder) bedrockFunction(slot, name string, confirm *Node, line int) {
	b.add(scope{slot: slot + ".functions", dimension: "action", surface: slot + " functions", rules: []rule{{effect: allow, subject: "function " + name, raw: name, line: line}}})
	if confirm != nil {
		b.level(slot+"."+entryText(name)+".confirmation", "approval", slot+" confirm "+name, "ENABLED= DISABLED=a", "DISABLED", confirm.String(), confirm.Line)
	}
}

// An iamStatement is one statement of a policy, whatever the language.
type iamStatement struct {
	effect                  string
	actions, notActions     *Node
	resources, notResources *Node
	conditions, principals  []*Node
	line                    int
}

// policyDocument reads a policy in JSON, as a map or as text.
func (b *scopeBuilder) policyDocument(slot string, doc *Node) {
	if doc != nil && doc.Kind == StringNode {
		if root, err := parseJSON([]byte(doc.Text)); err == nil && root.Kind == MapNode {
			doc = root
		}
	}
	if doc == nil || doc.Kind != MapNode {
		return
	}
	statements := doc.Get("Statement")
	list := statements.items()
	if statements != nil && statements.Kind == MapNode {
		list = []*Node{statements}
	}
	for _, s := range list {
		st := iamStatement{effect: s.Get("Effect").String(), actions: s.Get("Action"), notActions: s.Get("NotAction"),
			resources: s.Get("Resource"), notResources: s.Get("NotResource"), line: s.Line}
		if c := s.Get("Condition"); c != nil {
			st.conditions = []*Node{c}
		}
		if p := s.Get("Principal"); p != nil {
			st.principals = []*Node{p}
		}
		b.statement(slot, st)
	}
}

// maxProduct bounds the rules that the lists of one document multiply into.
const maxProduct = 20000

// product reports whether lists of these lengths may still be multiplied out,
// and counts them.
func (b *scopeBuilder) product(lengths ...int) bool {
	n := 1
	for _, l := range lengths {
		if n *= max(l, 1); n > maxProduct {
			return false
		}
	}
	if *b.products+n > maxProduct {
		return false
	}
	*b.products += n
	return true
}

// statement turns one statement into rules, one for each action and resource.
// Actions are compared without regard to case. A condition narrows; of two
// conditions none is wider.
func (b *scopeBuilder) statement(slot string, s iamStatement) {
	e := allow
	if strings.EqualFold(s.effect, "Deny") {
		e = deny
	}
	sc := scope{slot: slot, dimension: "iam", surface: slot}
	var conditions []string
	for _, c := range s.conditions {
		conditions = append(conditions, oneLine(c))
	}
	slices.Sort(conditions)
	condition := strings.Join(conditions, " and ")
	if len(s.principals) > 0 {
		sc.dimension = "audience"
		for _, p := range s.principals {
			text := oneLine(p)
			sc.rules = append(sc.rules, rule{effect: e, subject: "principal", pattern: text + " if " + condition, raw: text, line: s.line})
		}
		b.add(sc)
		return
	}
	if s.notActions != nil || s.notResources != nil {
		text := strings.TrimSpace("not " + oneLine(s.notActions) + " " + oneLine(s.notResources) + " " + oneLine(s.actions) + oneLine(s.resources) + condition)
		sc.rules = []rule{{effect: e, subject: "not", pattern: text, raw: text, line: s.line, opaque: true}}
		b.add(sc)
		return
	}
	resources := texts(s.resources)
	if len(resources) == 0 {
		resources = []*Node{{Kind: StringNode, Text: "*", Line: s.line}}
	}
	actions := texts(s.actions)
	if !b.product(len(actions), len(resources)) {
		text := oneLine(s.actions) + oneLine(s.resources)
		sc.rules = []rule{{effect: e, subject: "statement", pattern: text, raw: text, line: s.line, opaque: true}}
		b.add(sc)
		return
	}
	for _, a := range actions {
		for _, r := range resources {
			sc.rules = append(sc.rules, iamRule(e, a, r, condition))
		}
	}
	b.add(sc)
}

// texts are the scalars of a list, templates and expressions of HCL and maps such
// as Fn::GetAtt included.
func texts(n *Node) []*Node {
	if n == nil || n.Kind == NullNode {
		return nil
	}
	list := []*Node{n}
	if n.Kind == ListNode {
		list = n.Items
	}
	var out []*Node
	for _, it := range list {
		switch {
		case it == nil:
		case it.Tag == hclExpr:
			for _, atom := range hclAtoms(it.Text, 0) {
				out = append(out, &Node{Kind: StringNode, Text: atom, Line: it.Line})
			}
		default:
			out = append(out, &Node{Kind: StringNode, Text: oneLine(it), Line: it.Line})
		}
	}
	return out
}

// hclAtoms splits an expression that makes a list into the elements it may
// have: through concat and its like, brackets, and both arms of a condition.
func hclAtoms(expr string, depth int) []string {
	expr = strings.TrimSpace(expr)
	if depth > 20 || expr == "" {
		return []string{expr}
	}
	name, rest, call := strings.Cut(expr, "(")
	switch {
	case call && strings.HasSuffix(rest, ")") && listFunctions[strings.TrimSpace(name)]:
		return atomsOf(splitTop(rest[:len(rest)-1], ','), depth)
	case expr[0] == '[' && strings.HasSuffix(expr, "]"):
		return atomsOf(splitTop(expr[1:len(expr)-1], ','), depth)
	}
	if arms := splitTop(expr, '?'); len(arms) == 2 {
		return atomsOf(splitTop(arms[1], ':'), depth)
	}
	if n := len(expr); n > 1 && expr[0] == '"' && expr[n-1] == '"' {
		expr = expr[1 : n-1]
	}
	return []string{expr}
}

var listFunctions = map[string]bool{"concat": true, "distinct": true, "flatten": true, "compact": true, "toset": true, "tolist": true, "sort": true, "setunion": true, "coalescelist": true}

func atomsOf(parts []string, depth int) []string {
	var out []string
	for _, p := range parts {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, hclAtoms(p, depth+1)...)
		}
	}
	return out
}

// splitTop splits at a separator outside strings and brackets.
func splitTop(s string, sep byte) []string {
	var out []string
	depth, start, quoted := 0, 0, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '(' || c == '[' || c == '{':
			depth++
		case c == ')' || c == ']' || c == '}':
			depth--
		case c == sep && depth == 0:
			out = append(out, s[start:i])
			start = i + 1
		}
	}
	return append(out, s[start:])
}

func iamRule(e effect, action, resource *Node, condition string) rule {
	r := rule{effect: e, subject: "iam", match: globs, raw: action.Text, line: action.Line}
	if resource.Text != "*" {
		r.raw += " on " + resource.Text
	}
	// A condition narrows: a rule without one covers the rule with it.
	r.pattern = strings.ToLower(action.Text) + "\x1f" + resource.Text + "\x1f" + "*"
	if condition != "" {
		r.pattern = strings.TrimSuffix(r.pattern, "*") + strings.ReplaceAll(condition, "*", "✱")
		r.raw += " if " + condition
	}
	return r
}

// CloudFormation and SAM.
func isCloudFormationScope(d *document) bool {
	resources := d.root().Get("Resources")
	return resources != nil && resources.Kind == MapNode && mentionsBedrock(d)
}

func readCloudFormationScope(b *scopeBuilder) {
	b.here()
	resources := b.d.root().Get("Resources")
	for i, name := range resources.Keys {
		r := resources.Items[i]
		p, slot := r.Get("Properties"), "Resources."+entryText(name)
		switch r.Get("Type").String() {
		case "AWS::Bedrock::Agent":
			b.bedrockAgent(slot, p.Get("AgentResourceRoleArn"), p.Get("GuardrailConfiguration"), r.Line)
			for _, g := range p.Get("ActionGroups").items() {
				if g.Get("ActionGroupState").String() == "DISABLED" {
					continue
				}
				at := slot + ".ActionGroups." + entryText(g.Get("ActionGroupName").String())
				b.actionGroup(at, g.Get("ParentActionGroupSignature").String(), oneLine(g.Get("ActionGroupExecutor")), oneLine(g.Get("ApiSchema")), g.Line)
				for _, f := range g.Get("FunctionSchema", "Functions").items() {
					b.bedrockFunction(at, f.Get("Name").String(), f.Get("RequireConfirmation"), f.Line)
				}
			}
			for _, k := range p.Get("KnowledgeBases").items() {
				text := oneLine(k.Get("KnowledgeBaseId"))
				b.add(scope{slot: slot + ".KnowledgeBases", dimension: "data_source", surface: slot + " knowledge", rules: []rule{{effect: allow, subject: text, raw: text, line: k.Line}}})
			}
			for _, c := range p.Get("AgentCollaborators").items() {
				text := oneLine(c.Get("AgentDescriptor"))
				b.add(scope{slot: slot + ".AgentCollaborators", dimension: "subagent", surface: slot + " collaborators", rules: []rule{{effect: allow, subject: text, raw: text, line: c.Line}}})
			}
		case "AWS::IAM::Role":
			b.policyDocument(slot+".AssumeRolePolicyDocument", p.Get("AssumeRolePolicyDocument"))
			for _, q := range p.Get("Policies").items() {
				b.policyDocument(slot+".Policies."+entryText(q.Get("PolicyName").String()), q.Get("PolicyDocument"))
			}
			for _, it := range texts(p.Get("ManagedPolicyArns")) {
				b.add(scope{slot: slot + ".ManagedPolicyArns", dimension: "iam", surface: slot + " managed", rules: []rule{item(it, allow)}})
			}
		case "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy":
			b.policyDocument(slot, p.Get("PolicyDocument"))
		}
	}
}
