package words

import "time"

// The texts below are findings of a line test. server is "IMAP" or "SMTP", where is its
// address with the port.

// LineBare: the inbox has no settings at all.
func (w Words) LineBare() string {
	return w.say("Ta skrzynka nie ma adresu ani serwerów. Uzupełnij jej ustawienia.",
		"This inbox has no address and no servers. Complete its settings.")
}

// LineNoIMAP: nothing will be fetched.
func (w Words) LineNoIMAP() string {
	return w.say("Nie podano serwera IMAP: poczta nie będzie pobierana.", "There is no IMAP server: no mail will be fetched.")
}

// LineNoSMTP: nothing will be sent.
func (w Words) LineNoSMTP() string {
	return w.say("Nie podano serwera SMTP: odpowiedzi nie będą wysyłane.", "There is no SMTP server: no answers will be sent.")
}

// LineKnownHost: the server's name leads somewhere.
func (w Words) LineKnownHost(host string) string { return w.say("%s istnieje", "%s exists", host) }

// LineEncrypted: how, and until when the certificate is good.
func (w Words) LineEncrypted(version string, end time.Time) string {
	if end.IsZero() {
		return version
	}
	return w.say("%s, certyfikat do %s", "%s, certificate until %s", version, w.Date(end))
}

// LineInClear: nothing is encrypted, which only happens within one machine.
func (w Words) LineInClear() string {
	return w.say("bez szyfrowania, na tej samej maszynie", "not encrypted, within this machine")
}

// LineLetIn: the login was accepted; provider is who vouched for us, "" for a password.
func (w Words) LineLetIn(provider string) string {
	if provider == "" {
		return w.say("hasło przyjęte", "password accepted")
	}
	return w.say("zgoda przyjęta", "consent accepted")
}

// LineOpens: how many mails are there, and how new ones are learned of.
func (w Words) LineOpens(mails int, atOnce bool, every time.Duration) string {
	n := w.count(mails, [3]string{"wiadomość", "wiadomości", "wiadomości"}, [2]string{"message", "messages"})
	if atOnce {
		return w.say("%s, nowe przychodzą od razu (IDLE)", "%s, new ones arrive at once (IDLE)", n)
	}
	return w.say("%s, serwer nie ma IDLE: sprawdzamy co %s", "%s, the server has no IDLE: looked into every %s", n, every)
}

// LineFolderShut: a folder that is to be read cannot be opened.
func (w Words) LineFolderShut(where string) string {
	return w.say("Serwer %s nie otwiera folderu. Wybierz foldery z listy na nowo.", "%s does not open the folder. Choose the folders from the list again.", where)
}

// SignInMissing: nobody has consented yet. who is the provider.
func (w Words) SignInMissing(who string) string {
	return w.say("Ta skrzynka nie jest jeszcze połączona z %[1]s. Naciśnij „Połącz z %[1]s”.", "This mailbox is not connected with %[1]s yet. Press “Connect with %[1]s”.", who)
}

// SignInWithdrawn: the provider does not let us in any more.
func (w Words) SignInWithdrawn(who string) string {
	return w.say("%[1]s nie wpuszcza już do tej skrzynki: zgodę cofnięto albo wygasła. Połącz ją ponownie.", "%[1]s does not let us into this mailbox any more: the consent was withdrawn or has run out. Connect it again.", who)
}

// SignInUnknown: the operator has not registered this server with the provider.
func (w Words) SignInUnknown(who string) string {
	return w.say("Logowanie przez %s nie jest ustawione w pliku konfiguracji tego serwera.", "Sign-in with %s is not set up in this server's configuration file.", who)
}

// SignInUnusable: the provider does not know the client id or its secret.
func (w Words) SignInUnusable(who string) string {
	return w.say("%s nie zna identyfikatora klienta albo jego sekretu. Popraw je w pliku konfiguracji.", "%s does not know the client id or its secret. Correct them in the configuration file.", who)
}

// DKIMNone: answers are not signed here.
func (w Words) DKIMNone() string {
	return w.say("bez własnego klucza: podpisuje serwer wysyłki, jeśli to umie", "no key of its own: the outgoing server signs, if it can")
}

