package theme

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestAThemeIsRead(t *testing.T) {
	t.Parallel()
	own, err := Parse(`/* ours */
:root { --c-brand: #7a1f5c; --c-brand-soft: color-mix(in srgb, #7a1f5c 12%, white);
  --font: "Inter Tight", system-ui, sans-serif; --r-m: calc(2px + .25rem) }
@media (prefers-color-scheme: dark) {
  :root { --c-brand: rgb(240 150 210 / .9); }
}
:root{--r-l:0}`)
	if err != nil {
		t.Fatal(err)
	}
	want := `:root{--c-brand:#7a1f5c;--c-brand-soft:color-mix(in srgb, #7a1f5c 12%, white);--font:"Inter Tight", system-ui, sans-serif;--r-m:calc(2px + .25rem);--r-l:0;}
@media (prefers-color-scheme:dark){:root:not([data-theme="light"]){--c-brand:rgb(240 150 210 / .9);}}
`
	if got := own.CSS(); got != want {
		t.Errorf("written as\n%s, want\n%s", got, want)
	}
	if v := Value(own.Light, "--c-brand"); v != "#7a1f5c" {
		t.Errorf("the brand is %q", v)
	}
	again, err := Parse(own.CSS()[:strings.Index(own.CSS(), "@media")])
	if err != nil || len(again.Light) != len(own.Light) {
		t.Errorf("what it writes it does not read: %v", err)
	}
}

// Nothing but known properties in known places comes through, however it is put.
func TestAThemeIsOnlyATheme(t *testing.T) {
	t.Parallel()
	for name, css := range map[string]string{
		"empty":               "",
		"only a comment":      "/* :root { --c-brand: red } */",
		"another selector":    "body { --c-brand: red }",
		"more than the root":  ":root, body { --c-brand: red }",
		"an import":           `@import "x.css"; :root { --c-brand: red }`,
		"a font":              "@font-face { --font: x }",
		"another scheme":      "@media print { :root { --c-brand: red } }",
		"two in the scheme":   "@media (prefers-color-scheme: dark) { :root { --c-brand: red } body { --c-brand: red } }",
		"no end":              ":root { --c-brand: red",
		"no end of scheme":    "@media (prefers-color-scheme: dark) { :root { --c-brand: red }",
		"a property":          ":root { color: red }",
		"an unknown name":     ":root { --c-brands: red }",
		"an address":          ":root { --c-brand: url(https://evil.example/x) }",
		"an address, hidden":  `:root { --c-brand: u\rl(https://evil.example/x) }`,
		"an image set":        `:root { --c-sheet: image-set("x.png" 1x) }`,
		"an expression":       ":root { --c-brand: expression(alert(1)) }",
		"an address in upper": ":root { --c-brand: URL(x) }",
		"a block in a value":  ":root { --c-brand: {} }",
		"markup":              ":root { --c-brand: </style><script> }",
		"a bracket too many":  ":root { --c-brand: rgb(1 2 3)) }",
		"an open bracket":     ":root { --c-brand: rgb(1 2 3 }",
		"an open quote":       `:root { --font: "x }`,
		"no value":            ":root { --c-brand: }",
		"an attribute":        ":root { --c-brand: attr(data-x) }",
		"a comment inside":    ":root { --c-brand: re/*x*//*/d }",
		"too long":            ":root { --c-brand: red; }" + strings.Repeat(" ", MaxBytes),
	} {
		if own, err := Parse(css); err == nil {
			t.Errorf("%s is taken: %s", name, own.CSS())
		}
	}
}

// Every name is one that the pages know, and each colour of theirs is there but for those of the
// console.
func TestNamesAreThoseOfTheTokens(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("../../../web/tokens.css")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, m := range regexp.MustCompile(`(--[a-z0-9-]+)\s*:`).FindAllStringSubmatch(string(raw), -1) {
		known[m[1]] = true
	}
	for _, name := range Names() {
		if !known[name] {
			t.Errorf("%s is no property of web/tokens.css", name)
		}
	}
	for name := range known {
		if strings.HasPrefix(name, "--c-") && !slices.Contains([]string{"--c-mine", "--c-on-mine", "--c-note", "--c-note-line", "--c-note-ink"}, name) && !slices.Contains(Names(), name) {
			t.Errorf("%s cannot be set", name)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add(":root { --c-brand: red }")
	f.Add("@media (prefers-color-scheme: dark) { :root { --c-brand: rgb(1 2 3) } }")
	f.Fuzz(func(t *testing.T, css string) {
		own, err := Parse(css)
		if err != nil {
			return
		}
		out := own.CSS()
		if low := strings.ToLower(out); strings.Contains(low, "url(") || strings.ContainsAny(out, "<>\\") || strings.Count(out, "{") != strings.Count(out, "}") || strings.Count(out, "{") > 3 {
			t.Errorf("%q became %q", css, out)
		}
	})
}
