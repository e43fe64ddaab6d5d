package change

import (
	"testing"

	"pgregory.net/rapid"
)

// what each kind of pattern covers, by the documentation of the tools
func TestRuleCovers(t *testing.T) {
	claude := func(s string) rule { return claudeRule(s, allow, 1) }
	oauth := func(s string) rule { return oauthRule(s, 1) }
	gemini := func(s string) rule { return geminiTool(s, allow, 1) }
	host := func(s string) rule { return rule{effect: allow, subject: "host", match: hostTree, pattern: s} }
	tests := []struct {
		name       string
		wide, slim rule
		both       bool // each covers the other
	}{
		{"Bash is every command", claude("Bash"), claude("Bash(git:*)"), false},
		{"Bash(*) is Bash", claude("Bash(*)"), claude("Bash"), true},
		{"git:* is git *", claude("Bash(git:*)"), claude("Bash(git *)"), true},
		{"a prefix covers a longer one", claude("Bash(git:*)"), claude("Bash(git log:*)"), false},
		{"a prefix covers the command alone", claude("Bash(ls *)"), claude("Bash(ls)"), false},
		{"a prefix covers a star inside", claude("Bash(git push *)"), claude("Bash(git push * main)"), false},
		{"a star without a blank is no word boundary", claude("Bash(git*)"), claude("Bash(gitk:*)"), false},
		{"a server covers its tools", claude("mcp__github"), claude("mcp__github__get_issue"), false},
		{"a server with a star is the server", claude("mcp__github__*"), claude("mcp__github"), true},
		{"Edit covers Write", claude("Edit"), claude("Write"), false},
		{"Read covers Grep", claude("Read"), claude("Grep"), false},
		{"a folder covers a file below", claude("Edit(/src/**)"), claude("Edit(/src/a/b.go)"), false},
		{"a deep star covers a flat one", claude("Read(//var/**)"), claude("Read(//var/log/*.log)"), false},
		{"a name without slash matches at every depth", claude("Read(.env)"), claude("Read(config/.env)"), false},
		{"WebFetch covers a domain", claude("WebFetch"), claude("WebFetch(domain:example.com)"), false},
		{"a star covers names below a domain", claude("WebFetch(domain:*.example.com)"), claude("WebFetch(domain:docs.example.com)"), false},
		{"Gemini's command is a prefix", gemini("run_shell_command(git)"), gemini("run_shell_command(git status)"), false},
		{"Gemini's old class names", gemini("ShellTool(git)"), gemini("run_shell_command(git)"), true},
		{"a host covers names below it", host("example.com"), host("api.example.com"), false},
		{"GitHub: admin covers read", oauth("admin:org"), oauth("read:org"), false},
		{"GitHub: repo covers public_repo", oauthRules("repo", 1)[3], oauth("public_repo"), true},
		{"Google: the scope covers its read-only one", oauth("https://www.googleapis.com/auth/drive"), oauth("https://www.googleapis.com/auth/drive.readonly"), false},
		{"Graph: ReadWrite covers Read", oauth("Mail.ReadWrite"), oauth("Mail.Read"), false},
		{"Graph: all covers own", oauth("User.Read.All"), oauth("User.Read"), false},
		{"Slack: write covers read of one thing only with read", oauth("channels:manage"), oauth("channels:read"), false},
		{"the executing alias of Copilot", copilotTool("execute", allow, 1), copilotTool("runCommands", allow, 1), true},
		{"a Copilot server covers its tool", copilotTool("github/*", allow, 1), copilotTool("github/get_issue", allow, 1), false},
		{"write covers read", levelRule(tokenLevels, "token:issues", "write"), levelRule(tokenLevels, "token:issues", "read"), false},
		{"write-all covers one scope", levelRule(tokenLevels, "token:", "write"), levelRule(tokenLevels, "token:issues", "write"), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if !tt.wide.covers(&tt.slim) {
				t.Errorf("%+v does not cover %+v", tt.wide, tt.slim)
			}
			if got := tt.slim.covers(&tt.wide); got != tt.both {
				t.Errorf("the other way round: %v", got)
			}
		})
	}
}

