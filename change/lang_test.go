package change

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// outline writes a node as paths and values, one a line.
func outline(n *Node) string {
	var b strings.Builder
	var walk func(path string, n *Node)
	walk = func(path string, n *Node) {
		switch {
		case n == nil:
		case n.Kind == MapNode:
			for i, k := range n.Keys {
				walk(path+"."+k, n.Items[i])
			}
		case n.Kind == ListNode:
			for _, it := range n.Items {
				walk(path+"[]", it)
			}
		default:
			fmt.Fprintf(&b, "%s = %s%s\n", strings.TrimPrefix(path, "."), strings.ReplaceAll(n.Text, "\n", "⏎"), n.Tag)
		}
	}
	walk("", n)
	return b.String()
}

func TestParseLanguages(t *testing.T) {
	for _, tt := range []struct {
		name  string
		parse func([]byte) (*Node, error)
		src   string
		want  string
	}{
		{"Terraform", parseHCL, `
# a comment with foundation_model = "x"
resource "aws_bedrockagent_agent" "refunds" {
  foundation_model   = var.model // trailing
  idle_session_ttl   = 600
  instruction        = <<-EOT
    You refund.
      Carefully.
  EOT
  prompt = "Hi ${var.name}"
  tags   = { a = "b", "c": true }
}
resource "aws_bedrockagent_agent" "other" { foundation_model = "anthropic.claude-v2" }
variable "model" {
  type    = string
  default = "anthropic.claude-3-haiku-20240307-v1:0"
}
locals { x = [for s in var.list : upper(s)] }
data "aws_iam_policy_document" "d" {
  statement { actions = ["a:*"] }
  statement { actions = ["b:C", /* no */ "d:E",] }
}
policy = jsonencode({ Statement = [{ Effect = "Allow" }] })
n = cond ? "a" : "b"
`, `
resource.aws_bedrockagent_agent.refunds.foundation_model = var.model!expr
resource.aws_bedrockagent_agent.refunds.idle_session_ttl = 600
resource.aws_bedrockagent_agent.refunds.instruction = You refund.⏎  Carefully.
resource.aws_bedrockagent_agent.refunds.prompt = Hi ${var.name}!template
resource.aws_bedrockagent_agent.refunds.tags.a = b
resource.aws_bedrockagent_agent.refunds.tags.c = true
resource.aws_bedrockagent_agent.other.foundation_model = anthropic.claude-v2
variable.model.type = string!expr
variable.model.default = anthropic.claude-3-haiku-20240307-v1:0
locals.x = [for s in var.list : upper(s)]!expr
data.aws_iam_policy_document.d.statement.actions[] = a:*
data.aws_iam_policy_document.d.statement.actions[] = b:C
data.aws_iam_policy_document.d.statement.actions[] = d:E
policy.Statement[].Effect = Allow
n = cond ? "a" : "b"!expr
`},
		{"XML", parseXML, `<?xml version="1.0"?>
<!DOCTYPE x>
<T xmlns="http://x"><!-- no --><v><content>Don&apos;t &#39;x&#39;</content><m a="1">gpt</m></v><v/></T>`, `
T.v.content = Don't 'x'
T.v.m.@a = 1
T.v.m.#text = gpt
T.v = 
`},
		{".env", parseEnv, "# MODEL=no\nexport OPENAI_MODEL=\"gpt-4o\" # yes\nA = b # c\nEMPTY=\nP='it is\nlong'\nnot an assignment\nspring.ai.openai.chat.options.model: gpt-4o\nX=a \\\n  b\n", `
OPENAI_MODEL = gpt-4o
A = b
EMPTY = 
P = it is⏎long
spring.ai.openai.chat.options.model = gpt-4o
X = a b
`},
		{"Dockerfile", parseDockerfile, "FROM x\nENV MODEL=gpt-4o \\\n    # no\n    P=\"a b\"\nENV OLD style value\nARG M=\"m\"\nRUN vllm serve a/b\n", `
ENV.MODEL = gpt-4o
ENV.P = a b
ENV.OLD = style value
ARG.M = m
FROM[] = x
RUN[] = vllm serve a/b
`},
		{"Modelfile", parseModelfile, "# FROM no\nfrom llama3.2:3b\nPARAMETER temperature 0.7\nSYSTEM \"\"\"You are\na bot.\"\"\"\nMESSAGE user Hi there\nTEMPLATE \"{{ .Prompt }}\"\n", `
FROM = llama3.2:3b
PARAMETER.temperature = 0.7
SYSTEM = You are⏎a bot.
MESSAGE[].role = user
MESSAGE[].content = Hi there
TEMPLATE = {{ .Prompt }}
`},
		{"BAML", parseBAML, `
// client<llm> No { }
client<llm> Fast {
  provider openai
  retry_policy Twice
  options { model "gpt-4o-mini" // no
    api_key env.KEY temperature 0.0 }
}
client<llm> Any { provider fallback options { strategy [Fast, Slow] } }
class R { name string @description("model") }
function Extract(text: string) -> R {
  client Fast
  prompt #"
    Read "{{ text }}".
      Obey.
  "#
}
template_string Hello(n: string) #"Hello {{ n }}"#
test T { functions [Extract] args { text #"x"# } }
`, `
client.Fast.provider = openai
client.Fast.retry_policy = Twice
client.Fast.options.model = gpt-4o-mini
client.Fast.options.api_key = env.KEY
client.Fast.options.temperature = 0.0
client.Any.provider = fallback
client.Any.options.strategy[] = Fast
client.Any.options.strategy[] = Slow
class.R.name = model
function.Extract.client = Fast
function.Extract.prompt = Read "{{ text }}".⏎  Obey.
template_string.Hello = Hello {{ n }}
`},
		{"Bicep", parseBicep, `
targetScope = 'subscription'
@description('no model')
@allowed(['a', 'b'])
param chatModel string = 'gpt-4o' // yes
param other string
var name = '${prefix}-x'
resource d 'Microsoft.CognitiveServices/accounts/deployments@2023-05-01' = [for x in list: {
  name: 'd'
  properties: {
    model: {
      format: 'OpenAI'
      name: empty(chatModel) ? 'gpt-4o-mini' : chatModel
      version: '2024-08-06'
    }
  }
}]
module m './ai.bicep' = if (on) {
  params: { list: ['a'
    'b'] }
}
output o string = d.id
`, `
param.chatModel = gpt-4o
param.other = 
var.name = ${prefix}-x!template
resource.d.name = d
resource.d.properties.model.format = OpenAI
resource.d.properties.model.name = empty(chatModel) ? 'gpt-4o-mini' : chatModel!expr
resource.d.properties.model.version = 2024-08-06
resource.d.@type = Microsoft.CognitiveServices/accounts/deployments@2023-05-01
module.m.params.list[] = a
module.m.params.list[] = b
module.m.@type = ./ai.bicep
`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			root, err := tt.parse([]byte(tt.src))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.TrimLeft(tt.want, "\n"), outline(root)); diff != "" {
				t.Errorf("nodes (-want +got):\n%s", diff)
			}
		})
	}
}

