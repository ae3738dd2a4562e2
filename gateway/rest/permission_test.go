package rest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"centrala/store/library"

	"centrala"
)

// roles are everybody who may come, in the order of the table's columns.
var roles = []string{"stranger", "visitor", "other visitor", "agent", "other agent", "supervisor", "other supervisor", "admin", "key", "other key", "poor key"}

// outside says who must not learn anything of the case's conversation.
func outside(role string) bool {
	return slices.Contains([]string{"stranger", "other visitor", "other agent", "other supervisor", "other key", "poor key"}, role)
}

// fixture is a conversation of its own for one request.
type fixture struct {
	*house
	*talk
	role string
}

// row is one operation: how to ask for it, and what each role gets.
type row struct {
	op   string // "GET /v1/conversations/{id}"
	ask  func(f *fixture) call
	want string
}

// What the columns hold, by name:  stranger visitor other | agent other | supervisor other | admin | key other poor
const (
	scoped      = "401 403 403  200 404  200 404  200  200 404 403" // of a conversation or person, for the team
	scopedHands = "401 403 403  200 404  200 404  200  403 403 403" // the same, people only
	either      = "401 200 404  200 404  200 404  200  200 404 403" // and for its customer
	lists       = "401 403 403  200 200  200 200  200  200 200 403" // everybody of the team, filtered
	staffOnly   = "401 403 403  200 200  200 200  200  403 403 403"
	adminKey    = "401 403 403  403 403  403 403  200  200 200 403"
	adminOnly   = "401 403 403  403 403  403 403  200  403 403 403"
	leads       = "401 403 403  403 403  200 200  200  200 200 403"
	everybody   = "200 200 200  200 200  200 200  200  200 200 200"
)

// made is a pattern whose success is another status.
func made(pattern string, status int) string {
	return strings.ReplaceAll(pattern, "200", fmt.Sprint(status))
}

func get(format string, args ...func(*fixture) any) func(*fixture) call {
	return ask(http.MethodGet, format, nil, args...)
}

func ask(method, format string, body any, args ...func(*fixture) any) func(*fixture) call {
	return func(f *fixture) call {
		values := make([]any, len(args))
		for i, a := range args {
			values[i] = a(f)
		}
		b := body
		if make, ok := body.(func(*fixture) any); ok {
			b = make(f)
		}
		return call{method: method, path: fmt.Sprintf(format, values...), body: b}
	}
}

func conv(f *fixture) any    { return f.id }
func contact(f *fixture) any { return f.visitor.Contact }

