package change

import "regexp"

var runtimeImport = regexp.MustCompile(`\{\{#(?:runtime-)?import\??:?\s+([^\s{}]+)`)

// runtimeImports lists the files that an agentic workflow takes into its prompt
// when it runs, as they stand and below .github, where they are looked for.
// Source: GitHub Agentic Workflows documentation, Templating, Runtime imports.
func runtimeImports(body string) []string {
	var out []string
	for _, m := range runtimeImport.FindAllStringSubmatch(body, maxImports) {
		out = append(out, m[1], "/.github/"+m[1])
	}
	return out
}
