package words

// The findings of a line test of the door for anything else.

// DoorBare: there is no secret.
func (w Words) DoorBare() string {
	return w.say("Ta skrzynka nie ma jeszcze sekretu. Zapisz jej ustawienia, a zostanie utworzony.",
		"This inbox has no secret yet. Save its settings, and one is made.")
}

// DoorSigns: how many secrets are valid.
func (w Words) DoorSigns(n int) string {
	return w.say("ważne sekrety: %d", "valid secrets: %d", n)
}

// DoorOneWay: answers are posted nowhere.
func (w Words) DoorOneWay() string {
	return w.say("bez adresu dla odpowiedzi: wiadomości tylko przychodzą", "no address for answers: messages only come in")
}

// DoorBadAddress: answers cannot be posted to the address.
func (w Words) DoorBadAddress() string {
	return w.say("Na ten adres nie można wysyłać odpowiedzi. Podaj adres https bez hasła w środku.",
		"Answers cannot be posted to this address. Give an https address without a password in it.")
}

// DoorAnswers: the other side took the ping.
func (w Words) DoorAnswers(status int) string {
	return w.say("druga strona odpowiada (%d)", "the other side answers (%d)", status)
}

// DoorSilent: there is no answer.
func (w Words) DoorSilent() string {
	return w.say("Druga strona nie odpowiada. Sprawdź adres, certyfikat i zaporę sieciową.",
		"The other side does not answer. Check the address, the certificate and the firewall.")
}

// DoorRefuses: the signature is not accepted there.
func (w Words) DoorRefuses() string {
	return w.say("Druga strona odrzuca podpis. Sprawdź, czy ma ten sam sekret i dobrze ustawiony zegar.",
		"The other side refuses the signature. Check that it has the same secret, and its clock.")
}

// DoorOdd: the other side takes no ping.
func (w Words) DoorOdd(status int) string {
	return w.say("Druga strona odpowiada kodem %d zamiast 2xx. Sprawdź adres.",
		"The other side answers %d instead of 2xx. Check the address.", status)
}

// DoorUnfinished: answers cannot be posted, because something is missing.
func (w Words) DoorUnfinished() string {
	return w.say("Odpowiedzi nie mają dokąd iść: brakuje adresu https albo sekretu. Uzupełnij ustawienia kanału.",
		"Answers have nowhere to go: the https address or the secret is missing. Complete the channel's settings.")
}

// DoorShut: the other side lets no answer in.
func (w Words) DoorShut() string {
	return w.say("Druga strona nie wpuszcza odpowiedzi. Sprawdź adres i sekret; kolejka jest zachowana.",
		"The other side lets no answer in. Check the address and the secret; the queue is kept.")
}

// DoorUnread: what was posted lies here and could not be read.
func (w Words) DoorUnread() string {
	return w.say("To, co przyszło, jest zapisane, ale jeszcze nieodczytane. Próbujemy dalej.",
		"What came is kept and not read yet. It is tried again.")
}
