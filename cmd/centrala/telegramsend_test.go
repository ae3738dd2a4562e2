package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"centrala/channels/channelstest"
)

const another = "5550002"

// conversing is a bot to which two people wrote: conversations c and d.
func conversing(t *testing.T, dsn string) (b *telegramBot, c, d string) {
	t.Helper()
	b = newBot(t, dsn, false)
	b.post(t, said(1, 20, "pisze pierwsza"))
	b.post(t, channelstest.TelegramNews(2, "message", 21, another, map[string]any{"text": "pisze druga"}))
	return b, b.says(t, "pisze pierwsza"), b.says(t, "pisze druga")
}

// say answers as the agent and gives the number of the answer.
func (b *telegramBot) say(t *testing.T, conversation, text string) int64 {
	t.Helper()
	return b.desk.say(t, map[string]any{"conversation": conversation, "text": text}).seq(t)
}

// sent is what Telegram took for a person, once all deliveries of an answer are in a state.
func (b *telegramBot) sent(who string) (texts []string) {
	for _, s := range b.telegram.Sent() {
		if s.Chat == who {
			texts = append(texts, s.Text)
		}
	}
	return texts
}

// at is when Telegram took a text.
func (b *telegramBot) at(t *testing.T, text string) time.Time {
	t.Helper()
	var at time.Time
	channelstest.Eventually(t, text+" is sent", func() bool {
		for _, s := range b.telegram.Sent() {
			if s.Text == text {
				at = s.At
			}
		}
		return !at.IsZero()
	})
	return at
}

// Answers leave in order and as fast as Telegram bears it; when it wants a pause, all of the bot's
// wait as long, which is no fault; of one in doubt an agent decides.
func TestTelegramAnswers(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, dsn string) {
		b, c, d := conversing(t, dsn)
		var want []string
		var last int64
		for n := range 4 { // a fifth in one second is refused to the agent
			want = append(want, fmt.Sprintf("odpowiedź %d", n))
			last = b.say(t, c, want[n])
		}
		b.say(t, d, "a tu osobno")
		b.state(t, c, last, "handed_over")
		if got := b.sent(somebody); !slices.Equal(got, want) {
			t.Errorf("sent %q, want %q", got, want)
		}
		if !b.at(t, "a tu osobno").Before(b.at(t, want[3])) {
			t.Error("the other chat waited for this one")
		}

		const wait = 4
		b.telegram.Fault(func(f *channelstest.TelegramFaults) { f.Limited, f.RetryAfter = 1, wait })
		began := time.Now()
		held := b.say(t, c, "po przerwie")
		is := b.fares(t, "it is limited", func(s lineState) bool { return !s.LimitedUntil.IsZero() })
		if !is.OK || is.Queued != 1 || is.LimitedUntil.Before(began.Add(wait*time.Second)) {
			t.Errorf("while it is limited: %+v", is)
		}
		b.say(t, d, "też po przerwie")
		b.state(t, c, held, "handed_over")
		for _, text := range []string{"po przerwie", "też po przerwie"} {
			if at := b.at(t, text); at.Sub(began) < wait*time.Second {
				t.Errorf("%q was sent after %v, want %d s at least", text, at.Sub(began), wait)
			}
		}

		b.telegram.Fault(func(f *channelstest.TelegramFaults) { f.Unheard = 1 })
		doubtful := b.say(t, c, "doszło czy nie")
		w := b.state(t, c, doubtful, "unknown")[0]
		b.state(t, c, b.say(t, c, "idziemy dalej"), "handed_over")
		once := func(n int) {
			t.Helper()
			if got := slices.DeleteFunc(b.sent(somebody), func(s string) bool { return s != "doszło czy nie" }); len(got) != n {
				t.Errorf("the doubtful one was sent %d times, want %d", len(got), n)
			}
		}
		once(1)
		b.must(t, "POST", "/v1/conversations/"+c+"/deliveries/"+w.ID+"/retry", b.ania, nil, nil)
		b.state(t, c, doubtful, "handed_over")
		once(2) // because somebody asked for it
	})
}

