package change

import (
	"slices"
	"strings"
)

// pairGroups gives a group that one side calls by another name, because its
// file was renamed or its step moved, the name of the other side. Only groups
// of one file are considered, renamed or not, that one side alone has: first
// those whose rules are equal, then those of one agent, then the only two of
// their kind. Groups of two files are two agents, whatever they have in common.
func pairGroups(b, a *policies, renamed map[string]string) {
	for _, mark := range []func(*policies, string) string{contentMark, agentMark, kindMark} {
		olds, news := lonely(b, a, renamed, mark), lonely(a, b, nil, mark)
		for m, old := range olds {
			if new := news[m]; len(old) == 1 && len(new) == 1 {
				b.rename(old[0], new[0], a)
			}
		}
	}
}

// pairSurfaces gives lists of source code that moved to another function the
// surface that they have on the other side: those with equal rules that each
// side alone has.
func pairSurfaces(b, a *policies) {
	for g, keys := range b.groups {
		if groupKind(g) != "code" || a.groups[g] == nil {
			continue
		}
		moved := map[string]policyKey{}
		for _, k := range a.groups[g] {
			if b.scopes[k] == nil {
				moved[surfaceMark(a.scopes[k])] = k
			}
		}
		for _, k := range keys {
			to, ok := moved[surfaceMark(b.scopes[k])]
			if ok && a.scopes[k] == nil && b.scopes[to] == nil {
				b.scopes[to] = b.scopes[k]
				delete(b.scopes, k)
			}
		}
	}
}

func surfaceMark(scopes []*scope) string {
	var parts []string
	for _, s := range scopes {
		for i := range s.rules {
			parts = append(parts, s.rules[i].subject+"\x00"+s.rules[i].pattern)
		}
	}
	slices.Sort(parts)
	return strings.Join(slices.Compact(parts), "\x00")
}

// lonely returns the groups of p that other lacks, by their mark and the file
// that they stand in, under its new path.
func lonely(p, other *policies, renamed map[string]string, mark func(*policies, string) string) map[string][]string {
	out := map[string][]string{}
	for g := range p.groups {
		if other.groups[g] == nil {
			if m := mark(p, g); m != "" {
				at := p.fileOf(g)
				m += "\x00" + or(renamed[at], at)
				out[m] = append(out[m], g)
			}
		}
	}
	return out
}

// fileOf returns the file that a group stands in, the first where it stands in
// several.
func (p *policies) fileOf(group string) string {
	first := ""
	for _, k := range p.groups[group] {
		for _, s := range p.scopes[k] {
			if first == "" || s.path < first {
				first = s.path
			}
		}
	}
	return first
}

// groupKind is the reader that made a group.
func groupKind(group string) string {
	kind, _, _ := strings.Cut(group, "|")
	return kind
}

// contentMark is equal for groups of a kind whose rules are all the same.
func contentMark(p *policies, group string) string {
	var parts []string
	for _, k := range p.groups[group] {
		for _, s := range p.scopes[k] {
			for i := range s.rules {
				r := &s.rules[i]
				parts = append(parts, k.surface+"\x00"+r.subject+"\x00"+r.pattern+"\x00"+string('0'+rune(r.effect)))
			}
		}
	}
	if len(parts) == 0 {
		return ""
	}
	slices.Sort(parts)
	return groupKind(group) + "\x00" + strings.Join(slices.Compact(parts), "\x00")
}

// agentMark is equal for groups of a kind that belong to one agent.
func agentMark(p *policies, group string) string {
	for _, k := range p.groups[group] {
		for _, s := range p.scopes[k] {
			if s.agent != "" {
				return groupKind(group) + "\x00" + s.agent
			}
		}
	}
	return ""
}

// kindMark is equal for groups that one reader made.
func kindMark(_ *policies, group string) string { return groupKind(group) }

// rename makes the scopes of a group carry the group, and the path, of another.
func (p *policies) rename(old, new string, other *policies) {
	paths := map[string]bool{}
	to, agent := "", ""
	for _, k := range other.groups[new] {
		for _, s := range other.scopes[k] {
			paths[s.path], to, agent = true, s.path, s.agent
		}
	}
	for _, k := range p.groups[old] {
		scopes := p.scopes[k]
		for _, s := range scopes {
			s.group = new
			if len(paths) == 1 && s.path != to {
				s.paths = append(slices.Clone(s.paths), s.path)
				s.path = to
			}
			if agent != "" {
				s.agent = agent
			}
		}
		delete(p.scopes, k)
		renamed := policyKey{new, k.surface}
		p.scopes[renamed] = scopes
		p.groups[new] = append(p.groups[new], renamed)
	}
	delete(p.groups, old)
}
