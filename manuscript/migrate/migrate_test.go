package migrate_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"centrala"
	"centrala/manuscript"
	"centrala/manuscript/migrate"
)

func file(s string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(s)} }

// zendesk is an export in the shapes that Zendesk's documentation of the Help Center API shows.
func zendesk() fstest.MapFS {
	return fstest.MapFS{
		"categories.json": file(`{"categories":[{"id":1,"name":"Pieniądze","locale":"pl","source_locale":"pl","position":2}],"next_page":null}`),
		"sections.json": file(`{"sections":[{"id":10,"category_id":1,"name":"Zwroty","locale":"pl","source_locale":"pl","position":1,"outdated":false},
			{"id":11,"category_id":1,"name":"Zwroty","locale":"pl","source_locale":"pl","position":3,"parent_section_id":10}]}`),
		"articles_1.json": file(`{"count":4,"articles":[
			{"id":100,"html_url":"https://x.zendesk.com/hc/pl/articles/100-Jak-zwr%C3%B3ci%C4%87","section_id":10,"title":"Jak zwrócić?","name":"Jak zwrócić?","locale":"pl","source_locale":"pl","draft":false,"outdated":false,"promoted":true,"position":0,"label_names":["zwrot","oddać"],"user_segment_id":null,
			 "body":"<h2 id=\"h_1\">Krok <em>pierwszy</em></h2><p>Otwórz <a href=\"https://x.zendesk.com/hc/pl/articles/101\">konto</a>, <a href=\"#h_1\">wyżej</a>, <a href=\"/hc/pl/articles/999\">nie ma</a>.<script>alert(1)</script></p><ol><li>raz<ul><li>dwa</li></ul></li></ol><table><tr><th>A</th><th colspan=\"999999999\">B</th></tr><tr><td><p>x</p><p>y|z</p></td><td>1<br>2</td></tr></table><p><img src=\"https://x.zendesk.com/hc/article_attachments/1/a.png\" alt=\"a\" onerror=\"alert(1)\"></p><iframe src=\"//www.youtube.com/embed/q\"></iframe><p>*gwiazdka* &lt;b&gt;</p>"},
			{"id":101,"html_url":"https://x.zendesk.com/hc/pl/articles/101-Konto","section_id":11,"title":"Konto","locale":"pl","source_locale":"pl","draft":true,"outdated":false,"label_names":[],"user_segment_id":null,"body":"<p>Tekst</p>"},
			{"id":102,"section_id":10,"title":"Tajne","locale":"pl","source_locale":"pl","draft":false,"label_names":[],"user_segment_id":77,"body":"<p>Tajne</p>"},
			{"id":103,"section_id":10,"title":"Konto","locale":"pl","source_locale":"pl","draft":false,"label_names":[],"user_segment_id":78,"body":null}]}`),
		"translations.json": file(`{"translations":[
			{"id":1,"source_id":100,"source_type":"Article","locale":"en-us","title":"How to return?","body":"<p>Open your <a href=\"/hc/en-us/articles/100\">account</a></p>","draft":false,"outdated":true,"html_url":"https://x.zendesk.com/hc/en-us/articles/100"},
			{"id":2,"source_id":10,"source_type":"Section","locale":"en-us","title":"Returns","draft":false,"outdated":false},
			{"id":3,"source_id":102,"source_type":"Article","locale":"en-us","title":"Secret","body":"","draft":false},
			{"id":4,"source_id":555,"source_type":"Article","locale":"en-us","title":"Lost","body":"","draft":false}]}`),
	}
}

