package change

import "slices"

// FormatInfo describes an entry of the catalogue for people.
type FormatInfo struct {
	ID     string   `json:"id"`
	Title  string   `json:"title"`
	Paths  []string `json:"paths"`
	When   []string `json:"when,omitempty"` // signatures that the content must have; any of them is enough
	Model  []string `json:"model,omitempty"`
	Params []string `json:"params,omitempty"`
	Prompt []string `json:"prompt,omitempty"`
	Code   []string `json:"code,omitempty"` // readers that find more than slots can say
	Tools  string   `json:"tools,omitempty"`
	Source string   `json:"source"` // the document that lays down what the fields mean
	Absent string   `json:"absent,omitempty"`
	Notice bool     `json:"notice,omitempty"` // every hit is shown and none gates
	Quiet  bool     `json:"quiet,omitempty"`  // hits in tests, documentation and examples are shown and do not gate
}

// Formats lists the built-in formats in the order in which they are tried.
func Formats() []FormatInfo {
	var out []FormatInfo
	for _, f := range catalogue().formats {
		out = append(out, FormatInfo{
			ID: f.id, Title: f.title, Paths: slices.Clone(f.paths), When: slices.Clone(f.whenText),
			Model: slotTexts(f.model), Params: slotTexts(f.params), Prompt: slotTexts(f.prompt), Code: slices.Clone(f.read),
			Tools: f.tools, Source: f.source, Absent: f.absent, Notice: f.notice, Quiet: f.quiet,
		})
	}
	return out
}

func slotTexts(places []place) []string {
	var out []string
	for _, p := range places {
		out = append(out, p.slot.text)
	}
	return out
}
