package review

import (
	"context"
	"slices"
	"strings"
	"time"
)

// approve signs what its writer saw: the head that the command names, or the
// last report that could have been read before it was written.
func (r *Reviewer) approve(ctx context.Context, s saying) ([]Signoff, *refusal, error) {
	head, digests, no := s.saw()
	if no != nil {
		return nil, no, nil
	}
	if no := s.independent(s.about()); no != nil {
		return nil, no, nil
	}
	targets, no, err := r.targets(ctx, s)
	if err != nil || no != nil {
		return nil, no, err
	}
	if !s.c.Means(s.who.Via) {
		return nil, refuse(RefusedMeans, "The settings of this branch do not take sign-offs by %s.", s.who.Via), nil
	}
	var out []Signoff
	for _, t := range targets {
		digest := digests[t.req.ID]
		if no := s.current(t.req, head, digest); no != nil {
			return nil, no, nil
		}
		out = append(out, s.statement(t, Approve, head, digest))
	}
	return out, nil, nil
}

// saw returns the head and the digests that an approve is about.
func (s saying) saw() (head string, digests map[string]string, no *refusal) {
	last, read := s.read("")
	switch {
	case !s.who.CreatedAt.After(s.c.BasedAt), read && last.BaseRef != s.c.Pull.BaseRef:
		return "", nil, refuse(RefusedUnseen, "This pull request was pointed at another branch meanwhile, so it cannot be told what you saw. Look again and paste: %s", s.line())
	case s.Commit == "" && !read:
		return "", nil, refuse(RefusedUnseen, "There was no report to read before you wrote, so it cannot be told what you saw. Read it and paste: %s", s.line())
	case s.Commit == "":
		return last.Head, last.Digests, nil
	case s.Commit == s.c.Pull.Head:
		if rep, read := s.read(s.Commit); read {
			return s.Commit, rep.Digests, nil
		}
		now := map[string]string{}
		for _, req := range s.c.Demand.Requirements {
			now[req.ID] = req.Digest
		}
		return s.Commit, now, nil
	}
	for _, h := range s.heads {
		if h.Commit == s.Commit {
			return s.Commit, h.Digests, nil
		}
	}
	return "", nil, refuse(RefusedUnknownHead, "%s was never a head of this pull request. The present one is signed by %s", code(s.Commit), s.line())
}

// read returns the last report, on one head when that is not "", that was there
// before the saying. A press of the button is later than the time that it bears,
// and what it is on is a check, so it has read none.
func (s saying) read(head string) (Report, bool) {
	if s.who.Via == "button" {
		return Report{}, false
	}
	for _, rep := range slices.Backward(s.seen) {
		if rep.UpdatedAt.Before(s.who.CreatedAt) && (head == "" || rep.Head == head) {
			return rep, true
		}
	}
	return Report{}, false
}

// current refuses an approve whose writer cannot have seen what it would sign.
func (s saying) current(req Requirement, head, digest string) *refusal {
	switch {
	case digest == "":
		return refuse(RefusedStale, "%s was not asked for at %s. The present head is signed by %s", code(req.ID), code(short(head)), s.line())
	case s.Commit != "":
		return nil // a whole commit id says exactly what is signed; whether it counts now is another question
	case digest != req.Digest:
		return refuse(RefusedStale, "You read the report on %s, but the head is now %s and has other content for %s. Look again and paste: %s",
			code(head), code(s.c.Pull.Head), code(req.ID), s.line())
	case justChanged(s.seen, req.ID, s.who.CreatedAt):
		return refuse(RefusedJustChanged, "The content of %s changed within ten minutes before your comment, so it cannot be told which you read. If it is %s, paste: %s",
			code(req.ID), code(s.c.Pull.Head), s.line())
	}
	return nil
}

// justChanged reports whether what people read about a requirement changed
// within the window before at. The first report of a pull request changes
// nothing.
func justChanged(reports []Report, req string, at time.Time) bool {
	for i, rep := range reports {
		if i == 0 || !rep.UpdatedAt.Before(at) || at.Sub(rep.UpdatedAt) > window {
			continue
		}
		if rep.Digests[req] != reports[i-1].Digests[req] {
			return true
		}
	}
	return false
}

// A target is a requirement that names the writer.
type target struct {
	req     Requirement
	through string
}

// targets returns the requirements that a command is about: those it names, all
// of which must name its writer, or else all that do.
func (r *Reviewer) targets(ctx context.Context, s saying) ([]target, *refusal, error) {
	var out []target
	for _, req := range s.c.Demand.Requirements {
		listed := slices.Contains(s.Requirements, req.ID)
		if len(s.Requirements) > 0 && !listed {
			continue
		}
		through, ok, err := r.names(ctx, s.c.Pull, req, s.c.Rosters[req.ID], s.who.User)
		if err != nil {
			return nil, nil, err
		}
		if ok {
			out = append(out, target{req, through})
		} else if listed {
			return nil, refuse(RefusedNotNamed, "%s does not name you, so nothing was done. %s", code(req.ID), others(s.standing(req), s.who.User)), nil
		}
	}
	if len(out) > 0 {
		return out, nil, nil
	}
	if len(s.c.Demand.Requirements) == 0 {
		return nil, refuse(RefusedNotNamed, "Nothing here waits for a sign-off."), nil
	}
	var asked []string
	for _, req := range s.c.Demand.Requirements {
		asked = append(asked, code(req.ID)+": "+others(s.standing(req), s.who.User))
	}
	return nil, refuse(RefusedNotNamed, "No requirement here names you. %s", strings.Join(asked, " ")), nil
}
