package change

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// said writes facts as "kind slot = value", one a line.
func said(facts []fact) string {
	var b strings.Builder
	for _, f := range facts {
		mark := ""
		if f.notice {
			mark = " (notice)"
		}
		if f.outside {
			mark = " (outside)"
		}
		fmt.Fprintf(&b, "%s %s = %s%s\n", f.kind, f.slot, strings.ReplaceAll(f.value, "\n", "⏎"), mark)
	}
	return b.String()
}

func source(path, text string) *document {
	return &document{entry: Entry{Path: path, Mode: ModeFile}, data: []byte(text)}
}

type codeCase struct{ name, path, src, want string }

func TestCodeFacts(t *testing.T) {
	for _, cases := range [][]codeCase{pythonCases, scriptCases, goCases, dotnetCases, javaCases, quietCases, unseenCases} {
		for _, tt := range cases {
			t.Run(tt.path+" "+tt.name, func(t *testing.T) {
				got := said(codeFacts(source(tt.path, tt.src)))
				if diff := cmp.Diff(strings.TrimLeft(tt.want, "\n"), got); diff != "" {
					t.Errorf("facts (-want +got):\n%s", diff)
				}
			})
		}
	}
}

var pythonCases = []codeCase{
	{"keyword of a constructor", "a.py", `
from langchain_openai import ChatOpenAI
llm = ChatOpenAI(model="gpt-4o", temperature=0.2, max_tokens=100)
`, `
model llm.model = gpt-4o
model_params llm.temperature = 0.2
model_params llm.max_tokens = 100
`},
	{"a name that nobody knows, in a call that proves it", "a.py", `
from openai import AzureOpenAI
r = client.chat.completions.create(model="house-deployment", messages=m)
llm = AzureChatOpenAI(azure_deployment="prod-east")
`, `
model r.model = house-deployment
model llm.azure_deployment = prod-east
`},
	{"constants and their defaults", "a.py", `
import litellm
MODEL = "gemini-2.5-flash"  # was gpt-4
A_MODEL = os.getenv("A", "gpt-4o")
B_MODEL = os.environ.get("B") or "gpt-4o-mini"
C_MODEL = os.environ["C"]
D_MODEL: str = os.environ.get("D")
`, `
model MODEL = gemini-2.5-flash
model A_MODEL = gpt-4o
model B_MODEL = gpt-4o-mini
model C_MODEL = environment variable C (outside)
model D_MODEL = environment variable D (outside)
`},
	{"dataclass, pydantic and function defaults", "a.py", `
from openai import OpenAI
@dataclass
class Config:
    model: str = field(default="gpt-4o", metadata={"description": "model gpt-4"})
    embed_model: str = "text-embedding-3-small"
    name: str = "x"

def run(self, model_name="gpt-5", n=3):
    pass
`, `
model Config.model = gpt-4o
model Config.embed_model = text-embedding-3-small
model run.model_name = gpt-5
`},
	{"argparse and click", "a.py", `
import openai
parser.add_argument("--model", default="gpt-4-turbo", help="such as gpt-4")
@click.option("--model", "-m", default="gpt-4o")
def main(): ...
cmd = ["aider", "--model", "gpt-5"]
def run(model: str = typer.Argument("gpt-4.1", help="gpt-4")): ...
`, `
model add_argument.model = gpt-4-turbo
model model = gpt-4o
model cmd.--model = gpt-5
model run.model = gpt-4.1
`},
	{"alias tables and fallback lists", "a.py", `
import litellm
SHORTCUTS = {"gpt4": "gpt-4-1106-preview", "claude": "claude-2.1"}
FALLBACK_MODELS = ["gpt-4.1", "claude-sonnet-4-5"]
`, `
model SHORTCUTS.gpt4 = gpt-4-1106-preview
model SHORTCUTS.claude = claude-2.1
model FALLBACK_MODELS = gpt-4.1
model FALLBACK_MODELS = claude-sonnet-4-5
`},
	{"positional arguments", "a.py", `
from pydantic_ai import Agent
llm = init_chat_model("openai:gpt-4o")
a = Agent("openai:gpt-5", system_prompt="Be brief, please.")
m = genai.GenerativeModel("gemini-1.5-pro")
`, `
model llm = openai:gpt-4o
model a = openai:gpt-5
prompt a.system_prompt = Be brief, please.
model m.GenerativeModel = gemini-1.5-pro
`},
	{"set by key and returned", "a.py", `
import openai
kwargs["model"] = "gemini-embedding-001"
def get_model(fast):
    return "anthropic/claude-sonnet-4-5"
`, `
model model = gemini-embedding-001
model get_model.return = anthropic/claude-sonnet-4-5
`},
	{"pins of hubs and registries", "a.py", `
from transformers import AutoModel
m = AutoModel.from_pretrained("org/name", revision="abc123")
p = hub.pull("owner/prompt:50442af1")
q = mlflow.genai.load_prompt("prompts:/refund/3")
`, `
model m = org/name@abc123
prompt p.hub = owner/prompt:50442af1
prompt q.registry = prompts:/refund/3
`},
	{"agents of the Agent Development Kit", "agent.py", `
from google.adk.agents import LlmAgent
root_agent = LlmAgent(
    name="root", model="gemini-2.0-flash-001", description="Routes refunds.",
    instruction=prompt.ROOT, global_instruction="Answer in French.", tools=[search],
)
`, `
model root_agent.[root].model = gemini-2.0-flash-001
prompt root_agent.[root].description = Routes refunds.
prompt root_agent.[root].global_instruction = Answer in French.
`},
	{"agents and tasks of CrewAI", "crew.py", `
from crewai import Agent, Task
class Crew:
    def writer(self):
        return Agent(
            role="Senior Writer",
            goal=dedent("""
                Write
                  well."""),
            backstory="You have written " "for years.",
            allow_delegation=False)
    def write(self):
        return Task(description=f"Write about {topic}.", expected_output="A long text.", agent=self.writer())
`, `
prompt Crew.writer.return.role = Senior Writer
prompt Crew.writer.return.goal = Write⏎  well.
prompt Crew.writer.return.backstory = You have written for years.
prompt Crew.write.return.description = Write about {topic}.
prompt Crew.write.return.expected_output = A long text.
`},
	{"prompts in constants, put together, and returned", "a.py", `
import anthropic
SYSTEM_PROMPT = """You are {name}.
Be kind."""
JOINED_PROMPT = (
    "You are one. "
    f"You are two {x}. "
    "Three."
)
def get_system_prompt(user):
    "A docstring about the prompt."
    text = f"You help {user} with everything they could ever ask you for."
    return text + " And then some more."
`, `
prompt SYSTEM_PROMPT = You are {name}.⏎Be kind.
prompt JOINED_PROMPT = You are one. You are two {x}. Three.
prompt get_system_prompt.text = You help {user} with everything they could ever ask you for.
prompt get_system_prompt.return =  And then some more.
`},
	{"messages and templates", "a.py", `
from langchain_core.prompts import ChatPromptTemplate
t = ChatPromptTemplate.from_messages([("system", "You speak {language}."), ("human", "{input}, please")])
r = litellm.completion(model="gpt-4o", messages=[
    {"role": "system", "content": "You are helpful."},
    {"role": "user", "content": "Hello there, you."},
])
`, `
prompt t.system = You speak {language}.
prompt t.human = {input}, please
model r.model = gpt-4o
prompt r.messages.[system].content = You are helpful.
`},
	{"a module of prompts", "refund/prompts.py", `
ROOT = """You answer questions about refunds.
Never promise one."""
VERSION = "1.2"
`, `
prompt ROOT = You answer questions about refunds.⏎Never promise one.
`},
	{"a class of prompts", "tasks.py", `
from crewai import Task
class TaskPrompts:
    def expand():
        return """
Expand the idea.
"""
`, `
prompt TaskPrompts.expand.return = ⏎Expand the idea.⏎
`},
}

