package manuscript

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"centrala"
	"centrala/markdown"
)

// relink changes where links of a text lead: to is asked for each address once, with the line of
// its first link, and gives another one or false. Only where Markdown has addresses is anything
// changed; one that is written with escapes stays.
func relink(body string, to func(address string, line int) (string, bool)) string {
	var pairs []string
	asked := map[string]bool{}
	for _, l := range markdown.Links(body) {
		if l.To == "" || asked[l.To] {
			continue
		}
		asked[l.To] = true
		other, ok := to(l.To, l.Line)
		if !ok || other == l.To {
			continue
		}
		for _, open := range []string{"](", "](<", "]: ", "]: <"} {
			for _, end := range []string{")", ">", " ", "\n"} {
				pairs = append(pairs, open+l.To+end, open+other+end)
			}
		}
	}
	if len(pairs) == 0 {
		return body
	}
	return strings.TrimSuffix(strings.NewReplacer(pairs...).Replace(body+"\n"), "\n")
}

// freeName is a name for a file that can stand in a folder and that no other one has.
func freeName(name string, taken map[string]string) string {
	name = strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || strings.ContainsRune(`/\:*?"<>|`, r) {
			return '-'
		}
		return r
	}, strings.ToValidUTF8(name, "-"))
	if name = strings.TrimLeft(name, ". "); name == "" {
		name = "file"
	}
	stem, ext := name, ""
	if i := strings.LastIndexByte(name, '.'); i > 0 && len(name)-i <= 10 {
		stem, ext = name[:i], name[i:]
	}
	stem = centrala.Clip(stem, 120)
	name = stem + ext
	used := slices.Collect(maps.Values(taken))
	for n := 2; slices.Contains(used, name); n++ {
		name = stem + "-" + strconv.Itoa(n) + ext
	}
	return name
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
