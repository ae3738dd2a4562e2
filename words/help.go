package words

// What stands on the Help Centre's pages beside the articles; see also pages.go.

// HelpAbout says in a sentence what the Help Centre of a marketplace is, for those who list pages.
func (w Words) HelpAbout(brand string) string {
	return w.say("%s, Centrum pomocy: odpowiedzi na pytania o zakupy, sprzedaż i reklamę.", "%s Help Centre: answers about buying, selling and advertising.", brand)
}

// ShelfAbout says the same of one shelf: n articles under its name.
func (w Words) ShelfAbout(name, brand string, n int) string {
	return w.say("%s: %s w Centrum pomocy (%s).", "%s: %s in the Help Centre (%s).", name, w.ArticleCount(n), brand)
}

// NotIn says that an article is not there in the language that was asked for, and in which it is
// shown; both as the languages call themselves.
func (w Words) NotIn(asked, shown string) string {
	return w.say("Tego artykułu nie ma jeszcze w języku: %s. Pokazujemy go w języku: %s.", "This article is not available in %s yet. It is shown in %s.", asked, shown)
}

// TranslationOlder says that a translation is behind its original.
func (w Words) TranslationOlder() string {
	return w.say("To tłumaczenie jest starsze niż oryginał i może nie mówić o ostatnich zmianach.", "This translation is older than the original and may miss the latest changes.")
}

// ToOriginal leads to the original of a translation.
func (w Words) ToOriginal() string { return w.say("Otwórz oryginał", "Open the original") }

// InOtherLanguages heads articles that the reader's language does not have.
func (w Words) InOtherLanguages() string { return w.say("W innych językach", "In other languages") }

// Languages names the links to a page's other languages.
func (w Words) Languages() string { return w.say("Język", "Language") }

// SorryItDidNot answers who says that an article did not help.
func (w Words) SorryItDidNot() string {
	return w.say("Przykro nam, że to nie pomogło.", "Sorry that it did not help.")
}

// Unhelped begins a message of who read an article in vain.
func (w Words) Unhelped(title string) string {
	return w.say("Artykuł „%s” nie pomógł.", "The article “%s” did not help.", title)
}

// LookedFor says in such a message what its writer had looked for.
func (w Words) LookedFor(query string) string {
	return w.say("Szukane słowa: %s", "I looked for: %s", query)
}

// MaybeThis heads articles that may be what a wrong address meant.
func (w Words) MaybeThis() string { return w.say("Może chodzi o to", "Maybe you meant this") }

// NewsOfHelp names the feed of new and changed articles.
func (w Words) NewsOfHelp(brand string) string {
	return w.say("%s, Centrum pomocy: nowe i zmienione artykuły", "%s Help Centre: new and changed articles", brand)
}

// PageOf says which page of how many a list is at.
func (w Words) PageOf(page, of int) string {
	return w.say("Strona %s z %s", "Page %s of %s", w.Number(page), w.Number(of))
}

// PageBefore and PageAfter lead to the neighbours.
func (w Words) PageBefore() string { return w.say("Poprzednia", "Previous") }

// PageAfter leads to the next page of a list.
func (w Words) PageAfter() string { return w.say("Następna", "Next") }

// FileSize writes how large a file is, in whole kilobytes or megabytes.
func (w Words) FileSize(bytes int64) string {
	const kB, MB = 1000, 1000 * 1000
	if bytes >= MB {
		return w.Number(int((bytes+MB/2)/MB)) + nbsp + "MB"
	}
	return w.Number(max(1, int((bytes+kB/2)/kB))) + nbsp + "kB"
}

// Pages names the links between the pages of a list.
func (w Words) Pages() string { return w.say("Strony listy", "Pages of the list") }