// What cannot be read is an error, never an empty file.
func TestParseLanguagesErrors(t *testing.T) {
	for _, tt := range []struct {
		name  string
		parse func([]byte) (*Node, error)
		src   string
	}{
		{"HCL block without end", parseHCL, `a "b" {`},
		{"HCL string without end", parseHCL, "a = \"b\n"},
		{"HCL heredoc without end", parseHCL, "a = <<X\nb\n"},
		{"HCL too deep", parseHCL, "a = " + strings.Repeat("[", 1000)},
		{"HCL without a value", parseHCL, "a b"},
		{"XML without end", parseXML, "<a><b></b>"},
		{"XML crossed", parseXML, "<a><b></a></b>"},
		{"XML with an entity of its own", parseXML, `<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>`},
		{"XML empty", parseXML, ""},
		{"Modelfile without FROM", parseModelfile, "SYSTEM hi\n"},
		{"BAML raw string without end", parseBAML, `function F() { prompt #"x" }`},
		{"Bicep object without end", parseBicep, "var a = {"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if root, err := tt.parse([]byte(tt.src)); err == nil {
				t.Errorf("no error, but %q", outline(root))
			}
		})
	}
}

func TestHCLValue(t *testing.T) {
	main, err := parseHCL([]byte(`
a = var.model
b = local.ids.chat
c = "${var.model}"
d = var.missing
locals { ids = { chat = var.model } }`))
	if err != nil {
		t.Fatal(err)
	}
	variables, err := parseHCL([]byte(`variable "model" { default = "anthropic.claude-v2" }`))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"a": "anthropic.claude-v2", "b": "anthropic.claude-v2", "c": "anthropic.claude-v2", "d": "var.missing"} {
		if got := hclValue([]*Node{main, variables}, main.Get(name)).String(); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
}

func TestBAMLModels(t *testing.T) {
	root, err := parseBAML([]byte(`
client<llm> A { options { model "gpt-4o" } }
client<llm> B { options { strategy [A, "anthropic/claude-sonnet-4-5", Loop] } }
client<llm> Loop { options { strategy [Loop, Loop] } }`))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"A": "gpt-4o", "B": "gpt-4o anthropic/claude-sonnet-4-5", "openai/gpt-5": "openai/gpt-5", "Loop": "", "None": ""} {
		if got := strings.Join(bamlModels([]*Node{root}, name), " "); got != want {
			t.Errorf("%s stands for %q, want %q", name, got, want)
		}
	}
}

