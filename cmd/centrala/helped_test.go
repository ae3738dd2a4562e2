package main

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"centrala/channels/channelstest"
)

// Who writes a mail while nobody is there is told that it came, and of the article that answers it,
// in the mail's text; not of one that only sellers read, and not with an answer to that. That it was
// named is counted.
func TestAcknowledgementNamesArticles(t *testing.T) {
	t.Parallel()
	outside := newPost(t)
	h := newPremises(t, "", "")
	h.configure(t, `url = "https://pomoc.firma.test"`+"\n"+outside.mailbox(channelstest.Password, `side = "buyer"`))
	p := h.serve(t)
	admin := h.furnish(t, p)
	closedToday(t, p, admin)
	p.must(t, http.MethodPatch, "/v1/inboxes/"+p.door(t, admin, "pomoc").ID, admin, map[string]any{"acknowledge": true, "ack_articles": true}, nil)
	for slug, readers := range map[string][]string{"zwrot-za-wulkanizacje": nil, "wulkanizacja-dla-sprzedajacych": {"seller"}} {
		p.must(t, http.MethodPut, "/v1/articles/pl/"+slug, admin, map[string]any{
			"title": "Zwrot za wulkanizację", "body": "Zwrot za wulkanizację dostaniesz w ciągu dwóch dni od wizyty w warsztacie.", "readers": readers,
		}, nil)
	}
	eventually(t, "the article is found", func() error {
		if len(p.ask(t, "zwrot za wulkanizację").Items) == 0 {
			return errors.New("it is not")
		}
		return nil
	})

	outside.write(t, "marta@example.test", "Zwrot za wulkanizację", "Kiedy dostanę zwrot za wulkanizację?")
	m := outside.got(t, "marta@example.test", 1)[0]
	raw, err := io.ReadAll(m.Body)
	if err != nil {
		t.Fatal(err)
	}
	said := quotedPrintable.Replace(string(raw))
	if n := strings.Count(said, "https://pomoc.firma.test/help/pl/zwrot-za-wulkanizacje"); n < 1 {
		t.Errorf("the article is not named:\n%s", said)
	}
	if strings.Contains(said, "dla-sprzedajacych") {
		t.Errorf("an article of sellers is named:\n%s", said)
	}
	if m.Header.Get("Auto-Submitted") == "" {
		t.Error("it does not say that a program wrote it")
	}
	outside.answer(t, "marta@example.test", m, "Dziękuję, a zwrot za wulkanizację kartą?")
	token := p.login(t, "ania@firma.test")
	eventually(t, "the answer has come", func() error {
		if mine := p.matters(t, token, ""); len(mine) != 1 || len(p.words(t, token, mine[0].ID)) < 2 {
			return fmt.Errorf("%+v", mine)
		}
		return nil
	})
	if sent := outside.sent(t, "marta@example.test"); len(sent) != 1 {
		t.Errorf("%d mails went out", len(sent))
	}
	var worth struct {
		Places []struct {
			Place   string
			Offered int
		}
	}
	eventually(t, "it is counted", func() error {
		p.must(t, http.MethodGet, "/v1/reports/deflection?days=1", admin, nil, &worth)
		for _, at := range worth.Places {
			if at.Place == "mail" && at.Offered == 1 {
				return nil
			}
		}
		return fmt.Errorf("%+v", worth)
	})
}

// quotedPrintable undoes what an address in a mail may meet.
var quotedPrintable = strings.NewReplacer("=\r\n", "", "=\n", "", "=3D", "=")

// closedToday has every team answer on one day of the week, three days ahead.
func closedToday(t *testing.T, p *process, admin string) {
	t.Helper()
	var teams struct{ Items []struct{ ID string } }
	p.must(t, http.MethodGet, "/v1/teams", admin, nil, &teams)
	week := [7][]map[string]int{}
	for i := range week {
		week[i] = []map[string]int{}
	}
	week[(int(time.Now().Weekday())+3)%7] = []map[string]int{{"from": 600, "to": 660}}
	for _, team := range teams.Items {
		p.must(t, http.MethodPut, "/v1/hours/"+team.ID, admin, map[string]any{"zone": "Europe/Warsaw", "week": week, "holidays": false}, nil)
	}
}
