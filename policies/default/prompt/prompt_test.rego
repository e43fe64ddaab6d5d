package countersign.prompt_test

import data.countersign.prompt

change(findings) := {"id": "c1", "kind": "prompt", "agent": "refund-bot", "path": "a.md", "change": "modified", "findings": findings}

hidden := [{"code": "hidden-unicode"}]

test_prompt_asks_its_owner if {
	prompt.require == {{
		"rule": "prompt.changed",
		"id": "prompt",
		"role": "prompt",
		"need": 1,
		"reason": "the prompt of refund-bot is modified",
		"changes": ["c1"],
	}} with input.changes as [change([])]
}

test_hidden_text_asks_one_more if {
	asked := prompt.require with input.changes as [change(hidden)]
		with input.settings.roles as {"prompt": {"need": 2}}
	{r.rule: r.need | some r in asked} == {"prompt.changed": 1, "prompt.hidden": 3}
}

test_hidden_text_never_asks_more_than_can_be_asked if {
	asked := prompt.require with input.changes as [change(hidden)]
		with input.settings.roles as {"prompt": {"need": 20}}
	{r.need | some r in asked} == {1, 20}
}

test_mixed_scripts_warn if {
	warned := prompt.warn with input.changes as [change([{"code": "mixed-script"}])]
	{w.rule | some w in warned} == {"prompt.mixed_script"}
}

test_other_findings_do_not_warn if {
	prompt.warn == set() with input.changes as [change([{"code": "does-not-parse"}])]
}

test_other_kinds_are_not_ours if {
	every kind in ["model", "model_params", "tool_scope", "policy"] {
		other := object.union(change(hidden), {"kind": kind})
		prompt.require == set() with input.changes as [other]
	}
}
