package pages_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"centrala"
	"centrala/web"
)

func TestWidgetIsFramedByItsOwnHostsOnly(t *testing.T) {
	t.Parallel()
	_, err := web.Find("widget", "main.ts")
	need(t, err, "the web part is not built: make build")
	h := newHouse(t)
	h.stock(t)
	for slug, list := range map[string][]string{
		"one": {"https://one.example", "https://www.one.example:8443"},
		"two": {"https://two.example", "https://evil.example; script-src *", "*", "javascript:x"},
	} {
		in := centrala.Inbox{Slug: slug, Name: slug, Channel: centrala.Chat, Enabled: true, Origins: list}
		if _, err := h.db.SaveInbox(context.Background(), in); err != nil {
			t.Fatal(err)
		}
	}
	ancestors := func(slug string) string {
		got := h.ask(t, "GET", "/widget/"+slug)
		if got.Code != http.StatusOK {
			t.Fatalf("/widget/%s: %d", slug, got.Code)
		}
		_, rest, _ := strings.Cut(got.Header().Get("Content-Security-Policy"), "frame-ancestors ")
		return rest
	}
	for slug, want := range map[string]string{
		"web": "'self'",
		"one": "'self' https://one.example https://www.one.example:8443",
		"two": "'self' https://two.example",
	} {
		if got := ancestors(slug); got != want {
			t.Errorf("%s may be framed by %q, want %q", slug, got, want)
		}
	}
	for _, path := range []string{"/widget/nobody", "/widget/formularz", "/widget/", "/widget/one/two", "/widget/%22%3E%3Cscript%3E"} {
		if got := h.ask(t, "GET", path); got.Code != http.StatusNotFound {
			t.Errorf("%s: %d, want 404", path, got.Code)
		}
	}
}

func TestWidgetIsToldItsConfiguration(t *testing.T) {
	t.Parallel()
	_, err := web.Find("widget", "main.ts")
	need(t, err, "the web part is not built: make build")
	h := newHouse(t)
	h.stock(t)
	for _, locale := range []string{"pl", "en"} {
		body := h.ask(t, "GET", "/widget/web?locale="+locale).Body.String()
		_, rest, _ := strings.Cut(body, `<script type="application/json" id="centrala-config">`)
		raw, _, ok := strings.Cut(rest, "</script>")
		if !ok || strings.Contains(raw, "<") {
			t.Fatalf("no configuration, or one that ends too soon: %.300s", body)
		}
		var c struct {
			Inbox, Brand, Locale string
			Sides                bool
			Popular              []struct{ Title, URL, Side string }
			Channels             []struct{ Kind, Label, Href string }
		}
		if err := json.Unmarshal([]byte(raw), &c); err != nil {
			t.Fatal(err)
		}
		if c.Inbox != "web" || c.Brand != "Jarmark" || c.Locale != locale || !c.Sides || len(c.Popular) < 4 {
			t.Errorf("%s: %+v", locale, c)
		}
		if len(c.Channels) != 1 || c.Channels[0].Href != "/contact?lang="+locale {
			t.Errorf("%s: other ways %+v", locale, c.Channels)
		}
		if !strings.Contains(body, `<html lang="`+locale+`">`) || strings.Count(body, "<script") != 2 {
			t.Errorf("%s: %.300s", locale, body)
		}
	}
}
