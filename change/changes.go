package change

import (
	"crypto/sha256"
	"encoding/hex"
	"hash/maphash"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// compareFacts compares what two versions of one file say and adds the changes.
//
// Facts meet by their slot. What is left over meets by its place in a list, so
// that an item that only moved is no change; and what stands in one version
// under another key than in the other has moved.
func (c *comparison) compareFacts(was, is []fact) {
	old := map[string]int{}
	for i := range was {
		old[was[i].key()] = i
	}
	used := make([]bool, len(was))
	var fresh []int
	for i := range is {
		at, ok := old[is[i].key()]
		if !ok {
			fresh = append(fresh, i)
			continue
		}
		if was[at].differs(is[i]) {
			if is[i].byPlace() { // its place may belong to another item by now
				fresh = append(fresh, i)
				continue
			}
			c.modified(&was[at], &is[i])
		}
		used[at] = true
	}
	var stale []int
	for i := range was {
		if !used[i] {
			stale = append(stale, i)
		}
	}
	stale, fresh = c.cancelEqual(was, is, stale, fresh)
	stale, fresh = c.pairBy((*fact).key, was, is, stale, fresh)
	stale, fresh = c.pairBy((*fact).group, was, is, stale, fresh)
	stale, fresh = c.movedInside(was, is, stale, fresh)
	for _, i := range stale {
		c.gone = append(c.gone, was[i])
	}
	for _, i := range fresh {
		c.come = append(c.come, is[i])
	}
}

func (f *fact) key() string { return string(f.kind) + " " + f.slot }

func (f *fact) inList() bool { return strings.ContainsAny(f.slot, "[#") }

// byPlace says that an item of a list on the way is known by its number only.
func (f *fact) byPlace() bool { return f.inList() && placeNumber.MatchString(f.slot) }

var placeNumber = regexp.MustCompile(`\[\d+\]|#\d+$`)

var listItem = regexp.MustCompile(`\[[^\]]*\]|#\d+$`)

// group is the slot without the names of list items.
func (f *fact) group() string {
	if !f.inList() {
		return f.key()
	}
	return listItem.ReplaceAllString(f.key(), "[]")
}

// differs compares values. Line ends and blank space around a prompt are form.
func (f *fact) differs(g fact) bool {
	if f.value == g.value && f.outside == g.outside {
		return false
	}
	if f.kind == Prompt {
		return normalText(f.value) != normalText(g.value)
	}
	return true
}

var windowsLines = strings.NewReplacer("\r\n", "\n")

func normalText(s string) string { return strings.TrimSpace(windowsLines.Replace(s)) }

// A match takes facts of both versions that have the same key out of the lists,
// in order, and hands each pair to done.
func match(key func(*fact) string, was, is []fact, stale, fresh []int, done func(was, is *fact)) (restOld, restNew []int) {
	waiting := map[string][]int{}
	for _, i := range stale {
		k := key(&was[i])
		waiting[k] = append(waiting[k], i)
	}
	gone := map[int]bool{}
	for _, i := range fresh {
		k := key(&is[i])
		if w := waiting[k]; len(w) > 0 {
			done(&was[w[0]], &is[i])
			gone[w[0]] = true
			waiting[k] = w[1:]
			continue
		}
		restNew = append(restNew, i)
	}
	for _, i := range stale {
		if !gone[i] {
			restOld = append(restOld, i)
		}
	}
	return restOld, restNew
}

// cancelEqual drops facts that say the same at another place of the same list.
func (c *comparison) cancelEqual(was, is []fact, stale, fresh []int) (restOld, restNew []int) {
	key := func(f *fact) string { return f.group() + "\x00" + normalText(f.value) }
	return match(key, was, is, stale, fresh, func(_, _ *fact) {})
}

// pairBy makes changes of facts that have the same key and different values.
func (c *comparison) pairBy(key func(*fact) string, was, is []fact, stale, fresh []int) (restOld, restNew []int) {
	return match(key, was, is, stale, fresh, c.modified)
}

// movedInside finds values that stand under another key of the same file. A
// prompt that moved is a change. So is a model or parameter if both keys have a
// meaning, since another agent or another work has it now; else it is a notice.
func (c *comparison) movedInside(was, is []fact, stale, fresh []int) (restOld, restNew []int) {
	key := func(f *fact) string { return string(f.kind) + "\x00" + normalText(f.value) }
	had, has := jobsOf(was), jobsOf(is)
	return match(key, was, is, stale, fresh, func(old, new *fact) {
		ch := c.change(old, new, "moved")
		if new.kind != Prompt && !otherWork(old, new) || renamedJob(old, new, had, has) {
			ch.Confidence = Notice
		}
		c.changes = append(c.changes, ch)
	})
}

// otherWork says of a value that moved that its new key has another meaning than
// its old one. Two keys of one item of a list are two names for one thing.
func otherWork(was, is *fact) bool {
	item := was.slot[:strings.LastIndexByte(was.slot, '.')+1]
	sameItem := strings.Contains(item, "[") && item == is.slot[:strings.LastIndexByte(is.slot, '.')+1]
	return was.placed && is.placed && !sameItem
}

// matchMoves joins prompts that left one file for another, and turns what is
// left into additions and removals.
func (c *comparison) matchMoves() {
	waiting := map[string][]int{}
	for i := range c.gone {
		if f := &c.gone[i]; f.kind == Prompt {
			waiting[normalText(f.value)] = append(waiting[normalText(f.value)], i)
		}
	}
	moved := map[int]bool{}
	for i := range c.come {
		f := &c.come[i]
		w := waiting[normalText(f.value)]
		if f.kind != Prompt || len(w) == 0 {
			c.changes = append(c.changes, c.change(nil, f, "added"))
			continue
		}
		waiting[normalText(f.value)] = w[1:]
		moved[w[0]] = true
		c.changes = append(c.changes, c.change(&c.gone[w[0]], f, "moved"))
	}
	for i := range c.gone {
		if !moved[i] {
			c.changes = append(c.changes, c.change(&c.gone[i], nil, "removed"))
		}
	}
}

func (c *comparison) modified(was, is *fact) {
	c.changes = append(c.changes, c.change(was, is, "modified"))
}

// change describes what became of one fact. One of was and is may be nil.
func (c *comparison) change(was, is *fact, what string) Change {
	f := is
	if f == nil {
		f = was
	}
	ch := Change{Kind: f.kind, Agent: f.agent, Path: f.path, Format: f.format, Slot: f.slot, Change: what,
		Added: []string{}, Removed: []string{}, Findings: []Finding{}, Confidence: InSlot}
	if (was == nil || was.notice) && (is == nil || is.notice) {
		ch.Confidence = Notice
	}
	for _, f := range []*fact{was, is} {
		if f != nil {
			ch.Paths = append(append(ch.Paths, f.path), f.paths...)
		}
	}
	slices.Sort(ch.Paths)
	ch.Paths = slices.Compact(ch.Paths)
	switch f.kind {
	case Prompt:
		c.describePrompt(&ch, was, is)
	default:
		ch.Before, ch.After = valueOf(was), valueOf(is)
		ch.Added, ch.Removed = listDifference(was, is)
		if f.kind == Model {
			describeModel(&ch, was, is)
		}
	}
	return ch
}

func valueOf(f *fact) *string {
	if f == nil {
		return nil
	}
	v := f.value
	if !isModelID(v) && !strings.HasPrefix(v, "sha256:") {
		v = printable(v)
	}
	return &v
}

// listDifference compares the items of two list values.
func listDifference(was, is *fact) (added, removed []string) {
	added, removed = []string{}, []string{}
	if (was == nil || was.list == nil) && (is == nil || is.list == nil) {
		return added, removed
	}
	items := func(f *fact) []string {
		switch {
		case f == nil:
			return nil
		case f.list == nil:
			return []string{f.value}
		}
		return f.list
	}
	for _, v := range without(items(is), items(was)) {
		added = append(added, printable(v))
	}
	for _, v := range without(items(was), items(is)) {
		removed = append(removed, printable(v))
	}
	return added, removed
}

func describeModel(ch *Change, was, is *fact) {
	for _, f := range []*fact{was, is} {
		if f != nil && f.outside {
			ch.Step = StepOutside
			ch.Findings = append(ch.Findings, Finding{Code: "outside", Path: f.path, Line: f.line,
				Text: "pinned outside the repository: " + printable(f.value)})
		}
	}
	if ch.Step == "" && was != nil && is != nil {
		ch.Step = modelStep(firstOf(ch.Removed, was.value), firstOf(ch.Added, is.value))
	}
}

func firstOf(list []string, otherwise string) string {
	if len(list) > 0 {
		return list[0]
	}
	return otherwise
}

func (c *comparison) describePrompt(ch *Change, was, is *fact) {
	ch.Before, ch.After = digestOf(was), digestOf(is)
	old, now := "", ""
	if was != nil {
		old = windowsLines.Replace(was.value)
	}
	if is != nil {
		now = windowsLines.Replace(is.value)
		ch.Findings = append(ch.Findings, hiddenUnicode(is, old)...)
	}
	ch.Lines = countLines(old, now)
	if ch.Change == "modified" && len(ch.Findings) == 0 && sameWords(old, now) && slices.Equal(atMentions(old), atMentions(now)) {
		ch.Confidence = Notice // white space moved; every word stands where it stood
	}
}

func digestOf(f *fact) *string {
	if f == nil {
		return nil
	}
	sum := sha256.Sum256([]byte(f.value))
	s := "sha256:" + hex.EncodeToString(sum[:])
	return &s
}

// sameWords reports whether two texts differ in white space alone.
func sameWords(a, b string) bool {
	for a != "" || b != "" {
		var x, y string
		x, a = cutWord(a)
		y, b = cutWord(b)
		if x != y {
			return false
		}
	}
	return true
}

// cutWord returns the first word of a text, "" where there is none, and what
// follows it.
func cutWord(s string) (word, rest string) {
	s = strings.TrimLeftFunc(s, unicode.IsSpace)
	if i := strings.IndexFunc(s, unicode.IsSpace); i >= 0 {
		return s[:i], s[i:]
	}
	return s, ""
}

// countLines counts the lines of a text that came and went. A line that moved
// counts as neither.
func countLines(old, now string) *Lines {
	count := map[uint64]int32{} // by hash, which takes a third of the memory
	for line := range strings.Lines(now) {
		count[maphash.String(lineSeed, strings.TrimRight(line, "\n"))]++
	}
	var l Lines
	for line := range strings.Lines(old) {
		h := maphash.String(lineSeed, strings.TrimRight(line, "\n"))
		if count[h] > 0 {
			count[h]--
		} else {
			l.Removed++
		}
	}
	for _, n := range count {
		l.Added += int(n)
	}
	return &l
}
