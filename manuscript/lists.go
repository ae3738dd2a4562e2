package manuscript

import (
	"bytes"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"gopkg.in/yaml.v3"

	"centrala"
)

// The files beside the articles.
const (
	sectionsFile = "sections.yaml"
	wordsFolder  = "words"
	maxSet       = 50 // synonyms of one meaning
)

// shelves are sections.yaml: what sections and categories are called, and where they stand.
type shelves struct {
	Categories []shelf `yaml:"categories,omitempty"`
	Sections   []shelf `yaml:"sections,omitempty"`
}

type shelf struct {
	Key      quoted            `yaml:"key"`
	Category quoted            `yaml:"category,omitempty"` // of a section
	Names    map[string]quoted `yaml:"names,omitempty"`    // by locale
	Sides    []centrala.Side   `yaml:"sides,omitempty,flow"`
	Position int               `yaml:"position,omitempty"`
}

// words are words/{locale}.yaml: what searchers of a language know beside its grammar.
type words struct {
	Synonyms []flow `yaml:"synonyms,omitempty"`
	Stop     flow   `yaml:"stop,omitempty"`
}

// quoted is a text that is quoted when it has to be.
type quoted string

// MarshalYAML implements yaml.Marshaler.
func (q quoted) MarshalYAML() (any, error) { return scalar(string(q)), nil }

// flow is a list on one line.
type flow []string

// MarshalYAML implements yaml.Marshaler.
func (f flow) MarshalYAML() (any, error) {
	n := &yaml.Node{Kind: yaml.SequenceNode, Style: yaml.FlowStyle}
	for _, s := range f {
		n.Content = append(n.Content, scalar(s))
	}
	return n, nil
}

// lists reads sections.yaml and words.
func (r *reader) lists() error {
	for _, name := range sortedKeys(r.there) {
		dir, base := path.Split(name)
		locale, yml := strings.CutSuffix(base, ".yaml")
		switch {
		case name == sectionsFile:
			var s shelves
			if ok, err := r.decode(name, &s); !ok {
				if err != nil {
					return err
				}
				continue
			}
			r.shelve(s)
		case dir == wordsFolder+"/" && yml:
			var w words
			if ok, err := r.decode(name, &w); !ok {
				if err != nil {
					return err
				}
				continue
			}
			if !localeForm.MatchString(locale) {
				r.wrong(name, 0, "it is not called as a locale: words/pl.yaml")
				continue
			}
			r.list(name, locale, w)
		}
	}
	return nil
}

func (r *reader) decode(name string, to any) (bool, error) {
	file, ok, err := r.limited(name, maxHead)
	if !ok {
		return false, err
	}
	d := yaml.NewDecoder(bytes.NewReader(file))
	d.KnownFields(true)
	if err := d.Decode(to); err != nil && len(bytes.TrimSpace(file)) > 0 {
		line, what := yamlFault(err)
		r.wrong(name, line, "it cannot be read (%s): see docs/articles.md for how it is written", what)
		return false, nil
	}
	return true, nil
}

func (r *reader) shelve(s shelves) {
	seen := map[string]bool{}
	for kind, all := range map[centrala.ShelfKind][]shelf{centrala.CategoryShelf: s.Categories, centrala.SectionShelf: s.Sections} {
		for _, one := range all {
			key, names := string(kind)+" "+string(one.Key), map[string]string{}
			for locale, name := range one.Names {
				names[locale] = string(name)
			}
			switch {
			case blank(string(one.Key), 100):
				r.wrong(sectionsFile, 0, "a %s has no key, or one of more than 100 letters: give it the name that its articles use", kind)
			case one.Category != "" && (kind == centrala.CategoryShelf || blank(string(one.Category), 100)):
				r.wrong(sectionsFile, 0, "the %s %q stands in what is no category: only a section has one, by its key", kind, one.Key)
			case kind == centrala.SectionShelf && len(one.Sides) > 0:
				r.wrong(sectionsFile, 0, "the section %q has sides: write them to its category", one.Key)
			case seen[key]:
				r.wrong(sectionsFile, 0, "the %s %q is there twice: take one away", kind, one.Key)
			case slices.ContainsFunc(one.Sides, func(s centrala.Side) bool { return !s.Valid() }):
				r.wrong(sectionsFile, 0, "the %s %q names what is not a side: write buyer, seller or advertiser", kind, one.Key)
			case !named(names):
				r.wrong(sectionsFile, 0, "the %s %q has a name without a locale, an empty one, or one of more than 100 letters", kind, one.Key)
			default:
				r.Shelves = append(r.Shelves, centrala.Shelf{Kind: kind, Key: string(one.Key), Parent: string(one.Category), Names: names, Sides: one.Sides, Position: one.Position})
			}
			seen[key] = true
		}
	}
}

// blank reports whether s is no name of at most n letters.
func blank(s string, n int) bool {
	return strings.TrimSpace(s) == "" || utf8.RuneCountInString(s) > n || !storable(s)
}

func named(names map[string]string) bool {
	for locale, name := range names {
		if !localeForm.MatchString(locale) || blank(name, 100) {
			return false
		}
	}
	return true
}

func (r *reader) list(name, locale string, w words) {
	list := centrala.WordList{Locale: locale, Stop: w.Stop}
	for _, set := range w.Synonyms {
		if len(set) < 2 || len(set) > maxSet {
			r.wrong(name, 0, "a set of synonyms has 2 to %d words, like [paczka, przesyłka], and %.80q has not", maxSet, strings.Join(set, " "))
			return
		}
		list.Synonyms = append(list.Synonyms, set)
	}
	for _, word := range slices.Concat(slices.Concat(list.Synonyms...), list.Stop) {
		if blank(word, 80) {
			r.wrong(name, 0, "%.80q is no word: it is empty or has more than 80 letters", word)
			return
		}
	}
	for _, word := range list.Stop {
		if strings.ContainsAny(strings.TrimSpace(word), " \t\n") {
			r.wrong(name, 0, "a stop word is one word, not %.80q: write them one by one", word)
			return
		}
	}
	r.Words = append(r.Words, list)
}
