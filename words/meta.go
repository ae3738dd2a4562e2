package words

import (
	"strings"
	"time"
)

// The texts below stand in a conversation in place of what is no text, in brackets, so that nobody
// takes them for a person's own words.

// bracketed is a text of the program's, with what is known beside it.
func bracketed(what, detail string) string {
	if detail = strings.TrimSpace(detail); detail != "" {
		what += ": " + detail
	}
	return "[" + what + "]"
}

// MetaUnsupported: something came that the vendor does not hand on, or that is not known.
func (w Words) MetaUnsupported() string {
	return bracketed(w.say("coś, czego kanał nie przekazuje", "something that the channel does not hand on"), "")
}

// MetaStoryReply: what follows answers a story of ours.
func (w Words) MetaStoryReply() string {
	return bracketed(w.say("odpowiedź na relację", "reply to a story"), "")
}

// MetaMention: we were mentioned in somebody's story.
func (w Words) MetaMention() string {
	return bracketed(w.say("wzmianka w relacji", "mention in a story"), "")
}

// MetaShared: a link or post was shared; what is its title, address, or both.
func (w Words) MetaShared(what string) string {
	return bracketed(w.say("udostępniono", "shared"), what)
}

// MetaLocation: a place was sent.
func (w Words) MetaLocation(place string) string {
	return bracketed(w.say("miejsce", "location"), place)
}

// MetaContact: somebody's card was sent.
func (w Words) MetaContact(card string) string {
	return bracketed(w.say("wizytówka", "contact"), card)
}

// MetaTemplate: a message with pictures or buttons that was filled in or made by a program.
func (w Words) MetaTemplate(title string) string {
	return bracketed(w.say("formularz lub szablon", "form or template"), title)
}

// MetaButton: a button without a name was pressed.
func (w Words) MetaButton() string { return bracketed(w.say("przycisk", "button"), "") }

// MetaCart: goods were put together; they follow, one a line.
func (w Words) MetaCart() string { return bracketed(w.say("koszyk", "cart"), "") }

// MetaNewNumber: the person has another telephone number now.
func (w Words) MetaNewNumber(number string) string {
	return bracketed(w.say("nowy numer telefonu", "new phone number"), number)
}

// MetaNewIdentity: the vendor knows the person by another id now.
func (w Words) MetaNewIdentity() string {
	return bracketed(w.say("ta sama osoba, nowy identyfikator w WhatsApp", "the same person, a new id in WhatsApp"), "")
}

// The texts below are findings of a line test.

// MetaBare: what the inbox lacks.
func (w Words) MetaBare(id, token, secret bool) string {
	var pl, en []string
	add := func(lacks bool, p, e string) {
		if lacks {
			pl, en = append(pl, p), append(en, e)
		}
	}
	add(id, "identyfikatora konta", "the account's id")
	add(token, "tokenu dostępu", "an access token")
	add(secret, "klucza tajnego aplikacji", "the app secret")
	add(!id && !token && !secret, "tokenu weryfikacji", "a verify token")
	lacks := strings.Join(en, ", ")
	if w.polish {
		lacks = strings.Join(pl, ", ")
	}
	return w.say("Brakuje: %s. Uzupełnij ustawienia kanału.", "Missing: %s. Complete the settings of the channel.", lacks)
}

// MetaAccount: whose the account is.
func (w Words) MetaAccount(name string) string { return w.say("konto: %s", "account: %s", name) }

// MetaTokenUntil: until when the token is good.
func (w Words) MetaTokenUntil(end time.Time) string {
	if end.IsZero() {
		return w.say("token bezterminowy", "the token has no end")
	}
	return w.say("token ważny do %s", "token good until %s", w.Date(end))
}

// MetaTokenUnasked: until when it is good cannot be asked.
func (w Words) MetaTokenUnasked() string {
	return w.say("Meta nie mówi, do kiedy token jest ważny. Podaj identyfikator aplikacji, żeby było to wiadome.",
		"Meta does not say until when the token is good. Enter the app's id to know.")
}

// MetaTokenEnded: the token is not taken any more.
func (w Words) MetaTokenEnded() string {
	return w.say("Meta nie przyjmuje już tokenu. Połącz konto ponownie; odpowiedzi czekają w kolejce.",
		"Meta does not take the token any more. Connect the account again; answers wait in the queue.")
}

// MetaAllowed: the token may do all that is needed.
func (w Words) MetaAllowed() string { return w.say("uprawnienia są", "permissions are there") }

// MetaNotAllowed: permissions that the token lacks.
func (w Words) MetaNotAllowed(which string) string {
	return w.say("Token nie ma uprawnień: %s. Nadaj je i wklej nowy token.", "The token lacks permissions: %s. Grant them and paste a new token.", which)
}

// MetaForbidden: Meta says that a permission is missing.
func (w Words) MetaForbidden() string {
	return w.say("Meta odmawia: token nie ma uprawnienia albo konto należy do kogoś innego.", "Meta refuses: the token lacks a permission, or the account is somebody else's.")
}

// MetaRestricted: the account is restricted.
func (w Words) MetaRestricted() string {
	return w.say("Meta ograniczyła to konto. Sprawdź jakość konta w Menedżerze firmy.", "Meta has restricted this account. Look into Account Quality in the Business Manager.")
}

// MetaNoSuchAccount: there is no account of that id.
func (w Words) MetaNoSuchAccount() string {
	return w.say("Meta nie zna konta o tym identyfikatorze albo token go nie widzi.", "Meta knows no account of this id, or the token does not see it.")
}

// MetaBusy: too many calls.
func (w Words) MetaBusy() string {
	return w.say("Limit wywołań Meta jest wyczerpany. Odpowiedzi czekają, wyślą się same.", "Meta's limit of calls is used up. Answers wait and leave by themselves.")
}

// MetaAway: the API does not answer as it should.
func (w Words) MetaAway() string {
	return w.say("Meta nie odpowiada tak, jak powinna. Próbujemy dalej.", "Meta does not answer as it should. We keep trying.")
}

// MetaHooksHere: our app is told of what happens.
func (w Words) MetaHooksHere() string { return w.say("webhooki włączone", "webhooks are on") }

// MetaHooksMissing: what it is not told of.
func (w Words) MetaHooksMissing(which string) string {
	return w.say("Konto nie wysyła do aplikacji: %s. Zapisz kanał ponownie, żeby to włączyć.", "The account does not tell the app of: %s. Save the channel again to switch it on.", which)
}

// MetaHooksUnasked: what it is told of cannot be asked.
func (w Words) MetaHooksUnasked() string {
	return w.say("Nie da się sprawdzić webhooków tego konta.", "The webhooks of this account cannot be checked.")
}

// MetaNoBusiness: without the business account there are no templates.
func (w Words) MetaNoBusiness() string {
	return w.say("Bez identyfikatora konta WhatsApp Business nie ma szablonów, a webhooki trzeba włączyć w panelu Meta.",
		"Without the id of the WhatsApp Business account there are no templates, and webhooks are switched on in Meta's panel.")
}
