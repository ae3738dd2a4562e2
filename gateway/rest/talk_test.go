package rest_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime/multipart"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
	"gocloud.dev/blob"

	"centrala"
	"centrala/channels/email/letter"
	"centrala/gateway/rest"
	"centrala/store/library"
)

func codeOf(t *testing.T, secret string) string {
	t.Helper()
	code, err := totp.GenerateCode(secret, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	return code
}

func path(k *talk, suffix string) string { return "/v1/conversations/" + k.id.String() + suffix }

func (h *house) act(role string, k *talk, verb string, body any) (rest.Conversation, reply) {
	h.t.Helper()
	got := h.do(call{method: "POST", path: path(k, "/"+verb), token: h.tokens[role], body: body})
	var c rest.Conversation
	if got.status == 200 {
		got.into(h.t, &c)
	}
	return c, got
}

func TestWhatAnAgentDoesToAConversation(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	k := h.talk()
	agent := h.staff["agent"]
	c, got := h.act("agent", k, "claim", nil)
	if c.Status != centrala.Open || c.Assignee == nil || c.Assignee.ID != agent.ID || c.Reason == "" || !strings.HasPrefix(c.Ref, "#") {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if _, got := h.act("supervisor", k, "claim", obj{}); got.status != 409 || !strings.Contains(got.problem(t).Detail, agent.Name) {
		t.Errorf("a lost race does not name the winner: %d %s", got.status, got.body)
	}
	if c, _ := h.act("agent", k, "priority", obj{"priority": 2}); c.Priority != 2 {
		t.Errorf("%+v", c)
	}
	if _, got := h.act("agent", k, "priority", obj{"priority": 3}); got.status != 422 || got.problem(t).Field != "priority" {
		t.Errorf("%d %s", got.status, got.body)
	}
	if c, _ := h.act("agent", k, "tags", obj{"tags": []string{"zwrot", "zwrot", "pilne"}}); !slices.Equal(c.Tags, []string{"zwrot", "pilne"}) {
		t.Errorf("%v", c.Tags)
	}
	if c, _ := h.act("agent", k, "complaint", obj{"on": true}); !c.Complaint {
		t.Errorf("%+v", c)
	}
	until := time.Now().Add(2 * time.Hour).UTC().Truncate(time.Second)
	if c, _ := h.act("agent", k, "snooze", obj{"until": until}); c.Status != centrala.Snoozed || c.SnoozedUntil == nil || !c.SnoozedUntil.Equal(until) {
		t.Errorf("%+v", c)
	}
	for name, u := range map[string]any{"past": time.Now().Add(-time.Hour), "far": time.Now().AddDate(2, 0, 0), "no time": "tomorrow"} {
		if _, got := h.act("agent", k, "snooze", obj{"until": u}); got.status != 422 {
			t.Errorf("snoozed into the %s: %d %s", name, got.status, got.body)
		}
	}
	if got := h.do(call{method: "PATCH", path: path(k, ""), token: h.tokens["agent"], body: obj{"subject": " New   subject "}}); !strings.Contains(got.body, `"subject":"New subject"`) {
		t.Errorf("%d %s", got.status, got.body)
	}
	if c, _ := h.act("agent", k, "unassign", nil); c.Status != centrala.Waiting || c.Assignee != nil {
		t.Errorf("%+v", c)
	}
	if c, _ := h.act("agent", k, "resolve", obj{"survey": false}); c.Status != centrala.Resolved || c.ResolvedAt == nil {
		t.Errorf("%+v", c)
	}
	if c, _ := h.act("agent", k, "reopen", nil); c.Status != centrala.Waiting {
		t.Errorf("%+v", c)
	}
	if c, _ := h.act("agent", k, "spam", obj{"on": true}); c.Status != centrala.Resolved || !c.Spam {
		t.Errorf("%+v", c)
	}
	if c, _ := h.act("agent", k, "spam", obj{"on": false}); c.Status != centrala.Waiting || c.Spam {
		t.Errorf("%+v", c)
	}
	// To the sellers: it leaves the agent's sight.
	if c, _ := h.act("agent", k, "transfer", obj{"team": h.sellers.ID, "side": "seller", "note": "yours"}); *c.Team != h.sellers.ID || *c.Side != centrala.Seller {
		t.Errorf("%+v", c)
	}
	if got := h.do(call{method: "GET", path: path(k, ""), token: h.tokens["agent"]}); got.status != 404 {
		t.Errorf("after the transfer the old team sees it: %d", got.status)
	}
	if got := h.do(call{method: "GET", path: path(k, "/transcript"), token: k.token}); strings.Contains(got.body, "yours") {
		t.Errorf("the customer reads the note of the transfer: %s", got.body)
	}
	if _, got := h.act("other agent", k, "assign", obj{"agent": agent.ID}); got.status != 422 || got.problem(t).Field != "agent" {
		t.Errorf("to an agent of another team: %d %s", got.status, got.body)
	}
	if _, got := h.act("other agent", k, "transfer", obj{}); got.status != 422 {
		t.Errorf("to nowhere: %d", got.status)
	}
}

func TestMergeNeedsBothInSight(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	k, other := h.talk(), h.talk()
	if _, got := h.act("agent", k, "merge", obj{"into": other.id}); got.status != 409 {
		t.Errorf("into another person's: %d %s", got.status, got.body)
	}
	h.act("admin", other, "transfer", obj{"team": h.sellers.ID, "side": "seller"})
	if _, got := h.act("agent", k, "merge", obj{"into": other.id}); got.status != 404 {
		t.Errorf("into one that is out of sight: %d %s", got.status, got.body)
	}
}

func TestMessages(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	k := h.talk()
	post := func(token string, body any, key string) reply {
		return h.do(call{method: "POST", path: path(k, "/messages"), token: token, body: body, headers: []string{"Idempotency-Key", key}})
	}
	first := post(h.tokens["agent"], obj{"text": "Dzień dobry"}, "k1")
	again := post(h.tokens["agent"], obj{"text": "Dzień dobry"}, "k1")
	if first.status != 201 || first.body != again.body {
		t.Errorf("the same key: %s / %s", first.body, again.body)
	}
	if got := post(h.tokens["agent"], obj{"text": "Inaczej"}, "k1"); got.status != 409 {
		t.Errorf("other words under the same key: %d", got.status)
	}
	if got := post(k.token, obj{"text": "Dzień dobry"}, "k1"); got.status != 201 || got.body == first.body {
		t.Errorf("another sender's key is another key: %d %s", got.status, got.body)
	}
	var c rest.Conversation
	h.do(call{method: "GET", path: path(k, ""), token: h.tokens["agent"]}).into(t, &c)
	if c.Assignee == nil || c.Assignee.ID != h.staff["agent"].ID {
		t.Errorf("an agent's first answer did not take it: %+v", c.Assignee)
	}
	var page rest.Entries
	got := h.do(call{method: "GET", path: path(k, "/messages?limit=100"), token: k.token})
	got.into(t, &page)
	for i, e := range page.Items {
		if e.Seq != int64(i+1) {
			t.Errorf("entry %d has seq %d: there is a hole", i, e.Seq)
		}
	}
	if note := page.Items[1]; !note.Hidden || note.Text != nil || note.Author != nil || note.ID != "" {
		t.Errorf("the customer learns of a note: %+v", note)
	}
	if strings.Contains(got.body, h.staff["agent"].Email) || strings.Contains(got.body, `"reason"`) {
		t.Errorf("the customer learns too much: %s", got.body)
	}
	if strings.Count(got.body, `"key"`) != 2 { // their own two, not the agent's
		t.Errorf("keys: %s", got.body)
	}
	h.do(call{method: "GET", path: path(k, "/messages?after=2&limit=1"), token: h.tokens["agent"]}).into(t, &page)
	if len(page.Items) != 1 || page.Items[0].Seq != 3 || !page.More {
		t.Errorf("%+v", page)
	}
	// A supervisor's answer does not take it; nor does an agent's who says so.
	k2 := h.talk()
	for _, c := range []struct {
		role string
		body obj
	}{{"supervisor", obj{"text": "x"}}, {"agent", obj{"text": "x", "claim": false}}, {"key", obj{"text": "x"}}, {"agent", obj{"text": "x", "note": true}}} {
		if got := h.do(call{method: "POST", path: path(k2, "/messages"), token: h.tokens[c.role], body: c.body}); got.status != 201 {
			t.Fatal(got)
		}
		var v rest.Conversation
		h.do(call{method: "GET", path: path(k2, ""), token: h.tokens["agent"]}).into(t, &v)
		if v.Assignee != nil {
			t.Errorf("%s %v took it", c.role, c.body)
		}
	}
	// A customer cannot write notes: what was meant for nobody's eyes is refused, not shown.
	if got := h.do(call{method: "POST", path: path(k2, "/messages"), token: k2.token, body: obj{"text": "public", "note": true}}); got.status != 403 || !strings.Contains(got.body, `"field":"note"`) {
		t.Errorf("a customer's note: %d %s", got.status, got.body)
	}
	if got := h.do(call{method: "GET", path: path(k2, "/transcript"), token: k2.token}); strings.Contains(got.body, "public") {
		t.Errorf("a customer's note was kept: %s", got.body)
	}
	// A blocked one cannot write at all, a new identity or not.
	if err := h.db.Block(context.Background(), centrala.Everything(), k2.visitor.Contact, true, centrala.Author{}); err != nil {
		t.Fatal(err)
	}
	if got := h.do(call{method: "POST", path: path(k2, "/messages"), token: k2.token, body: obj{"text": "x"}}); got.status != 401 {
		t.Errorf("blocked: %d", got.status)
	}
}

func TestIdempotencyKeys(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	body := obj{"channel": "phone", "side": "buyer", "contact": obj{"name": "Jan", "phone": "600100200"}, "subject": "Telefon", "text": "Dzwonił"}
	log := func(key string, body any, token string) reply {
		return h.do(call{method: "POST", path: "/v1/conversations", token: token, body: body, headers: []string{"Idempotency-Key", key}})
	}
	first, again := log("a", body, h.tokens["agent"]), log("a", body, h.tokens["agent"])
	if first.status != 201 || again.status != 201 || first.body != again.body {
		t.Errorf("%d %s / %d %s", first.status, first.body, again.status, again.body)
	}
	if got := log("a", obj{"channel": "walk_in", "contact": obj{"name": "J"}, "text": "x"}, h.tokens["agent"]); got.status != 409 || got.problem(t).Field != "Idempotency-Key" {
		t.Errorf("another body: %d %s", got.status, got.body)
	}
	if got := log("a", body, h.tokens["other agent"]); got.status != 201 || got.body == first.body {
		t.Errorf("another person's key: %d", got.status)
	}
	// A refusal is an answer too, and is not tried again.
	bad := obj{"channel": "phone", "contact": obj{"name": "J", "email": "nonsense"}, "text": "x"}
	if a, b := log("b", bad, h.tokens["agent"]), log("b", bad, h.tokens["agent"]); a.status != 422 || a.body != b.body || b.header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%d %s / %d %s", a.status, a.body, b.status, b.body)
	}
	// Many at once do it once.
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		made = map[string]bool{}
	)
	for range 20 {
		wg.Go(func() {
			got := log("c", body, h.tokens["agent"])
			mu.Lock()
			defer mu.Unlock()
			switch got.status {
			case 201:
				made[got.body] = true
			case 409:
				if got.header.Get("Retry-After") == "" {
					t.Errorf("busy, without saying until when: %s", got.body)
				}
			default:
				t.Errorf("%d %s", got.status, got.body)
			}
		})
	}
	wg.Wait()
	if len(made) != 1 {
		t.Errorf("%d conversations of one key", len(made))
	}
	// What is shown once is not kept.
	key := obj{"name": "k", "scopes": []string{"reports:read"}}
	create := func() reply {
		return h.do(call{method: "POST", path: "/v1/keys", token: h.tokens["admin"], body: key, headers: []string{"Idempotency-Key", "z"}})
	}
	if a, b := create(), create(); a.status != 201 || a.body == b.body {
		t.Errorf("a secret was kept: %s", b.body)
	}
}

