package centrala_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"centrala"
)

func TestNormalSubject(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Zwrot butów":                         "zwrot butów",
		"Re: Odp: RE: Zwrot butów [#20417]":   "zwrot butów",
		"Re[2]: Zwrot  butów":                 "zwrot butów",
		"ODP.: Zwrot butów":                   "zwrot butów",
		"[EXTERNAL] Re: Zwrot butów":          "zwrot butów",
		"Re: [EXT] AW: Zwrot\r\n butów":       "zwrot butów",
		"RE(3) : Zwrot butów":                 "zwrot butów",
		"PD: Fwd: WG: Zwrot butów":            "zwrot butów",
		"[#20417] Zwrot [#7] butów":           "zwrot butów",
		"[#x] Zwrot":                          "[#x] zwrot",
		"Pytanie: kiedy paczka":               "pytanie: kiedy paczka",
		"[Zamówienie 12] Re: stan":            "[zamówienie 12] re: stan",
		"Re:":                                 "",
		"":                                    "",
		"Odpowiedź: Faktura":                  "faktura",
		"Re\u00a0: niełamliwa\u00a0spacja":    "niełamliwa spacja",
		"Reklamacja: Re: nie tnij w środku":   "reklamacja: re: nie tnij w środku",
		"Re: [#20417":                         "[#20417",
		"Re: [#99999999999999999999] za duży": "[#99999999999999999999] za duży",
	} {
		if got := centrala.NormalSubject(in); got != want {
			t.Errorf("NormalSubject(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestGenericSubject(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]bool{
		"": true, "Re:": true, "Pytanie": true, "RE: reklamacja!": true, "???": true, "(brak tematu)": true, "Hi": true,
		"No subject": true, "Pytanie o zwrot butów": false, "Zamówienie 12345": false, "12345": false,
	} {
		if got := centrala.GenericSubject(in); got != want {
			t.Errorf("GenericSubject(%q) = %v, want %v", in, got, want)
		}
	}
}

func TestConversationNumber(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]int64{
		"Re: Zwrot [#20417]": 20417, "[#1] a [#2]": 2, "[#2] b [#x]": 2, "[#20417": 0, "#20417": 0, "[#]": 0, "[#-4]": 0, "[#+4]": 0,
		"[#0]": 0, "[#99999999999999999999]": 0, "[#20417] [#": 20417, "": 0,
	} {
		got, ok := centrala.ConversationNumber(in)
		if got != want && (want != 0 || ok) || ok != (want != 0) {
			t.Errorf("ConversationNumber(%q) = %d, %v, want %d", in, got, ok, want)
		}
	}
}

func TestReplySubject(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		subject string
		number  int64
		want    string
	}{
		{"Zwrot butów", 20417, "Re: Zwrot butów [#20417]"},
		{"Re: Odp: Zwrot butów [#3] [#20417]", 20417, "Re: Zwrot butów [#20417]"},
		{"", 20417, "Re: [#20417]"},
		{"Zwrot", 0, "Re: Zwrot"},
		{"Zwrot\r\nBcc: ktos@example.test", 1, "Re: Zwrot Bcc: ktos@example.test [#1]"},
	} {
		got := centrala.ReplySubject(c.subject, c.number)
		if got != c.want {
			t.Errorf("ReplySubject(%q, %d) = %q, want %q", c.subject, c.number, got, c.want)
		}
		if n, _ := centrala.ConversationNumber(got); n != c.number {
			t.Errorf("%q does not carry number %d", got, c.number)
		}
	}
	long := centrala.ReplySubject(strings.Repeat("ó", 500), 5)
	if len(long) > 220 || !strings.HasSuffix(long, " [#5]") {
		t.Errorf("a long subject became %d bytes: %q", len(long), long)
	}
}

func TestThreadKeys(t *testing.T) {
	t.Parallel()
	in := centrala.Inbound{
		MessageID:  "me@x",
		InReplyTo:  []string{"", "<b@x>", "me@x"},
		References: []string{"a@x", " ", "<b@x>", "c@x"},
	}
	if got, want := in.ThreadKeys(), []string{"b@x", "c@x", "a@x"}; !slices.Equal(got, want) {
		t.Errorf("ThreadKeys = %q, want %q", got, want)
	}
	if got := (centrala.Inbound{InReplyTo: []string{"", "<>"}}).ThreadKeys(); len(got) != 0 {
		t.Errorf("empty ids are keys: %q", got)
	}
}

func TestThread(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	open := centrala.Conversation{Number: 7, Subject: "Zwrot butów", Status: centrala.Open, UpdatedAt: now.Add(-time.Hour)}
	quiet, merged, justOver, longOver := open, open, open, open
	quiet.UpdatedAt = now.Add(-centrala.SubjectWindow)
	merged.MergedInto = 3
	justOver.Status, justOver.ResolvedAt = centrala.Resolved, now.Add(-24*time.Hour)
	longOver.Status, longOver.ResolvedAt = centrala.Resolved, now.Add(-31*24*time.Hour)
	joins := centrala.Thread{Join: true}
	for name, c := range map[string]struct {
		c       centrala.Conversation
		link    centrala.Link
		subject string
		same    bool
		want    centrala.Thread
	}{
		"no link":                    {open, centrala.NoLink, "Zwrot butów", true, centrala.Thread{}},
		"token":                      {open, centrala.ByToken, "cokolwiek", true, joins},
		"token of a stranger":        {open, centrala.ByToken, "", false, centrala.Thread{Join: true, Stranger: true}},
		"reference":                  {open, centrala.ByReference, "", true, joins},
		"reference of a stranger":    {open, centrala.ByReference, "", false, centrala.Thread{Join: true, Stranger: true}},
		"reference to one just over": {justOver, centrala.ByReference, "", true, joins},
		"token to one long over":     {longOver, centrala.ByToken, "", true, centrala.Thread{Follow: true}},
		"stranger to one long over":  {longOver, centrala.ByToken, "", false, centrala.Thread{}},
		"reference to a merged one":  {merged, centrala.ByReference, "", true, centrala.Thread{Follow: true}},
		"number":                     {open, centrala.ByNumber, "Re: x [#7]", true, joins},
		"number of another":          {open, centrala.ByNumber, "Re: x [#8]", true, centrala.Thread{}},
		"number of a stranger":       {open, centrala.ByNumber, "Re: x [#7]", false, centrala.Thread{}},
		"subject":                    {open, centrala.BySubject, "Odp: zwrot butów", true, joins},
		"subject of a stranger":      {open, centrala.BySubject, "Odp: zwrot butów", false, centrala.Thread{}},
		"another subject":            {open, centrala.BySubject, "Zwrot kurtki", true, centrala.Thread{}},
		"subject after a week":       {quiet, centrala.BySubject, "Zwrot butów", true, centrala.Thread{}},
		"generic subject": {centrala.Conversation{Subject: "Pytanie", Status: centrala.Open, UpdatedAt: now},
			centrala.BySubject, "Pytanie", true, centrala.Thread{}},
	} {
		if got := (centrala.Inbound{Subject: c.subject}).Thread(c.c, c.link, c.same, now); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}