var unseenCases = []codeCase{
	{"weather has a temperature", "a.py", `
from openai import OpenAI
def get_weather(city):
    return {"temperature": 72, "top_p": 3}
r = client.chat.completions.create(temperature=0.2)
`, "\nmodel_params r.temperature = 0.2\n"},
	{"a tier of Claude Code", "a.ts", `
import { query } from "@anthropic-ai/claude-agent-sdk";
launch({ model: "sonnet", form: "sonnet" });
`, "\nmodel launch.model = sonnet\n"},
	{"a user's message in a module of prompts", "prompts/extract.py", `
from llm import Message
def nodes(context):
    return [
        Message(role='system', content='You find the names of things in a text.'),
        Message(role='user', content=f"""
        Take the names from this text: {context['text']}
        """),
    ]
`, `
prompt nodes.return.Message.[system].content = You find the names of things in a text.
prompt nodes.return.Message.[user].content = ⏎        Take the names from this text: {context['text']}⏎        
`},
	{"what a file of Docker says is no prompt", "a.py", `
import litellm
_DOCKERFILE_TEMPLATE = """
FROM python
RUN pip install it
"""
MAIL_TEMPLATE = """
Write to the person
about it
"""
`, "\nprompt MAIL_TEMPLATE = ⏎Write to the person⏎about it⏎\n"},
	{"a table of windows", "a.py", `
import openai
WINDOWS = (*_model_context_windows(400_000, "gpt-5.2", "gpt-5.1"),)
`, "\nmodel WINDOWS._model_context_windows = gpt-5.2 (notice)\nmodel WINDOWS._model_context_windows = gpt-5.1 (notice)\n"},
	{"an argument by the name of instructions", "a.py", `
from pydantic import Field
import anthropic
def review(custom_instructions: str = Field(default="", description="Further instructions for the review of the change")): ...
`, ""},
	{"an argument of a registered prompt", "a.ts", `
import Anthropic from "@anthropic-ai/sdk";
server.registerPrompt("weather", { title: "Weather" }, ({ place }) => {
  const location = "the place that the person who asks has in mind";
  return location;
});
`, ""},
	{"a default that somebody may change when asked", "a.py", `
from smolagents import CodeAgent
model_id = Prompt.ask("Which one?", default="Qwen/Qwen2.5-Coder-32B-Instruct")
name = Prompt.ask("Name", default="desk")
`, "\nmodel model_id = Qwen/Qwen2.5-Coder-32B-Instruct\n"},
	{"questions to the person at the terminal", "src/prompts.ts", `
import { confirm } from "@inquirer/confirm";
export function confirmPurge() {
  return confirm({ message: "Delete everything that the daemon keeps, once and for all?" });
}
`, ""},
	{"a model that is made by its name", "A.kt", `
import com.google.adk.agents.LlmAgent
val root = LlmAgent(name = "desk", model = Gemini(name = "gemini-flash-latest"))
`, "\nmodel root.[desk].model.name = gemini-flash-latest\n"},
	{"types are no values", "env.d.ts", `
interface Env { OPENAI_MODEL: "openai/gpt-5.4"; }
`, ""},
}

