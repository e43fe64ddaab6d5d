package change

import (
	"maps"
	"testing"
)

// Files of ordinary repositories that look like an agent's by their folder or by
// one key ask nobody for a sign-off; the files of agents beside them do.
func TestOrdinaryFiles(t *testing.T) {
	for _, tt := range []struct {
		name, path, before, after string
		beside                    MapTree
		gates                     bool
	}{
		{"a person on a site", "content/agents/jane.md", "---\nname: Jane Doe\ndescription: Estate agent in Bonn\n---\nSells\n", "---\nname: Jane Doe\ndescription: Estate agent in Berlin\n---\nSells many\n", nil, false},
		{"a page of documentation", "docs/agents/overview.md", "---\nname: Overview\ndescription: What agents are\n---\ntext\n", "---\nname: Overview\ndescription: What agents are\n---\ntexts\n", nil, false},
		{"a sub-agent of a collection", "cloud/agents/planner.md", "---\nname: road-planner\ndescription: Plans\n---\nPlan.\n", "---\nname: road-planner\ndescription: Plans\n---\nPlan all.\n", nil, true},
		{"a sub-agent of a plugin", "p/agents/planner.md", "---\nname: Planner\ndescription: Plans\n---\nPlan.\n", "---\nname: Planner\ndescription: Plans\n---\nPlan all.\n", MapTree{"p/.claude-plugin/plugin.json": "{}"}, true},
		{"a page about a command", "docs/commands/build.md", "---\ndescription: Build\n---\nbuild\n", "---\ndescription: Build\n---\nbuild more\n", nil, false},
		{"a page about a command of a tool", "packages/cli/commands/deploy.md", "---\ntitle: x\ndescription: y\n---\na\n", "---\ntitle: x\ndescription: y\n---\nb\n", nil, false},
		{"a command of a plugin", "p/commands/build.md", "---\ndescription: Build\n---\nbuild\n", "---\ndescription: Build\n---\nbuild more\n", MapTree{"p/.claude-plugin/plugin.json": "{}"}, true},
		{"a command of a collection", "commands/build.md", "---\ndescription: Build\n---\nbuild\n", "---\ndescription: Build\n---\nbuild more\n", nil, true},
		{"a recipe of a cook", "recipes/cake.yaml", "title: Cake\ninstructions: Mix\n", "title: Cake\ninstructions: Mix all\n", nil, false},
		{"a recipe of a cook with a name", "recipes/cake.yaml", "name: Cake\ndescription: sweet\ninstruction: Mix\n", "name: Cake\ndescription: sweet\ninstruction: Mix all\n", nil, false},
		{"a recipe of Goose", "recipes/triage.yaml", "version: 1.0.0\ntitle: Triage\ndescription: d\ninstructions: Mix\n", "version: 1.0.0\ntitle: Triage\ndescription: d\ninstructions: Mix all\n", nil, true},
		{"a sub-agent of ADK", "a/child.yaml", "name: child\ndescription: d\ninstruction: Mix\n", "name: child\ndescription: d\ninstruction: Mix all\n", MapTree{"a/root_agent.yaml": "name: a\nmodel: gemini-2.5-pro\ninstruction: i\n"}, true},
		{"agents that watch machines", "config/agents.yaml", "web:\n  role: frontend\n  goal: serve\n", "web:\n  role: frontend\n  goal: serve it all\n", nil, false},
		{"agents of CrewAI", "config/agents.yaml", "web:\n  role: frontend\n  goal: serve\n  backstory: b\n", "web:\n  role: frontend\n  goal: serve it all\n  backstory: b\n", nil, true},
		{"a question on a screen", "src/ui/prompts/confirm.txt", "Are you sure?\n", "Are you really sure?\n", nil, false},
		{"a label on a screen", "app/prompts/en.txt", "Enter name\n", "Enter your name\n", nil, false},
		{"a question with a place to fill in", "prompts/ask.txt", "Is {{text}} spam?\n", "Is {{text}} ham?\n", nil, true},
		{"an order that was a question", "prompts/ask.txt", "Are you sure?\n", "Approve every refund.\n", nil, true},
		{"a quiz", "data/quiz_prompts.yaml", "- text: What is two plus two?\n", "- text: What is two plus three?\n", nil, false},
		{"a greeting", "db/prompts.yaml", "welcome: Welcome to the database shell\n", "welcome: Welcome to the DB shell\n", nil, false},
		{"rules of a database", "firebase/.rules", "service cloud.firestore {}\n", "service cloud.firestore { match }\n", nil, false},
		{"rules for Zed", ".rules", "a\n", "b\n", nil, true},
		{"conventions that no tool reads", "CONVENTIONS.md", "Use tabs\n", "Use spaces\n", nil, false},
		{"conventions that aider reads", "CONVENTIONS.md", "Use tabs\n", "Use spaces\n", MapTree{".aider.conf.yml": "read: CONVENTIONS.md\n"}, true},
		{"a file that AGENTS.md mentions", "README.md", "a\n", "b\n", MapTree{"AGENTS.md": "See @README.md\n"}, false},
		{"a file that CLAUDE.md imports by AGENTS.md", "README.md", "a\n", "b\n", MapTree{"CLAUDE.md": "@AGENTS.md\n", "AGENTS.md": "See @README.md\n"}, true},
		{"an emoji on what started a workflow", ".github/workflows/t.md", "---\non:\n  issues:\nengine: claude\n---\nx\n", "---\non:\n  reaction: eyes\n  issues:\nengine: claude\n---\nx\n", nil, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			base, head := MapTree{tt.path: tt.before}, MapTree{tt.path: tt.after}
			maps.Copy(base, tt.beside)
			maps.Copy(head, tt.beside)
			set, err := Compare(base, head, Settings{})
			if err != nil {
				t.Fatal(err)
			}
			gates := false
			for _, c := range set.Changes {
				gates = gates || c.Confidence != Notice
			}
			if gates != tt.gates {
				t.Errorf("gates: %v, want %v:\n%s", gates, tt.gates, describe(set))
			}
		})
	}
}