func rows() []row {
	act := func(verb string, body any) func(*fixture) call {
		return ask("POST", "/v1/conversations/%v/"+verb, body, conv)
	}
	return slices.Concat([]row{
		{"POST /v1/visitors", ask("POST", "/v1/visitors", obj{"inbox": "web"}), "201 201 201  401 401  401 401  401  401 401 401"},
		{"DELETE /v1/visitors/me", ask("DELETE", "/v1/visitors/me", nil), "401 204 204  403 403  403 403  403  403 403 403"},
		{"POST /v1/sessions", ask("POST", "/v1/sessions", obj{"email": "agent@demo.test", "password": password}), everybody},
		{"DELETE /v1/sessions", fresh(ask("DELETE", "/v1/sessions", nil)), made(staffOnly, 204)},
		{"POST /v1/passwords", ask("POST", "/v1/passwords", obj{"token": "cl_none", "password": "a new password"}), made(everybody, 404)},
		{"GET /v1/me", get("/v1/me"), staffOnly},
		{"PATCH /v1/me", ask("PATCH", "/v1/me", obj{"locale": "en"}), staffOnly},
		{"POST /v1/me/totp", ask("POST", "/v1/me/totp", nil), staffOnly},
		{"PUT /v1/me/totp", ask("PUT", "/v1/me/totp", obj{"secret": "AAAA", "code": "1", "password": password}), made(staffOnly, 422)},
		{"DELETE /v1/me/totp", ask("DELETE", "/v1/me/totp", obj{"password": password}), made(staffOnly, 204)},

		{"GET /v1/conversations", get("/v1/conversations?limit=200"), "401 200 200  200 200  200 200  200  200 200 403"},
		{"GET /v1/conversations", get("/v1/conversations?q=TAJNE&view=queue"), "401 200 200  200 200  200 200  200  200 200 403"},
		{"GET /v1/conversations", get("/v1/conversations?contact=%v", contact), "401 200 200  200 200  200 200  200  200 200 403"},
		{"POST /v1/conversations", ask("POST", "/v1/conversations", obj{"channel": "phone", "contact": obj{"name": "x"}, "subject": "s", "text": "t"}), made(staffOnly, 201)},
		{"GET /v1/conversations/{id}", get("/v1/conversations/%v", conv), either},
		{"PATCH /v1/conversations/{id}", ask("PATCH", "/v1/conversations/%v", obj{"subject": "new"}, conv), scoped},
		{"GET /v1/counts", get("/v1/counts"), lists},
		{"POST /v1/conversations/{id}/claim", act("claim", nil), "401 403 403  200 404  200 404  200  403 403 403"},
		{"POST /v1/conversations/{id}/assign", act("assign", func(f *fixture) any { return obj{"agent": f.staff["agent"].ID} }), "401 403 403  200 422  200 422  200  200 422 403"},
		{"POST /v1/conversations/{id}/unassign", act("unassign", nil), scoped},
		{"POST /v1/conversations/{id}/transfer", act("transfer", func(f *fixture) any { return obj{"team": f.sellers.ID, "note": "please"} }), scoped},
		{"POST /v1/conversations/{id}/resolve", act("resolve", obj{"survey": false}), scoped},
		{"POST /v1/conversations/{id}/reopen", act("reopen", nil), scoped},
		{"POST /v1/conversations/{id}/snooze", act("snooze", func(*fixture) any { return obj{"until": time.Now().Add(time.Hour)} }), scoped},
		{"POST /v1/conversations/{id}/priority", act("priority", obj{"priority": 2}), scoped},
		{"POST /v1/conversations/{id}/tags", act("tags", obj{"tags": []string{"paczka"}}), scoped},
		{"POST /v1/conversations/{id}/complaint", act("complaint", obj{"on": true}), scoped},
		{"POST /v1/conversations/{id}/spam", act("spam", obj{"on": true}), scoped},
		{"POST /v1/conversations/{id}/merge", act("merge", func(f *fixture) any { return obj{"into": f.id} }), made(scoped, 422)},
		{"GET /v1/conversations/{id}/messages", get("/v1/conversations/%v/messages", conv), either},
		{"POST /v1/conversations/{id}/messages", act("messages", obj{"text": "hello"}), made(either, 201)},
		{"GET /v1/conversations/{id}/messages/{seq}", get("/v1/conversations/%v/messages/1", conv), either},
		{"GET /v1/conversations/{id}/messages/{seq}", get("/v1/conversations/%v/messages/2", conv), "401 404 404  200 404  200 404  200  200 404 403"}, // a note
		{"GET /v1/conversations/{id}/messages/{seq}/html", get("/v1/conversations/%v/messages/1/html", conv), made(either, 404)},
		{"GET /v1/conversations/{id}/transcript", get("/v1/conversations/%v/transcript", conv), either},
		{"GET /v1/conversations/{id}/deliveries", get("/v1/conversations/%v/deliveries", conv), scoped},
		{"POST /v1/conversations/{id}/deliveries/{delivery}/retry", ask("POST", "/v1/conversations/%v/deliveries/%v/retry", nil, conv,
			func(*fixture) any { return centrala.DeliveryID(5) }), made(scoped, 404)},
		{"GET /v1/conversations/{id}/participants", get("/v1/conversations/%v/participants", conv), scoped},
		{"POST /v1/conversations/{id}/participants", act("participants", obj{"address": "ewa@firma.test"}), made(scoped, 409)}, // nobody reads a chat along
		{"DELETE /v1/conversations/{id}/participants/{address}", ask("DELETE", "/v1/conversations/%v/participants/ewa@firma.test", nil, conv), made(scoped, 404)},
		{"POST /v1/conversations/{id}/draft", act("draft", nil), scopedHands},
		{"POST /v1/attachments", ask("POST", "/v1/attachments", "no form"), made("401 200 200  200 200  200 200  200  200 200 403", 415)},
		{"GET /v1/attachments/{id}", get("/v1/attachments/%v", func(f *fixture) any { return f.attach() }), either},
	}, houseRows(), personRows(), manuscriptRows(), figureRows())
}

