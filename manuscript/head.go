package manuscript

import (
	"bytes"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"centrala"
)

// What a file of the folder may hold at most.
const (
	maxBody = 8 << 20           // bytes of an article's text
	maxHead = 256 << 10         // bytes of its front matter, and of a file of names or words
	MaxPage = maxBody + maxHead // bytes of its file
)

// field is one line of front matter: its name, and where its value stands in a page.
type field struct {
	name string
	of   func(p *Page, d *Draft) any
}

// fields are the front matter in the order in which it is written. Empty ones are left out.
var fields = []field{
	{"title", func(p *Page, _ *Draft) any { return &p.Title }},
	{"slug", func(p *Page, _ *Draft) any { return &p.Slug }},
	{"locale", func(p *Page, _ *Draft) any { return &p.Locale }},
	{"section", func(p *Page, _ *Draft) any { return &p.Section }},
	{"summary", func(p *Page, _ *Draft) any { return &p.Summary }},
	{"sides", func(p *Page, _ *Draft) any { return &p.Sides }},
	{"readers", func(p *Page, _ *Draft) any { return &p.Readers }},
	{"tags", func(p *Page, _ *Draft) any { return &p.Tags }},
	{"related", func(p *Page, _ *Draft) any { return &p.Related }},
	{"popular", func(p *Page, _ *Draft) any { return &p.Popular }},
	{"translation", func(p *Page, _ *Draft) any { return &p.Translation }},
	{"version", func(p *Page, _ *Draft) any { return &p.Version }},
	{"basis", func(p *Page, _ *Draft) any { return &p.Basis }},
	{"aliases", func(p *Page, _ *Draft) any { return &p.Aliases }},
	{"draft", func(_ *Page, d *Draft) any { return &d.State }},
	{"of", func(_ *Page, d *Draft) any { return &d.Of }},
	{"base", func(_ *Page, d *Draft) any { return &d.Base }},
	{"due", func(_ *Page, d *Draft) any { return &d.Due }},
	{"note", func(_ *Page, d *Draft) any { return &d.Note }},
}

// split cuts a file into front matter and text. A head that ends its lines as Windows does makes
// the text's lines ordinary ones; else the text is what stands there, to the byte.
func split(file []byte) (head, body []byte, ok bool) {
	file = bytes.TrimPrefix(file, []byte("\xef\xbb\xbf"))
	if bytes.HasPrefix(file, []byte("---\r\n")) {
		file = bytes.ReplaceAll(file, []byte("\r\n"), []byte("\n"))
	}
	rest, ok := bytes.CutPrefix(file, []byte("---\n"))
	if !ok {
		return nil, nil, false
	}
	if body, ok := bytes.CutPrefix(rest, []byte("---\n")); ok {
		return nil, body, true
	}
	head, body, ok = bytes.Cut(rest, []byte("\n---\n"))
	if !ok {
		head, ok = bytes.CutSuffix(rest, []byte("\n---"))
	}
	return head, bytes.TrimPrefix(body, []byte("\n")), ok
}

// readHead fills a page from its front matter, and says what is wrong with that.
func readHead(p *Page, head []byte) []Problem {
	wrong := func(line int, format string, args ...any) Problem {
		return Problem{File: p.File, Line: line, What: fmt.Sprintf(format, args...)}
	}
	if len(head) > maxHead {
		return []Problem{wrong(1, "the front matter is larger than %d KB: the text belongs below the second ---", maxHead>>10)}
	}
	var doc yaml.Node
	if err := yaml.Unmarshal(head, &doc); err != nil {
		line, what := yamlFault(err)
		return []Problem{wrong(max(line, 1)+1, "the front matter cannot be read (%s): put the value between \"quotes\"", what)}
	}
	if len(doc.Content) == 0 || doc.Content[0].Kind != yaml.MappingNode {
		return []Problem{wrong(1, "the front matter has no title: write a line \"title: …\"")}
	}
	var out []Problem
	d, pairs := Draft{}, doc.Content[0].Content
	p.lines = map[string]int{}
	for i := 0; i+1 < len(pairs); i += 2 {
		key, value := pairs[i].Value, pairs[i+1]
		line := pairs[i].Line + 1
		f := fieldOf(key)
		switch {
		case f == nil:
			out = append(out, wrong(line, "there is no field %.40q; there are %s", key, names()))
		case p.lines[key] != 0:
			out = append(out, wrong(line, "%s is there twice: take one away", key))
		case tangled(value):
			out = append(out, wrong(line, "%s refers to another place of the file: write the value out", key))
		default:
			p.lines[key] = line
			if err := value.Decode(f.of(p, &d)); err != nil {
				out = append(out, wrong(line, "%s cannot be %.60q: %s", key, value.Value, wanted(f.of(p, &d))))
			}
		}
	}
	if d != (Draft{}) {
		p.Draft = &d
	}
	return out
}