const nasty = `<script>alert(1)</script><img src=x onerror=alert(1)>"'>{{7*7}}`

func TestMarkupInEveryTextFieldIsInert(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	k := h.talk()
	admin := h.tokens["admin"]
	writes := []call{
		{method: "POST", path: path(k, "/messages"), body: obj{"text": nasty}},
		{method: "POST", path: path(k, "/messages"), token: k.token, body: obj{"text": nasty}},
		{method: "POST", path: path(k, "/messages"), body: obj{"text": nasty, "note": true}},
		{method: "PATCH", path: path(k, ""), body: obj{"subject": nasty}},
		{method: "POST", path: path(k, "/tags"), body: obj{"tags": []string{nasty[:39]}}},
		{method: "POST", path: path(k, "/transfer"), body: obj{"team": h.buyers.ID, "note": nasty}},
		{method: "PATCH", path: "/v1/contacts/" + k.visitor.Contact.String(), body: obj{"name": nasty, "phone": nasty[:30]}},
		{method: "POST", path: "/v1/conversations", body: obj{"channel": "phone", "contact": obj{"name": nasty}, "subject": nasty, "text": nasty}},
		{method: "POST", path: "/v1/teams", body: obj{"name": nasty, "sides": []string{"buyer"}, "signature": nasty}},
		{method: "POST", path: "/v1/agents", body: obj{"name": nasty, "email": "n@demo.test", "role": "agent"}},
		{method: "POST", path: "/v1/inboxes", body: obj{"channel": "form", "name": nasty}},
		{method: "POST", path: "/v1/macros", body: obj{"title": nasty, "text": obj{"pl": nasty}}},
		{method: "PUT", path: "/v1/articles/pl/zly", body: obj{"title": nasty, "summary": nasty, "body": nasty, "section": nasty, "tags": []string{nasty}}},
		{method: "POST", path: "/v1/keys", body: obj{"name": nasty, "scopes": []string{"reports:read"}}},
	}
	for _, c := range writes {
		if c.token == "" {
			c.token = admin
		}
		got := h.do(c)
		if got.status >= 500 {
			t.Errorf("%s %s: %d %s", c.method, c.path, got.status, got.body)
		}
		checkInert(t, c.path, got)
	}
	for _, p := range []string{"/v1/conversations", path(k, ""), path(k, "/messages"), path(k, "/messages/1"), path(k, "/transcript"), "/v1/contacts", "/v1/teams", "/v1/hours",
		"/v1/agents", "/v1/inboxes", "/v1/macros", "/v1/articles", "/v1/keys", "/v1/audit", "/v1/articles/search?q=" + url.QueryEscape(nasty),
		"/v1/conversations?q=" + url.QueryEscape(nasty), "/v1/contacts?q=" + url.QueryEscape(nasty[:50]), "/v1/" + url.PathEscape(nasty), "/v1/conversations/" + url.PathEscape(nasty)} {
		checkInert(t, p, h.do(call{method: "GET", path: p, token: admin}))
	}
}