func houseRows() []row {
	person := func(method, suffix string, body any) func(*fixture) call {
		return ask(method, "/v1/contacts/%v"+suffix, body, contact)
	}
	entry := func(f *fixture) any {
		return f.fetched("quarantined", f.mark+"@example.org", f.mark, "tekst "+f.mark).ID
	}
	entries := "401 403 403  403 403  200 404  200  200 404 403" // of mail, for who leads
	hooks := "401 403 403  403 403  403 403  200  200 404 403"   // of an inbox, for administrators
	post := func(f *fixture) string { return fmt.Sprintf("m%d Anna %s", f.serial.Add(1), f.mark) }
	aHook := func(f *fixture) any { return f.hook(post(f)).ID }
	hookIDs := func(f *fixture) any { return obj{"ids": []any{aHook(f)}} }
	unreadIDs := func(f *fixture) any { return obj{"ids": []any{f.unread(post(f)).ID}} }
	aTeam := func(f *fixture) any { return f.tempTeam() }
	anInbox := func(f *fixture) any { return f.tempInbox() }
	return []row{
		{"GET /v1/contacts", get("/v1/contacts?q=tajne"), lists},
		{"GET /v1/contacts/{id}", person("GET", "", nil), scoped},
		{"PATCH /v1/contacts/{id}", person("PATCH", "", obj{"phone": "+48 600 100 200"}), scoped},
		{"DELETE /v1/contacts/{id}", person("DELETE", "", nil), made(adminOnly, 204)},
		{"GET /v1/contacts/{id}/conversations", person("GET", "/conversations", nil), scoped},
		{"POST /v1/contacts/{id}/block", person("POST", "/block", obj{"blocked": true}), scoped},
		{"DELETE /v1/contacts/{id}/undeliverable", person("DELETE", "/undeliverable", nil), scoped},
		{"GET /v1/contacts/{id}/export", person("GET", "/export", nil), "401 403 403  403 403  200 404  200  200 404 403"},

		{"GET /v1/agents", get("/v1/agents"), lists},
		{"POST /v1/agents", ask("POST", "/v1/agents", func(f *fixture) any {
			return obj{"name": "N", "email": fmt.Sprintf("n%d@demo.test", f.serial.Add(1)), "role": "agent", "teams": []any{f.buyers.ID}}
		}), made(adminKey, 201)},
		{"PATCH /v1/agents/{id}", ask("PATCH", "/v1/agents/%v", obj{"capacity": 20}, func(f *fixture) any { return f.staff["other agent"].ID }), adminKey},
		{"POST /v1/agents/{id}/reset", ask("POST", "/v1/agents/%v/reset", nil, func(f *fixture) any { return f.staff["other agent"].ID }), adminKey},
		{"GET /v1/teams", get("/v1/teams"), lists},
		{"POST /v1/teams", ask("POST", "/v1/teams", func(f *fixture) any {
			return obj{"name": fmt.Sprintf("T%d", f.serial.Add(1)), "sides": []string{"advertiser"}}
		}), made(adminKey, 201)},
		{"PATCH /v1/teams/{id}", ask("PATCH", "/v1/teams/%v", obj{"signature": "-- "}, aTeam), adminKey},
		{"DELETE /v1/teams/{id}", ask("DELETE", "/v1/teams/%v", nil, aTeam), made(adminKey, 204)},
		{"GET /v1/hours", get("/v1/hours"), lists},
		{"PUT /v1/hours/{id}", ask("PUT", "/v1/hours/%v", obj{"zone": "Europe/Warsaw", "week": []any{nil, []any{obj{"from": 480, "to": 960}}, nil, nil, nil, nil, nil}}, aTeam), adminKey},
		{"GET /v1/inboxes", get("/v1/inboxes"), lists},
		{"POST /v1/inboxes", ask("POST", "/v1/inboxes", func(f *fixture) any {
			return obj{"channel": "form", "name": fmt.Sprintf("Formularz %d", f.serial.Add(1))}
		}), made(adminKey, 201)},
		{"PATCH /v1/inboxes/{id}", ask("PATCH", "/v1/inboxes/%v", obj{"side": nil, "enabled": false}, anInbox), adminKey},
		{"DELETE /v1/inboxes/{id}", ask("DELETE", "/v1/inboxes/%v", nil, anInbox), made(adminKey, 204)},
		{"POST /v1/inboxes/{id}/secret", ask("POST", "/v1/inboxes/%v/secret", nil, anInbox), adminKey},
		{"GET /v1/inboxes/{id}/templates", get("/v1/inboxes/%v/templates", anInbox), lists},
		{"GET /v1/fuses", get("/v1/fuses"), adminKey},
		{"POST /v1/fuses/reset", ask("POST", "/v1/fuses/reset", func(f *fixture) any { return obj{"inbox": anInbox(f), "name": ""} }), made(adminKey, 404)},
		{"POST /v1/inboxes/{id}/connect", ask("POST", "/v1/inboxes/%v/connect", nil, anInbox), made(adminKey, 422)},
		{"POST /v1/inboxes/{id}/device", ask("POST", "/v1/inboxes/%v/device", nil, anInbox), made(adminKey, 422)},
		{"GET /v1/inboxes/{id}/device", get("/v1/inboxes/%v/device", anInbox), made(adminKey, 422)},
		{"POST /v1/inboxes/test", ask("POST", "/v1/inboxes/test", obj{"channel": "form", "name": "x"}), adminKey},
		{"POST /v1/inboxes/{id}/test", ask("POST", "/v1/inboxes/%v/test", obj{}, anInbox), adminKey},
		{"GET /v1/macros", get("/v1/macros"), lists},
		{"POST /v1/macros", ask("POST", "/v1/macros", func(f *fixture) any {
			return obj{"title": f.mark, "side": "buyer", "text": obj{"pl": "Dzień dobry"}}
		}), "401 403 403  403 403  201 403  201  201 403 403"},
		{"PATCH /v1/macros/{id}", ask("PATCH", "/v1/macros/%v", obj{"title": "other"}, aMacro), "401 403 403  403 403  200 404  200  200 404 403"},
		{"DELETE /v1/macros/{id}", ask("DELETE", "/v1/macros/%v", nil, aMacro), "401 403 403  403 403  204 404  204  204 404 403"},
		{"GET /v1/keys", get("/v1/keys"), adminOnly},
		{"POST /v1/keys", ask("POST", "/v1/keys", obj{"name": "k", "scopes": []string{"reports:read"}, "sides": []string{}, "days": nil}), made(adminOnly, 201)},
		{"DELETE /v1/keys/{id}", ask("DELETE", "/v1/keys/%v", nil, func(f *fixture) any { return f.tempKey() }), made(adminOnly, 204)},
		{"GET /v1/mail", get("/v1/mail"), leads},
		{"GET /v1/mail.csv", get("/v1/mail.csv"), leads},
		{"GET /v1/mail/{id}", get("/v1/mail/%v", entry), entries},
		{"GET /v1/mail/{id}/raw", get("/v1/mail/%v/raw", entry), entries},
		{"GET /v1/mail/{id}/headers", get("/v1/mail/%v/headers", entry), entries},
		{"POST /v1/mail/{id}/release", ask("POST", "/v1/mail/%v/release", obj{}, entry), entries},
		{"POST /v1/mail/{id}/spam", ask("POST", "/v1/mail/%v/spam", obj{}, entry), entries},
		{"POST /v1/mail/{id}/reread", ask("POST", "/v1/mail/%v/reread", obj{"apply": true}, entry), entries},
		{"GET /v1/hooks", get("/v1/hooks?limit=200"), adminKey},
		{"GET /v1/hooks/tally", get("/v1/hooks/tally"), adminKey},
		{"GET /v1/hooks.csv", get("/v1/hooks.csv"), adminKey},
		{"GET /v1/hooks/{id}", get("/v1/hooks/%v", aHook), hooks},
		{"POST /v1/hooks/preview", ask("POST", "/v1/hooks/preview", hookIDs), adminKey},
		{"POST /v1/hooks/replay", ask("POST", "/v1/hooks/replay", unreadIDs), adminKey},
		{"GET /v1/images", get("/v1/images?t=x"), "401 401 401  401 401  401 401  401  401 401 401"},
		{"GET /v1/audit", get("/v1/audit?limit=200"), adminOnly},
	}
}

