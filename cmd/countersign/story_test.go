package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/countersign-dev/countersign/internal/ghsim"
	"github.com/countersign-dev/countersign/internal/ghsim/contract"
	"github.com/countersign-dev/countersign/record"
	"github.com/countersign-dev/countersign/review"
)

// TestStories runs testdata/script/*.txt: people act on the simulated GitHub,
// the real server answers over real HTTP, and the story says what must be seen.
// testdata/script/README.md lists the commands.
func TestStories(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 filepath.Join("..", "..", "testdata", "script"),
		Setup:               setupStory,
		Cmds:                storyCommands,
		RequireUniqueNames:  true,
		RequireExplicitExec: true,
	})
}

// A story is one world: a GitHub, an organisation, people, and the server.
type story struct {
	sim    *ghsim.Server
	srv    *server
	org    *ghsim.Org
	repos  map[string]*ghsim.Repo
	repo   *ghsim.Repo // the present one
	people map[string]*ghsim.User
	pulls  map[string]*ghsim.Pull
	said   map[string]*ghsim.Comment // the last comment of each person, by name
	review map[string]*ghsim.Review
	apps   map[string]*ghsim.App // of others
	dir    string
	inst   *ghsim.Installation
}

// otherApp is another app than the one under test.
func (s *story) otherApp(slug string) *ghsim.App {
	if s.apps[slug] == nil {
		s.apps[slug] = s.sim.AddApp(slug)
	}
	return s.apps[slug]
}

type storyKey struct{}

// members are people of the organisation with write access; stranger has none.
var members = []string{"alice", "bob", "carol", "dana", "erin", "frank"}

// defaultSettings govern every story that brings no settings of its own.
const defaultSettings = `version: 1
branches: [main, "release/*"]
approvers:
  model: {people: [bob, carol]}
  prompt: {people: [bob, carol]}
  tools: {people: [bob, carol, dana]}
  policy: {people: [dana, erin]}
`

func setupStory(env *testscript.Env) error {
	s, err := newStory(env.T().(testing.TB), env.WorkDir)
	if err != nil {
		return err
	}
	env.Values[storyKey{}] = s
	env.Defer(s.close)
	return s.start(filepath.Join(env.WorkDir, "operator"))
}

