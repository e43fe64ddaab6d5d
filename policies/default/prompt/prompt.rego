# METADATA
# title: Prompts
# description: The text that tells an agent what to do.
package countersign.prompt

import data.countersign.lib

# METADATA
# title: A prompt changed
# description: Whoever owns the prompts signs when an agent is told something else.
# custom:
#   id: prompt.changed
#   controls: [CC8.1]
#   severity: high
require contains result if {
	some change in input.changes
	change.kind == "prompt"
	result := {
		"rule": rego.metadata.rule().custom.id,
		"id": "prompt",
		"role": "prompt",
		"need": 1,
		"reason": sprintf("the prompt of %s is %s", [lib.named(change), change.change]),
		"changes": [change.id],
	}
}

# METADATA
# title: A prompt hides text
# description: >-
#   A second person looks when a prompt gains characters that are not shown,
#   because what the first one read is not what the model reads. Without those
#   characters nobody more is asked.
# custom:
#   id: prompt.hidden
#   controls: [CC6.8, CC8.1]
#   severity: critical
require contains result if {
	some change in input.changes
	change.kind == "prompt"
	lib.has_finding(change, "hidden-unicode")
	result := {
		"rule": rego.metadata.rule().custom.id,
		"id": "prompt",
		"role": "prompt",
		"need": min({20, lib.need_of("prompt") + 1}),
		"reason": sprintf("the prompt of %s gains hidden characters: take them out, or let one more person look", [lib.named(change)]),
		"changes": [change.id],
	}
}

# METADATA
# title: A prompt mixes scripts
# description: A word of letters from several alphabets can look like another word.
# custom:
#   id: prompt.mixed_script
#   controls: [CC6.8]
#   severity: medium
warn contains result if {
	some change in input.changes
	change.kind == "prompt"
	lib.has_finding(change, "mixed-script")
	result := {
		"rule": rego.metadata.rule().custom.id,
		"reason": sprintf("the prompt of %s gains a word of mixed alphabets, which may not be what it looks like", [lib.named(change)]),
		"changes": [change.id],
	}
}
