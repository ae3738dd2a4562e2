package words

import "time"

// What stands on the page with the contact form, and on those that refuse one.

// FormLead stands under the form's heading.
func (w Words) FormLead() string {
	return w.say("Odpowie człowiek z zespołu, który zna się na takiej sprawie.", "A person from the team that knows such matters will answer.")
}

// InThisMatter asks for a side.
func (w Words) InThisMatter() string { return w.say("W tej sprawie", "In this matter I") }

// WhatIsItAbout asks for the message.
func (w Words) WhatIsItAbout() string { return w.say("O co chodzi?", "What is it about?") }

// WhichOrder asks for a subject.
func (w Words) WhichOrder() string {
	return w.say("Którego zamówienia dotyczy?", "Which order is it about?")
}

// WhichOrderHint is the hint of WhichOrder.
func (w Words) WhichOrderHint() string { return w.say("Numer albo nazwa", "Number or name") }

// Optional marks what may stay empty.
func (w Words) Optional() string { return w.say("niekonieczne", "optional") }

// EmailAddress asks for an address.
func (w Words) EmailAddress() string { return w.say("Adres e-mail", "E-mail address") }

// YourName asks for a name.
func (w Words) YourName() string { return w.say("Imię i nazwisko", "Your name") }

// Attachments names the files.
func (w Words) Attachments() string { return w.say("Załączniki", "Attachments") }

// ChooseFilesAgain says that a browser forgets chosen files.
func (w Words) ChooseFilesAgain() string {
	return w.say("Pliki trzeba wybrać jeszcze raz.", "Please choose the files again.")
}

// Send sends the form.
func (w Words) Send() string { return w.say("Wyślij", "Send") }

// AnswerComesByMail says where the answer comes.
func (w Words) AnswerComesByMail() string {
	return w.say("Odpowiedź przyjdzie na ten adres e-mail. Wystarczy na nią odpisać, żeby coś dodać.", "The answer comes to this e-mail address. Reply to it to add anything.")
}

// LookFirst asks for suggestions where there are no scripts.
func (w Words) LookFirst() string { return w.say("Najpierw pokaż odpowiedzi", "Show answers first") }

// MaybeAnswered heads suggestions beside the form.
func (w Words) MaybeAnswered() string {
	return w.say("Może odpowiedź już jest", "Maybe it is answered already")
}

// EnoughForMe says that an article is enough.
func (w Words) EnoughForMe() string { return w.say("To mi wystarczy", "That's enough for me") }

// ReadWhole opens an article.
func (w Words) ReadWhole() string { return w.say("Czytaj całość", "Read it all") }

// Undo takes back.
func (w Words) Undo() string { return w.say("Cofnij", "Undo") }

// Cancel goes back without doing anything.
func (w Words) Cancel() string { return w.say("Wróć", "Back") }

// DraftKept says that what was typed is kept.
func (w Words) DraftKept() string {
	return w.say("Treść jest zachowana w tej karcie", "Your words are kept in this tab")
}

// TextMissing is beside an empty message.
func (w Words) TextMissing() string { return w.say("Napisz, o co chodzi.", "Say what it is about.") }

// SideMissing is beside a side that was not chosen.
func (w Words) SideMissing() string {
	return w.say("Zaznacz, czy kupujesz, sprzedajesz, czy się reklamujesz.", "Say whether you buy, sell or advertise.")
}

// EmailWrong is beside an address that cannot be answered.
func (w Words) EmailWrong() string {
	return w.say("To nie wygląda na adres e-mail.", "That does not look like an e-mail address.")
}

// FieldTooLong is beside a line that is too long.
func (w Words) FieldTooLong() string { return w.say("To za długie.", "This is too long.") }

// FileKind is beside a file of a kind that is not taken.
func (w Words) FileKind() string {
	return w.say("Tego rodzaju pliku nie przyjmujemy.", "We can't take this kind of file.")
}

// FormClosed says that somebody is blocked.
func (w Words) FormClosed() string {
	return w.say("Tej wiadomości nie możemy przyjąć.", "We cannot take this message.")
}

// FormStale says that a form has to be sent once more.
func (w Words) FormStale() string {
	return w.say("Formularz był otwarty zbyt długo. Naciśnij jeszcze raz, treść została.", "The form was open for too long. Press once more, your words are still here.")
}

// MessageTaken heads the page after a message.
func (w Words) MessageTaken() string { return w.say("Mamy Twoją wiadomość", "We have your message") }

