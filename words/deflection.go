package words

// DeflectionFigures are the figures of what the Help Centre was worth, each with how it is counted, in
// the order of their rows: people who were shown articles, and of them who wrote, opened one, said
// that it helped, did so and wrote nothing, said that it did not; people who were held out, and who of
// them wrote.
func (w Words) DeflectionFigures() [8]Figure {
	return [8]Figure{
		{w.say("Zobaczyli artykuły", "Were shown articles"),
			w.say("osoby, którym w widżecie lub formularzu podpowiedzieliśmy artykuł, liczone raz na 24 godziny; tylko po upływie tych 24 godzin",
				"people to whom an article was suggested in the widget or the form, counted once in 24 hours; only those whose 24 hours are over")},
		{w.say("Zobaczyli i napisali", "Were shown and wrote"),
			w.say("z nich ci, którzy zaczęli rozmowę w ciągu 24 godzin od pierwszej podpowiedzi", "of them, who began a conversation within 24 hours of the first suggestion")},
		{w.say("Otworzyli artykuł", "Opened an article"), w.say("z tych, którzy zobaczyli artykuły", "of those who were shown articles")},
		{w.say("Powiedzieli, że pomógł", "Said that it helped"), w.say("z tych, którzy zobaczyli artykuły, choć raz", "of those who were shown articles, at least once")},
		{w.say("Pomógł i cisza", "It helped, and no contact"), w.say("z tych, którzy powiedzieli, że pomógł: nie napisali w ciągu 24 godzin", "of those who said that it helped: wrote nothing within 24 hours")},
		{w.say("Powiedzieli, że nie pomógł", "Said that it did not help"), w.say("z tych, którzy zobaczyli artykuły: choć raz nie, a ani razu tak", "of those who were shown articles: at least once no, and never yes")},
		{w.say("Grupa bez podpowiedzi", "Held out"), w.say("osoby wylosowane do grupy, której nic nie podpowiadamy, a podpowiedzielibyśmy", "people drawn into the group that is suggested nothing, when something would have been")},
		{w.say("Bez podpowiedzi i napisali", "Held out and wrote"), w.say("z nich ci, którzy zaczęli rozmowę w ciągu 24 godzin", "of them, who began a conversation within 24 hours")},
	}
}

// DeflectionDifference is what suggestions prevent, in points, with its interval.
func (w Words) DeflectionDifference() Figure {
	return Figure{w.say("Różnica w p.p. i przedział 95%%", "Difference in points and 95%% interval"),
		w.say("udział piszących w grupie bez podpowiedzi minus udział wśród tych, którzy zobaczyli artykuły; kolejno różnica, dolna i górna granica przedziału Newcombe’a",
			"share of those who wrote among the held out less that among those who were shown articles; the difference, and the lower and upper end of Newcombe’s interval")}
}

// TooFew is told in place of a share of too few.
func (w Words) TooFew(least int) string {
	return w.say("za mało (poniżej %s)", "too few (under %s)", w.Number(least))
}

// DeflectionPlace names a place where articles are suggested.
func (w Words) DeflectionPlace(place string) string {
	switch place {
	case "widget":
		return w.say("Widżet", "Widget")
	case "form":
		return w.say("Formularz", "Form")
	case "help":
		return w.say("Centrum pomocy", "Help Centre")
	case "composer":
		return w.say("Pole odpowiedzi", "Composer")
	case "mail":
		return w.say("Poczta", "Mail")
	case "bot":
		return w.say("Bot odpowiadający", "Answer bot")
	}
	return w.say("Gdzie indziej", "Elsewhere")
}

// DeflectionSteps name what becomes of a suggestion: offered, opened, helped, did not help.
func (w Words) DeflectionSteps() [4]string {
	return [4]string{w.say("podpowiedziane", "offered"), w.say("otwarte", "opened"), w.say("pomogły", "helped"), w.say("nie pomogły", "did not help")}
}

// BotFigures name what the answer bot did: quoted, helped, did not help, handed over.
func (w Words) BotFigures() [4]Figure {
	return [4]Figure{
		{w.say("Bot: cytaty", "Bot: quoted"), w.say("rozmowy, w których bot pokazał cytat z artykułu", "conversations in which the bot quoted an article")},
		{w.say("Bot: pomogło", "Bot: helped"), w.say("z nich te, w których padło, że to pomogło", "of them, where the customer said that it helped")},
		{w.say("Bot: nie pomogło", "Bot: did not help"), w.say("z nich te, w których padło, że nie pomogło, i ani razu, że tak", "of them, where the customer said that it did not, and never that it did")},
		{w.say("Bot: przekazane", "Bot: handed over"), w.say("z nich te, w których odpowiada lub odpowie człowiek", "of them, where a person answers, or will")},
	}
}

// ArticleFigure is the share of those whom one article helped.
func (w Words) ArticleFigure() Figure {
	return Figure{w.say("Artykuł: pomaga", "Article: helps"),
		w.say("ile razy powiedziano, że pomógł, z ilu, gdy powiedziano „pomógł” albo „nie”; udziału nie podajemy przy mniej niż 30", "how often it was said to help, out of how often it was said to help or not to; no share is told of fewer than 30")}
}

// QuietFigure is the share of openings of one article after which nobody wrote.
func (w Words) QuietFigure() Figure {
	return Figure{w.say("Artykuł: cisza po otwarciu", "Article: no contact after opening"),
		w.say("po ilu otwarciach nie było rozmowy z tą osobą w ciągu 24 godzin, z ilu otwarć przez osoby znane, które nie pisały wcześniej", "after how many openings the person wrote nothing within 24 hours, out of those by people who are known and had not written before")}
}

// FlagFigure names articles that stopped helping.
func (w Words) FlagFigure(version bool) string {
	if version {
		return w.say("nowa wersja pomaga rzadziej", "its new version helps less")
	}
	return w.say("pomaga rzadziej niż przedtem", "helps less than it did")
}