// manuscriptRows are what authors of the Help Centre may.
func manuscriptRows() []row {
	draft := obj{"title": "Zwrot", "body": "Tekst", "save": 0, "base": 1}
	anArticle := func(f *fixture) any { return f.tempArticle() }
	drafted := func(f *fixture) any { return f.tempDraft(centrala.Writing) }
	reviewed := func(f *fixture) any { return f.tempDraft(centrala.Review) }
	at := func(path string) string { return "/v1/manuscripts/%v" + path }
	return []row{
		{"GET /v1/manuscripts", get("/v1/manuscripts"), leads},
		{"POST /v1/manuscripts", ask("POST", "/v1/manuscripts", func(f *fixture) any {
			return obj{"locale": "pl", "slug": fmt.Sprintf("m%d", f.serial.Add(1)), "title": "Zwrot", "body": "Tekst"}
		}), made(leads, 201)},
		{"GET /v1/manuscripts/{id}", get(at(""), anArticle), leads},
		{"GET /v1/links", get("/v1/links"), leads},
		{"POST /v1/links/check", ask("POST", "/v1/links/check", nil), leads},
		{"PUT /v1/manuscripts/{id}/draft", ask("PUT", at("/draft"), draft, anArticle), leads},
		{"DELETE /v1/manuscripts/{id}/draft", ask("DELETE", at("/draft"), nil, drafted), made(leads, 204)},
		{"POST /v1/manuscripts/{id}/review", ask("POST", at("/review"), obj{"note": "proszę"}, drafted), leads},
		{"POST /v1/manuscripts/{id}/return", ask("POST", at("/return"), obj{"note": "krócej"}, reviewed), leads},
		{"POST /v1/manuscripts/{id}/schedule", ask("POST", at("/schedule"), obj{"at": time.Now().Add(time.Hour)}, drafted), leads},
		{"POST /v1/manuscripts/{id}/publish", ask("POST", at("/publish"), obj{"save": 1}, drafted), leads},
		{"POST /v1/manuscripts/{id}/withdraw", ask("POST", at("/withdraw"), nil, anArticle), leads},
		{"GET /v1/manuscripts/{id}/files", get(at("/files"), anArticle), leads},
		{"POST /v1/manuscripts/{id}/files", ask("POST", at("/files"), "no form", anArticle), made(leads, 415)},
		{"DELETE /v1/manuscripts/{id}/files/{file}", ask("DELETE", at("/files/%v"), nil, anArticle, func(*fixture) any { return centrala.FileID(5) }), made(leads, 404)},
		{"POST /v1/articles/preview", ask("POST", "/v1/articles/preview", obj{"title": "Zwrot", "body": "Tekst"}), leads},
		{"GET /v1/shelves", get("/v1/shelves"), "401 403 403  200 200  200 200  200  200 200 200"},
		{"PUT /v1/shelves/{kind}/{key}", ask("PUT", "/v1/shelves/section/zwroty", obj{"parent": "zakupy", "names": obj{"pl": "Zwroty"}}), leads},
		{"DELETE /v1/shelves/{kind}/{key}", ask("DELETE", "/v1/shelves/section/%v", nil, aShelf), made(leads, 204)},
		{"GET /v1/words/{locale}", get("/v1/words/pl"), leads},
		{"PUT /v1/words/{locale}", ask("PUT", "/v1/words/pl", obj{"synonyms": [][]string{{"hajs", "pieniądze"}}, "stop": []string{"czy"}}), leads},
		{"GET /v1/manuscripts/{id}/help", get(at("/help"), anArticle), leads},
		{"GET /v1/manuscripts/{id}/versions", get(at("/versions"), anArticle), leads},
		{"GET /v1/manuscripts/{id}/versions/{number}", get(at("/versions/1"), anArticle), leads},
		{"POST /v1/manuscripts/{id}/versions/{number}/restore", ask("POST", at("/versions/1/restore"), nil, anArticle), leads},
	}
}