var scriptCases = []codeCase{
	{"AI SDK", "a.ts", `
import { openai } from '@ai-sdk/openai';
const { text } = await generateText({
  model: openai('gpt-4o'),
  system: 'You are a friendly assistant.',
  prompt: ` + "`Answer ${q} with ${`care ${x}`}`" + `,
  temperature: 0.3,
});
`, `
model generateText.model = gpt-4o
prompt generateText.system = You are a friendly assistant.
prompt generateText.prompt = Answer ${q} with ${` + "`care ${x}`" + `}
model_params generateText.temperature = 0.3
`},
	{"constants and defaults", "a.ts", `
import OpenAI from 'openai'
const MODEL = process.env.MODEL ?? "gpt-4o"
export const DEFAULT_MODEL: string = 'claude-sonnet-4-5'
const envModel = process.env.OPENAI_MODEL
const chosen = process.env.LLM_MODEL || "gpt-4.1"
function run(q: string, model = "gpt-5") {}
const getModel = () => "gpt-4o-mini"
const NAME_MODEL: Model['name'] = 'gpt-4o'
`, `
model MODEL = gpt-4o
model DEFAULT_MODEL = claude-sonnet-4-5
model envModel = environment variable OPENAI_MODEL (outside)
model chosen.LLM_MODEL = gpt-4.1
model run.model = gpt-5
model getModel = gpt-4o-mini
model NAME_MODEL = gpt-4o
`},
	{"a property that a sibling names", "a.ts", `
class ChatOpenAI {
  constructor() {
    this.inputs = [
      { label: 'Model Name', name: 'modelName', type: 'options', default: 'gpt-4o-mini' },
      { label: 'Temperature', name: 'temperature', default: 0.9 },
    ]
  }
}
`, `
model ChatOpenAI.constructor.inputs.[modelName] = gpt-4o-mini
`},
	{"constants of CDK", "stack.ts", `
import * as bedrock from 'aws-cdk-lib/aws-bedrock'
new bedrock.Agent(this, 'A', {
  foundationModel: bedrock.BedrockFoundationModel.ANTHROPIC_CLAUDE_3_5_SONNET_V2_0,
  instruction: 'You are a librarian.',
})
`, `
model Agent.foundationModel = ANTHROPIC_CLAUDE_3_5_SONNET_V2_0
prompt Agent.instruction = You are a librarian.
`},
	{"a prompt that grows", "a.ts", `
// for claude
export function buildPrompt(c) {
  let promptContent = ` + "`Start with this.`" + `
  if (c.a) { promptContent += ` + "` Then this.`" + ` }
  return promptContent
}
`, `
prompt buildPrompt.promptContent = Start with this. Then this.
`},
	{"JSX with apostrophes", "a.tsx", `
import { useChat } from '@ai-sdk/react'
const el = <Chat model="gpt-4o">it's don't</Chat>
const model = 'gpt-5'
`, `
model model = gpt-4o
model model = gpt-5
`},
}

