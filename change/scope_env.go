package change

import (
	"regexp"
	"slices"
	"strings"
)

// env reads variables that an agent's process gets: credentials, endpoints and
// the rest. The model is no scope.
func (b *scopeBuilder) env(n *Node, slot string) { b.serverEnv(n, "", slot) }

// serverEnv reads variables or headers of a server. A value is compared as it is
// and shown only if it is no secret.
func (b *scopeBuilder) serverEnv(n *Node, of, slot string) {
	if n == nil || n.Kind != MapNode {
		return
	}
	secrets := scope{slot: slot, dimension: "credential", surface: "mcp env"}
	other := scope{slot: slot, dimension: "server", surface: "mcp options", vague: true}
	for i, name := range n.Keys {
		v := n.Items[i].String()
		if quietVariable.MatchString(name) && !handsOver(v) {
			continue
		}
		r := rule{effect: allow, subject: strings.TrimSpace(of + " " + name), pattern: "= " + v, raw: name + "=" + v, line: n.Items[i].Line}
		if !secretName(name) && !secretReference(v) && secretShapes.FindStringIndex(v) == nil {
			other.rules = append(other.rules, r)
			continue
		}
		if v == "" {
			continue // set to nothing: no credential
		}
		if !isReference(v) {
			r.remark = b.finding("literal-secret", r.line, entryText(name)+" holds a secret in plain text; revoke it and refer to it instead")
			r.raw = name + "=" + hidden
		}
		secrets.rules = append(secrets.rules, r)
	}
	if len(secrets.rules) > 0 {
		b.add(secrets)
	}
	if len(other.rules) > 0 {
		b.add(other)
	}
}

// quietVariable are variables that say how much is logged, where output goes or
// which model is used, and give an agent nothing.
var quietVariable = regexp.MustCompile(`(?i)^(.*_)?(LOG|LOGS|LOG_?LEVEL|LOGGING|DEBUG|VERBOSE|COLOR|NO_COLOR|FORCE_COLOR|TELEMETRY|DISABLE_TELEMETRY|TZ|LANG|LC_ALL|TERM|TIMEOUT|TIMEOUT_MS|TIMEOUT_SECONDS|MAX_RETRIES|RETRIES|MODEL|MODEL_NAME|MODEL_ID|MAX_TOKENS|MAX_[A-Z_]*TOKENS|TEMPERATURE|CONTENT-TYPE|ACCEPT|USER-AGENT|NODE_ENV|DISABLE_AUTOUPDATER)$|^(FASTMCP_LOG_LEVEL|MCP_TIMEOUT|PYTHONUNBUFFERED|CI)$`)

// secretReference reports whether an expression refers to a secret.
func secretReference(v string) bool {
	return strings.Contains(v, "secrets.") || strings.Contains(v, "github.token") || strings.Contains(v, "${input:") || strings.Contains(v, "tokens.") ||
		slices.ContainsFunc(variablesIn(v), secretName)
}

// handsOver says of the value of a variable that is quiet by its name that it is
// a secret, or that it brings something else than another such variable.
func handsOver(v string) bool {
	if secretReference(v) || secretShapes.FindStringIndex(v) != nil {
		return true
	}
	return slices.ContainsFunc(variablesIn(v), func(name string) bool { return !quietVariable.MatchString(name) })
}

var namedVariable = regexp.MustCompile(`\$\{\{?\s*(?:env:|[A-Za-z_-]+\.)*([A-Za-z_][A-Za-z0-9_-]*)|\{env:([A-Za-z_][A-Za-z0-9_]*)|\$([A-Za-z_][A-Za-z0-9_]*)`)

// variablesIn lists the variables that a value refers to: ${X}, $X, {env:X},
// ${env:X}, ${{ vars.X }}.
func variablesIn(v string) []string {
	if !strings.ContainsAny(v, "${") {
		return nil
	}
	var out []string
	for _, m := range namedVariable.FindAllStringSubmatch(v, -1) {
		out = append(out, m[1]+m[2]+m[3])
	}
	return out
}
