package countersign.policy_test

import data.countersign.policy

test_rules_ask_their_owner if {
	asked := policy.require with input.changes as [{"id": "c1", "kind": "policy", "path": ".github/countersign.yaml"}]
	asked == {{
		"rule": "policy.changed",
		"id": "policy",
		"role": "policy",
		"need": 1,
		"reason": ".github/countersign.yaml changes what Countersign asks for",
		"changes": ["c1"],
	}}
}

test_other_kinds_are_not_ours if {
	every kind in ["model", "model_params", "prompt", "tool_scope"] {
		policy.require == set() with input.changes as [{"id": "c1", "kind": kind, "path": "a.md"}]
	}
}