func TestEnvDefault(t *testing.T) {
	for _, tt := range []struct {
		in, name, value string
		ok              bool
	}{
		{"${AZURE_MODEL=gpt-35-turbo}", "AZURE_MODEL", "gpt-35-turbo", true},
		{"${MODEL:-gpt-4o}", "MODEL", "gpt-4o", true},
		{"${MODEL-gpt-4o}", "MODEL", "gpt-4o", true},
		{"${MODEL}", "MODEL", "", true},
		{"${MODEL:?must be set}", "MODEL", "", true},
		{"${env:MODEL:gpt-4o}", "MODEL", "gpt-4o", true},
		{"${spring.model:llama3:8b}", "spring.model", "llama3:8b", true},
		{"${{ vars.MODEL }}", "", "", false},
		{"x${MODEL}", "", "", false},
		{"gpt-4o", "", "", false},
	} {
		name, value, ok := envDefault(tt.in)
		if name != tt.name || value != tt.value || ok != tt.ok {
			t.Errorf("envDefault(%q) = %q, %q, %v", tt.in, name, value, ok)
		}
	}
}

func TestExpressionDefault(t *testing.T) {
	for in, want := range map[string]string{
		"empty(x) ? x : 'gpt-4o'": "gpt-4o", "x ?? 'gpt-4o'": "gpt-4o", "coalesce(x, 'gpt-4o')": "gpt-4o",
		"readEnvironmentVariable('M', 'gpt-4o')": "gpt-4o", `var.x != "" ? var.x : "gpt-4o"`: "gpt-4o",
		"readEnvironmentVariable('M')": "", "x ? 'a' : y": "", "format('{0}', 'x')": "", "": "",
	} {
		if got, ok := expressionDefault(in); got != want || ok != (want != "") {
			t.Errorf("expressionDefault(%q) = %q, %v", in, got, ok)
		}
	}
}

func FuzzLanguages(f *testing.F) {
	for _, s := range []string{`a "b" { c = <<-X` + "\nX\n}", "<a b='c'>&lt;</a>", "A=\"b\nc\"", "FROM x\nSYSTEM \"\"\"a", `client<llm> A { options { model "x" } }`, "param a string = '${b}'\nvar c = '''x'''", "FROM a\nENV B=c"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for name, parse := range map[string]func([]byte) (*Node, error){"hcl": parseHCL, "xml": parseXML, "env": parseEnv, "docker": parseDockerfile, "modelfile": parseModelfile, "baml": parseBAML, "bicep": parseBicep, "script": parseAgentScript} {
			if root, err := parse(data); (root == nil) == (err == nil) {
				t.Errorf("%s: neither a result nor an error, or both", name)
			}
		}
	})
}

// A hostile file costs time in proportion to its size: with a reader that is
// quadratic this test does not come back.
func TestParseLanguagesLinear(t *testing.T) {
	const n = 1 << 17
	for _, unit := range []string{"a = [", "a {", "a = b ? c : ", "a = \"${", "<a>", "a='\n", "SYSTEM \"\"\"a\n", "FROM a\nSYSTEM \"\n", "#\"a", "client A {", "var a = {", "param a b = '${", "a = <<X\n", "a=\\\n", "a = {b =", "/*", "${", "a = (", "(", "ENV a=\"\\\n", "a:->\n |x\n", "a:\n a:\n"} {
		data := []byte(strings.Repeat(unit, n/len(unit)))
		for _, parse := range []func([]byte) (*Node, error){parseHCL, parseXML, parseEnv, parseDockerfile, parseModelfile, parseBAML, parseBicep, parseAgentScript} {
			_, _ = parse(data)
		}
		shellFacts("claude -p x\n"+string(data), 1)
	}
}

func BenchmarkLanguages(b *testing.B) {
	tf := []byte(strings.Repeat("resource \"aws_bedrockagent_agent\" \"a\" {\n  foundation_model = var.model\n  instruction = \"You refund people.\"\n  tags = { a = \"b\" }\n}\n", 40))
	bicep := []byte(strings.Repeat("resource d 'Microsoft.X/y@1' = {\n  name: 'd'\n  properties: {\n    model: { name: 'gpt-4o' }\n  }\n}\n", 33))
	b.Run("hcl", func(b *testing.B) {
		for b.Loop() {
			_, _ = parseHCL(tf)
		}
	})
	b.Run("bicep", func(b *testing.B) {
		for b.Loop() {
			_, _ = parseBicep(bicep)
		}
	})
}