func TestZendesk(t *testing.T) {
	t.Parallel()
	c, moved, problems, err := migrate.Read("zendesk", zendesk(), map[string]string{"78": "seller"})
	if err != nil || len(problems) > 0 {
		t.Fatal(problems, err)
	}
	pages := map[string]manuscript.Page{}
	for _, p := range c.Pages {
		pages[p.Address()] = p
	}
	if len(pages) != 4 || len(c.Shelves) != 3 {
		t.Fatalf("%d pages, shelves %+v", len(pages), c.Shelves)
	}
	pl, en, draft, seller := pages["pl/jak-zwrocic"], pages["en/how-to-return"], pages["pl/konto"], pages["pl/konto-2"]
	wantBody := "## Krok *pierwszy*\n\nOtwórz [konto](/help/pl/konto), [wyżej](#krok-pierwszy), [nie ma](/hc/pl/articles/999).\n\n1. raz\n   \n   - dwa\n\n| A | B |\n|---|---|\n| x y\\|z | 1 2 |\n\n" +
		"![a](https://x.zendesk.com/hc/article_attachments/1/a.png)\n\n[https://www.youtube.com/embed/q](https://www.youtube.com/embed/q)\n\n\\*gwiazdka* &lt;b&gt;\n"
	if pl.Body != wantBody {
		t.Errorf("the text is\n%q\nwant\n%q", pl.Body, wantBody)
	}
	if pl.Section != "Zwroty" || pl.Version != 2 || !slices.Equal(pl.Tags, []string{"zwrot", "oddać"}) || en.Translation != "pl/jak-zwrocic" || en.Basis != 1 || en.Body != "Open your [account](/help/en/how-to-return)\n" {
		t.Errorf("%+v\n%+v", pl, en)
	}
	if draft.Draft == nil || draft.Draft.State != centrala.Writing || draft.Section != "Zwroty 2" || !slices.Equal(seller.Readers, []centrala.Side{centrala.Seller}) {
		t.Errorf("%+v\n%+v", draft, seller)
	}
	if s := c.Shelves[1]; s.Kind != centrala.SectionShelf || s.Parent != "Pieniądze" || s.Names["en"] != "Returns" || s.Names["pl"] != "Zwroty" {
		t.Errorf("%+v", s)
	}
	want := "/hc/en-us/articles/100\t/help/en/how-to-return\n/hc/pl/articles/100-Jak-zwr%C3%B3ci%C4%87\t/help/pl/jak-zwrocic\n/hc/pl/articles/101-Konto\t/help/pl/konto\n/hc/pl/articles/103\t/help/pl/konto-2\n"
	if got := migrate.Table(moved); got != want {
		t.Errorf("moved:\n%s\nwant\n%s", got, want)
	}
	noted(t, c.Notes, "article 102 (Tajne) is for user segment 77 alone", "section 11 stands in section 10", "article 555, which is not in the export", "1 pictures are not shown")
}

func noted(t *testing.T, notes []manuscript.Problem, want ...string) {
	t.Helper()
	for _, w := range want {
		if !slices.ContainsFunc(notes, func(n manuscript.Problem) bool { return strings.Contains(n.What, w) }) {
			t.Errorf("nobody notes %q: %v", w, notes)
		}
	}
	if len(notes) != len(want) {
		t.Errorf("notes: %v", notes)
	}
}

// chatwoot is an export in the shapes of Chatwoot's API and of rows of its tables.
func chatwoot() fstest.MapFS {
	return fstest.MapFS{"help.json": file(`{
		"portals":[{"id":5,"slug":"pomoc","config":{"default_locale":"pl"}}],
		"categories":[{"id":1,"name":"Zwroty","slug":"zwroty","locale":"pl","position":10,"linked_categories":[{"id":2,"name":"Returns","slug":"returns","locale":"en"}]},{"id":2,"name":"Returns","slug":"returns","locale":"en","position":20,"associated_category_id":1}],
		"articles":[
			{"id":7,"title":"Jak zwrócić?","slug":"1673-jak-zwrocic","description":"Krótko","content":"# A\r\n[b](/hc/pomoc/articles/1674-draft) [c](https://app.test/hc/pomoc/articles/1675-how) ![p](x.png)","status":"published","category":{"id":1,"name":"Zwroty"},"portal":{"id":5,"slug":"pomoc"},"meta":{"tags":["zwrot"]},"associated_articles":[{"id":9,"title":"How to return?","slug":"1675-how","content":"B","status":"published","category_id":2}]},
			{"id":8,"title":"Szkic","slug":"1674-draft","content":"x","status":0,"category_id":1,"portal_id":5},
			{"id":9,"title":"How to return?","slug":"1675-how","content":"B","status":1,"category_id":2,"portal_id":5,"associated_article_id":7},
			{"id":10,"title":"Stare","slug":"1676-stare","content":"x","status":"archived","category_id":1}]}`)}
}

