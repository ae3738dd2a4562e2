package shown_test

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"centrala"
	"centrala/markdown"
	"centrala/markdown/shown"
	"centrala/search"
)

func whole(t testing.TB, article string) string {
	t.Helper()
	p, err := shown.Of(article)
	if err != nil {
		t.Fatal(err)
	}
	h, err := p.Whole()
	if err != nil {
		t.Fatal(err)
	}
	return string(h)
}

func TestPage(t *testing.T) {
	t.Parallel()
	const article = "# W skrócie\n\n| Jak | Ile |\n|---|---:|\n| BLIK | *2 dni* |\n\n# Kroki\n\n1. Raz\n2. Dwa\n\n## Potem\n\n## Potem\n\n![zwrot](/help/files/af_1/a.png)\n"
	got := whole(t, article)
	for _, want := range []string{
		`<section class="short" aria-labelledby="w-skrocie"><h2 id="w-skrocie">W skrócie</h2>`,
		`<tr><th scope="row">BLIK</th><td><em>2 dni</em></td></tr>`,
		`<h2 id="kroki">Kroki</h2>`, `<ol class="steps">`, `<h3 id="potem-2">Potem</h3>`,
		`<img src="/help/files/af_1/a.png" alt="zwrot" loading="lazy">`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
	p, err := shown.Of("## a\n## b\n## c\n" + strings.Repeat("słowo ", 390))
	if err != nil || len(p.Contents) != 3 || p.Contents[2] != (shown.Heading{Href: "#c", Text: "c"}) || p.Minutes != 2 {
		t.Errorf("contents %v, %d minutes, %v", p.Contents, p.Minutes, err)
	}
}

// tags and attributes are all that a page may have.
var (
	tags       = strings.Fields("a b blockquote br code div em h1 h2 h3 h4 h5 h6 hr img li ol p pre section strong table tbody td th thead tr ul")
	attributes = strings.Fields("align alt aria-labelledby class href id loading rel scope src start title")
)

// live finds what may run, load or draw of its own in HTML, as a browser reads it.
func live(page string) string {
	z := html.NewTokenizer(strings.NewReader(page))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return ""
		case html.CommentToken:
			if c := string(z.Text()); c != " raw HTML omitted " {
				return c
			}
		case html.StartTagToken, html.SelfClosingTagToken, html.EndTagToken:
			t := z.Token()
			if !slices.Contains(tags, t.Data) {
				return t.String()
			}
			for _, a := range t.Attr {
				scheme, _, has := strings.Cut(a.Val, ":")
				switch {
				case !slices.Contains(attributes, a.Key),
					a.Key == "src" && (!strings.HasPrefix(a.Val, "/help/files/") || strings.Contains(strings.ToLower(a.Val), "%2e") || strings.Contains(a.Val, "..")),
					a.Key == "href" && has && !strings.ContainsAny(scheme, "/?#") && !slices.Contains([]string{"http", "https", "mailto", "tel"}, strings.ToLower(scheme)):
					return t.String()
				}
			}
		case html.DoctypeToken:
			return "a doctype"
		}
	}
}

