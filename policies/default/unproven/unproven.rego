# METADATA
# title: Unproven contributors
# description: Nobody signs their own work, so it must be known whose it is.
package countersign.unproven

import data.countersign.lib

# METADATA
# title: Somebody unknown had a hand in it
# description: >-
#   One more person signs when a commit belongs to no known account, or to a
#   machine without a person who told it what to do, since an approver might
#   stand behind it.
# custom:
#   id: unproven.contributor
#   controls: [CC6.1, CC8.1]
#   severity: high
require contains result if {
	lib.unproven != set()
	some change in input.changes
	not lib.only_narrows(change)
	role := lib.role_of(change)
	result := {
		"rule": rego.metadata.rule().custom.id,
		"id": role,
		"role": role,
		"need": min({20, lib.need_of(role) + 1}),
		"reason": "a contributor is not tied to a known person, so one more has to look",
		"changes": [change.id],
	}
}
