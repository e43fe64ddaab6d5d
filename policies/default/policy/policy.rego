# METADATA
# title: Rules of the house
# description: Countersign's own rules, approvers and governed paths.
package countersign.policy

# METADATA
# title: The rules changed
# description: Whoever owns the policy signs when rules, approvers or governed paths change, as they stand before it.
# custom:
#   id: policy.changed
#   controls: [CC5.3, CC8.1]
#   severity: critical
require contains result if {
	some change in input.changes
	change.kind == "policy"
	result := {
		"rule": rego.metadata.rule().custom.id,
		"id": "policy",
		"role": "policy",
		"need": 1,
		"reason": sprintf("%s changes what Countersign asks for", [change.path]),
		"changes": [change.id],
	}
}
