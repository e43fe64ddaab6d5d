# METADATA
# title: What every layer may call
# description: >-
#   Helpers over the input. The package is the same for all layers and cannot
#   be added to.
package countersign.lib

# role_of names the role that the default rules ask about a change.
role_of(change) := "model" if change.kind in {"model", "model_params"}

role_of(change) := "prompt" if change.kind == "prompt"

role_of(change) := "tools" if change.kind == "tool_scope"

role_of(change) := "policy" if change.kind == "policy"

# need_of is how many people the settings ask for a role, and 1 when they do
# not say.
need_of(role) := max({1, object.get(input.settings.roles, [role, "need"], 1)})

# authority_grows says that an agent may do more after a change, or that it
# cannot be told.
authority_grows(change) if {
	change.kind == "tool_scope"
	not change.direction == "narrows"
}

# only_narrows says that an agent may do less after a change, and that nothing
# about it is odd.
only_narrows(change) if {
	change.kind == "tool_scope"
	change.direction == "narrows"
	change.findings == []
}

# has_finding says that a change carries a finding of that code.
has_finding(change, code) if {
	some finding in change.findings
	finding.code == code
}

# machines are the contributors that are no people.
machines contains contributor if {
	some contributor in input.contributors
	contributor.kind in {"agent", "bot"}
}

# by_machine says that a bot or an agent had a hand in it.
by_machine if machines != set()

by_machine if input.pull.agent.detected

# unproven are the contributors behind whom might stand one of the approvers:
# without a known account, or a machine when no person is known who told it
# what to do.
unproven contains contributor if {
	some contributor in input.contributors
	not contributor.known
}

unproven contains contributor if {
	some contributor in input.contributors
	contributor.kind == "unknown"
}

unproven contains contributor if {
	some contributor in machines
	not prompted
}

prompted if {
	some contributor in input.contributors
	contributor.kind == "human"
	contributor.known
	"prompter" in contributor.roles
}

# named says whose change it is, for a reason.
named(change) := change.agent if change.agent != ""

named(change) := change.path if change.agent == ""

# listed joins the first of many entries, for a reason.
listed(entries) := concat(", ", array.slice(entries, 0, 5)) if count(entries) <= 5

listed(entries) := text if {
	count(entries) > 5
	text := sprintf("%s and %d more", [concat(", ", array.slice(entries, 0, 5)), count(entries) - 5])
}

# weekday of a time, UTC: 0 is Sunday.
weekday(at) := (((time.parse_rfc3339_ns(at) - day_ns(at)) / 86400000000000) + 4) % 7

# hour of a time, UTC: 0 to 23.
hour(at) := floor(day_ns(at) / 3600000000000)

# day_ns is how many nanoseconds of the day have passed at a time.
day_ns(at) := time.parse_rfc3339_ns(at) % 86400000000000
