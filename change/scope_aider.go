package change

// aider. Source: aider.chat/docs/config/aider_conf.html, Options reference.

func isAider(d *document) bool { return d.format == "aider-config" }

var aiderTable = []setting{
	{at: "yes-always", dimension: "approval", values: flag, absent: "false"},
	{at: "suggest-shell-commands", dimension: "tool", values: flag, absent: "true"},
	{at: "detect-urls", dimension: "network", values: flag, absent: "true"},
	{at: "disable-playwright", dimension: "network", values: guard, absent: "false"},
	{at: "lint-cmd", dimension: "hook", kind: prose},
	{at: "test-cmd", dimension: "hook", kind: prose},
	{at: "notifications-command", dimension: "hook", kind: prose},
	{at: "load", dimension: "hook", kind: prose},
	{at: "openai-api-base", dimension: "network", kind: prose},
	{at: "openai-api-type", dimension: "network", kind: prose},
	{at: "openai-api-deployment-id", dimension: "network", kind: prose},
	{at: "verify-ssl", dimension: "network", values: guard, absent: "true"},
	{at: "set-env", dimension: "credential", kind: prose},
	{at: "env-file", dimension: "credential", kind: prose},
	{at: "api-key", dimension: "credential", kind: prose},
	{at: "openai-api-key", dimension: "credential", kind: prose},
	{at: "anthropic-api-key", dimension: "credential", kind: prose},
	{at: "model-settings-file", dimension: "setting", kind: prose},
	{at: "git-commit-verify", dimension: "hook", values: guard, absent: "false"},
}

func readAider(b *scopeBuilder) {
	b.here()
	b.settings(b.d.root(), aiderTable)
}
