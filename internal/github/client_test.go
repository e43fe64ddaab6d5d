package github

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/countersign-dev/countersign/internal/ghsim"
	"github.com/countersign-dev/countersign/review"
)

func TestNewSaysWhatIsWrong(t *testing.T) {
	w := newWorld(t)
	good := w.sim.App().PrivateKeyPEM()
	block, _ := pem.Decode(good)
	public := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: []byte("x")})
	elliptical, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(elliptical)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name   string
		config Config
		want   string // "" when it is right
	}{
		{"github.com", Config{AppID: 1, Key: good}, ""},
		{"enterprise server", Config{AppID: 1, Key: good, BaseURL: "https://ghe.example.com/api/v3"}, ""},
		{"loopback", Config{AppID: 1, Key: good, BaseURL: "http://127.0.0.1:8080"}, ""},
		{"no app id", Config{Key: good}, "app id is not set"},
		{"no key", Config{AppID: 1}, "no PEM block"},
		{"a path instead of a key", Config{AppID: 1, Key: []byte("/etc/countersign/key.pem")}, "no PEM block"},
		{"public key", Config{AppID: 1, Key: public}, "it is a public key"},
		{"damaged", Config{AppID: 1, Key: pem.EncodeToMemory(&pem.Block{Type: block.Type, Bytes: block.Bytes[:99]})}, "damaged"},
		{"elliptic", Config{AppID: 1, Key: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})}, "no RSA key"},
		{"encrypted", Config{AppID: 1, Key: pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: der})}, "encrypted"},
		{"the site, not its API", Config{AppID: 1, Key: good, BaseURL: "https://github.com"}, "https://api.github.com/"},
		{"not encrypted", Config{AppID: 1, Key: good, BaseURL: "http://ghe.example.com/api/v3/"}, "https only"},
		{"no address", Config{AppID: 1, Key: good, BaseURL: "ghe.example.com"}, "must look like"},
		{"password", Config{AppID: 1, Key: good, BaseURL: "https://u:p@ghe.example.com/"}, "must look like"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := New(test.config)
			switch {
			case test.want == "" && err != nil:
				t.Error(err)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Errorf("err = %v, want %q", err, test.want)
			case err != nil && strings.Contains(err.Error(), string(bytes.Split(good, []byte("\n"))[1])):
				t.Error("the error tells the key")
			}
		})
	}
}

func TestAddresses(t *testing.T) {
	w := newWorld(t)
	for _, test := range []struct{ base, graphql, noReply string }{
		{"", "https://api.github.com/graphql", "users.noreply.github.com"},
		{"https://ghe.example.com/api/v3/", "https://ghe.example.com/api/graphql", "users.noreply.ghe.example.com"},
		{"https://api.octo.ghe.com", "https://api.octo.ghe.com/graphql", "users.noreply.octo.ghe.com"},
		{"http://127.0.0.1:9/api/v3/", "http://127.0.0.1:9/api/graphql", "users.noreply.github.com"},
	} {
		g, err := New(Config{AppID: 1, Key: w.sim.App().PrivateKeyPEM(), BaseURL: test.base})
		if err != nil {
			t.Fatal(err)
		}
		if g.graphql != test.graphql || g.noReply != test.noReply {
			t.Errorf("%q: graphql %s, noreply %s", test.base, g.graphql, g.noReply)
		}
	}
}

func TestInstallationsAtOnce(t *testing.T) {
	w := newWorld(t)
	other := w.sim.AddOrg("other")
	twin, err := other.AddRepo("bot", ghsim.RepoOptions{})
	if err != nil {
		t.Fatal(err)
	}
	second := review.Repo{Installation: w.sim.Install(other.User).ID(), ID: twin.ID(), Owner: "other", Name: "bot"}
	var all sync.WaitGroup
	for i := range 16 {
		repo, head := w.repo, w.bot.Head("main")
		if i%2 == 1 {
			repo, head = second, twin.Head("main")
		}
		all.Go(func() {
			if i%4 > 1 {
				w.sim.ExpireTokens()
			}
			tree, err := w.client.Tree(t.Context(), repo, head)
			if err != nil {
				t.Error(err)
				return
			}
			e, _ := tree.Lookup("README.md")
			if _, err := tree.Read(e); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()

	// What one installation read is nothing to the other.
	if _, err := w.client.Tree(t.Context(), second, w.bot.Head("main")); err == nil {
		t.Error("the tree of one installation was given to another")
	}
	mixed := w.repo
	mixed.Installation = second.Installation
	if _, err := w.client.OpenPulls(t.Context(), mixed); err == nil {
		t.Error("one installation read the repository of another")
	}
}

func TestForget(t *testing.T) {
	w := newWorld(t)
	team := w.acme.AddTeam("ml", nil)
	team.Add(w.bob)
	read := func() {
		t.Helper()
		if _, err := w.client.Tree(t.Context(), w.repo, w.bot.Head("main")); err != nil {
			t.Fatal(err)
		}
		if _, err := w.client.Members(t.Context(), w.repo, "acme/ml", false); err != nil {
			t.Fatal(err)
		}
	}
	const members = "GET /orgs/{org}/teams/{team_slug}/members"
	read()
	w.wantCalls(treeCall, members)
	read()
	w.wantCalls()
	w.client.Forget(w.inst.ID() + 1)
	read()
	w.wantCalls()
	tokens := len(w.sim.TokenCalls())
	w.client.Forget(w.inst.ID())
	read()
	if len(w.sim.TokenCalls()) != 1 {
		t.Errorf("%d tokens were asked for, %d before", len(w.sim.TokenCalls()), tokens)
	}
	w.wantCalls(treeCall, members)
}

func TestNamesThatWouldLeaveTheAddress(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	repo := w.repo
	repo.Name = ".."
	for i, call := range []func() error{
		func() error { _, err := w.client.OpenPulls(ctx, repo); return err },
		func() error { _, err := w.client.User(ctx, w.repo, "../app/installations"); return err },
		func() error { _, err := w.client.Members(ctx, w.repo, "acme/..", false); return err },
		func() error { _, err := w.client.Members(ctx, w.repo, "acme/ml/members?x=", false); return err },
		func() error { _, err := w.client.Tree(ctx, w.repo, "main/../../.."); return err },
		func() error { _, err := w.client.Enforcement(ctx, w.repo, "../main", "c"); return err },
		func() error { _, _, err := w.client.History(ctx, w.repo, "main", w.bot.Head("main")); return err },
		func() error {
			ok, err := w.client.Admin(ctx, w.repo, review.User{ID: 1, Login: "../../../user"})
			if err == nil && !ok {
				return fmt.Errorf("no")
			}
			return err
		},
	} {
		if call() == nil {
			t.Errorf("call %d went through", i)
		}
	}
	w.wantCalls()
}