// newStory makes the world, with the repository acme/bot out of the folder repo
// in dir. The server is not started.
func newStory(t testing.TB, dir string) (*story, error) {
	s := &story{people: map[string]*ghsim.User{}, pulls: map[string]*ghsim.Pull{}, repos: map[string]*ghsim.Repo{},
		said: map[string]*ghsim.Comment{}, review: map[string]*ghsim.Review{}, apps: map[string]*ghsim.App{}, dir: dir}
	o := ghsim.Options{Dir: filepath.Join(dir, ".github-sim")}
	c, err := contract.FromEnv(func(violation error) { t.Errorf("GitHub's API description: %v", violation) })
	if err != nil {
		return nil, err
	}
	if c != nil {
		o.Contract = c
	}
	if s.sim, err = ghsim.New(o); err != nil {
		return nil, err
	}
	s.org = s.sim.AddOrg("acme")
	for _, name := range members {
		s.people[name] = s.sim.AddUser(name)
		s.org.SetMember(s.people[name], "member")
	}
	s.people["admin"] = s.sim.AddUser("admin")
	s.org.SetMember(s.people["admin"], "admin")
	s.people["stranger"] = s.sim.AddUser("stranger")
	s.inst = s.sim.Install(s.org.User)
	if err := s.addRepo("bot", filepath.Join(dir, "repo"), true); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

// close stops the server and GitHub.
func (s *story) close() {
	if s.srv != nil {
		s.srv.Close()
	}
	s.sim.Close()
}

// start runs the server on the story's data.
func (s *story) start(operator string) error {
	if _, err := os.Stat(operator); err != nil {
		operator = ""
	}
	var err error
	s.srv, err = startServer(context.Background(), simConfig(s.sim, filepath.Join(s.dir, ".data"), operator), s.sim.Now)
	if err != nil {
		return err
	}
	select {
	case <-s.srv.swept: // else it might find what a story is about to hide from it
	case <-time.After(30 * time.Second):
		return errors.New("the sweep on start does not end")
	}
	s.sim.SetWebhook(s.srv.URL()+"/webhook", simSecret)
	return s.settle()
}

// addRepo makes a repository from the files of a folder. The default settings
// are put in it unless the folder has its own or a file named .not-enrolled.
func (s *story) addRepo(name, dir string, protect bool) error {
	files := ghsim.Files{"README.md": "A bot.\n", "CLAUDE.md": "Be kind.\n",
		".claude/settings.json": "{\"permissions\": {\"allow\": [\"Bash(go test:*)\"]}}\n"}
	if _, err := os.Stat(filepath.Join(dir, ".not-enrolled")); err != nil {
		files[review.SettingsPath] = defaultSettings
	}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || d.Name() == ".not-enrolled" {
			return err
		}
		data, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		files[filepath.ToSlash(rel)] = string(data)
		return err
	})
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	r, err := s.org.AddRepo(name, ghsim.RepoOptions{Files: files, Public: true})
	if err != nil {
		return err
	}
	for _, m := range members {
		r.SetRole(s.people[m], "write")
	}
	r.SetRole(s.people["admin"], "admin")
	if protect {
		r.Protect(s.people["admin"], "main", ghsim.Protection{RequirePull: true,
			Checks: []ghsim.Check{{Context: "countersign: main", AppID: s.sim.App().ID()}}})
	}
	s.repos[name], s.repo = r, r
	return nil
}

// settle waits until GitHub has delivered everything and the server has
// handled it.
func (s *story) settle() error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for range 50 { // what the server does makes GitHub deliver more
		if err := s.sim.Flush(ctx); err != nil {
			return fmt.Errorf("deliveries do not end: %w", err)
		}
		busy, err := s.srv.Drain(ctx)
		if err != nil {
			return err
		}
		if !busy {
			return nil
		}
	}
	return errors.New("the server and GitHub keep each other busy")
}

// act moves the clock on, acts, and lets everybody answer.
func (s *story) act(ts *testscript.TestScript, f func() error) {
	s.sim.Advance(time.Minute)
	ts.Check(f())
	ts.Check(s.settle())
	for name, p := range s.pulls {
		ts.Setenv(name, p.Head())
	}
}

func storyOf(ts *testscript.TestScript) *story { return ts.Value(storyKey{}).(*story) }

func (s *story) person(ts *testscript.TestScript, name string) *ghsim.User {
	u := s.people[name]
	if u == nil {
		ts.Fatalf("nobody is called %s", name)
	}
	return u
}

func (s *story) pull(ts *testscript.TestScript, name string) *ghsim.Pull {
	p := s.pulls[name]
	if p == nil {
		ts.Fatalf("no pull request is called %s", name)
	}
	return p
}

// A storyArgs splits path=text arguments and -flags from the rest.
type storyArgs struct {
	rest  []string
	flags map[string]string
	spec  ghsim.CommitSpec
}

