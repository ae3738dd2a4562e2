package words

// BotName is under which name the answer bot speaks: what it is.
func (w Words) BotName() string { return w.say("Odpowiedź automatyczna", "Automatic answer") }

// BotQuote is a quotation: of which article and section, its words, and where it stands.
func (w Words) BotQuote(title, heading, text, url string) string {
	source := title
	if heading != "" && heading != title {
		source += " › " + heading
	}
	return w.say("Z naszego Centrum Pomocy, „%s”:\n\n%s\n\nCały artykuł: %s", "From our Help Centre, “%s”:\n\n%s\n\nThe whole article: %s", source, text, url)
}
