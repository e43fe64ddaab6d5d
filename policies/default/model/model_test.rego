package countersign.model_test

import data.countersign.model

change(fields) := object.union({"id": "c1", "kind": "model", "agent": "refund-bot", "path": "a.yaml", "change": "modified", "step": ""}, fields)

test_model_asks_its_owner if {
	model.require == {{
		"rule": "model.changed",
		"id": "model",
		"role": "model",
		"need": 1,
		"reason": "the model of refund-bot changes",
		"changes": ["c1"],
	}} with input.changes as [change({})]
}

test_every_way_a_model_can_change if {
	every how in ["added", "modified", "removed", "moved"] {
		count(model.require) == 1 with input.changes as [change({"change": how})]
	}
}

test_parameters_ask_the_same_people if {
	asked := model.require with input.changes as [change({"kind": "model_params", "change": "added"})]
	asked == {{
		"rule": "model.parameters",
		"id": "model",
		"role": "model",
		"need": 1,
		"reason": "a model parameter of refund-bot is added",
		"changes": ["c1"],
	}}
}

test_other_kinds_are_not_ours if {
	every kind in ["prompt", "tool_scope", "policy"] {
		model.require == set() with input.changes as [change({"kind": kind})]
	}
}

test_another_provider_warns if {
	warned := model.warn with input.changes as [change({"step": "provider"})]
	warned == {{
		"rule": "model.provider",
		"reason": "refund-bot moves to another provider: what its users say goes to another company",
		"changes": ["c1"],
	}}
}

test_unpinned_warns if {
	every step in ["floating", "outside"] {
		warned := model.warn with input.changes as [change({"step": step})]
		{w.rule | some w in warned} == {"model.unpinned"}
	}
}

test_other_steps_do_not_warn if {
	every step in ["", "version", "family", "pinned"] {
		model.warn == set() with input.changes as [change({"step": step})]
	}
}
