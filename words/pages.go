package words

import (
	"fmt"
	"time"
)

// What stands on pages that people read without signing in.

// LanguageName is what a language calls itself.
func (w Words) LanguageName() string { return w.say("Polski", "English") }

// HelpCentre names the Help Centre.
func (w Words) HelpCentre() string { return w.say("Centrum pomocy", "Help Centre") }

// HelpOf names the help of a marketplace.
func (w Words) HelpOf(brand string) string { return w.say("Pomoc %s", "%s Help", brand) }

// SkipToContent is the first link of a page, for those who do not see it.
func (w Words) SkipToContent() string { return w.say("Przejdź do treści", "Skip to content") }

// PagesNav names the links at the top of a page.
func (w Words) PagesNav() string { return w.say("Kontakt", "Contact") }

// WriteToUs leads to the form.
func (w Words) WriteToUs() string { return w.say("Napisz do nas", "Write to us") }

// BackToShop leads to the marketplace.
func (w Words) BackToShop() string { return w.say("Wróć do sklepu", "Back to the shop") }

// ToHelpCentre leads to the Help Centre's home.
func (w Words) ToHelpCentre() string {
	return w.say("Przejdź do Centrum pomocy", "Go to the Help Centre")
}

// NeedsScripts is read by those whose browser runs no scripts where the page is nothing else.
func (w Words) NeedsScripts() string {
	return w.say("Ta strona działa tylko z włączonym JavaScriptem.", "This page works only with JavaScript switched on.")
}

// PageGone: there is nothing at this address.
func (w Words) PageGone() string { return w.say("Tego tu nie ma", "This is not here") }

// PageGoneWhy: see PageGone.
func (w Words) PageGoneWhy() string {
	return w.say("Strona zmieniła adres albo odnośnik jest niepełny.", "The page has moved, or the link is incomplete.")
}

// PageFault: something of ours broke.
func (w Words) PageFault() string { return w.say("To nasz błąd", "This is our fault") }

// PageFaultWhy names the number that stands in our log.
func (w Words) PageFaultWhy(number string) string {
	return w.say("Numer błędu: %s. Spróbuj jeszcze raz za chwilę.", "Fault number: %s. Try again in a moment.", number)
}

// WayForm names the contact form among the ways to reach the marketplace.
func (w Words) WayForm() string { return w.say("Formularz", "Form") }

// SearchHelp names the search field.
func (w Words) SearchHelp() string {
	return w.say("Szukaj w Centrum pomocy", "Search the Help Centre")
}

// Kept keeps the short words of a Polish text with the words after them.
func (w Words) Kept(s string) string {
	if w.polish {
		return keepTogether(s)
	}
	return s
}

// Money writes an amount of Polish money, given in grosze.
func (w Words) Money(grosze int) string {
	if w.polish {
		return w.Number(grosze/100) + fmt.Sprintf(",%02d", grosze%100) + nbsp + "zł"
	}
	return "PLN" + nbsp + w.Number(grosze/100) + fmt.Sprintf(".%02d", grosze%100)
}

// Date writes a day with its year: "12 listopada 2026".
func (w Words) Date(t time.Time) string {
	if !w.polish {
		return t.Format("2 January 2006")
	}
	return fmt.Sprintf("%d%s%s%s%d", t.Day(), nbsp, w.month(t.Month()), nbsp, t.Year())
}

// Day writes a day without its year: "12 listopada".
func (w Words) Day(t time.Time) string {
	if !w.polish {
		return t.Format("2 January")
	}
	return fmt.Sprintf("%d%s%s", t.Day(), nbsp, w.month(t.Month()))
}

// month is a month in the genitive, as dates want it.
func (w Words) month(m time.Month) string {
	return [...]string{"", "stycznia", "lutego", "marca", "kwietnia", "maja", "czerwca", "lipca", "sierpnia", "września", "października",
		"listopada", "grudnia"}[m]
}

// Help names the Help Centre's home in a few letters.
func (w Words) Help() string { return w.say("Pomoc", "Help") }

// Search is the search field's own word.
func (w Words) Search() string { return w.say("Szukaj", "Search") }

// WhatAreYouLookingFor heads the Help Centre's home.
func (w Words) WhatAreYouLookingFor() string {
	return w.say("Czego szukasz?", "What are you looking for?")
}

// SayItInYourWords is the hint in the search field.
func (w Words) SayItInYourWords() string {
	return w.say("Opisz sprawę własnymi słowami", "Say it in your own words")
}

// SearchSuggestions names the list under the search field.
func (w Words) SearchSuggestions() string { return w.say("Podpowiedzi", "Suggestions") }

