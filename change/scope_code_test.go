package change

import "testing"

// What describes a setting, and what is handed to a part of a page, grants nothing.
func TestCodeThatGrantsNothing(t *testing.T) {
	t.Parallel()
	for name, pair := range map[string][3]string{
		"the schema of a setting": {"src/schema.ts",
			"import '@ai-sdk/x'\nexport const s = { mcpServers: { type: 'object', label: 'Servers', default: {} } }\n",
			"import '@ai-sdk/x'\nexport const s = { mcpServers: { type: 'object', label: 'Servers', default: {}, mergeStrategy: MERGE } }\n"},
		"an attribute of a page": {"src/App.tsx",
			"import '@ai-sdk/x'\nexport const a = () => <Box mcpServers={config.servers()} />\n",
			"import '@ai-sdk/x'\nexport const a = () => <Box mcpServers={manager.servers()} />\n"},
	} {
		t.Run(name, func(t *testing.T) {
			set, err := Compare(MapTree{pair[0]: pair[1]}, MapTree{pair[0]: pair[2]}, Settings{})
			if err != nil || len(set.Changes) != 0 {
				t.Errorf("%+v, %v", set.Changes, err)
			}
		})
	}
}
