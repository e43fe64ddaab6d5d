package record

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// A Query asks for records. Empty fields ask nothing; all others must hold.
type Query struct {
	From, To time.Time // of the landing: From <= t < To
	Agent    string
	Resource string // a path, or a model
	Person   string // a login, or id: and an account's id; any hand: wrote, signed, merged
	Outcome  string
	Kind     string // of change: model, prompt, tool_scope, …
	Repo     string // owner/name, or the id
	Pull     int
	Limit    int    // 0 means 50
	After    string // id of the last record of the page before
}

// List returns the records that a query finds, newest landing first.
func (l *Log) List(ctx context.Context, q Query) ([]*Entry, error) {
	s := Search{From: q.From, To: q.To, Limit: q.Limit, Touches: q.touches()}
	if s.Limit <= 0 {
		s.Limit = 50
	}
	if q.After != "" {
		after, err := l.Get(ctx, q.After)
		if err != nil {
			return nil, err
		}
		s.After = &Position{after.landedAt(), after.Index}
	}
	indexes, err := l.store.Find(ctx, s)
	if err != nil {
		return nil, fmt.Errorf("find records: %w", err)
	}
	out, err := l.entries(ctx, indexes...)
	if err != nil {
		return nil, err
	}
	for _, e := range out {
		if err := l.later(ctx, e); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (q Query) touches() []Touch {
	var out []Touch
	add := func(by, value string) {
		if value != "" {
			out = append(out, Touch{by, value})
		}
	}
	// The rarest first: the search is led by it.
	if q.Pull != 0 {
		add(ByPull, "#"+strconv.Itoa(q.Pull))
	}
	add(ByResource, q.Resource)
	add(ByAgent, q.Agent)
	add(ByPerson, strings.ToLower(strings.TrimPrefix(q.Person, "@")))
	add(ByRepo, strings.ToLower(q.Repo))
	add(ByKind, q.Kind)
	add(ByOutcome, q.Outcome)
	return out
}

var (
	idPattern   = regexp.MustCompile(`^(?:CHG|ERA|ADD)-[0-9]{4}-([0-9]{6,})$`)
	pullPattern = regexp.MustCompile(`^(?:([0-9]+)|[^#\s]+)?#[0-9]+$`)
	shaPattern  = regexp.MustCompile(`^(?:[0-9a-f]{40}|[0-9a-f]{64})$`)
)

// Get returns the record that name means: an id (CHG-2026-000041), an index, a
// whole commit id that landed, or a pull request (#42, owner/name#42). Of
// several it returns the newest. ErrNone says that there is none.
func (l *Log) Get(ctx context.Context, name string) (*Entry, error) {
	var touches []Touch
	switch {
	case idPattern.MatchString(name):
		n, err := strconv.ParseInt(idPattern.FindStringSubmatch(name)[1], 10, 64)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, ErrNone)
		}
		e, err := l.byIndex(ctx, n-1)
		if err == nil && e.ID != name {
			return nil, fmt.Errorf("%s: %w (record %d is %s)", name, ErrNone, n-1, e.ID)
		}
		return e, err
	case shaPattern.MatchString(name):
		touches = []Touch{{ByCommit, name}}
	case pullPattern.MatchString(name):
		repo, number, _ := strings.Cut(name, "#")
		touches = []Touch{{ByPull, "#" + number}}
		if repo != "" {
			touches = append(touches, Touch{ByRepo, strings.ToLower(repo)})
		}
	default:
		n, err := parseSize(name)
		if err != nil {
			return nil, fmt.Errorf("%q: want a record's id, an index, a whole commit id or a pull request such as #42: %w", name, ErrNone)
		}
		return l.byIndex(ctx, n)
	}
	found, err := l.store.Find(ctx, Search{Touches: touches, Limit: 1})
	if err != nil {
		return nil, fmt.Errorf("find %s: %w", name, err)
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("%s: %w", name, ErrNone)
	}
	return l.byIndex(ctx, found[0])
}

// byIndex returns the record with an index.
func (l *Log) byIndex(ctx context.Context, index int64) (*Entry, error) {
	head, err := l.store.Head(ctx)
	if err != nil {
		return nil, err
	}
	if index < 0 || index >= head.Size {
		return nil, fmt.Errorf("record %d of %d: %w", index, head.Size, ErrNone)
	}
	all, err := l.entries(ctx, index)
	if err != nil {
		return nil, err
	}
	return all[0], l.later(ctx, all[0])
}
