package change

import "strings"

// quiet says that what a file of a format says is shown and asks nobody for
// anything. A file that the settings give to an agent is never quiet.
func (c *comparison) quiet(p string, f *format) bool {
	return (f.notice || f.isQuiet(p)) && c.settingsAgent(p) == ""
}

// isQuiet says that a file holds no agent that runs: recordings and fixtures
// for every format; tests and documentation for formats that the catalogue marks
// quiet (source code, application settings), because those of the others are
// read by tools wherever they stand. An example is an agent that somebody runs,
// so it is not quiet. What a quiet file says is shown as a notice.
//
// What stands in the folder of a tool is read by it whatever the folders below
// are called, and what a tool finds by name it finds in foreign code as well.
func (f *format) isQuiet(p string) bool {
	dir, name := "", p
	if i := strings.LastIndexByte(p, '/'); i >= 0 {
		dir, name = p[:i], p[i+1:]
	}
	inTool := false
	for _, part := range strings.Split(strings.ToLower(dir), "/") {
		inTool = inTool || toolFolders[part]
		if fixtureFolders[part] && !inTool || foreignFolders[part] && !inTool && f.readBy == "" ||
			f.quiet && (quietFolders[part] || isTestFolder(part)) {
			return true
		}
	}
	return f.quiet && isTestName(strings.ToLower(name))
}

// toolFolders are the folders in which tools look for what concerns them, as
// the documentation of each says.
var toolFolders = set(".agents", ".aiassistant", ".amazonq", ".augment", ".claude", ".claude-plugin", ".clinerules", ".codex", ".codex-plugin", ".continue", ".copilot",
	".cursor", ".cursor-plugin", ".factory", ".forgejo", ".gemini", ".gitea", ".github", ".goose", ".junie", ".kiro", ".opencode", ".openhands", ".qwen", ".roo", ".trae", ".vscode", ".windsurf", ".zed")

var fixtureFolders = set("fixtures", "__fixtures__", "fixture", "testdata", "test_data", "test-data", "mocks", "__mocks__", "__snapshots__", "snapshots", "cassettes")

// foreignFolders hold code of others.
var foreignFolders = set("node_modules", "vendor", "third_party")

var quietFolders = set("test", "tests", "__tests__", "spec", "specs", "e2e", "integration_tests", "unit_tests", "docs", "doc", "documentation",
	"results", "benchmark_results", "outputs", "logs", "traces", "recordings", ".promptflow", "leaderboard", "leaderboards", "benchmark", "benchmarks",
	"i18n", "locale", "locales", "translations") // what a screen says

// isTestFolder knows folders such as Functions.UnitTests and e2e-tests.
func isTestFolder(part string) bool {
	for word := range strings.FieldsFuncSeq(part, func(r rune) bool { return r == '.' || r == '-' || r == '_' }) {
		if word == "test" || strings.HasSuffix(word, "tests") {
			return true
		}
	}
	return false
}

// isTestName also knows files that speak to readers of a repository.
func isTestName(name string) bool {
	stem, _, _ := strings.Cut(name, ".")
	switch stem {
	case "readme", "changelog", "contributing", "license", "testsettings":
		return true
	}
	return strings.HasPrefix(name, "test_") || strings.HasPrefix(name, "mock-") || strings.HasPrefix(name, "mock_") || strings.HasSuffix(stem, "_test") || strings.HasSuffix(stem, "_mock") || strings.HasSuffix(stem, "_mocks") || strings.Contains(name, ".stories.") || strings.Contains(name, ".mock.") || strings.HasSuffix(stem, "_tests") || strings.HasSuffix(stem, "-test") ||
		strings.Contains(name, ".test.") || strings.Contains(name, ".spec.") || strings.HasPrefix(name, "conftest.") || strings.HasSuffix(stem, "tests")
}

func set(words ...string) map[string]bool {
	out := make(map[string]bool, len(words))
	for _, w := range words {
		out[w] = true
	}
	return out
}
