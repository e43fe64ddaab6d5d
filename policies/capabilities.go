package policies

import (
	"encoding/json"
	"slices"
	"strings"
	"sync"

	"github.com/open-policy-agent/opa/v1/ast"
)

// InputSchema and SettingsSchema return the published JSON Schemas of the
// policy input and of .github/countersign.yaml.
func InputSchema() []byte    { return schema("input.json") }
func SettingsSchema() []byte { return schema("settings.json") }

func schema(name string) []byte {
	data, err := embedded.ReadFile("schema/" + name)
	if err != nil {
		panic(err) // embedded
	}
	return data
}

var inputSchema = sync.OnceValue(func() (v any) {
	if err := json.Unmarshal(InputSchema(), &v); err != nil {
		panic(err) // embedded
	}
	return v
})

// builtins are the built-in functions that rules may call: those that depend
// on their arguments alone and that a policy has use for. A list of what is
// allowed, because a later OPA brings functions that nobody here has read.
var builtins = strings.Fields(`
	eq assign equal neq gt gte lt lte internal.member_2 internal.member_3
	plus minus mul div rem round ceil floor abs
	and or intersection union
	count sum product max min sort
	array.concat array.flatten array.slice array.reverse
	object.get object.keys object.subset object.union object.union_n object.remove object.filter
	json.filter json.remove json.patch json.unmarshal json.is_valid
	walk graph.reachable
	is_number is_string is_boolean is_array is_set is_object is_null type_name to_number format_int
	concat contains startswith endswith indexof indexof_n substring lower upper split strings.split_n replace
	trim trim_left trim_right trim_prefix trim_suffix trim_space sprintf
	strings.any_prefix_match strings.any_suffix_match strings.count strings.replace_n strings.reverse
	internal.template_string
	regex.match regex.is_valid regex.find_n regex.find_all_string_submatch_n regex.split regex.replace
	glob.match glob.quote_meta
	numbers.range numbers.range_step units.parse units.parse_bytes bits.and bits.or bits.xor
	semver.compare semver.is_valid
	time.parse_rfc3339_ns time.parse_duration_ns
	base64.encode base64.decode base64.is_valid hex.encode hex.decode urlquery.encode urlquery.decode uri.parse uri.is_valid
	crypto.sha256
	net.cidr_contains net.cidr_is_valid
	rego.metadata.rule rego.metadata.chain
`)

// capabilities are what rules are compiled with: pure built-ins, and no host
// that a schema could be fetched from.
var capabilities = sync.OnceValue(func() *ast.Capabilities {
	c := ast.CapabilitiesForThisVersion()
	c.AllowNet = []string{}
	c.Builtins = slices.DeleteFunc(slices.Clone(c.Builtins), func(b *ast.Builtin) bool {
		return b.IsNondeterministic() || !slices.Contains(builtins, b.Name)
	})
	return c
})

// refused says why rules may not call a built-in that OPA has, and returns ""
// for a name that OPA does not know.
func refused(name string) string {
	b, ok := ast.BuiltinMap[name]
	switch {
	case !ok:
		return ""
	case strings.HasPrefix(name, "json.") && strings.HasSuffix(name, "_schema"):
		return "a schema can refer to a remote one"
	case b.IsNondeterministic():
		return "its result depends on more than its arguments (network, clock, chance or the machine), so a decision could not be made again; the time of the event is input.at"
	case strings.HasPrefix(name, "time."):
		return "it knows time zones, which differ from machine to machine; lib.weekday and lib.hour count in UTC"
	case name == "print" || name == "trace":
		return "rules that decide leave no messages; print belongs in tests"
	}
	return "policy has no need of it"
}
