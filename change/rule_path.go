package change

import "strings"

// Path patterns are compared as sequences of letters in which two stand for
// wildcards: deepStar for ** and flatStar for *.
const (
	deepStar = '\x01' // any text
	flatStar = '\x02' // any text without a slash
)

// filePattern brings a gitignore pattern into the form that pathCovers compares.
// A pattern without a slash matches at every depth, and a folder stands for all
// below it (gitignore(5); Claude Code, permissions, "Read and Edit").
func filePattern(p string) string {
	p = strings.TrimSpace(strings.ReplaceAll(p, "\\", "/"))
	p = strings.TrimPrefix(p, "./")
	switch p {
	case "", ".", "*", "**", "/**", "**/*", "**/**":
		return ""
	}
	if strings.HasPrefix(p, "/") && !strings.HasPrefix(p, "//") {
		p = p[1:]
	} else if !strings.Contains(strings.TrimSuffix(p, "/"), "/") && p != "~" {
		p = "**/" + p
	}
	p = strings.TrimSuffix(p, "/")
	p = strings.TrimSuffix(p, "/**/*")
	return strings.TrimSuffix(p, "/**")
}

// inProject is the pattern of every path in the folder that a pattern speaks of,
// as against "", every path.
const inProject = "**"

// claudePath is filePattern for a rule of Claude Code. There a pattern speaks of
// the project's folder, unless it begins with // or ~/: Read(**) is every file
// of the project, and only Read is every file. A backslash takes a letter as it
// is, "." names no file, and a final slash is a folder and never a file. Source:
// Claude Code documentation, Configure permissions, "Read and Edit"; gitignore(5).
func claudePath(p string) string {
	switch trimmed := strings.TrimPrefix(p, "./"); {
	case p == "":
		return ""
	case p == ".", strings.Contains(p, "\\"):
		return p
	case trimmed == "" || strings.Trim(trimmed, "*/") == "" && !strings.HasPrefix(p, "//"):
		return inProject
	}
	out := filePattern(p)
	if strings.HasSuffix(p, "/") {
		out += "/**"
	}
	return out
}

// outside says of a pattern that it speaks of no file of the project.
func outside(p string) bool { return strings.HasPrefix(p, "//") || strings.HasPrefix(p, "~") }

// pathCovers reports whether pattern a matches every path that b matches. Both
// come from filePattern; a also matches all that lies below what it names.
func pathCovers(a, b string) bool {
	if outside(b) && !outside(a) {
		return false
	}
	x, y := pathLetters(a), pathLetters(b)
	return pathMatch(x, y) || pathMatch(x+"/"+string(deepStar), y) ||
		strings.HasPrefix(x, string(deepStar)+"/") && (pathMatch(x[2:], y) || pathMatch(x[2:]+"/"+string(deepStar), y))
}

func pathLetters(p string) string {
	p = strings.ReplaceAll(p, "**", string(deepStar))
	return strings.ReplaceAll(p, "*", string(flatStar))
}

// pathMatch is a wildcard match in which a flat star stops at slashes. It goes
// back to the last flat star first and then to the last deep one, so it takes
// at most len(a)·len(b) steps for each.
func pathMatch(a, b string) bool {
	i, j := 0, 0
	flat, flatAt, deep, deepAt := -1, 0, -1, 0
	for j < len(b) {
		switch {
		case i < len(a) && a[i] == deepStar:
			deep, deepAt, flat = i, j, -1
			i++
		case i < len(a) && a[i] == flatStar:
			flat, flatAt = i, j
			i++
		case i < len(a) && a[i] == b[j] && b[j] != deepStar && b[j] != flatStar:
			i++
			j++
		case flat >= 0 && b[flatAt] != '/' && b[flatAt] != deepStar:
			flatAt++
			i, j = flat+1, flatAt
		case deep >= 0:
			deepAt++
			i, j, flat = deep+1, deepAt, -1
		default:
			return false
		}
	}
	for i < len(a) && (a[i] == deepStar || a[i] == flatStar) {
		i++
	}
	return i == len(a)
}
