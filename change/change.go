// Package change says what a change to files does to AI agents.
//
// One version of one file gives facts: which model an agent uses, what its
// prompt says, what it may do. Two trees give two sets of facts, and comparing
// them gives changes. Lines are never compared: comments, order and formatting
// are not facts.
//
// The package reads bytes that a stranger wrote. It runs nothing, asks no
// network, and bounds its time and memory; whatever it cannot read becomes a
// change of unknown direction, never silence.
package change

import "iter"

// A Kind says what about an agent changed.
type Kind string

const (
	Model       Kind = "model"        // the string a running agent sends to a provider
	ModelParams Kind = "model_params" // temperature, reasoning effort, token limits
	Prompt      Kind = "prompt"       // text that the model reads
	ToolScope   Kind = "tool_scope"   // what the agent may do, who may start it, what token it holds
	Policy      Kind = "policy"       // Countersign's own rules, approvers and governed paths
)

// A Direction says whether a change of tool scope gives an agent more or less.
// Unknown gates like Widens.
type Direction string

const (
	Widens  Direction = "widens"  // some call moves up the order deny < ask < allow
	Narrows Direction = "narrows" // some call moves down
	Both    Direction = "both"
	Unknown Direction = "unknown"
)

// A Step says how far a change of model goes.
type Step string

const (
	StepVersion  Step = "version"  // claude-sonnet-4-5 → claude-sonnet-4-6
	StepFamily   Step = "family"   // sonnet → opus
	StepProvider Step = "provider" // openai → anthropic
	StepPinned   Step = "pinned"   // floating alias → dated version
	StepFloating Step = "floating" // dated version → floating alias
	StepOutside  Step = "outside"  // the value moved out of the repository, or back in
)

// A Confidence says how a change was recognised.
type Confidence string

const (
	// InSlot is a value in a place that the format's documentation gives a meaning.
	InSlot Confidence = "slot"
	// Notice is a known value outside known places. It is shown and never gates.
	Notice Confidence = "notice"
)

// Lines counts the lines of a prompt that were added and removed.
type Lines struct {
	Added   int `json:"added"`
	Removed int `json:"removed"`
}

// A Finding is a remark about one place in a file that a reviewer should see:
// hidden Unicode, a rule that amounts to everything, a file that does not parse.
type Finding struct {
	Code string `json:"code"`
	Path string `json:"path"`
	Line int    `json:"line,omitempty"` // from 1; 0 when the whole file is meant
	Text string `json:"text"`           // printable; what was hidden is escaped
}

// A Change is what two trees say differently about one slot of one agent.
type Change struct {
	ID        string    `json:"id"` // c1, c2, … in the order of the set
	Kind      Kind      `json:"kind"`
	Agent     string    `json:"agent"`
	Path      string    `json:"path"`  // the file to look at first; the new path of a renamed file
	Paths     []string  `json:"paths"` // every governed file that either side was read from, old paths included, sorted
	Format    string    `json:"format"`
	Slot      string    `json:"slot"`
	Change    string    `json:"change"` // added, modified, removed, moved
	Before    *string   `json:"before"` // a model, parameter or rule; sha256:… of a prompt's text; null when absent
	After     *string   `json:"after"`
	Added     []string  `json:"added"`               // entries that came, as they stand in the file; never null
	Removed   []string  `json:"removed"`             // entries that went; never null
	Direction Direction `json:"direction,omitempty"` // tool_scope only
	Dimension string    `json:"dimension,omitempty"` // tool_scope only: tool, approval, server, …
	Step      Step      `json:"step"`                // model only, else ""
	Lines     *Lines    `json:"lines"`               // prompt only, else null
	// Confidence is Notice for hits outside known slots. Those are listed after
	// all others and never gate.
	Confidence Confidence `json:"confidence"`
	Findings   []Finding  `json:"findings"` // never null
	// Restores is the record of an earlier countersigned landing whose content
	// this brings back, "" for none. Compare leaves it empty: it sees two trees.
	Restores string `json:"restores,omitempty"`
}

// A Set is everything two trees say differently about agents. It prints as
// stable JSON: equal trees on both sides give equal bytes.
type Set struct {
	Version int      `json:"version"` // 1
	Changes []Change `json:"changes"` // sorted by path, kind, agent, slot; notices last
}

// Git's file modes, as they stand in a tree.
const (
	ModeFile       = "100644"
	ModeExecutable = "100755"
	ModeSymlink    = "120000"
	ModeSubmodule  = "160000"
)

// An Entry is one file of a tree.
type Entry struct {
	Path string // slash-separated, relative to the root
	Mode string // one of the modes above
	ID   string // git's blob id, hex; equal ids mean equal bytes
	Size int64  // bytes; -1 when the source does not say
}

// A Tree is one side of a comparison: every file of a repository at a commit.
// Reading is lazy, so a tree may be backed by an API.
type Tree interface {
	// Lookup finds one path.
	Lookup(path string) (Entry, bool)
	// Entries yields every file, sorted by path.
	Entries() iter.Seq[Entry]
	// Read returns the bytes of an entry. For a symlink that is its target's
	// path. Submodules have no bytes. An error means the content could not be
	// had; it is not a verdict about the content.
	Read(e Entry) ([]byte, error)
}

// Settings are what a repository says about its own agents.
type Settings struct {
	Agents  map[string][]string // agent name → glob patterns (doublestar) of its files
	Formats []Format            // the repository's own formats; they add to the built-in ones
	Ignore  []string            // glob patterns of files that hold no production agent
}

// A Format is a kind of file that a repository describes for itself, in the
// syntax of the settings file.
type Format struct {
	Name   string
	Paths  []string     // glob patterns; required
	Model  []string     // slots, such as llm.model or agents[*].model
	Prompt []string     // slots of prompt text; "." is the whole file
	Params []string     // slots of model parameters
	Tools  []FormatRule // slots of tool rules
}

// A FormatRule names the slots that hold rules of one effect. Exactly one
// field is set.
type FormatRule struct {
	Allow, Ask, Deny string
}