// arguments reads -flag value pairs, path=text (text may name a file of the
// script after @), path- for a deletion and old>new for a renaming.
func (s *story) arguments(ts *testscript.TestScript, args []string) storyArgs {
	a := storyArgs{flags: map[string]string{}, spec: ghsim.CommitSpec{Files: ghsim.Files{}, Rename: map[string]string{}, Modes: map[string]string{}}}
	for i := 0; i < len(args); i++ {
		arg := args[i]
		old, now, renames := strings.Cut(arg, ">")
		path, text, writes := strings.Cut(arg, "=")
		switch {
		case strings.HasPrefix(arg, "-"):
			if i+1 == len(args) {
				ts.Fatalf("%s needs a value", arg)
			}
			a.flags[arg[1:]] = args[i+1]
			i++
		case writes:
			if file, ok := strings.CutPrefix(text, "@"); ok {
				text = ts.ReadFile(file)
			}
			a.spec.Files[path] = strings.ReplaceAll(text, `\n`, "\n")
		case renames:
			a.spec.Rename[old] = now
		case strings.HasSuffix(arg, "-"):
			a.spec.Delete = append(a.spec.Delete, strings.TrimSuffix(arg, "-"))
		default:
			a.rest = append(a.rest, arg)
		}
	}
	if m := a.flags["mode"]; m != "" {
		path, mode, _ := strings.Cut(m, ":")
		a.spec.Modes[path] = mode
	}
	if who := a.flags["author"]; who != "" {
		a.spec.Author = s.identity(who)
	}
	if who := a.flags["committer"]; who != "" {
		a.spec.Committer = s.identity(who)
	}
	if who := a.flags["coauthor"]; who != "" {
		a.spec.CoAuthors = append(a.spec.CoAuthors, s.identity(who))
	}
	return a
}

// identity is a person's, or that of an address that belongs to nobody.
func (s *story) identity(who string) ghsim.Identity {
	if u := s.people[who]; u != nil {
		return u.Git()
	}
	return ghsim.Identity{Name: "Somebody", Email: who}
}

