package centrala

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The pages for people are held against the code, so that they stay true.

func document(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// named fails for every name that the page does not hold between backquotes or quotes.
func named(t *testing.T, path, page string, names []string) {
	t.Helper()
	if len(names) == 0 {
		t.Fatalf("nothing to look for in %s", path)
	}
	for _, n := range names {
		if !regexp.MustCompile("[`\"]" + regexp.QuoteMeta(n) + "[`\" {]").MatchString(page) {
			t.Errorf("%s does not name %s", path, n)
		}
	}
}

// found lists the first groups of a pattern in a file of the code, each once.
func found(t *testing.T, path, pattern string) []string {
	t.Helper()
	var out []string
	for _, m := range regexp.MustCompile(pattern).FindAllStringSubmatch(document(t, path), -1) {
		if !slices.Contains(out, m[1]) {
			out = append(out, m[1])
		}
	}
	return out
}

func TestProtocolNamesEveryWord(t *testing.T) {
	t.Parallel()
	const path = "docs/protocol.md"
	page := document(t, path)
	named(t, path, page, found(t, "event.go", `EventType\s*= "([a-z_.]+)"`))
	named(t, path, page, found(t, "error.go", `Code = "([a-z_]+)"`)[:12]) // Internal is never on the wire
	named(t, path, page, found(t, "gateway/handler.go", `(?m)^\s+"([a-z.]+)":\s+\{`))
	named(t, path, page, found(t, "gateway/frames/check.go", `InvalidField\("([a-z_]+)"`))
	for _, code := range found(t, "web/protocol.ts", `: ((?:1|4)\d{3}),`) {
		if !strings.Contains(page, "| "+code+" |") {
			t.Errorf("%s does not tell of close %s", path, code)
		}
	}
}

func TestOperationsNamesEveryKeyAndMetric(t *testing.T) {
	t.Parallel()
	const path = "docs/operations.md"
	page := document(t, path)
	named(t, path, page, configKeys(t))
	told := ""
	for _, from := range []string{"cmd/centrala/metrics.go", "cmd/centrala/hooks.go", "cmd/centrala/measure.go"} {
		named(t, path, page, found(t, from, `(?:gauge|count|spread)\(out, "(centrala_[a-z_]+)"`))
		told += document(t, from)
	}
	for _, m := range regexp.MustCompile("`(centrala_[a-z_]+)`").FindAllStringSubmatch(page, -1) {
		if !strings.Contains(told, `"`+m[1]+`"`) {
			t.Errorf("%s tells of %s, which is not there", path, m[1])
		}
	}
}

// The table of queues in docs/operations.md is whole: every channel of the program that has room
// for more than one is in a file that the table names, and what a row says it is held by is a
// test. Channels of one place are wake-ups and answers, which lose nothing.
func TestOperationsNamesEveryQueue(t *testing.T) {
	t.Parallel()
	const path = "docs/operations.md"
	_, table, _ := strings.Cut(document(t, path), "## Queues")
	table, _, _ = strings.Cut(table, "\n## ")
	rows := regexp.MustCompile("(?m)^\\| [^|]+ \\| `([a-z/_]+\\.go)` \\|.*\\| (Test[A-Za-z0-9]+) \\|$").FindAllStringSubmatch(table, -1)
	if len(rows) < 20 || len(rows) != strings.Count(table, "\n| ")-2 {
		t.Errorf("%d of %d rows of the table of queues are as they should be", len(rows), strings.Count(table, "\n| ")-2)
	}
	files, tests := map[string]bool{}, map[string]bool{}
	everyGoFile(t, func(path string, f *ast.File, set *token.FileSet) {
		if strings.HasSuffix(path, "_test.go") {
			for _, d := range f.Decls {
				if fn, ok := d.(*ast.FuncDecl); ok {
					tests[fn.Name.Name] = true
				}
			}
			return
		}
		files[path] = true
		for _, aside := range []string{"lab/", "demo/", "cmd/centrala-", "store/storetest/", "channels/channelstest/", "search/searchtest/"} {
			if strings.HasPrefix(path, aside) {
				return // no part of a running server
			}
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if at := roomy(n); at != nil && !strings.Contains(table, "`"+path+"`") {
				t.Errorf("%s:%d makes a queue that the table of queues does not know", path, set.Position(at.Pos()).Line)
			}
			return true
		})
	})
	for _, r := range rows {
		if !files[r[1]] || !tests[r[2]] {
			t.Errorf("%s tells of a queue in %s, held by %s; one of them is not there", path, r[1], r[2])
		}
	}
}

// roomy is n when it makes a channel that may have room for more than one.
func roomy(n ast.Node) *ast.CallExpr {
	call, ok := n.(*ast.CallExpr)
	if !ok || len(call.Args) != 2 {
		return nil
	}
	if fn, ok := call.Fun.(*ast.Ident); !ok || fn.Name != "make" {
		return nil
	}
	if _, ok := call.Args[0].(*ast.ChanType); !ok {
		return nil
	}
	if size, ok := call.Args[1].(*ast.BasicLit); ok && size.Value == "1" {
		return nil
	}
	return call
}

