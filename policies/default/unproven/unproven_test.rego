package countersign.unproven_test

import data.countersign.unproven

alice := {"kind": "human", "known": true, "roles": ["author"]}

stranger := {"kind": "human", "known": false, "roles": ["author"]}

change(id, kind) := {"id": id, "kind": kind}

test_every_kind_asks_one_more if {
	asked := unproven.require with input.contributors as [alice, stranger]
		with input.changes as [change("c1", "model"), change("c2", "model_params"), change("c3", "prompt"), change("c4", "tool_scope"), change("c5", "policy")]
		with input.settings.roles as {"tools": {"need": 2}}
	{[r.id, r.role, r.need, r.changes] | some r in asked} == {
		["model", "model", 2, ["c1"]],
		["model", "model", 2, ["c2"]],
		["prompt", "prompt", 2, ["c3"]],
		["tools", "tools", 3, ["c4"]],
		["policy", "policy", 2, ["c5"]],
	}
}

test_known_people_ask_nobody_more if {
	unproven.require == set() with input.contributors as [alice] with input.changes as [change("c1", "prompt")]
}

test_less_authority_asks_nobody if {
	narrowed := {"id": "c1", "kind": "tool_scope", "direction": "narrows", "findings": []}
	unproven.require == set() with input.contributors as [stranger] with input.changes as [narrowed]
}
