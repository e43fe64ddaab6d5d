package change

import (
	"fmt"
	"strings"
)

// interpreters are commands that run whatever their arguments say, so allowing
// them with any arguments allows everything. The text finishes the sentence
// "… because it".
var interpreters = map[string]string{
	"python": "runs any program", "python3": "runs any program", "node": "runs any program", "deno": "runs any program",
	"bun": "runs any program", "ruby": "runs any program", "perl": "runs any program", "php": "runs any program",
	"sh": "runs any command", "bash": "runs any command", "zsh": "runs any command", "fish": "runs any command",
	"pwsh": "runs any command", "powershell": "runs any command", "cmd": "runs any command", "eval": "runs any command",
	"exec": "runs any command", "source": "runs any script", "sudo": "runs any command as another user",
	"env": "starts any command", "xargs": "starts any command", "find": "starts any command with -exec",
	"timeout": "starts any command", "nohup": "starts any command", "watch": "starts any command", "parallel": "starts any command",
	"npx": "downloads and runs any package", "bunx": "downloads and runs any package", "uvx": "downloads and runs any package",
	"pnpx": "downloads and runs any package", "pipx": "downloads and runs any package", "pnpm dlx": "downloads and runs any package",
	"yarn dlx": "downloads and runs any package", "npm exec": "downloads and runs any package",
	"uv": "runs any program with uv run", "uv run": "runs any program", "poetry run": "runs any program", "go run": "runs any program",
	"npm": "runs any script of the project, which the agent can edit", "make": "runs any recipe of a Makefile, which the agent can edit",
	"docker": "runs any container with any folder mounted", "podman": "runs any container with any folder mounted",
	"kubectl": "runs commands in any container it reaches", "ssh": "runs commands on other machines",
	"gh": "calls any GitHub API with the user's token", "gh api": "calls any GitHub API with the user's token",
	"curl": "sends any data anywhere", "wget": "fetches and stores anything", "awk": "runs any command", "sed": "writes any file, and GNU sed runs commands",
	"git": "runs any command through aliases and hooks", "tee": "writes any file", "ssh-keygen": "writes any file", "osascript": "runs any script",
}

// remarkOn returns what a reviewer should hear about a rule that allows.
func remarkOn(path string, r *rule) *Finding {
	if r.remark != nil {
		return r.remark
	}
	if r.effect != allow || r.match != words || r.raw == "" {
		return nil
	}
	if r.pattern == "" {
		return &Finding{Code: "everything", Path: path, Line: r.line, Text: entryText(r.raw) + " allows every command"}
	}
	head, ok := strings.CutSuffix(r.pattern, "*")
	if !ok {
		return nil
	}
	name := strings.TrimRight(head, " ")
	why, ok := interpreters[name]
	if !ok && strings.IndexByte(name, ' ') < 0 {
		why, ok = interpreters[strings.TrimRight(name, "0123456789.")]
	}
	if !ok {
		return nil
	}
	return &Finding{Code: "interpreter", Path: path, Line: r.line, Text: fmt.Sprintf("%s amounts to every command: %s %s", entryText(r.raw), entryText(name), why)}
}