// configKeys are the keys of cmd/centrala's Config as the file writes them.
func configKeys(t *testing.T) []string {
	t.Helper()
	structs := map[string]*ast.StructType{}
	paths, err := filepath.Glob("cmd/centrala/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if spec, ok := n.(*ast.TypeSpec); ok {
				if s, ok := spec.Type.(*ast.StructType); ok {
					structs[spec.Name.Name] = s
				}
			}
			return true
		})
	}
	var keys []string
	var walk func(name, prefix string)
	walk = func(name, prefix string) {
		for _, field := range structs[name].Fields.List {
			tag, err := strconv.Unquote(field.Tag.Value)
			if err != nil {
				t.Fatal(err)
			}
			key := prefix + reflect.StructTag(tag).Get("toml")
			if id, ok := field.Type.(*ast.Ident); ok && structs[id.Name] != nil {
				walk(id.Name, key+".")
				continue
			}
			keys = append(keys, key)
		}
	}
	walk("Config", "")
	return keys
}

// The table of rooms in docs/architecture.md is the one that TestBoundaries holds the code to.
func TestArchitectureHasTheTableOfRooms(t *testing.T) {
	t.Parallel()
	page := document(t, "docs/architecture.md")
	written := map[string][]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z./-]+)` \\|.*\\| (.*) \\|$").FindAllStringSubmatch(page, -1) {
		may := []string{}
		switch row[2] {
		case "–":
		case "everything":
			may = append(may, "*")
		default:
			may = strings.Split(strings.ReplaceAll(row[2], "`", ""), ", ")
		}
		written[row[1]] = may
	}
	for room, may := range rooms {
		if got, ok := written[room]; !ok || !slices.Equal(got, may) {
			t.Errorf("docs/architecture.md says that %s may import %v; the test holds it to %v", room, got, may)
		}
	}
	for room := range written {
		if _, ok := rooms[room]; !ok {
			t.Errorf("docs/architecture.md has a room %s that is not there", room)
		}
	}
}

// Every module that the code imports has its reason in docs/decisions/010-dependencies.md.
func TestEveryDependencyHasAReason(t *testing.T) {
	t.Parallel()
	page := document(t, "docs/decisions/010-dependencies.md")
	page = strings.ReplaceAll(page, "`…/watermill-nats/v2`", "`github.com/ThreeDotsLabs/watermill-nats/v2`")
	page = strings.ReplaceAll(page, "`…/nats.go`", "`github.com/nats-io/nats.go`")
	modules := map[string]bool{}
	for _, m := range regexp.MustCompile("`([a-z0-9.-]+\\.[a-z]+/?[^`]*)`").FindAllStringSubmatch(page, -1) {
		modules[m[1]] = true
	}
	everyGoFile(t, func(path string, f *ast.File, _ *token.FileSet) {
	next:
		for _, spec := range f.Imports {
			name, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			if host, _, _ := strings.Cut(name, "/"); !strings.Contains(host, ".") {
				continue
			}
			for m := range modules {
				if name == m || strings.HasPrefix(name, m+"/") {
					continue next
				}
			}
			t.Errorf("%s imports %s, which has no reason in docs/decisions/010-dependencies.md", path, name)
		}
	})
}

var (
	mdLink    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	mdHeading = regexp.MustCompile(`(?m)^#{1,6} (.+)$`)
	mdFence   = regexp.MustCompile("(?s)```.*?```")
)

// Links between the pages lead somewhere: the file is there, and so is the heading.
func TestLinksLeadSomewhere(t *testing.T) {
	t.Parallel()
	pages := []string{"README.md", "CHANGELOG.md"}
	err := filepath.WalkDir("docs", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(path, ".md") {
			pages = append(pages, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, page := range pages {
		for _, m := range mdLink.FindAllStringSubmatch(mdFence.ReplaceAllString(document(t, page), ""), -1) {
			if strings.Contains(m[1], "://") || strings.HasPrefix(m[1], "mailto:") {
				continue
			}
			file, anchor, _ := strings.Cut(m[1], "#")
			target := page
			if file != "" {
				target = filepath.Join(filepath.Dir(page), file)
			}
			if _, err := os.Stat(target); err != nil {
				t.Errorf("%s leads to %s, which is not there", page, m[1])
				continue
			}
			if anchor != "" && !slices.Contains(anchors(document(t, target)), anchor) {
				t.Errorf("%s leads to %s, and %s has no such heading", page, m[1], target)
			}
		}
	}
}

// anchors are the headings of a page as addresses: lower case, dashes for spaces, letters,
// digits and dashes only.
func anchors(page string) []string {
	var out []string
	for _, h := range mdHeading.FindAllStringSubmatch(mdFence.ReplaceAllString(page, ""), -1) {
		out = append(out, strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-' || r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r > 0x7f:
				return r
			}
			return -1
		}, strings.ToLower(h[1])))
	}
	return out
}