// checkInert: nothing that a browser could take for a page holds markup.
func checkInert(t *testing.T, path string, got reply) {
	t.Helper()
	kind := got.header.Get("Content-Type")
	switch {
	case got.header.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(got.header.Get("Content-Security-Policy"), "default-src 'none'"):
		t.Errorf("%s: headers %v", path, got.header)
	case strings.HasPrefix(kind, "text/plain"):
	case !strings.HasPrefix(kind, "application/json") && !strings.HasPrefix(kind, "application/problem+json"):
		t.Errorf("%s came as %q", path, kind)
	case strings.Contains(got.body, "<"):
		t.Errorf("%s holds markup: %.300s", path, got.body)
	}
}

// png is a whole picture of one pixel.
var png = []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89\x00\x00\x00\rIDATx\x9cc\xf8\xff\xff?\x00\x05\xfe\x02\xfe\xa7\x9a\xa0\xa0\x00\x00\x00\x00IEND\xaeB`\x82")

func (h *house) mailed(html string) (centrala.ConversationID, centrala.Receipt) {
	h.t.Helper()
	ctx := context.Background()
	if err := h.blobs.WriteAll(ctx, "mail/pixel", png, nil); err != nil {
		h.t.Fatal(err)
	}
	r := must[centrala.Receipt](h.t)(h.db.Receive(ctx, centrala.Inbound{Inbox: h.mail.ID, Channel: centrala.Email, ExternalID: fmt.Sprint(h.serial.Add(1)), Outcome: centrala.Ingested,
		From: centrala.Address{Name: "Jan", Address: "jan@example.org"}, Subject: "Paczka", Text: "short", FullText: "short and long", HTML: html, Policy: letter.PolicyVersion, MessageID: fmt.Sprintf("m%d@x", h.serial.Add(1)),
		Attachments: []centrala.Part{{Name: "pixel.png", Type: "image/png", Size: int64(len(png)), Inline: true, CID: "pix@1", Blob: "mail/pixel"}}, At: time.Now()}))
	return r.Conversation, r
}

func TestHTMLOfAMailIsShownInASandbox(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	id, r := h.mailed(`<p style="color:red" onclick="alert(1)">Hello <b>you</b></p><script>alert(1)</script><img src="cid:pix@1" onerror="x()"><img src="https://track.example/p.gif">
		<a href="javascript:alert(1)">bad</a><a href="https://shop.example/">good</a><iframe src="https://evil.example"></iframe><form action="/v1/sessions"><input name=a></form>
		<svg onload=alert(1)><script>x</script></svg><base href="https://evil.example/"><meta http-equiv="refresh" content="0;url=https://evil.example"><object data="x"></object>
		<img src="data:image/svg+xml,<svg onload=x>"><img src="/v1/sessions"><!-- comment --><x-y>custom</x-y>`)
	address := fmt.Sprintf("/v1/conversations/%s/messages/%d", id, r.Seq)
	got := h.do(call{method: "GET", path: address + "/html", token: h.tokens["agent"]})
	policy := got.header.Get("Content-Security-Policy")
	if got.status != 200 || !strings.HasPrefix(got.header.Get("Content-Type"), "text/html") || !strings.Contains(policy, "sandbox") || strings.Contains(policy, "allow-scripts") ||
		strings.Contains(policy, "allow-same-origin") || strings.Contains(policy, "https:") || !strings.Contains(policy, "default-src 'none'") {
		t.Fatalf("%d %q", got.status, policy)
	}
	for _, bad := range []string{"script", "onclick", "onerror", "onload", "javascript", "iframe", "<form", "<input", "svg", `href="https://evil`, "refresh", "<object", "comment", "custom", "/v1/sessions", "track.example", "data:"} {
		if strings.Contains(strings.ToLower(got.body), bad) {
			t.Errorf("%q is in %s", bad, got.body)
		}
	}
	for _, good := range []string{"<b>you</b>", `href="https://shop.example/"`, `<span class="blocked">`, "noopener"} {
		if !strings.Contains(got.body, good) {
			t.Errorf("%q is not in %s", good, got.body)
		}
	}
	with := h.do(call{method: "GET", path: address + "/html?images=1", token: h.tokens["agent"]})
	if with.header.Get("Content-Security-Policy") != policy || strings.Contains(with.body, "track.example") || !strings.Contains(with.body, `src="/v1/images?t=`) {
		t.Errorf("remote images: %q %s", with.header.Get("Content-Security-Policy"), with.body)
	}
	src := regexp.MustCompile(`src="(/v1/attachments/[^"]+)"`).FindStringSubmatch(got.body)
	if src == nil {
		t.Fatalf("no address for the picture in %s", got.body)
	}
	pic := h.do(call{method: "GET", path: strings.ReplaceAll(src[1], "&amp;", "&")}) // as the sandbox asks: without cookie or header
	if pic.status != 200 || pic.header.Get("Content-Type") != "image/png" || pic.body != string(png) {
		t.Errorf("picture: %d %v", pic.status, pic.header)
	}
	var whole rest.WholeMessage
	h.do(call{method: "GET", path: address, token: h.tokens["agent"]}).into(t, &whole)
	if whole.FullText != "short and long" || strings.Contains(whole.HTML, "script") || !strings.Contains(whole.HTML, "/v1/attachments/") {
		t.Errorf("%+v", whole)
	}
}