var storyCommands = map[string]func(ts *testscript.TestScript, neg bool, args []string){
	// open PR WHO [path=text…] [-base B] [-fork WHO] [-title T] [-head BRANCH]
	"open": func(ts *testscript.TestScript, _ bool, args []string) {
		s := storyOf(ts)
		a := s.arguments(ts, args)
		name, who := a.rest[0], s.person(ts, a.rest[1])
		spec := ghsim.PullSpec{Head: name, Base: a.flags["base"], Title: a.flags["title"], Body: a.flags["body"]}
		if len(a.spec.Files)+len(a.spec.Delete)+len(a.spec.Rename) > 0 {
			spec.Commit = &a.spec
		}
		if h := a.flags["head"]; h != "" {
			spec.Head = h
		}
		s.act(ts, func() error {
			if owner := a.flags["fork"]; owner != "" {
				fork, err := s.repo.Fork(s.person(ts, owner))
				if err != nil {
					return err
				}
				spec.HeadRepo = fork
			}
			p, err := s.repo.OpenPull(who, spec)
			s.pulls[name] = p
			return err
		})
	},
	// push PR WHO path=text… [-author WHO] [-committer WHO] [-coauthor WHO] [-mode path:120000]
	"push": func(ts *testscript.TestScript, _ bool, args []string) {
		s := storyOf(ts)
		a := s.arguments(ts, args)
		s.act(ts, func() error {
			_, err := s.pull(ts, a.rest[0]).Commit(s.person(ts, a.rest[1]), a.spec)
			return err
		})
	},
	// push2 PR WHO TEXT TEXT: two commits to CLAUDE.md in one push
	"push2": func(ts *testscript.TestScript, _ bool, args []string) {
		s := storyOf(ts)
		p, who := s.pull(ts, args[0]), s.person(ts, args[1])
		s.act(ts, func() error {
			tip := p.Head()
			for _, text := range args[2:] {
				var err error
				if tip, err = s.repo.CommitOn([]string{tip}, ghsim.CommitSpec{Files: ghsim.Files{"CLAUDE.md": text + "\n"}, Author: who.Git()}); err != nil {
					return err
				}
			}
			return s.repo.Push(who, p.HeadRef(), tip)
		})
	},
	// replace PR WHO path=text…: a force push that leaves one commit on the base
	"replace": func(ts *testscript.TestScript, _ bool, args []string) {
		s := storyOf(ts)
		a := s.arguments(ts, args)
		p := s.pull(ts, a.rest[0])
		s.act(ts, func() error {
			if a.spec.Author == (ghsim.Identity{}) {
				a.spec.Author = s.person(ts, a.rest[1]).Git()
			}
			sha, err := s.repo.CommitOn([]string{s.repo.Head(p.Base())}, a.spec)
			if err != nil {
				return err
			}
			return s.repo.ForcePush(s.person(ts, a.rest[1]), p.HeadRef(), sha)
		})
	},
	"rebase": func(ts *testscript.TestScript, _ bool, args []string) {
		s := storyOf(ts)
		s.act(ts, func() error { _, err := s.pull(ts, args[0]).Rebase(s.person(ts, args[1])); return err })
	},
	"update": func(ts *testscript.TestScript, _ bool, args []string) {
		s := storyOf(ts)
		s.act(ts, func() error { _, err := s.pull(ts, args[0]).UpdateBranch(s.person(ts, args[1])); return err })
	},
	"retarget": func(ts *testscript.TestScript, _ bool, args []string) {
		s := storyOf(ts)
		s.act(ts, func() error { return s.pull(ts, args[0]).Retarget(s.person(ts, args[1]), args[2]) })
	},
	"close": func(ts *testscript.TestScript, _ bool, args []string) {
		s := storyOf(ts)
		s.act(ts, func() error { return s.pull(ts, args[0]).Close(s.person(ts, args[1])) })
	},
	"reopen": func(ts *testscript.TestScript, _ bool, args []string) {
		s := storyOf(ts)
		s.act(ts, func() error { return s.pull(ts, args[0]).Reopen(s.person(ts, args[1])) })
	},
	// comment PR WHO TEXT [-app slug] [-email yes]
	"comment": func(ts *testscript.TestScript, _ bool, args []string) {
		s := storyOf(ts)
		p, who, text := s.pull(ts, args[0]), s.person(ts, args[1]), os.Expand(unescape(args[2]), ts.Getenv)
		s.act(ts, func() error {
			switch {
			case len(args) > 4 && args[3] == "-app":
				s.said[args[1]] = p.CommentVia(who, s.sim.AddApp(args[4]), text)
			case len(args) > 4 && args[3] == "-email":
				s.said[args[1]] = p.CommentByEmail(who, text)
			default:
				s.said[args[1]] = p.Comment(who, text)
			}
			return nil
		})
	},
	// edit WHOSE BY TEXT; delete WHOSE BY: the last comment of somebody
	"edit": func(ts *testscript.TestScript, _ bool, args []string) {
		s := storyOf(ts)
		s.act(ts, func() error { s.comment(ts, args[0]).Edit(s.person(ts, args[1]), unescape(args[2])); return nil })
	},
	"delete": func(ts *testscript.TestScript, _ bool, args []string) {
		s := storyOf(ts)
		s.act(ts, func() error { s.comment(ts, args[0]).Delete(s.person(ts, args[1])); return nil })
	},
	// review PR WHO approved|changes_requested|commented [TEXT] [-commit SHA]
	"review": func(ts *testscript.TestScript, _ bool, args []string) {
		s := storyOf(ts)
		a := s.arguments(ts, args)
		spec := ghsim.ReviewSpec{State: a.rest[2], Commit: a.flags["commit"]}
		if len(a.rest) > 3 {
			spec.Body = a.rest[3]
		}
		s.act(ts, func() error {
			v, err := s.pull(ts, a.rest[0]).Review(s.person(ts, a.rest[1]), spec)
			s.review[a.rest[1]] = v
			return err
		})
	},
	"dismiss": func(ts *testscript.TestScript, _ bool, args []string) {
		s := storyOf(ts)
		s.act(ts, func() error { return s.review[args[0]].Dismiss(s.person(ts, args[1])) })
	},
	// merge PR WHO [squash|merge|rebase]: ! merge is a refusal by GitHub
	"merge": func(ts *testscript.TestScript, neg bool, args []string) {
		s := storyOf(ts)
		s.act(ts, func() error {
			_, err := s.pull(ts, args[0]).Merge(s.person(ts, args[1]), methodOf(args))
			var no *ghsim.Refusal
			if neg && errors.As(err, &no) {
				return nil
			} else if neg && err == nil {
				return errors.New("GitHub merged it")
			}
			return err
		})
	},
	"adminmerge": func(ts *testscript.TestScript, _ bool, args []string) {
		s := storyOf(ts)
		s.act(ts, func() error {
			_, err := s.pull(ts, args[0]).MergeAsAdmin(s.person(ts, args[1]), methodOf(args))
			return err
		})
	},
	"automerge": func(ts *testscript.TestScript, _ bool, args []string) {
		s := storyOf(ts)
		s.act(ts, func() error { return s.pull(ts, args[0]).EnableAutoMerge(s.person(ts, args[1]), methodOf(args)) })
	},
	// direct WHO [-branch B] path=text…: a commit pushed past all rules
	"direct": func(ts *testscript.TestScript, _ bool, args []string) {
		s := storyOf(ts)
		a := s.arguments(ts, args)
		branch := or(a.flags["branch"], "main")
		who := s.person(ts, a.rest[0])
		if a.spec.Author == (ghsim.Identity{}) {
			a.spec.Author = who.Git()
		}
		s.act(ts, func() error {
			sha, err := s.repo.CommitOn([]string{s.repo.Head(branch)}, a.spec)
			if err != nil {
				return err
			}
			return s.repo.PushAsAdmin(who, branch, sha)
		})
		ts.Setenv("landed", s.repo.Head(branch))
	},
	// branch NAME WHO [FROM]: creates a branch; force NAME WHO SHA: moves it
	"branch": func(ts *testscript.TestScript, _ bool, args []string) {
		s := storyOf(ts)
		from := s.repo.Head("main")
		if len(args) > 2 {
			from = args[2]
		}
		s.act(ts, func() error { return s.repo.PushAsAdmin(s.person(ts, args[1]), args[0], from) })
	},
	"force": func(ts *testscript.TestScript, _ bool, args []string) {
		s := storyOf(ts)
		s.act(ts, func() error {
			s.repo.Unprotect(s.person(ts, "admin"), args[0])
			return s.repo.ForcePush(s.person(ts, args[1]), args[0], args[2])
		})
	},
	// tip VAR [BRANCH]: puts the tip of a branch into a variable
	"tip": func(ts *testscript.TestScript, _ bool, args []string) {
		s := storyOf(ts)
		branch := "main"
		if len(args) > 1 {
			branch = args[1]
		}
		ts.Setenv(args[0], s.repo.Head(branch))
	},
	"protect": func(ts *testscript.TestScript, _ bool, args []string) { storyOf(ts).protect(ts, args) },
	"unprotect": func(ts *testscript.TestScript, _ bool, args []string) {
		s := storyOf(ts)
		s.act(ts, func() error { return s.repo.Unprotect(s.person(ts, "admin"), args[0]) })
	},
	// team SLUG [-parent SLUG] WHO…; join SLUG WHO; leave SLUG WHO
	"team": func(ts *testscript.TestScript, _ bool, args []string) {
		s := storyOf(ts)
		a := s.arguments(ts, args)
		s.act(ts, func() error {
			team := s.org.AddTeam(a.rest[0], s.org.Team(a.flags["parent"]))
			for _, who := range a.rest[1:] {
				team.Add(s.person(ts, who))
			}
			return nil
		})
	},
	"join": func(ts *testscript.TestScript, _ bool, args []string) {
		s := storyOf(ts)
		s.act(ts, func() error { s.org.Team(args[0]).Add(s.person(ts, args[1])); return nil })
	},
	"leave": func(ts *testscript.TestScript, _ bool, args []string) {
		s := storyOf(ts)
		s.act(ts, func() error { s.org.Team(args[0]).Remove(s.person(ts, args[1])); return nil })
	},
	// rename WHO LOGIN: changes a login; newcomer LOGIN: somebody takes a free one
	"rename": func(ts *testscript.TestScript, _ bool, args []string) {
		s := storyOf(ts)
		s.act(ts, func() error { s.person(ts, args[0]).Rename(args[1]); return nil })
	},
	"newcomer": func(ts *testscript.TestScript, _ bool, args []string) {
		s := storyOf(ts)
		u := s.sim.AddUser(args[1])
		s.org.SetMember(u, "member")
		s.repo.SetRole(u, "write")
		s.people[args[0]] = u
	},
	"bot": func(ts *testscript.TestScript, _ bool, args []string) {
		s := storyOf(ts)
		s.people[args[0]] = s.sim.AddBot(args[1])
		s.repo.SetRole(s.people[args[0]], "write")
	},
	"newrepo": func(ts *testscript.TestScript, _ bool, args []string) {
		s := storyOf(ts)
		s.act(ts, func() error { return s.addRepo(args[0], ts.MkAbs(args[1]), true) })
	},
	// advance DURATION; sweep; restart; pause; resume; drop N; shuffle SEED; redeliver
	"advance": func(ts *testscript.TestScript, _ bool, args []string) {
		d, err := time.ParseDuration(args[0])
		ts.Check(err)
		storyOf(ts).sim.Advance(d)
	},
	// label PR WHO NAME
	"label": func(ts *testscript.TestScript, _ bool, args []string) {
		s := storyOf(ts)
		s.act(ts, func() error { s.pull(ts, args[0]).Label(s.person(ts, args[1]), args[2]); return nil })
	},
	"unlabel": func(ts *testscript.TestScript, _ bool, args []string) {
		s := storyOf(ts)
		s.act(ts, func() error { s.pull(ts, args[0]).Unlabel(s.person(ts, args[1]), args[2]); return nil })
	},
	"sweep": func(ts *testscript.TestScript, _ bool, _ []string) {
		s := storyOf(ts)
		s.act(ts, func() error { return s.srv.Sweep(context.Background()) })
	},
	"restart": func(ts *testscript.TestScript, _ bool, _ []string) {
		s := storyOf(ts)
		ts.Check(s.srv.Close())
		ts.Check(s.start(filepath.Join(s.dir, "operator")))
	},
	"pause": func(ts *testscript.TestScript, _ bool, _ []string) { storyOf(ts).sim.Pause() },
	"resume": func(ts *testscript.TestScript, _ bool, _ []string) {
		s := storyOf(ts)
		s.sim.Resume()
		ts.Check(s.settle())
	},
	"drop": func(ts *testscript.TestScript, _ bool, args []string) { storyOf(ts).sim.DropNext(number(ts, args[0])) },
	"shuffle": func(ts *testscript.TestScript, _ bool, args []string) {
		storyOf(ts).sim.Shuffle(uint64(number(ts, args[0])))
	},
	// redeliver [EVENT.ACTION]: the newest delivery, of that name, comes again
	"redeliver": func(ts *testscript.TestScript, _ bool, args []string) {
		s := storyOf(ts)
		if len(args) == 0 {
			s.act(ts, s.sim.RedeliverLast)
			return
		}
		for _, d := range slices.Backward(s.sim.Deliveries()) {
			if d.Event+"."+d.Action == args[0] {
				s.act(ts, func() error { return s.sim.Redeliver(d.GUID) })
				return
			}
		}
		ts.Fatalf("no delivery of %s", args[0])
	},
	// foreigncheck PR NAME CONCLUSION: another app posts a check
	"foreigncheck": func(ts *testscript.TestScript, _ bool, args []string) {
		s := storyOf(ts)
		s.act(ts, func() error {
			_, err := s.repo.PostCheck(s.otherApp("actions"), s.pull(ts, args[0]).Head(), args[1], args[2])
			return err
		})
	},
	"rerun": func(ts *testscript.TestScript, _ bool, args []string) {
		s := storyOf(ts)
		run, ok := s.pull(ts, args[0]).Check("countersign: main")
		if !ok {
			ts.Fatalf("%s has no check", args[0])
		}
		s.act(ts, func() error { return s.repo.Rerequest(s.person(ts, args[1]), run.ID) })
	},

	"hostile": openHostile,
	"many":    openMany,
	"old":     oldCommit,
	"collide": collide,
	"foxtrot": foxtrot,
	"fault":   setFault,
	"truncate": func(ts *testscript.TestScript, _ bool, args []string) {
		storyOf(ts).repo.TruncateTrees(number(ts, args[0]))
	},

	"verify":   verifyLog,
	"check":    checkSeen,
	"report":   reportSeen,
	"reply":    replySeen,
	"reaction": reactionSeen,
	"record":   recordSeen,
	"refused":  refusedSeen,
	"calls":    callsSeen,
}