func figureRows() []row {
	anArticle := func(f *fixture) any { return f.tempArticle() }
	readers := "401 403 403  200 200  200 200  200  200 200 200"
	return []row{
		{"GET /v1/articles", get("/v1/articles?limit=1"), readers},
		{"GET /v1/articles/{id}", get("/v1/articles/%v", anArticle), readers},
		{"PUT /v1/articles/{locale}/{slug}", ask("PUT", "/v1/articles/pl/a-%v", obj{"title": "T", "body": "B"}, func(f *fixture) any { return f.serial.Add(1) }), leads},
		{"DELETE /v1/articles/{id}", ask("DELETE", "/v1/articles/%v", nil, anArticle), made(leads, 204)},
		{"GET /v1/articles/search", get("/v1/articles/search?q=zwrot"), everybody},
		{"GET /v1/surveys/results", get("/v1/surveys/results"), lists},
		{"GET /v1/surveys/follow-ups", func(f *fixture) call { f.followUp(); return call{method: "GET", path: "/v1/surveys/follow-ups"} }, lists},
		{"PATCH /v1/surveys/follow-ups/{id}", ask("PATCH", "/v1/surveys/follow-ups/%v", obj{"state": "contacted", "note": "called"},
			func(f *fixture) any { return f.followUp() }), scopedHands},
		{"GET /v1/reports/tiles", get("/v1/reports/tiles?days=7"), lists},
		{"GET /v1/reports/tiles.csv", get("/v1/reports/tiles.csv"), lists},
		{"GET /v1/reports/deflection", get("/v1/reports/deflection?days=7"), lists},
		{"GET /v1/reports/deflection.csv", get("/v1/reports/deflection.csv"), lists},
		{"GET /v1/questions", get("/v1/questions?days=7"), lists},
		{"GET /v1/search", get("/v1/search"), adminKey},
		{"POST /v1/search/rebuild", ask("POST", "/v1/search/rebuild", nil), adminOnly},
		{"GET /v1/stream", get("/v1/stream"), adminKey},
		{"GET /v1/stream/dead-letters", get("/v1/stream/dead-letters"), adminKey},
		{"POST /v1/stream/dead-letters/{id}/replay", ask("POST", "/v1/stream/dead-letters/%v/replay", nil, func(f *fixture) any { return f.deadLetter() }), made(adminOnly, 204)},
	}
}

