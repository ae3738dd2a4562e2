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