// SearchForgives stands under suggestions.
func (w Words) SearchForgives() string {
	return w.say("Rozumiemy literówki, odmianę i brak ogonków", "Typing mistakes and word forms are fine")
}

// NoneFitsWrite leads from suggestions to the form.
func (w Words) NoneFitsWrite() string {
	return w.say("Żaden nie pasuje, napisz do nas", "None of them fits, write to us")
}

// NothingFits says that a search found nothing.
func (w Words) NothingFits() string {
	return w.say("Nic takiego nie mamy. Napisz do nas, tę treść przeniesiemy.", "We have nothing on that. Write to us, we'll carry your words over.")
}

// NothingFitsShort says it where there is little room.
func (w Words) NothingFitsShort() string {
	return w.say("Nic takiego nie mamy", "We have nothing on that")
}

// ClearField empties the search field.
func (w Words) ClearField() string { return w.say("Wyczyść", "Clear") }

// SearchResults heads the search page.
func (w Words) SearchResults() string { return w.say("Wyniki wyszukiwania", "Search results") }

// WhoseMatter names the choice of a side.
func (w Words) WhoseMatter() string { return w.say("Strona sprawy", "Whose matter it is") }

// ShelfEmpty says that there are no articles yet.
func (w Words) ShelfEmpty() string {
	return w.say("Nie ma tu jeszcze artykułów. Napisz do nas.", "There are no articles here yet. Write to us.")
}

// RatherAPerson heads the ways to reach a person.
func (w Words) RatherAPerson() string {
	return w.say("Wolisz porozmawiać z człowiekiem?", "Rather talk to a person?")
}

// WayChat names the chat.
func (w Words) WayChat() string { return w.say("Czat", "Chat") }

// WayChatSays says what the chat is good for.
func (w Words) WayChatSays() string {
	return w.say("odpowiedź w oknie rozmowy", "answers while you wait")
}

// WayFormSays says what the form is good for.
func (w Words) WayFormSays() string { return w.say("odpowiedź e-mailem", "answers by e-mail") }

// WayEmail names e-mail.
func (w Words) WayEmail() string { return w.say("Poczta e-mail", "E-mail") }

// Breadcrumbs names the line of links above a heading.
func (w Words) Breadcrumbs() string { return w.say("Gdzie jesteś", "Where you are") }

// OtherSection names the section of articles without one.
func (w Words) OtherSection() string { return w.say("Inne", "Other") }

// OnThisPage heads the table of contents.
func (w Words) OnThisPage() string { return w.say("Na tej stronie", "On this page") }

// SeeAlso heads related articles.
func (w Words) SeeAlso() string { return w.say("Zobacz też", "See also") }

// InShort heads an article's summary.
func (w Words) InShort() string { return w.say("W skrócie", "In short") }

// DidItHelp asks about an article.
func (w Words) DidItHelp() string { return w.say("Czy to rozwiązało sprawę?", "Did this solve it?") }

// Yes agrees.
func (w Words) Yes() string { return w.say("Tak", "Yes") }

// NoIWillWrite leads from an article to the form.
func (w Words) NoIWillWrite() string { return w.say("Nie, napiszę", "No, I'll write") }

// GladToHear answers that it helped.
func (w Words) GladToHear() string { return w.say("Cieszymy się", "Glad to hear it") }

// SideTitle heads what is for one side, named as for Side.
func (w Words) SideTitle(side string) string {
	switch side {
	case "buyer":
		return w.say("Kupuję", "Buying")
	case "seller":
		return w.say("Sprzedaję", "Selling")
	default:
		return w.say("Reklamuję się", "Advertising")
	}
}

// SideLetter is the letter in a side's form.
func (w Words) SideLetter(side string) string {
	switch side {
	case "buyer":
		return w.say("K", "B")
	case "seller":
		return "S"
	default:
		return w.say("R", "A")
	}
}

// ResultsFor heads what a search found.
func (w Words) ResultsFor(query string) string { return w.say("Wyniki: %s", "Results: %s", query) }

// AllArticles leads to all n articles of a side.
func (w Words) AllArticles(n int) string { return w.say("Wszystkie, %s", "All, %s", w.Number(n)) }

// ArticleCount counts articles.
func (w Words) ArticleCount(n int) string {
	return w.count(n, [3]string{"artykuł", "artykuły", "artykułów"}, [2]string{"article", "articles"})
}

// Changed says when an article was written last; day is as Date writes it.
func (w Words) Changed(day string) string { return w.say("Zmienione %s", "Changed %s", day) }

// ReadingTime is about how long an article takes.
func (w Words) ReadingTime(minutes int) string {
	return w.count(minutes, [3]string{"minuta czytania", "minuty czytania", "minut czytania"}, [2]string{"minute to read", "minutes to read"})
}
