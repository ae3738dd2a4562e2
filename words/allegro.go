package words

import "time"

// The texts below are findings of a line test of an Allegro account, and why it stands still.

// AllegroBare: the inbox does not say which application it is connected by.
func (w Words) AllegroBare() string {
	return w.say("Brakuje identyfikatora klienta lub sekretu aplikacji zarejestrowanej w Allegro. Uzupełnij ustawienia skrzynki.",
		"The client id or the secret of the application registered with Allegro is missing. Complete the inbox's settings.")
}

// AllegroReads: messages or issues can be read.
func (w Words) AllegroReads() string { return w.say("można czytać", "can be read") }

// AllegroConnect: the account must be connected, for the first time or again.
func (w Words) AllegroConnect() string {
	return w.say("Konto nie jest połączone z Allegro albo połączenie wygasło. Połącz je w ustawieniach skrzynki.",
		"The account is not connected with Allegro, or the connection has run out. Connect it in the inbox's settings.")
}

// AllegroClient: Allegro does not know the application.
func (w Words) AllegroClient() string {
	return w.say("Allegro nie zna identyfikatora klienta albo jego sekretu. Popraw je w ustawieniach skrzynki i połącz konto ponownie.",
		"Allegro does not know the client id or its secret. Correct them in the inbox's settings and connect the account again.")
}

// AllegroForbidden: the application may not do what is needed.
func (w Words) AllegroForbidden() string {
	return w.say("Allegro nie pozwala na to połączonemu kontu albo aplikacji. Sprawdź uprawnienia aplikacji i połącz konto ponownie.",
		"Allegro does not allow this to the connected account or application. Check the application's permissions and connect the account again.")
}

// AllegroAway: Allegro does not answer, or not as it should.
func (w Words) AllegroAway() string {
	return w.say("Allegro nie odpowiada tak, jak powinno. Spróbuj za chwilę.", "Allegro does not answer as it should. Try again in a moment.")
}

// AllegroExpires: the connection ends before long.
func (w Words) AllegroExpires(at time.Time) string {
	return w.say("Połączenie z Allegro wygasa %s. Połącz konto ponownie.", "The connection with Allegro ends on %s. Connect the account again.", w.Date(at))
}
