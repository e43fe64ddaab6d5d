# METADATA
# title: Models
# description: Which model an agent runs on, and with what parameters.
package countersign.model

import data.countersign.lib

# METADATA
# title: A model changed
# description: Whoever owns the models signs when an agent runs on another one.
# custom:
#   id: model.changed
#   controls: [CC8.1]
#   severity: high
require contains result if {
	some change in input.changes
	change.kind == "model"
	result := {
		"rule": rego.metadata.rule().custom.id,
		"id": "model",
		"role": "model",
		"need": 1,
		"reason": sprintf("the model of %s %s", [lib.named(change), how[change.change]]),
		"changes": [change.id],
	}
}

# METADATA
# title: A model parameter changed
# description: Whoever owns the models signs when an agent's model is run otherwise.
# custom:
#   id: model.parameters
#   controls: [CC8.1]
#   severity: medium
require contains result if {
	some change in input.changes
	change.kind == "model_params"
	result := {
		"rule": rego.metadata.rule().custom.id,
		"id": "model",
		"role": "model",
		"need": 1,
		"reason": sprintf("a model parameter of %s %s", [lib.named(change), how[change.change]]),
		"changes": [change.id],
	}
}

# METADATA
# title: Another provider
# description: What users say goes to another company, so its terms and data protection count now.
# custom:
#   id: model.provider
#   controls: [CC8.1, CC9.2]
#   severity: high
warn contains result if {
	some change in input.changes
	change.step == "provider"
	result := {
		"rule": rego.metadata.rule().custom.id,
		"reason": sprintf("%s moves to another provider: what its users say goes to another company", [lib.named(change)]),
		"changes": [change.id],
	}
}

# METADATA
# title: A model that moves by itself
# description: A floating alias, or a value outside the repository, changes later without a pull request.
# custom:
#   id: model.unpinned
#   controls: [CC8.1]
#   severity: high
warn contains result if {
	some change in input.changes
	why := unpinned[change.step]
	result := {
		"rule": rego.metadata.rule().custom.id,
		"reason": sprintf("the model of %s %s, so it can change later without a pull request", [lib.named(change), why]),
		"changes": [change.id],
	}
}

unpinned := {
	"floating": "becomes a floating alias",
	"outside": "is set outside the repository",
}

how := {
	"added": "is added",
	"modified": "changes",
	"removed": "is removed",
	"moved": "moves",
}