// MessageTakenWhy says what comes next.
func (w Words) MessageTakenWhy() string {
	return w.say("Odpowiedź przyjdzie e-mailem. Wystarczy na nią odpisać, żeby coś dodać.", "The answer comes by e-mail. Reply to it to add anything.")
}

// CaseNumber names the number of a conversation.
func (w Words) CaseNumber() string { return w.say("Numer sprawy", "Case number") }

// TooManyTries heads the page for who asks too often.
func (w Words) TooManyTries() string { return w.say("Za dużo prób", "Too many tries") }

// NotFromHere heads the page for a form that another site sent.
func (w Words) NotFromHere() string {
	return w.say("Tego formularza nie przyjęliśmy", "We did not take this form")
}

// NotFromHereWhy says why; see the heading before it.
func (w Words) NotFromHereWhy() string {
	return w.say("Przyszedł z innej strony. Otwórz formularz tutaj i wyślij go jeszcze raz.", "It came from another site. Open the form here and send it again.")
}

// TooLarge heads the page for a form that is too large.
func (w Words) TooLarge() string { return w.say("To za duże", "This is too large") }

// TooLargeWhy says what to do; see the heading before it.
func (w Words) TooLargeWhy() string {
	return w.say("Wróć i wyślij mniej naraz.", "Go back and send less at once.")
}

// NotUnderstood heads the page for what no page of ours sends.
func (w Words) NotUnderstood() string {
	return w.say("Tego nie rozumiemy", "We do not understand this")
}

// NotUnderstoodWhy says what to do; see the heading before it.
func (w Words) NotUnderstoodWhy() string {
	return w.say("Wróć i spróbuj jeszcze raz.", "Go back and try again.")
}

// SideVerb goes on from InThisMatter, named as for Side.
func (w Words) SideVerb(side string) string {
	switch side {
	case "buyer":
		return w.say("kupuję", "buy")
	case "seller":
		return w.say("sprzedaję", "sell")
	default:
		return w.say("reklamuję się", "advertise")
	}
}

// AttachmentsUpTo says how many files of how many megabytes are taken.
func (w Words) AttachmentsUpTo(files, mb int) string {
	return w.say("do %d plików, po %d MB", "up to %d files of %d MB", files, mb)
}

// FilesTooLarge is beside a file that is too large.
func (w Words) FilesTooLarge(mb int) string {
	return w.say("Plik jest za duży, limit to %d MB.", "The file is too large, the limit is %d MB.", mb)
}

// FilesTooMany is beside too many files.
func (w Words) FilesTooMany(n int) string {
	return w.say("Za dużo plików, limit to %d.", "Too many files, the limit is %d.", n)
}

// TooLongBy is beside a text that is too long by n characters.
func (w Words) TooLongBy(n int) string {
	if w.polish {
		return "Za długie o" + nbsp + w.count(n, [3]string{"znak", "znaki", "znaków"}, [2]string{}) + "."
	}
	return w.count(n, [3]string{}, [2]string{"character too long", "characters too long"}) + "."
}

// TryAgainIn says how long to wait.
func (w Words) TryAgainIn(wait time.Duration) string {
	return w.say("Spróbuj za %s.", "Try again in %s.", w.minutes(wait))
}

// TooManyMessages says that an address has sent all it may for now. What was typed is kept.
func (w Words) TooManyMessages(wait time.Duration) string {
	return w.say("Z tego adresu przyszło już kilka wiadomości. Następną można wysłać za %s, treść została.", "Several messages came from this address already. The next one can go in %s, your words are still here.", w.minutes(wait))
}

// minutes is a time to wait, rounded up.
func (w Words) minutes(d time.Duration) string {
	n := max(1, int((d+time.Minute-1)/time.Minute))
	return w.count(n, [3]string{"minutę", "minuty", "minut"}, [2]string{"minute", "minutes"})
}

// FormFault says that a form could not be taken; the number stands in our log.
func (w Words) FormFault(number string) string {
	return w.say("To nasz błąd, numer %s. Treść została: spróbuj wysłać jeszcze raz za chwilę.", "Our fault, number %s. Your words are still here: try sending again in a moment.", number)
}

// AddFiles is in the place where files are dropped.
func (w Words) AddFiles() string {
	return w.say("Dodaj albo upuść pliki", "Add files or drop them here")
}
