# METADATA
# title: Tool scopes
# description: What an agent may do, who may start it, and what token it holds.
package countersign.tools

import data.countersign.lib

# METADATA
# title: A tool scope grew
# description: >-
#   Whoever owns the tools signs when an agent may do more than before, or when
#   it cannot be told.
# custom:
#   id: tools.widened
#   controls: [CC6.3, CC8.1]
#   severity: high
require contains result if {
	some change in input.changes
	lib.authority_grows(change)
	result := {
		"rule": rego.metadata.rule().custom.id,
		"id": "tools",
		"role": "tools",
		"need": 1,
		"reason": gains(change),
		"changes": [change.id],
	}
}

# METADATA
# title: A tool scope shrank oddly
# description: Whoever owns the tools signs when an agent may do less, but something about the change should be seen.
# custom:
#   id: tools.odd
#   controls: [CC6.3, CC8.1]
#   severity: medium
require contains result if {
	some change in input.changes
	change.kind == "tool_scope"
	change.direction == "narrows"
	some finding in change.findings
	result := {
		"rule": rego.metadata.rule().custom.id,
		"id": "tools",
		"role": "tools",
		"need": 1,
		"reason": sprintf("%s may do less, with a remark: %s", [lib.named(change), finding.code]),
		"changes": [change.id],
	}
}

# METADATA
# title: A machine gives more authority
# description: Two people sign when a bot or an agent had a hand in a change that lets an agent do more.
# custom:
#   id: tools.machine
#   controls: [CC6.3, CC8.1]
#   severity: critical
require contains result if {
	lib.by_machine
	some change in input.changes
	lib.authority_grows(change)
	result := {
		"rule": rego.metadata.rule().custom.id,
		"id": "tools",
		"role": "tools",
		"need": 2,
		"reason": sprintf("a bot or an agent had a hand in letting %s do more", [lib.named(change)]),
		"changes": [change.id],
	}
}

# METADATA
# title: A tool scope only shrank
# description: Nobody is asked when an agent may do less than before. The change is in the record all the same.
# custom:
#   id: tools.narrowed
#   controls: [CC6.3]
#   severity: low
pass contains result if {
	some change in input.changes
	lib.only_narrows(change)
	result := {
		"rule": rego.metadata.rule().custom.id,
		"reason": sprintf("%s may do less than before", [lib.named(change)]),
		"changes": [change.id],
	}
}

# METADATA
# title: A grant without bounds
# description: A rule that allows a shell or an interpreter with any arguments allows everything that it can run.
# custom:
#   id: tools.boundless
#   controls: [CC6.3]
#   severity: high
warn contains result if {
	some change in input.changes
	lib.authority_grows(change)
	some finding in change.findings
	finding.code in {"everything", "interpreter"}
	result := {
		"rule": rego.metadata.rule().custom.id,
		"reason": sprintf("%s: %s", [lib.named(change), finding.text]),
		"changes": [change.id],
	}
}

gains(change) := sprintf("%s may now: %s", [lib.named(change), lib.listed(change.added)]) if {
	change.direction == "widens"
	change.added != []
} else := sprintf("%s may do more than before", [lib.named(change)]) if {
	change.direction in {"widens", "both"}
} else := sprintf("what %s may do changed, and it cannot be told how", [lib.named(change)])
