package channelstest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strconv"
	"strings"
	"testing"

	"centrala/channels"
)

// EveryFaultHasWords has whatever may be wrong with a line said in both languages, each code in words
// of its own. The folder of the test has known codes.
func EveryFaultHasWords(t *testing.T, known int, trouble func(channels.Health) channels.Finding) {
	t.Helper()
	codes := Faults(t)
	if len(codes) != known || known == 0 {
		t.Errorf("%d codes, and words for %d", len(codes), known)
	}
	seen := map[string]string{}
	for _, code := range append(codes, "") {
		for _, way := range []string{channels.In, channels.Out, channels.Arranged} {
			f := trouble(channels.Health{Way: way, Code: code, LastError: "a detail"})
			pl, en := f.Text["pl"], f.Text["en"]
			if f.OK || f.Check != code || pl == "" || en == "" || pl == en || f.Cause != "a detail" {
				t.Errorf("%q, %s: %+v", code, way, f)
			}
			if was, known := seen[pl]; known && was != code {
				t.Errorf("%q and %q are told in the same words: %q", code, was, pl)
			}
			seen[pl] = code
		}
	}
}

// Faults are the codes of the constants fault… in the folder of the test; a line that is stopped by any
// other code fails it.
func Faults(t testing.TB) (codes []string) {
	t.Helper()
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), e.Name(), nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if v, ok := n.(*ast.ValueSpec); ok && strings.HasPrefix(v.Names[0].Name, "fault") && len(v.Values) == 1 {
				if lit, ok := v.Values[0].(*ast.BasicLit); ok {
					s, err := strconv.Unquote(lit.Value)
					if err != nil {
						t.Fatal(err)
					}
					codes = append(codes, s)
				}
			}
			lit, ok := n.(*ast.CompositeLit)
			if !ok {
				return true
			}
			if s, ok := lit.Type.(*ast.SelectorExpr); !ok || s.Sel.Name != "Stopped" {
				return true
			}
			if _, named := lit.Elts[0].(*ast.KeyValueExpr).Value.(*ast.Ident); !named {
				t.Errorf("%s: a line is stopped by a code that is no constant", e.Name())
			}
			return true
		})
	}
	return codes
}
