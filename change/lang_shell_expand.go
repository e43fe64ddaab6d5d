package change

import (
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Bounds of what variables and wrappers may add to a script.
const (
	maxShellDepth = 4       // wrappers inside of wrappers
	maxShellValue = 4 << 10 // bytes of a variable that is followed
	maxShellGrown = 1 << 20 // bytes that variables put into a script
	maxShellRuns  = 20_000  // scripts inside of scripts
)

// expandedCommands splits a script into its commands as splitCommands does, puts
// the values of variables that the script or vars set to a literal in their
// places, and adds the commands inside of wrappers: bash -c, eval, heredocs of a
// shell, $( … ), docker run, ssh and their like. whole is false for a script that
// says more than may be read.
func expandedCommands(script string, vars map[string]string) (commands []command, whole bool) {
	x := &shellExpansion{vars: maps.Clone(vars), whole: true}
	if x.vars == nil {
		x.vars = map[string]string{}
	}
	x.run(script, 0, 0)
	return x.out, x.whole
}

type shellExpansion struct {
	vars  map[string]string
	out   []command
	words int
	grown int
	runs  int
	whole bool
}

// run adds the commands of a script whose first line is line+1 of the whole.
func (x *shellExpansion) run(script string, line, depth int) {
	commands, whole := splitCommandLine(script, true)
	x.runs++
	x.whole = x.whole && whole && x.runs <= maxShellRuns
	for _, c := range commands {
		if !x.whole {
			return
		}
		c.line += line
		c.words = makePrefix(c.words)
		if depth < maxShellDepth {
			for _, w := range append(c.env[:len(c.env):len(c.env)], c.words...) {
				for _, inner := range substitutions(w) {
					if x.whole {
						x.run(inner, c.line-1, depth+1)
					}
				}
			}
		}
		c.words = x.expand(c.words)
		x.remember(c)
		x.add(c)
		if depth < maxShellDepth {
			x.wrapped(c, c.words, depth)
		}
	}
}

func (x *shellExpansion) add(c command) {
	x.words += len(c.words) + len(c.env)
	x.whole = x.whole && x.words <= maxShellWords
	x.out = append(x.out, c)
}

// makePrefix takes off what Make and lists of YAML put before a command.
func makePrefix(words []string) []string {
	if len(words) == 0 || words[0] == "" || strings.IndexByte("@-+", words[0][0]) < 0 {
		return words
	}
	if w := strings.TrimLeft(words[0], "@-+"); w != "" {
		return append([]string{w}, words[1:]...)
	}
	return words[1:]
}

// substitutions lists the scripts in $( … ) and backticks of a word.
func substitutions(w string) []string {
	var out []string
	for i := 0; i+1 < len(w); i++ {
		switch {
		case w[i] == '\\':
			i++
		case w[i] == '`':
			inner, _, _ := strings.Cut(w[i+1:], "`")
			out = append(out, inner)
			i += len(inner) + 1
		case w[i] == '$' && w[i+1] == '(':
			r := shellReader{src: w, pos: i}
			n := r.group()
			out = append(out, strings.TrimSuffix(w[i+2:i+n], ")"))
			i += n - 1
		}
	}
	return out
}

// remember keeps variables that are set to a literal. Those that say a model or
// a prompt by their name are facts of their own and stay.
func (x *shellExpansion) remember(c command) {
	pairs := c.env
	switch {
	case len(c.words) > 1 && (c.words[0] == "export" || c.words[0] == "declare" || c.words[0] == "local" || c.words[0] == "readonly"):
		pairs = c.words[1:]
	case len(c.words) > 0:
		return
	}
	for _, p := range pairs {
		name, value, ok := strings.Cut(p, "=")
		more := strings.HasSuffix(name, "+")
		if name = strings.TrimSuffix(name, "+"); !ok || !isName(name) || saysItself(name, value) {
			continue
		}
		if strings.HasPrefix(value, "(") {
			value = " " + strings.TrimSuffix(value[1:], ")") // a blank in front: several words
		}
		if value = x.inside(value); more {
			value = x.vars[name] + " " + value
		}
		delete(x.vars, name)
		if len(value) <= maxShellValue && !strings.Contains(value, "$(") && !strings.Contains(value, "`") {
			x.vars[name] = value
		}
	}
}

func saysItself(name, value string) bool {
	known, maybe := modelVariable(name)
	return known || maybe && isModelID(value) || promptVariable(name) && strings.ContainsAny(value, " \n")
}

var shellVariable = regexp.MustCompile(`\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?:\[[@*]\])?\})`)

// expand puts values in the places of variables. A word that is a variable alone
// becomes several where its value is a list, begins with a flag, or stands in
// the place of the command.
func (x *shellExpansion) expand(in []string) []string {
	var out []string
	for i, w := range in {
		if !strings.Contains(w, "$") {
			out = append(out, w)
			continue
		}
		value := x.inside(w)
		alone := shellVariable.FindString(w) == w
		if name, fallback, ok := envDefault(w); ok && x.vars[name] == "" && strings.HasPrefix(fallback, "-") {
			value, alone = fallback, true
		}
		if alone && value != w && (i == 0 || strings.HasPrefix(value, " ") || strings.HasPrefix(value, "-")) {
			out = append(out, shellWords(value)...)
			continue
		}
		out = append(out, strings.TrimPrefix(value, " "))
	}
	return out
}

func (x *shellExpansion) inside(w string) string {
	if len(x.vars) == 0 || !strings.Contains(w, "$") {
		return w
	}
	return shellVariable.ReplaceAllStringFunc(w, func(ref string) string {
		m := shellVariable.FindStringSubmatch(ref)
		value, ok := x.vars[m[1]+m[2]]
		if x.grown += len(value); !ok || x.grown > maxShellGrown {
			x.whole = x.whole && x.grown <= maxShellGrown
			return ref
		}
		return value
	})
}

// shells run the text of a flag, or what they read from their input.
var shells = set("bash", "sh", "zsh", "dash", "ash", "ksh", "fish", "su", "script", "pwsh", "runuser")

// carriers run a command that stands somewhere behind them. Sources: the manual
// page of each.
var carriers = set("docker", "podman", "nerdctl", "ssh", "retry", "mise", "rtx", "asdf", "stdbuf", "nice", "ionice", "setsid", "unbuffer", "xvfb-run", "flock", "doas", "chroot", "parallel",
	"watch", "kubectl", "oc", "devcontainer", "direnv", "op", "doppler", "aws-vault", "nix", "nix-shell", "poetry", "pdm", "hatch", "rye", "volta", "fnm", "nvm", "firejail", "bwrap", "unshare", "taskset",
	"chrt", "systemd-run", "tmux", "screen", "gosu", "su-exec", "tini", "dumb-init", "caffeinate", "npm", "corepack", "dotenv", "dotenvx", "infisical", "chamber", "distrobox", "toolbox", "limactl", "vagrant", "coproc", "strace", "sg", "gh")

// containerTools carry a command only where they run or enter a container.
var containerTools = set("docker", "podman", "nerdctl", "kubectl", "oc")

// wrapped adds the commands that a command runs for somebody else.
func (x *shellExpansion) wrapped(c command, words []string, depth int) {
	name, rest := commandName(words)
	switch {
	case shells[name]:
		script := c.input
		for i, w := range rest {
			if i+1 < len(rest) && (w == "--command" || w == "-Command" || strings.HasPrefix(w, "-") && !strings.HasPrefix(w, "--") && strings.HasSuffix(w, "c")) {
				script = rest[i+1]
				break
			}
		}
		x.run(script, c.line-1, depth+1)
	case name == "eval":
		x.run(strings.Join(rest, " "), c.line-1, depth+1)
	case carriers[name] && (!containerTools[name] || slices.ContainsFunc(rest, func(w string) bool { return w == "run" || w == "exec" })):
		for i, w := range rest {
			base := path.Base(w)
			if _, cli := agentCommands[base]; cli && len(base) > 2 || cliPackages[cutVersion(w)] != "" && name != "npm" {
				inner := c
				inner.words, inner.env = rest[i:], nil
				x.add(inner)
				return
			}
			if shells[base] {
				x.wrapped(c, rest[i:], depth)
				return
			}
		}
	}
}