func (h *house) upload(token, name string, content []byte) reply {
	h.t.Helper()
	return h.uploadTo("/v1/attachments", token, name, content)
}

func (h *house) uploadTo(path, token, name string, content []byte) reply {
	h.t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	p, err := w.CreateFormFile("file", name)
	if err != nil {
		h.t.Fatal(err)
	}
	if _, err := p.Write(content); err != nil {
		h.t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		h.t.Fatal(err)
	}
	return h.do(call{method: "POST", path: path, token: token, body: b.Bytes(), headers: []string{"Content-Type", w.FormDataContentType()}})
}

func (h *house) blobCount() (n int) {
	h.t.Helper()
	it := h.blobs.List(&blob.ListOptions{Prefix: "uploads/"})
	for {
		if _, err := it.Next(context.Background()); err == io.EOF {
			return n
		} else if err != nil {
			h.t.Fatal(err)
		}
		n++
	}
}

func TestUploads(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	k := h.talk()
	stranger, _ := h.enter(h.web)
	var f centrala.Attachment
	got := h.upload(k.token, `C:\photos\..\mo`+"\u202e"+`je "zdjęcie".png`, png)
	if got.into(t, &f); got.status != 201 || f.Type != "image/png" || f.Size != int64(len(png)) || f.Name != `moje "zdjęcie".png` || f.URL == "" {
		t.Fatalf("%d %s", got.status, got.body)
	}
	// Not sent yet: its owner's alone.
	for name, token := range map[string]string{"another visitor": stranger, "an agent": h.tokens["agent"], "an admin": h.tokens["admin"]} {
		if got := h.do(call{method: "GET", path: "/v1/attachments/" + f.ID.String(), token: token}); got.status != 404 {
			t.Errorf("%s reads an upload: %d", name, got.status)
		}
	}
	if got := h.do(call{method: "POST", path: path(k, "/messages"), token: h.tokens["agent"], body: obj{"text": "x", "attachments": []any{f.ID}}}); got.status != 422 {
		t.Errorf("an agent sends the customer's upload: %d", got.status)
	}
	if got := h.do(call{method: "POST", path: path(k, "/messages"), token: k.token, body: obj{"text": "", "attachments": []any{f.ID}}}); got.status != 201 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if got := h.do(call{method: "POST", path: path(k, "/messages"), token: k.token, body: obj{"text": "again", "attachments": []any{f.ID}}}); got.status != 422 {
		t.Errorf("sent twice: %d", got.status)
	}
	// Its address serves whoever it was made for, and only for this file.
	r := h.do(call{method: "GET", path: f.URL})
	if r.status != 200 || r.body != string(png) || r.header.Get("X-Content-Type-Options") != "nosniff" || !strings.HasPrefix(r.header.Get("Content-Disposition"), "inline") ||
		!strings.Contains(r.header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("%d %v", r.status, r.header)
	}
	if part := h.do(call{method: "GET", path: f.URL, headers: []string{"Range", "bytes=1-3"}}); part.status != 206 || part.body != "PNG" {
		t.Errorf("a part: %d %q", part.status, part.body)
	}
	address, token, _ := strings.Cut(f.URL, "?t=")
	for name, p := range map[string]string{"changed": address + "?t=x" + token[1:], "of another file": "/v1/attachments/at_0000000000001?t=" + token, "no token": address} {
		if got := h.do(call{method: "GET", path: p}); got.status != 401 {
			t.Errorf("%s: %d", name, got.status)
		}
	}
	var page rest.Entries
	h.do(call{method: "GET", path: path(k, "/messages"), token: h.tokens["agent"]}).into(t, &page)
	theirs := page.Items[len(page.Items)-1].Attachments[0]
	if theirs.URL == f.URL || h.do(call{method: "GET", path: theirs.URL}).status != 200 {
		t.Errorf("the agent's address %q", theirs.URL)
	}
	// The agent loses sight of the conversation: the address stops.
	h.act("admin", k, "transfer", obj{"team": h.sellers.ID, "side": "seller"})
	if got := h.do(call{method: "GET", path: theirs.URL}); got.status != 404 {
		t.Errorf("an address outlives the right to see: %d", got.status)
	}
	// A note's file is not the customer's to see.
	var secret centrala.Attachment
	h.upload(h.tokens["admin"], "a.txt", []byte("for the team")).into(t, &secret)
	if got := h.do(call{method: "POST", path: path(k, "/messages"), token: h.tokens["admin"], body: obj{"text": "n", "note": true, "attachments": []any{secret.ID}}}); got.status != 201 {
		t.Fatal(got)
	}
	if got := h.do(call{method: "GET", path: "/v1/attachments/" + secret.ID.String(), token: k.token}); got.status != 404 {
		t.Errorf("the customer reads the file of a note: %d", got.status)
	}
	txt := h.do(call{method: "GET", path: "/v1/attachments/" + secret.ID.String(), token: h.tokens["admin"]})
	if txt.status != 200 || !strings.HasPrefix(txt.header.Get("Content-Disposition"), "attachment") {
		t.Errorf("%d %v", txt.status, txt.header)
	}
}

