package countersign.tools_test

import data.countersign.tools

change(fields) := object.union({"id": "c1", "kind": "tool_scope", "agent": "refund-bot", "path": "a.md", "added": [], "findings": []}, fields)

alice := {"kind": "human", "known": true, "roles": ["author"]}

bot := {"kind": "bot", "known": true, "roles": ["committer"]}

test_more_authority_asks_the_owner if {
	asked := tools.require with input.changes as [change({"direction": "widens", "added": ["Bash", "Read"]})]
		with input.contributors as [alice]
	asked == {{
		"rule": "tools.widened",
		"id": "tools",
		"role": "tools",
		"need": 1,
		"reason": "refund-bot may now: Bash, Read",
		"changes": ["c1"],
	}}
}

test_reasons if {
	reasons := {direction: reason |
		some direction in ["widens", "both", "unknown"]
		asked := tools.require with input.changes as [change({"direction": direction})] with input.contributors as [alice]
		some r in asked
		reason := r.reason
	}
	reasons == {
		"widens": "refund-bot may do more than before",
		"both": "refund-bot may do more than before",
		"unknown": "what refund-bot may do changed, and it cannot be told how",
	}
}

test_no_direction_counts_as_more if {
	asked := tools.require with input.changes as [change({})] with input.contributors as [alice]
	{r.rule | some r in asked} == {"tools.widened"}
}

test_a_machine_needs_two if {
	asked := tools.require with input.changes as [change({"direction": "unknown"})] with input.contributors as [alice, bot]
	{r.rule: r.need | some r in asked} == {"tools.widened": 1, "tools.machine": 2}
}

test_less_authority_passes if {
	narrowed := change({"direction": "narrows"})
	tools.pass == {{
		"rule": "tools.narrowed",
		"reason": "refund-bot may do less than before",
		"changes": ["c1"],
	}} with input.changes as [narrowed]
	tools.require == set() with input.changes as [narrowed] with input.contributors as [bot]
}

test_less_authority_with_a_finding_asks if {
	odd := change({"direction": "narrows", "findings": [{"code": "symlink"}]})
	asked := tools.require with input.changes as [odd] with input.contributors as [alice]
	{r.rule | some r in asked} == {"tools.odd"}
	tools.pass == set() with input.changes as [odd]
}

test_more_authority_never_passes if {
	every direction in ["widens", "both", "unknown"] {
		tools.pass == set() with input.changes as [change({"direction": direction})]
	}
}

test_boundless_grants_warn if {
	every code in ["everything", "interpreter"] {
		granted := change({"direction": "widens", "findings": [{"code": code, "text": "Bash allows every command"}]})
		warned := tools.warn with input.changes as [granted]
		warned == {{
			"rule": "tools.boundless",
			"reason": "refund-bot: Bash allows every command",
			"changes": ["c1"],
		}}
	}
}

test_other_findings_do_not_warn if {
	granted := change({"direction": "widens", "findings": [{"code": "outside", "text": ""}]})
	tools.warn == set() with input.changes as [granted]
}

test_other_kinds_are_not_ours if {
	every kind in ["model", "model_params", "prompt", "policy"] {
		other := change({"kind": kind, "direction": "narrows"})
		tools.require | tools.pass == set() with input.changes as [other] with input.contributors as [bot]
	}
}