func or(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

var escape = regexp.MustCompile(`\\u\{([0-9a-f]+)\}`)

// unescape reads \n, \r, \t and \u{…}, so that scripts can say what does not print.
func unescape(s string) string {
	s = strings.NewReplacer(`\n`, "\n", `\r`, "\r", `\t`, "\t").Replace(s)
	return escape.ReplaceAllStringFunc(s, func(m string) string {
		n, _ := strconv.ParseInt(m[3:len(m)-1], 16, 32)
		return string(rune(n))
	})
}

func number(ts *testscript.TestScript, s string) int {
	n, err := strconv.Atoi(s)
	ts.Check(err)
	return n
}

func methodOf(args []string) ghsim.MergeMethod {
	if len(args) > 2 {
		return ghsim.MergeMethod(args[2])
	}
	return ghsim.Squash
}

func (s *story) comment(ts *testscript.TestScript, who string) *ghsim.Comment {
	if who == "bot" {
		for _, p := range s.pulls {
			for _, c := range p.Comments() {
				if strings.HasPrefix(c.Body(), "<!-- countersign:sticky -->") {
					return c
				}
			}
		}
	}
	c := s.said[who]
	if c == nil {
		ts.Fatalf("%s has not commented", who)
	}
	return c
}

// protect BRANCH CHECK…: requires checks, pinned to the app unless written NAME@any
func (s *story) protect(ts *testscript.TestScript, args []string) {
	p := ghsim.Protection{RequirePull: true}
	for _, name := range args[1:] {
		bare, any := strings.CutSuffix(name, "@any")
		c := ghsim.Check{Context: bare, AppID: s.sim.App().ID()}
		if any {
			c.AppID = -1
		}
		p.Checks = append(p.Checks, c)
	}
	s.act(ts, func() error { s.repo.Protect(s.person(ts, "admin"), args[0], p); return nil })
}

// checkSeen: check PR CONCLUSION [TITLE-REGEXP] [-name NAME]; check PR none
func checkSeen(ts *testscript.TestScript, neg bool, args []string) {
	s := storyOf(ts)
	name := "countersign: main"
	if i := slices.Index(args, "-name"); i >= 0 {
		name = args[i+1]
		args = slices.Delete(slices.Clone(args), i, i+2)
	}
	run, ok := s.pull(ts, args[0]).Check(name)
	if args[1] == "none" {
		if ok {
			ts.Fatalf("there is a check: %s, %s", run.Conclusion, run.Title)
		}
		return
	}
	if !ok {
		ts.Fatalf("there is no check %q on %s", name, args[0])
	}
	if (run.Conclusion == args[1]) == neg {
		ts.Fatalf("check is %s: %s\n%s", run.Conclusion, run.Title, run.Summary)
	}
	if len(args) > 2 {
		match(ts, neg, args[2], run.Title+"\n"+run.Summary)
	}
}

func match(ts *testscript.TestScript, neg bool, pattern, text string) {
	re, err := regexp.Compile("(?s)" + pattern)
	ts.Check(err)
	if re.MatchString(text) == neg {
		ts.Fatalf("%q (unwanted: %v) in:\n%s", pattern, neg, text)
	}
}

// reportSeen: report PR REGEXP
func reportSeen(ts *testscript.TestScript, neg bool, args []string) {
	s := storyOf(ts)
	for _, c := range s.pull(ts, args[0]).Comments() {
		if strings.HasPrefix(c.Body(), "<!-- countersign:sticky -->") {
			match(ts, neg, args[1], c.Body())
			return
		}
	}
	if !neg {
		ts.Fatalf("%s has no report", args[0])
	}
}

// replySeen: reply PR REGEXP looks through everything the bot answered
func replySeen(ts *testscript.TestScript, neg bool, args []string) {
	s := storyOf(ts)
	var all []string
	for _, c := range s.pull(ts, args[0]).Comments() {
		if c.Author().ID() == s.sim.App().Bot().ID() && !strings.HasPrefix(c.Body(), "<!-- countersign:sticky -->") {
			all = append(all, c.Body())
		}
	}
	match(ts, neg, args[1], strings.Join(all, "\n"))
}

// reactionSeen: reaction WHO +1|confused|none, to their last comment
func reactionSeen(ts *testscript.TestScript, _ bool, args []string) {
	got := strings.Join(storyOf(ts).comment(ts, args[0]).Reactions(), " ")
	if or(got, "none") != args[1] {
		ts.Fatalf("reactions: %s", got)
	}
}

// recordSeen: record PR|BRANCH OUTCOME [REGEXP]: the newest record of a pull
// request, or of a push to a branch; record PR none
func recordSeen(ts *testscript.TestScript, neg bool, args []string) {
	s := storyOf(ts)
	entries, err := s.srv.log.List(context.Background(), record.Query{Limit: 1000})
	ts.Check(err)
	var found *record.Entry
	n := 0
	for _, e := range entries {
		if p := s.pulls[args[0]]; p != nil && pullNumber(e) == p.Number() || p == nil && pullNumber(e) == 0 {
			if found == nil || e.Index > found.Index {
				found = e
			}
			n++
		}
	}
	if args[1] == "none" {
		if n > 0 {
			ts.Fatalf("there are %d records", n)
		}
		return
	}
	if found == nil {
		ts.Fatalf("there is no record of %s among %d", args[0], len(entries))
	}
	var b strings.Builder
	ts.Check(record.Render(&b, found))
	if (outcomeOf(found) == args[1]) == neg {
		ts.Fatalf("outcome is %s:\n%s", outcomeOf(found), b.String())
	}
	if len(args) > 2 {
		match(ts, neg, args[2], b.String())
	}
}

// refusedSeen: refused PR WHO CODE: a statement was kept with that reason
func refusedSeen(ts *testscript.TestScript, neg bool, args []string) {
	s := storyOf(ts)
	said, err := s.srv.store.Signoffs(context.Background(), s.repo.ID(), s.pull(ts, args[0]).Number())
	ts.Check(err)
	var codes []string
	for _, st := range said {
		if st.User.ID == s.person(ts, args[1]).ID() {
			reason := st.Refused
			if st.Voided != nil {
				reason = "void: " + st.Voided.Reason
			}
			codes = append(codes, reason)
		}
	}
	if slices.Contains(codes, args[2]) == neg {
		ts.Fatalf("kept of %s: %q", args[1], codes)
	}
}

// callsSeen: calls reset; calls N [MOST]: API calls since then
func callsSeen(ts *testscript.TestScript, _ bool, args []string) {
	s := storyOf(ts)
	if args[0] == "reset" {
		s.sim.ResetCalls()
		return
	}
	calls := s.sim.Calls()
	least, most := number(ts, args[0]), number(ts, args[len(args)-1])
	if len(calls) < least || len(calls) > most {
		b, _ := json.MarshalIndent(calls, "", " ")
		ts.Fatalf("%d calls:\n%s", len(calls), b)
	}
}
