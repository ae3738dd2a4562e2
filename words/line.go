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

// LineFetches: mail is fetched, at once or, when the server cannot tell of it, every so often.
func (w Words) LineFetches(atOnce bool, every time.Duration) string {
	if atOnce {
		return w.say("IMAP działa: folder jest otwarty, a nowa poczta przychodzi od razu.", "IMAP works: the folder opens and new mail arrives at once.")
	}
	return w.say("IMAP działa, ale serwer nie ma IDLE: poczta jest sprawdzana co %s.", "IMAP works, but the server has no IDLE: mail is looked for every %s.", every)
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