// DKIMUnasked: the DNS does not answer.
func (w Words) DKIMUnasked() string {
	return w.say("nie sprawdzono: DNS nie odpowiada", "not checked: the DNS does not answer")
}

// DKIMUnreadable: the kept key is of no use.
func (w Words) DKIMUnreadable() string {
	return w.say("Klucza nie da się odczytać: odpowiedzi wychodzą bez podpisu.", "The key cannot be read: answers leave without a signature.")
}

// DKIMPublished: the domain publishes the key under this name.
func (w Words) DKIMPublished(name string) string {
	return w.say("klucz jest w DNS: %s", "the key is in the DNS: %s", name)
}

// DKIMAbsent: the domain does not publish the key.
func (w Words) DKIMAbsent(name string) string {
	return w.say("Domena go nie ma (%s), odpowiedzi mogą trafić do spamu.", "The domain has none (%s), answers may end up as spam.", name)
}

// LineSends: the server lets us send.
func (w Words) LineSends() string {
	return w.say("SMTP działa: logowanie jest przyjmowane.", "SMTP works: the server accepted the login.")
}

// LineUnknownHost: the server's name leads nowhere.
func (w Words) LineUnknownHost(server, host string) string {
	return w.say("Nazwa %[2]s nie jest znana. Sprawdź nazwę serwera %[1]s.", "The name %[2]s is not known. Check the name of the %[1]s server.", server, host)
}

// LineUntrusted: the server's certificate is not trusted.
func (w Words) LineUntrusted(where string) string {
	return w.say("Certyfikat serwera %s nie jest zaufany. Sprawdź nazwę serwera albo odnów certyfikat.",
		"The certificate of %s is not trusted. Check the server's name, or renew the certificate.", where)
}

// LineRefused: the server refused the login.
func (w Words) LineRefused(where, user string) string {
	return w.say("Serwer %s odrzuca logowanie na konto %s. Sprawdź nazwę, hasło i sposób szyfrowania.",
		"%s refused the login of %s. Check the user name, the password and the encryption.", where, user)
}

// LineSilent: the server does not answer.
func (w Words) LineSilent(where string) string {
	return w.say("Serwer %s nie odpowiada. Sprawdź port, szyfrowanie (TLS albo STARTTLS) i zaporę sieciową.",
		"%s does not answer. Check the port, the encryption (TLS or STARTTLS) and the firewall.", where)
}

// LineClosed: there is no connection to the server.
func (w Words) LineClosed(where string) string {
	return w.say("Nie można połączyć się z serwerem %s. Sprawdź nazwę, port i zaporę sieciową.",
		"Cannot connect to %s. Check the name, the port and the firewall.", where)
}

// LineFails: the server answers, but in a way that is of no use.
func (w Words) LineFails(server, where string) string {
	return w.say("Serwer %s (%s) odpowiada, ale nie można go użyć. Sprawdź szyfrowanie i folder.",
		"The %s server (%s) answers but cannot be used. Check the encryption and the folder.", server, where)
}

// LineForbidden: the server lets the inbox in and does not let it send.
func (w Words) LineForbidden(where, address string) string {
	return w.say("Serwer SMTP (%s) nie pozwala wysyłać z adresu %s. Sprawdź logowanie i czy konto może wysyłać z tego adresu; powód podaje serwer.",
		"The SMTP server (%s) does not let this inbox send from %s. Check the login, and whether the account may send from this address; the server says why.", where, address)
}

// LineUnsigned: the key that mails are signed with is of no use.
func (w Words) LineUnsigned() string {
	return w.say("Listów z tej skrzynki nie można podpisać (DKIM). Podaj klucz i selektor jeszcze raz albo usuń oba.",
		"Mails of this inbox cannot be signed (DKIM). Give the key and the selector once more, or remove both.")
}

// LineNoCopy: answers leave, and are not put into the folder of sent mail.
func (w Words) LineNoCopy(folder string) string {
	return w.say("Odpowiedzi wychodzą, ale nie trafiają do folderu „%s”. Sprawdź nazwę folderu i miejsce w skrzynce.",
		"Answers leave, but are not put into the folder “%s”. Check the folder's name and the room in the mailbox.", folder)
}