// None of these does anything but say its words, on the page, in the widget's card, in the preview
// or in what the index keeps and shows.
func TestHostileWordsAreHarmless(t *testing.T) {
	t.Parallel()
	for _, evil := range []string{
		`<script>alert(1)</script>`, `x <script src=//evil.test/x.js></script> y`, `<img src=x onerror=alert(1)>`, `a <b onclick="alert(1)">b</b>`,
		`<style>body{display:none}</style>`, `<iframe src="https://evil.test"></iframe>`, `<svg onload=alert(1)><use href="data:x"/></svg>`, `<svg/onload=alert(1)>`,
		`[go](javascript:alert(1))`, `[go](JaVaScRiPt:alert(1))`, `[go](java&#115;cript:alert(1))`, `[go](javascript&colon;alert(1))`, `[go](javascript&#x3A;alert(1))`,
		"[go](<java\tscript:alert(1)>)", "[go](\x01javascript:alert(1))", `[go](&#1;javascript:alert(1))`, `[go](java\script:alert(1))`, `[go](&amp;#106;avascript:alert(1))`,
		`[go](data:text/html;base64,PHNjcmlwdD4=)`, `[go](vbscript:x)`, `[go](file:///etc/passwd)`, `[go](blob:x)`, "[go][r]\n\n[r]: javascript:alert(1)",
		`<javascript:alert(1)>`, `<data:text/html,x>`, `<vbscript:x>`, `![x](javascript:alert(1))`, `![x](data:image/svg+xml;base64,PHN2Zz4=)`, `![x](data:image/png;base64,AAAA)`,
		`![x](https://evil.test/pixel.png)`, `![x](//evil.test/pixel.png)`, `![x](/\evil.test/p.png)`, `![x](/help/files/../../v1/me)`, `![x](/help/files/..%2f..%2fv1)`, `![x](/help/files/%2e%2e/%2e%2e/v1/me)`, `![x](http:evil.test/p.png)`,
		`![x" onerror="alert(1)](/help/files/a/b)`, `![x](/help/files/a/b "t\" onerror=\"alert(1)")`, `[x](/a"onclick="alert(1))`, `[x](https://a.test "t\" onclick=\"alert(1)")`,
		"# <img src=x onerror=alert(1)>", `## "onmouseover="alert(1)`, "| <script>alert(1)</script> | b |\n|---|---|\n| <b onclick=alert(1)>x | [a](javascript:x) |",
		"## In short\n\n| <script>alert(1)</script> | [a](javascript:x) |\n|---|---|\n| <svg onload=alert(1)> | ![x](data:image/png;base64,A) |",
		"```<script>\nalert(1)\n</script>\n```", "~~~ \"onclick=\"alert(1)\nx\n~~~", "<!-- --!><img src=x onerror=alert(1)> -->", "<?php x ?>", "<![CDATA[<script>alert(1)</script>]]>",
		"&lt;script&gt;alert(1)&lt;/script&gt;", "`<script>alert(1)</script>`", "</div></main><form action=//evil.test><input name=p>", "<base href=//evil.test/>", "<meta http-equiv=refresh content=0>",
		"<a href=\"javascript:alert(1)\">x</a>", "<math><mtext><mglyph><style><img src=x onerror=alert(1)>", "[a]: <javascript:alert(1)> \"x\"\n\n[a]", "x\x00<scr\x00ipt>alert(1)</script>",
	} {
		preview, err := shown.Preview(evil, evil)
		if err != nil {
			t.Fatal(err)
		}
		card, err := shown.Card(evil, "", evil)
		if err != nil {
			t.Fatal(err)
		}
		for where, got := range map[string]string{"page": whole(t, evil), "preview": string(preview), "card": string(card)} {
			if found := live(got); found != "" {
				t.Errorf("%q is live on the %s by %q:\n%s", evil, where, found, got)
			}
			if strings.ContainsAny(got, "\x00\x01") {
				t.Errorf("%q leaves controls on the %s: %q", evil, where, got)
			}
		}
		for _, p := range search.Passages(centrala.Article{Locale: "en", Content: centrala.Content{Slug: "x", Title: "x", Body: evil}}) {
			snippet := html.EscapeString(search.Snippet(p.Text, func(string) bool { return true }, 200)) // as pages and apps write it
			if live(snippet) != "" || strings.ContainsAny(p.Text+p.Heading, "\x00\x01") {
				t.Errorf("%q is live as a snippet: %q", evil, p.Text)
			}
		}
	}
}