// A token that is not good any more stops the sending and says so; the queue is kept and goes out with
// the new one, and so does what a broken Telegram did not take.
func TestTelegramTokenEnds(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, dsn string) {
		b, c, d := conversing(t, dsn)
		b.telegram.Fault(func(f *channelstest.TelegramFaults) { f.Broken = 1 })
		broken := b.say(t, c, "przy awarii")
		channelstest.Eventually(t, "it failed once and waits", func() bool {
			w := b.ways(t, c, broken)
			return len(w) == 1 && w[0].State == "queued" && strings.Contains(w[0].Reason, "502")
		})
		const renewed = "7700077:BBNewTokenOfTheSameBotAfterRevoke00"
		b.telegram.Token(renewed)
		ended := b.say(t, d, "po unieważnieniu")
		is := b.fares(t, "it is told", func(s lineState) bool { return !s.OK && s.Code == "telegram.token" })
		if !strings.Contains(is.Error, "Telegram nie zna tego tokenu") || is.Queued != 2 || strings.Contains(is.Error, "AAF") {
			t.Errorf("without a token: %+v", is)
		}
		if is := b.line(t, "en"); !strings.Contains(is.Error, "does not know this token") {
			t.Errorf("in English: %q", is.Error)
		}
		if got := b.telegram.Sent(); len(got) != 0 {
			t.Errorf("sent %+v", got)
		}
		b.must(t, "PATCH", "/v1/inboxes/"+b.inbox, b.admin, map[string]any{"token": renewed}, nil)
		b.state(t, c, broken, "handed_over")
		b.state(t, d, ended, "handed_over")
		if got := b.telegram.Sent(); len(got) != 2 {
			t.Errorf("sent %+v", got)
		}
		b.fares(t, "it works", func(s lineState) bool { return s.OK && s.Queued == 0 && s.Error == "" })
	})
}

// A long answer leaves in portions, none of them twice though the program ends between two; files go
// up with the words that fit.
func TestTelegramPortionsAndFiles(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, dsn string) {
		b, c, d := conversing(t, dsn)
		var long strings.Builder
		for n := 0; long.Len() < 15_000; n++ {
			fmt.Fprintf(&long, "Akapit %d: zażółć gęślą jaźń, paczka jest w drodze i dojdzie jutro.\n\n", n)
		}
		seq := b.say(t, c, strings.TrimSpace(long.String()))
		channelstest.Eventually(t, "the first portion is sent", func() bool { return len(b.sent(somebody)) > 0 })
		if code := b.end(t); code != 0 {
			t.Fatalf("the program ended with %d", code)
		}
		if n := len(b.sent(somebody)); n >= 4 {
			t.Logf("all %d portions were sent before the end", n)
		}
		b.process = b.h.serve(t)
		b.desk = b.console(t, b.ania)
		ways := b.state(t, c, seq, "handed_over")
		parts := b.sent(somebody)
		if len(parts) < 4 || len(parts) != len(ways) {
			t.Errorf("%d portions were sent, of %d", len(parts), len(ways))
		}
		for _, p := range parts {
			if utf8.RuneCountInString(p) > 4096 {
				t.Errorf("a portion has %d characters", utf8.RuneCountInString(p))
			}
		}
		if got := strings.Fields(strings.Join(parts, "\n")); !slices.Equal(got, strings.Fields(long.String())) {
			t.Error("the portions together are not the answer")
		}

		const pdf, png = "%PDF-1.7 etykieta", "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"
		var files []string
		for name, data := range map[string]string{"etykieta zwrotna.pdf": pdf, "mapa.png": png} {
			id, status := b.attach(t.Context(), b.ania, name, data)
			if id == "" {
				t.Fatalf("the upload of %s was answered with %d", name, status)
			}
			files = append(files, id)
		}
		answer := b.desk.say(t, map[string]any{"conversation": d, "text": "Etykieta i mapa.", "attachments": files})
		b.state(t, d, answer.seq(t), "handed_over")
		got, texts := map[string]string{}, 0
		for _, s := range b.telegram.Sent() {
			if s.Chat != another {
				continue
			}
			if s.Text != "" {
				texts++
			}
			if s.File != nil {
				got[s.Method+" "+s.File.Name] = s.File.Data
			}
		}
		if texts != 1 || len(got) != 2 || got["sendDocument etykieta zwrotna.pdf"] != pdf || got["sendPhoto mapa.png"] != png {
			t.Errorf("%d texts and %v were sent", texts, got)
		}
	})
}