// fresh gives people a session of their own, since the request ends it.
func fresh(ask func(*fixture) call) func(*fixture) call {
	return func(f *fixture) call {
		c := ask(f)
		if a, ok := f.staff[f.role]; ok {
			token, _, err := f.guard.Login(context.Background(), a.Email, password, "192.0.2.1")
			if err != nil {
				f.t.Fatal(err)
			}
			c.token = token
		}
		return c
	}
}

func aMacro(f *fixture) any {
	m, err := f.db.SaveMacro(context.Background(), centrala.Macro{Title: f.mark, Side: centrala.Buyer, Text: map[string]string{"pl": f.mark}})
	if err != nil {
		f.t.Fatal(err)
	}
	return m.ID
}

func (f *fixture) tempTeam() centrala.TeamID {
	return must[centrala.Team](f.t)(f.db.SaveTeam(context.Background(), centrala.Team{Name: fmt.Sprintf("T%d", f.serial.Add(1)), Sides: []centrala.Side{centrala.Advertiser}})).ID
}

func (f *fixture) tempInbox() centrala.InboxID {
	return must[centrala.Inbox](f.t)(f.db.SaveInbox(context.Background(), centrala.Inbox{Name: "W", Slug: fmt.Sprintf("w%d", f.serial.Add(1)), Channel: centrala.Chat, Side: centrala.Buyer})).ID
}