var goCases = []codeCase{
	{"constants, tables and flags", "a.go", `
package main
import "github.com/sashabaranov/go-openai"
const DefaultModel = "gpt-4o"
var DefaultModels = map[string]string{
	"openai":    "gpt-5-mini",
	"anthropic": "claude-sonnet-4-5",
}
var model = flag.String("model", "gpt-4-turbo", "the model")
func modelName() string { return cmp.Or(os.Getenv("MODEL"), "gpt-4.1") }
`, `
model DefaultModel = gpt-4o
model DefaultModels.openai = gpt-5-mini
model DefaultModels.anthropic = claude-sonnet-4-5
model model = gpt-4-turbo
model modelName.return.MODEL = gpt-4.1
`},
	{"Genkit", "a.go", `
package main
import "github.com/firebase/genkit/go/ai"
func main() {
	m := googlegenai.VertexAIModel(g, "gemini-2.5-flash")
	genkit.Generate(ctx, g, ai.WithModelName("googleai/gemini-2.5-pro"), ai.WithSystem("You are kind."))
}
`, `
model main.m.VertexAIModel = gemini-2.5-flash
model main.Generate.WithModelName = googleai/gemini-2.5-pro
prompt main.Generate.WithSystem = You are kind.
`},
	{"constants of SDKs and raw text", "a.go", `
package main
import "github.com/anthropics/anthropic-sdk-go"
const systemPrompt = ` + "`You are a bot.\nObey.`" + `
func main() {
	p := anthropic.MessageNewParams{Model: anthropic.ModelClaudeSonnet4_5, MaxTokens: 1024}
	c := llmagent.Config{Name: "root", Model: m, Instruction: "You answer questions."}
}
`, `
prompt systemPrompt = You are a bot.⏎Obey.
model main.p.Model = ModelClaudeSonnet4_5
model_params main.p.MaxTokens = 1024
prompt main.c.[root].Instruction = You answer questions.
`},
}

var dotnetCases = []codeCase{
	{"Semantic Kernel and Microsoft.Extensions.AI", "A.cs", `
using Microsoft.SemanticKernel;
class P {
    public string Model { get; set; } = "gpt-4o";
    const string SystemPrompt = """
        You are a bot.
          Obey.
        """;
    void Run(string model = "gpt-4o-mini") {
        builder.AddOpenAIChatCompletion("gpt-4-turbo", key);
        var c = new OpenAIClient(key).GetChatClient("gpt-4.1");
        ChatCompletionAgent a = new() { Name = "refund", Instructions = @"You refund ""people"".", };
        history.AddSystemMessage("You are a poet.");
        var o = new ChatOptions { ModelId = "o3-mini", Temperature = 0.1f };
    }
}
`, `
model P.Model = gpt-4o
prompt P.SystemPrompt = You are a bot.⏎  Obey.⏎
model P.Run.model = gpt-4o-mini
model P.Run.AddOpenAIChatCompletion = gpt-4-turbo
model P.Run.c = gpt-4.1
prompt P.Run.a.[refund].Instructions = You refund "people".
prompt P.Run.AddSystemMessage = You are a poet.
model P.Run.o.ModelId = o3-mini
model_params P.Run.o.Temperature = 0.1f
`},
}

