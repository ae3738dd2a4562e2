package words

import "time"

// The findings of a line test of a Telegram bot.

// BotMissing: there is no token.
func (w Words) BotMissing() string {
	return w.say("Ta skrzynka nie ma tokenu bota. Utwórz bota u @BotFather i wklej jego token.",
		"This inbox has no bot token. Make a bot with @BotFather and paste its token.")
}

// BotUnknown: Telegram does not know the token.
func (w Words) BotUnknown() string {
	return w.say("Telegram nie zna tego tokenu. Skopiuj go u @BotFather na nowo (/token).",
		"Telegram does not know this token. Copy it from @BotFather again (/token).")
}

// BotSilent: the Bot API cannot be asked.
func (w Words) BotSilent() string {
	return w.say("Telegram nie odpowiada. Spróbuj za chwilę; jeśli to nie pomoże, sprawdź, czy ten serwer ma dostęp do api.telegram.org.",
		"Telegram does not answer. Try again in a moment; if that does not help, check that this server can reach api.telegram.org.")
}

// BotKnown: the token is good, and whose it is.
func (w Words) BotKnown(name string) string {
	return w.say("token przyjęty, bot: @%s", "token accepted, bot: @%s", name)
}

// BotOther: the token is of another bot than before.
func (w Words) BotOther(name string) string {
	return w.say("token przyjęty, ale to inny bot niż dotąd: @%s", "token accepted, but it is another bot than before: @%s", name)
}

// BotPolls: updates are fetched.
func (w Words) BotPolls() string {
	return w.say("wiadomości są pobierane (bez webhooka)", "messages are fetched (no webhook)")
}

// BotHooked: a webhook keeps updates from being fetched.
func (w Words) BotHooked() string {
	return w.say("U Telegrama jest ustawiony webhook, więc wiadomości nie da się pobierać. Zapisz ustawienia skrzynki jeszcze raz: webhook zostanie usunięty.",
		"Telegram has a webhook, so messages cannot be fetched. Save the inbox's settings once more: the webhook will be removed.")
}

// BotContested: another program fetches what is written to the bot.
func (w Words) BotContested() string {
	return w.say("Wiadomości tego bota odbiera inny program z tym samym tokenem. Wyłącz go albo weź nowy token u @BotFather (/revoke).",
		"Another program fetches this bot's messages with the same token. Switch it off, or take a new token from @BotFather (/revoke).")
}

// BotUnsettled: Telegram could not be told where to post, or that it need not.
func (w Words) BotUnsettled() string {
	return w.say("Nie udało się jeszcze ustawić u Telegrama, jak ma dostarczać wiadomości. Próbujemy dalej.",
		"How Telegram is to deliver messages could not be set there yet. It is tried again.")
}

// BotLate: messages wait at Telegram, or the last of its posts failed.
func (w Words) BotLate() string {
	return w.say("Wiadomości czekają u Telegrama, bo nie może ich tu dostarczyć. Sprawdź adres i certyfikat tego serwera.",
		"Messages wait at Telegram, since it cannot deliver them here. Check this server's address and certificate.")
}

// BotPosted: Telegram posts to us.
func (w Words) BotPosted() string {
	return w.say("webhook ustawiony, Telegram dostarcza na bieżąco", "the webhook is set, and Telegram delivers at once")
}

// BotUnhooked: nobody told Telegram where to post.
func (w Words) BotUnhooked() string {
	return w.say("Telegram nie ma webhooka tego bota. Zapisz ustawienia skrzynki jeszcze raz. Serwer musi mieć publiczny adres https.",
		"Telegram has no webhook of this bot. Save the inbox's settings once more. The server needs a public https address.")
}

// BotBehind: updates wait at Telegram, and since when posts to us fail, zero when they do not.
func (w Words) BotBehind(pending int, failed time.Time) string {
	n := w.count(pending, [3]string{"wiadomość", "wiadomości", "wiadomości"}, [2]string{"message", "messages"})
	if failed.IsZero() {
		return w.say("Czeka u Telegrama: %s.", "Waiting at Telegram: %s.", n)
	}
	return w.say("Czeka u Telegrama: %s. Ostatnie dostarczenie nie powiodło się (%s). Sprawdź adres i certyfikat tego serwera.",
		"Waiting at Telegram: %s. The last delivery failed (%s). Check this server's address and certificate.", n, w.Date(failed))
}
