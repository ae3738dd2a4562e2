package words

// LineDeaf: a vendor would have to post to a server that it cannot reach.
func (w Words) LineDeaf() string {
	return w.say("Dostawca nie ma jak tu pisać: adres serwera (klucz url w konfiguracji) nie jest publicznym adresem https.",
		"The vendor cannot post to this server: its address (the key url of the configuration) is not a public https one.")
}
