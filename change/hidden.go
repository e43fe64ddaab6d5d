package change

import (
	"fmt"
	"strings"
	"unicode"
)

// maxHidden bounds the findings of one text. The last one then says how many
// more there are.
const maxHidden = 20

// hiddenUnicode looks in the lines of a prompt that are not in its old text for
// characters that people do not see and models read: bidirectional controls,
// zero width, tags, variation selectors, fillers; and for words that mix
// scripts. Source: Unicode UTS #39 and UTR #36, and CVE-2021-42574.
func hiddenUnicode(f *fact, old string) []Finding {
	if isASCII(f.value) {
		return nil
	}
	h := hiddenSearch{}
	var known map[string]bool
	line := 0
	for text := range strings.Lines(f.value) {
		line++
		if isASCII(text) {
			continue
		}
		if known == nil {
			known = map[string]bool{}
			for l := range strings.Lines(old) {
				known[strings.TrimSpace(l)] = true
			}
		}
		if !known[strings.TrimSpace(text)] {
			h.path, h.line = f.path, f.line+line-1
			h.search(text)
		}
	}
	if h.extra > 0 {
		h.found = append(h.found, Finding{Code: "hidden-unicode", Path: f.path, Text: fmt.Sprintf("%d more hidden characters or words of mixed scripts", h.extra)})
	}
	return h.found
}

type hiddenSearch struct {
	path  string
	line  int
	found []Finding
	extra int
}

// add keeps a finding, whose text is made only if there is room.
func (h *hiddenSearch) add(code string, text func() string) {
	if len(h.found) >= maxHidden {
		h.extra++
		return
	}
	h.found = append(h.found, Finding{Code: code, Path: h.path, Line: h.line, Text: text()})
}

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// search finds the runs of hidden characters of one line, and its words of
// mixed scripts.
func (h *hiddenSearch) search(line string) {
	runes := []rune(line)
	word := 0
	for i := 0; i < len(runes); i++ {
		if !unicode.IsLetter(runes[i]) && runes[i] != '_' && !unicode.IsDigit(runes[i]) {
			h.word(runes[word:i])
			word = i + 1
		}
		what := hiddenKind(runes, i)
		if what == "" {
			continue
		}
		start := i
		for i+1 < len(runes) && hiddenKind(runes, i+1) == what {
			i++
		}
		word = i + 1
		h.add("hidden-unicode", func() string {
			return fmt.Sprintf("%s at column %d: %s", what, start+1, around(runes, start, i+1))
		})
	}
	h.word(runes[min(word, len(runes)):])
}

func (h *hiddenSearch) word(runes []rune) {
	if mixed := mixedScripts(runes); mixed != "" {
		h.add("mixed-script", func() string {
			word := clip(string(runes), 80)
			return fmt.Sprintf("%q mixes %s: %s", word, mixed, escapeNonASCII(word))
		})
	}
}

// hiddenKind names what is hidden about a character, or returns "".
func hiddenKind(runes []rune, i int) string {
	switch r := runes[i]; {
	case r < 0x80:
		return ""
	case r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069, r == 0x200e, r == 0x200f, r == 0x061c:
		return "bidirectional control"
	case r == 0x200d || r == 0x200c:
		if joins(runes, i) {
			return "" // emoji and Indic or Persian spelling need them
		}
		return "zero-width character"
	case r == 0x200b || r == 0x2060 || r == 0xfeff && i > 0 || r >= 0x2061 && r <= 0x2064 || r == 0x180e || r == 0x00ad || r == 0x034f:
		return "zero-width character"
	case r >= 0xe0000 && r <= 0xe007f:
		if emojiTag(runes, i) {
			return ""
		}
		return "tag character"
	case r >= 0xfe00 && r <= 0xfe0d, r >= 0xe0100 && r <= 0xe01ef:
		return "variation selector"
	case r == 0xfe0e || r == 0xfe0f:
		if i > 0 && (isEmoji(runes[i-1]) || runes[i-1] == '#' || runes[i-1] == '*' || runes[i-1] >= '0' && runes[i-1] <= '9') {
			return ""
		}
		return "variation selector"
	case r == 0x3164 || r == 0xffa0 || r == 0x115f || r == 0x1160 || r == 0x2800:
		return "invisible filler"
	case r >= 0xe000 && r <= 0xf8ff, r >= 0xf0000:
		return "private-use character"
	}
	return ""
}

