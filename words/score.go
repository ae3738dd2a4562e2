package words

// What stands on the page behind the address in a survey's mail.

// SurveyTitle names the page that asks.
func (w Words) SurveyTitle() string { return w.say("Twoja ocena", "Your score") }

// SurveyWhy asks for the reason.
func (w Words) SurveyWhy() string {
	return w.say("Co najbardziej wpłynęło na tę ocenę?", "What most influenced this score?")
}

// SendScore sends the score.
func (w Words) SendScore() string { return w.say("Wyślij ocenę", "Send the score") }

// SurveySavedByButton says when a score is saved.
func (w Words) SurveySavedByButton() string {
	return w.say("Ocenę zapiszemy dopiero po naciśnięciu przycisku.", "We save the score only when you press the button.")
}

// ScoreMissing says that none was chosen.
func (w Words) ScoreMissing() string {
	return w.say("Wybierz ocenę od 0 do 10.", "Choose a score from 0 to 10.")
}

// SurveyStale says that the page was open for too long.
func (w Words) SurveyStale() string {
	return w.say("Strona była otwarta zbyt długo i nic nie zostało zapisane. Sprawdź ocenę i wyślij jeszcze raz.", "The page was open for too long and nothing was saved. Check the score and send it again.")
}

// WhyWeAsk opens the reason for asking.
func (w Words) WhyWeAsk() string { return w.say("Po co pytamy", "Why we ask") }

// WhyWeAskWhy is the reason for asking.
func (w Words) WhyWeAskWhy() string {
	return w.say("Z ocen widzimy, co poprawić. Czyta je zespół, który prowadzi takie sprawy. Ocena niczego nie zmienia w Twojej sprawie.", "Scores show us what to improve. The team that handles such matters reads them. A score changes nothing about your case.")
}

// ThankYou names the page after an answer.
func (w Words) ThankYou() string { return w.say("Dziękujemy", "Thank you") }

// ThanksForScore thanks for a score.
func (w Words) ThanksForScore() string {
	return w.say("Dziękujemy, przeczyta to cały zespół", "Thank you, the whole team will read it")
}

// SorryForThis answers a low score.
func (w Words) SorryForThis() string {
	return w.say("Przykro nam, że tak wyszło", "We're sorry it went this way")
}

// SomebodyWillWrite says what comes of a low score.
func (w Words) SomebodyWillWrite() string {
	return w.say("Odezwie się ktoś z zespołu.", "Somebody from the team will be in touch.")
}

// ScoreCanChange says how long a score can be changed.
func (w Words) ScoreCanChange() string {
	return w.say("Ocenę można zmienić w ciągu doby od pierwszego zapisania, tym samym odnośnikiem.", "The score can be changed within a day of first saving it, by the same link.")
}

// ScoreSaved says that the score is saved.
func (w Words) ScoreSaved() string { return w.say("Twoja ocena jest zapisana", "Your score is saved") }

// ChangeScore leads back to the question.
func (w Words) ChangeScore() string { return w.say("Zmień ocenę", "Change the score") }

// AddComment sends words after a score.
func (w Words) AddComment() string { return w.say("Dodaj", "Add") }

// NoMoreSurveys asks whether to stop asking.
func (w Words) NoMoreSurveys() string {
	return w.say("Nie przysyłać więcej ankiet?", "No more surveys?")
}

// NoMoreSurveysWhy says what that changes.
func (w Words) NoMoreSurveysWhy() string {
	return w.say("Odpowiedzi w Twoich sprawach będą przychodzić jak dotąd.", "Answers in your cases will come as before.")
}

// NoMoreSurveysYes stops the questions.
func (w Words) NoMoreSurveysYes() string {
	return w.say("Nie przysyłajcie ankiet", "Stop the surveys")
}

// NoMoreSurveysDone says that the questions are stopped.
func (w Words) NoMoreSurveysDone() string {
	return w.say("Nie będzie więcej ankiet", "No more surveys")
}

// NoMoreSurveysDoneWhy says so in a sentence; see the heading before it.
func (w Words) NoMoreSurveysDoneWhy() string {
	return w.say("Zapisane. O ocenę już nie zapytamy.", "Saved. We will not ask for a score again.")
}

// LinkGone says that a survey's address does not work.
func (w Words) LinkGone() string {
	return w.say("Ten odnośnik już nie działa", "This link no longer works")
}

// LinkGoneWhy says why, and that there is another way.
func (w Words) LinkGoneWhy() string {
	return w.say("Ankieta wygasła albo adres jest niepełny. Jeśli chcesz coś nam powiedzieć:", "The survey has expired or the address is incomplete. If you want to tell us something:")
}

// ConversationOf says which conversation a survey is about; day is as Day writes it.
func (w Words) ConversationOf(day string) string {
	return w.say("Rozmowa z %s", "Conversation of %s", day)
}

// SurveyPreselected says why a score is chosen already.
func (w Words) SurveyPreselected(score int) string {
	return w.say("Zaznaczyliśmy %d, bo tę cyfrę wybrano w e-mailu. Zapiszemy ją dopiero po naciśnięciu przycisku.", "%d is selected because that number was chosen in the e-mail. We save it only when you press the button.", score)
}