func TestWhatIsNotTakenLeavesNothing(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	token, _ := h.enter(h.web)
	for name, c := range map[string]struct {
		file    string
		content []byte
		want    int
	}{
		"a page":                {"a.html", []byte("<!doctype html><script>alert(1)</script>"), 415},
		"a page as text":        {"a.txt", []byte("<html><script>alert(1)</script>"), 415},
		"a page as a picture":   {"a.png", []byte("<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"), 415},
		"a drawing":             {"a.svg", []byte("<?xml version='1.0'?><svg/>"), 415},
		"a script":              {"a.sh", []byte("#!/bin/sh\nrm -rf /"), 415},
		"a script as text":      {"a.txt", []byte("#!/bin/sh\nrm -rf /"), 415},
		"a program":             {"a.exe", []byte("MZ\x90\x00\x03\x00\x00\x00"), 415},
		"a program as pdf":      {"a.pdf", []byte("\x7fELF\x02\x01\x01\x00"), 415},
		"text with a bad name":  {"a.js", []byte("alert(1)"), 415},
		"an archive as a jar":   {"a.jar", []byte("PK\x03\x04aaaaaaaa"), 415},
		"an unknown container":  {"a.bin", []byte("\x00\x01\x02\x03\x04"), 415},
		"nothing":               {"a.png", nil, 422},
		"too large":             {"a.png", append(slices.Clone(png), make([]byte, rest.MaxFile)...), 413},
		"far too large":         {"a.png", append(slices.Clone(png), make([]byte, rest.MaxFile+3<<20)...), 413},
		"a document":            {"a.docx", []byte("PK\x03\x04aaaaaaaa"), 201},
		"a table":               {"a.csv", []byte("a;b\n1;2"), 201},
		"a pdf":                 {"umowa.pdf", []byte("%PDF-1.7\n%âãÏÓ"), 201},
		"the largest that fits": {"a.png", append(slices.Clone(png), make([]byte, rest.MaxFile-len(png))...), 201},
	} {
		before := h.blobCount()
		got := h.upload(token, c.file, c.content)
		if got.status != c.want {
			t.Errorf("%s: %d %.200s", name, got.status, got.body)
		}
		after := h.blobCount()
		if (c.want == 201) != (after == before+1) {
			t.Errorf("%s: %d blobs became %d", name, before, after)
		}
	}
	if got := h.do(call{method: "POST", path: "/v1/attachments", token: token, body: "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\r\n\x89PNG", headers: []string{"Content-Type", "multipart/form-data; boundary=x"}}); got.status != 400 {
		t.Errorf("an upload that breaks off: %d %s", got.status, got.body)
	}
}

