package countersign.lib_test

import data.countersign.lib

test_role_of if {
	lib.role_of({"kind": "model"}) == "model"
	lib.role_of({"kind": "model_params"}) == "model"
	lib.role_of({"kind": "prompt"}) == "prompt"
	lib.role_of({"kind": "tool_scope"}) == "tools"
	lib.role_of({"kind": "policy"}) == "policy"
}

test_need_of if {
	lib.need_of("tools") == 3 with input.settings.roles as {"tools": {"need": 3}}
	lib.need_of("tools") == 1 with input.settings.roles as {"tools": {"need": 0}}
	lib.need_of("tools") == 1 with input.settings.roles as {}
}

test_authority_grows if {
	lib.authority_grows({"kind": "tool_scope", "direction": "widens"})
	lib.authority_grows({"kind": "tool_scope", "direction": "both"})
	lib.authority_grows({"kind": "tool_scope", "direction": "unknown"})
	lib.authority_grows({"kind": "tool_scope"})
	not lib.authority_grows({"kind": "tool_scope", "direction": "narrows"})
	not lib.authority_grows({"kind": "prompt"})
}

test_only_narrows if {
	lib.only_narrows({"kind": "tool_scope", "direction": "narrows", "findings": []})
	not lib.only_narrows({"kind": "tool_scope", "direction": "narrows", "findings": [{"code": "symlink"}]})
	not lib.only_narrows({"kind": "tool_scope", "direction": "both", "findings": []})
	not lib.only_narrows({"kind": "tool_scope", "findings": []})
}

test_has_finding if {
	lib.has_finding({"findings": [{"code": "symlink"}, {"code": "binary"}]}, "binary")
	not lib.has_finding({"findings": [{"code": "symlink"}]}, "binary")
	not lib.has_finding({"findings": []}, "binary")
}

alice := {"id": 1, "login": "alice", "kind": "human", "roles": ["author"], "known": true, "verified": false}

bob := {"id": 2, "login": "bob", "kind": "human", "roles": ["prompter"], "known": true, "verified": false}

agent := {"id": 3, "login": "agent", "kind": "agent", "roles": ["committer"], "known": true, "verified": false}

bot := {"id": 4, "login": "bot", "kind": "bot", "roles": ["pusher"], "known": true, "verified": false}

stranger := {"id": 0, "login": "", "kind": "human", "roles": ["author"], "known": false, "verified": false}

riddle := {"id": 5, "login": "riddle", "kind": "unknown", "roles": ["author"], "known": true, "verified": false}

test_machines if {
	lib.machines == {agent, bot} with input.contributors as [alice, agent, bot]
	lib.machines == set() with input.contributors as [alice, stranger]
}

test_unproven if {
	lib.unproven == {stranger} with input.contributors as [alice, stranger]
	lib.unproven == {riddle} with input.contributors as [alice, riddle]
	lib.unproven == set() with input.contributors as [alice]
}

test_machine_is_unproven_without_prompter if {
	lib.unproven == {agent} with input.contributors as [alice, agent]
	lib.unproven == {bot} with input.contributors as [bot]
	lib.unproven == set() with input.contributors as [agent, bob]
}

test_unknown_prompter_proves_nothing if {
	ghost := object.union(bob, {"known": false})
	lib.unproven == {agent, ghost} with input.contributors as [agent, ghost]
}

test_machine_is_no_prompter if {
	machine := object.union(bot, {"roles": ["prompter"]})
	lib.unproven == {agent, machine} with input.contributors as [agent, machine]
}

test_named if {
	lib.named({"agent": "refund-bot", "path": "a.md"}) == "refund-bot"
	lib.named({"agent": "", "path": "a.md"}) == "a.md"
}

test_listed if {
	lib.listed(["a", "b"]) == "a, b"
	lib.listed(["1", "2", "3", "4", "5"]) == "1, 2, 3, 4, 5"
	lib.listed(["1", "2", "3", "4", "5", "6", "7"]) == "1, 2, 3, 4, 5 and 2 more"
}

test_weekday if {
	lib.weekday("1970-01-01T00:00:00Z") == 4
	lib.weekday("2025-06-01T23:59:59Z") == 0
	lib.weekday("2025-06-06T00:00:00Z") == 5
	lib.weekday("2025-06-06T23:00:00-02:00") == 6
}

test_hour if {
	lib.hour("2025-06-06T00:00:00Z") == 0
	lib.hour("2025-06-06T17:59:59Z") == 17
	lib.hour("2025-06-06T17:00:00+02:00") == 15
}

test_by_machine if {
	lib.by_machine with input as {"contributors": [{"kind": "bot"}]}
	lib.by_machine with input as {"contributors": [], "pull": {"agent": {"detected": true}}}
	not lib.by_machine with input as {"contributors": [{"kind": "human"}], "pull": {"agent": {"detected": false}}}
}