// A link that says another place than it leads to, or one that only looks like a known one, says
// where it leads. Others stay as they are.
func TestLinksSayWhereTheyLead(t *testing.T) {
	t.Parallel()
	const manners = ` rel="noopener noreferrer">`
	for link, want := range map[string]string{
		`[allegro.pl](https://evil.test/a)`:               `<a href="https://evil.test/a"` + manners + `allegro.pl</a> (evil.test)`,
		`[https://allegro.pl/x](//evil.test)`:             `<a href="//evil.test"` + manners + `https://allegro.pl/x</a> (evil.test)`,
		`[Allegro.PL](/\evil.test)`:                       `Allegro.PL</a> (evil.test)`,
		`[allegro.pl](https://аllegro.pl)`:                `allegro.pl</a> (xn--llegro-2nf.pl)`,
		`[zwroty](https://xn--llegro-2nf.pl)`:             `zwroty</a> (xn--llegro-2nf.pl)`,
		`<https://аllegro.pl>`:                            `https://аllegro.pl</a> (xn--llegro-2nf.pl)`,
		`[allegro.pl](https://www.allegro.pl/a)`:          `<a href="https://www.allegro.pl/a"` + manners + `allegro.pl</a></p>`,
		`[żabka.pl](https://żabka.pl)`:                    manners + `żabka.pl</a></p>`,
		`[zwroty](https://allegro.pl)`:                    manners + `zwroty</a></p>`,
		`[plik cennik.pdf](/help/files/af_1/cennik.pdf)`:  `<a href="/help/files/af_1/cennik.pdf">plik cennik.pdf</a></p>`,
		`[pisz](mailto:a@b.test)`:                         `<a href="mailto:a@b.test">pisz</a></p>`,
		`<a@b.test>`:                                      `<a href="mailto:a@b.test">a@b.test</a></p>`,
		`[gone **b**](javascript:x)`:                      `<p>gone <strong>b</strong></p>`,
		`![schemat](https://elsewhere.test/a.png)`:        `<p>schemat</p>`,
		`[![schemat](https://e.test/a.png)](javascript:)`: `<p>schemat</p>`,
	} {
		if got := whole(t, link); !strings.Contains(got, want) {
			t.Errorf("%s:\n%s\nwant %s", link, got, want)
		}
	}
	const turned = "faktura\u202efdp.exe \u2066x\u2069 \u200fא"
	if got := whole(t, turned+"\n\n## "+turned); strings.ContainsAny(got, "\u202e\u2066\u2069") || !strings.Contains(got, "\u200fא") {
		t.Errorf("characters that turn others around: %q", got)
	}
	for _, s := range markdown.Sections(turned + "\n\n## " + turned) {
		if strings.ContainsAny(s.Heading+s.Text, "\u202e\u2066\u2069") {
			t.Errorf("characters that turn others around are indexed: %q", s)
		}
	}
}