func (f *fixture) tempKey() centrala.KeyID {
	return must[centrala.APIKey](f.t)(f.db.AddKey(context.Background(), centrala.APIKey{Name: "x", Scopes: []string{"reports:read"}}, []byte(fmt.Sprint(f.serial.Add(1))))).ID
}

func (f *fixture) tempArticle() centrala.ArticleID {
	return must[centrala.Article](f.t)(library.New(f.db).SaveArticle(context.Background(), centrala.Article{Locale: "pl", Content: centrala.Content{Slug: fmt.Sprintf("s%d", f.serial.Add(1)), Title: "Zwrot", Body: "Tekst"}})).ID
}

// aShelf is the key of a section with a name.
func aShelf(f *fixture) any {
	key := fmt.Sprintf("p%d", f.serial.Add(1))
	if err := library.New(f.db).SaveShelf(context.Background(), centrala.Shelf{Kind: centrala.SectionShelf, Key: key, Names: map[string]string{"pl": "Półka"}}); err != nil {
		f.t.Fatal(err)
	}
	return key
}

// tempDraft is an article with a draft in a state.
func (f *fixture) tempDraft(state centrala.DraftState) centrala.ArticleID {
	lib, ctx, id := library.New(f.db), context.Background(), f.tempArticle()
	must[centrala.Draft](f.t)(lib.SaveDraft(ctx, centrala.Draft{Article: id, Base: 1, Content: centrala.Content{Slug: fmt.Sprintf("s%d", f.serial.Add(1)), Title: "Zwrot", Body: "Inny"}}))
	if state == centrala.Review {
		if err := lib.AskReview(ctx, id, ""); err != nil {
			f.t.Fatal(err)
		}
	}
	return id
}

// attach has the customer send a picture.
func (f *fixture) attach() centrala.AttachmentID {
	ctx := context.Background()
	key := "uploads/" + f.mark
	if err := f.blobs.WriteAll(ctx, key, []byte(f.mark), nil); err != nil {
		f.t.Fatal(err)
	}
	a := must[centrala.Attachment](f.t)(f.db.SaveAttachment(ctx, f.visitor.ID, centrala.Attachment{Name: "a.txt", Type: "text/plain; charset=utf-8", Size: 3, Blob: key}))
	k := centrala.Contact{ID: f.visitor.Contact}
	must[centrala.Receipt](f.t)(f.db.Append(ctx, centrala.Post{Sender: f.visitor.ID, Key: "file", Conversation: f.id, Contact: &k, Inbox: f.web.ID, Channel: centrala.Chat,
		Author: centrala.Author{Kind: centrala.ByCustomer}, Attachments: []centrala.AttachmentID{a.ID}, Scope: centrala.Scope{Contact: f.visitor.Contact, Inbox: f.web.ID}}))
	return a.ID
}

// followUp has the customer give a 3 with their mark in the comment.
func (f *fixture) followUp() centrala.FollowUpID {
	ctx := context.Background()
	s := must[centrala.Survey](f.t)(f.db.Invite(ctx, centrala.Survey{Conversation: f.id, Contact: f.visitor.Contact, Team: f.buyers.ID, Side: centrala.Buyer,
		Channel: centrala.Chat, Locale: "pl", ExpiresAt: time.Now().Add(time.Hour)}))
	_, up, err := f.db.AnswerSurvey(ctx, s.ID, f.visitor.Contact, 3, f.mark)
	if err != nil || up == nil {
		f.t.Fatalf("%v %v", up, err)
	}
	return up.ID
}

