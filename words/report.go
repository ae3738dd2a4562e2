package words

// A Figure of the shift's dashboard in words: its name and how it is counted.
type Figure struct{ Name, Definition string }

// TileInquiries counts what came in.
func (w Words) TileInquiries() Figure {
	return Figure{w.say("Zapytania", "Inquiries"),
		w.say("rozmowy otwarte w tym okresie, bez spamu i bez scalonych z inną", "conversations opened in this period, without spam and without those merged into another")}
}

// TileAnswered counts what a person has answered.
func (w Words) TileAnswered() Figure {
	return Figure{w.say("Z odpowiedzią", "Answered"),
		w.say("zapytania, na które odpowiada już człowiek; udział we wszystkich zapytaniach", "inquiries that a person has answered; share of all inquiries")}
}

// TileUnder6h counts the answers within six hours.
func (w Words) TileUnder6h() Figure {
	return Figure{w.say("Poniżej 6 h", "Under 6 h"),
		w.say("pierwsza odpowiedź człowieka przed upływem 6 godzin kalendarzowych od otwarcia; udział w zapytaniach z odpowiedzią",
			"first answer of a person in less than 6 calendar hours from the opening; share of answered inquiries")}
}

// TileUnder4h counts the answers within four hours among those within six.
func (w Words) TileUnder4h() Figure {
	return Figure{w.say("Poniżej 4 h", "Under 4 h"),
		w.say("pierwsza odpowiedź człowieka przed upływem 4 godzin kalendarzowych od otwarcia; udział w tych poniżej 6 h",
			"first answer of a person in less than 4 calendar hours from the opening; share of those under 6 h")}
}

// TileUnder4hOfAll is the same count as a share of everything.
func (w Words) TileUnder4hOfAll() Figure {
	return Figure{w.say("Poniżej 4 h ze wszystkich", "Under 4 h of all"),
		w.say("to samo, ale udział we wszystkich zapytaniach, także bez odpowiedzi", "the same, as a share of all inquiries, unanswered ones too")}
}

// TileComplaints counts the complaints.
func (w Words) TileComplaints() Figure {
	return Figure{w.say("Reklamacje", "Complaints"),
		w.say("zapytania oznaczone jako reklamacja; udział we wszystkich zapytaniach", "inquiries marked as a complaint; share of all inquiries")}
}

// TileUnanswered counts what still has no answer.
func (w Words) TileUnanswered() Figure {
	return Figure{w.say("Bez odpowiedzi", "Unanswered"),
		w.say("zapytania, na które żaden człowiek jeszcze nie odpowiada; udział we wszystkich zapytaniach", "inquiries that no person has answered yet; share of all inquiries")}
}

// TileMedian is the usual time to the first answer.
func (w Words) TileMedian() Figure {
	return Figure{w.say("Mediana pierwszej odpowiedzi", "Median first answer"),
		w.say("połowa zapytań z odpowiedzią dostaje ją szybciej; w sekundach kalendarzowych", "half of the answered inquiries waited less; in calendar seconds")}
}

// TileFollowUps counts the follow-ups with people who were not content.
func (w Words) TileFollowUps() Figure {
	return Figure{w.say("Domykanie spraw", "Follow-ups"),
		w.say("sprawy po ocenie od 0 do 6, otwarte w tym okresie", "cases after a score from 0 to 6, opened in this period")}
}

// TileClosed counts those of them that are over.
func (w Words) TileClosed() Figure {
	return Figure{w.say("Domknięte", "Closed"),
		w.say("z nich zamknięte do teraz; udział we wszystkich do domknięcia", "of them, closed by now; share of all follow-ups")}
}

// TileInTime counts those of them in which the promise was kept.
func (w Words) TileInTime() Figure {
	return Figure{w.say("Kontakt na czas", "Contact in time"),
		w.say("z nich z pierwszym kontaktem przed obiecaną godziną; udział we wszystkich do domknięcia", "of them, with a first contact by the promised time; share of all follow-ups")}
}

// The heads of a report that is downloaded.

// ReportRange names the row with the period; its end does not belong to it.
func (w Words) ReportRange() string {
	return w.say("Okres (koniec wyłącznie)", "Period (end exclusive)")
}

// ReportDefinition names the column, and the rows, that say how a figure is counted.
func (w Words) ReportDefinition() string { return w.say("Definicja", "Definition") }

// ReportColumns names the columns of figures: the figure, its count, what it is a share of,
// the share.
func (w Words) ReportColumns() [4]string {
	return [4]string{w.say("Wskaźnik", "Figure"), w.say("Liczba", "Count"), w.say("Z ilu", "Out of"), w.say("Udział w %%", "Share in %%")}
}

// SurveyColumns names the rows of a survey's result: asked, answers, promoters, passives,
// detractors.
func (w Words) SurveyColumns() [5]string {
	return [5]string{w.say("Wysłane pytania", "Asked"), w.say("Odpowiedzi", "Answers"), w.say("Polecający (9–10)", "Promoters (9–10)"),
		w.say("Neutralni (7–8)", "Passives (7–8)"), w.say("Krytyczni (0–6)", "Detractors (0–6)")}
}

// SurveyDefinition says how the Net Promoter Score is made.
func (w Words) SurveyDefinition() string {
	return w.say("NPS = odsetek ocen 9–10 minus odsetek ocen 0–6, od -100 do 100; przedział 95%%, przy mniej niż 30 odpowiedziach z poprawką na małą próbę",
		"NPS = share of scores 9–10 minus share of scores 0–6, from -100 to 100; 95%% interval, adjusted for a small sample below 30 answers")
}

// SurveyInterval names the row with the interval's ends, SurveyNoData stands where nobody has
// answered.
func (w Words) SurveyInterval() string { return w.say("Przedział 95%%", "95%% interval") }

// SurveyNoData: see SurveyInterval.
func (w Words) SurveyNoData() string { return w.say("brak danych", "no data") }