func TestListsTurnTheirPages(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	want := map[string]bool{}
	for range 7 {
		want[h.talk().id.String()] = true
	}
	for _, order := range []string{"", "&order=due", "&order=queue"} {
		seen, cursor := map[string]bool{}, ""
		for pages := 0; ; pages++ {
			var l rest.List[rest.Conversation]
			h.do(call{method: "GET", path: "/v1/conversations?limit=3" + order + "&cursor=" + url.QueryEscape(cursor), token: h.tokens["agent"]}).into(t, &l)
			for _, c := range l.Items {
				if seen[c.ID.String()] {
					t.Errorf("%q: %s twice", order, c.ID)
				}
				seen[c.ID.String()] = true
			}
			if l.Next == nil {
				break
			}
			if cursor = *l.Next; pages > 5 {
				t.Fatal("the pages do not end")
			}
		}
		if len(seen) != len(want) {
			t.Errorf("%q: %d of %d", order, len(seen), len(want))
		}
	}
	for i := range 5 {
		must[centrala.Article](t)(library.New(h.db).SaveArticle(context.Background(), centrala.Article{Locale: "pl", Content: centrala.Content{Slug: fmt.Sprint("a", i), Title: fmt.Sprint("Zwrot ", i), Body: "x"}}))
	}
	var l rest.List[rest.ArticleRow]
	h.do(call{method: "GET", path: "/v1/articles?limit=3&q=zwrot", token: h.tokens["agent"]}).into(t, &l)
	if len(l.Items) != 3 || l.Next == nil {
		t.Fatalf("%+v", l)
	}
	h.do(call{method: "GET", path: "/v1/articles?limit=3&cursor=" + *l.Next, token: h.tokens["agent"]}).into(t, &l)
	if len(l.Items) != 2 || l.Next != nil || l.Items[0].Title != "Zwrot 3" {
		t.Errorf("%+v", l)
	}
}

