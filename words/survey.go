package words

// SurveySubject is the subject of the mail that asks how it was. company is as customers know
// it, number the conversation's.
func (w Words) SurveySubject(company string, number int64) string {
	return w.say("%s: jak oceniasz tę rozmowę? [#%d]", "%s: how was this conversation? [#%d]", company, number)
}

// SurveyQuestion is the question of the Net Promoter Score.
func (w Words) SurveyQuestion(company string) string {
	return w.say("Na ile prawdopodobne jest, że polecisz %s znajomemu lub współpracownikowi?", "How likely are you to recommend %s to a friend or colleague?", company)
}

// SurveyIntro says what the mail is about.
func (w Words) SurveyIntro(number int64) string {
	return w.say("Dzień dobry! Sprawa #%d jest rozwiązana. Mamy jedno pytanie:", "Hello! Case #%d is resolved. We have one question:", number)
}

// SurveyLow and SurveyHigh say what the ends of the scale mean.
func (w Words) SurveyLow() string {
	return w.say("0: bardzo mało prawdopodobne", "0: not at all likely")
}

// SurveyHigh: see SurveyLow.
func (w Words) SurveyHigh() string {
	return w.say("10: bardzo prawdopodobne", "10: extremely likely")
}

// SurveyHow says what a number in the mail does: it opens a page, and nothing more.
func (w Words) SurveyHow() string {
	return w.say("Liczba otwiera stronę z tą oceną. Zapiszemy ją dopiero po naciśnięciu tam przycisku.", "A number opens a page with that score. We save it only when you press the button there.")
}

// SurveyRate names the one link for those who choose on the page.
func (w Words) SurveyRate() string { return w.say("Oceń nas", "Rate us") }

// SurveyOften says how rarely people are asked; days is 0 or more.
func (w Words) SurveyOften(days int) string {
	if days < 1 {
		return w.say("Pytamy po rozwiązaniu sprawy.", "We ask after a case is resolved.")
	}
	return w.say("Pytamy najwyżej raz na %s.", "We ask at most once in %s.", w.count(days, [3]string{"dzień", "dni", "dni"}, [2]string{"day", "days"}))
}

// SurveyStop names the link for those who do not want to be asked again.
func (w Words) SurveyStop() string {
	return w.say("Nie pytajcie mnie więcej", "Do not ask me again")
}