// joins says that a joiner stands between characters that it is made for.
func joins(runes []rune, i int) bool {
	if i == 0 || i+1 >= len(runes) {
		return false
	}
	a, b := runes[i-1], runes[i+1]
	if isEmoji(a) || a == 0xfe0f {
		return isEmoji(b)
	}
	scripts := []*unicode.RangeTable{unicode.Arabic, unicode.Devanagari, unicode.Bengali, unicode.Gurmukhi, unicode.Gujarati, unicode.Oriya,
		unicode.Tamil, unicode.Telugu, unicode.Kannada, unicode.Malayalam, unicode.Sinhala, unicode.Myanmar, unicode.Khmer, unicode.Mongolian}
	return unicode.In(a, scripts...) && unicode.In(b, scripts...)
}

func isEmoji(r rune) bool {
	return r >= 0x1f000 && r <= 0x1faff || r >= 0x2190 && r <= 0x2bff || r >= 0x3030 && r <= 0x3299 || r == 0xa9 || r == 0xae || r == 0x203c || r == 0x2049 || r == 0x2122 || r == 0x2139
}

// emojiTag says that a tag character belongs to the flag of a region, the only
// use that Unicode has for them.
func emojiTag(runes []rune, i int) bool {
	for n := 0; i >= 0 && n < 8; i, n = i-1, n+1 {
		if runes[i] == 0x1f3f4 {
			return true
		}
	}
	return false
}

// around shows a run of hidden characters as escapes between its neighbours.
func around(runes []rune, start, end int) string {
	const context, most = 12, 16
	cut := ""
	if end-start > most {
		cut = fmt.Sprintf("…(%d in all)", end-start)
		end = start + most
	}
	before := runes[max(0, start-context):start]
	after := runes[end:min(len(runes), end+context)]
	return strings.TrimSpace(escapeHidden(string(before)) + escapeNonASCII(string(runes[start:end])) + cut + escapeHidden(string(after)))
}

func escapeHidden(s string) string {
	runes := []rune(s)
	var b strings.Builder
	for i, r := range runes {
		if r == '\n' || r == '\r' || r == '\t' {
			b.WriteByte(' ')
		} else if hiddenKind(runes, i) != "" || !unicode.IsPrint(r) {
			b.WriteString(escapeNonASCII(string(r)))
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func escapeNonASCII(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r >= ' ' && r < 0x7f {
			b.WriteRune(r)
		} else {
			fmt.Fprintf(&b, "\\u{%X}", r)
		}
	}
	return b.String()
}

// mixedScripts names the scripts of a word that has Latin letters and letters
// that look like them.
func mixedScripts(word []rune) string {
	var latin, cyrillic, greek bool
	for _, r := range word {
		switch {
		case unicode.Is(unicode.Latin, r):
			latin = true
		case unicode.Is(unicode.Cyrillic, r):
			cyrillic = true
		case unicode.Is(unicode.Greek, r) && r != 'µ' && r != 'μ' && r != 'Ω' && r != 'π' && r != 'λ' && r != 'α' && r != 'β' && r != 'Δ' && r != 'σ' && r != 'ε' && r != 'θ' && r != 'γ' && r != 'δ':
			greek = true
		}
	}
	switch {
	case latin && cyrillic:
		return "Latin and Cyrillic letters"
	case latin && greek:
		return "Latin and Greek letters"
	case cyrillic && greek:
		return "Cyrillic and Greek letters"
	}
	return ""
}