func TestRuleDoesNotCover(t *testing.T) {
	claude := func(s string) rule { return claudeRule(s, allow, 1) }
	tests := []struct {
		name string
		a, b rule
	}{
		{"a word boundary", claude("Bash(git:*)"), claude("Bash(gitk:*)")},
		{"a second star needs a word where the first needs none", claude("Bash(a * *)"), claude("Bash(a *)")},
		{"an exact command", claude("Bash(git status)"), claude("Bash(git status -s)")},
		{"another server with the same beginning", claude("mcp__git"), claude("mcp__github__x")},
		{"a flat star stops at a slash", claude("Read(/a/*.go)"), claude("Read(/a/b/c.go)")},
		{"a sibling folder", claude("Edit(/src/**)"), claude("Edit(/srcs/x)")},
		{"a domain with the same end", rule{match: hostTree, pattern: "example.com"}, rule{match: hostTree, pattern: "badexample.com"}},
		{"read and write of another thing", oauthRule("write:packages", 1), oauthRule("read:org", 1)},
		{"levels without order", levelRule(codexApproval, "", "on-request"), levelRule(codexApproval, "", "on-failure")},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if tt.a.covers(&tt.b) {
				t.Errorf("%+v covers %+v", tt.a, tt.b)
			}
		})
	}
}

// A pattern over the names of servers is none over the tools of one.
func TestIndexKeepsServersApartFromTools(t *testing.T) {
	budget := maxSteps
	x := newRuleIndex(ask, false, []rule{claudeRule("mcp__git*", allow, 1)}, &budget)
	probe := rule{effect: allow, subject: "mcp:hub", match: globs, pattern: "git*"}
	if got := x.effectOf(&probe); got != ask {
		t.Errorf("effect %v, want %v", got, ask)
	}
}

// drawRule makes rules over so few letters that they often meet.
func drawRule(t *rapid.T) rule {
	r := rule{
		effect:  rapid.SampledFrom([]effect{deny, ask, allow}).Draw(t, "effect"),
		subject: rapid.SampledFrom([]string{"Bash", "*", "mcp:", "mcp:a", "mcp:b"}).Draw(t, "subject"),
		match:   rapid.SampledFrom([]matcher{words, globs, files, hosts}).Draw(t, "match"),
	}
	r.pattern = rapid.StringMatching(`[ab*]{0,3}([ /.][ab*]{1,2}){0,2}( \*)?`).Draw(t, "pattern")
	if r.match == files {
		r.pattern = filePattern(r.pattern)
	}
	if r.match == words {
		r.pattern = commandPattern(r.pattern)
	}
	r.raw = r.subject + "(" + r.pattern + ")"
	return r
}

func TestCoversIsReflexive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawRule(t)
		if !r.covers(&r) {
			t.Fatalf("%+v does not cover itself", r)
		}
	})
}

func TestCoversIsTransitive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := rapid.SampledFrom([]matcher{words, globs, files, hosts}).Draw(t, "match")
		draw := func(name string) rule {
			r := rule{subject: "Bash", match: m, pattern: rapid.StringMatching(`[ab*]{0,3}([ /][ab*]{1,2}){0,2}( \*)?`).Draw(t, name)}
			if m == files {
				r.pattern = filePattern(r.pattern)
			}
			return r
		}
		a, b, c := draw("a"), draw("b"), draw("c")
		if a.covers(&b) && b.covers(&c) && !a.covers(&c) {
			t.Fatalf("%q covers %q covers %q", a.pattern, b.pattern, c.pattern)
		}
	})
}

// what covers says must hold for every call: a command that the narrower
// pattern matches is matched by the wider one.
func TestCoversIsSound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := rule{subject: "Bash", match: words, pattern: rapid.StringMatching(`[a*]{1,2}( [a*]){0,2}( \*)?`).Draw(t, "a")}
		b := rule{subject: "Bash", match: words, pattern: rapid.StringMatching(`[a*]{1,2}( [a*]){0,2}( \*)?`).Draw(t, "b")}
		call := rule{subject: "Bash", match: words, pattern: rapid.StringMatching(`[ab]{1,2}( [ab]{1,2}){0,3}`).Draw(t, "call")}
		if a.covers(&b) && b.covers(&call) && !a.covers(&call) {
			t.Fatalf("%q covers %q, but only that matches %q", a.pattern, b.pattern, call.pattern)
		}
	})
}

// The index must agree with trying every rule.
func TestIndexFindsWhatCovers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rules := rapid.SliceOfN(rapid.Custom(drawRule), 0, 12).Draw(t, "rules")
		probe := drawRule(t)
		budget := maxSteps
		x := newRuleIndex(ask, false, rules, &budget)
		want, found := ask, false
		for i := range rules {
			if rules[i].covers(&probe) && (!found || rules[i].effect < want) {
				want, found = rules[i].effect, true
			}
		}
		if got := x.effectOf(&probe); got != want {
			t.Fatalf("effect of %+v is %v, by hand %v", probe, got, want)
		}
	})
}