var javaCases = []codeCase{
	{"LangChain4j and Spring AI", "A.java", `
import dev.langchain4j.model.openai.OpenAiChatModel;
class A {
    static final String MODEL_NAME = "gpt-4o";
    static final String SYSTEM_PROMPT = """
        You are a bot.
        """;
    @SystemMessage("You are polite.")
    String chat(String m);
    void run() {
        var m = OpenAiChatModel.builder().modelName("gpt-4o-mini").build();
        var n = OpenAiChatModel.builder().modelName(OpenAiChatModelName.GPT_4_O_MINI).build();
        String model = System.getenv().getOrDefault("MODEL", "gpt-4.1");
        var c = ChatClient.builder(x).defaultSystem("You are a bot too.").build();
    }
}
`, `
model A.MODEL_NAME = gpt-4o
prompt A.SYSTEM_PROMPT = You are a bot.⏎
prompt A.SystemMessage = You are polite.
model A.run.m.modelName = gpt-4o-mini
model A.run.n.modelName = GPT_4_O_MINI
model A.run.model = gpt-4.1
prompt A.run.c.defaultSystem = You are a bot too.
`},
}

// Files that look as if they spoke of models and prompts.
var quietCases = []codeCase{
	{"comments, docstrings, logs, errors, comparisons", "a.py", `
"""Uses model="gpt-4" from openai."""
# model = "gpt-4"
def supports(model):
    """model: gpt-4"""
    if model == "gpt-4" or "claude-3" in model or model.startswith("gpt-4o") or model in ("o1", "gpt-5"):
        print("model", "gpt-4")
        logger.info("model gpt-4o", "gpt-4o")
        raise ValueError("gpt-4")
    match model:
        case "gpt-4": pass
    return MODELS["gpt-4"]
`, ""},
	{"prices and limits", "a.py", `
import openai
PRICES = {"gpt-4": 0.03, "gpt-4o": {"input": 0.01, "max_tokens": 8192}}
`, ""},
	{"a tuple to choose from", "a.py", `
import openai
REASONING_MODELS = ("o1", "o3-mini")
`, `
model REASONING_MODELS = o1 (notice)
model REASONING_MODELS = o3-mini (notice)
`},
	{"a catalogue is a notice", "a.ts", `
import openai from 'openai'
const MODELS = [{ id: 'gpt-4', name: 'Four' }]
type Model = "gpt-4" | "gpt-4o"
`, "model MODELS.[gpt-4].id = gpt-4 (notice)\n"},
	{"switch, regular expressions and membership", "a.ts", `
import openai from 'openai'
if (model === "gpt-4" || ["gpt-4", "o1"].includes(model) || /"gpt-4/.test(model)) { console.log("gpt-4") }
switch (model) {
  case "gpt-4": return 1
  case 'claude-3-opus':
    return 2
}
throw new Error("gpt-4")
`, ""},
	{"capability checks", "a.go", `
package openai
func f(m string) bool {
	switch m {
	case "gpt-4", "gpt-4o":
		return true
	}
	return strings.HasPrefix(m, "gpt-5") || m == "gpt-4"
}
`, ""},
	{"a car", "a.py", `
car.model = "x5"
Car(model="model-t", agent="me")
`, ""},
	{"a shell and a dialog", "a.go", `
package ui
var exitPrompt = "Do you want to exit ([y]/n)? "
const PromptTemplate = "> "
`, ""},
	{"templates of mail", "a.py", `
EMAIL_TEMPLATE = """Dear customer,
your parcel is on its way."""
`, ""},
	{"generated code", "a.go", "// Code generated by x. DO NOT EDIT.\npackage a\nconst DefaultModel = \"gpt-4o\"\n", ""},
}

// Moving code about changes no slot.
func TestCodeFactsWithoutOrder(t *testing.T) {
	a := "import openai\ndef a(model=\"gpt-4o\"): pass\n\n\ndef b(model=\"gpt-5\"): pass\n"
	b := "# new\nimport openai\n\ndef b(model='gpt-5'):\n    pass\ndef a(\n    model=\"gpt-4o\",\n):\n    pass\n"
	lines := func(src string) map[string]bool {
		return set(strings.Split(said(codeFacts(source("a.py", src))), "\n")...)
	}
	if diff := cmp.Diff(lines(a), lines(b)); diff != "" {
		t.Errorf("reordered and reformatted (-before +after):\n%s", diff)
	}
}

