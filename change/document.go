package change

// A document is one version of one file, recognised and parsed. The engine
// makes it; readers of models, prompts and scopes take facts from it.
type document struct {
	entry    Entry
	format   string  // id of the catalogue entry that recognised it, such as claude-settings
	data     []byte  // the file as it is
	roots    []*Node // parsed documents: several for YAML streams, one for most, none for plain text. A file with front matter has its front matter here
	body     string  // text after the front matter, or the whole text of a plain file
	bodyLine int     // line of the file on which body begins, from 1
	agent    string  // the agent this file belongs to, as the engine names it; a fact may name another
	findings []Finding
	of       *file    // what it was made from; nil for a text inside of another file
	own      *format  // set for a format of the repository's own
	broken   *Finding // why the file cannot be read as what it is; then there are no roots and no body
	excess   bool     // it is broken because it says too much, and all of that as what it is
	run      bool     // it is read as what a configuration runs
	scopes   []scope  // what it says about tools, once the comparison has read it

	// peer is the other version of the same file in a comparison, nil where there
	// is none. What makes a file one of an agent's is looked for in both, so that
	// a word that comes or goes in one of them turns nothing on or off.
	peer *document

	// other returns a document of the same side by path, whether or not it
	// changed, and nil where there is none. What is read through it belongs in
	// the paths of the fact.
	other func(path string) *document
}

// root returns the first parsed document, or nil.
func (d *document) root() *Node {
	if len(d.roots) == 0 {
		return nil
	}
	return d.roots[0]
}

// A fact is one thing that a document says about a model, a parameter or a
// prompt. Tool scopes have a form of their own, scope, because they compare by
// inclusion and not by equality.
type fact struct {
	kind    Kind   // Model, ModelParams, Prompt or Policy
	agent   string // "" means the document's agent
	slot    string // where it stands, stable against order and formatting: models.main.model
	value   string // the model id, the parameter, or the text of the prompt after parsing
	list    []string
	path    string   // the file whose slot this is
	paths   []string // further files the value was read from
	format  string
	line    int
	notice  bool // recognised by its look only
	placed  bool // it stands where the format's documentation gives it a meaning
	outside bool // the value is pinned outside the repository; value says where: "repository variable MODEL"
}

// An extractor takes facts from a document. It must not panic on any bytes and
// must take no more than linear time.
type extractor func(d *document) []fact
