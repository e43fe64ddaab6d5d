package change

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// isPolicyPath says that a file is one of Countersign's own: its settings, or
// rules and data beside them. What governs the governing is always governed;
// no settings take it out.
func isPolicyPath(p string) bool {
	return p == ".github/countersign.yaml" || p == ".github/countersign.yml" || strings.HasPrefix(p, ".github/countersign/")
}

func (f *format) policy() bool {
	return strings.HasPrefix(f.id, "countersign-") || f.id == "gitattributes"
}

// readSettings takes the settings apart: one fact for each key, and for each
// role of the approvers, each agent and each format.
func readSettings(d *document) []fact {
	var out []fact
	add := func(slot string, n *Node) {
		out = append(out, fact{kind: Policy, slot: slot, value: canonical(n), line: n.Line, agent: "countersign"})
	}
	root := d.root()
	if root == nil || root.Kind != MapNode {
		return []fact{{kind: Policy, slot: "text", value: d.body, line: 1, agent: "countersign"}}
	}
	for i, key := range root.Keys {
		v := root.Items[i]
		if v.Kind != MapNode || len(v.Keys) == 0 {
			add(key, v)
			continue
		}
		for j, name := range v.Keys {
			add(key+"."+name, v.Items[j])
		}
	}
	return out
}

// readRules takes a file of rules as a whole. Metadata stands in comments and
// carries meaning, so every byte counts.
func readRules(d *document) []fact {
	sum := sha256.Sum256(d.data)
	return []fact{{kind: Policy, slot: "text", value: "sha256:" + hex.EncodeToString(sum[:]), line: 1, agent: "countersign"}}
}