func TestChatwoot(t *testing.T) {
	t.Parallel()
	c, moved, problems, err := migrate.Read("chatwoot", chatwoot(), nil)
	if err != nil || len(problems) > 0 {
		t.Fatal(problems, err)
	}
	var got []string
	for _, p := range c.Pages {
		got = append(got, fmt.Sprintf("%s %s %s %q %v", p.Address(), p.Section, p.Translation, p.Body, p.Draft != nil))
	}
	want := []string{`en/1675-how Zwroty pl/1673-jak-zwrocic "B" false`, `pl/1673-jak-zwrocic Zwroty  "# A\n[b](/help/pl/1674-draft) [c](/help/en/1675-how) ![p](x.png)" false`, `pl/1674-draft Zwroty  "x" true`}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if len(c.Shelves) != 1 || c.Shelves[0].Names["en"] != "Returns" || c.Shelves[0].Position != 10 || len(moved) != 3 || moved[0].From != "/hc/pomoc/articles/1673-jak-zwrocic" {
		t.Errorf("%+v, %v", c.Shelves, moved)
	}
	noted(t, c.Notes, "article 10 (Stare) is archived", "1 pictures")
}

// What is no export is refused with its line, and nobody waits for what is hostile.
func TestHostile(t *testing.T) {
	t.Parallel()
	for content, want := range map[string]string{
		"{\n\"articles\": [\n{]}":                                       "a.json:3: it is not the JSON of an export",
		`{"articles":[{"id":"x"}]}`:                                     "a.json: articles 1 is not as an export has it",
		`{"articles":[{"id":1,"title":"","locale":"pl","body":"<p>"}]}`: "a.json: article 1 (pl): the front matter has no title",
	} {
		_, _, problems, err := migrate.Read("zendesk", fstest.MapFS{"a.json": file(content)}, nil)
		if err != nil || len(problems) != 1 || !strings.HasPrefix(problems[0].Error(), want) {
			t.Errorf("%s: %v, %v", content, problems, err)
		}
	}
	if _, _, problems, err := migrate.Read("zendesk", fstest.MapFS{}, nil); err != nil || len(problems) != 1 {
		t.Errorf("an empty folder: %v, %v", problems, err)
	}
	if _, _, _, err := migrate.Read("zendesk", zendesk(), map[string]string{"78": "thief"}); err == nil {
		t.Error("a segment may be anybody")
	}
	for name, body := range map[string]string{
		"nested": strings.Repeat("<div>", 100_000), "lists": strings.Repeat("<ul><li>", 400), "wide": "<table><tr><td colspan=1000 rowspan=1000>x</table>", "long table": "<table>" + strings.Repeat("<tr><td>x<td>y", 20_000) + "</table>",
		"brackets": strings.Repeat("[", 200_000), "large": strings.Repeat("x", migrate.MaxHTML+1),
	} {
		began := time.Now()
		doc := fmt.Sprintf(`{"articles":[{"id":1,"title":"T","locale":"pl","body":%q}]}`, body)
		c, _, problems, err := migrate.Read("zendesk", fstest.MapFS{"a.json": file(doc)}, nil)
		if err != nil || len(c.Pages)+len(problems) != 1 {
			t.Errorf("%s: %d pages, %.200v, %v", name, len(c.Pages), problems, err)
		}
		t.Log(name, time.Since(began).Round(time.Millisecond), len(problems))
	}
}