func TestCodeTools(t *testing.T) {
	d := source("agent.py", `
from google.adk.agents import LlmAgent
root_agent = LlmAgent(name="root", tools=[search, FunctionTool(func=refund), *more])
kit = MCPToolset(tool_filter=["read_file", 'list'])
opts = ClaudeAgentOptions(allowed_tools=["Bash", "Read"], permission_mode="bypassPermissions", disallowed_tools=["Write"])
agent = create_react_agent(model, [search, refund])
llm.bind_tools([a, b])
x = Agent(tools=make_tools(), allow_code_execution=True)
`)
	var got []string
	for _, c := range codeTools(d) {
		got = append(got, fmt.Sprintf("%s %s %q open=%v agent=%s", c.polarity, c.slot, c.entries, c.open, c.agent))
	}
	want := []string{
		`allow root_agent.[root].tools ["search" "FunctionTool" "more"] open=true agent=root`,
		`allow kit.tool_filter ["read_file" "list"] open=false agent=`,
		`allow opts.allowed_tools ["Bash" "Read"] open=false agent=`,
		`mode opts.permission_mode ["bypassPermissions"] open=false agent=`,
		`deny opts.disallowed_tools ["Write"] open=false agent=`,
		`allow agent.create_react_agent ["search" "refund"] open=false agent=`,
		`allow bind_tools ["a" "b"] open=false agent=`,
		`allow x.tools ["make_tools"] open=false agent=`,
		`mode x.allow_code_execution ["True"] open=false agent=`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("tools (-want +got):\n%s", diff)
	}
}

// A file that is too large to be read says so; it never looks like one that
// says nothing.
func TestCodeFactsTooLarge(t *testing.T) {
	words := source("a.py", "import openai\n"+strings.Repeat("a ", maxTokens))
	codeFacts(words)
	if words.broken == nil {
		t.Errorf("%d words are not too many", maxTokens)
	}
	facts := codeFacts(source("a.py", "import openai\n"+strings.Repeat("m(model=\"gpt-4\")\n", maxFacts+1)))
	if len(facts) <= maxFacts {
		t.Errorf("%d facts: the comparison does not see that there are more", len(facts))
	}
}

func FuzzCodeFacts(f *testing.F) {
	for _, cases := range [][]codeCase{pythonCases, scriptCases, goCases, dotnetCases, javaCases, quietCases, unseenCases} {
		for _, c := range cases {
			f.Add(c.path, c.src)
		}
	}
	f.Add("a.ts", "`${`${`")
	f.Add("a.cs", `openai $@"x""`)
	f.Fuzz(func(t *testing.T, path, src string) {
		for _, c := range codeFacts(source(path, src)) {
			if c.kind == "" || c.slot == "" {
				t.Errorf("a fact without kind or slot: %+v", c)
			}
		}
		codeTools(source(path, src))
	})
}

// A hostile file costs time in proportion to its size: with a reader that is
// quadratic this test does not come back.
func TestCodeFactsLinear(t *testing.T) {
	const n = 1 << 17
	for name, unit := range map[string]string{
		"brackets": "([{", "open quotes": "x='", "triple quotes": `"""a`, "templates": "`${", "keys": "model=\"gpt-4\",", "parts": `prompt="a b"+`,
		"agents": "Agent(name=\"a\",", "subscripts": "a[", "generics": "a<b>(", "slashes": "/", "comments": "/*", "verbatim": `@"`, "lists": "tools=[",
	} {
		for _, ext := range []string{".py", ".ts", ".go", ".cs", ".java"} {
			src := "openai claude\n" + strings.Repeat(unit, n/len(unit))
			if got := len(codeFacts(source("a"+ext, src))); got > len(src)/4 {
				t.Errorf("%s in %s: %d facts", name, ext, got)
			}
		}
	}
}

// BenchmarkCodeFacts reads a file of 200 lines, of which a few dozen speak of
// models and prompts.
func BenchmarkCodeFacts(b *testing.B) {
	for name, c := range map[string]codeCase{"python": pythonCases[11], "typescript": scriptCases[1], "go": goCases[0], "csharp": dotnetCases[0], "java": javaCases[0]} {
		src := c.src + strings.Repeat("total = add(total, item.price * item.count);\n", 200-strings.Count(c.src, "\n"))
		d := source(c.path, src)
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(src)))
			for b.Loop() {
				codeFacts(d)
			}
		})
	}
}