// hostile are articles by which a parser is made to work, each of about n bytes.
func hostile(n int) map[string]string {
	mk := func(unit string, n int) string { return strings.Repeat(unit, n/len(unit)) }
	grow := func(line func(i int) string) string {
		var b strings.Builder
		for i := 1; b.Len() < n; i++ {
			b.WriteString(line(i))
		}
		return b.String()
	}
	return map[string]string{
		"text": mk("zażółć gęślą jaźń ", n), "one word": mk("a", n), "lines": mk("a  \n", n), "paragraphs": mk("a\n\n", n), "NULs": mk("\x00", n), "spaces": mk(" ", n), "tabs": mk("\t", n),
		"quotes": mk("> ", n), "close quotes": mk(">", n), "lists": mk("- ", n), "numbered lists": mk("1. ", n), "quotes and lists": mk(mk(">- ", 90)+"a\n", n), "staircase": grow(func(i int) string { return strings.Repeat(" ", 2*i) + "- a\n" }),
		"quoted lines": mk(mk("> ", 120)+"a\n", n), "listed lines": mk(mk("- ", 60)+"a\n", n), "numbered lines": mk(mk("1. ", 90)+"a\n", n),
		"brackets": mk("[", n), "pictures": mk("![", n), "link in link": mk("[", n/2) + mk("](a)", n/2), "link in link 2": mk("[a ", n/2) + mk("](a)", n/2), "pictures in pictures": mk("![a ", n/2) + mk("](a)", n/2),
		"open links": mk("[a](", n), "open addresses": "[a](" + mk("(", n), "open angles": mk("[a](<", n), "open titles": mk("[a](b \"", n), "open titles 2": mk("[a](b (", n), "open labels": mk("[a][", n),
		"stars": mk("*a ", n), "star run": mk("*", n), "stars and bars": mk("*a_b ", n), "emphasis": mk("a**", n/2) + mk("a*", n/2), "nested emphasis": mk("*a **a ", n), "mixed emphasis": mk("*_", n),
		"ticks": grow(func(i int) string { return "a" + strings.Repeat("`", i) }), "fences": mk("```\n", n), "angles": mk("<", n), "open tags": mk("<a ", n), "open attributes": mk("<a b='", n), "tags": mk("<b>", n), "open comments": mk("a <!--", n),
		"CDATA": mk("a <![CDATA[", n), "instructions": mk("a <?", n), "declarations": mk("a <!A", n), "HTML": mk("<div>\n", n), "addresses": mk("<http://a>", n), "open address": mk("<http://a", n), "entities": mk("&amp;", n), "open entities": mk("&#", n), "escapes": mk("\\*", n), "backslashes": mk("\\", n),
		"references": mk("[a]: b\n\n", n), "long label": "[a" + mk("a", n), "a long address, often": "[a]: " + mk("x", 5000) + "\n\n" + mk("[a] \n\n", n), "many references": grow(func(i int) string { return fmt.Sprintf("[%d]: x\n", i) }),
		"rows": "|a|b|\n|-|-|\n" + mk("|a|b|\n", n), "columns": mk("|a", n/2) + "|\n" + mk("|-", n/2) + "|\n", "short rows": mk("|a", n/4) + "|\n" + mk("|-", n/4) + "|\n" + mk("|a|\n", n/2), "tables": mk("|a|\n|-|\n|a|\n\n", n),
		"dashes": mk("-", n), "dashes and pipes": "a|b\n" + mk("-|", n), "underlines": mk("a\n=\n", n), "headings": mk("# a\n", n), "heading": mk("#", n), "bold headings": mk("## *a*\n", n),
	}
}

// A hostile article of 5 MB costs its page, preview and index what any long article costs; and so do
// 100 000 levels of whatever nests.
func TestHostileArticlesAreBounded(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("reads some hundred megabytes")
	}
	const allowed, memory = 8 * time.Second, 1 << 30
	for what, article := range hostile(5 << 20) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		began := time.Now()
		got := whole(t, article)
		paged := time.Since(began)
		passages := search.Passages(centrala.Article{Locale: "pl", Content: centrala.Content{Slug: "x", Title: "x", Body: article}})
		took := time.Since(began)
		runtime.ReadMemStats(&after)
		if took > allowed || after.TotalAlloc-before.TotalAlloc > memory || len(got) > 24<<20 {
			t.Errorf("%s: %v for the page, %v in all, %d MB, %d bytes of HTML, %d passages", what, paged, took, (after.TotalAlloc-before.TotalAlloc)>>20, len(got), len(passages))
		}
		if took > time.Second {
			t.Logf("%s: %v for the page, %v in all, %d MB, %d bytes of HTML", what, paged, took, (after.TotalAlloc-before.TotalAlloc)>>20, len(got))
		}
		if found := live(got); found != "" {
			t.Errorf("%s is live by %q", what, found)
		}
	}
}

// Readers see what a table of 10 000 rows says.
func TestLongTable(t *testing.T) {
	t.Parallel()
	got := whole(t, "|a|b|c|\n|-|-|-|\n"+strings.Repeat("|1|2|3|\n", 10_000))
	if n := strings.Count(got, "<tr>"); n != 10_001 {
		t.Errorf("%d rows", n)
	}
	if err := markdown.Check("|a|b|c|\n|-|-|-|\n" + strings.Repeat("|1|2|3|\n", 10_000)); err != nil {
		t.Error(err)
	}
}