func (f *fixture) deadLetter() int64 {
	ctx := context.Background()
	if err := f.db.Bury(ctx, centrala.DeadLetter{Group: "routing", Event: centrala.Event{ID: 9, Type: centrala.ConversationQueued, Conversation: f.id}, Error: "no", Attempts: 3}); err != nil {
		f.t.Fatal(err)
	}
	dead, err := f.db.DeadLetters(ctx)
	if err != nil {
		f.t.Fatal(err)
	}
	return dead[0].ID
}

// TestEveryRouteForEveryRole asks for every operation as everybody, each time about a
// conversation of its own, and checks the status and that nobody outside learns anything.
func TestEveryRouteForEveryRole(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	asked := map[string]bool{}
	for _, r := range rows() {
		asked[r.op] = true
		want := strings.Fields(r.want)
		if len(want) != len(roles) {
			t.Fatalf("%s: %d columns for %d roles", r.op, len(want), len(roles))
		}
		for i, role := range roles {
			f := &fixture{house: h, talk: h.talk(), role: role}
			c := r.ask(f)
			if c.token == "" {
				c.token = f.tokenOf(role)
			}
			got := h.do(c)
			if fmt.Sprint(got.status) != want[i] {
				t.Errorf("%s as %s: status %d, want %s: %.300s", r.op, role, got.status, want[i], got.body)
			}
			f.check(r.op, role, c, got)
		}
	}
	for _, op := range described(t, h) {
		if !asked[op] {
			t.Errorf("%s is described but nobody asked for it here", op)
		}
		delete(asked, op)
	}
	for op := range asked {
		t.Errorf("%s is not described", op)
	}
}

func (f *fixture) tokenOf(role string) string {
	switch role {
	case "stranger":
		return ""
	case "visitor":
		return f.token
	case "other visitor":
		token, _ := f.enter(f.web)
		return token
	}
	return f.tokens[role]
}

// check is what holds for every answer to everybody.
func (f *fixture) check(op, role string, c call, got reply) {
	f.t.Helper()
	if got.header.Get("X-Content-Type-Options") != "nosniff" || got.header.Get("Content-Security-Policy") == "" {
		f.t.Errorf("%s as %s: headers %v", op, role, got.header)
	}
	if got.status >= 400 {
		p := got.problem(f.t)
		if strings.Contains(p.Detail, "sql") || strings.Contains(p.Detail, "store") {
			f.t.Errorf("%s as %s tells of the inside: %s", op, role, p.Detail)
		}
	}
	if strings.Contains(got.body, "SEKRET") || strings.Contains(got.body, "argon2id") {
		f.t.Errorf("%s as %s: a secret in %.500s", op, role, got.body)
	}
	leaks := []string{f.note}
	if outside(role) || got.status >= 400 {
		leaks = append(leaks, f.mark, strings.ToLower(f.mark))
		if !strings.Contains(c.path, f.id.String()) { // what one asked for may be named in the refusal
			leaks = append(leaks, f.id.String())
		}
	} else if role != "visitor" && op != "GET /v1/contacts/{id}/export" && op != "GET /v1/conversations/{id}/transcript" {
		leaks = nil
	}
	for _, l := range leaks {
		if strings.Contains(got.body, l) {
			f.t.Errorf("%s as %s leaks %s: %.500s", op, role, l, got.body)
		}
	}
}

// described lists the operations of the OpenAPI document.
func described(t *testing.T, h *house) []string {
	t.Helper()
	var spec struct {
		OpenAPI string                                `json:"openapi"`
		Paths   map[string]map[string]json.RawMessage `json:"paths"`
	}
	got := h.do(call{method: "GET", path: "/v1/openapi.json"})
	got.into(t, &spec)
	if !strings.HasPrefix(spec.OpenAPI, "3.1") {
		t.Errorf("openapi %q", spec.OpenAPI)
	}
	var ops []string
	for path, methods := range spec.Paths {
		for m := range methods {
			ops = append(ops, strings.ToUpper(m)+" "+path)
		}
	}
	if len(ops) < 60 {
		t.Fatalf("only %d operations are described", len(ops))
	}
	return ops
}
