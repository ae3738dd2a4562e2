package survey_test

import (
	"encoding/base64"
	"html"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"centrala"
	"centrala/survey"
)

func noon() time.Time { return time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) }

func TestEligible(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for _, tt := range []struct {
		name   string
		change func(*survey.Case)
		rules  func(*survey.Rules)
		want   survey.Verdict
	}{
		{"a chat", func(*survey.Case) {}, nil, survey.Ask},
		{"a chat without an address", func(c *survey.Case) { c.Contact.Email = "" }, nil, survey.Ask},
		{"a mail without an address", func(c *survey.Case) { c.Conversation.Channel, c.Contact.Email = centrala.Email, "" }, nil, survey.NoWay},
		{"a call with one", func(c *survey.Case) { c.Conversation.Channel = centrala.Phone }, nil, survey.Ask},
		{"only a bot has answered", func(c *survey.Case) { c.Conversation.HumanReplied = false }, nil, survey.NoPerson},
		{"spam", func(c *survey.Case) { c.Conversation.Spam = true }, nil, survey.Junk},
		{"blocked", func(c *survey.Case) { c.Contact.Blocked = true }, nil, survey.Barred},
		{"unsubscribed", func(c *survey.Case) { c.Contact.NoSurveys = true }, nil, survey.Unsubscribed},
		{"reopened meanwhile", func(c *survey.Case) { c.Conversation.Status = centrala.Open }, nil, survey.NotOver},
		{"merged", func(c *survey.Case) { c.Conversation.MergedInto = 9 }, nil, survey.Elsewhere},
		{"one of our own", func(*survey.Case) {}, func(r *survey.Rules) { r.Internal = []string{"Example.Test"} }, survey.Ours},
		{"a domain that only ends like ours", func(*survey.Case) {}, func(r *survey.Rules) { r.Internal = []string{"ple.test"} }, survey.Ask},
		{"asked 89 days ago", func(c *survey.Case) { c.LastAsked = noon().Add(-90*day + 1) }, nil, survey.TooSoon},
		{"asked 90 days ago", func(c *survey.Case) { c.LastAsked = noon().Add(-90 * day) }, nil, survey.Ask},
		{"asked yesterday, without a quarantine", func(c *survey.Case) { c.LastAsked = noon().Add(-day) }, func(r *survey.Rules) { r.Quarantine = 0 }, survey.Ask},
		{"asked about this one", func(c *survey.Case) { c.LastAsked = noon().Add(-time.Minute) }, func(r *survey.Rules) { r.Quarantine = 0 }, survey.AskedAlready},
	} {
		c := survey.Case{
			Conversation: centrala.Conversation{Channel: centrala.Chat, Status: centrala.Resolved, HumanReplied: true, ResolvedAt: noon().Add(-time.Minute)},
			Contact:      centrala.Contact{Email: "marta@example.test"},
		}
		rules := survey.DefaultRules()
		tt.change(&c)
		if tt.rules != nil {
			tt.rules(&rules)
		}
		if got := rules.Eligible(c, noon()); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

func secret() survey.Secret { return survey.Secret(strings.Repeat("k", 32)) }

func TestToken(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for id := range centrala.SurveyID(500) {
		token := secret().Token(id + 1)
		if b, err := base64.RawURLEncoding.DecodeString(token); err != nil || len(b) != 16 {
			t.Fatalf("%q is not 128 bits", token)
		}
		if seen[token] || token != secret().Token(id+1) {
			t.Fatalf("%q: not its survey's own", token)
		}
		seen[token] = true
	}
	if survey.Secret(strings.Repeat("j", 32)).Token(1) == secret().Token(1) {
		t.Error("two keys make one token")
	}
	if len(survey.Hash("a")) != 32 || string(survey.Hash("a")) == string(survey.Hash("b")) {
		t.Error("the hash is none")
	}
}

func TestNonce(t *testing.T) {
	t.Parallel()
	s, at := secret(), noon()
	nonce := s.Nonce("token", at)
	broken := []byte(nonce)
	broken[3] ^= 1
	for _, tt := range []struct {
		name         string
		token, nonce string
		at           time.Time
		want         bool
	}{
		{"at once", "token", nonce, at, true},
		{"in the last second", "token", nonce, at.Add(survey.NonceFor - time.Second), true},
		{"a second later", "token", nonce, at.Add(survey.NonceFor), false},
		{"on a node whose clock is behind", "token", nonce, at.Add(-30 * time.Second), true},
		{"from the future", "token", nonce, at.Add(-time.Hour), false},
		{"for another survey", "other", nonce, at, false},
		{"changed", "token", string(broken), at, false},
		{"cut", "token", nonce[:20], at, false},
		{"empty", "token", "", at, false},
		{"nonsense", "token", "%%%", at, false},
	} {
		if got := s.CheckNonce(tt.token, tt.nonce, tt.at); got != tt.want {
			t.Errorf("%s: got %v", tt.name, got)
		}
	}
	if survey.Secret(strings.Repeat("j", 32)).CheckNonce("token", nonce, at) {
		t.Error("another key's nonce is taken")
	}
}

func TestLetter(t *testing.T) {
	t.Parallel()
	for _, locale := range []string{"pl", "en"} {
		l := survey.Letter{Company: `Jarmark & "Synowie"`, Base: "https://help.example.test", Token: "abc_-9", Days: 90, Number: 20417,
			Survey: centrala.Survey{Conversation: 7, Locale: locale}, To: centrala.Address{Name: "Marta", Address: "marta@example.test"}}
		n, err := l.Notice()
		if err != nil {
			t.Fatal(err)
		}
		if n.Conversation != 7 || n.To != l.To || n.Locale != locale || n.Unsubscribe != "https://help.example.test/s/abc_-9/unsubscribe" {
			t.Errorf("the notice is %+v", n)
		}
		if number, ok := centrala.ConversationNumber(n.Subject); !ok || number != 20417 || strings.ContainsAny(n.Subject, "\r\n") {
			t.Errorf("the subject %q does not lead back to the conversation", n.Subject)
		}
		want := []string{"https://help.example.test/s/abc_-9", "https://help.example.test/s/abc_-9/unsubscribe"}
		for _, v := range strings.Fields("0 1 2 3 4 5 6 7 8 9 10") {
			want = append(want, "https://help.example.test/s/abc_-9?v="+v)
		}
		slices.Sort(want)
		for part, text := range map[string]string{"text": n.Text, "html": html.UnescapeString(n.HTML)} {
			links := regexp.MustCompile(`https?://[^\s"<>]+`).FindAllString(text, -1)
			slices.Sort(links)
			if !slices.Equal(links, want) {
				t.Errorf("%s %s links to %q, want %q", locale, part, links, want)
			}
			if !strings.Contains(text, `Jarmark & "Synowie"`) {
				t.Errorf("%s %s does not name the company", locale, part)
			}
		}
		if strings.Contains(n.HTML, `Jarmark & "`) || strings.Contains(n.HTML, "ZgotmplZ") || strings.Contains(n.HTML, "<img") || strings.Contains(n.HTML, "<script") {
			t.Errorf("the HTML is not plain: %s", n.HTML)
		}
	}
}
