// Package theme reads a site's own look: a style sheet of custom properties and nothing else. What
// a page is made of cannot be changed by it, nor anything be loaded.
package theme

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// MaxBytes is how long such a file may be.
const MaxBytes = 32 << 10

// Theme is a look that was understood.
type Theme struct {
	Light, Dark []Property // in the order of the file
}

// Property is one custom property: its name with the two dashes, and its value.
type Property struct{ Name, Value string }

// Names are the properties that a look may set: those of tokens.css that colour, round and letter
// public pages.
func Names() []string {
	return strings.Fields(`
		--font --font-mono --measure --r-xs --r-s --r-m --r-l --r-xl --r-2xl --r-full
		--c-canvas --c-canvas-deep --c-sheet --c-sunken --c-raised --c-hover --c-pressed --c-scrim --c-line --c-line-soft --c-control
		--c-ink --c-ink-2 --c-ink-3 --c-ink-off --c-brand --c-brand-hover --c-brand-pressed --c-on-brand --c-on-brand-2 --c-brand-soft --c-brand-softer
		--c-brand-line --c-brand-ink --c-lamp --c-focus --c-ok --c-ok-soft --c-ok-ink --c-warn --c-warn-soft --c-warn-ink --c-bad --c-bad-soft --c-bad-ink
		--c-on-bad --c-info --c-info-soft --c-info-ink --side-buyer --side-buyer-soft --side-buyer-ink --side-buyer-on --side-seller --side-seller-soft
		--side-seller-ink --side-seller-on --side-ads --side-ads-soft --side-ads-ink --side-ads-on --e-sheet --e-pop --e-dialog`)
}

// functions are those a value may call: none of them loads or reads anything.
var functions = strings.Fields("rgb rgba hsl hsla hwb lab lch oklab oklch color color-mix light-dark calc min max clamp var")

var (
	comment = regexp.MustCompile(`(?s)/\*.*?\*/`)
	value   = regexp.MustCompile(`^[A-Za-z0-9#%.,()/+*"' -]+$`)
	called  = regexp.MustCompile(`([A-Za-z-]*)\(`)
)

// Parse reads a file. It holds :root { … } and @media (prefers-color-scheme: dark) { :root { … } },
// each as often as it likes; the error names the first thing that is anything else.
func Parse(css string) (Theme, error) {
	var t Theme
	if len(css) > MaxBytes {
		return t, fmt.Errorf("the file has %d bytes, more than %d", len(css), MaxBytes)
	}
	rest := strings.TrimSpace(comment.ReplaceAllString(css, " "))
	for rest != "" {
		selector, after, ok := strings.Cut(rest, "{")
		if !ok {
			return t, fmt.Errorf("%.40q is no block", rest)
		}
		into := &t.Light
		selector = strings.Join(strings.Fields(selector), " ")
		dark := strings.ReplaceAll(selector, " ", "") == "@media(prefers-color-scheme:dark)"
		if dark {
			into = &t.Dark
			if selector, after, ok = strings.Cut(after, "{"); !ok {
				return t, fmt.Errorf("the dark scheme has no block")
			}
		}
		if strings.TrimSpace(selector) != ":root" {
			return t, fmt.Errorf("%.40q is neither :root nor @media (prefers-color-scheme: dark)", strings.TrimSpace(selector))
		}
		block, after, ok := strings.Cut(after, "}")
		if !ok {
			return t, fmt.Errorf("a block does not end")
		}
		if err := declarations(block, into); err != nil {
			return t, err
		}
		after = strings.TrimSpace(after)
		if dark {
			if after, ok = strings.CutPrefix(after, "}"); !ok {
				return t, fmt.Errorf("the dark scheme holds one :root block")
			}
		}
		rest = strings.TrimSpace(after)
	}
	if len(t.Light)+len(t.Dark) == 0 {
		return t, fmt.Errorf("the file sets nothing")
	}
	return t, nil
}

// declarations reads what stands between braces.
func declarations(block string, into *[]Property) error {
	for d := range strings.SplitSeq(block, ";") {
		if strings.TrimSpace(d) == "" {
			continue
		}
		name, v, ok := strings.Cut(d, ":")
		name, v = strings.TrimSpace(name), strings.Join(strings.Fields(v), " ")
		if !ok || !slices.Contains(Names(), name) {
			return fmt.Errorf("%.40q is no property that a look may set", name)
		}
		if err := check(v); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		*into = append(*into, Property{name, v})
	}
	return nil
}

// check refuses a value that does more than colour, measure or name.
func check(v string) error {
	if !value.MatchString(v) || len(v) > 300 || strings.Count(v, `"`)%2 != 0 || strings.Count(v, `'`)%2 != 0 {
		return fmt.Errorf("%.40q is no value of a look", v)
	}
	depth := 0
	for _, r := range v {
		switch r {
		case '(':
			depth++
		case ')':
			depth--
		}
		if depth < 0 {
			return fmt.Errorf("%.40q has a bracket too many", v)
		}
	}
	if depth != 0 {
		return fmt.Errorf("%.40q has a bracket that does not end", v)
	}
	for _, m := range called.FindAllStringSubmatch(v, -1) {
		if m[1] != "" && !slices.Contains(functions, strings.ToLower(m[1])) {
			return fmt.Errorf("%.20s() may not be called", m[1])
		}
	}
	if strings.Contains(v, "/*") || strings.Contains(v, "*/") {
		return fmt.Errorf("%.40q has a comment in it", v)
	}
	return nil
}

// CSS is the look as a style sheet. The light properties do not outlive the dark scheme of
// tokens.css: what the dark block leaves out is dark as it was.
func (t Theme) CSS() string {
	var b strings.Builder
	write := func(before string, all []Property, after string) {
		if len(all) == 0 {
			return
		}
		b.WriteString(before + "{")
		for _, p := range all {
			b.WriteString(p.Name + ":" + p.Value + ";")
		}
		b.WriteString("}" + after + "\n")
	}
	write(":root", t.Light, "")
	write(`@media (prefers-color-scheme:dark){:root:not([data-theme="light"])`, t.Dark, "}")
	return b.String()
}

// Value is what a property is set to, "" when it is not. The last one counts.
func Value(all []Property, name string) string {
	out := ""
	for _, p := range all {
		if p.Name == name {
			out = p.Value
		}
	}
	return out
}