func TestContactsTurnTheirPages(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	want := map[string]bool{}
	for range 5 {
		want[h.talk().visitor.Contact.String()] = true
	}
	cursor, pages := "", 0
	for {
		var l rest.List[rest.ContactView]
		h.do(call{method: "GET", path: "/v1/contacts?limit=2&cursor=" + cursor, token: h.tokens["agent"]}).into(t, &l)
		for _, k := range l.Items {
			if !want[k.ID.String()] {
				t.Errorf("%s twice, or nobody's", k.ID)
			}
			delete(want, k.ID.String())
		}
		if pages++; l.Next == nil || pages > 5 {
			break
		}
		cursor = *l.Next
	}
	if len(want) != 0 || pages != 3 {
		t.Errorf("%d pages leave out %v", pages, want)
	}
	if got := h.do(call{method: "GET", path: "/v1/contacts?cursor=nonsense", token: h.tokens["agent"]}); got.status != 422 {
		t.Errorf("a cursor that is none: %d %s", got.status, got.body)
	}
}

// A client that follows next, and knows nothing else, has read the whole timeline.
func TestATimelineTurnsItsPages(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	k := h.talk()
	for i := range 5 {
		h.do(call{method: "POST", path: path(k, "/messages"), token: k.token, body: obj{"text": fmt.Sprint("message ", i)}})
	}
	for query, want := range map[string][]int64{
		"limit=3":          {5, 6, 7, 2, 3, 4, 1},
		"limit=3&after=0":  {1, 2, 3, 4, 5, 6, 7},
		"limit=3&after=2":  {3, 4, 5, 6, 7},
		"limit=2&before=5": {3, 4, 1, 2},
		"limit=7":          {1, 2, 3, 4, 5, 6, 7},
	} {
		var got []int64
		for cursor, pages := "", 0; pages < 9; pages++ {
			var l rest.Entries
			h.do(call{method: "GET", path: path(k, "/messages?"+query+"&cursor="+cursor), token: k.token}).into(t, &l)
			for _, e := range l.Items {
				got = append(got, e.Seq)
			}
			if l.More != (l.Next != nil) {
				t.Errorf("%s: more %v, next %v", query, l.More, l.Next)
			}
			if l.Next == nil {
				break
			}
			cursor = *l.Next
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", query, got, want)
		}
	}
	for _, cursor := range []string{"x1", "a", "a0", "b-1", "7"} {
		if got := h.do(call{method: "GET", path: path(k, "/messages?cursor="+cursor), token: k.token}); got.status != 422 {
			t.Errorf("cursor %s: %d %s", cursor, got.status, got.body)
		}
	}
}