func fieldOf(name string) *field {
	for i := range fields {
		if fields[i].name == name {
			return &fields[i]
		}
	}
	return nil
}

func names() string {
	var out []string
	for _, f := range fields {
		out = append(out, f.name)
	}
	return strings.Join(out, ", ")
}

// tangled reports whether a value uses YAML's references, which nobody needs here.
func tangled(n *yaml.Node) bool {
	if n.Kind == yaml.AliasNode || n.Anchor != "" {
		return true
	}
	for _, c := range n.Content {
		if tangled(c) {
			return true
		}
	}
	return false
}

// wanted says what a field takes.
func wanted(v any) string {
	switch v.(type) {
	case *int:
		return "it is a number"
	case *time.Time:
		return "it is a time like 2026-12-01T08:00:00Z"
	case *string, *centrala.DraftState:
		return "it is one text"
	}
	return "it is a list like [one, two]"
}

var yamlLine = regexp.MustCompile(`line (\d+): `)

// yamlFault takes the line out of what the parser says.
func yamlFault(err error) (line int, what string) {
	what = strings.TrimPrefix(err.Error(), "yaml: ")
	var te *yaml.TypeError
	if errors.As(err, &te) && len(te.Errors) > 0 {
		what = te.Errors[0]
	}
	if m := yamlLine.FindStringSubmatch(what); m != nil {
		line, _ = strconv.Atoi(m[1]) // digits
		what = strings.Replace(what, m[0], "", 1)
	}
	return line, what
}

// writePage is a page as a file.
func writePage(p Page) ([]byte, error) {
	d := &Draft{}
	if p.Draft != nil {
		d = p.Draft
	}
	head := &yaml.Node{Kind: yaml.MappingNode}
	for _, f := range fields {
		value, err := encode(reflect.ValueOf(f.of(&p, d)).Elem())
		if err != nil {
			return nil, fmt.Errorf("%s of %s: %w", f.name, p.Address(), err)
		}
		if value != nil {
			head.Content = append(head.Content, &yaml.Node{Kind: yaml.ScalarNode, Value: f.name}, value)
		}
	}
	b, err := marshal(head)
	if err != nil {
		return nil, fmt.Errorf("front matter of %s: %w", p.Address(), err)
	}
	return bytes.Join([][]byte{[]byte("---\n"), b, []byte("---\n\n"), []byte(p.Body)}, nil), nil
}

func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return b.Bytes(), e.Close()
}

// encode is a value of a page in YAML, nil when it is empty.
func encode(v reflect.Value) (*yaml.Node, error) {
	if v.IsZero() {
		return nil, nil
	}
	if t, ok := v.Interface().(time.Time); ok {
		return plain(t.UTC().Format(time.RFC3339Nano)), nil
	}
	switch v.Kind() {
	case reflect.String:
		return scalar(v.String()), nil
	case reflect.Int:
		return plain(strconv.FormatInt(v.Int(), 10)), nil
	case reflect.Slice:
		if v.Len() == 0 {
			return nil, nil
		}
		list := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
		for i := range v.Len() {
			list.Content = append(list.Content, scalar(v.Index(i).String()))
		}
		return list, nil
	}
	return nil, fmt.Errorf("%s cannot be written", v.Type())
}

func plain(s string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Value: s} }

// bare is what needs no quotes in any place: words that nothing else could mean.
var bare = regexp.MustCompile(`^\pL[\pL\pN]*(?:[ ._/-]\pL[\pL\pN]*|-\pN+)*$`)

// scalar is a text in YAML: between quotes unless it is words.
func scalar(s string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s, Style: yaml.DoubleQuotedStyle}
	if bare.MatchString(s) && utf8.ValidString(s) && !strings.EqualFold(s, "null") {
		n.Style = 0 // the encoder quotes what would be read as something else
	}
	return n
}
