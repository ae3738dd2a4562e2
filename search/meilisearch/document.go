package meilisearch

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"centrala"
	"centrala/search"
)

// schema is raised whenever documents are made otherwise; an index of an earlier one is made
// anew, and one of a later is left alone.
const schema = 1

// The fields of a document, which is a passage.
const (
	fieldID      = "id"      // article, version and number: two versions never overwrite each other
	fieldArticle = "article" // its identifier
	fieldVersion = "version" // of the article, in microseconds
	fieldNumber  = "number"  // of the passage in it
	fieldSchema  = "schema"
	fieldSide    = "side"    // whom it is offered to
	fieldReader  = "reader"  // who may read it
	fieldKeys    = "keys"    // its words in all their forms
	fieldTitled  = "titled"  // stems and what else is compared of title, tags and heading
	fieldTitle   = "title"   // searched: the words of title, tags and heading, stemmed
	fieldText    = "text"    // searched: all others
	fieldPassage = "passage" // all that is shown and weighed
	all          = "*"       // of a side: everybody
)

// document is a passage as the server keeps it.
type document struct {
	ID      string   `json:"id"`
	Article string   `json:"article"`
	Version int64    `json:"version"`
	Number  int      `json:"number"`
	Schema  int      `json:"schema"`
	Side    []string `json:"side"`
	Reader  []string `json:"reader"`
	Keys    []string `json:"keys"`
	Titled  []string `json:"titled"`
	Title   string   `json:"title"`
	Text    string   `json:"text"`
	Passage []byte   `json:"passage"`
}

// written is an article as documents.
type written struct {
	id      centrala.ArticleID
	version int64
	locale  string
	docs    []document
}

func write(a centrala.Article) (written, error) {
	w := written{id: a.ID, version: a.UpdatedAt.UnixMicro(), locale: a.Locale}
	for _, p := range search.Passages(a) {
		stored, err := p.AppendBinary(nil)
		if err != nil {
			return w, err
		}
		d := document{ID: documentID(a.ID, w.version, p.Number), Article: a.ID.String(), Version: w.version, Number: p.Number, Schema: schema,
			Side: sides(a.Sides), Reader: sides(a.Readers), Passage: stored}
		keys, titled := map[string]bool{}, map[string]bool{}
		var title, text strings.Builder
		for place, word := range p.EachWord(a) {
			for _, k := range search.Keys(word) {
				keys[string(k)] = true
				if place <= search.InHeading && !k.Exact() {
					titled[string(k)] = true
				}
			}
			to := &text
			if place <= search.InHeading {
				to = &title
			}
			if word.Stem != "" && !word.Whole {
				to.WriteString(word.Stem + " ")
			}
		}
		d.Keys, d.Titled = slices.Sorted(maps.Keys(keys)), slices.Sorted(maps.Keys(titled))
		d.Title, d.Text = title.String(), text.String()
		w.docs = append(w.docs, d)
	}
	return w, nil
}

func documentID(a centrala.ArticleID, version int64, number int) string {
	return fmt.Sprintf("%s-%d-%d", a, version, number)
}

// identity reads a document's ID.
func identity(raw json.RawMessage) (id string, article centrala.ArticleID, version int64, err error) {
	if err := json.Unmarshal(raw, &id); err != nil {
		return "", 0, 0, err
	}
	parts := strings.Split(id, "-")
	if len(parts) != 3 {
		return "", 0, 0, fmt.Errorf("%.80q is no passage of ours", id)
	}
	if err := article.UnmarshalText([]byte(parts[0])); err != nil {
		return "", 0, 0, err
	}
	version, err = strconv.ParseInt(parts[1], 10, 64)
	return id, article, version, err
}

func sides(of []centrala.Side) []string {
	if len(of) == 0 {
		return []string{all}
	}
	var out []string
	for _, s := range of {
		out = append(out, string(s))
	}
	return out
}

// quoted is a value as filters hold it, whatever is in it.
func quoted(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

// in is the filter that lets through what has one of some values.
func in(field string, values ...string) string {
	var b strings.Builder
	b.WriteString(field + " IN [")
	for i, v := range values {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(quoted(v))
	}
	b.WriteString("]")
	return b.String()
}

func ofArticles(ids []centrala.ArticleID) string {
	var names []string
	for _, id := range ids {
		names = append(names, id.String())
	}
	return in(fieldArticle, names...)
}

// allowed is the filter of what an asker may be told of; its values are our own and never a
// person's.
func allowed(side centrala.Side, asker centrala.Asker) []string {
	var out []string
	switch {
	case side.Valid():
		out = append(out, in(fieldSide, all, string(side)))
	case side != centrala.NoSide: // of no such side: what is for everybody
		out = append(out, in(fieldSide, all))
	}
	switch {
	case asker == centrala.Inside:
	case asker == centrala.Proved && side.Valid():
		out = append(out, in(fieldReader, all, string(side)))
	default:
		out = append(out, in(fieldReader, all))
	}
	return out
}