func TestTheRailCounts(t *testing.T) {
	t.Parallel()
	clock := time.Now().Add(time.Hour) // every promise of ten minutes is over
	h := newHouse(t, func(c *rest.Config) { c.Now = func() time.Time { return clock } })
	a, b := h.talk(), h.talk()
	h.act("agent", a, "claim", nil)
	var n rest.Counts
	h.do(call{method: "GET", path: "/v1/counts", token: h.tokens["agent"]}).into(t, &n)
	if n.Mine != 1 || n.Queue != 1 || n.Late.Mine != 1 || n.Late.Queue != 1 || n.Waiting[0].Side != centrala.Buyer || n.Waiting[0].N != 1 || n.Waiting[0].OldestAt == nil {
		t.Errorf("%+v", n)
	}
	h.do(call{method: "GET", path: "/v1/counts", token: h.tokens["other agent"]}).into(t, &n)
	if n.Mine+n.Queue+n.Team+n.Late.Team+n.Waiting[0].N != 0 {
		t.Errorf("another team counts %+v", n)
	}
	for view, want := range map[string]string{"mine": a.id.String(), "queue": b.id.String(), "team": a.id.String()} {
		var l rest.List[rest.Conversation]
		h.do(call{method: "GET", path: "/v1/conversations?view=" + view, token: h.tokens["agent"]}).into(t, &l)
		if len(l.Items) != 1 || l.Items[0].ID.String() != want {
			t.Errorf("%s: %+v", view, l.Items)
		}
	}
	var l rest.List[rest.Conversation]
	h.do(call{method: "GET", path: "/v1/conversations?complaint=true", token: h.tokens["agent"]}).into(t, &l)
	if len(l.Items) != 0 {
		t.Errorf("complaints: %+v", l.Items)
	}
}
